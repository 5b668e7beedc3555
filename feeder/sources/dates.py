"""The date that a name bears."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable, Iterator

ISO = "%Y-%m-%d"
"""How a name bears a date where no source says otherwise: 2026-11-22 is no other number."""

_LONGEST = 128
"""Of a name, what a regular expression is tried on: its end. A pattern that tries every way to
split a name takes the fourth power of that, and whoever drops files chooses their names."""
_DIRECTIVE = re.compile("%(.)")
_NAMED_GROUP = "(?P<"


def date_in(name: str, pattern: str | None = None) -> dt.date | None:
    """Return the first real date in the name written as in the pattern, or else as 2026-11-22.

    The pattern is one of strptime, or a regular expression with the groups year, month and day; a
    year of two digits is read as strptime's %y.
    """
    find = _finder(pattern)
    return next(find(name), None)


@functools.lru_cache
def _finder(pattern: str | None) -> Callable[[str], Iterator[dt.date]]:
    if pattern and _NAMED_GROUP in pattern:
        return functools.partial(_by_groups, re.compile(pattern))
    alone = "" if pattern else r"(?<!\d)"
    written = re.compile(f"{alone}(?=({_to_regex(pattern or ISO)}))")
    return functools.partial(_by_directives, written, pattern or ISO)


def _by_directives(written: re.Pattern[str], pattern: str, name: str) -> Iterator[dt.date]:
    for match in written.finditer(name):
        try:
            yield dt.datetime.strptime(match[1], pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue


def _by_groups(written: re.Pattern[str], name: str) -> Iterator[dt.date]:
    for match in written.finditer(name[-_LONGEST:]):
        year, month, day = match.group("year", "month", "day")
        try:
            yield dt.date(_to_year(year or ""), int(month or ""), int(day or ""))
        except ValueError:
            continue


def _to_year(digits: str) -> int:
    is_short = len(digits) == 2
    return dt.datetime.strptime(digits, "%y").year if is_short else int(digits)  # noqa: DTZ007


def _to_regex(pattern: str) -> str:
    # "2024-1-5" is plain, "2024115" is not: without a separator each part has its full width.
    narrow = r"\d{2}" if "%m%d" in pattern else r"\d{1,2}"
    widths = {
        "Y": r"(?:1[6-9]|20)\d\d",  # newspapers began in the 1600s
        "m": narrow, "d": narrow, "j": r"\d{3}",
        "y": r"\d{2}", "H": r"\d{2}", "M": r"\d{2}", "S": r"\d{2}", "%": "%",
    }  # fmt: skip
    parts = _DIRECTIVE.split(pattern)
    return "".join(
        widths.get(part, ".+?") if place % 2 else re.escape(part)
        for place, part in enumerate(parts)
    )
