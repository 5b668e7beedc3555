"""What keeps the database well: old things forgotten, backups made, checked and restored."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from feeder.config import Config
from feeder.errors import StoreError
from feeder.ledger import EventKind, Job
from feeder.store import Store, copies

_BACKUP = re.compile(r"feeder-(\d{4}-\d\d-\d\d)\.db")
_BATCH = 200
"""Entries, pages or texts that are forgotten in one transaction."""
_PAUSE_SECONDS = 0.15
"""Between two transactions: SQLite's writers who wait look every 0.1 s whether it is their turn."""
_CHECKPOINT_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Report:
    """What upkeep came to."""

    entries: int = 0
    """Articles that were forgotten."""
    pages: int = 0
    revisions: int = 0
    is_checkpointed: bool = True
    """Whether what waited beside the database was all written into it; not while others read it."""
    backup: Path | None = None
    """The backup that was made; None if none are."""
    rotated: tuple[Path, ...] = ()
    """Older backups that were removed."""

    @property
    def must_publish(self) -> bool:
        """Whether published pages show what is forgotten."""
        return bool(self.entries or self.pages or self.revisions)

    def __str__(self) -> str:
        """One line for the log."""
        parts = [
            f"forgotten: {self.entries} articles, {self.pages} pages, {self.revisions} former texts"
        ]
        if not self.is_checkpointed:
            parts.append("the database was being read, so its journal was not emptied")
        parts.append(f"backup {self.backup}" if self.backup else "no backup is made")
        if self.rotated:
            parts.append(f"{len(self.rotated)} older ones removed")
        return "; ".join(parts)


def upkeep(store: Store, config: Config, *, now: dt.datetime) -> Report:
    """Forget what is old, tidy the database and back it up; safe while others write.

    Raises StoreError. A damaged database is told with the command that restores it, and nothing is
    written to it.
    """
    if damage := copies.find_damage(store.path, quick=True):
        raise _damaged(store.path, config, damage)
    entries, pages, revisions = _forget(store, config, now=now)
    store.optimize()
    is_checkpointed = store.checkpoint(wait_seconds=_CHECKPOINT_SECONDS)
    made: Path | None = None
    rotated: tuple[Path, ...] = ()
    if config.upkeep.keep_backups:
        made, rotated = back_up(config, now=now)
    with store.transaction():
        store.ledger.record_done(Job.UPKEEP, now=now)
        if made:
            store.ledger.record_done(Job.BACKUP, now=now)
    return Report(
        entries=entries,
        pages=pages,
        revisions=revisions,
        is_checkpointed=is_checkpointed,
        backup=made,
        rotated=rotated,
    )


def _forget(store: Store, config: Config, *, now: dt.datetime) -> tuple[int, int, int]:
    """Return how many entries, pages and former texts are forgotten."""
    entries = pages = revisions = 0
    if days := config.upkeep.keep_revision_days:
        until = now - _days(days, now)
        revisions = _in_batches(lambda: store.forget_revisions(until, limit=_BATCH))
    if days := config.upkeep.keep_days:
        before = (now.astimezone(config.site.zone) - _days(days, now)).date()
        entries = _in_batches(lambda: store.forget_entries(before, limit=_BATCH))
        pages = _in_batches(lambda: store.forget_pages(before, limit=_BATCH))
    return entries, pages, revisions


def _days(days: int, now: dt.datetime) -> dt.timedelta:
    """So many days, yet none before the calendar begins."""
    return dt.timedelta(days=min(days, now.toordinal() - 2))


def _in_batches(forget: Callable[[], int]) -> int:
    """Call it until it has less to do than it may; between two calls others write."""
    total = 0
    while count := forget():
        total += count
        if count < _BATCH:
            break
        time.sleep(_PAUSE_SECONDS)
    return total


# -- backups --------------------------------------------------------------------------------------


def back_up(config: Config, *, now: dt.datetime) -> tuple[Path, tuple[Path, ...]]:
    """Make today's backup, checked, and remove the oldest; return its path and those removed.

    Raises StoreError; then the backups that were there are as they were.
    """
    folder = config.upkeep.backups
    made = folder / f"feeder-{now.astimezone(config.site.zone).date()}.db"
    with _told(folder):
        # Not its parents: where a disk is not mounted, nothing is to be written in its stead.
        folder.mkdir(mode=0o700, exist_ok=True)
    with _locked(folder):
        with _told(folder):  # what a backup that was killed left, as large as the database
            for part in folder.glob(copies.PARTS):
                part.unlink(missing_ok=True)
        _write_backup(config, made)
        kept = max(config.upkeep.keep_backups, 1)
        old = [path for path in backups(folder) if path != made][kept - 1 :]
        with _told(folder):
            for path in old:
                path.unlink(missing_ok=True)
    return made, tuple(old)


def back_up_to(config: Config, target: Path) -> None:
    """Make a checked backup under another name. Raises StoreError; nothing is overwritten."""
    with _locked(target.parent):
        if target.exists() or target.is_symlink():
            raise StoreError(str(target), "is there already; name a new file")
        _write_backup(config, target)


def backups(folder: Path) -> list[Path]:
    """Return the backups in the folder, the newest day first; other names are not feeder's."""
    with _told(folder):
        if not folder.is_dir():
            return []
        return sorted((path for path in folder.iterdir() if _is_backup(path)), reverse=True)


def _is_backup(path: Path) -> bool:
    match = _BACKUP.fullmatch(path.name)
    if not match or path.is_symlink() or not path.is_file():
        return False
    try:
        dt.date.fromisoformat(match[1])
    except ValueError:
        return False
    return True


def _write_backup(config: Config, target: Path) -> None:
    database = config.storage.database
    if not database.exists():
        raise StoreError(str(database), "is not there yet, so there is nothing to back up")
    try:
        with copies.copied(database, target) as part:
            if damage := copies.find_damage(part):
                raise _damaged(database, config, damage)
            part.rename(target)
            copies.sync(target.parent)
    except StoreError as error:
        cause = error.__cause__
        if isinstance(cause, sqlite3.Error) and copies.is_damage(cause):
            raise _damaged(database, config, str(cause)) from error
        raise


def _damaged(database: Path, config: Config, damage: str) -> StoreError:
    """The error that names the backup to restore: the newest that is sound."""
    folder = config.upkeep.backups
    sound = (path for path in backups(folder) if copies.find_damage(path) is None)
    newest = next(sound, None)
    remedy = (
        f"restore it: `feeder restore {newest}`"
        if newest
        else f"no backup in {folder} is sound: `sqlite3 {database} .recover` may save a part"
    )
    return StoreError(str(database), f"is damaged ({damage}) and left as it is; {remedy}")


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One backup at a time in a folder; the kernel opens the lock of a process that dies."""
    with _told(folder):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            why = "another feeder is making a backup here; try again when it is done"
            raise StoreError(str(folder), why) from error
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = f"{error.strerror or error}; let feeder write there, or change [upkeep] backups"
        raise StoreError(str(error.filename or folder), why) from error


# -- restoring ------------------------------------------------------------------------------------


def restore(config: Config, backup: Path, *, now: dt.datetime) -> Path | None:
    """Put the backup in the database's place; return where what was there is kept, if anything.

    The backup is copied and checked first, and stays. Raises StoreError where it is not sound, or
    is another program's, or where somebody has the database open; then nothing has changed.
    """
    # SQLite puts its journals beside the file that a link leads to.
    database = Path(os.path.realpath(config.storage.database))
    _refuse(backup, database)
    stamp = f"{now.astimezone(config.site.zone):%Y%m%dT%H%M%S}"
    aside = database.with_name(f"{database.name}.before-restore-{stamp}")
    _refuse_damaged(backup, backup)
    with copies.copied(backup, database) as part:
        _refuse_damaged(part, backup)
        _bring_up_to_date(part, backup, aside if database.exists() else None, now=now)
        existed = copies.put_in_place(part, database, aside=aside)
    return aside if existed else None


def _refuse(backup: Path, database: Path) -> None:
    if not backup.is_file():
        raise StoreError(str(backup), "is no file; name a backup, such as one of `backups/`")
    if database.exists() and backup.samefile(database):
        raise StoreError(str(backup), "is the database itself; name a backup")
    if not database.parent.is_dir():
        raise StoreError(str(database), f"there is no folder {database.parent}; make it")


def _refuse_damaged(read: Path, backup: Path) -> None:
    if damage := copies.find_damage(read):
        raise StoreError(str(backup), f"is no sound database ({damage}); name another backup")


def _bring_up_to_date(part: Path, backup: Path, aside: Path | None, *, now: dt.datetime) -> None:
    """Make the copy this feeder's, or raise StoreError where it is not feeder's at all."""
    with contextlib.closing(sqlite3.connect(part)) as db:
        names = {name for (name,) in db.execute("select name from sqlite_schema")}
    if "_sqlite_migrations" not in names:
        raise StoreError(str(backup), "is no database of feeder's; name another backup")
    told = f"the database was restored from {backup}"
    kept = f"; the one before is kept as {aside}" if aside else ""
    try:
        with Store(part) as store, store.transaction():
            store.ledger.record_event(EventKind.NOTICE, "restore", told + kept, now=now)
    except StoreError as error:
        raise StoreError(str(backup), error.reason) from error
    with contextlib.closing(sqlite3.connect(part)) as db:
        # One file again, without a journal beside it.
        db.execute("pragma journal_mode = delete")
