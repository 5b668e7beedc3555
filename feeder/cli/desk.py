"""The editor's desk: search, withdraw, status."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from feeder.cli.context import load_config, now_in, open_store, takes_config, write_public
from feeder.cli.output import print_json

if TYPE_CHECKING:
    from feeder.config import Config
    from feeder.ledger import SourceState
    from feeder.store import Hit, Status

_STILL = dt.timedelta(seconds=120)
"""A service gives a sign of life every 30 seconds, or more often."""


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
    """Show how sources and store fare, and failures. 查看来源状况、数量和失败记录。

    For each source: when it was looked at, when it will be, and why it cannot be, with what to do
    about it; the documents seen, taken and failed; then the latest failures and events. Times are
    in the newspapers' zone. docs/operations.md says what --json holds.

    \b
    Example:
      feeder status
      feeder status --json
    """
    config = load_config(ctx)
    with open_store(config) as store:
        found = store.status()
        beat = store.ledger.remembered("heartbeat")
    told = _to_told(found, config, beat=dt.datetime.fromisoformat(beat) if beat else None)
    if as_json:
        print_json(told)
        return
    for line in _to_lines(told):
        click.echo(line)


def _to_told(found: Status, config: Config, *, beat: dt.datetime | None) -> dict[str, Any]:
    """The status as `--json` prints it; times bear the newspapers' zone."""
    zone = config.site.zone
    states = {state.source: state for state in found.sources}
    configured = [source.label for source in config.source]
    named = [*configured, *(name for name in states if name not in configured)]
    return {
        "database": str(config.storage.database),
        "service": {
            "last_heartbeat": _to_iso(beat, zone),
            "is_running": beat is not None and dt.datetime.now(zone) - beat < _STILL,
        },
        "bytes": found.bytes,
        "pages": found.pages,
        "articles": found.articles,
        "withdrawn": found.withdrawn,
        "revisions": found.revisions,
        "sections": found.sections,
        "last_publish": _to_iso(found.last_publish, zone),
        "last_upkeep": _to_iso(found.last_upkeep, zone),
        "last_backup": _to_iso(found.last_backup, zone),
        "sources": [
            _to_source(name, states.get(name), zone, is_configured=name in configured)
            for name in named
        ],
        "failures": [
            {
                "time": _to_iso(one.time, zone),
                "source": one.source,
                "name": one.name,
                "reason": one.reason,
            }
            for one in found.failures
        ],
        "events": [
            {
                "time": _to_iso(one.time, zone),
                "kind": one.kind.value,
                "subject": one.subject,
                "text": one.text,
            }
            for one in found.events
        ],
    }


def _to_source(
    name: str, state: SourceState | None, zone: dt.tzinfo, *, is_configured: bool
) -> dict[str, Any]:
    from feeder.ledger import SourceState

    state = state or SourceState(source=name)
    return {
        "source": name,
        "configured": is_configured,
        "last_run": _to_iso(state.last_run, zone),
        "next_run": _to_iso(state.next_run if is_configured else None, zone),
        "last_success": _to_iso(state.last_success, zone),
        "consecutive_failures": state.failures,
        "trouble": state.trouble,
        "seen": state.seen,
        "taken": state.taken,
        "failed": state.failed,
    }


def _to_iso(time: dt.datetime | None, zone: dt.tzinfo) -> str | None:
    return None if time is None else time.astimezone(zone).isoformat(timespec="seconds")


def _to_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """The status for people."""
    megabytes = told["bytes"] / 1_000_000
    yield f"database      {told['database']}, {megabytes:.1f} MB"
    yield (
        f"holds         {told['pages']} pages, {told['articles']} articles, "
        f"{told['withdrawn']} withdrawn, {told['revisions']} revisions"
    )
    sections = ", ".join(f"{name} {count}" for name, count in told["sections"].items())
    yield f"sections      {sections or '–'}"
    for job in ("publish", "upkeep", "backup"):
        yield f"last {job:8} {_to_clock(told[f'last_{job}'])}"
    running = told["service"]["is_running"]
    seen = _to_clock(told["service"]["last_heartbeat"])
    yield f"service       {'running' if running else 'not running'}; last sign of life {seen}"
    for source in told["sources"]:
        yield ""
        yield from _to_source_lines(source, is_running=running)
    yield from _to_list("failures", told["failures"], ("source", "name", "reason"))
    yield from _to_list("events", told["events"], ("kind", "subject", "text"))


def _to_source_lines(source: Mapping[str, Any], *, is_running: bool) -> Iterator[str]:
    """A source: its name and how it fares, then a line each of what is known."""
    yield f"{click.style(source['source'], bold=True)}: {_fares(source)}"
    if source["trouble"]:
        yield f"  {'trouble':15} {source['trouble']}"
    yield f"  {'last run':15} {_to_clock(source['last_run'])}"
    none = "after the one that is under way" if is_running else "not known: no service runs it"
    if source["configured"]:
        yield f"  {'next run':15} {_to_clock(source['next_run'], none=none)}"
    yield f"  {'last success':15} {_to_clock(source['last_success'])}"
    yield f"  {'failures':15} {source['consecutive_failures']} in a row"
    yield (
        f"  {'documents':15} {source['seen']} seen, {source['taken']} taken, "
        f"{source['failed']} failed"
    )


def _fares(source: Mapping[str, Any]) -> str:
    if not source["configured"]:
        return "not in the configuration"
    if source["trouble"]:
        return click.style("in trouble", fg="red")
    return "in order" if source["last_run"] else "not looked at yet"


def _to_list(name: str, rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> Iterator[str]:
    yield ""
    yield f"latest {name}:" if rows else f"latest {name}: none"
    for row in rows:
        yield f"  {_to_clock(row['time'])}  {': '.join(row[key] for key in keys)}"


def _to_clock(time: str | None, *, none: str = "never") -> str:
    """`2026-11-24T09:00:00+08:00` → `2026-11-24 09:00:00`."""
    return none if time is None else time[:19].replace("T", " ")
