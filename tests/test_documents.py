"""Bytes → page texts: every encoding read to the last byte or refused with its offset."""

import contextlib
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeder.documents import to_page_texts
from feeder.errors import PageError
from feeder.model import MAX_BYTES, PageText, RawPage

SIMPLIFIED = (
    "河口新桥下月通车\n晨报讯（记者/张三）昨日上午，记者从市交通部门获悉，新桥将于下月通车。\n"
)
TRADITIONAL = (
    "河口新橋下月通車\n本報訊（記者陳大文）昨日上午，記者從運輸署獲悉，新橋將於下月通車。\n"
)
HONG_KONG = (
    "街坊話：「裏面啲嘢冇晒，佢哋喺度住咗十年。」本報記者獲悉，政府將於下月跟進此事，請市民留意。\n"
)


def raw(data: bytes, *, encoding: str | None = None, name: str = "a01.txt") -> RawPage:
    return RawPage(source="drop", name=name, validator="1-1", data=data, encoding=encoding)


def text_of(data: bytes, *, encoding: str | None = None) -> str:
    (page,) = to_page_texts(raw(data, encoding=encoding))
    return page.text


def refusal_of(data: bytes, *, encoding: str | None = None) -> str:
    with pytest.raises(PageError) as caught:
        to_page_texts(raw(data, encoding=encoding))
    assert caught.value.page == "a01.txt"
    assert "\n" not in caught.value.reason
    return caught.value.reason


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (SIMPLIFIED, "utf-8"),
        (SIMPLIFIED, "utf-8-sig"),
        (SIMPLIFIED, "utf-16"),
        (SIMPLIFIED, "utf-16-le"),
        (SIMPLIFIED, "utf-16-be"),
        (SIMPLIFIED, "utf-32"),
        (SIMPLIFIED, "gb18030"),
        ("\ufeff" + SIMPLIFIED, "gb18030"),
        (TRADITIONAL, "gb18030"),
        (TRADITIONAL, "big5"),
        (HONG_KONG, "big5hkscs"),
        ("Bridge opens\nRIVER CITY - A bridge opened.\n", "ascii"),
        ("Bridge opens\nRIVER CITY - A bridge opened.\n", "utf-16-le"),
    ],
)
def test_an_undeclared_encoding_is_found(text: str, encoding: str) -> None:
    assert text_of(text.encode(encoding)) == text.removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("text", "encoding", "label"),
    [
        (SIMPLIFIED, "gb18030", "GB18030"),
        ("镕基", "gbk", "gb2312"),
        (TRADITIONAL, "big5", "big5"),
        (HONG_KONG, "big5hkscs", "Big5"),
        ("Café opens – “today”", "cp1252", "windows-1252"),
        ("橋～碁", "cp950", "big5"),
    ],
)
def test_a_declared_encoding_is_used(text: str, encoding: str, label: str) -> None:
    assert text_of(text.encode(encoding), encoding=label) == text


def test_a_byte_order_mark_outweighs_the_declaration() -> None:
    assert text_of(SIMPLIFIED.encode("utf-8-sig"), encoding="gb18030") == SIMPLIFIED


@pytest.mark.parametrize(
    ("data", "encoding", "words"),
    [
        (b"", None, "is empty"),
        (b" \r\n\f\xe3\x80\x80\n", None, "holds no text"),
        (b"%PDF-1.7 ...", None, "is a PDF, not a page text; extract its text first"),
        (b"\x89PNG\r\n\x1a\n", None, "PNG"),
        (b"PK\x03\x04...", None, "ZIP"),
        (b"\xef\xbb\xbf<!DOCTYPE html><p>x", None, "is HTML"),
        (b"abc\0def", None, "NUL at byte 3"),
        (b"abc\0def", "utf-8", "NUL at character 3"),
        (bytes(range(1, 32)), None, "full of control characters"),
        (b"abc\xff", "utf-8", "at byte 3; set encoding"),
        (SIMPLIFIED.encode()[:-2], None, "utf-8 fails at byte"),
        (SIMPLIFIED.encode("utf-8-sig") + b"\xff", None, "is not utf-8 at byte"),
        (SIMPLIFIED.encode("utf-16")[:-1], None, "is not utf-16-le at byte"),
        (b"abc", "klingon", "no known charset"),
        (b"abc", "punycode", "no known charset"),
        (b"abc", "zlib", "no text encoding"),
        (b"x" * (MAX_BYTES + 1), None, "larger than 16 MiB"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_no_page_text_is_refused(data: bytes, encoding: str | None, words: str) -> None:
    assert words in refusal_of(data, encoding=encoding)


def test_the_refusal_names_the_byte_where_the_likeliest_encoding_fails() -> None:
    good = SIMPLIFIED.encode("gb18030") * 20

    reason = refusal_of(good + b"\xff" + good)

    assert f"gb18030 fails at byte {len(good)}" in reason


def test_several_pages_in_one_text_are_several_pages() -> None:
    modified = dt.datetime(2024, 11, 22, tzinfo=dt.UTC)
    document = RawPage(
        source="drop",
        name="paper.txt",
        validator="9-9",
        data="一版\f\f三版\n\f".encode(),
        modified=modified,
        date=dt.date(2024, 11, 22),
        publication="晨报",
        language="zh-Hans",
    )

    first, third = to_page_texts(document)

    assert first == PageText(
        source="drop",
        name="paper.txt#1",
        validator="9-9",
        text="一版",
        modified=modified,
        date=dt.date(2024, 11, 22),
        publication="晨报",
        language="zh-Hans",
    )
    assert (third.name, third.text) == ("paper.txt#3", "三版\n")


def test_a_single_page_keeps_its_name() -> None:
    (page,) = to_page_texts(raw(b"one\f\n"))

    assert (page.name, page.text) == ("a01.txt", "one")


def test_line_ends_of_every_kind_become_one() -> None:
    assert text_of("a\r\nb\rc\x85d\u2028e\n".encode()) == "a\nb\nc\nd\ne\n"


def test_a_stray_control_is_dropped_and_a_tab_kept() -> None:
    line = "新桥下月通车，市民出行更便利。" * 2

    assert text_of(f"{line}\x07\t{line}\x1b".encode()) == f"{line}\t{line}"


def test_one_line_of_5_megabytes_is_text() -> None:
    line = "新" * (5 * 10**6 // 3)

    assert text_of(line.encode()) == line


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Zl", "Zp"])))
def test_no_letter_of_a_utf8_text_is_lost(text: str) -> None:
    marked = f"题{text}"

    assert text_of(marked.encode()) == marked


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    pages: tuple[PageText, ...] = ()
    with contextlib.suppress(PageError):
        pages = to_page_texts(raw(data))

    assert all(page.text.strip() for page in pages)


def test_a_stray_nul_in_a_page_is_dropped() -> None:
    page = SIMPLIFIED * 100

    assert text_of((page + "\0" + page).encode()) == page + page
