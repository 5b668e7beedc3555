"""What a source shows of itself to its own server only: password and headers, never logged."""

from __future__ import annotations

import base64
import logging
import os
import re
import stat
from pathlib import Path

from feeder.config import CREDENTIAL, Source
from feeder.errors import SourceError

FOLDER = "CREDENTIALS_DIRECTORY"
_MAX_BYTES = 64 * 1024
_HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([\x20-\x7e\t]*?)[ \t]*")

log = logging.getLogger(__name__)
_told: set[Path] = set()


def own_headers(source: Source) -> dict[str, str]:
    """Return the headers that go to the source's own server and to no other.

    The files are read anew at each call: a changed password needs no restart.
    Raises SourceError, which never shows what stands in them.
    """
    headers = dict(source.headers)
    if source.headers_file:
        headers |= _to_headers(source, "headers_file", source.headers_file)
    if source.username is not None and source.password_file:
        password = _read(source, "password_file", source.password_file).rstrip("\r\n")
        if not password:
            raise SourceError(source.label, f"password_file {source.password_file} is empty")
        headers["Authorization"] = basic(source.username, password)
    return headers


def basic(username: str, password: str) -> str:
    """Return the value of the Authorization header (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode("ascii")


def _to_headers(source: Source, key: str, place: str) -> dict[str, str]:
    headers = {}
    for number, line in enumerate(_read(source, key, place).replace("\r\n", "\n").split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _HEADER.fullmatch(line)
        if not match:
            why = f'{key} {place}: line {number} is no header; write "Name: value" in ASCII'
            raise SourceError(source.label, why)
        headers[match[1]] = match[2]
    return headers


def _read(source: Source, key: str, place: str) -> str:
    path = _to_path(source, key, place)
    try:
        # A pipe in its place must not hold up the scan for ever.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise SourceError(source.label, f"{key} {place} is no file")
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        why = f"{key} {place} cannot be read: {error.strerror}; let feeder's user read it"
        raise SourceError(source.label, why) from error
    if len(data) > _MAX_BYTES:
        raise SourceError(source.label, f"{key} {place} is larger than 64 KiB, no secret is")
    _hint(path, mode)
    return _decoded(source, f"{key} {place}", data)


def _to_path(source: Source, key: str, place: str) -> Path:
    if not place.startswith(CREDENTIAL):
        return Path(place)
    name = place.removeprefix(CREDENTIAL)
    folder = os.environ.get(FOLDER)
    if not folder:
        why = f"{key} {place}: systemd hands over no credentials; add LoadCredential={name}:FILE"
        raise SourceError(source.label, why)
    if not name or "/" in name or name in (".", ".."):
        raise SourceError(source.label, f"{key} {place} is no name of a credential")
    return Path(folder) / name


def _decoded(source: Source, what: str, data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        # Not as the cause: the error holds the bytes.
        raise SourceError(source.label, f"{what} is not UTF-8") from None


def _hint(path: Path, mode: int) -> None:
    if mode & stat.S_IROTH and path not in _told:
        _told.add(path)
        log.warning("%s holds a secret and may be read by everyone: chmod o= it", path)
