"""How many gold articles `feeder.sections` puts where their editors would.

    python benchmarks/sections.py GOLD_DIR ... [--misses]

GOLD_DIR holds *.gold.json pages. An article is right if its first section is gold's `section`
or one of gold's `section_accept`. An article that several pages bear counts once.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from feeder.config import default_sections
from feeder.model import Article, BodyItem
from feeder.sections import Rule, classify

Gold = Mapping[str, Any]


def to_article(gold: Gold) -> Article:
    """Return gold's article as the parser would hand it over."""
    return Article(
        kicker=gold["kicker"],
        headline=gold["headline"],
        deck=gold["deck"],
        body=tuple(BodyItem(type=item["type"], text=item["text"]) for item in gold["body"]),
        captions=tuple(gold["captions"]),
    )


def default_rules() -> tuple[Rule, ...]:
    """Return the rules of the configuration that ships."""
    return tuple(
        Rule(id=part.id, words=part.words, labels=part.labels, publications=part.publications)
        for part in default_sections()
    )


def distinct_articles(folders: list[Path]) -> Iterator[tuple[str, Gold]]:
    """Yield the language and the gold of every article in the folders' pages, once each."""
    seen = set()
    for path in sorted(path for folder in folders for path in folder.glob("*.gold.json")):
        page = json.loads(path.read_text(encoding="utf-8"))
        for gold in page["articles"]:
            key = "".join(gold["headline"].split())
            if key not in seen:
                seen.add(key)
                yield page["language"], gold


def main() -> None:
    """Print the accuracy by language, the mean number of sections and the time an article."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="GOLD_DIR")
    parser.add_argument("--misses", action="store_true", help="list the articles placed wrongly")
    options = parser.parse_args()
    rules = default_rules()
    right, total, sections, seconds = Counter[str](), Counter[str](), 0, 0.0
    for language, gold in distinct_articles(options.folders):
        start = time.perf_counter()
        found = classify(to_article(gold), rules)
        seconds += time.perf_counter() - start
        sections += len(found)
        accepted = {gold["section"], *gold.get("section_accept", ())}
        for key in (language, "all"):
            total[key] += 1
            right[key] += found[0] in accepted
        if options.misses and found[0] not in accepted:
            print(f"{'/'.join(sorted(accepted))} -> {'/'.join(found)}: {gold['headline']}")
    for key in sorted(total):
        print(f"{key:8} {right[key]:4} of {total[key]:4} right  {right[key] / total[key]:.3f}")
    print(f"sections an article: {sections / total['all']:.2f}")
    print(f"time an article: {seconds / total['all'] * 1e3:.2f} ms")


if __name__ == "__main__":
    main()
