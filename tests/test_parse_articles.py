"""Pieces strung together, titles brought home, crossheads put in their places."""

from __future__ import annotations

import numpy as np
import pytest

from feeder.parse import parse_page
from feeder.parse.articles import Part, best_way, halves_alike, places, string_pieces
from feeder.parse.lines import read_lines
from feeder.parse.network import Links
from feeder.parse.tags import TAGS
from feeder.parse.terms import terms_of
from feeder.parse.units import Told


def links(following: dict[tuple[int, int], float], count: int, body: list[float]) -> Links:
    """Links in which each pair named is as sure as said, and all others are not."""
    rows = np.full((count + 1, count + 1), 1e-6, np.float32)
    columns = rows.copy()
    rows[:, count] = 0.3
    columns[count] = 0.3
    for pair, sure in following.items():
        rows[pair] = columns[pair] = sure
    return Links(
        rows=rows,
        columns=columns,
        same=np.zeros((count, count), np.float32),
        body=np.array(body, np.float32),
    )


def part(text: str, *lines: int) -> Part:
    return Part(kind="P", lines=lines, text=text, terms=terms_of(text))


def test_pieces_are_strung_along_their_surest_links_whatever_the_printed_order() -> None:
    found = string_pieces(links({(0, 2): 0.9, (2, 1): 0.8}, 4, [1, 1, 1, 1]))

    assert found == [[0, 2, 1], [3]]


def test_a_circle_of_links_is_broken_at_the_weakest() -> None:
    found = string_pieces(links({(0, 1): 0.9, (1, 2): 0.8, (2, 0): 0.7}, 3, [1, 1, 1]))

    assert found == [[0, 1, 2]]


def test_a_piece_goes_on_in_one_other_at_most() -> None:
    found = string_pieces(links({(0, 1): 0.6, (0, 2): 0.9}, 3, [1, 1, 1]))

    assert found == [[0, 2], [1]]


def test_what_is_no_body_is_in_no_chain() -> None:
    found = string_pieces(links({(0, 1): 0.9, (1, 2): 0.9}, 3, [1, 0.1, 1]))

    assert found == [[0], [2]]


def test_a_line_that_fits_two_articles_goes_where_its_neighbour_of_one_title_goes() -> None:
    homes = np.array([[0.9, 0.1], [0.45, 0.55]], np.float32)

    assert best_way(homes, np.array([0.0, 0.95], np.float32)) == [0, 0]
    assert best_way(homes, np.array([0.0, 0.05], np.float32)) == [0, 1]
    assert best_way(homes, np.array([0.0, 0.0], np.float32)) == [0, 1]


PARAGRAPHS = [
    part("镇里今年种植早稻一万二千亩，收割机六十四台投入抢收。", 1, 2),
    part("收割机手说，抢收要赶在暴雨之前，一天只睡四个钟头。", 3, 4),
    part("烘干点昼夜不停，烘干一吨稻谷的费用由合作社垫付。", 6, 7),
    part("合作社的烘干塔去年才建成，可烘干稻谷三百吨。", 8, 9),
]


def test_a_crosshead_printed_right_before_a_paragraph_stands_before_it() -> None:
    assert places(PARAGRAPHS, [part("烘干", 5)]) == [2]


def test_crossheads_printed_far_away_go_where_the_words_change_to_theirs_in_order() -> None:
    crossheads = [part("收割机抢收赶在暴雨前", 20), part("烘干塔前的稻谷", 22)]

    first, second = places(PARAGRAPHS, crossheads)

    assert first < second
    assert second == 2


@pytest.mark.parametrize("count", [1, 2, 7])
def test_more_crossheads_than_paragraphs_all_find_a_place(count: int) -> None:
    found = places(PARAGRAPHS[:2], [part("抢收", 30 + at) for at in range(count)])

    assert len(found) == count
    assert all(0 <= place < 2 for place in found)


def test_halves_of_one_printed_line_are_body_both_or_neither() -> None:
    lines = read_lines(["冷空气到访 出门记得添衣", "", "晨报讯　据气象台预计，"])
    tags = np.full((3, len(TAGS)), 0.01, np.float32)
    tags[0, TAGS.index("H")] = 0.95
    tags[1, TAGS.index("A")] = 0.60
    tags[1, TAGS.index("h")] = 0.30
    tags[2, TAGS.index("A")] = 0.95
    tags /= tags.sum(axis=1, keepdims=True)
    told = Told(tags=tags, follows=np.zeros(3), same=np.zeros(3))

    found = halves_alike(told, lines)

    assert [TAGS[at] for at in found.tags.argmax(axis=1)] == ["H", "h", "A"]
    assert np.allclose(found.tags.sum(axis=1), 1)
    assert np.allclose(found.tags[2], tags[2])
    assert halves_alike(told, read_lines(["甲", "乙", "丙"])) is told


WEATHER = """\
冷空气到访 出门记得添衣

晨报讯（记者/周明远）据云岭气象台
预计，受冷空气影响，本周我市气温先
升后降，早晚偏凉，请市民注意添衣。

具体天气预报如下：

11月22日，多云，15-22℃；23日，阴天，13-19℃；24日，晴，12-20℃。
"""


def test_a_headline_with_a_space_in_it_stays_whole() -> None:
    (article,) = parse_page(WEATHER).articles

    assert article.headline == "冷空气到访 出门记得添衣"
    assert article.credit == "晨报讯"
