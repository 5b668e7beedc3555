"""Lines joined to running text: no break or space that only the column made, none lost."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from feeder.parse.marks import CJK

CodePoints = NDArray[np.uint32]

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


class CharacterTable:
    """What is known of characters, told for many at once.

    Python takes longer to ask one thing of one character than this to look a line up. The table
    fills as characters come: all of Unicode would take a second, and papers use some 4,000.
    """

    def __init__(self, tell: Callable[[str], int]) -> None:
        """`tell`: what is known of a character, from 1 to 2^64 - 1."""
        self._tell = tell
        self._known: NDArray[np.uint64] = np.zeros(0x110000, np.uint64)

    def look_up(self, codes: CodePoints) -> NDArray[np.uint64]:
        """Return what is known of each character."""
        known: NDArray[np.uint64] = self._known[codes]
        if known.all():
            return known
        for code in set(codes[known == 0].tolist()):
            self._known[code] = self._tell(chr(code))
        learned: NDArray[np.uint64] = self._known[codes]
        return learned


def code_points(text: str) -> CodePoints:
    """Return the text's characters as numbers."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def letters(text: str) -> str:
    """Return the text as it is compared: NFKC, no white space, no control characters."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def width(text: str) -> float:
    """Return the printed width in ems: 1 for a full-width character, a letter's as in Times."""
    return widths([text])[0]


def widths(texts: Sequence[str]) -> list[float]:
    """Return the printed width of each text, as `width` does."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = lengths.cumsum()
    sums = np.zeros(lengths.sum() + 1, np.uint64)
    _WIDTHS.look_up(code_points("".join(texts))).cumsum(out=sums[1:])
    found = sums[ends] - sums[ends - lengths]
    # Quotation marks are as wide as a character in Chinese, as narrow as a letter elsewhere.
    full = ((found >> _WIDE_SHIFT) & _COUNT) > 0
    quotes = np.where(full, 0, found >> _QUOTE_SHIFT).astype(np.int64)
    ems: list[float] = (((found & _SUM).astype(np.int64) - quotes * _SPARED) / 1000).tolist()
    return ems


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
    """Return the text without what setting it in columns leaves behind: spaces, soft hyphens."""
    text = _SPACES.sub(" ", text.replace("\u00ad", ""))
    if _mostly_wide(text):
        text = _SPACE_BY_DIGIT.sub("", text)
    return text.strip()


# Adobe's metrics of Times-Roman, in thousandths of an em; most newspapers set their text in a face
# about as wide, and it is only ever compared within a page.
_TIMES = {
    char: thousandths
    for chars, thousandths in (
        ("'", 180), ("|", 200), (" ,.;:/\\\u00a0", 260), ("ijlt", 278), ("!frIJ()[]-", 333),
        ("s", 389), ('?acez"', 444), ("$£€0123456789bdghknopquvxy*_#–", 500), ("FPS", 556),
        ("+<=>", 564), ("BELTZ&", 640), ("CR", 667), ("ADGHKNOQUVXYw", 722), ("m", 778),
        ("%", 833), ("M", 889), ("W", 944), ("@", 921), ("—…", 1000),
    )
    for char in chars
}  # fmt: skip
_LATIN_LETTER = 480
"""Of other letters: an alphabet's mean."""


_QUOTES, _SPARED = "“”‘’", 556
_WIDE_SHIFT, _QUOTE_SHIFT = np.uint64(32), np.uint64(48)
_SUM, _COUNT = np.uint64((1 << 32) - 1), np.uint64((1 << 16) - 1)


def _thousandths(char: str) -> int:
    """A character's width; besides, a bit for a full-width one, a bit for a quotation mark."""
    if unicodedata.east_asian_width(char) in "WF":
        return 1000 | 1 << int(_WIDE_SHIFT)
    if char in _QUOTES:
        return 1000 | 1 << int(_QUOTE_SHIFT)
    base = unicodedata.normalize("NFD", char)[0]
    if base in _TIMES:
        return _TIMES[base]
    # What Chinese sets full-width and others do not ("·", "①") stands in Chinese mostly.
    is_sign = unicodedata.east_asian_width(char) == "A" and not char.isalpha()
    return 1000 if is_sign else _LATIN_LETTER


_WIDTHS = CharacterTable(_thousandths)


def _is_latin_join(text: str, line: str) -> bool:
    """A digit or Latin letter on both sides: words in English, but one number in Chinese."""
    if text[-1].isdigit() and line[0].isdigit():
        return not _mostly_wide(text)
    return not (_mostly_wide(text) and not (text[-1].isascii() and text[-1].isalpha()))


def _mostly_wide(text: str) -> bool:
    end = text[-200:]
    found = int(_WIDTHS.look_up(code_points(end)).sum())
    return 2 * ((found >> int(_WIDE_SHIFT)) & int(_COUNT)) > len(end)
