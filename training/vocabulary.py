"""Writes `feeder/parse/vocabulary.txt`: the ends of lines that pages of many papers share.

    python training/vocabulary.py FOLDER ...

FOLDER holds pages that `compose.py` made. A word counts once an article and must stand in several
papers, so that no article is learned by heart.
"""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from label import read_page

from feeder.parse.features import key_words

VOCABULARY = HERE.parent / "feeder" / "parse" / "vocabulary.txt"
LEAST_PAPERS, LEAST_ARTICLES = 12, 30


def words_of(path: Path) -> dict[str, set[str]]:
    """Return the words of a page's lines, and the articles each is in; furniture is its paper's."""
    lines, labels = read_page(path)
    meta = json.loads(path.with_suffix(".meta.json").read_text(encoding="utf-8"))
    found: dict[str, set[str]] = defaultdict(set)
    for line, label in zip(lines, labels, strict=True):
        story = meta["stories"][label.article or 0]
        owner = story if label.article is not None else f"{paper(story)}-furniture"
        for word in key_words(unicodedata.normalize("NFKC", line.text[:400])):
            found[word].add(owner)
    return dict(found)


def paper(story: str) -> str:
    """Return the paper of an article of the bank, told from its id."""
    return story.split("-")[0] if "-" in story else story[:1] + story[-1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    options = parser.parse_args()
    paths = sorted(path for folder in options.folders for path in folder.glob("*.txt"))
    owners: dict[str, set[str]] = defaultdict(set)
    with ProcessPoolExecutor(2) as pool:
        for found in pool.map(words_of, paths, chunksize=32):
            for word, stories in found.items():
                owners[word] |= stories
    kept = sorted(
        word
        for word, stories in owners.items()
        if len(stories) >= LEAST_ARTICLES
        and len({paper(story) for story in stories}) >= LEAST_PAPERS
        and "\n" not in word
    )
    VOCABULARY.write_text("".join(f"{word}\n" for word in kept), encoding="utf-8")
    print(f"{len(kept)} words of {len(owners)}")


if __name__ == "__main__":
    main()
