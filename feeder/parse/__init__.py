"""Page text → `Page`: the steps in order, and nothing else.

Pure: no file, no clock, no database. The same text gives the same page; kinds of line end, a byte
order mark, doubled blank lines and space after every line make no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from feeder.model import Article, Doubt, MonthDay, Page, PageLine, Role
from feeder.parse.articles import Finished, Part, assemble, finish
from feeder.parse.dates import printed_date
from feeder.parse.forecasts import read_forecast
from feeder.parse.languages import language_of
from feeder.parse.lines import Line, read_lines, split_lines

_ENOUGH = 200
"""Characters of each line from which the language is told."""
_LONGEST_PAGE = 1500
"""Lines of a page; the longest seen has 900. A longer text is several pages run together, and is
taken apart stretch by stretch, so that the time it takes grows with its length and no faster."""


def parse_page(text: str) -> Page:
    """Return the page's articles, and what became of each of its lines."""
    printed = split_lines(text)
    lines = read_lines(printed)
    language = language_of("".join(line.text[:_ENOUGH] for line in lines))
    articles: list[Article] = []
    known: dict[int, PageLine] = {}
    furniture: list[str] = []
    doubts: list[Doubt] = []
    for stretch in _stretches(lines):
        taken = _take_apart(stretch, language)
        roles = _roles(stretch, taken.finished, taken.furniture)
        for line, (role, article) in zip(stretch, roles, strict=True):
            place = None if article is None else article + len(articles)
            for number in line.numbers:
                # Two titles printed on one line are told apart; the line is shown with the first.
                text_of = printed[number - 1].rstrip()
                known.setdefault(
                    number, PageLine(number=number, text=text_of, role=role, article=place)
                )
        for place, one in enumerate(taken.finished, start=len(articles)):
            doubts += _doubts(stretch, one, place)
        articles += (one.article for one in taken.finished)
        furniture += (part.text for part in taken.furniture)
    page_lines = tuple(
        known.get(number) or PageLine(number=number, text=raw.rstrip(), role=Role.BLANK)
        for number, raw in enumerate(printed, start=1)
    )
    return Page(
        articles=tuple(articles),
        furniture=tuple(furniture),
        unassigned=tuple(line.text for line in page_lines if line.role is Role.UNASSIGNED),
        lines=page_lines,
        doubts=tuple(doubts),
        language=language,
        printed_date=printed_date(furniture),
        forecast_start=_forecast_start(articles),
    )


def _forecast_start(articles: Sequence[Article]) -> MonthDay | None:
    """The first day of the page's first forecast that names its days by date."""
    for article in articles:
        if (start := read_forecast(article.paragraphs).start) is not None:
            return start
    return None


@dataclass(frozen=True, kw_only=True)
class _TakenApart:
    finished: Sequence[Finished]
    furniture: Sequence[Part]


def _stretches(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    for start in range(0, len(lines), _LONGEST_PAGE):
        yield lines[start : start + _LONGEST_PAGE]


def _take_apart(lines: Sequence[Line], language: str) -> _TakenApart:
    drafts, furniture = assemble(lines)
    bare = "reporters" if language == "zh-Hant" else "correspondents"
    finished = [finish(draft, bare=bare) for draft in drafts]
    return _TakenApart(finished=finished, furniture=furniture)


def _doubts(lines: Sequence[Line], one: Finished, place: int) -> Iterator[Doubt]:
    for sure, what, line, after in one.doubts:
        before = None if after is None else lines[after].numbers[-1]
        number = lines[line].numbers[0]
        yield Doubt(article=place, what=what, sure=round(sure, 3), line=number, after=before)


def _roles(
    lines: Sequence[Line], finished: Sequence[Finished], furniture: Sequence[Part]
) -> list[tuple[Role, int | None]]:
    """The role of each line, and its article's place."""
    aside = {at for part in furniture for at in part.lines}
    roles: list[tuple[Role, int | None]] = [
        (Role.FURNITURE if at in aside else Role.UNASSIGNED, None) for at in range(len(lines))
    ]
    for place, one in enumerate(finished):
        for at, role in one.roles.items():
            roles[at] = (role, place)
    return roles
