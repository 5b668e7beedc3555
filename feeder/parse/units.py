"""Lines → units: stretches of body that surely go on, titles, captions, bylines, and their ties.

Everything here is arithmetic on what the line network told; the networks of `network` weigh it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from feeder.parse import marks
from feeder.parse.features import Floats, Ints, PageFeatures, kind_of
from feeder.parse.tags import BODY, KINDS, TAGS

_SURELY_BODY, _SURELY_OTHER = 0.97, 0.03
_MAY_BE_BODY, _GOES_ON = 0.02, 0.8
_SURELY_FOLLOWS, _SURELY_FOLLOWS_NEW = 0.95, 0.997
_SURELY_NO_OPENING = 0.01
_SURELY_TOGETHER = 0.9
"""Stretches are split where it is less sure that they go on: the piece network joins them again."""
_WINDOWS = (6, 15, 40)
"""Lines of body on either side of a joint that are compared."""
_EDGE = 8
"""Lines at a piece's end and another's beginning that are compared."""
_FIRST_LINES = 10
"""Lines of an article's opening that are compared with titles."""
_LENGTH_POWER = 0.25
_OPENING_MARKS, _CLOSING_MARKS = "“「『（(《", "”」』）)》"

CONTEXT = 3 * len(TAGS) + 3
"""The numbers of a row of `Told.context`."""


@dataclass(kw_only=True)
class Told:
    """What the line network told of a page: shares of all readings, 0 to 1, a row a line."""

    tags: Floats
    follows: Floats
    same: Floats

    @cached_property
    def context(self) -> Floats:
        """What is told of each line and of the lines beside it, in one row."""
        count, width = self.tags.shape
        around = np.zeros((count + 2, width), np.float32)
        around[1:-1] = self.tags
        after = np.append(self.same[1:], 0.0)
        sides = np.stack([self.follows, self.same, after], axis=1)
        return np.concatenate([around[:-2], self.tags, around[2:], sides], axis=1).astype(
            np.float32
        )


@dataclass(frozen=True, kw_only=True)
class Unit:
    kind: str
    """A capital: B body, H, K, D, C, G, Y or F."""
    lines: tuple[int, ...]


def sigmoid(values: Floats) -> Floats:
    made: Floats = (1.0 / (1.0 + np.exp(-values))).astype(np.float32)
    return made


def softmax(values: Floats, axis: int = -1) -> Floats:
    raised = np.exp(values - values.max(axis=axis, keepdims=True))
    made: Floats = (raised / raised.sum(axis=axis, keepdims=True)).astype(np.float32)
    return made


def split_units(told: Told) -> tuple[list[Unit], list[Unit]]:
    """Return the pieces of body, and the other units, each in printed order.

    Body is split at every paragraph that may begin anything new; the piece network joins what
    belongs together. What may be body or not comes as a piece too, of the kind it looks like most.
    """
    best = told.tags.argmax(axis=1)
    body = _body_shares(told)
    pieces: list[_Growing] = []
    others: list[_Growing] = []
    open_piece = False
    for at, number in enumerate(best):
        if body[at] >= _SURELY_BODY:
            if not open_piece or _may_begin(told, at):
                pieces.append(_Growing(kind="B", doubtful=False))
            pieces[-1].lines.append(at)
            open_piece = True
        elif body[at] > _SURELY_OTHER:
            _grow(pieces, told, at, TAGS[number], doubtful=True)
            open_piece = False
        else:
            _grow(others, told, at, TAGS[number], doubtful=False)
    return [piece.grown for piece in pieces], [other.grown for other in others]


def _body_shares(told: Told) -> Floats:
    """How surely each line is body.

    A line that the next surely goes on with, in the middle of a sentence, is body too, though set
    apart as leads are.
    """
    body = told.tags[:, : len(BODY)].sum(axis=1)
    goes_on = (
        (told.tags[:, TAGS.index("B")] >= _GOES_ON)
        & (told.follows >= _GOES_ON)
        & (told.same >= _GOES_ON)
    )
    before_it = np.append(goes_on[1:], False)
    shares: Floats = np.where(before_it & (body >= _MAY_BE_BODY), 1.0, body)
    return shares


@dataclass(kw_only=True)
class _Growing:
    """A unit to which lines are still added."""

    kind: str
    doubtful: bool
    lines: list[int] = field(default_factory=list)

    @property
    def grown(self) -> Unit:
        return Unit(kind=self.kind, lines=tuple(self.lines))


def _grow(shelf: list[_Growing], told: Told, at: int, tag: str, *, doubtful: bool) -> None:
    """Add the line to the last unit of the shelf if it goes on with it, else begin another."""
    kind = "B" if tag in BODY else tag.upper()
    goes_on = (tag.islower() or tag == "B") and told.same[at] >= 0.5
    last = shelf[-1] if shelf else None
    if (
        last is not None and goes_on and last.lines[-1] == at - 1
        and (last.kind, last.doubtful) == (kind, doubtful)
    ):  # fmt: skip
        last.lines.append(at)
    else:
        shelf.append(_Growing(kind=kind, doubtful=doubtful, lines=[at]))


def _may_begin(told: Told, at: int) -> bool:
    """Whether a line of body may begin a paragraph of another article, or a frame out of order."""
    a, p, b = told.tags[at, : len(BODY)]
    if told.follows[at] < _SURELY_FOLLOWS or a > _SURELY_NO_OPENING:
        return True
    return bool(p > b and (told.follows[at] < _SURELY_FOLLOWS_NEW or a > _SURELY_NO_OPENING / 5))


class Shares:
    """What groups of lines share: terms weighted by how few of the groups hold them."""

    def __init__(
        self, features: PageFeatures, groups: Sequence[Sequence[int]], among: int | None = None
    ) -> None:
        """`among`: how many of the groups, the first ones, tell how rare a term is; None: all."""
        count = len(groups)
        owner = np.full(len(features.lines), -1)
        for number, group in enumerate(groups):
            owner[list(group)] = number
        held = np.zeros((count, len(features.term_kinds)), np.float32)
        mine = owner[features.term_lines]
        on = mine >= 0
        held[mine[on], features.terms[on]] = 1.0
        self.held = held
        among = count if among is None else among
        within = held[:among].sum(axis=0)
        self.weights = features.term_kinds * np.log((among + 1) / (within + 0.5)).clip(min=0.0)
        self.weights[held.sum(axis=0) < 2] = 0.0
        self.sizes = held.sum(axis=1) + 1.0

    def between(self, one: Floats, other: Floats) -> Floats:
        """The weight of what each row of one shares with each row of the other."""
        shared: Floats = (one * self.weights) @ other.T
        return shared


def _log_odds(share: Floats) -> Floats:
    kept = np.clip(share, 1e-4, 1 - 1e-4)
    made: Floats = (np.log(kept / (1 - kept)) / 5).astype(np.float32)
    return made


def relative(values: Floats) -> list[Floats]:
    """A matrix of ties as a network can use it: sizes, shares of a row's and of a column's most."""
    rows = values.max(axis=1, keepdims=True) if values.shape[1] else values
    columns = values.max(axis=0, keepdims=True) if values.shape[0] else values
    return [
        np.log1p(values) / 2,
        values / np.maximum(rows, 1e-3),
        values / np.maximum(columns, 1e-3),
    ]


class Pieces:
    """What ties each piece of body to each other: numbers for the piece network."""

    def __init__(
        self, features: PageFeatures, told: Told, units: Sequence[Unit], others: Sequence[Unit]
    ) -> None:
        self.units = units
        seen = _seen(features, told, [unit.lines for unit in units])
        titles = [unit.lines for unit in (*others, *units) if unit.kind in "HKDC"]
        head_share = told.tags[:, TAGS.index("H")] + told.tags[:, TAGS.index("h")]
        tie = _ties(features, seen.lines)
        near = _edges(
            features,
            [group[-_EDGE:] for group in seen.lines],
            [group[:_EDGE] for group in seen.lines],
        )
        np.fill_diagonal(near, 0.0)
        self.titles = _fits(features, titles, seen.lines)
        self.heads = np.array([head_share[list(title)].mean() for title in titles], np.float32)
        self.ties = (tie / max(float(tie.mean()), 1e-3)).astype(np.float32)
        self.pairs = np.stack(
            [
                *relative(tie), *relative(near),
                *_across(features, seen.lines, titles, self.heads),
                *likeness(self.titles, self.heads),
                *_columns_apart(seen), *_printed_order(seen),
                *_words_across(features, seen), *_quotes_across(seen),
                *_topics_across(features, seen),
            ],
            axis=-1,
        ).astype(np.float32)  # fmt: skip
        count = len(units)
        self.nodes = np.stack(
            [
                *_edge_numbers(features, seen), *_tag_numbers(told, seen.firsts),
                np.array([unit.kind == "B" for unit in units]),
                np.log1p(tie.max(axis=1)), np.log1p(near.max(axis=1)), np.log1p(near.max(axis=0)),
                seen.opened.clip(0, 1), seen.closes.clip(0, 1),
                np.full(count, np.log1p(count) / 3),
            ],
            axis=-1,
        ).astype(np.float32)  # fmt: skip
        self.head_states = told.context[seen.firsts]
        self.tail_states = told.context[seen.lasts]


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What is seen of each piece by itself."""

    lines: Sequence[tuple[int, ...]]
    firsts: Ints
    lasts: Ints
    starts: Sequence[str]
    """The text of its first line."""
    ends: Sequence[str]
    """The text of its last line."""
    column: Floats
    """The width of its column."""
    follows: Floats
    """How surely its first line goes on with the body before it."""
    opened: Floats
    closes: Floats


def _seen(features: PageFeatures, told: Told, lines: Sequence[tuple[int, ...]]) -> _Seen:
    firsts = np.array([group[0] for group in lines])
    lasts = np.array([group[-1] for group in lines])
    whole = ["".join(features.folded[at] for at in group) for group in lines]
    return _Seen(
        lines=lines,
        firsts=firsts,
        lasts=lasts,
        starts=[features.folded[at] for at in firsts],
        ends=[features.folded[at] for at in lasts],
        column=np.array([np.percentile(features.widths[list(group)], 70) for group in lines]),
        follows=_log_odds(told.follows[firsts]),
        opened=np.array([_opened(text) for text in whole], np.float32),
        closes=np.array([_closes(text) for text in whole], np.float32),
    )


def _ties(features: PageFeatures, lines: Sequence[Sequence[int]]) -> Floats:
    """How much each piece shares with each other, for the smaller one's size."""
    whole = Shares(features, lines)
    smaller = np.minimum(whole.sizes[:, None], whole.sizes[None, :])
    tie: Floats = whole.between(whole.held, whole.held) / np.sqrt(smaller)
    np.fill_diagonal(tie, 0.0)
    return tie


def _columns_apart(seen: _Seen) -> list[Floats]:
    column = seen.column
    apart = np.abs((column[None, :] - column[:, None]) / np.maximum(column[:, None], 1.0))
    return [apart.clip(0, 2), (apart < 0.04), (apart < 0.12)]


def _printed_order(seen: _Seen) -> list[Floats]:
    """Where each piece is printed from each other: how many pieces on, how many lines on."""
    order = np.arange(len(seen.lines))
    step = order[None, :] - order[:, None]
    skip = seen.firsts[None, :] - seen.lasts[:, None]
    adjacent = (step == 1).astype(np.float32)
    direct = adjacent * (skip == 1)
    return [
        adjacent, direct, (step == -1), (step > 0), (step == 2), (step == 3),
        np.exp(-np.abs(skip) / 10), np.sign(skip) * np.log1p(np.abs(skip)) / 5,
        adjacent * seen.follows[None, :], np.log1p(np.abs(step)) / 3,
    ]  # fmt: skip


def _words_across(features: PageFeatures, seen: _Seen) -> list[Floats]:
    word = _crossings(features, seen.ends, seen.starts)
    return [word == number for number in range(1, 6)]


def _topics_across(features: PageFeatures, seen: _Seen) -> list[Floats]:
    """How alike in topic each piece is to each other: as a whole, and where they would meet."""
    topics = features.topics
    stretches = topics.of(seen.lines)
    whole = topics.alike(stretches, stretches)
    meeting = topics.alike(
        topics.of([group[-_EDGE:] for group in seen.lines]),
        topics.of([group[:_EDGE] for group in seen.lines]),
    )
    apart = whole - 2 * np.eye(len(whole), dtype=np.float32)
    return [whole, meeting, whole - _second(apart), whole - _second(apart.T).T]


def _quotes_across(seen: _Seen) -> list[Floats]:
    """Whether what one piece leaves open the other closes, and whether only one of them does so."""
    opened, closes = seen.opened[:, None], seen.closes[None, :]
    return [
        np.clip(opened * closes, 0, 1),
        np.clip(opened, 0, 1) * (closes == 0),
        np.clip(closes, 0, 1) * (opened == 0),
    ]


def _edge_numbers(features: PageFeatures, seen: _Seen) -> list[Floats]:
    """How each piece begins and ends."""
    last_width = features.widths[seen.lasts] / np.maximum(seen.column, 1.0)
    first_width = features.widths[seen.firsts] - seen.column
    return [
        np.log1p([len(group) for group in seen.lines]),
        last_width.clip(0, 2),
        first_width.clip(-4, 2),
        np.array([bool(marks.TERMINAL.search(text)) for text in seen.ends]),
        np.array([bool(marks.FULL_STOP.search(text)) for text in seen.ends]),
        seen.column / 20,
        seen.firsts / len(features.lines),
        seen.follows,
        np.array([kind_of(text[0]) == 2 for text in seen.starts]),
        np.array([kind_of(text[0]) in (6, 7) for text in seen.starts]),
        np.array([text[-1] in "-\u00ad" for text in seen.ends]),
    ]


def _tag_numbers(told: Told, firsts: Ints) -> list[Floats]:
    """What is told of each piece's first line: which tag of body, and which kind."""
    return [
        *(told.tags[firsts, TAGS.index(tag)] for tag in "APB"),
        *(share[firsts] for share in _kinds(told)),
    ]


def _kinds(told: Told) -> list[Floats]:
    """How surely each line is of each kind, as in `tags.KINDS`."""
    return [told.tags[:, [TAGS.index(tag) for tag in tags]].sum(axis=1) for tags in KINDS]


def _fits(
    features: PageFeatures, titles: Sequence[Sequence[int]], lines: Sequence[Sequence[int]]
) -> Floats:
    """How well each title fits each piece, a row a title, as a share of how well its best does."""
    if not titles:
        return np.zeros((0, len(lines)), np.float32)
    shares = Shares(features, lines)
    heads = Shares(features, titles)
    fit = (
        (heads.held * features.term_weights)
        @ shares.held.T
        / shares.sizes[None, :] ** _LENGTH_POWER
    )
    for number, title in enumerate(titles):
        for piece, group in enumerate(lines):
            if title[0] in group:
                fit[number, piece] = 0.0
    made: Floats = fit / np.maximum(fit.max(axis=1, keepdims=True), 1.0)
    return made


def likeness(titles: Floats, heads: Floats) -> list[Floats]:
    """How alike two pieces are in the titles they fit: both, and what each fits alone."""
    count = titles.shape[1]
    if not len(titles):
        nothing = np.zeros((count, count), np.float32)
        return [nothing, nothing, nothing]
    one, other = titles[:, :, None], titles[:, None, :]
    both = np.minimum(one, other).sum(0) / np.maximum(np.maximum(one, other).sum(0), 1e-3)
    weight = heads[:, None, None]
    apart = (weight * (one - other)).max(0)
    return [both, apart, apart.T]


def _across(
    features: PageFeatures,
    lines: Sequence[Sequence[int]],
    titles: Sequence[Sequence[int]],
    heads: Floats,
) -> list[Floats]:
    """What the body up to one piece's end shares with the body from another's beginning on.

    Only where the other is printed later: ties across the joint at several reaches, and how alike
    the titles are that the two stretches fit.
    """
    order = np.sort(np.array([line for group in lines for line in group]))
    place = np.full(len(features.lines), -1)
    place[order] = np.arange(len(order))
    ends = place[[group[-1] for group in lines]] + 1
    starts = place[[group[0] for group in lines]]
    area = np.zeros((len(order) + 1, len(order) + 1), np.float32)
    area[1:, 1:] = features.ties[np.ix_(order, order)].cumsum(axis=0).cumsum(axis=1)
    owned = np.zeros((len(titles), len(order) + 1), np.float32)
    for number, title in enumerate(titles):
        owned[number, 1:] = features.ties[list(title)].sum(axis=0)[order].cumsum()
    later = starts[None, :] >= ends[:, None]
    found: list[Floats] = []
    for reach in _WINDOWS:
        low, high = np.maximum(ends - reach, 0), np.minimum(starts + reach, len(order))
        found += _shared_across(area, (low, ends), (starts, high), later)
        # So near the joint, two stretches are too short to fit a title.
        if reach != _WINDOWS[0]:
            before, after = owned[:, ends] - owned[:, low], owned[:, high] - owned[:, starts]
            most = np.maximum(before.max(1, initial=0), after.max(1, initial=0))
            most = np.maximum(most, 3.0)[:, None]
            found += _both_sides(before / most, after / most, heads)
    return [np.where(later, values, 0) for values in found]


def _shared_across(
    area: Floats, before: tuple[Ints, Ints], after: tuple[Ints, Ints], later: Floats
) -> list[Floats]:
    """What the lines before each piece's end share with those after each other's beginning.

    The sum, and how it compares to what two pieces printed one after the other share. `area[i, j]`
    is what the first i lines share with the first j.
    """
    (low, ends), (starts, high) = before, after
    shared = (
        area[ends[:, None], high[None, :]] - area[low[:, None], high[None, :]]
        - area[ends[:, None], starts[None, :]] + area[low[:, None], starts[None, :]]
    )  # fmt: skip
    level = shared / np.sqrt(np.maximum((ends - low)[:, None] * (high - starts)[None, :], 1))
    next_one = np.eye(len(ends), k=1, dtype=bool) & later
    usual = float(level[next_one].mean()) if next_one.any() else 1.0
    return [
        np.log1p(np.maximum(shared, 0)) / 5,
        np.clip(level / max(usual, 1e-3), 0, 3) / 2,
    ]


def _both_sides(before: Floats, after: Floats, heads: Floats) -> tuple[Floats, Floats, Floats]:
    count = before.shape[1]
    if not len(before):
        nothing = np.zeros((count, count), np.float32)
        return nothing, nothing, nothing
    one, other = before[:, :, None], after[:, None, :]
    both = np.minimum(one, other).sum(0) / np.maximum(np.maximum(one, other).sum(0), 1e-3)
    weight = heads[:, None, None]
    return both, (weight * (one - other)).max(0), (weight * (other - one)).max(0)


def _edges(
    features: PageFeatures, tails: Sequence[Sequence[int]], heads: Sequence[Sequence[int]]
) -> Floats:
    """What the last lines of each piece share with the first lines of each other."""
    one, other = Shares(features, tails), Shares(features, heads)
    shared: Floats = (one.held * features.term_weights) @ other.held.T
    return shared


def _crossings(features: PageFeatures, ends: Sequence[str], starts: Sequence[str]) -> Ints:
    """How the last characters of one piece go with the first of another.

    0 it may not be told; Chinese: 1 the two are no pair known from the page, 2 they stand side by
    side once, 3 more often; 4 a hyphenated word goes on with a small letter; 5 it does not.
    """
    pairs = features.pairs
    found = np.zeros((len(ends), len(starts)), np.int8)
    for i, end in enumerate(ends):
        han = kind_of(end[-1]) == 0
        hyphen = end[-1] == "-" and end[-2:-1].isalpha()
        if not han and not hyphen:
            continue
        for j, start in enumerate(starts):
            if hyphen:
                found[i, j] = 4 if kind_of(start[0]) == 2 else 5
            elif kind_of(start[0]) == 0:
                found[i, j] = 1 + min(pairs.get(end[-1] + start[0], 0), 2)
    return found


def _opened(text: str) -> int:
    """How many quotations or brackets the text leaves open."""
    depth = 0
    for char in text:
        if char in _OPENING_MARKS:
            depth += 1
        elif char in _CLOSING_MARKS:
            depth = max(depth - 1, 0)
    return depth


def _closes(text: str) -> int:
    """How many it closes that it has not opened."""
    depth = closed = 0
    for char in text:
        if char in _OPENING_MARKS:
            depth += 1
        elif char in _CLOSING_MARKS:
            if depth:
                depth -= 1
            else:
                closed += 1
    return closed


class Homes:
    """What ties each unit that is not body to each article: numbers for the home network."""

    def __init__(
        self,
        features: PageFeatures,
        told: Told,
        units: Sequence[Unit],
        chains: Sequence[Sequence[Unit]],
    ) -> None:
        self.units = units
        self.beside = _beside(told, units)
        groups = [[line for unit in chain for line in unit.lines] for chain in chains]
        firsts = np.array([group[0] for group in groups])
        shared = _shared_words(features, units, chains, self.beside)
        fit, joint = shared.fit, shared.joint
        self.pairs = np.stack(
            [
                *relative(fit), *relative(joint), joint - _second(joint), shared.held,
                *relative(shared.openings), *relative(shared.best_piece), fit - _second(fit),
                *_printed_places(told, units, groups, shared.sizes),
                *_topics_of_homes(features, units, groups, self.beside),
            ],
            axis=-1,
        ).astype(np.float32)  # fmt: skip
        kinds = np.stack(_kinds(told), axis=1)
        sizes = np.stack(
            [
                np.log1p([len(unit.lines) for unit in units]),
                [features.widths[list(unit.lines)].sum() / 40 for unit in units],
                np.full(len(units), np.log1p(len(groups)) / 2),
                np.log1p(fit.max(axis=1)) / 2,
                shared.held.max(axis=1),
                np.array([unit.lines[0] for unit in units]) / len(features.lines),
            ],
            axis=1,
        )
        self.nodes = np.concatenate(
            [np.stack([kinds[list(unit.lines)].mean(axis=0) for unit in units]), sizes], axis=1
        ).astype(np.float32)
        self.states = np.stack([told.context[list(unit.lines)].mean(axis=0) for unit in units])
        self.chain_states = told.context[firsts]


@dataclass(frozen=True, kw_only=True)
class _SharedWords:
    """What each unit, a row each, shares with each article."""

    fit: Floats
    joint: Floats
    """The same of the unit together with those that are surely of one article with it."""
    held: Floats
    """As a share of all the unit's words."""
    openings: Floats
    """With the article's first lines."""
    best_piece: Floats
    """With the piece of the article that shares the most."""
    sizes: Floats
    """The articles' sizes."""


def _shared_words(
    features: PageFeatures,
    units: Sequence[Unit],
    chains: Sequence[Sequence[Unit]],
    beside: Floats,
) -> _SharedWords:
    lines = [unit.lines for unit in units]
    groups = [[line for unit in chain for line in unit.lines] for chain in chains]
    shares = Shares(features, [*groups, *lines], len(groups))
    bodies, titles = shares.held[: len(groups)], shares.held[len(groups) :]
    sizes = shares.sizes[: len(groups)]
    together = np.stack([titles[run].max(axis=0) for run in _runs(beside)])
    between = shares.between(titles, bodies)
    own = (titles * shares.weights).sum(axis=1, keepdims=True)
    best_piece = np.zeros((len(units), len(groups)), np.float32)
    for number, chain in enumerate(chains):
        pieces = Shares(features, [unit.lines for unit in chain])
        shared = (titles * features.term_weights) @ pieces.held.T
        best_piece[:, number] = (shared / pieces.sizes[None, :] ** _LENGTH_POWER).max(axis=1)
    return _SharedWords(
        fit=between / sizes[None, :] ** _LENGTH_POWER,
        joint=shares.between(together, bodies) / sizes[None, :] ** _LENGTH_POWER,
        held=between / np.maximum(own, 1e-3),
        openings=_edges(features, lines, [group[:_FIRST_LINES] for group in groups]),
        best_piece=best_piece,
        sizes=sizes,
    )


def _topics_of_homes(
    features: PageFeatures, units: Sequence[Unit], groups: Sequence[Sequence[int]], beside: Floats
) -> list[Floats]:
    """How alike in topic each unit, a row each, is to each article: by itself, and with its run."""
    topics = features.topics
    bodies = topics.of(groups)
    own = topics.of([unit.lines for unit in units])
    together = np.stack([own[run].sum(axis=0) for run in _runs(beside)])
    alone, joint = topics.alike(own, bodies), topics.alike(together, bodies)
    opening = topics.alike(own, topics.of([group[:_FIRST_LINES] for group in groups]))
    return [alone, alone - _second(alone), joint, joint - _second(joint), opening]


def _printed_places(
    told: Told, units: Sequence[Unit], groups: Sequence[Sequence[int]], sizes: Floats
) -> list[Floats]:
    """Where each unit is printed, seen from each article: before, after, within, how far away."""
    starts = np.array([unit.lines[0] for unit in units])
    ends = np.array([unit.lines[-1] for unit in units])
    firsts = np.array([group[0] for group in groups])
    owner = np.full(len(told.same), -1)
    for number, group in enumerate(groups):
        owner[list(group)] = number
    ahead, behind = _nearest(owner)
    numbers = np.arange(len(groups))[None, :]
    before = (_owner_at(owner, behind[starts]) == numbers).astype(np.float32)
    after = (_owner_at(owner, ahead[ends]) == numbers).astype(np.float32)
    opens_after = after * (ahead[ends][:, None] == firsts[None, :])
    to_first = firsts[None, :] - ends[:, None]
    distance = np.stack(
        [np.abs(starts[:, None] - np.array(group)[None, :]).min(axis=1) for group in groups], 1
    )
    at_end = np.isin(behind[starts], [group[-1] for group in groups])[:, None]
    return [
        before, after, before * after, opens_after,
        np.exp(-np.abs(to_first) / 4), np.exp(-distance / 6),
        np.sign(to_first) * np.log1p(np.abs(to_first)) / 5, (to_first == 1),
        _parted(told, starts, firsts),
        np.broadcast_to(np.log1p(sizes)[None, :] / 6, before.shape),
        before * at_end,
    ]  # fmt: skip


def _parted(told: Told, starts: Ints, firsts: Ints) -> Floats:
    """How surely something else is printed between each unit and each article's first line."""
    breaks = _log_odds(told.same)
    walls = np.concatenate([[0.0], np.cumsum(breaks.clip(max=0.0))])
    low = np.minimum(starts[:, None], firsts[None, :]) + 1
    high = np.maximum(starts[:, None], firsts[None, :]) + 1
    parted: Floats = np.clip(walls[high] - walls[low], -4, 0) / 2
    return parted


def _beside(told: Told, units: Sequence[Unit]) -> Floats:
    """How surely each unit is of one article with the one printed right before it; 0: none is."""
    found = np.zeros(len(units), np.float32)
    for at in range(1, len(units)):
        if units[at - 1].lines[-1] + 1 == units[at].lines[0]:
            found[at] = told.same[units[at].lines[0]]
    return found


def _runs(beside: Floats) -> list[list[int]]:
    """For each unit, those that are surely of one article with it for standing beside it."""
    runs: list[list[int]] = []
    for at, share in enumerate(beside):
        if at and share >= _SURELY_TOGETHER:
            runs[-1].append(at)
        else:
            runs.append([at])
    return [run for run in runs for _ in run]


def _second(values: Floats) -> Floats:
    """For each cell, the most of the others in its row."""
    if values.shape[1] < 2:
        return np.zeros_like(values)
    ranked = np.sort(values, axis=1)
    most, next_most = ranked[:, -1:], ranked[:, -2:-1]
    return np.where(values == most, next_most, most)


def _nearest(owner: Ints) -> tuple[Ints, Ints]:
    """The nearest line of body from each line on, and up to each line; -1 where there is none."""
    count = len(owner)
    at = np.arange(count)
    behind = np.maximum.accumulate(np.where(owner >= 0, at, -1))
    ahead = np.minimum.accumulate(np.where(owner >= 0, at, count)[::-1])[::-1]
    return np.where(ahead < count, ahead, -1), behind


def _owner_at(owner: Ints, lines: Ints) -> Ints:
    """The article of each line in a column, -1 where there is no line."""
    return np.where(lines >= 0, owner[lines], -1)[:, None]
