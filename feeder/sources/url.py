"""Page texts at URLs: at one address, at one a day, or behind the links of an index.

Every address is asked for anew only when it has changed. What goes wrong with one of several does
not keep the others away: it is told in the end.
"""

from __future__ import annotations

import datetime as dt
import http
import re
from collections.abc import Iterator

from feeder import config
from feeder.errors import SourceError
from feeder.ledger import Ledger
from feeder.model import RawPage, Refusal
from feeder.sources import validators
from feeder.sources.asking import (
    Answer,
    Asker,
    BarredError,
    manner_by_hand,
    without_password,
)
from feeder.sources.dates import date_in
from feeder.sources.folder import BY_HAND, too_large
from feeder.sources.index import Index
from feeder.sources.look import GONE, Look

_DATE = re.compile(r"\{date:([^{}]+)\}")


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
    with Look(source, ledger=ledger, now=now, fetch=fetch) as look:
        for address, day in _addresses(source, now):
            if source.links:
                yield from _pages_of(look, address, day=day)
            else:
                yield from _page(look, address, day=day)
        look.tell()


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
        raise SourceError(manner.label, too_large(answer.data))
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


def _pages_of(look: Look, address: str, *, day: dt.date | None) -> Iterator[RawPage | Refusal]:
    """Yield the pages that are new or changed of those that the index links to."""
    index = Index(look, address, day=day)
    failures = look.failures
    parts = list(index.parts())
    for name in index.wanted(parts):
        yield from _page(look, name, day=day, is_link=True)
    if look.failures == failures:  # else it is read again next time, and every page that failed
        index.keep(parts)


def _page(
    look: Look, address: str, *, day: dt.date | None, is_link: bool = False
) -> Iterator[RawPage | Refusal]:
    """Yield the page at the address if it is new or changed."""
    name = without_password(address)
    known = look.ledger.seen(look.source.label, name)
    found: RawPage | Refusal | None = None
    try:
        answer = look.ask(address, known=known)
    except BarredError as error:
        if is_link:
            found = _refusal(look, name, reason=error.reason, validator=validators.BARRED)
        else:
            look.fail(error, name)
    else:
        if answer and answer.status in GONE and is_link:
            found = _missing(look, name, answer, known=known)
        elif answer and not (answer.status in GONE and day):
            found = _found(look, name, answer, day=day)
    if found and not validators.is_same(found.validator, known):
        yield found


def _missing(look: Look, name: str, answer: Answer, *, known: str | None) -> Refusal | None:
    """Return a refusal of a link to nothing; none where there was a page once: that is had."""
    if known and known not in validators.UNSETTLED:
        return None
    why = f"{answer.said}; it is asked for again at every scan"
    return _refusal(look, name, reason=why, validator=validators.MISSING)


def _found(
    look: Look, name: str, answer: Answer, *, day: dt.date | None
) -> RawPage | Refusal | None:
    if answer.status == http.HTTPStatus.OK:
        return _to_page(look, name, answer, day=day)
    if answer.status != http.HTTPStatus.NOT_MODIFIED:
        look.fail_by_status(name, answer)
    return None


def _to_page(look: Look, name: str, answer: Answer, *, day: dt.date | None) -> RawPage | Refusal:
    source = look.source
    data = answer.data if answer.is_whole else None
    validator = validators.to_validator(answer.headers, data)
    if data is None:
        return _refusal(look, name, reason=too_large(answer.data), validator=validator)
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


def _refusal(look: Look, name: str, *, reason: str, validator: str) -> Refusal:
    return Refusal(source=look.source.label, name=name, validator=validator, reason=reason)
