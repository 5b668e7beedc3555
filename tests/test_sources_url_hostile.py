"""A server may do what it likes: each scan ends within its limit, with one clear line."""

import gzip
import itertools
import random
import resource
import socket
import time
import zlib

import pytest
from newsweb import RawServer, Reader, Talk, Web

from feeder import sources
from feeder.config import Fetch, Source
from feeder.documents import to_page_texts
from feeder.errors import PageError, SourceError
from feeder.model import MAX_BYTES, RawPage, Refusal
from feeder.sources import wire

OK = "HTTP/1.1 200 OK"


def source(url: str, **keys) -> Source:
    """A source that asks for robots.txt only where the test is about that, and waits 0.3 s."""
    return Source(name="web", url=url, **{"robots": False, "timeout": 0.3} | keys)


def hang_before_tls(talk: Talk) -> None:
    talk.hang()


def hang_after_the_request(talk: Talk) -> None:
    talk.hear()
    talk.hang()


def hang_in_the_headers(talk: Talk) -> None:
    talk.hear()
    talk.send(b"HTTP/1.1 200 OK\r\nContent-Ty")
    talk.hang()


def hang_in_the_body(talk: Talk) -> None:
    talk.hear()
    talk.say(OK, "Content-Length: 100", body=b"page")
    talk.hang()


def hang_in_a_chunk(talk: Talk) -> None:
    talk.hear()
    talk.say(OK, "Transfer-Encoding: chunked", body=b"ffff\r\npage")
    talk.hang()


def drip(talk: Talk, data: bytes) -> None:
    while not talk.over.wait(0.02):
        talk.send(data)


def drip_a_status_line(talk: Talk) -> None:
    talk.hear()
    drip(talk, b"H")


def drip_headers(talk: Talk) -> None:
    talk.hear()
    talk.send(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    drip(talk, b"x")


def drip_a_body(talk: Talk) -> None:
    talk.hear()
    talk.say(OK, "Content-Length: 1000000")
    drip(talk, b"x")


def early_hints_for_ever(talk: Talk) -> None:
    talk.hear()
    while not talk.over.is_set():
        talk.say("HTTP/1.1 103 Early Hints", "X-A: b")


def redirect_slowly_for_ever(talk: Talk) -> None:
    talk.hear()
    talk.hang(0.12)
    talk.say("HTTP/1.1 302 Found", "Location: /b", "Content-Length: 0", "Connection: close")


@pytest.mark.parametrize(
    "talk",
    [
        hang_after_the_request, hang_in_the_headers, hang_in_the_body, hang_in_a_chunk,
        drip_a_status_line, drip_headers, drip_a_body, early_hints_for_ever,
        redirect_slowly_for_ever,
    ],
)  # fmt: skip
def test_whoever_takes_too_long_at_any_stage_is_cut_off(talk, desk: Reader) -> None:
    with RawServer(talk) as server:
        begin = time.monotonic()
        error = desk.failure(source(f"{server.url}/a.txt"))

    assert str(error) == "web: took longer than 0.3 s"
    assert time.monotonic() - begin < 10  # the servers would go on for 30 s and more


def test_whoever_never_answers_the_handshake_is_cut_off(desk: Reader) -> None:
    with RawServer(hang_before_tls) as server:
        error = desk.failure(source(f"https://127.0.0.1:{server.port}/a.txt"))

    assert str(error) == "web: took longer than 0.3 s"


def test_whoever_never_takes_the_connection_is_cut_off(
    desk: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = deaf.getsockname()
        for filler in (first, second):  # the queue holds one more than it is told to
            filler.setblocking(False)
            filler.connect_ex(address)

        error = desk.failure(source(f"http://127.0.0.1:{address[1]}/a.txt"))
        assert str(error) == "web: took longer than 0.3 s"

        monkeypatch.setattr(wire, "CONNECT_SECONDS", 0.1)
        error = desk.failure(source(f"http://127.0.0.1:{address[1]}/a.txt", timeout=30))
        assert str(error) == "web: did not take the connection within 0.1 s"


def test_whoever_says_nothing_for_long_is_given_up(
    desk: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "READ_SECONDS", 0.1)
    with RawServer(hang_in_the_body) as server:
        error = desk.failure(source(f"{server.url}/a.txt", timeout=30))

    assert str(error) == "web: sent nothing for 0.1 s"


def test_a_name_that_is_not_found_in_time_is_given_up(
    desk: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_args, **_keys):
        time.sleep(0.5)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)

    error = desk.failure(source("http://news.example.org/a.txt", timeout=0.1))

    assert "took longer than 0.1 s" in str(error)


def say(*lines: str, body: bytes = b""):
    def talk(talk: Talk) -> None:
        talk.hear()
        talk.say(*lines, body=body)

    return talk


@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (say(OK, 'ETag: "' + "x" * 2**20 + '"', "Content-Length: 4", body=b"page"),
         "sends headers without end"),
        (say(OK, *(f"X-{number}: y" for number in range(100_000))), "sends headers without end"),
        (say(OK, "Transfer-Encoding: chunked", body=b"1;" + b"x" * 2**20), "headers without end"),
        (say(OK, "Transfer-Encoding: chunked", body=b"zz\r\n"), "does not speak HTTP"),
        (say("220 smtp.example.org ESMTP"), "does not speak HTTP"),
        (say("HTTP/1.1 999999 What"), "does not speak HTTP"),
        (say("HTTP/1.1 777 What", "Content-Length: 0"), "answered 777; it is asked again later"),
        (say("HTTP/1.1 200 O\x00K"), "does not speak HTTP"),
        (say(OK, "Content-Length: 99", body=b"page"), "broke off"),
        (say(OK, "Content-Length: 2", body="页面".encode()), "longer than the length"),
        (say(OK, "Content-Length: 2", "Content-Length: 4", body=b"page"), "does not speak HTTP"),
        (say(OK, "Content-Length: -1", body=b"page"), "does not speak HTTP"),
        (say(), "broke off"),
        (say(OK, "Content-Encoding: gzip, gzip", body=b"x"), "compressed more than once"),
        (say(OK, "Content-Encoding: br", body=b"x"), "compressed as 'br', which was not asked"),
        (say(OK, "Content-Encoding: gzip", body=b"page"), "is declared as gzip and is none"),
        (say(OK, "Content-Encoding: deflate", body=b"\xff\xff\xff"), "as deflate and is none"),
        (say(OK, "Content-Encoding: gzip", body=gzip.compress(b"page" * 99)[:-9]),
         "breaks off in the middle of its gzip"),
        (say(OK, "Content-Encoding: gzip", body=gzip.compress(b"") * 2000), "1000 members"),
        (say("HTTP/1.1 302 Found", "Location: /a.txt"), "redirects more than 5 times"),
        (say("HTTP/1.1 302 Found", "Location: file:///etc/passwd"), "that is not http or https"),
        (say("HTTP/1.1 302 Found", "Location: http://[::1"), "leads to what is no address"),
        (say("HTTP/1.1 302 Found", "Location: http://" + "a" * 70_000), "what is no address"),
        (say("HTTP/1.1 302 Found", "Location: gopher://news.example.org/"), "not http or https"),
        (say("HTTP/1.1 302 Found", "Location: data:text/plain,page"), "not http or https"),
        (say("HTTP/1.1 302 Found", "Location: http://127.0.0.2:1/"), "leads to 127.0.0.2, in a"),
        (say("HTTP/1.1 302 Found", "Location: http://[::ffff:10.0.0.1]/"), "in a private network"),
        (say("HTTP/1.1 302 Found"), "answered 302 Found"),
        (say("HTTP/1.1 101 Switching Protocols", "Upgrade: x"), "does not speak HTTP"),
    ],
)  # fmt: skip
def test_what_is_no_page_is_told_in_one_line(talk, words: str, desk: Reader) -> None:
    with RawServer(talk) as server:
        error = desk.failure(source(f"{server.url}/a.txt", timeout=10))

    assert words in str(error)
    assert str(error).startswith("web: ")


@pytest.mark.parametrize(
    "lines",
    [
        ("Set-Cookie: a=b; expires=never; domain=.; max-age=x",),
        ("Set-Cookie: " + "=;" * 10_000,),
        ("Content-Type: text/plain; charset*=utf-8''x; charset=\"",),
        ("Content-Type: ;;;=", "Date: 0", "Last-Modified: 99999999999999999999"),
        ("Last-Modified: Thu, 99 Nov 99999 99:99:99 GMT", "ETag: \xff\xfe"),
        ("Content-Encoding: identity, , IDENTITY",),
        ("Retry-After: -1", "Age: x", "Connection: keep-alive, close, \x80"),
    ],
)
def test_odd_headers_do_no_harm(lines, desk: Reader) -> None:
    with RawServer(say(OK, "Content-Length: 4", *lines, body=b"page")) as server:
        (found,), error = desk.scan(source(f"{server.url}/a.txt", timeout=10))

    assert error is None
    assert isinstance(found, RawPage)
    assert (found.data, found.validator[:7]) == (b"page", "sha256:")


def test_an_empty_line_after_the_body_is_none_of_it(desk: Reader) -> None:
    with RawServer(say(OK, "Content-Length: 4", body=b"page\r\n")) as server:
        (found,), _ = desk.scan(source(f"{server.url}/a.txt", timeout=10))

    assert isinstance(found, RawPage)
    assert found.data == b"page"


def zeros_for_ever(talk: Talk, *, wbits: int) -> None:
    """10 GB of zeros in 10 MB; nearly all of it is never sent."""
    coding = "gzip" if wbits > 15 else "deflate"
    talk.hear()
    talk.say(OK, f"Content-Encoding: {coding}", 'ETag: "big"')
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    zeros = bytes(2**20)
    for _ in range(10_000):
        talk.send(packer.compress(zeros))


@pytest.mark.parametrize("wbits", [31, 15, -15])
def test_ten_gigabytes_of_zeros_are_refused_early_and_take_no_memory(
    wbits: int, desk: Reader
) -> None:
    with RawServer(lambda talk: zeros_for_ever(talk, wbits=wbits)) as server:
        address = f"{server.url}/a.txt"
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found, error = desk.scan(source(address, timeout=30))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    reason = "is larger than 16 MiB, no page is; split it"
    assert error is None
    assert found == [Refusal(source="web", name=address, validator='"big"', reason=reason)]
    assert grown < 64 * 1024  # KiB: the page once, and once more as it is cut


def test_a_body_without_end_is_refused_and_told_once(desk: Reader) -> None:
    def talk(talk: Talk) -> None:
        talk.hear()
        talk.say(OK)
        for _ in itertools.count():
            talk.send(bytes(2**16))

    with RawServer(talk) as server:
        endless = source(f"{server.url}/a.txt", timeout=30)
        assert [type(one) for one in desk.scan(endless)[0]] == [Refusal]
        assert desk.scan(endless) == ([], None)


def test_a_page_of_the_largest_size_is_taken_whole(desk: Reader) -> None:
    body = gzip.compress(bytes(MAX_BYTES), compresslevel=1)
    with RawServer(say(OK, "Content-Encoding: gzip", body=body)) as server:
        (found,), _ = desk.scan(source(f"{server.url}/a.txt", timeout=30))

    assert isinstance(found, RawPage)
    assert len(found.data) == MAX_BYTES


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b"pa") + gzip.compress(b"ge")),  # each member is part of the page
        ("X-GZip", gzip.compress(b"page") + bytes(99)),  # padded
        ("deflate", zlib.compress(b"page")),
        ("deflate", deflate(b"page")),  # as Microsoft's servers sent it
        ("identity", b"page"),
    ],
)
@pytest.mark.parametrize("step", [1, 10_000])
def test_a_compressed_page_is_had_whole_however_it_is_cut(
    coding: str, body: bytes, step: int, desk: Reader
) -> None:
    def talk(talk: Talk) -> None:
        talk.hear()
        talk.say(OK, f"Content-Encoding: {coding}", "Transfer-Encoding: chunked")
        for start in range(0, len(body), step):
            part = body[start : start + step]
            talk.send(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        talk.send(b"0\r\n\r\n")

    with RawServer(talk) as server:
        (found,), _ = desk.scan(source(f"{server.url}/a.txt", timeout=30))

    assert isinstance(found, RawPage)
    assert found.data == b"page"


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("text/plain; charset=utf-8", "头版".encode("gb18030"), r"is not utf-8(-sig)? at byte \d"),
        ("text/plain; charset=klingon", b"page", "declared as 'klingon', no known charset"),
        ("text/plain; charset=" + "x" * 9999, b"page", "no known charset"),
        ("text/plain", b"", "is empty"),
        ("image/png", b"\x89PNG\r\n", "is a PNG image"),
        ("text/plain", b"\x1f\x8b\x08\0", "is a gzip archive"),
    ],
)
def test_what_is_no_text_comes_as_it_is_and_documents_refuse_it(
    kind: str, data: bytes, words: str, web: Web, desk: Reader
) -> None:
    web.answers["/a.txt"] = (200, {"Content-Type": kind}, data)

    (found,), error = desk.scan(source(f"{web.url}/a.txt"))

    assert error is None
    assert isinstance(found, RawPage)
    with pytest.raises(PageError, match=words):
        to_page_texts(found)


def test_by_hand_the_same_limits_hold() -> None:
    with (
        RawServer(lambda talk: zeros_for_ever(talk, wbits=31)) as server,
        pytest.raises(SourceError, match="is larger than 16 MiB"),
    ):
        sources.fetch(f"{server.url}/a.txt", fetch=Fetch(gap_seconds=0))


HEADS = (
    "HTTP/1.1 200 OK", "HTTP/1.0 200 OK", "HTTP/1.1 302 Found", "HTTP/1.1 304 X", "HTTP/2 200",
    "HTTP/1.1 404 X", "HTTP/1.1 204 X", "HTTP/1.1 100 X", "HTTP/1.1 503 X", "ICY 200 OK",
)  # fmt: skip
NAMES = (
    "Content-Length", "Transfer-Encoding", "Content-Encoding", "Content-Type", "Location", "X",
    "Set-Cookie", "ETag", "Last-Modified", "Retry-After", "Date", "Connection",
)  # fmt: skip
VALUES = (
    "", "0", "4", "-1", "chunked", "gzip", "deflate", 'text/html; charset="', "/b", "//", "?x",
    "http://127.0.0.1:1/", "http://[", "http://a b/", "http://\xff/", "http://xn--/", "\xe9",
    "http://127.0.0.1:99999/", "ftp://x", '=; path="', '"v"', 'W/"', "%00", "close", "a" * 300,
    "Thu, 21 Nov 2024 22:00:00 GMT", "http://u:p@127.0.0.1:1/",
)  # fmt: skip
BODIES = (
    b"", b"page", b"4\r\npage\r\n0\r\n\r\n", gzip.compress(b"page"), b"{", b"<a href=http://[>",
)  # fmt: skip


def test_nothing_that_a_server_says_makes_a_scan_break_off(desk: Reader) -> None:
    chance = random.Random(7)

    def header() -> str:
        return f"{chance.choice(NAMES)}: {''.join(chance.choices(VALUES, k=2))}"

    def babble(talk: Talk) -> None:
        talk.hear()
        headers = [header() for _ in range(chance.randint(0, 6))]
        talk.say(chance.choice(HEADS), *headers, body=chance.choice(BODIES))

    with RawServer(babble) as server:
        for number in range(300):
            links = "*" if number % 3 == 0 else None
            desk.scan(source(f"{server.url}/a.txt", robots=number % 5 == 0, links=links))
