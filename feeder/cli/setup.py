"""Setting up: init, check."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from feeder.cli.context import takes_config

if TYPE_CHECKING:
    from feeder.config import Config, Source

Fault = tuple[str, str]


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=Path)
def init(folder: Path) -> None:
    """Write a commented config.toml and make the folders it names. 生成配置文件和目录。

    DIR is the folder to begin in, this one if absent. Nothing is ever overwritten: where a
    config.toml stands already, only folders that are missing are made.

    \b
    Example:
      feeder init news
    """
    from feeder import config as configs
    from feeder.errors import ConfigError

    path = folder / "config.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        created = _write_new(path, configs.template())
        config = configs.load_config(path)
        for needed in _folders(config):
            needed.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        place = str(error.filename or path)
        raise ConfigError(place, [("", f"cannot be made: {error.strerror}")]) from error
    click.echo(f"{path}: {'written' if created else 'is there already and stays as it is'}")
    for source in config.source:
        click.echo(f"pages go into {source.folder or source.url}")
    click.echo(f"next: feeder --config {path} run")


@click.command()
@takes_config
@click.pass_context
def check(ctx: click.Context) -> None:
    """Say what is wrong with the configuration and its folders. 检查配置和目录。

    Every fault is named with its key and makes the exit code 2. Hints are about what works
    but is probably not meant.

    \b
    Example:
      feeder check
      feeder --config news/config.toml check
    """
    from feeder import config as configs
    from feeder.errors import ConfigError

    path = configs.find_config(ctx.obj)
    config = configs.load_config(path)
    for hint in _hints(config):
        click.echo(f"hint: {hint}", err=True)
    faults = list(_faults(config))
    if faults:
        raise ConfigError(str(path), faults)
    click.echo(f"{path}: in order; {len(config.source)} sources, {len(config.section)} sections")


def _write_new(path: Path, text: str) -> bool:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def _folders(config: Config) -> Iterator[Path]:
    yield config.storage.public
    yield config.storage.database.parent
    yield from (source.folder for source in config.source if source.folder)


def _faults(config: Config) -> Iterator[Fault]:
    yield from _database_faults(config.storage.database)
    yield from _made_later_faults(config.storage.public, key="storage.public")
    if config.upkeep.keep_backups:
        yield from _made_later_faults(config.upkeep.backups, key="upkeep.backups")
    if not config.source:
        yield "source", "there is none; add a [[source]] with a folder or a url"
    for place, source in enumerate(config.source):
        if source.folder:
            yield from _source_faults(source, source.folder, key=f"source[{place}].folder")


def _database_faults(path: Path) -> Iterator[Fault]:
    key = "storage.database"
    if path.is_dir():
        yield key, f"{path} is a folder; name a file"
    elif path.exists() and not os.access(path, os.R_OK | os.W_OK):
        yield key, f"{path} cannot be read and written by this user; change its owner or mode"
    else:
        # SQLite writes its journal beside the database.
        yield from _writable_faults(path.parent, key=key)


def _made_later_faults(path: Path, *, key: str) -> Iterator[Fault]:
    # It is made when it is needed first: only what it would be made in must be there.
    yield from _writable_faults(path if path.exists() else path.parent, key=key)


def _writable_faults(folder: Path, *, key: str) -> Iterator[Fault]:
    if not folder.is_dir():
        yield key, f"there is no folder {folder}; `feeder init` or mkdir makes it"
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield key, f"{folder} cannot be written by this user; change its owner or mode"


def _source_faults(source: Source, folder: Path, *, key: str) -> Iterator[Fault]:
    if source.after != "keep":
        yield from _writable_faults(folder, key=key)
    elif not folder.is_dir():
        yield key, f"there is no folder {folder}; `feeder init` or mkdir makes it"
    elif not os.access(folder, os.R_OK | os.X_OK):
        yield key, f"{folder} cannot be read by this user; change its owner or mode"


def _hints(config: Config) -> Iterator[str]:
    from urllib.parse import urlsplit

    address = urlsplit(config.site.base_url)
    if address.hostname in ("127.0.0.1", "localhost", "::1"):
        yield "site.base_url: only this machine can follow the links in the feeds"
        if config.serve.enabled and config.serve.port not in (0, address.port or 80):
            yield f"site.base_url: does not lead to serve.port {config.serve.port}"
    if config.site.authority.startswith("example."):
        yield "site.authority: is the example; put a domain of yours before others subscribe"
    for place, source in enumerate(config.source):
        if source.name == source.url and urlsplit(source.url or "").query:
            yield (
                f"source[{place}].name: without one it is called by its URL, with the query, "
                "also on the operations page; secrets belong into headers_file"
            )
    yield from _section_hints(config)


def _section_hints(config: Config) -> Iterator[str]:
    """What may not be meant: topics without a home, papers that no source names."""
    from feeder import iptc

    claimed = {topic for section in config.section for topic in section.topics}
    homeless = [topic.id for topic in iptc.TOPICS if iptc.PREFIX + topic.code not in claimed]
    if homeless and claimed:
        yield (
            f"section: no section has the topics {', '.join(homeless)}; articles on them go where "
            "they fit next best"
        )
    elif homeless:
        yield "section: no section has topics; an article that fits none goes into the first"
    named = {source.publication for source in config.source}
    for place, section in enumerate(config.section):
        for publication in section.publications:
            if publication not in named:
                yield f"section[{place}].publications: no source is of {publication}"
