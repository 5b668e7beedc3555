"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from feeder.feeds import content
from feeder.feeds.channel import Channel, to_utc
from feeder.model import Entry
from feeder.text import plain


def write(channel: Channel, entries: Sequence[Entry]) -> bytes:
    """Return the feed as JSON Feed."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": plain(channel.title),
        "home_page_url": channel.page_url,
        "feed_url": channel.feed_url("json"),
        "language": channel.language,
        "authors": [{"name": plain(channel.site_title)}],
        "items": [_to_item(channel, entry) for entry in entries],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1).encode() + b"\n"


def _to_item(channel: Channel, entry: Entry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": entry.guid,
        "url": channel.absolute(entry.page),
        "title": content.title(entry),
        "summary": content.summary(entry),
        "content_html": content.html(entry),
        "date_published": to_utc(entry.published).isoformat(),
        "date_modified": to_utc(entry.updated).isoformat(),
        "tags": [plain(name) for name in channel.section_names(entry)],
    }
    authors = content.authors(entry)
    if authors:
        item["authors"] = [{"name": name} for name in authors]
    if entry.language != "und":
        item["language"] = entry.language
    return item
