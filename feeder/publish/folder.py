"""A folder whose files are replaced whole, and of which only feeder's own are touched.

What feeder wrote is listed in `.feeder-files`, a path a line. A path is listed before its file
is written, so whatever happens in between, feeder knows its files from others'.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from feeder.errors import PublishError

LIST = ".feeder-files"

_PART = ".feeder-part"
# A web server is another user; a service's umask would keep it out.
_FILE_MODE = 0o644
_FOLDER_MODE = 0o755
# New paths are listed this many at a time: one more fsync a batch, not one a file.
_BATCH = 64

_REMEDIES = {
    errno.ENOSPC: "the disk is full; free some space, then run `feeder publish`",
    errno.EDQUOT: "the quota is used up; free some space, then run `feeder publish`",
    errno.EROFS: "the disk is read-only; name another folder as storage.public",
    errno.EACCES: "may not be written; give it to the user who runs feeder",
    errno.EPERM: "may not be written; give it to the user who runs feeder",
}

File = tuple[str, bytes]
"""A path relative to the folder, with slashes, and what is to stand there."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """Paths relative to the public folder, by what became of them."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]


def replace_files(public: Path, files: Iterable[File]) -> Published:
    """Make the folder hold these files, and no other that feeder put there before.

    A file whose bytes are right is not touched. Another process that publishes into the
    same folder is waited for. Raises PublishError; what was written until then stays.
    """
    with _locked(public):
        return _Folder(public).replace(files)


def put_files(public: Path, files: Iterable[File]) -> Published:
    """Make these files stand in the folder, and leave all others as they are.

    Else as `replace_files`, without a look at the other files.
    """
    with _locked(public):
        return _Folder(public).put(files)


class _Folder:
    """A folder while it is written."""

    def __init__(self, public: Path) -> None:
        self._public = public
        self._list = public / LIST
        self._own = self._listed()
        self._changed: set[Path] = set()

    def replace(self, files: Iterable[File]) -> Published:
        self._clean({self._public, *((self._public / path).parent for path in self._own)})
        written, unchanged = self._put_all(files)
        removed = self._remove_all_but({*written, *unchanged})
        self._sync()
        return Published(written=tuple(written), removed=tuple(removed), unchanged=tuple(unchanged))

    def put(self, files: Iterable[File]) -> Published:
        given = tuple(files)
        self._clean({(self._public / path).parent for path, _ in given})
        written, unchanged = self._put_all(given)
        self._sync()
        return Published(written=tuple(written), removed=(), unchanged=tuple(unchanged))

    def _put_all(self, files: Iterable[File]) -> tuple[list[str], list[str]]:
        """Write those that differ; return the paths that were written, and those that were not."""
        written: list[str] = []
        unchanged: list[str] = []
        source = iter(files)
        while batch := list(islice(source, _BATCH)):
            differing = [file for file in batch if self._differs(*file)]
            self._claim(path for path, _ in batch)
            for path, data in differing:
                self._write(self._public / path, data)
            written += (path for path, _ in differing)
            unchanged += (file[0] for file in batch if file not in differing)
        return written, unchanged

    def _listed(self) -> set[str]:
        with _reported(self._list):
            try:
                data = self._list.read_bytes()
            except FileNotFoundError:
                return set()
            *lines, cut = data.split(b"\n")
            if cut:  # by a crash, before its file was written
                os.truncate(self._list, len(data) - len(cut))
        paths = {os.fsdecode(line) for line in lines}
        if strange := sorted(path for path in paths if not _is_inside(path)):
            raise PublishError(str(self._list), f"names {strange[0]!r}; remove that line")
        return paths

    def _clean(self, folders: Iterable[Path]) -> None:
        """Remove what a crash left half-written in the folders."""
        for folder in folders:
            with _reported(folder):
                for part in folder.glob(f".*{_PART}"):
                    part.unlink()

    def _differs(self, path: str, data: bytes) -> bool:
        target = self._public / path
        with _reported(target):
            try:
                present = target.read_bytes()
            except FileNotFoundError:
                return True
        if present != data and path not in self._own:
            raise PublishError(
                str(target),
                "was not written by feeder; move it away, or name another folder as storage.public",
            )
        return present != data

    def _claim(self, paths: Iterable[str]) -> None:
        fresh = [path for path in paths if path not in self._own]
        if not fresh:
            return
        with _reported(self._list), self._list.open("ab") as stream:
            stream.write(_to_lines(fresh))
            stream.flush()
            os.fsync(stream.fileno())
        self._own.update(fresh)
        self._changed.add(self._public)

    def _write(self, target: Path, data: bytes) -> None:
        """Replace the file in one step: whoever reads it sees the old or the new, whole."""
        part = target.with_name(f".{target.name}{_PART}")
        with _reported(target):
            _make_folder(target.parent)
            try:
                with part.open("xb") as stream:
                    os.fchmod(stream.fileno(), _FILE_MODE)
                    stream.write(data)
                    stream.flush()
                    os.fsync(stream.fileno())
                part.replace(target)
            except OSError:
                with suppress(OSError):  # the first error tells more; the next publish cleans
                    part.unlink(missing_ok=True)
                raise
        self._changed.add(target.parent)

    def _remove_all_but(self, kept: set[str]) -> list[str]:
        gone = sorted(self._own - kept)
        for path in gone:
            target = self._public / path
            with _reported(target):
                target.unlink(missing_ok=True)
                if target.parent.is_dir():
                    self._changed.add(target.parent)
                    self._remove_empty(target.parent)
        if gone:
            self._write(self._list, _to_lines(sorted(kept)))
        return gone

    def _remove_empty(self, folder: Path) -> None:
        while folder != self._public and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            self._changed.discard(folder)
            folder = folder.parent
            self._changed.add(folder)

    def _sync(self) -> None:
        """Make renames and removals outlive a power cut."""
        for folder in self._changed:
            with _reported(folder), _opened(folder) as descriptor:
                os.fsync(descriptor)


def _to_lines(paths: Iterable[str]) -> bytes:
    return b"".join(os.fsencode(path) + b"\n" for path in paths)


def _is_inside(path: str) -> bool:
    return bool(path) and not path.startswith("/") and ".." not in path.split("/")


def _make_folder(folder: Path) -> None:
    """`mkdir(parents=True)` gives parents the umask's mode."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir()
    folder.chmod(_FOLDER_MODE)


@contextmanager
def _locked(public: Path) -> Iterator[None]:
    """One process at a time; the kernel opens the lock of one that dies."""
    with _reported(public):
        _make_folder(public)
    with _reported(public), _opened(public) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = _REMEDIES.get(error.errno or 0, error.strerror or str(error))
        raise PublishError(str(path), reason) from error
