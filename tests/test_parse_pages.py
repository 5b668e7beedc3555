"""Pages out of the ordinary: without an article, in other scripts, of one article, of sixty."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from pagebench import COMPOSED, everything, letters, needs_pagebench

from feeder.parse import parse_page

BANK = Path(__file__).parent.parent / "training" / "bank"
sys.path.append(str(BANK.parent))
from bank import read as read_bank  # noqa: E402

ADVERTISEMENT = "广告\n\n青石家具城\n\n五折起\n\n热线 0750-1234567\n\nwww.example.com\n"
PRICES = """\
今日菜价
大白菜 1.2元/斤
菠菜 3.5元/斤
土豆 1.8元/斤
黄瓜 2.9元/斤
茄子 3.1元/斤
"""
CROSSWORD = """\
Crossword

Across
1 Bird of night (3)
4 Not far (4)

Down
1 Metal (4)
2 Tree (3)
"""
THAI = """\
ข่าวเช้า

สภาเมืองอนุมัติงบประมาณสำหรับสะพานใหม่เมื่อวานนี้
และจะเริ่มก่อสร้างในเดือนหน้า
"""
ARABIC = """\
أخبار الصباح

وافق المجلس البلدي أمس على ميزانية الجسر الجديد
وسيبدأ البناء في الشهر القادم
"""


@pytest.mark.parametrize(
    "text", [ADVERTISEMENT, PRICES, CROSSWORD], ids=["ad", "prices", "crossword"]
)
def test_a_page_without_a_story_keeps_its_text_in_one_article_at_most(text: str) -> None:
    page = parse_page(text)

    assert len(page.articles) <= 1
    assert letters(*everything(page)) == letters(text)


@pytest.mark.parametrize("text", [THAI, ARABIC], ids=["Thai", "Arabic"])
def test_a_page_in_another_script_keeps_its_text(text: str) -> None:
    page = parse_page(text)

    assert letters(*everything(page)) == letters(text)


STORY = """\
Council to close Dell Bridge for a week

Dell Bridge will close to traffic for a week in March while
engineers replace two bearings that were found cracked in
the autumn, the county council said on Monday.

The bridge carries four thousand cars a day. Drivers will
be sent round by Harrow Lane, which adds six miles to the
journey between the station and the market.

“We would rather close it for a week than lose it for a
year,” the county engineer said.
"""


def test_a_page_of_one_article_is_one_article() -> None:
    (article,) = parse_page(STORY).articles

    assert article.headline == "Council to close Dell Bridge for a week"
    assert [item.type for item in article.body] == ["p", "p", "p"]
    assert article.text.startswith("Dell Bridge will close")
    assert article.text.endswith("the county engineer said.")


def briefs() -> list[dict[str, Any]]:
    """Sixty short items of papers that the parser was not learned from."""
    short = [
        article
        for path in sorted((BANK / "aside").glob("[hz]*.txt"))
        for article in read_bank(path)
        if len(article["body"]) <= 2 and sum(len(item["text"]) for item in article["body"]) < 220
    ]
    return short[:60]


def set_in_a_column(article: dict[str, Any]) -> str:
    """The item as printed: lines of eighteen characters, the first two less for its indent."""
    lines = []
    for number, item in enumerate(article["body"]):
        text = (article["credit"] or "") * (number == 0) + item["text"]
        lines += [text[:16], *(text[at : at + 18] for at in range(16, len(text), 18))]
    return "\n".join([*article["headline_lines"], "", *lines, ""])


def test_of_a_page_of_many_briefs_half_stand_alone_and_nothing_is_lost() -> None:
    """What is reached: the others are read as parts of one piece under crossheads."""
    items = briefs()
    text = "\n".join(map(set_in_a_column, items))

    page = parse_page(text)

    assert len(items) >= 40
    assert 0.5 <= len(page.articles) / len(items) <= 1.1
    wanted = {"".join("".join(article["headline_lines"]).split()) for article in items}
    found = {"".join((article.headline or "").split()) for article in page.articles}
    assert len(wanted & found) >= 0.8 * len(page.articles)
    assert letters(*everything(page)) <= letters(text)


@needs_pagebench
@pytest.mark.timeout(600)
def test_nothing_of_a_composed_page_is_invented_or_lost_from_sight() -> None:
    for path in sorted(COMPOSED.glob("*.txt")):
        text = path.read_text(encoding="utf-8")

        page = parse_page(text)

        assert letters(*everything(page)) <= letters(text), path.name
        assert page.unassigned == (), path.name
