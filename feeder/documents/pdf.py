"""PDF → the text of each of its pages, in the order in which pypdfium2 reads it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from feeder.errors import PageError
from feeder.model import MAX_BYTES

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfiumError

MAX_PAGES = 400
"""The thickest newspapers have some 200 pages."""
MAX_CHARACTERS = MAX_BYTES // 4
"""In a whole PDF: four hundred pages of 10,000 characters."""


def starts_as_pdf(data: bytes) -> bool:
    """Whether the bytes are to be a PDF; readers look for its mark in the first 1,024."""
    return data[:1024].lstrip().startswith(b"%PDF-")


def to_pages(data: bytes, *, page: str) -> tuple[str, ...]:
    """Return the text of each page of the PDF, blank for one that has none.

    Raises PageError where pypdfium2 is not installed, the PDF is broken, encrypted or too large, or
    has no text on any page.
    """
    try:
        from pypdfium2 import PdfDocument, PdfiumError
    except ImportError:
        why = "is a PDF; install feeder[pdf] to read PDFs, or extract its text first"
        raise PageError(page, why) from None
    try:
        with closing(PdfDocument(data)) as document:
            texts = tuple(_texts(document, page))
    except PdfiumError as error:
        raise PageError(page, _why(error)) from error
    if not "".join(texts).strip():
        raise PageError(page, "is a PDF that holds no text layer; run OCR over it first")
    return texts


def _texts(document: PdfDocument, page: str) -> Iterator[str]:
    if len(document) > MAX_PAGES:
        raise PageError(page, f"is a PDF of {len(document)} pages; split it, {MAX_PAGES} is most")
    total = 0
    for number in range(len(document)):
        with closing(document[number]) as sheet, closing(sheet.get_textpage()) as text:
            total += text.count_chars()
            if total > MAX_CHARACTERS:
                why = (
                    f"is a PDF of more than {MAX_CHARACTERS} characters, no newspaper is; split it"
                )
                raise PageError(page, why)
            yield text.get_text_range()


def _why(error: PdfiumError) -> str:
    from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY

    if error.err_code in (FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY):
        return "is an encrypted PDF; send it without a password"
    return f"is a broken PDF ({error}); make it anew"
