"""Forecasts as data: `forecast.json` for programs, `forecast.ics` for calendars (RFC 5545).

Both hold the newest forecast of each publication. `docs/forecasts.md` describes the JSON.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from feeder import phrases
from feeder.feeds import content
from feeder.feeds.channel import Channel, to_utc
from feeder.model import Entry, ForecastDay
from feeder.text import plain

if TYPE_CHECKING:
    from icalendar import Event

JSON, CALENDAR = "forecast.json", "forecast.ics"
_VERSION = "1"
_UID_LETTERS = 16


def render_forecasts(channel: Channel, entries: Sequence[Entry]) -> dict[str, bytes]:
    """Return both files by name. The same entries give the same bytes."""
    return {JSON: _json(channel, entries), CALENDAR: _calendar(channel, entries)}


def _json(channel: Channel, entries: Sequence[Entry]) -> bytes:
    told = {
        "version": _VERSION,
        "title": plain(channel.title),
        "url": channel.absolute(f"{channel.id}/{JSON}"),
        "updated": channel.updated(entries).isoformat(),
        "forecasts": [_to_object(channel, entry) for entry in entries],
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"


def _to_object(channel: Channel, entry: Entry) -> dict[str, Any]:
    return {
        "publication": plain(entry.publication) if entry.publication else None,
        "title": content.title(entry),
        "url": channel.absolute(entry.page),
        "language": entry.language,
        "date": entry.date.isoformat(),
        "updated": to_utc(entry.updated).isoformat(),
        "days": [_to_day(day) for day in entry.forecast],
    }


def _to_day(day: ForecastDay) -> dict[str, Any]:
    texts = {"text": plain(day.text), "wind": plain(day.wind) if day.wind else None}
    return {**asdict(day), "date": day.date.isoformat(), **texts}


def _calendar(channel: Channel, entries: Sequence[Entry]) -> bytes:
    # Imported where used: it takes longer to import than a section takes to be written.
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//feeder//forecasts//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    # What calendars show the subscription as, and how often they ask again: widely read names.
    calendar.add("x-wr-calname", plain(channel.title))
    calendar.add("refresh-interval;value=duration", "PT3H")
    for entry in entries:
        for day in entry.forecast:
            calendar.add_component(_to_event(channel, entry, day))
    return bytes(calendar.to_ical())


def _to_event(channel: Channel, entry: Entry, day: ForecastDay) -> Event:
    """A whole day. The next paper's forecast of it is the same event, revised."""
    from icalendar import Event

    event = Event()
    event.add("uid", _uid(channel, entry, day))
    event.add("dtstamp", to_utc(entry.updated))
    event.add("last-modified", to_utc(entry.updated))
    event.add("dtstart", day.date)
    event.add("dtend", day.date + dt.timedelta(days=1))
    event.add("summary", _summary(entry, day))
    told = (plain(day.wind) if day.wind else "", content.title(entry), content.imprint(entry))
    event.add("description", "\n".join(filter(None, told)))
    event.add("url", channel.absolute(entry.page))
    event.add("transp", "TRANSPARENT")
    return event


def _summary(entry: Entry, day: ForecastDay) -> str:
    degrees = phrases.degrees(day.low, day.high, day.unit)
    return " ".join(filter(None, (plain(day.text), degrees))) or content.title(entry)


def _uid(channel: Channel, entry: Entry, day: ForecastDay) -> str:
    """RFC 7986: an opaque name that is the same for ever; the authority's domain makes it ours."""
    told = f"{entry.publication or ''}\n{day.date.isoformat()}"
    name = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:_UID_LETTERS]
    domain = channel.authority.lower().partition(",")[0].rpartition("@")[2]
    return f"forecast-{day.date:%Y%m%d}-{name}@{domain}"
