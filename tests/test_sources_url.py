"""URLs → page texts: each new or changed one, once; a server may do what it likes."""

import datetime as dt
import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sourcing import names, scan

from feeder import __version__, sources
from feeder.config import Source
from feeder.errors import SourceError
from feeder.model import MAX_BYTES, RawPage, Refusal
from feeder.sources import url

# URLs

Answer = tuple[int, dict[str, str], bytes]


class Web:
    """A real server on loopback; `answers` maps a path to what is said there."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.answers: dict[str, Answer | Callable[[BaseHTTPRequestHandler], None]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.requests.append((self.path, dict(self.headers)))
                answer = web.answers.get(self.path, (404, {}, b""))
                if callable(answer):
                    answer(self)
                    return
                status, headers, body = answer
                self.send_response(status)
                for key, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_args: object) -> None:  # the client hung up, as it should
                pass

        self._server = Server((host, 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    yield web
    web.close()


def test_a_page_at_a_url_is_handed_over_with_all_that_is_known_of_it(web: Web) -> None:
    web.answers["/2024-11/22/a01.txt"] = (
        200,
        {
            "ETag": '"v1"',
            "Last-Modified": "Thu, 21 Nov 2024 22:00:00 GMT",
            "Content-Type": "text/plain; charset=gb18030",
        },
        "题".encode("gb18030"),
    )
    address = web.url + "/{date:%Y-%m}/{date:%d}/a01.txt"
    source = Source(name="web", url=address, publication="晨报", language="zh-Hans")

    assert scan(source) == [
        RawPage(
            source="web",
            name=web.url + "/2024-11/22/a01.txt",
            validator='"v1"',
            data="题".encode("gb18030"),
            modified=dt.datetime(2024, 11, 21, 22, tzinfo=dt.UTC),
            date=dt.date(2024, 11, 22),
            publication="晨报",
            language="zh-Hans",
            encoding="gb18030",
        )
    ]
    ((_, headers),) = web.requests
    assert headers["User-Agent"] == f"feeder/{__version__}"


@pytest.mark.parametrize(
    ("validator", "header"),
    [('"v1"', "If-None-Match"), ("Thu, 21 Nov 2024 22:00:00 GMT", "If-Modified-Since")],
)
def test_an_unchanged_page_is_asked_for_by_its_validator(
    web: Web, validator: str, header: str
) -> None:
    web.answers["/a.txt"] = (304, {}, b"")
    address = f"{web.url}/a.txt"

    assert scan(Source(url=address), {address: validator}) == []
    assert web.requests[0][1][header] == validator


def test_a_server_without_validators_gives_an_unchanged_page_once(web: Web) -> None:
    web.answers["/a.txt"] = (200, {"ETag": '"' + "x" * 9999 + '"'}, b"page")
    source = Source(url=f"{web.url}/a.txt")

    (page,) = scan(source)

    assert page.validator.startswith("sha256:")
    assert scan(source, {page.name: page.validator}) == []


def test_a_day_not_yet_published_is_quiet_and_a_fixed_page_missing_is_told(web: Web) -> None:
    assert scan(Source(url=web.url + "/{date:%d}.txt")) == []
    with pytest.raises(SourceError, match="answered 404 Not Found"):
        scan(Source(url=f"{web.url}/a.txt"))


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (503, {}, "answered 503 Service Unavailable"),
        (302, {"Location": "/a.txt"}, "redirects more than 5 times"),
        (302, {"Location": "file:///etc/passwd"}, "not http or https"),
        (200, {"Content-Encoding": "gzip, gzip"}, "compressed more than once"),
        (200, {"Content-Encoding": "gzip"}, "Error -3"),
        (200, {"Content-Length": "99"}, "broke off"),
    ],
)
def test_what_is_no_page_is_told_in_one_line(
    web: Web, status: int, headers: dict[str, str], words: str
) -> None:
    web.answers["/a.txt"] = (status, {"Connection": "close", **headers}, b"page")

    with pytest.raises(SourceError, match=words) as caught:
        scan(Source(name="web", url=f"{web.url}/a.txt"))

    assert str(caught.value).startswith("web: ")
    assert "\n" not in str(caught.value)


def test_a_redirect_is_followed_and_the_page_keeps_its_name(web: Web) -> None:
    web.answers["/a.txt"] = (301, {"Location": "/b.txt"}, b"")
    web.answers["/b.txt"] = (200, {}, b"page")

    assert names(Source(url=f"{web.url}/a.txt")) == [f"{web.url}/a.txt"]


def test_a_compressed_endless_page_is_refused_when_it_grows_too_large(web: Web) -> None:
    body = gzip.compress(bytes(2 * MAX_BYTES), compresslevel=1)
    web.answers["/a.txt"] = (200, {"Content-Encoding": "gzip", "ETag": '"big"'}, body)

    assert scan(Source(name="web", url=f"{web.url}/a.txt")) == [
        Refusal(
            source="web",
            name=f"{web.url}/a.txt",
            validator='"big"',
            reason="is larger than 16 MiB, no page text is; split it",
        )
    ]


def test_a_server_that_drips_is_cut_off(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        while not done.wait(0.05):
            handler.wfile.write(b"x")

    web.answers["/a.txt"] = drip
    monkeypatch.setattr(url, "TOTAL_SECONDS", 0.5)

    with pytest.raises(SourceError, match=r"took longer than 0\.5 s"):
        scan(Source(url=f"{web.url}/a.txt"))
    done.set()


def test_a_server_that_says_nothing_is_given_up(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    web.answers["/a.txt"] = lambda _handler: done.wait(10) and None
    monkeypatch.setattr(url, "READ_SECONDS", 0.2)

    with pytest.raises(SourceError, match=r"sent nothing for 0\.2 s"):
        scan(Source(url=f"{web.url}/a.txt"))
    done.set()


def test_a_server_that_is_not_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]

    with pytest.raises(SourceError, match="refused"):
        scan(Source(url=f"http://127.0.0.1:{port}/a.txt"))


def test_a_name_that_leads_into_a_private_network_is_refused_before_anything_is_sent(
    web: Web,
) -> None:
    web.answers["/a.txt"] = (200, {}, b"page")
    address = f"http://127.1:{web.port}/a.txt"  # resolves to 127.0.0.1, and does not say so

    with pytest.raises(SourceError, match=r"leads to 127\.0\.0\.1, in a private network"):
        scan(Source(url=address))
    assert web.requests == []
    assert names(Source(url=address, private=True)) == [address]


def test_a_redirect_into_a_private_network_is_refused_before_anything_is_sent(web: Web) -> None:
    inner = Web("127.0.0.2")
    web.answers["/a.txt"] = (302, {"Location": f"{inner.url}/secret"}, b"")

    with pytest.raises(SourceError, match=r"leads to 127\.0\.0\.2"):
        scan(Source(url=f"{web.url}/a.txt"))
    inner.close()

    assert inner.requests == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("::ffff:127.0.0.1", False),
        ("fe80::1%eth0", False),
        ("2606:4700::1111", True),
    ],
)
def test_public_and_private_networks_are_told_apart(address: str, public: bool) -> None:
    rule = url._network_rule(Source(url="http://news.example.org/"))

    assert rule(address) is public


def test_a_page_fetched_by_hand_bears_no_password(web: Web) -> None:
    web.answers["/a.txt"] = (200, {"ETag": 'W/"1"'}, b"page")

    page = sources.fetch(f"http://me:secret@127.0.0.1:{web.port}/a.txt")

    assert (page.source, page.name) == ("command line", f"{web.url}/a.txt")
    with pytest.raises(SourceError, match="404"):
        sources.fetch(f"{web.url}/b.txt")
    with pytest.raises(SourceError, match="not http or https"):
        sources.fetch("file:///etc/passwd")
