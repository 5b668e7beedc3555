"""What all formats say of an entry: its title, a summary and its full text as HTML."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from feeder import phrases
from feeder.model import BodyItem, Entry
from feeder.text import plain, publishable

SUMMARY_LETTERS = 200


def title(entry: Entry) -> str:
    """Return the title as plain text, never empty."""
    return plain(entry.article.title) or "…"


def authors(entry: Entry) -> list[str]:
    """Return everyone named in the byline."""
    return [name for name in map(plain, entry.article.byline.names) if name]


def summary(entry: Entry) -> str:
    """Return the deck, else the start of the text, as plain text; never empty."""
    article = entry.article
    texts = (article.deck, *(item.text for item in article.body), *article.captions)
    first = next((text for text in map(plain, filter(None, texts)) if text), title(entry))
    return first if len(first) <= SUMMARY_LETTERS else first[: SUMMARY_LETTERS - 1] + "…"


def html(entry: Entry) -> str:
    """Return the full text in `p`, `h3`, `strong` and `small`, without attributes or links.

    Captions stand without a figure, for there is no picture; `small`, not `em`, because
    slanted Chinese reads badly.
    """
    return "\n".join(_blocks(entry))


def _blocks(entry: Entry) -> Iterator[str]:
    article = entry.article
    yield from _block("<p>{}</p>", article.kicker)
    yield from _block("<p><strong>{}</strong></p>", article.deck)
    yield from _block("<p>{}</p>", phrases.byline(article, entry.language))
    for item in article.body:
        yield from _block(_form(item), item.text)
    for caption in article.captions:
        yield from _block("<p><small>{}</small></p>", caption)
    yield from _block("<p><small>{}</small></p>", imprint(entry))


def imprint(entry: Entry) -> str:
    """Return which newspaper of which day it stood in."""
    date = phrases.long_date(entry.date, entry.language)
    return f"{entry.publication} · {date}" if entry.publication else date


def _form(item: BodyItem) -> str:
    return "<h3>{}</h3>" if item.type == "crosshead" else "<p>{}</p>"


def _block(form: str, text: str | None) -> Iterator[str]:
    fit = publishable(text or "").strip()
    if fit:
        yield form.format(escape(fit, quote=False))
