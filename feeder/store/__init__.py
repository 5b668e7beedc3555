"""Pages, entries, sightings and revisions in SQLite; the only SQL.

A store belongs to the thread that opened it. One writer at a time: `transaction` waits its turn.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlite_utils import Database

from feeder.errors import StoreError
from feeder.ledger import (
    WAIT_SECONDS,
    Event,
    EventKind,
    Job,
    Ledger,
    SourceState,
    to_text,
    to_time,
    why,
)
from feeder.model import (
    Article,
    DatedBy,
    Entry,
    ForecastDay,
    PageText,
    Placement,
    Revision,
    Sighting,
)
from feeder.store import words as search_words
from feeder.store.rows import to_article, to_json
from feeder.store.schema import migrations
from feeder.store.words import Sought, Span

_PAUSE_SECONDS = 0.02
_CACHED = 32 * 1024
"""KiB of the database that are kept at hand: keys are written all over a large one."""
_MOST_CANDIDATES = 8
_MOST_OF_A_KEY = 64
"""Entries looked at for one key: a phrase of a template stands in thousands."""
_LEAST_SHARED, _FEW_KEYS = 2, 4
"""Keys that two articles must share to be looked at, where they have more than a few: one is
shared by chance."""
_KEY_BYTES = 6
_EXCERPT = 60
_MOST_UNINDEXED = 1024
"""Entries that a search may have to look at without the index: most of the time of a search."""
_LATEST = 20
"""Failures and events that a status tells."""
_TOLD_BY_A_CLOCK = (DatedBy.VALIDATOR, DatedBy.INGEST)
_SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A stored entry that may be the article in hand."""

    id: int
    article: Article
    date: dt.date
    page: int | None
    """The page whose text it is; None if no kept page is known to be."""
    withdrawn: bool
    lost: bool
    """Withdrawn only because no page showed it any more: it comes back when one does."""


@dataclass(frozen=True, kw_only=True)
class KeptPage:
    """A page text as it was taken, to be parsed again."""

    id: int
    page: PageText
    date: dt.date
    dated_by: DatedBy


@dataclass(frozen=True, kw_only=True)
class Hit:
    """An entry found by words, and the stretch of its text where they stand."""

    entry: Entry
    excerpt: str
    marks: tuple[Span, ...] = ()
    """Start and end of the found words in the excerpt, ascending."""
    title_marks: tuple[Span, ...] = ()
    """The same in the article's title."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A document or page of which nothing could be made."""

    source: str
    name: str
    reason: str
    time: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Status:
    """What the store holds, how the sources fare, and what went wrong."""

    bytes: int
    """Of the database and of what waits to be written into it (`-wal`)."""
    pages: int
    articles: int
    withdrawn: int
    revisions: int
    sections: dict[str, int]
    last_publish: dt.datetime | None
    last_upkeep: dt.datetime | None
    last_backup: dt.datetime | None
    sources: tuple[SourceState, ...]
    """Those that were ever looked at, or brought something, by name."""
    failures: tuple[Failure, ...]
    """The latest ones, newest first."""
    events: tuple[Event, ...]
    """The latest ones, newest first."""


class Store:
    """The database, opened and brought up to date; close it, or use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Open the database, made if there is none. Raises StoreError where that cannot be."""
        self.path = path
        self._searched: dict[tuple[str, dt.timedelta], tuple[dt.datetime, dt.datetime]] = {}
        try:
            self._db = Database(sqlite3.connect(path, timeout=WAIT_SECONDS))
            self.ledger = Ledger(self._db.conn, path=str(path))
        except sqlite3.Error as error:
            raise StoreError(str(path), _why_not_opened(path, error)) from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._db.close()
            raise StoreError(str(path), why(error)) from error
        except StoreError:
            self._db.close()
            raise

    def _prepare(self) -> None:
        self._refuse_others()
        for pragma in (
            "foreign_keys = on",
            "synchronous = normal",
            f"cache_size = {-_CACHED}",
        ):
            self._db.execute(f"pragma {pragma}")
        if migrations.pending(self._db):
            # One opener makes the tables; those that come meanwhile wait, and find them made.
            with self.transaction():
                migrations.apply(self._db)
        self._write_ahead()

    def _refuse_others(self) -> None:
        """Raise StoreError where the database is another program's, or a newer feeder's."""
        known = {migration.name for migration in migrations._migrations}
        # The tables first: another opener may make them all between the two questions.
        tables = set(self._db.table_names()) - {migrations.migrations_table}
        applied = [one.name for one in migrations.applied(self._db)]
        if tables and not applied:
            raise StoreError(
                str(self.path),
                "is another program's database; name another file in [storage] database",
            )
        later = [name for name in applied if name not in known]
        if later:
            raise StoreError(
                str(self.path),
                f"was written by a newer feeder ({later[-1]}); upgrade feeder, or use another file",
            )

    def _write_ahead(self) -> None:
        """Set WAL, once in a database's life; SQLite gives up at once where another is at it."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                self._db.execute("pragma journal_mode = wal")
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE_SECONDS)
            else:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    # -- writing: what `ingest` needs -----------------------------------------------------------

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside is kept, or none of it. Raises StoreError."""
        try:
            self._db.conn.execute("begin immediate")
            try:
                yield
                self._db.conn.execute("commit")
            except BaseException:
                # A full disk and the like: SQLite has rolled back by itself.
                if self._db.conn.in_transaction:
                    self._db.conn.execute("rollback")
                raise
        except sqlite3.Error as error:
            raise StoreError(str(self.path), why(error)) from error

    def record_document(
        self, source: str, name: str, validator: str, *, reason: str | None, now: dt.datetime
    ) -> None:
        """Remember that the document was dealt with; `reason` says why nothing came of it.

        That is an event, unless the document was refused for the same reason before.
        """
        before = self._one(
            "select reason from documents where source = ? and name = ?", source, name
        )
        self._db.execute(
            "insert or replace into documents (source, name, validator, reason, seen)"
            " values (?, ?, ?, ?, ?)",
            [source, name, validator, reason, to_text(now)],
        )
        if reason is not None and (before is None or before["reason"] != reason):
            self.ledger.record_event(EventKind.REFUSAL, source, f"{name}: {reason}", now=now)

    def keep_page(
        self,
        page: PageText,
        *,
        digest: str,
        language: str,
        date: dt.date,
        dated_by: DatedBy,
        reason: str | None,
        now: dt.datetime,
    ) -> int:
        """Keep a page's text, and return its id; the same text under its name is one page.

        Such a page keeps its date if only a clock tells another: the file was touched or copied.
        """
        row = self._one(
            "select id, date, dated_by from pages where source = ? and name = ? and digest = ?",
            page.source,
            page.name,
            digest,
        )
        values = {
            "publication": page.publication,
            "language": language,
            "date": date.isoformat(),
            "dated_by": dated_by.value,
            "ingested": to_text(now),
            "reason": reason,
        }
        if row:
            if dated_by in _TOLD_BY_A_CLOCK:
                values |= {"date": row["date"], "dated_by": row["dated_by"]}
            self._db.table("pages").update(row["id"], values)
            return int(row["id"])
        told = {"source": page.source, "name": page.name, "digest": digest, "text": page.text}
        return self._add("pages", {**told, **values})

    def candidates(self, digest: str, keys: Sequence[int]) -> list[Candidate]:
        """Return entries that may be the article, the likeliest first; withdrawn ones too."""
        exact = self._all("select * from entries where digest = ? order by id", digest)
        if exact:
            return [_to_candidate(exact[0])]
        counts = self._sharing(keys)
        least = _LEAST_SHARED if len(keys) > _FEW_KEYS else 1
        enough = [one for one in counts if counts[one] >= least]
        likeliest = sorted(enough, key=lambda one: (-counts[one], -one))[:_MOST_CANDIDATES]
        found = [self._one("select * from entries where id = ?", one) for one in likeliest]
        return [_to_candidate(row) for row in found if row]

    def of_day(
        self, date: dt.date, publication: str | None
    ) -> Iterator[tuple[Candidate, tuple[str, ...]]]:
        """Yield the day's entries of a publication, with the names of the pages that show them."""
        rows = self._all(
            "select * from entries where date = ? and publication is ? and withdrawn is null"
            " order by id",
            date.isoformat(),
            publication,
        )
        for row in rows:
            names = self._all(
                "select distinct pages.name from sightings join pages on pages.id = sightings.page"
                " where entry = ?",
                row["id"],
            )
            yield _to_candidate(row), tuple(one["name"] for one in names)

    def _sharing(self, keys: Sequence[int]) -> dict[int, int]:
        """How many of the keys each entry has; of a key, the newest entries only."""
        if not keys:
            return {}
        one = (
            "select * from (select entry from likenesses where key = ? order by entry desc limit ?)"
        )
        sql = " union all ".join([one] * len(keys))
        counts: dict[int, int] = {}
        for row in self._db.execute(sql, [part for key in keys for part in (key, _MOST_OF_A_KEY)]):
            counts[row[0]] = counts.get(row[0], 0) + 1
        return counts

    def add_entry(
        self,
        article: Article,
        *,
        guid: str,
        digest: str,
        keys: Sequence[int],
        sections: Sequence[Placement],
        published: dt.datetime,
        date: dt.date,
        language: str,
        publication: str | None,
        page: int | None = None,
        forecast: Sequence[ForecastDay] = (),
    ) -> int:
        """Store a new article of a page, and return its id.

        It is published at the first free second at or before `published`: no two share one.
        """
        free = self._published(published, date)
        number = self._add(
            "entries",
            {
                "guid": self._free_guid(guid, date),
                "digest": digest,
                "published": free,
                "updated": self._free_second("updated", to_time(free)),
                "date": date.isoformat(),
                "language": language,
                "publication": publication,
                "article": to_json(article),
                "page": page,
            },
        )
        self._index(number, article, keys=keys)
        self._place(number, sections, published=free)
        self._forecast(number, forecast)
        return number

    def revise(
        self,
        number: int,
        article: Article,
        *,
        digest: str,
        keys: Sequence[int],
        sections: Sequence[Placement],
        now: dt.datetime,
        page: int | None = None,
        forecast: Sequence[ForecastDay] = (),
        corrected: bool = True,
    ) -> None:
        """Put another text in the place of an entry's, and keep the old one as a revision.

        `corrected` is whether the paper changed it.
        One that was lost is found again by it. `page` is where the text stands; None leaves that.
        """
        row = self._one("select * from entries where id = ?", number)
        if row is None:
            raise StoreError(str(self.path), f"there is no entry {number}")
        if row["article"] != to_json(article):
            self._db.table("revisions").insert(
                {
                    "entry": number,
                    "article": row["article"],
                    "replaced": to_text(now),
                    "corrected": int(corrected),
                },
                pk="id",
            )
        updated = self._updated(now, after=to_time(row["updated"]))
        self._db.table("entries").update(
            number,
            {
                "article": to_json(article),
                "digest": digest,
                "updated": updated,
                "page": page or row["page"],
                "withdrawn": None if row["lost"] else row["withdrawn"],
                "lost": None,
            },
        )
        self._index(number, article, keys=keys)
        self._place(number, sections, published=row["published"])
        self._forecast(number, forecast)

    def refile(
        self,
        number: int,
        sections: Sequence[Placement],
        *,
        forecast: Sequence[ForecastDay] | None = None,
    ) -> None:
        """Put an entry in other sections, when what makes a section has changed.

        Its forecast is replaced too, unless it is None.
        """
        row = self._one("select published from entries where id = ?", number)
        if row and self.placements(number) != tuple(sections):
            self._place(number, sections, published=row["published"])
        if forecast is not None and self._forecast_of(number) != tuple(forecast):
            self._forecast(number, forecast)

    def sight(self, page: int, entries: Sequence[int]) -> None:
        """Remember that the page shows these entries, in this order, and no others."""
        self._db.execute("delete from sightings where page = ?", [page])
        self._add_all(
            "sightings",
            [{"page": page, "place": place, "entry": one} for place, one in enumerate(entries)],
        )

    def withdraw(self, number: int, *, now: dt.datetime) -> bool:
        """Take an entry out of feeds and pages for good; False if there is none to take out."""
        row = self._one("select id from entries where id = ? and withdrawn is null", number)
        if row is None:
            return False
        inside = self._db.conn.in_transaction
        with contextlib.nullcontext() if inside else self.transaction():
            self._db.table("entries").update(number, {"withdrawn": to_text(now)})
            self._db.execute("delete from sections where entry = ?", [number])
        return True

    def all_articles(self) -> Iterator[tuple[int, Article]]:
        """Yield every entry's id and article, withdrawn ones too, in the order of their ids."""
        last = 0
        while rows := self._all(
            "select id, article from entries where id > ? order by id limit 500", last
        ):
            for row in rows:
                yield row["id"], to_article(row["article"])
            last = rows[-1]["id"]

    def set_keys(self, number: int, keys: Sequence[int]) -> None:
        """Give an entry other keys, when how they are made has changed."""
        self._set_keys(number, keys)

    def pages_of(self, number: int) -> list[int]:
        """Return the ids of the pages that show the entry."""
        rows = self._all("select distinct page from sightings where entry = ?", number)
        return [row["page"] for row in rows]

    def lose_unsighted(self, *, now: dt.datetime) -> int:
        """Withdraw the entries that no page shows any more, until one does; return how many."""
        rows = self._all(
            "select id from entries where withdrawn is null"
            " and id not in (select entry from sightings)"
        )
        for row in rows:
            self.withdraw(row["id"], now=now)
            self._db.table("entries").update(row["id"], {"lost": to_text(now)})
        return len(rows)

    # -- reading --------------------------------------------------------------------------------

    def kept_pages(self) -> Iterator[KeptPage]:
        """Yield every kept page text, in the order in which they came."""
        last = 0
        while row := self._one("select * from pages where id > ? order by id limit 1", last):
            last = row["id"]
            yield KeptPage(
                id=last,
                page=PageText(
                    source=row["source"],
                    name=row["name"],
                    validator="",
                    text=row["text"],
                    publication=row["publication"],
                    language=row["language"],
                ),
                date=dt.date.fromisoformat(row["date"]),
                dated_by=DatedBy(row["dated_by"]),
            )

    def sections(self) -> tuple[str, ...]:
        """Return the ids of the sections that have entries."""
        rows = self._all("select distinct section from sections order by section")
        return tuple(row["section"] for row in rows)

    def placements(self, number: int) -> tuple[Placement, ...]:
        """Return where an entry stands, the primary section first."""
        rows = self._all("select * from sections where entry = ? order by rank", number)
        return tuple(
            Placement(section=row["section"], score=row["score"] or 0.0, topic=row["topic"])
            for row in rows
        )

    def forecasts(self) -> tuple[Entry, ...]:
        """Return the newest entry of each publication that forecasts days, the newest first.

        Not one whose last day was over when the newest paper came out.
        """
        rows = self._all(
            "select * from entries where published in ("
            " select max(published) from entries"
            " where withdrawn is null and id in (select entry from forecasts)"
            " group by publication)"
            " and (select max(date) from forecasts where entry = entries.id)"
            " >= (select max(date) from entries where withdrawn is null)"
            " order by published desc"
        )
        return tuple(self._to_entry(row) for row in rows)

    def count(self, section: str | None = None) -> int:
        """Return how many entries there are, in all or in a section."""
        if section is None:
            row = self._one("select count(*) as n from entries where withdrawn is null")
        else:
            row = self._one("select count(*) as n from sections where section = ?", section)
        return int(row["n"]) if row else 0

    def latest(
        self, section: str | None = None, *, limit: int, offset: int = 0
    ) -> tuple[Entry, ...]:
        """Return entries of a section, or of all, the newest first."""
        if section is None:
            sql = "select * from entries where withdrawn is null order by published desc"
            rows = self._all(f"{sql} limit ? offset ?", limit, offset)
        else:
            sql = (
                "select entries.* from sections join entries on entries.id = sections.entry"
                " where sections.section = ? order by sections.published desc limit ? offset ?"
            )
            rows = self._all(sql, section, limit, offset)
        return tuple(self._to_entry(row) for row in rows)

    def entries(self) -> Iterator[Entry]:
        """Yield every entry that is not withdrawn, the newest first."""
        yield from self._stream("withdrawn is null")

    def withdrawn(self) -> Iterator[Entry]:
        """Yield the entries of which only a tombstone is left, the newest first."""
        yield from self._stream("withdrawn is not null")

    def search(self, words: str, *, limit: int, newest_first: bool = False) -> tuple[Hit, ...]:
        """Return entries that hold all the words, those with all in the title first, then by time.

        Chinese words of any length are found, words of an alphabet and figures by their beginning;
        what is written together stands together. `newest_first` leaves the title out of account.
        """
        sought = search_words.to_sought(words)
        if not sought.words:
            return ()
        waiting = self._unindexed_that_may_hold(sought)
        found: dict[int, Entry] = {}
        for in_title in (False,) if newest_first else (True, False):
            numbers = self._that_may_hold(sought.to_query(in_title=in_title), waiting)
            self._find(sought, numbers, found, limit=limit, in_title=in_title)
        return tuple(_to_hit(entry, sought) for entry in found.values())

    def _find(
        self,
        sought: Sought,
        numbers: Sequence[int],
        found: dict[int, Entry],
        *,
        limit: int,
        in_title: bool,
    ) -> None:
        """Add those of the entries that do hold the words to what is found, up to the limit."""
        for number in numbers:
            if len(found) == limit:
                return
            if number in found:
                continue
            row = self._one("select * from entries where id = ?", number)
            if row and sought.stand_in(to_article(row["article"]), in_title=in_title):
                found[number] = self._to_entry(row)

    def _that_may_hold(self, query: str, waiting: Sequence[int]) -> list[int]:
        """The entries that the index names and those that wait for it, the newest first."""
        rows = self._all(
            "select id from entries where withdrawn is null and id in"
            " (select rowid from search where search match ? union select value from json_each(?))"
            " order by published desc",
            query,
            json.dumps(waiting),
        )
        return [row["id"] for row in rows]

    def _unindexed_that_may_hold(self, sought: Sought) -> list[int]:
        rows = self._all(
            "select id, article from entries where id in (select entry from unindexed)"
        )
        return [row["id"] for row in rows if sought.may_stand_in(row["article"])]

    def status(self) -> Status:
        """Return what the store holds, how the sources fare, and what failed."""
        numbers = self._one(
            "select (select count(*) from pages where reason is null) as pages,"
            " (select count(*) from entries where withdrawn is null) as articles,"
            " (select count(*) from entries where withdrawn is not null) as withdrawn,"
            " (select count(*) from revisions) as revisions"
        )
        assert numbers is not None  # noqa: S101 - a select of counts has one row
        return Status(
            bytes=sum(_size(Path(f"{self.path}{part}")) for part in ("", "-wal")),
            **{
                name: int(numbers[name]) for name in ("pages", "articles", "withdrawn", "revisions")
            },
            sections={section: self.count(section) for section in self.sections()},
            last_publish=self.ledger.last_done(Job.PUBLISH),
            last_upkeep=self.ledger.last_done(Job.UPKEEP),
            last_backup=self.ledger.last_done(Job.BACKUP),
            sources=tuple(self.ledger.source_states().values()),
            failures=self._failures(),
            events=self.ledger.events(limit=_LATEST),
        )

    def _failures(self) -> tuple[Failure, ...]:
        rows = self._all(
            "select * from documents where reason is not null order by seen desc, name limit ?",
            _LATEST,
        )
        return tuple(
            Failure(
                source=row["source"],
                name=row["name"],
                reason=row["reason"],
                time=to_time(row["seen"]),
            )
            for row in rows
        )

    # -- upkeep ---------------------------------------------------------------------------------

    def forget_revisions(self, before: dt.datetime, *, limit: int) -> int:
        """Delete what entries said until that time, at most so many texts; return how many."""
        with self.transaction():
            return self._db.execute(
                "delete from revisions where id in"
                " (select id from revisions where replaced < ? limit ?)",
                [to_text(before), limit],
            ).rowcount

    def forget_entries(self, before: dt.date, *, limit: int) -> int:
        """Delete entries of papers before that day, at most so many; return how many.

        Their guids stay known. The tombstones of those that were withdrawn by hand stay: they are
        to be out for good. Documents stay too, so that no file is taken a second time.
        """
        with self._unreferenced(), self.transaction():
            rows = self._all(
                "select id, guid, date, article, keys from entries"
                " where date < ? and (withdrawn is null or lost is not null) limit ?",
                before.isoformat(),
                limit,
            )
            # FTS5 writes out what it gathered where a number is not above the one before it.
            for row in sorted(rows, key=lambda row: int(row["id"])):
                self._forget_entry(row)
        return len(rows)

    @contextlib.contextmanager
    def _unreferenced(self) -> Iterator[None]:
        """Leave out SQLite's look for rows that name one that is deleted, all of which go with it.

        There is no index of likenesses by entry: each look would read all of them.
        """
        with _told(self.path):
            self._db.execute("pragma foreign_keys = off")
        try:
            yield
        finally:
            self._db.execute("pragma foreign_keys = on")

    def _forget_entry(self, row: dict[str, Any]) -> None:
        number = row["id"]
        self._unindex(number, row["article"])
        self._set_keys(number, ())
        for table in ("sections", "sightings", "revisions", "forecasts"):
            self._db.execute(f"delete from {table} where entry = ?", [number])  # noqa: S608
        self._db.execute(
            "insert or replace into forgotten (guid, date) values (?, ?)",
            [row["guid"], row["date"]],
        )
        self._db.execute("delete from entries where id = ?", [number])

    def forget_pages(self, before: dt.date, *, limit: int) -> int:
        """Delete the page texts of papers before that day, at most so many; return how many.

        An entry that lives on, because it was first in a later paper, loses its mention of them.
        """
        with self.transaction():
            rows = self._all(
                "select id from pages where date < ? limit ?", before.isoformat(), limit
            )
            for row in rows:
                self._db.execute("update entries set page = null where page = ?", [row["id"]])
                self._db.execute("delete from sightings where page = ?", [row["id"]])
                self._db.execute("delete from pages where id = ?", [row["id"]])
        return len(rows)

    def optimize(self) -> None:
        """Let SQLite count anew what it plans its searches by, where it thinks that worth it."""
        # In a transaction of its own: else it begins by reading, and gives up where it wants to
        # write what another writer has changed meanwhile.
        with self.transaction():
            # What SQLite advises for large databases (https://sqlite.org/lang_analyze.html).
            self._db.execute("pragma analysis_limit = 1000")
            self._db.execute("pragma optimize")

    def checkpoint(self, *, wait_seconds: float) -> bool:
        """Move what waits in `-wal` into the database, and empty it; False if others read it."""
        with _told(self.path):
            self._db.execute(f"pragma busy_timeout = {int(wait_seconds * 1000)}")
            try:
                ((busy, *_),) = self._db.execute("pragma wal_checkpoint(truncate)").fetchall()
            finally:
                self._db.execute(f"pragma busy_timeout = {int(WAIT_SECONDS * 1000)}")
        return not busy

    # -- inside ---------------------------------------------------------------------------------

    def _all(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        try:
            cursor = self._db.execute(sql, list(values))
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except sqlite3.Error as error:
            raise StoreError(str(self.path), why(error)) from error

    def _add(self, table: str, row: dict[str, Any]) -> int:
        """Insert a row into a table whose key is a number, and return its key."""
        return int(self._db.execute(_insertion(table, row), list(row.values())).lastrowid or 0)

    def _add_all(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        """Insert rows of the same columns.

        Not by sqlite-utils: it asks for the table's columns and sets a savepoint at every insert,
        and at a savepoint the search index is written out.
        """
        if rows:
            values = (list(row.values()) for row in rows)
            self._db.conn.executemany(_insertion(table, rows[0]), values)

    def _one(self, sql: str, *values: Any) -> dict[str, Any] | None:
        rows = self._all(sql, *values)
        return rows[0] if rows else None

    def _stream(self, where: str) -> Iterator[Entry]:
        sql = f"select * from entries where {where} and published < ? order by published desc"  # noqa: S608
        before = "9999"
        while rows := self._all(f"{sql} limit 200", before):
            for row in rows:
                yield self._to_entry(row)
            before = rows[-1]["published"]

    def _to_entry(self, row: dict[str, Any]) -> Entry:
        number = row["id"]
        placements = self.placements(number)
        return Entry(
            id=number,
            guid=row["guid"],
            published=to_time(row["published"]),
            updated=to_time(row["updated"]),
            date=dt.date.fromisoformat(row["date"]),
            article=to_article(row["article"]),
            sections=tuple(one.section for one in placements),
            topics=tuple(dict.fromkeys(one.topic for one in placements if one.topic)),
            forecast=self._forecast_of(number),
            language=row["language"],
            publication=row["publication"],
            sightings=self._sightings_of(number),
            revisions=self._revisions_of(number),
        )

    def _forecast_of(self, number: int) -> tuple[ForecastDay, ...]:
        rows = self._all("select * from forecasts where entry = ? order by date", number)
        names = ("text", "low", "high", "unit", "wind")
        return tuple(
            ForecastDay(
                date=dt.date.fromisoformat(row["date"]), **{name: row[name] for name in names}
            )
            for row in rows
        )

    def _sightings_of(self, number: int) -> tuple[Sighting, ...]:
        rows = self._all(
            "select pages.name, source, publication, date, place from sightings"
            " join pages on pages.id = sightings.page where entry = ? order by pages.id, place",
            number,
        )
        return tuple(
            Sighting(
                page_name=row["name"],
                source=row["source"],
                publication=row["publication"],
                date=dt.date.fromisoformat(row["date"]),
                place=row["place"],
            )
            for row in rows
        )

    def _revisions_of(self, number: int) -> tuple[Revision, ...]:
        rows = self._all("select * from revisions where entry = ? order by id", number)
        return tuple(
            Revision(
                article=to_article(row["article"]),
                replaced=to_time(row["replaced"]),
                corrected=bool(row["corrected"]),
            )
            for row in rows
        )

    def _index(self, number: int, article: Article, *, keys: Sequence[int]) -> None:
        self._set_keys(number, keys)
        self._db.execute("insert or ignore into unindexed values (?)", [number])
        self._index_waiting()

    def _index_waiting(self) -> None:
        """Put the entries that wait into the search index, once they are many.

        One at a time costs half as much again: FTS5 writes and merges a segment for each. What an
        entry said before stays in the index; a search looks at the text of today.
        """
        (waiting,) = self._db.execute("select count(*) from unindexed").fetchone()
        if waiting < _MOST_UNINDEXED:
            return
        rows = self._db.execute(
            "select id, article from entries where id in (select entry from unindexed) order by id"
        ).fetchall()
        self._db.conn.executemany(
            "insert into search (rowid, tokens) values (?, ?)",
            ((number, search_words.to_index(to_article(article))) for number, article in rows),
        )
        self._db.execute("delete from unindexed")

    def _unindex(self, number: int, article: str) -> None:
        """Take an entry out of the search index.

        FTS5 must be told the tokens that went in: those of today's text, unless they wait. What it
        said before may stay in the index, as ever; its number is no other entry's.
        """
        waited = self._db.execute("delete from unindexed where entry = ?", [number]).rowcount
        if not waited:
            self._db.execute(
                "insert into search (search, rowid, tokens) values ('delete', ?, ?)",
                [number, search_words.to_index(to_article(article))],
            )

    def _set_keys(self, number: int, keys: Sequence[int]) -> None:
        row = self._one("select keys from entries where id = ?", number)
        old = _to_keys(row["keys"]) if row and row["keys"] else ()
        new = sorted(set(keys))
        conn = self._db.conn
        conn.executemany(
            "delete from likenesses where key = ? and entry = ?", [(key, number) for key in old]
        )
        conn.executemany(
            "insert or ignore into likenesses (key, entry) values (?, ?)",
            [(key, number) for key in new],
        )
        conn.execute("update entries set keys = ? where id = ?", (_to_blob(new), number))

    def _place(self, number: int, sections: Sequence[Placement], *, published: str) -> None:
        self._db.execute("delete from sections where entry = ?", [number])
        once = {one.section: one for one in reversed(sections)}
        ranked = sorted(once.values(), key=list(sections).index)
        rows = [
            {
                "section": one.section,
                "published": published,
                "entry": number,
                "rank": rank,
                "score": one.score,
                "topic": one.topic,
            }
            for rank, one in enumerate(ranked)
        ]
        self._add_all("sections", rows)

    def _forecast(self, number: int, days: Sequence[ForecastDay]) -> None:
        self._db.execute("delete from forecasts where entry = ?", [number])
        self._add_all(
            "forecasts",
            [{**asdict(day), "date": day.date.isoformat(), "entry": number} for day in days],
        )

    def _free_guid(self, guid: str, date: dt.date) -> str:
        """The guid, with a number after it where two articles that differ came to the same one.

        One that was forgotten and comes again, of the same day, gets the guid that it had.
        """
        tried, n = guid, 1
        taken = (
            "select 1 from entries where guid = ?1 union all"
            " select 1 from forgotten where guid = ?1 and date <> ?2"
        )
        while self._one(taken, tried, date.isoformat()):
            n += 1
            tried = f"{guid}-{n}"
        return tried

    def _published(self, wanted: dt.datetime, date: dt.date) -> str:
        """The wanted second, or the first free one before all of that day's entries."""
        if not self._taken("published", to_text(wanted)):
            return to_text(wanted)
        earliest = self._one(
            "select published from entries where date = ? and published <= ?"
            " order by published limit 1",
            date.isoformat(),
            to_text(wanted),
        )
        start = to_time(earliest["published"]) if earliest else wanted
        return self._free_second("published", start)

    def _updated(self, wanted: dt.datetime, *, after: dt.datetime) -> str:
        """The last free second up to the wanted one, never in the future; one after `after`."""
        free = self._free_second("updated", wanted)
        if free > to_text(after):
            return free
        # As many revisions in one run as there are seconds since: only then later than wanted.
        return self._free_second("updated", max(wanted, after) + _SECOND, step=_SECOND)

    def _free_second(
        self, column: str, wanted: dt.datetime, *, step: dt.timedelta = -_SECOND
    ) -> str:
        """The first second, from the wanted one on, that no entry has in the column.

        Where the search of the same run ended, the next one goes on: a run may revise thousands.
        """
        begun, tried = self._searched.get((column, step), (wanted, wanted))
        if begun != wanted:
            tried = wanted
        while self._taken(column, to_text(tried)):
            tried += step
        if tried != wanted:
            self._searched[column, step] = (wanted, tried)
        return to_text(tried)

    def _taken(self, column: str, time: str) -> bool:
        return self._one(f"select 1 from entries where {column} = ?", time) is not None  # noqa: S608


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(str(path), why(error)) from error


def _size(path: Path) -> int:
    """Its bytes; 0 where there is none: what waits is gone once all who had it open are."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _insertion(table: str, row: dict[str, Any]) -> str:
    marks = ", ".join("?" * len(row))
    return f"insert into {table} ({', '.join(row)}) values ({marks})"  # noqa: S608 - our own names


def _to_blob(keys: Sequence[int]) -> bytes:
    return b"".join(key.to_bytes(_KEY_BYTES, "big") for key in keys)


def _to_keys(blob: bytes) -> tuple[int, ...]:
    starts = range(0, len(blob), _KEY_BYTES)
    return tuple(int.from_bytes(blob[at : at + _KEY_BYTES], "big") for at in starts)


def _to_candidate(row: dict[str, Any]) -> Candidate:
    return Candidate(
        id=row["id"],
        article=to_article(row["article"]),
        date=dt.date.fromisoformat(row["date"]),
        page=row["page"],
        withdrawn=row["withdrawn"] is not None,
        lost=row["lost"] is not None,
    )


def _to_hit(entry: Entry, sought: Sought) -> Hit:
    text = _telling(entry.article, sought)
    excerpt, marks = _excerpt(text, sought.marks(text))
    title_marks = sought.marks(entry.article.title)
    return Hit(entry=entry, excerpt=excerpt, marks=marks, title_marks=title_marks)


def _telling(article: Article, sought: Sought) -> str:
    """The first part of the article that holds one of the words, on one line."""
    text = article.text or article.title
    names = " ".join(article.byline.names)
    parts = (text, *article.captions, names, article.deck, article.kicker)
    told = (part for part in parts if part and sought.marks(part))
    return next(told, text).replace("\n", " ")


def _excerpt(text: str, marks: Sequence[Span]) -> tuple[str, tuple[Span, ...]]:
    """The stretch of the text around the first of the marks, and the marks in it."""
    start, end = marks[0] if marks else (0, 0)
    cut = max(0, start - _EXCERPT // 2)
    stop = min(len(text), max(end, cut + _EXCERPT))
    before, after = "…" if cut else "", "…" if stop < len(text) else ""
    shift = len(before) - cut
    inside = ((start + shift, min(end, stop) + shift) for start, end in marks if start < stop)
    return f"{before}{text[cut:stop]}{after}", tuple(inside)


def _why_not_opened(path: Path, error: sqlite3.Error) -> str:
    if not path.parent.is_dir():
        return f"cannot be opened: there is no folder {path.parent}; make it, or change [storage]"
    return why(error)
