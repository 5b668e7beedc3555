"""Folders and URLs → page texts: each new or changed one, once, and nothing half-written."""

import datetime as dt
import gzip
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from feeder import __version__, sources
from feeder.config import Source
from feeder.errors import PageError, SourceError
from feeder.model import MAX_BYTES, RawPage, Refusal
from feeder.sources import url
from feeder.sources.dates import date_in
from feeder.sources.folder import _to_time, is_passed_over

NOW = dt.datetime(2024, 11, 22, 6, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
AN_HOUR_AGO = NOW.timestamp() - 3600


def drop(path: Path, data: bytes = b"page", *, mtime: float = AN_HOUR_AGO) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (mtime, mtime))
    return path


def scan(source: Source, seen: dict[str, str] | None = None) -> list[RawPage | Refusal]:
    return list(sources.scan(source, seen=(seen or {}).get, now=NOW))


def names(source: Source, seen: dict[str, str] | None = None) -> list[str]:
    return [found.name for found in scan(source, seen)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "drop").mkdir()
    return tmp_path / "drop"


# Folders


def test_a_page_is_handed_over_with_all_that_is_known_of_it(folder: Path) -> None:
    path = drop(folder / "晨报" / "2024-11-21-a01.txt", "题".encode())
    source = Source(
        name="drop",
        folder=folder,
        date="%Y-%m-%d",
        publication="晨报",
        language="zh-Hans",
        encoding="gb18030",
    )

    assert scan(source) == [
        RawPage(
            source="drop",
            name="晨报/2024-11-21-a01.txt",
            validator=f"3-{path.stat().st_mtime_ns}",
            data="题".encode(),
            modified=NOW - dt.timedelta(hours=1),
            date=dt.date(2024, 11, 21),
            publication="晨报",
            language="zh-Hans",
            encoding="gb18030",
        )
    ]


def test_pages_come_in_the_order_of_their_names(folder: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a.TXT", "c/d/e.txt", "notes.md"):
        drop(folder / name)

    assert names(Source(folder=folder)) == ["a.TXT", "b.txt", "a/z.txt", "c/d/e.txt"]


def test_what_has_been_dealt_with_is_not_read_again_until_it_changes(folder: Path) -> None:
    path = drop(folder / "a.txt")
    source = Source(folder=folder)
    seen = {found.name: found.validator for found in scan(source)}

    assert names(source, seen) == []
    drop(path, b"corrected")
    assert names(source, seen) == ["a.txt"]


def test_a_file_that_was_just_written_waits(folder: Path) -> None:
    path = drop(folder / "a.txt", mtime=NOW.timestamp() - 1)
    source = Source(folder=folder, settle_seconds=2)

    assert names(source) == []
    drop(path, mtime=NOW.timestamp() - 2)
    assert names(source) == ["a.txt"]


def test_a_file_from_a_sender_whose_clock_is_ahead_does_not_wait_for_hours(folder: Path) -> None:
    drop(folder / "a.txt", mtime=NOW.timestamp() + 7200)

    assert names(Source(folder=folder)) == ["a.txt"]


def test_a_file_that_changes_while_it_is_read_waits(folder: Path) -> None:
    path = drop(folder / "a.txt")
    asked: list[str] = []

    def grow(name: str) -> None:  # asked between the first look at the file and its reading
        asked.append(name)
        drop(path, b"page, longer")

    found = list(sources.scan(Source(folder=folder), seen=grow, now=NOW))

    assert (asked, found) == (["a.txt"], [])


def test_a_time_that_no_calendar_has_does_no_harm() -> None:
    # XFS and tmpfs keep such a time; most file systems clamp it, so it is not made on disk here.
    assert _to_time(2.0**40) is None


@pytest.mark.parametrize(
    "name",
    [
        ".a.txt.Xy12ab", ".syncthing.a.txt.tmp", "~syncthing~a.txt.tmp", "a.txt.part",
        "a.txt.crdownload", "a.txt.download", "a.txt~", ".a.txt.swp", "a.txt.filepart", "#a.txt#",
        "~$a.txt", ".DS_Store", "._a.txt", "Thumbs.db", "@eaDir", ".hidden", "lost+found",
    ],
)  # fmt: skip
def test_temporary_names_and_litter_are_passed_over(folder: Path, name: str) -> None:
    drop(folder / name)
    drop(folder / "sub" / name / "inside.txt")

    assert is_passed_over(name)
    assert names(Source(folder=folder, patterns=("*",))) == []


@pytest.mark.parametrize("name", ["a.txt", "a~b.txt", "part.txt", "晨报A01.txt", "#1.txt"])
def test_ordinary_names_are_not_passed_over(name: str) -> None:
    assert not is_passed_over(name)


def test_a_link_that_leaves_the_folder_is_passed_over(folder: Path) -> None:
    secret = drop(folder.parent / "secret.txt")
    inside = drop(folder / "a.txt")
    (folder / "out.txt").symlink_to(secret)
    (folder / "outside").symlink_to(folder.parent, target_is_directory=True)
    (folder / "in.txt").symlink_to(inside)
    (folder / "nowhere.txt").symlink_to("nothing.txt")
    (folder / "round.txt").symlink_to("round.txt")

    assert names(Source(folder=folder)) == ["a.txt", "in.txt"]


def test_a_file_swapped_for_a_link_after_the_listing_is_not_read(folder: Path) -> None:
    secret = drop(folder.parent / "secret.txt")
    path = drop(folder / "a.txt")

    def swap(_name: str) -> None:
        path.unlink(missing_ok=True)
        path.symlink_to(secret)

    assert list(sources.scan(Source(folder=folder), seen=swap, now=NOW)) == []


def test_the_folder_itself_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    drop(folder / "a.txt")
    (tmp_path / "link").symlink_to(folder)

    assert names(Source(folder=tmp_path / "link")) == ["a.txt"]


def test_what_is_no_regular_file_is_passed_over(folder: Path) -> None:
    os.mkfifo(folder / "pipe.txt")

    assert names(Source(folder=folder, settle_seconds=0)) == []


def test_a_page_too_large_to_be_one_is_refused_unread_and_once(folder: Path) -> None:
    path = folder / "a.txt"
    path.touch()
    os.truncate(path, MAX_BYTES + 1)
    os.utime(path, (AN_HOUR_AGO, AN_HOUR_AGO))
    source = Source(name="drop", folder=folder)

    (refusal,) = scan(source)

    assert isinstance(refusal, Refusal)
    assert "larger than 16 MiB" in refusal.reason
    assert scan(source, {"a.txt": refusal.validator}) == []


@pytest.mark.parametrize(
    "name", [b"\xb1\xa8\xd6\xbd.txt", b"two\nlines.txt", b"\x1b[31mred.txt"], ids=repr
)
def test_a_name_that_cannot_be_stored_or_shown_is_refused(folder: Path, name: bytes) -> None:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
    drop(path)

    (refusal,) = scan(Source(folder=folder))

    assert isinstance(refusal, Refusal)
    assert refusal.name.isprintable()
    assert "rename it" in refusal.reason


@pytest.fixture
def common_folder() -> Iterator[Path]:
    """A folder of a user without rights, whom the test becomes: root may read everything."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        me = os.geteuid()
        if me == 0:
            os.chown(name, 65534, 65534)
            os.seteuid(65534)
        yield Path(name)
        os.seteuid(me)


def test_a_file_that_may_not_be_read_is_told_once_and_taken_when_it_may(
    common_folder: Path,
) -> None:
    path = drop(common_folder / "a.txt")
    path.chmod(0)
    source = Source(name="drop", folder=common_folder)

    (refusal,) = scan(source)
    seen = {"a.txt": refusal.validator}

    assert refusal == Refusal(
        source="drop",
        name="a.txt",
        validator="unread",
        reason="may not be read; let the user that feeder runs as read it",
    )
    assert scan(source, seen) == []
    path.chmod(0o600)
    assert names(source, seen) == ["a.txt"]


def test_a_subfolder_that_may_not_be_listed_is_told_and_the_others_are_done(
    common_folder: Path,
) -> None:
    drop(common_folder / "a" / "a.txt").parent.chmod(0)
    drop(common_folder / "b" / "b.txt")

    refusal, page = scan(Source(folder=common_folder))
    (common_folder / "a").chmod(0o700)

    assert isinstance(refusal, Refusal)
    assert (refusal.name, page.name) == ("a/", "b/b.txt")


def test_a_folder_that_is_missing_is_told_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder; make it") as caught:
        scan(Source(name="drop", folder=tmp_path / "none"))

    assert caught.value.source == "drop"


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is no folder"):
        scan(Source(folder=drop(tmp_path / "a.txt")))


# Putting away


def test_a_taken_file_moves_to_done_and_a_refused_one_to_failed_with_its_reason(
    folder: Path,
) -> None:
    drop(folder / "sub" / "good.txt", b"good")
    drop(folder / "bad.txt", b"bad")
    source = Source(folder=folder, after="archive")
    bad, good = scan(source)

    sources.put_away(source, good)
    sources.put_away(source, bad, reason="is a PDF")

    assert (folder / "done" / "sub" / "good.txt").read_bytes() == b"good"
    assert (folder / "failed" / "bad.txt").read_bytes() == b"bad"
    assert (folder / "failed" / "bad.txt.reason.txt").read_text() == "is a PDF\n"
    assert scan(source) == []


def test_nothing_in_the_archive_is_overwritten(folder: Path) -> None:
    source = Source(folder=folder, after="archive")
    for data in (b"first", b"second", b"third"):
        drop(folder / "a.txt", data)
        (page,) = scan(source)
        sources.put_away(source, page)

    kept = {path.name: path.read_bytes() for path in (folder / "done").iterdir()}
    assert kept == {"a.txt": b"first", "a.2.txt": b"second", "a.3.txt": b"third"}


def test_delete_removes_what_was_taken_and_keeps_what_was_refused(folder: Path) -> None:
    drop(folder / "bad.txt")
    drop(folder / "good.txt")
    source = Source(folder=folder, after="delete")
    bad, good = scan(source)

    sources.put_away(source, bad, reason="is a PDF")
    sources.put_away(source, good)

    assert [path.name for path in folder.iterdir()] == ["bad.txt"]


@pytest.mark.parametrize("after", ["archive", "delete"])
def test_a_file_that_changed_since_it_was_read_stays(folder: Path, after: str) -> None:
    path = drop(folder / "a.txt")
    source = Source.model_validate({"folder": folder, "after": after})
    (page,) = scan(source)
    drop(path, b"corrected")

    sources.put_away(source, page)

    assert path.read_bytes() == b"corrected"


def test_by_default_a_file_stays_where_it_was_dropped(folder: Path) -> None:
    path = drop(folder / "done" / "a.txt")
    source = Source(folder=folder)
    (page,) = scan(source)

    sources.put_away(source, page)

    assert path.exists()


def test_a_file_that_cannot_be_put_away_is_told(common_folder: Path) -> None:
    drop(common_folder / "a.txt")
    source = Source(folder=common_folder, after="delete")
    (page,) = scan(source)
    common_folder.chmod(0o500)

    with pytest.raises(SourceError, match=r"a\.txt cannot be put away"):
        sources.put_away(source, page)
    common_folder.chmod(0o700)


# By hand


def test_a_file_given_by_hand_is_read_at_once_under_its_absolute_path(folder: Path) -> None:
    path = drop(folder / "a.md", mtime=dt.datetime.now(dt.UTC).timestamp())

    page = sources.read_file(folder / ".." / "drop" / "a.md")

    assert (page.source, page.name, page.data) == ("command line", str(path), b"page")


def test_a_folder_given_by_hand_is_all_its_pages(folder: Path) -> None:
    for name in ("b.txt", "sub/a.txt", "notes.md", ".hidden.txt"):
        drop(folder / name)

    found = list(sources.read_path(folder))

    assert [page.name for page in found] == [str(folder / "b.txt"), str(folder / "sub/a.txt")]


def test_what_cannot_be_read_by_hand_is_refused_with_the_reason(folder: Path) -> None:
    with pytest.raises(PageError, match="there is no such file"):
        sources.read_file(folder / "none.txt")
    (missing,) = sources.read_path(folder / "none.txt")
    (empty,) = sources.read_path(folder)

    assert isinstance(missing, Refusal)
    assert "no such file" in missing.reason
    assert isinstance(empty, Refusal)
    assert "holds no page text" in empty.reason


# Dates


@pytest.mark.parametrize(
    ("name", "pattern", "date"),
    [
        ("heshan-2024-11-22-a01.txt", "%Y-%m-%d", "2024-11-22"),
        ("2024-1-5.txt", "%Y-%m-%d", "2024-01-05"),
        ("A0120241122.txt", "%Y%m%d", "2024-11-22"),
        ("2024-11/22/a01.txt", "%Y-%m/%d", "2024-11-22"),
        ("晨报2024年11月22日.txt", "%Y年%m月%d日", "2024-11-22"),
        ("99-2024-13-40 2024-02-29.txt", "%Y-%m-%d", "2024-02-29"),
        ("24327.txt", "%y%j", "2024-11-22"),
        ("2024-11.txt", "%Y-%m-%d", None),
        ("2024112.txt", "%Y%m%d", None),
        ("a.txt", None, None),
        ("晨报 2024-11-22 A01.txt", None, "2024-11-22"),
        ("20241122.txt", None, None),
        ("12024-11-22.txt", None, None),
    ],
)
def test_the_date_in_a_name_is_found(name: str, pattern: str | None, date: str | None) -> None:
    found = date_in(name, pattern)

    assert (found and found.isoformat()) == date


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
