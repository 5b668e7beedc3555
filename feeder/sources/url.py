"""A page text at an address, asked for anew only when it has changed."""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import hashlib
import http
import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from feeder import __version__, config
from feeder.errors import SourceError
from feeder.ledger import Ledger
from feeder.model import MAX_BYTES, RawPage, Refusal
from feeder.sources.dates import date_in
from feeder.sources.folder import BY_HAND, TOO_LARGE

USER_AGENT = f"feeder/{__version__}"
CONNECT_SECONDS = 10.0
READ_SECONDS = 20.0
TOTAL_SECONDS = 60.0
MAX_REDIRECTS = 5

_DATE = re.compile(r"\{date:([^{}]+)\}")
# RFC 9110, 8.8.3. A longer one is no validator worth keeping.
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,200}"')
_CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")


@dataclass(frozen=True, kw_only=True)
class _Answer:
    status: int
    headers: httpx.Headers
    charset: str | None
    data: bytes | None
    """None where there is more than MAX_BYTES of it."""


def scan(
    source: config.Source,
    *,
    ledger: Ledger,
    now: dt.datetime,
    fetch: config.Fetch,
    client: httpx.Client | None = None,
) -> Iterator[RawPage | Refusal]:
    """Yield the page if it is new or changed; nothing for a day that is not published yet.

    Raises SourceError where the address gives no page.
    """
    template = source.url or ""
    address = _DATE.sub(lambda match: now.strftime(match[1]), template)
    is_dated = address != template
    name = _without_password(address)
    known = ledger.seen(source.label, name)
    answer = _ask(
        address, label=source.label, known=known, allows=_network_rule(source), client=client
    )
    if answer.status == http.HTTPStatus.NOT_MODIFIED:
        return
    if is_dated and answer.status in (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.GONE):
        return
    _require_a_page(answer, label=source.label)
    page = _to_page(source, name, answer, day=now.date() if is_dated else None)
    if page.validator != known:
        yield page


def _to_page(
    source: config.Source, name: str, answer: _Answer, *, day: dt.date | None
) -> RawPage | Refusal:
    validator = _validator(answer)
    if answer.data is None:
        return Refusal(source=source.label, name=name, validator=validator, reason=TOO_LARGE)
    return RawPage(
        source=source.label,
        name=name,
        validator=validator,
        data=answer.data,
        modified=_to_time(answer.headers.get("last-modified")),
        date=date_in(name, source.date) or day,
        publication=source.publication,
        language=source.language,
        encoding=source.encoding or answer.charset,
    )


def fetch(address: str, *, client: httpx.Client | None = None) -> RawPage:
    """Return the page at an address given by hand, in whatever network that is.

    Raises SourceError where there is none to be had.
    """
    name = _without_password(address)
    answer = _ask(address, label=name, known=None, allows=lambda _address: True, client=client)
    _require_a_page(answer, label=name)
    if answer.data is None:
        raise SourceError(name, TOO_LARGE)
    return RawPage(
        source=BY_HAND,
        name=name,
        validator=_validator(answer),
        data=answer.data,
        modified=_to_time(answer.headers.get("last-modified")),
        encoding=answer.charset,
    )


class _Watch:
    """Sees each connection of a request as it is made (httpx's "trace" extension).

    Refuses one to an address that is not allowed, before anything is sent: what a name resolved
    to earlier proves nothing. Cuts what is open when the time is up: httpx bounds each read, but
    a server that sends a byte a second is never late.
    """

    def __init__(self, allows: Callable[[str], bool]) -> None:
        self._allows = allows
        self._socket: socket.socket | None = None
        self.is_late = False

    def __call__(self, event: str, about: dict[str, Any]) -> None:
        if event not in _CONNECTED:
            return
        stream = about["return_value"]
        self._socket = stream.get_extra_info("socket")
        address = stream.get_extra_info("server_addr")[0]
        if self.is_late or not self._allows(address):
            stream.close()
            raise httpx.ConnectError(
                f"leads to {address}, in a private network; set private = true if that is meant"
            )

    def cut(self) -> None:
        self.is_late = True
        if self._socket is not None:
            # The base class's: that of a TLS socket would also drop its TLS under the reader.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _ask(
    address: str,
    *,
    label: str,
    known: str | None,
    allows: Callable[[str], bool],
    client: httpx.Client | None,
) -> _Answer:
    watch = _Watch(allows)
    timer = threading.Timer(TOTAL_SECONDS, watch.cut)
    timer.daemon = True
    timer.start()
    try:
        with (
            _open_client(client) as asker,
            asker.stream(
                "GET",
                address,
                headers=_conditions(known),
                follow_redirects=True,
                extensions={"trace": watch},
            ) as response,
        ):
            return _to_answer(response)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        why = f"took longer than {TOTAL_SECONDS:g} s" if watch.is_late else _why(error)
        raise SourceError(label, why) from error
    finally:
        timer.cancel()


def _open_client(client: httpx.Client | None) -> contextlib.AbstractContextManager[httpx.Client]:
    """Return the given client, to be left open, or one of our own."""
    if client is not None:
        return contextlib.nullcontext(client)
    return httpx.Client(
        headers={"User-Agent": USER_AGENT, "Accept": "text/plain, */*;q=0.1"},
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        max_redirects=MAX_REDIRECTS,
    )


def _conditions(known: str | None) -> dict[str, str]:
    """Return the headers that make the server answer 304 to what is known already."""
    if known and _ETAG.fullmatch(known):
        return {"If-None-Match": known}
    return {"If-Modified-Since": known} if known and _to_time(known) else {}


def _to_answer(response: httpx.Response) -> _Answer:
    is_page = response.status_code == http.HTTPStatus.OK
    return _Answer(
        status=response.status_code,
        headers=response.headers,
        charset=response.charset_encoding,
        data=_read(response) if is_page else b"",
    )


def _read(response: httpx.Response) -> bytes | None:
    """Return the body; None as soon as it has grown too large."""
    codings = response.headers.get_list("content-encoding", split_commas=True)
    if len(codings) > 1:  # each layer multiplies by up to 1000, all in one step
        raise httpx.DecodingError("is compressed more than once")
    data = bytearray()
    for part in response.iter_bytes():
        data += part
        if len(data) > MAX_BYTES:
            return None
    return bytes(data)


def _require_a_page(answer: _Answer, *, label: str) -> None:
    if answer.status == http.HTTPStatus.OK:
        return
    phrases = {status.value: status.phrase for status in http.HTTPStatus}
    said = f"{answer.status} {phrases.get(answer.status, '')}".strip()
    raise SourceError(label, f"answered {said}; see that the address is right")


def _validator(answer: _Answer) -> str:
    """Return the ETag, else Last-Modified, else a digest of the body, which spares the parse."""
    etag: str = answer.headers.get("etag", "")
    if _ETAG.fullmatch(etag):
        return etag
    modified: str = answer.headers.get("last-modified", "")
    if _to_time(modified):
        return modified
    return f"sha256:{hashlib.sha256(answer.data).hexdigest()}" if answer.data else "too large"


def _network_rule(source: config.Source) -> Callable[[str], bool]:
    """Return whether an address may be connected to.

    One in a public network may; any, where the source says `private`; and the one that stands
    in the source's URL as a number or as localhost: whoever wrote that meant it. A name or a
    redirect that leads into the operator's own network may be someone else's doing.
    """
    written = urlsplit(source.url or "").hostname or ""
    meant = {"127.0.0.1", "::1"} if written == "localhost" else {written}
    return lambda address: source.private or address in meant or _is_public(address)


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_global


def _to_time(value: str | None) -> dt.datetime | None:
    """Return the moment of an HTTP date, with zone; None where it is none."""
    try:
        time = email.utils.parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    return time if time.tzinfo else time.replace(tzinfo=dt.UTC)


def _without_password(address: str) -> str:
    """Return the address as it may be shown and stored."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _why(error: httpx.HTTPError | httpx.InvalidURL) -> str:
    """Return one line that says what the server or the network did."""
    reasons: dict[type[Exception], str] = {
        httpx.ConnectTimeout: f"did not take the connection within {CONNECT_SECONDS:g} s",
        httpx.ReadTimeout: f"sent nothing for {READ_SECONDS:g} s",
        httpx.TooManyRedirects: f"redirects more than {MAX_REDIRECTS} times",
        httpx.UnsupportedProtocol: "leads to an address that is not http or https",
        httpx.RemoteProtocolError: "broke off, or does not speak HTTP",
    }
    said = " ".join(str(error).split())[:200]
    return reasons.get(type(error)) or said or type(error).__name__
