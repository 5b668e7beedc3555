"""The bank of invented articles, from which pages are composed: read, checked, written out.

A file of `training/bank` holds the articles of one publication, to be read and edited by hand:

    publication: 青汀日报
    language: zh

    === economy block
    K: kicker
    H: a printed line of the headline
    H: its next line
    D: deck
    C: credit (电头, dateline)
    B: byline as printed
    R: reporters, parted by ;
    O: correspondents
    P: photographers
    L: column label
    I: caption
    A paragraph of the body.
    # A crosshead
    Another paragraph.

`training/bank/heads/NAME.txt` holds other heads for the articles of `NAME.txt`: a headline is the
same on every page, so that a network would learn it by heart; with others it must look at what
makes a headline. An article has three sets there, and other crossheads and captions if it has any:

    === 1
    K: kicker
    H: a printed line of the headline
    ---
    H: another headline
    D: its deck
    ---
    H: a third
    #: a crosshead | the next one
    #: another set | of the same number
    I: the first picture's caption
    I: the second's

Run it to check the files, or to write them as JSON lines, which is what the composer takes:

    python training/bank.py [--out BANK.jsonl] [FILE ...]
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "bank"
SECTIONS = {
    "arts", "conflict", "crime", "disaster", "economy", "education", "environment", "health",
    "human-interest", "labour", "lifestyle", "politics", "religion", "science", "society", "sport",
    "weather",
}  # fmt: skip
PLACES = {"inline", "block", "end"}
PEOPLE = {"R": "reporters", "O": "correspondents", "P": "photographers"}


class BankError(ValueError):
    """A file of the bank that cannot be read, with its name and line."""


def read(path: Path) -> list[dict[str, Any]]:
    """The articles of one file, as the composer takes them."""
    head: dict[str, str] = {}
    articles: list[dict[str, Any]] = []
    for number, raw in enumerate(path.read_text("utf-8").splitlines(), 1):
        line = raw.strip()
        if not line:
            continue
        try:
            if line.startswith("==="):
                articles.append(_opened(line, f"{path.stem}-{len(articles) + 1:03d}", head))
            elif not articles:
                key, value = line.split(":", 1)
                head[key.strip()] = value.strip()
            else:
                _add(articles[-1], line)
        except (ValueError, KeyError) as fault:
            raise BankError(f"{path}:{number}: {fault}: {line[:60]}") from fault
    articles = [_closed(article, path) for article in articles]
    heads = path.parent / "heads" / path.name
    if heads.exists():
        read_heads(heads, articles)
    return articles


def read_heads(path: Path, articles: list[dict[str, Any]]) -> None:
    """Give the articles the other heads that the file holds, under `heads` and so on."""
    number, sets = 0, []
    for at, raw in enumerate(path.read_text("utf-8").splitlines(), 1):
        line = raw.strip()
        try:
            if line.startswith("==="):
                number = int(line.strip("= "))
                sets = articles[number - 1].setdefault("heads", [])
                sets.append({"headline_lines": []})
            elif line == "---":
                sets.append({"headline_lines": []})
            elif line:
                _add_head(articles[number - 1], sets[-1], line)
        except (ValueError, IndexError, KeyError) as fault:
            raise BankError(f"{path}:{at}: {fault!r}: {line[:60]}") from fault
    for article in articles:
        heads = [head for head in article.get("heads", []) if head["headline_lines"]]
        for head in heads:
            head["headline"] = " ".join(head["headline_lines"])
        article["heads"] = heads
        wanted = len(article["captions"])
        if wanted and len(article.get("other_captions", [])) != wanted:
            article.pop("other_captions", None)


def _add_head(article: dict[str, Any], head: dict[str, Any], line: str) -> None:
    tag = re.match(r"([KHDI#]):\s*(.+)", line)
    if not tag:
        raise ValueError("K, H, D, I or # is wanted")
    key, text = tag.groups()
    if key == "H":
        head["headline_lines"].append(text)
    elif key == "I":
        article.setdefault("other_captions", []).append(text)
    elif key == "#":
        titles = [title.strip() for title in text.split("|")]
        wanted = sum(item["type"] == "crosshead" for item in article["body"])
        if len(titles) == wanted and all(titles):
            article.setdefault("other_crossheads", []).append(titles)
    else:
        head[{"K": "kicker", "D": "deck"}[key]] = text


def _opened(line: str, name: str, head: dict[str, str]) -> dict[str, Any]:
    section, place = line.strip("= ").split()
    if section not in SECTIONS or place not in PLACES:
        raise ValueError("a section and inline, block or end are wanted")
    return {
        "id": name,
        "publication": head["publication"],
        "language": head["language"],
        "kicker": None,
        "headline": "",
        "headline_lines": [],
        "deck": None,
        "credit": None,
        "byline_style": place,
        "byline": {key: [] for key in PEOPLE.values()},
        "byline_text": "",
        "section": section,
        "body": [],
        "captions": [],
        "column_label": None,
    }


def _add(article: dict[str, Any], line: str) -> None:
    tag = re.match(r"([KHDCBROPLI]):\s*(.*)", line)
    if not tag:
        crosshead = line.startswith("# ")
        article["body"].append(
            {"type": "crosshead" if crosshead else "p", "text": line[2:] if crosshead else line}
        )
        return
    key, text = tag.groups()
    if not text:
        raise ValueError("nothing after the letter")
    if key == "H":
        article["headline_lines"].append(text)
    elif key in PEOPLE:
        article["byline"][PEOPLE[key]] += [
            name.strip() for name in re.split("[;；]", text) if name.strip()
        ]
    elif key == "I":
        article["captions"].append(text)
    elif key == "B":
        article["byline_text"] += ("\n" if article["byline_text"] else "") + text
    else:
        article[{"K": "kicker", "D": "deck", "C": "credit", "L": "column_label"}[key]] = text


def _closed(article: dict[str, Any], path: Path) -> dict[str, Any]:
    article["headline"] = " ".join(article["headline_lines"])
    if not article["headline"] or not any(item["type"] == "p" for item in article["body"]):
        raise BankError(f"{path}: {article['id']} lacks a headline or a paragraph")
    if article["body"][-1]["type"] == "crosshead":
        raise BankError(f"{path}: {article['id']} ends with a crosshead")
    for name in [name for names in article["byline"].values() for name in names]:
        printed = re.sub(r"\s", "", article["byline_text"] + "".join(article["captions"])).lower()
        if re.sub(r"\s", "", name).lower() not in printed:
            raise BankError(f"{path}: {article['id']}: {name} does not stand in byline or caption")
    return article


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Check the bank of invented articles, or write it for the composer."
    )
    parser.add_argument("files", nargs="*", type=Path, help="default: all that are not set aside")
    parser.add_argument("--out", type=Path, help="JSON lines, one article a line")
    args = parser.parse_args()
    articles = [
        article for path in args.files or sorted(HERE.glob("*.txt")) for article in read(path)
    ]
    if args.out:
        args.out.write_text(
            "".join(json.dumps(a, ensure_ascii=False) + "\n" for a in articles), "utf-8"
        )
    characters = sum(len(item["text"]) for article in articles for item in article["body"])
    print(f"{len(articles)} articles, {characters} characters")


if __name__ == "__main__":
    main()
