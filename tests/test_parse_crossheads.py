"""Crossheads put before their paragraphs: by where they are printed, by what the text tells."""

from __future__ import annotations

import pytest

from feeder.parse.articles import Part
from feeder.parse.crossheads import letter_of, places, without_letter
from feeder.parse.terms import terms_of

FAR = 500


def part(text: str, first: int) -> Part:
    """A paragraph or a crosshead that begins at a line."""
    return Part(kind="P", lines=(first, first + 1), text=text, terms=terms_of(text))


def printed(texts: list[str], first: int, step: int = 2) -> list[Part]:
    """Texts printed one after the other, with other lines between if the step is above 2."""
    return [part(text, first + step * number) for number, text in enumerate(texts)]


FERRY = printed(
    [
        "The last ferry left Tollan on Monday with eleven people and a crate of hens on board.",
        "“Nobody waved,” said the mate, who has worked the crossing since he was fifteen.",
        "The company says that passengers fell by half in ten years, and that fuel doubled.",
        "At the boatyard on the north shore three carpenters have begun to strip the old hull.",
        "They found oak ribs under the paint, and the carpenters think the hull will last.",
        "“Oak does not rot in salt,” said the eldest of them.",
        "The school on the island has nine pupils, who must now board on the mainland.",
        "Their teacher, Ada Finn, will go with the pupils and come back when the school does.",
        "She has packed the globe.",
    ],
    first=10,
)
FERRY_TITLES = ["Oak ribs under the paint", "Nine pupils and a globe"]

TEA = printed(
    [
        "清明前五天，青岩镇的茶山上已经有人。天没亮，山路上就亮起一串头灯，一直连到坡顶。",
        "“早一天采，一斤能多卖三十元。”茶农洪秀兰说，她家的二十亩茶园今年全部按时开采。",
        "镇里统计，头一周共采鲜叶四万斤，比去年同期多两成，价格也比去年略高一些。",
        "炒茶的师傅却不够用了。全镇会手工炒茶的师傅只有三十七人，最年轻的也已五十岁。",
        "“锅温要用手背去试，机器试不出来。”炒茶师傅邱德旺说，他带过六个徒弟，只留下一个。",
        "今年春天，镇里办起炒茶班，请邱德旺等师傅来教，报名的徒弟有二十一个。",
        "茶叶怎么卖出去，是另一道题。过去靠茶贩上门收购，价钱由茶贩说了算。",
        "去年起，合作社开了网店，直播间就设在茶园边上，一场直播卖出八百单。",
        "“买茶的人看得见茶山，心里踏实。”合作社理事长说，网店今年打算再招三名主播。",
    ],
    first=10,
)
TEA_TITLES = ["会炒茶的师傅不够用", "卖茶不再靠茶贩"]


@pytest.mark.parametrize(
    ("paragraphs", "titles", "wanted"), [(FERRY, FERRY_TITLES, [3, 6]), (TEA, TEA_TITLES, [3, 6])]
)
def test_crossheads_printed_after_the_text_go_where_their_sections_begin(
    paragraphs: list[Part], titles: list[str], wanted: list[int]
) -> None:
    assert places(paragraphs, printed(titles, FAR)) == wanted


@pytest.mark.parametrize(
    ("paragraphs", "titles", "wanted"), [(FERRY, FERRY_TITLES, [6, 3]), (TEA, TEA_TITLES, [6, 3])]
)
def test_crossheads_scattered_over_the_page_may_be_printed_in_any_order(
    paragraphs: list[Part], titles: list[str], wanted: list[int]
) -> None:
    assert places(paragraphs, printed(titles[::-1], FAR, step=9)) == wanted


def test_letters_and_numbers_that_count_crossheads_off_keep_them_in_order() -> None:
    for one, other in (("A ", "B "), ("一、", "二、"), ("1. ", "2. ")):
        swapped = [one + TEA_TITLES[1], other + TEA_TITLES[0]]
        first, second = places(TEA, printed(swapped, FAR, step=9))
        assert first < second


def test_crossheads_printed_right_before_paragraphs_stand_there_whatever_the_text_tells() -> None:
    crossheads = [part(FERRY_TITLES[1], FERRY[2].first - 2), part(FERRY_TITLES[0], 500)]
    moved = [*FERRY[:5], part(FERRY[5].text, 502), *FERRY[6:]]

    assert places(moved, crossheads) == [2, 5]


def test_a_crosshead_printed_right_before_the_first_paragraph_belongs_farther_on() -> None:
    assert places(TEA, [part("会炒茶的师傅不够用", TEA[0].first - 2)]) == [3]


def test_no_crosshead_stands_before_speech_if_it_can_stand_elsewhere() -> None:
    first, second = places(FERRY, printed(["The mate", "The eldest"], FAR))

    assert not {first, second} & {1, 5}


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_more_crossheads_than_paragraphs_all_find_a_place(count: int) -> None:
    for paragraphs in (TEA[:1], FERRY[:2]):
        found = places(paragraphs, printed(["茶农洪秀兰"] * count, FAR))

        assert len(found) == count
        assert all(0 <= place < len(paragraphs) for place in found)


def test_as_many_crossheads_as_gaps_take_one_each_in_order() -> None:
    titles = [f"Part {number}" for number in range(8)]

    assert places(FERRY, printed(titles, FAR)) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_no_crossheads_have_no_places() -> None:
    assert places(FERRY, []) == []


def test_paragraphs_without_any_words_are_paragraphs_still() -> None:
    assert places(printed(["", "***", ""], 10), printed(["***"], FAR))[0] in (1, 2)


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("A 把课堂搬到茶山", "A"),
        ("炒茶再提速B", "B"),
        ("A handwritten note", ""),
        ("把课堂搬到茶山", ""),
    ],
)
def test_the_letter_of_a_crosshead_is_told_from_a_word(text: str, letter: str) -> None:
    assert letter_of(text) == letter


@pytest.mark.parametrize(
    ("text", "letter", "rest"),
    [
        ("B Homeward", "B", "Homeward"), ("A The date on it", "A", "The date on it"),
        ("Finch’s porchC", "C", "Finch’s porch"), ("A handwritten note", "", "A handwritten note"),
        ("Plan B", "", "Plan B"), ("河水怎样变清A", "A", "河水怎样变清"), ("A 河水", "A", "河水"),
        ("C", "", ""),
    ],
)  # fmt: skip
def test_a_letter_that_counts_a_crosshead_off_is_no_part_of_it(
    text: str, letter: str, rest: str
) -> None:
    assert (letter_of(text), without_letter(text)) == (letter, rest)
