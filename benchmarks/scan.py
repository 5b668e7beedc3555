"""What a scan of a folder costs whose files have all been seen, beside reading their names.

    python benchmarks/scan.py [--files 100000] [--runs 7]

Milliseconds of CPU, for other work on the machine must not count. All take turns within the same
run: the names alone (os.scandir), a stat of each, and scans of
feeder: the one that sees for the first time that all is as it was dealt with; one in which nothing
has happened; one that finds a new file among them; one ten minutes later, which lists all the
same; one an hour later, which looks at each. Then the same files, a hundred in a folder.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from feeder import sources
from feeder.config import Source
from feeder.store import Store

_IN_A_FOLDER = 100


def main() -> None:
    """Print the medians of each, and how many times the listing they are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args()
    for in_a_folder in (given.files, _IN_A_FOLDER):
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), given.files, in_a_folder=in_a_folder, runs=given.runs)
    print(f"peak of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def measure(folder: Path, files: int, *, in_a_folder: int, runs: int) -> None:
    """Make the files, have them seen, and print what looking at them costs."""
    drop = folder / "drop"
    source = Source(name="drop", folder=drop)
    made = make(drop, files, in_a_folder=in_a_folder)
    with Store(folder / "feeder.db") as store:
        with store.transaction():
            for path in made:
                record(store, source, path)
        times = measured(store, source, runs=runs)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    print(f"{files} files, {in_a_folder} in a folder")
    for name, median in medians.items():
        print(f"  {name:24} {median:8.1f} ms  {median / medians['names alone']:7.2f}x")


def measured(store: Store, source: Source, *, runs: int) -> dict[str, list[float]]:
    """Return the milliseconds of every run, by what was done."""
    drop = source.folder or Path()
    clock = Clock()
    times: dict[str, list[float]] = {}

    def note(name: str, deed: Callable[[], object]) -> None:
        start = time.process_time()
        deed()
        times.setdefault(name, []).append((time.process_time() - start) * 1e3)

    def scanned(name: str, *, after: float) -> None:
        clock.pass_seconds(after)
        note(name, lambda: scan(store, source, clock.now))

    scanned("the first scan", after=0)
    for run in range(runs):
        note("names alone", lambda: list(names(drop)))
        note("a stat of each", lambda: [entry.stat() for entry in entries(drop)])
        settle(store, source, clock)
        scanned("nothing has happened", after=30)
        path = drop / f"2026-11-23-{run}.txt"
        path.touch()
        scanned("one file is new", after=30)
        with store.transaction():
            record(store, source, path)
        settle(store, source, clock)
        scanned("ten minutes later", after=600)
        scanned("an hour later", after=3600)
    return times


class Clock:
    """The time that feeder is told: it goes on as it is set, not as the benchmark takes."""

    def __init__(self) -> None:
        self.now = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)

    def pass_seconds(self, seconds: float) -> None:
        """Let time pass."""
        self.now += dt.timedelta(seconds=seconds)


def make(drop: Path, files: int, *, in_a_folder: int) -> list[Path]:
    """Return the files made."""
    made = []
    for number in range(files):
        folder = drop if in_a_folder == files else drop / f"{number // in_a_folder:05}"
        if number % in_a_folder == 0:
            folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"2026-11-22-{number:06}.txt"
        path.touch()
        made.append(path)
    return made


def record(store: Store, source: Source, path: Path) -> None:
    """Remember the file as dealt with."""
    state = path.stat()
    name = path.relative_to(str(source.folder)).as_posix()
    seen = f"{state.st_size}-{state.st_mtime_ns}"
    store.record_document(source.label, name, seen, reason=None, now=dt.datetime.now(dt.UTC))


def settle(store: Store, source: Source, clock: Clock) -> None:
    """Scan until the folders are known to be quiet."""
    for _ in range(3):
        clock.pass_seconds(10)
        scan(store, source, clock.now)


def entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield all files, folder by folder."""
    with os.scandir(folder) as found:
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                yield from entries(Path(entry.path))
            else:
                yield entry


def names(folder: Path) -> Iterator[str]:
    """Yield the names of all files."""
    return (entry.name for entry in entries(folder))


def scan(store: Store, source: Source, now: dt.datetime) -> int:
    """Return how many documents a scan finds."""
    return len(list(sources.scan(source, ledger=store.ledger, now=now)))


if __name__ == "__main__":
    main()
