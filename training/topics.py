"""Writes `feeder/parse/topics.npz`: which words keep company in the bank's articles.

    python training/topics.py [--out TOPICS.npz] BANK.jsonl ...

Chinese and alphabets are told apart: each has its own table of words and articles, and its own
singular vectors. A word must stand in several papers. Needs OpenCC's tables (Apache 2.0) for the
simplified form of traditional characters.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from opencc import OpenCC

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from feeder.parse.topics import STEM, WORD

TOPICS = HERE.parent / "feeder" / "parse" / "topics.npz"
NUMBERS = 64
"""Of each word."""
LEAST_ARTICLES, LEAST_PAPERS = 9, 4
"""In which a word must stand; of half of the bank, half as many will do."""
_SPARE, _ROUNDS = 24, 4
"""More singular vectors than are kept, and rounds, so that those kept are exact."""


def simplified() -> dict[str, str]:
    """Return the simplified character of each traditional one that has another."""
    convert = OpenCC("t2s").convert
    chars = [chr(code) for code in range(0x4E00, 0xA000)]
    return {
        char: simple
        for char in chars
        if (simple := convert(char)) != char and len(simple) == 1 and ord(simple) < 0x10000
    }


def words_of(text: str, simple: dict[str, str]) -> list[str]:
    """Return the words of a text: pairs of Chinese characters, beginnings of words."""
    text = text.lower()
    plain = [simple.get(char, char) for char in text]
    pairs = [one + other for one, other in pairwise(plain) if _is_han(one) and _is_han(other)]
    return pairs + [word[:STEM] for word in WORD.findall(text)]


def _is_han(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff"


def vectors_of(
    articles: list[dict[str, Any]], simple: dict[str, str], share: float
) -> dict[str, Any]:
    """Return the row of each word that enough articles share."""
    within: Counter[str] = Counter()
    papers: dict[str, set[str]] = defaultdict(set)
    texts = []
    for article in articles:
        heads = [head["headline"] for head in article.get("heads") or []]
        text = "\n".join([article["headline"], *heads, *(item["text"] for item in article["body"])])
        counted = Counter(words_of(text, simple))
        texts.append(counted)
        for word in counted:
            within[word] += 1
            papers[word].add(article["publication"])
    known = sorted(
        word
        for word, times in within.items()
        if times >= LEAST_ARTICLES * share and len(papers[word]) >= LEAST_PAPERS * share
    )
    number = {word: at for at, word in enumerate(known)}
    rarity = np.array([math.log(len(articles) / within[word]) for word in known])
    places: list[tuple[int, int]] = []
    weights: list[float] = []
    for column, counted in enumerate(texts):
        own = {
            number[word]: (1 + math.log(times)) * rarity[number[word]]
            for word, times in counted.items()
            if word in number
        }
        length = math.sqrt(sum(weight * weight for weight in own.values())) or 1.0
        places += [(row, column) for row in own]
        weights += [weight / length for weight in own.values()]
    table = torch.sparse_coo_tensor(
        torch.tensor(places).T, torch.tensor(weights, dtype=torch.float32),
        (len(known), len(articles)),
    )  # fmt: skip
    torch.manual_seed(0)
    wanted = min(NUMBERS + _SPARE, min(table.shape))
    left, _, _ = torch.svd_lowrank(table, q=wanted, niter=_ROUNDS)
    rows = np.zeros((len(known), NUMBERS), np.float32)
    kept = min(NUMBERS, wanted)
    rows[:, :kept] = left[:, :kept].numpy() * rarity[:, None]
    rows /= rows.std()
    return dict(zip(known, rows, strict=True))


def write(banks: list[Path], out: Path, share: float = 1.0) -> int:
    """Write what the banks' articles tell, a share of all; returns the number of words."""
    articles = [
        json.loads(line) for bank in banks for line in bank.read_text(encoding="utf-8").splitlines()
    ]
    simple = simplified()
    chinese = [article for article in articles if article["language"].startswith("zh")]
    rest = [article for article in articles if not article["language"].startswith("zh")]
    # Latin words in Chinese papers are few, and belong to another table's numbers.
    rows = {
        word: row
        for some, han in ((chinese, True), (rest, False))
        for word, row in vectors_of(some, simple, share).items()
        if _is_han(word[0]) is han
    }
    pairs = sorted(word for word in rows if _is_han(word[0]))
    stems = sorted(word for word in rows if not _is_han(word[0]))
    vectors = np.stack([rows[word] for word in pairs + stems])
    scale = np.abs(vectors).max(axis=1, keepdims=True) / 127
    np.savez_compressed(
        out,
        pairs=np.array([(ord(pair[0]) << 16) | ord(pair[1]) for pair in pairs], np.uint32),
        stems=np.frombuffer("\n".join(stems).encode("utf-8"), np.uint8),
        vectors=np.round(vectors / scale).astype(np.int8),
        scale=scale.astype(np.float16),
        traditional=np.array([ord(char) for char in simple], np.uint16),
        simple=np.array([ord(char) for char in simple.values()], np.uint16),
    )
    return len(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("banks", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=TOPICS)
    parser.add_argument("--share", type=float, default=1.0, help="how much of the bank it is")
    options = parser.parse_args()
    words = write(options.banks, options.out, options.share)
    print(f"{words} words, {options.out.stat().st_size // 1000} kB: {options.out}")


if __name__ == "__main__":
    main()
