"""The whole road: documents in, entries in the store, each page once and whole or not at all."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import NOW, ZONE

from feeder import dedupe
from feeder.config import Config, Section, made
from feeder.errors import SourceError
from feeder.ingest import NO_ARTICLE, ingest_pages, ingest_source, refile, reparse
from feeder.ledger import EventKind
from feeder.model import Article, Counts, Page, RawPage, Refusal
from feeder.parse import parse_page
from feeder.publish import publish
from feeder.store import Store

Make = Callable[..., Article]
STORY = """\
云岭镇早稻收割过七成

晨报讯（记者/周明远 通讯员/林可
欣）昨日，记者从云岭镇农业服务中
心获悉，今年云岭镇早稻收割已过七
成，比去年同期快了五天，预计本月
底前全部收完。全镇投入收割机64台，
每亩补贴30元，烘干点昼夜不停。
"""
OTHER = """\
石杼小学新校区明年九月开学

晨报讯（记者/何田）石杼小学新校区
主体结构日前封顶，总投资1.2亿元，
设36个教学班，可提供学位1620个，
计划明年九月投入使用，周边三个小
区的孩子可以就近入学。
"""


def raw(text: str, name: str = "a01.txt", validator: str = "1-1", **told: object) -> RawPage:
    return RawPage(source="drop", name=name, validator=validator, data=text.encode(), **told)  # type: ignore[arg-type]


def take(store: Store, config: Config, *pages: RawPage | Refusal) -> Counts:
    return ingest_pages(store, pages, config, now=NOW)


def totals(counts: Counts) -> tuple[int, int, int, int, int]:
    return counts.pages, counts.new, counts.revised, counts.same, counts.failed


def test_a_new_page_brings_its_articles(store: Store, config: Config) -> None:
    counts = take(store, config, raw(STORY, date=dt.date(2026, 11, 22)))

    (entry,) = store.latest(limit=5)
    assert totals(counts) == (1, 1, 0, 0, 0)
    assert entry.article.headline == "云岭镇早稻收割过七成"
    assert entry.article.byline.reporters == ("周明远",)
    assert entry.date == dt.date(2026, 11, 22)
    assert entry.published == dt.datetime(2026, 11, 22, 0, 59, 59, tzinfo=ZONE)
    assert entry.guid.startswith("tag:example.org,2026:article/")
    assert entry.sections


@pytest.mark.parametrize(
    "text", [STORY, STORY.replace("\n", "\r\n"), "\ufeff" + STORY, STORY.replace("\n", "  \n")]
)
def test_the_same_page_under_another_name_adds_a_sighting_and_nothing_else(
    store: Store, config: Config, text: str
) -> None:
    take(store, config, raw(STORY))
    (before,) = store.latest(limit=5)

    counts = take(store, config, raw(text, name="copy/a01.txt"))

    (after,) = store.latest(limit=5)
    assert totals(counts) == (1, 0, 0, 1, 0)
    assert after.updated == before.updated
    assert [sighting.page_name for sighting in after.sightings] == ["a01.txt", "copy/a01.txt"]


def test_a_page_that_is_only_touched_keeps_its_date(store: Store, config: Config) -> None:
    monday = dt.datetime(2026, 11, 23, 8, tzinfo=ZONE)
    take(store, config, raw(STORY, modified=monday - dt.timedelta(days=3)))

    take(store, config, raw(STORY, validator="2-2", modified=monday))
    (touched,) = store.latest(limit=1)
    take(store, config, raw(STORY, validator="3-3", date=dt.date(2026, 11, 19)))
    (named,) = store.latest(limit=1)

    assert [sighting.date for sighting in touched.sightings] == [dt.date(2026, 11, 20)]
    assert [sighting.date for sighting in named.sightings] == [dt.date(2026, 11, 19)]
    assert named.published == touched.published


def test_a_corrected_page_keeps_its_guid(store: Store, config: Config) -> None:
    take(store, config, raw(STORY, date=dt.date(2026, 11, 22)))
    (before,) = store.latest(limit=5)

    corrected = STORY.replace("64台", "46台")
    counts = take(store, config, raw(corrected, validator="2-2", date=dt.date(2026, 11, 22)))

    (after,) = store.latest(limit=5)
    assert totals(counts) == (1, 0, 1, 0, 0)
    assert (after.guid, after.published) == (before.guid, before.published)
    assert after.updated > before.updated
    assert "46台" in after.article.text
    assert "64台" in after.revisions[0].article.text
    assert after.revisions[0].corrected


def test_the_same_pages_give_the_same_guids_in_another_store(
    config: Config, tmp_path: Path
) -> None:
    guids = []
    for name in ("one.db", "two.db"):
        with Store(tmp_path / name) as store:
            take(store, config, raw(STORY), raw(OTHER, name="a02.txt"))
            guids.append({entry.guid for entry in store.entries()})

    assert guids[0] == guids[1]
    assert len(guids[0]) == 2


def test_a_withdrawn_article_does_not_come_back(store: Store, config: Config) -> None:
    take(store, config, raw(STORY))
    store.withdraw(store.latest(limit=1)[0].id, now=NOW)

    counts = take(store, config, raw(STORY, name="again.txt"))

    assert totals(counts) == (1, 0, 0, 1, 0)
    assert store.count() == 0


def test_a_bad_page_is_told_and_the_others_are_done(store: Store, config: Config) -> None:
    unread = Refusal(source="drop", name="c.txt", validator="3-3", reason="cannot be read")
    binary = RawPage(source="drop", name="b.txt", validator="2-2", data=b"%PDF-1.7")

    counts = take(store, config, binary, unread, raw(STORY))

    assert totals(counts) == (3, 1, 0, 0, 2)
    assert [name for name, _ in counts.failures] == ["b.txt", "c.txt"]
    assert {one.name for one in store.status().failures} == {"b.txt", "c.txt"}


def test_a_page_of_which_nothing_can_be_made_is_recorded_as_failed(
    store: Store, config: Config
) -> None:
    counts = take(store, config, raw("A04\n2026年11月24日 星期二\n"))

    assert totals(counts) == (1, 0, 0, 0, 1)
    assert counts.failures == (("a01.txt", NO_ARTICLE),)
    assert store.status().failures[0].reason == NO_ARTICLE


def test_a_refusal_is_an_event_once_until_its_reason_changes(store: Store, config: Config) -> None:
    empty = "A04\n2026年11月24日 星期二\n"
    take(store, config, raw(empty))
    take(store, config, raw(empty + "\n", validator="2-2"))
    take(store, config, raw("\0" * 99, validator="3-3"))
    take(store, config, raw(STORY, validator="4-4"))

    told = store.ledger.events(limit=9)
    assert [event.kind for event in told] == [EventKind.REFUSAL] * 2
    assert told[1].text == f"a01.txt: {NO_ARTICLE}"
    assert told[0].text != told[1].text


def test_every_page_of_a_document_of_which_nothing_could_be_made_is_named(
    store: Store, config: Config
) -> None:
    empty = "A04\n2026年11月24日 星期二\n"
    pages = [STORY, *[empty] * 2, OTHER, *[empty] * 12]

    counts = take(store, config, raw("\f".join(pages)))

    assert totals(counts) == (16, 2, 0, 0, 14)
    (event,) = store.ledger.events(limit=9)
    named = "#3, #5, #6, #7, #8, #9, #10, #11, #12, #13"
    assert event.text == f"a01.txt: #2: {NO_ARTICLE} (and {named}, …)"
    assert store.status().failures[0].reason == event.text.removeprefix("a01.txt: ")


def test_each_look_at_a_source_is_remembered_and_its_trouble_told_once(
    store: Store, config: Config
) -> None:
    (source,) = config.source
    assert source.folder
    times = [NOW + dt.timedelta(minutes=n) for n in range(4)]
    ingest_source(store, source, config, now=times[0])
    source.folder.rmdir()
    for now in times[1:3]:
        with pytest.raises(SourceError):
            ingest_source(store, source, config, now=now)
    missing = store.ledger.source_states()["drop"]
    source.folder.mkdir()
    ingest_source(store, source, config, now=times[3])

    assert (missing.last_run, missing.last_success, missing.failures) == (times[2], times[0], 2)
    assert missing.trouble
    back = store.ledger.source_states()["drop"]
    assert (back.last_success, back.failures, back.trouble) == (times[3], 0, None)
    told = [(event.kind, event.subject) for event in store.ledger.events(limit=9)]
    assert told == [(EventKind.RECOVERY, "drop"), (EventKind.FAILURE, "drop")]


def test_a_source_is_asked_only_for_what_is_new(store: Store, config: Config) -> None:
    (source,) = config.source
    assert source.folder
    (source.folder / "a01.txt").write_text(STORY, encoding="utf-8")
    (source.folder / "empty.txt").write_bytes(b"")

    first = ingest_source(store, source, config, now=NOW)
    second = ingest_source(store, source, config, now=NOW)
    (source.folder / "a02.txt").write_text(OTHER, encoding="utf-8")
    third = ingest_source(store, source, config, now=NOW)

    assert totals(first) == (2, 1, 0, 0, 1)
    assert totals(second) == (0, 0, 0, 0, 0)
    assert totals(third) == (1, 1, 0, 0, 0)


def test_several_pages_in_one_document_are_taken_once(store: Store, config: Config) -> None:
    (source,) = config.source
    assert source.folder
    (source.folder / "both.txt").write_text(f"{STORY}\f{OTHER}", encoding="utf-8")

    first = ingest_source(store, source, config, now=NOW)
    second = ingest_source(store, source, config, now=NOW)

    assert totals(first) == (2, 2, 0, 0, 0)
    assert totals(second) == (0, 0, 0, 0, 0)


def test_a_run_that_is_stopped_leaves_the_rest_for_the_next(store: Store, config: Config) -> None:
    (source,) = config.source
    assert source.folder
    for n, text in enumerate((STORY, OTHER)):
        (source.folder / f"a{n}.txt").write_text(text, encoding="utf-8")

    first = ingest_source(store, source, config, now=NOW, stop=lambda: True)
    second = ingest_source(store, source, config, now=NOW)

    assert (first.new, second.new) == (1, 1)


def test_a_reparse_keeps_every_guid_and_withdraws_what_is_joined(
    store: Store, config: Config
) -> None:
    take(store, config, raw(STORY), raw(OTHER, name="a02.txt"))
    before = {entry.guid for entry in store.entries()}

    def better(text: str) -> Page:
        page = parse_page(text)
        articles = [type(one)(**{**vars(one), "deck": "新的副题"}) for one in page.articles]
        return type(page)(**{**vars(page), "articles": tuple(articles)})

    same = reparse(store, config, now=NOW)
    counts = reparse(store, config, now=NOW, parse=better)

    assert totals(same) == (2, 0, 0, 2, 0)
    assert totals(counts) == (2, 0, 2, 0, 0)
    assert {entry.guid for entry in store.entries()} == before
    assert {entry.article.deck for entry in store.entries()} == {"新的副题"}
    assert not any(one.corrected for entry in store.entries() for one in entry.revisions)


def parsed(*articles: Article) -> Callable[[str], Page]:
    """A parser that makes these of any page."""
    return lambda text: Page(articles=articles)


def sentences(seed: int, count: int) -> str:
    dice = random.Random(seed)
    letters = "云岭镇早稻收割快于去年农户合作社机手烘干补贴亩产公斤预计本月完成海港列车图书剧场"
    return "".join("".join(dice.choices(letters, k=20)) + "。" for _ in range(count))


def test_a_reparse_leaves_a_corrected_article_corrected(store: Store, config: Config) -> None:
    take(store, config, raw(STORY))
    take(store, config, raw(STORY.replace("64台", "46台"), validator="2-2"))
    (before,) = store.latest(limit=5)

    counts = reparse(store, config, now=NOW + dt.timedelta(days=1))

    assert totals(counts) == (2, 0, 0, 2, 0)
    assert store.latest(limit=5) == (before,)


@pytest.mark.parametrize("lengths", [(20, 8), (8, 20), (8, 20, 18), (10, 10, 10)])
def test_a_reparse_that_parts_an_article_loses_none_of_it(
    store: Store, config: Config, make_article: Make, lengths: tuple[int, ...]
) -> None:
    texts = [sentences(seed, count) for seed, count in enumerate(lengths)]
    take(store, config, raw(STORY))
    reparse(store, config, now=NOW, parse=parsed(make_article(*texts)))
    (joined,) = store.latest(limit=5)

    counts = reparse(store, config, now=NOW, parse=parsed(*(make_article(one) for one in texts)))

    parts = store.latest(limit=5)
    assert totals(counts) == (1, len(texts) - 1, 1, 0, 0)
    assert {entry.article.text for entry in parts} == set(texts)
    assert joined.guid in {entry.guid for entry in parts}


def test_what_a_reparse_lost_comes_back_but_not_what_an_editor_withdrew(
    store: Store, config: Config, make_article: Make
) -> None:
    one, lost, unwanted = (make_article(sentences(seed, 9)) for seed in range(3))
    take(store, config, raw(STORY))
    reparse(store, config, now=NOW, parse=parsed(one, lost, unwanted))
    before = {entry.article: entry for entry in store.entries()}
    store.withdraw(before[unwanted].id, now=NOW)

    reparse(store, config, now=NOW, parse=parsed(one))
    meanwhile = {entry.article for entry in store.entries()}
    reparse(store, config, now=NOW, parse=parsed(one, lost, unwanted))

    after = {entry.article: entry for entry in store.entries()}
    assert meanwhile == {one}
    assert set(after) == {one, lost}
    assert after[lost].guid == before[lost].guid
    assert after[lost].sections == before[lost].sections
    assert after[lost].revisions == ()


def test_two_notices_on_one_template_on_one_page_are_two_entries(
    store: Store, config: Config, make_article: Make
) -> None:
    notice = "石杼村{}先生遗失土地承包经营权证一本，证号尾数第{}号，声明作废，请拾获者联系。"
    first, second = (make_article(notice.format(*one)) for one in (("周", 8812), ("林", 8947)))
    corrected = make_article(notice.format("周", 8821))
    take(store, config, raw(STORY))

    counts = reparse(store, config, now=NOW, parse=parsed(first, second))
    before = {entry.article: entry.guid for entry in store.entries()}
    again = reparse(store, config, now=NOW, parse=parsed(corrected, second))
    after = {entry.article: entry.guid for entry in store.entries()}

    assert totals(counts) == (1, 2, 0, 0, 0)
    assert totals(again) == (1, 0, 1, 1, 0)
    assert after == {corrected: before[first], second: before[second]}


@pytest.mark.parametrize("is_teaser_first", [True, False])
def test_a_teaser_beside_its_article_is_one_entry_with_the_whole_text(
    store: Store, config: Config, make_article: Make, is_teaser_first: bool
) -> None:
    lead = sentences(1, 5)
    whole, teaser = make_article(lead, sentences(2, 20)), make_article(lead, headline="导读")
    parse = parsed(teaser, whole) if is_teaser_first else parsed(whole, teaser)
    take(store, config, raw(STORY))

    first = reparse(store, config, now=NOW, parse=parse)
    second = reparse(store, config, now=NOW, parse=parse)

    assert totals(first) == (1, 1, 0, 1, 0)
    assert totals(second) == (1, 0, 0, 2, 0)
    assert [entry.article for entry in store.entries()] == [whole]


def test_an_article_is_never_newer_than_now(store: Store, config: Config) -> None:
    take(store, config, raw(STORY, date=NOW.date() + dt.timedelta(days=1)))

    assert store.latest(limit=1)[0].published <= NOW


def test_ten_thousand_identical_articles_are_one(store: Store, config: Config) -> None:
    counts = take(store, config, *(raw(STORY, name=f"{n}.txt") for n in range(200)))

    assert totals(counts) == (200, 1, 0, 199, 0)


@pytest.mark.timeout(120)
def test_one_line_of_five_megabytes_goes_all_the_way(store: Store, config: Config) -> None:
    counts = take(
        store, config, raw("云岭镇早稻收割已过七成，" * 400_000), raw(STORY, name="b.txt")
    )

    published = publish(store, config)

    assert totals(counts) == (2, 2, 0, 0, 0)
    assert "all/rss.xml" in published.written
    assert publish(store, config).written == ()


CHILD = """
import sys
from pathlib import Path
from feeder.cli import main
sys.argv = ["feeder", "--config", sys.argv[1], "ingest"]
main()
"""


@pytest.mark.timeout(120)
def test_a_run_that_is_killed_leaves_whole_pages_and_the_next_completes_them(
    config: Config, tmp_path: Path
) -> None:
    dice = random.Random(20261124)
    (source,) = config.source
    assert source.folder
    for n in range(40):
        story = STORY.replace("云岭", f"云岭第{n}").replace("64台", f"{100 + 7 * n}台")
        (source.folder / f"{n:02}.txt").write_text(f"{story}\f{OTHER}", encoding="utf-8")

    for _ in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path / "config.toml")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUTF8": "1"},
        )
        time.sleep(dice.uniform(0.3, 0.9))
        child.send_signal(signal.SIGKILL)
        child.wait()
        if config.storage.database.exists():
            connection = sqlite3.connect(config.storage.database)
            assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
            connection.close()

    with Store(config.storage.database) as store:
        ingest_source(store, source, config, now=NOW)
        shown = {sighting.page_name for entry in store.entries() for sighting in entry.sightings}
        assert len(shown) == 80
        assert store.status().failures == ()


# -- forecasts and sections -----------------------------------------------------------------------

WEATHER = """\
冷空气到访 出门记得添衣

晨报讯（记者/周明远）据云岭气象台
预计，受冷空气影响，本周我市气温先
升后降，早晚偏凉，请市民注意添衣。

具体天气预报如下：

{list}
"""


def weather(printed: str) -> str:
    return WEATHER.format(list=printed)


def days_of(store: Store) -> list[tuple[str, str, int | None, int | None]]:
    (entry,) = store.latest(limit=5)
    return [(day.date.isoformat(), day.text, day.low, day.high) for day in entry.forecast]


def test_the_days_of_a_forecast_are_kept_over_the_end_of_a_year(
    store: Store, config: Config
) -> None:
    printed = "12月30日，多云，3-9℃；31日，阴天；1日，小雪，-3～2℃；2日，晴，-1～6℃。"
    now = dt.datetime(2027, 3, 2, 8, tzinfo=ZONE)

    ingest_pages(store, [raw(weather(printed), modified=now)], config, now=now)

    assert days_of(store) == [
        ("2026-12-30", "多云", 3, 9),
        ("2026-12-31", "阴天", None, None),
        ("2027-01-01", "小雪", -3, 2),
        ("2027-01-02", "晴", -1, 6),
    ]
    (entry,) = store.latest(limit=5)
    assert (entry.date, entry.sections[0]) == (dt.date(2026, 12, 30), "weather")


def test_days_that_cannot_be_read_stay_text_and_are_noted(
    store: Store, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    printed = "2月28日，多云，3-9℃；2月30日，晴，1-2℃；3月1日，阴，25-12℃；3月2日，晴，5-9℃。"

    take(store, config, raw(weather(printed), date=dt.date(2026, 2, 28)))

    assert [day[0] for day in days_of(store)] == ["2026-02-28", "2026-03-02"]
    (entry,) = store.latest(limit=5)
    assert "2月30日，晴，1-2℃" in entry.article.text
    noted = [record.getMessage() for record in caplog.records if "left as text" in record.message]
    assert noted == [
        "a01.txt: no day of a forecast, left as text: 2月30日，晴，1-2℃",
        "a01.txt: no day of a forecast, left as text: 3月1日，阴，25-12℃",
    ]


def test_a_corrected_forecast_replaces_the_days(store: Store, config: Config) -> None:
    printed = "11月22日，多云，15-22℃；23日，阴天，13-19℃；24日，晴，12-20℃。"
    told = {"date": dt.date(2026, 11, 22)}
    take(store, config, raw(weather(printed), **told))

    corrected = weather(printed.replace("13-19℃", "13-17℃"))
    counts = take(store, config, raw(corrected, validator="2-2", **told))

    assert totals(counts) == (1, 0, 1, 0, 0)
    assert [(low, high) for *_, low, high in days_of(store)] == [(15, 22), (13, 17), (12, 20)]


def test_other_sections_file_every_article_again_and_update_none(
    store: Store, config: Config
) -> None:
    printed = "11月22日，多云，15-22℃；23日，阴天，13-19℃；24日，晴，12-20℃。"
    take(store, config, raw(STORY), raw(weather(printed), name="a02.txt"))
    assert refile(store, config) == 2
    assert refile(store, config) == 0
    before = {entry.id: (entry.updated, entry.forecast) for entry in store.entries()}

    own = replace(
        config,
        section=(
            made(Section, id="sky", title="天气", topics=("weather",)),
            made(Section, id="towns", title="乡镇", words=("云岭镇",)),
        ),
    )

    assert refile(store, own) == 2
    placed = {entry.article.headline: entry.sections for entry in store.entries()}
    assert placed["冷空气到访 出门记得添衣"] == ("sky",)
    assert placed["云岭镇早稻收割过七成"][-1] == "towns"
    assert {entry.id: (entry.updated, entry.forecast) for entry in store.entries()} == before
    assert set(store.sections()) <= {"sky", "towns"}


def test_a_reading_that_runs_two_articles_into_one_spoils_neither(
    store: Store, config: Config, make_article: Make
) -> None:
    one = make_article(
        "青石桥昨日合龙，三个村的村民出行少绕八里路，孩子上学也不必再等渡船。" * 2, headline="桥"
    )
    two = make_article(
        "荞麦花开时，蜂箱搬到山上，今年的蜜比去年稠，一箱能出十二斤。" * 2, headline="蜜"
    )
    both = make_article(one.text, two.text, headline="桥")
    apart, together = parsed(one, two), parsed(both)
    page = raw(STORY, date=dt.date(2026, 11, 22))
    ingest_pages(store, [page], config, now=NOW, parse=apart)
    before = {entry.id: entry.article for entry in store.entries()}

    other = raw(STORY + " ", name="other.txt", date=dt.date(2026, 11, 22))
    counts = ingest_pages(store, [other], config, now=NOW, parse=together)

    assert totals(counts) == (1, 0, 0, 1, 0)
    assert {entry.id: entry.article for entry in store.entries()} == before


# -- articles that continue on another page -------------------------------------------------------

FRONT = """\
青石桥重修 三村出行不绕路

晨报讯（记者/周明远）青石桥昨日合
龙，三个村的村民出行少绕八里路，孩
子上学也不必再等渡船。县交通局介绍
，新桥长四十二米，宽六米，可以走农
机。重修的钱由（下转第4版）
"""
REST = """\
青石桥重修

（上接第1版）县里和村里各出一半，
村民出工，前后八个月修成。老桥不拆，
留作步行，桥头的两棵樟树也都保住了。
镇里说，明年还要修两座这样的桥，先
从最远的白芦村修起。
"""


@pytest.mark.parametrize("order", [("a01.txt", "a04.txt"), ("a04.txt", "a01.txt")])
def test_an_article_that_continues_on_another_page_is_one_entry_once_both_are_there(
    store: Store, config: Config, order: tuple[str, str]
) -> None:
    texts = {"a01.txt": FRONT, "a04.txt": REST}
    told = {"date": dt.date(2026, 11, 22), "publication": "晨报"}
    take(store, config, raw(texts[order[0]], name=order[0], **told))
    (before,) = store.latest(limit=5)

    counts = take(store, config, raw(texts[order[1]], name=order[1], **told))

    (entry,) = store.latest(limit=5)
    assert totals(counts) == (1, 0, 1, 0, 0)
    assert (entry.id, entry.guid) == (before.id, before.guid)
    assert "重修的钱由县里和村里各出一半" in entry.article.text
    assert "版）" not in entry.article.text
    assert {one.page_name for one in entry.sightings} == set(order)
    assert [one.corrected for one in entry.revisions] == [False]
    for name, text in texts.items():
        again = take(store, config, raw(text, name=name, validator="2-2", **told))
        assert totals(again) == (1, 0, 0, 1, 0)
    assert [one.article for one in store.latest(limit=5)] == [entry.article]


def test_a_continuation_of_another_day_or_paper_stays_apart(store: Store, config: Config) -> None:
    day = dt.date(2026, 11, 22)
    take(store, config, raw(FRONT, name="a01.txt", date=day, publication="晨报"))
    take(store, config, raw(REST, name="a04.txt", date=day, publication="晚报"))
    take(store, config, raw(REST, name="b/a04.txt", date=day + dt.timedelta(1), publication="晨报"))

    assert all("县里和村里各出一半" not in one.article.text or "合龙" not in one.article.text
               for one in store.entries())  # fmt: skip


def test_entries_whose_keys_were_made_in_another_form_are_found_all_the_same(
    store: Store, config: Config
) -> None:
    take(store, config, raw(STORY, date=dt.date(2026, 11, 22)))
    (before,) = store.latest(limit=5)
    with store.transaction():
        store.set_keys(before.id, (1, 2, 3))
        store.ledger.remember("keys", "older")

    corrected = STORY.replace("64台", "46台")
    counts = take(store, config, raw(corrected, validator="2-2", date=dt.date(2026, 11, 22)))

    assert totals(counts) == (1, 0, 1, 0, 0)
    assert store.ledger.remembered("keys") == dedupe.KEYS_FORM
