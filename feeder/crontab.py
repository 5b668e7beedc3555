"""Crontab lines as cron means them, for apscheduler."""

from __future__ import annotations

import datetime as dt

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def to_cron_trigger(line: str, zone: dt.tzinfo) -> BaseTrigger:
    """Return the rhythm of a crontab line. Raises ValueError where it is none, or never comes."""
    *fields, weekdays = line.split() or [""]
    named = " ".join([*fields, _name_weekdays(weekdays)])
    trigger: BaseTrigger = CronTrigger.from_crontab(named, timezone=zone)
    if trigger.get_next_fire_time(None, dt.datetime.now(zone)) is None:
        raise ValueError("it never comes")
    return trigger


def _name_weekdays(field: str) -> str:
    """Return the crontab's days of the week by name: 0 is Sunday to cron, Monday to apscheduler."""
    return ",".join(_name_weekday_part(part) for part in field.split(","))


def _name_weekday_part(part: str) -> str:
    span, _, step = part.partition("/")
    if span == "*" and step:
        span = "0-6"
    first, _, last = span.partition("-")
    if not first.isdecimal():
        return part
    days = range(int(first), int(last or first) + 1, int(step or 1))
    return ",".join(_WEEKDAYS[day % 7] for day in days)
