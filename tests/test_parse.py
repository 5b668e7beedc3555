"""Page text → Page: what holds for any page, and what simple pages come to."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pagebench import COMPOSED, REAL, everything, letters, needs_pagebench

from feeder.model import MonthDay, Page, Role
from feeder.parse import parse_page
from feeder.parse.lines import split_lines

PAGE = """\
晨报讯（记者/周明远 通讯员/林可
欣）昨日，记者从云岭镇农业服务中
心获悉，今年云岭镇早稻收割已过七
成，比去年同期快了五天，预计本月
底前全部收完。

据介绍，云岭镇今年种植早稻一万二
千亩，投入收割机六十四台，每亩补
贴三十元，烘干点昼夜不停。

云岭镇早稻收割过七成
"""

FRAGMENTS = st.sampled_from(
    [
        "晨报讯（记者/周明远）昨日，",
        "云岭镇早稻收割已过七成，",
        "比去年同期快了五天。",
        "早稻收割过七成",
        "▲收割现场。 周明远 摄",
        "本报记者 周明远 通讯员 林可欣",
        "A 抢收",
        "责任编辑：林可欣",
        "2026年7月8日 星期三",
        "TOWN — A bridge closed on Monday,",
        "the council said in a state-",
        "ment. By Jane Doe, Staff Writer",
        "【本報訊】記者周明遠報導",
        "字",
        "",
        "\u3000\u3000",
        "\x0c",
        "\ufeff",
        "﹏—…“”‘’",
    ]
)


def page_texts() -> st.SearchStrategy[str]:
    """Pages of lines as papers print them, among lines of any characters."""
    line = st.one_of(FRAGMENTS, st.lists(FRAGMENTS, max_size=3).map("".join), st.text(max_size=40))
    return st.lists(line, max_size=60).map("\n".join)


def test_an_article_is_joined_to_the_headline_that_stands_after_it() -> None:
    page = parse_page(PAGE)

    (article,) = page.articles
    assert article.headline == "云岭镇早稻收割过七成"
    assert article.credit == "晨报讯"
    assert article.byline.reporters == ("周明远",)
    assert article.byline.correspondents == ("林可欣",)
    assert [item.text for item in article.body] == [
        "昨日，记者从云岭镇农业服务中心获悉，今年云岭镇早稻收割已过七成，比去年同期快了五天，预计本月底前全部收完。",
        "据介绍，云岭镇今年种植早稻一万二千亩，投入收割机六十四台，每亩补贴三十元，烘干点昼夜不停。",
    ]


@pytest.mark.parametrize("text", ["", "\n", " \n\t\n", "\ufeff", "\x0c\x0c"])
def test_a_page_without_text_has_no_article(text: str) -> None:
    page = parse_page(text)

    assert page.articles == ()
    assert all(line.role is Role.BLANK for line in page.lines)


@given(page_texts())
@settings(max_examples=150, deadline=None)
def test_no_letter_is_invented(text: str) -> None:
    page = parse_page(text)

    assert letters(*everything(page)) <= letters(text)


@given(page_texts())
@settings(max_examples=100, deadline=None)
def test_every_line_is_in_an_article_furniture_unassigned_or_blank(text: str) -> None:
    page = parse_page(text)

    assert [line.text for line in page.lines] == [raw.rstrip() for raw in split_lines(text)]
    assert [line.number for line in page.lines] == list(range(1, len(page.lines) + 1))
    for line in page.lines:
        outside = line.role in (Role.FURNITURE, Role.UNASSIGNED, Role.BLANK)
        assert outside == (line.article is None)
        assert (line.role is Role.BLANK) == (not line.text.strip())


@given(page_texts())
@settings(max_examples=50, deadline=None)
def test_an_article_is_as_sure_as_the_least_sure_of_what_it_hangs_on(text: str) -> None:
    page = parse_page(text)

    for place, article in enumerate(page.articles):
        doubts = [doubt for doubt in page.doubts if doubt.article == place]
        assert [doubt.sure for doubt in doubts] == sorted(doubt.sure for doubt in doubts)
        assert doubts[0].sure == article.confidence
        assert all(page.lines[doubt.line - 1].text for doubt in doubts)


@given(page_texts())
@settings(max_examples=50, deadline=None)
def test_parsing_is_deterministic(text: str) -> None:
    assert parse_page(text) == parse_page(text)


def told_apart(page: Page) -> tuple[object, ...]:
    return page.articles, page.furniture, page.unassigned, page.language


@given(page_texts())
@settings(max_examples=100, deadline=None)
def test_space_after_all_lines_line_ends_and_blank_lines_change_nothing(text: str) -> None:
    text = "\n".join(line.rstrip() for line in re.sub("[\r\f]", "", text).split("\n"))
    plain = told_apart(parse_page(text))

    assert told_apart(parse_page("\ufeff" + text)) == plain
    assert told_apart(parse_page(text.replace("\n", "\r\n"))) == plain
    assert told_apart(parse_page(text.replace("\n", "  \n"))) == plain
    doubled = "\n".join(line if line.strip() else "\n" for line in text.split("\n"))
    assert told_apart(parse_page(doubled)) == plain


@needs_pagebench
@pytest.mark.parametrize("name", ["heshan-2023-05-05", "heshan-2024-11-22"])
def test_nothing_of_a_real_page_is_invented_or_lost(name: str) -> None:
    text = (REAL / f"{name}.txt").read_text(encoding="utf-8")

    page = parse_page(text)

    assert letters(*everything(page)) <= letters(text)
    assert page.unassigned == ()
    assert page.forecast_start in {MonthDay(month=5, day=5), MonthDay(month=11, day=22)}


@needs_pagebench
def test_noise_in_a_page_raises_nothing_and_invents_nothing() -> None:
    dice = random.Random(20261124)
    pages = sorted(COMPOSED.glob("*.txt"))
    for path in dice.sample(pages, 12):
        raw = bytearray(path.read_bytes())
        for _ in range(60):
            raw[dice.randrange(len(raw))] = dice.randrange(256)
        text = raw.decode("utf-8", errors="ignore")

        page = parse_page(text)

        assert letters(*everything(page)) <= letters(text)


@pytest.mark.parametrize(
    "text",
    ["云岭镇早稻收割已过七成，" * 400_000, "word " * 1_000_000],
    ids=["Chinese", "English"],
)
def test_one_line_of_five_megabytes_keeps_its_content(text: str) -> None:
    page = parse_page(text)

    kept = sum(len(one or "") for one in everything(page))
    assert kept >= len(text.strip())


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (PAGE, "zh-Hans"),
        (
            "本報訊　雲嶺鎮今年種植早稻一萬二千畝，預計本月底前全部收割完畢，農會說。",
            "zh-Hant",
        ),
        ("The council said on Monday that it would close the bridge for a week in March.", "en"),
        ("Der Stadtrat teilte am Montag mit, dass die Brücke gesperrt werde.", "und"),
        ("123", "und"),
    ],
)
def test_the_language_is_told_from_the_letters(text: str, language: str) -> None:
    assert parse_page(text).language == language
