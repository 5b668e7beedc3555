"""Feeds are valid by the rules of their formats and those of strict validators, for any text."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import feedparser
import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree
from newsstand import ENTRIES, FERRY, LIBRARY, SECTION_TITLES, body, channel, entry, needs

from feeder import feeds
from feeder.model import Article, Byline, Entry

SCHEMAS = Path(__file__).parent / "schemas"
ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
# What XML 1.0 forbids, HTML forbids, and validators take for a sign of wrong decoding.
UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffd-\uffff]")


def rss(entries: tuple[Entry, ...] = ENTRIES, **changed: object) -> Any:
    return etree.fromstring(feeds.render(channel(**changed), entries)["rss.xml"])


def atom(entries: tuple[Entry, ...] = ENTRIES, **changed: object) -> Any:
    return etree.fromstring(feeds.render(channel(**changed), entries)["atom.xml"])


def json_feed(entries: tuple[Entry, ...] = ENTRIES, **changed: object) -> Any:
    return json.loads(feeds.render(channel(**changed), entries)["feed.json"])


def test_the_same_entries_give_the_same_bytes() -> None:
    assert feeds.render(channel(), ENTRIES) == feeds.render(channel(), ENTRIES)


def test_every_time_in_a_feed_is_an_entrys_and_none_the_clocks() -> None:
    written = feeds.render(channel(), ENTRIES)

    times = {f"22:00:0{number}" for number in range(1, 6)}
    for data in written.values():
        assert set(re.findall(r"\d\d:\d\d:\d\d", data.decode())) == times


def test_a_feed_without_entries_has_not_changed_since_its_authority_began() -> None:
    started = "2026-01-01T00:00:00+00:00"

    assert atom(()).findtext(f"{ATOM}updated") == started
    assert parsedate_to_datetime(rss(()).findtext("channel/lastBuildDate")).isoformat() == started
    assert json_feed(())["items"] == []


def test_only_the_formats_asked_for_are_written() -> None:
    assert set(feeds.render(channel(), ENTRIES, ("atom",))) == {"atom.xml"}


def test_entries_stand_in_the_order_given() -> None:
    guids = [entry.guid for entry in ENTRIES]

    assert [item.findtext("guid") for item in rss().iterfind("channel/item")] == guids
    assert [item.findtext(f"{ATOM}id") for item in atom().iterfind(f"{ATOM}entry")] == guids
    assert [item["id"] for item in json_feed()["items"]] == guids


def test_an_rss_item_says_all_there_is_to_say() -> None:
    item = rss().find("channel/item")

    assert item.findtext("title") == FERRY.headline
    assert item.findtext("link") == "http://127.0.0.1:8080/articles/2024/5.html"
    assert item.find("guid").attrib == {"isPermaLink": "false"}
    assert item.findtext("pubDate") == "Thu, 21 Nov 2024 22:00:05 +0000"
    assert item.findtext("description") == FERRY.deck
    assert [node.text for node in item.iterfind(CREATOR)] == ["林晓舟", "何婉", "周牧"]
    assert [node.text for node in item.iterfind("category")] == ["社会", "经济"]
    assert item.find("author") is None


def test_an_atom_entry_says_all_there_is_to_say() -> None:
    node = atom().find(f"{ATOM}entry")

    assert node.findtext(f"{ATOM}title") == FERRY.headline
    assert node.findtext(f"{ATOM}updated") == "2024-11-21T22:00:05+00:00"
    assert node.findtext(f"{ATOM}published") == "2024-11-21T22:00:05+00:00"
    assert dict(node.find(f"{ATOM}link").attrib) == {
        "href": "http://127.0.0.1:8080/articles/2024/5.html",
        "rel": "alternate",
        "type": "text/html",
    }
    assert [name.text for name in node.iterfind(f"{ATOM}author/{ATOM}name")] == [
        "林晓舟",
        "何婉",
        "周牧",
    ]
    assert [dict(each.attrib) for each in node.iterfind(f"{ATOM}category")] == [
        {"term": "society", "label": "社会"},
        {"term": "economy", "label": "经济"},
    ]
    assert node.find(f"{ATOM}content").get("type") == "html"


def test_the_full_text_stands_in_reading_order() -> None:
    html = json_feed()["items"][3]["content_html"].split("\n")

    assert html == [
        "<p>Harbour Street</p>",
        "<p><strong>Q&amp;A: what students at Larkhaven need to know</strong></p>",
        "<p>By Ann Lee, Tom Fox · Photos by Sue Day</p>",
        f"<p>{LIBRARY.body[0].text}</p>",
        "<h3>Tea at eleven</h3>",
        f"<p>{LIBRARY.body[2].text}</p>",
        "<p><small>The reading room last winter.</small></p>",
        "<p><small>Larkhaven Courier · 22 November 2024</small></p>",
    ]


def test_all_formats_carry_the_same_full_text() -> None:
    texts = [item["content_html"] for item in json_feed()["items"]]

    assert [item.findtext(CONTENT) for item in rss().iterfind("channel/item")] == texts
    assert [node.findtext(f"{ATOM}content") for node in atom().iterfind(f"{ATOM}entry")] == texts


def test_description_stands_before_content() -> None:
    for item in rss().iterfind("channel/item"):
        names = [child.tag for child in item]
        assert names.index("description") < names.index(CONTENT)


def test_every_feed_knows_its_own_address() -> None:
    own = "http://127.0.0.1:8080/all/"

    assert rss().findtext("channel/link") == own
    assert rss().find(f"channel/{ATOM}link").attrib == {
        "href": own + "rss.xml",
        "rel": "self",
        "type": "application/rss+xml",
    }
    assert {link.get("rel"): link.get("href") for link in atom().iterfind(f"{ATOM}link")} == {
        "alternate": own,
        "self": own + "atom.xml",
    }
    assert json_feed()["feed_url"] == own + "feed.json"


def test_a_feed_is_known_by_a_tag_that_its_address_does_not_change() -> None:
    here, there = atom(), atom(base_url="https://news.example.org/榕江/")

    assert here.findtext(f"{ATOM}id") == "tag:example.org,2026:feed/all"
    assert there.findtext(f"{ATOM}id") == here.findtext(f"{ATOM}id")


@pytest.mark.parametrize(
    ("base_url", "uri"),
    [
        (
            "https://新闻.example/榕江 报/",
            "https://xn--efvy88h.example/%E6%A6%95%E6%B1%9F%20%E6%8A%A5/",
        ),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
        ("https://example.org/a%20b/", "https://example.org/a%20b/"),
    ],
)
def test_addresses_are_ascii(base_url: str, uri: str) -> None:
    assert channel(base_url).absolute("all/") == uri + "all/"
    assert json_feed(base_url=base_url)["items"][0]["url"] == uri + "articles/2024/5.html"


def test_an_entry_in_another_language_says_so() -> None:
    langs = [
        node.get("{http://www.w3.org/XML/1998/namespace}lang")
        for node in atom().iterfind(f"{ATOM}entry")
    ]

    assert langs == [None, None, None, "en", "zh-Hant"]
    assert rss().findtext("channel/language") == "zh-Hans"


def test_a_language_that_is_not_known_is_not_named() -> None:
    unknown = (entry(1, FERRY, language="und"),)

    assert "language" not in json_feed(unknown)["items"][0]
    assert b'lang="und"' not in feeds.render(channel(), unknown)["atom.xml"]


def test_a_correction_moves_updated_and_nothing_else() -> None:
    later = ENTRIES[1].updated + dt.timedelta(hours=3)
    corrected = (ENTRIES[0], replace(ENTRIES[1], updated=later), *ENTRIES[2:])

    before, after = json_feed()["items"], json_feed(corrected)["items"]

    assert after[1] == {**before[1], "date_modified": "2024-11-22T01:00:04+00:00"}
    assert after[2:] == before[2:]
    assert atom(corrected).findtext(f"{ATOM}updated") == "2024-11-22T01:00:04+00:00"


def test_dates_are_written_in_utc_whatever_the_zone() -> None:
    odd = dt.timezone(dt.timedelta(hours=8, minutes=5, seconds=43))  # Shanghai before 1901
    time = dt.datetime(2024, 11, 22, 6, 0, tzinfo=odd)
    shown = (entry(1, FERRY, published=time, updated=time),)

    assert atom(shown).findtext(f"{ATOM}entry/{ATOM}updated") == "2024-11-21T21:54:17+00:00"
    assert rss(shown).findtext("channel/item/pubDate") == "Thu, 21 Nov 2024 21:54:17 +0000"


@pytest.mark.parametrize(
    ("headline", "title"),
    [
        ("AT&T 与 R&D、Q&A", "AT&T 与 R&D、Q&A"),
        ("1 < 2", "1 < 2"),
        ("<b>粗</b> &lt;i&gt; &#65; &amp", "＜b>粗＜/b> ＆lt;i＆gt; ＆#65; ＆amp"),
        ("一\n二\u2028三\x85四\x00\ud800\ufffe\ufffd", "一 二 三 四"),
        ("\x00", "…"),
    ],
)
def test_a_title_reads_the_same_as_text_and_as_html(headline: str, title: str) -> None:
    shown = (entry(1, Article(headline=headline)),)

    assert rss(shown).findtext("channel/item/title") == title
    assert atom(shown).findtext(f"{ATOM}entry/{ATOM}title") == title
    assert json_feed(shown)["items"][0]["title"] == title


def test_a_long_text_without_deck_is_cut_for_the_summary() -> None:
    shown = (entry(1, Article(headline="长文", body=body("长" * 900))),)

    assert rss(shown).findtext("channel/item/description") == "长" * 199 + "…"


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("短。" + "长" * 900, "短。"),
        ("他说：“到了。”" + "长" * 900, "他说：“到了。”"),
        ("一！" * 99 + "二三四五。六", "一！" * 99),
        ("It cost 3.50 today. " + "so " * 90, "It cost 3.50 today."),
        ('"Go!" ' + "so " * 90, '"Go!"'),
        ("a" * 198 + ". b", "a" * 198 + "."),
        ("a" * 199 + ". b", "a" * 199 + "."),
        ("a" * 199 + ".5 b", "a" * 199 + "…"),
        ("句" * 199 + "。" + "尾", "句" * 199 + "。"),
        ("句" * 200 + "。" + "尾", "句" * 199 + "…"),
        ("全文只有这么长，没有句号", "全文只有这么长，没有句号"),
    ],
)
def test_a_summary_ends_with_a_sentence(text: str, summary: str) -> None:
    shown = (entry(1, Article(headline="长文", body=body(text))),)

    assert json_feed(shown)["items"][0]["summary"] == summary


def test_a_summary_is_a_paragraph_rather_than_the_crosshead_before_it() -> None:
    shown = (entry(1, Article(headline="渡口", body=body("#票价", "票价不变。"))),)

    assert json_feed(shown)["items"][0]["summary"] == "票价不变。"


def test_the_topics_of_an_entry_are_categories_of_their_vocabulary() -> None:
    mediatopics = "http://cv.iptc.org/newscodes/mediatopic/"
    shown = (entry(5, FERRY, sections=("society", "economy"), topics=("medtop:14000000",)),)

    item = rss(shown).find("channel/item")
    node = atom(shown).find(f"{ATOM}entry")

    assert [(each.text, each.get("domain")) for each in item.iterfind("category")] == [
        ("社会", None),
        ("经济", None),
        ("14000000", mediatopics),
    ]
    assert [dict(each.attrib) for each in node.iterfind(f"{ATOM}category")] == [
        {"term": "society", "label": "社会"},
        {"term": "economy", "label": "经济"},
        {"term": "14000000", "scheme": mediatopics, "label": "社会"},
    ]
    assert json_feed(shown)["items"][0]["tags"] == ["社会", "经济"]


def test_an_entry_whose_topics_are_not_known_has_those_of_its_sections() -> None:
    mediatopics = "http://cv.iptc.org/newscodes/mediatopic/"
    topics = {"society": ("medtop:14000000", "本报:民生"), "economy": ("medtop:14000000", "\x00")}

    node = atom(section_topics=topics, language="en").find(f"{ATOM}entry")

    assert [dict(each.attrib) for each in node.iterfind(f"{ATOM}category")][2:] == [
        {
            "term": "14000000",
            "scheme": mediatopics,
            "label": "society",
        },
        {"term": "本报:民生"},
    ]


def test_a_forecast_is_a_table_in_the_content() -> None:
    content = atom().findall(f"{ATOM}entry")[1].findtext(f"{ATOM}content")

    assert "<tr><th>日期</th><th>天气</th><th>最低 ℃</th><th>最高 ℃</th><th>风</th></tr>" in content
    assert "<tr><td>11月22日 周五</td><td>多云</td><td>13</td><td>21</td>" in content
    assert (
        "<tr><td>11月25日 周一</td><td>小雪</td><td>\u22123</td><td>5</td><td></td></tr>" in content
    )
    assert "<table>" not in atom().find(f"{ATOM}entry").findtext(f"{ATOM}content")


def test_a_text_longer_than_readers_take_is_cut_and_says_so() -> None:
    shown = (entry(1, Article(headline="长" * 5_000, body=body("长文，" * 2_000_000))),)

    content = rss(shown).findtext(f"channel/item/{CONTENT}")

    assert len(content) < 101_000
    assert "全文请看网页" in content
    assert atom(shown).findtext(f"{ATOM}entry/{ATOM}content") == content
    assert rss(shown).findtext("channel/item/title") == "长" * 299 + "…"


# Every character, and those that break feeds more often than chance would have them.
nasty = st.text(
    st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from("<>&;\"'\x00\x0b\x1b\x85\u2028\ufeff\ufffd\ufffe\ud800]榕江 /!?-#xabp"),
    ),
    max_size=30,
)
articles = st.builds(
    Article,
    kicker=st.none() | nasty,
    headline=st.none() | nasty,
    deck=st.none() | nasty,
    credit=st.none() | nasty,
    byline=st.builds(Byline, reporters=st.tuples(nasty), photographers=st.tuples(nasty)),
    body=st.lists(nasty, max_size=3).map(lambda texts: body(*texts)),
    captions=st.tuples(nasty),
)
HOSTILE = Article(
    kicker="]]>",
    headline="<script>alert(1)</script> &lt;b&gt; \x00\ud800",
    deck='<img src="x" onerror="y">',
    byline=Byline(reporters=("<a@b.example>", "\x00")),
    body=body("<p>&nbsp;&bogus;</p>", "# \x0c ", "#<h1>", "<!-- "),
    captions=("\ufffe",),
)


@given(articles)
@example(HOSTILE)
@settings(max_examples=60, deadline=None)
def test_any_text_gives_a_feed_that_holds_the_rules(article: Article) -> None:
    written = feeds.render(channel(), (entry(1, article),))

    for data in written.values():
        assert not UNFIT.search(data.decode())
    item = etree.fromstring(written["rss.xml"]).find("channel/item")
    assert item.findtext("title")
    assert item.findtext("description")
    assert not re.search(r"</\w|<[A-Za-z/!?]|&(lt|gt|amp|quot|apos|#)", item.findtext("title"))
    jsonschema.validate(json.loads(written["feed.json"]), JSON_FEED)


@given(articles)
@example(HOSTILE)
@settings(max_examples=60, deadline=None)
def test_the_full_text_is_nothing_but_known_elements_without_attributes(article: Article) -> None:
    html = json_feed((entry(1, article),))["items"][0]["content_html"]

    tags = re.findall(r"<[^>]*>", html)
    tree = etree.fromstring(f"<div>{html}</div>")
    assert set(tags) <= {
        "<p>", "</p>", "<h3>", "</h3>", "<strong>", "</strong>", "<small>", "</small>",
    }  # fmt: skip
    assert all(node.text or len(node) for node in tree)


JSON_FEED = json.loads((SCHEMAS / "jsonfeed-1.1.json").read_text(encoding="utf-8"))


def test_json_feed_holds_its_schema() -> None:
    jsonschema.validate(json_feed(), JSON_FEED)
    jsonschema.validate(json_feed(()), JSON_FEED)


@needs("ruby")
@pytest.mark.parametrize("name", ["rss.xml", "atom.xml"])
def test_rubys_validating_parser_takes_the_feed(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(feeds.render(channel(), ENTRIES)[name])
    program = (
        "require 'rss'; feed = RSS::Parser.parse(File.read(ARGV[0]), true, true); "
        "puts feed.items.size"
    )

    done = subprocess.run(
        ["ruby", "-W0", "-e", program, path],
        capture_output=True,
        encoding="utf-8",
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"},
        check=False,
    )

    assert (done.stdout.strip(), done.stderr) == (str(len(ENTRIES)), "")


@needs("jing")
def test_atom_holds_the_grammar_of_rfc_4287(tmp_path: Path) -> None:
    shown = {
        "full.xml": ENTRIES,
        "empty.xml": (),
        "hostile.xml": (entry(1, HOSTILE),),
    }
    for name, entries in shown.items():
        (tmp_path / name).write_bytes(feeds.render(channel(), entries)["atom.xml"])
    (tmp_path / "wrong.xml").write_text('<feed xmlns="http://www.w3.org/2005/Atom"/>')

    done = {
        name: subprocess.run(
            ["jing", "-c", SCHEMAS / "atom.rnc", *names],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        for name, names in (("right", [*shown]), ("wrong", ["wrong.xml"]))
    }

    assert done["right"].returncode == 0, done["right"].stdout.decode()
    assert done["wrong"].returncode == 1


@pytest.mark.parametrize("name", ["rss.xml", "atom.xml"])
def test_feedparser_reads_back_what_was_written(name: str) -> None:
    parsed = feedparser.parse(feeds.render(channel(), ENTRIES)[name])

    assert parsed.bozo is False
    assert [item.id for item in parsed.entries] == [entry.guid for entry in ENTRIES]
    assert [item.title for item in parsed.entries] == [entry.article.title for entry in ENTRIES]
    assert [dt.datetime(*item.published_parsed[:6], tzinfo=dt.UTC) for item in parsed.entries] == [
        entry.published.astimezone(dt.UTC) for entry in ENTRIES
    ]


def test_opml_lists_every_feed_once() -> None:
    channels = [channel(), *(channel(id=key, title=name) for key, name in SECTION_TITLES.items())]

    root = etree.fromstring(feeds.opml("榕江新闻", channels))

    assert root.findtext("head/title") == "榕江新闻"
    assert [dict(node.attrib) for node in root.iterfind("body/outline")][1] == {
        "type": "rss",
        "text": "社会",
        "title": "社会",
        "xmlUrl": "http://127.0.0.1:8080/society/rss.xml",
        "htmlUrl": "http://127.0.0.1:8080/society/",
        "language": "zh-Hans",
    }
    assert len(root.findall("body/outline")) == 4


def test_opml_lists_a_format_that_is_published() -> None:
    written = feeds.opml("榕江新闻", [channel()], ("json",))

    assert b"all/feed.json" in written
