"""What each line of a composed page is, told from the page's gold: the teacher of the networks."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from feeder.parse import marks
from feeder.parse.lines import Line, read_lines, split_lines

_QUOTES = str.maketrans({**dict.fromkeys("“”„‟″«»「」『』", '"'), **dict.fromkeys("‘’‚‛′`´", "'")})
_SHORTEST_OVERLAP = 4
_A_MERE_WORD = 9
"""Letters of a word that tell nothing of where it stands."""
_LONGEST_OPENING = 4
"""Lines that credit and byline take at most."""


@dataclass(frozen=True, kw_only=True)
class Label:
    """A line's tag, the article it belongs to, and which part of it."""

    tag: str
    article: int | None = None
    part: str = ""
    start: int = -1
    """Where in its part it begins, in characters without spaces; for body, in the whole body."""


@dataclass(frozen=True, kw_only=True)
class _Part:
    article: int | None
    name: str
    text: str
    begins: frozenset[int] = frozenset({0})


def norm(text: str | None) -> str:
    """Return the text as it is compared: the page bench's own rule."""
    return "".join(unicodedata.normalize("NFKC", text or "").translate(_QUOTES).split())


def read_page(path: Path) -> tuple[list[Line], list[Label]]:
    """Return a page's lines and their labels; its gold lies beside `path`, the page text."""
    gold = json.loads(path.with_suffix(".gold.json").read_text(encoding="utf-8"))
    lines = read_lines(split_lines(path.read_text(encoding="utf-8")))
    return lines, label(lines, gold)


def label(lines: list[Line], gold: dict[str, Any]) -> list[Label]:
    """Return one label a line."""
    parts = list(_parts(gold))
    labels: list[Label] = []
    before: tuple[_Part, int] | None = None
    for line in lines:
        found = _place(line.text, parts, before)
        if found:
            part, start = found
            labels.append(_label(part, start, before))
            before = (part, start + len(norm(line.text).rstrip("-")))
        else:
            labels.append(_unplaced(line, labels, before, parts))
            if labels[-1].tag not in ("A", "B"):
                before = None
    return _twins_told_apart(lines, _openings_mended(lines, labels, parts), parts)


def _twins_told_apart(lines: list[Line], labels: list[Label], parts: list[_Part]) -> list[Label]:
    """Several articles may open with the same line, a credit: the next tells whose it is."""
    bodies = {part.article: part.text for part in parts if part.name == "body"}
    mended = list(labels)
    for at in range(len(lines) - 2, -1, -1):
        own, text = mended[at], norm(lines[at].text)
        if own.part != "body" or own.tag != "A":
            continue
        twins = [article for article, body in bodies.items() if body.startswith(text)]
        for other in mended[at + 1 : at + 4]:
            if other.part != "body" or other.article is None:
                continue
            if other.article in twins and other.tag != "P" and other.article != own.article:
                mended[at] = replace(own, article=other.article)
            break
        follower = mended[at + 1]
        if (
            follower.part == "body" and follower.article is not None and len(twins) > 1
            and mended[at].article == follower.article and follower.tag == "A"
        ):  # fmt: skip
            mended[at + 1] = replace(follower, tag="B", start=len(text))
    return mended


def _parts(gold: dict[str, Any]) -> Iterator[_Part]:
    for number, article in enumerate(gold["articles"]):
        for name in ("headline", "kicker", "deck"):
            if article.get(name):
                yield _Part(article=number, name=name, text=norm(article[name]))
        # A column's label is furniture to gold, but nothing on the page tells it from a kicker.
        if column := (article.get("printed") or {}).get("label"):
            yield _Part(article=number, name="kicker", text=norm(column))
        yield from _body_parts(number, article)
        for caption in article.get("captions") or []:
            yield _Part(article=number, name="caption", text=norm(caption))
    for text in gold.get("furniture") or []:
        yield _Part(article=None, name="furniture", text=norm(text))


def _body_parts(number: int, article: dict[str, Any]) -> Iterator[_Part]:
    printed = article.get("printed") or {"opening": "", "byline": ""}
    if printed["byline"]:
        yield _Part(article=number, name="byline", text=norm(printed["byline"]))
    text, begins = norm(printed["opening"]), {0}
    for item in article["body"]:
        if item["type"] == "crosshead":
            yield _Part(article=number, name="crosshead", text=norm(item["text"]))
        else:
            if text != norm(printed["opening"]):
                begins.add(len(text))
            text += norm(item["text"])
    yield _Part(article=number, name="body", text=text, begins=frozenset(begins))


def _place(
    text: str, parts: list[_Part], before: tuple[_Part, int] | None
) -> tuple[_Part, int] | None:
    """Where the line stands: the place after the line before, else the part it fits best."""
    bare = norm(text)
    tries = [bare, bare.rstrip("-") if bare[:1].isascii() else bare]
    if match := marks.DROP_LETTER_START.match(text):
        tries.append(norm(text[match.end() :]))
    if marks.DROP_LETTER_END.search(text):
        tries.append(bare[:-1])
    for tried in tries:
        if not tried:
            continue
        places = [(part, at) for part in parts for at in _all(part.text, tried)]
        if len(tried) <= _A_MERE_WORD and tried.isascii() and tried.isalpha():
            # A word that an extractor set apart from its line stands everywhere.
            places = [place for place in places if _is_told(place, tried, before)]
        if places:
            return max(places, key=lambda place: _fit(place, len(tried), before))
    return None


def _is_told(place: tuple[_Part, int], text: str, before: tuple[_Part, int] | None) -> bool:
    part, at = place
    follows = before is not None and before[0] is part and before[1] == at
    return follows or (part.name != "body" and (len(text) == len(part.text) or at == 0))


def _all(text: str, wanted: str) -> Iterator[int]:
    at = text.find(wanted)
    while at >= 0:
        yield at
        at = text.find(wanted, at + 1)


def _fit(
    place: tuple[_Part, int], length: int, before: tuple[_Part, int] | None
) -> tuple[float, ...]:
    part, at = place
    follows = before is not None and before[0] is part and before[1] == at
    same = before is not None and before[0].article == part.article and part.article is not None
    whole = length == len(part.text)
    at_start = at == 0 and part.name not in ("body", "furniture")
    return (whole and part.name != "body", follows, length / len(part.text), at_start, same, -at)


def _label(part: _Part, start: int, before: tuple[_Part, int] | None) -> Label:
    follows = before is not None and before[0] is part and before[1] == start
    if part.name == "body":
        tag = "A" if start == 0 else "P" if start in part.begins else "B"
    else:
        first, then = {
            "headline": "Tt", "kicker": "Tt", "deck": "Tt",
            "crosshead": "Cc", "caption": "Gg", "furniture": "FF", "byline": "Yy",
        }[part.name]  # fmt: skip
        tag = then if follows else first
    return Label(tag=tag, article=part.article, part=part.name, start=start)


def _unplaced(
    line: Line, labels: list[Label], before: tuple[_Part, int] | None, parts: list[_Part]
) -> Label:
    text = line.text
    if (
        before is not None
        and before[0].name == "body"
        and len(before[0].text) - before[1] < len(norm(text))
    ):
        # The last words of a body, and the byline run in after them.
        rest = before[0].text[before[1] :]
        if rest and norm(text).startswith(rest):
            return Label(tag="B", article=before[0].article, part="body", start=before[1])
    if marks.DROP_LETTER.match(text):
        return Label(tag="F", part="letter")
    mere_word = len(text) <= _A_MERE_WORD and text.isascii() and text.isalpha()
    if mere_word and before is not None and before[0].name == "body":
        return Label(tag="B", article=before[0].article, part="body", start=before[1])
    glued = _glued(norm(text), parts)
    if glued:
        return glued
    if marks.CREDIT_ZH.match(text) or marks.BRACKETED_CREDIT.match(text):
        return Label(tag="A", part="body", start=0)
    if marks.DATELINE_EN.match(text):
        return Label(tag="A", part="body", start=0)
    if _is_byline(text) or (labels and labels[-1].tag == "Y" and len(text) < 14):
        return Label(tag="Y", part="byline")
    if labels and labels[-1].tag in ("A", "B", "P"):
        start = before[1] if before is not None else labels[-1].start + 1
        return Label(tag="B", article=labels[-1].article, part="body", start=start)
    return Label(tag="F", part="unknown")


_GLUED = {
    "headline": "T",
    "kicker": "T",
    "deck": "T",
    "crosshead": "C",
    "furniture": "F",
    "byline": "Y",
    "caption": "G",
}


def _glued(text: str, parts: list[_Part]) -> Label | None:
    """Some extractors print lines of one frame, or of one height, as one: what most of it is."""
    small = [part for part in parts if part.name != "body"]
    rest, pieces = text, []
    while rest:
        best: tuple[int, _Part] | None = None
        for part in small:
            for whole in (rest, *(rest[:end] for end in range(len(rest) - 1, 1, -1))):
                if best is not None and len(whole) <= best[0]:
                    break
                if whole in part.text:
                    best = (len(whole), part)
                    break
        if best is None:
            return None
        pieces.append(best)
        rest = rest[best[0] :]
    titles = [part for _, part in pieces if part.name != "furniture"]
    if len({part.article for part in titles}) > 1:
        return Label(tag="F", part="mixed")
    if not titles:
        return Label(tag="F", part="furniture")
    name = next((part.name for part in titles if part.name == "headline"), titles[0].name)
    return Label(tag=_GLUED[name], article=titles[0].article, part=name, start=0)


def _is_byline(text: str) -> bool:
    return bool(
        marks.BYLINE_LINE_ZH.match(text)
        or marks.BYLINE_TEXT_BY.match(text)
        or marks.BYLINE_EN.match(text)
        or marks.BYLINE_IN_BRACKETS.search(text)
    )


def _openings_mended(lines: list[Line], labels: list[Label], parts: list[_Part]) -> list[Label]:
    """A line that holds credit or byline and then the first words of a body opens that body."""
    bodies = [part for part in parts if part.name == "body"]
    mended = list(labels)
    for at, (line, known) in enumerate(zip(lines, labels, strict=True)):
        if known.start > 0 or known.part not in ("body", "byline", "unknown"):
            continue
        if known.part == "body" and known.article is not None:
            continue
        text = norm(line.text)
        for body in bodies:
            overlap = _overlap(text, body.text)
            if overlap >= _SHORTEST_OVERLAP:
                opens = at == 0 or mended[at - 1].tag != "A" or mended[at - 1].article is not None
                tag = "A" if opens or known.tag == "A" else "B"
                mended[at] = Label(tag=tag, article=body.article, part="body", start=0)
                for back in (at - 1, at - 2):
                    if back >= 0 and mended[back].part == "body" and mended[back].article is None:
                        mended[back] = Label(
                            tag=mended[back].tag, article=body.article, part="body", start=0
                        )
                break
    return _one_opening(mended)


def _one_opening(labels: list[Label]) -> list[Label]:
    """After a line of credit alone, the first line of the body goes on with what it opened."""
    mended = list(labels)
    for at in range(1, len(mended)):
        other = mended[at]
        opens = at - 1
        while opens >= 0 and (mended[opens].tag, mended[opens].article) == ("B", None):
            opens -= 1
        if other.tag != "A" or opens < 0 or at - opens > _LONGEST_OPENING:
            continue
        if mended[opens].tag == "A" and mended[opens].article in (None, other.article):
            mended[at] = Label(tag="B", article=other.article, part="body", start=0)
            mended[opens] = replace(mended[opens], article=other.article)
    return mended


def _overlap(text: str, body: str) -> int:
    """The longest end of the line that is the beginning of the body."""
    for length in range(min(len(text), len(body)), _SHORTEST_OVERLAP - 1, -1):
        if body.startswith(text[-length:]):
            return length
    return 0
