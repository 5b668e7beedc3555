"""The search: what is found, what is not, in which order, and where it is marked."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import NOW, ZONE
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

import feeder.store as stores
from feeder.ledger import to_text
from feeder.model import Article, Byline, Placement
from feeder.store import Store
from feeder.store.rows import to_json
from feeder.store.schema import migrations
from feeder.store.words import fold, to_index, to_sought

Make = Callable[..., Article]
MORNING = dt.datetime(2026, 11, 22, 0, 59, 59, tzinfo=ZONE)
PLACED = (Placement(section="economy", score=0.5),)


def add(store: Store, article: Article, *, days: int = 0) -> int:
    published = MORNING + dt.timedelta(days=days)
    with store.transaction():
        return store.add_entry(
            article,
            guid="tag:example.org,2026:article/1",
            digest=to_json(article),
            keys=(),
            sections=PLACED,
            published=published,
            date=published.date(),
            language="zh-Hans",
            publication=None,
        )


def numbers(store: Store, words: str, *, newest_first: bool = False) -> list[int]:
    hits = store.search(words, limit=100, newest_first=newest_first)
    return [hit.entry.id for hit in hits]


@pytest.fixture(params=["waiting", "indexed"])
def shelf(request: pytest.FixtureRequest, store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store whose entries wait for the index, and one whose entries stand in it at once."""
    if request.param == "indexed":
        monkeypatch.setattr(stores, "_MOST_UNINDEXED", 1)
    return store


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ("桥", "菱江新桥，今日通车。", True),
        ("今日通车", "菱江新桥，今日通车。", True),
        ("桥今", "菱江新桥，今日通车。", False),
        ("新桥今日", "菱江新桥 今日通车。", False),
        ("菱江今日", "菱江新桥，今日通车。", False),
        ("新桥，今日", "菱江新桥，今日通车。", True),
        ("《菱江新桥》", "菱江新桥，今日通车。", True),
        ("江桥江", "江桥，桥江。", False),
        ("5G基站", "新建５Ｇ基站六座。", True),
        ("5g基站", "5G手机与基站。", False),
        ("5G基", "共25G基站。", False),
        ("A股", "沪A股收高。", True),
        ("Ａ股", "沪a股收高。", True),
        ("3.5", "增长3.5%，", True),
        ("3.5", "3人5车。", False),
        ("1200", "投资12000元。", True),
        ("200", "投资1200元。", False),
        ("50%", "完成50％。", True),
        ("50%", "完成50台。", False),
        ("harb", "The Harbour ferry", True),
        ("arbour", "The Harbour ferry", False),
        ("ferry HARBOUR", "The Harbour ferry", True),
        ("cafe", "Café Norden", True),
        ("straße", "Neue Strasse", True),
        ("don't", "They don’t know", True),
        ("林·史密", "林‧史密斯", True),
        ("桥樑", "新桥梁", False),
        ("臺灣", "台湾", False),
        ("𨋢口", "升降𨋢口", True),
        ("カフェ", "新开ｶﾌｪ一间", True),
    ],
)
def test_what_is_printed_together_is_found_together(
    shelf: Store, make_article: Make, words: str, text: str, found: bool
) -> None:
    add(shelf, make_article(text, headline="題"))

    assert bool(numbers(shelf, words)) is found


def test_nothing_is_found_across_the_parts_of_an_article(shelf: Store) -> None:
    article = Article(
        kicker="甲乙", headline="丙丁", deck="戊己", captions=("庚辛",),
        byline=Byline(reporters=("壬癸",)),
    )  # fmt: skip
    number = add(shelf, article)

    assert all(numbers(shelf, word) == [number] for word in ("甲乙", "丁", "戊己", "庚辛", "壬癸"))
    assert not any(numbers(shelf, word) for word in ("乙丙", "丁戊", "己庚", "辛壬"))


def test_words_in_the_title_come_first_then_the_newest(shelf: Store, make_article: Make) -> None:
    old_title = add(shelf, make_article("内容。", headline="菱江新桥"), days=1)
    old = add(shelf, make_article("菱江新桥通车。", headline="题"), days=2)
    title = add(shelf, make_article("内容。", headline="看菱江新桥"), days=3)
    new = add(shelf, make_article("说菱江新桥。", headline="题"), days=4)

    assert numbers(shelf, "江新桥") == [title, old_title, new, old]
    assert numbers(shelf, "江新桥", newest_first=True) == [new, title, old, old_title]


def test_a_revised_entry_is_found_by_its_new_words_only(shelf: Store, make_article: Make) -> None:
    number = add(shelf, make_article("共十二台。", headline="题"))

    with shelf.transaction():
        shelf.revise(
            number, make_article("共廿一辆。", headline="题"), digest="d", keys=(),
            sections=PLACED, now=NOW,
        )  # fmt: skip

    assert numbers(shelf, "十二台") == []
    assert numbers(shelf, "廿一辆") == [number]


def test_a_withdrawn_entry_is_not_found(shelf: Store, make_article: Make) -> None:
    number = add(shelf, make_article("共十二台。"))

    shelf.withdraw(number, now=NOW)

    assert numbers(shelf, "十二台") == []


def test_entries_go_into_the_index_many_at_a_time(
    store: Store, make_article: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "_MOST_UNINDEXED", 3)

    added = [add(store, make_article(f"第{n}篇文章。")) for n in range(4)]

    assert store._all("select entry from unindexed") == [{"entry": added[3]}]
    assert sorted(numbers(store, "篇文章")) == added


def test_the_marks_are_where_the_words_stand(shelf: Store, make_article: Make) -> None:
    text = "开头。" * 40 + "ＨＡＲＢＯＵＲ收割机，harbor。" + "结尾。" * 40
    add(shelf, make_article(text, headline="收割机来了"))

    (hit,) = shelf.search("收割机 harb", limit=5)

    marked = [hit.excerpt[start:end] for start, end in hit.marks]
    assert marked == ["ＨＡＲＢＯＵＲ收割机", "harbor"]
    assert hit.title_marks == ((0, 3),)
    assert len(hit.excerpt) <= 62


def test_an_excerpt_is_of_the_part_that_holds_the_words(shelf: Store, make_article: Make) -> None:
    add(shelf, make_article("内容。", headline="题", captions=("桥上的人",)))

    (hit,) = shelf.search("桥上", limit=5)

    assert (hit.excerpt, hit.marks) == ("桥上的人", ((0, 2),))


def test_a_whole_paragraph_may_be_sought(shelf: Store, make_article: Make) -> None:
    text = "".join(chr(0x4E00 + n) for n in range(600))
    number = add(shelf, make_article(f"前，{text}，后。"))

    assert numbers(shelf, text) == [number]
    assert numbers(shelf, text[:-1] + "零") == []


def test_an_index_of_the_earlier_form_is_made_anew(tmp_path: Path, make_article: Make) -> None:
    path = tmp_path / "feeder.db"
    articles = (make_article("云岭镇早稻收割。", headline="题"), make_article("撤下的早稻。"))
    with contextlib.closing(Database(path)) as old:
        migrations.apply(old, stop_before="search_without_places")
        for number, article in enumerate(articles, 1):
            time = to_text(MORNING + dt.timedelta(hours=number))
            old.execute(
                "insert into entries (id, guid, digest, published, updated, date, language,"
                " article, withdrawn) values (?, ?, '', ?, ?, '2026-11-22', 'zh-Hans', ?, ?)",
                [number, str(number), time, time, to_json(article), time if number == 2 else None],
            )
            old.execute(
                "insert into search (rowid, title, body) values (?, '题', '云岭 早稻')", [number]
            )
        old.conn.commit()

    with Store(path) as store:
        assert numbers(store, "早稻") == [1]
        assert numbers(store, "题") == [1]
        assert store._all("select * from unindexed") == []
        third = add(store, make_article("又见早稻。"), days=2)
        assert numbers(store, "早稻") == [third, 1]


LETTERS = st.text("早稻，\naＡé5.%'ｶﾞ𨋢\u00ad①", max_size=12)


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(LETTERS, LETTERS)
def test_the_index_names_every_article_that_holds_the_words(text: str, words: str) -> None:
    article = Article(headline=text)
    sought = to_sought(words)
    assume(sought.words and sought.stand_in(article))

    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        db.execute("create virtual table one using fts5 (tokens, detail = none, tokenize = ascii)")
        db.execute("insert into one values (?)", [to_index(article)])
        for in_title in (False, True):
            query = sought.to_query(in_title=in_title)
            assert db.execute("select rowid from one where one match ?", [query]).fetchone()
    assert sought.may_stand_in(to_json(article))


@given(LETTERS, LETTERS)
def test_marks_lie_apart_and_hold_the_words(text: str, words: str) -> None:
    sought = to_sought(words)

    marks = sought.marks(text)

    ends = [place for mark in marks for place in mark]
    assert ends == sorted(set(ends))
    assert all(any(word in fold(text[start:end]) for word in sought.words) for start, end in marks)
