"""How many credits and bylines `feeder.parse.bylines` reads as the gold of invented articles.

    python benchmarks/bylines.py [--bank BANK.jsonl ...] [--half first|other] [--misses] [FILE ...]

Every article's first and last paragraphs are put together as the page bench's composer prints them,
then taken apart again. FILE is a file of `training/bank` (default: all). `--half first` takes the
first half of every language's files, on which the rules were written; `other` takes the rest.
A name counts as right in any case of letters in the column `any case`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "training")]

from bank import HERE, BankError, read  # noqa: E402

from feeder.model import Byline  # noqa: E402
from feeder.parse.bylines import merged, read_byline, split_ending, split_opening  # noqa: E402

Gold = Mapping[str, Any]
FIELDS = ("credit", "body", "byline", "any case")


@dataclass(frozen=True, kw_only=True)
class Printed:
    """An article as a page shows it: its first and last paragraphs and a byline by itself."""

    first: str
    last: str
    block: str
    alone: bool
    """Whether first and last are the same paragraph."""


def is_chinese(gold: Gold) -> bool:
    """Return whether the article's script has no spaces."""
    return str(gold["language"]).startswith("zh")


def opening_of(credit: str | None, byline: str, *, chinese: bool, gap: str) -> str:
    """Return what the composer prints before the first words (pagemaker/article.py, `_opening`)."""
    if not chinese:
        return "".join(f"{part} " for part in (credit, byline) if part)
    between = " " if credit and byline and byline[0] not in "（(【" else ""
    opening = (credit or "") + between + byline
    if not opening:
        return ""
    return opening + (gap if opening[-1] in "）)】：:" else " ")


def printed(gold: Gold, *, run_in: bool, gap: str) -> Printed:
    """Return the article's ends as printed; an end byline runs in or stands by itself."""
    chinese, style, byline = is_chinese(gold), gold["byline_style"], gold["byline_text"]
    paragraphs = [item["text"] for item in gold["body"] if item["type"] == "p"]
    inline = style == "inline" and bool(byline) and (chinese or byline.startswith("("))
    paragraphs[0] = (
        opening_of(gold["credit"], byline if inline else "", chinese=chinese, gap=gap)
        + paragraphs[0]
    )
    ends = style == "end" and bool(byline) and run_in
    if ends:
        paragraphs[-1] += ("" if chinese else " ") + byline
    return Printed(
        first=paragraphs[0],
        last=paragraphs[-1],
        block="" if inline or ends else " ".join(byline.split("\n")),
        alone=len(paragraphs) == 1,
    )


def norm(text: str | None) -> str:
    """Return the text as it is compared."""
    return "".join(unicodedata.normalize("NFKC", text or "").split())


def names(byline: Byline | Mapping[str, Iterable[str]], role: str, *, fold: bool) -> set[str]:
    """Return the names in a role, as they are compared."""
    found = byline[role] if isinstance(byline, Mapping) else getattr(byline, role)
    return {norm(name).casefold() if fold else norm(name) for name in found}


def taken_apart(article: Printed, *, bare: str) -> tuple[str | None, str, str, Byline]:
    """Return credit, first paragraph, last paragraph and names as the parser reads them."""
    opening = split_opening(article.first)
    last, ending = split_ending(opening.rest if article.alone else article.last, bare=bare)
    byline = merged(opening.byline, ending)
    if article.block:
        byline = merged(byline, read_byline(article.block, in_brackets=bare))
    return opening.credit, last if article.alone else opening.rest, last, byline


def verdict(gold: Gold, *, run_in: bool, gap: str, bare: str) -> tuple[dict[str, bool], str]:
    """Return which fields are right, and what was read."""
    paragraphs = [item["text"] for item in gold["body"] if item["type"] == "p"]
    shown = printed(gold, run_in=run_in, gap=gap)
    credit, first, last, byline = taken_apart(shown, bare=bare)
    right = {
        "credit": norm(credit) == norm(gold["credit"]),
        "body": norm(first) == norm(paragraphs[0]) and norm(last) == norm(paragraphs[-1]),
    }
    for field, fold in (("byline", False), ("any case", True)):
        right[field] = all(
            names(byline, role, fold=fold) == names(gold["byline"], role, fold=fold)
            for role in ("reporters", "correspondents")
        )
    told = (
        f"{gold['id']} [{gold['credit']} | {gold['byline_style']} {gold['byline_text']!r} "
        f"{gold['byline']['reporters']} {gold['byline']['correspondents']}] read [{credit} | "
        f"{byline.reporters} {byline.correspondents}] {shown.first[:60]!r} ~ {last[-40:]!r}"
    )
    return right, told


def score(golds: list[Gold], *, bare: str) -> tuple[Counter[str], list[str]]:
    """Return the right answers, by field; an article printed two ways must come right in both."""
    right: Counter[str] = Counter()
    misses = []
    for gold in golds:
        ways = [
            verdict(gold, run_in=run_in, gap=gap, bare=bare)
            for run_in, gap in ((True, ""), (False, " "))
        ]
        for field in FIELDS:
            right[field] += all(answer[field] for answer, _ in ways)
        for answer, told in ways:
            wrong = [field for field in FIELDS if not answer[field] and field != "byline"]
            if wrong:
                misses.append(f"{','.join(wrong)}: {told}")
                break
    return right, misses


def false_cuts(golds: list[Gold]) -> tuple[list[str], list[str], int]:
    """Return paragraphs that wrongly lost their beginning or their end, and how many were tried."""
    openings, endings, tried = [], [], 0
    for gold in golds:
        paragraphs = [item["text"] for item in gold["body"] if item["type"] == "p"]
        openings += [text for text in paragraphs[1:] if split_opening(text).rest != text]
        endings += [text for text in paragraphs[:-1] if split_ending(text)[0] != text]
        tried += max(0, len(paragraphs) - 1)
    return openings, endings, tried


def half_of(files: list[Path], half: str) -> list[Path]:
    """Return the first half of every language's files, or the rest, an only file among it."""
    by_language = defaultdict(list)
    for path in files:
        by_language[path.stem[:2]].append(path)
    chosen = []
    for paths in by_language.values():
        middle = len(paths) // 2
        chosen += paths[:middle] if half == "first" else paths[middle:]
    return sorted(chosen)


def publications(paths: Iterable[Path], banks: Iterable[Path]) -> Iterator[tuple[str, list[Gold]]]:
    """Yield the articles of each publication."""
    for path in paths:
        try:
            yield path.stem, read(path)
        except BankError as fault:
            print(f"left out: {fault}", file=sys.stderr)
    for bank in banks:
        golds = [json.loads(line) for line in bank.read_text("utf-8").splitlines()]
        by_name = defaultdict(list)
        for gold in golds:
            by_name[gold["publication"]].append(gold)
        yield from by_name.items()


def row(name: str, right: Counter[str], count: int, cuts: tuple[int, int], note: str = "") -> str:
    """Return a line of the table."""
    shares = "".join(f"{right[field] / count:>10.3f}" for field in FIELDS)
    return f"{name:<12}{count:>6}{shares}{cuts[0]:>10}{cuts[1]:>9}  {note}"


def time_one(golds: list[Gold]) -> float:
    """Return the microseconds that one paragraph takes, opening and ending together."""
    texts = [item["text"] for gold in golds for item in gold["body"]]
    start = time.perf_counter()
    for text in texts:
        split_opening(text)
        split_ending(text)
    return (time.perf_counter() - start) * 1e6 / max(1, len(texts))


def main() -> None:
    """Print what came right, by publication and in all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, help="default: all of training/bank")
    parser.add_argument("--bank", nargs="*", type=Path, default=[], metavar="BANK.jsonl")
    parser.add_argument("--half", choices=("first", "other"))
    parser.add_argument("--misses", action="store_true")
    args = parser.parse_args()
    files = args.files or ([] if args.bank and not args.half else sorted(HERE.glob("*.txt")))
    files = half_of(files, args.half) if args.half else files
    total, count, cut, everything = Counter[str](), 0, (0, 0), []
    print(f"{'':<12}{'n':>6}{''.join(f'{field:>10}' for field in FIELDS)}  openings  endings")
    for name, golds in publications(files, args.bank):
        # Papers differ in what a bare name in brackets is: each is read in its own way.
        right, misses, bare = max(
            ((*score(golds, bare=bare), bare) for bare in ("reporters", "correspondents")),
            key=lambda found: found[0]["byline"],
        )
        openings, endings, _ = false_cuts(golds)
        print(row(name, right, len(golds), (len(openings), len(endings)), f"bare: {bare}"))
        if args.misses:
            for miss in chain(
                misses,
                (f"false opening: {text[:60]}" for text in openings),
                (f"false ending: {text[-60:]}" for text in endings),
            ):
                print("   ", miss)
        total, count = total + right, count + len(golds)
        cut = (cut[0] + len(openings), cut[1] + len(endings))
        everything += golds
    print(row("all", total, count, cut, f"{time_one(everything):.1f} us a paragraph"))


if __name__ == "__main__":
    main()
