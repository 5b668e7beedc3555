"""Prints how the parser does on a folder of gold pages, by the page bench's own score.

    python benchmarks/pages.py SCORE.py PAGES_DIR [--by language|extractor] [--model MODEL.npz]

SCORE.py is the bench's script, PAGES_DIR holds NAME.txt beside NAME.gold.json. With --model another
model than the one that ships is tried: what `training/train.py` wrote. The last lines say how right
the articles are of which the parser is least and most sure, by tenths.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

from feeder.parse import articles, network, parse_page


def load(path: Path) -> ModuleType:
    """Return a script as a module."""
    spec = importlib.util.spec_from_file_location("score", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path}: is no Python script")
    module = importlib.util.module_from_spec(spec)
    sys.modules["score"] = module
    spec.loader.exec_module(module)
    return module


def use_model(path: Path) -> None:
    """Make the parser use that model."""
    with path.open("rb") as file:
        model = network.read_model(file)
    articles.load_model = lambda: model  # type: ignore[assignment]  # for this process only


def by_confidence(score: ModuleType, gold: list[Any], found: dict[str, Any]) -> list[str]:
    """Return, for each tenth of the articles by confidence, the share that is right."""
    rated: list[tuple[float, bool]] = []
    for page, _ in gold:
        articles_found = found[page["page"]]["articles"]
        pairs = score.pair(articles_found, page["articles"])
        labels = {score.norm(text) for text in page.get("furniture") or []}
        for at, article in enumerate(articles_found):
            right = False
            if at in pairs:
                true = page["articles"][pairs[at]]
                alike = score.similarity(score.paragraphs(article), score.paragraphs(true))
                right = alike >= score.RIGHT_BODY and score.title_right(article, true, labels)
            rated.append((article["confidence"], right))
    rated.sort()
    tenths = [rated[len(rated) * at // 10 : len(rated) * (at + 1) // 10] for at in range(10)]
    return [
        f"confidence {tenth[0][0]:.2f} to {tenth[-1][0]:.2f}: "
        f"{sum(right for _, right in tenth) / len(tenth):.2f} right"
        for tenth in tenths
        if tenth
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("score", type=Path)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--by", default="extractor")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--only", default="", help="the pages whose names begin so")
    options = parser.parse_args()
    score = load(options.score)
    if options.model:
        use_model(options.model)
    gold = [
        pair for pair in score.read_gold(options.pages) if pair[0]["page"].startswith(options.only)
    ]
    found: dict[str, Any] = {}
    spent = 0.0
    for page, _ in gold:
        text = (options.pages / page["page"]).read_text(encoding="utf-8")
        start = time.process_time()
        parsed = parse_page(text)
        spent += time.process_time() - start
        found[page["page"]] = {"page": page["page"], "articles": asdict(parsed)["articles"]}
    report = score.report(gold, found, options.by)
    print(score.table({"all": report["all"], **report[options.by]}))
    print(*by_confidence(score, gold, found), sep="\n")
    print(f"{1000 * spent / max(len(gold), 1):.0f} ms of CPU a page")


if __name__ == "__main__":
    main()
