"""Which names in a folder are pages: litter and what is still being written are not."""

from __future__ import annotations

import fnmatch
import functools
import re

REASON_SUFFIX = ".reason.txt"
"""Of the file that says, beside a refused one in the archive, why it was refused."""

# What hidden names cover: rsync's .a.txt.Xy12ab and .~tmp~, .syncthing.*.tmp, lftp's and ProFTPD's
# .in.*, .pureftpd-upload.*, vim's .swp, Emacs's .#a, GLib's .goutputstream-*, LibreOffice's .~lock,
# Nextcloud's .a.txt.~1f2e, Unison, Mutagen, Dropbox and Google Drive, .pending-* of Android,
# .DS_Store, AppleDouble ._a, .nfs0000, .smb*, .fuse_hidden*, .snapshot, .@__thumb of QNAP.
_UNFINISHED = frozenset(
    [
        "part", "partial", "filepart", "crdownload", "opdownload", "download", "icloud",
        "aria2", "!qb", "!ut", "!sync", "bc!", "uploading", "upload", "incomplete", "inprogress",
        "writing", "unfinished", "tmp", "temp", "$$$", "swp", "swo", "swn", "swx", "bak", "orig",
        "lock", "lck",
    ]
)  # fmt: skip
"""What follows the last dot while a browser, an FTP or sync client or an editor has the file."""

_LITTER = frozenset(
    [
        "4913",  # vim tries with it whether it may write into the folder
        "@eadir", "@tmp", "@recycle", "@recently-snapshot", "#recycle", "#snapshot", "~snapshot",
        "$recycle.bin", "lost+found", "thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx",
        "system volume information", "network trash folder", "temporary items", "icon\r",
    ]
)  # fmt: skip
_ENDS = ("~", ":zone.identifier", ".zone.identifier", "@synoeastream", "@synoresource",
         "___jb_tmp___", "___jb_old___", REASON_SUFFIX)  # fmt: skip
# Syncthing on Windows, office locks and drafts; Emacs.
_HEADED = re.compile(r"~syncthing~.*|~\$.*|~wr[ld]\d+\..*|#.*#", re.DOTALL)
# What macOS writes before it replaces a file: a.txt.sb-1f2e3d4c-Xy12ab.
_SAFE_SAVE = re.compile(r"sb-[0-9a-f]{8}-[0-9a-z]{6}")

# Controls, and the surrogates that stand for bytes that are no UTF-8.
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
ODD_NAME = "has a name that is not UTF-8 or holds control characters; rename it"


def is_passed_over(name: str) -> bool:
    """Whether a file or folder of that name is never read: temporary, hidden or litter."""
    name = name.lower()
    _, dot, tail = name.rpartition(".")
    return (
        name.startswith(".")
        or (bool(dot) and tail in _UNFINISHED)
        or name.endswith(_ENDS)
        or name in _LITTER
        or (name[0] in "~#" and _HEADED.fullmatch(name) is not None)
        or (tail.startswith("sb-") and _SAFE_SAVE.fullmatch(tail) is not None)
    )


def is_wanted(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a pattern fits, in either case: senders on Windows write A01.TXT."""
    return _to_regex(patterns).match(name.lower()) is not None


@functools.lru_cache
def _to_regex(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(pattern.lower()) for pattern in patterns))


def is_page(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether the file that the path ends in is to be read."""
    name = path[path.rfind("/") + 1 :]
    return is_wanted(name, patterns) and not is_passed_over(name)


def is_odd(name: str) -> bool:
    """Whether it cannot be stored as text, or would garble a log line."""
    if name.isprintable():  # the common case, at a tenth of the price
        return False
    return _ODD.search(name) is not None


def shown(name: str) -> str:
    """Return the name with all that is odd in it escaped."""
    return _ODD.sub(lambda odd: ascii(odd[0])[1:-1], name)
