"""Entries → feed files: RSS 2.0, Atom 1.0, JSON Feed 1.1, forecasts, OPML, operations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from feeder.feeds import atom, jsonfeed, rss
from feeder.feeds.channel import FILES, MEDIA_TYPES, Channel
from feeder.feeds.forecasts import render_forecasts
from feeder.feeds.operations import render_operations
from feeder.feeds.opml import opml
from feeder.model import Entry

__all__ = [
    "FILES",
    "MEDIA_TYPES",
    "Channel",
    "opml",
    "render",
    "render_forecasts",
    "render_operations",
]

_WRITERS = {"rss": rss.write, "atom": atom.write, "json": jsonfeed.write}


def render(
    channel: Channel, entries: Sequence[Entry], formats: Iterable[str] = tuple(FILES)
) -> dict[str, bytes]:
    """Return the channel's feeds by file name, the entries in the order given.

    The same entries give the same bytes. Not for several threads at once: feedgen
    switches the process's locale while it writes dates.
    """
    return {FILES[name]: _WRITERS[name](channel, entries) for name in formats}
