"""A page's publication date, and how it was found."""

from __future__ import annotations

import datetime as dt

from feeder.model import DatedBy, MonthDay

_AHEAD = dt.timedelta(days=7)
"""How far ahead a paper may be dated: weekend editions are; a date beyond it was misread."""
_YEARS = 6
"""How far from when a page was made its forecast is looked for: in 13 years a day of the year
falls on every weekday."""
_FIRST_NEWSPAPER = dt.date(1605, 1, 1)
"""The Relation of Strasbourg; a date before it was misread, and calendars' ends are never met."""


def publication_date(
    *,
    named: dt.date | None,
    printed: dt.date | None,
    forecast_start: MonthDay | None,
    modified: dt.datetime | None,
    now: dt.datetime,
    zone: dt.tzinfo,
) -> tuple[dt.date, DatedBy]:
    """Return the date of the paper, from the surest source there is.

    In order: the pattern over the name, a date printed in the page, the first day of its forecast
    in the year nearest to when the page was made (of those in which it falls on the weekday that is
    printed, if one is), the document's own time, now.
    A date more than a week ahead is not believed, nor one before there were newspapers. `modified`
    and `now` bear a zone; the day is that of `zone`.
    """
    today = now.astimezone(zone).date()
    made = _day(modified, zone) if modified else None
    if made and not _is_believed(made, today):
        made = None
    found = (
        (named, DatedBy.NAME),
        (printed, DatedBy.PRINTED),
        (_nearest(forecast_start, made or today), DatedBy.FORECAST),
        (made, DatedBy.VALIDATOR),
    )
    for date, how in found:
        if date is not None and _is_believed(date, today):
            return date, how
    return today, DatedBy.INGEST


def _is_believed(date: dt.date, today: dt.date) -> bool:
    return _FIRST_NEWSPAPER <= date <= today + _AHEAD


def _day(time: dt.datetime, zone: dt.tzinfo) -> dt.date | None:
    """The day in the zone; None for a time at the very ends of the calendar, a server's jest."""
    try:
        return time.astimezone(zone).date()
    except OverflowError:
        return None


def _nearest(day: MonthDay | None, made: dt.date) -> dt.date | None:
    """The month and day in the year that brings them nearest to the date.

    A printed weekday rules most years out: of 31 December, a Thursday, the nearest is 2026, then
    2020. So a page is dated right that is taken in years late.
    """
    if day is None:
        return None
    years = range(max(made.year - _YEARS, dt.MINYEAR), min(made.year + _YEARS, dt.MAXYEAR) + 1)
    dates = [date for year in years if (date := _date(year, day.month, day.day))]
    dates = [date for date in dates if date <= made + _AHEAD] or dates
    fitting = [date for date in dates if day.weekday in (None, date.weekday())]
    return min(fitting or dates, key=lambda date: abs(date - made), default=None)


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:  # February 29 in a common year
        return None
