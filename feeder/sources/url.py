"""Page texts at URLs: at one address, at one a day, or behind the links of an index.

Every address is asked for anew only when it has changed. What goes wrong with one of several does
not keep the others away: it is told in the end.
"""

from __future__ import annotations

import datetime as dt
import http
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

import httpx

from feeder import config
from feeder.errors import SourceError
from feeder.ledger import KeptAnswer, Ledger
from feeder.model import RawPage, Refusal
from feeder.sources import links, robots, validators
from feeder.sources.asking import (
    Answer,
    Asker,
    BarredError,
    manner_by_hand,
    manner_of,
    without_password,
)
from feeder.sources.dates import date_in
from feeder.sources.folder import BY_HAND, TOO_LARGE

MAX_INDEX_BYTES = 4 * 1024 * 1024
RECHECK = dt.timedelta(hours=6)
"""After so long the pages of an index are asked for anew although the index has not changed."""
_MOST_FAILURES = 3
"""Of a host in one scan; more of its addresses would fail, each taking its full time."""

_DATE = re.compile(r"\{date:([^{}]+)\}")
_GONE = frozenset({http.HTTPStatus.NOT_FOUND, http.HTTPStatus.GONE})
_BUSY = frozenset({http.HTTPStatus.TOO_MANY_REQUESTS, http.HTTPStatus.SERVICE_UNAVAILABLE})

log = logging.getLogger(__name__)
_told: set[str] = set()


def scan(
    source: config.Source,
    *,
    ledger: Ledger,
    now: dt.datetime,
    fetch: config.Fetch,
) -> Iterator[RawPage | Refusal]:
    """Yield each page that is new or changed; nothing for a day that is not published yet.

    Days come oldest first: what is filed first is published first, so the newest paper stands
    on top of the feeds, and of an article that is printed twice the earlier day is the first.
    Raises SourceError, after all that could be had, where something could not.
    """
    with _Scan(source, ledger=ledger, now=now, fetch=fetch) as one:
        for address, day in _addresses(source, now):
            if source.links:
                yield from one.index(address, day=day)
            else:
                yield from one.page(address, day=day)
        one.tell()


def fetch(address: str, *, fetch: config.Fetch | None = None) -> RawPage:
    """Return the page at an address given by hand, in whatever network that is.

    robots.txt is for machines that come by themselves; it is not asked.
    Raises SourceError where there is none to be had.
    """
    now = dt.datetime.now(dt.UTC)
    manner = manner_by_hand(address, fetch=fetch or config.Fetch(), now=now)
    with Asker(manner) as asker:
        answer = asker.ask(address)
    if answer.status != http.HTTPStatus.OK:
        raise SourceError(manner.label, f"{answer.said}; see that the address is right")
    if not answer.is_whole:
        raise SourceError(manner.label, TOO_LARGE)
    return RawPage(
        source=BY_HAND,
        name=manner.label,
        validator=validators.to_validator(answer.headers, answer.data),
        data=answer.data,
        modified=validators.to_time(answer.headers.get("last-modified")),
        encoding=answer.charset,
    )


def _addresses(source: config.Source, now: dt.datetime) -> Iterator[tuple[str, dt.date | None]]:
    """Yield the addresses to ask, and the day of each if the URL has a date in it."""
    template = source.url or ""
    if not _DATE.search(template):
        yield template, None
        return
    days = [now.date() - dt.timedelta(days=back) for back in range(source.days_back, -1, -1)]
    # All days of a month may share an address; the page is then the latest's.
    yield from {_fill(template, day): day for day in days}.items()


def _fill(template: str, day: dt.date) -> str:
    return _DATE.sub(lambda match: day.strftime(match[1]), template)


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What an index, or one part of it, holds."""

    address: str
    pages: tuple[str, ...]
    """Names of the pages that it links to."""
    parts: tuple[str, ...]
    is_feed: bool
    is_new: bool
    """Whether it says something else than before; if not, only what is missing is asked for."""
    kept: KeptAnswer


class _Scan:
    """What one look at a source goes through: what failed, and which hosts are left alone."""

    def __init__(
        self,
        source: config.Source,
        *,
        ledger: Ledger,
        now: dt.datetime,
        fetch: config.Fetch,
    ) -> None:
        self._source = source
        self._ledger = ledger
        self._now = now
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

    def tell(self) -> None:
        """Raise SourceError if anything failed: the first of it, and how much more."""
        if not self._failures:
            return
        first, *others = self._failures
        more = f" (and {len(others)} more of its addresses)" if others else ""
        asked = [one.retry_after for one in self._failures if one.retry_after is not None]
        raise SourceError(
            self._source.label, first.reason + more, retry_after=max(asked, default=None)
        ) from first

    # -- one page -------------------------------------------------------------------------------

    def page(
        self, address: str, *, day: dt.date | None, is_link: bool = False
    ) -> Iterator[RawPage | Refusal]:
        """Yield the page at the address if it is new or changed."""
        name = without_password(address)
        known = self._ledger.seen(self._source.label, name)
        try:
            answer = self._ask(address, known=known)
        except BarredError as error:
            if not is_link:
                self._fail(error, name)
                return
            found: RawPage | Refusal | None = self._refusal(
                name, reason=error.reason, validator=validators.BARRED
            )
        else:
            found = self._found(name, answer, day=day, is_link=is_link) if answer else None
        if found and not validators.is_same(found.validator, known):
            yield found

    def _found(
        self, name: str, answer: Answer, *, day: dt.date | None, is_link: bool
    ) -> RawPage | Refusal | None:
        if answer.status in _GONE and is_link:
            return self._refusal(
                name,
                reason=f"{answer.said}; it is asked for again at every scan",
                validator=validators.MISSING,
            )
        if answer.status == http.HTTPStatus.NOT_MODIFIED or (answer.status in _GONE and day):
            return None
        if answer.status != http.HTTPStatus.OK:
            self._fail_by_status(name, answer)
            return None
        return self._to_page(name, answer, day=day)

    def _to_page(self, name: str, answer: Answer, *, day: dt.date | None) -> RawPage | Refusal:
        source = self._source
        data = answer.data if answer.is_whole else None
        validator = validators.to_validator(answer.headers, data)
        if data is None:
            return self._refusal(name, reason=TOO_LARGE, validator=validator)
        return RawPage(
            source=source.label,
            name=name,
            validator=validator,
            data=data,
            modified=validators.to_time(answer.headers.get("last-modified")),
            date=date_in(name, source.date) or day,
            publication=source.publication,
            language=source.language,
            encoding=source.encoding or answer.charset,
        )

    def _refusal(self, name: str, *, reason: str, validator: str) -> Refusal:
        return Refusal(source=self._source.label, name=name, validator=validator, reason=reason)

    # -- an index -------------------------------------------------------------------------------

    def index(self, address: str, *, day: dt.date | None) -> Iterator[RawPage | Refusal]:
        """Yield the pages that are new or changed of those that the index links to."""
        failures = len(self._failures)
        parts = list(self._parts(address, day=day))
        for name in self._wanted(parts):
            yield from self.page(name, day=day, is_link=True)
        if len(self._failures) > failures:
            return  # next time it is read again, and so is every page that failed
        for part in parts:
            if part.is_new:
                name = without_password(part.address)
                self._ledger.keep_answer(self._source.label, name, part.kept)

    def _parts(self, address: str, *, day: dt.date | None) -> Iterator[_Part]:
        pending, met = [address], {address}
        for count in range(1, self._source.max_parts + 1):
            if not pending:
                return
            part = self._part(pending.pop(0), day=day)
            if part is None:
                continue
            yield part
            new = [name for name in part.parts if name not in met]
            pending += new
            met.update(new)
            if pending and count == self._source.max_parts:
                self._warn(f"has more than {count} parts; raise max_parts to read the others")

    def _part(self, address: str, *, day: dt.date | None) -> _Part | None:
        """Return what the index says, now or still; None where it cannot be had."""
        kept = self._kept(address)
        try:
            answer = self._ask(
                address, known=kept.validator if kept else None, most=MAX_INDEX_BYTES
            )
        except BarredError as error:
            self._fail(error, without_password(address))
            return None
        if answer is None or (answer.status in _GONE and day):
            return None
        if kept and answer.status == http.HTTPStatus.NOT_MODIFIED:
            return self._to_part(address, kept, is_new=False)
        if answer.status != http.HTTPStatus.OK:
            self._fail_by_status(without_password(address), answer)
            return None
        validator = validators.to_validator(answer.headers, answer.data)
        if kept and validators.is_same(validator, kept.validator):
            return self._to_part(address, kept, is_new=False)
        return self._read(address, answer, validator=validator)

    def _kept(self, address: str) -> KeptAnswer | None:
        """Return what was kept of the index, unless it is to be read anew."""
        kept = self._ledger.answer(self._source.label, without_password(address))
        if kept is None or not kept.asked <= self._now < kept.asked + RECHECK:
            return None
        said = json.loads(kept.text)
        return kept if said["patterns"] == [self._source.links, self._source.next] else None

    def _to_part(self, address: str, kept: KeptAnswer, *, is_new: bool) -> _Part:
        said = json.loads(kept.text)
        return _Part(
            address=address,
            pages=tuple(said["pages"]),
            parts=tuple(said["parts"]),
            is_feed=said["is_feed"],
            is_new=is_new,
            kept=kept,
        )

    def _read(self, address: str, answer: Answer, *, validator: str) -> _Part | None:
        name = without_password(address)
        if not answer.is_whole:
            why = f"is larger than {MAX_INDEX_BYTES // 2**20} MiB, too large for an index"
            self._fail(SourceError(self._source.label, why), name)
            return None
        try:
            found = links.find_links(answer.data, address=answer.address, charset=answer.charset)
        except ValueError as error:
            self._fail(SourceError(self._source.label, f"is no JSON Feed: {error}"), name)
            return None
        parts = self._fitting(found, self._source.next, but={name})
        pages = self._fitting(found, self._source.links, but={name, *parts})
        said = {
            "patterns": [self._source.links, self._source.next],
            "pages": pages,
            "parts": parts,
            "is_feed": found.is_feed,
        }
        text = json.dumps(said, ensure_ascii=False)
        kept = KeptAnswer(text=text, validator=validator, asked=self._now)
        return self._to_part(address, kept, is_new=True)

    def _fitting(self, found: links.Links, pattern: str | None, *, but: set[str]) -> list[str]:
        fits = links.matches(pattern)
        names = (links.to_name(link) for link in found.all if fits(link))
        fitting = [name for name in dict.fromkeys(names) if name and name not in but]
        return fitting[: self._source.max_links + 1]

    def _wanted(self, parts: list[_Part]) -> list[str]:
        """Return the pages to ask for: of an index that has not changed, those that are missing."""
        names: dict[str, bool] = {}
        for part in parts:
            for name in part.pages:
                names[name] = names.get(name, False) or part.is_new
        wanted = list(names)[: self._source.max_links]
        if len(names) > len(wanted):
            count = self._source.max_links
            self._warn(f"links to more than {count} pages; raise max_links to have the others")
        if any(part.is_feed for part in parts):  # the newest first there, and the oldest here
            wanted.reverse()
        return [name for name in wanted if names[name] or self._is_missing(name)]

    def _is_missing(self, name: str) -> bool:
        known = self._ledger.seen(self._source.label, name)
        return known is None or known in validators.UNSETTLED

    # -- asking ---------------------------------------------------------------------------------

    def _ask(self, address: str, *, known: str | None, **limits: int) -> Answer | None:
        """Return the answer; None where there is none, or only that it is too much at present.

        Raises BarredError.
        """
        host = urlsplit(address).hostname or ""
        name = without_password(address)
        if host in self._left_alone:
            self._failures.append(SourceError(self._source.label, f"{name}: is not asked for"))
            return None
        try:
            answer = self._asker.ask(address, known=known, check=self._check, **limits)
        except BarredError:
            raise
        except SourceError as error:
            self._fail(error, name)
            self._count(host, is_busy=error.retry_after is not None)
            return None
        is_odd = answer.status == http.HTTPStatus.NOT_MODIFIED and not validators.to_conditions(
            known
        )
        if answer.status in _BUSY or is_odd:
            self._fail_by_status(name, answer)
            self._count(host, is_busy=answer.status in _BUSY)
            return None
        self._failed.pop(host, None)
        return answer

    def _check(self, url: httpx.URL) -> None:
        """Raise BarredError where robots.txt forbids it, SourceError where that cannot be had."""
        if self._source.robots and not self._robots.allows(url):
            why = f"{url.netloc.decode('ascii')}/robots.txt forbids it; robots = false asks anyway"
            raise BarredError(self._source.label, why)

    def _ask_for_robots(self, address: str, known: str | None) -> Answer:
        return self._asker.ask(address, known=known, most=robots.MAX_BYTES)

    def _count(self, host: str, *, is_busy: bool) -> None:
        self._failed[host] = self._failed.get(host, 0) + 1
        if is_busy or self._failed[host] >= _MOST_FAILURES:
            self._left_alone.add(host)

    def _fail_by_status(self, name: str, answer: Answer) -> None:
        what = "it is asked again later" if answer.status in _BUSY else "see that it is right"
        error = SourceError(
            self._source.label, f"{answer.said}; {what}", retry_after=answer.retry_after
        )
        self._fail(error, name)

    def _fail(self, error: SourceError, name: str) -> None:
        """Remember it for the end; where there are several addresses, with this one's."""
        reason = error.reason if self._is_single else f"{name}: {error.reason}"
        self._failures.append(
            SourceError(self._source.label, reason, retry_after=error.retry_after)
        )

    def _warn(self, what: str) -> None:
        """Log it once: the operator reads it, and it stays as it is."""
        said = f"{self._source.label}: {what}"
        if said not in _told:
            _told.add(said)
            log.warning("%s", said)
