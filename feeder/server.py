"""Hands out what is published over HTTP.

`respond` is the whole of it, a function of the folder and the request; the rest is uvicorn.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import hashlib
import http
import os
import socket
import stat
import threading
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from feeder.errors import FeederError

WITHDRAWN = b'<meta name="feeder" content="withdrawn">'
"""Stands in the first 4 KiB of the page that is left of a withdrawn article: it is answered 410."""
_HEAD_BYTES = 4096

_UTF8 = "; charset=utf-8"
_TYPES_BY_NAME = {
    "rss.xml": "application/rss+xml" + _UTF8,
    "atom.xml": "application/atom+xml" + _UTF8,
    "feed.json": "application/feed+json",
}
_TYPES_BY_SUFFIX = {
    ".html": "text/html" + _UTF8,
    ".opml": "text/x-opml" + _UTF8,
    ".xml": "application/xml" + _UTF8,
    ".xsl": "text/xsl" + _UTF8,
    ".json": "application/json",
    ".ics": "text/calendar" + _UTF8,
    ".css": "text/css" + _UTF8,
    ".js": "text/javascript" + _UTF8,
    ".txt": "text/plain" + _UTF8,
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
_SAFETY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# Ask before reuse: a corrected article or feed is seen at the next visit, and costs a 304 else.
_CACHE = {"Cache-Control": "no-cache"}
_STOP_SECONDS = 2


@dataclass(frozen=True, kw_only=True)
class Response:
    """What is answered to one request."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def respond(public: Path, method: str, path: bytes, headers: Mapping[str, str]) -> Response:
    """Return the answer to a request; `path` percent-encoded, header names in lower case.

    Nothing outside the folder is handed out, no hidden file and no listing. The ETag is a digest
    of the bytes: the same bytes have the same one after a restart, a restore or a move.
    """
    if method not in ("GET", "HEAD"):
        return _message(405, {"Allow": "GET, HEAD"})
    segments = _to_segments(path)
    if segments is None:
        return _message(404)
    try:
        file = _inside(public, segments)
        if file.is_dir() and path.endswith(b"/"):
            file = _inside(public, [*segments, "index.html"])
        elif file.is_dir():
            return _message(301, {"Location": f"./{urllib.parse.quote(segments[-1])}/"})
        elif path.endswith(b"/"):
            return _message(404)
        data, modified = _read(file)
    except OSError:
        return _message(404)
    return _answer(_media_type(file.name), data, modified, headers)


def _to_segments(path: bytes) -> list[str] | None:
    """Return the names from the public folder down; None for a path that no page has."""
    try:
        text = urllib.parse.unquote_to_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        return None
    segments = text.removeprefix("/").removesuffix("/").split("/")
    if segments == [""]:
        return []
    odd = any(not name or name.startswith(".") or "\0" in name or "\\" in name for name in segments)
    return None if odd else segments


def _inside(public: Path, segments: list[str]) -> Path:
    """Return the real path; raises FileNotFoundError where it lies outside the folder."""
    root = os.path.realpath(public)
    real = Path(os.path.realpath(os.path.join(root, *segments), strict=True))  # noqa: PTH118
    if not real.is_relative_to(root):
        raise FileNotFoundError(real)
    return real


def _read(file: Path) -> tuple[bytes, int]:
    """Return a regular file's bytes and its time, in whole seconds as HTTP has them."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as opened:  # noqa: PTH123 - a descriptor is no path
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise FileNotFoundError(file)
        return opened.read(), int(state.st_mtime)


def _media_type(name: str) -> str:
    suffix = Path(name).suffix
    return _TYPES_BY_NAME.get(name) or _TYPES_BY_SUFFIX.get(suffix, "application/octet-stream")


def _answer(media_type: str, data: bytes, modified: int, headers: Mapping[str, str]) -> Response:
    etag = f'"{hashlib.blake2b(data, digest_size=16).hexdigest()}"'
    about = {
        "ETag": etag,
        "Last-Modified": email.utils.formatdate(modified, usegmt=True),
        **_CACHE,
        **_SAFETY,
    }
    if media_type.startswith("text/html") and WITHDRAWN in data[:_HEAD_BYTES]:
        return Response(status=410, headers={**about, "Content-Type": media_type}, body=data)
    if _is_unchanged(headers, etag=etag, modified=modified):
        return Response(status=304, headers=about)
    return Response(status=200, headers={**about, "Content-Type": media_type}, body=data)


def _is_unchanged(headers: Mapping[str, str], *, etag: str, modified: int) -> bool:
    """Whether the asker has these bytes (RFC 9110, 13.2.2: If-None-Match outweighs the time)."""
    if "if-none-match" in headers:
        known = {tag.strip().removeprefix("W/") for tag in headers["if-none-match"].split(",")}
        return etag in known or "*" in known
    try:
        since = email.utils.parsedate_to_datetime(headers.get("if-modified-since", ""))
        return modified <= since.timestamp()
    except (ValueError, OverflowError):
        return False


def _message(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return a page that says only what the status says."""
    phrase = http.HTTPStatus(status).phrase
    page = (
        f'<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8"><title>{status} {phrase}</title>'
        f"<h1>{status} {phrase}</h1>\n"
    )
    about = {"Content-Type": "text/html" + _UTF8, **_CACHE, **_SAFETY, **(headers or {})}
    return Response(status=status, headers=about, body=page.encode())


@contextlib.contextmanager
def serve(
    public: Path,
    host: str,
    port: int,
    *,
    answers: Mapping[str, Callable[[], Response]] | None = None,
) -> Iterator[str]:
    """Serve the folder from a thread while the context lasts; yields the address, port 0 resolved.

    `answers` are what is answered to GET and HEAD at other paths than those of files.
    Raises FeederError where the port cannot be had.
    """
    listener = _listen(host, port)
    server = _Server(
        uvicorn.Config(
            _application(public, answers or {}),
            lifespan="off",
            interface="asgi3",
            http="h11",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
    )
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="server", daemon=True
    )
    thread.start()
    server.has_started.wait()
    try:
        yield _address(listener)
    finally:
        server.stop()
        thread.join()


class _Server(uvicorn.Server):
    """uvicorn, asleep between requests: its own loop wakes ten times a second to look around."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.has_started = threading.Event()
        self._stopped = asyncio.Event()

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.has_started.set()
        await self._stopped.wait()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise FeederError(
            f"http://{host}:{port}/ cannot be served: {why}; "
            "stop what uses it, or set another host or port under [serve]"
        ) from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _application(public: Path, answers: Mapping[str, Callable[[], Response]]) -> Any:
    """Return `respond` as an ASGI application; it reads in a thread, for a disk may be slow."""

    def answer(method: str, path: bytes, headers: Mapping[str, str]) -> Response:
        made = answers.get(path.decode("latin-1"))
        if made is not None and method in ("GET", "HEAD"):
            return made()
        return respond(public, method, path, headers)

    async def application(scope: Any, _receive: Any, send: Any) -> None:
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        response = await asyncio.to_thread(answer, scope["method"], scope["raw_path"], headers)
        await send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": _to_raw_headers(response),
            }
        )
        body = b"" if scope["method"] == "HEAD" else response.body
        await send({"type": "http.response.body", "body": body})

    return application


def _to_raw_headers(response: Response) -> list[tuple[bytes, bytes]]:
    headers = {"Date": email.utils.formatdate(usegmt=True), **response.headers}
    if response.status != http.HTTPStatus.NOT_MODIFIED:
        headers["Content-Length"] = str(len(response.body))
    return [
        (key.lower().encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()
    ]
