"""What the service has done since it started, and how it fares: for status, health and metrics."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from feeder.model import Counts


@dataclass(kw_only=True)
class Job:
    """How often a job ran, how long that took, and how it ended."""

    runs: int = 0
    failures: int = 0
    seconds: float = 0.0
    """All runs together."""
    last_success: float | None = None
    """Unix time."""


@dataclass(kw_only=True)
class SourceTally:
    """What a source brought since the service started, and whether it is looked at in time."""

    due_seconds: float
    """It is fresh if it was looked at so recently."""
    counts: Counts = field(default_factory=Counts)
    scanned: float | None = None
    """When a look at it last succeeded, by the monotonic clock."""
    trouble: str | None = None


class Tally:
    """Counts that several threads write and read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.started = time.time()
        self.jobs: dict[str, Job] = {}
        self.sources: dict[str, SourceTally] = {}
        self.files_written = 0
        self.unpublished: str | None = None
        """Why what is in the store is not published, while it is not."""
        self.unwritable: dict[str, str] = {}
        """Who cannot use the database, and why, while that is so: the tick, looks at sources."""
        self.last_page = ""
        self._ticked: float | None = None

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Count a run of the job; one that raises as a failure."""
        began = time.monotonic()
        has_failed = True
        try:
            yield
            has_failed = False
        finally:
            with self._lock:
                job = self.jobs.setdefault(name, Job())
                job.runs += 1
                job.failures += has_failed
                job.seconds += time.monotonic() - began
                if not has_failed:
                    job.last_success = time.time()

    def watch(self, due_seconds: dict[str, float]) -> None:
        """Count for these sources, and no longer for others; counts of those that stay stay."""
        with self._lock:
            kept = {name: self.sources.get(name) for name in due_seconds}
            self.sources = {
                name: tally or SourceTally(due_seconds=due_seconds[name])
                for name, tally in kept.items()
            }
            for name, tally in self.sources.items():
                tally.due_seconds = due_seconds[name]

    def took(self, source: str, name: str, counts: Counts) -> None:
        """Count a document."""
        if source not in self.sources:  # a look that outlived its configuration
            return
        with self._lock:
            # Names of what failed are in the store; here they would only grow.
            self.sources[source].counts += Counts(
                pages=counts.pages,
                new=counts.new,
                revised=counts.revised,
                same=counts.same,
                failed=counts.failed,
            )
            self.last_page = f"{source}: {name} at {dt.datetime.now():%H:%M}"  # noqa: DTZ005 - local

    def looked(self, source: str, *, trouble: str | None, is_news: bool = True) -> None:
        """Note that the source was looked at; or, if that is no news, how it fared before."""
        with self._lock:
            tally = self.sources.get(source)
            if tally is None:
                return
            tally.trouble = trouble
            if trouble is None and is_news:
                tally.scanned = time.monotonic()

    def trouble_of(self, source: str) -> str | None:
        """Return why the source cannot be looked at, while it cannot."""
        tally = self.sources.get(source)
        return tally.trouble if tally else None

    def tick(self) -> None:
        """Note that the schedule is alive."""
        self._ticked = time.monotonic()

    def seconds_since_tick(self) -> float | None:
        """Return how long ago that was."""
        return None if self._ticked is None else time.monotonic() - self._ticked

    def total(self) -> Counts:
        """Return what all sources brought."""
        return sum((tally.counts for tally in self.sources.values()), Counts())

    def status(self) -> str:
        """Return one line for `systemctl status`."""
        total = self.total()
        troubled = [name for name, tally in self.sources.items() if tally.trouble]
        said = [f"{total.pages} pages, {total.new} new articles, {total.failed} failed"]
        if self.last_page:
            said.append(f"last {self.last_page}")
        if troubled:
            said.append(f"in trouble: {', '.join(troubled)}")
        said += self._of_the_store()
        return "; ".join(said)

    def unready(self) -> list[str]:
        """Return what keeps the service from doing all it should, a line each."""
        now = time.monotonic()
        lines = []
        for name, tally in list(self.sources.items()):
            if tally.trouble:
                lines.append(f"{name}: {tally.trouble}")
            elif tally.scanned is None:
                lines.append(f"{name}: has not been looked at yet")
            elif now - tally.scanned > tally.due_seconds:
                lines.append(f"{name}: was last looked at {now - tally.scanned:.0f} s ago")
        return lines + self._of_the_store()

    def _of_the_store(self) -> list[str]:
        told = [self.unpublished, *self.unwritable.values()]
        return list(dict.fromkeys(said for said in told if said))
