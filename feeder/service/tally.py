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
        self.unwritable: str | None = None
        """Why the database cannot be written, while it cannot."""
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

    def took(self, source: str, name: str, counts: Counts) -> None:
        """Count a document."""
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

    def looked(self, source: str, *, trouble: str | None) -> None:
        """Note that the source was looked at."""
        with self._lock:
            tally = self.sources[source]
            tally.trouble = trouble
            if trouble is None:
                tally.scanned = time.monotonic()

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
        if self.unpublished or self.unwritable:
            said.append(self.unpublished or self.unwritable or "")
        return "; ".join(said)

    def unready(self) -> list[str]:
        """Return what keeps the service from doing all it should, a line each."""
        now = time.monotonic()
        lines = []
        for name, tally in self.sources.items():
            if tally.trouble:
                lines.append(f"{name}: {tally.trouble}")
            elif tally.scanned is None:
                lines.append(f"{name}: has not been looked at yet")
            elif now - tally.scanned > tally.due_seconds:
                lines.append(f"{name}: was last looked at {now - tally.scanned:.0f} s ago")
        lines += [said for said in (self.unpublished, self.unwritable) if said]
        return lines
