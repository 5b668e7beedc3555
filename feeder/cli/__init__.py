"""The commands: arguments, wiring and exit codes, nothing else.

Heavy libraries and rooms are imported inside the commands that use them, so that
`feeder --help` costs little more than click (benchmarks/startup.py).
"""

from __future__ import annotations

import contextlib
import io
import sys
from typing import IO, Any

import click

from feeder import __version__
from feeder.cli import desk, pages, road, setup
from feeder.errors import ConfigError, FeederError

# 128 + SIGINT, as shells say it.
_INTERRUPTED = 130


class Trouble(click.ClickException):
    """What stopped a command, a line each; exit 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it on stderr."""
        for line in self.message.splitlines():
            click.echo(f"feeder: {line}", err=True, file=file)


class Misconfigured(Trouble):
    """Every fault of a configuration, a line each; exit 2."""

    exit_code = 2


class Feeder(click.Group):
    """The group of all commands, in the order in which a newcomer meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which they were added."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what feeder raises on purpose becomes a line and an exit code."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            raise Misconfigured(str(error)) from error
        except FeederError as error:
            raise Trouble(str(error)) from error
        except KeyboardInterrupt:
            click.echo(err=True)
            ctx.exit(_INTERRUPTED)


@click.group(cls=Feeder, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config",
    metavar="FILE",
    help="The configuration.  [default: $FEEDER_CONFIG, ./config.toml, /etc/feeder/config.toml]",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def feeder(ctx: click.Context, config: str | None) -> None:
    """Turn newspaper page texts into feeds people subscribe to.

    A page text is what a PDF text extractor prints for one newspaper page, in Chinese or
    English. feeder takes it apart into articles and publishes them, by section, as RSS, Atom,
    JSON Feed and web pages. 把报纸版面文本变成可订阅的 RSS/Atom/JSON 信息源。

    \b
    To begin:
      feeder init news              makes news/config.toml and its folders
      cd news && feeder run         takes what is dropped into news/drop and serves the feeds

    Exit codes: 0 done; 1 some page failed; 2 wrong usage or configuration.
    """
    ctx.obj = config


for _command in (
    setup.init, setup.check, road.run, road.ingest, road.publish, road.reparse,
    pages.parse, pages.explain, desk.search, desk.withdraw, desk.status,
):  # fmt: skip
    feeder.add_command(_command)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal whose locale lacks a letter shows "?" instead of a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    with contextlib.suppress(KeyboardInterrupt):
        feeder(prog_name="feeder")
    sys.exit(_INTERRUPTED)
