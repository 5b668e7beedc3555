"""Entries → HTML pages for people without a feed reader, readable without JavaScript."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from feeder import phrases
from feeder.ledger import Event
from feeder.model import Entry
from feeder.site import changes, chart, operations
from feeder.site.operations import SourceCard, to_cards
from feeder.text import publishable

__all__ = [
    "STYLESHEET",
    "Feed",
    "Frame",
    "Section",
    "SourceCard",
    "printed_parts",
    "render_article",
    "render_front",
    "render_operations",
    "render_section",
    "render_withdrawn",
    "stylesheet",
    "to_cards",
]

STYLESHEET = "assets/style.css"

# How many entries open the front page, and how many stand under each section on it.
_LEADS = 3
_BLOCK = 5
_PARTS = re.compile(r"\s+|[^\s，、；：！？]*[，、；：！？]+|[^\s，、；：！？]+")


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A format in which every section is published."""

    name: str
    """What readers call it: RSS."""
    media_type: str
    file: str
    """Its name in a section's folder."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A page that lists entries: a section, a saved search, or "all"."""

    id: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What all pages share. Links are relative, so the folder can be read from a disk."""

    title: str
    language: str
    """Of feeder's own words; an article is in its own language."""
    base_url: str
    """Where the public folder is read; ASCII, ends with a slash."""
    zone: dt.tzinfo
    rights: str = ""
    sections: Sequence[Section] = ()
    """In the order of the navigation, "all" first."""
    feeds: Sequence[Feed] = ()

    @property
    def words(self) -> Mapping[str, str]:
        """feeder's own words in the site's language."""
        return phrases.phrases(self.language)

    @property
    def named(self) -> Mapping[str, Section]:
        """The sections by id."""
        return {section.id: section for section in self.sections}


def stylesheet() -> bytes:
    """Return the one stylesheet of all pages."""
    return resources.files("feeder.site").joinpath(STYLESHEET).read_bytes()


def render_front(
    frame: Frame, latest: Sequence[Entry], listed: Mapping[str, Sequence[Entry]]
) -> bytes:
    """Return the front page: the latest entries, then those of each section.

    `listed` holds each section's entries by its id. An entry stands once on the page.
    """
    leads = latest[:_LEADS]
    blocks = tuple(_blocks(frame, leads, listed))
    return _render("front.html", frame, page="", root="", leads=leads, blocks=blocks)


def render_section(
    frame: Frame, section: Section, entries: Sequence[Entry], forecasts: Sequence[Entry] = ()
) -> bytes:
    """Return a section's page, its entries by day in the order given.

    `forecasts` are entries whose forecast is drawn above them.
    """
    days = [(day, list(group)) for day, group in groupby(entries, key=lambda entry: entry.date)]
    page = f"{section.id}/"
    charts = [(entry, chart.draw(entry.forecast, entry.language)) for entry in forecasts]
    return _render(
        "section.html", frame, page=page, root="../", section=section, days=days, charts=charts
    )


def render_article(frame: Frame, entry: Entry) -> bytes:
    """Return an article's page, below its text what each correction changed."""
    byline = phrases.byline(entry.article, entry.language)
    sections = [frame.named[name] for name in entry.sections if name in frame.named]
    return _render(
        "article.html",
        frame,
        page=entry.page,
        root="../../",
        entry=entry,
        byline=byline,
        sections=sections,
        corrections=changes.corrections(entry),
    )


def render_withdrawn(frame: Frame, entry: Entry) -> bytes:
    """Return what stands in the place of a withdrawn article: not one word of it."""
    return _render("withdrawn.html", frame, page=entry.page, root="../../")


def render_operations(
    frame: Frame, sources: Sequence[SourceCard], events: Sequence[Event]
) -> bytes:
    """Return the page for the operator: how each source fares, and the events in the order given.

    It says of when it is, by the latest time on it: a file cannot know how old it has become.
    """
    return _render(
        "operations.html",
        frame,
        page="operations/",
        root="../",
        sources=sources,
        events=events,
        as_of=operations.as_of(sources, events),
    )


def printed_parts(headline: str) -> list[str]:
    """Return a Chinese headline in the parts between which a line may break; " " is a space."""
    return [" " if part.isspace() else part for part in _PARTS.findall(headline.strip())]


def _blocks(
    frame: Frame, leads: Sequence[Entry], listed: Mapping[str, Sequence[Entry]]
) -> Iterator[tuple[Section, Sequence[Entry]]]:
    shown = {entry.id for entry in leads}
    for section in frame.sections:
        fresh = [entry for entry in listed.get(section.id, ()) if entry.id not in shown][:_BLOCK]
        shown |= {entry.id for entry in fresh}
        if fresh:
            yield section, fresh


def _render(name: str, frame: Frame, **values: Any) -> bytes:
    template = _environment().get_template(name)
    text = template.render(frame=frame, words=frame.words, **values)
    return f"{text.strip()}\n".encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("feeder.site"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_fit,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["rows"] = phrases.forecast_rows
    environment.filters["long_date"] = phrases.long_date
    environment.filters["words_of"] = phrases.phrases
    environment.filters["shown"] = _shown
    environment.filters["printed_parts"] = printed_parts
    environment.filters["clock"] = operations.to_clock
    environment.globals["stylesheet"] = STYLESHEET
    environment.globals["chart_height"] = chart.HEIGHT
    environment.globals["chart_thick"] = chart.THICK
    return environment


def _shown(title: str) -> str:
    """Return what of a title can be seen, never nothing: a link needs letters to click."""
    return publishable(title).strip() or "…"


def _fit(value: object) -> object:
    """What any `{{ … }}` prints; a macro's HTML has been through this already."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return publishable(value)
    return value
