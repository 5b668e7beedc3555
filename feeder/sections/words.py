"""Words that speak for a section: found in an article's text, weighed by where they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from feeder.model import Article

# A headline says what the article is about, the first sentences nearly so, and what is repeated
# in the rest counts, but soon no more.
HEAD, LEAD, TAIL = 5.0, 2.0, 1.0
MOST_IN_TAIL = 3
LEAD_CHARACTERS = 120

_NOT_LATIN = re.compile(r"[^a-z0-9]+")
_BEYOND_ASCII = re.compile(r"[^\W\d_a-zA-Z]")


def zones(article: Article) -> tuple[str, str, str]:
    """Return the article's text as its titles, its first sentences and the rest."""
    head = "\n".join(filter(None, (article.kicker, article.headline, article.deck)))
    text = "\n".join((article.text, *article.captions))
    return head, text[:LEAD_CHARACTERS], text[LEAD_CHARACTERS:]


def found_words(
    article: Article, vocabularies: tuple[tuple[str, ...], ...]
) -> list[dict[str, float]]:
    """Return for each vocabulary its words that the article holds, and what they weigh.

    Words in Latin letters match whole words in any case, with or without a plural s; Chinese
    ones match anywhere. A word that several vocabularies claim tells less for each of them.
    """
    head, lead, tail = (_searchable(zone) for zone in zones(article))
    # Most words fail on their start alone: a set look-up instead of a search of the text.
    starts = _starts(head) | _starts(lead) | _starts(tail)
    found: list[dict[str, float]] = [{} for _ in vocabularies]
    for start, form, word, owners in _lexicon(vocabularies):
        if start not in starts:
            continue
        weight = (
            HEAD * (form in head)
            + LEAD * (form in lead)
            + TAIL * min(MOST_IN_TAIL, tail.count(form))
        )
        if weight:
            for owner in owners:
                found[owner][word] = found[owner].get(word, 0.0) + weight / len(owners)
    return found


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
) -> tuple[tuple[str, str, str, tuple[int, ...]], ...]:
    """Every form of every word once: its start, itself, the word, and the places of its owners."""
    owners: dict[tuple[str, str], tuple[str, dict[int, None]]] = {}
    for place, words in enumerate(vocabularies):
        for word in words:
            for key in _forms(word):
                owners.setdefault(key, (word, {}))[1][place] = None
    return tuple(
        (start, form, word, tuple(places)) for (start, form), (word, places) in owners.items()
    )


def _forms(word: str) -> tuple[tuple[str, str], ...]:
    """The word as it stands in a searchable text, and what it starts with there."""
    if _BEYOND_ASCII.search(word):
        return ((word[:2], word),)
    latin = _latin(word)
    return tuple((form.split()[0], f" {form} ") for form in (latin, f"{latin}s") if latin)


def vocabularies(words: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Return the word lists as `found_words` takes them."""
    return tuple(tuple(one) for one in words)
