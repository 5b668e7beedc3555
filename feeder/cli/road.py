"""The commands that take pages down the road: ingest, run, publish, reparse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from feeder.cli.context import (
    load_config,
    now_in,
    open_store,
    takes_config,
    takes_workers,
    write_public,
)
from feeder.cli.output import print_failure, print_json, track, waiting
from feeder.logs import FORMATS, default_format

if TYPE_CHECKING:
    from feeder.config import Config
    from feeder.model import Counts, RawPage, Refusal
    from feeder.publish import Published
    from feeder.store import Store

_COUNTED = ("pages", "new", "revised", "same", "failed")


@click.command()
@click.argument("places", nargs=-1, metavar="[PATH|URL]...")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as one JSON object.")
@takes_workers
@takes_config
@click.pass_context
def ingest(ctx: click.Context, places: tuple[str, ...], as_json: bool, workers: int) -> None:
    """Take pages in and publish their articles, once. 导入版面文本并发布一次。

    PATH is a page text or a folder of them; without any PATH or URL, every configured source
    is looked at once. A page that fails is named on stderr, the others are still done (exit 1).
    Many pages are parsed in several processes; what is stored is the same as with one.

    \b
    Example:
      feeder ingest                         every source, as `feeder run` would
      feeder ingest today/*.txt             these pages
      feeder ingest --workers 4 archive     a folder of years, by four processes
      feeder ingest --json https://news.example.org/a01.txt
    """
    config = load_config(ctx)
    with open_store(config) as store:
        counts = _take_in(store, config, places, workers=workers)
        published = write_public(store, config)
    if as_json:
        print_json({name: getattr(counts, name) for name in _COUNTED})
    else:
        _print_counts(counts)
        _print_published(published, config)
    _exit_for(ctx, counts)


@click.command()
@click.option(
    "--log-format",
    type=click.Choice(FORMATS),
    default=default_format,
    show_default="journal under systemd, else text",
    help="Log lines for people, for journald, or one JSON object a line.",
)
@takes_config
@click.pass_context
def run(ctx: click.Context, log_format: str) -> None:
    """Run the service until told to stop. 启动服务：定时检查来源，并提供网页和订阅源。

    Looks at every source when it is due, publishes what is new and, unless switched off
    ([serve] enabled), serves the public folder over HTTP. Stops cleanly on Ctrl-C or SIGTERM,
    and reads the configuration again on SIGHUP.

    \b
    Example:
      feeder run
      feeder --config news/config.toml run
    """
    from feeder import service
    from feeder.config import find_config

    ctx.exit(service.run(find_config(ctx.obj), log_format=log_format))


@click.command()
@takes_config
@click.pass_context
def publish(ctx: click.Context) -> None:
    """Write every feed and page again from the store. 重新生成全部订阅源和网页。

    For after a change of the configuration (title, address, sections, formats). A file that
    would not change is not touched.

    \b
    Example:
      feeder publish
    """
    config = load_config(ctx)
    with open_store(config) as store:
        _print_published(write_public(store, config), config)


@click.command()
@takes_workers
@takes_config
@click.pass_context
def reparse(ctx: click.Context, workers: int) -> None:
    """Run the current parser over the kept page texts. 用当前解析器重新解析已入库的版面。

    For after an upgrade of feeder. Articles keep their identity: subscribers see corrected
    articles, not new ones.

    \b
    Example:
      feeder reparse
    """
    from feeder import ingest as roads

    config = load_config(ctx)
    with open_store(config) as store:
        with waiting("Parsing the kept pages"):
            counts = roads.reparse(store, config, now=now_in(config), workers=workers)
        published = write_public(store, config)
    click.echo(
        f"{counts.pages} pages: {counts.revised} articles revised, {counts.new} split from others, "
        f"{counts.lost} joined to others, {counts.same} the same; {counts.failed} pages failed"
    )
    _print_published(published, config)
    _exit_for(ctx, counts)


def _take_in(store: Store, config: Config, places: tuple[str, ...], *, workers: int) -> Counts:
    from feeder.ingest import ingest_pages

    if not places:
        return _take_in_sources(store, config, workers=workers)
    total = None if any(Path(place).is_dir() for place in places) else len(places)
    pages = track(_read_places(places, config), "Taking pages in", total=total)
    return ingest_pages(store, pages, config, now=now_in(config), workers=workers)


def _take_in_sources(store: Store, config: Config, *, workers: int) -> Counts:
    from feeder.errors import SourceError
    from feeder.ingest import ingest_source
    from feeder.model import Counts

    if not config.source:
        raise click.UsageError("the configuration has no [[source]]; add one, or name a PATH")
    counts = Counts()
    for source in config.source:
        with waiting(f"Looking at {source.label}"):
            try:
                counts += ingest_source(store, source, config, now=now_in(config), workers=workers)
            except SourceError as error:
                counts += Counts(failed=1, failures=((error.source, error.reason),))
    return counts


def _read_places(places: tuple[str, ...], config: Config) -> Iterator[RawPage | Refusal]:
    from feeder import sources

    for place in places:
        if place.startswith(("http://", "https://")):
            yield _fetch(place, config)
        else:
            yield from sources.read_path(Path(place))


def _fetch(address: str, config: Config) -> RawPage | Refusal:
    """The page at the address, or why there is none: the other pages go on."""
    from feeder import sources
    from feeder.errors import PageError, SourceError
    from feeder.model import Refusal

    try:
        return sources.fetch(address, fetch=config.fetch)
    except (PageError, SourceError) as error:
        return Refusal(source="command line", name=address, validator="", reason=error.reason)


def _print_counts(counts: Counts) -> None:
    click.echo(
        f"{counts.pages} pages: {counts.new} new articles, {counts.revised} revised, "
        f"{counts.same} the same; {counts.failed} pages failed"
    )


def _print_published(published: Published, config: Config) -> None:
    click.echo(
        f"{config.storage.public}: {len(published.written)} files written, "
        f"{len(published.removed)} removed, {len(published.unchanged)} unchanged"
    )


def _exit_for(ctx: click.Context, counts: Counts) -> None:
    for name, reason in counts.failures:
        print_failure(name, reason)
    ctx.exit(1 if counts.failed else 0)
