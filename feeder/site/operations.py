"""How the sources fare, as the operator's page shows it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from feeder.ledger import Event, SourceState


@dataclass(frozen=True, kw_only=True)
class SourceCard:
    """A source on the page."""

    state: SourceState
    """Its times are given to the hour while it is in order."""
    label: str
    """The phrase that says how it fares: in_order, in_trouble, never_run, not_configured."""


def to_cards(configured: Sequence[str], states: Mapping[str, SourceState]) -> list[SourceCard]:
    """Return the configured sources in their order, then those known only from before.

    The times of a source that is in order are cut to the hour: they move with each look at it, and
    the page would be another file although nothing has happened.
    """
    named = [*configured, *(name for name in states if name not in configured)]
    return [
        _to_card(states.get(name) or SourceState(source=name), is_configured=name in configured)
        for name in named
    ]


def as_of(cards: Iterable[SourceCard], events: Iterable[Event]) -> dt.datetime | None:
    """Return the latest time that is past on the page."""
    return max((*_past(cards), *(event.time for event in events)), default=None)


def to_clock(time: dt.datetime, zone: dt.tzinfo) -> str:
    """Return the time in the zone, as `2026-11-24 09:00`."""
    return f"{time.astimezone(zone):%Y-%m-%d %H:%M}"


def _past(cards: Iterable[SourceCard]) -> Iterator[dt.datetime]:
    for card in cards:
        yield from filter(None, (card.state.last_run, card.state.last_success))


def _to_card(state: SourceState, *, is_configured: bool) -> SourceCard:
    if not is_configured:
        return SourceCard(state=_to_the_hour(state), label="not_configured")
    if state.trouble:
        return SourceCard(state=state, label="in_trouble")
    label = "in_order" if state.last_run else "never_run"
    return SourceCard(state=_to_the_hour(state), label=label)


def _to_the_hour(state: SourceState) -> SourceState:
    def cut(time: dt.datetime | None) -> dt.datetime | None:
        return time and time.replace(minute=0, second=0, microsecond=0)

    return replace(
        state,
        last_run=cut(state.last_run),
        next_run=None,  # cut, it would be past
        last_success=cut(state.last_success),
    )
