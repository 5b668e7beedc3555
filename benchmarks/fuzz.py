"""Parses many spoiled pages: none may raise, invent a letter, or take long.

    python benchmarks/fuzz.py PAGES_DIR [--cases 10000] [--seed 1]

Each case is a page text of PAGES_DIR with bytes overwritten, lines cut, doubled or shuffled, or
runs of odd characters put in. Exits 1 at the first case that fails, and prints what makes it again.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

from feeder.model import Page
from feeder.parse import parse_page

ODD = [
    "\x00",
    "\ufffe",
    "\u202e",
    "\U0001f600",
    "\u0e01\u0e33",
    "\u0645\u0631",
    "（" * 40,
    "　" * 30,
    "A",
    "字" * 3000,
    "--",
    "。。。",
]
SLOWEST_MS_A_LINE = 20.0
"""Far more than any page took: a page that takes it is one that time grows too fast for."""


def spoiled(raw: bytes, dice: random.Random) -> str:
    """Return the page with some damage."""
    damaged = bytearray(raw)
    for _ in range(dice.choice([0, 5, 60, 400])):
        damaged[dice.randrange(len(damaged))] = dice.randrange(256)
    lines = damaged.decode("utf-8", errors="ignore").split("\n")
    for _ in range(dice.choice([0, 3, 30])):
        at = dice.randrange(len(lines))
        lines[at : at + 1] = dice.choice(
            [
                [],
                [lines[at], lines[at]],
                [dice.choice(ODD)],
                [lines[at][:3]],
                [lines[at] + dice.choice(ODD)],
            ]
        )
        lines = lines or [""]
    if dice.random() < 0.2:
        dice.shuffle(lines)
    return "\n".join(lines)


def letters(*texts: str | None) -> Counter[str]:
    """Return the letters and digits of the texts, how often each."""
    return Counter(char for text in texts for char in text or "" if char.isalnum())


def everything(page: Page) -> list[str | None]:
    """Return every text that the parser made of a page, names in bylines left out."""
    texts: list[str | None] = [*page.furniture, *page.unassigned]
    for article in page.articles:
        texts += [article.kicker, article.headline, article.deck, article.credit, article.text]
        texts += article.captions
    return texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", type=Path)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    pages = [path.read_bytes() for path in sorted(options.pages.glob("*.txt"))]
    slowest = 0.0
    for case in range(options.cases):
        dice = random.Random(f"{options.seed} {case}")
        text = spoiled(dice.choice(pages), dice)
        start = time.process_time()
        page = parse_page(text)
        spent = 1000 * (time.process_time() - start) / max(len(text.split("\n")), 20)
        slowest = max(slowest, spent)
        if not letters(*everything(page)) <= letters(text):
            sys.exit(f"seed {options.seed}, case {case}: letters were invented")
        if spent > SLOWEST_MS_A_LINE:
            sys.exit(f"seed {options.seed}, case {case}: {spent:.1f} ms a line")
    print(
        f"{options.cases} cases: nothing raised, nothing invented; slowest {slowest:.2f} ms a line"
    )


if __name__ == "__main__":
    main()
