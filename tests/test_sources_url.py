"""URLs → page texts: each new or changed one, once, at one address or at one a day."""

import datetime as dt
import gc
import socket
import threading
import time
from pathlib import Path

import pytest
from newsweb import RawServer, Reader, Talk, Web
from sourcing import NOW

from feeder import __version__, sources
from feeder.config import Fetch, Source
from feeder.errors import SourceError
from feeder.model import RawPage

MODIFIED = "Thu, 21 Nov 2024 22:00:00 GMT"


def source(url: str, **keys) -> Source:
    return Source(name="web", url=url, **keys)


def test_a_page_at_a_url_is_handed_over_with_all_that_is_known_of_it(
    web: Web, desk: Reader
) -> None:
    web.answers["/2024-11/22/a01.txt"] = (
        200,
        {
            "ETag": '"v1"',
            "Last-Modified": MODIFIED,
            "Content-Type": "text/plain; charset=gb18030",
        },
        "题".encode("gb18030"),
    )
    address = web.url + "/{date:%Y-%m}/{date:%d}/a01.txt"

    found, error = desk.scan(
        source(address, publication="晨报", language="zh-Hans"),
        fetch=Fetch(gap_seconds=0, contact="mailto:desk@example.org"),
    )

    assert (found, error) == (
        [
            RawPage(
                source="web",
                name=web.url + "/2024-11/22/a01.txt",
                validator=f'"v1" {MODIFIED}',
                data="题".encode("gb18030"),
                modified=dt.datetime(2024, 11, 21, 22, tzinfo=dt.UTC),
                date=dt.date(2024, 11, 22),
                publication="晨报",
                language="zh-Hans",
                encoding="gb18030",
            )
        ],
        None,
    )
    ((_, headers),) = web.requests
    assert headers["User-Agent"] == f"feeder/{__version__} (+mailto:desk@example.org)"


@pytest.mark.parametrize(
    ("validator", "sent"),
    [
        (f'"v1" {MODIFIED}', {"If-None-Match": '"v1"', "If-Modified-Since": MODIFIED}),
        ('W/"v1"', {"If-None-Match": 'W/"v1"'}),  # as stored by versions that kept one only
        (MODIFIED, {"If-Modified-Since": MODIFIED}),
        ("sha256:00", {}),
        ("missing", {}),
    ],
)
def test_a_known_page_is_asked_for_under_its_validators(
    web: Web, desk: Reader, validator: str, sent: dict[str, str]
) -> None:
    web.answers["/a.txt"] = (304, {}, b"") if sent else (200, {}, b"page")
    address = f"{web.url}/a.txt"

    desk.know(source(address), address, validator)

    assert desk.names(source(address)) == ([] if sent else [address])
    headers = web.requests[0][1]
    assert {name: headers[name] for name in headers if name.startswith("If-")} == sent


def test_a_server_that_ignores_what_is_known_gives_an_unchanged_page_once(
    web: Web, desk: Reader
) -> None:
    web.answers["/etag.txt"] = (200, {"ETag": '"v1"', "Last-Modified": MODIFIED}, b"page")
    web.answers["/none.txt"] = (200, {"ETag": '"' + "x" * 9999 + '"'}, b"page")
    for path in ("/etag.txt", "/none.txt"):
        assert desk.names(source(web.url + path)) == [web.url + path]
        assert desk.names(source(web.url + path)) == []

    touched = "Fri, 22 Nov 2024 22:00:00 GMT"
    web.answers["/etag.txt"] = (200, {"ETag": '"v1"', "Last-Modified": touched}, b"page")
    web.answers["/none.txt"] = (200, {}, b"another")

    assert desk.names(source(f"{web.url}/etag.txt")) == []
    assert desk.names(source(f"{web.url}/none.txt")) == [f"{web.url}/none.txt"]


def test_an_unasked_304_is_told_and_not_taken_for_a_page_that_is_known(
    web: Web, desk: Reader
) -> None:
    web.answers["/a.txt"] = (304, {}, b"")

    assert "answered 304 Not Modified" in str(desk.failure(source(f"{web.url}/a.txt")))


def test_an_empty_page_is_handed_over_as_it_is(web: Web, desk: Reader) -> None:
    web.answers["/a.txt"] = (200, {}, b"")

    found, _ = desk.scan(source(f"{web.url}/a.txt"))

    assert isinstance(found[0], RawPage)
    assert (found[0].data, found[0].validator[:7]) == (b"", "sha256:")


def test_a_day_not_yet_published_is_quiet_and_a_fixed_page_missing_is_told(
    web: Web, desk: Reader
) -> None:
    web.answers["/22.txt"] = (410, {}, b"")

    assert desk.names(source(web.url + "/{date:%d}.txt", days_back=2)) == []
    assert web.paths == ["/20.txt", "/21.txt", "/22.txt"]
    assert str(desk.failure(source(f"{web.url}/a.txt"))) == (
        "web: answered 404 Not Found; see that the address is right"
    )


def test_days_come_oldest_first_and_each_page_bears_its_own(web: Web, desk: Reader) -> None:
    for day in (20, 21, 22):
        web.page(f"/{day}.txt")

    found, error = desk.scan(source(web.url + "/{date:%d}.txt", days_back=2))

    assert error is None
    assert [(one.name[-6:-4], one.date) for one in found if isinstance(one, RawPage)] == [
        ("20", dt.date(2024, 11, 20)),
        ("21", dt.date(2024, 11, 21)),
        ("22", dt.date(2024, 11, 22)),
    ]


def test_days_that_share_an_address_ask_for_it_once(web: Web, desk: Reader) -> None:
    web.page("/2024-11.txt")

    found, _ = desk.scan(source(web.url + "/{date:%Y-%m}.txt", days_back=3))

    assert [one.date for one in found if isinstance(one, RawPage)] == [dt.date(2024, 11, 22)]
    assert web.paths == ["/2024-11.txt"]


def test_the_day_is_that_of_the_papers_time_zone(web: Web, desk: Reader) -> None:
    desk.scan(source(web.url + "/{date:%d}.txt"), now=NOW.replace(hour=0, minute=1))

    assert web.paths == ["/22.txt"]


def test_one_day_that_fails_does_not_keep_the_others_away(web: Web, desk: Reader) -> None:
    web.answers["/20.txt"] = (500, {}, b"")
    web.answers["/21.txt"] = (403, {}, b"")
    web.page("/22.txt")

    found, error = desk.scan(source(web.url + "/{date:%d}.txt", days_back=2))

    assert [one.name for one in found] == [f"{web.url}/22.txt"]
    assert str(error) == (
        f"web: {web.url}/20.txt: answered 500 Internal Server Error; it is asked again later"
        " (and others of its addresses)"
    )


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"Retry-After": "120"}, 120.0),
        ({"Retry-After": MODIFIED, "Date": "Thu, 21 Nov 2024 21:59:00 GMT"}, 60.0),
        ({"Retry-After": MODIFIED, "Date": "Thu, 21 Nov 2024 22:59:00 GMT"}, 0.0),
        ({"Retry-After": "9" * 4000}, 86400.0),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_a_busy_server_is_asked_nothing_more_and_its_wish_is_handed_on(
    web: Web, desk: Reader, status: int, said: dict[str, str], seconds: float | None
) -> None:
    web.answers["/20.txt"] = (status, said, b"")

    error = desk.failure(source(web.url + "/{date:%d}.txt", days_back=2))

    assert error.retry_after == seconds
    assert "asked again later (and others of its addresses)" in error.reason
    assert web.paths == ["/20.txt"]


def test_a_redirect_is_followed_and_the_page_keeps_its_name(web: Web, desk: Reader) -> None:
    web.answers["/a.txt"] = (301, {"Location": "/b.txt"}, b"")
    web.answers["/b.txt"] = (200, {}, b"page")

    assert desk.names(source(f"{web.url}/a.txt")) == [f"{web.url}/a.txt"]


def test_a_server_that_is_not_there_is_told(desk: Reader) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]

    assert "refused" in str(desk.failure(source(f"http://127.0.0.1:{port}/a.txt", robots=False)))


def held() -> tuple[int, int]:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()


def settles_at(before: tuple[int, int]) -> bool:
    """Whether as much is open as before, once the server has noticed that its client is gone."""
    return any(held() == before or time.sleep(0.01) for _ in range(500))


def test_a_scan_uses_one_connection_and_leaves_nothing_open(web: Web, desk: Reader) -> None:
    for day in range(13, 23):
        web.page(f"/{day}.txt")
    before = held()

    desk.scan(source(web.url + "/{date:%d}.txt", days_back=9))

    assert (len(web.paths), web.connections) == (10, 1)
    assert settles_at(before)


def test_a_scan_that_fails_or_is_left_in_the_middle_leaves_nothing_open(
    web: Web, desk: Reader
) -> None:
    web.page("/21.txt")
    web.page("/22.txt")
    days = source(web.url + "/{date:%d}.txt", days_back=1)
    before = held()

    with RawServer(Talk.hang) as deaf:
        desk.failure(source(f"{deaf.url}/a.txt", timeout=0.1))
        desk.failure(source(f"https://127.0.0.1:{deaf.port}/a.txt", timeout=0.1))
    scanned = sources.scan(days, ledger=desk.store.ledger, now=NOW, fetch=Fetch(gap_seconds=0))
    next(scanned)
    scanned.close()

    assert web.paths == ["/21.txt"]
    assert settles_at(before)


def test_a_page_fetched_by_hand_bears_no_password_and_asks_no_robots(web: Web) -> None:
    web.answers["/robots.txt"] = (200, {}, b"User-agent: *\nDisallow: /")
    web.answers["/a.txt"] = (200, {"ETag": 'W/"1"'}, b"page")

    page = sources.fetch(f"http://me:se%20cret@127.0.0.1:{web.port}/a.txt")

    assert (page.source, page.name) == ("command line", f"{web.url}/a.txt")
    assert web.requests[0][1]["Authorization"] == "Basic bWU6c2UgY3JldA=="
    assert web.robots_requests == 0
    fetch = Fetch(gap_seconds=0)
    with pytest.raises(SourceError, match="404"):
        sources.fetch(f"{web.url}/b.txt", fetch=fetch)
    with pytest.raises(SourceError, match="not http or https"):
        sources.fetch("file:///etc/passwd")
    with pytest.raises(SourceError, match="no address"):
        sources.fetch("http://[::1/a.txt")
