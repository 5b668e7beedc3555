"""Text → what stands in the search index, and words → the query that finds it.

FTS5 knows no Chinese words: neither unicode61 nor trigram finds a word of two characters. So a run
of Chinese is indexed as its overlapping pairs, and its last character alone: a word of one
character is the beginning of a pair, one of two is a pair, a longer one a row of pairs. Runs end at
punctuation, so nothing is found across it.
"""

from __future__ import annotations

import re
import unicodedata

_HAN = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_RUN = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_IS_HAN = re.compile(rf"[{_HAN}]")


def to_index(text: str) -> str:
    """Return the text's tokens, apart by spaces."""
    return " ".join(token for run in _runs(text) for token in _tokens(run))


def to_query(words: str) -> str:
    """Return an FTS5 query for texts that hold all the words; empty if there is nothing to find."""
    return " AND ".join(_to_term(run) for run in _runs(words))


def find_first(text: str, words: str) -> tuple[int, int]:
    """Return start and end of the first of the words in the text; (0, 0) if it holds none."""
    folded = text.casefold()
    if len(folded) != len(text):
        folded = text
    places = [(folded.find(run), len(run)) for run in _runs(words)]
    found = sorted((at, at + length) for at, length in places if at >= 0)
    return found[0] if found else (0, 0)


def _runs(text: str) -> list[str]:
    return _RUN.findall(unicodedata.normalize("NFKC", text).casefold())


def _tokens(run: str) -> list[str]:
    if not _IS_HAN.match(run):
        return [run]
    return [*(run[at : at + 2] for at in range(len(run) - 1)), run[-1]]


def _to_term(run: str) -> str:
    if not _IS_HAN.match(run) or len(run) == 1:
        return f'"{run}"*'
    pairs = [run[at : at + 2] for at in range(len(run) - 1)]
    return f'"{" ".join(pairs)}"'
