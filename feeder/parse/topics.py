"""What a stretch of text is about, as numbers: stretches about one thing point one way.

Two stretches of an article may share no word. Which words keep company was counted over the bank
of invented articles (latent semantic analysis: the words' places in the leading singular vectors
of the table of words and articles; Deerwester et al., 1990); `topics.npz` holds a row of numbers
for each pair of Chinese characters and each word's beginning that many articles share, and
`training/topics.py` wrote it. Traditional characters are looked up as their simplified ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from feeder.parse.text import code_points

Floats = NDArray[Any]
STEM = 5
"""Letters of a word that count; a shorter one than three counts not at all."""
WORD = re.compile(r"[a-z\u00df-\u024f]{3,}")
_CODES = 0x10000
_FIRST_HAN, _LAST_HAN = 0x4E00, 0x9FFF
_SOME = 1e-6


@dataclass(frozen=True, kw_only=True)
class Topics:
    """Rows of numbers by the words they stand for."""

    pairs: NDArray[np.int64]
    """Two characters in one number each, ascending: the first rows of `vectors`."""
    stems: dict[str, int]
    """The row of each word's beginning."""
    vectors: Floats
    simple: NDArray[np.int64]
    """The simplified character of each code point below 0x10000; itself, if it has none."""

    def of_lines(self, texts: Sequence[str]) -> Floats:
        """Return a row a line: the sum over its words."""
        made = np.zeros((len(texts), self.vectors.shape[1]), np.float32)
        lowered = [text.lower() for text in texts]
        rows, owners = self._chinese(lowered)
        words = [
            (row, number)
            for number, text in enumerate(lowered)
            for word in WORD.findall(text)
            if (row := self.stems.get(word[:STEM])) is not None
        ]
        if words:
            more = np.array(words, np.int64)
            rows, owners = np.append(rows, more[:, 0]), np.append(owners, more[:, 1])
            order = owners.argsort(kind="stable")
            rows, owners = rows[order], owners[order]
        if len(rows):
            firsts = np.flatnonzero(np.append(True, owners[1:] != owners[:-1]))
            made[owners[firsts]] = np.add.reduceat(self.vectors[rows], firsts)
        return made

    def _chinese(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The rows of the pairs of Chinese characters, and the line of each."""
        codes = code_points("".join(texts)).astype(np.int64)
        codes = self.simple[np.where(codes < _CODES, codes, 0)]
        lines = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
        han = (codes >= _FIRST_HAN) & (codes <= _LAST_HAN)
        side_by_side = han[:-1] & han[1:] & (lines[:-1] == lines[1:])
        wanted = (codes[:-1][side_by_side] << 16) | codes[1:][side_by_side]
        if not len(wanted) or not len(self.pairs):
            nothing = np.zeros(0, np.int64)
            return nothing, nothing
        at = np.minimum(self.pairs.searchsorted(wanted), len(self.pairs) - 1)
        known = self.pairs[at] == wanted
        return at[known], lines[:-1][side_by_side][known]


@cache
def load_topics() -> Topics:
    """Return the topics that ship with feeder."""
    with resources.files("feeder.parse").joinpath("topics.npz").open("rb") as file:
        return read_topics(file)


def read_topics(file: IO[bytes]) -> Topics:
    """Return the topics in the bytes of an .npz."""
    with np.load(file) as stored:
        pairs = stored["pairs"].astype(np.int64)
        stems = stored["stems"].tobytes().decode("utf-8").split("\n")
        simple = np.arange(_CODES)
        simple[stored["traditional"]] = stored["simple"]
        return Topics(
            pairs=pairs,
            stems={stem: at for at, stem in enumerate(stems, start=len(pairs)) if stem},
            vectors=stored["vectors"].astype(np.float32) * stored["scale"].astype(np.float32),
            simple=simple,
        )


class PageTopics:
    """What a page's lines are about, and how alike that is; all within what the page is about."""

    _REACH = 6

    def __init__(self, lines: Floats) -> None:
        """`lines`: a row a line, as `Topics.of_lines` gives them."""
        self.lines = lines
        self._sums = np.zeros((len(lines) + 1, lines.shape[1]), np.float32)
        lines.cumsum(axis=0, out=self._sums[1:])
        at = np.arange(len(lines))
        self._mean = _unit(self.around(at - self._REACH, at + self._REACH)).mean(axis=0)

    def around(self, starts: NDArray[Any], ends: NDArray[Any]) -> Floats:
        """Return what the lines from each start to before each end are about, a row each."""
        count = len(self.lines)
        made: Floats = self._sums[ends.clip(0, count)] - self._sums[starts.clip(0, count)]
        return made

    def of(self, groups: Sequence[Sequence[int]]) -> Floats:
        """Return what each group of lines is about."""
        return np.stack([self.lines[list(group)].sum(axis=0) for group in groups])

    def apart(self, stretches: Floats) -> Floats:
        """Return how each stretch differs from the page: a row each, of length 1 or 0."""
        known = np.abs(stretches).max(axis=1, keepdims=True) > _SOME
        made: Floats = np.where(known, _unit(_unit(stretches) - self._mean), 0.0)
        return made

    def alike(self, stretches: Floats, others: Floats) -> Floats:
        """Return how alike each stretch is to each other, -1 to 1; 0 if nothing is known."""
        made: Floats = self.apart(stretches) @ self.apart(others).T
        return made


def _unit(rows: Floats) -> Floats:
    lengths = np.sqrt((rows * rows).sum(axis=-1, keepdims=True))
    made: Floats = rows / np.maximum(lengths, _SOME)
    return made
