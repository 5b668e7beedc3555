"""What changed from one text of an article to the next, in pieces that can be read.

Two articles → their parts → paragraphs aligned → tokens compared → crumbs folded → shortened.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import Match, SequenceMatcher
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple
from unicodedata import category

from feeder import phrases
from feeder.model import Article, Entry
from feeder.text import publishable

MOST_STEPS = 4_000_000
"""What comparing may cost a page, in tokens looked at: .3 s. A correction of a few words takes some
hundreds."""

# Chinese and Japanese have no spaces: a letter each. What changes as a whole: a figure, in Arabic
# or Chinese numerals, and a word of a script that has spaces.
_UNSPACED = (
    "\u2e80-\u303f\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_NUMERALS = "〇零一二三四五六七八九十百千万萬亿億两兩"
_LETTER = rf"[^\W\d_{_UNSPACED}][\u0300-\u036f]*"
_TOKEN = re.compile(
    rf"\d+(?:[.,:：]\d+)*[%％‰]?|[{_NUMERALS}]{{2,}}"
    rf"|(?:{_LETTER})(?:{_LETTER}|\d)*(?:['’\-](?:{_LETTER}|\d)+)*|\s+|.",
    re.DOTALL,
)
_CRUMB_WORDS, _CRUMB_TOKENS = 4, 9
"""What is kept between two changes at least as long is read with them, up to so much."""
_LEAST_KEPT = 0.25
"""Of the letters of the longer text; below that it was written anew."""
_ALIKE = 0.4
"""Words that two paragraphs must share to be one, changed. Two paragraphs of the example pages
share .24 at the 99th percentile, .33 at the most but for two days' forecasts (.48, .74)."""
_CONTEXT = 40
"""Letters shown on either side of a change."""
_LEAST_SKIPPED = 30
"""Fewer letters are not worth a gap."""


class Mark(StrEnum):
    """What became of a piece or a paragraph."""

    KEPT = "kept"
    SKIPPED = "skipped"  # kept, and left out where it is shown
    REMOVED = "removed"
    ADDED = "added"
    CHANGED = "changed"  # a paragraph of which pieces were removed or added
    MOVED_AWAY = "moved_away"  # a paragraph that now stands elsewhere
    MOVED_HERE = "moved_here"


_WHOLE = frozenset((Mark.REMOVED, Mark.ADDED, Mark.MOVED_AWAY, Mark.MOVED_HERE))


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A run of a paragraph's letters."""

    mark: Mark
    text: str


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A paragraph of the older text, the newer one or both."""

    mark: Mark
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of an article that changed."""

    name: str
    """As in `feeder.phrases`: headline, kicker, deck, credit, byline, body or captions."""
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, kw_only=True)
class Correction:
    """When an article was corrected, and what changed."""

    time: dt.datetime
    parts: tuple[Part, ...]


class Work:
    """The steps left for comparing one page's texts."""

    def __init__(self, steps: int = MOST_STEPS) -> None:
        """Allow so many steps."""
        self.left = steps

    def takes(self, steps: int) -> bool:
        """Return whether the steps are allowed; if so, they are spent."""
        if steps > self.left:
            return False
        self.left -= steps
        return True


class _Run(NamedTuple):
    """Tokens, or paragraphs, in their order: the same in both texts, or one's for the other's."""

    kept: bool
    old: tuple[str, ...]
    new: tuple[str, ...]


class _Matcher(SequenceMatcher[str]):
    """difflib's, which finds no more matches once the work is spent: it can take cubic time."""

    def __init__(self, old: Sequence[str], new: Sequence[str], work: Work) -> None:
        super().__init__(None, old, new, autojunk=False)
        self._work = work
        # difflib looks at each place in the newer text where a token of the older one stands.
        places = Counter(new)
        self._steps = [0, *accumulate(1 + places[token] for token in old)]

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        """Return the longest match, or an empty one when the work left does not do."""
        end = len(self._steps) - 1 if ahi is None else ahi
        if not self._work.takes(self._steps[end] - self._steps[alo]):
            return Match(alo, blo, 0)
        return super().find_longest_match(alo, ahi, blo, bhi)


def corrections(entry: Entry, work: Work | None = None) -> tuple[Correction, ...]:
    """Return an entry's corrections, the newest first, each with the parts that changed.

    What feeder read better, or put together from its parts, the paper did not correct.
    One that changed no word a reader can see is none. The newest are compared most closely, if the
    work does not do for all: what is not compared is shown as written anew.
    """
    allowed = work or Work()
    articles = [*(revision.article for revision in entry.revisions), entry.article]
    made = (
        Correction(
            time=revision.replaced, parts=_parts(revision.article, new, entry.language, allowed)
        )
        for revision, new in zip(entry.revisions[::-1], articles[:0:-1], strict=True)
        if revision.corrected
    )
    return tuple(correction for correction in made if correction.parts)


def compare_paragraphs(old: Sequence[str], new: Sequence[str], work: Work) -> tuple[Paragraph, ...]:
    """Return the paragraphs of both texts in one order.

    Those that are not added or moved here make up the older text, those that are not removed or
    moved away the newer one.
    """
    runs = tuple(_runs(old, new, work))
    loose = [run for run in runs if not run.kept]
    moved = {text for run in loose for text in run.old} & {
        text for run in loose for text in run.new
    }
    return tuple(paragraph for run in runs for paragraph in _paragraphs(run, moved, work))


def compare(old: str, new: str, work: Work) -> tuple[Piece, ...]:
    """Return the pieces of both texts in one order; one written anew is removed and added whole."""
    runs = _readable(_runs(_TOKEN.findall(old), _TOKEN.findall(new), work))
    kept = sum(len("".join(run.old)) for run in runs if run.kept)
    if kept < _LEAST_KEPT * max(len(old), len(new)):
        runs = [_Run(kept=False, old=(old,), new=(new,))]
    return tuple(piece for run in runs for piece in _pieces(run))


def shorten(paragraphs: Sequence[Paragraph]) -> tuple[Paragraph, ...]:
    """Return the paragraphs with what was kept skipped but for a few words beside each change.

    A change within a paragraph has its words there, one of a whole paragraph in its neighbours.
    """
    whole = [False, *(paragraph.mark in _WHOLE for paragraph in paragraphs), False]
    return tuple(
        _shortened(paragraph, opening=whole[at], ending=whole[at + 2])
        for at, paragraph in enumerate(paragraphs)
    )


def _parts(old: Article, new: Article, language: str, work: Work) -> tuple[Part, ...]:
    before, after = _texts(old, language), _texts(new, language)
    return tuple(
        Part(name=name, paragraphs=shorten(compare_paragraphs(before[name], after[name], work)))
        for name in before
        if before[name] != after[name]
    )


def _texts(article: Article, language: str) -> dict[str, list[str]]:
    """The article's parts in the page's order, as readers see them.

    A paragraph that becomes a crosshead says what it said.
    """
    parts = {
        "kicker": (article.kicker,),
        "headline": (article.headline,),
        "deck": (article.deck,),
        "credit": (article.credit,),
        "byline": (phrases.byline(replace(article, credit=None), language),),
        "body": tuple(item.text for item in article.body),
        "captions": article.captions,
    }
    return {
        name: [seen for text in texts if (seen := publishable(text or "").strip())]
        for name, texts in parts.items()
    }


def _runs(old: Sequence[str], new: Sequence[str], work: Work) -> Iterator[_Run]:
    """The runs of both in their order; what opens and what ends both costs next to nothing."""
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    middle, other = old[head : len(old) - tail], new[head : len(new) - tail]
    if head:
        yield _Run(kept=True, old=tuple(old[:head]), new=tuple(new[:head]))
    matcher = _Matcher(middle, other, work)
    for tag, start, stop, begin, end in matcher.get_opcodes():
        yield _Run(kept=tag == "equal", old=tuple(middle[start:stop]), new=tuple(other[begin:end]))
    if tail:
        yield _Run(kept=True, old=tuple(old[-tail:]), new=tuple(new[-tail:]))


def _shared(old: Sequence[str], new: Sequence[str]) -> int:
    """How many of the first are the same."""
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))


def _readable(runs: Iterator[_Run]) -> list[_Run]:
    """The runs without crumbs: a letter kept between two changes reads worse than one change."""
    done: list[_Run] = []
    for run in runs:
        done.append(run)
        while len(done) > 2 and _is_crumb(*done[-3:]):
            first, crumb, last = done[-3:]
            done[-3:] = [
                _Run(
                    kept=False,
                    old=first.old + crumb.old + last.old,
                    new=first.new + crumb.new + last.new,
                )
            ]
    return done


def _is_crumb(before: _Run, run: _Run, after: _Run) -> bool:
    if before.kept or not run.kept or after.kept or len(run.old) > _CRUMB_TOKENS:
        return False
    around = min(max(_words(one.old), _words(one.new)) for one in (before, after))
    return _words(run.old) <= max(1, min(_CRUMB_WORDS, around))


def _words(tokens: tuple[str, ...]) -> int:
    """How many words, letters or signs the first tokens are; more are not asked for."""
    return sum(category(token[0])[0] in "LNS" for token in tokens[:_CRUMB_TOKENS])


def _pieces(run: _Run) -> Iterator[Piece]:
    if run.kept:
        yield Piece(mark=Mark.KEPT, text="".join(run.old))
        return
    for mark, tokens in ((Mark.REMOVED, run.old), (Mark.ADDED, run.new)):
        if text := "".join(tokens):
            yield Piece(mark=mark, text=text)


def _paragraphs(run: _Run, moved: set[str], work: Work) -> Iterator[Paragraph]:
    if run.kept:
        yield from (_whole(Mark.KEPT, text) for text in run.old)
        return
    for old, new in _aligned(run, moved, work):
        if old is not None and new is not None:
            yield Paragraph(mark=Mark.CHANGED, pieces=compare(old, new, work))
        elif old is not None:
            yield _whole(Mark.MOVED_AWAY if old in moved else Mark.REMOVED, old)
        elif new is not None:
            yield _whole(Mark.MOVED_HERE if new in moved else Mark.ADDED, new)


def _whole(mark: Mark, text: str) -> Paragraph:
    piece = {Mark.MOVED_AWAY: Mark.REMOVED, Mark.MOVED_HERE: Mark.ADDED}.get(mark, mark)
    return Paragraph(mark=mark, pieces=(Piece(mark=piece, text=text),))


_Pair = tuple[str | None, str | None]


def _aligned(run: _Run, moved: set[str], work: Work) -> list[_Pair]:
    """Each older paragraph beside the newer one it became, or beside none; in both orders.

    The alignment with the most likeness; where that is too much work, the first beside the first.
    """
    olds, news = _bags(run.old, moved), _bags(run.new, moved)
    olds_tokens, news_tokens = sum(map(len, olds)), sum(map(len, news))
    if not work.takes(len(olds) * (len(news) + news_tokens) + len(news) * olds_tokens):
        return _in_turn(run, olds, news)
    likeness = [[_likeness(old, new) for new in news] for old in olds]
    return _best(run, likeness)


def _bags(texts: Sequence[str], moved: set[str]) -> list[Counter[str]]:
    """Each text's words; none of one that has moved, which is like no other."""
    return [Counter() if text in moved else _bag(text) for text in texts]


def _bag(text: str) -> Counter[str]:
    """The words; between them stand the same spaces and commas in any two texts."""
    return Counter(token for token in _TOKEN.findall(text) if token[0].isalnum())


def _likeness(old: Counter[str], new: Counter[str]) -> float:
    """The share of words that both have, 0 to 1; 0 for two that are not one."""
    shared = 2 * (old & new).total() / ((old.total() + new.total()) or 1)
    return shared if shared >= _ALIKE else 0.0


def _in_turn(run: _Run, olds: Sequence[Counter[str]], news: Sequence[Counter[str]]) -> list[_Pair]:
    pairs: list[_Pair] = []
    for old, new, *bags in zip(run.old, run.new, olds, news, strict=False):
        pairs += [(old, new)] if _likeness(*bags) else [(old, None), (None, new)]
    common = min(len(olds), len(news))
    pairs += [(old, None) for old in run.old[common:]]
    return pairs + [(None, new) for new in run.new[common:]]


def _best(run: _Run, likeness: Sequence[Sequence[float]]) -> list[_Pair]:
    """The pairs of the most likeness in all that cross nowhere."""
    rows, columns = len(run.old), len(run.new)
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for row in reversed(range(rows)):
        for column in reversed(range(columns)):
            best[row][column] = max(
                best[row + 1][column],
                best[row][column + 1],
                best[row + 1][column + 1] + likeness[row][column],
            )
    pairs: list[_Pair] = []
    row = column = 0
    while row < rows or column < columns:
        if row == rows:
            pairs.append((None, run.new[column]))
            column += 1
        elif column == columns or best[row][column] == best[row + 1][column]:
            pairs.append((run.old[row], None))
            row += 1
        elif best[row][column] == best[row][column + 1]:
            pairs.append((None, run.new[column]))
            column += 1
        else:
            pairs.append((run.old[row], run.new[column]))
            row, column = row + 1, column + 1
    return pairs


def _shortened(paragraph: Paragraph, *, opening: bool, ending: bool) -> Paragraph:
    if paragraph.mark is Mark.CHANGED:
        last = len(paragraph.pieces) - 1
        pieces = (
            shown
            for at, piece in enumerate(paragraph.pieces)
            for shown in _cut(piece, opening=at > 0, ending=at < last)
        )
        return replace(paragraph, pieces=tuple(pieces))
    if paragraph.mark is not Mark.KEPT:
        return paragraph
    if not opening and not ending:
        return _whole(Mark.SKIPPED, paragraph.pieces[0].text)
    return replace(paragraph, pieces=_cut(paragraph.pieces[0], opening=opening, ending=ending))


def _cut(piece: Piece, *, opening: bool, ending: bool) -> tuple[Piece, ...]:
    """The piece with no more than its opening and its ending shown, cut between words."""
    text = piece.text
    room = _CONTEXT * (opening + ending)
    if piece.mark is not Mark.KEPT or len(text) < room + _LEAST_SKIPPED:
        return (piece,)
    ends = [0, *accumulate(map(len, _TOKEN.findall(text)))]
    start = next(end for end in ends if end >= _CONTEXT) if opening else 0
    stop = max(end for end in ends if end <= len(text) - _CONTEXT) if ending else len(text)
    if start >= stop:
        return (piece,)
    shown = (
        Piece(mark=Mark.KEPT, text=text[:start]),
        Piece(mark=Mark.SKIPPED, text=text[start:stop]),
        Piece(mark=Mark.KEPT, text=text[stop:]),
    )
    return tuple(each for each in shown if each.text)
