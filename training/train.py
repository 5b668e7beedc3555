"""Learns `feeder/parse/roles.json` from composed pages and their gold.

    python training/train.py PAGES_DIR            writes the model
    python training/train.py PAGES_DIR --without page-1 --out OTHER.json

PAGES_DIR holds NAME.txt and NAME.gold.json as the page bench has them. Needs python-crfsuite, which
feeder itself does not: the model is a table of weights. Takes under a minute; the same pages give
the same table.
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
# L1 keeps the table small, L2 keeps it even; tried: (0, 1), (0, 3), (1, 1), each worse.
PARAMETERS = {
    "c1": 0.1,
    "c2": 0.3,
    "max_iterations": 100,
    "feature.minfreq": 3,
    "feature.possible_transitions": False,
}
_TITLES = {"headline": "Hh", "kicker": "Kk", "deck": "Dd"}


def tag_of(label: Label) -> str:
    """Return the parser's tag for a label: titles by their kind."""
    if label.part in _TITLES:
        return _TITLES[label.part][label.tag == "t"]
    return label.tag


def read_examples(folder: Path, names: list[str]) -> list[tuple[list[list[str]], list[str]]]:
    """Return for each page the signs of its lines and their tags."""
    examples = []
    for name in names:
        lines, labels, _ = read_page(folder / name)
        examples.append((signs_of(lines), [tag_of(label) for label in labels]))
    return examples


def learn(examples: list[tuple[list[list[str]], list[str]]]) -> dict[str, object]:
    """Return the table of weights."""
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
        if round(weight, 3):
            weights[sign][tag] = round(weight, 3)
    follows = {one + other: round(weight, 3) for (one, other), weight in info.transitions.items()}
    return {"tags": sorted(info.labels), "signs": weights, "follows": follows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", type=Path)
    parser.add_argument("--without", default="", help="leave out the pages whose names begin so")
    parser.add_argument("--out", type=Path, default=MODEL)
    options = parser.parse_args()
    names = sorted(path.name for path in options.pages.glob("*.txt"))
    if options.without:
        names = [name for name in names if not name.startswith(options.without)]
    table = learn(read_examples(options.pages, names))
    text = json.dumps(table, ensure_ascii=False, indent=0, sort_keys=True)
    options.out.write_text(text + "\n", encoding="utf-8")
    print(f"{options.out}: {len(names)} pages, {len(text) // 1000} kB")


if __name__ == "__main__":
    main()
