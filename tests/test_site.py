"""Pages hold what an entry holds, in its language, and nothing a text could smuggle in."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any

from hypothesis import example, given, settings
from lxml import html
from newsstand import ENTRIES, FERRY, SHANGHAI, entry
from test_feeds import HOSTILE, UNFIT, articles

from feeder import site
from feeder.model import Article

FRAME = site.Frame(
    title="榕江新闻",
    language="zh-Hans",
    base_url="http://127.0.0.1:8080/",
    zone=SHANGHAI,
    rights="© 榕江晚报",
    sections=(
        site.Section(id="all", title="最新"),
        site.Section(id="society", title="社会"),
        site.Section(id="weather", title="天气"),
    ),
    feeds=(
        site.Feed(name="RSS", media_type="application/rss+xml", file="rss.xml"),
        site.Feed(name="Atom", media_type="application/atom+xml", file="atom.xml"),
    ),
)


def read(page: bytes) -> Any:
    return html.document_fromstring(page.decode("utf-8"))


def texts(tree: Any, path: str) -> list[str]:
    return [" ".join(node.text_content().split()) for node in tree.xpath(path)]


def article_page(**changed: object) -> Any:
    return read(site.render_article(FRAME, replace(ENTRIES[0], **changed)))  # type: ignore[arg-type]


def test_an_article_stands_in_reading_order() -> None:
    page = article_page()

    assert texts(page, "//article//*[self::h1 or self::h2 or self::p or self::li]") == [
        "榕江两岸往来更方便",
        "白鹭洲渡口夜航今晚开通 末班船延至二十二时",
        "首批三条电动渡船投入使用，学生凭证半价",
        "榕江晚报 2024年11月22日",
        "榕江晚报讯 记者 林晓舟、何婉 通讯员 周牧 摄影 何婉",
        *(item.text for item in FERRY.body),
        *FERRY.captions,
    ]


def test_an_article_is_in_its_own_language_and_the_page_in_the_sites() -> None:
    page = read(site.render_article(FRAME, ENTRIES[3]))

    assert page.get("lang") == "zh-Hans"
    assert page.xpath("//article/@lang") == ["en"]
    assert texts(page, "//article//time") == ["22 November 2024"]


def test_an_article_links_to_its_sections_that_have_a_page() -> None:
    page = article_page(sections=("society", "vanished"))

    assert page.xpath("//p[@class='filed']/a/@href") == ["../../society/index.html"]


def test_a_correction_is_dated_in_the_sites_zone() -> None:
    late = dt.datetime(2024, 11, 22, 20, 0, tzinfo=dt.UTC)

    assert texts(article_page(updated=late), "//p[@class='corrected']") == ["更正于 2024年11月23日"]
    assert texts(article_page(), "//p[@class='corrected']") == []


def test_a_withdrawn_article_leaves_not_one_word() -> None:
    page = site.render_withdrawn(FRAME, ENTRIES[0]).decode()

    assert "此文已撤回" in page
    assert "白鹭洲" not in page
    assert "noindex" in page


def test_the_front_page_shows_each_entry_once() -> None:
    listed = {"society": ENTRIES, "weather": ENTRIES}

    page = read(site.render_front(FRAME, ENTRIES, listed))

    links = page.xpath("//article//a/@href")
    assert links == [f"articles/2024/{number}.html" for number in (5, 4, 3, 2, 1)]
    assert texts(page, "//div[@class='blocks']//h2") == ["社会"]


def test_the_front_page_tells_how_to_subscribe() -> None:
    page = read(site.render_front(FRAME, ENTRIES, {}))

    assert page.xpath("//section[@id='subscribe']//a/@href") == [
        "all/rss.xml",
        "all/atom.xml",
        "society/rss.xml",
        "society/atom.xml",
        "weather/rss.xml",
        "weather/atom.xml",
        "subscriptions.opml",
    ]
    assert texts(page, "//section[@id='subscribe']//code")[0] == "http://127.0.0.1:8080/all/rss.xml"


def test_an_empty_site_says_so() -> None:
    assert "还没有文章" in site.render_front(FRAME, (), {}).decode()
    assert "还没有文章" in site.render_section(FRAME, FRAME.sections[1], ()).decode()


def test_a_section_lists_its_entries_by_day() -> None:
    yesterday = replace(ENTRIES[1], date=dt.date(2024, 11, 21))

    page = read(site.render_section(FRAME, FRAME.sections[1], (ENTRIES[0], yesterday)))

    assert texts(page, "//section[@class='day']/h2") == ["2024年11月22日", "2024年11月21日"]
    assert page.xpath("//nav//a[@aria-current]/text()") == ["社会"]
    assert page.xpath("//link[@rel='alternate']/@href") == ["rss.xml", "atom.xml"]


def test_every_page_names_the_feeds_that_browsers_and_readers_look_for() -> None:
    front = read(site.render_front(FRAME, ENTRIES, {}))

    assert len(front.xpath("//link[@rel='alternate']")) == 6
    assert article_page().xpath("//link[@rel='alternate']/@href") == [
        "../../all/rss.xml",
        "../../all/atom.xml",
        "../../society/rss.xml",
        "../../society/atom.xml",
    ]


def test_a_headline_breaks_where_it_was_printed_in_parts() -> None:
    assert site.printed_parts("夜航开通　末班船延时，票价不变！") == [
        "夜航开通",
        " ",
        "末班船延时，",
        "票价不变！",
    ]


def test_a_headline_of_nothing_can_still_be_clicked() -> None:
    shown = entry(1, Article(headline="\x00"))

    page = read(site.render_front(FRAME, (shown,), {}))

    assert texts(page, "//article//a") == ["…"]


def test_words_are_in_the_sites_language() -> None:
    page = site.render_front(replace(FRAME, language="en"), ENTRIES, {}).decode()

    assert "Subscribe" in page
    assert "订阅" not in page


def test_the_stylesheet_asks_nobody_for_anything() -> None:
    style = site.stylesheet().decode()

    assert not re.search(r"url\(|@import|//", style)


@given(articles)
@example(HOSTILE)
@settings(max_examples=40, deadline=None)
def test_no_text_becomes_markup(article: Article) -> None:
    shown = entry(1, article, publication="<i>")
    pages = (
        site.render_article(FRAME, shown),
        site.render_section(FRAME, FRAME.sections[1], (shown,)),
        site.render_front(FRAME, (shown,), {}),
    )

    for page in pages:
        tree = read(page)
        assert not UNFIT.search(page.decode())
        assert tree.xpath("//script | //img | //iframe | //i | //@onerror | //comment()") == []
