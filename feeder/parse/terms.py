"""What two texts share: terms weighted by how rare they are on the page.

A headline is tied to its body by what they share. Single characters, pairs and triples of them
count in Chinese, words and pairs of words in an alphabet; each by its rarity among the page's
bodies, the sum over the body's length to the power of a quarter. On 190 composed pages that finds
the right body for 96% of headlines in simplified Chinese, 100% in traditional, 98% in English.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from feeder.parse.marks import CJK

_TOKEN = re.compile(rf"[{CJK}]|[^\W\d_{CJK}]+|\d+(?:[.,]\d+)*")
_STEM = 5
"""Letters of a word that count: strike, strikes and striking are one."""
_WEIGHTS = (0.35, 1.0, 1.6)
"""Of one token, two and three in a row."""
_WORD = 1.2
"""Of a single word of an alphabet or a number: it says as much as two characters."""
_LENGTH_POWER = 0.25
_ENOUGH = 20_000
"""Characters of a text that are looked at; no article of a newspaper page is longer."""

Terms = dict[str, float]


def terms_of(text: str) -> Terms:
    """Return the terms of a text and how much each says by itself."""
    folded = unicodedata.normalize("NFKC", text[:_ENOUGH]).lower()
    tokens = [
        token if len(token) < 2 or token[0].isdigit() else token[:_STEM]
        for token in _TOKEN.findall(folded)
    ]
    terms: Terms = {}
    for at, token in enumerate(tokens):
        if len(token) > 1 or not token.isascii():
            terms[token] = _WORD if len(token) > 1 else _WEIGHTS[0]
        if at + 1 < len(tokens):
            terms[f"{token} {tokens[at + 1]}"] = _WEIGHTS[1]
        if at + 2 < len(tokens):
            terms[f"{token} {tokens[at + 1]} {tokens[at + 2]}"] = _WEIGHTS[2]
    return terms


class Rarity:
    """How much each term tells among the texts of one page."""

    def __init__(self, texts: Sequence[Terms]) -> None:
        self._count = len(texts)
        self._within: Counter[str] = Counter()
        for text in texts:
            self._within.update(text.keys())

    def shared(self, one: Terms, other: Terms) -> float:
        """Return the weight of what both hold; terms that stand in every text weigh nothing."""
        if len(other) < len(one):
            one, other = other, one
        return sum(weight * self._weight(term) for term, weight in one.items() if term in other)

    def fit(self, title: Terms, body: Terms) -> float:
        """Return how well the title fits the body; long bodies hold more by chance."""
        return self.shared(title, body) / max(len(body), 1) ** _LENGTH_POWER if body else 0.0

    def tie(self, one: Terms, other: Terms) -> float:
        """Return how much two stretches of body share, over the root of the shorter's length."""
        shorter = min(len(one), len(other))
        return self.shared(one, other) / shorter**0.5 if shorter else 0.0

    def _weight(self, term: str) -> float:
        return (
            math.log((self._count + 1) / (self._within.get(term, 0) + 0.5)) if self._count else 0.0
        )


def share_held(title: Terms, body: Terms) -> float:
    """Return the share of the title's terms, by weight, that the body holds, 0 to 1."""
    whole = sum(title.values())
    held = sum(weight for term, weight in title.items() if term in body)
    return held / whole if whole else 0.0


def union(many: Iterable[Terms]) -> Terms:
    """Return the terms of all the texts together."""
    together: Terms = {}
    for terms in many:
        together.update(terms)
    return together
