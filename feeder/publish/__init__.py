"""The store → the files of the public folder: everything is rendered, what differs is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from feeder import feeds, iptc, phrases, site
from feeder.config import Config
from feeder.ledger import Event, SourceState
from feeder.model import Entry
from feeder.publish.folder import File, Published, put_files, replace_files

__all__ = ["Published", "Reader", "Told", "publish", "publish_operations"]

_ALL = "all"
_WEATHER = iptc.PREFIX + iptc.BY_ID["weather"].code
_OPERATIONS = "operations"
_MOST_EVENTS = 100
_OPML = "subscriptions.opml"
_FORMAT_NAMES = {"rss": "RSS", "atom": "Atom", "json": "JSON Feed"}


class Found(Protocol):
    """An entry that a search found."""

    @property
    def entry(self) -> Entry:
        """The entry."""


class Told(Protocol):
    """What publishing reads of a ledger."""

    def source_states(self) -> Mapping[str, SourceState]:
        """Return how each source fares, by its name."""

    def events(self, *, limit: int) -> Sequence[Event]:
        """Return the latest events, the newest first."""


class Reader(Protocol):
    """What publishing reads of a store."""

    @property
    def ledger(self) -> Told:
        """How the sources fare, and what went wrong."""

    def sections(self) -> tuple[str, ...]:
        """Return the ids of the sections that have entries."""

    def latest(
        self, section: str | None = None, *, limit: int, offset: int = 0
    ) -> tuple[Entry, ...]:
        """Return entries, newest first; None is every section."""

    def entries(self) -> Iterator[Entry]:
        """Return all entries."""

    def forecasts(self) -> Sequence[Entry]:
        """Return the newest entry of each publication that forecasts days, the newest first."""

    def withdrawn(self) -> Iterator[Entry]:
        """Return the entries that were taken back."""

    def search(self, words: str, *, limit: int, newest_first: bool = False) -> Sequence[Found]:
        """Return the entries that hold the words."""


def publish(store: Reader, config: Config) -> Published:
    """Write every feed and page that differs from what is published, remove what is gone.

    Raises PublishError where the public folder cannot be written.
    """
    return replace_files(config.storage.public, _files(store, config))


def publish_operations(ledger: Told, config: Config) -> Published:
    """Write the page and the feed for the operator, and touch nothing else: after an event.

    Raises PublishError where the public folder cannot be written.
    """
    return put_files(config.storage.public, _operations(ledger, config))


def _files(store: Reader, config: Config) -> Iterator[File]:
    """All files, those first that others link to: nobody follows a link to nothing."""
    listed = _listed(store, config)
    channels = [_to_channel(config, each) for each in listed]
    frame = _to_frame(config, channels[0], listed)
    yield site.STYLESHEET, site.stylesheet()
    for entry in store.entries():
        yield entry.page, site.render_article(frame, entry)
    for entry in store.withdrawn():
        yield entry.page, site.render_withdrawn(frame, entry)
    weather = {part.id for part in config.section if _WEATHER in part.topics}
    for channel, (section, entries) in zip(channels, listed.items(), strict=True):
        for name, data in feeds.render(channel, entries, config.feeds.formats).items():
            yield f"{section.id}/{name}", data
        forecasts = store.forecasts() if section.id in weather else ()
        if forecasts:
            for name, data in feeds.render_forecasts(channel, forecasts).items():
                yield f"{section.id}/{name}", data
        page = site.render_section(frame, section, entries, forecasts)
        yield f"{section.id}/index.html", page
    yield from _operations(store.ledger, config)
    yield _OPML, feeds.opml(config.site.title, channels, config.feeds.formats)
    latest, *rest = listed.items()
    front = site.render_front(frame, latest[1], {section.id: entries for section, entries in rest})
    yield "index.html", front


def _operations(ledger: Told, config: Config) -> Iterator[File]:
    """The operator's two files: a function of ledger and configuration, without a clock.

    The feed stands in no list of feeds, and no page but the front page's foot leads to it.
    """
    title = phrases.phrases(config.site.language)[_OPERATIONS]
    channel = _to_channel(config, site.Section(id=_OPERATIONS, title=title))
    events = ledger.events(limit=_MOST_EVENTS)
    yield f"{_OPERATIONS}/atom.xml", feeds.render_operations(channel, events)
    configured = [source.label for source in config.source]
    cards = site.to_cards(configured, ledger.source_states())
    # Without the sections: they would have to be looked up for each event.
    frame = _to_frame(config, channel, ())
    yield f"{_OPERATIONS}/index.html", site.render_operations(frame, cards, events)


def _listed(store: Reader, config: Config) -> dict[site.Section, tuple[Entry, ...]]:
    """The sections with their entries, in the order of the navigation, "all" first."""
    limit, language = config.feeds.limit, config.site.language
    title = phrases.phrases(language)["all"]
    listed = {site.Section(id=_ALL, title=title): store.latest(limit=limit)}
    for section in _sections(store, config):
        listed[section] = store.latest(section.id, limit=limit)
    for search in config.search:
        # A feed shows what is new: the best of all years would keep it out.
        hits = store.search(search.words, limit=limit, newest_first=True)
        if hits:
            section = site.Section(id=search.id, title=search.title_in(language))
            listed[section] = tuple(hit.entry for hit in hits)
    return listed


def _sections(store: Reader, config: Config) -> Iterator[site.Section]:
    """Those with entries, as configured; then those the configuration no longer knows."""
    filled = store.sections()
    for section in config.section:
        if section.id in filled:
            yield site.Section(id=section.id, title=section.title_in(config.site.language))
    known = {section.id for section in config.section}
    yield from (site.Section(id=name, title=name) for name in sorted(set(filled) - known))


def _to_channel(config: Config, section: site.Section) -> feeds.Channel:
    language = config.site.language
    whole = section.id == _ALL
    return feeds.Channel(
        id=section.id,
        title=config.site.title if whole else f"{config.site.title} · {section.title}",
        site_title=config.site.title,
        base_url=config.site.base_url,
        language=language,
        authority=config.site.authority,
        rights=config.site.rights,
        section_titles={each.id: each.title_in(language) for each in config.section},
        section_topics={each.id: each.topics for each in config.section},
    )


def _to_frame(
    config: Config, channel: feeds.Channel, sections: Iterable[site.Section]
) -> site.Frame:
    return site.Frame(
        title=config.site.title,
        language=config.site.language,
        base_url=channel.absolute(""),
        zone=config.site.zone,
        rights=config.site.rights,
        sections=tuple(sections),
        feeds=tuple(
            site.Feed(
                name=_FORMAT_NAMES[name],
                media_type=feeds.MEDIA_TYPES[name],
                file=feeds.FILES[name],
            )
            for name in config.feeds.formats
        ),
    )
