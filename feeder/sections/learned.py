"""What topic an article is on, learned from invented articles: a linear model over its words.

Words are pairs of Chinese characters and the first letters of words in Latin script; traditional
characters count as their simplified ones. What a word weighs grows with the logarithm of how often
it stands there, and with its rarity; the titles count most, then the first sentences. Beside it
stand the word lists of `lexicon.toml`, each as one number. `training/sections.py` learns both and
wrote `model.npz`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from feeder.iptc import TOPICS
from feeder.model import Article
from feeder.sections.words import found_words, zones

Floats = NDArray[Any]
IDS = tuple(topic.id for topic in TOPICS)
STEM = 5
"""Letters of a word that count; a word of fewer than three counts not at all."""
IN_HEAD, IN_LEAD = 2.0, 1.0
"""What a word gains by standing in the titles, and in the first sentences."""
STEADY = 3.0
"""Keeps a single word of the lists from being taken for certain."""
LONGEST = 20_000
"""Characters of an article that are looked at; a newspaper page holds ten thousand."""
_WORD = re.compile(r"[a-z\u00df-\u024f]{3,}")
_CODES = 0x10000
_FIRST_HAN, _LAST_HAN = 0x4E00, 0x9FFF


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The words that the model knows, each with its row."""

    pairs: NDArray[np.int64]
    """Two characters in one number each, ascending: the first rows."""
    stems: dict[str, int]
    """The row of each word's beginning."""
    simple: NDArray[np.int64]
    """The simplified character of each code point below 0x10000; itself, if it has none."""
    rarity: Floats
    """A number a row: the logarithm of one to the share of articles that hold the word."""

    def word(self, row: int) -> str:
        """Return the word of a row, for people to read."""
        if row < len(self.pairs):
            return chr(int(self.pairs[row]) >> 16) + chr(int(self.pairs[row]) & 0xFFFF)
        return next(stem for stem, at in self.stems.items() if at == row)

    def rows(self, text: str) -> NDArray[np.int64]:
        """Return the rows of the text's words, in any order."""
        lowered = text.lower()
        pairs = self.pairs_of(lowered)
        if len(pairs) and len(self.pairs):
            at = np.minimum(self.pairs.searchsorted(pairs), len(self.pairs) - 1)
            known = at[self.pairs[at] == pairs]
        else:
            known = np.zeros(0, np.int64)
        stems = [
            row
            for word in _WORD.findall(lowered)
            if (row := self.stems.get(word[:STEM])) is not None
        ]
        return np.concatenate([known, np.array(stems, np.int64)])

    def pairs_of(self, text: str) -> NDArray[np.int64]:
        """Return the numbers of the text's pairs of Chinese characters, known or not."""
        data = text.encode("utf-32-le", "surrogatepass")
        codes = np.frombuffer(data, np.uint32).astype(np.int64)
        codes = self.simple[np.where(codes < _CODES, codes, 0)]
        han = (codes >= _FIRST_HAN) & (codes <= _LAST_HAN)
        beside = han[:-1] & han[1:]
        pairs: NDArray[np.int64] = (codes[:-1][beside] << 16) | codes[1:][beside]
        return pairs

    def weigh(self, article: Article) -> tuple[NDArray[np.int64], Floats]:
        """Return the rows of the article's words, ascending, and what each weighs."""
        head, lead, tail = (self.rows(zone[:LONGEST]) for zone in zones(article))
        weights = np.zeros(len(self.rarity), np.float32)
        text, counts = np.unique(np.concatenate([lead, tail]), return_counts=True)
        weights[text] = 1.0 + np.log(counts)
        weights[np.unique(lead)] += IN_LEAD
        weights[np.unique(head)] += IN_HEAD
        found = np.flatnonzero(weights)
        own = weights[found] * self.rarity[found]
        length = float(np.sqrt((own * own).sum()))
        weighed: Floats = own / length if length else own
        return found, weighed


def stems_of(text: str) -> list[str]:
    """Return what counts of the text's words in Latin script."""
    return [word[:STEM] for word in _WORD.findall(text.lower())]


@dataclass(frozen=True, kw_only=True)
class TopicModel:
    """The model: what each word and each word list says for each topic."""

    vocabulary: Vocabulary
    weights: Floats
    """(words, topics)"""
    lists: Floats
    """(topics, topics): what a topic's list says for each topic."""
    bias: Floats

    def scores(self, article: Article) -> Floats:
        """Return how likely the article is on each topic, in the order of `IDS`; they sum to 1."""
        found, own = self.vocabulary.weigh(article)
        score = own @ self.weights[found] + list_scores(article) @ self.lists + self.bias
        likely = np.exp(score - score.max())
        shares: Floats = likely / likely.sum()
        return shares

    def reasons(self, article: Article, topic: int) -> list[tuple[str, float]]:
        """Return the words that spoke for the topic, and how much, the weightiest first.

        Word lists speak by their words as printed; the others are pairs of characters and stems.
        """
        found, own = self.vocabulary.weigh(article)
        spoken = own * (self.weights[found, topic] - self.weights[found].mean(axis=1))
        reasons = {
            self.vocabulary.word(int(found[at])): float(spoken[at])
            for at in np.argsort(-spoken)[:_MOST_REASONS]
            if spoken[at] > 0
        }
        words = found_words(article, lexicon())[topic]
        scale = float(self.lists[topic, topic] - self.lists[topic].mean()) / (
            _length(article) + STEADY
        )
        for word, weight in words.items():
            reasons[word] = reasons.get(word, 0.0) + weight * scale
        return sorted(reasons.items(), key=lambda pair: -pair[1])


_MOST_REASONS = 20


def list_scores(article: Article) -> Floats:
    """Return what the word lists say, a number a topic, as long as 1 together at the most."""
    sums = np.array([sum(words.values()) for words in found_words(article, lexicon())], np.float32)
    shares: Floats = sums / (float(np.sqrt((sums * sums).sum())) + STEADY)
    return shares


def _length(article: Article) -> float:
    sums = [sum(words.values()) for words in found_words(article, lexicon())]
    return float(np.sqrt(sum(one * one for one in sums)))


@cache
def lexicon() -> tuple[tuple[str, ...], ...]:
    """Return the word lists, in the order of `IDS`."""
    text = resources.files("feeder.sections").joinpath("lexicon.toml").read_text(encoding="utf-8")
    lists = tomllib.loads(text)
    return tuple(tuple(lists[id_]) for id_ in IDS)


@cache
def load_model() -> TopicModel:
    """Return the model that ships."""
    with resources.files("feeder.sections").joinpath("model.npz").open("rb") as file:
        return read_model(file)


def read_model(file: IO[bytes]) -> TopicModel:
    """Return the model in a file that `training/sections.py` wrote."""
    with np.load(file, allow_pickle=False) as held:
        rows = len(held["pairs"])
        stems = bytes(held["stems"]).decode("utf-8").split("\n")
        return TopicModel(
            vocabulary=Vocabulary(
                pairs=held["pairs"].astype(np.int64),
                stems={stem: rows + at for at, stem in enumerate(stems) if stem},
                simple=simple_table(held["traditional"], held["simple"]),
                rarity=held["rarity"].astype(np.float32),
            ),
            weights=held["weights"].astype(np.float32) * held["scale"].astype(np.float32),
            lists=held["lists"].astype(np.float32),
            bias=held["bias"].astype(np.float32),
        )


def simple_table(traditional: Sequence[int] | Floats, simple: Sequence[int] | Floats) -> Floats:
    """Return the simplified character of each code point below 0x10000."""
    table = np.arange(_CODES, dtype=np.int64)
    table[np.asarray(traditional, np.int64)] = np.asarray(simple, np.int64)
    return table
