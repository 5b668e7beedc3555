"""Prints what the search finds, and what its index costs beside FTS5's own trigram tokenizer.

    python benchmarks/search.py [--entries 10000] [--queries 20] [--chinese 0.6] [--runs 3]

The articles are the invented items of `training/items` and `benchmarks/sections`, taken apart and
put together anew, with other figures and here and there another character or word. What is to be
found is told by a plain search for the folded words in the folded text, which knows nothing of
feeder's index. Both indexes are written by turns in this process, pages of five articles in one
transaction each, the least CPU of some runs. Their sizes are those of FTS5's data, without the
copy of the texts that the trigram table keeps besides. The median and the most are of searches for
the first 20. `--entries 100000 --runs 1` shows how all of it grows.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import re
import sqlite3
import statistics
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

from feeder.ledger import to_text
from feeder.model import Article, BodyItem
from feeder.store import Store
from feeder.store.rows import to_json

ROOT = Path(__file__).parent.parent
PAGE = 5
OTHER = 0.025
"""Of the characters and words, those that are replaced: texts have rare ones too."""
CHINESE = re.compile("[\u4e00-\u9fff]")
WORD = re.compile("[\u4e00-\u9fff]|[A-Za-z]+|[0-9]")
FIRST = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
KINDS = (
    ("1 character", "[\u4e00-\u9fff]"),
    ("2 characters", "[\u4e00-\u9fff]{2}"),
    ("3 characters", "[\u4e00-\u9fff]{3}"),
    ("4 characters", "[\u4e00-\u9fff]{4}"),
    ("8 characters", "[\u4e00-\u9fff]{8}"),
    ("across a mark", "[\u4e00-\u9fff][，。、；：”“\n]+[\u4e00-\u9fff]"),
    ("Latin beginning", r"(?<![^\W_])[A-Za-z]{4}"),
    ("Latin word", r"(?<![^\W_])[A-Za-z]{3,}(?![^\W_])"),
    ("figure", r"(?<![^\W_])[0-9]{2,}"),
    ("mixed", "(?<![^\\W_])[0-9A-Za-z]{1,3}[\u4e00-\u9fff]{1,3}"),
    ("two words", "[\u4e00-\u9fff]{2}"),
)


def read_items() -> tuple[list[dict], list[dict]]:
    """Return the Chinese items and the others."""
    paths = (*ROOT.glob("training/items/*.jsonl"), *ROOT.glob("benchmarks/sections/*.jsonl"))
    lines = [line for path in sorted(paths) for line in path.read_text("utf-8").splitlines()]
    items = [json.loads(line) for line in lines if line.strip()]
    chinese = [item for item in items if item["language"].startswith("zh")]
    return chinese, [item for item in items if not item["language"].startswith("zh")]


def make_articles(count: int, *, chinese: float, random: random.Random) -> Iterator[Article]:
    """Yield articles of four items each, of one script, the given share of them Chinese."""
    pools = read_items()
    words = [
        [word for item in pool for text in item["body"] for word in WORD.findall(text)]
        for pool in pools
    ]
    for _ in range(count):
        script = int(random.random() >= chinese)

        def vary(text: str, script: int = script) -> str:
            return WORD.sub(lambda match: _other(match[0], words[script], random), text)

        items = random.sample(pools[script], 4)
        paragraphs = [text for item in items for text in item["body"]]
        random.shuffle(paragraphs)
        yield Article(
            kicker=items[0]["kicker"],
            headline=vary(items[0]["headline"] or paragraphs[0][:14]),
            body=tuple(BodyItem(type="p", text=vary(text)) for text in paragraphs),
        )


def _other(word: str, words: list[str], random: random.Random) -> str:
    if word.isascii() and word.isdigit():
        return str(random.randrange(10))
    return random.choice(words) if random.random() < OTHER else word


def title_and_body(article: Article) -> tuple[str, str]:
    """Return both as one would put them into a table."""
    return "\n".join(filter(None, (article.kicker, article.headline))), article.text


def fill(store: Store, articles: list[Article]) -> None:
    """Put the articles into the store, not into its index: newer ones have higher numbers."""
    with store.transaction():
        store._db.conn.executemany(
            "insert into entries (id, guid, digest, published, updated, date, language, article)"
            " values (?1, ?1, ?1, ?2, ?2, '2026-11-22', 'zh-Hans', ?3)",
            (
                (number, to_text(FIRST + dt.timedelta(hours=number)), to_json(article))
                for number, article in enumerate(articles, 1)
            ),
        )


def index(store: Store, articles: list[Article]) -> None:
    """Index the articles as the store does, a page in each transaction."""
    for at in range(0, len(articles), PAGE):
        with store.transaction():
            for number, article in enumerate(articles[at : at + PAGE], at + 1):
                store._index(number, article, keys=())


def index_trigrams(db: sqlite3.Connection, articles: list[Article]) -> None:
    """Index the articles by FTS5's trigrams, a page in each transaction."""
    for at in range(0, len(articles), PAGE):
        with db:
            db.executemany(
                "insert into trigrams (rowid, title, body) values (?, ?, ?)",
                (
                    (number, *title_and_body(article))
                    for number, article in enumerate(articles[at : at + PAGE], at + 1)
                ),
            )


def cpu(work: Callable[[], object]) -> float:
    """Return the CPU in seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def bytes_of(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"select sum(length(block)) from {table}_data").fetchone()[0])


def compare_costs(folder: Path, articles: list[Article], *, runs: int) -> Path:
    """Print sizes and costs of both indexes, and return where the last store lies."""
    ours, theirs = [], []
    for run in range(runs):
        path = folder / f"{run}.db"
        with Store(path) as store:
            fill(store, articles)
            ours.append(cpu(lambda store=store: index(store, articles)))
            size = bytes_of(store._db.conn, "search")
        db = sqlite3.connect(folder / f"trigrams-{run}.db")
        for pragma in ("synchronous = normal", "journal_mode = wal"):
            db.execute(f"pragma {pragma}")
        db.execute("create virtual table trigrams using fts5(title, body, tokenize = 'trigram')")
        theirs.append(cpu(lambda db=db: index_trigrams(db, articles)))
        their_size = bytes_of(db, "trigrams")
        db.close()
    least, their_least = min(ours), min(theirs)
    print(
        f"size: {size / 1e6:.2f} MB, trigram {their_size / 1e6:.2f} MB: {size / their_size:.2f}\n"
        f"insert: {least / len(articles) * 1e6:.0f} µs an article, trigram"
        f" {their_least / len(articles) * 1e6:.0f} µs: {least / their_least:.2f}"
    )
    return path


def fold(text: str) -> str:
    """Return the text in one width and case, told apart from how feeder does it."""
    decomposed = unicodedata.normalize("NFKD", text)
    kept = (letter for letter in decomposed if not unicodedata.combining(letter))
    return "".join(kept).casefold().replace("’", "'").replace("‘", "'")


def holds(text: str, word: str) -> bool:
    """Return whether the folded word stands in the folded text, letters at a word's beginning."""
    at = text.find(word)
    while at >= 0:
        before = text[at - 1] if at else " "
        apart = CHINESE.match(before) or not before.isalnum()
        if apart or CHINESE.match(word):
            return True
        at = text.find(word, at + 1)
    return False


def make_queries(
    articles: list[Article], count: int, random: random.Random
) -> Iterator[tuple[str, str]]:
    """Yield kinds of queries, each with words that stand in some article."""
    for kind, pattern in KINDS:
        found: list[str] = []
        for _ in range(1000 * count):
            if len(found) == count:
                break
            texts = title_and_body(random.choice(articles))
            matches = re.findall(pattern, "\n".join(texts))
            if matches:
                found.append(random.choice(matches))
        for word in found:
            if kind == "across a mark":
                yield kind, word[0] + word[-1]
            elif kind == "two words":
                yield kind, f"{word} {random.choice(found)}"
            elif random.random() < 0.3:
                # As a keyboard in the other width or case gives it.
                yield kind, "".join(_wide(letter) for letter in word.upper())
            else:
                yield kind, word


def _wide(letter: str) -> str:
    return chr(ord(letter) + 0xFEE0) if letter.isascii() and letter.isalnum() else letter


def compare_finds(store: Store, articles: list[Article], queries: list[tuple[str, str]]) -> None:
    """Print recall and false hits for every kind of query, and what queries take."""
    texts = [fold("\n".join(title_and_body(article))) for article in articles]
    print(f"{'query':16} {'number':>6} {'hits':>7} recall  false   median      most")
    for kind in dict.fromkeys(kind for kind, _ in queries):
        true = found = right = 0
        spent = []
        asked = [words for which, words in queries if which == kind]
        for words in asked:
            folded = fold(words).split()
            truth = {
                number
                for number, text in enumerate(texts, 1)
                if all(holds(text, word) for word in folded)
            }
            hits = {hit.entry.id for hit in store.search(words, limit=len(articles))}
            true, found, right = true + len(truth), found + len(hits), right + len(hits & truth)
            start = time.perf_counter()
            store.search(words, limit=20)
            spent.append(1000 * (time.perf_counter() - start))
        recall = right / true if true else 1.0
        print(
            f"{kind:16} {len(asked):6} {true:7} {recall:6.3f} {found - right:6}"
            f" {statistics.median(spent):6.1f} ms {max(spent):6.1f} ms"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=20, help="of each kind")
    parser.add_argument("--chinese", type=float, default=0.6, help="share of the articles")
    parser.add_argument("--runs", type=int, default=3, help="of which the least CPU counts")
    options = parser.parse_args()
    chance = random.Random(7)
    articles = list(make_articles(options.entries, chinese=options.chinese, random=chance))
    letters = statistics.mean(len(article.text) for article in articles)
    print(f"{len(articles)} articles of {letters:.0f} characters")
    with tempfile.TemporaryDirectory() as folder:
        path = compare_costs(Path(folder), articles, runs=options.runs)
        queries = list(make_queries(articles, options.queries, chance))
        with Store(path) as store:
            compare_finds(store, articles, queries)


if __name__ == "__main__":
    main()
