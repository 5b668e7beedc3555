"""Bytes → page texts: every encoding read to the last byte or refused with its offset."""

import contextlib
import datetime as dt
import subprocess
import sys

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
        (b"\x89PNG\r\n\x1a\n", None, "PNG"),
        (b"PK\x03\x04...", None, "ZIP"),
        (b"abc\0def", None, "NUL at byte 3"),
        (b"abc\0def", "utf-8", "NUL at character 3"),
        (bytes(range(1, 32)), None, "full of control characters"),
        (b"abc\xff", "utf-8", "at byte 3; set encoding"),
        (SIMPLIFIED.encode()[:-2], None, "utf-8 fails at byte"),
        (SIMPLIFIED.encode("utf-8-sig") + b"\xff", None, "is not utf-8 at byte"),
        (SIMPLIFIED.encode("utf-16")[:-1], None, "is not utf-16-le at byte"),
        (b"abc", "klingon", "no known charset"),
        (b"abc", "a\0b", "no known charset"),
        (b"abc", "punycode", "no known charset"),
        (b"abc", "utf-7", "no known charset"),
        (b"abc", "hz-gb-2312", "no known charset"),
        (b"abc", "zlib", "no known charset"),
        (("题\ufffd" * 20).encode(), None, "replacement marks (U+FFFD) (20 of 40"),
        (b"x" * (MAX_BYTES + 1), None, "larger than 16 MiB"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_no_page_text_is_refused(data: bytes, encoding: str | None, words: str) -> None:
    assert words in refusal_of(data, encoding=encoding)


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("utf8", "utf-8"), ("UTF-8", "utf-8"), ("unicode-1-1-utf-8", "utf-8"),
        ("gb2312", "gb18030"), ("GB_2312-80", "gb18030"), ("x-gbk", "gb18030"),
        ("cp936", "gb18030"),
        ("chinese", "gb18030"), ("GB18030", "gb18030"), ("gb18030-2022", "gb18030"),
        ("big5-hkscs", "big5hkscs"), ("cn-big5", "cp950"), ("x-x-big5", "big5hkscs"),
        ("utf-16", "utf-16-le"), ("unicodeFFFE", "utf-16-be"), ("UTF-16BE", "utf-16-be"),
        ("shift_jis", "cp932"), ("x-sjis", "cp932"), ("euc-jp", "euc_jp"),
    ],
)  # fmt: skip
def test_a_label_means_what_browsers_take_it_for(label: str, codec: str) -> None:
    text = "中文新聞，日本。"

    assert text_of(text.encode(codec), encoding=label) == text


@pytest.mark.parametrize("label", ["iso-8859-1", "latin1", "us-ascii", "ISO_8859-1:1987", "cp1252"])
def test_latin_1_means_windows_1252(label: str) -> None:
    assert text_of(b"\x93Caf\xe9 opens\x94", encoding=label) == "“Café opens”"


@pytest.mark.parametrize("label", ["iso-8859-1", "gb2312", "big5", "windows-1252", "euc-jp"])
def test_utf_8_is_read_as_such_whatever_else_is_declared(label: str) -> None:
    assert text_of(SIMPLIFIED.encode(), encoding=label) == SIMPLIFIED


def test_latin_letters_in_utf_8_declared_as_latin_1_are_no_rubbish() -> None:
    assert text_of("Café à Zürich".encode(), encoding="iso-8859-1") == "Café à Zürich"


def test_two_letters_of_gbk_that_are_utf_8_by_chance_stay_what_is_declared() -> None:
    assert text_of("联通".encode("gbk"), encoding="gbk") == "联通"


@pytest.mark.parametrize("codec", ["gb18030", "big5", "euc_jp"])
def test_chinese_declared_as_latin_1_is_refused(codec: str) -> None:
    data = "中文新聞，日本。\n".encode(codec) * 9

    assert "declared as cp1252, but" in refusal_of(data, encoding="iso-8859-1")


@pytest.mark.parametrize(
    ("data", "encoding", "place"),
    [
        ("新桥".encode()[:-1], "utf-8", 3),
        ("新桥".encode("gb18030")[:-1], "gb2312", 2),
        ("新橋".encode("big5")[:-1], "big5", 2),
        (b"\xef\xbb\xbf" + "新桥".encode()[:-1], None, 6),
        (b"\xef\xbb\xbf" + "新桥".encode("gb18030"), "gb18030", 3),
        ("新桥".encode("utf-16") + b"\x00\xd8", None, 6),
        ("新桥".encode("utf-16-le") + b"\x00\xdca\x00", "utf-16le", 4),
        ("新\0桥".encode() + b"\xff" + b"x" * 3000, "utf-8", 7),
        ("新桥".encode() + "新桥".encode("gb18030"), "utf-8", 6),
        ("新桥".encode() + b"\xed\xa0\x80", "utf-8", 6),
        ("新桥".encode() + b"\xc0\xaf", "utf-8", 6),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_refusal_names_the_first_wrong_byte_in_the_file(
    data: bytes, encoding: str | None, place: int
) -> None:
    assert f"at byte {place};" in refusal_of(data, encoding=encoding)


def test_utf_8_and_gbk_in_one_file_are_refused() -> None:
    data = SIMPLIFIED.encode() + SIMPLIFIED.encode("gb18030")

    assert "neither UTF-8, UTF-16, GB18030 nor Big5 (" in refusal_of(data)


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("昨日、新しい橋が来月に開通すると市の交通局が発表した。通勤が便利になる。\n", "euc_jp"),
        ("昨日、新しい橋が来月に開通すると市の交通局が発表した。通勤が便利になる。\n", "cp932"),
        (
            "어제 시 교통국은 새 다리가 다음 달에 개통될 예정이라고 밝혔다. 시민이 기뻐했다.\n",
            "cp949",
        ),
        (
            "Élèves déçus: le pont ne sera pas achevé cet été, a-t-on appris hier à Évry.\n",
            "cp1252",
        ),
        ("Вчера стало известно, что новый мост откроется в следующем месяце.\n", "cp1251"),
    ],
)
@pytest.mark.parametrize("times", [1, 20])
def test_other_encodings_that_look_alike_are_refused_unless_declared(
    text: str, codec: str, times: int
) -> None:
    data = (text * times).encode(codec)

    assert "set encoding for its source" in refusal_of(data)
    assert text_of(data, encoding=codec) == text * times


def test_too_few_letters_to_tell_an_encoding_by_are_refused() -> None:
    assert "set encoding for its source" in refusal_of("新桥通车".encode("gb18030"))
    assert "set encoding for its source" in refusal_of("晨報".encode("big5"))


def test_chinese_in_utf_16_with_hardly_an_ascii_letter_keeps_them_all() -> None:
    text = "新桥下月通车，市民出行更便利。" * 200 + "\n"

    assert text_of(text.encode("utf-16")) == text
    assert text_of(text.encode("utf-16-be")) == text
    assert text_of(text.encode("utf-16-le"), encoding="utf-16") == text


def test_a_few_replacement_marks_are_the_senders_and_stay() -> None:
    assert text_of(f"{SIMPLIFIED}\ufffd".encode()) == f"{SIMPLIFIED}\ufffd"


def test_a_divided_word_keeps_the_sign_that_pdfium_left_of_its_hyphen() -> None:
    assert text_of("The coun\ufffecil votes.".encode()) == "The coun\u00adcil votes."


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


@given(
    st.text(
        alphabet=st.characters(
            codec="utf-8", exclude_categories=["Cc", "Cn", "Zl", "Zp"], exclude_characters="\ufffd<"
        )
    )
)
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


@pytest.mark.parametrize(
    ("library", "name", "data", "told"),
    [
        (
            "trafilatura",
            "a.html",
            b"<html><p>x</p></html>",
            "is HTML; install feeder[html] to read HTML, or extract its text first",
        ),
        (
            "pypdfium2",
            "a.pdf",
            b"%PDF-1.7",
            "is a PDF; install feeder[pdf] to read PDFs, or extract its text first",
        ),
    ],
)
def test_without_its_extra_a_document_is_refused_with_what_to_install(
    library: str, name: str, data: bytes, told: str
) -> None:
    script = f"""
import sys
sys.modules[{library!r}] = None
from feeder import documents
from feeder.model import RawPage
try:
    documents.to_page_texts(RawPage(source="a", name={name!r}, validator="1", data={data!r}))
except documents.PageError as error:
    print(error)
"""

    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )

    assert done.stdout == f"{name}: {told}\n"
