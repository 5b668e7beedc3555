"""One question to a server, and its answer, under every limit there is."""

from __future__ import annotations

import datetime as dt
import http
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import httpcore
import httpx

from feeder import __version__, config
from feeder.errors import SourceError
from feeder.model import max_bytes
from feeder.sources import bodies, hosts, secrets, validators, wire

MAX_REDIRECTS = 5
MAX_RETRY_AFTER = 86400.0
"""Seconds; no server is left alone for longer, whatever it says."""

_SHORT_DIGITS = 5
"""Of the length of an answer that is no page: beyond 100 kB, to connect anew is cheaper."""
_ACCEPT = (
    "text/plain, text/html;q=0.9, application/xhtml+xml;q=0.9, application/pdf;q=0.8, */*;q=0.1"
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s;"',]{1,60})""", re.IGNORECASE)
_FAULTS = (
    httpx.HTTPError, httpx.InvalidURL, httpcore.NetworkError, httpcore.TimeoutException,
    httpcore.ProtocolError, httpcore.ProxyError, httpcore.UnsupportedProtocol,
)  # fmt: skip


class BarredError(SourceError):
    """An address that may not be asked for, today or tomorrow: only another configuration helps."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    """Names in any case."""
    data: bytes = b""
    """The body of a 200, or the first part of it."""
    is_whole: bool = True
    address: str = ""
    """That which it came from, after all redirects."""
    now: dt.datetime

    @property
    def said(self) -> str:
        """The status in words: `answered 404 Not Found`."""
        phrases = {status.value: status.phrase for status in http.HTTPStatus}
        return f"answered {self.status} {phrases.get(self.status, '')}".strip()

    @property
    def charset(self) -> str | None:
        """The charset that it declares, whether there is such a one or not."""
        match = _CHARSET.search(self.headers.get("content-type", "")[:1000])
        return match[1] if match else None

    @property
    def retry_after(self) -> float | None:
        """For how many seconds it asks to be left alone (RFC 9110, 10.2.3), within a bound."""
        said = self.headers.get("retry-after", "").strip()
        if said.isascii() and said.isdigit():
            return min(float(said[:9]), MAX_RETRY_AFTER)
        until = validators.to_time(said)
        if until is None:
            return None
        # By the server's own clock, if it tells the time: ours may be another.
        now = validators.to_time(self.headers.get("date")) or self.now
        return min(max((until - now).total_seconds(), 0.0), MAX_RETRY_AFTER)


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a source is asked."""

    label: str
    url: str
    """The source's own address: what is secret goes to its server only."""
    allows: Callable[[str], bool]
    """Whether an IP address may be connected to."""
    fetch: config.Fetch
    timeout: float = 60.0
    """Seconds, for one question with all its redirects."""
    own: Mapping[str, str] = field(default_factory=dict)
    """Headers for the source's own server."""
    now: dt.datetime

    @property
    def user_agent(self) -> str:
        contact = self.fetch.contact
        return f"feeder/{__version__}" + (f" (+{contact})" if contact else "")


def manner_of(source: config.Source, *, fetch: config.Fetch, now: dt.datetime) -> Manner:
    """Return how the source is asked. Raises SourceError where a secret of it cannot be read."""
    url = source.url or ""
    return Manner(
        label=source.label,
        url=url,
        allows=wire.network_rule(url, private=source.private),
        fetch=fetch,
        timeout=source.timeout,
        own=_from_url(url) | secrets.own_headers(source),
        now=now,
    )


def manner_by_hand(address: str, *, fetch: config.Fetch, now: dt.datetime) -> Manner:
    """Return how an address given by hand is asked: in whatever network it is."""
    return Manner(
        label=without_password(address),
        url=address,
        allows=lambda _address: True,
        fetch=fetch,
        own=_from_url(address),
        now=now,
    )


def without_password(address: str) -> str:
    """Return the address as it may be shown and stored."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


_ERRNO = re.compile(r"^\[Errno -?\d+\] ")


class Asker:
    """Asks servers for a source; nothing stays open after it is closed.

    There is no jar of cookies: a server that wants one back gets what `headers` says.
    """

    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        self._clock = wire.Clock()
        self._wire = wire.Wire(allows=manner.allows, clock=self._clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.close()

    def ask(
        self,
        address: str,
        *,
        known: str | None = None,
        most: Callable[[bytes], int] = max_bytes,
        check: Callable[[httpx.URL], None] = lambda _url: None,
    ) -> Answer:
        """Return what the server says, after redirects.

        `known` is the validator of what is had already; `most` returns how many bytes one may have
        that begins so; `check` raises for an address that may not be asked for, at every redirect.
        Raises SourceError where there is no answer, BarredError where there may be no question.
        """
        left = self._manner.timeout
        url = self._to_url(address)
        for _ in range(MAX_REDIRECTS + 1):
            check(url)
            with hosts.turn(wire.host_of(url), gap_seconds=self._manner.fetch.gap_seconds):
                begin = time.monotonic()
                answer = self._exchange(url, known=known, most=most, left=left)
                left -= time.monotonic() - begin
            place = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not place:
                return answer
            url = self._to_url(place, base=str(url))
        raise SourceError(self._manner.label, f"redirects more than {MAX_REDIRECTS} times")

    def _to_url(self, address: str, *, base: str = "") -> httpx.URL:
        try:
            url = httpx.URL(urljoin(base, address))
            is_web = url.scheme in ("http", "https") and bool(url.host)
        except (httpx.InvalidURL, ValueError) as error:
            raise SourceError(self._manner.label, "leads to what is no address") from error
        if not is_web:
            raise BarredError(self._manner.label, "leads to an address that is not http or https")
        return url.copy_with(username=None, password=None, fragment=None)

    def _exchange(
        self, url: httpx.URL, *, known: str | None, most: Callable[[bytes], int], left: float
    ) -> Answer:
        self._clock.start(left)
        try:
            request = httpx.Request(
                "GET",
                url,
                headers=self._headers(url, known),
                extensions={"timeout": wire.timeouts()},
            )
            response = self._wire.handle_request(request)
            try:
                return self._to_answer(url, response, most=most)
            finally:
                response.close()
        except wire.BarredAddressError as error:
            raise BarredError(self._manner.label, str(error)) from error
        except _FAULTS as error:
            raise SourceError(self._manner.label, self._why(error)) from error

    def _headers(self, url: httpx.URL, known: str | None) -> httpx.Headers:
        headers = httpx.Headers({"User-Agent": self._manner.user_agent, "Accept": _ACCEPT})
        if _is_own(url, self._manner.url):
            headers.update(self._manner.own)
        headers.update({"Accept-Encoding": bodies.ACCEPTED} | validators.to_conditions(known))
        return headers

    def _to_answer(
        self, url: httpx.URL, response: httpx.Response, *, most: Callable[[bytes], int]
    ) -> Answer:
        data, is_whole = b"", True
        if response.status_code in (http.HTTPStatus.OK, http.HTTPStatus.NOT_MODIFIED):
            codings = response.headers.get_list("content-encoding", split_commas=True)
            body = _Body(response)
            data, is_whole = bodies.read_body(body, codings, most=most)
            if is_whole and body.is_followed:
                raise httpx.DecodingError("is longer than the length that its server declares")
        elif _is_short(response.headers.get("content-length", "")):
            for _ in response.iter_raw():  # so that the connection can be used again
                pass
        return Answer(
            status=response.status_code,
            headers=response.headers,
            data=data,
            is_whole=is_whole,
            address=str(url),
            now=self._manner.now,
        )

    def _why(self, error: Exception) -> str:
        """Return one line that says what the server or the network did."""
        if self._clock.is_late:
            return f"took longer than {self._manner.timeout:g} s"
        said = " ".join(str(error).split())[:200]
        if "CERTIFICATE_VERIFY_FAILED" in said:
            return f"{said}; SSL_CERT_FILE names the certificate of a private authority"
        if "too long" in said:  # h11's words for a head of more than 100 KiB
            return "sends headers without end"
        if "Connection refused" in said:
            return "refused the connection; see that its server runs and the address is right"
        return _reasons().get(type(error)) or _ERRNO.sub("", said) or type(error).__name__


def _reasons() -> dict[type[Exception], str]:
    return {
        httpcore.ConnectTimeout: f"did not take the connection within {wire.CONNECT_SECONDS:g} s",
        httpcore.ReadTimeout: f"sent nothing for {wire.READ_SECONDS:g} s",
        httpcore.WriteTimeout: f"took nothing for {wire.READ_SECONDS:g} s",
        httpcore.RemoteProtocolError: "broke off, or does not speak HTTP",
        httpcore.ReadError: "broke off",
        httpcore.WriteError: "broke off",
    }


class _Body:
    """The parts of a body as they came; knows, in the end, whether more followed."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._last = b""

    def __iter__(self) -> Iterator[bytes]:
        for part in self._response.iter_raw():
            self._last = part
            yield part

    @property
    def is_followed(self) -> bool:
        """Whether something came after the declared length.

        Who counts letters instead of bytes declares too little, and the page would end early.
        Some servers send an empty line after the body; that is none of it.
        """
        stream = self._response.extensions.get("network_stream")
        if not self._last or "content-length" not in self._response.headers:
            return False
        if not isinstance(stream, wire.Stream):
            return False
        end = self._last[-256:].rstrip(b"\r\n")
        return not stream.last_read.rstrip(b"\r\n").endswith(end)


def _is_short(length: str) -> bool:
    return length.isascii() and length.isdigit() and len(length) <= _SHORT_DIGITS


def _from_url(address: str) -> dict[str, str]:
    """Return the credentials that stand in an address, as a header."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return {}
    if parts.username is None:
        return {}
    username, password = unquote(parts.username), unquote(parts.password or "")
    return {"Authorization": secrets.basic(username, password)}


def _is_own(url: httpx.URL, source: str) -> bool:
    """Whether the URL is on the source's own server; TLS in its place is as good, never less."""
    own = httpx.URL(source)
    if url.raw_host != own.raw_host:
        return False
    ports = (own.scheme, _port(own)), (url.scheme, _port(url))
    return ports[0] == ports[1] or ports == (("http", 80), ("https", 443))


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)
