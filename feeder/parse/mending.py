"""Lines as they were printed: what an extractor cut in two is joined, what it ran together parted.

A justified line with wide word spaces comes as one line a word from some extractors, and from some
of those its words come in another order; others break a Chinese line where marks close up, or put
the titles of two articles on one line. `docs/notes/0011-extractors.md` has how often.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from feeder.parse import marks
from feeder.parse.text import join_two, width

if TYPE_CHECKING:
    from feeder.parse.lines import Line

_WINDOW = 10
"""Lines on either side from which the width of a column is told."""
_FULL_SHARE = 75
"""The percentile of the lines' widths that is the column's: some are short, few are too wide."""
_SHORT = 0.85
"""Of the column's width: what is narrower may be a part of a line."""
_FITS, _FITS_HAN = 1.04, 0.7
"""How wide a joined line may be: of the column's width; in ems above it."""
_FULL_HAN = 1.2
"""Ems by which a joined Chinese line may be narrower than its column."""
_INDENT = 2.0
_WORD_SPACE = 0.25
_MARK_ROOM = 1.6
"""Ems above the column's width that a line may take when what it gains is a closing mark."""
_ENOUGH_CUTS, _MANY_CUTS = 3, 8
"""Cut lines that a page must show before less certain ones are joined, and quite uncertain ones."""
_COMMAS = "，、；"
_MOST_APART = 0.2
"""The share of words on lines of their own before which a blank line may stand."""
_MOST_OPEN = 0.5
"""The share of lines that may end with a space for it to mean anything."""
_REACH = 4
"""Lines after which a word that waits for the rest of its line is given up."""
_LONGEST_RUN = 24
_LEAST_TITLE = 4
"""Chinese characters on both sides of a space between two titles."""
_WIDEST_TITLES = 60.0
_NO_START = re.compile(r"[，。、；：！？,;:!?”’」』）》〉】〕］…·％%]")
_CLOSES_UP = re.compile(r"[，、；：。！？”’」』）》〉】…]$")
_ENDS = re.compile(r"[.!?:;][”’)\]\"'»]*$|[。！？!?…；：][”’」』）)\]】\"']*$")
_SPACES = re.compile(r"(?<=\S)[ \u00a0]{2,}(?=\S)")
_HAN_SPACE = re.compile(rf"(?<=[{marks.CJK}！？”」』》）\d%]) (?=[{marks.CJK}“「『《（\d])")


def mended(pieces: Sequence[Line]) -> list[Line]:
    """Return the lines as they were printed, as far as that can be told; no letter is lost."""
    evened = [_evened(piece) for piece in pieces]
    whole = [part for piece in evened for part in _at_hyphens(piece)]
    parted = [part for piece in whole for part in _parted(piece)]
    return _words_joined(_marks_joined(parted))


def _evened(piece: Line) -> Line:
    """Without the doubled spaces of a justified line."""
    if "  " not in piece.text and "\u00a0" not in piece.text:
        return piece
    doubled = len(_SPACES.findall(piece.text))
    single = piece.text.count(" ") - sum(map(len, _SPACES.findall(piece.text)))
    if doubled <= single:
        return piece
    text = _SPACES.sub(" ", piece.text)
    return replace(piece, text=text, width=width(text))


def _at_hyphens(piece: Line) -> Iterator[Line]:
    """Two printed lines that were made one where a word had been divided."""
    if "\u00ad" not in piece.text[:-1]:
        yield piece
        return
    texts = re.split("(?<=\u00ad)", piece.text)
    for at, text in enumerate(text for text in texts if text):
        yield replace(piece, text=text, width=width(text), gap=piece.gap and not at)


def _parted(piece: Line) -> Iterator[Line]:
    """Two titles, or a title and a label, that were put on one line."""
    gaps = [match.span() for match in _SPACES.finditer(piece.text)] or [
        match.span() for match in _HAN_SPACE.finditer(piece.text)
    ]
    no_titles = marks.EDITORS.search(piece.text) or marks.BYLINE_LINE_ZH.match(piece.text)
    if not gaps or len(gaps) > 2 or no_titles or piece.vertical or piece.width > _WIDEST_TITLES:
        yield piece
        return
    bounds = [0, *(place for gap in gaps for place in gap), len(piece.text)]
    texts = [piece.text[bounds[at] : bounds[at + 1]] for at in range(0, len(bounds), 2)]
    if any(len(text) < _LEAST_TITLE for text in texts) or _ENDS.search(texts[-1]):
        yield piece
        return
    for at, text in enumerate(texts):
        yield replace(
            piece, text=text, width=width(text), gap=piece.gap and not at,
            open=piece.open and at == len(texts) - 1,
        )  # fmt: skip


def _columns(pieces: Sequence[Line]) -> list[float]:
    """The width of the column about each line, in ems."""
    widths = np.array([piece.width for piece in pieces])
    padded = np.pad(widths, _WINDOW, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _WINDOW + 1)
    # What numpy's nanpercentile gives; that goes row by row and takes a third of all reading.
    ordered = np.sort(windows, axis=1)
    place = (np.count_nonzero(~np.isnan(ordered), axis=1) - 1) * _FULL_SHARE / 100
    below = place.astype(int)
    at = np.arange(len(pieces))
    low, high = ordered[at, below], ordered[at, np.ceil(place).astype(int)]
    columns: list[float] = (low + (high - low) * (place - below)).tolist()
    return columns


def _marks_joined(pieces: list[Line]) -> list[Line]:
    """Chinese lines put together that were cut where marks close up."""
    if not any(marks.HAN.search(piece.text) for piece in pieces):
        return pieces
    columns = _columns(pieces)
    sure = sum(
        _is_cut(one, other, column) and one.text[-1] in _COMMAS
        for one, other, column in zip(pieces, pieces[1:], columns, strict=False)
    )
    joined: list[Line] = []
    for at, piece in enumerate(pieces):
        column = columns[at]
        if joined and not piece.vertical and not joined[-1].vertical:
            one = joined[-1]
            room = column + _MARK_ROOM - one.width - piece.width
            starts_with_mark = bool(_NO_START.match(piece.text)) and not piece.gap
            enough = _ENOUGH_CUTS if one.text[-1] in _COMMAS else _MANY_CUTS
            if (starts_with_mark and room >= 0) or (
                sure >= enough and _is_cut(one, piece, column)
                and not (_ENDS.search(one.text) and _may_open(piece, column))
            ):  # fmt: skip
                joined[-1] = _joined(one, piece)
                continue
        joined.append(piece)
    return joined


def _is_cut(one: Line, other: Line, column: float) -> bool:
    """Whether two lines fill the column together, and the first ends where marks close up."""
    both = one.width + other.width
    return (
        not other.gap and not marks.CREDIT_ZH.match(other.text)
        and not marks.BYLINE_IN_BRACKETS.match(other.text)
        and bool(_CLOSES_UP.search(one.text)) and bool(marks.HAN.search(one.text))
        and column - _FULL_HAN <= both <= column + _FITS_HAN
    )  # fmt: skip


def _may_open(piece: Line, column: float) -> bool:
    """Whether the line has the width of a paragraph's first."""
    return abs(piece.width + _INDENT - column) < _FITS_HAN


def _joined(one: Line, other: Line) -> Line:
    text = join_two(one.text, other.text) if marks.LATIN.search(one.text) else one.text + other.text
    return replace(
        one, text=text, numbers=(*one.numbers, *other.numbers), open=other.open, width=width(text)
    )


def _words_joined(pieces: list[Line]) -> list[Line]:
    """Lines of an alphabet put together that were cut at their wide word spaces."""
    if not any(_is_latin(piece) for piece in pieces):
        return pieces
    page = _Cuts(
        columns=_columns(pieces),
        open_tells=sum(piece.open for piece in pieces) <= _MOST_OPEN * len(pieces),
        words_in_order=_has_words_in_order(pieces),
    )
    joined: list[Line] = []
    at = 0
    while at < len(pieces):
        end = _end_of_run(pieces, at, page)
        joined += _packed(pieces[at:end], page.columns[at], page) if end > at + 1 else [pieces[at]]
        at = end
    return joined


def _is_latin(piece: Line) -> bool:
    return bool(marks.LATIN.search(piece.text)) and not marks.HAN.search(piece.text)


@dataclass(frozen=True, kw_only=True)
class _Cuts:
    """How the lines of a page were cut."""

    columns: Sequence[float]
    open_tells: bool
    """Whether a space at a line's end tells that the printed line goes on."""
    words_in_order: bool
    """Whether words on lines of their own may be joined as they stand."""

    def goes_on(self, piece: Line) -> bool:
        """Whether the piece's printed line surely goes on."""
        return self.open_tells and piece.open


def _has_words_in_order(pieces: Sequence[Line]) -> bool:
    """Whether the page's lines were cut to words that still stand as they were printed.

    Where blank lines stand among them, the extractor went by their places on the page, and only a
    reader can tell their order.
    """
    cut = sum(_are_words(one, other) for one, other in pairwise(pieces))
    words = [piece for piece in pieces if " " not in piece.text and piece.text[0].islower()]
    apart = sum(piece.gap for piece in words)
    return cut >= _ENOUGH_CUTS and apart <= _MOST_APART * len(words)


def _are_words(one: Line, other: Line) -> bool:
    """Whether two lines are each a word, one of them at least no name and no label."""
    return (
        not other.gap and " " not in one.text and " " not in other.text
        and (one.text[0].islower() or other.text[0].islower())
        and one.text.isalpha()
    )  # fmt: skip


def _end_of_run(pieces: Sequence[Line], at: int, page: _Cuts) -> int:
    """Where the parts of cut lines end that begin here; right after this line if it is none."""
    end = at + 1
    if not _is_latin(pieces[at]):
        return end
    while end < len(pieces) and end - at < _LONGEST_RUN and _is_latin(pieces[end]):
        one, other, column = pieces[end - 1], pieces[end], page.columns[end]
        belongs = page.goes_on(one) or (
            page.goes_on(other) and one.width < _SHORT * column and not _ENDS.search(one.text)
        )
        by_word = page.words_in_order and _is_cut_word(one, other, column)
        if other.gap or not (belongs or by_word):
            break
        end += 1
    return end


def _is_cut_word(one: Line, other: Line, column: float) -> bool:
    """Whether a word stands alone that would have had room on one line with its neighbour."""
    if other.gap or (" " in one.text and " " in other.text):
        return False
    if _ENDS.search(one.text) and not other.text[0].islower():
        return False
    small = one.text.rsplit(" ", 1)[-1][0].islower() or other.text[0].islower()
    return small and one.width + other.width + _WORD_SPACE <= _FITS * column


@dataclass(kw_only=True)
class _Printed:
    """A printed line in the making: parts that others must follow, and the one that ends it."""

    parts: list[Line]
    ended: bool

    def takes(self, pieces: Sequence[Line], column: float) -> bool:
        """Whether the column is wide enough for these as well."""
        wide = sum(part.width + _WORD_SPACE for part in (*self.parts, *pieces))
        return wide - _WORD_SPACE <= _FITS * column


def _packed(run: Sequence[Line], column: float, page: _Cuts) -> list[Line]:
    """The parts of a run put together to printed lines, each as full as it may be.

    A part that ends with a space has others after it on its line; the one that has none ends it.
    Where the extractor printed the end first, what is left over goes before it.
    """
    spaces_tell = any(map(page.goes_on, run))
    lines: list[_Printed] = []
    for piece in run:
        now = lines[-1] if lines else None
        fits = now is not None and now.takes([piece], column)
        if now and fits and not now.ended:
            now.parts.append(piece)
            now.ended = not page.goes_on(piece)
        elif now and fits and not spaces_tell and _is_cut_word(now.parts[-1], piece, column):
            now.parts.append(piece)
        else:
            lines.append(_Printed(parts=[piece], ended=not page.goes_on(piece)))
    if spaces_tell:
        lines = _left_overs_home(lines, column)
    return [_whole(line) for line in lines]


def _left_overs_home(lines: Sequence[_Printed], column: float) -> list[_Printed]:
    """Parts whose end was printed before them, put before it: a capital first, else just before."""
    kept: list[_Printed] = []
    for line in lines:
        homes = (one for one in reversed(kept[-_REACH:]) if one.takes(line.parts, column))
        home = None if line.ended else next(homes, None)
        if home is None:
            kept.append(line)
        else:
            begins = line.parts[0].text[0].isupper() or len(home.parts) == 1
            place = 0 if begins else len(home.parts) - 1
            home.parts[place:place] = line.parts
    return kept


def _whole(line: _Printed) -> Line:
    whole = line.parts[0]
    for part in line.parts[1:]:
        whole = _joined(whole, part)
    return replace(whole, gap=any(part.gap for part in line.parts))
