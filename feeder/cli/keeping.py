"""Keeping the database: backup, restore."""

from __future__ import annotations

from pathlib import Path

import click

from feeder.cli.context import load_config, now_in, open_store, takes_config


@click.command()
@click.argument("file", metavar="[FILE]", required=False, type=Path)
@takes_config
@click.pass_context
def backup(ctx: click.Context, file: Path | None) -> None:
    """Make a checked backup of the database, now. 立即备份数据库并校验。

    Into [upkeep] backups under today's date, the oldest ones removed; or as FILE, which must not be
    there yet. The service and other commands may go on meanwhile.

    \b
    Example:
      feeder backup
      feeder backup /mnt/usb/feeder.db
    """
    from feeder import upkeep
    from feeder.ledger import Job

    config = load_config(ctx)
    now = now_in(config)
    removed: tuple[Path, ...] = ()
    if file:
        upkeep.back_up_to(config, file)
    else:
        file, removed = upkeep.back_up(config, now=now)
    with open_store(config) as store, store.transaction():
        store.ledger.record_done(Job.BACKUP, now=now)
    size = file.stat().st_size / 1_000_000
    click.echo(f"{file}: {size:.1f} MB, checked; {len(removed)} older backups removed")


@click.command()
@click.argument("file", metavar="FILE", type=Path)
@takes_config
@click.pass_context
def restore(ctx: click.Context, file: Path) -> None:
    """Put a backup in the database's place. 用备份恢复数据库。

    Stop the service first: nobody may have the database open. FILE is checked before, and stays.
    The database that was there is kept beside, as NAME.before-restore-TIME. Pages that came after
    the backup are taken again from the drop folder where they still lie.

    \b
    Example:
      systemctl stop feeder
      feeder restore backups/feeder-2026-11-24.db
      feeder publish
    """
    from feeder import upkeep

    config = load_config(ctx)
    aside = upkeep.restore(config, file, now=now_in(config))
    click.echo(f"{config.storage.database}: restored from {file}")
    if aside:
        click.echo(f"{aside}: what was there before")
    click.echo("next: feeder publish")
