"""What is published, over HTTP: the right type, a validator, and nothing from outside."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from conftest import NOW

from feeder import server
from feeder.config import Config
from feeder.errors import FeederError
from feeder.ingest import ingest_pages
from feeder.model import RawPage
from feeder.publish import publish
from feeder.store import Store

EXAMPLE = Path(__file__).parent.parent / "examples" / "pages" / "moxi-2026-11-22.txt"


@pytest.fixture
def public(tmp_path: Path) -> Path:
    files = {
        "index.html": "<!DOCTYPE html><title>报</title>",
        "subscriptions.opml": "<opml/>",
        "weather/index.html": "<!DOCTYPE html><title>天气</title>",
        "weather/rss.xml": "<rss/>",
        "weather/atom.xml": "<feed/>",
        "weather/feed.json": "{}",
        "assets/site.css": "p{}",
        "articles/2024/1.html": "<!DOCTYPE html><title>题</title>",
        "articles/2024/2.html": '<!DOCTYPE html><meta name="feeder" content="withdrawn">gone',
        "articles/2024/.3.html.tmp": "half",
        "odd:name/index.html": "odd",
    }
    for name, text in files.items():
        path = tmp_path / "public" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "public" / "out.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "public" / "outside").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "public" / "pipe.txt")
    return tmp_path / "public"


@pytest.fixture
def web(public: Path) -> Iterator[httpx.Client]:
    with server.serve(public, "127.0.0.1", 0) as address, httpx.Client(base_url=address) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/weather/", "text/html; charset=utf-8"),
        ("/weather/rss.xml", "application/rss+xml; charset=utf-8"),
        ("/weather/atom.xml", "application/atom+xml; charset=utf-8"),
        ("/weather/feed.json", "application/feed+json"),
        ("/subscriptions.opml", "text/x-opml; charset=utf-8"),
        ("/assets/site.css", "text/css; charset=utf-8"),
        ("/articles/2024/1.html?from=feed", "text/html; charset=utf-8"),
    ],
)
def test_a_published_file_is_handed_out_under_its_type(
    web: httpx.Client, public: Path, path: str, media_type: str
) -> None:
    name = path.partition("?")[0].removeprefix("/")
    file = public / name / "index.html" if path.endswith("/") else public / name

    response = web.get(path)

    assert response.status_code == 200
    assert response.content == file.read_bytes()
    assert response.headers["content-type"] == media_type
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "unsafe" not in response.headers["content-security-policy"]
    assert "date" in response.headers
    assert "server" not in response.headers


def test_who_has_it_already_is_answered_304_without_a_body(web: httpx.Client) -> None:
    first = web.get("/weather/rss.xml").headers

    by_etag = web.get("/weather/rss.xml", headers={"If-None-Match": f'"x", W/{first["etag"]}'})
    by_time = web.get("/weather/rss.xml", headers={"If-Modified-Since": first["last-modified"]})

    assert not first["etag"].startswith("W/")
    for response in (by_etag, by_time):
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == first["etag"]
        assert response.headers["cache-control"] == first["cache-control"]


def test_what_changed_is_handed_out_anew_even_within_the_same_second(
    web: httpx.Client, public: Path
) -> None:
    first = web.get("/weather/rss.xml").headers
    path = public / "weather" / "rss.xml"
    mtime = path.stat().st_mtime
    path.write_text("<rss>2</rss>")
    os.utime(path, (mtime, mtime))

    second = web.get(
        "/weather/rss.xml",
        headers={"If-None-Match": first["etag"], "If-Modified-Since": first["last-modified"]},
    )

    assert (second.status_code, second.text) == (200, "<rss>2</rss>")


@pytest.mark.parametrize("value", ["", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_time_that_is_none_or_too_old_gets_the_file(web: httpx.Client, value: str) -> None:
    assert web.get("/", headers={"If-Modified-Since": value}).status_code == 200


def test_head_says_what_get_would_say(web: httpx.Client) -> None:
    got, head = web.get("/weather/rss.xml"), web.head("/weather/rss.xml")

    for headers in (got.headers, head.headers):
        del headers["date"]
    assert (head.status_code, head.content, head.headers) == (200, b"", got.headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(web: httpx.Client, method: str) -> None:
    response = web.request(method, "/")

    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("path", "location"), [("/weather", "./weather/"), ("/odd:name", "./odd%3Aname/")]
)
def test_a_folder_without_its_slash_is_redirected(
    web: httpx.Client, path: str, location: str
) -> None:
    response = web.get(path)

    assert (response.status_code, response.headers["location"]) == (301, location)
    assert web.get(path, follow_redirects=True).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/none.html", "/assets/", "/index.html/", "/articles", "/articles/2024/.3.html.tmp",
        "/../secret.txt", "/%2e%2e/secret.txt", "/weather/..%2f..%2fsecret.txt",
        "/%252e%252e/secret.txt", "/..%5csecret.txt", "/out.txt", "/outside/secret.txt",
        "/index.html%00", "/%ff", "//weather", "/weather//", "//example.org/..", "/pipe.txt",
        "/" + "a" * 5000, "/" + "a/" * 5000,
    ],
    ids=lambda path: path[:30],
)  # fmt: skip
def test_nothing_else_is_handed_out(public: Path, path: str) -> None:
    response = server.respond(public, "GET", path.encode(), {})
    if response.status == 301:
        response = server.respond(public, "GET", path.encode() + b"/", {})

    assert response.status == 404
    assert b"secret" not in response.body


def test_a_withdrawn_article_is_gone(web: httpx.Client) -> None:
    response = web.get("/articles/2024/2.html")

    assert (response.status_code, response.text[-4:]) == (410, "gone")


def test_a_taken_port_is_told_with_the_remedy(public: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(FeederError, match=rf"127\.0\.0\.1:{port}.*in use.*\[serve\]"),
            server.serve(public, "127.0.0.1", port),
        ):
            pass


def test_a_connection_left_open_does_not_hold_up_the_end(public: Path) -> None:
    with server.serve(public, "127.0.0.1", 0) as address:
        port = int(address.rstrip("/").rpartition(":")[2])
        idle = socket.create_connection(("127.0.0.1", port), timeout=10)
        idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(9) == b"HTTP/1.1 "
        idle.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
    with idle:
        assert b"HTTP/1.1 " not in idle.makefile("rb").read()  # it ends


def test_the_page_that_publishing_leaves_of_a_withdrawn_article_is_answered_410(
    config: Config, store: Store
) -> None:
    page = RawPage(source="drop", name="a.txt", validator="1-1", data=EXAMPLE.read_bytes())
    ingest_pages(store, [page], config, now=NOW)
    (entry, *_) = store.latest(limit=1)
    store.withdraw(entry.id, now=NOW)
    publish(store, config)

    # However many sections there are to be linked in its head before.
    assert len(config.section) > 10
    response = server.respond(config.storage.public, "GET", f"/{entry.page}".encode(), {})
    assert response.status == 410
