"""What is seen of each line: numbers, all relative, from which the networks tell what it is.

Relative (a width to the column's, a shape, a class of characters, how far the words change), so
that what is learned on one paper holds for another. Besides, the first and last characters of a
line are looked up in a vocabulary of the trade's small words, those that many papers share.

A page has thousands of characters, and Python is slow to ask something of each: what is known of a
character stands in a table, and a page's characters are looked up in it all at once.
"""

from __future__ import annotations

import string
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib import resources
from itertools import compress, count, repeat
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from feeder.parse import marks
from feeder.parse.lines import Line
from feeder.parse.text import CharacterTable, CodePoints, code_points
from feeder.parse.topics import PageTopics, Topics, load_topics

Floats = NDArray[Any]
Ints = NDArray[Any]
Bools = NDArray[np.bool_]
Traits = NDArray[np.uint64]
"""What is known of characters, a bit a fact."""

_LONGEST = 400
"""Characters of a line that are looked at; of a longer one, as many from its two ends."""
_HALF = _LONGEST // 2
_WIDEST = 400.0
_REACH = 9
"""Lines on either side among which ties are sought."""
_REACHES = (20, 45)
_TOPIC_REACHES = (4, 10, 25)
"""Lines on either side of a line whose topics are compared."""
_STRIDE = 3
"""Lines from one window, of those in which ties far off are sought, to the next."""
_COMMON = 24
"""Terms that stand in more lines than this tell nothing of where a line belongs."""
_END_WORD = 12
"""Characters of a line's first and last word that are looked up."""
_YEAR = 4
"""Digits in a row that may be one."""


@dataclass(frozen=True, kw_only=True)
class _Class:
    """A pattern, and what a line must have for the pattern to be worth trying.

    Most lines have nothing of it, so most patterns are not run at all. What is asked for may be
    less than the pattern needs, never more: whoever changes one in `marks` looks here as well.
    """

    found: Callable[[str], object]
    at: Literal["first", "last", "any"] = "any"
    """Where the line must have one of the characters: as its first, its last, or any."""
    chars: str = ""
    digits: bool = False
    """Whether any digit will do for one."""
    years: bool = False
    """Whether four digits in a row will do for one, anywhere in the line."""
    words: tuple[str, ...] = ()
    """Which will do as well, anywhere in the line."""


_AFTER_STOPS = "”’」』）)]】\"'*"
_COUNTERS = "ABCDEFGH"
_ENUMERATORS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳（(一二三四五六七八九十●■◆★☆▪•·问答問QA"
_PHOTOS = ("hoto", "icture", "Image")
_SITES = ("://", "www.", ".com", ".cn", ".net", ".org", ".gov", ".tw", ".hk", ".my")

_CLASSES = (
    _Class(found=marks.CREDIT_ZH.match, chars="讯訊电電息"),
    _Class(found=marks.BRACKETED_CREDIT.match, at="first", chars="【"),
    _Class(found=marks.DATELINE_EN.match, at="first", chars=string.ascii_uppercase),
    _Class(found=marks.BYLINE_IN_BRACKETS.search, chars="（("),
    _Class(found=marks.BYLINE_LINE_ZH.match, chars="者员員译譯撰写寫訪整"),
    _Class(found=marks.BYLINE_TEXT_BY.match, at="first", chars="文撰图圖摄攝採采整作"),
    _Class(found=marks.BYLINE_EN.match, at="first", chars="SWRTPBbF"),
    _Class(found=marks.AGENCY_EN.search, chars="("),
    _Class(found=marks.CAPTION_MARK.match, at="first", chars="▲▼◀▶◄►△▽◁▷→←↑↓↗↘↙↖"),
    _Class(found=marks.PHOTO_CREDIT.search, chars="摄攝料供", words=_PHOTOS),
    _Class(found=marks.CAPTION_WORD.search, chars="图圖（("),
    _Class(found=marks.FOLIO.match, at="last", chars="版", digits=True),
    _Class(found=marks.DATE_LINE.search, chars="星", years=True),
    _Class(found=marks.EDITORS.search, chars="编編式校班", words=("ditor", "dited by")),
    _Class(found=marks.ADDRESS.search, chars="@〉》更线線投邮郵", words=_SITES),
    _Class(found=marks.ADVERTISEMENT.match, at="first", chars="公广廣讲節节A"),
    _Class(found=marks.WEATHER_ICON.match, at="first", chars="大多晴阴陰小中暴阵陣雷雪雾霧"),
    _Class(found=marks.FORECAST_DAY.search, chars="晴阴陰云雲雨雪雾霧霾风風"),
    _Class(found=marks.DROP_LETTER_START.match, at="first", chars=_COUNTERS),
    _Class(found=marks.DROP_LETTER_END.search, at="last", chars=_COUNTERS),
    _Class(found=marks.DROP_LETTER.match, at="first", chars=_COUNTERS),
    _Class(found=marks.ENUMERATION.match, at="first", chars=_ENUMERATORS, digits=True),
    _Class(found=marks.FULL_STOP.search, at="last", chars="。！？!?…." + _AFTER_STOPS),
    _Class(found=marks.TERMINAL.search, at="last", chars="。！？!?…；;.：:" + _AFTER_STOPS),
)
CLASSES = tuple(one.found for one in _CLASSES)
_FUNCTION_WORDS = frozenset("的了在是和也就都而及與与之其被把")
_OPENING, _CLOSING = "“「『‘《〈【（([", "”」』’》〉】）)]"
_STEM = 5
_KINDS = ("han", "kana", "latin", "upper", "digit", "space", "stop", "comma", "quote", "other")
_HAN, _DIGIT, _SPACE, _STOP, _COMMA = 0, 4, 5, 6, 7


@lru_cache(maxsize=16384)
def kind_of(char: str) -> int:
    """Return the class of a character, an index into the kinds that lines are measured by."""
    if marks.HAN.match(char):
        return 0
    if "\u3040" <= char <= "\u30ff":
        return 1
    if char.isalpha():
        return 3 if char.isupper() else 2
    if char.isdigit():
        return 4
    if char.isspace():
        return 5
    if char in "。！？!?….；;":
        return 6
    if char in "，、,：:":
        return 7
    if char in _OPENING or char in _CLOSING or char in "\"'":
        return 8
    return 9


# The table of characters: the first bits tell, a bit a class, that a line with the character in the
# right place may be of the class; the next are those named here; above them stands the kind.
(
    _OPENS, _CLOSES, _FUNCTION, _ENDS_SENTENCE, _HYPHEN, _POINT, _LATIN, _UPPER, _LETTER, _DECIMAL,
    _KNOWN,
) = (np.uint64(1 << len(_CLASSES) + number) for number in range(11))  # fmt: skip
_KIND_SHIFT = np.uint64(len(_CLASSES) + 11)
_CLASS_NUMBERS = np.arange(len(_CLASSES), dtype=np.uint64)[:, None]
_SETS = (
    (_OPENS, _OPENING),
    (_CLOSES, _CLOSING),
    (_FUNCTION, "".join(_FUNCTION_WORDS)),
    (_ENDS_SENTENCE, "。！？"),
    (_HYPHEN, "-\u00ad"),
    (_POINT, ".,"),
    *((np.uint64(1 << number), one.chars) for number, one in enumerate(_CLASSES)),
)


def _class_bits(chosen: Callable[[_Class], bool]) -> np.uint64:
    return np.uint64(sum(1 << number for number, one in enumerate(_CLASSES) if chosen(one)))


_BY_FIRST = _class_bits(lambda one: one.at == "first")
_BY_LAST = _class_bits(lambda one: one.at == "last")
_BY_ANY = _class_bits(lambda one: one.at == "any")
_BY_DIGITS = _class_bits(lambda one: one.digits)
_LATIN_ENDS = "\u0250"


def _traits_of(char: str) -> int:
    traits = _KNOWN | np.uint64(kind_of(char)) << _KIND_SHIFT
    for bit, chars in _SETS:
        if char in chars:
            traits |= bit
    for bit, holds in (
        (_BY_DIGITS, char.isdigit()),
        (_LATIN, char.isalpha() and char < _LATIN_ENDS),
        (_UPPER, char.isupper()),
        (_LETTER, char.isalnum() and not char.isdecimal() and not marks.HAN.match(char)),
        (_DECIMAL, char.isdecimal()),
    ):
        if holds:
            traits |= bit
    return int(traits)


_TABLE = CharacterTable(_traits_of)


class _Characters:
    """The characters of a page's lines, one after another, and what is known of each."""

    def __init__(self, texts: Sequence[str]) -> None:
        """`texts`: at least one, none of them empty."""
        self.texts = texts
        self.joined = "".join(texts)
        self.codes = code_points(self.joined)
        self.traits = _TABLE.look_up(self.codes)
        self.kinds = (self.traits >> _KIND_SHIFT).astype(np.int64)
        self.lengths: Ints = np.fromiter(map(len, texts), np.int64, len(texts))
        self.starts: Ints = self.lengths.cumsum() - self.lengths
        self.lasts: Ints = self.starts + self.lengths - 1
        self.lines: Ints = np.repeat(np.arange(len(texts)), self.lengths)

    def have(self, trait: np.uint64) -> Bools:
        """Return which characters have the trait."""
        found: Bools = (self.traits & trait) != 0
        return found

    def counted(self, chosen: Bools) -> Ints:
        """Return how many of the chosen characters each line has."""
        return np.bincount(self.lines[chosen], minlength=len(self.texts))

    def kind_counts(self) -> Ints:
        """Return how many characters of each kind each line has, a row a line."""
        kinds = len(_KINDS)
        cells = np.bincount(self.lines * kinds + self.kinds, minlength=len(self.texts) * kinds)
        return cells.reshape(-1, kinds)

    def after(self, chosen: Bools) -> Bools:
        """Return which characters have one of the chosen before them in their line."""
        found = np.zeros_like(chosen)
        found[1:] = chosen[:-1]
        found[self.starts] = False
        return found

    def before(self, chosen: Bools) -> Bools:
        """Return which characters have one of the chosen after them in their line."""
        found = np.zeros_like(chosen)
        found[:-1] = chosen[1:]
        found[self.lasts] = False
        return found

    def begin(self, chosen: Bools) -> Bools:
        """Return which of the chosen characters begin a run of them."""
        return chosen & ~self.after(chosen)

    def end(self, chosen: Bools) -> Bools:
        """Return which of the chosen characters end a run of them."""
        return chosen & ~self.before(chosen)

    def shapes(self) -> list[str]:
        """Return each line's kinds, a digit a character."""
        page = (self.kinds + ord("0")).astype(np.uint8).tobytes().decode("ascii")
        bounds = zip(self.starts.tolist(), (self.lasts + 1).tolist(), strict=True)
        return [page[start:end] for start, end in bounds]


class PageFeatures:
    """What is seen of a page's lines."""

    def __init__(self, lines: Sequence[Line], topics: Topics | None = None) -> None:
        """`lines`: at least one. `topics`: those that ship with feeder, if none are given."""
        self.lines = lines
        self.texts = [
            line.text if len(line.text) <= _LONGEST else line.text[:_HALF] + line.text[-_HALF:]
            for line in lines
        ]
        self.folded = [unicodedata.normalize("NFKC", text) for text in self.texts]
        self.widths = np.array([min(line.width, _WIDEST) for line in lines], np.float32)
        self.gaps = np.array([line.gap for line in lines], np.float32)
        self.columns = _columns(self.widths)
        self.tokens, self.token_lines = _tokens(self.folded)
        self.terms, self.term_lines, self.term_kinds, self.term_weights = _terms(
            self.tokens, self.token_lines, len(lines)
        )
        self.ties = _ties(self.terms, self.term_lines, self.term_weights, len(lines))
        characters = _Characters(self.folded)
        self._pairs = _pairs(characters)
        self.joins = _joins(characters, self._pairs)
        self.topics = PageTopics((topics or load_topics()).of_lines(self.folded))
        self.dense = self._dense(characters)
        self.keys = _keys(characters)

    @cached_property
    def pairs(self) -> dict[str, int]:
        """In how many lines each two characters stand side by side."""
        return self._pairs.as_texts()

    def _dense(self, characters: _Characters) -> Floats:
        parts = (
            _own(self.lines, characters),
            self._width_numbers(),
            self._place_numbers(),
            self._tie_numbers(),
            self._topic_numbers(),
        )
        return np.ascontiguousarray(np.concatenate(parts).T)

    def _width_numbers(self) -> Floats:
        w, n = self.widths, len(self.widths)
        columns = np.array(self.columns)
        short = columns - w
        by_column: list[NDArray[np.floating]] = [
            np.minimum(w / columns, 2.0),
            np.clip(short, -4, 8) / 4,
            _near(short, 0.0, 0.6),
            _near(short, 2.0, 0.7),
            _near(short, 1.0, 0.6),
        ]
        steps = np.array([_shift(w, step) for step in (1, -1, 2, -2)]) - w
        by_step: list[NDArray[np.floating]] = [np.clip(steps, -6, 6) / 4, _near(steps, 0.0, 0.6)]
        alike = _alike(w)
        return np.array(
            [
                np.log1p(w) / 3,
                np.minimum(w, 40) / 20,
                *np.stack(by_column, axis=1).reshape(-1, n),
                *np.stack(by_step, axis=1).reshape(-1, n),
                alike / n,
                np.log1p(alike) / 4,
                *np.clip(columns, 0, 60) / 20,
                np.full(n, np.median(w) / 20),
            ],
            np.float32,
        )

    def _place_numbers(self) -> Floats:
        n = len(self.lines)
        at = np.arange(n)
        blocks = np.cumsum(self.gaps).astype(int)
        sizes = np.bincount(blocks, minlength=blocks[-1] + 1)[blocks]
        firsts = np.maximum.accumulate(np.where(self.gaps > 0, at, 0))
        within = at - firsts
        alone = self.gaps.mean()
        after = _shift(self.gaps, 1, fill=1.0)
        joined = self.joins
        following = _shift(joined, 1)
        repeated = _repeated(self.folded)
        return np.array(
            [
                self.gaps, after, np.log1p(sizes) / 3, np.minimum(within, 8) / 4,
                np.minimum(sizes - 1 - within, 8) / 4, np.full(n, alone),
                np.full(n, float(alone < 0.02)), np.full(n, np.log(n) / 6),
                np.exp(-at / 3), np.exp(-(n - 1 - at) / 3), at / n,
                (joined == 1), (joined == 2), (joined == 3), (following == 1),
                (following == 2), (following == 3), repeated,
            ],
            np.float32,
        )  # fmt: skip

    def _topic_numbers(self) -> Floats:
        """How alike in topic what stands before each line is, the line itself, what is after it."""
        topics, at = self.topics, np.arange(len(self.lines))
        found: list[Floats] = []
        for reach in _TOPIC_REACHES:
            before = topics.apart(topics.around(at - reach, at))
            after = topics.apart(topics.around(at, at + reach))
            found.append((before * after).sum(axis=1))
        own = topics.apart(topics.lines)
        near = _TOPIC_REACHES[0]
        before = topics.apart(topics.around(at - near, at))
        after = topics.apart(topics.around(at + 1, at + 1 + near))
        found += [(own * before).sum(axis=1), (own * after).sum(axis=1)]
        found.append(np.log1p(np.abs(topics.lines).mean(axis=1)))
        return np.array(found, np.float32)

    def _tie_numbers(self) -> Floats:
        n = len(self.lines)
        at = np.arange(n)
        low, high = np.maximum(at - _REACH, 0), np.minimum(at + 1 + _REACH, n)
        # sums[j, i]: what line i shares with the lines before j.
        sums = _running(self.ties)
        before = sums[at, at] - sums[low, at]
        after = sums[high, at] - sums[at + 1, at]
        far = _far(sums, low, high)
        area = _running(sums.T)
        wide = []
        for reach in _REACHES:
            head, tail = np.maximum(at - reach, 0), np.minimum(at + reach, n)
            shared = area[at, tail] - area[head, tail] - area[at, at] + area[head, at]
            level = shared / np.sqrt(np.maximum((at - head) * (tail - at), 1))
            wide += [np.log1p(shared) / 5, _ranks(level)]
            wide.append(np.clip(level / max(float(level.mean()), 1e-3), 0, 3) / 2)
        tail = np.minimum(at + _REACH, n)
        across = area[at, tail] - area[low, tail] - area[at, at] + area[low, at]
        previous = np.zeros(n)
        previous[1:] = np.diagonal(self.ties, 1)
        scale = np.maximum(before + after + far.most, 4.0)
        return np.array(
            [
                np.log1p(before) / 3, np.log1p(after) / 3, np.log1p(far.most) / 3,
                np.log1p(across) / 4, np.log1p(far.earlier) / 3,
                before / scale, after / scale, far.most / scale,
                _ranks(across), np.log1p(previous) / 2, far.spread,
                np.clip((after - before) / 10, -2, 2), *wide,
            ],
            np.float32,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Far:
    """What each line shares with the page's windows: stretches of some lines each."""

    most: Floats
    """With the best of those out of its reach."""
    earlier: Floats
    """With the best of those that end before its reach begins."""
    spread: NDArray[np.float64]
    """The share of all windows that are half as good as the best."""


def _far(sums: Floats, low: Ints, high: Ints) -> _Far:
    n = len(low)
    starts = np.arange(0, n, _STRIDE)
    ends = np.minimum(starts + _REACH, n)
    windows = sums[ends] - sums[:n:_STRIDE]
    earlier = np.where(ends[:, None] < low, windows, 0.0).max(0)
    later = np.where(starts[:, None] > high, windows, 0.0).max(0)
    half = 0.5 * np.maximum(windows.max(0), 3.0)
    spread = np.count_nonzero(windows > half, axis=0) / len(starts)
    return _Far(most=np.maximum(earlier, later), earlier=earlier, spread=spread)


def _running(rows: Floats) -> Floats:
    """The sums of the rows before each, and of all; `np.cumsum` takes twice the time."""
    sums = np.zeros((len(rows) + 1, rows.shape[1]), np.float32)
    sums[1:] = rows
    before = sums[0]
    for row in sums[1:]:
        row += before
        before = row
    return sums


def _ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """The place of each value among all, 0 to 1."""
    ranks = np.empty(len(values), np.int64)
    ranks[values.argsort()] = np.arange(len(values))
    return ranks / max(len(values) - 1, 1)


def _shift(values: Floats, step: int, fill: float = 0.0) -> Floats:
    """The values of the lines `step` further on."""
    moved = np.full_like(values, fill)
    if abs(step) < len(values):
        if step > 0:
            moved[:-step] = values[step:]
        else:
            moved[-step:] = values[:step]
    return moved


def _near(values: Floats, centre: float, reach: float) -> Floats:
    near: Floats = np.maximum(0.0, 1.0 - np.abs(values - centre) / reach).astype(np.float32)
    return near


def _columns(widths: Floats) -> list[Floats]:
    """The column's width at each line: high quantiles of the widths around it, near and far."""
    return [
        np.maximum(_quantile(_windows(widths, reach), percent), 1.0)
        for reach, percent in ((3, 70), (8, 75))
    ]


def _windows(widths: Floats, reach: int) -> Floats:
    """Each line's width and its neighbours', a row a line; past the page's edge, mirrored."""
    if len(widths) > reach:
        above, below = widths[reach:0:-1], widths[-2 : -reach - 2 : -1]
    else:
        above, below = np.repeat(widths[:1], reach), np.repeat(widths[-1:], reach)
    padded = np.concatenate([above, widths, below])
    windows: Floats = padded[np.arange(len(widths))[:, None] + np.arange(2 * reach + 1)]
    return windows


def _quantile(rows: Floats, percent: int) -> Floats:
    """What `np.percentile` gives for each row, to the last bit; it takes five times as long."""
    place = (rows.shape[1] - 1) * (percent / 100)
    ordered = np.sort(rows, axis=1)
    one, other = ordered[:, int(place)], ordered[:, int(place) + 1]
    part = place - int(place)
    found: Floats = one + (other - one) * part if part < 0.5 else other - (other - one) * (1 - part)
    return found


def _alike(widths: Floats) -> Ints:
    """How many lines are about as wide as each, itself among them."""
    # Widths are few, be the lines many: so the work does not grow with the square of the lines.
    values, place, times = np.unique(widths, return_inverse=True, return_counts=True)
    near = np.abs(values[:, None] - values) < np.maximum(0.6, values * 0.02)[:, None]
    alike: Ints = (near @ times)[place]
    return alike


def _own(lines: Sequence[Line], characters: _Characters) -> Floats:
    """The numbers that tell of each line by itself, a row each."""
    kinds, every = characters.kinds, np.arange(len(_KINDS))[:, None]
    counts = characters.kind_counts()
    parts = (
        _classes(characters),
        counts.T / characters.lengths,
        kinds[characters.starts] == every,
        kinds[characters.lasts] == every,
        _looks(lines, characters, counts[:, _COMMA]),
    )
    return np.concatenate([part.astype(np.float32) for part in parts])


def _classes(characters: _Characters) -> Bools:
    """Which lines are of each class, a row a class."""
    texts = characters.texts
    numbers, lines = np.nonzero(_worth_trying(characters))
    found = np.zeros((len(CLASSES), len(texts)), bool)
    found[numbers, lines] = [
        bool(CLASSES[number](texts[line]))
        for number, line in zip(numbers.tolist(), lines.tolist(), strict=True)
    ]
    return found


def _worth_trying(characters: _Characters) -> Bools:
    """Which lines may be of each class, a row a class."""
    traits = characters.traits
    bits = np.bitwise_or.reduceat(traits, characters.starts) & _BY_ANY
    bits |= traits[characters.starts] & _BY_FIRST
    bits |= traits[characters.lasts] & _BY_LAST
    worth: Bools = ((bits >> _CLASS_NUMBERS) & np.uint64(1)).astype(bool)
    for number, one in enumerate(_CLASSES):
        for word in one.words:
            worth[number, characters.lines[list(_places(characters.joined, word))]] = True
        if one.years:
            worth[number, characters.lines[_years(characters)]] = True
    return worth


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _years(characters: _Characters) -> Ints:
    """Where four digits stand in a row."""
    digits = characters.have(_DECIMAL)
    found = digits[: 1 - _YEAR].copy()
    for step in range(1, _YEAR):
        found &= digits[step : len(found) + step]
    return np.flatnonzero(found)


def _looks(lines: Sequence[Line], characters: _Characters, commas: Ints) -> NDArray[np.float64]:
    """What else is seen of each line: how its quotations stand, what its words are; a row each."""
    texts, lengths = characters.texts, characters.lengths
    starts, lasts = characters.starts, characters.lasts
    words = _words(characters)
    opens, closes = characters.have(_OPENS), characters.have(_CLOSES)
    opened = characters.counted(opens) - characters.counted(closes)
    stops = characters.have(_ENDS_SENTENCE)
    stops[lasts] = False
    numbers = [
        np.minimum(lengths, 60) / 30,
        np.minimum(words.counts, 12) / 6,
        words.capitalized,
        np.array([text.isupper() for text in texts]) & (lengths > 3),
        characters.have(_HYPHEN)[lasts],
        np.minimum(opened, 2) / 2,
        opens[starts],
        closes[lasts],
        (characters.counted(stops) > 0) | np.array([". " in text for text in texts]),
        np.minimum(commas, 4) / 2,
        characters.counted(characters.have(_FUNCTION)) / lengths * 4,
        words.english,
        [line.vertical for line in lines],
        [line.indent for line in lines],
        ["  " in text or "\u3000" in line.text for line, text in zip(lines, texts, strict=True)],
        words.counts > 1,
    ]
    return np.array(numbers, np.float64)


@dataclass(frozen=True, kw_only=True)
class _Words:
    """What each line's words are: what white space parts."""

    counts: Ints
    capitalized: NDArray[np.float64]
    """The share of those in Latin letters that begin with a capital."""
    english: NDArray[np.float64]
    """The share of all that are among the commonest English ones."""


def _words(characters: _Characters) -> _Words:
    begin = characters.begin(characters.kinds != _SPACE)
    counts = characters.counted(begin)
    latin = begin & characters.have(_LATIN)
    capital = latin & characters.have(_UPPER)
    # Only these may be English; a Chinese page has few.
    kinds = characters.kinds
    hopeful = latin | (begin & ((kinds == _STOP) | (kinds == _COMMA)))
    words = compress("\n".join(characters.texts).lower().split(), hopeful[begin].tolist())
    known = [word.strip(".,;:") in marks.ENGLISH_WORDS for word in words]
    hopeful[hopeful] = known
    return _Words(
        counts=counts,
        capitalized=characters.counted(capital) / np.maximum(characters.counted(latin), 1),
        english=characters.counted(hopeful) / np.maximum(counts, 1),
    )


def key_words(text: str) -> list[str]:
    """Return what of a line is looked up in the vocabulary: its two ends, and their shapes."""
    words = text.split()
    head, tail = text[:8], text[-6:]
    shape = "".join(str(kind_of(char)) for char in head)
    end = "".join(str(kind_of(char)) for char in tail)
    return [
        "a" + text[0], "b" + text[:2], "c" + text[:3],
        "d" + text[-1], "e" + text[-2:], "f" + text[-3:],
        "g" + shape[:5], "h" + end[-4:],
        "i" + words[0][:_END_WORD], "j" + words[-1][-_END_WORD:],
    ]  # fmt: skip


@cache
def load_vocabulary() -> dict[str, int]:
    """Return the number of each word of the vocabulary that ships with feeder; 0 is any other's."""
    text = resources.files("feeder.parse").joinpath("vocabulary.txt").read_text(encoding="utf-8")
    return {word: number for number, word in enumerate(text.split("\n")[:-1], start=1)}


@cache
def _slots() -> dict[str, dict[str, int]]:
    """The vocabulary by the letter that tells what a word is (see `key_words`), without it."""
    slots: dict[str, dict[str, int]] = defaultdict(dict)
    for word, number in load_vocabulary().items():
        slots[word[0]][word[1:]] = number
    return slots


KEYS = 10


def _keys(characters: _Characters) -> Ints:
    """The numbers of each line's `key_words`, a row a line."""
    texts, shapes, slots = characters.texts, characters.shapes(), _slots()
    words = {
        "a": [text[0] for text in texts],
        "b": [text[:2] for text in texts],
        "c": [text[:3] for text in texts],
        "d": [text[-1] for text in texts],
        "e": [text[-2:] for text in texts],
        "f": [text[-3:] for text in texts],
        "g": [shape[:5] for shape in shapes],
        "h": [shape[-4:] for shape in shapes],
        "i": [text.split(None, 1)[0][:_END_WORD] for text in texts],
        "j": [text.rsplit(None, 1)[-1][-_END_WORD:] for text in texts],
    }
    keys = np.empty((len(texts), KEYS), np.int64)
    for column, (slot, ones) in enumerate(words.items()):
        keys[:, column] = np.fromiter(map(slots[slot].get, ones, repeat(0)), np.int64, len(ones))
    return keys


def _repeated(texts: Sequence[str]) -> Floats:
    times = Counter(texts)
    return np.array([times[text] > 1 for text in texts], np.float32)


_PAST_UNICODE = 0x110000
_CODE_BITS = 21
_CODE_MASK = (1 << _CODE_BITS) - 1


@dataclass(frozen=True, kw_only=True)
class _Pairs:
    """Every two characters that stand side by side on the page."""

    codes: Ints
    """Both code points in one number, in ascending order."""
    within: Ints
    """In how many lines each stands."""

    def times(self, wanted: Ints) -> Ints:
        """Return in how many lines each of the wanted pairs stands."""
        if not len(self.codes):
            return np.zeros(len(wanted), np.int64)
        at = np.minimum(self.codes.searchsorted(wanted), len(self.codes) - 1)
        return np.where(self.codes[at] == wanted, self.within[at], 0)

    def as_texts(self) -> dict[str, int]:
        """Return the pairs as texts of two characters, and in how many lines each stands."""
        both = np.stack([self.codes >> _CODE_BITS, self.codes & _CODE_MASK], axis=1)
        text = both.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
        pairs = [text[at : at + 2] for at in range(0, len(text), 2)]
        return dict(zip(pairs, self.within.tolist(), strict=True))


def _paired(ones: CodePoints, others: CodePoints) -> Ints:
    return (ones.astype(np.int64) << _CODE_BITS) | others


def _pairs(characters: _Characters) -> _Pairs:
    inside = np.ones(len(characters.codes), bool)
    inside[characters.lasts] = False
    codes = _paired(characters.codes[:-1], characters.codes[1:])[inside[:-1]]
    lines = characters.lines[inside]
    pairs = _in_lines(codes, lines, np.arange(len(characters.texts)))
    return _Pairs(codes=pairs.codes, within=pairs.within)


def _joins(characters: _Characters, pairs: _Pairs) -> Floats:
    """Whether each line goes on in a word that the line before it broke off.

    0 it may not be told, 1 no such word on the page, 2 one, 3 more.
    """
    codes, kinds = characters.codes, characters.kinds
    ends, begins = characters.lasts[:-1], characters.starts[1:]
    han = (kinds[ends] == _HAN) & (kinds[begins] == _HAN)
    across = _paired(codes[ends[han]], codes[begins[han]])
    joins = np.zeros(len(characters.texts), np.float32)
    joins[1:][han] = 1 + np.minimum(pairs.times(across), 2)
    return joins


def _tokens(texts: Sequence[str]) -> tuple[Ints, Ints]:
    """The page's tokens as numbers, in order, and the line of each; numbers below 2^20.

    A token is a Chinese character, a number (29, 1.5, 3,000), or a word of letters, of which the
    first five count. Even numbers are tokens of one character.
    """
    characters = _Characters([text.lower() for text in texts])
    starts, ends = _stems(characters)
    known: defaultdict[str, int] = defaultdict(count(_PAST_UNICODE).__next__)
    bounds = zip(starts.tolist(), ends.tolist(), strict=True)
    codes = characters.codes.astype(np.int64)
    codes[starts] = [known[characters.joined[start:end]] for start, end in bounds]
    longer = np.zeros(len(codes), np.int64)
    longer[starts] = ends - starts > 1
    are = characters.kinds == _HAN
    are[starts] = True
    return _by_appearance(codes[are]) * 2 + longer[are], characters.lines[are]


def _stems(characters: _Characters) -> tuple[Ints, Ints]:
    """Where each word and number starts, and where what counts of it ends; in order."""
    letters, digits = characters.have(_LETTER), characters.have(_DECIMAL)
    between = characters.have(_POINT)
    between &= characters.after(digits) & characters.before(digits)
    numbers = digits | between
    starts = np.flatnonzero(characters.begin(letters) | characters.begin(numbers))
    ends = np.flatnonzero(characters.end(letters) | characters.end(numbers)) + 1
    # What begins with a digit is not cut; letters may (Ethiopic ones), for `isdecimal` denies them.
    short = np.where(characters.kinds[starts] == _DIGIT, ends, starts + _STEM)
    return starts, np.minimum(ends, short)


def _by_appearance(codes: Ints) -> Ints:
    """The codes numbered from 0 in the order in which they first appear."""
    ordered = _sorted(codes, np.arange(len(codes)))
    firsts = ordered.places[ordered.begins]
    ranks = np.empty_like(firsts)
    ranks[firsts.argsort()] = np.arange(len(firsts))
    numbers = np.empty_like(codes)
    numbers[ordered.places] = ranks[ordered.numbers]
    return numbers


@dataclass(frozen=True, kw_only=True)
class _Sorted:
    """Places of the page by what stands there, a code."""

    codes: Ints
    """Each once, in ascending order."""
    places: Ints
    """All, by their codes; those of one code in ascending order."""
    begins: Bools
    """Of each place, whether it is the first of its code."""
    numbers: Ints
    """Of each place, which of the codes stands there."""


def _sorted(codes: Ints, places: Ints) -> _Sorted:
    # A code and its place in one number: numpy sorts far faster than it tells the order.
    bits = int(places.max(initial=0)).bit_length()
    packed = np.sort((codes << bits) | places)
    ordered = packed >> bits
    begins = np.ones(len(packed), bool)
    begins[1:] = ordered[1:] != ordered[:-1]
    return _Sorted(
        codes=ordered[begins],
        places=packed & ((1 << bits) - 1),
        begins=begins,
        numbers=begins.cumsum() - 1,
    )


@dataclass(frozen=True, kw_only=True)
class _Terms:
    """Terms of as many tokens each, by their places; see `_Sorted`."""

    codes: Ints
    places: Ints
    lines: Ints
    numbers: Ints
    fresh: Bools
    """Of each place, whether it is the first in its line with that term."""
    within: Ints
    """In how many lines each term stands."""


def _in_lines(codes: Ints, places: Ints, owners: Ints) -> _Terms:
    """Put places together by their codes; `owners` tells the line of every place there is."""
    by_code = _sorted(codes, places)
    lines = owners[by_code.places]
    fresh = by_code.begins.copy()
    fresh[1:] |= lines[1:] != lines[:-1]
    return _Terms(
        codes=by_code.codes,
        places=by_code.places,
        lines=lines,
        numbers=by_code.numbers,
        fresh=fresh,
        within=np.bincount(by_code.numbers[fresh]),
    )


def _terms(tokens: Ints, owners: Ints, count: int) -> tuple[Ints, Ints, Floats, Floats]:
    """Terms as (line, term) pairs, each once, and the weight of each term.

    A term is a word, or two or three tokens in a row; its weight is by its kind and by how few
    lines hold it. A single Chinese character says little, a word of an alphabet as much as a pair.
    """
    singles = _in_lines(tokens, np.arange(len(tokens)), owners)
    token_at = np.empty_like(tokens)
    token_at[singles.places] = singles.numbers
    pairs = _longer(singles, token_at, owners, 1)
    triples = _longer(pairs, token_at, owners, 2, descending=True)
    terms, lines, kinds, weights = [], [], [], []
    known = 0
    for some, kind in (
        (triples, np.full(len(triples.codes), 1.6)),
        (pairs, np.full(len(pairs.codes), 1.0)),
        (singles, np.where(singles.codes & 1, 1.2, 0.35)),
    ):
        telling = (some.within > 1) & (some.within <= max(_COMMON, count // 12))
        kept = some.fresh & telling[some.numbers]
        terms.append((telling.cumsum() - 1 + known)[some.numbers[kept]])
        lines.append(some.lines[kept])
        kinds.append(kind[telling])
        weights.append(kind[telling] * np.log(np.maximum(count / some.within[telling], 1.0)))
        known += len(kinds[-1])
    return (
        np.concatenate(terms), np.concatenate(lines),
        np.concatenate(kinds).astype(np.float32), np.concatenate(weights).astype(np.float32),
    )  # fmt: skip


def _longer(
    terms: _Terms, token_at: Ints, owners: Ints, length: int, *, descending: bool = False
) -> _Terms:
    """The terms of one token more than these, which have `length`.

    What stands in one line only tells nothing, nor does what begins with it: it is left out.
    Ties are sums over the terms, whose last bits (and so the ranks of lines that share almost
    alike) depend on the terms' order: it is the one that the networks have learned from.
    """
    goes_on = (terms.within > 1)[terms.numbers] & (terms.places < len(owners) - length)
    places, numbers = terms.places[goes_on], terms.numbers[goes_on]
    # A word may be broken off at a line's end: pairs and triples reach into the next line.
    near = owners[places + length] - owners[places] <= 1
    places, numbers = places[near], numbers[near]
    codes = numbers * (token_at.max(initial=0) + 1) + token_at[places + length]
    if descending:
        codes = codes.max(initial=0) - codes
    return _in_lines(codes, places, owners)


def _ties(terms: Ints, lines: Ints, weights: Floats, count: int) -> Floats:
    """What each line shares with each other line; nothing with itself."""
    held = np.zeros((count, len(weights)), np.float32)
    held[lines, terms] = np.sqrt(weights)[terms]
    ties: Floats = held @ held.T
    np.fill_diagonal(ties, 0.0)
    return ties
