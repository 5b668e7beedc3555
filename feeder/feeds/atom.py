"""Atom 1.0 (RFC 4287)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from feedgen.feed import FeedGenerator
from lxml import etree

from feeder.feeds import content
from feeder.feeds.channel import MEDIA_TYPES, Channel, to_utc
from feeder.model import Entry
from feeder.text import plain

_ATOM = "{http://www.w3.org/2005/Atom}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def write(channel: Channel, entries: Sequence[Entry]) -> bytes:
    """Return the feed as Atom."""
    feed = FeedGenerator()
    feed.id(channel.tag)
    feed.title(plain(channel.title))
    feed.updated(channel.updated(entries))
    feed.author(name=plain(channel.site_title))
    feed.link(href=channel.page_url, rel="alternate", type="text/html")
    feed.link(href=channel.feed_url("atom"), rel="self", type=MEDIA_TYPES["atom"])
    feed.language(channel.language)
    feed.generator("feeder")
    if channel.rights:
        feed.rights(plain(channel.rights))
    for entry in entries:
        _add(feed, channel, entry)
    return _finish(feed.atom_str(), channel, entries)


def _add(feed: Any, channel: Channel, entry: Entry) -> None:
    # Without order="append" feedgen puts each entry before those it has.
    item = feed.add_entry(order="append")
    item.id(entry.guid)
    item.title(content.title(entry))
    item.link(href=channel.absolute(entry.page))
    item.published(to_utc(entry.published))
    item.updated(to_utc(entry.updated))
    item.author([{"name": name} for name in content.authors(entry)])
    item.summary(content.summary(entry))
    item.content(content.html(entry), type="html")
    names = channel.section_names(entry)
    sections = [
        {"term": section, "label": plain(name)}
        for section, name in zip(entry.sections, names, strict=True)
    ]
    item.category([*sections, *channel.topics(entry)])


def _finish(written: bytes, channel: Channel, entries: Sequence[Entry]) -> bytes:
    """feedgen loses `rel` and `type` of an entry's link, and knows no language of an entry."""
    root = etree.fromstring(written)
    for element, entry in zip(root.iterfind(f"{_ATOM}entry"), entries, strict=True):
        element.find(f"{_ATOM}link").attrib.update({"rel": "alternate", "type": "text/html"})
        if entry.language not in (channel.language, "und"):
            element.set(_LANG, entry.language)
    etree.indent(root)
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
