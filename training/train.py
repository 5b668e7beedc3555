"""Learns `feeder/parse/roles.json` from composed pages and their gold.

    python training/train.py PAGES_DIR examples/pages             writes the model
    python training/train.py PAGES_DIR --without page-1 --out OTHER.json

PAGES_DIR holds NAME.txt and NAME.gold.json as the page bench has them. Needs python-crfsuite
(`pip install --group training`), which feeder itself does not: the model is a table of weights.
Takes three minutes; the same pages give the same table.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import pycrfsuite

sys.path.insert(0, str(Path(__file__).resolve().parent))
from label import Label, read_page

from feeder.parse.features import signs_of

MODEL = Path(__file__).resolve().parent.parent / "feeder" / "parse" / "roles.json"
# L1 keeps the table small, L2 keeps it even. Tried on the composed pages: c1 .05 to 3, c2 .1 to 8,
# 50 to 150 rounds; the less of both, the better.
PARAMETERS = {
    "c1": 0.05,
    "c2": 0.1,
    "max_iterations": 100,
    "feature.minfreq": 3,
    "feature.possible_transitions": False,
}
PARTS = 8
LEAST = 0.02
_TITLES = {"headline": "Hh", "kicker": "Kk", "deck": "Dd"}


def tag_of(label: Label) -> str:
    """Return the parser's tag for a label: titles by their kind."""
    if label.part in _TITLES:
        return _TITLES[label.part][label.tag == "t"]
    return label.tag


def read_examples(paths: list[Path]) -> list[tuple[list[list[str]], list[str]]]:
    """Return for each page the signs of its lines and their tags."""
    examples = []
    for path in paths:
        lines, labels, _ = read_page(path)
        examples.append((signs_of(lines), [tag_of(label) for label in labels]))
    return examples


def learn(examples: list[tuple[list[list[str]], list[str]]]) -> dict[str, object]:
    """Return the table of weights: the mean of tables that each leave out a part of the pages.

    One table alone hangs on chance: the same pages in another order gave 7 or 10 of the 11 real
    articles. The mean does not.
    """
    tables = [
        learn_once([one for at, one in enumerate(examples) if at % PARTS != part])
        for part in range(PARTS)
    ]
    return {
        "tags": tables[0]["tags"],
        "signs": mean([table["signs"] for table in tables]),
        "follows": mean([{"": table["follows"]} for table in tables])[""],
    }


def mean(tables: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Return the mean of tables of weights; what a table lacks weighs nothing there."""
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for table in tables:
        for sign, weights in table.items():
            for tag, weight in weights.items():
                sums[sign][tag] += weight / len(tables)
    rounded = {
        sign: {tag: round(weight, 2) for tag, weight in weights.items() if abs(weight) >= LEAST}
        for sign, weights in sums.items()
    }
    return {sign: weights for sign, weights in rounded.items() if weights}


def learn_once(examples: list[tuple[list[list[str]], list[str]]]) -> dict[str, object]:
    """Return a table of weights."""
    trainer = pycrfsuite.Trainer(verbose=False)
    for signs, tags in examples:
        trainer.append(signs, tags)
    trainer.set_params(PARAMETERS)
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "model.crfsuite")
        trainer.train(file)
        tagger = pycrfsuite.Tagger()
        tagger.open(file)
        info = tagger.info()
        tagger.close()
    weights: dict[str, dict[str, float]] = defaultdict(dict)
    for (sign, tag), weight in info.state_features.items():
        weights[sign][tag] = weight
    follows = {one + other: weight for (one, other), weight in info.transitions.items()}
    return {"tags": sorted(info.labels), "signs": weights, "follows": follows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", type=Path, nargs="+")
    parser.add_argument("--without", default="", help="leave out the pages whose names begin so")
    parser.add_argument("--out", type=Path, default=MODEL)
    options = parser.parse_args()
    paths = sorted(path for folder in options.pages for path in folder.glob("*.txt"))
    if options.without:
        paths = [path for path in paths if not path.name.startswith(options.without)]
    table = learn(read_examples(paths))
    text = json.dumps(table, ensure_ascii=False, indent=0, sort_keys=True)
    options.out.write_text(text + "\n", encoding="utf-8")
    print(f"{options.out}: {len(paths)} pages, {len(text) // 1000} kB")


if __name__ == "__main__":
    main()
