"""Lines and their tags → articles: bodies strung together, and to each its titles and the rest.

A tag is a capital where something begins and a small letter where it goes on: K kicker, H
headline, D deck, C crosshead, G caption, Y byline, F furniture; A opens an article's body, P a
paragraph, B is any other line of a body.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

from feeder.model import Article, BodyItem, Role
from feeder.parse import bylines, marks
from feeder.parse.lines import Line
from feeder.parse.repairs import BODY, mended_tags
from feeder.parse.terms import Rarity, Terms, share_held, terms_of, union
from feeder.parse.text import join_lines

TITLE = frozenset("KHD")
# What speaks for a title's belonging to an article is its fit, in the units of `terms.Rarity.fit`.
# Tuned on half of the composed pages; more for standing beside each other or the text did harm.
_ONE_TITLE = 4.0
"""What it is worth that two lines of one title belong to one article."""
_TOGETHER = 0.4
"""What it is worth that two titles printed one after the other belong to one article."""
_TITLE_NEAR = 0.1
"""What it is worth that a title stands right before and after an article's text."""
_LEAST_LOSS = 0.8
"""What a title may lose by going to an article that has none."""
_NEAR = 1.0
"""What it is worth that a crosshead or caption stands right before and after an article's text."""
_ONE_ARTICLE = 3.5
"""What two stretches share, at the least, when they are of one article; 3 to 4 did as well."""
_TITLE_LINES = 3
_TITLE_LETTERS = 60
_TITLE_HELD = 0.3
"""The share of a title's terms that its text holds, at the least, to tell it from furniture."""
_STARTS_BYLINE = re.compile(
    r"^(?:[□■●◎]|文[/／]|文字|撰文|整理|By "
    r"|(?:本报|本報|\S{2,6}[日晚早时周][报刊報])(?:首席|见习|特约)?(?:记者|記者))"
)
_FURNITURE_MARKS = (
    marks.FOLIO,
    marks.DATE_LINE,
    marks.EDITORS,
    marks.ADDRESS,
    marks.ADVERTISEMENT,
    marks.WEATHER_ICON,
)


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
    titles: list[Part] = field(default_factory=list)
    crossheads: list[Part] = field(default_factory=list)
    captions: list[Part] = field(default_factory=list)
    bylines: list[Part] = field(default_factory=list)
    terms: Terms = field(default_factory=dict)

    def lines(self) -> set[int]:
        """The indexes of the lines of its body."""
        return {line for paragraph in self.paragraphs for line in paragraph.lines}


def assemble(lines: Sequence[Line], tags: Sequence[str]) -> tuple[list[Draft], list[Part]]:
    """Return the page's articles in the order of their first lines, and its furniture."""
    tags = mended_tags(lines, tags)
    parts = list(_parts(lines, tags))
    drafts = _joined_up(_bodies([part for part in parts if part.kind in BODY]))
    homes = _Homes(tags, drafts)
    titles = _give_titles(homes, [part for part in parts if part.kind in TITLE], lines)
    furniture = [part for part in parts if part.kind == "F"]
    for draft in drafts:
        if not draft.titles:
            _find_title(draft, furniture, homes.rarity)
    inside = _crossheads_among(titles, homes)
    _give(homes, [part for part in parts if part.kind == "C"], "crossheads", homes.crosshead_value)
    for part, number in inside:
        drafts[number].titles.remove(part)
        drafts[number].crossheads.append(replace(part, kind="C"))
    for draft in drafts:
        draft.crossheads.sort(key=lambda part: part.first)
    _give(homes, [part for part in parts if part.kind == "G"], "captions", homes.value)
    _give(
        homes,
        _blocks([part for part in parts if part.kind == "Y"]),
        "bylines",
        homes.byline_value,
    )
    return drafts, furniture


def _parts(lines: Sequence[Line], tags: Sequence[str]) -> Iterator[Part]:
    """Group the lines into parts; a body line goes on with the last body line before it."""
    body: list[int] = []
    other: list[int] = []
    for at, tag in enumerate(tags):
        if tag in BODY:
            if other:
                yield _part(lines, tags, other)
                other = []
            if tag != "B" and body:
                yield _part(lines, tags, body)
                body = []
            body.append(at)
        else:
            if other and (tag.isupper() or tags[other[-1]].upper() != tag.upper()):
                yield _part(lines, tags, other)
                other = []
            other.append(at)
    for rest in (other, body):
        if rest:
            yield _part(lines, tags, rest)


def _part(lines: Sequence[Line], tags: Sequence[str], chosen: Sequence[int]) -> Part:
    kind = tags[chosen[0]].upper()
    texts = [lines[at].text for at in chosen]
    text = " ".join(texts) if kind in TITLE or kind == "C" else join_lines(texts)
    return Part(kind=kind, lines=tuple(chosen), text=text, terms=terms_of(text))


def _bodies(paragraphs: Sequence[Part]) -> list[Draft]:
    """An article begins where one opens, and goes on until the next."""
    drafts: list[Draft] = []
    for paragraph in sorted(paragraphs, key=lambda part: part.first):
        if paragraph.kind == "A" or not drafts:
            drafts.append(Draft(paragraphs=[]))
        drafts[-1].paragraphs.append(paragraph)
    return drafts


def _joined_up(drafts: list[Draft]) -> list[Draft]:
    """Join a stretch to the one before it where the two share so much that they are one article.

    An opening without credit may be that of a part under a crosshead. What two stretches share,
    over the root of the shorter one, is above the bound between parts of one article only.
    """
    for draft in drafts:
        draft.terms = terms_of("\n".join(part.text for part in draft.paragraphs))
    rarity = Rarity([draft.terms for draft in drafts])
    joined: list[Draft] = []
    for at, draft in enumerate(drafts):
        opening = bylines.split_opening(draft.paragraphs[0].text)
        if joined and not opening.credit and not opening.byline.names:
            # The next stretch may be of the same article, and nearer to this one than the last.
            others = [*drafts[:at], *drafts[at + 2 :]]
            ties = [rarity.tie(draft.terms, other.terms) for other in others]
            tie = rarity.tie(draft.terms, joined[-1].terms)
            if tie >= _ONE_ARTICLE and tie >= max(ties, default=0.0):
                joined[-1] = Draft(
                    paragraphs=joined[-1].paragraphs + draft.paragraphs,
                    terms=union((joined[-1].terms, draft.terms)),
                )
                continue
        joined.append(draft)
    return joined


def _bears_a_mark(text: str) -> bool:
    return any(mark.search(text) for mark in _FURNITURE_MARKS)


def _find_title(draft: Draft, furniture: list[Part], rarity: Rarity) -> None:
    """Every article has a headline: one without may have it among furniture or paragraphs.

    Among furniture it is what bears no mark of furniture and shares most with the text. Among the
    paragraphs it is a short line between finished sentences that does not end as a sentence ends.
    """
    bare = [part for part in furniture if not _bears_a_mark(part.text)]
    if bare:
        fits = [share_held(part.terms, draft.terms) for part in bare]
        if max(fits) >= _TITLE_HELD:
            found = bare[fits.index(max(fits))]
            furniture.remove(found)
            draft.titles.append(replace(found, kind="H"))
            return
    candidates = []
    for at, part in enumerate(draft.paragraphs):
        ended = at == 0 or marks.TERMINAL.search(draft.paragraphs[at - 1].text)
        short = len(part.lines) <= _TITLE_LINES and len(part.text) <= _TITLE_LETTERS
        if ended and short and not marks.TERMINAL.search(part.text):
            others = [one.text for one in draft.paragraphs if one is not part]
            candidates.append((rarity.fit(part.terms, terms_of("\n".join(others))), at))
    if candidates and len(draft.paragraphs) > 1:
        _, at = max(candidates)
        draft.titles.append(replace(draft.paragraphs.pop(at), kind="H"))


def _crossheads_among(titles: Sequence[tuple[Part, int]], homes: _Homes) -> list[tuple[Part, int]]:
    """Titles within an article's text are crossheads, if the article has another title."""
    inside = []
    for part, number in titles:
        within = homes.before(part) == homes.after(part) == number
        others = [other for other in homes.drafts[number].titles if other is not part]
        outside = [
            other for other in others if not homes.before(other) == homes.after(other) == number
        ]
        if within and outside:
            inside.append((part, number))
    return inside


class _Homes:
    """What speaks for giving a part to an article."""

    def __init__(self, tags: Sequence[str], drafts: list[Draft]) -> None:
        self.tags = tags
        self.drafts = drafts
        self.rarity = Rarity([draft.terms for draft in drafts])
        self._of_line = {line: n for n, draft in enumerate(drafts) for line in draft.lines()}

    def fit(self, part: Part, number: int) -> float:
        """How much the part shares with the article's text."""
        return self.rarity.fit(part.terms, self.drafts[number].terms)

    def before(self, part: Part) -> int | None:
        """The article whose text ends right before the part."""
        return self._nearest(part.first - 1, -1)

    def after(self, part: Part) -> int | None:
        """The article whose text begins or goes on right after the part."""
        return self._nearest(part.lines[-1] + 1, 1)

    def _nearest(self, at: int, step: int) -> int | None:
        while 0 <= at < len(self.tags):
            if at in self._of_line:
                return self._of_line[at]
            at += step
        return None

    def value(self, part: Part, number: int) -> float:
        """Fit, and standing beside the article's text."""
        beside = (self.before(part) == number) + (self.after(part) == number)
        return self.fit(part, number) + _NEAR * beside / 2

    def title_value(self, part: Part, number: int) -> float:
        """Fit, and a little for standing beside the text: more than that does harm."""
        beside = (self.before(part) == number) + (self.after(part) == number)
        return self.fit(part, number) + _TITLE_NEAR * beside / 2

    def crosshead_value(self, part: Part, number: int) -> float:
        """A crosshead mostly stands within its article."""
        return self.value(part, number) + _NEAR * (
            self.before(part) == number and self.after(part) == number
        )

    def byline_value(self, part: Part, number: int) -> float:
        """A byline goes to its neighbour: the title or text beside it, one that has none yet."""
        draft = self.drafts[number]
        opens = draft.paragraphs[0].first
        beside = 0.0
        titles = {line for title in draft.titles for line in title.lines}
        if {part.first - 1, part.lines[-1] + 1} & titles:
            beside += 3
        if part.lines[-1] + 1 == opens:
            beside += 3
        if part.first - 1 == draft.paragraphs[-1].lines[-1]:
            beside += 1
        beside += (self.before(part) == number) + (self.after(part) == number)
        named = bylines.split_opening(draft.paragraphs[0].text).byline.names
        return beside + 0.2 * self.fit(part, number) - 2.5 * bool(named) - bool(draft.bylines)


def _give(
    homes: _Homes, parts: Sequence[Part], shelf: str, value: Callable[[Part, int], float]
) -> None:
    """Give each part to the article for which most speaks."""
    if not homes.drafts:
        return
    for part in parts:
        best = max(range(len(homes.drafts)), key=lambda number: (value(part, number), -number))
        getattr(homes.drafts[best], shelf).append(part)


def _blocks(parts: Sequence[Part]) -> list[Part]:
    """Byline lines printed one after the other are one byline."""
    blocks: list[Part] = []
    for part in parts:
        if (
            blocks
            and part.first == blocks[-1].lines[-1] + 1
            and not _STARTS_BYLINE.match(part.text)
        ):
            text = f"{blocks[-1].text} {part.text}"
            blocks[-1] = Part(
                kind="Y", lines=blocks[-1].lines + part.lines, text=text, terms=terms_of(text)
            )
        else:
            blocks.append(part)
    return blocks


def _give_titles(
    homes: _Homes, titles: Sequence[Part], lines: Sequence[Line]
) -> list[tuple[Part, int]]:
    """Give the titles to the articles, all at once, line by line: the best way through them.

    Lines of one title hold together, and titles printed one after the other tend to one article;
    but a line may leave its neighbours for the article it fits. An article left without a title
    takes the one that loses least by it.
    """
    if not homes.drafts or not titles:
        return []
    rows = [(part, _piece(lines, part.kind, (at,))) for part in titles for at in part.lines]
    count = len(homes.drafts)
    values = [[homes.title_value(row, number) for number in range(count)] for _, row in rows]
    chosen = _best_way(values, _bonuses(rows))
    _cover(chosen, values, count)
    given = []
    for (part, number), group in groupby(
        zip(rows, chosen, strict=True), key=lambda pair: (pair[0][0], pair[1])
    ):
        kept = tuple(row.first for (_, row), _ in group)
        title = part if kept == part.lines else _piece(lines, part.kind, kept)
        homes.drafts[number].titles.append(title)
        given.append((title, number))
    return given


def _bonuses(rows: Sequence[tuple[Part, Part]]) -> list[float]:
    """For each title line, what it is worth that it goes where the one before it goes."""
    bonuses = [0.0]
    for (part, before), (other, row) in pairwise(rows):
        beside = row.first == before.first + 1
        bonuses.append(_ONE_TITLE if part is other else _TOGETHER if beside else 0.0)
    return bonuses


def _piece(lines: Sequence[Line], kind: str, chosen: tuple[int, ...]) -> Part:
    text = " ".join(lines[at].text for at in chosen)
    return Part(kind=kind, lines=chosen, text=text, terms=terms_of(text))


def _best_way(values: Sequence[Sequence[float]], bonuses: Sequence[float]) -> list[int]:
    """The owner of each row: the most value, with a bonus where a row stays with the one before."""
    count = len(values[0])
    score = list(values[0])
    back: list[list[int]] = []
    for own, bonus in zip(values[1:], bonuses[1:], strict=True):
        leader = max(range(count), key=lambda number: (score[number], -number))
        came = [
            number if score[number] + bonus >= score[leader] else leader for number in range(count)
        ]
        score = [
            own[number] + score[came[number]] + (bonus if came[number] == number else 0.0)
            for number in range(count)
        ]
        back.append(came)
    chosen = [max(range(count), key=lambda number: (score[number], -number))]
    for came in reversed(back):
        chosen.append(came[chosen[-1]])
    return chosen[::-1]


def _cover(chosen: list[int], values: Sequence[Sequence[float]], count: int) -> None:
    """Every article has a title: one without takes the title that loses least."""
    for number in range(count):
        if number in chosen:
            continue
        spare = [at for at, owner in enumerate(chosen) if chosen.count(owner) > 1]
        if not spare:
            return
        at = min(spare, key=lambda one: values[one][chosen[one]] - values[one][number])
        if values[at][chosen[at]] - values[at][number] < _LEAST_LOSS:
            chosen[at] = number


@dataclass(frozen=True, kw_only=True)
class Finished:
    """An article, and the role that each of its lines plays, by the line's index."""

    article: Article
    roles: dict[int, Role]


def finish(draft: Draft, *, bare: str, sureness: Sequence[float]) -> Finished:
    """Return the finished article. `bare` is the role of a name in brackets without one."""
    head = _heads(draft.titles)
    opening = bylines.split_opening(draft.paragraphs[0].text)
    paragraphs = [replace(draft.paragraphs[0], text=opening.rest), *draft.paragraphs[1:]]
    last, ending = bylines.split_ending(paragraphs[-1].text, bare=bare)
    paragraphs[-1] = replace(paragraphs[-1], text=last)
    blocks = bylines.read_byline(" ".join(part.text for part in draft.bylines))
    article = Article(
        kicker=_text(head.kicker),
        headline=_text(head.headline),
        deck=_text(head.deck),
        credit=opening.credit,
        byline=bylines.merged(bylines.merged(opening.byline, ending), blocks),
        body=tuple(_with_crossheads(paragraphs, draft.crossheads)),
        captions=tuple(part.text for part in draft.captions),
        confidence=_confidence(draft, sureness),
    )
    return Finished(article=article, roles=_roles(draft, head))


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


def _confidence(draft: Draft, sureness: Sequence[float]) -> float:
    """How sure the tags of the title and of the opening are; half of that without a headline."""
    telling = [line for title in draft.titles for line in title.lines]
    telling.append(draft.paragraphs[0].first)
    mean = sum(sureness[line] for line in telling) / len(telling)
    return round(mean if draft.titles else mean / 2, 3)


@dataclass(frozen=True, kw_only=True)
class _Head:
    kicker: Sequence[Part] = ()
    headline: Sequence[Part] = ()
    deck: Sequence[Part] = ()


def _heads(titles: Sequence[Part]) -> _Head:
    """Kicker, headline and deck among an article's titles."""
    if not titles:
        return _Head()
    mains = [part for part in titles if part.kind == "H"]
    main = mains[0] if mains else min(titles, key=lambda part: len(part.text))
    kicker = [
        part
        for part in titles
        if part is not main and (part.kind == "K" or (part.kind == "H" and part.first < main.first))
    ]
    deck = [part for part in titles if part is not main and part not in kicker]
    return _Head(kicker=kicker, headline=[main], deck=deck)


def _text(parts: Sequence[Part]) -> str | None:
    return " ".join(part.text for part in parts) or None


def _with_crossheads(paragraphs: Sequence[Part], crossheads: Sequence[Part]) -> Iterator[BodyItem]:
    before: dict[int, list[str]] = {}
    for part in crossheads:
        text = _without_letter(part.text)
        if text:
            before.setdefault(_place(paragraphs, part), []).append(text)
    for number, paragraph in enumerate(paragraphs):
        for text in before.get(number, ()):
            yield BodyItem(type="crosshead", text=text)
        if paragraph.text:
            yield BodyItem(type="p", text=paragraph.text)


def _without_letter(text: str) -> str:
    text = marks.DROP_LETTER_START.sub("", text)
    return "" if marks.DROP_LETTER.match(text) else marks.DROP_LETTER_END.sub("", text).strip()


def _place(paragraphs: Sequence[Part], crosshead: Part) -> int:
    """The paragraph it stands before: the next one on the page, unless another fits much better."""
    following = [n for n, part in enumerate(paragraphs) if part.first > crosshead.lines[-1]]
    next_one = following[0] if following else None
    if next_one is not None and paragraphs[next_one].first == crosshead.lines[-1] + 1:
        return next_one
    rarity = Rarity([part.terms for part in paragraphs])
    stretch = [
        sum(rarity.fit(crosshead.terms, part.terms) for part in paragraphs[n : n + 4])
        - sum(rarity.fit(crosshead.terms, part.terms) for part in paragraphs[max(0, n - 4) : n])
        for n in range(len(paragraphs))
    ]
    if next_one is not None:
        stretch[next_one] += 1.0
    return max(range(len(paragraphs)), key=lambda n: (stretch[n], -n))
