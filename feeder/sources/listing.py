"""What a folder holds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from feeder.ledger import Ledger
from feeder.sources import names


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What a folder holds; names from the source's folder on, each kind in order."""

    files: list[str]
    """Regular files, wanted or not, each with its inode as the ledger writes both: one string a
    file, for there are many, and most need no more than to be found there."""
    others: list[str]
    """Links that are wanted and lead into the folder; wanted files with names that are odd."""
    folders: list[str]
    """Each with a slash at the end."""
    has_links: bool
    """Whether one of the names that are wanted is a symbolic link, wherever it leads."""

    def wanted(self, patterns: tuple[str, ...]) -> list[str]:
        """Return the names of the files that are wanted, in order."""
        regular = (Ledger.to_name(one) for one in self.files)
        return sorted([*self.others, *(name for name in regular if names.is_page(name, patterns))])


def list_folder(root: Path, prefix: str, patterns: tuple[str, ...]) -> Listing:
    """Return what is in a folder, litter left out where it is met. Raises OSError."""
    files, others, folders, has_links = [], [], [], False
    to_file = Ledger.to_file
    with os.scandir(root / prefix) as entries:
        for entry in entries:
            name = prefix + entry.name
            if entry.is_file(follow_symlinks=False) and not names.is_odd(name):
                files.append(to_file(name, entry.inode()))
            elif entry.is_dir(follow_symlinks=False):
                if not names.is_passed_over(entry.name):
                    folders.append(f"{name}/")
            elif names.is_page(name, patterns):
                is_link = entry.is_symlink()
                has_links |= is_link
                if not _leaves(entry, root) if is_link else entry.is_file(follow_symlinks=False):
                    others.append(name)
    return Listing(
        files=sorted(files), others=sorted(others), folders=sorted(folders), has_links=has_links
    )


def _leaves(entry: os.DirEntry[str], root: Path) -> bool:
    """Whether the link leads to something outside the folder, or to nothing."""
    try:
        target = os.path.realpath(entry.path, strict=True)
    except OSError:
        return True
    return not Path(target).is_relative_to(root)
