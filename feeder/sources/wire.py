"""The connections of a scan: whom they may reach, how long they may take, by which proxy."""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import math
import os
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

CONNECT_SECONDS = 10.0
READ_SECONDS = 20.0

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")  # the first that is set counts, to httpx
_SPECIAL = tuple(
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24")  # RFC 6890, RFC 7526
)
_UNICAST = ipaddress.ip_network("2000::/3")
_TEREDO = ipaddress.ip_network("2001::/32")
# Their last 32 bits are an IPv4 address: NAT64 (RFC 6052), SIIT (RFC 2765).
_TRANSLATED = tuple(
    ipaddress.ip_network(network) for network in ("64:ff9b::/96", "::ffff:0:0:0/96")
)


def timeouts() -> dict[str, float | None]:
    """Return the seconds that each step of a request may take, as httpcore wants them."""
    return httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS).as_dict()


def host_of(url: httpx.URL) -> str:
    """Return the host as it is looked up, in ASCII."""
    return url.raw_host.decode("ascii")


class BarredAddressError(Exception):
    """An address in a network into which this source may not lead; raised before it is reached."""


def network_rule(url: str, *, private: bool) -> Callable[[str], bool]:
    """Return whether an address may be connected to.

    One in a public network may; any, where the source says `private`; and the one that stands
    in the source's URL as a number or as localhost: whoever wrote that meant it. A name or a
    redirect that leads into the operator's own network may be someone else's doing.
    """
    written = urlsplit(url).hostname or ""
    meant = {"127.0.0.1", "::1"} if written == "localhost" else {written}
    return lambda address: private or address in meant or is_public(address)


def is_public(address: str) -> bool:
    """Whether it is a host's on the Internet, whatever it is wrapped in.

    Not so are private, loopback, link-local, shared (CGNAT), multicast, reserved and documentary
    ones; of IPv6 only 2000::/3 is given out (RFC 4291, 2.4), and Teredo hides whom it reaches.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = _inner(ip)
        if inner is None:
            return ip.is_global and ip in _UNICAST and ip not in _TEREDO
        ip = inner
    return ip.is_global and not ip.is_multicast and not any(ip in part for part in _SPECIAL)


def _inner(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that is reached by way of it."""
    if any(ip in network for network in _TRANSLATED):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


class Clock:
    """The time that the request in hand may still take."""

    def __init__(self) -> None:
        self._end = math.inf

    def start(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def is_late(self) -> bool:
        return time.monotonic() > self._end - 0.005  # a timeout may end by a hair too early

    def left(self, most: float | None) -> float:
        """Return how long the next step may take. Raises httpcore.ReadTimeout when time is up."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if most is None else min(left, most)


class Wire(httpx.BaseTransport):
    """Sends requests, and holds what is open until it is closed.

    A name is resolved here, and the very address that was found allowed is connected to: what it
    resolves to a moment later (DNS rebinding) does not matter. A proxy may stand anywhere, for the
    operator has named it; what it is asked for must still not resolve to a forbidden address.
    """

    def __init__(self, *, allows: Callable[[str], bool], clock: Clock) -> None:
        self._allows = allows
        self._clock = clock
        self._pools: dict[tuple[str, str], httpcore.ConnectionPool] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        proxy = _proxy_for(request.url)
        if proxy is not None:
            _resolve(host_of(request.url), allows=self._allows, clock=self._clock)
        asked = httpcore.Request(
            method=request.method,
            url=_to_core(request.url),
            headers=request.headers.raw,
            extensions=request.extensions,
        )
        answer = self._pool(request.url.scheme, proxy).handle_request(asked)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()

    def _pool(self, scheme: str, proxy: httpx.Proxy | None) -> httpcore.ConnectionPool:
        key = (scheme, str(proxy.url) if proxy else "")
        if key not in self._pools:
            self._pools[key] = self._open_pool(scheme, proxy)
        return self._pools[key]

    def _open_pool(self, scheme: str, proxy: httpx.Proxy | None) -> httpcore.ConnectionPool:
        limits: dict[str, Any] = {"max_connections": 4, "max_keepalive_connections": 2}
        if scheme == "https":
            limits["ssl_context"] = _certificates()
        if proxy is None:
            backend = _Backend(allows=self._allows, clock=self._clock)
            return httpcore.ConnectionPool(network_backend=backend, **limits)
        if proxy.url.scheme == "https":
            limits["proxy_ssl_context"] = _certificates()
        return httpcore.HTTPProxy(
            proxy_url=_to_core(proxy.url),
            proxy_auth=proxy.raw_auth,
            network_backend=_Backend(allows=lambda _address: True, clock=self._clock),
            **limits,
        )


class Stream(httpcore.NetworkStream):
    """A connection whose every step ends when the request's time is up."""

    def __init__(self, stream: httpcore.NetworkStream, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        self.last_read = b""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.last_read = self._stream.read(max_bytes, self._clock.left(timeout))
        return self.last_read

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._clock.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._clock.left(timeout)
        return Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, *, allows: Callable[[str], bool], clock: Clock) -> None:
        self._allows = allows
        self._clock = clock
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception | None = None
        for address in _resolve(host, allows=self._allows, clock=self._clock):
            try:
                stream = self._plain.connect_tcp(
                    address, port, self._clock.left(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return Stream(stream, self._clock)
        raise failure or httpcore.ConnectError("its name has no address")


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


def _to_core(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def _resolve(host: str, *, allows: Callable[[str], bool], clock: Clock) -> tuple[str, ...]:
    """Return the addresses of a host, all of them allowed.

    One forbidden address among them forbids the host: it is either misconfigured or a trap.
    Raises BarredAddressError, httpcore.ConnectError, httpcore.ConnectTimeout.
    """
    addresses = _look_up(host, seconds=clock.left(CONNECT_SECONDS))
    for address in addresses:
        if not allows(address):
            raise BarredAddressError(
                f"leads to {address}, in a private network; set private = true if that is meant"
            )
    return addresses


def _look_up(host: str, *, seconds: float) -> tuple[str, ...]:
    with contextlib.suppress(ValueError):
        return (str(ipaddress.ip_address(host)),)
    found: list[str] = []
    faults: list[Exception] = []

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(row[4][0]) for row in rows))
        except (OSError, UnicodeError) as error:
            faults.append(error)

    # The C library's look-up cannot be bounded in time; the thread ends when the library gives up.
    thread = threading.Thread(target=ask, name="look-up", daemon=True)
    thread.start()
    thread.join(seconds)
    if faults:
        raise httpcore.ConnectError(f"its name cannot be found: {faults[0]}") from faults[0]
    if not found:
        raise httpcore.ConnectError(f"its name was not found within {seconds:g} s")
    return tuple(found)


def _proxy_for(url: httpx.URL) -> httpx.Proxy | None:
    """Return the proxy that the environment names for the URL: HTTP_PROXY, …, NO_PROXY.

    Raises httpx.ProxyError where it names something else; what it names may hold a password.
    """
    named = urllib.request.getproxies_environment()
    place = named.get(url.scheme) or named.get("all")
    host = f"{host_of(url)}:{url.port}" if url.port else host_of(url)
    if not place or urllib.request.proxy_bypass(host, named):
        return None
    wrong = f"{url.scheme.upper()}_PROXY or ALL_PROXY names no proxy as in http://proxy:3128"
    try:
        proxy = httpx.Proxy(place if "://" in place else f"http://{place}")
    except (ValueError, httpx.InvalidURL):
        raise httpx.ProxyError(wrong) from None
    if proxy.url.scheme not in ("http", "https"):
        raise httpx.ProxyError(wrong)
    return proxy


def _certificates() -> ssl.SSLContext:
    """Return what servers' certificates are checked by, made anew when its files have changed.

    Raises httpx.ConnectError where the environment names files that cannot be read.
    """
    name = next((name for name in _CERTIFICATES if os.environ.get(name)), None)
    place = os.environ[name] if name else ""
    try:
        changed = os.stat(place).st_mtime_ns if place else 0  # noqa: PTH116
        return _make_certificates(place, changed)
    except OSError as error:
        why = f"the certificates that {name or 'certifi'} names cannot be read: {error}"
        raise httpx.ConnectError(why) from error


@functools.lru_cache(maxsize=1)
def _make_certificates(_place: str, _changed: int) -> ssl.SSLContext:
    # 20 ms and 2 MB: once a process, not once a scan.
    return httpx.create_ssl_context()
