"""Bytes → page texts: decoded strictly, one text a page.

    bytes ─ refuse what is no text ─┬─ decode ─┬─ as it is, cut at form feeds ─┬─ normalised ─ texts
                                    │          └─ HTML: the article in it ─────┤
                                    └─ PDF: a text a page ─────────────────────┘

`charsets` decodes, `html` and `pdf` read with libraries that come as extras
(docs/notes/0017-documents.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from feeder.documents import charsets, html, pdf
from feeder.errors import PageError
from feeder.model import PageText, RawPage, max_bytes

_MAGIC = (
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
# NEL and the Unicode separators end lines too; `str.splitlines` would also cut at form feeds.
_LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")
# All controls but tab, line feed and form feed, and the code points that no XML may hold.
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\uffff]")
_DIVIDED = "\ufffe"
"""What pdfium leaves of a hyphen that divides a word; no text may hold it, a soft hyphen it may."""
# One stray control in 20 letters is an extractor's slip; more is no text. A guess, not measured.
# A replacement mark in valid UTF-8 is the sender's: what stood there is lost before it came here.
_MAX_SLIPS_SHARE = 0.05
_MAX_NUL_SHARE = 0.001


def to_page_texts(raw: RawPage) -> tuple[PageText, ...]:
    """Return the page texts in the document, in order, none of them blank.

    Form feeds part the pages of a text; of several, each is called by its place: `a.txt#1`,
    `a.txt#2`. HTML is one page text, that of its article; a PDF has one a page. Lines end in "\n"
    only, and controls other than tab are gone; of text, nothing else is changed.
    Raises PageError where the document is no text, or cannot be decoded to the last byte.
    """
    _refuse_what_is_no_text(raw)
    pages = [_cleaned(raw, page) for page in _pages(raw)]
    numbers = [number for number, page in enumerate(pages, 1) if page.strip()]
    if not numbers:
        raise PageError(raw.name, "holds no text, only blanks; send the page's text")
    if len(numbers) == 1:
        return (_page_text(raw, name=raw.name, text=pages[numbers[0] - 1]),)
    return tuple(
        _page_text(raw, name=f"{raw.name}#{number}", text=pages[number - 1]) for number in numbers
    )


def _pages(raw: RawPage) -> Sequence[str]:
    if pdf.starts_as_pdf(raw.data):
        return [page.replace("\f", "\n") for page in pdf.to_pages(raw.data, page=raw.name)]
    within = html.declared_charset(raw.data)
    text = charsets.decode(raw.data, page=raw.name, declared=raw.encoding, within=within)
    text = _without_stray_nuls(raw, text)
    if html.is_html(text):
        return [html.to_page(text, page=raw.name)]
    return text.split("\f")


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
    limit = max_bytes(raw.data)
    if len(raw.data) > limit:
        raise PageError(raw.name, f"is larger than {limit // 2**20} MiB, no page is; split it")
    start = raw.data[:1024].lstrip()
    for magic, what in _MAGIC:
        if start.startswith(magic):
            raise PageError(raw.name, f"is {what}, not a page text; extract its text first")


def _without_stray_nuls(raw: RawPage, text: str) -> str:
    """An extractor prints a NUL where a font maps a glyph to nothing; many are another format."""
    if text.count("\0") > _MAX_NUL_SHARE * len(text):
        where = text.index("\0")
        raise PageError(raw.name, f"is binary (a NUL at character {where}); send it as text")
    return text.replace("\0", "")


def _cleaned(raw: RawPage, page: str) -> str:
    """The page with one kind of line end and without controls, if it holds text at all."""
    text = _LINE_END.sub("\n", page).replace(_DIVIDED, "\u00ad")
    _refuse_more_than_a_slip(raw, "control characters", len(_CONTROL.findall(text)), text)
    _refuse_more_than_a_slip(raw, "replacement marks (U+FFFD)", text.count("\ufffd"), text)
    return _CONTROL.sub("", text).removeprefix("\ufeff")


def _refuse_more_than_a_slip(raw: RawPage, what: str, count: int, text: str) -> None:
    if count > _MAX_SLIPS_SHARE * len(text):
        share = f"{count} of {len(text)} characters"
        raise PageError(raw.name, f"is full of {what} ({share}); send the text anew, as UTF-8")
