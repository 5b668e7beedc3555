"""The four small networks that weigh what is seen of a page, run with numpy alone.

`model.npz` holds their weights; `training/train.py` learned them from composed pages of invented
articles and wrote it. The line network tells what each line is; the piece network which stretch of
body goes on in which; the home network to which article each title, caption and byline belongs;
the head network (`heads`) which titles head an article, and as what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import IO

import numpy as np

from feeder.parse.features import Floats, PageFeatures
from feeder.parse.units import Homes, Pieces, Told, likeness, sigmoid, softmax

DILATIONS = (1, 2, 4, 1, 8, 1)
ATTENDS = (2, 4)
"""After which convolutions lines look at the lines they share words with."""
HEADS = 4
_NEVER = -30.0


@dataclass(frozen=True, kw_only=True)
class Model:
    """The weights by their names in the networks of `training/networks.py`."""

    lines: Sequence[Mapping[str, Floats]]
    """Line networks, each learned by itself: what they tell together is surer than either."""
    pieces: Mapping[str, Floats]
    homes: Mapping[str, Floats]
    heads: Mapping[str, Floats]


@cache
def load_model() -> Model:
    """Return the model that ships with feeder."""
    folder = resources.files("feeder.parse")
    with (
        folder.joinpath("model.npz").open("rb") as file,
        folder.joinpath("lines.npz").open("rb") as more,
    ):
        return read_model(file, more)


def read_model(file: IO[bytes], more: IO[bytes] | None = None) -> Model:
    """Return the model in the bytes of an .npz: names are `network/weight`.

    Beside an int8 weight stands `network/weight/scale`, a factor a row. `more` holds another line
    network.
    """
    parts = _read_parts(file)
    lines = [parts.pop("lines")] + ([_read_parts(more)["lines"]] if more else [])
    return Model(lines=lines, **parts)


def _read_parts(file: IO[bytes]) -> dict[str, dict[str, Floats]]:
    parts: dict[str, dict[str, Floats]] = {"lines": {}, "pieces": {}, "homes": {}, "heads": {}}
    with np.load(file) as stored:
        for name in stored.files:
            if name.endswith("/scale"):
                continue
            weights = stored[name].astype(np.float32)
            if f"{name}/scale" in stored.files:
                weights *= stored[f"{name}/scale"].astype(np.float32)
            network, weight = name.split("/", 1)
            parts[network][weight] = np.ascontiguousarray(weights)
    return parts


def _linear(weights: Mapping[str, Floats], name: str, values: Floats) -> Floats:
    made: Floats = values @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
    return made


def _relu(values: Floats) -> Floats:
    return np.maximum(values, 0.0)


def _norm(weights: Mapping[str, Floats], name: str, values: Floats) -> Floats:
    centred = values - values.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + 1e-5)
    made: Floats = centred / spread * weights[f"{name}.weight"] + weights[f"{name}.bias"]
    return made


def tell_lines(features: PageFeatures, model: Model) -> Told:
    """Return what each line is, as shares of all readings: the mean of what the networks tell."""
    out = np.mean([_tell_lines(features, weights) for weights in model.lines], axis=0)
    return Told(tags=softmax(out[:, :-2]), follows=sigmoid(out[:, -2]), same=sigmoid(out[:, -1]))


def _tell_lines(features: PageFeatures, weights: Mapping[str, Floats]) -> Floats:
    """What one network tells of each line, as logarithms."""
    known = weights["table.weight"][features.keys] * weights["slots"]
    states = _relu(
        _linear(weights, "dense", features.dense) + _linear(weights, "keys", known.sum(axis=1))
    )
    count = len(states)
    at = np.arange(count)
    apart = np.log1p(np.abs(at[:, None] - at[None, :])).astype(np.float32)
    ties = np.log1p(features.ties)
    for number, dilation in enumerate(DILATIONS):
        states = states + _convolved(weights, f"convolutions.{number}", states, dilation)
        if number in ATTENDS:
            name = f"attentions.{ATTENDS.index(number)}"
            states = states + _attended(weights, name, states, ties, apart)
    states = _norm(weights, "norm", states)
    out = _linear(weights, "out", states)
    # Softmax takes no notice of what all tags have in common; the mean of two networks would.
    out[:, :-2] -= np.logaddexp.reduce(out[:, :-2], axis=1, keepdims=True)
    return out


def _convolved(weights: Mapping[str, Floats], name: str, states: Floats, dilation: int) -> Floats:
    inner = _norm(weights, f"{name}.norm", states)
    padded = np.pad(inner, ((dilation, dilation), (0, 0)))
    count = len(states)
    kernel = weights[f"{name}.conv.weight"]
    made = weights[f"{name}.conv.bias"] + sum(
        padded[place * dilation : place * dilation + count] @ kernel[:, :, place].T
        for place in range(3)
    )
    return _linear(weights, f"{name}.mix", _relu(made))


def _attended(
    weights: Mapping[str, Floats], name: str, states: Floats, ties: Floats, apart: Floats
) -> Floats:
    count, width = states.shape
    inner = _linear(weights, f"{name}.into", _norm(weights, f"{name}.norm", states))
    query, key, value = inner.reshape(count, 3, HEADS, width // HEADS).transpose(1, 2, 0, 3)
    bias = weights[f"{name}.bias"]
    logits = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(width // HEADS))
    logits += bias[:, 0, None, None] * ties + bias[:, 1, None, None] * apart
    found = softmax(logits) @ value
    return _linear(weights, f"{name}.out", found.transpose(1, 0, 2).reshape(count, width))


@dataclass(frozen=True, kw_only=True)
class Links:
    """How surely each piece goes on in each other, told from both sides; END, START come last."""

    rows: Floats
    """Of what may follow a piece (a row each): its share; the last column is that nothing does."""
    columns: Floats
    """Of what may go before a piece (a column each): its share; the last row is that none does."""
    same: Floats
    """How surely two pieces are of one article, 0 to 1."""
    body: Floats
    """How surely each piece is body, 0 to 1."""


def link_pieces(pieces: Pieces, model: Model) -> Links:
    """Return which piece goes on in which.

    The pairs are weighed twice: the second time it is known how each pair does among all.
    """
    weights = model.pieces
    head = _relu(_linear(weights, "head", pieces.head_states))
    tail = _relu(_linear(weights, "tail", pieces.tail_states))
    other = np.concatenate([head, pieces.nodes], axis=1)
    one = np.concatenate([tail, pieces.nodes], axis=1)
    whole = np.concatenate([head, one], axis=1)
    inner = (
        _linear(weights, "first_pair", pieces.pairs)
        + _linear(weights, "first_one", one)[:, None]
        + _linear(weights, "first_other", other)[None]
    )
    inner = _relu(_linear(weights, "first_mix", _relu(inner)))
    following, same = _told_of_pairs(_linear(weights, "first_out", inner))
    following = following + np.eye(len(following), dtype=np.float32) * _NEVER
    start = _linear(weights, "opens.2", _relu(_linear(weights, "opens.0", other)))[:, 0]
    end = _linear(weights, "closes.2", _relu(_linear(weights, "closes.0", one)))[:, 0]
    rows, columns = _shares(following, start, end)
    belong = sigmoid(same) * (1 - np.eye(len(same), dtype=np.float32))
    body = _body(weights, whole, inner, rows, columns)

    seen = _among_all(pieces, rows, columns, belong)
    inner = _relu(_linear(weights, "second_in", np.concatenate([inner, seen], axis=-1)))
    out = _linear(weights, "second_out", _relu(_linear(weights, "second_mix", inner)))
    following_again, same_again = _told_of_pairs(out)
    start_again, end_again = _ends_again(
        weights, start, end, following=following, belong=belong, rows=rows, columns=columns
    )
    rows, columns = _shares(following_again + following, start_again, end_again)
    return Links(rows=rows, columns=columns, same=sigmoid(same_again + same), body=sigmoid(body))


def _told_of_pairs(out: Floats) -> tuple[Floats, Floats]:
    """What a pair's two numbers tell: one goes on in the other; both are of one article."""
    return out[..., 0], (out[..., 1] + out[..., 1].T) / 2


def _body(
    weights: Mapping[str, Floats], whole: Floats, inner: Floats, rows: Floats, columns: Floats
) -> Floats:
    """How surely each piece is body: by itself, and by what it would go on in and follow."""
    by_itself = _linear(weights, "body", whole)[:, 0]
    about = np.concatenate(
        [(rows[:-1, :-1, None] * inner).sum(1), (columns[:-1, :-1, None] * inner).sum(0)], axis=-1
    )
    seen = np.concatenate([whole, about], axis=-1)
    return by_itself + _linear(weights, "body_out", _relu(_linear(weights, "body_in", seen)))[:, 0]


def _among_all(pieces: Pieces, rows: Floats, columns: Floats, belong: Floats) -> Floats:
    """How each pair of pieces does among all, by what was told of them the first time."""
    inside_rows, inside_columns = rows[:-1, :-1], columns[:-1, :-1]
    group = belong + np.eye(len(belong), dtype=np.float32)
    group /= group.sum(axis=1, keepdims=True)
    grouped = group @ pieces.ties @ group.T
    fitted = pieces.titles @ group.T
    fitted /= np.maximum(fitted.max(axis=1, keepdims=True, initial=0.0), 0.05)
    common = belong @ belong / (belong.sum(0)[None] + belong.sum(1)[:, None] + 1) * 2
    return np.stack(
        [
            inside_rows, inside_columns, belong, common,
            np.broadcast_to(columns[-1:, :-1], belong.shape),
            np.broadcast_to(rows[:-1, -1:], belong.shape),
            _rival(inside_rows, 1), _rival(inside_columns, 0),
            np.log1p(grouped), *likeness(fitted, pieces.heads),
        ],
        axis=-1,
    )  # fmt: skip


def _ends_again(
    weights: Mapping[str, Floats],
    start: Floats,
    end: Floats,
    *,
    following: Floats,
    belong: Floats,
    rows: Floats,
    columns: Floats,
) -> tuple[Floats, Floats]:
    """How surely each piece begins and ends an article, now that its rivals are known."""
    inside_rows, inside_columns = rows[:-1, :-1], columns[:-1, :-1]
    about_start = np.stack(
        [start, *_top(following, 0), columns[-1, :-1], belong.sum(0), inside_rows.sum(0)], axis=-1
    )
    about_end = np.stack(
        [end, *_top(following, 1), rows[:-1, -1], belong.sum(1), inside_columns.sum(1)], axis=-1
    )
    return (
        start + _linear(weights, "opens_again", about_start / 4)[:, 0],
        end + _linear(weights, "closes_again", about_end / 4)[:, 0],
    )


def _shares(following: Floats, start: Floats, end: Floats) -> tuple[Floats, Floats]:
    count = len(start)
    whole = np.full((count + 1, count + 1), _NEVER, np.float32)
    whole[:count, :count] = following
    whole[:count, count] = end
    whole[count, :count] = start
    return softmax(whole, 1), softmax(whole, 0)


def _rival(values: Floats, axis: int) -> Floats:
    """The most of the others in a row or column."""
    if values.shape[axis] < 2:
        return np.zeros_like(values)
    ranked = np.sort(values, axis=axis)
    most = np.take(ranked, [-1], axis=axis)
    return np.where(values == most, np.take(ranked, [-2], axis=axis), most)


def _top(values: Floats, axis: int) -> tuple[Floats, Floats]:
    ranked = np.sort(values, axis=axis)
    second = -2 if values.shape[axis] > 1 else -1
    return np.take(ranked, -1, axis=axis), np.take(ranked, second, axis=axis)


@dataclass(frozen=True, kw_only=True)
class Housed:
    """Where units belong and what they are, as shares of all readings."""

    homes: Floats
    """A row a unit, a column an article; the last column is that it belongs to none."""
    kinds: Floats
    """A row a unit, a column a kind, as in `tags.KINDS`."""


def house_units(homes: Homes, model: Model) -> Housed:
    """Return to which article each unit belongs, and what it is.

    Weighed twice: the second time it is known what else wants to go there.
    """
    weights = model.homes
    unit = np.concatenate([_relu(_linear(weights, "unit", homes.states)), homes.nodes], axis=1)
    chain = _relu(_linear(weights, "chain", homes.chain_states))
    inner = (
        _linear(weights, "first_pair", homes.pairs)
        + _linear(weights, "first_unit", unit)[:, None]
        + _linear(weights, "first_chain", chain)[None]
    )
    inner = _relu(_linear(weights, "first_mix", _relu(inner)))
    home = np.concatenate(
        [_linear(weights, "first_out", inner)[..., 0], _linear(weights, "none", unit)], 1
    )
    kind = _linear(weights, "kind", unit)

    share, sort = softmax(home)[:, :-1], softmax(kind)
    held = share[:, :, None] * sort[:, None, :]
    rivals = np.concatenate([held.sum(0, keepdims=True) - held, _rival(held, 0)], -1)
    seen = _among_others(share, sort, held, rivals, homes.beside[:, None])
    inner = _relu(_linear(weights, "second_in", np.concatenate([inner, seen], -1)))
    inner = _relu(_linear(weights, "second_mix", inner))
    again = _linear(weights, "second_out", inner)[..., 0] + home[:, :-1]
    about = np.stack([home[:, -1], home[:, :-1].max(axis=1), share.sum(1)], 1)
    none = home[:, -1:] + _linear(weights, "none_again", about / 4)
    weight = softmax(again)[..., None]
    mean, around = (weight * inner).sum(1), (weight * rivals).sum(1)
    seen = np.concatenate([unit, mean, around, kind / 4], -1)
    kind = _linear(weights, "kind_out", _relu(_linear(weights, "kind_in", seen))) + kind
    return Housed(homes=softmax(np.concatenate([again, none], 1)), kinds=softmax(kind))


def _among_others(
    share: Floats, sort: Floats, held: Floats, rivals: Floats, beside: Floats
) -> Floats:
    """How each unit does in each article among the units that want to go there, and beside it."""
    zero = np.zeros_like(share[:1])
    before = np.concatenate([zero, share[:-1]]) * beside
    after = np.concatenate([share[1:] * beside[1:], zero])
    column = share / np.maximum(share.max(axis=0), 1e-3)
    wide = np.ones_like(share)
    titles = sort[:, :3].sum(1)[:, None]
    return np.concatenate(
        [
            np.stack([share, column, _rival(share, 1), before, after], -1), rivals,
            np.stack([beside * wide, share.sum(0)[None] / 4 * wide, titles * wide], -1),
            held[..., :3].sum(-1, keepdims=True),
        ],
        axis=-1,
    )  # fmt: skip
