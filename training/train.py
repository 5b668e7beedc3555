"""Learns the parser's `model.npz`, `lines.npz` and `vocabulary.txt` from the bank's articles.

    python training/train.py --composer PAGEBENCH/composer --work FOLDER [--bank BANK.jsonl ...]

The papers of `training/bank` (and of other banks named) are dealt into two halves; pages are
composed of each. What words keep company is told from all of them (`topics.py`), and for the pages
of either half from the other, so that no page is helped by its own articles. The two line networks
that ship learn from all of them, each from another beginning. Two more learn from one half each and
tell what they see on the other, and from that the piece, home and head networks learn: so they
learn what a line network is like on papers it does not know. Papers under `training/bank/aside` are
never used.

Needs PyTorch and what the composer needs (`pip install --group training`; its docstring names the
Debian packages), which feeder itself does not. Takes about an hour and a quarter on two cores.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from bank import HERE as BANK
from bank import read as read_bank

MODEL = HERE.parent / "feeder" / "parse" / "model.npz"
SECOND = MODEL.with_name("lines.npz")
HALVES = ("one", "other")
LINE_EPOCHS, HALF_EPOCHS, UNIT_EPOCHS = 9, 7, 5
UNIT_PAGES = 2200
"""Pages of each half from which the piece and home networks learn: they need fewer than lines."""


def deal(banks: list[Path], work: Path) -> list[Path]:
    """Write the articles of every other paper into a bank of their own; return the two banks."""
    papers: dict[str, list[str]] = defaultdict(list)
    for path in sorted(BANK.glob("*.txt")):
        papers[path.stem] = [json.dumps(article, ensure_ascii=False) for article in read_bank(path)]
    for bank in banks:
        for line in bank.read_text(encoding="utf-8").splitlines():
            papers[f"~{json.loads(line)['publication']}"].append(line)
    halves: tuple[list[str], list[str]] = ([], [])
    for number, paper in enumerate(sorted(papers)):
        halves[number % 2].extend(papers[paper])
    written = []
    for name, lines in zip(HALVES, halves, strict=True):
        path = work / f"{name}.jsonl"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        written.append(path)
        print(f"{path.name}: {len(lines)} articles")
    return written


def compose(options: argparse.Namespace, banks: list[Path]) -> list[Path]:
    """Compose pages of each half; returns their folders."""
    folders = []
    for seed, bank in enumerate(banks, start=1):
        folder = options.work / bank.stem
        folders.append(folder)
        if not folder.exists():
            command = [
                sys.executable, str(HERE / "compose.py"), "--composer", str(options.composer),
                "--bank", str(bank), "--out", str(folder), "--pages", str(options.pages),
                "--seed", str(seed), "--readings", "2",
            ]  # fmt: skip
            subprocess.run(command, check=True)
    return folders


def tell_topics(banks: list[Path], work: Path) -> list[Path]:
    """Write the topics that ship, and those for the pages of each half; returns the latter."""
    from topics import TOPICS, write

    print(f"{TOPICS}: {write(banks, TOPICS)} words")
    made = []
    for own, other in zip(banks, reversed(banks), strict=True):
        made.append(work / f"topics-for-{own.stem}.npz")
        write([other], made[-1], share=0.5)
    return made


def learn(folders: list[Path], topics: list[Path], work: Path) -> None:
    """Learn the networks from the pages and write the model."""
    import torch
    from dataset import read
    from export import export
    from heads import column_labels, head_cases, learn_heads
    from learning import (
        chains_of,
        fit,
        home_case,
        home_loss,
        in_parallel,
        learn_lines,
        piece_case,
        piece_loss,
        tell,
    )
    from networks import HomeNetwork, PieceNetwork

    from feeder.parse.network import read_model
    from feeder.parse.tags import KINDS

    halves = [read([folder], topics=own) for folder, own in zip(folders, topics, strict=True)]
    pages, told = [], []
    for known, unknown in ((0, 1), (1, 0)):
        some = halves[unknown][:UNIT_PAGES]
        told += tell(learn_lines(halves[known], HALF_EPOCHS), some)
        pages += some
    every = [page for half in halves for page in half]
    lines, second = (learn_lines(every, LINE_EPOCHS, seed=seed) for seed in (0, 1))
    torch.save({"lines": second.state_dict()}, work / "lines.pt")
    print(f"{SECOND}: {export(work / 'lines.pt', SECOND) // 1000} kB")
    cases = in_parallel(piece_case, pages, told)
    kept = [case for case in cases if case is not None]
    pieces = PieceNetwork(kept[0]["pairs"].shape[-1], kept[0]["nodes"].shape[-1])
    fit(pieces, kept, piece_loss, UNIT_EPOCHS)
    strung = [
        (page, tell_of, case, *chains_of(pieces, case))
        for page, tell_of, case in zip(pages, told, cases, strict=True)
        if case is not None
    ]
    at_home = [
        case for case in in_parallel(home_case, *zip(*strung, strict=True)) if case is not None
    ]
    homes = HomeNetwork(at_home[0]["pairs"].shape[-1], at_home[0]["nodes"].shape[-1], len(KINDS))
    fit(homes, at_home, home_loss, UNIT_EPOCHS)
    states = {"lines": lines, "pieces": pieces, "homes": homes}
    torch.save({name: network.state_dict() for name, network in states.items()}, work / "model.pt")
    export(work / "model.pt", work / "model.npz")
    with (work / "model.npz").open("rb") as file:
        model = read_model(file)
    paths = {path.name: path for folder in folders for path in folder.glob("*.txt")}
    labels = [column_labels(paths[page.name]) for page in pages]
    headed = in_parallel(head_cases, pages, told, labels, [model] * len(pages))
    states["heads"] = learn_heads([case for cases in headed for case in cases or ()])
    torch.save({name: network.state_dict() for name, network in states.items()}, work / "model.pt")
    print(f"{MODEL}: {export(work / 'model.pt', MODEL) // 1000} kB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--composer", type=Path, required=True, help="the page bench's composer")
    parser.add_argument(
        "--work", type=Path, required=True, help="where pages and networks are kept"
    )
    parser.add_argument(
        "--bank", type=Path, nargs="*", default=[], help="more articles, JSON lines"
    )
    parser.add_argument("--pages", type=int, default=1500, help="PDFs of each half")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    banks = deal(options.bank, options.work)
    folders = compose(options, banks)
    command = [sys.executable, str(HERE / "vocabulary.py"), *map(str, folders)]
    subprocess.run(command, check=True)
    learn(folders, tell_topics(banks, options.work), options.work)


if __name__ == "__main__":
    main()
