"""Whatever the machine refuses is told in a line, loses nothing, and is made good by the next run.

Errors come from strace, at each system call of a run that opens or changes a file; and from real
disks, locks and clocks.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import feedparser
import pytest
from conftest import NOW
from crashing import (
    BRIDGE,
    FERRY,
    HARVEST,
    LIBRARY,
    SCHOOL,
    SETTINGS,
    TODAY,
    WATCHED,
    YESTERDAY,
    Call,
    Ended,
    Launcher,
    dump,
    files,
    fresh,
    needs,
    published,
    write_pages,
)

from feeder.config import Config
from feeder.errors import SourceError, StoreError
from feeder.ingest import ingest_pages, ingest_source
from feeder.publish import publish
from feeder.sources import read_path
from feeder.store import Store

ERRORS = ("ENOSPC", "EIO", "EACCES", "EROFS")


@pytest.fixture(scope="module")
def news(launchers: list[Launcher], room: Path) -> Path:
    """A folder where yesterday's pages are published and today's have come."""
    folder = room / "news"
    folder.mkdir()
    (folder / "config.toml").write_text(SETTINGS.format(after="archive"))
    write_pages(folder / "pages", YESTERDAY)
    assert launchers[0].run(folder, WATCHED).code == 0
    write_pages(folder / "pages", TODAY)
    return folder


@pytest.mark.timeout(900)  # a minute on two idle cores
@needs("strace")
def test_an_error_at_any_call_is_told_and_made_good_by_the_next_run(
    news: Path, launchers: list[Launcher], room: Path
) -> None:
    folder = room / "plain"
    fresh(news, folder)
    faults = list(to_faults(launchers[0].calls(folder, WATCHED)))
    want = Done(folder)
    assert len(faults) > 250

    def work(core: int) -> list[str]:
        found = []
        for call, error, times in faults[core :: len(launchers)]:
            folder = room / f"news{core}"
            fresh(news, folder)
            inject = f"inject={call.name}:error={error}:when={call.when}{times}"
            ended = launchers[core].run_traced(folder, WATCHED, call.name, inject)
            wrong = list(untold(ended, Done(folder), want))
            again = launchers[core].run(folder, WATCHED)
            wrong += not_made_good(again, Done(folder), want, is_late=is_page_read(call))
            found += [f"{call}, {error}{times}: {why}" for why in wrong]
        return found

    with ThreadPoolExecutor(len(launchers)) as pool:
        found = [why for one in pool.map(work, range(len(launchers))) for why in one]
    assert "\n".join(found) == ""


class Done:
    """What a run has come to."""

    def __init__(self, folder: Path) -> None:
        self.published = published(folder)
        self.database = dump(folder)
        with closing(sqlite3.connect(folder / "feeder.db")) as database:
            found = database.execute("select json_extract(article, '$.headline') from entries")
            self.articles = sorted(headline for (headline,) in found)


def to_faults(calls: Sequence[Call]) -> Iterator[tuple[Call, str, str]]:
    """Each call with an error, once or from then on (`+`); the first of its kind with all of them.

    What cannot be written from then on cannot be told either, on a pipe.
    """
    known = set()
    for number, call in enumerate(calls):
        if call.path == "config.toml":
            continue
        kind = (call.name, Path(call.path).suffix, call.path.split("/")[0])
        lasting = "" if call.name == "write" else "+"
        if kind in known:
            yield call, ERRORS[number % len(ERRORS)], lasting if number % 8 > 3 else ""
            continue
        known.add(kind)
        yield from ((call, error, times) for error in ERRORS for times in {"", lasting})


def is_page_read(call: Call) -> bool:
    return call.name == "openat" and call.path.startswith("pages/a")


def untold(ended: Ended, done: Done, want: Done) -> Iterator[str]:
    """What is wrong with what a hindered run said: one page of it is refused in any case."""
    lines = ended.err.splitlines()
    if ended.code not in (0, 1) or "Traceback" in ended.err:
        yield f"{ended}"
    if strange := [line for line in lines if not line.startswith("feeder: ")]:
        yield f"unclear: {strange}"
    others = [line for line in lines if "a03-2026-11-22.txt: is binary" not in line]
    is_whole = done.database == want.database and done.published == want.published
    if not others and not is_whole:
        yield f"nothing is told: {ended}"


def not_made_good(ended: Ended, done: Done, want: Done, *, is_late: bool) -> Iterator[str]:
    """What the next run left undone. A page that comes late has later numbers than without it."""
    if ended.code not in (0, 1) or "Traceback" in ended.err:
        yield f"not completed: {ended}"
    if done.articles != want.articles:
        yield "other articles"
    names = {*done.published, *want.published}
    other = [one for one in names if done.published.get(one) != want.published.get(one)]
    if other and not is_late:
        yield f"published otherwise: {other}"


# -- real disks -----------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount("-t", "tmpfs", "-o", "size=4m", "none", str(place))
    yield place
    subprocess.run(["umount", str(place)], check=True)


def mount(*told: str) -> None:
    subprocess.run(["mount", *told], check=True)


may_mount = pytest.mark.skipif(
    os.geteuid() != 0 and os.environ.get("CI") != "true", reason="only root may mount a disk"
)


@may_mount
@pytest.mark.parametrize("left", [0, 16, 64, 160, 250])
def test_a_full_disk_is_told_and_when_there_is_room_again_all_is_done(
    disk: Path, news: Path, launchers: list[Launcher], room: Path, left: int
) -> None:
    folder, want = disk / "news", done_undisturbed(news, room, launchers[0])
    fresh(news, folder)
    filler = disk / "filler"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize
    filler.write_bytes(bytes(free - left * 1024))

    ended = launchers[0].run(folder, WATCHED)

    told = [line for line in ended.err.splitlines() if "is binary" not in line]
    assert ended.code == 1
    assert len(told) == 1
    assert "make room on the disk" in told[0] or "the disk is full" in told[0]
    filler.unlink()
    assert launchers[0].run(folder, WATCHED).code in (0, 1)
    assert published(folder) == want.published
    assert dump(folder)["entries"] == want.database["entries"]


@may_mount
def test_a_disk_that_becomes_read_only_is_told_and_when_it_is_back_all_is_done(
    disk: Path, news: Path, launchers: list[Launcher], room: Path
) -> None:
    folder, want = disk / "news", done_undisturbed(news, room, launchers[0])
    fresh(news, folder)
    mount("-o", "remount,ro", str(disk))

    ended = launchers[0].run(folder, WATCHED)

    assert ended.code == 1
    assert ended.err.startswith(f"feeder: {folder / 'feeder.db'}: ")
    assert ended.err.count("\n") == 1
    mount("-o", "remount,rw", str(disk))
    assert launchers[0].run(folder, WATCHED).code == 1
    assert published(folder) == want.published
    assert dump(folder) == want.database


def done_undisturbed(news: Path, room: Path, launcher: Launcher) -> Done:
    folder = room / "plain"
    fresh(news, folder)
    launcher.run(folder, WATCHED)
    return Done(folder)


def test_a_folder_that_vanishes_in_the_middle_of_a_scan_loses_nothing(
    store: Store, config: Config
) -> None:
    (source,) = config.source
    folder = source.folder
    assert folder
    write_pages(folder, TODAY)

    def vanish() -> bool:
        if folder.exists():
            folder.rename(folder.with_name("elsewhere"))
        return False

    with suppress(SourceError):  # or nothing more is found: both are true
        ingest_source(store, source, config, now=NOW, stop=vanish)
    with pytest.raises(SourceError, match=re.escape(str(folder))):
        ingest_source(store, source, config, now=NOW)
    folder.with_name("elsewhere").rename(folder)
    ingest_source(store, source, config, now=NOW)

    assert sorted(entry.article.headline for entry in store.entries()) == sorted(
        {head for head, _ in (BRIDGE, LIBRARY, HARVEST, SCHOOL, FERRY)}
    )
    assert store.ledger.source_states()[source.label].taken == 3


# -- a database that is locked or corrupt ---------------------------------------------------------


@pytest.fixture
def writer(store: Store, config: Config) -> Iterator[sqlite3.Connection]:
    """Another writer, which holds the database's lock."""
    with closing(sqlite3.connect(config.storage.database, check_same_thread=False)) as other:
        other.execute("begin immediate")
        yield other


def test_a_database_that_is_locked_for_a_while_is_waited_for(
    store: Store, config: Config, writer: sqlite3.Connection
) -> None:
    timer = threading.Timer(0.3, writer.rollback)
    timer.start()

    counts = ingest_pages(store, read_path(write_page(config)), config, now=NOW)

    assert (counts.new, counts.failed) == (2, 0)
    timer.join()


def test_a_database_that_stays_locked_is_told_and_nothing_of_the_page_is_kept(
    config: Config, store: Store, writer: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeder.store.WAIT_SECONDS", 0.2)

    with Store(config.storage.database) as hasty, pytest.raises(StoreError) as told:
        ingest_pages(hasty, read_path(write_page(config)), config, now=NOW)

    assert str(told.value) == (
        f"{config.storage.database}: database is locked; "
        "another feeder is writing; try again when it is done"
    )
    writer.rollback()
    assert store.status().pages == 0
    assert ingest_pages(store, read_path(write_page(config)), config, now=NOW).new == 2


def write_page(config: Config) -> Path:
    folder = config.storage.database.parent / "pages"
    write_pages(folder, YESTERDAY)
    return folder


def spoil_header(data: bytearray) -> None:
    data[:100] = bytes(range(100))


def spoil_schema(data: bytearray) -> None:
    data[100:4096] = b"\xa5" * 3996


def spoil_all_but_the_first_page(data: bytearray) -> None:
    data[4096:] = b"\x5a" * (len(data) - 4096)


def cut_in_half(data: bytearray) -> None:
    del data[len(data) // 2 :]


@pytest.mark.parametrize(
    "spoil", [spoil_header, spoil_schema, spoil_all_but_the_first_page, cut_in_half]
)
def test_a_corrupt_database_is_told_with_the_remedy_and_not_written_over(
    news: Path, launchers: list[Launcher], room: Path, spoil: Callable[[bytearray], None]
) -> None:
    folder = room / "spoiled"
    fresh(news, folder)
    data = bytearray((folder / "feeder.db").read_bytes())
    spoil(data)
    (folder / "feeder.db").write_bytes(data)

    ended = launchers[0].run(folder, WATCHED)

    assert ended.code == 1
    assert ended.err.startswith(f"feeder: {folder / 'feeder.db'}: ")
    assert ended.err.count("\n") == 1
    assert "feeder restore" in ended.err
    assert (folder / "feeder.db").read_bytes() == data
    assert published(folder) == published(news)
    pages = files(folder / "pages")
    assert {name: pages.get(name) for name in TODAY} == TODAY


# -- a clock that jumps ---------------------------------------------------------------------------


@pytest.mark.parametrize("days", [-1, 1, -400])
def test_a_clock_that_jumps_doubles_nothing_and_no_entry_becomes_older(
    store: Store, config: Config, days: int
) -> None:
    (source,) = config.source
    assert source.folder
    write_pages(source.folder, YESTERDAY)
    ingest_source(store, source, config, now=NOW)
    publish(store, config)
    seen = {entry.id: entry for entry in store.entries()}
    later = NOW + dt.timedelta(days=days)

    for now in (later, later, NOW + dt.timedelta(minutes=1), NOW):
        write_pages(source.folder, TODAY)
        ingest_source(store, source, config, now=now)
        publish(store, config)
        entries = {entry.id: entry for entry in store.entries()}
        for number, entry in seen.items():
            assert entries[number].published == entry.published
            assert entries[number].guid == entry.guid
            assert entries[number].updated >= entry.updated
            if entries[number].article != entry.article:
                assert entries[number].updated > entry.updated
        seen = entries

    assert len(seen) == len({entry.article.headline for entry in seen.values()}) == 5
    feed = feedparser.parse((config.storage.public / "all/atom.xml").read_bytes())
    assert not feed.bozo
    moments = [entry.published_parsed for entry in feed.entries]
    assert moments == sorted(moments, reverse=True)
    assert len({entry.updated for entry in feed.entries}) == len(feed.entries) == 5
    assert feed.feed.updated == max(entry.updated for entry in feed.entries)


@needs("faketime")
def test_the_command_line_under_a_clock_that_is_set_back_by_a_day(tmp_path: Path) -> None:
    folder = tmp_path / "news"
    write_pages(folder / "pages", YESTERDAY)
    (folder / "config.toml").write_text(SETTINGS.format(after="keep"))

    def run(now: str) -> list[tuple[str, str]]:
        command = [sys.executable, "-m", "feeder", "ingest", "--workers", "1"]
        ended = subprocess.run(
            ["faketime", now, *command], cwd=folder, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in ended.stderr
        with closing(sqlite3.connect(folder / "feeder.db")) as database:
            return database.execute("select published, updated from entries order by id").fetchall()

    before = run("2026-12-02 09:00:00")
    write_pages(folder / "pages", TODAY)
    after = run("2026-12-01 09:00:00")

    assert len(before) == 2
    assert len(after) == 5
    assert [published for published, _ in after[:2]] == [published for published, _ in before]
    assert all(new >= old for (_, new), (_, old) in zip(after, before, strict=False))
    assert any(updated.startswith("2026-12-01") for _, updated in after[:2])
