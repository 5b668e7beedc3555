"""A forecast's lows and highs as a small drawing: where what stands; `forecast.html` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from feeder import phrases
from feeder.model import ForecastDay

COLUMN, HEIGHT = 46, 136
"""Units of the drawing: a day's width, and the whole height. Seven days fit a phone's screen."""
THICK = 10
_TOP, _BOTTOM = 28, 56
"""Above the hottest and below the coldest figure's bar: room for the figures and the day."""
_LEAST_SPAN = 6
"""Degrees that the height stands for at the least, so that a calm week looks calm."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A day of the drawing."""

    middle: int
    week: str
    date: str
    top: float | None
    """Where the bar begins; None for a day without temperatures."""
    bottom: float | None
    high: str
    low: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """The drawing, and in words what it shows."""

    width: int
    bars: tuple[Bar, ...]
    title: str
    description: str


def draw(days: Sequence[ForecastDay], language: str) -> Chart | None:
    """Return the drawing: a bar a day from its low to its high; None without any temperature.

    A dot where only one of them is printed, nothing where neither is.
    """
    values = [value for day in days for value in (day.low, day.high) if value is not None]
    if not values:
        return None
    least, span = min(values), max(max(values) - min(values), _LEAST_SPAN)
    return Chart(
        width=COLUMN * len(days),
        bars=tuple(_bar(at, day, least, span, language) for at, day in enumerate(days)),
        title=phrases.phrases(language)["forecast"],
        description=_described(days, language),
    )


def _bar(at: int, day: ForecastDay, least: int, span: int, language: str) -> Bar:
    def height(value: int) -> float:
        return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - (value - least) / span), 1)

    known = [value for value in (day.low, day.high) if value is not None]
    week, date = phrases.day_names(day.date, language)
    return Bar(
        middle=COLUMN * at + COLUMN // 2,
        week=week,
        date=date,
        top=height(max(known)) if known else None,
        bottom=height(min(known)) if known else None,
        high="" if day.high is None else f"{phrases.figure(day.high)}°",
        low="" if day.low is None else f"{phrases.figure(day.low)}°",
    )


def _described(days: Sequence[ForecastDay], language: str) -> str:
    told = []
    for day in days:
        degrees = phrases.degrees(day.low, day.high, day.unit)
        parts = (phrases.short_day(day.date, language), day.text, degrees)
        told.append(" ".join(filter(None, parts)))
    return ("；" if language.startswith("zh") else "; ").join(told)
