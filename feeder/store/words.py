"""Text → tokens of the search index, and words → which tokens to ask for and where they stand.

FTS5 knows no Chinese words: neither unicode61 nor trigram finds a word of two characters. So a run
of Chinese is indexed as its overlapping pairs, and its last character alone: a word of one
character is the beginning of a pair, one of two is a pair, a longer one a row of pairs. The index
keeps no places, so it tells only which articles may hold the words; the folded text itself decides.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from feeder.model import Article

# Kana are as Chinese: they stand between characters without a space.
_HAN = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_LETTER = rf"[^\W_{_HAN}]"
_RUN = re.compile(rf"[{_HAN}]+|{_LETTER}+")
_LETTERS = re.compile(rf"{_LETTER}+")
_NOT_HAN = re.compile(rf"[^{_HAN}]+")
# What FTS5's ascii tokenizer would take for letters: it parts at ASCII punctuation by itself.
_NOT_LETTERS = re.compile(rf"[{_HAN}]+|[^\w\x00-\x7f]+")
# Accents, and what has no width: soft hyphens, joiners, marks of direction, variation selectors.
_UNSEEN = re.compile(
    "[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]+"
)
# Keyboards have one of each, papers print several.
_ALIKE = dict(zip("’‘ʼ′‐‑–−‧•・･⋅", "''''----·····", strict=True))
_SEVERAL = re.compile(f"[{''.join(_ALIKE)}]")
_OUTER = {"Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Zs"}
_TITLE = "¶"
"""Begins the tokens of titles, which are indexed a second time: no folded word begins with it."""
_SPACE = ord(" ")
_MOST_TOKENS = 48
"""More would find nothing else: a pasted paragraph has hundreds, and FTS5 reads a list for each."""

Span = tuple[int, int]
"""Start and end in a text."""


@dataclass(frozen=True, kw_only=True)
class Sought:
    """Words to be found, each with all its parts as they stand next to each other."""

    words: tuple[str, ...]
    """Folded, without the punctuation around them; `3.5` and `林·史密斯` are one word."""

    def to_query(self, *, in_title: bool = False) -> str:
        """Return an FTS5 query for the articles that may hold all the words, or their titles."""
        mark = _TITLE if in_title else ""
        tokens = dict.fromkeys(token for word in self.words for token in _asked(word, mark))
        return " AND ".join(list(tokens)[:_MOST_TOKENS])

    def stand_in(self, article: Article, *, in_title: bool = False) -> bool:
        """Return whether the article holds all the words, or its title alone does."""
        title, body = _parts(article)
        folded = fold(title if in_title else f"{title}\n{body}")
        return all(_pattern(word).search(folded) for word in self.words)

    def may_stand_in(self, json: str) -> bool:
        """Return False only where an article, as one line of JSON, cannot hold all the words."""
        folded = fold(json)
        # JSON writes these two in another way.
        return all(word in folded or '"' in word or "\\" in word for word in self.words)

    def marks(self, text: str) -> tuple[Span, ...]:
        """Return start and end of every place where one of the words stands, ascending, apart.

        A word in letters is marked to its end, though it is found by its beginning.
        """
        folded, places = _fold_with_places(text)
        spans = sorted(
            (places[match.start()], places[match.end() - 1] + 1)
            for word in self.words
            for match in _pattern(word).finditer(folded)
        )
        return tuple(_joined(spans))


def to_sought(words: str) -> Sought:
    """Return the words, parted at spaces; without any if nothing in them can be found."""
    bare = (_without_outer_marks(word) for word in fold(words).split())
    return Sought(words=tuple(dict.fromkeys(word for word in bare if _RUN.search(word))))


def to_index(article: Article) -> str:
    """Return the article's tokens, apart by spaces, those of its title a second time."""
    title, body = (fold(part) for part in _parts(article))
    whole = f"{title}\n{body}"
    marked = " ".join(_TITLE + word for word in _LETTERS.findall(title))
    return f"{_pairs(whole)} {_NOT_LETTERS.sub(' ', whole)} {_pairs(title, _TITLE)} {marked}"


def fold(text: str) -> str:
    """Return the text as it is compared: one width, one case, no accents."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text)
    seen = _UNSEEN.sub("", decomposed).casefold()
    return _SEVERAL.sub(lambda match: _ALIKE[match[0]], seen)


def _parts(article: Article) -> tuple[str, str]:
    """The title and the rest. A line ends wherever the words before and after are apart."""
    title = filter(None, (article.kicker, article.headline, article.deck))
    return "\n".join(title), "\n".join((article.text, *article.captions, *article.byline.names))


def _pairs(folded: str, mark: str = "") -> str:
    """The runs of Chinese as pairs; a run's ends come as single characters too.

    Laid out in arrays: two thirds of the time that a set of slices takes.
    """
    codes = array("I", f" {_NOT_HAN.sub(' ', folded)} ".encode("utf-32-le"))
    size = len(mark) + 3
    tokens = array("I", [_SPACE]) * (size * (len(codes) - 1))
    if mark:
        tokens[0::size] = array("I", [ord(mark)]) * (len(codes) - 1)
    tokens[len(mark) :: size] = codes[:-1]
    tokens[len(mark) + 1 :: size] = codes[1:]
    return tokens.tobytes().decode("utf-32-le")


def _asked(word: str, mark: str) -> Iterator[str]:
    """The tokens that every article has in which the word stands."""
    for match in _RUN.finditer(word):
        run = match[0]
        if _NOT_HAN.match(run):
            # Within a word, letters end where Chinese or a mark follows; at its end they may go on.
            yield f'"{mark}{run}"{"*" if match.end() == len(word) else ""}'
        elif len(run) == 1:
            yield f'"{mark}{run}"*'
        else:
            yield from (f'"{mark}{one}{other}"' for one, other in pairwise(run))


@lru_cache(maxsize=64)
def _pattern(word: str) -> re.Pattern[str]:
    """The word as it stands in folded text: letters from their beginning on."""
    begins = rf"(?<!{_LETTER})" if _LETTERS.match(word) else ""
    ends = rf"{_LETTER}*" if _LETTERS.match(word[-1]) else ""
    return re.compile(begins + re.escape(word) + ends)


def _without_outer_marks(word: str) -> str:
    """The word without quotes, brackets and full stops around it; `%` belongs to a figure."""
    inner = [
        at
        for at, letter in enumerate(word)
        if letter in "%‰" or unicodedata.category(letter) not in _OUTER
    ]
    return word[inner[0] : inner[-1] + 1] if inner else ""


def _fold_with_places(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its letters where it stood before."""
    pieces = [_fold_letter(letter) for letter in text]
    return "".join(pieces), [at for at, piece in enumerate(pieces) for _ in piece]


_fold_letter = lru_cache(maxsize=8192)(fold)


def _joined(spans: list[Span]) -> Iterator[Span]:
    """Those that overlap or touch as one."""
    start, end = -1, -1
    for next_start, next_end in spans:
        if next_start > end:
            if end > 0:
                yield start, end
            start, end = next_start, next_end
        end = max(end, next_end)
    if end > 0:
        yield start, end
