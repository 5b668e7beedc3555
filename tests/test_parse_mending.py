"""Lines as they were printed: cut ones joined, run-together ones parted."""

from __future__ import annotations

import pytest

from feeder.parse.lines import read_lines, split_lines


def read(text: str) -> list[str]:
    """The texts of a page's lines."""
    return [line.text for line in read_lines(split_lines(text))]


FERRY = """The ferry from Tollan was late
again on Monday, and nobody on
the quay was told why. A sailor
 said
the
boiler had to be filled by hand
and that it took an hour. Others
blamed the tide, which was low.
"""


def test_words_that_end_with_a_space_go_on_in_the_next_line() -> None:
    page = FERRY.replace(" said\nthe\n", "said \nthat \nthe\n")

    assert "said that the" in read(page)


def test_words_without_a_space_are_joined_where_several_are_cut() -> None:
    cut = "due\nto\nthe\ncaptain, who had been away\nfor a week and came back late\n"
    page = FERRY.replace(" said\nthe\n", "") + cut * 2

    assert read(page).count("due to the") == 2


def test_a_lone_word_on_a_page_without_cut_lines_stays_alone() -> None:
    page = FERRY.replace(" said\nthe\n", "")

    assert read(page + "Weather\nrain, then sun and a light wind\n")[-2] == "Weather"


def test_spaces_after_most_lines_tell_nothing() -> None:
    page = FERRY.replace("\n", " \n")

    assert read(page) == read(FERRY)


def test_a_line_that_ends_its_sentence_is_not_joined_to_the_next_paragraph() -> None:
    cut = "due\nto\nthe\ncaptain, who had been away\nfor a week and came back\nagain.\nHe\nsaid\n"
    lines = read(FERRY + cut * 2)

    assert "again." in lines
    assert not any(line.startswith("again. He") for line in lines)


def test_words_that_blank_lines_part_are_left_as_they_are() -> None:
    page = "\n\n".join(["a", "ferry", "is", "late", "when", "its", "old", "captain", "has", "gone"])

    assert read(page) == page.split("\n\n")


def test_a_closing_mark_belongs_to_the_line_before_it() -> None:
    page = "船长说：“今晚没有风浪，\n渡船照常开。\n”乘客们都笑\n起来，有人还带了酒和花\n"

    assert read(page)[1] == "渡船照常开。”乘客们都笑"


def test_a_chinese_line_cut_at_its_commas_is_put_together() -> None:
    whole = "渡口的水位昨天又涨了，船"
    cut = "船夫说，\n再涨就要停航了。\n"
    page = f"{whole}\n{whole}\n{cut}" * 4

    assert read(page).count("船夫说，再涨就要停航了。") == 4


def test_a_short_last_line_is_not_joined_to_the_next_paragraph() -> None:
    page = "渡口的水位昨天又涨了，船\n停了。\n　　乘客只好改走大桥，\n"

    assert read(page)[1] == "停了。"


def test_a_word_divided_by_the_extractor_s_mark_is_two_lines_again() -> None:
    assert read("The coun\ufffecil votes today on") == ["The coun\u00ad", "cil votes today on"]


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("渡船今晨停航 纸厂下月关门", ["渡船今晨停航", "纸厂下月关门"]),
        ("Ferry late again   Paper mill to close", ["Ferry late again", "Paper mill to close"]),
        ("记者 周明远", ["记者 周明远"]),
        ("值班主任：栾城 编辑：尤溪月", ["值班主任：栾城 编辑：尤溪月"]),
        ("渡 船 晚 到 了 一 刻", ["渡 船 晚 到 了 一 刻"]),
        ("The  ferry  was  late", ["The ferry was late"]),
        ("他说：“走吧。” 大家就都走了。", ["他说：“走吧。” 大家就都走了。"]),
    ],
)
def test_titles_printed_side_by_side_are_parted(line: str, parts: list[str]) -> None:
    assert read(line) == parts


def test_a_line_put_together_knows_all_it_was_printed_on() -> None:
    (line,) = (line for line in read_lines(split_lines(FERRY)) if line.text.startswith("boiler"))

    assert line.numbers == (6,)
    page = FERRY.replace(" said\nthe\n", "said \nthat \nthe\n")
    (joined,) = (line for line in read_lines(split_lines(page)) if line.text == "said that the")
    assert joined.numbers == (4, 5, 6)
