"""How the line, piece and home networks are learned: what each is shown, batches, losses."""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import torch
from dataset import Example, topics_of
from networks import HomeNetwork, LineNetwork, PieceNetwork, shares
from numpy.typing import NDArray
from torch.nn import functional

from feeder.parse.features import PageFeatures
from feeder.parse.tags import KINDS, TAGS
from feeder.parse.units import Homes, Pieces, Told, Unit, sigmoid, softmax, split_units

_Made = TypeVar("_Made")
_LINES_A_BATCH = 4000
_PAGES_A_STEP = 8
_FIRST_ROUND = 0.4
"""The weight of what a network says before it looks again."""
_TEXT_PARTS = ("body", "headline", "kicker", "deck", "crosshead", "caption", "byline")
_WHOLE = frozenset({"next", "prev", "art", "home", "kind"})
_ASIDE = frozenset({"bodies", "others", "groups", "units"})

Case = dict[str, Any]


# -- lines -----------------------------------------------------------------------------------------


def collate(batch: Sequence[Example]) -> dict[str, torch.Tensor]:
    """Return pages of about one length as one batch, padded."""
    longest = max(len(page.tags) for page in batch)

    def padded(values: Sequence[Any], fill: float, square: bool = False) -> torch.Tensor:
        rows = []
        for value in values:
            room = [(0, longest - value.shape[0])] + [(0, 0)] * (value.ndim - 1)
            if square:
                room[1] = (0, longest - value.shape[1])
            rows.append(np.pad(value, room, constant_values=fill))
        return torch.from_numpy(np.stack(rows))

    return {
        "dense": padded([page.dense for page in batch], 0).float(),
        "keys": padded([page.keys for page in batch], 0).long(),
        "ties": padded([page.ties for page in batch], 0, square=True).float(),
        "mask": padded([np.ones(len(page.tags), np.float32) for page in batch], 0),
        "tags": padded([page.tags for page in batch], -1),
        "follows": padded([page.follows for page in batch], -1),
        "same": padded([page.same for page in batch], -1),
    }


def batches(pages: Sequence[Example], lines: int, rng: random.Random) -> list[list[int]]:
    """Return the pages' indexes in batches of pages about as long, in any order."""
    order = sorted(range(len(pages)), key=lambda at: len(pages[at].tags) + rng.random() * 30)
    found: list[list[int]] = [[]]
    for at in order:
        if found[-1] and len(pages[at].tags) * (len(found[-1]) + 1) > lines:
            found.append([])
        found[-1].append(at)
    rng.shuffle(found)
    return found


def line_loss(out: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return how far the network's word on tags, following and sameness is from the truth."""
    tags = functional.cross_entropy(
        out[..., :-2].flatten(0, 1), batch["tags"].flatten(), ignore_index=-1
    )
    for place, name in ((-2, "follows"), (-1, "same")):
        known = batch[name] >= 0
        tags = tags + 0.5 * functional.binary_cross_entropy_with_logits(
            out[..., place][known], batch[name][known].float()
        )
    return tags


def learn_lines(
    pages: Sequence[Example], epochs: int, rate: float = 2e-3, seed: int = 0
) -> LineNetwork:
    """Return a line network learned from the pages."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    network = LineNetwork(pages[0].dense.shape[1], len(TAGS))
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.1)
    steps = epochs * len(batches(pages, _LINES_A_BATCH, rng))
    step, start = 0, time.monotonic()
    for epoch in range(epochs):
        losses = []
        for chosen in batches(pages, _LINES_A_BATCH, rng):
            _set_rate(optimiser, rate, step, steps, warm=100)
            batch = collate([pages[at] for at in chosen])
            out = network(batch["dense"], batch["keys"], batch["ties"], batch["mask"])
            losses.append(_descend(network, optimiser, line_loss(out, batch)))
            step += 1
        print(f"lines, epoch {epoch}: loss {np.mean(losses):.4f}, {time.monotonic() - start:.0f} s")
    return network


def _set_rate(
    optimiser: torch.optim.Optimizer, rate: float, step: int, steps: int, *, warm: int
) -> None:
    wave = 0.5 * (1 + math.cos(math.pi * min(step / steps, 1.0))) * 0.97 + 0.03
    for group in optimiser.param_groups:
        group["lr"] = rate * min(1.0, (step + 1) / warm) * wave


def _descend(
    network: torch.nn.Module, optimiser: torch.optim.Optimizer, loss: torch.Tensor
) -> float:
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    return loss.item()


def tell(network: LineNetwork, pages: Sequence[Example]) -> list[Told]:
    """Return what the network tells of each page."""
    network.eval()
    told: dict[int, Told] = {}
    with torch.no_grad():
        for chosen in batches(pages, 2 * _LINES_A_BATCH, random.Random(0)):
            batch = collate([pages[at] for at in chosen])
            out = network(batch["dense"], batch["keys"], batch["ties"], batch["mask"]).numpy()
            for row, at in enumerate(chosen):
                own = out[row, : len(pages[at].tags)]
                told[at] = Told(
                    tags=softmax(own[:, :-2]), follows=sigmoid(own[:, -2]), same=sigmoid(own[:, -1])
                )
    return [told[at] for at in range(len(pages))]


# -- pieces and homes ------------------------------------------------------------------------------


def _majority(unit: Unit, page: Example, parts: Sequence[str]) -> int | None:
    articles = Counter(
        page.labels[at].article for at in unit.lines if page.labels[at].part in parts
    )
    articles.pop(None, None)
    return articles.most_common(1)[0][0] if articles else None


def _start(unit: Unit, page: Example, article: int | None) -> int:
    """Where in the article's body the unit begins."""
    labels = [page.labels[at] for at in unit.lines]
    return min((label.start for label in labels if label.article == article), default=0)


def piece_case(page: Example, told: Told) -> Case | None:
    """Return what the piece network is shown of a page, and the truth: what goes on in what."""
    bodies, others = split_units(told)
    if len(bodies) < 2:
        return None
    pieces = Pieces(PageFeatures(page.lines, topics_of(page.topics)), told, bodies, others)
    count = len(bodies)
    own = [_majority(unit, page, ("body",)) for unit in bodies]
    starts = [_start(unit, page, article) for unit, article in zip(bodies, own, strict=True)]
    following, before = np.full(count, count), np.full(count, count)
    for article in set(own) - {None}:
        line = sorted(
            (at for at in range(count) if own[at] == article), key=lambda at: (starts[at], at)
        )
        for one, other in pairwise(line):
            following[one], before[other] = other, one
    any_part = [_majority(unit, page, _TEXT_PARTS) for unit in bodies]
    body = [
        article is not None
        and 2 * sum(page.labels[at].part == "body" for at in unit.lines) >= len(unit.lines)
        for unit, article in zip(bodies, own, strict=True)
    ]
    return {
        "pairs": pieces.pairs.astype(np.float16), "nodes": pieces.nodes,
        "head": pieces.head_states, "tail": pieces.tail_states, "ties": pieces.ties,
        "titles": pieces.titles, "heads": pieces.heads,
        "next": following, "prev": before, "body": np.array(body, np.float32),
        "art": np.array([-1 if article is None else article for article in any_part]),
        "bodies": bodies, "others": others,
    }  # fmt: skip


def tensors(case: Case) -> dict[str, torch.Tensor]:
    """Return a case's arrays as tensors."""
    return {
        name: torch.from_numpy(np.asarray(value)).to(
            torch.long if name in _WHOLE else torch.float32
        )
        for name, value in case.items()
        if name not in _ASIDE
    }


def piece_out(
    network: PieceNetwork, case: dict[str, torch.Tensor]
) -> list[tuple[torch.Tensor, ...]]:
    """Return both rounds of what the network says of a page."""
    names = ("pairs", "nodes", "head", "tail", "ties", "titles", "heads")
    return network(*(case[name] for name in names))


def piece_loss(network: PieceNetwork, case: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return how far the network's word is from the truth."""
    total = torch.zeros(())
    article = case["art"]
    both = (article[:, None] >= 0) & (article[None] >= 0) & ~torch.eye(len(article)).bool()
    alike = (article[:, None] == article[None]).float()
    rounds = piece_out(network, case)
    for weight, (following, start, end, same, body) in zip(
        (_FIRST_ROUND, 1.0), rounds, strict=True
    ):
        loss = functional.cross_entropy(torch.cat([following, end[:, None]], 1), case["next"])
        loss = loss + functional.cross_entropy(
            torch.cat([following, start[None]], 0).T, case["prev"]
        )
        loss = loss + functional.binary_cross_entropy_with_logits(body, case["body"])
        if both.any():
            loss = loss + functional.binary_cross_entropy_with_logits(same[both], alike[both])
        total = total + weight * loss
    return total


def chains_of(network: PieceNetwork, case: Case) -> tuple[list[list[int]], NDArray[np.bool_]]:
    """Return the pieces of each article in order, and which pieces are body, as the parser does."""
    from feeder.parse.articles import string_pieces
    from feeder.parse.network import Links

    with torch.no_grad():
        following, start, end, same, body = piece_out(network, tensors(case))[1]
        rows, columns = shares(following, start, end)
    links = Links(
        rows=rows.numpy(), columns=columns.numpy(), same=torch.sigmoid(same).numpy(),
        body=torch.sigmoid(body).numpy(),
    )  # fmt: skip
    return string_pieces(links), links.body >= 0.5


def home_case(
    page: Example, told: Told, case: Case, chains: list[list[int]], body: NDArray[np.bool_]
) -> Case | None:
    """Return what the home network is shown of a page, and the truth: where each unit belongs."""
    slipped = [unit for unit, is_body in zip(case["bodies"], body, strict=True) if not is_body]
    units = sorted([*case["others"], *slipped], key=lambda unit: unit.lines[0])
    if not units or not chains:
        return None
    groups = [[case["bodies"][at] for at in chain] for chain in chains]
    homes = Homes(PageFeatures(page.lines, topics_of(page.topics)), told, units, groups)
    chain_of = chains_of_articles(page, [[at for u in group for at in u.lines] for group in groups])
    home, kind = [], []
    for unit in units:
        kinds = Counter(
            next(at for at, tags in enumerate(KINDS) if TAGS[page.tags[line]] in tags)
            for line in unit.lines
        )
        kind.append(kinds.most_common(1)[0][0])
        article = Counter(
            page.labels[line].article if page.labels[line].part in _TEXT_PARTS else None
            for line in unit.lines
        ).most_common(1)[0][0]
        home.append(len(groups) if article is None else chain_of.get(article, -1))
    return {
        "pairs": homes.pairs.astype(np.float16), "nodes": homes.nodes, "states": homes.states,
        "chains": homes.chain_states, "beside": homes.beside,
        "home": np.array(home), "kind": np.array(kind),
    }  # fmt: skip


def chains_of_articles(page: Example, chains: Sequence[Sequence[int]]) -> dict[int, int]:
    """Return the chain of lines that holds the most of each article."""
    most: dict[int, tuple[int, int]] = {}
    for number, chain in enumerate(chains):
        letters: Counter[int] = Counter()
        for at in chain:
            label = page.labels[at]
            if label.part == "body" and label.article is not None:
                letters[label.article] += len(page.lines[at].text)
        for article, count in letters.items():
            most[article] = max(most.get(article, (0, 0)), (count, number))
    return {article: number for article, (_, number) in most.items()}


def home_loss(network: HomeNetwork, case: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return how far the network's word is from the truth."""
    total = torch.zeros(())
    known = case["home"] >= 0
    names = ("pairs", "nodes", "states", "chains", "beside")
    rounds = network(*(case[name] for name in names))
    for weight, (home, kind) in zip((_FIRST_ROUND, 1.0), rounds, strict=True):
        loss = 0.7 * functional.cross_entropy(kind, case["kind"])
        if known.any():
            loss = loss + functional.cross_entropy(home[known], case["home"][known])
        total = total + weight * loss
    return total


def fit(
    network: torch.nn.Module,
    cases: Sequence[Case],
    loss: Callable[[Any, dict[str, torch.Tensor]], torch.Tensor],
    epochs: int,
    rate: float = 2e-3,
) -> None:
    """Learn from the cases, a page at a time."""
    rng = random.Random(1)
    ready = [tensors(case) for case in cases]
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    steps, step, begun = epochs * math.ceil(len(ready) / _PAGES_A_STEP), 0, time.monotonic()
    for epoch in range(epochs):
        network.train()
        rng.shuffle(ready)
        losses = []
        for at in range(0, len(ready), _PAGES_A_STEP):
            _set_rate(optimiser, rate, step, steps, warm=50)
            some = ready[at : at + _PAGES_A_STEP]
            mean = torch.stack([loss(network, case) for case in some]).mean()
            losses.append(_descend(network, optimiser, mean))
            step += 1
        name = type(network).__name__
        print(
            f"{name}, epoch {epoch}: loss {np.mean(losses):.4f}, {time.monotonic() - begun:.0f} s"
        )
    network.eval()


def in_parallel(work: Callable[..., _Made], *columns: Sequence[Any]) -> list[_Made]:
    """Return the work done on each row, by as many processes as there are cores."""
    with ProcessPoolExecutor() as pool:
        return list(pool.map(work, *columns, chunksize=8))
