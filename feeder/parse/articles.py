"""What the networks told → articles: the best-scoring explanation of the page as a whole.

Pieces of body are strung together along the links they are surest of; then titles, captions and
bylines go home, all at once: every article has exactly one headline, and what is left over may
serve one that has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from feeder.model import Article, BodyItem, Role
from feeder.parse import bylines, marks
from feeder.parse.features import Floats, Ints, PageFeatures
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
from feeder.parse.tags import KINDS, TAGS, TITLES
from feeder.parse.terms import Rarity, Terms, terms_of
from feeder.parse.text import join_lines
from feeder.parse.units import Homes, Pieces, Told, Unit, split_units

_A, _P, _B = (TAGS.index(tag) for tag in "APB")
_HEADLINE = 0
_IS_BODY = 0.5
_ONE_TITLE = 0.5
"""How surely two lines are of one article, at the least, to be lines of one title."""
_GOES_ON = 0.1
"""How surely a line goes on with a title, at the least, to be put together with the one before."""
_OWN_TITLE = 0.2
"""What it is worth that a title is an article's own, when the article needs a headline."""
_LEAST_OTHER = 0.2
"""How likely a second kicker must be something else, at the least, to be made it."""
_NEIGHBOURS = 0.3
"""How much it weighs that neighbours are told to be of one article, beside where each fits."""
_DOUBT = 5.0
_MOVES = 16
"""Links are doubtful below this worth, either way; so many of a page are tried both ways."""
_HOMES_WEIGH, _HEADS_WEIGH = 0.5, 2.0
_NEVER = -99.0
_EMPTY, _EMPTY_AFTER_GAP = 6.0, 2.0
"""Ems of the column that a paragraph's last line leaves empty, to be sure that it is the last."""
_SECTION = 4
"""Paragraphs on either side of a crosshead among which its words are sought."""
_PRINTED_BEFORE, _PRINTED_NEXT, _AT_ONCE, _SAME_PLACE = 6.0, 0.7, 0.7, 8.0
"""What it is worth that a crosshead is printed right before a paragraph; that the paragraph is the
next one printed after it; what it costs to stand before the first, or two before the same."""
_LEAST_HEADLINE = 0.02
"""How likely a title must be an article's headline, at the least, to be made it."""


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


@dataclass(kw_only=True)
class Draft:
    """An article in the making."""

    paragraphs: list[Part]
    sureness: float = 1.0
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
    told = tell_lines(features, model)
    bodies, others = split_units(told)
    if not bodies:
        return _without_bodies(lines, others)
    links = link_pieces(Pieces(features, told, bodies, others), model)
    slipped = [unit for unit, share in zip(bodies, links.body, strict=True) if share < _IS_BODY]
    others = sorted((*others, *slipped), key=lambda unit: unit.lines[0])
    page = _Page(features=features, told=told, bodies=bodies, others=others, model=model)
    best = _explained(page, links)
    if not best.chains:
        return _without_bodies(lines, others)
    drafts = [
        Draft(
            paragraphs=list(_paragraphs(page, [bodies[number] for number in chain])),
            sureness=_sure_of_chain(links, chain),
        )
        for chain in best.chains
    ]
    furniture = _bring_home(page, drafts, best.housed, best.beside) if best.housed else []
    drafts.sort(key=lambda draft: draft.paragraphs[0].first)
    return drafts, furniture


@dataclass(frozen=True, kw_only=True)
class _Page:
    """What is known of a page before its articles are."""

    features: PageFeatures
    told: Told
    bodies: Sequence[Unit]
    others: Sequence[Unit]
    model: Model


@dataclass(frozen=True, kw_only=True)
class _Explanation:
    """One way to take the page apart, and how likely it is: a sum of logarithms."""

    chains: list[list[int]]
    score: float
    housed: Housed | None
    beside: Floats


def _explained(page: _Page, links: Links) -> _Explanation:
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
    page: _Page, links: Links, worth: Floats, joined: set[tuple[int, int]]
) -> _Explanation:
    chains = _chains(len(page.bodies), links.body >= _IS_BODY, joined)
    score = sum(float(worth[pair]) for pair in joined) / 2
    if not chains or not page.others:
        return _Explanation(chains=chains, score=score, housed=None, beside=np.zeros(0, np.float32))
    groups = [[page.bodies[number] for number in chain] for chain in chains]
    homes = Homes(page.features, page.told, page.others, groups)
    housed = house_units(homes, page.model)
    titles = housed.kinds[:, : len(TITLES)].sum(axis=1)
    score += _HOMES_WEIGH * float((titles * np.log(housed.homes.max(axis=1))).sum())
    heads = housed.homes[:, :-1] * housed.kinds[:, _HEADLINE, None]
    score += _HEADS_WEIGH * float(np.log(np.minimum(heads.max(axis=0) + 0.02, 1.0)).sum())
    score -= _HEADS_WEIGH * float(np.maximum(heads.sum(axis=0) - 1.0, 0.0).sum())
    return _Explanation(chains=chains, score=score, housed=housed, beside=homes.beside)


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


def _sure_of_chain(links: Links, chain: Sequence[int]) -> float:
    """How sure it is that the pieces are one article and the whole of it: its weakest joint."""
    joints = [links.columns[-1, chain[0]], links.rows[chain[-1], -1]]
    for one, other in pairwise(chain):
        joints += [links.rows[one, other], links.columns[one, other]]
    return float(min(joints))


def _paragraphs(page: _Page, chain: Sequence[Unit]) -> Iterator[Part]:
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
    text = " ".join(texts) if kind in TITLES or kind == "C" else join_lines(texts)
    return Part(kind=kind, lines=chosen, text=text, terms=terms_of(text))


def _bring_home(page: _Page, drafts: list[Draft], told_homes: Housed, beside: Floats) -> list[Part]:
    """Give each unit to its article; returns the furniture."""
    nowhere = len(drafts)
    home, groups, housed = _grouped(page, told_homes, beside)
    kind = housed.kinds[:, :-1].argmax(axis=1)
    _one_headline_each(home, kind, housed, nowhere)
    _one_kicker_and_deck_each(home, kind, housed, groups)
    furniture = []
    for number, group in enumerate(groups):
        letter = KINDS[kind[number]][0]
        part = _part(page.features.lines, letter, group)
        if home[number] == nowhere or letter == "F":
            furniture.append(replace(part, kind="F"))
            continue
        draft = drafts[home[number]]
        shelf = {"C": draft.crossheads, "G": draft.captions, "Y": draft.bylines}
        shelf.get(letter, draft.titles).append(part)
        if letter in TITLES:
            is_title = housed.kinds[number, : len(TITLES)].sum()
            sure = float(housed.homes[number, home[number]] * is_title)
            draft.sureness = min(draft.sureness, sure)
    for draft in drafts:
        if not any(part.kind == "H" for part in draft.titles):
            draft.sureness *= 0.5
    return furniture


def _grouped(
    page: _Page, housed: Housed, beside: Floats
) -> tuple[Ints, list[tuple[int, ...]], Housed]:
    """Neighbouring units that are one title, put together: homes, lines, what is told of them."""
    units, told = page.others, page.told
    way = best_way(housed.homes, beside)
    sort = housed.kinds.argmax(axis=1)
    small = np.array([tag.islower() for tag in TAGS])
    groups: list[list[int]] = []
    for number, unit in enumerate(units):
        goes_on = told.tags[unit.lines[0], small].sum() >= _GOES_ON
        if (
            number and goes_on and beside[number] >= _ONE_TITLE
            and way[number] == way[number - 1] and sort[number] == sort[number - 1]
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


def _one_headline_each(home: Ints, kind: Ints, housed: Housed, nowhere: int) -> None:
    """Every article has exactly one headline: mends `home` and `kind` in place.

    An article without one takes the title most likely to be its headline: one of its own, or one
    that belongs nowhere, or one that another article can spare.
    """
    share = housed.homes[:, :nowhere]
    heads = np.bincount(home[kind == _HEADLINE], minlength=nowhere + 1)
    for number in range(nowhere):
        if heads[number]:
            continue
        value = share[:, number] * housed.kinds[:, _HEADLINE]
        own = home == number
        spare = (home == nowhere) | ((kind == _HEADLINE) & (heads[home] > 1))
        value = np.where(own | spare, value + _OWN_TITLE * (own & (kind < len(TITLES))), 0.0)
        best = int(value.argmax())
        if value[best] >= _LEAST_HEADLINE:
            if kind[best] == _HEADLINE:
                heads[home[best]] -= 1
            home[best], kind[best] = number, _HEADLINE
            heads[number] += 1
    for number in range(nowhere):
        mine = np.flatnonzero((home == number) & (kind == _HEADLINE))
        if len(mine) > 1:
            best = mine[housed.kinds[mine, _HEADLINE].argmax()]
            for other in mine[mine != best]:
                kind[other] = 1 + int(housed.kinds[other, 1:4].argmax())


def _one_kicker_and_deck_each(
    home: Ints, kind: Ints, housed: Housed, groups: Sequence[tuple[int, ...]]
) -> None:
    """An article has one kicker and one deck, unless two stand together: mends `kind` in place."""
    for letter in (1, 2):
        for number in np.unique(home):
            mine = np.flatnonzero((home == number) & (kind == letter))
            if len(mine) < 2:
                continue
            best = mine[housed.kinds[mine, letter].argmax()]
            for other in mine[mine != best]:
                steps = (
                    groups[other][0] - groups[best][-1],
                    groups[best][0] - groups[other][-1],
                )
                rest = housed.kinds[other, 3:-1]
                if 1 not in steps and rest.max() >= _LEAST_OTHER:
                    kind[other] = 3 + int(rest.argmax())


@dataclass(frozen=True, kw_only=True)
class Finished:
    """An article, and which lines went into which part of it."""

    article: Article
    roles: dict[int, Role]


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
        confidence=round(draft.sureness, 3),
    )
    return Finished(article=article, roles=_roles(draft, head))


def _letter_then_place(part: Part) -> tuple[str, int]:
    """Crossheads come in the order of their letters, if they have any, else as printed."""
    letter = marks.DROP_LETTER_START.match(part.text) or marks.DROP_LETTER_END.search(part.text)
    return (letter[1] if letter else "", part.first)


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
    mains = [part for part in titles if part.kind == "H"]
    if not mains:
        return _Head(headline=list(titles))
    return _Head(
        kicker=[part for part in titles if part.kind == "K"],
        headline=mains[:1],
        deck=[part for part in titles if part.kind == "D" or part in mains[1:]],
    )


def _text(parts: Sequence[Part]) -> str | None:
    return " ".join(part.text for part in parts) or None


def _with_crossheads(paragraphs: Sequence[Part], crossheads: Sequence[Part]) -> Iterator[BodyItem]:
    before: dict[int, list[str]] = {}
    titled = [part for part in crossheads if _without_letter(part.text)]
    for part, place in zip(titled, places(paragraphs, titled), strict=True):
        before.setdefault(place, []).append(_without_letter(part.text))
    for number, paragraph in enumerate(paragraphs):
        for text in before.get(number, ()):
            yield BodyItem(type="crosshead", text=text)
        if paragraph.text:
            yield BodyItem(type="p", text=paragraph.text)


def _without_letter(text: str) -> str:
    text = marks.DROP_LETTER_START.sub("", text)
    return "" if marks.DROP_LETTER.match(text) else marks.DROP_LETTER_END.sub("", text).strip()


def places(paragraphs: Sequence[Part], crossheads: Sequence[Part]) -> list[int]:
    """The paragraph that each crosshead stands before: the best way through them, in order.

    A crosshead printed right before a paragraph stands there. Others go where the words change to
    theirs: they share more with the paragraphs that follow than with those before.
    """
    if not crossheads:
        return []
    count = len(paragraphs)
    rarity = Rarity([part.terms for part in paragraphs])
    values = []
    for part in crossheads:
        fits = np.array([rarity.fit(part.terms, paragraph.terms) for paragraph in paragraphs])
        around = np.concatenate([np.zeros(_SECTION), fits, np.zeros(_SECTION)])
        after, before = np.zeros(count), np.zeros(count)
        for step in range(_SECTION):
            weight = 1 - step / (_SECTION + 1)
            after += weight * around[_SECTION + step : _SECTION + step + count]
            before += weight * around[_SECTION - 1 - step : _SECTION - 1 - step + count]
        value = (after - before) / max(float(fits.max()), 1.0)
        value += _PRINTED_BEFORE * np.array(
            [paragraph.first == part.lines[-1] + 1 for paragraph in paragraphs]
        )
        later = [n for n in range(count) if paragraphs[n].first > part.lines[-1]]
        if later:
            value[min(later, key=lambda n: paragraphs[n].first)] += _PRINTED_NEXT
        if count > 1:
            value[0] -= _AT_ONCE
        values.append(value)
    best = values[0]
    back = []
    for own in values[1:]:
        running = np.maximum.accumulate(best)
        came = np.zeros(count, int)
        for n in range(1, count):
            came[n] = n - 1 if best[n - 1] >= running[n - 1] else came[n - 1]
        reached = np.concatenate([[best[0] - _SAME_PLACE], running[:-1]])
        back.append(came)
        best = reached + own
    places = [int(best.argmax())]
    for came in reversed(back):
        places.append(int(came[places[-1]]))
    return places[::-1]
