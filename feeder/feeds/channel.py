"""What a feed is, beside its entries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import quote, urlsplit, urlunsplit

from feeder import iptc
from feeder.model import Entry
from feeder.text import plain

FILES = MappingProxyType({"rss": "rss.xml", "atom": "atom.xml", "json": "feed.json"})
MEDIA_TYPES = MappingProxyType(
    {
        "rss": "application/rss+xml",
        "atom": "application/atom+xml",
        "json": "application/feed+json",
    }
)


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One stream of entries that people subscribe to, in whichever format."""

    id: str
    """Its folder under the public folder: a section's id, or "all"."""
    title: str
    """What a reader's list of feeds shows."""
    site_title: str
    base_url: str
    """Where the public folder is read; ends with a slash."""
    language: str
    authority: str
    """RFC 4151's tagging entity, as in example.org,2026."""
    rights: str = ""
    section_titles: Mapping[str, str] = field(default_factory=dict)
    """Section ids to what readers call them; an id that is missing stands for itself."""
    section_topics: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Section ids to codes of other vocabularies, such as IPTC's `medtop:17000000`."""

    @property
    def tag(self) -> str:
        """Its identity for ever, whatever its address and format."""
        return f"tag:{self.authority.lower()}:feed/{self.id}"

    @property
    def page_url(self) -> str:
        """Where its HTML page is read."""
        return self.absolute(f"{self.id}/")

    def feed_url(self, name: str) -> str:
        """Where its feed in that format is read."""
        return self.absolute(f"{self.id}/{FILES[name]}")

    def absolute(self, path: str) -> str:
        """Return the URL (RFC 3986, so ASCII only) of a path under the public folder."""
        return _to_uri(self.base_url) + path

    def section_names(self, entry: Entry) -> tuple[str, ...]:
        """Return what readers call the entry's sections."""
        return tuple(self.section_titles.get(name, name) for name in entry.sections)

    def topics(self, entry: Entry) -> Iterator[dict[str, str]]:
        """Yield the topics for which the entry stands in its sections, once each.

        They are Atom's categories, labelled as their vocabulary names them. Of an entry whose
        topics are not known, all those of its sections.
        """
        known = entry.topics or tuple(
            topic for section in entry.sections for topic in self.section_topics.get(section, ())
        )
        for topic in dict.fromkeys(filter(None, map(plain, known))):
            yield self._to_term(topic)

    def _to_term(self, topic: str) -> dict[str, str]:
        found = iptc.find(topic)
        if found is None:
            return {"term": topic}
        label = found.name_in(self.language)
        return {"term": found.code, "scheme": iptc.SCHEME, "label": label}

    def updated(self, entries: Sequence[Entry]) -> dt.datetime:
        """Return when the feed last changed.

        A feed without entries has not changed since its authority's date; the time of
        the run would give other bytes with every run.
        """
        minted = self.authority.rpartition(",")[2]
        started = dt.datetime(int(minted[:4]), 1, 1, tzinfo=dt.UTC)
        return max((to_utc(entry.updated) for entry in entries), default=started)


def to_utc(time: dt.datetime) -> dt.datetime:
    """Return the same moment in UTC.

    RFC 822 as validators read it knows no offset such as +05:45, let alone one with seconds.
    """
    return time.astimezone(dt.UTC)


def _to_uri(address: str) -> str:
    parts = urlsplit(address)
    host = (parts.hostname or "").encode("idna").decode("ascii")
    place = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~")
    return urlunsplit((parts.scheme, place + port, path, "", ""))
