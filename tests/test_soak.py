"""Ten days of a service in a minute, time passed in: every page once, and nothing grows.

Three sources bring 200 pages a day, each of one short article. They are looked at and filed as the
service does it, by its filing process, but for its clock; each evening has its upkeep. Each day
something goes wrong, and once a day a run of `feeder ingest` beside it is killed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import os
import random
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import feedparser
import pytest
from crashing import WATCHED, Launcher, set_page

from feeder import sources
from feeder.config import Config, load_config
from feeder.errors import SourceError
from feeder.filing import Filing
from feeder.ledger import Ledger
from feeder.store import Store

sys.path.append(str(Path(__file__).resolve().parent.parent / "benchmarks"))
from bulk import Desk

FIRST = dt.datetime(2027, 3, 1, 6, tzinfo=ZoneInfo("Asia/Shanghai"))
KILLED_WITHIN = 1.0
"""Seconds in which the run of each evening is killed."""
HOURS = (0, 4, 8, 12)
"""When the sources are looked at."""
IN_FOLDER, AT_URL = 20, 10
"""New pages that a folder, and the day's text at the URL, have every time: 200 a day."""
MORE_MEMORY = 6 * 2**20
"""Bytes that the allocator may keep: 1,600 pages that leak 4 KB each are more."""
SETTINGS = """\
[feeds]
formats = ["atom"]
[fetch]
gap_seconds = 0
[[source]]
name = "town"
folder = "town"
[[source]]
name = "county"
folder = "county"
after = "archive"
[[source]]
name = "harbour"
url = "http://127.0.0.1:{port}/{{date:%Y-%m-%d}}.txt"
"""


@dataclass
class World:
    """What is outside feeder: pages that come, and what goes wrong."""

    folder: Path
    composed: int = 0
    served: dict[str, bytes] = field(default_factory=dict)
    """What the web server has, by path."""
    fails: bool = False
    """Whether it answers 503."""
    refused: int = 0
    """Files that came and are no pages."""
    dropped: set[str] = field(default_factory=set)
    """Pages that were put into the folder that is emptied."""

    def compose(self) -> bytes:
        """A page of one article that is like no other."""
        self.composed += 1
        desk = Desk(self.composed)
        head = "".join(letter for letter in f"{desk.place()}{desk.clause()}" if letter.isalnum())
        text = f"榕江晚报讯（记者/{desk.person()}）{desk.paragraph()}{desk.paragraph()}"
        return set_page((head[:20], text))

    def bring(self, now: dt.datetime) -> None:
        """Pages arrive everywhere; they have come to rest."""
        for place in ("town", "county"):
            for number in range(IN_FOLDER):
                self.drop(place, f"{now:%Y-%m-%d-%H}-{number:02}.txt", self.compose(), now=now)
        address = f"/{now:%Y-%m-%d}.txt"
        before = [self.served[address]] if address in self.served else []
        self.served[address] = b"\f".join([*before, *(self.compose() for _ in range(AT_URL))])

    def drop(
        self, place: str, name: str, data: bytes, *, now: dt.datetime, age: float = 60
    ) -> None:
        path = self.folder / place / name
        path.write_bytes(data)
        if place == "county":
            self.dropped.add(name)
        os.utime(path, (now.timestamp() - age, now.timestamp() - age))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The two folders, and the web server, which is stopped in the end."""
    world = World(tmp_path / "news")
    for name in ("town", "county"):
        (world.folder / name).mkdir(parents=True)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = world.served.get(self.path)
            self.send_response(503 if world.fails else 404 if data is None else 200)
            self.send_header("Content-Length", str(len(data or b"")))
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        (world.folder / "config.toml").write_text(SETTINGS.format(port=server.server_port))
        yield world
        server.shutdown()
        thread.join()


@pytest.fixture
def config(world: World) -> Config:
    """What is watched."""
    return load_config(world.folder / "config.toml")


@pytest.fixture
def filing(config: Config) -> Iterator[Filing]:
    """The service's filing process, which does not end all these days."""
    filing = Filing(config, log_format="text", rest_seconds=3600)
    filing.refile()
    yield filing
    assert filing.stop(seconds=60)


@pytest.mark.timeout(600)
def test_ten_days_with_a_fault_every_day_lose_nothing_and_grow_nowhere(
    world: World, config: Config, filing: Filing
) -> None:
    dice = random.Random(20270301)
    used: list[list[Used]] = []

    with Launcher() as launcher:
        for day, fault in enumerate(FAULTS):
            for hour in HOURS[:-1]:
                now = FIRST + dt.timedelta(days=day, hours=hour)
                world.bring(now)
                with fault(world, now) as troubled:
                    assert look(config, filing, now) == troubled, (day, hour)
                assert look(config, filing, now + dt.timedelta(minutes=10)) == set(), (day, hour)
            evening = FIRST + dt.timedelta(days=day, hours=HOURS[-1])
            world.bring(evening)
            moment = dice.uniform(0, KILLED_WITHIN)
            launcher.run(world.folder, WATCHED, kill_after=moment, now=evening.isoformat())
            assert look(config, filing, evening + dt.timedelta(minutes=10)) == set()
            filing.publish(now=evening)
            filing.keep_up(now=evening)
            used.append([resources(pid) for pid in (os.getpid(), child_named("feeder.filing"))])

    assert_every_page_is_there_once(config, world)
    assert_feeds_are_valid(config)
    (watching, working), (watching_later, working_later) = used[1], used[-1]
    assert watching_later.files == watching.files
    assert working_later.files == working.files
    assert watching_later.memory - watching.memory < MORE_MEMORY
    # SQLite keeps what it has read at hand, up to a bound (store, _CACHED).
    at_hand = config.storage.database.stat().st_size
    assert working_later.memory - working.memory < MORE_MEMORY + at_hand


def look(config: Config, filing: Filing, now: dt.datetime) -> set[str]:
    """Look at every source, as the service does; return those that could not be looked at."""
    troubled = set()
    with Ledger.open(config.storage.database) as ledger:
        for source in config.source:
            try:
                for found in sources.scan(source, ledger=ledger, now=now, fetch=config.fetch):
                    counts = filing.take(found, now=now)
                    reason = counts.failures[0][1] if counts.failures else None
                    sources.put_away(source, found, reason=reason)
            except SourceError:
                troubled.add(source.label)
    return troubled


@dataclass(frozen=True, kw_only=True)
class Used:
    """What a process holds: bytes of memory, and open files."""

    memory: int
    files: int


def resources(pid: int) -> Used:
    gc.collect()
    process = Path(f"/proc/{pid}")
    pages = int((process / "statm").read_text().split()[1])
    files = len(list((process / "fd").iterdir()))
    return Used(memory=pages * os.sysconf("SC_PAGE_SIZE"), files=files)


def child_named(name: str) -> int:
    """The process that this one has started with the name in its command line."""
    tasks = Path("/proc/self/task").glob("*/children")
    children = [pid for task in tasks for pid in task.read_text().split()]
    (found,) = (p for p in children if name in Path(f"/proc/{p}/cmdline").read_text())
    return int(found)


def assert_every_page_is_there_once(config: Config, world: World) -> None:
    with Store(config.storage.database) as store:
        entries = list(store.entries())
        status = store.status()
        states = store.ledger.source_states()
    with closing(sqlite3.connect(config.storage.database)) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        texts = database.execute("select count(*), count(distinct text) from pages").fetchone()
        assert texts == (world.composed, world.composed)
        shown = database.execute("select count(distinct page), count(*) from sightings").fetchone()
    # A page now and then is read as two articles.
    assert shown == (world.composed, len(entries))
    assert len(entries) == len({entry.article.text for entry in entries}) < world.composed + 20
    assert (status.pages, status.revisions) == (world.composed, 0)
    assert sum(state.failed for state in states.values()) == world.refused
    county = world.folder / "county"
    kept = {path.name for path in county.rglob("*.txt") if path.stat().st_size}
    assert kept == world.dropped


def assert_feeds_are_valid(config: Config) -> None:
    """Those of content; what is told the operator has tests of its own."""
    found = config.storage.public.glob("*/atom.xml")
    feeds = [path for path in found if path.parent.name != "operations"]
    assert len(feeds) > 5
    for path in feeds:
        feed = feedparser.parse(path.read_bytes())
        assert not feed.bozo
        assert len({entry.id for entry in feed.entries}) == len(feed.entries) > 0
        assert len({entry.updated for entry in feed.entries}) == len(feed.entries)
        for entry in feed.entries:
            page = config.storage.public / entry.link.removeprefix(config.site.base_url)
            assert page.is_file()


# -- what goes wrong: a day each ------------------------------------------------------------------


@contextlib.contextmanager
def nothing(world: World, now: dt.datetime) -> Iterator[set[str]]:
    """All is well."""
    yield set()


@contextlib.contextmanager
def folder_is_away(world: World, now: dt.datetime) -> Iterator[set[str]]:
    """A mount that comes and goes."""
    folder = world.folder / "town"
    folder.rename(world.folder / "elsewhere")
    yield {"town"}
    (world.folder / "elsewhere").rename(folder)


@contextlib.contextmanager
def half_written(world: World, now: dt.datetime) -> Iterator[set[str]]:
    """A page of which the rest comes after the look."""
    page, name = world.compose(), f"{now:%Y-%m-%d-%H}-late.txt"
    world.drop("town", name, page[: len(page) // 2], now=now, age=0)
    yield set()
    world.drop("town", name, page, now=now)


@contextlib.contextmanager
def refused(world: World, now: dt.datetime) -> Iterator[set[str]]:
    """A file that is no text."""
    world.refused += 1
    world.drop("town", f"{now:%Y-%m-%d-%H}-bad.txt", b"\xff\x00\x81", now=now)
    yield set()


@contextlib.contextmanager
def server_fails(world: World, now: dt.datetime) -> Iterator[set[str]]:
    """It is out of order."""
    world.fails = True
    yield {"harbour"}
    world.fails = False


@contextlib.contextmanager
def database_is_locked(world: World, now: dt.datetime) -> Iterator[set[str]]:
    """Another writer has it for a while."""
    database = sqlite3.connect(world.folder / "feeder.db", check_same_thread=False)
    database.execute("begin immediate")
    timer = threading.Timer(0.2, database.rollback)
    timer.start()
    yield set()
    timer.join()
    database.close()


FAULTS = (
    nothing,
    folder_is_away,
    half_written,
    refused,
    server_fails,
    database_is_locked,
    folder_is_away,
    refused,
    half_written,
    database_is_locked,
)
