"""Forecasts as data: JSON for programs, iCalendar for calendars, a chart for eyes."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from lxml import etree
from newsstand import DAYS, ENTRIES, FORECAST, channel, entry

from feeder import feeds, phrases
from feeder.model import Entry, ForecastDay
from feeder.site.chart import draw

WEATHER = channel(id="weather", title="榕江新闻 · 天气")
TOLD = (entry(4, FORECAST, sections=("weather",), forecast=DAYS),)


def written(entries: tuple[Entry, ...] = TOLD) -> tuple[Any, Calendar]:
    files = feeds.render_forecasts(WEATHER, entries)
    return json.loads(files["forecast.json"]), Calendar.from_ical(files["forecast.ics"])


def test_the_json_says_what_the_paper_prints_and_no_more() -> None:
    told, _ = written()

    (forecast,) = told["forecasts"]
    assert told["version"] == "1"
    assert told["url"] == "http://127.0.0.1:8080/weather/forecast.json"
    assert forecast["publication"] == "榕江晚报"
    assert forecast["url"] == "http://127.0.0.1:8080/articles/2024/4.html"
    assert forecast["days"][:2] == [
        {
            "date": "2024-11-22",
            "text": "多云",
            "low": 13,
            "high": 21,
            "unit": "C",
            "wind": "东北风三级",
        },
        {"date": "2024-11-23", "text": "晴", "low": None, "high": 22, "unit": "C", "wind": None},
    ]


def test_a_calendar_holds_a_whole_day_for_each_day() -> None:
    _, calendar = written()

    events = calendar.walk("VEVENT")
    assert [event.decoded("dtstart") for event in events] == [day.date for day in DAYS]
    assert [event.decoded("dtend") - event.decoded("dtstart") for event in events] == [
        dt.timedelta(days=1)
    ] * 4
    assert [str(event["summary"]) for event in events] == [
        "多云 13–21℃", "晴 ≤22℃", "多云转小雨", "小雪 \u22123 / 5℃",
    ]  # fmt: skip
    assert str(events[0]["description"]).split("\n")[0] == "东北风三级"


def test_the_next_papers_forecast_of_a_day_is_the_same_event_revised() -> None:
    tomorrow = replace(
        TOLD[0], id=9, forecast=DAYS[1:], updated=TOLD[0].updated + dt.timedelta(days=1)
    )

    def uids(entries: tuple[Entry, ...]) -> list[str]:
        return [str(event["uid"]) for event in written(entries)[1].walk("VEVENT")]

    assert uids((tomorrow,)) == uids(TOLD)[1:]
    assert len(set(uids(TOLD))) == 4
    other = replace(tomorrow, publication="他报")
    assert set(uids((other,))).isdisjoint(uids(TOLD))


def test_the_same_entries_give_the_same_bytes() -> None:
    assert feeds.render_forecasts(WEATHER, TOLD) == feeds.render_forecasts(WEATHER, TOLD)
    assert feeds.render_forecasts(WEATHER, ()) == feeds.render_forecasts(WEATHER, ())


def test_a_chart_draws_what_is_there() -> None:
    chart = draw(DAYS, "zh-Hans")

    assert chart is not None
    assert [(bar.high, bar.low) for bar in chart.bars] == [
        ("21°", "13°"), ("22°", ""), ("", ""), ("5°", "\u22123°"),
    ]  # fmt: skip
    assert chart.bars[2].top is None
    assert chart.bars[1].top == chart.bars[1].bottom
    assert chart.bars[3].bottom == max(bar.bottom for bar in chart.bars if bar.bottom)
    assert "11月22日 周五 多云 13–21℃" in chart.description
    assert draw(DAYS[2:3], "zh-Hans") is None


def test_words_for_degrees() -> None:
    assert phrases.degrees(15, 22, "C") == "15–22℃"
    assert phrases.degrees(-8, -3, "C") == "\u22128 / \u22123℃"
    assert phrases.degrees(51, 64, "F") == "51–64°F"
    assert phrases.degrees(None, 64, None) == "≤64°"
    assert phrases.degrees(None, None, "C") == ""
    assert phrases.short_day(dt.date(2026, 11, 25), "en") == "Wed 25 Nov"
    assert phrases.short_day(dt.date(2026, 11, 25), "zh-Hant") == "11月25日 週三"


_DAYS = st.builds(
    ForecastDay,
    date=st.dates(max_value=dt.date(9999, 12, 30)),
    text=st.text(max_size=30),
    low=st.none() | st.integers(-130, 140),
    high=st.none() | st.integers(-130, 140),
    unit=st.sampled_from([None, "C", "F"]),
    wind=st.none() | st.text(max_size=30),
)


@given(st.lists(_DAYS, max_size=5), st.none() | st.text(max_size=10))
def test_any_forecast_is_published_whole(days: list[ForecastDay], publication: str | None) -> None:
    told = (replace(TOLD[0], forecast=tuple(days), publication=publication),)

    shown, calendar = written(told)

    assert len(shown["forecasts"][0]["days"]) == len(calendar.walk("VEVENT")) == len(days)
    assert all("\x00" not in str(event["summary"]) for event in calendar.walk("VEVENT"))
    content = feeds.render(channel(), told)["atom.xml"]
    assert etree.fromstring(content) is not None
    draw(days, "zh-Hans")


def test_the_newsstand_has_one_forecast() -> None:
    assert sum(bool(one.forecast) for one in ENTRIES) == 1
