"""A folder watched for years: nothing is missed or comes twice, and a quiet one costs little."""

import contextlib
import datetime as dt
import errno
import os
import random
import shutil
import stat
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeder import sources
from feeder.config import Source
from feeder.errors import SourceError
from feeder.model import RawPage, Refusal
from feeder.store import Store

NOW = dt.datetime(2040, 1, 1, tzinfo=dt.UTC)
"""Far from what files bear that the tests make: each has come to rest."""
MANY = 300
"""More files than are looked at for being the newest."""


@dataclass
class Feeder:
    """Scans a folder as ingest does, and remembers what it was handed."""

    store: Store
    source: Source
    now: dt.datetime = NOW
    taken: list[tuple[str, bytes]] = field(default_factory=list)

    def pass_seconds(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)

    def scan(self, *, after: float = 30, stop_after: int | None = None) -> list[str]:
        """The names of what a scan finds, taken and recorded; only so many if it is stopped."""
        self.pass_seconds(after)
        # What is written next is to bear another time, on kernels that count in ticks too.
        time.sleep(0.01)
        found = []
        scanned = sources.scan(self.source, ledger=self.store.ledger, now=self.now)
        for one in scanned:
            if len(found) == stop_after:
                break
            found.append(one.name)
            self.record(one)
        time.sleep(0.01)
        return found

    def record(self, one: RawPage | Refusal) -> None:
        reason = one.reason if isinstance(one, Refusal) else None
        with self.store.transaction():
            self.store.record_document(
                one.source, one.name, one.validator, reason=reason, now=self.now
            )
        if isinstance(one, RawPage):
            self.taken.append((one.name, one.data))

    def settle(self) -> None:
        for _ in range(4):
            self.scan()
        assert self.scan() == []


def put(path: Path, data: bytes = b"page") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "drop").mkdir()
    return tmp_path / "drop"


@pytest.fixture
def feeder(folder: Path) -> Iterator[Feeder]:
    with Store(Path(":memory:")) as store:
        yield Feeder(store, Source(name="drop", folder=folder, settle_seconds=0))


@contextlib.contextmanager
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """How often the operating system is asked, by what for."""
    counts: Counter[str] = Counter()

    def counted(name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(*given: Any, **named: Any) -> Any:
            is_folder = name == "open" and given[1] & os.O_DIRECTORY
            counts["stat" if name == "lstat" or is_folder else name] += 1
            return real(*given, **named)

        return call

    with monkeypatch.context() as patched:
        for name in ("stat", "lstat", "open", "scandir"):
            patched.setattr(os, name, counted(name))
        yield counts


# What it costs


def test_a_scan_in_which_nothing_has_happened_lists_and_opens_nothing(
    feeder: Feeder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(MANY):
        put(folder / f"{number % 3}" / f"{number}.txt")
    feeder.settle()

    with counting(monkeypatch) as counts:
        assert feeder.scan() == []

    # The way to the folder, that and those in it, and the newest 256 documents.
    assert set(counts) == {"stat"}
    assert counts["stat"] <= len(folder.parts) + 5 + 256


def test_one_new_file_among_many_costs_a_listing_and_its_own_reading(
    feeder: Feeder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2 * MANY):
        put(folder / f"{number}.txt")
    feeder.settle()
    put(folder / "new.txt")

    with counting(monkeypatch) as counts:
        assert feeder.scan() == ["new.txt"]

    assert (counts["scandir"], counts["open"]) == (1, 1)
    assert counts["stat"] < 256 + 20


def test_many_documents_of_subfolders_do_not_hide_those_of_the_folder(
    feeder: Feeder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.txt", "z.txt", *(f"m/{number}.txt" for number in range(MANY))):
        put(folder / name)
    feeder.settle()
    put(folder / "b.txt")

    with counting(monkeypatch) as counts:
        assert feeder.scan() == ["b.txt"]

    assert (counts["scandir"], counts["open"]) == (1, 1)
    assert counts["stat"] < 256 + 20


def test_a_folder_is_listed_again_after_ten_minutes_whatever_its_time_says(
    feeder: Feeder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder / "a.txt")
    feeder.settle()

    with counting(monkeypatch) as counts:
        feeder.scan(after=300)
        assert counts["scandir"] == 0
        feeder.scan(after=300)
        assert counts["scandir"] == 1


# What is found


def test_a_correction_is_found_however_it_is_written(feeder: Feeder, folder: Path) -> None:
    path = put(folder / "sub" / "a.txt")
    feeder.settle()

    path.write_bytes(b"in place")
    assert feeder.scan() == ["sub/a.txt"]
    feeder.settle()

    put(folder / "sub" / ".a.txt.Xy12ab", b"beside it, then renamed").replace(path)
    assert feeder.scan() == ["sub/a.txt"]
    feeder.settle()

    path.unlink()
    put(path, b"removed and written anew")
    assert feeder.scan() == ["sub/a.txt"]


def test_a_file_that_is_replaced_while_its_folder_is_given_its_old_time_back_is_found(
    feeder: Feeder, folder: Path
) -> None:
    # As rsync -a does.
    path = put(folder / "a.txt")
    feeder.settle()
    before = folder.stat()
    put(folder / ".a.txt.Xy12ab", b"corrected").replace(path)
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert feeder.scan() == ["a.txt"]


def test_an_old_page_that_is_overwritten_in_place_is_found_within_the_hour(
    feeder: Feeder, folder: Path
) -> None:
    old = [put(folder / f"{number}.txt") for number in range(40)]
    feeder.scan()
    for number in range(MANY):
        put(folder / "newer" / f"{number}.txt")
    feeder.settle()
    for path in old:
        path.write_bytes(b"corrected")

    found = [name for _ in range(7) for name in feeder.scan(after=600)]

    assert sorted(found) == sorted(path.name for path in old)
    feeder.settle()


def test_a_scan_a_day_looks_at_every_file(feeder: Feeder, folder: Path) -> None:
    old = put(folder / "old.txt")
    feeder.scan()
    for number in range(MANY):
        put(folder / "newer" / f"{number}.txt")
    feeder.settle()
    old.write_bytes(b"corrected")

    assert feeder.scan(after=86400) == ["old.txt"]


def test_a_folder_that_is_moved_in_with_its_old_times_is_found(
    feeder: Feeder, folder: Path, tmp_path: Path
) -> None:
    feeder.settle()
    put(tmp_path / "elsewhere" / "deep" / "a.txt")
    for place in ("elsewhere/deep/a.txt", "elsewhere/deep", "elsewhere"):
        os.utime(tmp_path / place, (0, 0))
    (tmp_path / "elsewhere").rename(folder / "moved")

    assert feeder.scan() == ["moved/deep/a.txt"]
    feeder.settle()
    put(folder / "moved" / "deep" / "b.txt")
    assert feeder.scan() == ["moved/deep/b.txt"]


def test_folders_whose_names_sort_oddly_are_all_entered(feeder: Feeder, folder: Path) -> None:
    inside = [
        "a/b.txt",
        "a/x/b.txt",
        "a b/c.txt",
        "a-b/c.txt",
        "a.txt",
        "a0/c.txt",
        "晨报/晚报/a.txt",
    ]
    for name in inside:
        put(folder / name)

    assert sorted(feeder.scan()) == sorted(inside)
    feeder.settle()


def test_other_patterns_void_what_was_remembered(feeder: Feeder, folder: Path) -> None:
    put(folder / "a.txt")
    put(folder / "sub" / "b.md")
    feeder.settle()

    feeder.source = replace(feeder.source, patterns=("*.txt", "*.md"))

    assert feeder.scan() == ["sub/b.md"]


def test_what_a_link_leads_to_is_watched(feeder: Feeder, folder: Path) -> None:
    target = put(folder / "kept" / "target.md")
    (folder / "a.txt").symlink_to("kept/target.md")
    feeder.settle()

    target.write_bytes(b"corrected")
    assert feeder.scan() == ["a.txt"]
    feeder.settle()
    put(folder / "new.md", b"corrected again").replace(target)
    assert feeder.scan() == ["a.txt"]


def test_a_link_that_led_nowhere_is_taken_once_it_leads_somewhere(
    feeder: Feeder, folder: Path
) -> None:
    (folder / "a.txt").symlink_to("sub/target.md")
    (folder / "sub").mkdir()
    feeder.settle()

    put(folder / "sub" / "target.md")

    assert feeder.scan() == ["a.txt"]


def test_a_folder_that_is_swapped_for_a_link_to_another_is_not_entered(
    feeder: Feeder, folder: Path, tmp_path: Path
) -> None:
    put(folder / "a" / "b" / "c.txt")
    put(tmp_path / "secret" / "b" / "d.txt")
    feeder.settle()
    shutil.rmtree(folder / "a")
    (folder / "a").symlink_to(tmp_path / "secret")

    assert feeder.scan() == []
    assert feeder.scan(after=3600) == []


def test_a_file_that_waits_is_taken_by_the_next_scan(feeder: Feeder, folder: Path) -> None:
    feeder.source = replace(feeder.source, settle_seconds=60)
    feeder.now = dt.datetime.now(dt.UTC)
    path = put(folder / "a.txt")

    assert feeder.scan() == []
    assert feeder.scan(after=60) == ["a.txt"]
    feeder.settle()
    path.write_bytes(b"corrected")
    feeder.now = dt.datetime.now(dt.UTC)
    assert feeder.scan() == []
    assert feeder.scan(after=60) == ["a.txt"]


def test_a_file_that_is_given_an_old_time_while_it_is_written_waits(
    feeder: Feeder, folder: Path
) -> None:
    feeder.source = replace(feeder.source, settle_seconds=2)
    feeder.now = dt.datetime.now(dt.UTC)
    os.utime(put(folder / "a.txt"), (0, 0))

    assert feeder.scan(after=0) == []
    assert feeder.scan(after=5) == ["a.txt"]


# Clocks, crashes, two at once


@pytest.mark.parametrize("seconds", [-86400.0, -1.0, 0.0, 86400.0 * 400])
def test_a_clock_that_jumps_hides_nothing(feeder: Feeder, folder: Path, seconds: float) -> None:
    put(folder / "a.txt")
    feeder.settle()

    feeder.pass_seconds(seconds)
    put(folder / "b.txt")

    assert feeder.scan() == ["b.txt"]
    feeder.settle()
    put(folder / "c.txt")
    assert feeder.scan() == ["c.txt"]


def test_what_came_while_the_folder_was_listed_is_found(feeder: Feeder, folder: Path) -> None:
    put(folder / "b.txt")
    feeder.scan()
    feeder.pass_seconds(30)
    scanned = sources.scan(feeder.source, ledger=feeder.store.ledger, now=feeder.now)
    put(folder / "a.txt")
    put(folder / "c.txt")
    first = next(scanned)
    put(folder / "aa.txt")
    feeder.record(first)
    for one in scanned:
        feeder.record(one)

    assert feeder.scan() == ["aa.txt"]


def test_a_stopped_scan_is_taken_up_by_the_next(feeder: Feeder, folder: Path) -> None:
    for name in ("a.txt", "b.txt", "sub/c.txt", "sub/d.txt"):
        put(folder / name)

    assert [feeder.scan(stop_after=1) for _ in range(5)] == [
        ["a.txt"],
        ["b.txt"],
        ["sub/c.txt"],
        ["sub/d.txt"],
        [],
    ]


def test_what_was_handed_over_but_not_recorded_comes_again(feeder: Feeder, folder: Path) -> None:
    put(folder / "a.txt")
    feeder.settle()
    put(folder / "b.txt")

    for _ in range(3):
        feeder.pass_seconds(30)
        found = list(sources.scan(feeder.source, ledger=feeder.store.ledger, now=feeder.now))
        assert [one.name for one in found] == ["b.txt"]
    assert feeder.scan() == ["b.txt"]


def test_two_that_watch_one_folder_take_each_file_once(folder: Path, tmp_path: Path) -> None:
    source = Source(name="drop", folder=folder, settle_seconds=0)
    with Store(tmp_path / "feeder.db") as one, Store(tmp_path / "feeder.db") as other:
        service, by_hand = Feeder(one, source), Feeder(other, source)
        for number in range(12):
            path = put(folder / f"{number % 4}.txt", b"page %d" % number)
            who = (service, by_hand)[number % 3 == 0]
            assert who.scan(after=30 * number) == [path.name]
            assert service.scan(after=30 * number) == by_hand.scan(after=30 * number) == []


WAYS = ("new", "in place", "replace", "anew", "remove", "move in", "move out", "times")


class Sender:
    """Does to a folder what senders do; each text is another, and longer than all before."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self._chance = random.Random(seed)
        self._length = 1

    def text(self) -> bytes:
        self._length += 1
        return b"x" * self._length

    def files(self) -> list[Path]:
        return sorted(self.folder.rglob("*.txt"))

    def act(self, way: str) -> None:
        files = self.files()
        path = self._chance.choice(files) if files else self.folder / "first.txt"
        beside = self.folder.parent / "beside"
        if way == "new":
            place = self._chance.choice(["", "a/", "a/b/", "a-b/", "c/"])
            put(self.folder / f"{place}{self._length}.txt", self.text())
        elif way == "in place":
            put(path, self.text())
        elif way == "replace":
            put(beside, self.text())
            path.parent.mkdir(exist_ok=True)
            beside.replace(path)
        elif way == "anew":
            path.unlink(missing_ok=True)
            put(path, self.text())
        elif way == "remove":
            path.unlink(missing_ok=True)
        elif way == "move in":
            put(beside.with_name(f"in{self._length}") / "deep" / "a.txt", self.text())
            moved = beside.with_name(f"in{self._length - 1}")
            os.utime(moved / "deep", (0, 0))
            moved.replace(self.folder / moved.name)
        elif way == "move out" and path.parent != self.folder:
            path.parent.replace(beside.with_name(f"out{self._length}"))
            self._length += 1
        elif way == "times":
            os.utime(path.parent, (0, 0))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**16),
    steps=st.lists(
        st.tuples(
            st.lists(st.sampled_from(WAYS), max_size=3),
            st.sampled_from([0.0, 1.0, 30.0, 30.0, 700.0, 4000.0, -30.0, -90000.0]),
            st.sampled_from([None, None, None, 0, 1]),
        ),
        max_size=12,
    ),
)
def test_every_text_that_stays_is_handed_over_once_and_by_the_next_scan(
    seed: int, steps: list[tuple[list[str], float, int | None]]
) -> None:
    with tempfile.TemporaryDirectory() as name, Store(Path(":memory:")) as store:
        folder = Path(name) / "drop"
        folder.mkdir()
        feeder = Feeder(store, Source(name="drop", folder=folder, settle_seconds=0))
        sender = Sender(folder, seed)
        for ways, seconds, stop_after in steps:
            for way in ways:
                sender.act(way)
            feeder.scan(after=seconds, stop_after=stop_after)
            there = {(str(path.relative_to(folder)), path.read_bytes()) for path in sender.files()}
            assert stop_after is not None or there <= set(feeder.taken)

        feeder.settle()
        there = {(str(path.relative_to(folder)), path.read_bytes()) for path in sender.files()}
        assert there <= set(feeder.taken)
        assert len(feeder.taken) == len(set(feeder.taken))


# Trouble


def test_an_empty_mount_point_is_told_and_nothing_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted, link = tmp_path / "mounted", tmp_path / "drop"
    put(mounted / "a.txt")
    put(mounted / "sub" / "b.txt")
    link.symlink_to(mounted)
    with Store(Path(":memory:")) as store, tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        if Path(other).stat().st_dev == mounted.stat().st_dev:
            pytest.skip("/dev/shm and the folder of temporary files are one file system")
        feeder = Feeder(store, Source(name="drop", folder=link, settle_seconds=0))
        feeder.settle()
        link.unlink()
        link.symlink_to(other)  # as when the mount is missing: what lies below it is seen

        for _ in range(2):
            with pytest.raises(SourceError, match="is empty and lies on another device"):
                feeder.scan()
        link.unlink()
        link.symlink_to(mounted)

        assert feeder.scan() == []
        feeder.settle()


def test_an_emptied_folder_takes_back_its_files_without_taking_them_again(
    feeder: Feeder, folder: Path, tmp_path: Path
) -> None:
    put(folder / "a.txt")
    put(folder / "sub" / "b.txt")
    feeder.settle()
    folder.rename(tmp_path / "away")
    with pytest.raises(SourceError, match="no such file or folder; make it"):
        feeder.scan()
    folder.mkdir()
    feeder.settle()
    folder.rmdir()
    (tmp_path / "away").rename(folder)

    assert feeder.scan() == []
    feeder.settle()


def test_folders_that_do_not_keep_their_times_are_soon_known_for_it(
    feeder: Feeder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fstat

    def timeless(descriptor: int) -> Any:
        state = real(descriptor)
        if not stat.S_ISDIR(state.st_mode):
            return state
        return SimpleNamespace(
            st_dev=state.st_dev,
            st_ino=state.st_ino,
            st_mtime_ns=0,
            st_ctime_ns=0,
        )

    monkeypatch.setattr(os, "fstat", timeless)
    put(folder / "a.txt")
    feeder.settle()
    put(folder / "b.txt")
    assert feeder.scan() == []

    assert feeder.scan(after=600) == ["b.txt"]

    for name in ("c.txt", "d.txt"):
        feeder.settle()
        put(folder / name)
        assert feeder.scan() == [name]


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ESTALE, "mount is stale; unmount it and mount it again"),
        (errno.EIO, "see to the disk or the mount"),
        (errno.ENOTCONN, "not connected; unmount it"),
        (errno.EHOSTDOWN, "server does not answer"),
        (errno.EMFILE, "raise its limit"),
    ],
)
@pytest.mark.parametrize("call", ["open", "scandir"])
def test_a_mount_that_has_gone_is_told_with_the_remedy_and_comes_back(
    feeder: Feeder,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    number: int,
    remedy: str,
) -> None:
    put(folder / "a.txt")

    def broken(*_: Any, **__: Any) -> Any:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, call, broken)
        with pytest.raises(SourceError, match=remedy) as caught:
            feeder.scan()

    assert caught.value.source == "drop"
    assert feeder.scan() == ["a.txt"]


def test_a_mount_that_goes_while_a_file_is_read_stops_the_scan(
    feeder: Feeder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder / "a.txt")

    real = os.open

    def broken(path: Any, flags: int) -> int:
        if flags & os.O_DIRECTORY:
            return real(path, flags)
        raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", broken)
        with pytest.raises(SourceError, match="not connected"):
            feeder.scan()

    assert feeder.scan() == ["a.txt"]


def test_a_file_that_the_disk_does_not_give_is_refused_and_the_others_are_taken(
    feeder: Feeder,
) -> None:
    # A process's memory, read at the address 0, answers EIO.
    own = Path(f"/proc/self/task/{os.getpid()}").resolve()
    feeder.source = replace(feeder.source, folder=own, patterns=("mem", "personality"))

    feeder.pass_seconds(30)
    scanned = list(sources.scan(feeder.source, ledger=feeder.store.ledger, now=feeder.now))

    (refusal,) = [one for one in scanned if isinstance(one, Refusal)]
    assert (refusal.name, refusal.validator) == ("mem", "unread")
    assert "see to the disk" in refusal.reason
