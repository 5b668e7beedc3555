"""What stretches of text are about: how the rows are looked up, and what they tell apart."""

from __future__ import annotations

import io

import numpy as np
import pytest

from feeder.parse.topics import PageTopics, Topics, load_topics, read_topics

FOOTBALL = "The striker scored a late goal and the home team won the match in front of its fans"
COUNCIL = "The council voted on Monday to raise the property tax and to borrow for the new school"
球 = "主队前锋在下半场打入制胜一球，球队凭借这场胜利升至联赛积分榜第三位，主教练赛后表示满意"
农 = "今年全镇种植水稻两万亩，农技人员到田间指导农户施肥除虫，预计亩产比去年增加，粮食丰收在望"


def small() -> Topics:
    """Two pairs and a stem, a number each."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        pairs=np.array([(ord("农") << 16) | ord("业"), (ord("球") << 16) | ord("队")], np.uint32),
        stems=np.frombuffer(b"counc", np.uint8),
        vectors=np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], np.int8),
        scale=np.ones((3, 1), np.float16),
        traditional=np.array([ord("農"), ord("業")], np.uint16),
        simple=np.array([ord("农"), ord("业")], np.uint16),
    )
    buffer.seek(0)
    return read_topics(buffer)


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("农业", [1, 0, 0]), ("農業", [1, 0, 0]), ("农业和农业", [2, 0, 0]), ("球队", [0, 1, 0]),
        ("Councils and the COUNCILLOR", [0, 0, 2]), ("农 业", [0, 0, 0]), ("the", [0, 0, 0]),
        ("农业 council 球队", [1, 1, 1]), ("😀", [0, 0, 0]),
    ],
)  # fmt: skip
def test_a_line_is_the_sum_of_its_words(text: str, row: list[int]) -> None:
    assert small().of_lines([text]).tolist() == [row]


def test_words_do_not_reach_over_the_end_of_a_line() -> None:
    assert small().of_lines(["农", "业", "球队"]).tolist() == [[0, 0, 0], [0, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize(("one", "other"), [(FOOTBALL, COUNCIL), (球, 农)])
def test_halves_of_one_text_are_more_alike_than_two_texts(one: str, other: str) -> None:
    half, rest = one[: len(one) // 2], one[len(one) // 2 :]
    page = PageTopics(load_topics().of_lines([half, rest, other, other]))
    alike = page.alike(page.lines, page.lines)

    assert alike[0, 1] > max(alike[0, 2], alike[1, 2])


def test_what_nothing_is_known_of_is_like_nothing() -> None:
    page = PageTopics(load_topics().of_lines(["", "***", FOOTBALL, COUNCIL]))

    assert page.alike(page.lines[:2], page.lines).tolist() == [[0.0] * 4] * 2


def test_a_page_about_nothing_known_can_be_read() -> None:
    page = PageTopics(small().of_lines(["x", "y"]))

    assert np.isfinite(page.alike(page.lines, page.lines)).all()
    assert page.around(np.array([-3]), np.array([9])).tolist() == [[0.0, 0.0, 0.0]]
