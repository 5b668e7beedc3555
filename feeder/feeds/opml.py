"""OPML 2.0: the list of all feeds, for a reader to import."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lxml import etree

from feeder.feeds.channel import FILES, Channel
from feeder.text import plain


def opml(title: str, channels: Sequence[Channel], formats: Iterable[str] = tuple(FILES)) -> bytes:
    """Return the list of the channels' feeds, each in the first format that is published."""
    published = next(name for name in FILES if name in tuple(formats))
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = plain(title)
    body = etree.SubElement(root, "body")
    for channel in channels:
        _add(body, channel, published)
    etree.indent(root)
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _add(body: etree._Element, channel: Channel, published: str) -> None:
    etree.SubElement(
        body,
        "outline",
        # The word for every feed, Atom and JSON too (OPML 2.0, "Subscription lists").
        type="rss",
        text=plain(channel.title),
        title=plain(channel.title),
        xmlUrl=channel.feed_url(published),
        htmlUrl=channel.page_url,
        language=channel.language,
    )
