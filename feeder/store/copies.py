"""Whole copies of a database: made while it is in use, checked, and put in its place."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from feeder.errors import StoreError
from feeder.ledger import why

_BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite puts beside a database, by the end of its name."""
_PAGES = 1024
"""Copied in one step; between two, SQLite's caches are the program's."""
_MOST_LETTERS = 200
_CHUNK = 1 << 20
_FIRST = 4096
# Where SQLite locks a database (https://sqlite.org/fileformat2.html#the_lock_byte_page; the bytes:
# PENDING_BYTE and what follows in os.h). Who has it open in WAL mode holds a shared lock there.
_LOCK_START, _LOCK_BYTES = 0x40000000, 512
_UNFINISHED = b"feeder restore was broken off while it wrote here; run it again\n".ljust(100)
"""Stands where SQLite looks for its mark until all else is written: a database to nobody."""


def find_damage(path: Path, *, quick: bool = False) -> str | None:
    """Return what SQLite's own check finds wrong with the database first; None if it is sound.

    Others may write meanwhile. `quick` leaves out whether indexes and references agree.
    Raises StoreError where it cannot be read at all.
    """
    check = "quick_check" if quick else "integrity_check"
    try:
        with contextlib.closing(_open(path, mode="ro")) as db:
            (told,) = db.execute(f"pragma {check}(1)").fetchone()
            if told != "ok":
                return " ".join(told.split())[:_MOST_LETTERS]
            astray = None if quick else db.execute("pragma foreign_key_check").fetchone()
            return astray and f"a row of {astray[0]} names one of {astray[2]} that is not there"
    except sqlite3.Error as error:
        if is_damage(error):
            return str(error)
        raise StoreError(str(path), why(error)) from error


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether the error says that the file is damaged, or no database at all."""
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


_PART = ".feeder-part"
PARTS = f".feeder-????-??-??.db{_PART}*"
"""Names of copies that are being made of a backup, and of what SQLite puts beside them."""


@contextlib.contextmanager
def copied(source: Path, beside: Path) -> Iterator[Path]:
    """Yield a copy of the database as it is at one moment, under a hidden name beside the other.

    The copy is one file, on the disk, for its owner alone; it is not checked. It is gone in the
    end, unless it was given another name. Others may write to the source meanwhile.
    Raises StoreError.
    """
    part = beside.with_name(f".{beside.name}{_PART}")
    try:
        _remove(part)
        _copy(source, part)
        yield part
    except OSError as error:
        raise StoreError(str(beside), f"cannot be written: {_reason(error)}") from error
    finally:
        with contextlib.suppress(OSError):  # the first error tells more
            _remove(part)


def _copy(source: Path, part: Path) -> None:
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with (
            contextlib.closing(_open(source, mode="ro")) as old,
            contextlib.closing(_open(part, mode="rw")) as new,
        ):
            # One moment for the whole copy: else it begins anew whenever somebody writes.
            old.execute("begin")
            old.execute("select count(*) from sqlite_schema").fetchone()
            # Nobody reads it before it is whole, and then it is synced.
            new.execute("pragma synchronous = off")
            old.backup(new, pages=_PAGES)
            new.execute("pragma journal_mode = delete")
    except sqlite3.Error as error:
        if is_damage(error):
            raise StoreError(str(source), f"cannot be copied: {error}") from error
        raise StoreError(str(part.parent), f"no copy could be made: {why(error)}") from error
    sync(part)


def sync(path: Path) -> None:
    """Make what was written to the file, or to the folder's names, outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put_in_place(whole: Path, database: Path, *, aside: Path) -> bool:
    """Make the database hold what the whole one does; False if there was none before.

    What it was is kept under the name `aside`, with what SQLite had put beside it. The file itself
    stays and is written anew, under SQLite's own lock: whoever waits for it then reads the new
    one, its owner and mode are as before, and no journal of the old one is left to spoil it.
    Raises StoreError where somebody has it open, or it cannot be written; what was broken off
    before its end is no database for anyone, until it is done again.
    """
    try:
        return _put(whole, database, aside)
    except OSError as error:
        place = str(error.filename or database)
        raise StoreError(place, f"{_reason(error)}; the restore was not done") from error


def _put(whole: Path, database: Path, aside: Path) -> bool:
    try:
        descriptor, existed = os.open(database, os.O_RDWR), True
    except FileNotFoundError:
        descriptor = os.open(database, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        existed = False
    try:
        _lock(descriptor, database)
        made = _keep(descriptor if existed else None, database, aside)
        _reserve(descriptor, whole.stat().st_size, made)
        if not existed and os.geteuid() == 0:  # made by root, for the user who runs feeder
            owner = database.parent.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        _overwrite(descriptor, whole, database)
    except BaseException:
        if not existed:
            database.unlink()
        raise
    finally:
        os.close(descriptor)
    sync(database.parent)
    return existed


def _lock(descriptor: int, database: Path) -> None:
    # From here on no other descriptor of the file may be closed: that opens the lock (fcntl(2)).
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCK_BYTES, _LOCK_START)
    except (BlockingIOError, PermissionError) as error:
        raise StoreError(
            str(database), "is in use; stop the service and what else reads it, then try again"
        ) from error


def _keep(descriptor: int | None, database: Path, aside: Path) -> list[Path]:
    """Copy the database, and what SQLite put beside it, to new files, all or none; return them."""
    made: list[Path] = []
    mode = database.stat().st_mode & 0o777
    try:
        if descriptor is not None:
            _copy_bytes(descriptor, aside, mode, made)
        for end in _BESIDE:
            journal = Path(f"{database}{end}")
            if journal.exists():
                with journal.open("rb") as source:
                    _copy_bytes(source.fileno(), Path(f"{aside}{end}"), mode, made)
    except OSError:
        _discard(made)
        raise
    sync(aside.parent)
    return made


def _discard(made: list[Path]) -> None:
    for path in made:
        path.unlink()


def _reserve(descriptor: int, size: int, made: list[Path]) -> None:
    """Make room for the whole of the new one: while there may be too little, nothing is lost."""
    before = os.fstat(descriptor).st_size
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError:
        os.ftruncate(descriptor, before)
        _discard(made)
        raise


def _copy_bytes(descriptor: int, target: Path, mode: int, made: list[Path]) -> None:
    with target.open("xb") as file:
        made.append(target)
        os.fchmod(file.fileno(), mode)
        at = 0
        while chunk := os.pread(descriptor, _CHUNK, at):
            file.write(chunk)
            at += len(chunk)
        file.flush()
        os.fsync(file.fileno())


def _overwrite(descriptor: int, whole: Path, database: Path) -> None:
    _write_at(descriptor, _UNFINISHED, 0)
    os.fsync(descriptor)
    for end in _BESIDE:
        Path(f"{database}{end}").unlink(missing_ok=True)
    sync(database.parent)
    with whole.open("rb") as source:
        first, at = source.read(_FIRST), _FIRST
        while chunk := source.read(_CHUNK):
            _write_at(descriptor, chunk, at)
            at += len(chunk)
    os.ftruncate(descriptor, at)
    os.fsync(descriptor)
    _write_at(descriptor, first, 0)
    os.fsync(descriptor)


def _write_at(descriptor: int, data: bytes, at: int) -> None:
    done = 0
    while done < len(data):
        done += os.pwrite(descriptor, data[done:], at + done)


def _open(path: Path, *, mode: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(address, uri=True, isolation_level=None)


def _remove(part: Path) -> None:
    for end in ("", *_BESIDE):
        Path(f"{part}{end}").unlink(missing_ok=True)


def _reason(error: OSError) -> str:
    return f"{error.strerror or error}"
