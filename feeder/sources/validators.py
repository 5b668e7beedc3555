"""ETag and Last-Modified of an answer, kept together in one string."""

from __future__ import annotations

import datetime as dt
import email.utils
import hashlib
import re
from collections.abc import Mapping

MISSING = "missing"
BARRED = "barred"
UNSETTLED = frozenset({MISSING, BARRED})
"""Validators of links that are asked for again and again: one day there may be a page."""
_TOO_LARGE = "too large"

# RFC 9110, 8.8.3. A longer one is no validator worth keeping.
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,200}"')
_DATE = re.compile(r"[A-Za-z0-9 ,:+-]{1,64}")


def to_validator(headers: Mapping[str, str], data: bytes | None) -> str:
    """Return what tells this answer from the next: `"etag" date`, or one of them alone.

    Of a server that gives neither, a digest of the body, which spares the parse at least.
    `data` is None for a body that is too large.
    """
    given = headers.get("etag", "").strip()
    etag = given if _ETAG.fullmatch(given) else ""
    said = headers.get("last-modified", "").strip()
    date = said if to_time(said) else ""
    if etag or date:
        return f"{etag} {date}".strip()
    return _TOO_LARGE if data is None else f"sha256:{hashlib.sha256(data).hexdigest()}"


def to_conditions(known: str | None) -> dict[str, str]:
    """Return the headers that make a server answer 304 to what is known already."""
    etag, date = _split(known)
    conditions = {"If-None-Match": etag, "If-Modified-Since": date}
    return {name: value for name, value in conditions.items() if value}


def is_same(one: str, other: str | None) -> bool:
    """Whether two validators are of the same document: ETags, where both have one, decide."""
    etag, other_etag = _split(one)[0], _split(other)[0]
    return etag == other_etag if etag and other_etag else one == other


def to_time(value: str | None) -> dt.datetime | None:
    """Return the moment of an HTTP date, in UTC; None where it is none."""
    if not value or not _DATE.fullmatch(value):
        return None
    try:
        time = email.utils.parsedate_to_datetime(value)
        return time.astimezone(dt.UTC) if time.tzinfo else time.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        return None


def _split(validator: str | None) -> tuple[str, str]:
    """Return ETag and date, either "" if it has none."""
    match = _ETAG.match(validator or "")
    etag = match[0] if match else ""
    date = (validator or "")[len(etag) :].strip()
    return etag, date if to_time(date) else ""
