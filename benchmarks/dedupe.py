"""Whether one article stays one entry, two stay two, and what that costs with many stored.

    python benchmarks/dedupe.py [--stored N ...] [--pairs N]

Articles are made from newspaper words by rules, so that no two are alike but by chance. Twins of
stored ones come with letters lost or read wrongly, or cut; siblings on one template (weather
columns, price lists, lottery numbers, notices) with other figures and names. Recall is the share of
twins found to be the entry they are; a false merge is an article found to be another's entry. With
`--stored`, a store is filled to each size in turn, and what is measured is the CPU of looking up
and adding an article and of taking in a page of six, what an article's keys take on disk, and how
soon the latest of a section are there; where datasketch is installed,
its MinHash LSH does the same work on the same texts in the same run.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import resource
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from feeder import dedupe
from feeder.config import Config, default_sections
from feeder.ingest import ingest_pages
from feeder.model import Article, BodyItem, Placement, RawPage
from feeder.store import Store
from feeder.store.rows import to_json

DAY = dt.date(2026, 11, 22)
ZONE = dt.timezone(dt.timedelta(hours=8))
NOISE = (0.03, 0.05, 0.10)
LOST, ADDED = 0.3, 0.1
"""Of the letters that noise hits, those that are lost and those that get company; the rest are
read as others."""
FIGURES = 0.4
"""Of the sentences, those with a figure."""
KEYS = 12
"""Of an article of some length."""
PAGES = 22
NOW = dt.datetime(2026, 11, 25, 9, tzinfo=ZONE)
MEASURED = 300
"""Articles looked up and added at each size."""
SECTIONS = tuple(f"section-{number}" for number in range(17))
_LEXICON = Path(__file__).resolve().parent.parent / "feeder" / "sections" / "lexicon.toml"


class Writer:
    """Makes articles of newspaper words, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        lists = tomllib.loads(_LEXICON.read_text(encoding="utf-8"))
        words = {word for own in lists.values() for word in own if "\u4e00" <= word[0] <= "\u9fff"}
        self.words = sorted(word for word in words if len(word) <= 4)
        self.places = [
            one + other for one in "云石青白长平江海金龙安宁" for other in "岭溪湾桥塘坪"
        ]
        self.names = [
            a + b for a in "周林何邵吴郑谢韩唐冯" for b in ("明远", "可欣", "晓舟", "子墨", "若兰")
        ]

    def article(self, paragraphs: int | None = None) -> Article:
        """Return an article of two to eight paragraphs, some two hundred to a thousand letters."""
        count = paragraphs or self.dice.randint(2, 8)
        return Article(
            headline=self.clause() + " " + self.clause(),
            body=tuple(BodyItem(type="p", text=self.paragraph()) for _ in range(count)),
        )

    def paragraph(self) -> str:
        return "".join(self.sentence() for _ in range(self.dice.randint(2, 5)))

    def sentence(self) -> str:
        dice = self.dice
        start = dice.choice(
            (
                f"{dice.choice(self.places)}{dice.choice('镇村县市区')}",
                f"记者{dice.choice(self.names)}了解到，",
                f"{dice.randint(1, 12)}月{dice.randint(1, 28)}日，",
                "",
            )
        )
        figure = (
            f"，共{dice.randint(2, 9800)}{dice.choice('人个台亩户万')}"
            if dice.random() < 0.4
            else ""
        )
        return f"{start}{self.clause()}，{self.clause()}{figure}。"

    def clause(self) -> str:
        return "".join(self.dice.choice(self.words) for _ in range(self.dice.randint(3, 5)))

    def noisy(self, article: Article, share: float) -> Article:
        """Return the article with that share of its letters lost, read wrongly or doubled."""
        body = tuple(
            replace(item, text="".join(self._misread(item.text, share))) for item in article.body
        )
        headline = "".join(self._misread(article.headline or "", share))
        return replace(article, headline=headline, body=body)

    def _misread(self, text: str, share: float) -> Iterator[str]:
        for letter in text:
            if self.dice.random() >= share:
                yield letter
                continue
            hit = self.dice.random()
            other = self.dice.choice(self.dice.choice(self.words))
            if letter.isdigit():
                other = self.dice.choice("0123456789")
            if hit >= LOST + ADDED:
                yield other
            elif hit >= LOST:
                yield letter + other

    def siblings(self) -> tuple[Article, Article]:
        """Return two articles on one template: columns of two days, notices to two owners."""
        return self.dice.choice((self._weather, self._prices, self._lottery, self._notice))()

    def _pair(self, make: Callable[[], tuple[str, ...]], headline: str) -> tuple[Article, Article]:
        made = (make(), make())
        one, other = (
            Article(headline=headline, body=tuple(BodyItem(type="p", text=text) for text in texts))
            for texts in made
        )
        return one, other

    def _weather(self) -> tuple[Article, Article]:
        place = self.dice.choice(self.places)

        def make() -> tuple[str, ...]:
            dice, start = self.dice, self.dice.randint(1, 22)
            days = "；".join(
                f"{start + day}日，{dice.choice(('晴', '多云', '阴', '小雨', '多云转阴'))}，"
                f"{dice.randint(5, 15)}-{dice.randint(16, 30)}℃"
                for day in range(7)
            )
            return (
                f"据{place}气象台预计，未来一周我市以{dice.choice(('晴', '多云', '阴雨'))}天气为主，"
                "早晚偏凉，请市民根据体感温度适时添衣，注意交通安全。",
                f"具体天气预报如下：{dice.randint(1, 12)}月{days}。",
            )

        return self._pair(make, "未来一周天气")

    def _prices(self) -> tuple[Article, Article]:
        goods = (
            "大白菜",
            "菠菜",
            "黄瓜",
            "西红柿",
            "土豆",
            "猪后腿肉",
            "牛腩",
            "鸡蛋",
            "草鱼",
            "花生油",
        )
        place = self.dice.choice(self.places)

        def make() -> tuple[str, ...]:
            lines = "，".join(f"{name}{self.dice.randint(120, 9900) / 100:.2f}元" for name in goods)
            return (
                f"{place}农贸市场今日零售均价（每500克）：{lines}。以上价格由市发改局价格监测点提供，仅供参考。",
            )

        return self._pair(make, "今日菜价")

    def _lottery(self) -> tuple[Article, Article]:
        def make() -> tuple[str, ...]:
            numbers = " ".join(f"{self.dice.randint(1, 33):02}" for _ in range(7))
            return (
                f"福利彩票双色球第2026{self.dice.randint(1, 150):03}期开奖号码：{numbers}。一等奖"
                f"{self.dice.randint(1, 20)}注，每注奖金{self.dice.randint(500, 999)}万元；二等奖"
                f"{self.dice.randint(50, 300)}注，每注奖金{self.dice.randint(10, 40)}万元。兑奖期限60天。",
            )

        return self._pair(make, "彩票开奖")

    def _notice(self) -> tuple[Article, Article]:
        def make() -> tuple[str, ...]:
            dice = self.dice
            return (
                f"{dice.choice(self.names)}不慎遗失由{dice.choice(self.places)}市公安局签发的居民身份证，"
                f"证号后四位{dice.randint(1000, 9999)}，签发日期20{dice.randint(10, 25)}年{dice.randint(1, 12)}月"
                f"{dice.randint(1, 28)}日，现声明作废，由此引起的一切责任与本人无关。",
            )

        return self._pair(make, "遗失声明")


@dataclass
class Shelf:
    """A store, and the road's way of finding an article's entry in it."""

    store: Store

    def add(self, article: Article, date: dt.date = DAY) -> int:
        return self.store.add_entry(
            article,
            guid=f"tag:example.org,2026:{dedupe.digest(article)[:20]}",
            digest=dedupe.digest(article),
            keys=dedupe.keys(article),
            sections=(Placement(section="society", score=1.0),),
            published=dt.datetime.combine(date, dt.time(1), tzinfo=ZONE),
            date=date,
            language="zh-Hans",
            publication="样报",
        )

    def find(self, article: Article, date: dt.date = DAY) -> int | None:
        for candidate in self.store.candidates(dedupe.digest(article), dedupe.keys(article)):
            verdict = dedupe.compare(candidate.article, candidate.date, article, date)
            if verdict is not dedupe.Verdict.DIFFERENT:
                return candidate.id
        return None


def recall(shelf: Shelf, pairs: int) -> None:
    """Print how many twins are found, and how many others are taken for somebody's entry."""
    writer = Writer(1)
    articles = [writer.article() for _ in range(pairs)]
    with shelf.store.transaction():
        numbers = [shelf.add(article) for article in articles]

    def found(changed: Callable[[Article], Article]) -> float:
        right = sum(
            shelf.find(changed(article)) == number
            for article, number in zip(articles, numbers, strict=True)
        )
        return right / pairs

    for share in NOISE:
        print(
            f"twins with {share:.0%} noise: {found(lambda one, s=share: writer.noisy(one, s)):.4f}"
        )
    print(f"last paragraph cut: {found(lambda one: replace(one, body=one.body[:-1])):.4f}")
    print(f"headline missing: {found(lambda one: replace(one, headline=None)):.4f}")
    strangers = sum(shelf.find(writer.article()) is not None for _ in range(pairs))
    print(f"of {pairs} new articles taken for one of {pairs} stored: {strangers}")


def templates(pairs: int) -> None:
    """Print how many of two siblings on one template are taken for one."""
    writer = Writer(2)
    merged = {"two days": 0, "one day": 0}
    for _ in range(pairs):
        one, other = writer.siblings()
        for name, date in (("two days", DAY + dt.timedelta(days=1)), ("one day", DAY)):
            verdict = dedupe.compare(one, DAY, other, date)
            merged[name] += verdict is not dedupe.Verdict.DIFFERENT
    for name, count in merged.items():
        print(f"of {pairs} pairs on one template, of {name}, taken for one: {count}")


def strangers(pairs: int) -> None:
    """Print how many of so many pairs of different articles are taken for one."""
    writer = Writer(3)
    some = [writer.article() for _ in range(int((2 * pairs) ** 0.5) + 2)]
    merged = checked = 0
    for at, one in enumerate(some):
        for other in some[:at]:
            if checked < pairs:
                checked += 1
                verdict = dedupe.compare(one, DAY, other, DAY)
                merged += verdict is not dedupe.Verdict.DIFFERENT
    print(f"of {checked} pairs of different articles taken for one: {merged}")


# -- many stored ------------------------------------------------------------------------------------


def fill(store: Store, count: int, seed: int) -> None:
    """Store so many articles at once, past the road: real texts, and keys as even as real ones are.

    What is looked up in such a store costs what it costs in one that was filled page by page.
    """
    writer = Writer(seed)
    texts = [to_json(writer.article(3)) for _ in range(500)]
    conn = store._db.conn
    first = store.count() + 1
    dice = random.Random(seed)
    with store.transaction():
        for start in range(first, first + count, 10_000):
            numbers = range(start, min(start + 10_000, first + count))
            keys = {number: sorted(dice.getrandbits(48) for _ in range(KEYS)) for number in numbers}
            conn.executemany(
                "insert into entries (id, guid, digest, published, updated, date, language,"
                " publication, article, keys) values (?, ?, ?, ?, ?, ?, 'zh-Hans', '样报', ?, ?)",
                (
                    (
                        number, f"tag:fill:{number}", f"{number:064x}", _second(number), _second(number),
                        _second(number)[:10], texts[number % len(texts)],
                        b"".join(key.to_bytes(6, "big") for key in keys[number]),
                    )
                    for number in numbers
                ),
            )  # fmt: skip
            conn.executemany(
                "insert into likenesses (key, entry) values (?, ?)",
                sorted((key, number) for number in numbers for key in keys[number]),
            )
            conn.executemany(
                "insert into sections (section, published, entry, rank, score) values (?, ?, ?, 0, 1)",
                ((SECTIONS[number % len(SECTIONS)], _second(number), number) for number in numbers),
            )


def _second(number: int) -> str:
    """A second of the past to itself, for each entry."""
    start = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)
    return (start + dt.timedelta(seconds=1000 * number)).isoformat()


def cost(shelf: Shelf, articles: list[Article]) -> tuple[float, float]:
    """Return the CPU, in ms an article, of looking up and of adding."""
    start = time.process_time()
    with shelf.store.transaction():
        for article in articles:
            shelf.find(article)
        looked = time.process_time()
        for article in articles:
            shelf.add(article)
    done = time.process_time()
    return (looked - start) / len(articles) * 1e3, (done - looked) / len(articles) * 1e3


def page_text(writer: Writer) -> str:
    """Return a page of six articles, set in lines of 20 letters."""
    blocks = []
    for _ in range(6):
        article = writer.article(3)
        lines = [article.headline or "", ""]
        for item in article.body:
            text = "　　" + item.text
            lines += [text[at : at + 20] for at in range(0, len(text), 20)]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def page_cost(store: Store, writer: Writer, size: int) -> float:
    """Return the CPU, in ms a page, of taking in whole pages."""
    pages = [
        RawPage(
            source="drop", name=f"{size}/{number}.txt", validator="1", date=DAY,
            data=page_text(writer).encode(),
        )
        for number in range(PAGES)
    ]  # fmt: skip
    config = Config(section=default_sections())
    ingest_pages(store, pages[:2], config, now=NOW)
    start = time.process_time()
    ingest_pages(store, pages[2:], config, now=NOW)
    return (time.process_time() - start) / (PAGES - 2) * 1e3


def keys_cost(shelf: Shelf, articles: list[Article]) -> float:
    """Return the CPU, in ms an article, of what datasketch does: sign, look up, keep the keys."""
    start = time.process_time()
    with shelf.store.transaction():
        for number, article in enumerate(articles, start=10_000_000):
            keys = dedupe.keys(article)
            shelf.store._sharing(keys)
            shelf.store._db.conn.executemany(
                "insert or ignore into likenesses (key, entry) values (?, ?)",
                [(key, number) for key in keys],
            )
    spent = (time.process_time() - start) / len(articles) * 1e3
    with shelf.store.transaction():
        shelf.store._db.conn.execute("delete from likenesses where entry >= 10000000")
    return spent


def peer(articles: list[Article], stored: int) -> tuple[float, float]:
    """Return datasketch's CPU, in ms an article, to sign, look up and keep; and its kB an article.

    Its LSH holds `stored` signatures of random numbers first, as many as fit the memory.
    """
    import numpy as np
    from datasketch import MinHash, MinHashLSH

    lsh = MinHashLSH(threshold=0.5, num_perm=128)
    blank = MinHash(num_perm=128)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    dice = np.random.default_rng(1)
    for number in range(stored):
        signature = blank.copy()
        signature.hashvalues = dice.integers(1, 2**32, 128).astype(blank.hashvalues.dtype)
        lsh.insert(f"f{number}", signature)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    start = time.process_time()
    for number, article in enumerate(articles):
        signature = MinHash(num_perm=128)
        text = dedupe._text(article)
        signature.update_batch([text[at : at + 3].encode() for at in range(len(text) - 2)])
        lsh.query(signature)
        lsh.insert(f"a{number}", signature)
    return (time.process_time() - start) / len(articles) * 1e3, held / stored


def many(sizes: list[int], stored: int) -> None:
    """Print what an article costs with so many stored."""
    writer = Writer(7)
    print("stored | look up | add | sign, find, keep | B an article | latest 50 | a page taken in")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "feeder.db"
        with Store(path) as store:
            shelf = Shelf(store)
            # Keys of entries that are not there, for a while: see `keys_cost`.
            store._db.conn.execute("pragma foreign_keys = off")
            for size in sizes:
                fill(store, size - store.count(), seed=size)
                articles = [writer.article() for _ in range(MEASURED)]
                paged = page_cost(store, writer, size)
                keyed = keys_cost(shelf, articles)
                looked, added = cost(shelf, articles)
                start = time.perf_counter()
                for section in SECTIONS[:10]:
                    store.latest(section, limit=50)
                latest = (time.perf_counter() - start) / 10 * 1e3
                per = (
                    store._db.execute(
                        "select sum(pgsize) from dbstat where name = 'likenesses'"
                    ).fetchone()[0]
                    / store.count()
                )
                print(
                    f"{size} | {looked:.2f} ms | {added:.2f} ms | {keyed:.2f} ms | {per:.0f} | {latest:.1f} ms | {paged:.1f} ms",
                    flush=True,
                )
    try:
        spent, held = peer([writer.article() for _ in range(MEASURED)], stored)
    except ImportError:
        print("datasketch is not installed: pip install datasketch")
    else:
        print(
            f"datasketch, {stored} stored: sign, find, keep {spent:.2f} ms; {held:.1f} kB an article"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=2000, help="twins and templates (2000)")
    parser.add_argument(
        "--stored", type=int, nargs="+", default=[], help="sizes of the store to measure at"
    )
    parser.add_argument(
        "--peer", type=int, default=20_000, help="articles that datasketch holds (20000)"
    )
    parser.add_argument("--strangers", type=int, default=100_000, help="pairs of others (100000)")
    options = parser.parse_args()
    if options.stored:
        many(sorted(options.stored), options.peer)
        return
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        with Store(Path(folder) / "feeder.db") as store:
            recall(Shelf(store), options.pairs)
        print(f"{time.process_time() - start:.1f} s")
    templates(options.pairs)
    strangers(options.strangers)
    print(
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
