"""What changed is shown in pieces that read, and from which both texts can be put together."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from newsstand import FERRY, LIBRARY, body, entry

from feeder.model import Article, Entry, Revision
from feeder.site import changes
from feeder.site.changes import Mark, Paragraph, Piece, Work, compare, compare_paragraphs, shorten

LATER = dt.datetime(2024, 11, 22, 12, 0, tzinfo=dt.UTC)
OLDER_MARKS = {Mark.KEPT, Mark.SKIPPED, Mark.REMOVED, Mark.CHANGED, Mark.MOVED_AWAY}
NEWER_MARKS = {Mark.KEPT, Mark.SKIPPED, Mark.ADDED, Mark.CHANGED, Mark.MOVED_HERE}
FORMS = {Mark.KEPT: "{}", Mark.SKIPPED: "(…{}…)", Mark.REMOVED: "[-{}-]", Mark.ADDED: "[+{}+]"}

# Few words and letters, so that texts share much in many orders.
words = st.lists(st.sampled_from(["白鹭", "洲", "渡", "，", " ", "12", "ferry", "e\u0301", "\n"]))
texts = st.one_of(words.map("".join), st.text())
bodies = st.lists(st.one_of(st.sampled_from(["甲乙丙丁", "one two", "", *"ab"]), texts), max_size=8)


def told(pieces: Iterable[Piece]) -> str:
    return "".join(FORMS[piece.mark].format(piece.text) for piece in pieces)


def between(old: str, new: str) -> str:
    return told(compare(old, new, Work()))


def put_together(paragraphs: Iterable[Paragraph], marks: set[Mark]) -> list[str]:
    return [
        "".join(piece.text for piece in paragraph.pieces if piece.mark in marks)
        for paragraph in paragraphs
        if paragraph.mark in marks
    ]


def marked(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    return [
        (paragraph.mark.value, told(paragraph.pieces))
        for paragraph in shorten(compare_paragraphs(old, new, Work()))
    ]


def corrected(*articles: Article, language: str = "zh-Hans") -> Entry:
    """An entry that stood as each of the articles, an hour apiece."""
    *older, last = articles
    revisions = tuple(
        Revision(article=article, replaced=LATER + dt.timedelta(hours=at))
        for at, article in enumerate(older)
    )
    return entry(1, last, revisions=revisions, language=language)


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("末班船二十二时开出", "末班船二十三时开出", "末班船[-二十二-][+二十三+]时开出"),
        ("气温15.5℃，共64台", "气温13.5℃，共46台", "气温[-15.5-][+13.5+]℃，共[-64-][+46+]台"),
        ("占6.5%，编号G15", "占65%，编号G25", "占[-6.5%-][+65%+]，编号[-G15-][+G25+]"),
        ("记者张三、李四", "记者张三、王五、李四", "记者张三、[+王五、+]李四"),
        ("新装的Wi-Fi很快", "新装的WiFi很快", "新装的[-Wi-Fi-][+WiFi+]很快"),
        ("Ann Lee met Tom", "Ann Leigh met Tom", "Ann [-Lee-][+Leigh+] met Tom"),
        ("It isn’t a big pier", "It is a big pier", "It [-isn’t-][+is+] a big pier"),
    ],
)
def test_a_figure_a_latin_word_and_a_chinese_letter_change_as_a_whole(
    old: str, new: str, shown: str
) -> None:
    assert between(old, new) == shown


def test_a_letter_with_an_accent_of_its_own_stays_one_letter() -> None:
    assert between("un cafe\u0301 noir", "un cafe noir") == "un [-cafe\u0301-][+cafe+] noir"


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("本馆昨天上午开门迎客", "本馆今天下午开门迎客", "本馆[-昨天上-][+今天下+]午开门迎客"),
        (
            "The cat sat on the mat at home",
            "The dog sat under the mat at home",
            "The [-cat sat on-][+dog sat under+] the mat at home",
        ),
    ],
)
def test_a_word_left_between_two_changes_is_changed_with_them(
    old: str, new: str, shown: str
) -> None:
    assert between(old, new) == shown


def test_what_was_written_anew_is_shown_whole() -> None:
    old, new = "渡口夜航今晚开通", "今年茶叶收成好过往年"

    assert between(old, new) == f"[-{old}-][+{new}+]"


def test_only_changed_paragraphs_are_shown() -> None:
    old = ["第一段讲渡口的来历。", "末班船十八时开出，风雨无阻。", "第三段讲票价。"]
    new = [old[0], "末班船二十二时开出，风雨无阻。", old[2]]

    assert marked(old, new) == [
        ("skipped", f"(…{old[0]}…)"),
        ("changed", "末班船[-十八-][+二十二+]时开出，风雨无阻。"),
        ("skipped", f"(…{old[2]}…)"),
    ]


def test_a_long_paragraph_shows_some_words_beside_its_change() -> None:
    before, after = "渡口的灯带全部点亮，" * 20, "两岸居民不必再绕行，" * 20

    (shown,) = marked([f"{before}18时{after}"], [f"{before}22时{after}"])

    opening, ending = before[:-40], after[39:]
    assert shown == (
        "changed",
        f"(…{opening}…){before[-40:]}[-18-][+22+]时{after[:39]}(…{ending}…)",
    )


def test_words_beside_a_change_are_whole() -> None:
    before = "Volunteers will serve tea at eleven and biscuits at midnight to everyone who came. "

    (shown,) = marked([f"{before}18 boats"], [f"{before}22 boats"])

    assert shown == (
        "changed",
        f"(…{before[:40]}…)biscuits at midnight to everyone who came. [-18-][+22+] boats",
    )


def test_an_added_paragraph_stands_whole_between_its_neighbours() -> None:
    old = ["甲" * 100 + "末尾。", "开头" + "乙" * 100, "丙丙丙"]
    new = [old[0], "这一段是新加的。", *old[1:]]

    assert [mark for mark, _ in marked(old, new)] == ["kept", "added", "kept", "skipped"]
    assert marked(old, new)[0][1] == f"(…{old[0][:-40]}…){old[0][-40:]}"
    assert marked(old, new)[1][1] == "[+这一段是新加的。+]"
    assert marked(old, new)[2][1] == f"{old[1][:40]}(…{old[1][40:]}…)"


def test_a_paragraph_taken_away_stands_whole() -> None:
    assert marked(["甲甲甲", "乙乙乙"], ["甲甲甲"]) == [
        ("kept", "甲甲甲"),
        ("removed", "[-乙乙乙-]"),
    ]


def test_a_moved_paragraph_is_shown_where_it_was_and_where_it_is() -> None:
    old = ["渡口夜航今晚开通", "票价不变", "雾天停航"]

    assert marked(old, [*old[1:], old[0]]) == [
        ("moved_away", f"[-{old[0]}-]"),
        ("kept", old[1]),
        ("kept", old[2]),
        ("moved_here", f"[+{old[0]}+]"),
    ]


def test_a_changed_paragraph_is_found_beside_added_ones() -> None:
    old = ["末班船十八时开出，风雨无阻。"]
    new = ["新添的第一段讲来历", "末班船二十二时开出，风雨无阻。", "另一处闸口也支持扫码"]

    assert [mark for mark, _ in marked(old, new)] == ["added", "changed", "added"]


def test_every_part_that_readers_see_is_compared() -> None:
    byline = replace(FERRY.byline, photographers=("何琬",))
    new = Article(
        kicker="榕江两岸往来方便",
        headline="白鹭洲渡口夜航昨晚开通 末班船延至二十二时",
        deck=None,
        credit="榕江日报讯",
        byline=byline,
        body=FERRY.body[:-1],
        captions=(*FERRY.captions, "渡口新装的闸机。"),
    )

    (correction,) = changes.corrections(corrected(FERRY, new))

    shown = {
        part.name: [told(each.pieces) for each in part.paragraphs if each.mark != Mark.SKIPPED]
        for part in correction.parts
    }
    assert list(shown) == ["kicker", "headline", "deck", "credit", "byline", "body", "captions"]
    assert shown["kicker"] == ["榕江两岸往来[-更-]方便"]
    assert shown["deck"] == [f"[-{FERRY.deck}-]"]
    assert shown["credit"] == ["榕江[-晚-][+日+]报讯"]
    assert shown["byline"] == ["记者 林晓舟、何婉　通讯员 周牧　摄影 何[-婉-][+琬+]"]
    assert shown["body"][-1] == f"[-{FERRY.body[-1].text}-]"
    assert shown["captions"] == [FERRY.captions[0], "[+渡口新装的闸机。+]"]


def test_each_correction_compares_with_the_text_that_followed_the_newest_first() -> None:
    stages = [Article(headline=f"渡口{hour}时停航") for hour in (18, 20, 22)]

    made = changes.corrections(corrected(*stages))

    assert [told(made.parts[0].paragraphs[0].pieces) for made in made] == [
        "渡口[-20-][+22+]时停航",
        "渡口[-18-][+20+]时停航",
    ]
    assert [each.time for each in made] == [LATER + dt.timedelta(hours=1), LATER]


def test_a_correction_of_nothing_that_readers_see_is_none() -> None:
    crossheads = tuple(replace(item, type="crosshead") for item in FERRY.body)
    unseen = replace(FERRY, confidence=0.5, headline=f"\x00{FERRY.headline} ", body=crossheads)

    assert changes.corrections(corrected(FERRY, unseen)) == ()


def test_names_are_told_in_the_articles_language() -> None:
    new = replace(LIBRARY, byline=replace(LIBRARY.byline, reporters=("Ann Lee",)))

    (correction,) = changes.corrections(corrected(LIBRARY, new, language="en"))

    assert told(correction.parts[0].paragraphs[0].pieces) == (
        "By Ann Lee[-, Tom Fox-] · Photos by Sue Day"
    )


@given(texts, texts)
@example("白鹭洲" * 40, "白鹭" * 50)
def test_both_texts_can_be_put_together_from_the_pieces(old: str, new: str) -> None:
    pieces = compare(old, new, Work())

    assert "".join(piece.text for piece in pieces if piece.mark in OLDER_MARKS) == old
    assert "".join(piece.text for piece in pieces if piece.mark in NEWER_MARKS) == new


@given(bodies, bodies, st.sampled_from([0, 30, changes.MOST_STEPS]))
@example(["甲"] * 5, ["乙", "甲", "甲"], 0)
def test_both_bodies_can_be_put_together_from_the_paragraphs(
    old: list[str], new: list[str], steps: int
) -> None:
    shown = shorten(compare_paragraphs(old, new, Work(steps)))

    assert put_together(shown, OLDER_MARKS) == old
    assert put_together(shown, NEWER_MARKS) == new


@given(texts, texts)
def test_no_single_letter_is_kept_between_two_changes(old: str, new: str) -> None:
    pieces = compare(old, new, Work())

    inner = [piece.text for piece in pieces[1:-1] if piece.mark == Mark.KEPT]
    assert all(len(text) > 1 for text in inner)


def calls(work: Callable[[], Any]) -> int:
    """How many functions were called, those written in C included: difflib calls one a step."""
    count = 0

    def counted(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


ALIKE = "白鹭洲渡口夜航今晚开通，末班船延至二十二时。"
HOSTILE = {
    "one letter, a million times": (["渡" * 1_000_000], ["口" + "渡" * 999_998 + "口"]),
    "one letter, parted at many places": (["渡" * 3000], ["口".join(["渡" * 9] * 300)]),
    "two letters in turn": (["渡口" * 20_000], ["口渡口" * 13_000]),
    "one word, a million letters": (["a" * 1_000_000], ["a" * 999_999]),
    "one word, repeated": (["a " * 20_000], ["b " + "a b " * 10_000]),
    "a thousand paragraphs, all changed": (
        [f"第{at}段：{ALIKE}" for at in range(1000)],
        [f"第{at}节：{ALIKE}" for at in range(999)],
    ),
    "a thousand paragraphs, all alike": ([ALIKE] * 1000, ["", *[ALIKE, ""] * 500]),
    "a thousand paragraphs, reversed": (
        [f"{at}" for at in range(1000)],
        [f"{at}" for at in reversed(range(1000))],
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_no_text_costs_more_work_than_is_allowed(case: str) -> None:
    old, new = HOSTILE[case]
    letters = sum(map(len, (*old, *new)))
    steps = 100_000
    work = Work(steps)

    made: list[Paragraph] = []
    done = calls(lambda: made.extend(shorten(compare_paragraphs(old, new, work))))

    assert work.left >= 0
    # What is not comparing passes over the texts a fixed number of times.
    assert done <= 3 * steps + 10 * letters
    assert put_together(made, OLDER_MARKS) == old
    assert put_together(made, NEWER_MARKS) == new


def test_a_page_of_many_corrections_has_one_allowance() -> None:
    ferries = "渡口" * 50 + "口渡" * 50
    stages = [Article(body=body(f"{at}{ferries}{at}")) for at in range(40)]
    work = Work(30_000)

    made = changes.corrections(corrected(*stages), work)

    pieces = [correction.parts[0].paragraphs[0].pieces for correction in made]
    assert len(pieces) == 39
    assert Mark.SKIPPED in [piece.mark for piece in pieces[0]]
    assert [piece.mark for piece in pieces[-1]].count(Mark.KEPT) == 0
