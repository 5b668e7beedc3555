"""Lines joined to running text, and dates that a page prints."""

from __future__ import annotations

import datetime as dt

import pytest

from feeder.parse.dates import printed_date
from feeder.parse.text import join_lines


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["早稻收割已过七", "成。"], "早稻收割已过七成。"),
        (["共投入150", "支队伍"], "共投入150支队伍"),
        (["展望 26 日至 28 日，受冷空", "气影响"], "展望26日至28日，受冷空气影响"),
        (["主题为“促发", "展 聚力谋突破”"], "主题为“促发展 聚力谋突破”"),
        (["it said in a state-", "ment on Monday"], "it said in a statement on Monday"),
        (["a well-", "Known name"], "a well-Known name"),
        (["the bridge", "closed"], "the bridge closed"),
        (["总投资40亿", "3-4个月"], "总投资40亿3-4个月"),
        (["使用ABC", "品牌"], "使用ABC品牌"),
    ],
)  # fmt: skip
def test_no_break_stays_that_only_the_column_made(lines: list[str], joined: str) -> None:
    assert join_lines(lines) == joined


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("晨报 2026年11月24日 星期二", dt.date(2026, 11, 24)),
        ("A04 2026.11.24 星期二", dt.date(2026, 11, 24)),
        ("Tuesday, November 24, 2026", dt.date(2026, 11, 24)),
        ("24 November 2026", dt.date(2026, 11, 24)),
        ("2026年2月30日", None),
        ("新闻热线：0750-3594092", None),
    ],
)
def test_a_full_date_is_read_and_an_impossible_one_is_none(line: str, date: dt.date | None) -> None:
    assert printed_date([line]) == date
