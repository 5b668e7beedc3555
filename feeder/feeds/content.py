"""What all formats say of an entry: its title, a summary and its full text as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from feeder import phrases
from feeder.model import BodyItem, Entry
from feeder.text import plain, publishable

SUMMARY_LETTERS = 200
TITLE_LETTERS = 300
BODY_LETTERS = 100_000
"""A newspaper page holds ten thousand. libxml2, and so most readers, refuse a text of 10 MB."""


# Quotes and brackets that close after a full stop belong to its sentence.
_SENTENCE = re.compile("[。！？!?…]+[”’\"'」』）)]*|[.][”’\"')]*(?= )")


def title(entry: Entry) -> str:
    """Return the title as plain text, never empty; one longer than any headline is cut."""
    return _cut(plain(entry.article.title), TITLE_LETTERS) or "…"


def authors(entry: Entry) -> list[str]:
    """Return everyone named in the byline."""
    return [name for name in map(plain, entry.article.byline.names) if name]


def summary(entry: Entry) -> str:
    """Return the deck, else the first paragraph, as whole sentences of plain text; never empty."""
    article = entry.article
    paragraphs = [item.text for item in article.body if item.type == "p"]
    crossheads = [item.text for item in article.body if item.type == "crosshead"]
    texts = (article.deck, *paragraphs, *article.captions, *crossheads)
    first = next((text for text in map(plain, filter(None, texts)) if text), title(entry))
    return _whole_sentences(first, SUMMARY_LETTERS)


def html(entry: Entry) -> str:
    """Return the full text in `p`, `h3`, `strong` and `small`, without attributes or links.

    A forecast stands after the text as a `table`. Captions stand without a figure, for there is
    no picture; `small`, not `em`, because slanted Chinese reads badly. A text longer than any
    article is cut, and says so.
    """
    return "\n".join(_blocks(entry))


def _whole_sentences(text: str, letters: int) -> str:
    """Cut at the last sentence end within bounds; one sentence longer than that, anywhere."""
    if len(text) <= letters:
        return text
    # One letter more shows whether a space follows.
    found = _SENTENCE.finditer(text[: letters + 1])
    ends = [match.end() for match in found if match.end() <= letters]
    return text[: ends[-1]] if ends else _cut(text, letters)


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1] + "…"


def _blocks(entry: Entry) -> Iterator[str]:
    room = BODY_LETTERS
    for form, text in _texts(entry):
        yield from _block(form, _cut(text, room))
        room -= len(text)
        if room <= 0:
            yield from _block("<p>{}</p>", phrases.phrases(entry.language)["cut"])
            break
    yield from _forecast(entry)
    yield from _block("<p><small>{}</small></p>", imprint(entry))


def _forecast(entry: Entry) -> Iterator[str]:
    """The forecast's days, a row each; a column that no day fills is left out."""
    if not entry.forecast:
        return
    heads, *rows = phrases.forecast_rows(entry.forecast, entry.language)
    cells = "".join(f"<th>{escape(plain(head), quote=False)}</th>" for head in heads)
    yield f"<table>\n<tr>{cells}</tr>"
    for row in rows:
        cells = "".join(f"<td>{escape(plain(cell), quote=False)}</td>" for cell in row)
        yield f"<tr>{cells}</tr>"
    yield "</table>"


def _texts(entry: Entry) -> Iterator[tuple[str, str]]:
    """The entry's texts in their order, each with the form it takes."""
    article = entry.article
    yield "<p>{}</p>", article.kicker or ""
    yield "<p><strong>{}</strong></p>", article.deck or ""
    yield "<p>{}</p>", phrases.byline(article, entry.language)
    for item in article.body:
        yield _form(item), item.text
    for caption in article.captions:
        yield "<p><small>{}</small></p>", caption


def imprint(entry: Entry) -> str:
    """Return in which newspapers of which days it stood."""
    named = (
        f"{publication} · {phrases.long_date(date, entry.language)}"
        if publication
        else phrases.long_date(date, entry.language)
        for publication, date in entry.appearances
    )
    return phrases.phrases(entry.language)["and_in"].join(named)


def _form(item: BodyItem) -> str:
    return "<h3>{}</h3>" if item.type == "crosshead" else "<p>{}</p>"


def _block(form: str, text: str) -> Iterator[str]:
    fit = publishable(text).strip()
    if fit:
        yield form.format(escape(fit, quote=False))
