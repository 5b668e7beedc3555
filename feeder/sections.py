"""An article → its section ids, by the words in it, the column it stands in and its paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from feeder.model import Article

FALLBACK = "society"
"""Where an article goes that no word places, if there is such a section."""

# Weights chosen on general grounds and measured with benchmarks/sections.py
# (docs/notes/0009-sections-first-form.md): a headline says what the article is about,
# the first sentences nearly so, and what is repeated in the rest counts, but soon no more.
_HEAD, _LEAD, _TAIL = 5.0, 2.0, 1.0
_MOST_IN_TAIL = 3
_LEAD_CHARACTERS = 120
_LABEL = 20.0
_PUBLICATION = 10.0
# A second section needs this share of the first one's score, and this score at least.
_SECOND_SHARE = 0.7
_SECOND_LEAST = 10.0

_NOT_LATIN = re.compile(r"[^a-z0-9]+")
_BEYOND_ASCII = re.compile(r"[^\W\d_a-zA-Z]")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What belongs to a section.

    Words in Latin letters match whole words in any case, with or without a plural s;
    Chinese ones match anywhere. `labels` are names of columns (晴雨表) that a kicker or a
    headline opens with; a paper in `publications` writes for this section only.
    """

    id: str
    words: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    publications: tuple[str, ...] = ()


def classify(
    article: Article, rules: Sequence[Rule], *, publication: str | None = None
) -> tuple[str, ...]:
    """Return the ids of the article's sections, the primary one first; never empty.

    A second one stands only where it is nearly as well supported. Of equal sections the
    first in `rules` wins. Raises ValueError without any rule.
    """
    if not rules:
        raise ValueError("there must be at least one section")
    scores = _word_scores(article, tuple(rule.words for rule in rules))
    ranked = sorted(
        (
            (score + _declared(rule, article, publication), rule.id)
            for rule, score in zip(rules, scores, strict=True)
        ),
        key=lambda pair: -pair[0],
    )
    best, primary = ranked[0]
    if best <= 0:
        return (_fallback(rules),)
    enough = max(_SECOND_SHARE * best, _SECOND_LEAST)
    return (primary, *(id_ for score, id_ in ranked[1:2] if score >= enough))


def _fallback(rules: Sequence[Rule]) -> str:
    return next((rule.id for rule in rules if rule.id == FALLBACK), rules[0].id)


def _declared(rule: Rule, article: Article, publication: str | None) -> float:
    """What the paper itself says of the article's place: its column, its name."""
    titles = tuple(title for title in (article.kicker, article.headline) if title)
    labelled = any(title.startswith(rule.labels) for title in titles) if rule.labels else False
    return _LABEL * labelled + _PUBLICATION * (publication in rule.publications)


def _word_scores(article: Article, vocabularies: tuple[tuple[str, ...], ...]) -> list[float]:
    head, lead, tail = (_searchable(zone) for zone in _zones(article))
    # Most words fail on their start alone: a set look-up instead of a search of the text.
    starts = _starts(head) | _starts(lead) | _starts(tail)
    scores = [0.0] * len(vocabularies)
    for start, form, owners in _lexicon(vocabularies):
        if start not in starts:
            continue
        weight = (
            _HEAD * (form in head)
            + _LEAD * (form in lead)
            + _TAIL * min(_MOST_IN_TAIL, tail.count(form))
        )
        # A word that several sections claim tells less for each of them.
        for owner in owners:
            scores[owner] += weight / len(owners)
    return scores


def _zones(article: Article) -> tuple[str, str, str]:
    head = "\n".join(filter(None, (article.kicker, article.headline, article.deck)))
    text = "\n".join((article.text, *article.captions))
    return head, text[:_LEAD_CHARACTERS], text[_LEAD_CHARACTERS:]


def _searchable(text: str) -> str:
    """The text as it is, for Chinese words; then its Latin words, two spaces between them."""
    return f"{text}\n {_latin(text)} "


def _latin(text: str) -> str:
    return _NOT_LATIN.sub("  ", text.lower()).strip()


def _starts(searchable: str) -> set[str]:
    pairs = map(str.__add__, searchable, searchable[1:])
    return {*pairs, *searchable.rpartition("\n")[2].split()}


@lru_cache(maxsize=8)
def _lexicon(
    vocabularies: tuple[tuple[str, ...], ...],
) -> tuple[tuple[str, str, tuple[int, ...]], ...]:
    """Every form of every word once: its start, itself, and the places of those who claim it."""
    owners: dict[tuple[str, str], dict[int, None]] = {}
    for place, words in enumerate(vocabularies):
        for word in words:
            for key in _forms(word):
                owners.setdefault(key, {})[place] = None
    return tuple((start, form, tuple(places)) for (start, form), places in owners.items())


def _forms(word: str) -> tuple[tuple[str, str], ...]:
    """The word as it stands in a searchable text, and what it starts with there."""
    if _BEYOND_ASCII.search(word):
        return ((word[:2], word),)
    latin = _latin(word)
    return tuple((form.split()[0], f" {form} ") for form in (latin, f"{latin}s") if latin)
