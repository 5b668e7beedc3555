"""Real readers subscribe: every entry once, a corrected one stays one, a new one arrives once."""

from __future__ import annotations

import datetime as dt
import functools
import http.server
import os
import sqlite3
import subprocess
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import feedparser
import pytest
import reader
from newsstand import ENTRIES, MARKET, Shelf, entry, needs

from feeder.config import Config, Site, Storage
from feeder.publish import publish

NEW = entry(6, replace(MARKET, headline="集市新添二十个摊位"))
CORRECTED = replace(
    ENTRIES[0],
    article=replace(ENTRIES[0].article, headline="白鹭洲渡口夜航明晚开通"),
    updated=ENTRIES[0].updated + dt.timedelta(hours=1),
)
BEFORE = Shelf(ENTRIES)
AFTER = Shelf((NEW, CORRECTED, *ENTRIES[1:]))
TYPES = {
    ".xml": "application/xml",
    "rss.xml": "application/rss+xml; charset=utf-8",
    "atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json",
}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files with their media types and an ETag, as any web server does it."""

    statuses: list[int]

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        return TYPES.get(Path(path).name) or super().guess_type(path)

    def send_head(self):  # type: ignore[no-untyped-def]
        path = Path(self.translate_path(self.path))
        self.etag = f'"{zlib.crc32(path.read_bytes()):x}"' if path.is_file() else None
        if self.etag and self.headers.get("If-None-Match") == self.etag:
            self.send_response(304)
            self.end_headers()
            return None
        return super().send_head()

    def end_headers(self) -> None:
        if self.etag:
            self.send_header("ETag", self.etag)
        super().end_headers()

    def log_request(self, code: object = "-", size: object = "-") -> None:
        self.server.statuses.append(int(code))  # type: ignore[attr-defined, call-overload]


@dataclass(frozen=True)
class Newsstand:
    """A published folder, served."""

    public: Path
    url: str
    statuses: list[int]

    def show(self, shelf: Shelf) -> None:
        site = Site(title="榕江新闻", base_url=self.url)
        publish(shelf, Config(site=site, storage=Storage(public=self.public)))


@contextmanager
def served(public: Path) -> Iterator[Newsstand]:
    handler = functools.partial(Handler, directory=public)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.statuses = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield Newsstand(public, f"http://127.0.0.1:{server.server_port}/", server.statuses)  # type: ignore[attr-defined]
        server.shutdown()


@pytest.fixture
def newsstand(tmp_path: Path) -> Iterator[Newsstand]:
    with served(tmp_path / "public") as stand:
        stand.show(BEFORE)
        yield stand


@needs("newsboat")
@pytest.mark.parametrize("name", ["rss.xml", "atom.xml"])
def test_newsboat_shows_every_article_once(newsstand: Newsstand, tmp_path: Path, name: str) -> None:
    (tmp_path / "config").write_text("")
    (tmp_path / "urls").write_text(f"{newsstand.url}all/{name}\n")

    def titles() -> dict[str, str]:
        command = ["newsboat", "-q", "-C", "config", "-u", "urls", "-c", "cache.db", "-x", "reload"]
        variables = {"LC_ALL": "C.UTF-8", "HOME": str(tmp_path), "PATH": os.environ["PATH"]}
        subprocess.run(command, cwd=tmp_path, env=variables, check=True, capture_output=True)
        with closing(sqlite3.connect(tmp_path / "cache.db")) as cache:
            rows = cache.execute("select guid, title from rss_item").fetchall()
        assert len(rows) == len(dict(rows))
        return dict(rows)

    # Newsboat's first two reloads are unconditional.
    first, second, third = titles(), titles(), titles()
    not_modified = newsstand.statuses[-1]
    newsstand.show(AFTER)
    # Newsboat's curl drops what is not newer by the second than what it has.
    later = (newsstand.public / "all" / name).stat().st_mtime + 2
    os.utime(newsstand.public / "all" / name, (later, later))
    fourth = titles()

    assert first == second == third == {each.guid: each.article.title for each in ENTRIES}
    assert not_modified == 304
    assert fourth == {
        **first,
        NEW.guid: NEW.article.title,
        CORRECTED.guid: CORRECTED.article.title,
    }


@pytest.mark.parametrize("name", ["rss.xml", "atom.xml", "feed.json"])
def test_reader_counts_new_and_corrected(newsstand: Newsstand, name: str) -> None:
    with closing(reader.make_reader(":memory:", feed_root=None)) as mine:
        mine.add_feed(f"{newsstand.url}all/{name}")

        def update() -> tuple[int, int]:
            (result,) = mine.update_feeds_iter(scheduled=False)
            assert not isinstance(result.value, Exception), result.value
            return (result.value.new, result.value.modified) if result.value else (0, 0)

        first, second = update(), update()
        not_modified = newsstand.statuses[-1]
        newsstand.show(AFTER)
        third, fourth = update(), update()
        shown = {each.id: each.title for each in mine.get_entries()}

    assert (first, second, third, fourth) == ((5, 0), (0, 0), (1, 1), (0, 0))
    assert not_modified == 304
    assert shown == {each.guid: each.article.title for each in AFTER.shown}


@pytest.mark.parametrize("name", ["rss.xml", "atom.xml"])
def test_feedparser_is_told_when_nothing_changed(newsstand: Newsstand, name: str) -> None:
    url = f"{newsstand.url}all/{name}"

    first = feedparser.parse(url)
    second = feedparser.parse(url, etag=first.etag)
    newsstand.show(AFTER)
    third = feedparser.parse(url, etag=first.etag)

    assert (first.status, first.bozo, len(first.entries)) == (200, False, 5)
    assert (second.status, second.entries) == (304, [])
    assert (third.status, [each.id for each in third.entries]) == (
        200,
        [each.guid for each in AFTER.shown],
    )


def test_a_reader_finds_each_articles_page_behind_its_link(newsstand: Newsstand) -> None:
    parsed = feedparser.parse(f"{newsstand.url}all/atom.xml")

    pages = [newsstand.public / each.link.removeprefix(newsstand.url) for each in parsed.entries]

    assert [page.is_file() for page in pages] == [True] * 5
