"""Which documents were seen, how each source fares, and what went wrong: SQLite, nothing heavier.

The service watches its sources through this for years. It makes no table (`store` does, in the same
database) and imports nothing beyond the standard library, so that it costs no memory to speak of.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from feeder.errors import StoreError

WAIT_SECONDS = 60.0
"""How long a writer waits for another one."""
RESTORE = "restore it from a backup: `feeder restore backups/feeder-….db`"
"""What to do about a damaged database."""
_MOST_EVENTS = 1000
"""Kept; what is older has long been read, or never will be."""
_ANSWER_DAYS = 366
"""How long an answer is kept: as far back as a URL with a date in it can be asked for."""


class EventKind(StrEnum):
    """What may happen to the service that an operator wants to read of."""

    FAILURE = "failure"  # a source cannot be scanned, a job broke off, a disk is full
    RECOVERY = "recovery"  # … and it is over
    REFUSAL = "refusal"  # a document or a page of which nothing could be made
    NOTICE = "notice"  # something else worth knowing: a refused configuration, an overdue job


class Job(StrEnum):
    """What is done beside looking at sources, and of which the last time is worth knowing."""

    PUBLISH = "publish"
    UPKEEP = "upkeep"
    BACKUP = "backup"


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that went wrong, or was mended."""

    id: int
    time: dt.datetime
    kind: EventKind
    subject: str
    """The source's name, or the job's: `publish`, `upkeep`, `configuration`."""
    text: str
    """One line: what, where, why, and what to do about it."""


@dataclass(frozen=True, kw_only=True)
class SourceState:
    """How a source fares. Times bear a zone; None is never."""

    source: str
    last_run: dt.datetime | None = None
    """When it was looked at last."""
    next_run: dt.datetime | None = None
    """When it will be; None without a service."""
    last_success: dt.datetime | None = None
    """When it could be looked at last, whether there was anything new or not."""
    failures: int = 0
    """How often in a row it could not be."""
    trouble: str | None = None
    """Why, while it cannot be."""
    seen: int = 0
    """Documents that it has brought so far, each once however often it changed."""
    taken: int = 0
    """Those of them that stand in the store."""
    failed: int = 0
    """Those of which nothing could be made."""


@dataclass(frozen=True, kw_only=True)
class FolderState:
    """How a folder of a source was found when it was last listed; times in seconds since 1970."""

    folder: str
    """Its name from the source's folder on, with a slash at the end; that one's is empty."""
    stamp: str = ""
    """What changes whenever a name in it does."""
    since: float = 0.0
    """When that stamp was found first."""
    listed: float = 0.0
    is_quiet: bool = False
    """Whether all that is in it has been dealt with, and any change since has changed the stamp."""


@dataclass(frozen=True, kw_only=True)
class KeptAnswer:
    """What an index of pages, or a robots.txt, said last."""

    text: str
    """Of an index its links, of a robots.txt the whole."""
    validator: str
    asked: dt.datetime
    """When it was had last, with zone."""


class Ledger:
    """The ledger of a database that `Store` has made; belongs to the thread that opened it."""

    def __init__(self, connection: sqlite3.Connection, *, path: str) -> None:
        self._db = connection
        self._path = path

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        wait_seconds: float = WAIT_SECONDS,
        heard: Callable[[], None] | None = None,
    ) -> Self:
        """Return the ledger of the database at the path; close it in the end.

        `heard` is called whenever it is asked something: whoever asks is alive.

        Raises StoreError where there is none, or it cannot be opened.
        """
        with _told(str(path)):
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=rw",
                uri=True,
                timeout=wait_seconds,
                isolation_level=None,
            )
            connection.execute("pragma synchronous = normal")
            if heard is not None:
                connection.set_trace_callback(lambda _: heard())
        return cls(connection, path=str(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    # -- documents ------------------------------------------------------------------------------

    def seen(self, source: str, name: str) -> str | None:
        """Return the validator under which the document was last dealt with; None if never."""
        rows = self._all(
            "select validator from documents where source = ? and name = ?", source, name
        )
        return rows[0]["validator"] if rows else None

    # -- files and folders ----------------------------------------------------------------------

    def reason(self, source: str, name: str) -> str | None:
        """Return why nothing could be made of the document; None if something was."""
        rows = self._all("select reason from documents where source = ? and name = ?", source, name)
        return rows[0]["reason"] if rows else None

    @staticmethod
    def to_file(name: str, inode: int) -> str:
        """Return a file's name and inode in one, as they stand in the ledger."""
        return f"{name}\1{inode}"

    @staticmethod
    def to_name(file: str) -> str:
        """Return the name in what `to_file` returned."""
        return file.partition("\1")[0]

    def unconfirmed(self, source: str, files: Sequence[str]) -> list[str]:
        """Return those of the files, which are in order, that were not confirmed by that inode."""
        first, last = self.to_name(files[0]), self.to_name(files[-1])
        with _told(self._path):
            # One read through a stretch of the table is five times as fast as a search a name, if
            # not much else lies between.
            most = 3 * len(files)
            found = self._db.execute(_CONFIRMED, (source, first, last, most)).fetchall()
            if len(found) == most:
                marks = ",".join("?" * len(files))
                named = (source, *map(self.to_name, files))
                found = self._db.execute(_CONFIRMED_NAMED.format(marks=marks), named).fetchall()
        confirmed = {file for (file,) in found}
        return [file for file in files if file not in confirmed]

    def validators(self, source: str, names: Sequence[str]) -> dict[str, str]:
        """Return what `seen` says of each of the names that was seen."""
        with _told(self._path):
            asked = _VALIDATORS.format(marks=",".join("?" * len(names)))
            return dict(self._db.execute(asked, (source, *names)).fetchall())

    def newest(self, source: str, *, limit: int) -> list[tuple[str, str]]:
        """Return name and validator of the files dealt with last that are still there."""
        with _told(self._path):
            return self._db.execute(_NEWEST, (source, limit)).fetchall()

    def confirm(self, source: str, files: Sequence[tuple[str, str]]) -> None:
        """Remember of each file, as `to_file` writes it, and validator that it bears that still."""
        with self._transaction():
            self._db.executemany(
                "update documents set inode = ? where source = ? and name = ? and validator = ?",
                [
                    (file.partition("\1")[2], source, self.to_name(file), validator)
                    for file, validator in files
                ],
            )

    def doubt(self, source: str, names: Sequence[str]) -> None:
        """Have these files, and the folders they lie in, looked at again."""
        folders = {name[: name.rfind("/") + 1] for name in names}
        with self._transaction():
            self._db.executemany(
                "update documents set inode = null where source = ? and name = ?",
                [(source, name) for name in names],
            )
            self._db.executemany(
                "update folders set quiet = 0 where source = ? and folder = ?",
                [(source, folder) for folder in folders],
            )

    def folders(self, source: str, *, start: str, limit: int) -> list[FolderState]:
        """Return a source's folders in order from that name on, each after the one it lies in."""
        return [
            FolderState(
                folder=row["folder"],
                stamp=row["stamp"],
                since=row["since"],
                listed=row["listed"],
                is_quiet=bool(row["quiet"]),
            )
            for row in self._all(
                "select * from folders where source = ? and folder >= ? order by folder limit ?",
                source,
                start,
                limit,
            )
        ]

    def add_folders(self, source: str, folders: Sequence[str]) -> bool:
        """Remember that there are these folders; return whether any was not known."""
        with _told(self._path):
            asked = "select 1 from folders where source = ? and folder = ?"
            new = [
                (source, folder)
                for folder in folders
                if not self._db.execute(asked, (source, folder)).fetchone()
            ]
        if new:
            with self._transaction():
                self._db.executemany(
                    "insert or ignore into folders values (?, ?, '', 0, 0, 0)", new
                )
        return bool(new)

    def set_folder(self, source: str, state: FolderState) -> None:
        """Remember how the folder was found."""
        self._write(
            "insert or replace into folders values (?, ?, ?, ?, ?, ?)",
            source,
            state.folder,
            state.stamp,
            state.since,
            state.listed,
            state.is_quiet,
        )

    def forget_folder(self, source: str, folder: str) -> None:
        """Forget how the folder, and every folder in it, was found; of "", all of the source."""
        after = folder[:-1] + "0" if folder else None  # "0" comes after "/"
        self._write(
            "delete from folders"
            " where source = ?1 and folder >= ?2 and (?3 is null or folder < ?3)",
            source,
            folder,
            after,
        )

    def answer(self, source: str, address: str) -> KeptAnswer | None:
        """Return what was kept of an index of the source; of a robots.txt if the source is ""."""
        rows = self._all(
            "select text, validator, asked from answers where source = ? and address = ?",
            source,
            address,
        )
        if not rows:
            return None
        (row,) = rows
        return KeptAnswer(text=row["text"], validator=row["validator"], asked=to_time(row["asked"]))

    def keep_answer(self, source: str, address: str, answer: KeptAnswer) -> None:
        """Keep it in place of the one before; those of more than a year ago are forgotten."""
        self._write(
            "insert or replace into answers (source, address, validator, text, asked)"
            " values (?, ?, ?, ?, ?)",
            source,
            address,
            answer.validator,
            answer.text,
            to_text(answer.asked),
        )
        oldest = answer.asked - dt.timedelta(days=_ANSWER_DAYS)
        self._write("delete from answers where asked < ?", to_text(oldest))

    # -- sources --------------------------------------------------------------------------------

    def record_run(
        self,
        source: str,
        *,
        now: dt.datetime,
        next_run: dt.datetime | None = None,
        trouble: str | None = None,
    ) -> None:
        """Remember that the source was looked at, and whether it could be.

        What is new of it is an event: that it cannot be looked at, why not if that is another
        reason than before, and that it can be again. Without `next_run`, as by a command while the
        service runs, the one that is still to come stays.
        """
        before = self._trouble_of(source)
        self._write(
            _RUN,
            source,
            to_text(now),
            next_run and to_text(next_run),
            to_text(now) if trouble is None else None,
            trouble,
        )
        if trouble and trouble != before:
            self.record_event(EventKind.FAILURE, source, trouble, now=now)
        elif before and not trouble:
            self.record_event(EventKind.RECOVERY, source, "can be looked at again", now=now)

    def _trouble_of(self, source: str) -> str | None:
        rows = self._all("select trouble from sources where source = ?", source)
        return rows[0]["trouble"] if rows else None

    def source_states(self) -> dict[str, SourceState]:
        """Return how each source fares that was ever looked at, by its name.

        Counts every document: 30 ms for 100,000.
        """
        return {row["source"]: _to_state(row) for row in self._all(_STATES)}

    # -- events ---------------------------------------------------------------------------------

    def record_event(self, kind: EventKind, subject: str, text: str, *, now: dt.datetime) -> None:
        """Remember what happened."""
        self._write(
            "insert into events (time, kind, subject, text) values (?, ?, ?, ?)",
            to_text(now),
            kind.value,
            subject,
            text,
        )
        self._write("delete from events where id <= (select max(id) from events) - ?", _MOST_EVENTS)

    def events(self, *, limit: int) -> tuple[Event, ...]:
        """Return the latest events, the newest first."""
        return tuple(
            Event(
                id=row["id"],
                time=to_time(row["time"]),
                kind=EventKind(row["kind"]),
                subject=row["subject"],
                text=row["text"],
            )
            for row in self._all("select * from events order by id desc limit ?", limit)
        )

    # -- facts ----------------------------------------------------------------------------------

    def remember(self, name: str, value: str) -> None:
        """Keep a fact under its name."""
        self._write(
            "insert into facts (name, value) values (?1, ?2)"
            " on conflict (name) do update set value = ?2",
            name,
            value,
        )

    def remembered(self, name: str) -> str | None:
        """Return the fact that was kept under the name."""
        rows = self._all("select value from facts where name = ?", name)
        return rows[0]["value"] if rows else None

    def record_done(self, job: Job, *, now: dt.datetime) -> None:
        """Remember when the job was last done."""
        self.remember(f"last {job}", to_text(now))

    def last_done(self, job: Job) -> dt.datetime | None:
        """Return when the job was last done; None is never."""
        told = self.remembered(f"last {job}")
        return to_time(told) if told else None

    # -- inside ---------------------------------------------------------------------------------

    def _all(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        with _told(self._path):
            cursor = self._db.execute(sql, values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def _write(self, sql: str, *values: Any) -> None:
        with self._transaction():
            self._db.execute(sql, values)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it or nothing, as a part of the transaction that is open, if one is."""
        with _told(self._path):
            if self._db.in_transaction:
                yield
                return
            self._db.execute("begin immediate")
            try:
                yield
                self._db.execute("commit")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("rollback")
                raise


_RUN = """
    insert into sources (source, last_run, next_run, last_success, failures, trouble)
    values (?1, ?2, ?3, ?4, ?5 is not null, ?5)
    on conflict (source) do update set last_run = ?2,
        next_run = coalesce(?3, case when next_run > ?2 then next_run end),
        last_success = coalesce(?4, last_success), trouble = ?5,
        failures = case when ?5 is null then 0 else failures + 1 end
"""
_CONFIRMED = """
    select name || char(1) || inode from documents
    where source = ? and name between ? and ? order by name limit ?
"""
_CONFIRMED_NAMED = """
    select name || char(1) || inode from documents where source = ? and name in ({marks})
"""
_VALIDATORS = "select name, validator from documents where source = ? and name in ({marks})"
_NEWEST = """
    select name, validator from documents where source = ? and inode is not null
    order by seen desc limit ?
"""
# A source that never ran, or was run by hand, may have documents all the same.
_STATES = """
    select names.source, last_run, next_run, last_success, coalesce(failures, 0) as failures,
        trouble, seen, failed
    from (select source from sources union select source from documents) as names
    left join sources on sources.source = names.source
    left join (
        select source, count(*) as seen, count(reason) as failed from documents group by source
    ) as counted on counted.source = names.source
    order by names.source
"""


def _to_state(row: Mapping[str, Any]) -> SourceState:
    def time(name: str) -> dt.datetime | None:
        return to_time(row[name]) if row[name] else None

    seen, failed = row["seen"] or 0, row["failed"] or 0
    return SourceState(
        source=row["source"],
        last_run=time("last_run"),
        next_run=time("next_run"),
        last_success=time("last_success"),
        failures=row["failures"],
        trouble=row["trouble"],
        seen=seen,
        taken=seen - failed,
        failed=failed,
    )


def to_text(time: dt.datetime) -> str:
    """Return the time in UTC to the second: it sorts as text."""
    return time.astimezone(dt.UTC).replace(microsecond=0).isoformat()


def to_time(text: str) -> dt.datetime:
    """Return the time that `to_text` wrote."""
    return dt.datetime.fromisoformat(text)


@contextlib.contextmanager
def _told(path: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(path, why(error)) from error


_ROOM = "make room on the disk; what was taken before is kept"


def why(error: sqlite3.Error) -> str:
    """Return the reason, and what to do about it."""
    remedies = {
        "SQLITE_NOTADB": f"{RESTORE}, or name another file in [storage] database",
        "SQLITE_CORRUPT": f"{RESTORE}; feeder does not write over it",
        "SQLITE_FULL": _ROOM,
        "SQLITE_IOERR_SHMSIZE": _ROOM,  # no room for the file that its readers share
        "SQLITE_READONLY": "let feeder write to the file and its folder",
        "SQLITE_CANTOPEN": "let feeder write to its folder, or change [storage] database",
        "SQLITE_BUSY": "another feeder is writing; try again when it is done",
        "SQLITE_IOERR": "see to the disk; what was taken before is kept",
    }
    code = getattr(error, "sqlite_errorname", "")
    remedy = next((told for name, told in remedies.items() if code.startswith(name)), None)
    return f"{error}; {remedy}" if remedy else str(error)
