"""Which paragraph each crosshead stands before: the likeliest way to part an article by them all.

Extractors print crossheads in their places, or all together before the text, or scattered over the
page, and then in any order. What is told of a crosshead and a paragraph, of the section between two
crossheads, of the paragraphs before the first and of the order is weighed and added up, and dynamic
programming finds the best sum. `crossheads.json` holds the weights, logarithms of odds;
`training/crossheads.py` learned them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from feeder.parse import marks
from feeder.parse.terms import Terms, terms_of, union

Floats = NDArray[np.float64]
Told = Mapping[str, Floats]
"""What is told, by name: arrays that numpy makes one shape."""
_NEVER = -1e9
_NO_SECTION = -20.0
"""What it costs that two crossheads stand before one paragraph; so they may where there are few."""
_MOST_FREE = 6
"""Crossheads that are tried in every order; the ways grow twofold with each, and more are rare."""
_LITTLE = 0.5
"""What a crosshead must share with a paragraph, about, for it to count."""
_LENGTH_POWER = 0.25
"""Long paragraphs hold more of a crosshead by chance."""
_LIKELY = 0.25
"""Of the most that a crosshead shares with any paragraph: openings of others are not looked at."""
_OPENING, _OPENING_HAN = 100, 40
"""Characters with which a paragraph says what it is about."""

# How paragraphs open. Seen: zh-Hans, zh-Hant, en, de, fr, es. Speech goes on with what went before.
_SPEECH = re.compile(r"[\"“”„«»「『‘'‹–—-]")
# So do answers, and whatever follows a question.
_ANSWER = re.compile(r"(?:答|回答|A|R)\s*[：:]")
_QUESTION = re.compile(r"[?？]$")
# Pronouns and connectives lean on the paragraph before.
_LEANS = re.compile(
    r"但|不过|不過|可是|然而|此外|另外|同时|同時|也|还|還|又|于是|於是|他|她|它|我|这|這|那|有人"
    r"|对此|對此|因此|所以|随后|隨後|接着|接著|如今"
    r"|(?:But|And|So|He|She|They|His|Her|Their|Then|Yet|However|Still|Nor|Or|Mr|Mrs|Ms"
    r"|Er|Sie|Doch|Aber|Und|Il|Elle|Ils|Mais|Et|Pero|Y|También|Ella|Él)\b"
)
# A time, a number, a question, a source: a new point.
_NEW_POINT = re.compile(
    r"去年|今年|20\d\d|第[一二三四]|问[：:]|問[：:]|Q\s*[:.]|记者|記者|据|據|按照|为了|為了"
    r"|(?:What|There|By|In|At|It)\b"
)
_NUMBER = re.compile(r"[（(]?([一二三四五六七八九十]|\d{1,2})[）)、.．](?!\d)")
_NUMERALS = "一二三四五六七八九十"


class Printed(Protocol):
    """A paragraph or a crosshead: its text, and the lines that hold it."""

    @property
    def text(self) -> str: ...

    @property
    def terms(self) -> Terms: ...

    @property
    def lines(self) -> tuple[int, ...]: ...


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What is seen of `n` paragraphs and `k` crossheads."""

    lead: Told
    """(n): that the first crosshead stands before a paragraph."""
    paragraphs: Told
    """(n) or (k, n): that a crosshead stands before a paragraph."""
    sections: Told
    """(n, n+1) or (k, n, n+1): that its section runs from one paragraph to before another."""
    orders: Told
    """(k, k): that a crosshead is followed by another."""
    allowed: NDArray[np.bool_]
    """(k, k): whether it may be."""


def places(paragraphs: Sequence[Printed], crossheads: Sequence[Printed]) -> list[int]:
    """The paragraph that each crosshead stands before, all of them together as likely as can be.

    Crossheads come as printed, or by their letters. If all are printed right before paragraphs,
    they stand there. Else the text tells where, too, and their order, less if they are scattered.
    """
    if not crossheads:
        return []
    printed = printed_places(paragraphs, crossheads)
    if all(printed) and len(set(printed)) == len(printed):
        return printed
    seen = see(paragraphs, crossheads)
    weights = _weights()
    count, length = len(crossheads), len(paragraphs)
    return _best_way(
        lead=weigh(seen.lead, weights, (length,)),
        own=weigh(seen.paragraphs, weights, (count, length)),
        sections=weigh(seen.sections, weights, (count, length, length + 1)) + bounds(length),
        orders=np.where(seen.allowed, weigh(seen.orders, weights, (count, count)), _NEVER),
    )


def printed_places(paragraphs: Sequence[Printed], crossheads: Sequence[Printed]) -> list[int]:
    """The paragraph that each crosshead is printed right before; 0, the first, tells nothing."""
    begins = {part.lines[0]: number for number, part in enumerate(paragraphs)}
    return [begins.get(part.lines[-1] + 1, 0) for part in crossheads]


def weigh(told: Told, weights: Mapping[str, float], shape: tuple[int, ...]) -> Floats:
    """Return the sum of what is told, each by its weight."""
    total = np.zeros(shape)
    for name, values in told.items():
        total += weights[name] * values
    return total


def bounds(length: int) -> Floats:
    """Return what sections cost that end before they begin, or hold no paragraph."""
    last = np.arange(length + 1) - np.arange(length)[:, None]
    return np.where(last > 0, 0.0, np.where(last == 0, _NO_SECTION, _NEVER))


@cache
def _weights() -> dict[str, float]:
    with resources.files("feeder.parse").joinpath("crossheads.json").open("rb") as file:
        weights: dict[str, float] = json.load(file)
    return weights


def see(paragraphs: Sequence[Printed], crossheads: Sequence[Printed]) -> Seen:
    """Return all that is seen, by the names of the weights."""
    shared, opens, ties = _shared(paragraphs, crossheads)
    paragraph, held = _fits(shared, opens, _lengths(paragraphs))
    paragraph |= _openings(paragraphs)
    paragraph["tie"] = np.concatenate([[0.0], ties.diagonal(1)])
    orders, allowed = _orders(crossheads)
    even = len(paragraphs) / (len(crossheads) + 1)
    sizes = np.array([max(len(part.text), 1) for part in paragraphs], float)
    return Seen(
        lead=_lead(len(paragraphs), even),
        paragraphs=paragraph | _printed(paragraphs, crossheads),
        sections={"held": held, **_sections(ties, sizes, even)},
        orders=orders,
        allowed=allowed,
    )


def _shared(
    paragraphs: Sequence[Printed], crossheads: Sequence[Printed]
) -> tuple[Floats, Floats, Floats]:
    """What crossheads share with paragraphs and with their openings, and paragraphs in between.

    The sums of `Rarity`, all at once. Between paragraphs the root is taken, or one long name would
    tell all; it is 1 on average.
    """
    count = len(paragraphs)
    within: Counter[str] = Counter()
    for part in paragraphs:
        within.update(part.terms.keys())
    known = union(part.terms for part in paragraphs)
    heads = union(part.terms for part in crossheads)
    wanted = [term for term, times in within.items() if times > 1 or term in heads]
    numbers = dict(zip(wanted, range(len(wanted)), strict=True))
    times = np.array([within[term] for term in wanted], float)
    worth = np.array([known[term] for term in wanted]) * np.log((count + 1) / (times + 0.5))
    own = _holds([part.terms for part in paragraphs], numbers)
    weighed = _holds([part.terms for part in crossheads], numbers) * worth
    shared = weighed @ own.T
    most = shared.max(axis=1, keepdims=True)
    likely = ((shared > 0) & (shared >= _LIKELY * most)).any(axis=0)
    han = any(marks.HAN.search(part.text) for part in crossheads)
    opening = _OPENING_HAN if han else _OPENING
    openings = [
        terms_of(part.text[:opening]) if told else {}
        for part, told in zip(paragraphs, likely, strict=True)
    ]
    opens = weighed @ _holds(openings, numbers).T
    lengths = _lengths(paragraphs)
    ties = np.sqrt((own * worth) @ own.T / np.minimum(lengths, lengths[:, None]) ** 0.5)
    np.fill_diagonal(ties, 0.0)
    mean = ties.sum() / max(count * (count - 1), 1)
    return shared, opens, ties / mean if mean else ties


def _holds(texts: Sequence[Terms], numbers: Mapping[str, int]) -> Floats:
    """Whether each text holds each of the numbered terms."""
    holds = np.zeros((len(texts), len(numbers)))
    for row, terms in enumerate(texts):
        holds[row, [numbers[term] for term in terms.keys() & numbers.keys()]] = 1.0
    return holds


def _lengths(parts: Sequence[Printed]) -> Floats:
    return np.array([max(len(part.terms), 1) for part in parts], float)


def _fits(shared: Floats, opens: Floats, lengths: Floats) -> tuple[dict[str, Floats], Floats]:
    """How well crossheads fit paragraphs and their openings, and the share that sections hold."""
    long = lengths**_LENGTH_POWER
    fits = shared / long
    most = fits.max(axis=1, keepdims=True)
    own = fits / (most + _LITTLE)
    after = np.pad(own, ((0, 0), (0, 2)))
    shares = fits / (fits.sum(axis=1, keepdims=True) + _LITTLE)
    until = np.pad(shares.cumsum(axis=1), ((0, 0), (1, 0)))
    told = {
        "fit": own,
        "fit next": after[:, 1:-1],
        "fit third": after[:, 2:],
        "fit opening": opens / (most * long.mean() + _LITTLE),
    }
    return told, until[:, None, :] - until[:, :-1, None]


def _openings(paragraphs: Sequence[Printed]) -> dict[str, Floats]:
    """How paragraphs open: with speech, with what leans on the one before, with a new point."""
    texts = [part.text for part in paragraphs]
    before = ["", *texts[:-1]]
    sizes = np.array([max(len(text), 1) for text in texts], float)
    follows = [
        bool(_ANSWER.match(text) or _QUESTION.search(last))
        for text, last in zip(texts, before, strict=True)
    ]
    return {
        "first": np.eye(1, len(texts))[0],
        "speech": np.array([float(bool(_SPEECH.match(text))) for text in texts]),
        "leans": np.array([float(bool(_LEANS.match(text))) for text in texts]),
        "answer": np.array(follows, float),
        "new point": np.array([float(bool(_NEW_POINT.match(text))) for text in texts]),
        "before": np.concatenate([[0.0], np.log(sizes[:-1] / sizes.mean())]),
    }


def _sections(ties: Floats, sizes: Floats, even: float) -> dict[str, Floats]:
    """How long sections are beside the even share, and how well their paragraphs belong together.

    The last section is told apart: what ends an article is often longer.
    """
    count = len(sizes)
    begins, ends = np.arange(count)[:, None], np.arange(count + 1)
    held = np.maximum(ends - begins, 1)
    until = np.concatenate([[0.0], sizes.cumsum()])
    size = np.maximum(until - until[:-1, None], 1.0) / (until[-1] * even / count)
    last = np.broadcast_to((ends == count).astype(float), held.shape)
    inner = 1.0 - last
    long, large = np.log(held / even), np.log(size)
    more = ties - 1.0
    np.fill_diagonal(more, 0.0)
    sums = np.pad(more, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    whole = sums.diagonal()
    cohesion = (whole - sums[:-1] - sums.T[:-1] + whole[:-1, None]) / held
    return {
        "cohesion": np.where(ends > begins, cohesion, 0.0),
        "one": (held == 1) * inner,
        "two": (held == 2) * inner,
        "long": long * inner,
        "long squared": long**2 * inner,
        "large": large * inner,
        "large squared": large**2 * inner,
        "last one": (held == 1) * last,
        "last long squared": long**2 * last,
        "last large": large * last,
    }


def _lead(count: int, even: float) -> dict[str, Floats]:
    """How many paragraphs stand before the first crosshead, beside the even share."""
    long = np.log(np.maximum(np.arange(count), 1) / even)
    return {"lead": long, "lead squared": long**2}


def _printed(paragraphs: Sequence[Printed], crossheads: Sequence[Printed]) -> dict[str, Floats]:
    """Where crossheads are printed: right before a paragraph, right after one, or next before one.

    Before the first paragraph it tells nothing: titles are printed there, all together.
    """
    firsts = np.array([part.lines[0] for part in paragraphs])
    lasts = np.array([part.lines[-1] for part in paragraphs])
    begins = np.array([[part.lines[0]] for part in crossheads])
    ends = np.array([[part.lines[-1]] for part in crossheads])
    before = (firsts == ends + 1).astype(float)
    before[:, 0] = 0.0
    after = np.zeros_like(before)
    after[:, 1:] = lasts[:-1] == begins - 1
    later = np.where(firsts > ends, firsts, firsts.max() + 1)
    following = (later == later.min(axis=1, keepdims=True)) & (firsts > ends)
    following[:, 0] = False
    return {
        "printed before": before,
        "printed after": after * (1 - before),
        "printed next": following * (1 - before),
    }


def _orders(crossheads: Sequence[Printed]) -> tuple[dict[str, Floats], NDArray[np.bool_]]:
    """Whether crossheads follow each other as printed, on the next line or farther on.

    Letters and numbers that count them off leave no choice, nor is there any among too many.
    """
    count = len(crossheads)
    begins = np.array([part.lines[0] for part in crossheads])
    ends = np.array([part.lines[-1] for part in crossheads])
    steps = np.arange(count) - np.arange(count)[:, None]
    ranks = np.array([_rank(part.text) for part in crossheads])
    one, other = ranks[:, None], ranks
    allowed = (other >= one) | (one == 0) | (other == 0) if count <= _MOST_FREE else steps == 1
    together = (begins == ends[:, None] + 1).astype(float)
    told = {"order": (steps > 0) * (1 - together), "order together": together}
    return told, allowed


def _rank(text: str) -> int:
    """The number, or the letter's, that counts a crosshead off; 0 if it has none."""
    if number := _NUMBER.match(text):
        told = number[1]
        return int(told) if told.isascii() else _NUMERALS.index(told) + 1
    letter = letter_of(text)
    return ord(letter) - ord("A") + 1 if letter else 0


def letter_of(text: str) -> str:
    """The letter that counts a crosshead off; "" if there is none."""
    if not marks.HAN.search(text):
        letter = marks.DROP_LETTER_LATIN.search(text)
        return (letter["first"] or letter["last"]) if letter else ""
    letter = marks.DROP_LETTER_START.match(text) or marks.DROP_LETTER_END.search(text)
    return letter[1] if letter else ""


def without_letter(text: str) -> str:
    """The crosshead without the letter that counts it off; "" if it is that letter alone."""
    if marks.DROP_LETTER.match(text):
        return ""
    if not letter_of(text):
        return text
    if not marks.HAN.search(text):
        return marks.DROP_LETTER_LATIN.sub("", text).strip()
    return marks.DROP_LETTER_END.sub("", marks.DROP_LETTER_START.sub("", text)).strip()


def _best_way(*, lead: Floats, own: Floats, sections: Floats, orders: Floats) -> list[int]:
    """The best places: over sets of crossheads that stand already, the last of them, its place."""
    count, length = own.shape
    everywhere = np.arange(length)
    ways = {(1 << head, head): lead + own[head] for head in range(count)}
    trails: list[dict[tuple[int, int], tuple[NDArray[np.intp], NDArray[np.intp]]]] = []
    for _ in range(count - 1):
        reached: dict[tuple[int, int], Floats] = {}
        trail: dict[tuple[int, int], tuple[NDArray[np.intp], NDArray[np.intp]]] = {}
        for (standing, head), value in ways.items():
            through = value[:, None] + sections[head, :, :-1]
            came = through.argmax(axis=0)
            best = through[came, everywhere]
            for other in range(count):
                if standing >> other & 1 or orders[head, other] == _NEVER:
                    continue
                key = (standing | 1 << other, other)
                tried = best + orders[head, other] + own[other]
                if key in reached:
                    better = tried > reached[key]
                    heads, steps = trail[key]
                    reached[key] = np.where(better, tried, reached[key])
                    trail[key] = np.where(better, head, heads), np.where(better, came, steps)
                else:
                    reached[key] = tried
                    trail[key] = np.full(length, head), came
        ways = reached
        trails.append(trail)
    ended = {key: value + sections[key[1], :, -1] for key, value in ways.items()}
    key = max(ended, key=lambda key: float(ended[key].max()))
    place = int(ended[key].argmax())
    found = {key[1]: place}
    for trail in reversed(trails):
        heads, steps = trail[key]
        key = (key[0] & ~(1 << key[1]), int(heads[place]))
        place = int(steps[place])
        found[key[1]] = place
    return [found[head] for head in range(count)]
