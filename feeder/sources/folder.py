"""Page texts that are dropped into a folder."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import functools
import logging
import os
import stat
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO

from feeder import config
from feeder.errors import PageError, SourceError
from feeder.ledger import Ledger
from feeder.model import MAX_PDF_BYTES, RawPage, Refusal, max_bytes
from feeder.sources import listing, names, trouble, watch
from feeder.sources.dates import date_in
from feeder.sources.watch import DONE, FAILED, UNREAD

BY_HAND = "command line"
_START = 1024
"""Bytes that tell what a file is, and so how large it may be."""

_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL}

log = logging.getLogger(__name__)


def scan(source: config.Source, *, ledger: Ledger, now: dt.datetime) -> Iterator[RawPage | Refusal]:
    """Yield what is new or changed, in the order of the names; what has not come to rest waits.

    A refusal is yielded once, until the file changes or can be read after all.
    Raises SourceError where the folder itself cannot be listed, or its mount has gone.
    """
    root = _root(source)
    look = functools.partial(_look, source, root=root, ledger=ledger, now=now.timestamp())
    scanned = watch.Watch(source, root=root, ledger=ledger, now=now.timestamp(), look=look)
    yield from scanned.found()


def read_path(path: Path) -> Iterator[RawPage | Refusal]:
    """Yield the page, or the pages of the folder (`*.txt`, sub-folders too), given by hand."""
    if not path.is_dir():
        yield _read_or_refuse(path)
        return
    by_hand = config.Source(name=BY_HAND, folder=path)
    found = list(_find(path, by_hand))
    for one in found or [_refusal(by_hand, _absolute(path), reason="holds no page text (*.txt)")]:
        yield _read_or_refuse(path / one) if isinstance(one, str) else one


def read_file(path: Path) -> RawPage:
    """Return the page given by hand, called by its absolute path, without waiting for it to rest.

    A date in its name is the paper's, if it is written as in 2026-11-22.
    Raises PageError where it cannot be read.
    """
    name = _absolute(path)
    if names.is_odd(name):
        raise PageError(names.shown(name), names.ODD_NAME)
    try:
        with path.open("rb") as file:
            data = _read(file)
            state = os.fstat(file.fileno())
    except OSError as error:
        raise PageError(name, trouble.why(error)) from error
    if len(data) > max_bytes(data):
        raise PageError(name, too_large(data))
    return RawPage(
        source=BY_HAND,
        name=name,
        validator=f"{len(data)}-{state.st_mtime_ns}",
        data=data,
        modified=_to_time(state.st_mtime),
        date=date_in(path.name),
    )


def put_away(source: config.Source, page: RawPage | Refusal, *, reason: str | None = None) -> None:
    """Do with a dealt-with file what `after` says; a file that has changed since stays.

    "archive" moves it into done/ or, with a reason, into failed/ and the reason beside it;
    nothing is overwritten. "delete" removes what was taken and keeps what was refused: its
    bytes are nowhere else. Raises SourceError where that cannot be done.
    """
    if source.folder is None or source.after == "keep":
        return
    path = source.folder / page.name
    try:
        if watch.validator(path.stat()) != page.validator:
            return
        if source.after == "archive":
            _archive(source.folder, page.name, reason=reason)
        elif reason is None:
            path.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        why = f"{page.name} cannot be put away: {error.strerror}; or set after = 'keep'"
        raise SourceError(source.label, why) from error


def _root(source: config.Source) -> Path:
    if source.folder is None:
        raise SourceError(source.label, "is no folder")
    return Path(os.path.realpath(source.folder))


def _find(root: Path, source: config.Source) -> Iterator[str | Refusal]:
    """Yield the relative names of the files that match, in order, and folders that do not open."""
    pending = [""]
    while pending:
        prefix = pending.pop()
        try:
            listed = listing.list_folder(root, prefix, source.patterns)
        except OSError as error:
            yield _refusal(source, prefix or _absolute(root), reason=trouble.why(error))
            continue
        yield from listed.wanted(source.patterns)
        pending += reversed(listed.folders)


def _look(
    source: config.Source,
    name: str,
    known: str | None,
    *,
    root: Path,
    ledger: Ledger,
    now: float,
) -> watch.Outcome:
    """Return the file's bytes or why there are none, if it is not what was dealt with."""
    try:
        state = os.stat(f"{root}/{name}")  # noqa: PTH116 - a Path costs as much as the stat
        if not stat.S_ISREG(state.st_mode):
            return None
        current = watch.validator(state)
        # Asked again: another feeder may have dealt with it since.
        if current == known or current == ledger.seen(source.label, names.shown(name)):
            if _is_put_away_late(source, name, current, ledger=ledger):
                return None
            return watch.Same(validator=current)
        if not _has_rested(state, source=source, now=now):
            log.debug("%s: %s has not come to rest; a later scan takes it", source.label, name)
            return None
        if reason := _unfit(name, state):
            return _refusal(source, name, reason=reason, validator=current)
        data = _read_unchanged(root / name, state, root=root)
    except OSError as error:
        return _unread(source, name, error, ledger=ledger)
    if data is not None and len(data) > max_bytes(data):
        return _refusal(source, name, reason=too_large(data), validator=current)
    return None if data is None else _raw_page(source, name, data, state)


def _is_put_away_late(source: config.Source, name: str, validator: str, *, ledger: Ledger) -> bool:
    """Put away what was dealt with and still lies there; return whether it has gone.

    A run that was killed may have come to the one and not to the other.
    """
    if source.folder is None or source.after == "keep":
        return False
    reason = ledger.reason(source.label, names.shown(name))
    left = _refusal(source, name, reason=reason or "", validator=validator)
    put_away(source, left, reason=reason)
    return not (source.folder / name).exists()


def _unread(source: config.Source, name: str, error: OSError, *, ledger: Ledger) -> Refusal | None:
    """Return why the file cannot be read, once; None where it has gone since it was listed.

    Raises SourceError where that is not the file's trouble alone.
    """
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESTALE):
        return None
    if trouble.is_of_the_mount(error):
        raise SourceError(source.label, f"{source.folder}: {trouble.why(error)}") from error
    if ledger.seen(source.label, names.shown(name)) == UNREAD:
        return None
    return _refusal(source, name, reason=trouble.why(error))


def _unfit(name: str, state: os.stat_result) -> str | None:
    """Return why the file is not to be opened at all."""
    if names.is_odd(name):
        return names.ODD_NAME
    return too_large(b"%PDF-") if state.st_size > MAX_PDF_BYTES else None


def _has_rested(state: os.stat_result, *, source: config.Source, now: float) -> bool:
    """Whether the file was last written long enough ago.

    A sender may set the mtime of a file that it is still writing (`rsync --inplace -t`, `cp -p`,
    Robocopy), but not its ctime. A time in the future is a sender's wrong clock; it must not keep
    the file waiting for hours.
    """
    ages = (abs(now - state.st_mtime), abs(now - state.st_ctime))
    return min(ages) >= source.settle_seconds


def _read_unchanged(path: Path, state: os.stat_result, *, root: Path) -> bytes | None:
    """Return the file's bytes; None where someone changes it meanwhile.

    It is resolved, and then opened without following links: a file that is swapped for a link
    to someone's secret in the meantime is not read.
    """
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(root):
        return None
    descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor is no path
        data = _read(file)
        after = os.fstat(descriptor)
    is_all = len(data) == state.st_size or len(data) > max_bytes(data)
    return data if is_all and _content(after) == _content(state) else None


def _read(file: BinaryIO) -> bytes:
    """Return what is in it; one byte more than it may have, if it has more."""
    start = file.read(_START)
    return start + file.read(max_bytes(start) + 1 - len(start))


def too_large(start: bytes) -> str:
    """Return why a document that begins so and is longer than it may be is refused."""
    return f"is larger than {max_bytes(start) // 2**20} MiB, no page is; split it"


def _content(state: os.stat_result) -> tuple[int, ...]:
    """Return what differs once anything has been written, whatever times are set."""
    return (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)


def _raw_page(source: config.Source, name: str, data: bytes, state: os.stat_result) -> RawPage:
    return RawPage(
        source=source.label,
        name=name,
        validator=watch.validator(state),
        data=data,
        modified=_to_time(state.st_mtime),
        date=date_in(name, source.date),
        publication=_publication(source.publication, name),
        language=source.language,
        encoding=source.encoding,
    )


def _publication(named: str | None, name: str) -> str | None:
    """Return the paper's name, {folder} filled in; none for a page that lies in no sub-folder."""
    if named is None or config.FOLDER not in named:
        return named
    folder, is_inside, _ = name.partition("/")
    return named.replace(config.FOLDER, folder) if is_inside else None


def _read_or_refuse(path: Path) -> RawPage | Refusal:
    try:
        return read_file(path)
    except PageError as error:
        return Refusal(source=BY_HAND, name=error.page, validator="", reason=error.reason)


def _refusal(source: config.Source, name: str, *, reason: str, validator: str = UNREAD) -> Refusal:
    return Refusal(source=source.label, name=names.shown(name), validator=validator, reason=reason)


def _to_time(seconds: float) -> dt.datetime | None:
    """Return the moment; None where a file system bears one that no calendar has."""
    with contextlib.suppress(ValueError, OverflowError, OSError):
        return dt.datetime.fromtimestamp(seconds, tz=dt.UTC)
    return None


def _absolute(path: Path) -> str:
    """Return the path without `..`, links not followed: one name for a file, wherever from."""
    return os.path.abspath(path)  # noqa: PTH100 - Path.absolute keeps ".."


def _archive(folder: Path, name: str, *, reason: str | None) -> None:
    """Move the file, its sub-folder kept, to a name that is free.

    Killed anywhere, it can be done again: the file has both names until all is done.
    """
    wanted = folder / (DONE if reason is None else FAILED) / name
    wanted.parent.mkdir(parents=True, exist_ok=True)
    target = _link(folder / name, wanted)
    if target is None:
        target = _reserve(wanted)
        (folder / name).replace(target)
    if reason is not None:
        _write_reason(target.with_name(target.name + names.REASON_SUFFIX), f"{reason}\n")
    (folder / name).unlink(missing_ok=True)


def _link(path: Path, wanted: Path) -> Path | None:
    """Give the file a second name that is free, unless it has it; None where no file can have two.

    FAT, exFAT and some network file systems know no links, and Linux lets nobody link another
    user's file that he may not write (protected_hardlinks, proc(5)).
    """
    for target in _names_like(wanted):
        try:
            os.link(path, target, follow_symlinks=False)
        except FileExistsError:
            if not os.path.samestat(path.lstat(), target.lstat()):
                continue
        except OSError as error:
            if error.errno in _NO_LINKS:
                return None
            raise
        return target
    raise AssertionError("there is always another name")


def _write_reason(wanted: Path, text: str) -> None:
    """Write why a file was refused, under a name that is free or has the begin of just that."""
    for path in _names_like(wanted):
        with contextlib.suppress(FileExistsError):
            path.touch(exist_ok=False)
        if text.encode().startswith(path.read_bytes()):
            path.write_text(text, "utf-8")
            return


def _reserve(wanted: Path) -> Path:
    """Return a path that this call made, empty."""
    for path in _names_like(wanted):
        with contextlib.suppress(FileExistsError):
            path.touch(exist_ok=False)
            return path
    raise AssertionError("there is always another name")


def _names_like(wanted: Path) -> Iterator[Path]:
    """Yield the wanted name, then others with a number: `a.2.txt`."""
    yield wanted
    for number in count(2):
        yield wanted.with_name(f"{wanted.stem}.{number}{wanted.suffix}")
