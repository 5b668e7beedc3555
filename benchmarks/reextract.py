"""Prints whether an article stays one entry when its page is read by another extractor.

    python benchmarks/reextract.py [--layouts 4] [--keep FOLDER]

The pages of `examples/pages` are set anew, in several layouts each, into PDFs; pdftotext, pdfminer
and pypdfium2 read each PDF, and the three readings come in as three drops of one page: the same
paper, the same day, another text. Every extractor is once the first. Twice over: with the parser's
articles, and with the gold ones cut out of each reading, in which only the extractor's noise is
left. What goes astray in both tables is dedupe's fault; in the first alone it began in the parser,
and where dedupe calls the two alike all the same, `ingest` chose another entry.

A row counts the gold articles, those that kept the entry they had in the first reading, and those
that stand in both readings at all. Wanted is .99 of the gold ones.

Needs what feeder needs and `pip install reportlab pdfminer.six pypdfium2`; of Debian poppler-utils,
fonts-arphic-uming, fonts-arphic-ukai, fonts-wqy-zenhei and fonts-liberation. (fonts-noto-cjk has
outlines that reportlab cannot embed.) --keep leaves the PDFs and their readings in a folder.

What it does not show: a PDF whose font tells its letters wrongly, and scanned pages.
"""

from __future__ import annotations

import argparse
import datetime as dt
import functools
import json
import random
import re
import subprocess
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from pathlib import Path
from typing import Any
from unittest import mock

import pypdfium2
from pdfminer.high_level import extract_text
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from feeder import dedupe, ingest
from feeder.config import Config, load_config
from feeder.model import Article, BodyItem, Page, RawPage
from feeder.parse import parse_page
from feeder.store import Store

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "examples" / "pages"
GOLD = ROOT / "tests" / "golden"
TRUETYPE = Path("/usr/share/fonts/truetype")
FONTS = {
    "ming": "arphic/uming.ttc",
    "kai": "arphic/ukai.ttc",
    "hei": "wqy/wqy-zenhei.ttc",
    "serif": "liberation/LiberationSerif-Regular.ttf",
    "sans": "liberation/LiberationSans-Regular.ttf",
    "bold": "liberation/LiberationSans-Bold.ttf",
}
CHINESE = ("ming", "kai", "hei")
MARGIN = 36.0
ROW_GAP = 20.0
_WORDS = re.compile(r"\s+|\S+")
# A figure and its unit are not parted; each Chinese character is a place to break.
_CHARACTERS = re.compile(r"\s+|[!-~£℃%]+|.")
_NO_LINE_BEGINS = frozenset("，。、；：？！”’）》」』】…")
_NO_LINE_ENDS = "“‘（《「『【"
_SYLLABLE = re.compile(r"(?<=[aeiou][b-df-hj-np-tv-z])(?=[b-df-hj-np-tv-z][aeiou])")
WANTED = 0.99
FOUND = 0.3
"""Share of runs of three letters from which an article of a reading is the gold one at all."""
TAKEN_APART_ALIKE = 0.9
"""Similarity to gold of a body that the parser took apart as it is printed; below, its error."""


# The page's texts, as they are printed.


@dataclass(frozen=True, kw_only=True)
class Story:
    """An article to be set: the gold one, and how its names are printed."""

    gold: Article
    byline: str
    """A line of its own under the headline; empty if there is none."""
    lead: str
    """What opens the first paragraph before its text: the credit and the names."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A page to be set."""

    name: str
    publication: str
    date: dt.date
    language: str
    stories: tuple[Story, ...]
    furniture: tuple[str, ...]


def read_sheet(path: Path) -> Sheet:
    """Return an example page: its articles from gold, their names as the printed page has them."""
    gold = json.loads((GOLD / f"{path.stem}.gold.json").read_text("utf-8"))
    blocks = [block.splitlines() for block in re.split(r"\n\s*\n", path.read_text("utf-8").strip())]
    joint = " " if gold["language"] == "en" else ""
    return Sheet(
        name=path.stem,
        publication=gold["publication"],
        date=dt.date.fromisoformat(gold["date"]),
        language=gold["language"],
        stories=tuple(to_story(one, blocks, joint) for one in gold["articles"]),
        furniture=tuple(gold["furniture"]),
    )


def to_story(gold: Mapping[str, Any], blocks: Sequence[Sequence[str]], joint: str) -> Story:
    """Return a gold article with its names as they stand in the blocks of the printed page."""
    article = Article(
        kicker=gold["kicker"],
        headline=gold["headline"],
        deck=gold["deck"],
        credit=gold["credit"],
        body=tuple(BodyItem(**item) for item in gold["body"]),
        captions=tuple(gold["captions"]),
    )
    names = [name for group in gold["byline"].values() for name in group]
    return Story(
        gold=article,
        byline="" if article.credit else printed_byline(names, blocks),
        lead=printed_lead(article, blocks, joint) if article.credit else "",
    )


def printed_byline(names: Sequence[str], blocks: Sequence[Sequence[str]]) -> str:
    """Return the block of one or two lines that prints all the names and is no caption."""
    for block in blocks:
        line = " ".join(block)
        if names and len(block) <= 2 and all(name in line for name in names):
            return line
    return ""


def printed_lead(article: Article, blocks: Sequence[Sequence[str]], joint: str) -> str:
    """Return what is printed before the article's first words, in their block."""
    for block in blocks:
        lead, begins, _ = joint.join(block).partition(article.body[0].text[:12])
        if begins:
            return lead
    return ""


# Setting type: lines, blocks, the page.


@dataclass(frozen=True, kw_only=True)
class Face:
    """A font in a size, in points."""

    font: str
    size: float

    def width(self, text: str) -> float:
        return float(pdfmetrics.stringWidth(text, self.font, self.size))

    @property
    def is_chinese(self) -> bool:
        return self.font in CHINESE

    def larger(self, by: float) -> Face:
        return replace(self, size=self.size + by)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a page is set; widths in points."""

    columns: int
    measure: float
    """The width of a column."""
    gutter: float
    body: Face
    head: Face
    """As large as the body; headlines are larger by their span."""
    hyphenates: bool
    heads_last: bool
    """Whether the headlines are drawn when all bodies are: extractors may print in that order."""

    def wide(self, span: int) -> float:
        """Return the width of so many columns with the gutters between them."""
        return span * self.measure + (span - 1) * self.gutter


@dataclass(frozen=True, kw_only=True)
class Ink:
    """A line of type at its place; y is counted from the top of the page, downwards."""

    text: str
    face: Face
    x: float = 0.0
    y: float = 0.0
    letter_space: float = 0.0
    word_space: float = 0.0
    is_head: bool = False


Placed = tuple[list[Ink], float]
"""Lines at their places, and how far down the page they reach."""


def to_layout(sheet: Sheet, seed: int) -> Layout:
    """Return the page's layout of that number: the same in every run."""
    chance = random.Random(f"{sheet.name} {seed}")
    english = sheet.language == "en"
    columns = 2 + seed % 3
    size = chance.choice([8.5, 9, 10])
    body = chance.choice(["serif", "sans"] if english else ["ming", "kai", "hei"])
    return Layout(
        columns=columns,
        measure=chance.uniform(480, 620) / columns,
        gutter=chance.choice([10, 14, 20]),
        body=Face(font=body, size=size),
        head=Face(font="bold" if english else "hei", size=size),
        hyphenates=english and seed % 2 == 1,
        heads_last=chance.random() < 0.5,
    )


def break_lines(
    text: str, face: Face, *, measure: float, indent: float = 0, hyphenates: bool = False
) -> list[str]:
    """Return the text cut into lines of the measure; the first is shorter by the indent."""
    lines: list[str] = []
    line = ""
    for atom in (_CHARACTERS if face.is_chinese else _WORDS).findall(text):
        room = measure - (0 if lines else indent)
        if not line or atom in _NO_LINE_BEGINS or face.width(line + atom) <= room:
            line += atom
            continue
        part = syllables(atom, face, room - face.width(line)) if hyphenates else ""
        kept = line.rstrip(_NO_LINE_ENDS)
        lines.append(f"{line}{part}-" if part else kept.rstrip())
        line = (atom[len(part) :] if part else line[len(kept) :] + atom).lstrip()
    return [*lines, line] if line.strip() else lines


def syllables(word: str, face: Face, room: float) -> str:
    """Return the longest start of the word that fits with a hyphen; empty if none does."""
    starts = [word[: match.start()] for match in _SYLLABLE.finditer(word)]
    fitting = [start for start in starts if face.width(f"{start}-") <= room]
    return fitting[-1] if fitting else ""


def set_paragraph(text: str, layout: Layout) -> list[Ink]:
    """Return the paragraph's lines, justified and not yet at their places."""
    face = layout.body
    indent = face.size * (2 if face.is_chinese else 1)
    measure = layout.measure
    lines = break_lines(text, face, measure=measure, indent=indent, hyphenates=layout.hyphenates)
    inks = [
        justified(Ink(text=line, face=face, x=0 if at else indent), measure)
        for at, line in enumerate(lines[:-1])
    ]
    return [*inks, Ink(text=lines[-1], face=face, x=0 if inks else indent)]


def justified(ink: Ink, measure: float) -> Ink:
    """Return the line stretched to the measure: between letters in Chinese, else at its spaces."""
    spare = measure - ink.x - ink.face.width(ink.text)
    if ink.face.is_chinese:
        return replace(ink, letter_space=spare / max(len(ink.text) - 1, 1))
    return replace(ink, word_space=spare / max(ink.text.count(" "), 1))


def set_head(text: str, face: Face, *, measure: float) -> list[Ink]:
    """Return the lines of a headline, deck, byline, caption or label, none justified."""
    return [
        Ink(text=line, face=face, is_head=True) for line in break_lines(text, face, measure=measure)
    ]


def set_headline(text: str, face: Face, *, measure: float) -> list[Ink]:
    """Return a headline's lines: a Chinese one is cut where gold has a space, and made to fit."""
    if not face.is_chinese:
        return set_head(text, face, measure=measure)
    lines = text.split(" ")
    widest = max(map(face.width, lines))
    fitting = replace(face, size=face.size * min(1, 0.98 * measure / widest))
    return [ink for line in lines for ink in set_head(line, fitting, measure=measure)]


def stack(inks: Iterable[Ink], *, x: float, y: float) -> Placed:
    """Return the lines one under the other from that point."""
    placed = []
    for ink in inks:
        placed.append(replace(ink, x=x + ink.x, y=y + ink.face.size))
        y += ink.face.size * 1.35
    return placed, y


def set_body(story: Story, layout: Layout) -> list[Ink]:
    """Return the lines of the article's body, column breaks not yet made."""
    first, *rest = story.gold.body
    inks = set_paragraph(story.lead + first.text, layout)
    for item in rest:
        if item.type == "p":
            inks += set_paragraph(item.text, layout)
            continue
        # Crossheads are drawn with the body that they stand in.
        crosshead = set_head(item.text, layout.head.larger(1), measure=layout.measure)
        inks += [replace(ink, is_head=False) for ink in crosshead]
    return inks


def set_story(story: Story, layout: Layout, *, span: int, x: float, y: float) -> Placed:
    """Return an article over so many columns from that point."""
    gold, head, measure = story.gold, layout.head, layout.wide(span)
    inks = [
        *set_head(gold.kicker or "", head.larger(3), measure=measure),
        *set_headline(gold.headline or "", head.larger(8 + 5 * span), measure=measure),
        *set_head(gold.deck or "", head.larger(4), measure=measure),
        *set_head(story.byline, head, measure=measure),
    ]
    heads, y = stack(inks, x=x, y=y)
    body, y = set_columns(set_body(story, layout), layout, span=span, x=x, y=y + 4)
    # The picture itself is left white: no extractor prints it.
    captions, y = stack(
        (ink for text in gold.captions for ink in set_head(text, head, measure=measure)),
        x=x,
        y=y + (90 if gold.captions else 0),
    )
    return [*heads, *body, *captions], y


def set_columns(lines: Sequence[Ink], layout: Layout, *, span: int, x: float, y: float) -> Placed:
    """Return the lines in columns of one height from that point."""
    each = -(-len(lines) // span)
    inks: list[Ink] = []
    ends = [y]
    for column in range(span):
        here = lines[column * each : (column + 1) * each]
        placed, end = stack(here, x=x + column * (layout.measure + layout.gutter), y=y)
        inks += placed
        ends.append(end)
    return inks, max(ends)


def in_rows(count: int, columns: int, chance: random.Random) -> list[list[int]]:
    """Return rows of spans, in columns: one span a story, each row as wide as the page."""
    rows: list[list[int]] = []
    while count:
        row: list[int] = []
        while count and sum(row) < columns:
            row.append(chance.randint(1, columns - sum(row)))
            count -= 1
        row[-1] += columns - sum(row)
        rows.append(row)
    return rows


def set_row(stories: Mapping[Story, int], layout: Layout, *, x: float, y: float) -> Placed:
    """Return stories side by side, each over its columns."""
    inks: list[Ink] = []
    ends = [y]
    for story, span in stories.items():
        placed, end = set_story(story, layout, span=span, x=x, y=y)
        inks += placed
        ends.append(end)
        x += layout.wide(span) + layout.gutter
    return inks, max(ends)


def set_page(sheet: Sheet, layout: Layout, seed: int) -> Placed:
    """Return the lines of the page in the order in which they are drawn."""
    chance = random.Random(f"{sheet.name} {seed} rows")
    wide = layout.wide(layout.columns)
    labels = [set_head(text, layout.head, measure=wide) for text in sheet.furniture]
    inks, y = stack((ink for label in labels[:-1] for ink in label), x=MARGIN, y=MARGIN)
    stories = iter(chance.sample(sheet.stories, len(sheet.stories)))
    for spans in in_rows(len(sheet.stories), layout.columns, chance):
        row = {next(stories): span for span in spans}
        placed, y = set_row(row, layout, x=MARGIN, y=y + ROW_GAP)
        inks += placed
    bottom, y = stack(labels[-1], x=MARGIN, y=y + ROW_GAP)
    inks += bottom
    if layout.heads_last:
        inks.sort(key=lambda ink: ink.is_head)
    return inks, y


def draw(sheet: Sheet, seed: int, path: Path) -> None:
    """Write the page's PDF in the layout of that number."""
    layout = to_layout(sheet, seed)
    inks, y = set_page(sheet, layout, seed)
    high = y + MARGIN
    canvas = Canvas(
        str(path), pagesize=(layout.wide(layout.columns) + 2 * MARGIN, high), invariant=1
    )
    for ink in inks:
        canvas.setFont(ink.face.font, ink.face.size)
        canvas.drawString(
            ink.x, high - ink.y, ink.text, charSpace=ink.letter_space, wordSpace=ink.word_space
        )
    canvas.save()


# Reading it back.


def read_by_pdftotext(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-enc", "UTF-8", str(path), "-"], capture_output=True)
    done.check_returncode()
    return done.stdout.decode("utf-8").replace("\f", "")


def read_by_pdfminer(path: Path) -> str:
    return str(extract_text(str(path))).replace("\f", "")


def read_by_pypdfium2(path: Path) -> str:
    document = pypdfium2.PdfDocument(str(path))
    try:
        return str(document[0].get_textpage().get_text_bounded())
    finally:
        document.close()


EXTRACTORS: Mapping[str, Callable[[Path], str]] = {
    "pdftotext": read_by_pdftotext,
    "pdfminer": read_by_pdfminer,
    "pypdfium2": read_by_pypdfium2,
}


# The gold articles cut out of a reading.


def letters(text: str) -> str:
    """Return the letters and figures alone, of one width and case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())


def cut_into_strips(reading: str, texts: Sequence[str]) -> list[str]:
    """Return the reading's lines, those that run over several gold texts cut where they change."""
    return [
        strip
        for line in reading.splitlines()
        for strip in cut_line(line.strip(), texts)
        if letters(strip)
    ]


def cut_line(line: str, texts: Sequence[str]) -> Iterator[str]:
    """Yield the line's pieces: each the longest start whose letters stand together in a text."""
    while line:
        if any(letters(line) in text for text in texts):
            yield line
            return
        cut = longest_start(line, texts)
        yield line[:cut]
        line = line[cut:]


def longest_start(line: str, texts: Sequence[str]) -> int:
    """Return how many characters of the line stand together in a text; one, if none does."""
    cut = 1
    while cut < len(line) and any(letters(line[: cut + 1]) in text for text in texts):
        cut += 1
    return cut


def cut_out(reading: str, sheet: Sheet) -> Page:
    """Return the gold articles with the letters that the reading has of them."""
    printed = [part for story in sheet.stories for part in parts_of(story.gold)]
    others = [text for story in sheet.stories for text in around(story)]
    texts = [letters(text) for text in (*printed, *others, *sheet.furniture)]
    read = iter(put_in_place(cut_into_strips(reading, texts), texts, sheet))
    articles = tuple(
        refilled(story.gold, [next(read) for _ in parts_of(story.gold)]) for story in sheet.stories
    )
    return Page(articles=articles, language=sheet.language)


def put_in_place(strips: Iterable[str], texts: Sequence[str], sheet: Sheet) -> list[str]:
    """Return each text as read: the strips that stand in it, in its order."""
    standing: list[list[tuple[int, str]]] = [[] for _ in texts]
    free = [bytearray(b"\1" * len(text)) for text in texts]
    # The longest first: a last line of two letters fits many texts, but few have room left for it.
    for strip in sorted(strips, key=lambda one: -len(letters(one))):
        piece = letters(strip)
        place = first_free(piece, texts, free)
        if place is None:
            continue
        text, at = place
        free[text][at : at + len(piece)] = bytes(len(piece))
        standing[text].append((at, strip))
    joint = " " if sheet.language == "en" else ""
    return [joint.join(strip for _, strip in sorted(strips)) for strips in standing]


def first_free(
    piece: str, texts: Sequence[str], free: Sequence[bytearray]
) -> tuple[int, int] | None:
    """Return the text, and the place in it, where the piece stands and nothing was put yet."""
    for number, text in enumerate(texts):
        at = text.find(piece)
        while at >= 0:
            if all(free[number][at : at + len(piece)]):
                return number, at
            at = text.find(piece, at + 1)
    return None


def parts_of(article: Article) -> tuple[str, ...]:
    return (article.headline or "", *(item.text for item in article.body))


def around(story: Story) -> tuple[str, ...]:
    """Return what is printed with an article and is not compared; it must not stand in bodies."""
    gold = story.gold
    return (gold.kicker or "", gold.deck or "", story.byline, story.lead, *gold.captions)


def refilled(gold: Article, read: Sequence[str]) -> Article:
    """Return the gold article with its headline and body as read; what was not read is left out."""
    body = tuple(
        replace(item, text=text) for item, text in zip(gold.body, read[1:], strict=True) if text
    )
    return replace(gold, headline=read[0] or None, body=body)


# The road, and what came of it.


class How(StrEnum):
    """How a gold article stands in a reading."""

    EXACT = "letter for letter"
    NEARLY = "nearly so"
    OTHERWISE = "taken apart otherwise"
    JOINED = "joined with another"
    LOST = "not found"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a drop came to: for each gold article the one found, its entry, and how it stands."""

    extractor: str
    articles: tuple[Article | None, ...]
    entries: tuple[int | None, ...]
    hows: tuple[How, ...]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Three drops of one page in one store."""

    sheet: Sheet
    seed: int
    readings: tuple[Reading, ...]
    stored: int
    """Entries in the end."""

    @property
    def first(self) -> Reading:
        return self.readings[0]


@contextmanager
def overheard() -> Iterator[list[tuple[Article, int]]]:
    """Give the list of the articles that are filed meanwhile, each with its entry.

    No part of feeder tells that outside: a page only knows which entries it shows.
    """
    filed: list[tuple[Article, int]] = []
    file_article = ingest._Desk._file_article

    def listen(desk: Any, article: Article, *others: Any) -> Any:
        entry, counts = file_article(desk, article, *others)
        filed.append((article, entry))
        return entry, counts

    with mock.patch.object(ingest._Desk, "_file_article", listen):
        yield filed


def drop_in_turn(
    sheet: Sheet,
    seed: int,
    texts: Mapping[str, str],
    *,
    parse: Callable[[str], Page],
    config: Config,
    database: Path,
) -> Trial:
    """Take the readings in, one after the other, into a new store."""
    readings = []
    with Store(database) as store:
        for minute, (extractor, text) in enumerate(texts.items()):
            dropped = RawPage(
                source="drop",
                name=f"{sheet.name}.{extractor}.txt",
                validator=f"1-{minute}",
                data=text.encode(),
                date=sheet.date,
                publication=sheet.publication,
            )
            now = dt.datetime.combine(sheet.date, dt.time(9, minute), config.site.zone)
            with overheard() as filed:
                ingest.ingest_pages(store, [dropped], config, now=now, parse=parse)
            readings.append(to_reading(sheet, extractor, filed))
        stored = store.count()
    return Trial(sheet=sheet, seed=seed, readings=tuple(readings), stored=stored)


def to_reading(sheet: Sheet, extractor: str, filed: Sequence[tuple[Article, int]]) -> Reading:
    """Return which filed article each gold one is: the pairs most alike first, no article twice."""
    alike = sorted(
        (
            (shared_runs(story.gold.text, article.text), gold, at)
            for gold, story in enumerate(sheet.stories)
            for at, (article, _) in enumerate(filed)
        ),
        reverse=True,
    )
    pairs: dict[int, int] = {}
    for share, gold, at in alike:
        if share >= FOUND and gold not in pairs and at not in pairs.values():
            pairs[gold] = at
    places = [pairs.get(gold) for gold in range(len(sheet.stories))]
    articles = tuple(None if at is None else filed[at][0] for at in places)
    everything = [article for article, _ in filed]
    return Reading(
        extractor=extractor,
        articles=articles,
        entries=tuple(None if at is None else filed[at][1] for at in places),
        hows=tuple(
            how_found(story.gold, article, everything)
            for story, article in zip(sheet.stories, articles, strict=True)
        ),
    )


def how_found(gold: Article, found: Article | None, everything: Iterable[Article]) -> How:
    """Return how a gold article stands among all that was filed of its page."""
    if found:
        if letters(gold.text) == letters(found.text):
            return How.EXACT
        alike = similarity(gold.text, found.text) >= TAKEN_APART_ALIKE
        return How.NEARLY if alike else How.OTHERWISE
    inside = max((contained(gold, article) for article in everything), default=0.0)
    return How.JOINED if inside >= dedupe._CONTAINED else How.LOST


# The very measures that `dedupe.compare` takes, which it tells nobody: they explain its verdict.


def contained(one: Article, other: Article) -> float:
    """Return what is measured first: how much of the shorter body stands in the longer one."""
    return dedupe._containment(dedupe._text(one), dedupe._text(other))


def figures_apart(one: Article, other: Article) -> float:
    """Return what is measured then, of one day: the share of the figures that differ."""
    least = dedupe._LEAST_FIGURES
    return dedupe._figures_apart(dedupe._figures(one), dedupe._figures(other), least=least)


def shared_runs(one: str, other: str) -> float:
    """Return twice the runs of three letters that two texts share, by all they have."""
    first, second = (
        {text[at : at + 3] for at in range(len(text) - 2)} for text in map(letters, (one, other))
    )
    return 2 * len(first & second) / max(len(first) + len(second), 1)


def similarity(one: str, other: str) -> float:
    """Return how alike two texts' letters are in their order, 0 to 1."""
    return SequenceMatcher(None, letters(one), letters(other), autojunk=False).ratio()


@dataclass(frozen=True, kw_only=True)
class Stray:
    """An article of a later reading that is not the entry of the first reading's."""

    trial: Trial
    gold: int
    later: Reading

    def pair(self) -> tuple[Article | None, Article | None]:
        return self.trial.first.articles[self.gold], self.later.articles[self.gold]

    def is_alike(self) -> bool:
        """Whether dedupe, asked about the two alone, calls them one article."""
        one, other = self.pair()
        if one is None or other is None:
            return False
        day = self.trial.sheet.date
        return dedupe.compare(one, day, other, day) is not dedupe.Verdict.DIFFERENT

    def why(self) -> str:
        """Whose fault it is: the parser's, in the reading of which extractor, or dedupe's."""
        for reading in (self.trial.first, self.later):
            if reading.hows[self.gold] not in (How.EXACT, How.NEARLY):
                return f"parser: {reading.hows[self.gold]}, {reading.extractor}"
        return "its entry became another's" if self.is_alike() else "dedupe: calls them different"

    def told(self) -> str:
        """Return the article, the two extractors, the reason and its figures."""
        sheet, first = self.trial.sheet, self.trial.first
        gold = sheet.stories[self.gold].gold
        one, other = self.pair()
        figures = (
            f"body {similarity(gold.text, one.text if one else ''):.2f}"
            f" and {similarity(gold.text, other.text if other else ''):.2f} of gold"
        )
        if one and other:
            figures += f", contained {contained(one, other):.2f}"
            figures += f", figures apart {figures_apart(one, other):.2f}"
            figures += ", alike" if self.is_alike() else ", different"
        return (
            f"  {sheet.name} layout {self.trial.seed}, {first.extractor} →"
            f" {self.later.extractor}, {gold.headline}: {self.why()}; {figures}"
        )


def strays(trial: Trial) -> Iterator[Stray]:
    for later in trial.readings[1:]:
        pairs = zip(trial.first.entries, later.entries, strict=True)
        for gold, (entry, other) in enumerate(pairs):
            if other is None or entry != other:
                yield Stray(trial=trial, gold=gold, later=later)


# The tables.


def to_rows(trials: Sequence[Trial]) -> Iterator[str]:
    """Yield, by first and later extractor, what share of the articles kept its entry.

    First of all gold articles, then of those that both readings have.
    """
    yield f"{'first':10} {'later':10} {'gold':>5} {'kept':>5} {'share':>6} {'both':>5} {'share':>6}"
    pairs = sorted({(one.first.extractor, later) for one in trials for later in EXTRACTORS})
    every = [pair for pair in pairs if pair[0] != pair[1]]
    for pair in every:
        yield to_row(trials, [pair], *pair)
    yield to_row(trials, every, "all", "")
    gold = sum(len(one.sheet.stories) for one in trials)
    stored = sum(one.stored for one in trials)
    yield f"{stored} entries of {gold} gold articles: {stored / gold:.3f}"
    for extractor in EXTRACTORS:
        firsts = [one.first for one in trials if one.first.extractor == extractor]
        hows = Counter(how for one in firsts for how in one.hows)
        yield f"{extractor}: " + ", ".join(f"{hows[how]} {how}" for how in How)


def to_row(
    trials: Iterable[Trial], pairs: Sequence[tuple[str, str]], first: str, later: str
) -> str:
    gold = kept = both = 0
    for trial in trials:
        for reading in trial.readings[1:]:
            if (trial.first.extractor, reading.extractor) in pairs:
                gold += len(reading.entries)
                found = list(zip(trial.first.entries, reading.entries, strict=True))
                both += sum(None not in entries for entries in found)
                kept += sum(one is not None and one == other for one, other in found)
    of_gold, of_both = kept / max(gold, 1), kept / max(both, 1)
    return f"{first:10} {later:10} {gold:5} {kept:5} {of_gold:6.3f} {both:5} {of_both:6.3f}"


def to_reasons(trials: Iterable[Trial]) -> Iterator[str]:
    """Yield why articles went astray, most often first, and then each of them."""
    every = [stray for trial in trials for stray in strays(trial)]
    for why, count in Counter(stray.why() for stray in every).most_common():
        yield f"{count:4} {why}"
    alike = sum(stray.is_alike() for stray in every)
    yield f"{alike} of {len(every)} are alike to dedupe all the same, the two compared alone"
    yield from (stray.told() for stray in every)


def turns(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield the names in each order that has another first, the rest following in turn."""
    every = tuple(names)
    for first in range(len(every)):
        yield every[first:] + every[:first]


def try_page(
    sheet: Sheet, seed: int, *, folder: Path, config: Config, is_cut: bool
) -> Iterator[Trial]:
    """Yield the trials of a page in one layout: each extractor once the first."""
    path = folder / f"{sheet.name}-{seed}"
    texts = {name: path.with_suffix(f".{name}.txt").read_bytes().decode() for name in EXTRACTORS}
    parse = functools.cache(functools.partial(cut_out, sheet=sheet) if is_cut else parse_page)
    for order in turns(texts):
        database = path.with_suffix(f".{'cut' if is_cut else 'parsed'}-{order[0]}.db")
        database.unlink(missing_ok=True)
        yield drop_in_turn(
            sheet,
            seed,
            {name: texts[name] for name in order},
            parse=parse,
            config=config,
            database=database,
        )


def set_and_read(sheets: Sequence[Sheet], layouts: int, folder: Path) -> None:
    """Write the PDFs and their readings into the folder."""
    for name, font in FONTS.items():
        pdfmetrics.registerFont(TTFont(name, TRUETYPE / font, subfontIndex=0))
    for sheet in sheets:
        for seed in range(layouts):
            path = folder / f"{sheet.name}-{seed}"
            draw(sheet, seed, path.with_suffix(".pdf"))
            for name, read in EXTRACTORS.items():
                reading = read(path.with_suffix(".pdf"))
                path.with_suffix(f".{name}.txt").write_bytes(reading.encode())


def run(layouts: int, folder: Path) -> None:
    """Print both tables."""
    sheets = [read_sheet(path) for path in sorted(PAGES.glob("*.txt"))]
    set_and_read(sheets, layouts, folder)
    (folder / "config.toml").write_text('[[source]]\nname = "drop"\nfolder = "drop"\n', "utf-8")
    config = load_config(folder / "config.toml")
    for title, is_cut in (("the parser's articles", False), ("gold cut out of the reading", True)):
        trials = [
            trial
            for sheet in sheets
            for seed in range(layouts)
            for trial in try_page(sheet, seed, folder=folder, config=config, is_cut=is_cut)
        ]
        print(f"\n{title}: {len(sheets)} pages in {layouts} layouts (wanted {WANTED})")
        print(*to_rows(trials), *to_reasons(trials), sep="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layouts", type=int, default=4, help="of each page (4)")
    parser.add_argument("--keep", type=Path, help="where the PDFs and their readings are left")
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        run(options.layouts, options.keep)
        return
    with tempfile.TemporaryDirectory() as folder:
        run(options.layouts, Path(folder))


if __name__ == "__main__":
    main()
