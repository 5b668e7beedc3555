"""HTML of an e-paper: the article comes out as the parser reads it, and nothing else does."""

import subprocess
import sys
from html import escape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeder.documents import to_page_texts
from feeder.documents.markup import plain_markup
from feeder.errors import PageError
from feeder.model import Page, RawPage
from feeder.parse import parse_page
from feeder.parse.text import join_lines, tidy

SAMPLES = Path(__file__).parent / "documents"
# Laid out by tables, as Chinese e-papers have been for twenty years: titles in cells, no heading.
TABLES = (SAMPLES / "tables.html").read_text("utf-8")
BREAKS = (SAMPLES / "breaks.html").read_text("utf-8")
ENGLISH = (SAMPLES / "english.html").read_text("utf-8")
WHOLE_PAGE = (SAMPLES / "whole-page.html").read_text("utf-8")
SENTENCE = "望禾派出所民警在退休教师家中按下了她手机的关机键，养老钱得以保住。"
ARTICLE = f"<p>{SENTENCE}</p>"


def text_of(markup: str | bytes, *, encoding: str | None = None) -> str:
    data = markup.encode() if isinstance(markup, str) else markup
    (page,) = to_page_texts(
        RawPage(source="drop", name="a.html", validator="1", data=data, encoding=encoding)
    )
    return page.text


def refusal_of(markup: str | bytes, *, encoding: str | None = None) -> str:
    with pytest.raises(PageError) as caught:
        text_of(markup, encoding=encoding)
    assert "\n" not in caught.value.reason
    return caught.value.reason


def parsed(markup: str | bytes) -> Page:
    return parse_page(text_of(markup))


def test_an_article_set_in_tables_is_read_whole_and_in_its_order() -> None:
    page = parsed(TABLES.replace("CHARSET", "utf-8"))

    (article,) = page.articles
    heads = f"{article.kicker}{article.headline}{article.deck}"
    assert "退休教师险丢十九万元" in heads
    assert "民警上门拦下最后一步" in heads
    assert article.byline.reporters == ("邬青野",)
    assert article.byline.correspondents == ("公轩",)
    assert [item.text[:6] for item in article.body] == [
        "“再点一下确",
        "当天下午，谢",
        "反诈中心监测",
        "警方提醒，正",
    ]
    assert str(page.printed_date) == "2026-11-20"


def test_paragraphs_parted_by_breaks_are_paragraphs() -> None:
    page = parsed(BREAKS)

    (article,) = page.articles
    assert article.kicker == "夜间经济观察"
    assert article.headline == "菜市场换新颜"
    assert article.byline.names[:1] == ("陆听雨",)
    assert [len(item.text) for item in article.body] == [38, 33, 36]
    assert str(page.printed_date) == "2026-11-22"


def test_an_english_article_keeps_its_byline_and_its_caption() -> None:
    (article,) = parsed(ENGLISH).articles

    assert article.kicker == "River transport"
    assert article.headline == "Ferry late again as mill closes"
    assert article.byline.names == ("Ada Quillon",)
    assert article.captions == ("Passengers wait at Saltmarket Pier. Photo: Ned Orrin",)
    assert article.text.endswith("It is the third time this year.")
    assert "“We have asked for patience,” said its manager" in article.text


def test_a_whole_page_gives_all_its_articles() -> None:
    titles = [article.headline for article in parsed(WHOLE_PAGE).articles]

    assert titles == ["老街面馆开了四十年", "周末有雨 气温下降六度", "水库完成除险加固"]


@pytest.mark.parametrize("markup", [TABLES, BREAKS, ENGLISH, WHOLE_PAGE])
def test_nothing_that_leads_elsewhere_or_is_not_shown_comes_out(markup: str) -> None:
    text = text_of(markup.replace("CHARSET", "utf-8"))

    for word in (
        "脚本", "隐藏", "注释", "上一篇", "首页", "往期", "山区卫生院", "地铁五号线",
        "版权", "cookies", "Most read", "Bakery", "Privacy", "Sport", "<", "&",
    ):  # fmt: skip
        assert word not in text


CHINESE = (
    "3月5日，A队以98:76胜B队。队长John Smith说：“谢谢。”他又说：“这场球（加时后）打了2小时15分……”"
)
LATIN = (
    "The state-of-the-art ferry - as it was called in 1998 - ran late; a well-known firm runs it."
)


@settings(deadline=None, max_examples=50)  # the first imports trafilatura
@given(
    st.lists(st.sampled_from("新桥下月通车，。、：“”（）《》…—3月20日98:76 AB-x"), min_size=60).map(
        "".join
    )
    | st.lists(st.sampled_from(["ferry", "a-b", "late.", "1998", "-", "“so”"]), min_size=30).map(
        " ".join
    )
    | st.sampled_from([CHINESE * 3, LATIN * 3])
)
def test_the_parser_joins_a_column_to_what_it_was_cut_from(paragraph: str) -> None:
    paragraph = tidy(" ".join(paragraph.split()))
    text = text_of(f"<html><body>{ARTICLE}<div>{escape(paragraph)}</div>{ARTICLE}</body></html>")

    _, lines, _ = text.split("\n\n")

    assert tidy(join_lines(lines.split("\n"))) == paragraph


@pytest.mark.parametrize(
    ("codec", "label", "declared"),
    [
        ("utf-8", "utf-8", None),
        ("utf-8-sig", "gb2312", None),
        ("gb18030", "gb2312", None),
        ("gb18030", "GBK", None),
        ("gb18030", "utf-8", "gbk"),
        ("gb18030", "gb2312", "utf-8"),
        ("utf-8", "gb2312", None),
        ("utf-8", "utf-16", None),
        ("utf-16", "gb2312", None),
        ("gb18030", "no-such-charset", None),
        ("gb18030", "no-such-charset", "gbk"),
    ],
)
def test_the_charset_is_the_marked_the_declared_or_its_own(
    codec: str, label: str, declared: str | None
) -> None:
    data = TABLES.replace("CHARSET", label).encode(codec)

    assert "退休教师险丢十九万元" in text_of(data, encoding=declared)


def test_a_server_that_says_latin_1_of_all_it_has_does_not_outweigh_the_page() -> None:
    page = f"<html><meta charset=gb2312><body>{ARTICLE * 9}".encode("gb18030")

    assert text_of(page, encoding="iso-8859-1").startswith("望禾派出所")


def test_html_is_decoded_strictly_too() -> None:
    data = TABLES.replace("CHARSET", "gb2312").encode("gb18030")
    place = data.index("当天".encode("gb18030"))

    reason = refusal_of(data[:place] + b"\xff\xff" + data[place:])

    assert reason.startswith(f"is not gb18030 at byte {place};")


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<html><body></body></html>", "shows no article"),
        ("<html>" + "<a href=x>新桥通车</a><br>" * 50, "shows no article"),
        ("<html><body>" + "<div>" * 100_000 + ARTICLE, "tags, no page is"),
        ("<html><body>" + "<div>" * 1_000 + ARTICLE, "Excessive depth"),
        ("<html>" + "<" * (4 * 2**20), "characters, no page is"),
        ("<!doctype html><!--" + ARTICLE, "shows no article"),
    ],
    ids=["empty", "links", "divs", "depth", "less-than", "comment"],
)
def test_html_that_is_no_page_is_refused(markup: str, words: str) -> None:
    assert words in refusal_of(markup)


@pytest.mark.parametrize(
    "odd",
    [
        "<p " + " ".join(f"a{number}=1" for number in range(200_000)) + ">",
        "<p x='>' " + " ".join(f"a{number}" for number in range(200_000)) + ">",
        "<script>" + "a<b;" * 300_000 + "</script>",
        "<img src='data:image/png;base64," + "A" * 3_000_000 + "'>",
        "<![CDATA[" * 100_000 + ">",
        "<!DOCTYPE html [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]>",
        "&#xD800;\x1f\ufffe&#12;&#xFFFF;",
    ],
    ids=["attributes", "quoted", "script", "data", "cdata", "entities", "controls"],
)
def test_an_article_is_read_whatever_stands_beside_it(odd: str) -> None:
    text = text_of(f"<html><body>{ARTICLE}{odd}{ARTICLE}</body></html>")

    assert "".join(text.split()).count(SENTENCE) == 2


def test_an_attribute_never_comes_out_as_text() -> None:
    markup = """<html><body><p title="<b>a</b> > b" alt='c">'>x</p  y="z">"""

    assert "".join(plain_markup(markup)) == "<html><body><p>x</p>"


@given(st.text(alphabet="<>/!?-=\"' ap&;#script", max_size=60))
def test_plain_markup_holds_no_attribute_but_those_of_use(markup: str) -> None:
    for piece in plain_markup(markup):
        assert not piece.startswith("<") or "=" not in piece
        assert piece.startswith("<") or "<" not in piece


def test_commands_read_html(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text(BREAKS, "utf-8")

    for command in ("parse", "explain"):
        told = subprocess.run(
            [sys.executable, "-m", "feeder", command, str(page)],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        assert "菜市场换新颜" in told.stdout
        assert told.stderr == ""


def test_a_page_text_that_begins_with_a_less_than_sign_is_no_html() -> None:
    assert text_of("<本报讯> 新桥下月通车。\n<br>") == "<本报讯> 新桥下月通车。\n<br>"
