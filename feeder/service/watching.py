"""One look at a source: what it found is taken in, one document at a time, in bounded time."""

from __future__ import annotations

import datetime as dt
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from feeder import sources
from feeder.config import Config, Source
from feeder.errors import SourceError
from feeder.filing import Filing
from feeder.ledger import Ledger
from feeder.model import Counts, RawPage, Refusal

STILL_SECONDS = 900.0
"""After so long without a sign of life a look at a source is given up."""
_MOST_ABANDONED = 3
"""Looks that hang in a dead mount: the next one would hang too."""
_FIRST_SECONDS, _MOST_SECONDS = 300.0, 3600.0
"""Between a look that failed and the next: the first time at most, and in the end."""
_LEAST_WAIT = 0.05
_REQUESTS = 6
"""That one question to a server may become, by redirects."""
HANGS = "has not answered for {seconds:g} s; see to {what}"
_GIVEN_UP = "several looks at it hang; see to {what}, then restart feeder"

log = logging.getLogger(__name__)


class HungError(SourceError):
    """A look at a source that was given up."""


@dataclass(kw_only=True)
class Watched:
    """A source and how it fares between two looks."""

    source: Source
    every: float
    """Seconds from one look to the next, at most, when all is well."""
    failures: int = 0
    not_before: float = 0.0
    """By the monotonic clock: until then a failing source is left alone."""
    abandoned: list[threading.Thread] = field(default_factory=list)
    turn: threading.Lock = field(default_factory=threading.Lock)
    """Whoever looks at it holds it: a look that is due meanwhile is left out."""

    def is_resting(self) -> bool:
        """Whether it failed so recently that it is not asked again yet."""
        return time.monotonic() < self.not_before

    def note(self, error: SourceError | None) -> None:
        """Remember how a look ended: after each failure in a row twice as long is waited."""
        if error is None:
            self.failures, self.not_before = 0, 0.0
            return
        self.failures += 1
        first = min(self.every, _FIRST_SECONDS)
        wait = min(first * 2 ** min(self.failures - 1, 20), max(_MOST_SECONDS, first))
        # Jitter: what failed for many at once is not asked by all of them at once again.
        wait *= random.uniform(0.7, 1.0)  # noqa: S311 - no secret
        self.not_before = time.monotonic() + max(wait, error.retry_after or 0.0)

    def rest_seconds(self) -> float:
        """Return how long it is left alone from now on."""
        return max(0.0, self.not_before - time.monotonic())


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A document that was taken in, and what came of it."""

    found: RawPage | Refusal
    counts: Counts


class Look:
    """One look at a source, in a thread that can be left behind."""

    def __init__(
        self,
        watched: Watched,
        config: Config,
        filing: Filing,
        *,
        is_stopping: Callable[[], bool],
        tell: Callable[[Taken], None],
    ) -> None:
        self._watched = watched
        self._source = watched.source
        self._config = config
        self._filing = filing
        self._is_stopping = is_stopping
        self._tell = tell
        self._error: BaseException | None = None
        self._moved = time.monotonic()
        self._is_abandoned = False
        self._is_filing = False

    def run(self, *, still_seconds: float | None = None) -> None:
        """Take in what is new. Raises SourceError, StoreError, StoppedError, HungError."""
        watched = self._watched
        still_seconds = still_seconds or self._still_seconds()
        what = "the disk or mount it is on" if self._source.folder else "the network"
        watched.abandoned = [thread for thread in watched.abandoned if thread.is_alive()]
        if len(watched.abandoned) >= _MOST_ABANDONED:
            raise HungError(self._source.label, _GIVEN_UP.format(what=what))
        thread = threading.Thread(target=self._look, name=f"look {self._source.label}", daemon=True)
        thread.start()
        while thread.is_alive():
            left = self._moved + still_seconds - time.monotonic()
            thread.join(max(left, _LEAST_WAIT))
            # What the filing process is asked for is bounded by itself.
            if thread.is_alive() and left <= 0 and not self._is_filing:
                self._is_abandoned = True
                watched.abandoned.append(thread)
                told = HANGS.format(seconds=still_seconds, what=what)
                raise HungError(self._source.label, told)
        if self._error is not None:
            raise self._error

    def _still_seconds(self) -> float:
        """Return how long it may give no sign of life: one request with all its redirects may."""
        a_request = self._source.timeout + self._config.fetch.gap_seconds
        return STILL_SECONDS + _REQUESTS * a_request

    def _live(self) -> None:
        self._moved = time.monotonic()

    def _look(self) -> None:
        try:
            self._scan()
        except BaseException as error:  # noqa: BLE001 - `run` raises it again, where it is heard
            self._error = error

    def _scan(self) -> None:
        # Whatever it looks at, it asks the ledger of it: so it tells that it goes on.
        with Ledger.open(self._config.storage.database, heard=self._live) as ledger:
            zone = self._config.site.zone
            for found in sources.scan(
                self._source,
                ledger=ledger,
                now=dt.datetime.now(zone),
                fetch=self._config.fetch,
            ):
                if self._is_abandoned or self._is_stopping():
                    return
                self._is_filing = True
                counts = self._filing.take(found, now=dt.datetime.now(zone))
                reason = counts.failures[0][1] if counts.failures else None
                sources.put_away(self._source, found, reason=reason)
                self._tell(Taken(found=found, counts=counts))
                self._moved, self._is_filing = time.monotonic(), False
