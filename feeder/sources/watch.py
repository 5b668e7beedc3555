"""Which files of a folder have to be looked at: those that may not be what was dealt with.

A scan of many files that nothing has happened to is to cost little, and nothing may be missed:

- A *folder* whose stamp (device, inode, times) is what it was is not listed, if all in it had been
  dealt with when it was listed last, and the stamp was at least _SURE_SECONDS old by then: two
  changes within one tick of the file system's clock leave the same time (as Git's racy entries,
  https://git-scm.com/docs/racy-git). Only differences between our own readings of the clock count,
  for a server's clock may be another.
- Some file systems do not keep the times of folders. So each is listed every _LISTED_WITHIN
  seconds all the same; where that finds a file that the stamp has kept back, the source's folders
  are listed at every scan from then on.
- A *file* in a listed folder is looked at if its name is new, or bears another inode than the one
  that was seen to be as it was dealt with.
- What is *overwritten in place* changes neither. So the _NEWEST documents, those most likely to be
  corrected, are looked at in every scan, and one file in _TURNS with each listing that is due, so
  that each is looked at within an hour.
- A folder with a file that waits or cannot be read is listed at every scan; so is one with a
  symbolic link, for what that leads to lies elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from feeder import config
from feeder.errors import SourceError
from feeder.ledger import FolderState, Ledger
from feeder.model import RawPage, Refusal
from feeder.sources import names, trouble
from feeder.sources.listing import Listing, list_folder

DONE, FAILED = "done", "failed"
UNREAD = "unread"
"""The validator of what could not be read: another than its own, so that it is taken once it can
be, although neither size nor time has changed."""

_SURE_SECONDS = 3.0
"""FAT keeps times to two seconds, the coarsest that is mounted today."""
_LISTED_WITHIN = 600.0
_TURNS = 6
_ALL = frozenset(range(_TURNS))
_NEWEST = 256
_CHUNK = 500
_A_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FORM = "1"
"""Changed whenever other files are wanted than before: then every folder is listed again."""


def validator(state: os.stat_result) -> str:
    """Return what tells one content of a file from another."""
    return f"{state.st_size}-{state.st_mtime_ns}"


@dataclass(frozen=True, kw_only=True)
class Same:
    """A file that is what was dealt with."""

    validator: str


Outcome = RawPage | Refusal | Same | None
"""What a look at a file comes to; None where it is to be looked at again in the next scan."""


class Watch:
    """One scan of a source's folder."""

    def __init__(
        self,
        source: config.Source,
        *,
        root: Path,
        ledger: Ledger,
        now: float,
        look: Callable[[str, str | None], Outcome],
    ) -> None:
        """Prepare a scan; `now` is in seconds.

        `look` says what a file is, given its name and a validator it was dealt with under.
        """
        self._source = source
        self._root = root
        self._ledger = ledger
        self._now = now
        self._look = look

    def found(self) -> Iterator[RawPage | Refusal]:
        """Yield what is new or changed, folder by folder, in the order of the names.

        Raises SourceError where the source as a whole cannot be scanned.
        """
        device = self._begin()
        keeps_times = self._ledger.remembered(self._untimed) != str(device)
        self._doubt_newest()
        start, limit = "", 1
        while folders := self._ledger.folders(self._source.label, start=start, limit=limit):
            limit = min(2 * limit, _CHUNK)
            for state in folders:
                start = state.folder + "\1"  # no name begins with a control character
                if (yield from self._visit(state, keeps_times=keeps_times)):
                    limit = 1
                    break  # it has folders that were not known: they come next

    @property
    def _untimed(self) -> str:
        """The fact that names the device whose folders do not keep their times."""
        return f"folders without times: {self._source.label}"

    def _begin(self) -> int:
        """Return the folder's device; forget all if the source is set up otherwise than before."""
        label = self._source.label
        try:
            state = self._stat_folder("")
        except OSError as error:
            self._fail(error)
        setting = repr((_FORM, self._source.patterns, self._source.after == "archive"))
        fact = f"folders as set up: {label}"
        if self._ledger.remembered(fact) != setting:
            self._ledger.forget_folder(label, "")
            self._ledger.remember(fact, setting)
        self._refuse_an_empty_mount_point(state.st_dev)
        self._ledger.add_folders(label, [""])
        return state.st_dev

    def _refuse_an_empty_mount_point(self, device: int) -> None:
        """Raise SourceError where the files that were there seem to be on what is not mounted."""
        label = self._source.label
        before = self._ledger.folders(label, start="", limit=1)
        if not before or before[0].stamp.partition("-")[0] in ("", str(device)):
            return
        try:
            with os.scandir(self._root) as entries:
                is_empty = next(entries, None) is None
        except OSError as error:
            self._fail(error)
        if is_empty and self._ledger.newest(label, limit=1):
            raise SourceError(
                label,
                f"{self._source.folder}: is empty and lies on another device than before;"
                " mount what belongs there, or put a page into it if it is meant to be so",
            )

    def _fail(self, error: OSError) -> NoReturn:
        raise SourceError(
            self._source.label, f"{self._source.folder}: {trouble.why(error)}"
        ) from error

    def _stat_folder(self, folder: str) -> os.stat_result:
        """Return the state of a folder, not of what a link leads to. Raises OSError.

        It is opened, for only then does an NFS client ask its server (nfs(5), close-to-open cache
        consistency): what stat says may be a minute old.
        """
        descriptor = os.open(self._root / folder, _A_FOLDER)
        try:
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)

    def _doubt_newest(self) -> None:
        """Have those documents looked at that were dealt with last and are no more as they were."""
        label = self._source.label
        doubtful = []
        for name, known in self._ledger.newest(label, limit=_NEWEST):
            try:
                is_same = validator(os.lstat(f"{self._root}/{name}")) == known
            except (FileNotFoundError, NotADirectoryError):
                is_same = False
            except OSError as error:
                if trouble.is_of_the_mount(error):
                    self._fail(error)
                continue  # a folder of it may not be entered, which is told when it is listed
            if not is_same:
                doubtful.append(name)
        if doubtful:
            self._ledger.doubt(label, doubtful)

    def _visit(
        self, state: FolderState, *, keeps_times: bool
    ) -> Generator[RawPage | Refusal, None, bool]:
        """Yield what is new in a folder; return whether it has folders that were not known."""
        try:
            stamp = _stamp(self._stat_folder(state.folder))
            if keeps_times and self._is_quiet(state, stamp):
                return False
            listing = list_folder(self._root, state.folder, self._source.patterns)
        except OSError as error:
            yield from self._tell(state.folder, error)
            return False
        is_new = yield from self._note_folders(listing.folders)
        is_clean = yield from self._go_through(listing, state, stamp=stamp)
        self._remember(state, stamp=stamp, is_clean=is_clean and not listing.has_links)
        return is_new

    def _tell(self, folder: str, error: OSError) -> Iterator[Refusal]:
        """Forget a folder that has gone, or refuse one that cannot be listed."""
        if not folder or trouble.is_of_the_mount(error):
            self._fail(error)
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            self._ledger.forget_folder(self._source.label, folder)
        else:
            yield from self._refuse(folder, trouble.why(error))

    def _is_quiet(self, state: FolderState, stamp: str) -> bool:
        is_due = not 0 <= self._now - state.listed < _LISTED_WITHIN
        return state.is_quiet and state.stamp == stamp and not is_due

    def _note_folders(self, folders: list[str]) -> Generator[Refusal, None, bool]:
        """Remember the folders; yield those that cannot be, return whether any was not known."""
        label = self._source.label
        fit = [
            folder
            for folder in folders
            if not names.is_odd(folder) and not _is_archive(self._source, folder)
        ]
        for folder in folders:
            if names.is_odd(folder):
                yield from self._refuse(folder, names.ODD_NAME)
        return self._ledger.add_folders(label, fit)

    def _refuse(self, name: str, reason: str) -> Iterator[Refusal]:
        """Yield a folder that cannot be listed, once."""
        label, name = self._source.label, names.shown(name)
        if self._ledger.seen(label, name) != UNREAD:
            yield Refusal(source=label, name=name, validator=UNREAD, reason=reason)

    def _go_through(
        self, listing: Listing, state: FolderState, *, stamp: str
    ) -> Generator[RawPage | Refusal, None, bool]:
        """Yield what is new of a listing; return whether all of it has been dealt with."""
        label, is_clean = self._source.label, True
        for place in range(0, len(listing.files), _CHUNK):
            same = []
            files = self._doubtful(listing.files[place : place + _CHUNK], state, stamp=stamp)
            known = self._ledger.validators(label, [name for name, _, _ in files])
            for name, file, was_confirmed in files:
                outcome = self._look(name, known.get(name))
                if isinstance(outcome, Same):
                    if not was_confirmed:
                        same.append((file, outcome.validator))
                    continue
                is_clean = False
                if known.get(name, UNREAD) != UNREAD:  # what has no inode needs not be doubted
                    self._ledger.doubt(label, [name])
                if outcome is not None:
                    yield outcome
            if same:
                self._ledger.confirm(label, same)
        for name in listing.others:
            outcome = self._look(name, None)
            is_clean &= isinstance(outcome, Same)
            if isinstance(outcome, RawPage | Refusal):
                yield outcome
        return is_clean

    def _doubtful(
        self, files: list[str], state: FolderState, *, stamp: str
    ) -> list[tuple[str, str, bool]]:
        """Return those of the listed files that are wanted and have to be looked at.

        The name of each, the file with its inode, and whether it was confirmed.
        """
        new = self._ledger.unconfirmed(self._source.label, files)
        is_new = set(new).__contains__
        turns = _turns(state.listed, self._now)
        if _place(state.stamp) != _place(stamp):  # another file system may have the same inodes
            turns = _ALL
        if turns:
            new = [file for file in files if is_new(file) or _turn(file) in turns]
        named = ((Ledger.to_name(file), file, not is_new(file)) for file in new)
        wanted = [one for one in named if names.is_page(one[0], self._source.patterns)]
        # Not quiet, or with another stamp, it would have been listed sooner.
        if state.is_quiet and state.stamp == stamp and not all(known for _, _, known in wanted):
            self._learn_that_times_are_not_kept(state.folder, stamp)
        return wanted

    def _learn_that_times_are_not_kept(self, folder: str, stamp: str) -> None:
        with contextlib.suppress(OSError):  # it has gone meanwhile, which the next scan tells
            if _stamp(self._stat_folder(folder)) == stamp:  # the file did not come just now
                self._ledger.remember(self._untimed, stamp.partition("-")[0])

    def _remember(self, state: FolderState, *, stamp: str, is_clean: bool) -> None:
        is_known = state.stamp == stamp and state.since <= self._now
        since = state.since if is_known else self._now
        self._ledger.set_folder(
            self._source.label,
            FolderState(
                folder=state.folder,
                stamp=stamp,
                since=since,
                listed=self._now,
                is_quiet=is_clean and self._now - since >= _SURE_SECONDS,
            ),
        )


def _is_archive(source: config.Source, folder: str) -> bool:
    """Whether feeder itself keeps there what it has put away."""
    return source.after == "archive" and folder in (f"{DONE}/", f"{FAILED}/")


def _stamp(state: os.stat_result) -> str:
    """Return what changes with the folder's names; its ctime, for rsync sets mtimes back."""
    return f"{state.st_dev}-{state.st_ino}-{state.st_mtime_ns}-{state.st_ctime_ns}"


def _place(stamp: str) -> list[str]:
    """Return the device and the inode of a stamp."""
    return stamp.split("-")[:2]


def _turn(file: str) -> int:
    return zlib.crc32(file.encode()) % _TURNS


def _turns(listed: float, now: float) -> frozenset[int]:
    """Return the turns that have come since the folder was listed; all, where that is unsure."""
    first, last = int(listed // _LISTED_WITHIN), int(now // _LISTED_WITHIN)
    if not 0 <= last - first < _TURNS:
        return _ALL
    return frozenset(turn % _TURNS for turn in range(first + 1, last + 1))
