"""What is made of a page, without database or configuration: parse, explain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from feeder.cli.context import takes_config
from feeder.cli.output import print_failure, print_json, short_name, track

if TYPE_CHECKING:
    import datetime as dt

    from feeder.model import Article, Doubt, Page, PageLine, PageText, RawPage, Refusal
    from feeder.sections import Rule

_PAGES = click.argument("pages", nargs=-1, required=True, metavar="PAGE...", type=Path)
_EXCERPT_CHARACTERS = 60
_MOST_REASONS = 8
_SURE = 0.9
"""What is surer than this is not worth an editor's look."""


@click.command()
@_PAGES
@takes_config
@click.option("--json", "as_json", is_flag=True, help="One JSON object a page, in UTF-8.")
@click.pass_context
def parse(ctx: click.Context, pages: tuple[Path, ...], as_json: bool) -> None:
    """Take page texts apart and print their articles. 解析版面文本，只打印，不入库。

    Touches no database and needs no configuration; if there is one, its sections are used. PAGE is
    a text file, or a folder of them. A page that cannot be read is named on stderr; the others are
    still done (exit 1).

    \b
    Example:
      feeder parse examples/pages/qingshi-2026-11-20.txt
      feeder parse --json pages/*.txt > articles.jsonl
    """
    from feeder.parse import parse_page

    reader = _Reader()
    rules = _rules(ctx)
    for text in reader.read(pages):
        page = parse_page(text.text)
        if as_json:
            print_json(_to_json(text, page, rules=rules))
        else:
            _print_summary(text, page, rules=rules)
    ctx.exit(1 if reader.failed else 0)


@click.command()
@_PAGES
@takes_config
@click.pass_context
def explain(ctx: click.Context, pages: tuple[Path, ...]) -> None:
    """Print each line of a page with its number, its role and its article. 逐行说明解析结果。

    Roles are journalism's own: kicker 引题, headline 主题, deck 副题, byline 署名, credit 电头,
    body 正文, crosshead 小标题, caption 图片说明, furniture 版名等. At the end: how sure each
    article is, 0 to 1, and what that hangs on, the least sure first; then in which sections each
    stands, how surely, and the words that decided; and the days of a forecast, with those that
    could not be read. Touches no database; sections are the configuration's, if there is one.

    \b
    Example:
      feeder explain examples/pages/qingshi-2026-11-20.txt | less
    """
    from feeder.parse import parse_page

    reader = _Reader()
    rules = _rules(ctx)
    for text in reader.read(pages):
        page = parse_page(text.text)
        for line in page.lines:
            article = _article_id(line.article)
            click.echo(f"{line.number:5}  {line.role.value:10} {article:4} {line.text}".rstrip())
        _print_account(text, page)
        _print_sections(page, rules)
        _print_forecasts(page, _published(text, page))
    ctx.exit(1 if reader.failed else 0)


class _Reader:
    """Reads pages given by hand and remembers whether one failed."""

    def __init__(self) -> None:
        self.failed = False

    def read(self, paths: tuple[Path, ...]) -> Iterator[PageText]:
        """Yield the page texts; what cannot be read is named on stderr."""
        from feeder import documents
        from feeder.errors import PageError
        from feeder.model import Refusal

        total = None if any(path.is_dir() for path in paths) else len(paths)
        for raw in track(_read_paths(paths), "Parsing", total=total):
            if isinstance(raw, Refusal):
                self._fail(raw.name, raw.reason)
                continue
            try:
                texts = documents.to_page_texts(raw)
            except PageError as error:
                self._fail(error.page, error.reason)
                continue
            yield from texts

    def _fail(self, name: str, reason: str) -> None:
        self.failed = True
        print_failure(name, reason)


def _read_paths(paths: tuple[Path, ...]) -> Iterator[RawPage | Refusal]:
    from feeder import sources

    for path in paths:
        yield from sources.read_path(path)


def _rules(ctx: click.Context) -> tuple[Rule, ...]:
    """The sections of the configuration, if there is one; else those that ship."""
    from feeder import config as configs
    from feeder.errors import ConfigError
    from feeder.sections import to_rules

    try:
        place = configs.find_config(ctx.obj)
    except ConfigError:
        return to_rules(configs.default_sections())
    if ctx.obj is None and not place.exists():
        return to_rules(configs.default_sections())
    return to_rules(configs.load_config(place).section)


def _to_json(text: PageText, page: Page, *, rules: tuple[Rule, ...]) -> dict[str, Any]:
    """The page under the page bench's keys; `date` only where the page prints one."""
    published = _published(text, page)
    printed = {"date": page.printed_date.isoformat()} if page.printed_date else {}
    return {
        "page": short_name(text.name),
        **printed,
        "language": page.language,
        "articles": [
            _to_article_json(place, article, published, rules=rules)
            for place, article in enumerate(page.articles)
        ],
        "furniture": list(page.furniture),
        "unassigned": list(page.unassigned),
    }


def _published(text: PageText, page: Page) -> dt.date:
    """The day from which the page's forecasts count."""
    import datetime as dt

    from feeder import dates

    now = dt.datetime.now().astimezone()
    date, _ = dates.publication_date(
        named=text.date,
        printed=page.printed_date,
        forecast_start=page.forecast_start,
        modified=text.modified,
        now=now,
        zone=now.tzinfo or dt.UTC,
    )
    return date


def _to_article_json(
    place: int, article: Article, published: dt.date, *, rules: tuple[Rule, ...]
) -> dict[str, Any]:
    from dataclasses import asdict

    from feeder.parse.forecasts import dated, read_forecast
    from feeder.sections import classify

    placements = classify(article, rules)
    forecast = dated(read_forecast(article.paragraphs), published)
    days = [{**asdict(day), "date": day.date.isoformat()} for day in forecast.days]
    return {
        "id": _article_id(place),
        "section": placements[0].section,
        "sections": [one.section for one in placements],
        "scores": {one.section: one.score for one in placements},
        **asdict(article),
        **({"forecast": days} if days else {}),
    }


def _article_id(place: int | None) -> str:
    """`a1` for the first article of a page, as the page bench counts."""
    return "" if place is None else f"a{place + 1}"


def _print_summary(text: PageText, page: Page, *, rules: tuple[Rule, ...]) -> None:
    from feeder.sections import classify

    date = f", {page.printed_date}" if page.printed_date else ""
    click.echo(f"{short_name(text.name)}: {len(page.articles)} articles, {page.language}{date}")
    for place, article in enumerate(page.articles):
        sections = ", ".join(one.section for one in classify(article, rules))
        click.echo(f"\n  {_article_id(place)}  {article.title}  [{sections}]")
        for line in _details(article):
            click.echo(f"      {line}")
    click.echo()


def _details(article: Article) -> Iterator[str]:
    for name in ("kicker", "deck", "credit"):
        if value := getattr(article, name):
            yield f"{name}: {value}"
    if article.byline.names:
        yield f"by: {', '.join(article.byline.names)}"
    if article.body:
        start = article.text.replace("\n", " ")
        more = "…" if len(start) > _EXCERPT_CHARACTERS else ""
        yield f"{len(article.body)} paragraphs: {start[:_EXCERPT_CHARACTERS]}{more}"
    yield from article.captions


def _print_account(text: PageText, page: Page) -> None:
    """Where every character of the page went, and how sure each article is."""
    characters = dict.fromkeys(("articles", "furniture", "unassigned"), 0)
    for line in page.lines:
        characters[_whose(line)] += sum(not letter.isspace() for letter in line.text)
    click.echo(
        f"\n{short_name(text.name)}: {characters['articles']} characters in articles, "
        f"{characters['furniture']} in furniture, {characters['unassigned']} unassigned"
    )
    for place, article in enumerate(page.articles):
        click.echo(f"  {_article_id(place):4} {article.confidence:.2f}  {article.title}")
        for doubt in page.doubts:
            if doubt.article == place and doubt.sure < _SURE:
                click.echo(f"       {doubt.sure:.2f}    {_reason(doubt)}")


def _print_sections(page: Page, rules: tuple[Rule, ...]) -> None:
    """In which sections each article stands, and the words that decided."""
    from feeder.sections import classify, reasons

    named = {rule.id: rule for rule in rules}
    click.echo("\nsections")
    for place, article in enumerate(page.articles):
        click.echo(f"  {_article_id(place):4} {article.title}")
        for one in classify(article, rules):
            found = reasons(article, named[one.section])[:_MOST_REASONS]
            said = ", ".join(f"{reason.text} {reason.weight:.2f}" for reason in found)
            click.echo(f"       {one.score:.2f}  {one.section}: {said or 'a guess; no word spoke'}")


def _print_forecasts(page: Page, published: dt.date) -> None:
    """The days of each forecast, as on a page of that date; and those that could not be read."""
    from feeder import phrases
    from feeder.parse.forecasts import dated, read_forecast

    for place, article in enumerate(page.articles):
        forecast = dated(read_forecast(article.paragraphs), published)
        if forecast.days or forecast.unread:
            click.echo(f"\nforecast  {_article_id(place)}  (on a page of {published})")
        for day in forecast.days:
            told = (day.text, phrases.degrees(day.low, day.high, day.unit), day.wind)
            click.echo(f"  {day.date}  {'  '.join(filter(None, told))}")
        for unread in forecast.unread:
            click.echo(f"  left as text: {unread}")


def _reason(doubt: Doubt) -> str:
    """What may be wrong, said as what was taken for right."""
    reasons = {
        "begins": f"line {doubt.line} begins it",
        "goes on": f"line {doubt.line} goes on from line {doubt.after}",
        "ends": f"line {doubt.line} ends it",
        "title": f"line {doubt.line} is a title of it",
        "no headline": "no headline was found for it",
    }
    return reasons[doubt.what.value]


def _whose(line: PageLine) -> str:
    if line.article is not None:
        return "articles"
    return "furniture" if line.role.value == "furniture" else "unassigned"
