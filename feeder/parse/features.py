"""What is seen of each line: the signs that its role is told from.

Signs are relative (a width to the column's, a shape, a class of characters), so that what is
learned on one paper holds for another. A sign is a short word; `roles.json` holds its weight for
each role.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from feeder.parse import marks
from feeder.parse.cohesion import Ties, ties_of
from feeder.parse.lines import Line

_LONGEST = 400
"""Characters of a line that are looked at; of a longer one, as many from its two ends."""
_HALF = _LONGEST // 2
_WINDOW = 7
"""Lines on either side among which the column's width is sought."""


def signs_of(lines: Sequence[Line]) -> list[list[str]]:
    """Return the signs of each line, its neighbours' among them."""
    if not lines:
        return []
    page = _page_signs(lines)
    columns = column_widths(lines)
    times = Counter(line.text for line in lines)
    own = [_own_signs(line, times[line.text]) for line in lines]
    ties = ties_of(lines)
    usual = sorted(tie.across for tie in ties)
    joins = joins_of(lines)
    return [
        [
            *page,
            *own[at],
            *_width_signs(lines, columns, at),
            *_place_signs(lines, at),
            *_tie_signs(ties[at], usual),
            *_join_signs(joins, at),
            *_neighbour_signs(own, at),
        ]
        for at in range(len(lines))
    ]


def column_widths(lines: Sequence[Line]) -> list[float]:
    """Return for each line the width of the full lines around it, in ems.

    The commonest width among the lines nearby, those of the same width as their neighbour counting
    double: a column's full lines are all of one width, and they come one after another.
    """
    rounded = [round(line.width * 2) / 2 for line in lines]
    widths = []
    for at in range(len(lines)):
        counts: Counter[float] = Counter()
        for near in range(max(0, at - _WINDOW), min(len(lines), at + _WINDOW + 1)):
            if lines[near].vertical or rounded[near] < 5:
                continue
            twin = near and abs(rounded[near] - rounded[near - 1]) <= 0.5
            counts[rounded[near]] += 3 if twin else 1
            for neighbour in (rounded[near] - 0.5, rounded[near] + 0.5):
                counts[neighbour] += 1 if twin else 0
        best = max(counts.items(), key=lambda pair: (pair[1], pair[0]), default=(rounded[at], 0))
        widths.append(max(best[0], 1.0))
    return widths


def _page_signs(lines: Sequence[Line]) -> list[str]:
    gaps = sum(line.gap for line in lines) / len(lines)
    spacing = "none" if gaps < 0.02 else "some" if gaps < 0.6 else "all"
    return [f"page:{spacing}"]


_CLASSES = (
    ("credit", marks.CREDIT_ZH.match),
    ("credit", marks.BRACKETED_CREDIT.match),
    ("dateline", marks.DATELINE_EN.match),
    ("brackets", marks.BYLINE_IN_BRACKETS.search),
    ("byline", marks.BYLINE_LINE_ZH.match),
    ("textby", marks.BYLINE_TEXT_BY.match),
    ("byen", marks.BYLINE_EN.match),
    ("agency", marks.AGENCY_EN.search),
    ("capmark", marks.CAPTION_MARK.match),
    ("photo", marks.PHOTO_CREDIT.search),
    ("capword", marks.CAPTION_WORD.search),
    ("folio", marks.FOLIO.match),
    ("date", marks.DATE_LINE.search),
    ("editors", marks.EDITORS.search),
    ("address", marks.ADDRESS.search),
    ("advert", marks.ADVERTISEMENT.match),
    ("icon", marks.WEATHER_ICON.match),
    ("forecast", marks.FORECAST_DAY.search),
    ("letter+", marks.DROP_LETTER_START.match),
    ("+letter", marks.DROP_LETTER_END.search),
    ("letter", marks.DROP_LETTER.match),
    ("enum", marks.ENUMERATION.match),
    ("quote", marks.OPENING_QUOTE.match),
)

_FUNCTION_WORDS = frozenset("的了在是和也就都而及與与之其被把")


def _own_signs(line: Line, times: int) -> list[str]:
    text = line.text if len(line.text) <= _LONGEST else line.text[:_HALF] + line.text[-_HALF:]
    signs = [name for name, found in _CLASSES if found(text)]
    signs.append(f"end:{_ending(text)}")
    signs.append(f"len:{min(int(line.width), 24) if line.width < 12 else int(line.width) // 4 * 4}")
    signs.append(f"start:{_kind(text[0])}")
    commas = sum(char in "，、,；;" for char in text)
    signs.append(f"commas:{min(commas, 2)}")
    if any(char in "。." for char in text[:-1]):
        signs.append("stop-inside")
    if " " in text or "\u3000" in text:
        signs.append("space")
    if line.vertical:
        signs.append("vertical")
    if line.indent:
        signs.append("indent")
    if times > 1:
        signs.append("repeated")
    if any(char in _FUNCTION_WORDS for char in text):
        signs.append("function")
    if marks.LATIN.match(text):
        signs.extend(_latin_signs(text))
    if line.gap:
        signs.append("gap")
    return signs


def _latin_signs(text: str) -> list[str]:
    words = text.split()
    capitals = sum(word[0].isupper() for word in words) / len(words)
    shape = "upper" if text.isupper() else "title" if capitals > 0.6 else "running"
    hyphen = ["hyphen"] if text.endswith("-") else []
    start = "Upper" if text[0].isupper() else "lower"
    return [f"shape:{shape}", f"case:{start}", f"words:{min(len(words), 9)}", *hyphen]


def _ending(text: str) -> str:
    if marks.FULL_STOP.search(text):
        return "stop"
    last = text[-1]
    for name, chars in (
        ("comma", "，、,"), ("colon", "：:；;"), ("close", "”’」』）)】》\""), ("dash", "—-–"),
    ):  # fmt: skip
        if last in chars:
            return name
    return _kind(last)


def _kind(char: str) -> str:
    if marks.HAN.match(char):
        return "han"
    if char.isdigit():
        return "digit"
    return "letter" if char.isalpha() else "other"


def _width_signs(lines: Sequence[Line], columns: Sequence[float], at: int) -> list[str]:
    line, column = lines[at], columns[at]
    short = column - line.width
    ratio = line.width / column
    em = max(-3, min(6, round(short)))
    share = min(13, int(ratio * 10))
    signs = [f"short:{em}", f"ratio:{share}"]
    alphabet = "latin" if marks.LATIN.match(line.text) else "han"
    signs.append(f"{alphabet}:ratio:{share}")
    for name, other in (("prev", at - 1), ("next", at + 1), ("prev2", at - 2), ("next2", at + 2)):
        if 0 <= other < len(lines):
            step = max(-4, min(4, round(lines[other].width - line.width)))
            signs.append(f"{name}:step:{step}")
            signs.append(f"{name}:ratio:{min(13, int(lines[other].width / column * 10))}")
    if at and columns[at - 1] != column:
        signs.append("column:turns" if abs(columns[at - 1] - column) > 1 else "column:drifts")
    signs.append(f"column:{min(int(column) // 4, 9)}")
    signs.append(f"short:{em}&{_ending(line.text)}")
    for name, other in (("prev", at - 1), ("next", at + 1)):
        if 0 <= other < len(lines):
            theirs = max(-3, min(6, round(column - lines[other].width)))
            gap = lines[max(at, other)].gap
            signs.append(f"{name}:pair:{em}:{theirs}:{'gap' if gap else 'run'}")
    if at:
        before = lines[at - 1]
        full = before.width >= columns[at - 1] * 0.93
        ends = _ending(before.text)
        signs.append(f"before:{'full' if full else 'short'}&{ends}&{'gap' if line.gap else 'run'}")
        signs.append(f"before:{'full' if full else 'short'}&{ends}&short:{em}")
    return signs


def _place_signs(lines: Sequence[Line], at: int) -> list[str]:
    signs: list[str] = []
    if at < 3:
        signs.append(f"from-top:{at}")
    if at >= len(lines) - 3:
        signs.append(f"from-end:{len(lines) - 1 - at}")
    return signs


def joins_of(lines: Sequence[Line]) -> list[str]:
    """Whether each line goes on in the middle of what the line before it broke off.

    The character that ends one line and the one that begins the next, set side by side, are a word
    that stands within some other line of the page; or they are not.
    """
    pairs: Counter[str] = Counter()
    for line in lines:
        text = line.text[:_LONGEST]
        pairs.update({text[at : at + 2] for at in range(len(text) - 1)})
    joins = ["start"]
    for one, other in pairwise(lines):
        across = one.text[-1] + other.text[0]
        if not marks.HAN.match(across[0]) or not marks.HAN.match(across[1]):
            joins.append("other")
        else:
            joins.append(f"word:{min(pairs[across], 2)}")
    return joins


def _join_signs(joins: Sequence[str], at: int) -> list[str]:
    following = joins[at + 1] if at + 1 < len(joins) else "end"
    return [f"joins:{joins[at]}", f"joined:{following}", f"joins:{joins[at]}&{following}"]


def _tie_signs(tie: Ties, usual: Sequence[float]) -> list[str]:
    """The text's ties across the line, ranked among the page's; the line's own, by size."""
    rank = bisect_left(usual, tie.across) * 10 // len(usual)
    here, there = max(tie.before, tie.after), tie.elsewhere
    side = "none" if here < 2 else "before" if tie.before > tie.after else "after"
    place = "none" if max(here, there) < 2 else "here" if here >= there else "there"
    return [
        f"across:{rank}",
        f"ties:{side}",
        f"place:{place}",
        f"after:{_size(tie.after)}",
        f"before:{_size(tie.before)}",
        f"elsewhere:{_size(tie.elsewhere)}",
        f"balance:{_size(tie.after)}-{_size(tie.before)}-{_size(tie.elsewhere)}",
    ]


def _size(value: float) -> int:
    return min(4, int(value / 6)) if value > 2 else -1


def _neighbour_signs(own: Sequence[Sequence[str]], at: int) -> list[str]:
    signs: list[str] = []
    for step in (-2, -1, 1, 2):
        other = at + step
        if 0 <= other < len(own):
            signs.extend(f"{step:+d}:{sign}" for sign in own[other] if _travels(sign, step))
    return signs


def _travels(sign: str, step: int) -> bool:
    return abs(step) == 1 or not sign.startswith(("len:", "words:"))
