"""Numbers of lines: the fast ways to them give what the plain ones would, on any page."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeder.parse import marks
from feeder.parse.features import (
    CLASSES,
    KEYS,
    PageFeatures,
    key_words,
    kind_of,
    load_vocabulary,
)
from feeder.parse.lines import Line, read_lines, split_lines
from feeder.parse.text import width, widths

KINDS = 10
PAGE = """\
晨报讯（记者/周明远 通讯员/林可
欣）昨日，记者从云岭镇农业服务中
心获悉，今年云岭镇早稻收割已过七
成，比去年同期快了五天，预计本月
底前全部收完。

▲收割现场。 周明远 摄

The council of Yunling said on Monday
that 1,200 acres of rice were in.
A04 2026年7月8日 星期三
"""
PATTERNS = [found.__self__ for found in CLASSES]  # type: ignore[attr-defined]
NAMES = {one: name for name, one in vars(marks).items() if isinstance(one, re.Pattern)}
TOKEN = re.compile(rf"[{marks.CJK}]|[^\W\d_{marks.CJK}]+|\d+(?:[.,]\d+)*")
FRAGMENTS = st.sampled_from(
    [
        "云岭镇早稻收割已过七成，", "比去年同期快了五天。", "早稻收割过七成", "字", "——", "7", "",
        "\u3000", "  ", "the council, of", "By Jane Doe", "Well-known", "1,200.5", "3.", "ΟΔΟΣ Σ",
        "İstanbul", "፩አበገደሀለ", "①", "ﷺ", "。”", ".com", "https://", "Photo: ", "2026", "”（“",
    ]
)  # fmt: skip


# A line for every form of each class that its pattern is tried for.
FORMS = {
    marks.CREDIT_ZH: "本报讯 某地|本報訊 某地|某社一日电 某地|某社一日電 某地|综合消息 某地",
    marks.BRACKETED_CREDIT: "【本報訊】某地",
    marks.DATELINE_EN: "ATOWN — A bridge|ZTOWN — A bridge|MTOWN — A bridge",
    marks.BYLINE_IN_BRACKETS: "某地（记者周明远）|某地(整理/林可欣)",
    marks.BYLINE_LINE_ZH: (
        "记者 周|特派员 周|特派員 周|编译 周|編譯 周|撰文 周|采写 周|採寫 周|採訪 周|整理 周"
    ),
    marks.BYLINE_TEXT_BY: (
        "文：周|撰文：周|图：周|圖：周|摄影：周|攝影：周|採訪：周|采写：周|整理：周|作者：周"
    ),
    marks.BYLINE_EN: (
        "Story By Jo|Words By Jo|Report By Jo|Text By Jo|Photos By Jo|By Jo|by Jo|From Jo"
    ),
    marks.AGENCY_EN: "Trains late (Reuters)",
    marks.CAPTION_MARK: "|".join("▲▼◀▶◄►△▽◁▷→←↑↓↗↘↙↖"),
    marks.PHOTO_CREDIT: (
        "桥上 周 摄|桥上 周 攝|资料图|資料圖片|某社供图|某社供圖|Photo: Jo|a picture|Image by Jo"
    ),
    marks.CAPTION_WORD: "图为大桥|圖為大橋|大桥(左)",
    marks.FOLIO: "第一版|A12|7",
    marks.DATE_LINE: "星期三|2026年7月8日 星期三|2026-07-08|Monday, July 6, 2026",
    marks.EDITORS: "责编|責編|版式|校对|值班主任|Page editor|Edited by|Sub-editor",
    marks.ADDRESS: (
        "https://x|www.x|x.com|x.cn|x.net|x.org|x.gov|x.tw|x.hk|x.my|a@b|〉〉|》》"
        "|更多新闻|热线|熱線|投稿|邮箱|電郵"
    ),
    marks.ADVERTISEMENT: (
        "公益广告|广告|廣告|讲文明树新风|節約用水做起|节约用水做起|Advertisement"
    ),
    marks.WEATHER_ICON: "大雨|多云|晴|阴|陰|小雨|中雨|暴雨|阵雨|陣雨|雷雨|雪|雾|霧",
    marks.FORECAST_DAY: "|".join(f"8日，有{sky}" for sky in "晴阴陰云雲雨雪雾霧霾风風"),
    marks.DROP_LETTER_START: "|".join(f"{letter} 抢收" for letter in "ABCDEFGH"),
    marks.DROP_LETTER_END: "|".join(f"抢收{letter}" for letter in "ABCDEFGH"),
    marks.DROP_LETTER: "|".join("ABCDEFGH"),
    marks.ENUMERATION: (
        "(三)早|（三）早|一、早|二、早|三、早|四、早|五、早|六、早|七、早|八、早|九、早|十、早"
        "|1.早|●早|■早|◆早|★早|☆早|▪早|•早|·早|问：早|答：早|問：早|Q:早|A:早"
    ),
    marks.FULL_STOP: (
        "早。|早！|早？|早!|早?|早…|早.|早。”|早。’|早。」|早。』|早。）|早。)|早。]|早。】"
        "|早。\"|早。'"
    ),
    marks.TERMINAL: "早；|早;|早：|早:|早。|早！|早？|早…|早.|早。”|早。*",
}  # fmt: skip


def page_texts() -> st.SearchStrategy[str]:
    """Pages of lines that the patterns seek, of pieces of print, and of any characters."""
    sought = st.one_of([st.from_regex(pattern) for pattern in PATTERNS])
    pieces = st.lists(FRAGMENTS, max_size=4).map("".join)
    line = st.one_of(sought, pieces, pieces, st.text(max_size=30), st.just(""))
    return st.lists(line, min_size=1, max_size=25).map("\n".join)


def pages() -> st.SearchStrategy[list[Line]]:
    """The lines of such pages, of at least one."""
    return page_texts().map(lambda text: read_lines(split_lines(text))).filter(bool)


def read(text: str) -> PageFeatures:
    """The features of a page."""
    return PageFeatures(read_lines(split_lines(text)))


def plain_tokens(texts: Sequence[str]) -> list[tuple[str, int]]:
    """Each token and its line, one by one."""
    return [
        (token if token[0].isdigit() else token[:5], at)
        for at, text in enumerate(texts)
        for token in TOKEN.findall(text.lower())
    ]


def plain_terms(texts: Sequence[str]) -> dict[tuple[str, ...], set[int]]:
    """The lines in which each term begins, of those that stand in more than one."""
    tokens = plain_tokens(texts)
    lines: dict[tuple[str, ...], set[int]] = {}
    for start, (_, line) in enumerate(tokens):
        for end in range(start + 1, min(start + 3, len(tokens)) + 1):
            if tokens[end - 1][1] - line <= 1:
                term = tuple(token for token, _ in tokens[start:end])
                lines.setdefault(term, set()).add(line)
    return {term: found for term, found in lines.items() if 1 < len(found) <= 24}


@pytest.mark.parametrize(
    ("chars", "kind"),
    [
        ("云々〇", 0), ("あカ", 1), ("aéñßσ", 2), ("AÉΣ", 3), ("09²", 4), (" \u3000\t", 5),
        ("。！？.;…", 6), ("，、,:", 7), ("“」（)\"'", 8), ("—▲@😀\x01", 9),
    ],
)  # fmt: skip
def test_a_character_is_of_one_kind(chars: str, kind: int) -> None:
    assert {kind_of(char) for char in chars} == {kind}


def test_a_full_width_character_is_one_em_and_a_letter_as_wide_as_in_times() -> None:
    texts = ["云岭镇，", "", "rice", "Ａ“中”", "“é”", "😀"]

    assert widths(texts) == pytest.approx([4.0, 0.0, 1.499, 4.0, 1.332, 1.0])
    assert [width(text) for text in texts] == widths(texts)
    assert read("云岭镇，\nrice").widths.tolist() == pytest.approx([4.0, 1.499])


def test_a_line_is_measured_by_its_classes_and_the_kinds_of_its_characters() -> None:
    page = read("晨报讯（记者/周明远）昨日，\n\n▲收割。")
    classes = page.dense[:, : len(CLASSES)]
    kinds, firsts, lasts = np.split(page.dense[:, len(CLASSES) : len(CLASSES) + 3 * KINDS], 3, 1)

    assert [PATTERNS[at] for at in np.flatnonzero(classes[0])] == [
        marks.CREDIT_ZH, marks.BYLINE_IN_BRACKETS,
    ]  # fmt: skip
    assert [PATTERNS[at] for at in np.flatnonzero(classes[1])] == [
        marks.CAPTION_MARK, marks.FULL_STOP, marks.TERMINAL,
    ]  # fmt: skip
    assert kinds[1].tolist() == [0.5, 0, 0, 0, 0, 0, 0.25, 0, 0, 0.25]
    assert firsts.argmax(1).tolist() == [0, 9]
    assert lasts.argmax(1).tolist() == [7, 6]


def test_trailing_space_and_line_ends_make_no_difference() -> None:
    plain, other = read(PAGE), read(PAGE.replace("\n", " \u3000\t\r\n"))

    assert np.array_equal(plain.dense, other.dense)
    assert np.array_equal(plain.keys, other.keys)
    assert np.array_equal(plain.ties, other.ties)


@pytest.mark.parametrize("text", ["字", "7", "。", "A Town Rejoices", "早稻收割过七成", "¨", "😀"])
def test_a_page_of_one_line_has_features(text: str) -> None:
    page = read(text)

    assert page.dense.shape == (1, read(PAGE).dense.shape[1])
    assert page.keys.shape == (1, KEYS)
    assert page.ties.tolist() == [[0.0]]
    assert page.joins.tolist() == [0.0]
    assert len(page.terms) == len(page.term_weights) == 0
    assert np.isfinite(page.dense).all()


@pytest.mark.parametrize(
    "line",
    [
        "😀\u200d😀\ufe0f🇨🇳", "a\u0301\u0308\u0345", "\x01\x02字\x7f", "\ufdfa\ufdfa",
        "\u2028x\u2029", "\ue000\U0010ffff", "𝟙𝟚𐩀",
    ],
)  # fmt: skip
def test_odd_characters_give_finite_numbers(line: str) -> None:
    page = read("\n".join([line, line * 300, PAGE, line]))

    assert np.isfinite(page.dense).all()
    assert np.isfinite(page.ties).all()


def test_types_are_those_that_the_networks_take() -> None:
    page = read(PAGE)
    floats = (page.dense, page.ties, page.widths, page.gaps, page.joins, *page.columns)

    assert {array.dtype for array in (*floats, page.term_kinds, page.term_weights)} == {
        np.dtype(np.float32)
    }
    assert {array.dtype for array in (page.keys, page.terms, page.term_lines)} == {
        np.dtype(np.int64)
    }


def test_a_word_broken_off_at_a_lines_end_is_known_from_elsewhere_on_the_page() -> None:
    page = read("云岭镇早\n稻收割\n早稻\n早稻\n农业服务中\n心\nrice")

    assert page.joins.tolist() == [0, 3, 1, 1, 1, 1, 0]


def test_lines_that_share_words_are_tied() -> None:
    page = read("云岭镇抢收早稻\n\n平湖村修桥\n\n早稻收割过七成")

    assert page.ties[0, 2] > 0.5
    assert page.ties[0, 1] == page.ties[1, 2] == 0
    assert np.array_equal(page.ties, page.ties.T)


@pytest.mark.parametrize("pattern", PATTERNS, ids=NAMES.get)
def test_every_form_of_a_class_is_known(pattern: re.Pattern[str]) -> None:
    page = PageFeatures(
        [Line(text=form, numbers=(1,), width=4, gap=True) for form in FORMS[pattern].split("|")]
    )

    assert page.dense[:, PATTERNS.index(pattern)].all()


@given(pages())
@settings(max_examples=200, deadline=None)
def test_no_pattern_is_left_untried_that_would_match(lines: list[Line]) -> None:
    page = PageFeatures(lines)

    assert page.dense[:, : len(CLASSES)].tolist() == [
        [float(bool(found(text))) for found in CLASSES] for text in page.folded
    ]


@given(pages())
@settings(deadline=None)
def test_keys_are_the_numbers_of_the_key_words(lines: list[Line]) -> None:
    page = PageFeatures(lines)
    known = load_vocabulary()

    assert page.keys.tolist() == [
        [known.get(word, 0) for word in key_words(text)] for text in page.folded
    ]


@given(pages())
@settings(deadline=None)
def test_pairs_are_counted_once_a_line(lines: list[Line]) -> None:
    page = PageFeatures(lines)
    pairs: Counter[str] = Counter()
    for text in page.folded:
        pairs.update({text[at : at + 2] for at in range(len(text) - 1)})

    assert page.pairs == pairs


@given(pages())
@settings(deadline=None)
def test_tokens_are_characters_numbers_and_the_stems_of_words(lines: list[Line]) -> None:
    page = PageFeatures(lines)
    known: dict[str, int] = {}
    expected = plain_tokens([unicodedata.normalize("NFKC", text) for text in page.texts])

    assert page.token_lines.tolist() == [line for _, line in expected]
    assert page.tokens.tolist() == [
        known.setdefault(token, len(known) * 2 + (len(token) > 1)) for token, _ in expected
    ]


@given(pages())
@settings(deadline=None)
def test_terms_are_weighed_by_kind_and_by_how_few_lines_hold_them(lines: list[Line]) -> None:
    page = PageFeatures(lines)
    kinds = {
        term: 1.6 if len(term) == 3 else 1.0 if len(term) == 2 else 1.2 if term[0][1:] else 0.35
        for term in plain_terms(page.folded)
    }
    expected: list[tuple[Any, ...]] = sorted(
        (sorted(found), np.float32(kinds[term]), np.float32(np.log(len(lines) / len(found))))
        for term, found in plain_terms(page.folded).items()
    )

    told: list[tuple[Any, ...]] = sorted(
        (page.term_lines[page.terms == term].tolist(), kind, np.float32(weight / kind))
        for term, (kind, weight) in enumerate(zip(page.term_kinds, page.term_weights, strict=True))
    )

    assert [one[:2] for one in told] == [one[:2] for one in expected]
    assert np.allclose([one[2] for one in told], [one[2] for one in expected], atol=1e-5)


@given(pages())
@settings(deadline=None)
def test_columns_are_high_percentiles_of_the_widths_around(lines: list[Line]) -> None:
    page = PageFeatures(lines)

    for column, reach, percent in zip(page.columns, (3, 8), (70, 75), strict=True):
        mode = "reflect" if len(lines) > reach else "edge"
        padded = np.pad(page.widths, reach, mode=mode)  # type: ignore[call-overload]
        around = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
        assert np.allclose(column, np.maximum(np.percentile(around, percent, axis=1), 1.0))


@pytest.mark.parametrize(
    ("page", "texts"),
    [
        ("抢\n收\n早\n稻", ["抢收早稻"]),
        ("抢\n收", ["抢", "收"]),
        ("抢\n\n收\n\n早\n\n稻", ["抢收早稻"]),
        ("抢\n收\n早\n\n稻\n收\n割", ["抢收早", "稻收割"]),
        ("抢\n收\n\n早\n\n稻\n\n割", ["抢", "收早稻割"]),
        ("1\n2\n3\n\n字\n\n早\n\n稻", ["1", "2", "3字早稻"]),
        ("抢\n——\n收", ["抢——收"]),
        ("1\n2\n3", ["1", "2", "3"]),
    ],
)
def test_a_headline_set_vertically_is_one_line(page: str, texts: list[str]) -> None:
    assert [line.text for line in read_lines(split_lines(page))] == texts


def test_a_long_column_of_figures_is_read_in_no_time() -> None:
    lines = read_lines(["7"] * 50_000)

    assert len(lines) == 50_000
    assert lines[1] == Line(text="7", numbers=(2,), width=0.5, gap=False)
