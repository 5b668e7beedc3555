"""Articles that continue on another page: jump lines read, parts put together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeder.jumps import Jumps, Part, best_fit, is_part, joined, jumps, page_called
from feeder.model import Article, BodyItem, Byline


def article(headline: str | None, *paragraphs: str, **fields: object) -> Article:
    body = tuple(BodyItem(type="p", text=text) for text in paragraphs)
    return Article(headline=headline, body=body, **fields)  # type: ignore[arg-type]


BRIDGE = article(
    "青石桥重修 三村出行不绕路", "青石桥昨日合龙，三个村的村民", "出行少绕八里路，由（下转第4版）"
)
BRIDGE_REST = article(
    "青石桥重修", "（上接第1版）县交通局出资，村民出工，八个月修成。", "老桥留作步行。"
)
BEES = article("养蜂人追着花期走", "荞麦花开时，蜂箱搬到山上，", "今年的蜜（下转第4版）")
BEES_REST = article("追着花期走", "（上接第1版）比去年稠，一箱能出十二斤。", "蜂农说，明年还来。")


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("明年再修两座。（下转第4版）", "4"),
        ("明年再修两座 下转A04版", "A4"),
        ("……【下转第三版】", "3"),
        ("……（緊轉A12版）", "A12"),
        ("下转第十二版", "12"),
        ("The rest (Continued on Page 4)", "4"),
        ("Please see BRIDGE, page A4", "A4"),
        ("他下转第二天到的", None),
        ("See the page.", None),
    ],
)
def test_a_jump_line_at_the_end_names_the_page(text: str, page: str | None) -> None:
    assert jumps(article("桥", "第一段。", text)) == Jumps(on=page)


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("（上接第1版）桥修好以后", "1"),
        ("上接A01版 桥修好以后", "A1"),
        ("【緊接第一版】橋修好以後", "1"),
        ("(Continued from Page 1) The bridge", "1"),
        ("接第一名的是他", None),
    ],
)
def test_a_jump_line_at_the_beginning_names_the_page(text: str, page: str | None) -> None:
    assert jumps(article("桥", text, "第二段。")) == Jumps(source=page)


def test_a_jump_line_may_stand_in_the_title() -> None:
    assert jumps(article("上接第1版", "桥修好以后。")).source == "1"
    assert jumps(article("桥", "桥修好以后。", kicker="（上接第1版）")).source == "1"


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("a04.txt", ("A4", "4")),
        ("2026-11-22/A01.txt", ("A1", "1")),
        ("2026-11-22-04.txt", ("4",)),
        ("20261122_b12.txt", ("B12", "12")),
        ("page.txt", ()),
    ],
)
def test_a_page_is_called_by_the_figures_in_its_name(name: str, called: tuple[str, ...]) -> None:
    assert page_called(name) == called


def test_the_parts_become_one_article_in_order_without_jump_lines() -> None:
    rest = article(
        "青石桥重修", *(item.text for item in BRIDGE_REST.body),
        byline=Byline(reporters=("周明远",)), captions=("老桥。",),
    )  # fmt: skip

    whole = joined(BRIDGE, rest)

    assert whole.headline == "青石桥重修 三村出行不绕路"
    assert [item.text for item in whole.body] == [
        "青石桥昨日合龙，三个村的村民",
        "出行少绕八里路，由县交通局出资，村民出工，八个月修成。",
        "老桥留作步行。",
    ]
    assert (whole.byline.reporters, whole.captions) == (("周明远",), ("老桥。",))


def test_a_sentence_that_ended_on_the_first_page_ends_its_paragraph() -> None:
    whole = joined(article("Bridge", "It opens today. (Continued on Page 4)"),
                   article(None, "(Continued from Page 1) The county paid."))  # fmt: skip

    assert [item.text for item in whole.body] == ["It opens today.", "The county paid."]


def test_of_several_the_part_that_fits_is_found_whichever_comes_first() -> None:
    fronts = [Part(article=BEES, pages=("1",)), Part(article=BRIDGE, pages=("1",))]
    rests = [Part(article=BRIDGE_REST, pages=("4",)), Part(article=BEES_REST, pages=("4",))]

    assert [best_fit(rest, fronts) for rest in rests] == [1, 0]
    assert [best_fit(front, rests) for front in fronts] == [1, 0]


def test_a_page_that_says_otherwise_rules_a_part_out() -> None:
    front = Part(article=BRIDGE, pages=("1",))

    assert best_fit(front, [Part(article=BRIDGE_REST, pages=("4",))]) == 0
    assert best_fit(front, [Part(article=BRIDGE_REST, pages=("5",))]) is None
    assert best_fit(front, [Part(article=BRIDGE_REST)]) == 0
    assert best_fit(front, [Part(article=BEES)]) is None


def test_where_the_paper_is_not_known_the_words_must_tell() -> None:
    front = Part(article=BRIDGE, pages=("1",))
    own, other = Part(article=BRIDGE_REST, pages=("4",)), Part(article=BEES_REST, pages=("4",))

    assert best_fit(front, [own], of_one_paper=False) == 0
    assert best_fit(front, [other], of_one_paper=False) is None
    assert best_fit(front, [other]) == 0


def test_parts_that_fit_no_better_than_others_stay_apart() -> None:
    same = article("要闻", "（上接第1版）完。")

    assert best_fit(Part(article=BRIDGE), [Part(article=same), Part(article=same)]) is None


def test_a_part_is_known_beside_its_whole() -> None:
    whole = joined(BRIDGE, BRIDGE_REST)

    assert is_part(BRIDGE, whole)
    assert is_part(BRIDGE_REST, whole)
    assert not is_part(whole, BRIDGE)
    assert not is_part(BRIDGE, BRIDGE)


@given(st.lists(st.text(max_size=60), max_size=4), st.lists(st.text(max_size=60), max_size=4))
def test_any_two_texts_are_joined_and_no_letter_is_lost(
    first: list[str], second: list[str]
) -> None:
    one, other = article("甲", *first), article("乙", *second)
    if jumps(one) == jumps(other) == Jumps():
        whole = joined(one, other)

        def letters(texts: list[str]) -> str:
            return "".join("".join(text.split()) for text in texts)

        assert letters([item.text for item in whole.body]) == letters([*first, *second])
