"""PDF: a page text a page, or one clear reason."""

import contextlib
import datetime as dt
import io
import random
import subprocess
import sys
import textwrap
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from feeder.config import Config
from feeder.documents import pdf, to_page_texts
from feeder.errors import PageError
from feeder.ingest import ingest_pages
from feeder.model import MAX_PDF_BYTES, RawPage, max_bytes
from feeder.sources import read_path
from feeder.store import Store

FRONT = ("河口新桥下月通车", "本报讯（记者 张三）昨日上午，记者获悉，", "𠮷桥将于下月通车。")


def pdf_of(*pages: Sequence[str], key: StandardEncryption | None = None) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    file = io.BytesIO()
    canvas = Canvas(file, encrypt=key, invariant=1)
    for lines in pages:
        canvas.setFont("STSong-Light", 10)
        for place, line in enumerate(lines):
            canvas.drawString(50, 800 - 14 * place, line)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def texts_of(data: bytes) -> dict[str, str]:
    pages = to_page_texts(RawPage(source="drop", name="a.pdf", validator="1", data=data))
    return {page.name: page.text for page in pages}


def refusal_of(data: bytes) -> str:
    with pytest.raises(PageError) as caught:
        texts_of(data)
    assert caught.value.page == "a.pdf"
    assert "\n" not in caught.value.reason
    return caught.value.reason


def test_each_page_is_a_page_text_and_a_blank_one_none() -> None:
    assert texts_of(pdf_of(FRONT, (), ("第三版",))) == {
        "a.pdf#1": "\n".join(FRONT),
        "a.pdf#3": "第三版",
    }


def test_a_pdf_of_one_page_keeps_its_name() -> None:
    assert texts_of(pdf_of(FRONT)) == {"a.pdf": "\n".join(FRONT)}


def test_a_pdf_that_only_its_owner_may_change_is_read() -> None:
    key = StandardEncryption("", ownerPassword="secret")

    assert texts_of(pdf_of(FRONT, key=key)) == {"a.pdf": "\n".join(FRONT)}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pdf_of(()), "holds no text layer; run OCR over it first"),
        (pdf_of(FRONT, key=StandardEncryption("secret")), "encrypted PDF; send it without"),
        (pdf_of(FRONT)[:2000], "broken PDF"),
        (b"%PDF-1.7 ...", "broken PDF"),
        (pdf_of(*[("x",)] * 401), "PDF of 401 pages; split it"),
        (b"%PDF-" + b"x" * MAX_PDF_BYTES, "larger than 64 MiB"),
    ],
    ids=["scanned", "encrypted", "cut", "garbage", "pages", "large"],
)
def test_a_pdf_that_cannot_be_read_is_refused_with_its_reason(data: bytes, words: str) -> None:
    assert words in refusal_of(data)


def test_a_pdf_of_endless_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_CHARACTERS", 30)

    assert "more than 30 characters" in refusal_of(pdf_of(FRONT, FRONT))


def test_a_stream_that_swells_a_thousandfold_ends_as_a_page_without_text() -> None:
    stream = zlib.compress(b" " * 2**25)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>>"
    bodies = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page,
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(stream), stream),
    )
    objects = b"".join(
        b"%d 0 obj\n%s\nendobj\n" % (number, body) for number, body in enumerate(bodies, 1)
    )

    assert "no text layer" in refusal_of(b"%PDF-1.4\n" + objects + b"trailer<</Root 1 0 R>>\n%%EOF")


def test_any_damage_ends_in_a_text_or_a_reason() -> None:
    chance = random.Random(1)
    good = pdf_of(FRONT, FRONT)
    for _ in range(200):
        data = bytearray(good)
        for _ in range(chance.randrange(1, 40)):
            data[chance.randrange(5, len(data))] = chance.randrange(256)
        texts = {}
        with contextlib.suppress(PageError):
            texts = texts_of(bytes(data))
        assert all(text.strip() for text in texts.values())


def test_only_a_pdf_may_be_larger_than_a_text() -> None:
    assert max_bytes(b"%PDF-1.7") == MAX_PDF_BYTES
    assert max_bytes(b"\n%PDF-1.7") == MAX_PDF_BYTES
    assert max_bytes("新桥通车 %PDF-".encode()) < MAX_PDF_BYTES


def test_a_pdf_given_by_hand_is_ingested_page_by_page(
    tmp_path: Path, store: Store, config: Config
) -> None:
    paper = tmp_path / "a.pdf"
    body = ("昨日上午，记者从市交通部门获悉，", "新桥将于下月通车，市民出行更便利。") * 3
    paper.write_bytes(pdf_of(("河口新桥下月通车", *body), (), ("周末有雨气温下降", *body[::-1])))

    counts = ingest_pages(store, read_path(paper), config, now=dt.datetime.now(dt.UTC))

    assert (counts.pages, counts.failed) == (2, 0)
    assert [kept.page.name for kept in store.kept_pages()] == [f"{paper}#1", f"{paper}#3"]


def test_neither_library_is_loaded_for_a_text() -> None:
    script = textwrap.dedent("""
        import sys
        from feeder import documents
        from feeder.model import RawPage
        documents.to_page_texts(RawPage(source="a", name="a", validator="1", data=b"text"))
        print({"lxml", "trafilatura", "pypdfium2", "charset_normalizer"} & set(sys.modules))
    """)

    told = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )

    assert told.stdout == "set()\n"
