"""Composed pages → what the networks learn from: numbers of lines, and what each line is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise, repeat
from pathlib import Path
from typing import Any

import numpy as np
from label import Label, read_page

from feeder.parse.features import PageFeatures
from feeder.parse.lines import Line
from feeder.parse.tags import BODY, TAGS
from feeder.parse.topics import Topics, read_topics

_TITLES = {"headline": "Hh", "kicker": "Kk", "deck": "Dd"}
_UNKNOWN = -1
_SLACK = 4
"""Letters by which a line may begin off its place and still go on: credits and bylines count."""


@dataclass
class Example:
    """A page: its lines, what they are, and what is seen of them."""

    name: str
    lines: list[Line]
    labels: list[Label]
    dense: Any
    keys: Any
    ties: Any
    tags: Any
    follows: Any
    """Whether a body line goes on with the one printed before it: 1, 0, or -1 for no body."""
    topics: Path | None
    """The topics that were used: none that were learned from its own articles."""
    same: Any
    """Whether a line is of one article with the line before it; -1 for the first."""


def tag_of(label: Label) -> str:
    """Return the parser's tag for a label: titles by their kind."""
    if label.part in _TITLES:
        return _TITLES[label.part][label.tag == "t"]
    return label.tag


def regapped(lines: Sequence[Line], rng: random.Random) -> list[Line]:
    """Return the lines, at times with blank lines as another program would print them."""
    chance = rng.random()
    if chance < 0.12:
        return [replace(line, gap=at == 0) for at, line in enumerate(lines)]
    if chance < 0.17:
        return [replace(line, gap=True) for line in lines]
    if chance < 0.25:
        return [replace(line, gap=line.gap and rng.random() < 0.7) for line in lines]
    return list(lines)


@cache
def topics_of(path: Path | None) -> Topics | None:
    """Return the topics in the file; None stands for those that ship."""
    if path is None:
        return None
    with path.open("rb") as file:
        return read_topics(file)


def example(path: Path, varied: bool = True, topics: Path | None = None) -> Example:
    """Return a page as an example."""
    lines, labels = read_page(path)
    if varied:
        lines = regapped(lines, random.Random(path.name))
    features = PageFeatures(lines, topics_of(topics))
    lengths = [len("".join(text.split())) for text in features.folded]
    same = [_UNKNOWN] + [
        int(one.article is not None and one.article == other.article)
        for one, other in pairwise(labels)
    ]
    return Example(
        name=path.name,
        lines=lines,
        labels=labels,
        dense=features.dense.astype(np.float16),
        keys=features.keys.astype(np.int16),
        ties=np.log1p(features.ties).astype(np.float16),
        tags=np.array([TAGS.index(tag_of(label)) for label in labels], np.int64),
        follows=np.array(_follows(labels, lengths), np.int64),
        topics=topics,
        same=np.array(same, np.int64),
    )


def _follows(labels: Sequence[Label], lengths: Sequence[int]) -> list[int]:
    follows = [_UNKNOWN] * len(labels)
    before: Label | None = None
    expected = 0
    for at, (label, length) in enumerate(zip(labels, lengths, strict=True)):
        if label.tag not in BODY or label.article is None:
            continue
        near = abs(label.start - expected) <= max(_SLACK, length // 2)
        if label.tag == "A":
            follows[at] = 0
        elif before is not None:
            follows[at] = int(before.article == label.article and near)
        before, expected = label, label.start + length
    return follows


def read(
    folders: Sequence[Path],
    limit: int | None = None,
    varied: bool = True,
    topics: Path | None = None,
) -> list[Example]:
    """Return the pages of the folders."""
    paths = sorted(path for folder in folders for path in folder.glob("*.txt"))[:limit]
    with ProcessPoolExecutor() as pool:
        return list(pool.map(example, paths, repeat(varied), repeat(topics), chunksize=16))
