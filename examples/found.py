"""Prints what a store holds: articles by section and the newest headlines.

python examples/found.py CONFIG
"""

import sys
from pathlib import Path

import click

from feeder.config import load_config
from feeder.store import Store

HEADLINES = 8


def main() -> None:
    """Print the counts and the headlines of the configuration's store."""
    config = load_config(Path(sys.argv[1]))
    titles = {part.id: part.title_in(config.site.language) for part in config.section}
    with Store(config.storage.database) as store:
        click.echo(f"Found {store.count()} articles:")
        for section in store.sections():
            count, title = store.count(section), titles.get(section, section)
            click.echo(f"  {count:3}  {section:15} {title}")
        click.echo("Among them:")
        for entry in store.latest(limit=HEADLINES):
            click.echo(f"  {entry.date}  {entry.article.title}")


if __name__ == "__main__":
    main()
