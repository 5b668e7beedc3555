"""Upkeep: what is old is forgotten wholly, backups are sound, what is damaged is restored."""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import NOW

from feeder import upkeep as keeping
from feeder.cli import feeder
from feeder.config import Config, Upkeep
from feeder.errors import FeederError, StoreError
from feeder.ingest import ingest_pages, ingest_source, reparse
from feeder.ledger import EventKind, Job
from feeder.model import RawPage
from feeder.publish import publish
from feeder.store import Store, copies
from feeder.upkeep import back_up, backups, restore, upkeep

TODAY = NOW.date()
KEPT = 30
TOWNS = "云石青白黑红金银铜铁木水火土东西南北上下"


def story(number: int) -> str:
    """A page of one article, unlike the others."""
    town = TOWNS[number % 20] + TOWNS[number // 20 % 20] + "镇"
    return (
        f"{town}早稻收割过{number}成\n\n"
        f"晨报讯（记者/周明远）昨日，记者从{town}农业服务中心获悉，今年{town}早稻收割已过{number}成，\n"
        f"比去年同期快了{number}天，{town}投入收割机{number * 7}台，每亩补贴{number * 3}元，\n"
        f"{town}第{number}小学的{number}名学生周末也来到田头，捡拾稻穗{number * 11}斤。\n"
    )


def page(number: int, *, date: dt.date, text: str | None = None) -> RawPage:
    data = (text or story(number)).encode()
    name = f"{date}-{number:04}.txt"
    return RawPage(source="drop", name=name, validator=f"{len(data)}-1", data=data, date=date)


def ago(days: int) -> dt.date:
    return TODAY - dt.timedelta(days=days)


def take(store: Store, config: Config, *pages: RawPage, now: dt.datetime = NOW) -> None:
    counts = ingest_pages(store, pages, config, now=now)
    assert counts.failures == ()


def with_upkeep(config: Config, **keys: object) -> Config:
    backups = config.storage.database.with_name("backups")
    return replace(config, upkeep=Upkeep(backups=backups, **keys))  # type: ignore[arg-type]


@pytest.fixture
def kept(config: Config) -> Config:
    """A configuration that forgets papers of more than 30 days ago, and makes no backup."""
    return with_upkeep(config, keep_days=KEPT, keep_backups=0)


def rows(store: Store, sql: str, *values: object) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(store.path)) as db:
        return db.execute(sql, values).fetchall()


def count(store: Store, table: str) -> int:
    ((number,),) = rows(store, f"select count(*) from {table}")
    return int(str(number))


def check(path: Path) -> None:
    """SQLite's own checks, and FTS5's of its index."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert db.execute("pragma foreign_key_check").fetchall() == []
        db.execute("insert into search (search) values ('integrity-check')")


# -- forgetting -----------------------------------------------------------------------------------


def test_articles_and_pages_of_old_papers_are_forgotten_wholly(store: Store, kept: Config) -> None:
    take(store, kept, *(page(n, date=ago(KEPT + 1)) for n in range(1, 6)))
    take(store, kept, page(6, date=ago(KEPT)))

    report = upkeep(store, kept, now=NOW)

    assert (report.entries, report.pages, report.must_publish) == (5, 5, True)
    (left,) = store.entries()
    assert left.date == ago(KEPT)
    for table in ("sections", "sightings", "likenesses", "unindexed"):
        assert {number for (number,) in rows(store, f"select distinct entry from {table}")} <= {
            left.id
        }
    assert count(store, "pages") == count(store, "entries") == 1
    assert store.search("早稻", limit=9)[0].entry == left
    check(store.path)


def test_what_is_forgotten_leaves_the_search_index_too(
    store: Store, kept: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeder.store._MOST_UNINDEXED", 4)
    take(store, kept, *(page(n, date=ago(KEPT + 1)) for n in range(1, 5)))
    take(store, kept, *(page(n, date=TODAY) for n in range(5, 9)))
    assert count(store, "unindexed") == 0
    found = "select rowid from search where search match '\"早稻\"'"
    assert len(rows(store, found)) == 8

    upkeep(store, kept, now=NOW)

    assert {number for (number,) in rows(store, found)} == {entry.id for entry in store.entries()}
    assert len(store.search("早稻", limit=99)) == 4
    check(store.path)


def test_a_forgotten_article_is_published_no_more_and_not_found(store: Store, kept: Config) -> None:
    take(store, kept, page(1, date=ago(99)), page(2, date=TODAY))
    publish(store, kept)
    before = set(kept.storage.public.rglob("articles/*/*.html"))

    upkeep(store, kept, now=NOW)
    removed = publish(store, kept).removed

    after = set(kept.storage.public.rglob("articles/*/*.html"))
    assert (len(before), len(after), len(removed)) == (2, 1, 1)


def test_a_file_that_still_lies_in_the_drop_folder_is_not_taken_again(
    store: Store, kept: Config
) -> None:
    (source,) = kept.source
    source = replace(source, date="%Y-%m-%d")
    assert source.folder
    (source.folder / f"{ago(99)}-a01.txt").write_text(story(1), encoding="utf-8")
    assert ingest_source(store, source, kept, now=NOW).new == 1

    upkeep(store, kept, now=NOW)
    again = ingest_source(store, source, kept, now=NOW)

    assert (again.pages, store.count()) == (0, 0)


def test_a_forgotten_guid_is_no_other_articles(store: Store, kept: Config) -> None:
    take(store, kept, page(1, date=ago(99)))
    (before,) = store.entries()
    upkeep(store, kept, now=NOW)

    take(store, kept, page(1, date=TODAY))
    (other,) = store.entries()

    assert other.guid != before.guid
    assert other.id > before.id


def test_a_forgotten_article_that_comes_again_is_the_same_to_subscribers(
    store: Store, kept: Config
) -> None:
    take(store, kept, page(1, date=ago(99)))
    (before,) = store.entries()
    upkeep(store, kept, now=NOW)

    take(store, kept, page(1, date=ago(99)))

    assert [entry.guid for entry in store.entries()] == [before.guid]


def test_what_was_withdrawn_by_hand_stays_withdrawn_for_good(store: Store, kept: Config) -> None:
    take(store, kept, page(1, date=ago(99)))
    (entry,) = store.entries()
    store.withdraw(entry.id, now=NOW)
    upkeep(store, kept, now=NOW)

    take(store, kept, page(1, date=ago(99)))

    assert store.count() == 0
    assert [one.id for one in store.withdrawn()] == [entry.id]


def test_an_article_of_today_outlives_the_old_page_it_also_stood_on(
    store: Store, kept: Config
) -> None:
    take(store, kept, page(1, date=TODAY), page(1, date=ago(KEPT + 1)))
    assert store.count() == 1

    upkeep(store, kept, now=NOW)

    (entry,) = store.entries()
    assert [sighting.date for sighting in entry.sightings] == [TODAY]
    assert reparse(store, kept, now=NOW).same == 1
    check(store.path)


def test_former_texts_are_forgotten_after_their_days_and_the_article_stays(
    store: Store, config: Config
) -> None:
    config = with_upkeep(config, keep_revision_days=7, keep_backups=0)
    corrected = story(1).replace("7台", "9台")
    take(store, config, page(1, date=TODAY))
    take(store, config, page(1, date=TODAY, text=corrected), now=NOW)
    assert count(store, "revisions") == 1

    early = upkeep(store, config, now=NOW + dt.timedelta(days=7))
    late = upkeep(store, config, now=NOW + dt.timedelta(days=7, seconds=1))

    assert (early.revisions, late.revisions) == (0, 1)
    (entry,) = store.entries()
    assert "9台" in entry.article.text
    assert entry.revisions == ()


def test_everything_is_kept_unless_told_otherwise_even_for_longer_than_there_are_days(
    store: Store, config: Config
) -> None:
    take(store, config, page(1, date=dt.date(1999, 1, 1)))
    for days in (0, 10**9):
        keys = {"keep_days": days, "keep_revision_days": days, "keep_backups": 0}
        report = upkeep(store, with_upkeep(config, **keys), now=NOW)
        assert not report.must_publish

    assert store.count() == 1


def test_forgetting_is_done_in_transactions_that_let_others_write(
    store: Store, kept: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_BATCH", 3)
    take(store, kept, *(page(n, date=ago(99)) for n in range(1, 11)))
    written = []

    def write() -> None:
        with Store(store.path) as other, other.transaction():
            other.record_document("else", "b.txt", "1-1", reason=None, now=NOW)
            written.append(other.count())

    monkeypatch.setattr(keeping.time, "sleep", lambda _: write())
    upkeep(store, kept, now=NOW)

    # After three batches of articles, and three of pages.
    assert written == [7, 4, 1, 0, 0, 0]


# -- tidying --------------------------------------------------------------------------------------


def test_the_journal_is_emptied_unless_somebody_reads(
    store: Store, kept: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_CHECKPOINT_SECONDS", 0.05)
    journal = Path(f"{store.path}-wal")
    take(store, kept, page(1, date=TODAY))
    reader = sqlite3.connect(store.path, isolation_level=None)
    reader.execute("begin")
    reader.execute("select count(*) from entries").fetchone()
    take(store, kept, page(2, date=TODAY))

    busy = upkeep(store, kept, now=NOW)
    reader.close()
    before = journal.stat().st_size
    free = upkeep(store, kept, now=NOW)

    assert (busy.is_checkpointed, free.is_checkpointed) == (False, True)
    assert "being read" in str(busy)
    # What is written after it is that it was done.
    assert journal.stat().st_size < before
    assert store.ledger.last_done(Job.UPKEEP) == NOW


# -- backups --------------------------------------------------------------------------------------


@pytest.fixture
def filled(store: Store, config: Config) -> Config:
    """A configuration with backups, of a store of three articles."""
    take(store, config, *(page(n, date=TODAY) for n in range(1, 4)))
    return with_upkeep(config, keep_backups=2)


def test_a_backup_is_one_sound_file_for_its_owner_alone(store: Store, filled: Config) -> None:
    report = upkeep(store, filled, now=NOW)

    made = filled.upkeep.backups / "feeder-2026-11-24.db"
    assert report.backup == made
    assert list(made.parent.iterdir()) == [made]
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    check(made)
    with Store(made) as copy:
        assert list(copy.entries()) == list(store.entries())
    assert store.ledger.last_done(Job.BACKUP) == NOW


def test_the_newest_backups_are_kept_and_nothing_else_is_touched(
    store: Store, filled: Config
) -> None:
    folder = filled.upkeep.backups
    folder.mkdir()
    others = [
        folder / name
        for name in (
            "feeder-2026-11-20.db.gz",
            "mine.db",
            "feeder-2026-13-40.db",
            "xfeeder-2026-11-01.db",
        )
    ]
    for other in others:
        other.write_text("mine")
    days = [NOW + dt.timedelta(days=n) for n in range(4)]

    for day in days:
        upkeep(store, filled, now=day)

    assert [path.name for path in backups(folder)] == [
        "feeder-2026-11-27.db",
        "feeder-2026-11-26.db",
    ]
    assert [other.read_text() for other in others] == ["mine"] * 4
    # A clock that was ahead does not cost today's.
    made, rotated = back_up(replace(filled, upkeep=replace(filled.upkeep, keep_backups=1)), now=NOW)
    assert made.exists()
    assert len(rotated) == 2


def test_the_second_backup_of_a_day_replaces_the_first(store: Store, filled: Config) -> None:
    upkeep(store, filled, now=NOW)
    take(store, filled, page(9, date=TODAY))
    report = upkeep(store, filled, now=NOW)

    assert report.backup
    with Store(report.backup) as copy:
        assert copy.count() == 4


def test_a_backup_that_fails_leaves_no_part_and_the_good_one(store: Store, filled: Config) -> None:
    folder = filled.upkeep.backups
    folder.mkdir()
    with small_disk(folder, kilobytes=64):
        (folder / "feeder-2026-11-24.db").write_text("the good one")

        with pytest.raises(StoreError, match="make room on the disk"):
            upkeep(store, filled, now=NOW)

        assert [path.name for path in folder.iterdir()] == ["feeder-2026-11-24.db"]
        assert (folder / "feeder-2026-11-24.db").read_text() == "the good one"


@contextmanager
def small_disk(folder: Path, *, kilobytes: int) -> Iterator[None]:
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk, and not in every container")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def test_the_folder_of_backups_is_not_made_where_its_own_is_missing(
    store: Store, filled: Config
) -> None:
    far = store.path.parent / "unmounted" / "backups"

    with pytest.raises(StoreError, match=r"backups: No such file.*\[upkeep\] backups"):
        upkeep(store, replace(filled, upkeep=replace(filled.upkeep, backups=far)), now=NOW)

    assert not far.parent.exists()


def test_two_backups_at_once_do_not_mix(store: Store, filled: Config) -> None:
    with keeping._locked(store.path.parent), pytest.raises(StoreError, match="another feeder"):
        keeping.back_up_to(filled, store.path.with_name("other.db"))


def test_backup_and_forgetting_are_safe_while_another_process_takes_pages_in(
    store: Store, config: Config
) -> None:
    config = with_upkeep(config, keep_days=KEPT, keep_backups=3)
    (source,) = config.source
    assert source.folder
    with source.folder.parent.joinpath("config.toml").open("a") as file:
        file.write('date = "%Y-%m-%d"\n')
    for n in range(1, 61):
        name = f"{TODAY if n % 2 else ago(99)}-{n:04}.txt"
        (source.folder / name).write_text(story(n), encoding="utf-8")

    command = [
        sys.executable,
        "-m",
        "feeder",
        "--config",
        config.storage.database.with_name("config.toml"),
        "ingest",
        "--workers",
        "1",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as other:
        rounds = 0
        while other.poll() is None:
            report = upkeep(store, config, now=NOW)
            assert report.backup
            check(report.backup)
            rounds += 1
        out, err = other.communicate()

    assert (other.returncode, err) == (0, "")
    assert "60 pages: 60 new articles" in out
    assert rounds > 1
    upkeep(store, config, now=NOW)
    assert store.count() == 30
    assert {entry.date for entry in store.entries()} == {TODAY}
    assert count(store, "documents") == 60
    check(store.path)


# -- damage and restoring -------------------------------------------------------------------------


def spoil(path: Path) -> bytes:
    """Overwrite the middle of the database as a broken disk does, and return all of it."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("pragma wal_checkpoint(truncate)")
    data = bytearray(path.read_bytes())
    for start in range(4096 * 2, len(data) - 4096, 4096):
        data[start : start + 4096] = b"\xa5" * 4096
    path.write_bytes(data)
    return bytes(data)


def call(config: Config, *arguments: object) -> Result:
    path = config.storage.database.with_name("config.toml")
    return CliRunner().invoke(feeder, [str(one) for one in ("--config", path, *arguments)])


@pytest.fixture
def damaged(config: Config) -> tuple[Config, bytes]:
    """A database that was backed up and then spoilt, with its bytes."""
    config = with_upkeep(config, keep_backups=2)
    with Store(config.storage.database) as store:
        take(store, config, *(page(n, date=TODAY) for n in range(1, 4)))
        upkeep(store, config, now=NOW - dt.timedelta(days=1))
        upkeep(store, config, now=NOW)
    backups(config.upkeep.backups)[0].write_bytes(b"a backup that a broken disk has spoilt")
    return config, spoil(config.storage.database)


def ingest(config: Config) -> None:
    with Store(config.storage.database) as store:
        ingest_pages(store, [page(9, date=TODAY)], config, now=NOW)


def republish(config: Config) -> None:
    with Store(config.storage.database) as store:
        publish(store, config)


@pytest.mark.parametrize("work", [ingest, republish])
def test_a_damaged_database_is_told_with_the_remedy_and_left_as_it_is(
    damaged: tuple[Config, bytes], work: Callable[[Config], None]
) -> None:
    config, data = damaged

    with pytest.raises(FeederError, match=r"malformed; restore it from a backup: `feeder restore"):
        work(config)

    assert config.storage.database.read_bytes() == data


def test_upkeep_of_a_damaged_database_names_the_newest_backup_that_is_sound(
    config: Config,
) -> None:
    # Where only texts are spoilt, the database opens and most of it can be read.
    config = with_upkeep(config, keep_backups=2, keep_days=1)
    with Store(config.storage.database) as store:
        take(store, config, *(page(n, date=ago(9)) for n in range(1, 30)))
    back_up(config, now=NOW - dt.timedelta(days=1))
    back_up(config, now=NOW)
    backups(config.upkeep.backups)[0].write_bytes(b"spoilt too")
    database = config.storage.database
    with closing(sqlite3.connect(database)) as db:
        (root,) = db.execute("select rootpage from sqlite_schema where name = 'pages'").fetchone()
        db.execute("pragma wal_checkpoint(truncate)")
    data = bytearray(database.read_bytes())
    data[(root - 1) * 4096 : root * 4096] = b"\xa5" * 4096
    database.write_bytes(data)

    with Store(database) as store, pytest.raises(StoreError) as told:
        upkeep(store, config, now=NOW)
    with pytest.raises(StoreError, match="is damaged"):
        back_up(config, now=NOW)

    sound = config.upkeep.backups / "feeder-2026-11-23.db"
    assert f"`feeder restore {sound}`" in str(told.value)
    assert "\n" not in str(told.value)
    assert database.read_bytes() == data
    assert backups(config.upkeep.backups)[0].read_bytes() == b"spoilt too"


def test_a_restore_puts_the_backup_in_place_keeps_the_old_and_feeder_goes_on(
    damaged: tuple[Config, bytes],
) -> None:
    config, data = damaged
    backup = backups(config.upkeep.backups)[1]
    whole = backup.read_bytes()
    before = config.storage.database.stat()

    done = call(config, "restore", backup)

    assert done.exit_code == 0, done.output
    assert "next: feeder publish" in done.output
    (aside,) = config.storage.database.parent.glob("feeder.db.before-restore-*")
    assert aside.read_bytes() == data
    assert backup.read_bytes() == whole
    after = config.storage.database.stat()
    assert (after.st_ino, after.st_mode, after.st_uid) == (
        before.st_ino,
        before.st_mode,
        before.st_uid,
    )
    assert sorted(path.name for path in config.storage.database.parent.glob(".*")) == []
    check(config.storage.database)
    assert call(config, "publish").exit_code == 0
    with Store(config.storage.database) as store:
        assert store.count() == 3
        (event,) = store.ledger.events(limit=9)
        assert (event.kind, event.subject) == (EventKind.NOTICE, "restore")
        assert str(aside) in event.text
        take(store, config, page(9, date=TODAY))


def test_what_waits_beside_the_database_is_kept_too_and_spoils_nothing(config: Config) -> None:
    config = with_upkeep(config, keep_backups=1)
    database = config.storage.database
    with Store(database) as store:
        take(store, config, page(1, date=TODAY))
        backup, _ = back_up(config, now=NOW)
    # Dies with pages in the journal that are not in the database.
    subprocess.run([sys.executable, "-c", KILLED, database], check=False)
    journal = Path(f"{database}-wal").read_bytes()
    assert journal

    aside = restore(config, backup, now=NOW)

    assert aside
    assert aside.name == "feeder.db.before-restore-20261124T090000"
    assert Path(f"{aside}-wal").read_bytes() == journal
    with Store(database) as store:
        assert store.ledger.remembered("killed") is None
        assert store.count() == 1
    with Store(aside) as store:
        assert store.ledger.remembered("killed") == "yes"
    with pytest.raises(StoreError, match="before-restore-20261124T090000: File exists"):
        restore(config, backup, now=NOW)


KILLED = """
import os, signal, sys
from pathlib import Path
from feeder.ledger import Ledger
Ledger.open(Path(sys.argv[1])).remember("killed", "yes")
os.kill(os.getpid(), signal.SIGKILL)
"""

IDLE = """
import sys
from pathlib import Path
from feeder.ledger import Ledger
ledger = Ledger.open(Path(sys.argv[1]))
ledger.remembered("anything")
print("open", flush=True)
sys.stdin.read()
"""


def test_nothing_is_restored_while_another_process_has_the_database_open(config: Config) -> None:
    config = with_upkeep(config, keep_backups=1)
    database = config.storage.database
    with Store(database) as store:
        take(store, config, page(1, date=TODAY))
        backup, _ = back_up(config, now=NOW)
    with Store(database) as store:
        take(store, config, page(2, date=TODAY))
    idle = subprocess.Popen(
        [sys.executable, "-c", IDLE, database], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with idle:
        assert idle.stdout
        idle.stdout.readline()

        refused = call(config, "restore", backup)
        idle.communicate(b"")

    assert refused.exit_code == 1
    assert "feeder.db: is in use; stop the service" in refused.stderr
    with Store(database) as store:
        assert store.count() == 2
    assert not list(database.parent.glob("*before-restore*"))
    assert call(config, "restore", backup).exit_code == 0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "is no file"),
        (b"", "is no database of feeder's"),
        (b"a letter to the editor" * 99, "is no sound database"),
        ("half", "is no sound database"),
    ],
)
def test_only_a_sound_backup_of_feeders_is_restored(
    store: Store, filled: Config, tmp_path: Path, data: bytes | str | None, words: str
) -> None:
    store.close()
    given = tmp_path / "given.db"
    if data == "half":
        whole = back_up(filled, now=NOW)[0].read_bytes()
        data = whole[: len(whole) // 8192 * 4096]
    if isinstance(data, bytes):
        given.write_bytes(data)
    before = filled.storage.database.read_bytes()

    with pytest.raises(StoreError, match=rf"given\.db: {words}"):
        restore(filled, given, now=NOW)

    assert filled.storage.database.read_bytes() == before
    assert not list(tmp_path.glob(".*"))


def test_another_programs_database_is_not_restored(config: Config, tmp_path: Path) -> None:
    given = tmp_path / "given.db"
    with closing(sqlite3.connect(given)) as db:
        db.execute("create table songs (title text)")

    with pytest.raises(StoreError, match="no database of feeder's"):
        restore(config, given, now=NOW)
    Store(config.storage.database).close()
    with pytest.raises(StoreError, match="is the database itself"):
        restore(config, config.storage.database, now=NOW)


def test_a_lost_database_is_restored(store: Store, filled: Config) -> None:
    backup, _ = back_up(filled, now=NOW)
    store.close()
    filled.storage.database.unlink()

    assert restore(filled, backup, now=NOW) is None

    with Store(filled.storage.database) as found:
        assert found.count() == 3


def test_a_restore_that_is_killed_anywhere_is_told_or_was_not_begun_and_can_be_done_again(
    store: Store, filled: Config
) -> None:
    backup, _ = back_up(filled, now=NOW)
    take(store, filled, page(9, date=TODAY))
    store.close()
    database = filled.storage.database
    outcomes: set[int | str] = set()
    for limit in range(40):
        now = NOW + dt.timedelta(seconds=limit)
        status = broken_off(lambda now=now: restore(filled, backup, now=now), after=limit)  # type: ignore[misc]
        try:
            with Store(database) as found:
                outcomes.add(found.count())
        except StoreError as error:
            outcomes.add("told" if "restore it" in error.reason else error.reason)
        restore(filled, backup, now=now + dt.timedelta(days=1))
        with Store(database) as found:
            assert found.count() == 3
            take(found, filled, page(9, date=TODAY))
        if status == 0:
            break
    assert status == 0
    assert outcomes == {3, 4, "told"}


def broken_off(work: Callable[[], object], *, after: int) -> int:
    """Do the work in a process that dies, as by SIGKILL, before its next write, sync or removal.

    Return its exit status: 0 where it came to the end.
    """
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    left = after

    def counted(call: Callable[..., object]) -> Callable[..., object]:
        def counting(*arguments: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments)

        return counting

    try:
        for name in ("fsync", "pwrite", "ftruncate", "unlink", "posix_fallocate"):
            setattr(os, name, counted(getattr(os, name)))
        work()
        os._exit(0)
    finally:
        os._exit(1)


def test_a_restore_without_room_changes_nothing(store: Store, filled: Config) -> None:
    take(store, filled, *(page(n, date=TODAY) for n in range(20, 60)))
    backup, _ = back_up(filled, now=NOW)
    store.close()
    folder = store.path.parent / "small"
    folder.mkdir()
    small = replace(filled, storage=replace(filled.storage, database=folder / "feeder.db"))
    whole = backup.stat().st_size
    with small_disk(folder, kilobytes=8192):
        Store(small.storage.database).close()
        before = small.storage.database.read_bytes()
        # Room for half of the copy; for it alone; for what is to be kept, but not for what grows.
        for room in (whole // 2, whole + len(before) // 2, 2 * whole - 8192):
            ballast = folder / "ballast"
            state = os.statvfs(folder)
            ballast.write_bytes(bytes(state.f_bavail * state.f_frsize - room))

            with pytest.raises(StoreError, match=r"No space left|make room"):
                restore(small, backup, now=NOW)

            assert small.storage.database.read_bytes() == before
            ballast.unlink()
            assert [path.name for path in folder.iterdir()] == ["feeder.db"]


# -- the commands ---------------------------------------------------------------------------------


def test_backup_by_hand_goes_into_the_folder_or_where_it_is_told(
    store: Store, filled: Config, tmp_path: Path
) -> None:
    usual = call(filled, "backup")
    named = call(filled, "backup", tmp_path / "mine.db")
    again = call(filled, "backup", tmp_path / "mine.db")

    assert usual.exit_code == named.exit_code == 0
    (made,) = backups(filled.upkeep.backups)
    assert re.match(rf"{made}: 0\.\d MB, checked", usual.output)
    check(made)
    check(tmp_path / "mine.db")
    assert again.exit_code == 1
    assert "is there already; name a new file" in again.stderr
    assert store.ledger.last_done(Job.BACKUP)


def test_there_is_nothing_to_back_up_before_there_is_a_database(config: Config) -> None:
    done = call(config, "backup")

    assert done.exit_code == 1
    assert "is not there yet" in done.stderr
    assert not config.storage.database.exists()


def test_check_names_a_folder_of_backups_that_cannot_be_made(config: Config) -> None:
    path = config.storage.database.with_name("config.toml")
    path.write_text(path.read_text() + '\n[upkeep]\nbackups = "/nowhere/at/all"\n')

    done = call(config, "check")

    assert done.exit_code == 2
    assert "upkeep.backups: there is no folder /nowhere/at" in done.stderr


def test_damage_is_told_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "feeder.db"
    Store(path).close()
    spoil(path)

    told = copies.find_damage(path)

    assert told
    assert "\n" not in told
    assert threading.active_count() == 1
