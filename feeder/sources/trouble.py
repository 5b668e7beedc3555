"""What an operating system's error on a file or folder means, and what to do about it."""

from __future__ import annotations

import errno

_REMEDIES = {
    FileNotFoundError: "there is no such file or folder; make it, or correct its name",
    NotADirectoryError: "is no folder; name the folder that holds the page texts",
    IsADirectoryError: "is a folder, not a file",
    PermissionError: "may not be read; let the user that feeder runs as read it",
}
# What a mount that has gone answers, and what no file can be blamed for: it stops the scan.
_SERVER_REMEDY = "its server does not answer; see to the server and the network"
_MOUNT_REMEDIES = {
    errno.ESTALE: "its mount is stale; unmount it and mount it again",
    errno.ENOTCONN: "its mount is not connected; unmount it and mount it again",
    errno.ESHUTDOWN: "its mount is shut down; unmount it and mount it again",
    errno.ENODEV: "its device is gone; mount it again",
    errno.EHOSTDOWN: _SERVER_REMEDY,
    errno.EHOSTUNREACH: _SERVER_REMEDY,
    errno.ENETDOWN: _SERVER_REMEDY,
    errno.ENETUNREACH: _SERVER_REMEDY,
    errno.ECONNREFUSED: _SERVER_REMEDY,
    errno.ECONNRESET: _SERVER_REMEDY,
    errno.ECONNABORTED: _SERVER_REMEDY,
    errno.ETIMEDOUT: _SERVER_REMEDY,
    errno.EMFILE: "feeder has too many files open; raise its limit (LimitNOFILE)",
    errno.ENFILE: "the machine has too many files open; raise its limit (fs.file-max)",
}
_FILE_REMEDIES = {
    errno.EIO: "cannot be read from its disk or server; see to the disk or the mount",
    errno.ENAMETOOLONG: "has too long a name; shorten it",
}


def why(error: OSError) -> str:
    """Return the reason, and what to do about it."""
    by_number = _MOUNT_REMEDIES | _FILE_REMEDIES
    return (
        by_number.get(error.errno or 0)
        or _REMEDIES.get(type(error))
        or error.strerror
        or str(error)
    )


def is_of_the_mount(error: OSError) -> bool:
    """Whether the whole source has this trouble, not one file."""
    return error.errno in _MOUNT_REMEDIES
