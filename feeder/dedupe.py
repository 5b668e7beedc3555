"""Whether two articles are one: the same, one corrected into the other, or different.

The letters alike to the last one; else the runs of three letters of the shorter text mostly
contained in the longer one's, unless the figures in them differ as they do in two days' columns on
one template, or the two are one form filled in twice (docs/notes/0015-dedupe.md).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from dataclasses import replace
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feeder.model import Article, Byline

KEYS_FORM = "2"
"""Of how keys are made: entries whose keys were made in another form are looked up in vain."""
_GRAM = 3
_BINS = 12
_KEY_BITS = 48
"""SQLite keeps a number of 48 bits in six bytes; of a hundred million, none meets another's."""
_LONGEST = 40_000
"""Letters of an article that are compared; no article of a newspaper is longer."""
# Containment after 2% of edits or a cut tail is .84 at the lowest, between different articles .15
# at the highest; noise of 10% leaves .7 of the runs of three.
_CONTAINED = 0.6
# Share of figures that differ after alignment: the same article .15 at the 95th percentile, two
# articles on one template .31 at the 5th.
_FIGURES_DIFFER = 0.23
# Of one day, a figure or two may have been corrected; two notices on one template share fewer.
_FIGURES_DIFFER_IN_A_DAY = 0.5
_LEAST_FIGURES = 4
_MOST_FIGURES = 400
_FIGURE = re.compile(r"\d+(?:\.\d+)?|[〇一二三四五六七八九十百千]{2,}")
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]")
_LONGEST_FORM = 600
"""Letters and figures of a form; a longer text on one has figures enough to tell by."""
_LEAST_FILLED, _FILLED = 3, 0.08
"""Places that a form is filled in, and their share of its letters, at the least."""
_CLEAN = 0.06
"""The share of letters misread up to which figures that differ were not misread as well."""
_NO_LETTER = re.compile(r"[\W_]+")
_ALL, _MUCH_MORE = 0.9, 0.9
"""What must stand of a text in a longer one to be held by it, and how much shorter it must be."""
_TEASER = 0.5
"""A text shorter than this share of the other is its teaser or a part of it."""


class Verdict(StrEnum):
    """What a found article is to a stored one."""

    SAME = "same"
    REVISED = "revised"
    DIFFERENT = "different"


def digest(article: Article) -> str:
    """Return the digest of the article's letters and figures, in hex: equal for equal texts."""
    folded = f"{_folded(article.headline or '')}\n{_folded(article.text)}"
    if not folded.strip():
        folded = "\n".join(
            map(_folded, (article.kicker or "", article.deck or "", *article.captions))
        )
    return hashlib.sha256(folded.encode("utf-8", "surrogatepass")).hexdigest()


def keys(article: Article) -> tuple[int, ...]:
    """Return the numbers by which alike articles are found, of 48 bits, ascending.

    Of the hashes of the text's runs of three letters, the least in each of 12 ranges: of two texts
    that share most runs, most of these are shared too (one-permutation MinHash: Li, Owen and Zhang,
    2012). The same in every process.
    """
    runs = _runs(_text(article))
    starts = np.searchsorted(runs, _RANGES)
    ends = np.append(starts[1:], len(runs))
    least: NDArray[Any] = runs[starts[starts < ends]] >> np.uint64(64 - _KEY_BITS)
    return tuple(least.tolist())


def compare(stored: Article, stored_date: dt.date, found: Article, found_date: dt.date) -> Verdict:
    """Return whether the found article is the stored one, a correction of it, or another."""
    if digest(stored) == digest(found):
        return Verdict.SAME if _same_head(stored, found) else Verdict.REVISED
    one, other = _text(stored), _text(found)
    if _containment(one, other) < _CONTAINED:
        return Verdict.DIFFERENT
    bound = _FIGURES_DIFFER if stored_date != found_date else _FIGURES_DIFFER_IN_A_DAY
    least = _LEAST_FIGURES if stored_date == found_date else 1
    if _figures_apart(_figures(stored), _figures(found), least=least) > bound:
        return Verdict.DIFFERENT
    if _on_one_template(stored, found):
        return Verdict.DIFFERENT
    return Verdict.SAME if one == other and _same_head(stored, found) else Verdict.REVISED


def likeness(one: Article, other: Article) -> float:
    """Return how alike two articles are, 0 to 1: the share of runs of three that both hold."""
    first, second = _runs(_text(one)), _runs(_text(other))
    shared = len(np.intersect1d(first, second, assume_unique=True))
    return shared / (len(first) + len(second) - shared)


def holds(whole: Article, part: Article) -> bool:
    """Return whether the whole says all that the part says, and a good deal more."""
    one, other = _text(whole), _text(part)
    return len(other) < _MUCH_MORE * len(one) and _containment(other, one) >= _ALL


def is_teaser(article: Article, whole: Article) -> bool:
    """Return whether the article is so much shorter than the whole that it can be its teaser."""
    return len(_text(article)) < _TEASER * len(_text(whole))


def repeats(article: Article, other: Article) -> bool:
    """Return whether an article says again what another one of its page says: letters or teaser.

    Two that stand side by side at full length are two, however alike: notices on one template.
    """
    if digest(article) == digest(other):
        return True
    alike = _containment(_text(article), _text(other)) >= _CONTAINED
    return alike and is_teaser(article, other)


def better(stored: Article, found: Article) -> Article:
    """Return what readers should see of two forms of one article.

    The found one, since it is later; but the whole text rather than its teaser, and what one of
    them lacks is filled from the other.
    """
    shown, rest = (stored, found) if is_teaser(found, stored) else (found, stored)
    return replace(
        shown,
        kicker=shown.kicker or (rest.kicker if shown.headline == rest.headline else None),
        headline=shown.headline or rest.headline,
        deck=shown.deck or (rest.deck if shown.headline == rest.headline else None),
        credit=shown.credit or rest.credit,
        byline=shown.byline if shown.byline != Byline() else rest.byline,
        captions=shown.captions or rest.captions,
    )


def _same_head(one: Article, other: Article) -> bool:
    """Whether the other has nothing around its body that the one has not, or has otherwise."""
    return all(
        not new or _folded(old) == _folded(new)
        for old, new in zip(_head(one), _head(other), strict=True)
    )


def _head(article: Article) -> tuple[str, ...]:
    byline = article.byline
    names = (byline.reporters, byline.correspondents, byline.photographers)
    parts = (article.headline, article.kicker, article.deck, article.credit)
    return (*(part or "" for part in parts), *map("".join, (article.captions, *names)))


def _text(article: Article) -> str:
    """The letters of the body; of the head and captions where there is no body."""
    body = _folded(article.text[:_LONGEST])
    if body:
        return body
    parts = (article.kicker, article.headline, article.deck, *article.captions)
    return _folded("".join(part or "" for part in parts)[:_LONGEST])


# The found article is compared with each candidate in turn; more would only hold memory, and a
# long article's runs of three take 5 MB.
@lru_cache(maxsize=16)
def _folded(text: str) -> str:
    """Letters and figures only, of one width and case."""
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", text).casefold())


@lru_cache(maxsize=16)
def _runs(text: str) -> NDArray[np.uint64]:
    """The hashes of the text's runs of three letters, each once, ascending.

    A text of fewer letters is one run.
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    count = max(len(codes) - _GRAM + 1, 1)
    padded = np.zeros(count + _GRAM - 1, np.uint64)
    padded[: len(codes)] = codes
    # 21 bits hold any letter, so three of them fit one number, and none is another's.
    packed = padded[:count] << np.uint64(42) | padded[1 : count + 1] << np.uint64(21) | padded[2:]
    return np.unique(_mixed(packed))


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Numbers in which every bit of a value tells (the finalizer of SplitMix64; Steele, 2014)."""
    with np.errstate(over="ignore"):
        values = (values ^ values >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ values >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = values ^ values >> np.uint64(31)
    return mixed


_RANGES = np.array([(number << 64) // _BINS for number in range(_BINS)], np.uint64)


def _containment(one: str, other: str) -> float:
    """How much of the shorter text's runs of three letters stands in the longer one, 0 to 1."""
    shorter, longer = sorted((one, other), key=lambda text: (len(text), text))
    runs = _runs(shorter)
    shared = np.intersect1d(runs, _runs(longer), assume_unique=True)
    return len(shared) / len(runs)


def _figures(article: Article) -> list[str]:
    """The figures as printed: in the letters alone, 15-22 would be one figure."""
    return _FIGURE.findall(unicodedata.normalize("NFKC", article.text[:_LONGEST]))[:_MOST_FIGURES]


def _on_one_template(one: Article, other: Article) -> bool:
    """Whether two short texts are one form filled in twice: two notices, two columns.

    Then what differs are whole names and figures, several of them, and the rest agrees to the
    letter. Misread letters are scattered, and a correction changes one thing or two.
    """
    first, second = (_TOKEN.findall(_folded_figures(article)) for article in (one, other))
    if not 0 < max(len(first), len(second)) <= _LONGEST_FORM:
        return False
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    filled = scattered = replaced = 0
    for kind, start, end, begin, stop in matcher.get_opcodes():
        if kind == "equal":
            continue
        own, others = first[start:end], second[begin:stop]
        is_filled = kind == "replace" and all(_is_word(part) for part in (own, others))
        filled += is_filled
        scattered += not is_filled
        replaced += is_filled * len("".join(own))
    length = len("".join(first))
    if scattered <= _CLEAN * length and _half_of_the_figures_differ(one, other):
        return True
    return filled >= _LEAST_FILLED and filled > scattered and replaced >= _FILLED * length


def _half_of_the_figures_differ(one: Article, other: Article) -> bool:
    apart = _figures_apart(_figures(one), _figures(other), least=_LEAST_FIGURES)
    return apart >= _FIGURES_DIFFER_IN_A_DAY


def _is_word(tokens: list[str]) -> bool:
    """Whether the tokens are a figure, or letters that could be a name."""
    return len(tokens) > 1 or tokens[0][0].isdigit()


def _folded_figures(article: Article) -> str:
    """The letters of the body of one width and case, its marks kept: they part its figures."""
    return unicodedata.normalize("NFKC", article.text[:_LONGEST]).casefold()


def _figures_apart(first: list[str], second: list[str], *, least: int) -> float:
    """The share of the figures of the text with fewer that the other has not, in their order.

    Fewer than `least` figures tell nothing.
    """
    fewer = min(len(first), len(second))
    if fewer < least:
        return 0.0
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    alike = sum(block.size for block in matcher.get_matching_blocks())
    return 1 - alike / fewer
