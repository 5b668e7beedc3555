"""Learns `feeder/sections/model.npz`: what topic an article is on.

    python training/sections.py [--measure]

Learns from the articles of `training/bank`, each under the section of its paper's choice, and from
the short items of `training/items`, one a line: JSON with `language`, `section`, `accept` (every
section that an editor could defend), `kicker`, `headline`, `body`. All of them are invented. With
`--measure`, nothing is written: it is told how well papers are placed that were not learned from,
by folds of whole papers, and those of `training/bank/aside`, which are never learned from.

Needs scikit-learn and OpenCC (`pip install --group training`); takes a minute or two.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from bank import HERE as BANK
from bank import read as read_bank
from topics import simplified

from feeder.model import Article, BodyItem
from feeder.sections.learned import (
    IDS,
    Floats,
    TopicModel,
    Vocabulary,
    list_scores,
    simple_table,
    stems_of,
)
from feeder.sections.words import zones

MODEL = HERE.parent / "feeder" / "sections" / "model.npz"
ITEMS = HERE / "items"
LEAST = 3
"""Articles that must hold a word for it to be known."""
MOST_WORDS = 40_000
"""Words that are kept, those that say the most."""
SOFT_WORDS, SOFT_LISTS = 60.0, 30.0
"""How freely the weights may grow (scikit-learn's C)."""
LISTS = 0.3
"""What the word lists count beside the words."""
FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class Filed:
    """An article, where its editor filed it, and the paper (a fold holds it whole)."""

    article: Article
    section: str
    accept: frozenset[str]
    language: str
    paper: str


def read_filed(folder: Path) -> list[Filed]:
    """Return the articles of a folder of the bank."""
    return [
        Filed(
            article=to_article(one),
            section=one["section"],
            accept=frozenset({one["section"]}),
            language=one["language"],
            paper=path.stem,
        )
        for path in sorted(folder.glob("*.txt"))
        for one in read_bank(path)
    ]


def read_items(folder: Path) -> list[Filed]:
    """Return the short items of a folder."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            one = json.loads(line)
            body = [{"type": "p", "text": text} for text in one["body"]]
            found.append(
                Filed(
                    article=to_article({**one, "body": body}),
                    section=one["section"],
                    accept=frozenset({one["section"], *one["accept"]}),
                    language=one["language"],
                    paper=path.stem,
                )
            )
    return found


def to_article(one: dict[str, Any]) -> Article:
    """Return an article of the bank as the parser would hand it over."""
    return Article(
        kicker=one.get("kicker"),
        headline=one["headline"],
        deck=one.get("deck"),
        body=tuple(BodyItem(type=item["type"], text=item["text"]) for item in one["body"]),
        captions=tuple(one.get("captions") or ()),
    )


def vocabulary_of(filed: Sequence[Filed], least: int = LEAST) -> Vocabulary:
    """Return the words that enough of the articles hold."""
    simple = simplified()
    table = simple_table([ord(char) for char in simple], [ord(char) for char in simple.values()])
    bare = Vocabulary(
        pairs=np.zeros(0, np.int64), stems={}, simple=table, rarity=np.zeros(0, np.float32)
    )
    pairs: Counter[int] = Counter()
    stems: Counter[str] = Counter()
    for one in filed:
        text = "\n".join(zones(one.article))
        pairs.update(set(bare.pairs_of(text.lower()).tolist()))
        stems.update(set(stems_of(text)))
    kept = sorted(pair for pair, count in pairs.items() if count >= least)
    spelt = sorted(stem for stem, count in stems.items() if count >= least)
    counts = [pairs[pair] for pair in kept] + [stems[stem] for stem in spelt]
    return Vocabulary(
        pairs=np.array(kept, np.int64),
        stems={stem: len(kept) + at for at, stem in enumerate(spelt)},
        simple=table,
        rarity=np.log(len(filed) / np.array(counts, np.float64)).astype(np.float32),
    )


def matrix(filed: Sequence[Filed], vocabulary: Vocabulary) -> sparse.csr_matrix:
    """Return what each article's words weigh."""
    found = [vocabulary.weigh(one.article) for one in filed]
    bounds = np.cumsum([0, *(len(rows) for rows, _ in found)])
    rows = np.concatenate([rows for rows, _ in found])
    values = np.concatenate([own for _, own in found])
    return sparse.csr_matrix((values, rows, bounds), (len(filed), len(vocabulary.rarity)))


def learn(filed: Sequence[Filed], most: int = MOST_WORDS) -> TopicModel:
    """Return the model learned from the articles."""
    vocabulary = vocabulary_of(filed)
    truth = np.array([IDS.index(one.section) for one in filed])
    words = LogisticRegression(C=SOFT_WORDS, max_iter=1000)
    words.fit(matrix(filed, vocabulary), truth)
    lists = LogisticRegression(C=SOFT_LISTS, max_iter=1000)
    lists.fit(np.array([list_scores(one.article) for one in filed]), truth)
    weights = words.coef_.T.astype(np.float32)
    vocabulary, weights = telling(vocabulary, weights, most)
    return TopicModel(
        vocabulary=vocabulary,
        weights=weights,
        lists=(LISTS * lists.coef_.T).astype(np.float32),
        bias=(words.intercept_ + LISTS * lists.intercept_).astype(np.float32),
    )


def telling(vocabulary: Vocabulary, weights: Floats, most: int) -> tuple[Vocabulary, Floats]:
    """Return the words that say the most."""
    said = np.abs(weights).max(axis=1) * vocabulary.rarity
    kept = np.sort(np.argsort(-said)[:most])
    pairs = len(vocabulary.pairs)
    spelt = {row: stem for stem, row in vocabulary.stems.items()}
    own = kept[kept < pairs]
    return (
        Vocabulary(
            pairs=vocabulary.pairs[own],
            stems={spelt[int(row)]: at for at, row in enumerate(kept) if row >= pairs},
            simple=vocabulary.simple,
            rarity=vocabulary.rarity[kept],
        ),
        weights[kept],
    )


def write(model: TopicModel, path: Path) -> int:
    """Write the model; return its size in bytes."""
    simple = simplified()
    scale = np.abs(model.weights).max(axis=1, keepdims=True) / 127 + 1e-9
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            pairs=model.vocabulary.pairs.astype(np.uint32),
            stems=np.frombuffer("\n".join(model.vocabulary.stems).encode("utf-8"), np.uint8),
            rarity=model.vocabulary.rarity.astype(np.float16),
            weights=np.round(model.weights / scale).astype(np.int8),
            scale=scale.astype(np.float16),
            lists=model.lists.astype(np.float16),
            bias=model.bias.astype(np.float16),
            traditional=np.array([ord(char) for char in simple], np.uint16),
            simple=np.array([ord(char) for char in simple.values()], np.uint16),
        )
    return path.stat().st_size


def tell(name: str, filed: Sequence[Filed], scores: Floats) -> None:
    """Print how many articles are placed where an editor would, by language."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for one, own in zip(filed, scores, strict=True):
        for key in (one.language, "all"):
            total[key] += 1
            right[key] += IDS[int(own.argmax())] in one.accept
    shares = "  ".join(f"{key} {right[key] / total[key]:.3f} of {total[key]}" for key in total)
    print(f"{name}: {shares}", flush=True)


def measure(bank: Sequence[Filed], items: Sequence[Filed], aside: Sequence[Filed]) -> None:
    """Tell how well papers are placed that were not learned from."""
    filed = [*bank, *items]
    papers = sorted({one.paper for one in filed})
    fold_of = {paper: number % FOLDS for number, paper in enumerate(papers)}
    scores = np.zeros((len(filed), len(IDS)), np.float32)
    for fold in range(FOLDS):
        known = [one for one in filed if fold_of[one.paper] != fold]
        model = learn(known)
        for at, one in enumerate(filed):
            if fold_of[one.paper] == fold:
                scores[at] = model.scores(one.article)
    tell("bank, by folds", bank, scores[: len(bank)])
    tell("items, by folds", items, scores[len(bank) :])
    model = learn(filed)
    tell("aside", aside, np.array([model.scores(one.article) for one in aside]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", action="store_true", help="measure, and write nothing")
    options = parser.parse_args()
    bank, items = read_filed(BANK), read_items(ITEMS)
    print(f"{len(bank)} articles of the bank, {len(items)} items", flush=True)
    if options.measure:
        measure(bank, items, read_filed(BANK / "aside"))
        return
    print(f"{MODEL}: {write(learn([*bank, *items]), MODEL) // 1000} kB")


if __name__ == "__main__":
    main()
