"""Bytes → page texts: decoded strictly, one text a page.

bytes ─ refuse what is no text ─ decode ─ one kind of line end ─ cut at form feeds ─ drop controls
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import replace

from feeder.errors import PageError
from feeder.model import MAX_BYTES, PageText, RawPage

# Longer marks first: the mark of UTF-32 LE begins with that of UTF-16 LE.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\0", "a database"),
    (b"{\\rtf", "an RTF document"),
)
_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype html|html)[\s>]", re.IGNORECASE)
# What a label means in the wild (https://encoding.spec.whatwg.org/, 2024): gb2312 is written over
# GBK and GB18030, big5 over Microsoft's and Hong Kong's larger sets.
_WIDER = {
    "gb2312": ("gb18030",),
    "gbk": ("gb18030",),
    "big5": ("cp950", "big5hkscs"),
    "utf-8": ("utf-8-sig",),
}
# Python's own codecs that a server may name but no newspaper writes; punycode is also quadratic.
_NO_CHARSETS = frozenset(
    {"idna", "mbcs", "oem", "palmos", "punycode", "raw_unicode_escape", "undefined",
     "unicode_escape"}
)  # fmt: skip
_CANDIDATES = ("gb18030", "cp950", "big5hkscs")
# What pages are made of: ASCII, punctuation of either script, kana, hanzi, full-width forms.
_PLAIN = re.compile(r"[\t\n\r\f -~\u00b7\u2010-\u2026\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]+")
_PLAIN_SHARE = 0.95
# NEL and the Unicode separators end lines too; `str.splitlines` would also cut at form feeds.
_LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")
# All controls but tab, line feed and form feed, and the code points that no XML may hold.
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
# One stray control in 20 letters is an extractor's slip; more is no text. A guess, not measured.
_MAX_CONTROL_SHARE = 0.05
_MAX_NUL_SHARE = 0.001


def to_page_texts(raw: RawPage) -> tuple[PageText, ...]:
    """Return the page texts in the document, in order, none of them blank.

    Form feeds part the pages; of several, each is called by its place: `a.txt#1`, `a.txt#2`.
    Lines end in "\\n" only, and controls other than tab are gone; nothing else is changed.
    Raises PageError where the document is no text, or cannot be decoded to the last byte.
    """
    _refuse_what_is_no_text(raw)
    raw = replace(raw, data=_without_stray_nuls(raw.data))
    text = _LINE_END.sub("\n", _decoded(raw))
    _refuse_what_is_no_page(raw, text)
    pages = [_cleaned(page) for page in text.split("\f")]
    numbers = [number for number, page in enumerate(pages, 1) if page.strip()]
    if not numbers:
        raise PageError(raw.name, "holds no text, only blanks; send the page's text")
    if len(numbers) == 1:
        return (_page_text(raw, name=raw.name, text=pages[numbers[0] - 1]),)
    return tuple(
        _page_text(raw, name=f"{raw.name}#{number}", text=pages[number - 1]) for number in numbers
    )


def _page_text(raw: RawPage, *, name: str, text: str) -> PageText:
    return PageText(
        source=raw.source,
        name=name,
        validator=raw.validator,
        text=text,
        modified=raw.modified,
        date=raw.date,
        publication=raw.publication,
        language=raw.language,
    )


def _refuse_what_is_no_text(raw: RawPage) -> None:
    if not raw.data:
        raise PageError(raw.name, "is empty; send it again")
    if len(raw.data) > MAX_BYTES:
        limit = MAX_BYTES // 2**20
        raise PageError(raw.name, f"is larger than {limit} MiB, no page text is; split it")
    start = raw.data[:1024].lstrip()
    for magic, what in _MAGIC:
        if start.startswith(magic):
            raise PageError(raw.name, f"is {what}, not a page text; extract its text first")


def _without_stray_nuls(data: bytes) -> bytes:
    """An extractor prints a NUL where a font maps a glyph to nothing; many are another format."""
    return data.replace(b"\0", b"") if data.count(b"\0") <= _MAX_NUL_SHARE * len(data) else data


def _refuse_what_is_no_page(raw: RawPage, text: str) -> None:
    if _HTML.match(text[:2000]):
        raise PageError(raw.name, "is HTML, not a page text; extract its text first")
    if "\0" in text:
        where = text.index("\0")
        raise PageError(raw.name, f"is binary (a NUL at character {where}); send it as text")
    controls = len(_CONTROL.findall(text))
    if controls > _MAX_CONTROL_SHARE * len(text):
        share = f"{controls} of {len(text)} characters"
        raise PageError(raw.name, f"is full of control characters ({share}); send plain text")


def _cleaned(page: str) -> str:
    return _CONTROL.sub("", page).removeprefix("\ufeff")


def _decoded(raw: RawPage) -> str:
    for mark, encoding in _MARKS:
        if raw.data.startswith(mark):
            return _decode(raw, raw.data[len(mark) :], (encoding,), start=len(mark))
    if raw.encoding:
        return _decode(raw, raw.data, _declared(raw, raw.encoding))
    return _guessed(raw)


def _declared(raw: RawPage, label: str) -> tuple[str, ...]:
    """Return the codecs to try for a declared charset, in order."""
    try:
        name = codecs.lookup(label).name
    except LookupError:
        name = "undefined"
    if name.replace("-", "_") in _NO_CHARSETS:
        why = f"is declared as {label[:40]!r}, no known charset; set encoding for its source"
        raise PageError(raw.name, why)
    return _WIDER.get(name, (name,))


def _decode(raw: RawPage, data: bytes, encodings: tuple[str, ...], *, start: int = 0) -> str:
    """Return the text; where no encoding fits, refuse with the offset the best one came to."""
    reached, best = -1, encodings[0]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            if error.start > reached:
                reached, best = error.start, encoding
        except LookupError:  # "zlib", "hex": codecs, but none of text
            break
    if reached < 0:
        why = f"is declared as {best!r}, no text encoding; set encoding for its source"
        raise PageError(raw.name, why)
    raise PageError(
        raw.name, f"is not {best} at byte {start + reached}; set encoding for its source"
    )


def _guessed(raw: RawPage) -> str:
    for text in _plain_readings(raw.data):
        return text
    if b"\0" in raw.data:
        where = raw.data.index(b"\0")
        raise PageError(raw.name, f"is binary (a NUL at byte {where}); send it as text")
    encoding = _detected(raw.data)
    if encoding:
        return raw.data.decode(encoding)
    reached, best = max(_reach(raw.data, encoding) for encoding in ("utf-8", *_CANDIDATES))
    raise PageError(
        raw.name,
        f"is neither UTF-8, UTF-16, GB18030 nor Big5 ({best} fails at byte {reached}); "
        "set encoding for its source, or save it as UTF-8",
    )


def _plain_readings(data: bytes) -> Iterator[str]:
    """Yield the readings that need no guess: UTF-8, and UTF-16 that makes a page of letters.

    ASCII in UTF-16 is UTF-8 with a NUL at every other byte, so a NUL rules UTF-8 out.
    """
    if b"\0" not in data and _reach(data, "utf-8")[0] == len(data):
        yield data.decode("utf-8")
    for encoding in ("utf-16-le", "utf-16-be"):
        if _reach(data, encoding)[0] == len(data) and _is_plain(data.decode(encoding)):
            yield data.decode(encoding)


def _reach(data: bytes, encoding: str) -> tuple[int, str]:
    """Return how many bytes can be read so, and the encoding."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start, encoding
    return len(data), encoding


def _is_plain(text: str) -> bool:
    plain = sum(map(len, _PLAIN.findall(text)))
    return plain >= _PLAIN_SHARE * len(text)


def _detected(data: bytes) -> str | None:
    # Imported here: nearly every page is UTF-8, and the import would slow every command's start.
    from charset_normalizer import from_bytes

    best = from_bytes(data, cp_isolation=list(_CANDIDATES)).best()
    return best.encoding if best else None
