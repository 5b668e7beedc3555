"""The commands: arguments, wiring and exit codes, nothing else.

Heavy libraries and rooms are imported inside the commands that use them, so that
`feeder --help` costs little more than click (benchmarks/startup.py).
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import io
import os
import sys
from typing import IO, Any

import click

from feeder import __version__
from feeder.errors import ConfigError, FeederError

# Each command, the module that holds it and what it does, in a newcomer's order: written here
# so that --help imports no command.
_COMMANDS = {
    "init": ("setup", "Write a commented config.toml and make its folders."),
    "check": ("setup", "Say what is wrong with the configuration and its folders."),
    "run": ("road", "Run the service: watch the sources, serve the feeds."),
    "ingest": ("road", "Take pages in and publish their articles, once."),
    "publish": ("road", "Write every feed and page again from the store."),
    "reparse": ("road", "Run the current parser over the kept page texts."),
    "parse": ("pages", "Show the articles of page texts; stores nothing."),
    "explain": ("pages", "Show, line by line, what became of a page."),
    "search": ("desk", "Find articles by words."),
    "withdraw": ("desk", "Take an article out of feeds and pages for good."),
    "status": ("desk", "Show how the sources fare, counts and failures."),
    "backup": ("keeping", "Make a checked backup of the database, now."),
    "restore": ("keeping", "Put a backup in the database's place."),
}
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
    """The group of all commands; a command's module is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which they are to be read."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, or None where there is none of that name."""
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"feeder.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each command does."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in _COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what feeder raises on purpose becomes a line and an exit code."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            raise Misconfigured(str(error)) from error
        except FeederError as error:
            raise Trouble(str(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read has gone; click ends the command
                raise
            raise Trouble(f"{error.filename or 'the output'}: {error.strerror}") from error
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


def main() -> None:
    """Run the command line."""
    # numpy's threads wait for one another by spinning: on matrices as small as a page's that costs
    # more than it gains (16 ms of CPU a page instead of 4 on two cores).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        # A terminal whose locale lacks a letter shows "?" instead of a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    with contextlib.suppress(KeyboardInterrupt):
        feeder(prog_name="feeder")
    sys.exit(_INTERRUPTED)
