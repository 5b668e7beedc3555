"""The values that travel from page text to feed, frozen, named by the field's own words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Self

MAX_BYTES = 16 * 1024 * 1024
"""No text may be larger. A newspaper page holds some 10,000 characters, 30 KB."""
MAX_PDF_BYTES = 64 * 1024 * 1024
"""No PDF may be larger: a page with its pictures has some 2 MB, and a paper some 32 pages."""


def max_bytes(start: bytes) -> int:
    """Return how large a document may be that begins so; a kilobyte of it is enough to tell."""
    return MAX_PDF_BYTES if start[:1024].lstrip().startswith(b"%PDF-") else MAX_BYTES


class DatedBy(StrEnum):
    """How a page's publication date was found, surest first."""

    NAME = "name"  # the source's pattern over the file name or URL
    PRINTED = "printed"  # a date printed in the page
    FORECAST = "forecast"  # the first day of the page's weather forecast
    VALIDATOR = "validator"  # the file's time or Last-Modified
    INGEST = "ingest"  # the time of ingest, for want of anything better


class Role(StrEnum):
    """What a printed line is on its page."""

    KICKER = "kicker"
    HEADLINE = "headline"
    DECK = "deck"
    BYLINE = "byline"
    CREDIT = "credit"
    BODY = "body"
    CROSSHEAD = "crosshead"
    CAPTION = "caption"
    FURNITURE = "furniture"
    UNASSIGNED = "unassigned"
    BLANK = "blank"


@dataclass(frozen=True, kw_only=True)
class RawPage:
    """What a source found: the bytes of a document, and all that is known of it from outside."""

    source: str
    """The name of the source it came from; "command line" for a page given by hand."""
    name: str
    """The document's name within its source: a relative path, or the URL."""
    validator: str
    """RFC 9110's word: `size-mtime_ns` for a file, the ETag or Last-Modified for a URL."""
    data: bytes
    modified: dt.datetime | None = None
    """The file's time or Last-Modified, with zone."""
    date: dt.date | None = None
    """What the source's date pattern found in the name."""
    publication: str | None = None
    language: str | None = None
    encoding: str | None = None
    """The charset that the configuration or the server declares."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A document that a source found and could not read."""

    source: str
    name: str
    validator: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class PageText:
    """The text of one newspaper page as a source handed it over, decoded and not yet parsed."""

    source: str
    """The name of the source it came from; "command line" for a page given by hand."""
    name: str
    """The page's name within its source: a relative path, or the URL."""
    validator: str
    """RFC 9110's word: `size-mtime_ns` for a file, the ETag or Last-Modified for a URL."""
    text: str
    modified: dt.datetime | None = None
    """The file's time or Last-Modified, with zone."""
    date: dt.date | None = None
    """What the source's date pattern found in the name."""
    publication: str | None = None
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class Byline:
    """Who wrote and photographed an article, names as printed, in printed order."""

    reporters: tuple[str, ...] = ()
    correspondents: tuple[str, ...] = ()
    photographers: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Everyone named, once each."""
        everyone = (*self.reporters, *self.correspondents, *self.photographers)
        return tuple(dict.fromkeys(everyone))


@dataclass(frozen=True, kw_only=True)
class BodyItem:
    """A paragraph or a crosshead of an article's body."""

    type: Literal["p", "crosshead"]
    text: str


@dataclass(frozen=True, kw_only=True)
class Article:
    """One article of a page. Text has no line breaks and no space that only the column made."""

    kicker: str | None = None
    headline: str | None = None
    deck: str | None = None
    credit: str | None = None
    byline: Byline = Byline()
    body: tuple[BodyItem, ...] = ()
    captions: tuple[str, ...] = ()
    confidence: float = 1.0
    """How sure the parse is, 0 to 1."""

    @property
    def title(self) -> str:
        """What names the article in a list: the headline, else the start of what there is."""
        lead = self.body[0].text if self.body else next(iter(self.captions), "")
        return self.headline or self.kicker or self.deck or lead[:40] or "…"

    @property
    def text(self) -> str:
        """Paragraphs and crossheads, one a line."""
        return "\n".join(item.text for item in self.body)

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The body without its crossheads."""
        return tuple(item.text for item in self.body if item.type == "p")


@dataclass(frozen=True, kw_only=True)
class MonthDay:
    """A day of any year, as a forecast names its first."""

    month: int
    day: int
    weekday: int | None = None
    """0 for Monday, if it is printed."""


@dataclass(frozen=True, kw_only=True)
class ForecastDay:
    """What a paper forecasts for one day. What it does not print is None."""

    date: dt.date
    text: str
    """The condition as printed; empty where only temperatures are."""
    low: int | None = None
    high: int | None = None
    unit: str | None = None
    """C or F, degrees; None where the paper does not say."""
    wind: str | None = None
    """As printed."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """The dated list of a weather article."""

    days: tuple[ForecastDay, ...] = ()
    """Ascending, none twice."""
    unread: tuple[str, ...] = ()
    """Days of the list that could not be read, as printed: they stay in the article's text."""


@dataclass(frozen=True, kw_only=True)
class PageLine:
    """What became of one printed line: its role and, if it is an article's, which."""

    number: int
    """Counted from 1, as an editor counts."""
    text: str
    role: Role
    article: int | None = None
    """The place in `Page.articles`, from 0; None for furniture and what is unassigned."""


class Doubted(StrEnum):
    """What may be wrong of an article."""

    BEGINS = "begins"  # it may begin elsewhere
    GOES_ON = "goes on"  # what follows may be another article's
    ENDS = "ends"  # it may go on elsewhere
    TITLE = "title"  # the title may be another's, or none
    NO_HEADLINE = "no headline"  # none was found


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """Why an article is not surely right: one of its joints, or a title."""

    article: int
    """The place in `Page.articles`, from 0."""
    what: Doubted
    sure: float
    """How sure it is nevertheless, 0 to 1; the least of them is the article's confidence."""
    line: int
    """The line in doubt, counted from 1: where the article begins, goes on, ends, or its title."""
    after: int | None = None
    """The line that it goes on from."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page taken apart: every line is in an article, furniture, unassigned or blank."""

    articles: tuple[Article, ...]
    furniture: tuple[str, ...] = ()
    unassigned: tuple[str, ...] = ()
    lines: tuple[PageLine, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    """What the articles' confidence hangs on, by article, the least sure first."""
    language: str = "zh-Hans"
    """BCP 47: `zh-Hans`, `zh-Hant`, `en`, …, told from the letters; `und` when they do not tell."""
    printed_date: dt.date | None = None
    """A full date printed in the page's furniture."""
    forecast_start: MonthDay | None = None
    """The day on which the page's weather forecast begins."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """That an article stands in a section, how surely, and for which topic."""

    section: str
    score: float
    """0 to 1; a low one is a guess, for an article is never in no section."""
    topic: str | None = None
    """A code such as `medtop:17000000`; None where words or the paper's name alone decided."""


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """That a page showed an article."""

    page_name: str
    source: str
    publication: str | None
    date: dt.date
    place: int
    """The article's place on the page, from 0."""


@dataclass(frozen=True, kw_only=True)
class Revision:
    """An article's text before another took its place."""

    article: Article
    replaced: dt.datetime
    corrected: bool = True
    """Whether the paper changed it; else it was read better, or put together from its parts."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A stored article: what feeds and pages are made from."""

    id: int
    guid: str
    """A `tag:` URI (RFC 4151), minted once."""
    published: dt.datetime
    """With zone; never changes; no two entries share it."""
    updated: dt.datetime
    """With zone; moves only when what the reader sees changes; no two entries share it."""
    date: dt.date
    """The day of the newspaper it first stood in."""
    article: Article
    sections: tuple[str, ...]
    """Section ids, the primary first; never empty."""
    language: str
    publication: str | None
    topics: tuple[str, ...] = ()
    """Codes of the topics for which it stands in its sections, such as `medtop:17000000`."""
    forecast: tuple[ForecastDay, ...] = ()
    """The days that a weather article forecasts, ascending."""
    sightings: tuple[Sighting, ...] = ()
    revisions: tuple[Revision, ...] = ()

    @property
    def appearances(self) -> tuple[tuple[str | None, dt.date], ...]:
        """The papers and days in which it stood, once each, that of the entry first."""
        seen = [(one.publication, one.date) for one in self.sightings]
        return tuple(dict.fromkeys([(self.publication, self.date), *seen]))

    @property
    def page(self) -> str:
        """Where its page lies, relative to the public folder and to the site's address."""
        return f"articles/{self.date.year}/{self.id}.html"


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What a run came to; counts of articles but for `pages` and `failed`."""

    pages: int = 0
    new: int = 0
    revised: int = 0
    same: int = 0
    failed: int = 0
    lost: int = 0
    """Entries that no page shows any more: a reparse joined them to others."""
    failures: tuple[tuple[str, str], ...] = ()
    """(name, reason) of each page that failed."""

    def __add__(self, other: Self) -> Counts:
        return Counts(
            pages=self.pages + other.pages,
            new=self.new + other.new,
            revised=self.revised + other.revised,
            same=self.same + other.same,
            failed=self.failed + other.failed,
            lost=self.lost + other.lost,
            failures=self.failures + other.failures,
        )
