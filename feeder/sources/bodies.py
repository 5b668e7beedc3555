"""The body of an answer, decompressed step by step, never more of it than asked for."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence

import httpx

ACCEPTED = "gzip, deflate"
"""What the standard library can undo in bounded steps."""
_STEP = 64 * 1024
_START = 1024
"""Bytes that tell what a body is."""
_MOST_MEMBERS = 1000
"""Of one gzip (RFC 1952, 2.2); each costs some time, even if it holds nothing."""
_GZIP_BITS = 16 + zlib.MAX_WBITS


def read_body(
    parts: Iterable[bytes], codings: Sequence[str], *, most: Callable[[bytes], int]
) -> tuple[bytes, bool]:
    """Return the body as far as it may be long, and whether that is all of it.

    `most` returns how many bytes one may have that begins so. No more is read than is needed to
    know, compressed or not.
    Raises httpx.DecodingError where it is compressed in a way that cannot be undone.
    """
    data = bytearray()
    received = 0
    for piece, raw in _decompressed(parts, codings):
        received += raw
        data += piece
        limit = most(bytes(data[:_START]))
        if max(len(data), received) > limit:
            del data[limit:]
            return bytes(data), False
    return bytes(data), True


def _decompressed(parts: Iterable[bytes], codings: Sequence[str]) -> Iterator[tuple[bytes, int]]:
    """Yield pieces of the text, each with the number of bytes that came over the wire for it."""
    names = [name for coding in codings if (name := coding.strip().lower()) not in ("", "identity")]
    if len(names) > 1:
        raise httpx.DecodingError("is compressed more than once")
    if not names:
        yield from ((part, len(part)) for part in parts)
        return
    name = names[0].removeprefix("x-")
    if name not in ("gzip", "deflate"):
        raise httpx.DecodingError(f"is compressed as {name!r:.40}, which was not asked for")
    inflater = _Inflater(name)
    for part in parts:
        yield b"", len(part)
        for piece in inflater.feed(part):
            yield piece, 0
    inflater.finish()


class _Inflater:
    """Undoes gzip or deflate, `_STEP` bytes at a time."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._start = b""
        self._members = 0
        self._stream: zlib._Decompress | None = None

    def feed(self, part: bytes) -> Iterator[bytes]:
        part = self._start + part
        if self._stream is None and len(part) < 2:  # too short to tell what it is
            self._start = part
            return
        self._start = b""
        piece = b""
        while part or len(piece) == _STEP:
            if self._stream is None or self._stream.eof:
                part = self._open(part)
                if not part:
                    return
            piece, part = self._step(part)
            yield piece

    def finish(self) -> None:
        """Raise httpx.DecodingError unless the end has been reached."""
        if self._start or (self._stream and not self._stream.eof):
            raise httpx.DecodingError(f"breaks off in the middle of its {self._name}")

    def _open(self, part: bytes) -> bytes:
        """Begin a member; zeros that pad the one before are dropped, as gzip does."""
        if self._stream is not None:
            part = part.lstrip(b"\0")
            if not part:
                return part
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise httpx.DecodingError(f"is {self._name} of more than {_MOST_MEMBERS} members")
        self._stream = zlib.decompressobj(_GZIP_BITS if self._name == "gzip" else _bits(part))
        return part

    def _step(self, part: bytes) -> tuple[bytes, bytes]:
        assert self._stream is not None  # noqa: S101 - for mypy: `feed` has opened it
        try:
            piece = self._stream.decompress(part, _STEP)
        except zlib.error as error:
            raise httpx.DecodingError(
                f"is declared as {self._name} and is none: {error}"
            ) from error
        return piece, self._stream.unconsumed_tail or self._stream.unused_data


def _bits(start: bytes) -> int:
    """Return how deflate is wrapped: in zlib's header (RFC 1950, 2.2), or in nothing at all."""
    has_header = len(start) >= 2 and start[0] & 0x0F == 8 and int.from_bytes(start[:2]) % 31 == 0
    return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS
