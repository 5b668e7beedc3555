"""Which title lines head an article, and as what: each article's whole head weighed at once.

The home network tells of each title alone where it belongs and what it is. A head is more than
its lines: it has one headline, a kicker stands above and a deck below, a column's label stands
over both, two lines printed together are one title. The head network weighs every line that may
head an article, in print order, beside its neighbours; which role may follow which, and how many
parts a head has, are weights too, and dynamic programming finds the likeliest head. A line that
two articles claim goes where it is missed the most.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feeder.parse import marks
from feeder.parse.features import Floats
from feeder.parse.tags import KINDS, TAGS

ROLES = "HKDLCX"
"""Headline, kicker, deck, column label, crosshead, none of these or not of this article."""
HEADLINE, KICKER, DECK, LABEL, CROSSHEAD, NONE = range(len(ROLES))
SETS = 16
"""Which of the first four roles a head has so far, as bits."""
MOST_LINES = 40
"""Lines that are weighed for one head."""
_LEAST_HOME, _LEAST_TITLE = 0.04, 0.03
"""How likely a unit belongs to the article, and is a title or crosshead, to be weighed."""
_NEVER = -1e4
_KIND_OF_TAG = np.array([[float(tag in kind) for kind in KINDS] for tag in TAGS], np.float32)
_SMALL = np.array([tag.islower() for tag in TAGS], np.float32)
_EVERY_SET = np.arange(SETS)
_HAS = np.array([_EVERY_SET >> role & 1 for role in range(CROSSHEAD)], bool)
_LABEL_WIDTH = 8.0
"""Ems of a column's label: two to eight Chinese characters, one or two words."""
_NO_HEADLINE = -6.0
"""What it is worth that an article has no headline."""
_SOME_GAPS = 0.05
"""The share of lines with a blank one before them from which on a line without one tells."""
_IS_TITLE, _TOGETHER = 0.5, 0.5
_AS_LIKELY = 0.7
"""As a share of how likely the head is as it is told."""


@dataclass(frozen=True, kw_only=True)
class Printed:
    """What is known of a page's lines and of its units when heads are weighed."""

    texts: Sequence[str]
    widths: Floats
    gaps: NDArray[np.bool_]
    tags: Floats
    same: Floats
    units: Sequence[Sequence[int]]
    """The lines of each unit that is no body."""
    homes: Floats
    kinds: Floats
    chains: Sequence[Sequence[int]]
    """The lines of each article's body."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """The lines that may head one article, in print order, and what is seen of them."""

    lines: list[int]
    units: list[int]
    seen: Floats
    """A row a line."""
    steps: Floats
    """A row a line: how it stands to the candidate before it; the first row is nothing."""


def see_heads(page: Printed) -> list[Head]:
    """Return the lines that may head each article."""
    own = np.array([_own(text) for text in page.texts], np.float32)
    kinds_of_tags = np.log(page.tags @ _KIND_OF_TAG + 1e-3)
    goes_on = page.tags @ _SMALL
    titles = page.kinds[:, :CROSSHEAD].sum(axis=1)
    body = np.full(len(page.texts), -1)
    for number, chain in enumerate(page.chains):
        body[list(chain)] = number
    heads = []
    for number, chain in enumerate(page.chains):
        share = page.homes[:, number]
        likely = np.flatnonzero((share >= _LEAST_HOME) & (titles >= _LEAST_TITLE)).tolist()
        pairs = [(line, unit) for unit in likely for line in page.units[unit]]
        if len(pairs) > MOST_LINES:
            ranked = sorted(pairs, key=lambda pair: -float(share[pair[1]] * titles[pair[1]]))
            pairs = ranked[:MOST_LINES]
        pairs.sort()
        lines, units = [line for line, _ in pairs], [unit for _, unit in pairs]
        heads.append(
            Head(
                lines=lines,
                units=units,
                seen=_seen(page, number, chain, lines, units, own, kinds_of_tags, goes_on, body),
                steps=_steps(page, lines, units, goes_on),
            )
        )
    return heads


def _seen(
    page: Printed, number: int, chain: Sequence[int], lines: list[int], units: list[int],
    own: Floats, kinds_of_tags: Floats, goes_on: Floats, body: NDArray[np.int64],
) -> Floats:  # fmt: skip
    if not lines:
        return np.zeros((0, SEEN), np.float32)
    at, of = np.array(lines), np.array(units)
    share = page.homes[of, number]
    first, last = min(chain), max(chain)
    to_first = first - at
    before = np.array([body[i - 1] if i else -2 for i in lines])
    after = np.array([body[i + 1] if i + 1 < len(body) else -2 for i in lines])
    sizes = np.array([page.widths[list(page.units[unit])].sum() for unit in units])
    widths = page.widths[at]
    told = np.stack(
        [
            np.log(share + 1e-3), np.log(1 - share + 1e-3), page.homes[of].argmax(1) == number,
            np.log(page.homes[of, -1] + 1e-3),
            widths / 20, sizes / 40, widths <= _LABEL_WIDTH, sizes <= _LABEL_WIDTH,
            widths / max(widths.max(), 1.0),
            to_first == 1, to_first > 0, (at > first) & (at < last),
            np.sign(to_first) * np.log1p(np.abs(to_first)) / 3,
            np.exp(-np.abs(to_first) / 4),
            before == number, after == number, before >= 0, after >= 0,
            page.gaps[at], page.same[at], goes_on[at],
            np.array([len(page.units[unit]) for unit in units]) / 3,
            np.full(len(at), np.log1p(len(at)) / 2),
        ],
        axis=1,
    )  # fmt: skip
    seen: Floats = np.concatenate(
        [told, own[at], kinds_of_tags[at] / 2, np.log(page.kinds[of] + 1e-3) / 2], axis=1
    ).astype(np.float32)
    return seen


SEEN = 23 + 12 + 2 * len(KINDS)
STEPS = 7


def _own(text: str) -> list[float]:
    """What a line's letters tell by themselves."""
    count = max(len(text), 1)
    return [
        float(bool(marks.HAN.search(text))),
        float(text[-1:] in "，,、；;：:—"),
        float(text[-1:] in '。.！!？?…”"」'),
        float(text[-1:] in "？?！!"),
        float("，" in text or ", " in text),
        float(" " in text and bool(marks.HAN.search(text))),
        float(text[:1] in "“\"「『‘'《"),
        sum(char.isdigit() for char in text) / count,
        float(text[:1].isdigit()),
        sum(char.isupper() for char in text) / count,
        float(text[:1].islower()),
        float(bool(set(text) & set("（(：:"))),
    ]


def _steps(page: Printed, lines: list[int], units: list[int], goes_on: Floats) -> Floats:
    steps = np.zeros((len(lines), STEPS), np.float32)
    for row in range(1, len(lines)):
        one, other = lines[row - 1], lines[row]
        beside = other == one + 1
        same = min(max(float(page.same[other]), 0.01), 0.99)
        steps[row] = [
            1.0, beside, beside and not page.gaps[other],
            np.log(same / (1 - same)) / 3 if beside else 0.0,
            float(goes_on[other]) if beside else 0.0,
            units[row] == units[row - 1],
            min(other - one, 30) / 30,
        ]  # fmt: skip
    return steps


def weigh_head(head: Head, weights: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """Return what each role is worth for each line (n, R), and each step of roles (n, R, R)."""
    zero = np.zeros_like(head.seen[:1])
    around = np.concatenate(
        [
            head.seen,
            np.concatenate([zero, head.seen[:-1]]),
            np.concatenate([head.seen[1:], zero]),
        ],
        axis=1,
    )
    inner = np.maximum(around @ weights["inner.weight"].T + weights["inner.bias"], 0.0)
    own = inner @ weights["own.weight"].T + weights["own.bias"]
    steps = (head.steps @ weights["steps.weight"].T).reshape(-1, len(ROLES), len(ROLES))
    return own, steps


def best_head(
    own: Floats, steps: Floats, begins: Floats, ends: Floats, barred: Sequence[int] = ()
) -> tuple[float, list[int]]:
    """Return the likeliest roles of the lines and what they are worth.

    `begins` is what it is worth that a role begins after a set of others (S, R); `ends` that a
    head has a set of roles (S). Lines `barred` have none.
    """
    count, roles = own.shape
    values = np.full((SETS, roles), _NEVER)
    back: list[NDArray[np.int64]] = []
    own = own.copy()
    for row in barred:
        own[row, :NONE] = _NEVER
    for role in range(roles):
        held = 1 << role if role < CROSSHEAD else 0
        values[held, role] = own[0, role] + (begins[0, role] if role < CROSSHEAD else 0.0)
    for row in range(1, count):
        made = np.full((SETS, roles), _NEVER)
        came = np.zeros((SETS, roles), np.int64)
        # From every set and role to every role: the same role goes on, another begins.
        for role in range(roles):
            through = values + steps[row, :, role]
            if role < CROSSHEAD:
                begun = through + begins[:, role, None]
                begun[:, role] = through[:, role]
                through = begun
            place = through.argmax(axis=1)
            value = through[_EVERY_SET, place]
            if role < CROSSHEAD:
                first, again = _EVERY_SET[~_HAS[role]], _EVERY_SET[_HAS[role]]
                chosen = np.where(value[first] >= value[again], first, again)
                made[again, role] = value[chosen]
                came[again, role] = chosen * roles + place[chosen]
            else:
                made[:, role] = value
                came[:, role] = _EVERY_SET * roles + place
        made += own[row]
        values = made
        back.append(came)
    whole = values + ends[:, None]
    state = int(whole.argmax())
    score = float(whole.flat[state])
    way = [state % roles]
    for came in reversed(back):
        state = int(came.flat[state])
        way.append(state % roles)
    return score, way[::-1]


def tell_heads(page: Printed, weights: Mapping[str, Floats]) -> list[dict[int, int]]:
    """Return the role of each line of each article's head: what has none is not in it."""
    heads = see_heads(page)
    weighed = [weigh_head(head, weights) if head.lines else None for head in heads]
    ends = weights["ends"] + np.where(_EVERY_SET & 1, 0.0, _NO_HEADLINE)
    barred: list[set[int]] = [set() for _ in heads]

    def best(number: int, without: set[int]) -> tuple[float, dict[int, int]]:
        head, values = heads[number], weighed[number]
        if values is None:
            return 0.0, {}
        rows = [row for row, line in enumerate(head.lines) if line in without]
        score, way = best_head(*values, weights["begins"], ends, rows)
        way = _doubtful_as_headline(
            head.lines, way, lambda tried: worth(tried, *values, weights["begins"], ends)
        )
        return score, {
            line: role for line, role in zip(head.lines, way, strict=True) if role != NONE
        }

    found = [best(number, barred[number]) for number in range(len(heads))]
    # Comes to an end: each turn bars a line from an article for good.
    while (claimed := _claimed_twice([roles for _, roles in found])) is not None:
        one, other, lines = claimed
        without = {number: best(number, barred[number] | lines) for number in (one, other)}
        loser = min(without, key=lambda number: found[number][0] - without[number][0])
        barred[loser] |= lines
        found[loser] = without[loser]
    roles = [roles for _, roles in found]
    decks_under_headlines(page, roles)
    return roles


def decks_under_headlines(page: Printed, roles: Sequence[dict[int, int]]) -> None:
    """A title of the article's own that nothing claims, right under its headline, is its deck."""
    parted = page.gaps.mean() >= _SOME_GAPS
    claimed = {line for own in roles for line in own}
    for unit, lines in enumerate(page.units):
        first, home = lines[0], int(page.homes[unit].argmax())
        if home == len(roles) or not claimed.isdisjoint(lines):
            continue
        own = roles[home]
        if (
            own.get(first - 1) == HEADLINE and DECK not in own.values()
            and page.kinds[unit, : CROSSHEAD].sum() >= _IS_TITLE
            and (page.same[first] >= _TOGETHER or (parted and not page.gaps[first]))
        ):  # fmt: skip
            own.update(dict.fromkeys(lines, DECK))


def worth(way: Sequence[int], own: Floats, steps: Floats, begins: Floats, ends: Floats) -> float:
    """Return what the roles of a head's lines are worth, as `best_head` adds it up."""
    total, held, before = 0.0, 0, NONE
    for row, role in enumerate(way):
        total += float(own[row, role]) + (float(steps[row, before, role]) if row else 0.0)
        if role < CROSSHEAD and (role != before or not row):
            total += float(begins[held, role])
            held |= 1 << role
        before = role
    return total + float(ends[held])


def _doubtful_as_headline(
    lines: Sequence[int], way: list[int], weigh: Callable[[Sequence[int]], float]
) -> list[int]:
    """Where the kicker or deck beside the headline might as well be the headline, both are."""
    heads = [row for row, role in enumerate(way) if role == HEADLINE]
    if not heads or lines[heads[-1]] - lines[heads[0]] != len(heads) - 1:
        return way
    least = weigh(way) + np.log(_AS_LIKELY)
    for role in (KICKER, DECK):
        rows = [row for row, own in enumerate(way) if own == role]
        if not rows or lines[rows[-1]] - lines[rows[0]] != len(rows) - 1:
            continue
        if 1 not in (lines[heads[0]] - lines[rows[-1]], lines[rows[0]] - lines[heads[-1]]):
            continue
        above = rows[0] < heads[0]
        swapped, merged = list(way), list(way)
        for row in heads:
            swapped[row] = KICKER if not above else DECK
        for row in rows:
            swapped[row] = merged[row] = HEADLINE
        if max(weigh(swapped), weigh(merged)) >= least:
            way = merged
            heads = sorted(heads + rows)
    return way


def _claimed_twice(found: Sequence[Mapping[int, int]]) -> tuple[int, int, set[int]] | None:
    """The first line that two articles claim, with its neighbours that both claim."""
    owner: dict[int, int] = {}
    for number, roles in enumerate(found):
        for line in roles:
            if line in owner:
                both = found[owner[line]].keys() & roles.keys()
                run = {line}
                while max(run) + 1 in both:
                    run.add(max(run) + 1)
                while min(run) - 1 in both:
                    run.add(min(run) - 1)
                return owner[line], number, run
            owner[line] = number
    return None
