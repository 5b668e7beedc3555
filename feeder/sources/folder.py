"""Page texts that are dropped into a folder."""

from __future__ import annotations

import contextlib
import datetime as dt
import fnmatch
import logging
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from feeder import config
from feeder.errors import PageError, SourceError
from feeder.ledger import Ledger
from feeder.model import MAX_BYTES, RawPage, Refusal
from feeder.sources.dates import date_in

BY_HAND = "command line"
DONE, FAILED = "done", "failed"
REASON_SUFFIX = ".reason.txt"

log = logging.getLogger(__name__)

# Names of files that are still being written, or that no one means to be read.
_PASSED_OVER = re.compile(
    r"""
      \..*                            # hidden: rsync's .a.txt.Xy12ab, .syncthing.*.tmp, vim's .swp,
                                      #   .DS_Store, AppleDouble ._a.txt, NFS's .nfs0000
    | ~syncthing~.* | ~\$.*           # Syncthing on Windows; office locks
    | .*\.(part|partial|filepart|crdownload|opdownload|download|tmp|temp|swp|swo)
    | .*~ | \#.*\#                    # Emacs
    | @eadir | @recycle | \#recycle | \#snapshot | \$recycle\.bin | lost\+found  # NAS, Windows
    | thumbs\.db | desktop\.ini | __macosx | system\ volume\ information
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


# Controls, and the surrogates that stand for bytes that are no UTF-8.
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ODD_NAME = "has a name that is not UTF-8 or holds control characters; rename it"
TOO_LARGE = f"is larger than {MAX_BYTES // 2**20} MiB, no page text is; split it"
_REMEDIES = {
    FileNotFoundError: "there is no such file or folder; make it, or correct its name",
    NotADirectoryError: "is no folder; name the folder that holds the page texts",
    IsADirectoryError: "is a folder, not a file",
    PermissionError: "may not be read; let the user that feeder runs as read it",
}


def is_passed_over(name: str) -> bool:
    """Whether a file or folder of that name is never read: temporary, hidden or litter."""
    return _PASSED_OVER.fullmatch(name) is not None


def scan(source: config.Source, *, ledger: Ledger, now: dt.datetime) -> Iterator[RawPage | Refusal]:
    """Yield what is new or changed, in the order of the names; what has not come to rest waits.

    A refusal is yielded once, until the file changes or can be read after all.
    Raises SourceError where the folder itself cannot be listed.
    """
    root = _root(source)
    for found in _find(root, source):
        if isinstance(found, str):
            page = _take(source, found, root=root, ledger=ledger, now=now)
        else:
            page = found
        if page and page.validator != ledger.seen(source.label, page.name):
            yield page


def read_path(path: Path) -> Iterator[RawPage | Refusal]:
    """Yield the page, or the pages of the folder (`*.txt`, sub-folders too), given by hand."""
    if not path.is_dir():
        yield _read_or_refuse(path)
        return
    by_hand = config.Source(name=BY_HAND, folder=path)
    try:
        found = list(_find(path, by_hand))
    except SourceError as error:
        found = [_refusal(by_hand, _absolute(path), reason=error.reason)]
    for one in found or [_refusal(by_hand, _absolute(path), reason="holds no page text (*.txt)")]:
        yield _read_or_refuse(path / one) if isinstance(one, str) else one


def read_file(path: Path) -> RawPage:
    """Return the page given by hand, called by its absolute path, without waiting for it to rest.

    A date in its name is the paper's, if it is written as in 2026-11-22.
    Raises PageError where it cannot be read.
    """
    name = _absolute(path)
    if _is_odd(name):
        raise PageError(_shown(name), _ODD_NAME)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
            state = os.fstat(file.fileno())
    except OSError as error:
        raise PageError(name, _why(error)) from error
    if len(data) > MAX_BYTES:
        raise PageError(name, TOO_LARGE)
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
        if _validator(path.stat()) != page.validator:
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
            files, folders = _list(root, prefix, source.patterns)
        except OSError as error:
            if not prefix:
                raise SourceError(source.label, f"{source.folder}: {_why(error)}") from error
            yield _refusal(source, prefix, reason=_why(error))
            continue
        if not prefix and source.after == "archive":
            folders = [folder for folder in folders if folder not in (f"{DONE}/", f"{FAILED}/")]
        yield from files
        pending += reversed(folders)


def _list(root: Path, prefix: str, patterns: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return the names of a folder's files and of its folders, each sorted, from the root on."""
    files, folders = [], []
    with os.scandir(root / prefix) as entries:
        for entry in entries:
            if is_passed_over(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(f"{prefix}{entry.name}/")
            elif _matches(entry.name, patterns) and not _leaves(entry, root):
                files.append(prefix + entry.name)
    return sorted(files), sorted(folders)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a pattern fits, in either case: senders on Windows write A01.TXT."""
    return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in patterns)


def _leaves(entry: os.DirEntry[str], root: Path) -> bool:
    """Whether it is a symbolic link to something outside the folder, or to nothing."""
    if not entry.is_symlink():
        return False
    try:
        target = os.path.realpath(entry.path, strict=True)
    except OSError:
        return True
    return not Path(target).is_relative_to(root)


def _take(
    source: config.Source,
    name: str,
    *,
    root: Path,
    ledger: Ledger,
    now: dt.datetime,
) -> RawPage | Refusal | None:
    """Return the file's bytes or why there are none; None where there is nothing to do yet."""
    path = root / name
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode) or ledger.seen(source.label, _shown(name)) == _validator(
            state
        ):
            return None
        if not _has_rested(state, source=source, now=now):
            log.info("%s: %s has not come to rest; the next scan takes it", source.label, name)
            return None
        if reason := _unfit(name, state):
            return _refusal(source, name, reason=reason, validator=_validator(state))
        data = _read_unchanged(path, state, root=root)
    except FileNotFoundError:  # gone since it was listed
        return None
    except OSError as error:
        # Another validator than the file's own: taken once it can be read, though unchanged.
        return _refusal(source, name, reason=_why(error))
    return None if data is None else _raw_page(source, name, data, state)


def _unfit(name: str, state: os.stat_result) -> str | None:
    """Return why the file is not to be opened at all."""
    if _is_odd(name):
        return _ODD_NAME
    return TOO_LARGE if state.st_size > MAX_BYTES else None


def _has_rested(state: os.stat_result, *, source: config.Source, now: dt.datetime) -> bool:
    """Whether the file was last written long enough ago.

    A time in the future is a sender's wrong clock; it must not keep the file waiting for hours.
    """
    return abs(now.timestamp() - state.st_mtime) >= source.settle_seconds


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
        data = file.read(MAX_BYTES + 1)
        after = os.fstat(descriptor)
    same = (after.st_ino, _validator(after)) == (state.st_ino, _validator(state))
    return data if same and len(data) == state.st_size else None


def _raw_page(source: config.Source, name: str, data: bytes, state: os.stat_result) -> RawPage:
    return RawPage(
        source=source.label,
        name=name,
        validator=_validator(state),
        data=data,
        modified=_to_time(state.st_mtime),
        date=date_in(name, source.date),
        publication=source.publication,
        language=source.language,
        encoding=source.encoding,
    )


def _read_or_refuse(path: Path) -> RawPage | Refusal:
    try:
        return read_file(path)
    except PageError as error:
        return Refusal(source=BY_HAND, name=error.page, validator="", reason=error.reason)


def _refusal(
    source: config.Source, name: str, *, reason: str, validator: str = "unread"
) -> Refusal:
    return Refusal(source=source.label, name=_shown(name), validator=validator, reason=reason)


def _validator(state: os.stat_result) -> str:
    return f"{state.st_size}-{state.st_mtime_ns}"


def _to_time(seconds: float) -> dt.datetime | None:
    """Return the moment; None where a file system bears one that no calendar has."""
    with contextlib.suppress(ValueError, OverflowError, OSError):
        return dt.datetime.fromtimestamp(seconds, tz=dt.UTC)
    return None


def _absolute(path: Path) -> str:
    """Return the path without `..`, links not followed: one name for a file, wherever from."""
    return os.path.abspath(path)  # noqa: PTH100 - Path.absolute keeps ".."


def _is_odd(name: str) -> bool:
    """Whether it cannot be stored as text, or would garble a log line."""
    return _ODD.search(name) is not None


def _shown(name: str) -> str:
    """Return the name with all that is odd in it escaped."""
    return _ODD.sub(lambda odd: ascii(odd[0])[1:-1], name)


def _why(error: OSError) -> str:
    return _REMEDIES.get(type(error)) or error.strerror or str(error)


def _archive(folder: Path, name: str, *, reason: str | None) -> None:
    """Move the file, its sub-folder kept, to a name that is free."""
    wanted = folder / (DONE if reason is None else FAILED) / name
    wanted.parent.mkdir(parents=True, exist_ok=True)
    target = _reserve(wanted)
    (folder / name).replace(target)
    if reason is not None:
        _reserve(target.with_name(target.name + REASON_SUFFIX)).write_text(reason + "\n", "utf-8")


def _reserve(wanted: Path) -> Path:
    """Return a path that this call made, empty: the wanted one, else with a number, `a.2.txt`."""
    path, number = wanted, 1
    while True:
        with contextlib.suppress(FileExistsError):
            path.touch(exist_ok=False)
            return path
        number += 1
        path = wanted.with_name(f"{wanted.stem}.{number}{wanted.suffix}")
