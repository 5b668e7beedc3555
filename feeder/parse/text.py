"""Lines joined to running text: no break or space that only the column made, none lost."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from feeder.parse.marks import CJK

# Between these a line break stands for a space; beside Chinese it stands for nothing.
_SPACED = re.compile(r"[A-Za-z0-9\u00c0-\u024f\u0370-\u04ff,.;:!?)\]%'’”\"&$£€—–]")
_WORD_START = re.compile(r"[A-Za-z0-9\u00c0-\u024f\u0370-\u04ff(\[$£€“‘\"'&—–]")
_HYPHENATED = re.compile(r"[a-z\u00df-\u00ff][-\u00ad]$")
_WIDE = f"{CJK}\u3000-\u303f\uff00-\uffef"
# Justification and digit spacing leave spaces beside Chinese that no author wrote ("29 日"); a
# single space between two Chinese characters may be the author's (a list of names, a title).
_SPACE_BY_DIGIT = re.compile(
    rf"(?<=[{_WIDE}]) +(?=[0-9A-Za-z.])|(?<=[0-9A-Za-z%℃.]) +(?=[{_WIDE}])"
)
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f]+")


def letters(text: str) -> str:
    """Return the text as it is compared: NFKC, no white space, no control characters."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def width(text: str) -> float:
    """Return the printed width in ems: 1 for a full-width character, .5 for a half-width one."""
    return sum(1.0 if _is_wide(char) else 0.5 for char in text)


def join_lines(lines: Iterable[str]) -> str:
    """Return the lines as one running text."""
    joined = ""
    for line in lines:
        joined = join_two(joined, line.strip())
    return tidy(joined)


def join_two(text: str, line: str) -> str:
    """Return the text with one more printed line set after it."""
    if not text or not line:
        return text or line
    if _HYPHENATED.search(text) and line[0].islower():
        return text[:-1] + line
    if text[-1] in "-—–" and text[-2:-1].isalnum():
        return text + line
    if _SPACED.match(text[-1]) and _WORD_START.match(line[0]) and _is_latin_join(text, line):
        return f"{text} {line}"
    return text + line


def tidy(text: str) -> str:
    """Return the text without the spaces that setting Chinese in columns leaves behind."""
    text = _SPACES.sub(" ", text)
    if _mostly_wide(text):
        text = _SPACE_BY_DIGIT.sub("", text)
    return text.strip()


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WFA"


def _is_latin_join(text: str, line: str) -> bool:
    """A digit or Latin letter on both sides: words in English, but one number in Chinese."""
    if text[-1].isdigit() and line[0].isdigit():
        return not _mostly_wide(text)
    return not (_mostly_wide(text) and not (text[-1].isascii() and text[-1].isalpha()))


def _mostly_wide(text: str) -> bool:
    wide = sum(map(_is_wide, text[-200:]))
    return wide * 2 > len(text[-200:])
