"""An index of pages: read anew when it has changed, and which of its pages are to be asked for."""

from __future__ import annotations

import datetime as dt
import http
import json
from collections.abc import Iterator
from dataclasses import dataclass

from feeder.errors import SourceError
from feeder.ledger import KeptAnswer
from feeder.sources import links, validators
from feeder.sources.asking import Answer, BarredError, without_password
from feeder.sources.look import GONE, Look

MAX_BYTES = 4 * 1024 * 1024
RECHECK = dt.timedelta(hours=6)
"""After so long the pages of an index are asked for anew although the index has not changed."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What an index, or one part of it, holds."""

    address: str
    pages: tuple[str, ...]
    """Names of the pages that it links to."""
    parts: tuple[str, ...]
    is_feed: bool
    is_new: bool
    """Whether it says something else than before; if not, only what is missing is asked for."""
    kept: KeptAnswer


class Index:
    """The index at an address, of one day if its address has a date in it."""

    def __init__(self, look: Look, address: str, *, day: dt.date | None) -> None:
        self._look = look
        self._source = look.source
        self._address = address
        self._day = day
        # What was found under other patterns or bounds is not what is looked for now.
        self._asked = [look.source.links, look.source.next, look.source.max_links]

    def parts(self) -> Iterator[Part]:
        """Yield the index and the further parts that it leads to, those that can be had."""
        pending, met = [self._address], {self._address}
        for count in range(1, self._source.max_parts + 1):
            if not pending:
                return
            part = self._part(pending.pop(0))
            if part is None:
                continue
            yield part
            new = [name for name in part.parts if name not in met]
            pending += new
            met.update(new)
            if pending and count == self._source.max_parts:
                self._look.warn(f"has more than {count} parts; raise max_parts to read the others")

    def _part(self, address: str) -> Part | None:
        """Return what the index says, now or still; None where it cannot be had."""
        kept = self._kept(address)
        try:
            answer = self._look.ask(
                address, known=kept.validator if kept else None, most=lambda _: MAX_BYTES
            )
        except BarredError as error:
            self._look.fail(error, without_password(address))
            return None
        if answer is None or (answer.status in GONE and self._day):
            return None
        if kept and answer.status == http.HTTPStatus.NOT_MODIFIED:
            return self._to_part(address, kept, is_new=False)
        if answer.status != http.HTTPStatus.OK:
            self._look.fail_by_status(without_password(address), answer)
            return None
        validator = validators.to_validator(answer.headers, answer.data)
        if kept and validators.is_same(validator, kept.validator):
            return self._to_part(address, kept, is_new=False)
        return self._read(address, answer, validator=validator)

    def _kept(self, address: str) -> KeptAnswer | None:
        """Return what was kept of the index, unless it is to be read anew."""
        kept = self._look.ledger.answer(self._source.label, without_password(address))
        if kept is None or not kept.asked <= self._look.now < kept.asked + RECHECK:
            return None
        said = json.loads(kept.text)
        return kept if said["asked"] == self._asked else None

    def _to_part(self, address: str, kept: KeptAnswer, *, is_new: bool) -> Part:
        said = json.loads(kept.text)
        return Part(
            address=address,
            pages=tuple(said["pages"]),
            parts=tuple(said["parts"]),
            is_feed=said["is_feed"],
            is_new=is_new,
            kept=kept,
        )

    def _read(self, address: str, answer: Answer, *, validator: str) -> Part | None:
        name = without_password(address)
        if not answer.is_whole:
            why = f"is larger than {MAX_BYTES // 2**20} MiB, too large for an index"
            self._look.fail(SourceError(self._source.label, why), name)
            return None
        try:
            found = links.find_links(answer.data, address=answer.address, charset=answer.charset)
        except ValueError as error:
            self._look.fail(SourceError(self._source.label, f"is no JSON Feed: {error}"), name)
            return None
        parts = self._fitting(found, self._source.next, but={name})
        pages = self._fitting(found, self._source.links, but={name, *parts})
        said = {
            "asked": self._asked,
            "pages": pages,
            "parts": parts,
            "is_feed": found.is_feed,
        }
        text = json.dumps(said, ensure_ascii=False)
        kept = KeptAnswer(text=text, validator=validator, asked=self._look.now)
        return self._to_part(address, kept, is_new=True)

    def _fitting(self, found: links.Links, pattern: str | None, *, but: set[str]) -> list[str]:
        fits = links.matches(pattern)
        names = (links.to_name(link) for link in found.all if fits(link))
        fitting = [name for name in dict.fromkeys(names) if name and name not in but]
        return fitting[: self._source.max_links + 1]

    def wanted(self, parts: list[Part]) -> list[str]:
        """Return the pages to ask for: of an index that has not changed, those that are missing."""
        names: dict[str, bool] = {}
        for part in parts:
            for name in part.pages:
                names[name] = names.get(name, False) or part.is_new
        wanted = list(names)[: self._source.max_links]
        if len(names) > len(wanted):
            count = self._source.max_links
            self._look.warn(f"links to more than {count} pages; raise max_links to have the others")
        if any(part.is_feed for part in parts):  # the newest first there, and the oldest here
            wanted.reverse()
        return [name for name in wanted if names[name] or self._is_missing(name)]

    def _is_missing(self, name: str) -> bool:
        known = self._look.ledger.seen(self._source.label, name)
        return known is None or known in validators.UNSETTLED

    def keep(self, parts: list[Part]) -> None:
        """Remember what the index says, once its pages have been dealt with."""
        for part in parts:
            if part.is_new:
                name = without_password(part.address)
                self._look.ledger.keep_answer(self._source.label, name, part.kept)
