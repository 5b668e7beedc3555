"""The editor's desk: search, withdraw, status."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from feeder.cli.context import load_config, now_in, open_store, takes_config, write_public
from feeder.cli.output import print_json

if TYPE_CHECKING:
    from feeder.store import Hit


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, in UTF-8.")
@takes_config
@click.pass_context
def search(ctx: click.Context, words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find articles that hold all the words. 搜索文章，一两个汉字也可以。

    Those with all the words in the title come first, then the newest. Words in letters and figures
    are found by their beginning; case, accents and width make no difference.

    Prints each article's number (for `feeder withdraw`), its day, its title and where it was
    found, the words in bold; with --json also where they begin and end, counted in characters.

    \b
    Example:
      feeder search 轻轨
      feeder search --limit 5 harbour ferry
    """
    config = load_config(ctx)
    with open_store(config) as store:
        hits = store.search(" ".join(words), limit=limit)
    if as_json:
        print_json({"words": " ".join(words), "hits": [_to_object(hit) for hit in hits]})
        return
    for hit in hits:
        title = _in_bold(hit.entry.article.title, hit.title_marks)
        click.echo(f"{hit.entry.id:6}  {hit.entry.date}  {title}")
        click.echo(f"        {_in_bold(hit.excerpt, hit.marks)}")
    if not hits:
        click.echo(f"nothing found for {' '.join(words)}", err=True)


def _to_object(hit: Hit) -> dict[str, object]:
    return {
        "id": hit.entry.id,
        "date": hit.entry.date,
        "title": hit.entry.article.title,
        "title_marks": hit.title_marks,
        "excerpt": hit.excerpt,
        "marks": hit.marks,
    }


def _in_bold(text: str, marks: Sequence[tuple[int, int]]) -> str:
    """The text with its marks in bold; `click.echo` takes that away where there is no terminal."""
    pieces, last = [], 0
    for start, end in marks:
        pieces += [text[last:start], click.style(text[start:end], bold=True)]
        last = end
    return "".join([*pieces, text[last:]])


@click.command()
@click.argument("entry_id", metavar="ID", type=int)
@takes_config
@click.pass_context
def withdraw(ctx: click.Context, entry_id: int) -> None:
    """Take an article out of feeds and pages for good. 永久撤下一篇文章。

    ID is the number that `feeder search` prints. A tombstone stays, so that the article does
    not come back when its page is read again.

    \b
    Example:
      feeder withdraw 42
    """
    config = load_config(ctx)
    with open_store(config) as store:
        if not store.withdraw(entry_id, now=now_in(config)):
            raise click.ClickException(
                f"there is no article {entry_id} to withdraw; `feeder search` prints the numbers"
            )
        published = write_public(store, config)
    changed = len(published.written) + len(published.removed)
    click.echo(f"article {entry_id} is withdrawn; {changed} published files changed")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, in UTF-8.")
@takes_config
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Show sources, last runs, counts and failures. 查看来源、最近运行、数量和失败记录。

    \b
    Example:
      feeder status
      feeder status --json
    """
    import dataclasses

    config = load_config(ctx)
    with open_store(config) as store:
        found = dataclasses.asdict(store.status())
    if as_json:
        print_json(found)
        return
    for line in _to_lines(found):
        click.echo(line)


def _to_lines(found: Any, indent: str = "") -> Iterator[str]:
    """A tree of named values as indented lines."""
    for name, value in found.items():
        label = f"{indent}{str(name).replace('_', ' ')}"
        if isinstance(value, dict):
            yield f"{label}:"
            yield from _to_lines(value, f"{indent}  ")
        elif isinstance(value, (list, tuple)):
            yield f"{label}:" if value else f"{label}: none"
            yield from (f"{indent}  {_to_line(one)}" for one in value)
        else:
            yield f"{label}: {_to_line(value)}"


def _to_line(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_to_line(one)}" for name, one in value.items())
    if isinstance(value, (list, tuple)):
        return " ".join(map(_to_line, value))
    return "–" if value is None else str(value)
