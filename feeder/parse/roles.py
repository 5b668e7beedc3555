"""What each line is: the best sequence of tags for the whole page, by a linear-chain model.

The model (`roles.json`) is a table: how much each sign of `features` speaks for each tag, and how
well one tag follows another. It was learned by `training/train.py` from composed pages of
fictional articles; the tags are those of `articles`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TypedDict

from feeder.parse.features import signs_of
from feeder.parse.lines import Line

_NO_WEIGHTS: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Model:
    """Weights of signs and of transitions."""

    tags: tuple[str, ...]
    signs: Mapping[str, tuple[tuple[int, float], ...]]
    """For each sign, (index of the tag, weight)."""
    follows: tuple[tuple[float, ...], ...]
    """`follows[one][other]`: the weight of `other` right after `one`."""


@cache
def load_model() -> Model:
    """Return the model that ships with feeder."""
    text = resources.files("feeder.parse").joinpath("roles.json").read_text(encoding="utf-8")
    return read_model(json.loads(text))


class Table(TypedDict):
    """The model as `training/train.py` writes it."""

    tags: list[str]
    signs: dict[str, dict[str, float]]
    follows: dict[str, float]


def read_model(table: Table) -> Model:
    """Return the model in the table."""
    tags = tuple(table["tags"])
    place = {tag: at for at, tag in enumerate(tags)}
    signs = {
        sign: tuple((place[tag], weight) for tag, weight in weights.items())
        for sign, weights in table["signs"].items()
    }
    follows = [[0.0] * len(tags) for _ in tags]
    for pair, weight in table["follows"].items():
        follows[place[pair[0]]][place[pair[1]]] = weight
    return Model(tags=tags, signs=signs, follows=tuple(map(tuple, follows)))


def tag_lines(lines: Sequence[Line], model: Model | None = None) -> tuple[list[str], list[float]]:
    """Return the tag of each line, and how sure it is: its share among all readings, 0 to 1."""
    if not lines:
        return [], []
    model = model or load_model()
    scores = [_scores(model, signs) for signs in signs_of(lines)]
    return _best_path(model, scores), _shares(model, scores)


def _scores(model: Model, signs: Sequence[str]) -> list[float]:
    scores = [0.0] * len(model.tags)
    for sign in signs:
        for tag, weight in model.signs.get(sign, _NO_WEIGHTS):
            scores[tag] += weight
    return scores


def _best_path(model: Model, scores: Sequence[Sequence[float]]) -> list[str]:
    """Viterbi's path."""
    tags = range(len(model.tags))
    incoming = list(zip(*model.follows, strict=True))
    best = list(scores[0])
    back: list[list[int]] = []
    for own in scores[1:]:
        came = [0] * len(model.tags)
        now = [0.0] * len(model.tags)
        for tag in tags:
            sums = [one + other for one, other in zip(best, incoming[tag], strict=True)]
            top = max(sums)
            came[tag] = sums.index(top)
            now[tag] = top + own[tag]
        back.append(came)
        best = now
    path = [best.index(max(best))]
    for came in reversed(back):
        path.append(came[path[-1]])
    return [model.tags[tag] for tag in reversed(path)]


def _shares(model: Model, scores: Sequence[Sequence[float]]) -> list[float]:
    """The share of the most likely tag of each line, read alone: exp of its score over the sum."""
    shares = []
    for own in scores:
        top = max(own)
        shares.append(1.0 / math.fsum(math.exp(score - top) for score in own))
    return shares
