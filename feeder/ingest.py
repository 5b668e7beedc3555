"""The one road, for one run: documents → page texts → articles → entries in the store."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from feeder import dates, dedupe, jumps, sources
from feeder.config import Config, Source
from feeder.errors import SourceError
from feeder.model import (
    Article,
    Counts,
    DatedBy,
    ForecastDay,
    Page,
    PageText,
    Placement,
    RawPage,
    Refusal,
)
from feeder.parse import parse_page
from feeder.parse.forecasts import dated, read_forecast
from feeder.parsing import Reading, Unread, reading
from feeder.sections import Rule, classify, to_rules
from feeder.store import Candidate, KeptPage, Store

_log = logging.getLogger(__name__)
NO_ARTICLE = "no article was found in it; `feeder explain` shows what became of its lines"
_FILED_BY, _KEYED_BY = "sections", "keys"
_NAMED_PAGES = 10
"""Of a document, in one reason."""
_GUID_LETTERS = 20
"""Of the digest, in hex: 80 bits, so that no two articles of a paper's lifetime share a guid."""


def ingest_source(
    store: Store,
    source: Source,
    config: Config,
    *,
    now: dt.datetime,
    stop: Callable[[], bool] = lambda: False,
    workers: int = 1,
) -> Counts:
    """Take in what is new or changed in a source, one transaction a document.

    With more than one worker, many pages are parsed in so many processes. `stop` is asked between
    documents; once it says so, the rest waits for the next run.
    The store remembers that the source was looked at, and whether it could be.
    Raises SourceError where the source as a whole cannot be scanned, StoreError.
    """
    rekey(store)
    try:
        counts = _scan(store, source, config, now=now, stop=stop, workers=workers)
    except SourceError as error:
        with store.transaction():
            store.ledger.record_run(source.label, now=now, trouble=error.reason)
        raise
    with store.transaction():
        store.ledger.record_run(source.label, now=now)
    return counts


def _scan(
    store: Store,
    source: Source,
    config: Config,
    *,
    now: dt.datetime,
    stop: Callable[[], bool],
    workers: int,
) -> Counts:
    counts = Counts()
    scanned = sources.scan(
        source,
        ledger=store.ledger,
        now=now.astimezone(config.site.zone),
        fetch=config.fetch,
    )
    with reading(((found, found) for found in scanned), workers=workers) as readings:
        for found, read in readings:
            one = _take(store, found, read, config, now=now)
            counts += one
            sources.put_away(source, found, reason=one.failures[0][1] if one.failures else None)
            if stop():
                break
    return counts


def ingest_pages(
    store: Store,
    pages: Iterable[RawPage | Refusal],
    config: Config,
    *,
    now: dt.datetime,
    parse: Callable[[str], Page] = parse_page,
    workers: int = 1,
) -> Counts:
    """Take in the given documents, one transaction a document. Raises StoreError.

    With more than one worker, many pages are parsed in so many processes; what is stored is the
    same, for they are filed here, in the given order.
    """
    rekey(store)
    counts = Counts()
    given = ((found, found) for found in pages)
    with reading(given, workers=workers, parse=parse) as readings:
        for found, read in readings:
            counts += _take(store, found, read, config, now=now)
    return counts


def reparse(
    store: Store,
    config: Config,
    *,
    now: dt.datetime,
    parse: Callable[[str], Page] = parse_page,
    workers: int = 1,
) -> Counts:
    """Run the parser over every kept page text, one transaction a page.

    With more than one worker, many pages are parsed in so many processes. A page that cannot be
    parsed keeps what it had.

    Entries keep their guid. One that no page shows any more, because the parser now joins what it
    took apart, is withdrawn until a page shows it again.
    """
    rekey(store)
    counts = Counts()
    desk = _Desk(store=store, config=config, now=now)
    kept_pages = ((kept, kept.page) for kept in store.kept_pages())
    with reading(kept_pages, workers=workers, parse=parse) as readings:
        for kept, read in readings:
            ((_, page),) = read.pages
            if isinstance(page, Unread):
                counts += _fail(kept.page.name, page.reason)
                continue
            with store.transaction():
                counts += desk.file_again(kept, page)
    with store.transaction():
        return counts + Counts(lost=store.lose_unsighted(now=now))


def rekey(store: Store) -> int:
    """Make every entry's keys anew if they were made in another form; return how many were.

    Without that, what is stored would be looked up in vain. One transaction.
    """
    if store.ledger.remembered(_KEYED_BY) == dedupe.KEYS_FORM:
        return 0
    count = 0
    with store.transaction():
        for number, article in store.all_articles():
            store.set_keys(number, dedupe.keys(article))
            count += 1
        store.ledger.remember(_KEYED_BY, dedupe.KEYS_FORM)
    return count


def refile(store: Store, config: Config) -> int:
    """File every entry again if the sections are others than last time; return how many those are.

    Nothing that a reader sees of an article changes, so no entry is updated. One transaction.
    """
    rules = to_rules(config.section)
    told = hashlib.sha256(repr(rules).encode()).hexdigest()
    if store.ledger.remembered(_FILED_BY) == told:
        return 0
    count = 0
    with store.transaction():
        for entry in store.entries():
            count += 1
            first = entry.sightings[0] if entry.sightings else None
            placements = classify(
                entry.article,
                rules,
                publication=entry.publication,
                source=first.source if first else None,
            )
            forecast = dated(read_forecast(entry.article.paragraphs), entry.date)
            store.refile(entry.id, placements, forecast=forecast.days)
        store.ledger.remember(_FILED_BY, told)
    return count


def _take(
    store: Store, found: RawPage | Refusal, read: Reading, config: Config, *, now: dt.datetime
) -> Counts:
    """Take in one document: all of its pages, or the reason why not."""
    if isinstance(found, Refusal) or read.reason is not None:
        return _refuse(store, found, read.reason or "", now=now)
    desk = _Desk(store=store, config=config, now=now)
    with store.transaction():
        counts = Counts()
        for text, page in read.pages:
            counts += desk.file(text, page, modified=found.modified)
        store.record_document(
            found.source,
            found.name,
            found.validator,
            reason=_reason(found.name, counts.failures),
            now=now,
        )
    _log.info(
        "%s: %d articles new, %d revised, %d the same",
        found.name,
        counts.new,
        counts.revised,
        counts.same,
        extra={
            "source": found.source,
            "page": found.name,
            "new": counts.new,
            "revised": counts.revised,
            "same": counts.same,
        },
    )
    return counts


def _reason(name: str, failures: Sequence[tuple[str, str]]) -> str | None:
    """Why nothing could be made of a document, or of which of its pages; None if of all."""
    if not failures:
        return None
    (page, why), *others = failures
    told = why if page == name else f"{page.removeprefix(name)}: {why}"
    also = [other.removeprefix(name) for other, _ in others]
    if not also:
        return told
    more = ", …" if len(also) > _NAMED_PAGES else ""
    return f"{told} (and {', '.join(also[:_NAMED_PAGES])}{more})"


def _refuse(store: Store, found: RawPage | Refusal, reason: str, *, now: dt.datetime) -> Counts:
    with store.transaction():
        store.record_document(found.source, found.name, found.validator, reason=reason, now=now)
    return _fail(found.name, reason)


def _fail(name: str, reason: str) -> Counts:
    return Counts(pages=1, failed=1, failures=((name, reason),))


@dataclass(frozen=True, kw_only=True)
class _Sheet:
    """A kept page whose articles are being filed."""

    text: PageText
    number: int
    """Its id in the store."""
    date: dt.date
    language: str
    again: bool
    """Whether it was taken before and is parsed again."""


@dataclass(frozen=True, kw_only=True)
class _Desk:
    """Files the articles of a page: each is new, revised or the same. Inside a transaction."""

    store: Store
    config: Config
    now: dt.datetime
    rules: tuple[Rule, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", to_rules(self.config.section))

    def file(self, text: PageText, page: Page | Unread, *, modified: dt.datetime | None) -> Counts:
        """File a page that a source brought."""
        reason = page.reason if isinstance(page, Unread) else None
        if isinstance(page, Unread):
            page = Page(articles=(), language="und")
        date, dated_by = dates.publication_date(
            named=text.date,
            printed=page.printed_date,
            forecast_start=page.forecast_start,
            modified=modified,
            now=self.now,
            zone=self.config.site.zone,
        )
        return self._file(text, page, date=date, dated_by=dated_by, reason=reason)

    def file_again(self, kept: KeptPage, page: Page) -> Counts:
        """File a kept page that was parsed again."""
        return self._file(kept.page, page, date=kept.date, dated_by=kept.dated_by, again=True)

    def _file(
        self,
        text: PageText,
        page: Page,
        *,
        date: dt.date,
        dated_by: DatedBy,
        again: bool = False,
        reason: str | None = None,
    ) -> Counts:
        if not page.articles:
            reason = reason or NO_ARTICLE
        language = text.language or page.language
        number = self.store.keep_page(
            text,
            digest=hashlib.sha256(text.text.encode("utf-8", "surrogatepass")).hexdigest(),
            language=language,
            date=date,
            dated_by=dated_by,
            reason=reason,
            now=self.now,
        )
        if reason:
            return _fail(text.name, reason)
        sheet = _Sheet(text=text, number=number, date=date, language=language, again=again)
        entries: dict[int, int] = {}
        taken: dict[int, Article] = {}
        counts = Counts(pages=1)
        for place in self._in_order(page.articles):
            article = page.articles[place]
            entries[place], one = self._file_article(article, place, sheet, taken)
            taken.setdefault(entries[place], article)
            counts += one
        self.store.sight(number, list(dict.fromkeys(entries[place] for place in sorted(entries))))
        return counts

    def _in_order(self, articles: Sequence[Article]) -> list[int]:
        """Places in the order in which they choose an entry: who knows his own, then the longest.

        So a corrected notice does not take the entry of the next one on its template, nor a part
        the entry of the whole.
        """

        def claim(place: int) -> tuple[bool, int, int]:
            article = articles[place]
            is_known = bool(self.store.candidates(dedupe.digest(article), ()))
            return not is_known, -len(article.text), place

        return sorted(range(len(articles)), key=claim)

    def _file_article(
        self, article: Article, place: int, sheet: _Sheet, taken: Mapping[int, Article]
    ) -> tuple[int, Counts]:
        """Return the entry that the article is, and what that was.

        `taken` are the entries that other articles of the page are, and speak for.
        """
        twin, verdict = self._find_twin(article, sheet, taken)
        if twin is None:
            other = self._other_part(article, sheet)
            if other is not None and other.id not in taken:
                return other.id, self._join(other, article, sheet)
            return self._add(article, place, sheet), Counts(new=1)
        if twin.id in taken or (twin.withdrawn and not twin.lost):
            return twin.id, Counts(same=1)
        return twin.id, self._update(twin, article, verdict, sheet)

    def _other_part(self, article: Article, sheet: _Sheet) -> Candidate | None:
        """The stored entry that goes on in the article, or that it goes on in, on another page."""
        if jumps.jumps(article) == jumps.Jumps():
            return None
        stored = list(self.store.of_day(sheet.date, sheet.text.publication))
        others = [
            jumps.Part(
                article=one.article,
                pages=tuple(page for name in names for page in jumps.page_called(name)),
            )
            for one, names in stored
        ]
        own = jumps.Part(article=article, pages=jumps.page_called(sheet.text.name))
        is_named = sheet.text.publication is not None
        found = jumps.best_fit(own, others, of_one_paper=is_named)
        return None if found is None else stored[found][0]

    def _join(self, other: Candidate, article: Article, sheet: _Sheet) -> Counts:
        """Make one entry of the two parts: the one that was there keeps its id."""
        is_front = (
            jumps.jumps(article).on is not None and jumps.jumps(other.article).source is not None
        )
        parts = (article, other.article) if is_front else (other.article, article)
        whole = jumps.joined(*parts)
        self.store.revise(
            other.id,
            whole,
            digest=dedupe.digest(whole),
            keys=dedupe.keys(whole),
            sections=self._sections(whole, sheet),
            forecast=self._forecast(whole, other.date, sheet.text.name),
            now=self.now,
            corrected=False,
        )
        return Counts(revised=1)

    def _add(self, article: Article, place: int, sheet: _Sheet) -> int:
        digest = dedupe.digest(article)
        return self.store.add_entry(
            article,
            guid=f"tag:{self.config.site.authority.lower()}:article/{digest[:_GUID_LETTERS]}",
            digest=digest,
            keys=dedupe.keys(article),
            sections=self._sections(article, sheet),
            forecast=self._forecast(article, sheet.date, sheet.text.name),
            published=self._published(sheet.date, place),
            date=sheet.date,
            language=sheet.language,
            publication=sheet.text.publication,
            page=sheet.number,
        )

    def _update(
        self, twin: Candidate, article: Article, verdict: dedupe.Verdict, sheet: _Sheet
    ) -> Counts:
        """Bring an entry up to what was found, where a reader would see a difference."""
        shown = self._choose(twin, article, verdict, sheet)
        sections = self._sections(shown, sheet)
        forecast = self._forecast(shown, twin.date, sheet.text.name)
        if not twin.lost and not _reads_otherwise(twin.article, shown):
            self.store.refile(twin.id, sections, forecast=forecast)
            return Counts(same=1)
        self.store.revise(
            twin.id,
            shown,
            digest=dedupe.digest(shown),
            keys=dedupe.keys(shown),
            sections=sections,
            forecast=forecast,
            now=self.now,
            page=None if dedupe.is_teaser(article, shown) else sheet.number,
            corrected=not (sheet.again or dedupe.is_teaser(twin.article, shown)),
        )
        return Counts(revised=1)

    def _choose(
        self, twin: Candidate, article: Article, verdict: dedupe.Verdict, sheet: _Sheet
    ) -> Article:
        """What the reader is to see: the stored text, the found one, or the best of both.

        A page parsed again speaks for the texts that came from it, alone if no other page shows
        them. A page corrected since, or read better elsewhere, has nothing to say any more.
        """
        if jumps.is_part(article, twin.article):
            return twin.article
        if sheet.again and twin.page == sheet.number:
            is_alone = self.store.pages_of(twin.id) == [sheet.number]
            return article if is_alone else dedupe.better(twin.article, article)
        is_stale = sheet.again and not dedupe.is_teaser(twin.article, article)
        if is_stale or verdict is dedupe.Verdict.SAME:
            return twin.article
        return dedupe.better(twin.article, article)

    def _sections(self, article: Article, sheet: _Sheet) -> tuple[Placement, ...]:
        return classify(
            article,
            self.rules,
            publication=sheet.text.publication,
            source=sheet.text.source,
        )

    def _forecast(self, article: Article, date: dt.date, page: str) -> tuple[ForecastDay, ...]:
        forecast = dated(read_forecast(article.paragraphs), date)
        for unread in forecast.unread:
            _log.info("%s: no day of a forecast, left as text: %s", page, unread)
        return forecast.days

    def _find_twin(
        self, article: Article, sheet: _Sheet, taken: Mapping[int, Article]
    ) -> tuple[Candidate | None, dedupe.Verdict]:
        """The stored entry that is this article, and whether it says the same.

        Of several that may be it the one most alike: a part of it may have become an entry too. A
        reading that ran two of a page's articles into one says nothing new of either.
        """
        found: list[tuple[float, Candidate, dedupe.Verdict]] = []
        for candidate in self.store.candidates(dedupe.digest(article), dedupe.keys(article)):
            sibling = taken.get(candidate.id)
            if sibling is not None and not dedupe.repeats(article, sibling):
                continue
            verdict = dedupe.compare(candidate.article, candidate.date, article, sheet.date)
            if verdict is not dedupe.Verdict.DIFFERENT:
                alike = dedupe.likeness(candidate.article, article)
                found.append((alike, candidate, verdict))
        if not found:
            return None, dedupe.Verdict.DIFFERENT
        _, twin, verdict = max(found, key=lambda one: one[0])
        if not sheet.again and self._runs_together(article, [one for _, one, _ in found]):
            verdict = dedupe.Verdict.SAME
        return twin, verdict

    def _runs_together(self, article: Article, twins: Sequence[Candidate]) -> bool:
        """Whether the article is two stored ones of one page that were read as one."""
        held = [twin for twin in twins if dedupe.holds(article, twin.article)]
        return any(
            not dedupe.holds(one.article, other.article)
            and not dedupe.holds(other.article, one.article)
            and dedupe.compare(one.article, one.date, other.article, other.date)
            is dedupe.Verdict.DIFFERENT
            and set(self.store.pages_of(one.id)) & set(self.store.pages_of(other.id))
            for one, other in combinations(held, 2)
        )

    def _published(self, date: dt.date, place: int) -> dt.datetime:
        """The first hour of the paper's day, the first article last: it is the newest."""
        midnight = dt.datetime.combine(date, dt.time(), tzinfo=self.config.site.zone)
        return min(midnight + dt.timedelta(seconds=max(0, 3599 - place)), self.now)


def _reads_otherwise(one: Article, other: Article) -> bool:
    """Whether a reader would see a difference: how sure the parser is does not show."""
    shown = ("kicker", "headline", "deck", "credit", "byline", "body", "captions")
    return any(getattr(one, name) != getattr(other, name) for name in shown)
