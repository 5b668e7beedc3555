"""The tables, and every step that led to them: one migration a change, never edited once landed.

    documents   what a source handed over: its validator, and what came of it; `inode` is the file
                that was seen to bear that validator still, null if it is to be looked at
    pages       page texts as decoded, kept so that a better parser can be run over them
    entries     articles as subscribers see them, and the page each text came from; `withdrawn` ones
                stay as tombstones, those `lost` only until a page shows them again
    sections    which entry stands in which section, how surely (0 to 1; null if not known) and for
                which topic; rank 0 is the primary one
    forecasts   the days that a weather article forecasts; null is what it does not print
    facts       what feeder remembers of itself, by name
    sources     when each source was looked at, and why it cannot be (`feeder.ledger`)
    events      what went wrong and what was mended, for the operator (`feeder.ledger`)
    folders     of which folders of a source nothing is to be looked at, and until when that holds
    answers     what each index of pages and each robots.txt said last (`feeder.ledger`)
    sightings   which page showed which entry, and where on it
    revisions   what an entry said before; `corrected` is 1 if the paper changed it, 0 if it was
                read better or put together from its parts
    likenesses  keys by which entries that may be the same article are found; an entry's own, six
                bytes each, are in `entries.keys`
    forgotten   guids of entries that are gone, and their papers' day: no other article gets one
    search      tokens of the entries (FTS5, without their places): which entries may hold a word
    unindexed   entries whose text of today is not in `search` yet: they go there many at a time

Times are UTC, ISO 8601, so that they sort as text.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from feeder.store.rows import to_article
from feeder.store.words import to_index

migrations = Migrations("feeder")


@migrations()
def first_tables(db: Database) -> None:
    """Version 0.1.0."""
    for statement in _FIRST:
        db.execute(statement)


@migrations()
def entries_know_their_page(db: Database) -> None:
    """Which page an entry's text came from, and whether a reparse lost sight of it."""
    for statement in _THEIR_PAGE:
        db.execute(statement)


@migrations()
def entries_by_day(db: Database) -> None:
    """The earliest entry of a day without reading all of them."""
    db.execute("create index entries_by_day on entries (date, published)")
    db.execute("drop index entries_by_date")


@migrations()
def sections_know_their_score(db: Database) -> None:
    """How surely an entry stands in a section, and for which topic."""
    db.execute("alter table sections add column score real")
    db.execute("alter table sections add column topic text")


@migrations()
def forecasts(db: Database) -> None:
    """The days of weather articles, as data."""
    db.execute(_FORECASTS)
    db.execute("create index forecasts_by_date on forecasts (date)")


@migrations()
def facts(db: Database) -> None:
    """What feeder remembers of itself: under which sections the entries were filed."""
    db.execute("create table facts (name text primary key, value text not null) strict")


@migrations()
def entries_hold_their_keys(db: Database) -> None:
    """An entry's keys in its row, instead of an index over all of them by entry: half the size."""
    db.execute("alter table entries add column keys blob")
    db.execute("drop index likenesses_by_entry")
    # Keys of an older form are found by nobody; ingest makes all of them anew.
    db.execute("delete from likenesses")


@migrations()
def revisions_know_who_changed(db: Database) -> None:
    """Whether the paper corrected the text, or feeder read it better."""
    db.execute("alter table revisions add column corrected integer not null default 1")


@migrations()
def search_without_places(db: Database) -> None:
    """An index a third as large, made anew from the entries."""
    for statement in _SEARCH:
        db.execute(statement)
    rows = db.execute("select id, article from entries order by id")
    db.conn.executemany(
        "insert into search (rowid, tokens) values (?, ?)",
        ((number, to_index(to_article(article))) for number, article in rows),
    )


@migrations()
def sources_and_events(db: Database) -> None:
    """How each source fares, and what went wrong and was mended."""
    for statement in _LEDGER:
        db.execute(statement)


@migrations()
def guids_of_the_forgotten(db: Database) -> None:
    """Which guids were given to entries that are gone."""
    db.execute(
        "create table forgotten (guid text primary key, date text not null) strict, without rowid"
    )
    # Asked for each page that is forgotten, by the foreign key's check too.
    db.execute("create index entries_by_page on entries (page)")
    db.execute("create index pages_by_date on pages (date)")


@migrations()
def folders(db: Database) -> None:
    """Which files and folders need not be looked at, because nothing has happened to them."""
    for statement in _FOLDERS:
        db.execute(statement)


@migrations()
def answers_kept(db: Database) -> None:
    """Indexes and robots.txt: asked for anew only when they have changed."""
    db.execute(_ANSWERS)


_FIRST = (
    """
    create table documents (
        source text not null,
        name text not null,
        validator text not null,
        reason text,
        seen text not null,
        primary key (source, name)
    ) strict, without rowid
    """,
    """
    create table pages (
        id integer primary key,
        source text not null,
        name text not null,
        digest text not null,
        text text not null,
        publication text,
        language text not null,
        date text not null,
        dated_by text not null,
        ingested text not null,
        reason text,
        unique (source, name, digest)
    ) strict
    """,
    """
    create table entries (
        id integer primary key autoincrement,
        guid text not null unique,
        digest text not null,
        published text not null unique,
        updated text not null unique,
        date text not null,
        language text not null,
        publication text,
        article text not null,
        withdrawn text
    ) strict
    """,
    "create index entries_by_digest on entries (digest)",
    "create index entries_by_date on entries (date)",
    """
    create table sections (
        section text not null,
        published text not null,
        entry integer not null references entries (id),
        rank integer not null,
        primary key (section, published desc, entry)
    ) strict, without rowid
    """,
    "create index sections_by_entry on sections (entry, rank)",
    """
    create table sightings (
        page integer not null references pages (id),
        place integer not null,
        entry integer not null references entries (id),
        primary key (page, place)
    ) strict, without rowid
    """,
    "create index sightings_by_entry on sightings (entry)",
    """
    create table revisions (
        id integer primary key,
        entry integer not null references entries (id),
        article text not null,
        replaced text not null
    ) strict
    """,
    "create index revisions_by_entry on revisions (entry)",
    """
    create table likenesses (
        key integer not null,
        entry integer not null references entries (id),
        primary key (key, entry)
    ) strict, without rowid
    """,
    "create index likenesses_by_entry on likenesses (entry)",
    "create virtual table search using fts5 (title, body, tokenize = 'unicode61')",
)

_THEIR_PAGE = (
    "alter table entries add column page integer references pages (id)",
    "alter table entries add column lost text",
    """
    update entries set page = (
        select pages.id from sightings join pages on pages.id = sightings.page
        where sightings.entry = entries.id order by pages.ingested desc, pages.id desc limit 1
    )
    """,
)

_FORECASTS = """
    create table forecasts (
        entry integer not null references entries (id),
        date text not null,
        text text not null,
        low integer,
        high integer,
        unit text,
        wind text,
        primary key (entry, date)
    ) strict, without rowid
    """

# Without places, columns and sizes (detail = none, contentless) an index of pairs is small and
# quick to write; docs/notes/0014-search.md. `ascii` takes what `words.to_index` makes as it is.
_SEARCH = (
    "drop table search",
    """
    create virtual table search using fts5 (
        tokens, content = '', columnsize = 0, detail = none, tokenize = 'ascii'
    )
    """,
    # Undocumented (fts5_config.c): what FTS5 gathers before it writes, 1 MB otherwise. A thousand
    # articles then make one segment: a quarter less CPU, at 16 MB of memory.
    "insert into search (search, rank) values ('hashsize', 16777216)",
    "create table unindexed (entry integer primary key references entries (id)) strict",
    "create index entries_shown on entries (published) where withdrawn is null",
)

_LEDGER = (
    """
    create table sources (
        source text primary key,
        last_run text not null,
        next_run text,
        last_success text,
        failures integer not null,
        trouble text
    ) strict, without rowid
    """,
    """
    create table events (
        id integer primary key autoincrement,
        time text not null,
        kind text not null,
        subject text not null,
        text text not null
    ) strict
    """,
)

_FOLDERS = (
    "alter table documents add column inode text",
    # Those that are there, by when they were dealt with: an archive that was emptied is not read.
    "create index documents_there on documents (source, seen) where inode is not null",
    """
    create table folders (
        source text not null,
        folder text not null,
        stamp text not null,
        since real not null,
        listed real not null,
        quiet integer not null,
        primary key (source, folder)
    ) strict, without rowid
    """,
)

_ANSWERS = """
    create table answers (
        source text not null,
        address text not null,
        validator text not null,
        text text not null,
        asked text not null,
        primary key (source, address)
    ) strict, without rowid
    """
