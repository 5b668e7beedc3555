"""What went wrong and what was mended, for the operator: Atom 1.0 (RFC 4287)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from feedgen.feed import FeedGenerator
from lxml import etree

from feeder import phrases
from feeder.feeds.channel import MEDIA_TYPES, Channel, to_utc
from feeder.feeds.content import TITLE_LETTERS
from feeder.ledger import Event
from feeder.text import plain

_ATOM = "{http://www.w3.org/2005/Atom}"


def render_operations(channel: Channel, events: Sequence[Event]) -> bytes:
    """Return the events as an Atom feed, in the order given. The same events give the same bytes.

    An event's id is made of its time too: after a restore, numbers are given a second time.
    """
    feed = FeedGenerator()
    feed.id(channel.tag)
    feed.title(plain(channel.title))
    feed.updated(max(map(_updated, events), default=channel.updated(())))
    feed.author(name=plain(channel.site_title))
    feed.link(href=channel.page_url, rel="alternate", type="text/html")
    feed.link(href=channel.feed_url("atom"), rel="self", type=MEDIA_TYPES["atom"])
    feed.language(channel.language)
    feed.generator("feeder")
    for event in events:
        _add(feed, channel, event)
    return _finish(feed.atom_str())


def _add(feed: Any, channel: Channel, event: Event) -> None:
    kind = phrases.phrases(channel.language)[event.kind.value]
    told = plain(f"{event.subject}: {event.text}")
    item = feed.add_entry(order="append")
    item.id(f"{channel.tag}/{to_utc(event.time):%Y%m%dT%H%M%SZ}-{event.id}")
    title = f"{kind} · {told}"
    item.title(title if len(title) <= TITLE_LETTERS else title[: TITLE_LETTERS - 1] + "…")
    item.link(href=f"{channel.page_url}#event-{event.id}")
    item.published(to_utc(event.time))
    item.updated(_updated(event))
    item.content(told, type="text")
    item.category(term=event.kind.value, label=kind)


def _updated(event: Event) -> dt.datetime:
    """The event's second, and a thousandth for its number: readers warn where two are the same."""
    second = to_utc(event.time).replace(microsecond=0)
    return second + dt.timedelta(milliseconds=event.id % 1000)


def _finish(written: bytes) -> bytes:
    """feedgen loses `rel` and `type` of an entry's link."""
    root = etree.fromstring(written)
    for link in root.iterfind(f"{_ATOM}entry/{_ATOM}link"):
        link.attrib.update({"rel": "alternate", "type": "text/html"})
    etree.indent(root)
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
