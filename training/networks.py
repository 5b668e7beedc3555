"""Three of the four networks of the parser, as they are learned; `heads.py` has the fourth.

`feeder/parse/network.py` runs them without PyTorch and finds their weights by the names given here.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from feeder.parse.features import KEYS, load_vocabulary
from feeder.parse.units import CONTEXT

WIDTH = 128
KEY_WIDTH = 32
HEADS = 4
_DROPPED, _DROPPED_WORDS, _DROPPED_NUMBERS = 0.35, 0.5, 0.1
"""How often what is seen of a line is hidden while learning: an article stands on many pages, and
would be known again by its words."""
DILATIONS = (1, 2, 4, 1, 8, 1)
ATTENDS = (2, 4)
"""After which convolutions lines look at the lines they share words with."""


class Convolution(nn.Module):
    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.conv = nn.Conv1d(WIDTH, WIDTH, 3, dilation=dilation, padding=dilation)
        self.mix = nn.Linear(WIDTH, WIDTH)
        self.drop = nn.Dropout(_DROPPED)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        inner = self.norm(states) * mask[..., None]
        inner = functional.relu(self.conv(inner.transpose(1, 2)).transpose(1, 2))
        return states + self.drop(self.mix(inner))


class Attention(nn.Module):
    """Lines look at one another; what they share and how far apart they stand weighs, by head."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.into = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.bias = nn.Parameter(torch.tensor([[0.5, 0.0], [1.0, 0.0], [0.0, -0.5], [1.0, -0.2]]))
        self.drop = nn.Dropout(_DROPPED)

    def forward(self, states: Tensor, mask: Tensor, ties: Tensor, apart: Tensor) -> Tensor:
        batch, count, _ = states.shape
        query, key, value = (
            self.into(self.norm(states)).view(batch, count, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        )
        bias = self.bias[None, :, :1, None] * ties[:, None] + self.bias[None, :, 1:, None] * apart
        bias = bias.masked_fill(~mask[:, None, None, :].bool(), -1e9)
        found = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        return states + self.drop(self.out(found.transpose(1, 2).reshape(batch, count, WIDTH)))


class LineNetwork(nn.Module):
    """What each line is, and how it goes with the line before it.

    The last two numbers of `out` are whether a body line goes on with the one printed before it,
    and whether the line is of the same article as the line before it.
    """

    def __init__(self, dense: int, tags: int) -> None:
        super().__init__()
        self.tags = tags
        self.dense = nn.Linear(dense, WIDTH)
        self.table = nn.Embedding(len(load_vocabulary()) + 1, KEY_WIDTH)
        nn.init.normal_(self.table.weight, std=0.1)
        self.slots = nn.Parameter(torch.ones(KEYS, KEY_WIDTH))
        self.keys = nn.Linear(KEY_WIDTH, WIDTH)
        self.convolutions = nn.ModuleList(Convolution(d) for d in DILATIONS)
        self.attentions = nn.ModuleList(Attention() for _ in ATTENDS)
        self.norm = nn.LayerNorm(WIDTH)
        self.out = nn.Linear(WIDTH, tags + 2)

    def forward(self, dense: Tensor, keys: Tensor, ties: Tensor, mask: Tensor) -> Tensor:
        if self.training:
            keys = keys * (torch.rand(keys.shape) > _DROPPED_WORDS)
            dense = dense * (torch.rand(dense.shape) > _DROPPED_NUMBERS)
        known = self.table(keys) * self.slots
        if self.training:
            known = known * (torch.rand(known.shape[:-1]) > 0.2)[..., None] / 0.8
        states = functional.relu(self.dense(dense) + self.keys(known.sum(2)))
        count = states.shape[1]
        at = torch.arange(count)
        apart = torch.log1p((at[:, None] - at[None, :]).abs().float())
        attentions = dict(zip(ATTENDS, self.attentions, strict=True))
        for number, convolution in enumerate(self.convolutions):
            states = convolution(states, mask)
            if number in attentions:
                states = attentions[number](states, mask, ties, apart)
        states = self.norm(states)
        return self.out(states)


class PieceNetwork(nn.Module):
    """Which piece of body each piece goes on in, and which are of one article.

    The pairs are weighed twice: the second time it is known how each pair does among all.
    """

    SIDE, INNER = 28, 48

    def __init__(self, pairs: int, nodes: int) -> None:
        super().__init__()
        self.head = nn.Linear(CONTEXT, self.SIDE)
        self.tail = nn.Linear(CONTEXT, self.SIDE)
        self.first_pair = nn.Linear(pairs, self.INNER)
        self.first_one = nn.Linear(self.SIDE + nodes, self.INNER)
        self.first_other = nn.Linear(self.SIDE + nodes, self.INNER)
        self.first_mix = nn.Linear(self.INNER, self.INNER)
        self.first_out = nn.Linear(self.INNER, 2)
        self.opens = nn.Sequential(nn.Linear(self.SIDE + nodes, 32), nn.ReLU(), nn.Linear(32, 1))
        self.closes = nn.Sequential(nn.Linear(self.SIDE + nodes, 32), nn.ReLU(), nn.Linear(32, 1))
        self.second_in = nn.Linear(self.INNER + 12, self.INNER)
        self.body = nn.Linear(2 * self.SIDE + nodes, 1)
        self.body_in = nn.Linear(2 * self.SIDE + nodes + 2 * self.INNER, 32)
        self.body_out = nn.Linear(32, 1)
        self.second_mix = nn.Linear(self.INNER, 32)
        self.second_out = nn.Linear(32, 2)
        self.opens_again = nn.Linear(6, 1)
        self.closes_again = nn.Linear(6, 1)
        self.drop = nn.Dropout(0.2)

    def forward(
        self,
        pairs: Tensor,
        nodes: Tensor,
        head: Tensor,
        tail: Tensor,
        ties: Tensor,
        titles: Tensor,
        heads: Tensor,
    ) -> list[tuple[Tensor, ...]]:
        """One page: logits of what follows, START, END, same article, is body; of both rounds."""
        other = torch.cat([functional.relu(self.head(head)), nodes], -1)
        one = torch.cat([functional.relu(self.tail(tail)), nodes], -1)
        inner = (
            self.first_pair(pairs) + self.first_one(one)[:, None] + self.first_other(other)[None]
        )
        inner = functional.relu(self.first_mix(self.drop(functional.relu(inner))))
        out = self.first_out(inner)
        never = torch.eye(len(nodes)) * -30
        following, same = out[..., 0] + never, (out[..., 1] + out[..., 1].T) / 2
        start, end = self.opens(other)[:, 0], self.closes(one)[:, 0]
        whole = torch.cat([functional.relu(self.head(head)), one], -1)
        body = self.body(whole)[:, 0]
        rows, columns = shares(following, start, end)
        belong = torch.sigmoid(same) * (1 - torch.eye(len(nodes)))
        seen = seen_among_all(rows, columns, belong, ties=ties, titles=titles, heads=heads)
        about = torch.cat(
            [(rows[:-1, :-1, None] * inner).sum(1), (columns[:-1, :-1, None] * inner).sum(0)], -1
        )
        body2 = (
            body + self.body_out(functional.relu(self.body_in(torch.cat([whole, about], -1))))[:, 0]
        )
        inner = functional.relu(self.second_in(torch.cat([self.drop(inner), seen], -1)))
        out = self.second_out(functional.relu(self.second_mix(inner)))
        following2, same2 = out[..., 0] + following, (out[..., 1] + out[..., 1].T) / 2 + same
        about_start = torch.stack(
            [start, *top(following, 0), columns[-1, :-1], belong.sum(0), rows[:-1, :-1].sum(0)], -1
        )
        about_end = torch.stack(
            [end, *top(following, 1), rows[:-1, -1], belong.sum(1), columns[:-1, :-1].sum(1)], -1
        )
        start2 = start + self.opens_again(about_start / 4)[:, 0]
        end2 = end + self.closes_again(about_end / 4)[:, 0]
        return [(following, start, end, same, body), (following2, start2, end2, same2, body2)]


def seen_among_all(
    rows: Tensor, columns: Tensor, belong: Tensor, *, ties: Tensor, titles: Tensor, heads: Tensor
) -> Tensor:
    """How each pair of pieces does among all, by what was said of them the first time."""
    group = belong + torch.eye(len(belong))
    group = group / group.sum(1, keepdim=True)
    grouped = group @ ties @ group.T
    fitted = titles @ group.T
    fitted = fitted / fitted.max(1, keepdim=True).values.clamp(min=0.05) if len(titles) else fitted
    both, apart, apart_too = likeness(fitted, heads)
    common = belong @ belong / (belong.sum(0)[None] + belong.sum(1)[:, None] + 1) * 2
    return torch.stack(
        [
            rows[:-1, :-1], columns[:-1, :-1], belong, common,
            columns[-1:, :-1].expand_as(belong), rows[:-1, -1:].expand_as(belong),
            rival(rows[:-1, :-1], 1), rival(columns[:-1, :-1], 0),
            torch.log1p(grouped), both, apart, apart_too,
        ],
        -1,
    )  # fmt: skip


def likeness(titles: Tensor, heads: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How alike two pieces are in the titles they fit: both, and what each fits alone."""
    count = titles.shape[1]
    if not len(titles):
        nothing = torch.zeros(count, count)
        return nothing, nothing, nothing
    one, other = titles[:, :, None], titles[:, None, :]
    both = torch.minimum(one, other).sum(0) / torch.maximum(one, other).sum(0).clamp(min=1e-3)
    apart = (heads[:, None, None] * (one - other)).max(0).values
    return both, apart, apart.T


def shares(following: Tensor, start: Tensor, end: Tensor) -> tuple[Tensor, Tensor]:
    """The logits as shares of each row (what follows) and of each column (what goes before)."""
    whole = torch.cat(
        [
            torch.cat([following, end[:, None]], 1),
            torch.cat([start, torch.full((1,), -30.0)])[None],
        ],
        0,
    )
    return torch.softmax(whole, 1), torch.softmax(whole, 0)


def rival(values: Tensor, axis: int) -> Tensor:
    """The most of the others in a row or column."""
    if values.shape[axis] < 2:
        return torch.zeros_like(values)
    ranked = values.topk(2, dim=axis).values
    most, second = (ranked[:, :1], ranked[:, 1:]) if axis == 1 else (ranked[:1], ranked[1:])
    return torch.where(values == most, second, most)


def top(values: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    ranked = values.topk(min(2, values.shape[axis]), dim=axis).values
    if axis == 0:
        return ranked[0], ranked[-1]
    return ranked[:, 0], ranked[:, -1]


class HomeNetwork(nn.Module):
    """To which article each title, caption and byline belongs, if to any, and what kind it is."""

    SIDE, INNER = 24, 48

    def __init__(self, pairs: int, nodes: int, kinds: int) -> None:
        super().__init__()
        self.unit = nn.Linear(CONTEXT, self.SIDE)
        self.chain = nn.Linear(CONTEXT, self.SIDE)
        self.first_pair = nn.Linear(pairs, self.INNER)
        self.first_unit = nn.Linear(self.SIDE + nodes, self.INNER)
        self.first_chain = nn.Linear(self.SIDE, self.INNER)
        self.first_mix = nn.Linear(self.INNER, self.INNER)
        self.first_out = nn.Linear(self.INNER, 1)
        self.none = nn.Linear(self.SIDE + nodes, 1)
        self.kind = nn.Linear(self.SIDE + nodes, kinds)
        self.second_in = nn.Linear(self.INNER + 5 + 2 * kinds + 4, self.INNER)
        self.second_mix = nn.Linear(self.INNER, self.INNER)
        self.second_out = nn.Linear(self.INNER, 1)
        self.none_again = nn.Linear(3, 1)
        self.kind_in = nn.Linear(self.SIDE + nodes + self.INNER + 3 * kinds, 48)
        self.kind_out = nn.Linear(48, kinds)
        self.drop = nn.Dropout(0.2)

    def forward(
        self, pairs: Tensor, nodes: Tensor, states: Tensor, chains: Tensor, beside: Tensor
    ) -> list[tuple[Tensor, Tensor]]:
        """One page: logits of homes (none as last column) and of kinds, of both rounds.

        `beside[u]` is how surely a unit is of one article with the unit printed right before it
        (0: none is).
        """
        unit = torch.cat([functional.relu(self.unit(states)), nodes], -1)
        chain = functional.relu(self.chain(chains))
        inner = (
            self.first_pair(pairs) + self.first_unit(unit)[:, None] + self.first_chain(chain)[None]
        )
        inner = functional.relu(self.first_mix(self.drop(functional.relu(inner))))
        home = torch.cat([self.first_out(inner)[..., 0], self.none(unit)], 1)
        kind = self.kind(unit)
        share, sort = torch.softmax(home, 1)[:, :-1], torch.softmax(kind, 1)
        held = torch.einsum("uc,uk->uck", share, sort)
        others = held.sum(0, keepdim=True) - held
        most = others_most(held)
        zero = torch.zeros_like(share[:1])
        before = torch.cat([zero, share[:-1]]) * beside[:, None]
        after = torch.cat([share[1:] * beside[1:, None], zero])
        column = share / share.max(0).values.clamp(min=1e-3)
        shape = (*share.shape, 1)
        seen = torch.cat(
            [
                torch.stack([share, column, rival(share, 1), before, after], -1), others, most,
                beside[:, None, None].expand(shape),
                (share.sum(0)[None, :, None] / 4).expand(shape),
                (sort[:, :3].sum(1)[:, None, None]).expand(shape),
                held[..., :3].sum(-1, keepdim=True),
            ],
            -1,
        )  # fmt: skip
        inner2 = functional.relu(self.second_in(torch.cat([self.drop(inner), seen], -1)))
        inner2 = functional.relu(self.second_mix(inner2))
        home2 = self.second_out(inner2)[..., 0] + home[:, :-1]
        none2 = home[:, -1:] + self.none_again(
            torch.stack([home[:, -1], home[:, :-1].max(1).values, share.sum(1)], 1) / 4
        )
        weight = torch.softmax(home2, 1)
        mean = (weight[..., None] * inner2).sum(1)
        around = (weight[..., None] * torch.cat([others, most], -1)).sum(1)
        kind2 = (
            self.kind_out(
                functional.relu(self.kind_in(torch.cat([unit, mean, around, kind / 4], -1)))
            )
            + kind
        )
        return [(home, kind), (torch.cat([home2, none2], 1), kind2)]


def others_most(held: Tensor) -> Tensor:
    """For each unit, chain and kind, the most that any other unit holds there."""
    if len(held) < 2:
        return torch.zeros_like(held)
    ranked = held.topk(2, dim=0).values
    return torch.where(held == ranked[:1], ranked[1:], ranked[:1])
