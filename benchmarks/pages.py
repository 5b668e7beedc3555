"""Prints how the parser does on a folder of gold pages, by the page bench's own score.

    python benchmarks/pages.py SCORE.py PAGES_DIR [--by language|extractor] [--model ROLES.json]

SCORE.py is the bench's script, PAGES_DIR holds NAME.txt beside NAME.gold.json. With --model another
table than the one that ships is tried: what `training/train.py --out` wrote.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

from feeder.parse import parse_page, roles


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
    """Make the parser use that table."""
    model = roles.read_model(json.loads(path.read_text(encoding="utf-8")))
    roles.load_model = lambda: model  # type: ignore[assignment]  # for this process only


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
    print(f"{1000 * spent / max(len(gold), 1):.0f} ms of CPU a page")


if __name__ == "__main__":
    main()
