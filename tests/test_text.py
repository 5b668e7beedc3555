"""What can be published of any text."""

from __future__ import annotations

import html

from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from feeder.text import plain, publishable

anything = st.text(st.characters(exclude_categories=()))


@given(anything)
def test_xml_carries_what_is_publishable(text: str) -> None:
    root = etree.Element("p")
    root.text = publishable(text)

    assert etree.fromstring(etree.tostring(root, encoding="utf-8")).text in (root.text, None)


@given(anything)
def test_publishing_twice_changes_nothing_more(text: str) -> None:
    assert publishable(publishable(text)) == publishable(text)
    assert plain(plain(text)) == plain(text)


@given(
    st.from_regex(r"(a?&#?(lt|copy|amp|T|x39)[;a榕 ]?)+", fullmatch=True)
    | st.text("&<>;#/!ax39 ampltgco榕")
)
@example("&copyright &ltx &notit; &AMP")
def test_a_title_reads_the_same_as_html(text: str) -> None:
    assert html.unescape(plain(text)) == plain(text)


def test_letters_of_every_plane_stay() -> None:
    text = "榕江 𠮷 🌧 é ﷽ \ue000 \U0001fffd"

    assert publishable(text) == text


def test_what_is_no_letter_goes() -> None:
    assert publishable("a\x00\x7f\x9f\ud800\udfff\ufdd0\ufeff\ufffd\ufffe\uffff\U0010ffffb") == "ab"


def test_breaks_of_every_kind_become_one_space() -> None:
    assert publishable("a\r\n\t\x0b\x0c\x85\u2028\u2029b") == "a b"
