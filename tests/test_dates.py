"""The publication date: the surest source wins, and year ends are crossed."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeder.dates import publication_date
from feeder.model import DatedBy, MonthDay

ZONE = zoneinfo.ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2026, 11, 24, 8, 0, tzinfo=ZONE)
NAMED, PRINTED = dt.date(2026, 11, 20), dt.date(2026, 11, 21)
MODIFIED = dt.datetime(2026, 11, 23, 1, 0, tzinfo=ZONE)


def to_start(told: tuple[int, ...] | None) -> MonthDay | None:
    """Month, day and, if there is a third, weekday."""
    if told is None:
        return None
    return MonthDay(month=told[0], day=told[1], weekday=told[2] if len(told) > 2 else None)


def found(
    named: dt.date | None = None,
    printed: dt.date | None = None,
    start: tuple[int, ...] | None = None,
    modified: dt.datetime | None = None,
    now: dt.datetime = NOW,
) -> tuple[dt.date, DatedBy]:
    return publication_date(
        named=named,
        printed=printed,
        forecast_start=to_start(start),
        modified=modified,
        now=now,
        zone=ZONE,
    )


def test_the_surest_source_there_is_gives_the_date() -> None:
    everything = (NAMED, PRINTED, (11, 22), MODIFIED)

    assert found(*everything) == (NAMED, DatedBy.NAME)
    assert found(None, *everything[1:]) == (PRINTED, DatedBy.PRINTED)
    assert found(None, None, *everything[2:]) == (dt.date(2026, 11, 22), DatedBy.FORECAST)
    assert found(modified=MODIFIED) == (dt.date(2026, 11, 23), DatedBy.VALIDATOR)
    assert found() == (dt.date(2026, 11, 24), DatedBy.INGEST)


@pytest.mark.parametrize(
    ("start", "made", "date"),
    [
        ((1, 1), dt.datetime(2026, 12, 31, 22, tzinfo=ZONE), dt.date(2027, 1, 1)),
        ((12, 31), dt.datetime(2027, 1, 2, 6, tzinfo=ZONE), dt.date(2026, 12, 31)),
        ((11, 22), dt.datetime(2025, 3, 1, 6, tzinfo=ZONE), dt.date(2024, 11, 22)),
        ((2, 29), dt.datetime(2026, 2, 27, 6, tzinfo=ZONE), dt.date(2024, 2, 29)),
    ],
)
def test_a_forecast_is_joined_to_the_nearest_year(
    start: tuple[int, int], made: dt.datetime, date: dt.date
) -> None:
    now = dt.datetime(2027, 2, 1, tzinfo=ZONE)

    assert found(start=start, modified=made, now=now) == (date, DatedBy.FORECAST)


def test_a_printed_weekday_tells_the_year_of_a_page_taken_in_years_late() -> None:
    now = dt.datetime(2026, 11, 25, tzinfo=ZONE)
    friday, thursday = 4, 3

    assert found(start=(11, 22, friday), now=now)[0] == dt.date(2024, 11, 22)
    assert found(start=(12, 31, thursday), now=now)[0] == dt.date(2020, 12, 31)
    assert found(start=(11, 28), now=now)[0] == dt.date(2026, 11, 28)


def test_a_date_far_ahead_is_not_believed() -> None:
    assert found(printed=dt.date(2062, 1, 1), modified=MODIFIED)[1] is DatedBy.VALIDATOR
    assert found(named=NOW.date() + dt.timedelta(days=3))[1] is DatedBy.NAME


def test_the_day_is_that_of_the_papers_zone() -> None:
    late = dt.datetime(2026, 11, 23, 20, 0, tzinfo=dt.UTC)

    assert found(modified=late)[0] == dt.date(2026, 11, 24)


@pytest.mark.parametrize("zone", [ZONE, dt.UTC, zoneinfo.ZoneInfo("America/Los_Angeles")])
@pytest.mark.parametrize(
    "modified", [dt.datetime.max.replace(tzinfo=dt.UTC), dt.datetime.min.replace(tzinfo=dt.UTC)]
)
def test_a_time_at_the_ends_of_the_calendar_is_not_believed(
    modified: dt.datetime, zone: dt.tzinfo
) -> None:
    forecast = publication_date(
        named=modified.date(),
        printed=modified.date(),
        forecast_start=MonthDay(month=11, day=23),
        modified=modified,
        now=NOW,
        zone=zone,
    )
    bare = publication_date(
        named=None, printed=None, forecast_start=None, modified=modified, now=NOW, zone=zone
    )

    assert forecast == (dt.date(2026, 11, 23), DatedBy.FORECAST)
    assert bare == (NOW.astimezone(zone).date(), DatedBy.INGEST)


@given(
    st.dates() | st.none(),
    st.dates() | st.none(),
    st.tuples(st.integers(-1, 13), st.integers(-1, 32), st.integers(0, 6)) | st.none(),
    st.datetimes(timezones=st.just(dt.UTC)) | st.none(),
)
def test_any_page_has_a_date_on_which_a_paper_can_have_come_out(
    named: dt.date | None,
    printed: dt.date | None,
    start: tuple[int, ...] | None,
    modified: dt.datetime | None,
) -> None:
    date, _ = found(named, printed, start, modified)

    assert dt.date(1605, 1, 1) <= date <= NOW.date() + dt.timedelta(days=7)
