"""What upkeep costs: the check, forgetting half of the articles, a checked backup.

    python benchmarks/upkeep.py [ARTICLES]

The articles are characters drawn at random, a hundred a page, over the last 60 days; 30 are kept.
"""

from __future__ import annotations

import datetime as dt
import random
import sys
import tempfile
import time
from pathlib import Path

from feeder import dedupe, upkeep
from feeder.config import Config, Storage, Upkeep
from feeder.model import Article, BodyItem, DatedBy, PageText, Placement
from feeder.store import Store, copies

NOW = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
CHARACTERS = [chr(0x4E00 + number) for number in range(3000)]
PAGE = 100


def fill(store: Store, articles: int) -> None:
    dice = random.Random(1)
    for at in range(0, articles, PAGE):
        day = (NOW - dt.timedelta(days=60 * (articles - at) // articles)).date()
        with store.transaction():
            page = store.keep_page(
                PageText(source="drop", name=f"{at}.txt", validator="1-1", text="文" * 10_000),
                digest=str(at),
                language="zh-Hans",
                date=day,
                dated_by=DatedBy.NAME,
                reason=None,
                now=NOW,
            )
            store.sight(page, [add(store, dice, day, page) for _ in range(PAGE)])


def add(store: Store, dice: random.Random, day: dt.date, page: int) -> int:
    text = "".join(dice.choices(CHARACTERS, k=400))
    article = Article(headline=text[:15], body=(BodyItem(type="p", text=text),))
    return store.add_entry(
        article,
        guid=f"tag:example.org,2026:article/{dedupe.digest(article)[:20]}",
        digest=dedupe.digest(article),
        keys=dedupe.keys(article),
        sections=(Placement(section="economy", score=0.5),),
        published=dt.datetime.combine(day, dt.time(1), dt.UTC),
        date=day,
        language="zh-Hans",
        publication="云岭晨报",
        page=page,
    )


def main() -> None:
    articles = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "feeder.db"
        config = Config(
            storage=Storage(database=path),
            upkeep=Upkeep(backups=Path(folder) / "backups", keep_days=30, keep_backups=2),
        )
        with Store(path) as store:
            fill(store, articles)
            print(f"{articles} articles, {path.stat().st_size / 1e6:.0f} MB")
            began = time.perf_counter()
            copies.find_damage(path, quick=True)
            print(f"quick check {time.perf_counter() - began:.2f} s")
            began = time.perf_counter()
            print(upkeep.upkeep(store, config, now=NOW))
            print(f"upkeep {time.perf_counter() - began:.1f} s")
        began = time.perf_counter()
        upkeep.back_up(config, now=NOW)
        print(f"backup {time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    main()
