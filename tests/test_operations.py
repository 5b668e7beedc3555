"""The operator's page and feed: what went wrong, told once, and never among the news."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import feedparser
import pytest
from lxml import etree
from newsstand import ENTRIES, SHANGHAI, Log, Shelf, channel, needs
from test_feeds import SCHEMAS
from test_publish import config, files, stamps

from feeder.config import Config, Site, Source
from feeder.feeds import render_operations
from feeder.ledger import Event, EventKind, SourceState
from feeder.publish import publish, publish_operations
from feeder.publish.folder import LIST

MORNING = dt.datetime(2026, 11, 24, 1, 12, 30, tzinfo=dt.UTC)
GONE = "there is no folder /srv/pages; mount it"
EVENTS = tuple(
    Event(id=number, time=MORNING, kind=kind, subject=subject, text=text)
    for number, kind, subject, text in (
        (1004, EventKind.NOTICE, "configuration", "refused: feeds.limit: must be at most 1000"),
        (1003, EventKind.RECOVERY, "drop", "can be looked at again"),
        (1002, EventKind.REFUSAL, "drop", "<b>a01</b>.txt: holds no text & nothing else\x07"),
        (1001, EventKind.FAILURE, "drop", GONE),
    )
)
IN_ORDER = SourceState(
    source="drop",
    last_run=MORNING,
    next_run=MORNING + dt.timedelta(seconds=30),
    last_success=MORNING,
    seen=120,
    taken=118,
    failed=2,
)
IN_TROUBLE = replace(
    IN_ORDER, source="mount", last_success=MORNING - dt.timedelta(days=1), failures=7, trouble=GONE
)
SHELF = Shelf(ENTRIES, ledger=Log((IN_ORDER, IN_TROUBLE), EVENTS))
OPERATIONS = channel(id="operations", title="榕江新闻 · 运行状况")
ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def public(tmp_path: Path) -> Path:
    return tmp_path / "public"


def watched(public: Path, language: str = "zh-Hans") -> Config:
    sources = tuple(Source(name=name, folder=public) for name in ("drop", "mount", "new"))
    site = Site(title="榕江新闻", language=language)
    return replace(config(public), source=sources, site=site)


# -- the feed -------------------------------------------------------------------------------------


@needs("jing")
def test_the_feed_holds_the_grammar_of_rfc_4287(tmp_path: Path) -> None:
    for name, events in (("full.xml", EVENTS), ("empty.xml", ())):
        (tmp_path / name).write_bytes(render_operations(OPERATIONS, events))

    done = subprocess.run(
        ["jing", "-c", SCHEMAS / "atom.rnc", "full.xml", "empty.xml"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout.decode()


def test_each_event_is_an_entry_with_its_kind_as_category() -> None:
    feed = feedparser.parse(render_operations(OPERATIONS, EVENTS))

    assert not feed.bozo
    assert feed.feed.links[1] == {
        "href": "http://127.0.0.1:8080/operations/atom.xml",
        "rel": "self",
        "type": "application/atom+xml",
    }
    assert [entry.tags[0].term for entry in feed.entries] == [
        "notice",
        "recovery",
        "refusal",
        "failure",
    ]
    assert feed.entries[3].title == f"故障 · drop: {GONE}"
    assert (
        feed.entries[2].content[0].value == "drop: ＜b>a01＜/b>.txt: holds no text & nothing else"
    )
    assert feed.entries[0].link == "http://127.0.0.1:8080/operations/#event-1004"


def test_no_two_entries_of_a_second_bear_the_same_time_or_id() -> None:
    root = etree.fromstring(render_operations(OPERATIONS, EVENTS))

    updated = root.xpath("a:entry/a:updated/text()", namespaces=ATOM)
    ids = root.xpath("a:entry/a:id/text()", namespaces=ATOM)
    assert len(set(updated)) == len(set(ids)) == 4
    assert root.findtext("a:updated", namespaces=ATOM) == max(updated)
    assert ids[0] == "tag:example.org,2026:feed/operations/20261124T011230Z-1004"


def test_a_number_that_a_restore_gave_a_second_time_is_another_entry() -> None:
    again = replace(EVENTS[0], time=MORNING + dt.timedelta(days=1))

    one, other = (
        feedparser.parse(render_operations(OPERATIONS, (event,))).entries[0].id
        for event in (EVENTS[0], again)
    )

    assert one != other


def test_a_new_event_leaves_the_entries_before_it_as_they_were() -> None:
    def entries(events: tuple[Event, ...]) -> list[bytes]:
        root = etree.fromstring(render_operations(OPERATIONS, events))
        return [etree.tostring(one) for one in root.iterfind("a:entry", ATOM)]

    assert entries(EVENTS)[1:] == entries(EVENTS[1:])


# -- publishing -----------------------------------------------------------------------------------


def test_trouble_stands_in_no_content_feed_and_in_no_list_of_feeds(public: Path) -> None:
    publish(SHELF, watched(public))

    holding = {name for name, data in files(public).items() if b"/srv/pages" in data}
    assert holding == {"operations/index.html", "operations/atom.xml"}
    naming = {name for name, data in files(public).items() if b"operations/" in data}
    assert naming - {LIST, "operations/index.html", "operations/atom.xml"} == {"index.html"}


def test_the_newest_hundred_events_stand_in_the_feed(public: Path) -> None:
    many = tuple(replace(EVENTS[0], id=number) for number in range(500, 100, -1))

    publish_operations(Log((), many), watched(public))

    feed = feedparser.parse((public / "operations/atom.xml").read_bytes())
    assert len(feed.entries) == 100
    assert feed.entries[0].id.endswith("-500")


def test_an_event_is_published_without_a_touch_to_anything_else(public: Path) -> None:
    publish(replace(SHELF, ledger=Log()), watched(public))
    before = stamps(public)

    done = publish_operations(SHELF.ledger, watched(public))
    after = stamps(public)

    assert set(done.written) == {"operations/atom.xml", "operations/index.html"}
    assert done.removed == ()
    changed = {path.relative_to(public).as_posix() for path in after if after[path] != before[path]}
    assert changed == {"operations", "operations/atom.xml", "operations/index.html"}
    whole = files(public)
    assert publish(SHELF, watched(public)).written == ()
    assert files(public) == whole


def test_published_alone_the_two_files_are_feeders_own(public: Path) -> None:
    publish_operations(Log(), watched(public))
    (public / "operations" / ".index.html.feeder-part").write_text("left by a crash")

    publish_operations(SHELF.ledger, watched(public))

    assert set(files(public)) == {LIST, "operations/atom.xml", "operations/index.html"}
    assert {"operations/atom.xml", "operations/index.html"} <= set(
        publish(SHELF, watched(public)).unchanged
    )


def test_a_look_at_a_source_in_order_changes_no_file_until_the_hour_turns(public: Path) -> None:
    def looked_at(now: dt.datetime) -> Shelf:
        state = replace(IN_ORDER, last_run=now, last_success=now, next_run=now)
        return replace(SHELF, ledger=Log((state,), EVENTS))

    publish(looked_at(MORNING), watched(public))

    later = publish(looked_at(MORNING + dt.timedelta(minutes=40)), watched(public))
    next_hour = publish(looked_at(MORNING + dt.timedelta(minutes=50)), watched(public))

    assert later.written == ()
    assert next_hour.written == ("operations/index.html",)


# -- the page -------------------------------------------------------------------------------------


def page(public: Path) -> etree._Element:
    return etree.HTML((public / "operations/index.html").read_bytes().decode())


def test_the_page_tells_how_each_source_fares(public: Path) -> None:
    publish_operations(SHELF.ledger, watched(public))

    cards = page(public).findall(".//article")
    shown = [re.sub(r"\s+", " ", "".join(card.itertext())).strip() for card in cards]
    assert shown == [
        "drop 正常 上次检查2026-11-24 09:00 上次成功2026-11-24 09:00 "
        "连续失败0 见过文件120 已收录118 未能收录2",
        f"mount 有故障 {GONE} 上次检查2026-11-24 09:12 下次检查2026-11-24 09:13 "
        "上次成功2026-11-23 09:12 连续失败7 见过文件120 已收录118 未能收录2",
        "new 尚未检查 上次检查– 上次成功– 连续失败0 见过文件0 已收录0 未能收录0",
    ]


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-Hans", "截至 2026-11-24 09:12"), ("zh-Hant", "截至 2026"), ("en", "As of 2026-11-24")],
)
def test_the_page_says_of_when_it_is_in_the_sites_language(
    public: Path, language: str, words: str
) -> None:
    publish_operations(SHELF.ledger, watched(public, language))

    said = " ".join("".join(page(public).find(".//header[@class='heading']").itertext()).split())
    assert words in said


def test_the_page_names_its_feed_and_no_other_and_asks_not_to_be_listed(public: Path) -> None:
    publish(SHELF, watched(public))

    alternates = [link.get("href") for link in page(public).iterfind(".//link[@rel='alternate']")]
    assert alternates == ["atom.xml"]
    assert page(public).find(".//meta[@name='robots']").get("content") == "noindex"


def test_an_empty_page_says_that_nothing_went_wrong(public: Path) -> None:
    publish_operations(Log(), replace(watched(public), source=()))

    text = (public / "operations/index.html").read_text(encoding="utf-8")
    assert "还没有出过问题" in text
    assert "配置中没有来源" in text
    assert "截至" not in text


def test_times_stand_in_the_sites_zone(public: Path) -> None:
    (time, *_) = [MORNING.astimezone(SHANGHAI)]
    publish_operations(SHELF.ledger, watched(public))

    assert f"{time:%Y-%m-%d %H:%M}" in (public / "operations/index.html").read_text("utf-8")
