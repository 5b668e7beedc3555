"""One look at a source: what may be asked, what failed, and which hosts are left alone."""

from __future__ import annotations

import datetime as dt
import http
import logging
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

import httpx

from feeder import config
from feeder.errors import SourceError
from feeder.ledger import Ledger
from feeder.model import max_bytes
from feeder.sources import robots, validators
from feeder.sources.asking import Answer, Asker, BarredError, manner_of, without_password

GONE = frozenset({http.HTTPStatus.NOT_FOUND, http.HTTPStatus.GONE})
_MOST_FAILURES = 3
"""Of a host in one look; more of its addresses would fail, each taking its full time."""
_BUSY = frozenset({http.HTTPStatus.TOO_MANY_REQUESTS, http.HTTPStatus.SERVICE_UNAVAILABLE})

log = logging.getLogger(__name__)
_told: set[str] = set()


class Look:
    """Asks for the addresses of a source; what fails is told when the look is over."""

    def __init__(
        self, source: config.Source, *, ledger: Ledger, now: dt.datetime, fetch: config.Fetch
    ) -> None:
        """Raises SourceError where a secret of the source cannot be read."""
        self.source = source
        self.ledger = ledger
        self.now = now
        self._asker = Asker(manner_of(source, fetch=fetch, now=now))
        self._robots = robots.Robots(self._ask_for_robots, ledger=ledger, now=now)
        self._is_single = not source.links and not source.days_back
        self._failures: list[SourceError] = []
        self._failed: dict[str, int] = {}
        self._left_alone: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._asker.__exit__()

    @property
    def failures(self) -> int:
        """How many addresses failed so far."""
        return len(self._failures)

    def ask(
        self,
        address: str,
        *,
        known: str | None,
        most: Callable[[bytes], int] = max_bytes,
    ) -> Answer | None:
        """Return the answer; None where there is none, or only that it is too much at present.

        Raises BarredError.
        """
        host = urlsplit(address).hostname or ""
        name = without_password(address)
        if host in self._left_alone:
            self._failures.append(SourceError(self.source.label, f"{name}: is not asked for"))
            return None
        try:
            answer = self._asker.ask(address, known=known, most=most, check=self._check)
        except BarredError:
            raise
        except SourceError as error:
            self.fail(error, name)
            self._count(host, is_busy=error.retry_after is not None)
            return None
        conditions = validators.to_conditions(known)
        is_odd = answer.status == http.HTTPStatus.NOT_MODIFIED and not conditions
        if answer.status in _BUSY or is_odd:
            self.fail_by_status(name, answer)
            self._count(host, is_busy=answer.status in _BUSY)
            return None
        self._failed.pop(host, None)
        return answer

    def _check(self, url: httpx.URL) -> None:
        """Raise BarredError where robots.txt forbids it, SourceError where that cannot be had."""
        if self.source.robots and not self._robots.allows(url):
            why = f"{url.netloc.decode('ascii')}/robots.txt forbids it; robots = false asks anyway"
            raise BarredError(self.source.label, why)

    def _ask_for_robots(self, address: str, known: str | None) -> Answer:
        return self._asker.ask(address, known=known, most=lambda _: robots.MAX_BYTES)

    def _count(self, host: str, *, is_busy: bool) -> None:
        self._failed[host] = self._failed.get(host, 0) + 1
        if is_busy or self._failed[host] >= _MOST_FAILURES:
            self._left_alone.add(host)

    def fail_by_status(self, name: str, answer: Answer) -> None:
        """Remember what the server said, and what to do about it."""
        why = f"{answer.said}; {_remedy(answer.status)}"
        self.fail(SourceError(self.source.label, why, retry_after=answer.retry_after), name)

    def fail(self, error: SourceError, name: str) -> None:
        """Remember it for the end; where there are several addresses, with this one's."""
        reason = error.reason if self._is_single else f"{name}: {error.reason}"
        self._failures.append(SourceError(self.source.label, reason, retry_after=error.retry_after))

    def warn(self, what: str) -> None:
        """Log it once: the operator reads it, and it stays as it is."""
        said = f"{self.source.label}: {what}"
        if said not in _told:
            _told.add(said)
            log.warning("%s", said)

    def tell(self) -> None:
        """Raise SourceError if anything failed: the first of it, and whether there is more."""
        if not self._failures:
            return
        first, *others = self._failures
        # Not how many: the same trouble, told anew with each other number, would be no news.
        more = " (and others of its addresses)" if others else ""
        asked = [one.retry_after for one in self._failures if one.retry_after is not None]
        raise SourceError(
            self.source.label, first.reason + more, retry_after=max(asked, default=None)
        ) from first


def _remedy(status: int) -> str:
    if status in _BUSY or status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return "it is asked again later"
    if status == http.HTTPStatus.UNAUTHORIZED:
        return "set username and password_file"
    return "see that the address is right"
