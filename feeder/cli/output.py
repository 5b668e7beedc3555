"""What commands print: JSON, failures, and progress for whoever is watching."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any, TypeVar

import click

T = TypeVar("T")


def print_json(value: Any) -> None:
    """Print one line of JSON, in UTF-8 whatever the locale."""
    import json

    line = json.dumps(value, ensure_ascii=False, default=str)
    # A lone surrogate, from an odd file name, has no UTF-8; the rest of the line has.
    click.echo(line.encode("utf-8", errors="replace"))


def print_failure(name: str, reason: str) -> None:
    """Name a failed page and why, on stderr."""
    click.echo(f"feeder: {name}: {reason}", err=True)


def short_name(name: str) -> str:
    """Return the file's name without its folders."""
    return PurePath(name).name or name


def track(items: Iterable[T], what: str, *, total: int | None = None) -> Iterator[T]:
    """Yield the items, behind a progress bar on stderr where that is a terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track as tracked

    # Leaves stdout alone: results may go to a terminal too, or into a pipe.
    console = Console(stderr=True)
    yield from tracked(items, what, total=total, console=console, transient=True)


@contextlib.contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show that work goes on whose length is unknown, where stderr is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield
