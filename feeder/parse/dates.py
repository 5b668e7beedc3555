"""The date that a page prints as its own."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable

_CHINESE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")
_NUMERIC = re.compile(r"(?<!\d)((?:19|20)\d\d)[./-](\d{1,2})[./-](\d{1,2})(?!\d)")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_MONTH = "|".join(f"{month}|{month[:3]}" for month in _MONTHS)
_MONTH_FIRST = re.compile(rf"\b({_MONTH})\.? (\d{{1,2}}),? (\d{{4}})\b")
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)? ({_MONTH})\.?,? (\d{{4}})\b")


def printed_date(lines: Iterable[str]) -> dt.date | None:
    """Return the first full date in the lines, which are a page's furniture; None without one."""
    for line in lines:
        if date := _date_in(unicodedata.normalize("NFKC", line)):
            return date
    return None


def _date_in(text: str) -> dt.date | None:
    for pattern in (_CHINESE, _NUMERIC):
        if match := pattern.search(text):
            return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := _MONTH_FIRST.search(text):
        return _date(int(match[3]), _month(match[1]), int(match[2]))
    if match := _DAY_FIRST.search(text):
        return _date(int(match[3]), _month(match[2]), int(match[1]))
    return None


def _month(name: str) -> int:
    return next(n for n, month in enumerate(_MONTHS, start=1) if month[:3] == name[:3])


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:  # 2月30日: no date, and so none printed
        return None
