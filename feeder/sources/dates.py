"""The date that a name bears."""

from __future__ import annotations

import datetime as dt
import re

_DIRECTIVE = re.compile("%(.)")


ISO = "%Y-%m-%d"
"""How a name bears a date where no source says otherwise: 2026-11-22 is no other number."""


def date_in(name: str, pattern: str | None = None) -> dt.date | None:
    """Return the first real date in the name written as in the pattern, or else as 2026-11-22."""
    alone = "" if pattern else r"(?<!\d)"
    pattern = pattern or ISO
    for match in re.finditer(f"{alone}(?=({_to_regex(pattern)}))", name):
        try:
            return dt.datetime.strptime(match[1], pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


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
