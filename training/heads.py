"""The head network as it is learned: what it is shown of a page, its loss.

`feeder/parse/heads.py` runs it without PyTorch and finds the weights by the names given here. It
is a chain of roles, one a line, with what may follow what; the loss is how unlikely the true roles
are among all ways (a conditional random field over pairs of the roles a head has so far and the
role of its last line).
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from dataset import Example, topics_of
from label import norm
from learning import chains_of_articles
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from feeder.parse import heads
from feeder.parse.articles import explain, printed_titles
from feeder.parse.features import PageFeatures
from feeder.parse.heads import CROSSHEAD, HEADLINE, NONE, ROLES, SEEN, SETS, STEPS, see_heads
from feeder.parse.network import Model
from feeder.parse.units import Told

INNER = 64
EPOCHS, BATCH, RATE, DECAY = 20, 64, 6e-3, 0.02
_NEVER = heads._NEVER
_ROLE_OF_PART = {"headline": 0, "kicker": 1, "deck": 2, "crosshead": CROSSHEAD}
_LABEL = ROLES.index("L")


@dataclass(frozen=True)
class HeadCase:
    """One article's lines that may head it: what is seen of them, and their true roles."""

    seen: NDArray[Any]
    steps: NDArray[Any]
    roles: NDArray[np.int64]


def column_labels(path: Path) -> list[str]:
    """Return the column's label printed over each article of a page, "" for none."""
    gold = json.loads(path.with_suffix(".gold.json").read_text(encoding="utf-8"))
    return [(article.get("printed") or {}).get("label") or "" for article in gold["articles"]]


def head_cases(page: Example, told: Told, labels: Sequence[str], model: Model) -> list[HeadCase]:
    """Return what the head network is shown of a page; `labels` are of its columns."""
    features = PageFeatures(page.lines, topics_of(page.topics))
    units, _, best = explain(features, told, model)
    if best.housed is None:
        return []
    printed = printed_titles(units, best.chains, best.housed)
    article_of = {
        chain: article for article, chain in chains_of_articles(page, printed.chains).items()
    }
    cases = []
    for number, head in enumerate(see_heads(printed)):
        article = article_of.get(number)
        if article is None or not head.lines:
            continue
        label = norm(labels[article])
        roles = []
        for line in head.lines:
            known = page.labels[line]
            role = _ROLE_OF_PART.get(known.part, NONE) if known.article == article else NONE
            is_label = known.part == "kicker" and label and norm(page.lines[line].text) == label
            roles.append(_LABEL if role != NONE and is_label else role)
        if HEADLINE in roles:
            cases.append(HeadCase(head.seen, head.steps, np.array(roles)))
    return cases


class HeadNetwork(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(3 * SEEN, INNER)
        self.own = nn.Linear(INNER, len(ROLES))
        self.steps = nn.Linear(STEPS, len(ROLES) ** 2, bias=False)
        nn.init.zeros_(self.steps.weight)
        self.begins = nn.Parameter(torch.zeros(SETS, len(ROLES)))
        self.ends = nn.Parameter(torch.zeros(SETS))
        self.drop = nn.Dropout(0.2)

    def forward(self, seen: Tensor, steps: Tensor) -> tuple[Tensor, Tensor]:
        """What each role is worth for each line, and each step of roles, of a batch."""
        zero = torch.zeros_like(seen[:, :1])
        before, after = torch.cat([zero, seen[:, :-1]], 1), torch.cat([seen[:, 1:], zero], 1)
        inner = functional.relu(self.inner(torch.cat([seen, before, after], -1)))
        own = self.own(self.drop(inner))
        return own, self.steps(steps).view(*steps.shape[:2], len(ROLES), len(ROLES))

    def counted_begins(self) -> Tensor:
        """What it is worth that a role begins: of crossheads and of no role, nothing."""
        return torch.cat([self.begins[:, :CROSSHEAD], torch.zeros(SETS, 2)], 1)


_HEADED = torch.tensor([0.0 if held & 1 else _NEVER for held in range(SETS)])


def all_ways(network: HeadNetwork, own: Tensor, steps: Tensor, mask: Tensor) -> Tensor:
    """Return the log of the sum over all ways, of each article of a batch."""
    batch, count, roles = own.shape
    begins = network.counted_begins()
    values = []
    for role in range(roles):
        held = 1 << role if role < CROSSHEAD else 0
        here = torch.arange(SETS) == held
        values.append(torch.where(here, (own[:, 0, role] + begins[0, role])[:, None], _NEVER))
    ways = torch.stack(values, 2)
    other = 1 - torch.eye(roles)
    for row in range(1, count):
        through = ways[..., None] + steps[:, row, None] + begins[None, :, None] * other
        reached = torch.logsumexp(through, 2)
        values = []
        for role in range(roles):
            value = reached[:, :, role]
            if role < CROSSHEAD:
                first = [held for held in range(SETS) if not held >> role & 1]
                again = [held | 1 << role for held in first]
                both = torch.logaddexp(value[:, first], value[:, again])
                value = torch.full((batch, SETS), _NEVER)
                value[:, again] = both
            values.append(value + own[:, row, role, None])
        ways = torch.where(mask[:, row, None, None], torch.stack(values, 2), ways)
    whole = ways + (network.ends + _HEADED)[None, :, None]
    return torch.logsumexp(whole.flatten(1), 1)


def true_way(
    network: HeadNetwork, own: Tensor, steps: Tensor, roles: Tensor, mask: Tensor
) -> Tensor:
    """Return what the true roles are worth, of each article of a batch."""
    begins, at = network.counted_begins(), torch.arange(len(own))
    role = roles[:, 0]
    held = torch.where(role < CROSSHEAD, 1 << role, 0)
    total = own[at, 0, role] + begins[0][role]
    for row in range(1, own.shape[1]):
        before, role = roles[:, row - 1], roles[:, row]
        step = own[at, row, role] + steps[at, row, before, role]
        step = step + torch.where(role != before, begins[held, role], 0.0)
        total = total + torch.where(mask[:, row], step, 0.0)
        held = torch.where(mask[:, row] & (role < CROSSHEAD), held | (1 << role), held)
    return total + network.ends[held]


def learn_heads(cases: Sequence[HeadCase]) -> HeadNetwork:
    """Return the network learned from the cases."""
    network = HeadNetwork()
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE / 2, weight_decay=DECAY)
    batches = -(-len(cases) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, RATE, total_steps=EPOCHS * batches + 1
    )
    for epoch in range(EPOCHS):
        order = sorted(cases, key=lambda case: len(case.roles) + 2 * random.random())
        dealt = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
        random.shuffle(dealt)
        network.train()
        total = 0.0
        for some in dealt:
            seen, steps, roles, mask = _padded(some)
            own, stepping = network(seen, steps)
            loss = all_ways(network, own, stepping, mask) - true_way(
                network, own, stepping, roles, mask
            )
            optimizer.zero_grad()
            loss.mean().backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimizer.step()
            schedule.step()
            total += float(loss.sum())
        print(f"heads, round {epoch + 1}: {total / len(cases):.3f}", flush=True)
    network.eval()
    with torch.no_grad():
        network.begins[:, CROSSHEAD:] = 0.0
    return network


def _padded(cases: Sequence[HeadCase]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    count = max(len(case.roles) for case in cases)
    seen = torch.zeros(len(cases), count, SEEN)
    steps = torch.zeros(len(cases), count, STEPS)
    roles = torch.full((len(cases), count), NONE)
    mask = torch.zeros(len(cases), count, dtype=torch.bool)
    for at, case in enumerate(cases):
        own = len(case.roles)
        seen[at, :own] = torch.from_numpy(case.seen)
        steps[at, :own] = torch.from_numpy(case.steps)
        roles[at, :own] = torch.from_numpy(case.roles)
        mask[at, :own] = True
    return seen, steps, roles, mask
