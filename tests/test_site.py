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
from feeder.feeds.content import imprint
from feeder.model import Article, Revision, Sighting

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


EVENING = dt.datetime(2024, 11, 22, 18, 5, tzinfo=dt.UTC)
OLDER = replace(
    FERRY,
    headline="白鹭洲渡口夜航今晚开通 末班船延至二十一时",
    body=(FERRY.body[0], FERRY.body[3], replace(FERRY.body[2], text="旧的一段，今已不在。")),
)


def test_an_article_shows_below_its_text_what_was_corrected() -> None:
    page = article_page(revisions=(Revision(article=OLDER, replaced=EVENING),), updated=EVENING)

    changed = page.xpath("//main/article/following-sibling::section[@class='changes']")[0]
    assert texts(changed, "./*[self::h2 or self::h3 or self::h4]") == [
        "更正了什么",
        "2024年11月23日 02:05",
        "标题",
        "正文",
    ]
    assert texts(changed, "./p[@class='changed']") == [
        "白鹭洲渡口夜航今晚开通 末班船延至[删去：二十一][增加：二十二]时"
    ]
    assert texts(changed, "./p[@class='whole']")[-1] == f"增加 {FERRY.body[-1].text}"
    assert [node.text for node in changed.xpath("./p[@class='whole']/del")] == [
        "旧的一段，今已不在。"
    ]
    assert page.xpath("//p[@class='corrected']/a/@href") == ["#changes"]


def test_the_last_correction_stands_first() -> None:
    revisions = (
        Revision(article=replace(FERRY, credit="旧报讯"), replaced=EVENING),
        Revision(article=OLDER, replaced=EVENING + dt.timedelta(hours=1)),
    )

    page = article_page(revisions=revisions)

    assert texts(page, "//section[@class='changes']/h3") == [
        "2024年11月23日 03:05",
        "2024年11月23日 02:05",
    ]


def test_changes_are_told_in_the_sites_words_and_shown_in_the_articles_language() -> None:
    corrected = replace(
        ENTRIES[3],
        revisions=(Revision(article=replace(ENTRIES[3].article, deck=None), replaced=EVENING),),
    )

    page = read(site.render_article(FRAME, corrected))

    assert texts(page, "//section[@class='changes']/h4") == ["副题"]
    assert texts(page, "//section[@class='changes']//b") == ["增加"]
    assert page.xpath("//section[@class='changes']//ins/@lang") == ["en"]


def test_a_text_left_out_is_told_once() -> None:
    older = replace(FERRY, body=(*FERRY.body[:4], replace(FERRY.body[5], text="雾天停航")))

    page = article_page(revisions=(Revision(article=older, replaced=EVENING),))

    assert texts(page, "//section[@class='changes']/p[@class='gap']") == ["……未改动的文字从略"]


def test_an_article_names_every_paper_that_brought_it() -> None:
    sightings = tuple(
        Sighting(page_name="a", source="drop", publication=paper, date=date, place=0)
        for paper, date in (
            ("榕江晚报", dt.date(2024, 11, 22)),
            ("榕江晨报", dt.date(2024, 11, 23)),
            ("榕江晚报", dt.date(2024, 11, 22)),
        )
    )
    page = article_page(sightings=sightings)

    assert texts(page, "//div[@class='origin']//span[@class='publication']") == [
        "榕江晚报",
        "榕江晨报",
    ]
    shown = entry(5, FERRY, sightings=sightings)
    assert imprint(shown) == "榕江晚报 · 2024年11月22日；榕江晨报 · 2024年11月23日"


def test_what_was_only_read_better_is_no_correction() -> None:
    old = Revision(
        article=replace(FERRY, headline="渡口"), replaced=ENTRIES[0].updated, corrected=False
    )
    late = ENTRIES[0].updated + dt.timedelta(days=1)
    page = read(site.render_article(FRAME, replace(ENTRIES[0], revisions=(old,), updated=late)))

    assert page.xpath("//section[@class='changes']") == []
    (line,) = page.xpath("//p[@class='corrected']")
    assert line.text_content().startswith("更新于")


def test_an_article_never_corrected_shows_no_changes() -> None:
    sure = Revision(article=replace(FERRY, confidence=0.1), replaced=EVENING)

    for page in (article_page(), article_page(revisions=(sure,), updated=EVENING)):
        assert page.xpath("//section[@class='changes'] | //a[@href='#changes']") == []


def test_a_withdrawn_article_leaves_not_one_word() -> None:
    revision = Revision(article=FERRY, replaced=EVENING)
    page = site.render_withdrawn(FRAME, replace(ENTRIES[0], revisions=(revision,))).decode()

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
    revisions = (
        Revision(article=article, replaced=EVENING),
        Revision(article=HOSTILE, replaced=EVENING),
    )
    shown = entry(1, article, publication="<i>", revisions=revisions)
    pages = (
        site.render_article(FRAME, shown),
        site.render_section(FRAME, FRAME.sections[1], (shown,)),
        site.render_front(FRAME, (shown,), {}),
    )

    for page in pages:
        tree = read(page)
        assert not UNFIT.search(page.decode())
        assert tree.xpath("//script | //img | //iframe | //i | //@onerror | //comment()") == []
