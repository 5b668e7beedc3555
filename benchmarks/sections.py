"""How many articles stand where their editors would put them, and what that costs.

    python benchmarks/sections.py [FOLDER|FILE ...] [--misses] [--speed]

A FOLDER holds *.gold.json pages; a FILE holds short items, one JSON object a line, with `language`,
`section`, `accept`, `kicker`, `headline`, `body`. Without any, the items of `benchmarks/sections`,
which were written before the classifier, apart from it, and which nothing was learned from or
tuned on. Right is an article whose first section is its editor's or one that the editor accepts;
an article that several pages bear counts once. With `--speed`, classifying is timed against
parsing, in one run: the pages' texts must lie beside their gold.
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
from feeder.parse import parse_page
from feeder.sections import Rule, classify, to_rules

Gold = Mapping[str, Any]
ITEMS = Path(__file__).resolve().parent / "sections"
LEAST_SURE = 10
"""The least sure of so many parts of the articles are told apart."""


def to_article(gold: Gold) -> Article:
    """Return gold's article as the parser would hand it over."""
    return Article(
        kicker=gold.get("kicker"),
        headline=gold["headline"],
        deck=gold.get("deck"),
        body=tuple(
            BodyItem(type="p", text=item)
            if isinstance(item, str)
            else BodyItem(type=item["type"], text=item["text"])
            for item in gold["body"]
        ),
        captions=tuple(gold.get("captions") or ()),
    )


def filed(places: list[Path]) -> Iterator[tuple[str, Gold]]:
    """Yield the language and the gold of every article in the places, once each."""
    seen = set()
    for language, gold in _all(places):
        key = "".join(gold["headline"].split())
        if key not in seen:
            seen.add(key)
            yield language, gold


def _all(places: list[Path]) -> Iterator[tuple[str, Gold]]:
    for place in places:
        for path in sorted(place.glob("*.jsonl")) if place.is_dir() else [place]:
            for line in path.read_text(encoding="utf-8").splitlines():
                item = json.loads(line)
                yield item["language"], {**item, "section_accept": item["accept"]}
        for path in sorted(place.glob("*.gold.json")):
            page = json.loads(path.read_text(encoding="utf-8"))
            for gold in page["articles"]:
                yield page["language"], gold


def accepted(gold: Gold) -> set[str]:
    """Return every section that counts as right."""
    return {gold["section"], *gold.get("section_accept", ())}


def measure(places: list[Path], rules: tuple[Rule, ...], *, misses: bool) -> None:
    """Print the accuracy by language, and whether low scores find the articles placed wrongly."""
    right, total = Counter[str](), Counter[str]()
    given, sections = 0, 0
    scored: list[tuple[float, bool]] = []
    for language, gold in filed(places):
        found = classify(to_article(gold), rules)
        is_right = found[0].section in accepted(gold)
        sections += len(found)
        given += gold["section"] in {one.section for one in found}
        scored.append((found[0].score, is_right))
        for key in (language, "all"):
            total[key] += 1
            right[key] += is_right
        if misses and not is_right:
            placed = "/".join(one.section for one in found)
            print(f"{'/'.join(sorted(accepted(gold)))} -> {placed}: {gold['headline']}")
    for key in sorted(total):
        print(f"{key:8} {right[key]:4} of {total[key]:4} right  {right[key] / total[key]:.3f}")
    count = total["all"]
    print(f"the editor's own section is among those given: {given / count:.3f}")
    print(f"sections an article: {sections / count:.2f}")
    scored.sort()
    least = scored[: max(1, count // LEAST_SURE)]
    rest = scored[len(least) :]
    print(
        f"right among the least sure tenth {sum(ok for _, ok in least) / len(least):.2f}, "
        f"among the others {sum(ok for _, ok in rest) / len(rest):.2f}"
    )


def race(places: list[Path], rules: tuple[Rule, ...]) -> None:
    """Print what classifying costs beside parsing, in CPU time of one process."""
    texts = [path.read_text(encoding="utf-8") for place in places for path in place.glob("*.txt")]
    for text in texts[:5]:  # what is loaded once is not counted
        for article in parse_page(text).articles:
            classify(article, rules)
    start = time.process_time()
    pages = [parse_page(text) for text in texts]
    parsed = time.process_time()
    count = sum(len(classify(one, rules)) > 0 for page in pages for one in page.articles)
    done = time.process_time()
    print(
        f"{len(texts)} pages, {count} articles: parsing {(parsed - start) / len(texts) * 1e3:.1f} "
        f"ms a page, classifying {(done - parsed) / len(texts) * 1e3:.1f} "
        f"({(done - parsed) / (parsed - start):.2f} of it)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("places", nargs="*", type=Path, metavar="FOLDER|FILE")
    parser.add_argument("--misses", action="store_true", help="list the articles placed wrongly")
    parser.add_argument("--speed", action="store_true", help="time it against the parser")
    options = parser.parse_args()
    rules = to_rules(default_sections())
    measure(options.places or [ITEMS], rules, misses=options.misses)
    if options.speed:
        race(options.places, rules)


if __name__ == "__main__":
    main()
