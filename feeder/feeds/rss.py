"""RSS 2.0, after the specification and the profile of the RSS Advisory Board."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from feedgen.feed import FeedGenerator
from lxml import etree

from feeder.feeds import content
from feeder.feeds.channel import MEDIA_TYPES, Channel, to_utc
from feeder.model import Entry
from feeder.text import plain


def write(channel: Channel, entries: Sequence[Entry]) -> bytes:
    """Return the feed as RSS."""
    feed = FeedGenerator()
    feed.load_extension("dc", atom=False)
    feed.title(plain(channel.title))
    feed.description(plain(channel.title))
    feed.link(href=channel.feed_url("rss"), rel="self", type=MEDIA_TYPES["rss"])
    # The last link() becomes the channel's link, whatever its rel.
    feed.link(href=channel.page_url, rel="alternate")
    feed.language(channel.language)
    feed.generator("feeder")
    feed.lastBuildDate(channel.updated(entries))
    if channel.rights:
        feed.rights(plain(channel.rights))
    for entry in entries:
        _add(feed, channel, entry)
    return _finish(feed.rss_str())


def _add(feed: Any, channel: Channel, entry: Entry) -> None:
    # Without order="append" feedgen puts each entry before those it has.
    item = feed.add_entry(order="append")
    item.guid(entry.guid, permalink=False)
    item.title(content.title(entry))
    item.link(href=channel.absolute(entry.page))
    item.description(escape(content.summary(entry), quote=False))
    item.content(content.html(entry))
    item.pubDate(to_utc(entry.published))
    # feedgen drops an author without an e-mail address.
    item.dc.dc_creator(content.authors(entry))
    sections = [{"term": plain(name)} for name in channel.section_names(entry)]
    # feedgen would write the label, and RSS has room for one of the two.
    topics = [{**topic, "label": topic["term"]} for topic in channel.topics(entry)]
    item.category([*sections, *topics])


def _finish(written: bytes) -> bytes:
    root = etree.fromstring(written)
    etree.indent(root)
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
