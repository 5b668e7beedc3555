"""The store: what is kept, in which order, and what happens to a database that is none."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE

import pytest
from conftest import NOW, ZONE
from sqlite_utils import Database

from feeder import dedupe
from feeder.errors import StoreError
from feeder.model import Article, DatedBy, ForecastDay, PageText, Placement
from feeder.store import Store
from feeder.store.rows import to_json
from feeder.store.schema import migrations

Make = Callable[..., Article]
DAY = dt.date(2026, 11, 22)
WEEK = dt.timedelta(days=7)
MORNING = dt.datetime(2026, 11, 22, 0, 59, 59, tzinfo=ZONE)


def placed(*sections: str) -> tuple[Placement, ...]:
    return tuple(Placement(section=name, score=0.5) for name in sections)


def add(
    store: Store,
    article: Article,
    *,
    sections: tuple[str, ...] = ("economy",),
    published: dt.datetime = MORNING,
    date: dt.date = DAY,
    forecast: tuple[ForecastDay, ...] = (),
    publication: str = "云岭晨报",
) -> int:
    with store.transaction():
        return store.add_entry(
            article,
            guid=f"tag:example.org,2026:article/{dedupe.digest(article)[:20]}",
            digest=dedupe.digest(article),
            keys=dedupe.keys(article),
            sections=placed(*sections),
            forecast=forecast,
            published=published,
            date=date,
            language="zh-Hans",
            publication=publication,
        )


def page_text(name: str, text: str = "云岭镇早稻收割") -> PageText:
    return PageText(source="drop", name=name, validator="1-1", text=text, publication="云岭晨报")


def keep(store: Store, page: PageText) -> int:
    return store.keep_page(
        page,
        digest=str(hash(page.text)),
        language="zh-Hans",
        date=DAY,
        dated_by=DatedBy.NAME,
        reason=None,
        now=NOW,
    )


def test_an_entry_comes_back_as_it_was_stored(store: Store, make_article: Make) -> None:
    article = make_article("云岭镇早稻收割已过七成。", kicker="三夏时节", captions=("▲收割现场",))

    number = add(store, article, sections=("economy", "society"))

    (entry,) = store.latest(limit=10)
    assert entry.id == number
    assert entry.article == article
    assert entry.sections == ("economy", "society")
    assert entry.published == entry.updated == MORNING
    assert (entry.date, entry.language, entry.publication) == (DAY, "zh-Hans", "云岭晨报")


def test_no_two_entries_share_a_second_and_the_first_of_a_page_is_newest(
    store: Store, make_article: Make
) -> None:
    numbers = [add(store, make_article(f"第{n}篇文章的正文。")) for n in range(5)]

    latest = store.latest(limit=10)
    assert [entry.id for entry in latest] == numbers
    assert len({entry.published for entry in latest}) == 5
    assert len({entry.updated for entry in latest}) == 5


def test_two_articles_of_one_digest_have_two_guids(store: Store, make_article: Make) -> None:
    add(store, make_article("同一篇。"))
    add(store, make_article("同一篇。"))

    assert len({entry.guid for entry in store.entries()}) == 2


def test_a_revision_keeps_the_guid_and_the_old_text(store: Store, make_article: Make) -> None:
    old, new = make_article("共12台。"), make_article("共21台。")
    number = add(store, old)
    (before,) = store.latest(limit=1)

    with store.transaction():
        store.revise(
            number, new, digest=dedupe.digest(new), keys=dedupe.keys(new),
            sections=placed("labour"), now=NOW,
        )  # fmt: skip

    (after,) = store.latest(limit=1)
    assert (after.guid, after.published) == (before.guid, before.published)
    assert after.updated == NOW
    assert after.article == new
    assert [revision.article for revision in after.revisions] == [old]
    assert store.sections() == ("labour",)


def revise(store: Store, number: int, text: Article, now: dt.datetime) -> None:
    with store.transaction():
        store.revise(number, text, digest="d", keys=(1,), sections=placed("economy"), now=now)


def test_many_revisions_in_one_run_are_apart_and_none_is_of_the_future(
    store: Store, make_article: Make
) -> None:
    numbers = [add(store, make_article(f"第{n}篇文章的正文。")) for n in range(40)]

    for number in numbers:
        revise(store, number, make_article("改过。"), NOW)

    updates = [entry.updated for entry in store.entries()]
    assert len(set(updates)) == 40
    assert max(updates) == NOW
    assert min(updates) > max(entry.published for entry in store.entries())


def test_a_revision_is_later_than_the_one_before_it(store: Store, make_article: Make) -> None:
    number = add(store, make_article("第一稿。"))
    updates = []

    for text in ("第二稿。", "第三稿。", "第四稿。"):
        revise(store, number, make_article(text), NOW)
        updates.append(store.latest(limit=1)[0].updated)

    assert updates == sorted(set(updates))


@pytest.mark.parametrize("is_revised", [False, True])
def test_the_thousandth_article_of_a_day_costs_as_much_as_the_tenth(
    store: Store, make_article: Make, is_revised: bool
) -> None:
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    def costs(n: int) -> int:
        nonlocal steps
        number = add(store, make_article(f"第{n}篇文章的正文。"))
        before = steps
        if is_revised:
            revise(store, number, make_article(f"第{n}篇，改过。"), NOW)
        else:
            add(store, make_article(f"第{n}篇，另一稿。"))
        return steps - before

    store._db.conn.set_progress_handler(count, 10)  # ten steps of SQLite's own machine

    spent = [costs(n) for n in range(300)]

    assert sum(spent[-50:]) < 1.5 * sum(spent[10:60])


def test_where_an_entry_stands_is_kept_with_its_score_and_topic(
    store: Store, make_article: Make
) -> None:
    told = (
        Placement(section="living", score=0.41, topic="medtop:10000000"),
        Placement(section="towns", score=0.9),
    )
    number = add(store, make_article("甲文。"))

    with store.transaction():
        store.refile(number, told)

    assert store.placements(number) == told
    (entry,) = store.latest(limit=1)
    assert (entry.sections, entry.topics) == (("living", "towns"), ("medtop:10000000",))
    assert entry.updated == entry.published


def test_a_forecast_is_kept_and_the_latest_of_each_paper_found(
    store: Store, make_article: Make
) -> None:
    days = (
        ForecastDay(date=DAY, text="多云", low=-3, high=5, unit="C", wind="北风3级"),
        ForecastDay(date=DAY + dt.timedelta(days=1), text="晴"),
    )
    add(store, make_article("昨天的预报。"), forecast=days[:1], published=MORNING - WEEK)
    latest = add(store, make_article("今天的预报。"), forecast=days)
    other = add(
        store, make_article("他报的预报。"), forecast=days[1:], publication="晚报",
        published=MORNING - WEEK,
    )  # fmt: skip
    add(store, make_article("不是预报。"), published=MORNING + dt.timedelta(hours=1))
    over = (ForecastDay(date=DAY - WEEK, text="晴"),)
    add(store, make_article("已过。"), forecast=over, publication="旧报", published=MORNING - WEEK)

    found = store.forecasts()

    assert [(entry.id, entry.forecast) for entry in found] == [(latest, days), (other, days[1:])]
    with store.transaction():
        store.withdraw(latest, now=NOW)
        store.refile(other, (), forecast=())
    assert [entry.article.text for entry in store.forecasts()] == ["昨天的预报。"]


def test_facts_are_remembered(store: Store) -> None:
    assert store.ledger.remembered("sections") is None

    for value in ("one", "two"):
        with store.transaction():
            store.ledger.remember("sections", value)

    assert store.ledger.remembered("sections") == "two"


def test_sections_are_read_newest_first_and_counted(store: Store, make_article: Make) -> None:
    first = add(store, make_article("甲文。"), sections=("weather",))
    second = add(
        store,
        make_article("乙文。"),
        sections=("economy", "weather"),
        published=MORNING + dt.timedelta(days=1),
        date=DAY + dt.timedelta(days=1),
    )

    assert [entry.id for entry in store.latest("weather", limit=5)] == [second, first]
    assert [entry.id for entry in store.latest("weather", limit=1, offset=1)] == [first]
    assert (store.count(), store.count("weather"), store.count("economy")) == (2, 2, 1)
    assert store.sections() == ("economy", "weather")
    assert [entry.id for entry in store.entries()] == [second, first]


def test_a_withdrawn_entry_leaves_a_tombstone_only(store: Store, make_article: Make) -> None:
    number = add(store, make_article("撤下的文章。"))

    assert store.withdraw(number, now=NOW)
    assert not store.withdraw(number, now=NOW)
    assert not store.withdraw(999, now=NOW)

    assert store.latest(limit=5) == ()
    assert store.sections() == ()
    assert store.search("文章", limit=5) == ()
    assert [entry.id for entry in store.withdrawn()] == [number]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("稻", True),
        ("早稻", True),
        ("云岭镇早稻", True),
        ("林可欣", True),
        ("稻早", False),
        ("成比", False),  # punctuation parts them
        ("harvest", True),
        ("harv", True),
        ("arvest", False),
        ("早稻 harvest", True),
        ("早稻 小麦", False),
        ("", False),
        ("“”，", False),
        ('"', False),
        ("NOT early*", False),
    ],
)
def test_words_of_any_length_are_found(
    store: Store, make_article: Make, words: str, found: bool
) -> None:
    add(
        store,
        make_article("云岭镇早稻收割已过七成，比去年快。Early Harvest 12", captions=("林可欣 摄",)),
    )

    assert bool(store.search(words, limit=5)) is found


def test_an_excerpt_shows_the_words(store: Store, make_article: Make) -> None:
    add(store, make_article("开头。" * 40 + "收割机六十四台。" + "结尾。" * 40))

    (hit,) = store.search("收割机", limit=5)

    assert "收割机六十四台" in hit.excerpt
    assert len(hit.excerpt) <= 64


def test_twins_are_found_by_digest_and_by_likeness(store: Store, make_article: Make) -> None:
    text = "云岭镇今年种植早稻一万二千亩，投入收割机六十四台，每亩补贴三十元，烘干点昼夜不停。"
    article, near = make_article(text), make_article(text.replace("三十", "五十"))
    other = make_article("石杼小学新校区明年九月开学。")
    number = add(store, article)
    add(store, other)

    exact = store.candidates(dedupe.digest(article), ())
    likely = store.candidates(dedupe.digest(near), dedupe.keys(near))

    assert [one.id for one in exact] == [number]
    assert [one.id for one in likely] == [number]


def test_a_page_remembers_which_entries_it_showed(store: Store, make_article: Make) -> None:
    number = add(store, make_article("两个版面都有。"))
    with store.transaction():
        store.sight(keep(store, page_text("a01.txt")), [number])
        store.sight(keep(store, page_text("a02.txt", "另一版")), [number])

    (entry,) = store.latest(limit=1)

    assert [sighting.page_name for sighting in entry.sightings] == ["a01.txt", "a02.txt"]


def test_what_was_dealt_with_is_remembered_failures_too(store: Store) -> None:
    with store.transaction():
        store.record_document("drop", "a.txt", "1-1", reason=None, now=NOW)
        store.record_document("drop", "b.txt", "2-2", reason="is empty; send it again", now=NOW)

    assert store.ledger.seen("drop", "a.txt") == "1-1"
    assert store.ledger.seen("drop", "c.txt") is None
    status = store.status()
    assert [(one.name, one.reason) for one in status.failures] == [
        ("b.txt", "is empty; send it again")
    ]
    assert (status.sources[0].seen, status.sources[0].failed) == (2, 1)


def test_a_transaction_that_fails_leaves_nothing(store: Store, make_article: Make) -> None:
    def half_way() -> None:
        with store.transaction():
            store.record_document("drop", "a.txt", "1-1", reason=None, now=NOW)
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError):
        half_way()

    assert store.ledger.seen("drop", "a.txt") is None


def test_a_second_writer_waits_for_the_first(store: Store, tmp_path: Path) -> None:
    with Store(store.path) as other, store.transaction():
        store.record_document("drop", "a.txt", "1-1", reason=None, now=NOW)

        assert other.ledger.seen("drop", "a.txt") is None

    assert store.ledger.seen("drop", "a.txt") == "1-1"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"this is a text file and no database at all, longer than a header " * 9, "backup"),
        (b"SQLite format 3\0" + b"\xff" * 4000, "backup"),
    ],
)
def test_a_file_that_is_no_database_is_told_and_left_alone(
    tmp_path: Path, data: bytes, words: str
) -> None:
    path = tmp_path / "feeder.db"
    path.write_bytes(data)

    with pytest.raises(StoreError, match=words):
        Store(path)

    assert path.read_bytes() == data


def test_a_database_of_a_newer_feeder_is_refused(store: Store) -> None:
    with sqlite3.connect(store.path) as connection:
        connection.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at)"
            " values ('feeder', 'of_tomorrow', '2030-01-01')"
        )
    connection.close()

    with pytest.raises(StoreError, match="newer feeder"):
        Store(store.path)


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "feeder.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table pages (id integer, title text)")
    connection.close()
    before = path.read_bytes()

    with pytest.raises(StoreError, match="another program's database"):
        Store(path)

    assert path.read_bytes() == before


OPENER = """
import sys
from pathlib import Path
from feeder.store import Store
from feeder.store.rows import to_json
from feeder.store.schema import migrations
print("ready", flush=True)
sys.stdin.readline()
for n in range(20):
    with Store(Path(sys.argv[1]) / f"{n}.db") as store:
        store.status()
"""


def test_several_programs_may_be_the_first_to_open_a_database(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPENER, str(tmp_path)]
    with contextlib.ExitStack() as stack:
        openers = [
            stack.enter_context(
                subprocess.Popen(
                    command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True, encoding="utf-8"
                )
            )
            for _ in range(4)
        ]
        for opener in openers:
            assert opener.stdout
            opener.stdout.readline()
        for opener in openers:
            assert opener.stdin
            opener.stdin.write("\n")
            opener.stdin.flush()
        told = [opener.communicate()[1] for opener in openers]

    assert told == [""] * 4


def test_a_full_disk_is_told_as_that_and_nothing_is_kept_by_halves(
    store: Store, make_article: Make
) -> None:
    (pages,) = store._db.execute("pragma page_count").fetchone()
    store._db.execute(f"pragma max_page_count = {pages + 2}")

    def fill() -> None:
        for n in range(500):
            add(store, make_article(f"第{n}篇。" * 50))

    with pytest.raises(StoreError, match="make room on the disk"):
        fill()

    assert len(store.search("篇", limit=500)) == store.count()
    store._db.execute("pragma max_page_count = 100000")
    add(store, make_article("有了地方。"))


def test_a_database_of_the_first_version_is_brought_up_to_date(
    tmp_path: Path, make_article: Make
) -> None:
    path = tmp_path / "feeder.db"
    article = make_article("云岭镇早稻收割已过七成。")
    with contextlib.closing(Database(path)) as old:
        migrations.apply(old, stop_before="entries_know_their_page")
        old.execute(
            "insert into pages values (7, 'drop', 'a.txt', 'd', 't', null, 'zh-Hans',"
            " '2026-11-22', 'name', '2026-11-22T01:00:00+00:00', null)"
        )
        old.execute(
            "insert into entries values (1, 'tag:example.org,2026:article/1', ?,"
            " '2026-11-21T16:59:59+00:00', '2026-11-21T16:59:59+00:00', '2026-11-22', 'zh-Hans',"
            " null, ?, null)",
            [dedupe.digest(article), to_json(article)],
        )
        old.execute("insert into sightings values (7, 0, 1)")

    with Store(path) as store:
        (candidate,) = store.candidates(dedupe.digest(article), ())
        (entry,) = store.entries()

    assert (candidate.page, candidate.lost) == (7, False)
    assert (entry.article, entry.published) == (article, MORNING)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no folder"):
        Store(tmp_path / "missing" / "feeder.db")


def test_the_tables_are_checked_by_sqlite_itself(store: Store, make_article: Make) -> None:
    add(store, make_article("一篇。"))

    connection = sqlite3.connect(store.path)
    assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
    connection.close()
