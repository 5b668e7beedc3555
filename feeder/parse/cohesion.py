"""Where the words change: how much the text before a line shares with the text after it.

Inside an article the same rare terms come again; across a boundary they do not. And a line set
apart shares more with the text it heads than with what only happens to stand beside it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from feeder.parse.lines import Line
from feeder.parse.terms import Terms, terms_of

_REACH = 9
"""Lines on either side that are compared."""
_STEP = 4
"""Every how many lines a window begins among which a line's fit elsewhere is sought."""
_COMMON = 24
"""Terms that stand in more lines than this tell nothing of where a line belongs."""


@dataclass(frozen=True, kw_only=True)
class Ties:
    """What ties a line to the text around it; all 0 where nothing is shared."""

    across: float
    """What the text before the line shares with the text from it on."""
    before: float
    """What the line shares with the text before it."""
    after: float
    """What the line shares with the text after it."""
    elsewhere: float
    """The most that the line shares with any stretch of the page that is not beside it."""


def ties_of(lines: Sequence[Line]) -> list[Ties]:
    """Return the ties of each line."""
    terms = [terms_of(line.text) for line in lines]
    weights = _weights(terms)
    heads = [_window(terms, max(0, at - _REACH), at) for at in range(len(lines) + 1)]
    standing = _standing(terms, weights)
    ties = []
    for at, own in enumerate(terms):
        tail = _window(terms, at, at + _REACH)
        after = _window(terms, at + 1, at + 1 + _REACH)
        ties.append(
            Ties(
                across=_shared(heads[at], tail, weights),
                before=_shared(own, heads[at], weights),
                after=_shared(own, after, weights),
                elsewhere=_best_elsewhere(own, at, standing, weights),
            )
        )
    return ties


def _weights(terms: Sequence[Terms]) -> dict[str, float]:
    """How much each term tells: by its kind, and by how few of the page's lines hold it."""
    within: Counter[str] = Counter()
    kinds: Terms = {}
    for own in terms:
        within.update(own.keys())
        kinds.update(own)
    count = len(terms)
    return {
        term: kinds[term] * math.log(count / lines) for term, lines in within.items() if lines > 1
    }


def _window(terms: Sequence[Terms], start: int, end: int) -> frozenset[str]:
    return frozenset(term for own in terms[start:end] for term in own)


def _shared(one: Terms | frozenset[str], other: frozenset[str], weights: dict[str, float]) -> float:
    return sum(weights.get(term, 0.0) for term in one if term in other)


def _standing(terms: Sequence[Terms], weights: dict[str, float]) -> dict[str, list[int]]:
    """In which lines each telling term stands; what stands everywhere is left out."""
    standing: dict[str, list[int]] = {}
    for at, own in enumerate(terms):
        for term in own:
            if term in weights:
                standing.setdefault(term, []).append(at)
    return {term: lines for term, lines in standing.items() if len(lines) <= _COMMON}


def _best_elsewhere(
    own: Terms, at: int, standing: dict[str, list[int]], weights: dict[str, float]
) -> float:
    """The most weight that any window of the page, away from the line, holds of its terms."""
    found: dict[int, float] = {}
    for term in own:
        windows = {
            window
            for line in standing.get(term, ())
            if abs(line - at) > _REACH
            for window in range(max(0, line - _REACH + 1) // _STEP, line // _STEP + 1)
        }
        for window in windows:
            found[window] = found.get(window, 0.0) + weights[term]
    return max(found.values(), default=0.0)
