"""The language of a page, told from its letters."""

from __future__ import annotations

import re

from feeder.parse.marks import ENGLISH_WORDS, HAN, LATIN, SIMPLIFIED, TRADITIONAL

_LEAST_LETTERS = 20


def language_of(text: str) -> str:
    """Return `zh-Hans`, `zh-Hant`, `en`, or `und` where the letters do not tell (BCP 47)."""
    han, latin = len(HAN.findall(text)), len(LATIN.findall(text))
    if han >= _LEAST_LETTERS and 4 * han >= latin:
        simplified = sum(char in SIMPLIFIED for char in text)
        traditional = sum(char in TRADITIONAL for char in text)
        return "zh-Hant" if traditional > simplified else "zh-Hans"
    words = re.findall(r"[a-z]+", text.lower())
    common = sum(word in ENGLISH_WORDS for word in words)
    return "en" if latin >= _LEAST_LETTERS and 8 * common >= len(words) else "und"
