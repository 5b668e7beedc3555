"""Learns `feeder/parse/crossheads.json`: what tells which paragraph a crosshead stands before.

    python training/crossheads.py [--more FOLDER] [--pages FOLDER]

First what texts tell, from the articles of `training/bank` (and of other files like them), their
crossheads taken out of the text and in order. Then, with `--pages`, what the printed places and the
printed order tell, from composed pages and their gold; without it those weights stay as they are.
Every fifth file, and every fifth page, is held out and tells how many crossheads land right.
Needs PyTorch; takes about two minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import torch
from bank import HERE as BANK
from bank import BankError
from bank import read as read_bank
from dataset import tag_of
from label import Label, norm, read_page

from feeder.parse.crossheads import Seen, bounds, places, printed_places, see
from feeder.parse.terms import Terms, terms_of
from feeder.parse.text import join_lines

WEIGHTS = HERE.parent / "feeder" / "parse" / "crossheads.json"
PRINTED = ("printed before", "printed after", "printed next", "order", "order together")
"""The weights that pages teach; all others are of texts."""
HELD_OUT = 5
TEXT_DECAY, PRINTED_DECAY = 0.2, 0.05
MOST = 6
"""Crossheads of an article, at most, to be learned from: pages try them in every order."""
FAR = 10_000
"""Where crossheads are said to be printed when nothing is to be told from it."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """A paragraph or a crosshead, as the parser takes them."""

    text: str
    lines: tuple[int, ...]
    terms: Terms


@dataclass(frozen=True, kw_only=True)
class Example:
    """An article whose crossheads' places are known."""

    language: str
    held_out: bool
    paragraphs: list[Text]
    crossheads: list[Text]
    gold: list[int]


def made(text: str, lines: tuple[int, ...]) -> Text:
    """Return a paragraph or a crosshead with its terms."""
    return Text(text=text, lines=lines, terms=terms_of(text))


def of_bank(files: Sequence[Path]) -> Iterator[Example]:
    """Articles with their crossheads taken out, as if printed after all paragraphs, in order."""
    for number, path in enumerate(files):
        try:
            articles = read_bank(path)
        except BankError as fault:
            print(f"passed over: {fault}")
            continue
        for article in articles:
            paragraphs: list[Text] = []
            crossheads: list[Text] = []
            gold: list[int] = []
            for item in article["body"]:
                if item["type"] == "p":
                    paragraphs.append(made(item["text"], (2 * len(paragraphs),)))
                else:
                    gold.append(len(paragraphs))
                    crossheads.append(made(item["text"], (FAR + len(crossheads),)))
            if crossheads:
                yield Example(
                    language=article["language"],
                    held_out=number % HELD_OUT == HELD_OUT - 1,
                    paragraphs=paragraphs,
                    crossheads=crossheads,
                    gold=gold,
                )


def of_pages(paths: Sequence[Path]) -> Iterator[Example]:
    """Articles of composed pages, their lines put together as the gold has them."""
    for number, path in enumerate(paths):
        lines, labels = read_page(path)
        gold = json.loads(path.with_suffix(".gold.json").read_text(encoding="utf-8"))
        for article, told in enumerate(gold["articles"]):
            known = _known(told["body"])
            parts, heads = _parts(labels, article)
            titles = [made(" ".join(lines[at].text for at in head), tuple(head)) for head in heads]
            wanted = [known.get(norm(title.text), -1) for title in titles]
            whole = min(wanted, default=-1) >= 0 and len(set(wanted)) == len(wanted)
            if not whole or len(parts) != known[""]:
                continue
            yield Example(
                language=gold["language"],
                held_out=number % HELD_OUT == HELD_OUT - 1,
                paragraphs=[
                    made(join_lines([lines[at].text for at in part]), tuple(part)) for part in parts
                ],
                crossheads=titles,
                gold=wanted,
            )


def _parts(labels: Sequence[Label], article: int) -> tuple[list[list[int]], list[list[int]]]:
    """The lines of an article's paragraphs, in their order, and of its crossheads, as printed."""
    own = [at for at, label in enumerate(labels) if label.article == article]
    body = [at for at in own if labels[at].part == "body"]
    parts: list[list[int]] = []
    for at in sorted(body, key=lambda at: (labels[at].start, at)):
        if labels[at].tag in "AP" or not parts:
            parts.append([])
        parts[-1].append(at)
    heads: list[list[int]] = []
    for at in (at for at in own if labels[at].part == "crosshead"):
        if tag_of(labels[at]) == "C" or not heads:
            heads.append([])
        heads[-1].append(at)
    return parts, heads


def is_plain(example: Example) -> bool:
    """Whether all crossheads are printed in places of their own: then nothing need be learned."""
    printed = printed_places(example.paragraphs, example.crossheads)
    return all(printed) and len(set(printed)) == len(printed)


def _known(body: list[dict[str, str]]) -> dict[str, int]:
    """The place of each crosshead of the gold, by its text; by none, how many paragraphs it has."""
    known = {"": 0}
    for item in body:
        if item["type"] == "p":
            known[""] += 1
        else:
            known[norm(item["text"])] = known[""]
    return known


Scored = tuple[Any, Any, Any, Any]
"""Lead (n), own (k, n), sections (k, n, n+1), orders (k, k)."""


def stacked(seen: Seen, example: Example) -> list[tuple[list[str], torch.Tensor]]:
    """Return what is seen as one tensor for each kind, names and values."""
    count, length = len(example.crossheads), len(example.paragraphs)
    shapes = ((length,), (count, length), (count, length, length + 1), (count, count))
    kinds = (seen.lead, seen.paragraphs, seen.sections, seen.orders)
    stacks = []
    for told, shape in zip(kinds, shapes, strict=True):
        values = [torch.tensor(value, dtype=torch.float32).expand(shape) for value in told.values()]
        stacks.append((list(told), torch.stack(values, dim=-1)))
    return stacks


def ordered_loss(scored: Scored, gold: Sequence[int]) -> torch.Tensor:
    """How unlikely the gold is among all ways in order, each place taken once."""
    lead, own, sections, _ = scored
    count = len(gold)
    ways, path = lead + own[0], lead[gold[0]] + own[0, gold[0]]
    for head in range(1, count):
        ways = torch.logsumexp(ways[:, None] + sections[head - 1, :, :-1], 0) + own[head]
        path = path + sections[head - 1, gold[head - 1], gold[head]] + own[head, gold[head]]
    path = path + sections[-1, gold[-1], -1]
    return torch.logsumexp(ways + sections[-1, :, -1], 0) - path


def any_order_loss(scored: Scored, gold: Sequence[int]) -> torch.Tensor:
    """How unlikely the gold is among all ways in any order."""
    lead, own, sections, orders = scored
    count = len(gold)
    ways = {(1 << head, head): lead + own[head] for head in range(count)}
    for _ in range(count - 1):
        reached: dict[tuple[int, int], list[torch.Tensor]] = defaultdict(list)
        for (standing, head), value in ways.items():
            through = torch.logsumexp(value[:, None] + sections[head, :, :-1], 0)
            for other in range(count):
                if not standing >> other & 1:
                    step = through + orders[head, other] + own[other]
                    reached[standing | 1 << other, other].append(step)
        ways = {key: torch.logsumexp(torch.stack(many), 0) for key, many in reached.items()}
    ends = [value + sections[head, :, -1] for (_, head), value in ways.items()]
    line = sorted(range(count), key=lambda head: gold[head])
    path = lead[gold[line[0]]]
    for at, head in enumerate(line):
        path = path + own[head, gold[head]]
        if at + 1 < count:
            after = line[at + 1]
            path = path + sections[head, gold[head], gold[after]] + orders[head, after]
    path = path + sections[line[-1], gold[line[-1]], -1]
    return torch.logsumexp(torch.stack(ends), dim=(0, 1)) - path


def learn(
    examples: Sequence[Example],
    weights: dict[str, float],
    learned: Callable[[str], bool],
    loss_of: Callable[[Scored, Sequence[int]], torch.Tensor],
    decay: float,
) -> None:
    """Learn some of the weights, in place; the others stay as they are."""
    prepared = []
    names: list[str] = []
    for example in examples:
        parts = []
        for known, values in stacked(see(example.paragraphs, example.crossheads), example):
            own = [at for at, name in enumerate(known) if learned(name)]
            names += [known[at] for at in own if known[at] not in names]
            rest = torch.tensor([0.0 if learned(n) else weights.get(n, 0.0) for n in known])
            at = [names.index(known[column]) for column in own]
            parts.append((values[..., own], at, values @ rest))
        prepared.append((parts, torch.tensor(bounds(len(example.paragraphs)), dtype=torch.float32)))
    vector = torch.tensor([weights.get(name, 0.0) for name in names], requires_grad=True)
    optimizer = torch.optim.LBFGS([vector], max_iter=40, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = decay * (vector**2).sum()
        for (parts, edge), example in zip(prepared, examples, strict=True):
            lead, own, sections, orders = (v @ vector[at] + rest for v, at, rest in parts)
            loss = loss + loss_of((lead, own, sections + edge, orders), example.gold)
        loss.backward()
        return loss

    optimizer.step(closure)
    weights.update({name: round(v, 3) for name, v in zip(names, vector.tolist(), strict=True)})


def tell(examples: Sequence[Example], title: str) -> None:
    """Print the share of crossheads that land where they belong, by language."""
    right: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for example in examples:
        found = places(example.paragraphs, example.crossheads)
        language = example.language if example.language in ("zh", "zh-Hant", "en") else "rest"
        for key in (language, "all"):
            right[key] += sum(a == b for a, b in zip(found, example.gold, strict=True))
            every[key] += len(found)
    print(title, ", ".join(f"{key} {right[key] / every[key]:.3f} of {every[key]}" for key in every))


def main() -> None:
    parser = argparse.ArgumentParser(description="Learn where crossheads stand.")
    parser.add_argument("--more", type=Path, help="folder of other files like those of the bank")
    parser.add_argument("--pages", type=Path, help="folder of composed pages and their gold")
    parser.add_argument("--limit", type=int, default=800, help="pages that are looked at")
    args = parser.parse_args()
    torch.set_num_threads(1)
    weights: dict[str, float] = json.loads(WEIGHTS.read_text()) if WEIGHTS.exists() else {}

    files = sorted(BANK.glob("*.txt")) + (sorted(args.more.glob("*.txt")) if args.more else [])
    texts = list(of_bank(files))
    known = [example for example in texts if not example.held_out]
    learn(known, weights, lambda name: name not in PRINTED, ordered_loss, TEXT_DECAY)
    pages: list[Example] = []
    if args.pages:
        paths = sorted(args.pages.glob("*.txt"))
        pages = list(of_pages(paths[:: max(1, len(paths) // args.limit)]))
        known = [e for e in pages if not e.held_out and len(e.gold) <= MOST and not is_plain(e)]
        learn(known, weights, lambda name: name in PRINTED, any_order_loss, PRINTED_DECAY)
    WEIGHTS.write_text(json.dumps(weights, indent=1, sort_keys=True) + "\n")
    tell([example for example in texts if example.held_out], "texts alone:")
    if pages:
        tell([example for example in pages if example.held_out], "pages:")


if __name__ == "__main__":
    main()
