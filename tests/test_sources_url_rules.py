"""Whom feeder asks, how often, under which name, by which way: robots.txt, secrets, networks."""

import contextlib
import datetime as dt
import logging
import os
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import trustme
from newsweb import Reader, Web
from sourcing import NOW

from feeder.config import Fetch, Source
from feeder.sources import hosts, validators, wire
from feeder.sources.robots import is_allowed, to_rules

DAY = dt.timedelta(days=1)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def source(web: Web, path: str = "/a.txt", **keys) -> Source:
    return Source(name="web", url=web.url + path, **{"robots": False, **keys})


# robots.txt


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("user-agent: FEEDER\ndisallow: /p", "/page", False),
        ("User-agent: feeder/2.0\nDisallow: /", "/a", False),
        ("User-agent: feedery\nDisallow: /", "/a", True),
        ("User-agent: *\nDisallow: /\nUser-agent: feeder\nAllow: /", "/a", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: feeder\nDisallow: /x", "/a", True),
        ("User-agent: other\nUser-agent: feeder\nDisallow: /a", "/a", False),
        ("User-agent: feeder\nDisallow: /a\nUser-agent: other\nDisallow: /b", "/b", True),
        ("User-agent: feeder\nDisallow: /a\nUser-agent: feeder\nDisallow: /b", "/b", False),
        ("User-agent: feeder\nCrawl-delay: 9\nDisallow: /a", "/a", False),
        ("Disallow: /", "/a", True),
        ("User-agent: *\rDisallow: /a # not this\r", "/a", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),  # the longest decides
        ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True),  # a tie is granted
        ("User-agent: *\nAllow: /\nDisallow: /*.txt", "/x/a.txt?b", False),
        ("User-agent: *\nDisallow: /*.txt$", "/a.txt", False),
        ("User-agent: *\nDisallow: /*.txt$", "/a.txt?b", True),
        ("User-agent: *\nDisallow: /a$", "/ab", True),
        ("User-agent: *\nDisallow: /a*b*c", "/axxbxxc", False),
        ("User-agent: *\nDisallow: /a*b*c", "/axxcxxb", True),
        ("User-agent: *\nDisallow: /a*a$", "/a", True),
        ("User-agent: *\nDisallow: /版", "/%E7%89%88/1", False),
        ("User-agent: *\nDisallow: /%e7%89%88", "/%E7%89%88/1", False),
        ("User-agent: *\nDisallow: /%7Edesk", "/~desk", False),
        ("User-agent: *\nDisallow: /a%2Fb", "/a/b", True),
        ("<html>User-agent: *\nDisallow", "/a", True),
        ("User-agent: x\n" * 20_000 + "Disallow: /\n" * 20_000, "/a", True),
        ("User-agent: *\nDisallow: /" + "*a" * 100_000, "/" + "a" * 8000, True),
    ],
)
def test_rules_are_read_as_rfc_9309_says(text: str, path: str, allowed: bool) -> None:
    assert is_allowed(to_rules(text), path) is allowed


def test_a_forbidden_page_is_told_and_not_asked_for(web: Web, desk: Reader) -> None:
    web.answers["/robots.txt"] = (200, {}, b"User-agent: *\nDisallow: /a")
    web.page("/a.txt")

    error = desk.failure(source(web, robots=True))

    assert str(error) == (
        f"web: 127.0.0.1:{web.port}/robots.txt forbids it; robots = false asks anyway"
    )
    assert web.requests == []
    assert desk.names(source(web)) == [f"{web.url}/a.txt"]


def test_forbidden_links_are_refused_and_forbidden_redirects_not_followed(
    web: Web, desk: Reader
) -> None:
    web.answers["/robots.txt"] = (200, {}, b"User-agent: *\nDisallow: /no")
    web.page("/index.html", '<a href="no/a.txt"><a href="go/a.txt">')
    web.answers["/go/a.txt"] = (302, {"Location": "/no/b.txt"}, b"")

    found, error = desk.scan(source(web, "/index.html", links="*.txt", robots=True))

    assert error is None
    assert [(one.name[-8:], one.validator) for one in found] == [
        ("no/a.txt", "barred"),
        ("go/a.txt", "barred"),
    ]
    assert web.paths == ["/index.html", "/go/a.txt"]


def test_robots_txt_is_asked_for_once_a_day_and_under_its_validator(web: Web, desk: Reader) -> None:
    web.page("/robots.txt", "User-agent: *\nDisallow: /no", etag='"r"')
    web.page("/a.txt")
    for hours in (0, 1, 23):
        desk.scan(source(web, robots=True), now=NOW + dt.timedelta(hours=hours))
    assert web.robots_requests == 1

    desk.scan(source(web, robots=True), now=NOW + DAY)
    assert desk.scan(source(web, "/no", robots=True), now=NOW + DAY)[1] is not None
    assert web.robots_requests == 2


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_where_there_is_no_robots_txt_all_may_be_asked_for(
    status: int, web: Web, desk: Reader
) -> None:
    web.answers["/robots.txt"] = (status, {}, b"User-agent: *\nDisallow: /")
    web.page("/a.txt")

    assert desk.names(source(web, robots=True)) == [f"{web.url}/a.txt"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_while_robots_txt_cannot_be_had_nothing_is_asked_for(
    status: int, web: Web, desk: Reader
) -> None:
    web.answers["/robots.txt"] = (status, {"Retry-After": "7"}, b"")

    error = desk.failure(source(web, robots=True))

    assert f"/robots.txt answered {status}" in error.reason
    assert "until it can be had nothing else is asked for" in error.reason
    assert error.retry_after == 7
    assert web.requests == []


def test_while_robots_txt_cannot_be_had_any_more_the_last_one_holds(web: Web, desk: Reader) -> None:
    web.answers["/robots.txt"] = (200, {}, b"User-agent: *\nDisallow: /no")
    web.page("/a.txt")
    desk.scan(source(web, robots=True))
    web.answers["/robots.txt"] = (500, {}, b"")

    assert desk.scan(source(web, robots=True), now=NOW + 9 * DAY) == ([], None)
    assert "forbids" in str(desk.scan(source(web, "/no", robots=True), now=NOW + 9 * DAY)[1])


def test_of_an_endless_robots_txt_the_beginning_holds(web: Web, desk: Reader) -> None:
    rules = b"User-agent: *\nDisallow: /a\n"
    web.answers["/robots.txt"] = (200, {}, rules + b"#" * 600 * 1024 + b"\nAllow: /a.txt")

    assert "forbids" in str(desk.failure(source(web, robots=True)))


def test_robots_txt_is_asked_for_under_the_same_rules(web: Web, desk: Reader) -> None:
    with Web("127.0.0.2") as inner:
        web.answers["/robots.txt"] = (302, {"Location": f"{inner.url}/robots.txt"}, b"")

        assert "leads to 127.0.0.2" in str(desk.failure(source(web, robots=True)))
        assert inner.robots_requests == 0


# How often


def test_a_host_is_asked_once_at_a_time_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most = 0, 0
    lock = threading.Lock()

    def ask() -> None:
        nonlocal at_once, most
        with hosts.turn("news.example.org", gap_seconds=0):
            with lock:
                at_once += 1
                most = max(most, at_once)
            time.sleep(0.001)
            with lock:
                at_once -= 1

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == 1


def test_between_two_questions_to_a_host_there_is_a_gap(
    web: Web, desk: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, slept = [1000.0], []
    monkeypatch.setattr(hosts, "time", FakeTime(now, slept))
    for day in (21, 22):
        web.page(f"/{day}.txt")
    days = source(web, "/{date:%d}.txt", days_back=1, robots=True)

    desk.scan(days, fetch=Fetch(gap_seconds=2.5))

    assert web.paths == ["/21.txt", "/22.txt"]
    assert slept[-2:] == [2.5, 2.5]  # after robots.txt, and after the first page


class FakeTime:
    def __init__(self, now: list[float], slept: list[float]) -> None:
        self._now, self._slept = now, slept

    def monotonic(self) -> float:
        return self._now[0]

    def sleep(self, seconds: float) -> None:
        self._slept.append(seconds)
        self._now[0] += seconds


def test_the_wait_for_ones_turn_is_not_the_servers_fault(web: Web, desk: Reader) -> None:
    web.page("/a.txt")
    held = threading.Event()

    def hold() -> None:
        with hosts.turn("127.0.0.1", gap_seconds=0):
            held.set()
            time.sleep(0.4)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()

    assert desk.names(source(web, timeout=0.3)) == [f"{web.url}/a.txt"]
    holder.join()


def test_the_register_of_hosts_stays_small() -> None:
    for number in range(3000):
        with hosts.turn(f"{number}.example.org", gap_seconds=0):
            pass

    assert len(hosts._hosts) <= 1001


# Secrets


def secretive(web: Web, tmp_path: Path, **keys) -> Source:
    (tmp_path / "password").write_text("pass:wörd\n")
    (tmp_path / "headers").write_text("# for the gate\nX-Key: k1\r\n\nCookie: seat=42; row=7\n")
    for name in ("password", "headers"):
        (tmp_path / name).chmod(0o600)
    keys = {
        "username": "desk",
        "password_file": str(tmp_path / "password"),
        "headers": {"Accept-Language": "zh"},
        "headers_file": str(tmp_path / "headers"),
        **keys,
    }
    return source(web, **keys)


def test_password_and_headers_are_sent_to_the_sources_own_server(
    web: Web, desk: Reader, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    web.page("/a.txt")

    found, error = desk.scan(secretive(web, tmp_path))

    headers = web.requests[0][1]
    assert headers["Authorization"] == "Basic ZGVzazpwYXNzOnfDtnJk"
    assert (headers["X-Key"], headers["Cookie"]) == ("k1", "seat=42; row=7")
    assert headers["Accept-Language"] == "zh"
    told = f"{found} {error} {caplog.text}"
    assert [secret for secret in ("wörd", "k1", "seat=42", "ZGVza") if secret in told] == []


def test_no_other_server_gets_them_after_a_redirect_or_by_a_link(
    web: Web, desk: Reader, tmp_path: Path
) -> None:
    secret = {"Authorization", "X-Key", "Cookie", "Accept-Language"}
    with Web("127.0.0.2") as other, Web() as neighbour:
        for one in (other, neighbour):
            one.page("/a1.txt")
        web.answers["/a.txt"] = (302, {"Location": f"{other.url}/a1.txt"}, b"")
        web.page("/index.html", f'<a href="{neighbour.url}/a1.txt">')
        desk.scan(secretive(web, tmp_path, private=True))
        desk.scan(secretive(web, tmp_path, path="/index.html", links="*.txt", private=True))

        ((_, elsewhere),) = other.requests
        ((_, next_door),) = neighbour.requests
    assert not secret & set(elsewhere)
    assert not secret & set(next_door)
    assert all(secret <= set(headers) for _, headers in web.requests)


def test_a_changed_password_needs_no_restart(web: Web, desk: Reader, tmp_path: Path) -> None:
    web.page("/a.txt")
    watched = secretive(web, tmp_path)
    desk.scan(watched)
    (tmp_path / "password").write_text("another")
    desk.scan(watched)

    first, second = [headers["Authorization"] for _, headers in web.requests]
    assert first != second


def test_a_credential_of_systemd_is_read_from_its_folder(
    web: Web, desk: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.page("/a.txt")
    watched = secretive(web, tmp_path, password_file="credential:password", headers_file=None)
    assert "add LoadCredential=password:FILE" in str(desk.failure(watched))

    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert desk.names(watched) == [f"{web.url}/a.txt"]
    above = secretive(web, tmp_path, password_file="credential:../password")
    assert "is no name of a credential" in str(desk.failure(above))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("password", None, "cannot be read: No such file or directory"),
        ("password", b"\n", "password is empty"),
        ("password", b"s3cret\xff", "is not UTF-8"),
        ("password", b"s3cret" * 20_000, "is larger than 64 KiB"),
        ("headers", b"X-Key: a\ns3cret", "line 2 is no header"),
        ("headers", b"X-Key: s3cret\x01", "line 1 is no header"),
        ("headers", "X-Key: s3cret密".encode(), "line 1 is no header"),
    ],
)
def test_a_secret_that_cannot_be_used_is_told_and_not_shown(
    name: str, data: bytes | None, words: str, web: Web, desk: Reader, tmp_path: Path
) -> None:
    watched = secretive(web, tmp_path)
    (tmp_path / name).unlink()
    if data is not None:
        (tmp_path / name).write_bytes(data)

    error = desk.failure(watched)

    assert words in str(error)
    told = [error, error.__cause__, error.__context__ if not error.__suppress_context__ else None]
    assert "s3cret" not in str(told)
    assert web.requests == []


def test_a_pipe_in_place_of_a_secret_does_not_hold_up_the_scan(
    web: Web, desk: Reader, tmp_path: Path
) -> None:
    watched = secretive(web, tmp_path)
    (tmp_path / "password").unlink()
    os.mkfifo(tmp_path / "password")

    assert "password is no file" in str(desk.failure(watched))


def test_a_secret_that_everyone_may_read_is_hinted_at_once(
    web: Web, desk: Reader, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    web.page("/a.txt")
    watched = secretive(web, tmp_path)
    (tmp_path / "password").chmod(0o644)
    for _ in range(2):
        desk.scan(watched)

    assert [one.getMessage() for one in caplog.records if one.name.startswith("feeder")] == [
        f"{tmp_path}/password holds a secret and may be read by everyone: chmod o= it"
    ]


# Networks


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("192.0.0.8", False),
        ("192.0.2.1", False),
        ("192.88.99.1", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("2606:4700::1111", True),
        ("::", False),
        ("::1", False),
        ("::7f00:1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("::ffff:0:7f00:1", False),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::93.184.215.14", True),
        ("64:ff9b:1::1", False),
        ("2002:7f00:1::", False),
        ("2001::1", False),
        ("2001:db8::1", False),
        ("fc00::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("ff02::1", False),
    ],
)
def test_public_and_private_networks_are_told_apart(address: str, public: bool) -> None:
    assert wire.network_rule("http://news.example.org/", private=False)(address) is public


def test_a_name_that_leads_into_a_private_network_is_refused_before_anything_is_sent(
    web: Web, desk: Reader
) -> None:
    web.page("/a.txt")
    # Resolves to 127.0.0.1, and does not say so.
    address = f"http://127.1:{web.port}/a.txt"

    error = desk.failure(Source(name="web", url=address))

    assert str(error) == (
        "web: leads to 127.0.0.1, in a private network; set private = true if that is meant"
    )
    assert web.connections == 0
    assert desk.names(Source(name="web", url=address, private=True)) == [address]


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Have names resolve to one address after another, the last one for ever."""
    asked, real, left = [], socket.getaddrinfo, list(answers)

    def look_up(host, port, *args, **keys):
        if not str(host).endswith("example.org"):
            return real(host, port, *args, **keys)
        asked.append(host)
        address = left.pop(0) if len(left) > 1 else left[0]
        return [row for one in address.split() for row in real(one, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_a_name_that_resolves_to_something_else_a_moment_later_gains_nothing(
    web: Web, desk: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolve_to(monkeypatch, "198.51.100.7", "127.0.0.1")
    monkeypatch.setattr(wire, "is_public", lambda address: address == "198.51.100.7")
    monkeypatch.setattr(wire, "CONNECT_SECONDS", 0.1)

    error = desk.failure(
        Source(name="web", url=f"http://news.example.org:{web.port}/a.txt", robots=False)
    )

    assert "127.0.0.1" not in str(error)  # the first answer was connected to, and no other asked
    assert asked == ["news.example.org"]
    assert web.connections == 0


def test_one_private_address_among_several_forbids_a_name(
    web: Web, desk: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, "93.184.215.14 127.0.0.1")

    error = desk.failure(Source(name="web", url=f"http://news.example.org:{web.port}/a.txt"))

    assert "leads to 127.0.0.1" in str(error)
    assert web.connections == 0


def test_a_dead_address_is_passed_over_for_the_next(
    web: Web, desk: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, "127.0.0.9 127.0.0.1")
    web.page("/a.txt")
    address = f"http://news.example.org:{web.port}/a.txt"

    assert desk.names(Source(name="web", url=address, private=True)) == [address]


# Proxies and certificates


class Proxy(Web):
    """Hands on what it is asked for to one server, whatever the name, and tunnels to it."""

    def __init__(self, target: Web) -> None:
        super().__init__("127.0.0.3")
        self._target = target

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests.append((f"{handler.command} {handler.path}", dict(handler.headers)))
        if handler.command == "CONNECT":
            self._tunnel(handler)
            return
        path = "/" + handler.path.split("/", 3)[3]
        handler.path = path
        self._target.answer(handler)

    def _tunnel(self, handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        with socket.create_connection(("127.0.0.1", self._target.port)) as there:
            handler.send_response_only(200)
            handler.end_headers()
            back = threading.Thread(target=pump, args=(there, handler.connection))
            back.start()
            pump(handler.connection, there)
            back.join()


def pump(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):  # whichever hangs up first
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)


def test_a_proxy_from_the_environment_is_used_wherever_it_stands(
    web: Web, desk: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.page("/a.txt")
    resolve_to(monkeypatch, "93.184.215.14")
    with Proxy(web) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://me:pr0xy@127.0.0.3:{proxy.port}")
        watched = Source(name="web", url="http://news.example.org/a.txt", robots=False)

        assert desk.names(watched) == ["http://news.example.org/a.txt"]

        ((line, headers),) = proxy.requests
        assert line == "GET http://news.example.org/a.txt"
        assert headers["Proxy-Authorization"] == "Basic bWU6cHIweHk="
        monkeypatch.setenv("NO_PROXY", "example.org")
        monkeypatch.setattr(wire, "CONNECT_SECONDS", 0.1)
        desk.scan(watched)
        assert len(proxy.requests) == 1


def test_what_a_proxy_is_asked_for_must_not_be_in_a_private_network(
    web: Web, desk: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.page("/a.txt")
    resolve_to(monkeypatch, "10.0.0.1")
    with Proxy(web) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"127.0.0.3:{proxy.port}")
        address = "http://news.example.org/a.txt"

        assert "leads to 10.0.0.1" in str(desk.failure(Source(name="web", url=address)))
        assert proxy.requests == []
        assert desk.names(Source(name="web", url=address, private=True)) == [address]


@pytest.mark.parametrize(
    "place", ["socks5://me:pr0xy@127.0.0.1:1", "http://me:pr0xy@h:x", "ftp://x"]
)
def test_a_proxy_that_is_none_is_told_without_its_password(
    place: str, web: Web, desk: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", place)

    error = desk.failure(source(web))

    assert str(error) == ("web: HTTP_PROXY or ALL_PROXY names no proxy as in http://proxy:3128")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "news.example.org").configure_cert(context)
    with Web(context=context) as web:
        web.page("/a.txt")
        yield web


def test_a_private_authority_is_trusted_where_the_environment_names_it(
    secure: Web, desk: Reader, authority: trustme.CA, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    error = desk.failure(source(secure))
    assert "certificate verify failed" in str(error)
    assert "SSL_CERT_FILE names the certificate of a private authority" in str(error)

    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert desk.names(source(secure)) == [f"{secure.url}/a.txt"]
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    assert "the certificates that SSL_CERT_FILE names cannot be read" in str(
        desk.failure(source(secure))
    )


def test_a_secure_page_is_had_by_a_tunnel_of_the_proxy(
    secure: Web, desk: Reader, authority: trustme.CA, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    resolve_to(monkeypatch, "93.184.215.14")
    with Proxy(secure) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.3:{proxy.port}")
        address = "https://news.example.org/a.txt"

        assert desk.names(Source(name="web", url=address, robots=False)) == [address]
        assert [line for line, _ in proxy.requests] == ["CONNECT news.example.org:443"]


# Validators


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('"a" Thu, 21 Nov 2024 22:00:00 GMT', '"a"', True),
        ('"a" Thu, 21 Nov 2024 22:00:00 GMT', '"b" Thu, 21 Nov 2024 22:00:00 GMT', False),
        ("Thu, 21 Nov 2024 22:00:00 GMT", "Fri, 22 Nov 2024 22:00:00 GMT", False),
        ("missing", "missing", True),
        ("sha256:00", None, False),
    ],
)
def test_etags_decide_where_both_have_one(one: str, other: str | None, same: bool) -> None:
    assert validators.is_same(one, other) is same


@pytest.mark.parametrize(
    "said", ["", "soon", "Fri, 31 Dec 9999 23:59:59 -2359", "Thu, 99 Nov 2024", "1", "\u0664"]
)
def test_a_date_that_no_calendar_has_is_none(said: str) -> None:
    assert validators.to_time(said) is None
