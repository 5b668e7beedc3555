"""What the networks told → articles: the best-scoring explanation of the page as a whole.

Pieces of body are strung together along the links they are surest of; then titles, captions and
bylines go home, all at once: every article has exactly one headline, and what is left over may
serve one that has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from feeder.model import Article, BodyItem, Doubted, Role
from feeder.parse import bylines, marks
from feeder.parse.crossheads import letter_of, places, without_letter
from feeder.parse.features import Floats, Ints, PageFeatures
from feeder.parse.heads import CROSSHEAD, HEADLINE, KICKER, LABEL, ROLES, Printed, tell_heads
from feeder.parse.lines import Line
from feeder.parse.network import (
    Housed,
    Links,
    Model,
    house_units,
    link_pieces,
    load_model,
    tell_lines,
)
from feeder.parse.tags import BODY, KINDS, TAGS, TITLES
from feeder.parse.terms import Terms, terms_of
from feeder.parse.text import join_lines, tidy
from feeder.parse.units import Homes, Pieces, Told, Unit, split_units

_A, _P, _B = (TAGS.index(tag) for tag in "APB")
_SMALL = np.array([tag.islower() for tag in TAGS])
_BODY_TAGS = np.array([tag in BODY for tag in TAGS])
_NEVER_SURE = 0.001
_HEADLINE = 0
_CROSSHEAD, _FURNITURE = KINDS.index("Cc"), KINDS.index("F")
_TITLE_KINDS = frozenset({*range(len(TITLES)), _CROSSHEAD})
_RUNNING_TEXT = 400
"""A line of more characters is no title and no furniture."""
_ALONE = 0.3
"""How likely a line begins and ends an article, at the least, to stand for one by itself."""
_IS_BODY = 0.5
_ONE_PART = 0.5
"""How surely two lines are of one article, at the least, to be lines of one caption or byline."""
_GOES_ON, _GOES_ON_CROSSHEAD = 0.1, 0.5
"""How surely a line goes on, at the least, to be put with the line before; in crossheads."""
_IS_TITLE = 0.5
"""How likely a title, at the least, is no caption and no byline."""
_NEIGHBOURS = 0.3
"""How much it weighs that neighbours are told to be of one article, beside where each fits."""
_DOUBT = 5.0
_MOVES = 16
"""Links are doubtful below this worth, either way; so many of a page are tried both ways."""
_HOMES_WEIGH, _HEADS_WEIGH = 0.5, 2.0
_NEVER = -99.0
_EMPTY, _EMPTY_AFTER_GAP = 6.0, 2.0
"""Ems of the column that a paragraph's last line leaves empty, to be sure that it is the last."""
_SOFT_HYPHEN = re.compile("\u00ad ?")


@dataclass(frozen=True, kw_only=True)
class Part:
    """Lines that belong together: a headline, a crosshead, a caption, a paragraph."""

    kind: str
    lines: tuple[int, ...]
    text: str
    terms: Terms = field(default_factory=dict)

    @property
    def first(self) -> int:
        """The index of its first line."""
        return self.lines[0]


class LineDoubt(NamedTuple):
    """What may be wrong of an article: how sure it is, and at which line, after which other."""

    sure: float
    what: Doubted
    line: int
    after: int | None = None


@dataclass(kw_only=True)
class Draft:
    """An article in the making."""

    paragraphs: list[Part]
    doubts: list[LineDoubt] = field(default_factory=list)
    """The least is how sure the article is."""
    titles: list[Part] = field(default_factory=list)
    crossheads: list[Part] = field(default_factory=list)
    captions: list[Part] = field(default_factory=list)
    bylines: list[Part] = field(default_factory=list)


def assemble(lines: Sequence[Line], model: Model | None = None) -> tuple[list[Draft], list[Part]]:
    """Return the page's articles in the order of their first lines, and its furniture."""
    if not lines:
        return [], []
    model = model or load_model()
    features = PageFeatures(lines)
    told = halves_alike(tell_lines(features, model), lines)
    page, links, best = explain(features, told, model)
    if not best.chains:
        return _without_bodies(lines, page.others)
    drafts = [
        Draft(
            paragraphs=list(_paragraphs(page, [page.bodies[number] for number in chain])),
            doubts=_doubts_of_chain(links, page.bodies, chain),
        )
        for chain in best.chains
    ]
    furniture = _bring_home(page, drafts, best)
    drafts.sort(key=lambda draft: draft.paragraphs[0].first)
    return drafts, furniture


def halves_alike(told: Told, lines: Sequence[Line]) -> Told:
    """What was printed on one line and parted is body in both halves or in neither."""
    parted = [at for at in range(1, len(lines)) if lines[at].numbers == lines[at - 1].numbers]
    if not parted:
        return told
    tags = told.tags.copy()
    for at in parted:
        body = tags[at - 1 : at + 1, _BODY_TAGS].sum(axis=1).clip(_NEVER_SURE, 1 - _NEVER_SURE)
        both, neither = float(body.prod()), float((1 - body).prod())
        share = both / (both + neither)
        for half, own in zip((at - 1, at), body, strict=True):
            tags[half] *= np.where(_BODY_TAGS, share / own, (1 - share) / (1 - own))
    return replace(told, tags=tags / tags.sum(axis=1, keepdims=True))


def explain(
    features: PageFeatures, told: Told, model: Model
) -> tuple[PageUnits, Links, Explanation]:
    """Return the page's units, how its pieces of body are linked, the best explanation found."""
    bodies, others = split_units(told)
    if bodies:
        links = link_pieces(Pieces(features, told, bodies, others), model)
        links = replace(links, body=_surely_body(links, bodies, features))
        slipped = [unit for unit, share in zip(bodies, links.body, strict=True) if share < _IS_BODY]
        others = sorted((*others, *slipped), key=lambda unit: unit.lines[0])
    page = PageUnits(features=features, told=told, bodies=bodies, others=others, model=model)
    if not bodies:
        nothing = np.zeros((1, 1), np.float32)
        empty = np.zeros(0, np.float32)
        links = Links(rows=nothing, columns=nothing, same=nothing[:0, :0], body=empty)
        return page, links, Explanation(chains=[], score=0.0, housed=None, beside=empty)
    return page, links, _explained(page, links)


def printed_titles(page: PageUnits, chains: Sequence[Sequence[int]], housed: Housed) -> Printed:
    """Return what the head network is told of a page.

    What the trade's forms tell for sure is mended in `housed` first.
    """
    features = page.features
    units = [unit.lines for unit in page.others]
    _surely_known(housed.kinds, units, features.folded)
    return Printed(
        texts=[line.text for line in features.lines],
        widths=features.widths,
        gaps=features.gaps > 0,
        tags=page.told.tags,
        same=page.told.same,
        units=units,
        homes=housed.homes,
        kinds=housed.kinds,
        chains=[[at for number in chain for at in page.bodies[number].lines] for chain in chains],
    )


def _surely_body(links: Links, bodies: Sequence[Unit], features: PageFeatures) -> Floats:
    """How surely each piece is body, 0 to 1, where its form does not decide.

    Running text is; one line that ends no sentence and would be an article by itself is not.
    """
    body = links.body.copy()
    for number, unit in enumerate(bodies):
        if any(len(features.lines[at].text) > _RUNNING_TEXT for at in unit.lines):
            body[number] = 1.0
        elif len(unit.lines) == 1 and not marks.TERMINAL.search(features.folded[unit.lines[0]]):
            alone = links.columns[-1, number] * links.rows[number, -1]
            body[number] *= alone < _ALONE
    return body


@dataclass(frozen=True, kw_only=True)
class PageUnits:
    """What is known of a page before its articles are."""

    features: PageFeatures
    told: Told
    bodies: Sequence[Unit]
    others: Sequence[Unit]
    model: Model


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """One way to take the page apart, and how likely it is: a sum of logarithms."""

    chains: list[list[int]]
    score: float
    housed: Housed | None
    beside: Floats


def _explained(page: PageUnits, links: Links) -> Explanation:
    """Return the best explanation found: from the surest links, with doubtful ones tried both ways.

    What decides a doubtful link is whether the page's titles find homes then: every article has one
    headline, and each title fits one article.
    """
    worth = _worth(links)
    joined = {pair for chain in string_pieces(links) for pair in pairwise(chain)}
    best = _explanation(page, links, worth, joined)
    moves = _doubtful(worth, joined)
    for pair in moves[:_MOVES]:
        if pair in joined:
            tried = joined - {pair}
        else:
            rivals = {other for other in joined if other[0] == pair[0] or other[1] == pair[1]}
            tried = (joined - rivals) | {pair}
        if _circles(tried):
            continue
        explanation = _explanation(page, links, worth, tried)
        if explanation.score > best.score:
            best, joined = explanation, tried
    return best


def _doubtful(worth: Floats, joined: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """The links that might as well be otherwise, the most doubtful first."""
    near = np.argwhere(np.abs(worth) < _DOUBT)
    moves = [(int(one), int(other)) for one, other in near]
    return sorted(moves, key=lambda pair: abs(float(worth[pair])))


def _circles(joined: set[tuple[int, int]]) -> bool:
    after = dict(joined)
    for start in after:
        at, steps = after[start], 0
        while at in after and at != start and steps <= len(after):
            at, steps = after[at], steps + 1
        if at == start:
            return True
    return False


def _explanation(
    page: PageUnits, links: Links, worth: Floats, joined: set[tuple[int, int]]
) -> Explanation:
    chains = _chains(len(page.bodies), links.body >= _IS_BODY, joined)
    score = sum(float(worth[pair]) for pair in joined) / 2
    if not chains or not page.others:
        return Explanation(chains=chains, score=score, housed=None, beside=np.zeros(0, np.float32))
    groups = [[page.bodies[number] for number in chain] for chain in chains]
    homes = Homes(page.features, page.told, page.others, groups)
    housed = house_units(homes, page.model)
    titles = housed.kinds[:, : len(TITLES)].sum(axis=1)
    score += _HOMES_WEIGH * float((titles * np.log(housed.homes.max(axis=1))).sum())
    heads = housed.homes[:, :-1] * housed.kinds[:, _HEADLINE, None]
    score += _HEADS_WEIGH * float(np.log(np.minimum(heads.max(axis=0) + 0.02, 1.0)).sum())
    score -= _HEADS_WEIGH * float(np.maximum(heads.sum(axis=0) - 1.0, 0.0).sum())
    return Explanation(chains=chains, score=score, housed=housed, beside=homes.beside)


def _worth(links: Links) -> Floats:
    """How much more likely each link is than that nothing follows and nothing goes before."""
    count = len(links.same)
    rows, columns = np.log(links.rows + 1e-9), np.log(links.columns + 1e-9)
    body = links.body >= _IS_BODY
    worth: Floats = (
        rows[:count, :count] - rows[:count, count:]
        + columns[:count, :count] - columns[count:, :count]
    )  # fmt: skip
    worth[~body] = worth[:, ~body] = _NEVER
    np.fill_diagonal(worth, _NEVER)
    return worth


def _chains(count: int, body: NDArray[np.bool_], joined: set[tuple[int, int]]) -> list[list[int]]:
    after = dict(joined)
    later = set(after.values())
    chains = []
    for start in range(count):
        if body[start] and start not in later:
            chain = [start]
            while chain[-1] in after:
                chain.append(after[chain[-1]])
            chains.append(chain)
    return chains


def _without_bodies(
    lines: Sequence[Line], others: Sequence[Unit]
) -> tuple[list[Draft], list[Part]]:
    return [], [_part(lines, "F", unit.lines) for unit in others]


def string_pieces(links: Links) -> list[list[int]]:
    """Return the pieces of each article in order.

    Links are taken in the order of their worth, none that closes a circle.
    """
    count = len(links.same)
    worth = _worth(links)
    joined: set[tuple[int, int]] = set()
    after, before = [False] * count, [False] * count
    group = list(range(count))

    def root(piece: int) -> int:
        while group[piece] != piece:
            group[piece] = group[group[piece]]
            piece = group[piece]
        return piece

    for place in np.argsort(-worth, axis=None):
        one, other = divmod(int(place), count)
        if worth[one, other] <= 0:
            break
        if not after[one] and not before[other] and root(one) != root(other):
            after[one] = before[other] = True
            joined.add((one, other))
            group[root(one)] = root(other)
    return _chains(count, links.body >= _IS_BODY, joined)


def _doubts_of_chain(links: Links, bodies: Sequence[Unit], chain: Sequence[int]) -> list[LineDoubt]:
    """How sure it is that the pieces are one article and the whole of it: each of its joints."""
    first, last = bodies[chain[0]].lines[0], bodies[chain[-1]].lines[-1]
    joints = [
        LineDoubt(float(links.columns[-1, chain[0]]), Doubted.BEGINS, first),
        LineDoubt(float(links.rows[chain[-1], -1]), Doubted.ENDS, last),
    ]
    for one, other in pairwise(chain):
        sure = float(min(links.rows[one, other], links.columns[one, other]))
        place = bodies[other].lines[0], bodies[one].lines[-1]
        joints.append(LineDoubt(sure, Doubted.GOES_ON, *place))
    return joints


def _paragraphs(page: PageUnits, chain: Sequence[Unit]) -> Iterator[Part]:
    lines, told = page.features.lines, page.told
    begun: list[int] = []
    for line in (line for unit in chain for line in unit.lines):
        share = told.tags[line]
        opens = share[_A] + share[_P] > share[_B] or _is_ended(page.features, begun, line)
        if begun and opens:
            yield _part(lines, "P", tuple(begun))
            begun = []
        begun.append(line)
    yield _part(lines, "P", tuple(begun))


def _is_ended(features: PageFeatures, begun: Sequence[int], line: int) -> bool:
    """A full stop on a line that leaves the end of its column empty ends the paragraph."""
    if not begun or not marks.FULL_STOP.search(features.folded[begun[-1]]):
        return False
    before = begun[-1]
    column = min(features.columns[1][before], features.columns[1][line])
    empty = float(column - features.widths[before])
    return empty >= (_EMPTY_AFTER_GAP if features.gaps[line] else _EMPTY)


def _part(lines: Sequence[Line], kind: str, chosen: tuple[int, ...]) -> Part:
    texts = [lines[at].text for at in chosen]
    if kind == "Y":
        # A byline's next line goes on with a name, or begins with what its next person did.
        texts = [f" {text}" if at and marks.BYLINE_GOES_ON.match(text) else text
                 for at, text in enumerate(texts)]  # fmt: skip
        text = tidy("".join(texts) if any(map(marks.HAN.search, texts)) else join_lines(texts))
    else:
        spaced = kind in TITLES or kind == "C"
        text = _SOFT_HYPHEN.sub("", " ".join(texts)) if spaced else join_lines(texts)
    return Part(kind=kind, lines=chosen, text=text, terms=terms_of(text))


def _bring_home(page: PageUnits, drafts: list[Draft], best: Explanation) -> list[Part]:
    """Give each unit to its article; returns the furniture."""
    if best.housed is None:
        return []
    lines = page.features.lines
    roles = tell_heads(printed_titles(page, best.chains, best.housed), page.model.heads)
    furniture = _heads_home(page, drafts, best.housed, roles)
    headed = {line for own in roles for line in own}
    free = [n for n, unit in enumerate(page.others) if headed.isdisjoint(unit.lines)]
    furniture += [
        _part(lines, "F", (line,))
        for unit in page.others
        if not headed.isdisjoint(unit.lines)
        for line in unit.lines
        if line not in headed
    ]
    if not free:
        return furniture
    home, groups, housed = _grouped(page, best.housed, best.beside, free)
    kind = len(TITLES) + 1 + housed.kinds[:, len(TITLES) + 1 : -1].argmax(axis=1)
    is_title = housed.kinds[:, : len(TITLES) + 1].sum(axis=1)
    for number, group in enumerate(groups):
        letter = KINDS[kind[number]][0]
        part = _part(lines, letter, group)
        if home[number] == len(drafts) or letter == "F" or is_title[number] > _IS_TITLE:
            furniture.append(replace(part, kind="F"))
            continue
        shelf = {"G": drafts[home[number]].captions, "Y": drafts[home[number]].bylines}
        shelf[letter].append(part)
    return furniture


def _heads_home(
    page: PageUnits, drafts: list[Draft], housed: Housed, roles: Sequence[Mapping[int, int]]
) -> list[Part]:
    """Give each article its head; returns the columns' labels that are furniture."""
    unit_of = {line: n for n, unit in enumerate(page.others) for line in unit.lines}
    furniture = []
    for number, (draft, own) in enumerate(zip(drafts, roles, strict=True)):
        has_kicker = KICKER in own.values()
        for role, lines in _runs_of(own, page):
            letter = "K" if role == LABEL else ROLES[role]
            part = _part(page.features.lines, letter, lines)
            if role == LABEL and has_kicker:
                furniture.append(replace(part, kind="F"))
                continue
            unit = unit_of[lines[0]]
            kinds = housed.kinds[unit]
            if letter != "C":
                sure = float(housed.homes[unit, number] * kinds[: len(TITLES)].sum())
                draft.doubts.append(LineDoubt(sure, Doubted.TITLE, part.first))
            (draft.crossheads if letter == "C" else draft.titles).append(part)
        if HEADLINE not in own.values():
            least = min(doubt.sure for doubt in draft.doubts) / 2
            first = draft.paragraphs[0].first
            draft.doubts.append(LineDoubt(least, Doubted.NO_HEADLINE, first))
    return furniture


def _runs_of(own: Mapping[int, int], page: PageUnits) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The lines of each role that stand together, in print order; a crosshead's as told."""
    run: list[int] = []
    for line in sorted(own):
        if run and (
            own[line] != own[run[-1]]
            or (own[line] == CROSSHEAD and not (
                line == run[-1] + 1 and page.told.tags[line, _SMALL].sum() >= _GOES_ON_CROSSHEAD
            ))
        ):  # fmt: skip
            yield own[run[-1]], tuple(run)
            run = []
        run.append(line)
    if run:
        yield own[run[-1]], tuple(run)


def _grouped(
    page: PageUnits, housed: Housed, beside: Floats, chosen: Sequence[int]
) -> tuple[Ints, list[tuple[int, ...]], Housed]:
    """The chosen units, neighbours that are one caption or byline put together.

    Returns where they belong, their lines, and what is told of them.
    """
    units = page.others
    way = best_way(housed.homes, beside)
    sort = housed.kinds.argmax(axis=1)
    groups: list[list[int]] = []
    for number in chosen:
        unit = units[number]
        before = number - 1
        if groups and groups[-1][-1] == before and way[number] == way[before] and (
            _on_one_line(page, units[before], unit)
            or (
                sort[number] == sort[before] and beside[number] >= _ONE_PART
                and page.told.tags[unit.lines[0], _SMALL].sum() >= _GOES_ON
            )
        ):  # fmt: skip
            groups[-1].append(number)
        else:
            groups.append([number])
    return (
        np.array([way[group[0]] for group in groups]),
        [tuple(line for number in group for line in units[number].lines) for group in groups],
        Housed(
            homes=np.stack([housed.homes[group].mean(axis=0) for group in groups]),
            kinds=np.stack([housed.kinds[group].mean(axis=0) for group in groups]),
        ),
    )


def _on_one_line(page: PageUnits, one: Unit, other: Unit) -> bool:
    """Whether the end of one and the beginning of the other were printed on one line."""
    lines = page.features.lines
    return lines[one.lines[-1]].numbers[-1] == lines[other.lines[0]].numbers[0]


def best_way(homes: Floats, beside: Floats) -> list[int]:
    """The home of each unit: the likeliest way through them, neighbours of one article together."""
    logs = np.log(homes + 1e-6)
    best = logs[0]
    back = []
    for own, together in zip(logs[1:], beside[1:], strict=True):
        stay = _NEIGHBOURS * np.log(min(max(float(together), 0.02), 0.98)) if together else 0.0
        part = _NEIGHBOURS * np.log(1 - min(max(float(together), 0.02), 0.98)) if together else 0.0
        other = best.max() + part
        kept = best + stay
        came = np.where(kept >= other, np.arange(len(own)), int(best.argmax()))
        best = np.maximum(kept, other) + own
        back.append(came)
    way = [int(best.argmax())]
    for came in reversed(back):
        way.append(int(came[way[-1]]))
    return way[::-1]


def _surely_known(kinds: Floats, groups: Sequence[tuple[int, ...]], texts: Sequence[str]) -> None:
    """What the trade's forms tell for sure: mends `kinds` in place.

    A word of a weather box is no title, and what a letter counts off is a crosshead, if another
    title of the page bears one too.
    """
    ends = [(texts[group[0]], texts[group[-1]]) for group in groups]
    for number, (first, _) in enumerate(ends):
        if marks.WEATHER_ICON.match(first):
            kinds[number] = np.eye(len(KINDS))[_FURNITURE]
    lettered = [
        number
        for number, (first, last) in enumerate(ends)
        if kinds[number, :-1].argmax() in _TITLE_KINDS
        and (marks.DROP_LETTER_START.match(first) or marks.DROP_LETTER_END.search(last))
        and marks.HAN.search(first)
    ]
    if len(lettered) > 1:
        kinds[lettered] = np.eye(len(KINDS))[_CROSSHEAD]


@dataclass(frozen=True, kw_only=True)
class Finished:
    """An article, and which lines went into which part of it."""

    article: Article
    roles: dict[int, Role]
    doubts: Sequence[LineDoubt]
    """The least sure first."""


def finish(draft: Draft, *, bare: str) -> Finished:
    """Return the finished article. `bare` is the role of a name in brackets without one."""
    head = _heads(draft.titles)
    draft.crossheads.sort(key=_letter_then_place)
    opening = bylines.split_opening(draft.paragraphs[0].text)
    paragraphs = [replace(draft.paragraphs[0], text=opening.rest), *draft.paragraphs[1:]]
    last, ending = bylines.split_ending(paragraphs[-1].text, bare=bare)
    paragraphs[-1] = replace(paragraphs[-1], text=last)
    blocks = bylines.read_byline(" ".join(part.text for part in draft.bylines), in_brackets=bare)
    article = Article(
        kicker=_text(head.kicker),
        headline=_text(head.headline),
        deck=_text(head.deck),
        credit=opening.credit,
        byline=bylines.merged(bylines.merged(opening.byline, ending), blocks),
        body=tuple(_with_crossheads(paragraphs, draft.crossheads)),
        captions=tuple(part.text for part in draft.captions),
        confidence=round(min(doubt.sure for doubt in draft.doubts), 3),
    )
    return Finished(article=article, roles=_roles(draft, head), doubts=sorted(draft.doubts))


def _letter_then_place(part: Part) -> tuple[str, int]:
    """Crossheads come in the order of their letters, if they have any, else as printed."""
    return (letter_of(part.text), part.first)


def _roles(draft: Draft, head: _Head) -> dict[int, Role]:
    shelves = (
        (Role.KICKER, head.kicker),
        (Role.HEADLINE, head.headline),
        (Role.DECK, head.deck),
        (Role.CROSSHEAD, draft.crossheads),
        (Role.CAPTION, draft.captions),
        (Role.BYLINE, draft.bylines),
        (Role.BODY, draft.paragraphs),
    )
    return {line: role for role, shelf in shelves for part in shelf for line in part.lines}


@dataclass(frozen=True, kw_only=True)
class _Head:
    kicker: Sequence[Part] = ()
    headline: Sequence[Part] = ()
    deck: Sequence[Part] = ()


def _heads(titles: Sequence[Part]) -> _Head:
    """Kicker, headline and deck among an article's titles."""
    shelves = {kind: [part for part in titles if part.kind == kind] for kind in "KHD"}
    return _Head(kicker=shelves["K"], headline=shelves["H"], deck=shelves["D"])


def _text(parts: Sequence[Part]) -> str | None:
    return " ".join(part.text for part in parts) or None


def _with_crossheads(paragraphs: Sequence[Part], crossheads: Sequence[Part]) -> Iterator[BodyItem]:
    before: dict[int, list[str]] = {}
    titled = [part for part in crossheads if without_letter(part.text)]
    for part, place in zip(titled, places(paragraphs, titled), strict=True):
        before.setdefault(place, []).append(without_letter(part.text))
    for number, paragraph in enumerate(paragraphs):
        for text in before.get(number, ()):
            yield BodyItem(type="crosshead", text=text)
        if paragraph.text:
            yield BodyItem(type="p", text=paragraph.text)
