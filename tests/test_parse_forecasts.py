"""The dated list of a weather article: read as printed, then put on the calendar."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pagebench import REAL, needs_pagebench

from feeder.model import Forecast, ForecastDay, MonthDay
from feeder.parse.forecasts import MOST_DAYS, dated, read_forecast

GOLDEN = Path(__file__).resolve().parent / "golden"
NOVEMBER = dt.date(2026, 11, 22)
WEDNESDAY = dt.date(2026, 11, 25)


def forecast(*paragraphs: str, published: dt.date = NOVEMBER) -> Forecast:
    return dated(read_forecast(paragraphs), published)


def told(*paragraphs: str, published: dt.date = NOVEMBER) -> list[tuple[object, ...]]:
    found = forecast(*paragraphs, published=published)
    return [(day.date.month, day.date.day, day.text, day.low, day.high) for day in found.days]


def day(text: str, published: dt.date = NOVEMBER) -> ForecastDay:
    """The first of three days, the others of which are nothing out of the way."""
    found = forecast(f"11月22日，{text}；23日，晴，10-20℃；24日，晴，10-20℃", published=published)
    assert len(found.days) == 3, found
    return found.days[0]


@pytest.mark.parametrize(
    "folder", [GOLDEN, pytest.param(REAL, marks=needs_pagebench)], ids=["examples", "real pages"]
)
def test_the_days_of_pages_are_as_an_editor_read_them(folder: Path) -> None:
    days = 0
    for path in sorted(folder.glob("*.gold.json")):
        for article in json.loads(path.read_text(encoding="utf-8"))["articles"]:
            expected = article.get("forecast") or []
            days += len(expected)
            published = dt.date.fromisoformat(expected[0]["date"]) if expected else NOVEMBER

            found = forecast(*(item["text"] for item in article["body"]), published=published)

            assert found.unread == ()
            assert [
                {"date": one.date.isoformat(), "text": one.text, "low": one.low, "high": one.high}
                for one in found.days
            ] == expected
    assert days == 14


def test_a_list_is_read_day_by_day() -> None:
    assert told(
        "天气预报如下：", "11月22日，多云到晴，15-22℃；23日，阴天，有中到大雨；24日，晴"
    ) == [
        (11, 22, "多云到晴", 15, 22),
        (11, 23, "阴天，有中到大雨", None, None),
        (11, 24, "晴", None, None),
    ]


def test_a_day_named_in_the_prose_before_a_list_is_not_of_it() -> None:
    prose = "预计22日至24日多云，25日转阴，26日雨势稍大，气温明显下降。"

    assert [day for _, day, *_ in told(prose, "11月22日，晴，15-22℃；23日，阴，9-12℃")] == [22, 23]
    over_the_month = "11月29日，晴，1-9℃", "30日，晴，2-9℃", "12月1日，阴，3-9℃"
    assert len(told(*over_the_month, published=dt.date(2026, 11, 29))) == 3


def test_two_days_are_a_list_only_with_temperatures() -> None:
    assert len(told("11月22日，晴，15-22℃；23日，阴，12-20℃")) == 2
    assert told("11月22日，晴，15-22℃；23日，阴") == []


@pytest.mark.parametrize(
    ("printed", "low", "high"),
    [
        ("多云，15-22℃", 15, 22),
        ("多云，15～22℃", 15, 22),
        ("多云，15〜22℃", 15, 22),
        ("多云，１５～２２℃", 15, 22),
        ("多云，15℃～22℃", 15, 22),
        ("多云，气温15至22度", 15, 22),
        ("多云，气温15到22摄氏度", 15, 22),
        ("多雲，氣溫介乎15至22度", 15, 22),
        ("多云 22℃/15℃", 15, 22),
        ("多云 15/22", 15, 22),
        ("多云，-3～5℃", -3, 5),
        ("小雪，零下8到零下3度", -8, -3),
        ("小雪，零下3到零下8度", -8, -3),
        ("小雪，-8～-3℃", -8, -3),
        ("多云，最高气温31度", None, 31),
        ("多云，最低气温9℃", 9, None),
        ("多云，最低15℃，最高22℃", 15, 22),
        ("多云，最高气温二十六度", None, 26),
        ("多云，22℃", None, None),
        ("多云，降温6～8℃", None, None),
        ("多云，气温下降6到8℃，10～12℃", 10, 12),
        ("多云，相对湿度60%至90%", None, None),
        ("多云", None, None),
    ],
)
def test_temperatures_in_the_forms_papers_use(
    printed: str, low: int | None, high: int | None
) -> None:
    found = day(printed)

    assert (found.low, found.high) == (low, high)
    assert found.text.startswith(("多云", "多雲", "小雪"))


def test_the_wind_is_told_apart_from_the_condition() -> None:
    found = forecast("周三 阴转小雨 东北风3到4级 18℃/24℃", "周四 多云 19℃/25℃", published=WEDNESDAY)

    assert found.days == (
        ForecastDay(
            date=dt.date(2026, 11, 25), text="阴转小雨", low=18, high=24, unit="C",
            wind="东北风3到4级",
        ),
        ForecastDay(date=dt.date(2026, 11, 26), text="多云", low=19, high=25, unit="C"),
    )  # fmt: skip
    assert day("阴有阵雨，22-26℃，东北风5到6级，阵风8级").wind == "东北风5到6级，阵风8级"


def test_english_lists_keep_fahrenheit() -> None:
    found = forecast(
        "Wed: showers, high 64, low 51. Thu: sunny, high 66, low 50, winds NW 10-15 mph. "
        "Fri: rain, highs in the low 60s.",
        published=WEDNESDAY,
    )

    assert [(one.text, one.low, one.high, one.unit) for one in found.days] == [
        ("showers", 51, 64, "F"),
        ("sunny", 50, 66, "F"),
        ("rain, highs in the low 60s", None, None, None),
    ]
    assert found.days[1].wind == "winds NW 10-15 mph"


def test_a_unit_that_is_not_printed_is_not_guessed() -> None:
    found = forecast("Wed: showers, high 14, low 5. Thu: sunny, high 16.", published=WEDNESDAY)

    assert [one.unit for one in found.days] == [None, None]
    celsius = forecast("Wed: rain, high 14C, low 5C. Thu: dry, high 16.", published=WEDNESDAY)
    assert [one.unit for one in celsius.days] == ["C", "C"]


def test_nights_and_days_run_together_are_no_days() -> None:
    found = forecast(
        "Wednesday: Sunny. High 72.",
        "Wednesday night: Clear, low around 40.",
        "Thursday: Cloudy, high 70.",
        "Friday to Sunday: Rain, high 60.",
        published=WEDNESDAY,
    )

    assert [(one.date.day, one.text, one.low) for one in found.days] == [
        (25, "Sunny", None),
        (26, "Cloudy", None),
    ]


@pytest.mark.parametrize(
    ("printed", "published", "expected"),
    [
        (
            "11月29日，晴；30日，阴；1日，小雨；2日，晴",
            "2026-11-28",
            "11-29 11-30 12-01 12-02",
        ),
        (
            "12月30日，晴；31日，阴；1日，小雪；2日，晴",
            "2026-12-30",
            "12-30 12-31 01-01 01-02",
        ),
        (
            "1月1日，晴；1月2日，阴；1月3日，晴",
            "2026-12-31",
            "01-01 01-02 01-03",
        ),
        (
            "2月28日，晴；29日，阴；3月1日，晴",
            "2028-02-28",
            "02-28 02-29 03-01",
        ),
        (
            "28日，晴；29日，阴；1日，小雨",
            "2026-02-28",
            "02-28 03-01",
        ),
        (
            "今天，晴；明天，阴；后天，小雨",
            "2026-12-31",
            "12-31 01-01 01-02",
        ),
        (
            "周六，晴；周日，阴；周一，小雨",
            "2026-11-25",
            "11-28 11-29 11-30",
        ),
        (
            "星期三（25日） 晴；星期四（26日） 阴；星期五（27日） 雷雨",
            "2026-11-25",
            "11-25 11-26 11-27",
        ),
        (
            "11/25(三) 晴 18/24；11/26(四) 陰 17/22",
            "2026-11-25",
            "11-25 11-26",
        ),
        (
            "Sat., Nov. 28: sunny. Sun., Nov. 29: rain. Mon., Nov. 30: fog",
            "2026-11-27",
            "11-28 11-29 11-30",
        ),
    ],
)
def test_days_ascend_over_the_ends_of_months_and_years(
    printed: str, published: str, expected: str
) -> None:
    date = dt.date.fromisoformat(published)

    found = forecast(printed, published=date)

    assert " ".join(one.date.isoformat()[5:] for one in found.days) == expected
    assert all(one.date >= date for one in found.days)


@pytest.mark.parametrize(
    ("bad", "days"),
    [
        ("2月28日，晴，3-9℃；2月30日，晴，1-2℃；3月1日，阴，5-9℃", [28, 1]),
        ("2月28日，晴，3-9℃；3月1日，阴，25-12℃；3月2日，雨，5-9℃", [28, 2]),
        ("2月28日，最低9℃最高3℃，晴；3月1日，阴，5-9℃；3月2日，雨，5-9℃", [1, 2]),
        ("2月28日，晴，3-9℃；3月1日，阴，5-9℃；3月1日，雪，1-3℃", [28, 1]),
        ("2月28日，晴，3-9℃；27日，晴，3-9℃；3月1日，阴，5-9℃", [28, 1]),
        ("2月28日，晴，3-900℃；3月1日，阴，5-9℃；3月2日，阴，5-9℃", [1, 2]),
        ("2月28日，晴，3-90℃；3月1日，阴，5-9℃；3月2日，阴，5-9℃", [1, 2]),
    ],
)
def test_what_cannot_be_right_is_told_and_the_other_days_are_kept(
    bad: str, days: list[int]
) -> None:
    found = forecast(bad, published=dt.date(2026, 2, 28))

    assert [one.date.day for one in found.days] == days
    assert len(found.unread) == 1
    assert found.unread[0] in bad


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        # No marks at the lines' ends, which come joined.
        ("11月22日 晴 10-20℃11月23日 阴 8-14℃11月24日 雨 9-12℃", "22 10 20, 23 8 14, 24 9 12"),
        ("11/22 晴 10-20℃\n11/23 阴 8-14℃", "22 10 20, 23 8 14"),
        ("Nov 22: Sunny, 68/45\nNov 23: Rain, 60/41", "22 45 68, 23 41 60"),
        ("十一月廿二日，晴，八到十四度", ""),
        ("十一月二十二日，晴，八到十四度；二十三日，阴，七到十二度", "22 8 14, 23 7 12"),
        ("今天，晴，8-14℃；明日，阴，8-14℃；后日，雨，8-14℃", "22 8 14, 23 8 14, 24 8 14"),
        # A paper that prints the warmer figure first.
        ("22日，晴，20-10℃；23日，阴，14~8℃；24日，雨，12-9℃", "22 10 20, 23 8 14, 24 9 12"),
        # Days run together are none, and what is said of them is not said of the day before.
        ("22日，晴，10-20℃；23日和24日，雨，8-14℃；25日，阴，6-11℃", "22 10 20, 25 6 11"),
        ("22日，晴，10-20℃；23日、24日，雨，8-14℃；25日，阴，6-11℃", "22 10 20, 25 6 11"),
        ("22日，晴，1-9℃；23日夜间到24日，雨，8-9℃；25日，阴，6-11℃", "22 1 9, 25 6 11"),
        # Two towns are two lists.
        (
            "甲市：22日，晴，10-20℃；23日，阴，8-14℃。乙市：22日，雨，9-12℃；23日，晴，1-2℃；24日，晴，1-3℃。",
            "22 9 12, 23 1 2, 24 1 3",
        ),
    ],
)
def test_the_forms_that_new_papers_bring(printed: str, expected: str) -> None:
    found = told(*printed.split("\n"))

    assert ", ".join(f"{day} {low} {high}" for _, day, _, low, high in found) == expected
    assert all("日" not in text for _, _, text, _, _ in found)


def test_a_list_longer_than_any_paper_prints_is_cut() -> None:
    start = dt.date(2026, 3, 1)
    days = [start + dt.timedelta(days=ahead) for ahead in range(40)]
    printed = "；".join(f"{one.month}月{one.day}日，晴，{one.day % 9}-20℃" for one in days)

    found = forecast(printed, published=start)

    assert [one.date for one in found.days] == days[:MOST_DAYS]
    assert len(found.unread) == 40 - MOST_DAYS


@pytest.mark.parametrize(
    "text",
    [
        "据气象台预计，11月22日至24日多云到晴，早晚仍清凉；25日偶有小雨；展望26日至28日，气温下降。",
        "12月30日，云岭镇举行招聘会。31日，休息。1月2日，开工。",
        "周五、周六雨势最明显，周日略缓，但下午又会再起。",
        "6月14日 龙舟赛 鼓礁沙滩 8:00；6月18日 露天电影《海风吹过》；6月28日 国际风筝节",
        "Sunday: nobody knows, including us.",
        "The high on Monday was 64, the low 51.",
        "",
    ],
)
def test_prose_and_programmes_are_no_forecast(text: str) -> None:
    assert forecast(text) == Forecast()


def test_the_first_day_helps_to_date_the_page() -> None:
    def start(text: str) -> MonthDay | None:
        return read_forecast([text]).start

    assert start("12月30日，晴，1-2℃；31日，晴，1-2℃") == MonthDay(month=12, day=30)
    dated_twice = "12月30日（周三），晴，1-2℃；31日，晴，1-2℃"
    assert start(dated_twice) == MonthDay(month=12, day=30, weekday=2)
    assert start("30日，晴，1-2℃；31日，晴，1-2℃") is None
    assert start("周三 晴 1/2；周四 晴 1/2") is None


_PARTS = st.sampled_from(
    [
        "11月22日，", "23日，", "2月30日，", "周三 ", "Wed: ", "今天，", "；", "。", "\n", "晴",
        "多云", "15-22℃", "-3～-8℃", "二十六度", "最高气温", "零下", "十", "℃", "/", "至",
        "东风3级", "high 64", "99月99日，", "0日，", "１２日，", "٣日，", "(", "（周三）",
        "Nov. 31: ",
    ]
)  # fmt: skip


@given(st.lists(_PARTS, max_size=40).map("".join), st.dates())
def test_any_text_gives_days_that_ascend_and_invents_no_figure(
    text: str, published: dt.date
) -> None:
    found = forecast(*text.split("\n"), published=published)

    dates = [one.date for one in found.days]
    assert dates == sorted(set(dates))
    assert len(dates) <= MOST_DAYS
    for one in found.days:
        assert one.low is None or one.high is None or one.low <= one.high
        assert one.text == "" or all(part in text for part in one.text.split("，"))
