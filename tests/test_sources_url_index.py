"""An index or a feed → the pages behind its links, each once; one that fails keeps none away."""

import datetime as dt
import json
import random
import string
from http.server import BaseHTTPRequestHandler

import pytest
from newsweb import Reader, Web
from sourcing import NOW

from feeder import sources
from feeder.config import Fetch, Source
from feeder.model import RawPage, Refusal
from feeder.sources import index
from feeder.sources.links import find_links

LATER = NOW + dt.timedelta(minutes=5)
BASE = "https://news.example.org/papers/index.html"


def source(web: Web, path: str = "/index.html", **keys) -> Source:
    keys = {"links": "*/a*.txt", "robots": False, **keys}
    return Source(name="web", url=web.url + path, **keys)


def html(*links: str) -> str:
    return "<!doctype html><ul>" + "".join(f'<li><a href="{link}">x</a>' for link in links)


def links(text: str, **keys) -> tuple[str, ...]:
    return find_links(text.encode(), **{"address": BASE, "charset": None} | keys).all


# What the links of a document are


def test_links_of_a_page_are_absolute_and_stand_once_each() -> None:
    text = """<base href="/2024/"><a href="a01.txt">1</a> <A HREF='a02.txt#top'>2</A>
        <a href=a01.txt>1</a><area href="//cdn.example.org/a03.txt"><iframe src="x.html"></iframe>
        <!-- <a href="no.txt"> --> <script>"<a href='no.txt'>"</script>
        <a href="?page=2&amp;x=1">next</a> <a name="no">no</a> <a href="">no</a>
        <a href="mailto:desk@example.org">m</a> <a href="javascript:go()">j</a>
        <a href="file:///etc/passwd">f</a> <a href="http://[::1">odd</a>
        <a href=" a04\n.txt ">4</a>"""

    assert links(text) == (
        "https://news.example.org/2024/a01.txt",
        "https://news.example.org/2024/a02.txt",
        "https://cdn.example.org/a03.txt",
        "https://news.example.org/2024/x.html",
        "https://news.example.org/2024/?page=2&x=1",
        "https://news.example.org/2024/a04.txt",
    )


RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
    <link>https://news.example.org/</link><atom:link rel="self" href="rss.xml"/>
    <item><title>a</title><link>https://news.example.org/a02.txt?x=1&amp;y=2</link>
      <guid>https://news.example.org/a03.txt</guid></item>
    <item><link><![CDATA[/a01.txt]]></link><guid isPermaLink="false">https://no.example</guid>
      <guid>tag:news.example.org,2024:1</guid><description>&lt;a href="no.txt"&gt;</description>
      <enclosure url="a04.txt" type="text/plain"/></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="/2024/"><id>https://no.example</id>
    <link rel="self" href="https://news.example.org/atom.xml"/>
    <entry><link href="a01.txt"/><content src="a02.txt"/></entry></feed>"""
JSON = {
    "version": "https://jsonfeed.org/version/1.1",
    "next_url": "2.json",
    "items": [
        {"url": "a01.txt", "external_url": 7, "attachments": [{"url": "a02.txt"}, 3, {}]},
        "odd",
        {"id": "https://no.example"},
    ],
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (RSS, ["/", "/papers/rss.xml", "/a02.txt?x=1&y=2", "/a03.txt", "/a01.txt",
               "/papers/a04.txt"]),
        (ATOM, ["/atom.xml", "/2024/a01.txt", "/2024/a02.txt"]),
        (json.dumps(JSON), ["/papers/2.json", "/papers/a01.txt", "/papers/a02.txt"]),
    ],
)  # fmt: skip
def test_links_of_a_feed_are_found(text: str, found: list[str]) -> None:
    got = find_links(text.encode(), address=BASE, charset=None)

    assert got.all == tuple("https://news.example.org" + path for path in found)
    assert got.is_feed


@pytest.mark.parametrize(
    ("charset", "encoding", "head"),
    [
        ("gbk", "gb18030", ""),
        (None, "gb18030", '<meta charset="gb2312">'),
        (None, "big5", '<?xml version="1.0" encoding="big5"?>'),
        (None, "utf-16", ""),
        ("punycode", "utf-8", ""),
        ("hex", "utf-8", ""),
        (None, "utf-8-sig", ""),
    ],
)
def test_a_link_in_chinese_is_read_in_the_pages_charset(
    charset: str | None, encoding: str, head: str
) -> None:
    data = (head + '<a href="中文.txt">').encode(encoding)

    assert find_links(data, address=BASE, charset=charset).all == (
        "https://news.example.org/papers/中文.txt",
    )


@pytest.mark.parametrize(
    "text",
    ["<![x[", "<![if IE]>", "<!", "</", "<a href=", "<a href='", "&#x110000;", "<a href='&#0;'>",
     "<!--", "<![CDATA[", "<script>", "<?", "]]>", "\0", "<a\0href=x>", "<link>", "</link>"],
)  # fmt: skip
def test_broken_html_gives_the_links_before_it(text: str) -> None:
    assert links(f'<a href="/a">x</a>{text * 1000}')[0] == "https://news.example.org/a"


def test_no_noise_upsets_the_search_for_links() -> None:
    chance = random.Random(7)
    bits = [
        "<",
        ">",
        "</",
        "<!",
        "<![",
        "--",
        "]]>",
        "&",
        "#",
        '"',
        "'",
        "=",
        "a",
        "href",
        "base",
        "link",
        "guid",
        "rss",
        "//",
        ":",
        "[",
        "]",
        "@",
        " ",
        "\n",
        "\0",
        "%",
        "\udcff",
    ]
    for _ in range(2000):
        noise = "".join(chance.choices([*bits, *string.ascii_letters], k=60))
        find_links(noise.encode("utf-8", "replace"), address=BASE, charset=None)


@pytest.mark.parametrize("text", ["{", "{]", '{"a":' + "[" * 100_000, '{"items": 3', "{\ufffd}"])
def test_json_that_cannot_be_read_is_told(text: str, web: Web, desk: Reader) -> None:
    web.answers["/feed.json"] = (200, {}, text.encode())

    assert "is no JSON Feed: " in str(desk.failure(source(web, "/feed.json")))


# Which of them are followed


def test_pages_behind_an_index_come_in_its_order_with_their_dates(web: Web, desk: Reader) -> None:
    web.page("/index.html", html("2024-11-22/a02.txt", "a01-20241121.txt", "b01.txt", "a02.txt#x"))
    for path in ("/2024-11-22/a02.txt", "/a01-20241121.txt", "/a02.txt"):
        web.page(path)

    found, error = desk.scan(source(web, date="%Y%m%d"))

    assert error is None
    assert [(one.name, one.date) for one in found if isinstance(one, RawPage)] == [
        (f"{web.url}/2024-11-22/a02.txt", None),
        (f"{web.url}/a01-20241121.txt", dt.date(2024, 11, 21)),
        (f"{web.url}/a02.txt", None),
    ]


def test_a_feed_has_the_newest_first_and_is_followed_from_its_end(web: Web, desk: Reader) -> None:
    items = "".join(f"<item><link>/a0{number}.txt</link></item>" for number in (3, 2, 1))
    web.page("/rss.xml", f"<rss><channel>{items}</channel></rss>")
    for number in (1, 2, 3):
        web.page(f"/a0{number}.txt")

    assert [name[-5] for name in desk.names(source(web, "/rss.xml", max_links=2))] == ["2", "3"]


def test_an_index_a_day_gives_its_pages_the_day(web: Web, desk: Reader) -> None:
    for day in (21, 22):
        web.page(f"/{day}/index.html", html(f"/{day}/a01.txt"))
        web.page(f"/{day}/a01.txt")

    found, error = desk.scan(source(web, "/{date:%d}/index.html", days_back=2))

    assert error is None
    assert [one.date for one in found if isinstance(one, RawPage)] == [
        dt.date(2024, 11, 21),
        dt.date(2024, 11, 22),
    ]


def test_parts_of_an_index_are_followed_to_a_bound_and_never_in_a_circle(
    web: Web, desk: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(1, 5):
        web.page(f"/i{number}.html", html(f"i{number % 4 + 1}.html", "i1.html", f"a{number}.txt"))
        web.page(f"/a{number}.txt")

    everything = source(web, "/i1.html", next="*/i?.html")
    assert [name[-5] for name in desk.names(everything)] == ["1", "2", "3", "4"]
    assert web.paths[:4] == ["/i1.html", "/i2.html", "/i3.html", "/i4.html"]
    web.requests.clear()
    for _ in range(2):
        desk.scan(source(web, "/i1.html", next="*/i?.html", max_parts=2))
    assert web.paths == ["/i1.html", "/i2.html"] * 2
    assert [one.getMessage() for one in caplog.records] == [
        "web: has more than 2 parts; raise max_parts to read the others"
    ]


def test_no_more_links_are_followed_than_the_bound_and_that_is_told_once(
    web: Web, desk: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    web.page("/index.html", html(*(f"a{number}.txt" for number in range(50))))

    for _ in range(2):
        desk.scan(source(web, max_links=3))

    assert set(web.paths) == {"/index.html", "/a0.txt", "/a1.txt", "/a2.txt"}
    assert [one.getMessage() for one in caplog.records] == [
        "web: links to more than 3 pages; raise max_links to have the others"
    ]


# What is asked for again


def test_an_index_that_has_not_changed_costs_one_question(web: Web, desk: Reader) -> None:
    web.page("/index.html", html("a01.txt"))
    web.page("/a01.txt")
    assert desk.names(source(web)) == [f"{web.url}/a01.txt"]
    web.requests.clear()

    assert desk.names(source(web), now=LATER) == []

    ((path, headers),) = web.requests
    assert (path, headers["If-None-Match"]) == ("/index.html", '"v1"')


def test_so_does_one_whose_server_gives_no_validator(web: Web, desk: Reader) -> None:
    web.answers["/index.html"] = (200, {}, html("a01.txt").encode())
    web.page("/a01.txt")
    desk.scan(source(web))
    web.requests.clear()

    assert desk.names(source(web), now=LATER) == []
    assert web.paths == ["/index.html"]


def test_a_changed_index_has_all_its_pages_asked_for_under_their_validators(
    web: Web, desk: Reader
) -> None:
    web.page("/index.html", html("a01.txt"))
    web.page("/a01.txt")
    desk.scan(source(web))
    web.page("/index.html", html("a01.txt", "a02.txt"), etag='"v2"')
    web.page("/a02.txt")
    web.requests.clear()

    assert desk.names(source(web), now=LATER) == [f"{web.url}/a02.txt"]
    assert web.requests[1][1]["If-None-Match"] == '"v1"'


def test_a_corrected_page_is_found_after_some_hours_though_the_index_is_the_same(
    web: Web, desk: Reader
) -> None:
    web.page("/index.html", html("a01.txt"))
    web.page("/a01.txt")
    desk.scan(source(web))
    web.page("/a01.txt", "corrected", etag='"v2"')

    assert desk.names(source(web), now=LATER) == []
    assert desk.names(source(web), now=NOW + index.RECHECK) == [f"{web.url}/a01.txt"]


def test_other_patterns_and_bounds_hold_at_once(web: Web, desk: Reader) -> None:
    web.page("/index.html", html("a01.txt", "a02.txt", "a03.txt", "b01.txt"))
    for name in ("a01", "a02", "a03", "b01"):
        web.page(f"/{name}.txt")
    desk.scan(source(web, max_links=1))

    assert [name[-7:-4] for name in desk.names(source(web), now=LATER)] == ["a02", "a03"]
    assert desk.names(source(web, links="*.txt"), now=LATER) == [f"{web.url}/b01.txt"]


def test_a_page_that_failed_is_asked_for_again_though_the_index_is_the_same(
    web: Web, desk: Reader
) -> None:
    web.page("/index.html", html("a01.txt", "a02.txt", "a03.txt"))
    web.page("/a01.txt")
    web.answers["/a02.txt"] = (500, {}, b"")
    web.page("/a03.txt")

    found, error = desk.scan(source(web))
    assert [one.name[-7:-4] for one in found] == ["a01", "a03"]
    assert str(error) == (
        f"web: {web.url}/a02.txt: answered 500 Internal Server Error; it is asked again later"
    )
    web.page("/a02.txt")

    assert desk.names(source(web), now=LATER) == [f"{web.url}/a02.txt"]
    assert desk.names(source(web), now=LATER) == []


def test_a_corrected_page_that_failed_is_asked_for_again_too(web: Web, desk: Reader) -> None:
    web.page("/index.html", html("a01.txt"))
    web.page("/a01.txt")
    desk.scan(source(web))
    web.page("/index.html", html("a01.txt", "#corrected"), etag='"v2"')
    web.answers["/a01.txt"] = (500, {}, b"")
    assert desk.scan(source(web), now=LATER)[1] is not None
    web.page("/a01.txt", "corrected", etag='"v2"')

    assert desk.names(source(web), now=LATER) == [f"{web.url}/a01.txt"]


def test_a_link_to_nothing_is_told_once_and_taken_when_it_appears(web: Web, desk: Reader) -> None:
    web.page("/index.html", html("a01.txt", "a02.txt"))
    web.page("/a02.txt")

    (missing, page), error = desk.scan(source(web))

    assert error is None
    assert missing == Refusal(
        source="web",
        name=f"{web.url}/a01.txt",
        validator="missing",
        reason="answered 404 Not Found; it is asked for again at every scan",
    )
    assert page.name == f"{web.url}/a02.txt"
    assert desk.scan(source(web), now=LATER) == ([], None)
    web.page("/a01.txt")
    assert desk.names(source(web), now=LATER) == [f"{web.url}/a01.txt"]


def test_a_page_that_was_taken_and_is_gone_is_no_news(web: Web, desk: Reader) -> None:
    web.page("/index.html", html("a01.txt"))
    web.page("/a01.txt")
    desk.scan(source(web))
    del web.answers["/a01.txt"]

    assert desk.scan(source(web), now=NOW + index.RECHECK) == ([], None)
    assert web.paths[-1] == "/a01.txt"


def test_a_link_that_is_too_large_is_refused_and_the_others_are_taken(
    web: Web, desk: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.page("/index.html", html("a01.txt", "a02.txt"))
    web.answers["/a01.txt"] = (200, {"ETag": '"big"'}, bytes(17 * 2**20))
    web.page("/a02.txt")

    (refused, page), error = desk.scan(source(web))

    assert (error, page.name) == (None, f"{web.url}/a02.txt")
    assert isinstance(refused, Refusal)
    assert (refused.validator, refused.reason[:21]) == ('"big"', "is larger than 16 MiB")
    assert desk.scan(source(web), now=LATER) == ([], None)


def test_a_link_into_a_private_network_is_refused_and_the_others_are_taken(
    web: Web, desk: Reader
) -> None:
    with Web("127.0.0.2") as inner:
        web.page("/index.html", html(f"{inner.url}/a01.txt", "a02.txt"))
        web.page("/a02.txt")

        (refused, page), error = desk.scan(source(web))

        assert inner.requests == []
    assert (error, page.name) == (None, f"{web.url}/a02.txt")
    assert isinstance(refused, Refusal)
    assert "leads to 127.0.0.2, in a private network" in refused.reason


def test_a_busy_host_is_left_alone_and_links_to_others_are_followed(web: Web, desk: Reader) -> None:
    with Web("127.0.0.2") as other:
        web.page("/index.html", html("a01.txt", "a02.txt", f"{other.url}/a03.txt"))
        web.answers["/a01.txt"] = (429, {"Retry-After": "90"}, b"")
        other.page("/a03.txt")

        found, error = desk.scan(source(web, private=True))

        assert [one.name for one in found] == [f"{other.url}/a03.txt"]
    assert error is not None
    assert error.retry_after == 90
    assert web.paths == ["/index.html", "/a01.txt"]


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def test_a_host_that_fails_three_times_is_left_alone(web: Web, desk: Reader) -> None:
    web.page("/index.html", html(*(f"a{number}.txt" for number in range(9)), "a.txt"))
    for number in range(9):
        web.answers[f"/a{number}.txt"] = hang_up

    found, error = desk.scan(source(web))

    assert found == []
    assert len(web.paths) == 4
    assert str(error).endswith("(and others of its addresses)")


def test_an_index_that_is_missing_or_too_large_is_told(
    web: Web, desk: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "index.html: answered 404 Not Found" in str(desk.failure(source(web)))
    web.page("/index.html", html("a01.txt") * 99)
    monkeypatch.setattr(index, "MAX_BYTES", 1000)
    assert "too large for an index" in str(desk.failure(source(web)))


def test_links_bear_no_credentials_and_no_odd_letters(web: Web, desk: Reader) -> None:
    web.page("/index.html", html(f"http://me:secret@127.0.0.1:{web.port}/a 1.txt", "a%201.txt"))
    web.page("/a%201.txt")

    assert desk.names(source(web)) == [f"{web.url}/a%201.txt"]
    assert "Authorization" not in web.requests[1][1]


def test_a_scan_that_ends_in_the_middle_goes_on_where_it_was(web: Web, desk: Reader) -> None:
    web.page("/index.html", html("a01.txt", "a02.txt"))
    web.page("/a01.txt")
    web.page("/a02.txt")
    scanned = sources.scan(
        source(web), ledger=desk.store.ledger, now=NOW, fetch=Fetch(gap_seconds=0)
    )
    next(scanned)
    scanned.close()  # nothing of it was recorded

    assert len(desk.names(source(web))) == 2


def test_pages_that_were_handed_out_and_never_filed_are_handed_out_again(
    web: Web, desk: Reader
) -> None:
    web.page("/index.html", html("a01.txt"))
    web.page("/a01.txt")
    for _ in range(2):  # as when a bulk ingest is killed that had read ahead
        fetch = Fetch(gap_seconds=0)
        found = list(sources.scan(source(web), ledger=desk.store.ledger, now=NOW, fetch=fetch))
        assert [one.name for one in found] == [f"{web.url}/a01.txt"]
