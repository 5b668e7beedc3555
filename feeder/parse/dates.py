"""Dates that a page prints: its own, and the first day of its weather forecast."""

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
# Seen: 11月22日，多云到晴，15-22℃；23日，…; one month for the whole list.
_FORECAST_START = re.compile(
    r"(\d{1,2})月(\d{1,2})日(?:（[^）]{1,6}）)?[，,：:]?[^\d；;。]{0,12}(?=[，,晴阴陰多小大中阵陣雷])"
)
_FORECAST_DAY = re.compile(r"\d{1,2}日")
_DEGREES = re.compile(r"℃|度|°C")
_LEAST_DAYS = 3


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


def forecast_start(paragraphs: Iterable[str]) -> tuple[int, int] | None:
    """Return month and day of the first day of a forecast; None without a list of days."""
    for paragraph in paragraphs:
        text = "".join(unicodedata.normalize("NFKC", paragraph).split()).replace(",", "，")
        if len(_FORECAST_DAY.findall(text)) < _LEAST_DAYS or not _DEGREES.search(text):
            continue
        match = _FORECAST_START.search(text)
        # 2024 is a leap year: February 29 is a day.
        if match and _date(2024, int(match[1]), int(match[2])):
            return int(match[1]), int(match[2])
    return None
