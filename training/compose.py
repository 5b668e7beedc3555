"""Composes pages to learn from: articles of the bank, set as real PDFs, read by real extractors.

    python training/compose.py --composer FOLDER --bank BANK.jsonl --out DIR --pages N --seed S

The composer is the page bench's (its docstring names what it needs); it is used where it lies.
Beyond what it does by itself, pages have one to twelve articles, of one paper or of several, under
any of their heads; each PDF is read by some extractors, not by one; and the gold says under
`printed` how each article's text opened and was signed, which the teacher of the networks
(`label.py`) needs and no score looks at.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

TRIES = 60
"""Layouts tried for a page; the composer's own 300 look no different and take four times longer."""
ARTICLES = (1, 2, 3, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 10, 12)
READINGS = (
    ("pdfbox", "tika", 3), ("pdfminer", "default", 4), ("pdftotext", "default", 3),
    ("pdftotext", "raw", 1), ("pymupdf", "text", 2), ("pymupdf", "blocks", 1),
    ("pypdfium2", "range", 3), ("pypdf", "plain", 3),
)  # fmt: skip
"""Extractor, mode and weight."""
ONE_PAPER = 0.75
OTHER_HEAD, OTHER_PART = 0.75, 0.6
"""How often an article has other heads than its own, other crossheads and captions."""
CUT, LONG_ENOUGH = 0.25, 4
"""How often an article is cut from the bottom, and items of body it must have."""
BATCH = 24


def deal(stories: list[Any], rng: random.Random) -> list[Any]:
    """Return the stories of one page: of one paper mostly, of one language always.

    One weather report at most.
    """
    first = rng.choice(stories)
    same = [s for s in stories if s.language == first.language]
    paper = [s for s in same if s.publication == first.publication]
    pool = paper if len(paper) >= 6 and rng.random() < ONE_PAPER else same
    hand = [first]
    for story in rng.sample(pool, len(pool)):
        if len(hand) >= rng.choice(ARTICLES):
            break
        if story is not first and not (
            story.section == "weather" and any(s.section == "weather" for s in hand)
        ):
            hand.append(story)
    return hand


def varied(article: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Return the article under one of its heads, at times cut from the bottom, as papers do."""
    made = dict(article)
    heads = article.get("heads") or []
    if heads and rng.random() < OTHER_HEAD:
        made |= {"kicker": None, "deck": None, **rng.choice(heads)}
    if article.get("other_captions") and rng.random() < OTHER_PART:
        made["captions"] = article["other_captions"]
    body = [dict(item) for item in article["body"]]
    if article.get("other_crossheads") and rng.random() < OTHER_PART:
        titles = iter(rng.choice(article["other_crossheads"]))
        body = [i if i["type"] == "p" else {**i, "text": next(titles)} for i in body]
    if len(body) >= LONG_ENOUGH and rng.random() < CUT and made["byline_style"] != "end":
        body = body[: rng.randint(2, len(body) - 1)]
        while body[-1]["type"] == "crosshead":
            body.pop()
    made["body"] = body
    return made


def batch(options: argparse.Namespace, numbers: list[int]) -> int:
    """Compose a batch of pages, written to the folder; returns how many could be made."""
    sys.path.insert(0, str(options.composer))
    import compose
    from pagemaker import extract as extractors
    from pagemaker.article import _opening

    compose.LAYOUT_TRIES = TRIES
    articles = {
        article["id"]: article
        for bank in options.bank
        for article in map(json.loads, bank.read_text(encoding="utf-8").splitlines())
    }
    stories = [compose.Story.from_json(article) for article in articles.values()]
    made_pages = 0
    with tempfile.TemporaryDirectory() as folder:
        pdfbox: list[tuple[Path, Path]] = []
        for number in numbers:
            rng = random.Random(f"{options.seed} {number}")
            hand = [
                compose.Story.from_json(varied(articles[story.id], rng))
                for story in deal(stories, rng)
            ]
            job = compose.Job(f"{options.seed}-{number:05d}", number, options.seed, hand, "", "")
            try:
                made = compose.compose_page(job)
                pdf = Path(folder) / f"{job.name}.pdf"
                compose.draw(made.page, made.blocks, pdf)
                gold = compose.gold_page(job, made)
            except (ValueError, LookupError, AssertionError, RecursionError) as fault:
                print(f"{job.name}: not to be set: {fault!r}", flush=True)
                continue
            made_pages += 1
            for article, story in zip(gold["articles"], made.stories, strict=True):
                inline = story.byline_style == "inline" and story.byline_text
                runs_in = bool(inline and (made.sheet.chinese or story.byline_text.startswith("(")))
                article["printed"] = {
                    "opening": _opening(
                        story.credit, story.byline_text if runs_in else "", made.sheet
                    ),
                    "byline": "" if runs_in else story.byline_text,
                    "label": story.column_label,
                }
            readings = list(READINGS)
            for _ in range(options.readings):
                reading = rng.choices(readings, [weight for *_, weight in readings])[0]
                readings.remove(reading)
                extractor, mode, _ = reading
                name = f"{job.name}-{extractor}-{mode}"
                gold["page"] = f"{name}.txt"
                write(options.out / f"{name}.gold.json", gold)
                write(options.out / f"{name}.meta.json", {
                    "extractor": extractor, "mode": mode, "drawing_order": made.order,
                    "language": made.stories[0].language, "stories": [s.id for s in made.stories],
                })  # fmt: skip
                if extractor == "pdfbox":
                    pdfbox.append((pdf, options.out / f"{name}.txt"))
                else:
                    text = extractors.extract(pdf, extractor, mode)
                    with (options.out / f"{name}.txt").open(
                        "w", encoding="utf-8", newline=""
                    ) as out:
                        out.write(text)
        if pdfbox:
            names = [str(path) for pair in pdfbox for path in pair]
            command = [
                "java",
                "-Xshare:auto",
                "-cp",
                extractors._JARS,
                str(extractors._JAVA_SOURCE),
                *names,
            ]
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return made_pages


def write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--composer", type=Path, required=True)
    parser.add_argument("--bank", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pages", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--readings", type=int, default=3, help="extractors a PDF")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    numbers = list(range(options.pages))
    batches = [numbers[at : at + BATCH] for at in range(0, len(numbers), BATCH)]
    with ProcessPoolExecutor(options.workers) as pool:
        made = sum(pool.map(batch, [options] * len(batches), batches))
    print(f"{made} of {options.pages} pages, each read {options.readings} times: {options.out}")


if __name__ == "__main__":
    main()
