"""What many tests need: a store, a configuration, articles."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from crashing import Launcher, quick_room
from newsweb import Reader, Web, reader

from feeder.config import Config, load_config
from feeder.model import Article, BodyItem
from feeder.store import Store

ZONE = zoneinfo.ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=ZONE)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The default configuration, with one folder as its source."""
    (tmp_path / "drop").mkdir()
    path = tmp_path / "config.toml"
    path.write_text('[[source]]\nname = "drop"\nfolder = "drop"\nsettle_seconds = 0\n')
    return load_config(path)


@pytest.fixture
def store(config: Config) -> Iterator[Store]:
    """An empty store."""
    with Store(config.storage.database) as opened:
        yield opened


@pytest.fixture
def make_article() -> Callable[..., Article]:
    """Makes an article of paragraphs."""

    def make(*paragraphs: str, **fields: object) -> Article:
        body = tuple(BodyItem(type="p", text=text) for text in paragraphs)
        return Article(**{"headline": "云岭镇早稻收割过七成", "body": body} | fields)  # type: ignore[arg-type]

    return make


@pytest.fixture
def web() -> Iterator[Web]:
    """A server on loopback that says what a test has it say."""
    with Web() as web:
        yield web


@pytest.fixture
def desk() -> Reader:
    """What looks at a source of its, as often as a test wants."""
    return reader()


@pytest.fixture(scope="module")
def launchers() -> Iterator[list[Launcher]]:
    """What starts runs that are killed or hit by faults, one a core."""
    with Launcher() as one, Launcher() as other:
        yield [one, other]


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    """Where such runs have their files."""
    with quick_room() as folder:
        yield folder
