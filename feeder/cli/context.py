"""What the commands that work on a store share: its configuration, itself, the clock."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import datetime as dt

    from feeder.config import Config
    from feeder.publish import Published
    from feeder.store import Store

_MOST_WORKERS = 8
"""More would wait for the one process that files."""


def _name_config(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.obj = value


takes_config = click.option(
    "--config",
    metavar="FILE",
    expose_value=False,
    callback=_name_config,
    help="The configuration, here as well as before the command.",
)
"""Gives a command the option `--config`: people write it on either side of the command."""

takes_workers = click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(min=1),
    default=lambda: min(os.cpu_count() or 1, _MOST_WORKERS),
    show_default=f"one a core, at most {_MOST_WORKERS}",
    help="Processes that parse; 1 parses in feeder's own.",
)
"""Gives a command the option `--workers`."""


def load_config(ctx: click.Context) -> Config:
    """Return the configuration that `--config` names, else that of the usual places."""
    from feeder import config as configs

    return configs.load_config(configs.find_config(ctx.obj))


def open_store(config: Config) -> Store:
    """Return the configuration's store, to be used in a `with` block."""
    import logging

    from feeder.store import Store

    # A command prints each failure itself; the log, unheard, must not print it a second time.
    logging.getLogger("feeder").addHandler(logging.NullHandler())
    return Store(config.storage.database)


def now_in(config: Config) -> dt.datetime:
    """Return the time in the newspapers' zone."""
    import datetime as dt

    return dt.datetime.now(config.site.zone)


def write_public(store: Store, config: Config) -> Published:
    """Write what readers see, where it differs from what is there."""
    from feeder.cli.output import waiting
    from feeder.ingest import refile
    from feeder.ledger import Job
    from feeder.publish import publish

    with waiting("Writing feeds and pages"):
        refile(store, config)
        published = publish(store, config)
    with store.transaction():
        store.ledger.record_done(Job.PUBLISH, now=now_in(config))
    return published
