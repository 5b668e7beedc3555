"""One configuration at work: its schedule, its web server, its filing process."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from types import TracebackType
from typing import Self

from apscheduler.triggers.base import BaseTrigger

from feeder.config import Config, Source
from feeder.errors import FeederError, PublishError, SourceError, StoreError
from feeder.filing import Filing, StoppedError, UnansweredError
from feeder.ledger import EventKind, Ledger
from feeder.service.schedule import Schedule, crontab, every, to_trigger
from feeder.service.systemd import notify, watchdog_seconds
from feeder.service.tally import SourceTally, Tally
from feeder.service.watching import Look, Taken, Watched

STOP_SECONDS = 3.5
"""How long the page in hand may take once the service is told to stop: 5 s are promised in all."""
TICK_SECONDS = 30.0
_TICKS_A_WATCHDOG = 3
_LEDGER_SECONDS = 10.0
"""How long the heartbeat waits for a writer, such as `feeder reparse`."""
_PUBLISH_EVERY = 60.0
"""While a long look goes on, readers need not wait for its end."""
_OPERATIONS_EVERY = 3600.0
"""The operator's page tells the hour at which all was well."""
_RETRY_SECONDS, _MOST_RETRY_SECONDS = 30.0, 600.0
_MANY_RHYTHMS = 3
"""A source is fresh that was looked at within so many of its rhythms …"""
_GRACE_SECONDS = 120.0
"""… and this, for a look that takes its time."""

_RUNS_LOOKED_AT = 50
_MOST_RHYTHM = 366 * 86400.0

log = logging.getLogger(__name__)


class Shift:
    """What is at work under one configuration, from `with` to its end."""

    def __init__(self, config: Config, *, log_format: str) -> None:
        self._config = config
        self._zone = config.site.zone
        self._stop = threading.Event()
        self._filing = Filing(config, log_format=log_format)
        self._tally = Tally()
        self._publishing = _Publishing(self._filing, self._tally, record=self._record)
        self._watched: dict[str, Watched] = {}
        self._schedule = self._new_schedule()
        self._exit = contextlib.ExitStack()
        self._is_begun = False
        self.place = ""

    # -- begin and end --------------------------------------------------------------------------

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.callback(self._end)
            self.place = stack.enter_context(self._serving())
            # It ticks while all is published: that may take longer than systemd waits for a ping.
            self._schedule.start()
            self._begin(stack)
            self._exit = stack.pop_all()
        return self

    def _begin(self, stack: contextlib.ExitStack) -> None:
        """Publish what is in the store, and then look at the sources."""
        if count := self._filing.refile():
            log.info("the sections have changed: %d articles are filed again", count)
        self._publishing.publish(everything=True)
        # Held open, so that no other of ours is the last to close it, which writes all of the log
        # back each time; and `feeder restore` sees that somebody is at work.
        held = stack.enter_context(Ledger.open(self._config.storage.database))
        held.remembered("heartbeat")
        self._is_begun = True
        self._add_jobs(self._schedule)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exit.close()

    def _end(self) -> None:
        self._stop.set()
        self._schedule.stop()
        if not self._filing.stop(seconds=STOP_SECONDS):
            log.warning(
                "the page in hand was not done within %g s; the next start takes it", STOP_SECONDS
            )

    @contextlib.contextmanager
    def _serving(self) -> Iterator[str]:
        serve, public = self._config.serve, self._config.storage.public
        if not serve.enabled:
            yield f"publishing to {public}"
            return
        # Imported where used: without them the service needs neither uvicorn nor its memory.
        from feeder import server
        from feeder.service import health

        answers = health.answers(
            self._tally, database=self._config.storage.database, tick_seconds=_tick_seconds()
        )
        with server.serve(public, serve.host, serve.port, answers=answers) as address:
            yield f"serving {public} on {address}"

    def _new_schedule(self) -> Schedule:
        schedule = Schedule(self._zone, tell=self._tell_job)
        schedule.add("tick", every(_tick_seconds(), self._zone), self._tick, at_once=True)
        return schedule

    def _add_jobs(self, schedule: Schedule) -> None:
        schedule.add("publish", every(_RETRY_SECONDS, self._zone), self._publish_if_due)
        schedule.add("upkeep", crontab(self._config.upkeep.cron, self._zone), self._keep_up)
        for source in self._config.source:
            self._watch(schedule, source)

    def _watch(self, schedule: Schedule, source: Source) -> None:
        trigger = to_trigger(source, self._zone)
        rhythm = _rhythm(trigger, self._zone)
        name = source.label
        self._watched[name] = Watched(source=source, every=rhythm)
        self._tally.sources.setdefault(
            name, SourceTally(due_seconds=_MANY_RHYTHMS * rhythm + _GRACE_SECONDS)
        )
        schedule.add(name, trigger, self._look, self._watched[name], at_once=True)

    def begin_anew(self, why: str) -> None:
        """Schedule every job from now on: those that were due are not waited for."""
        log.warning("%s; the schedule begins anew", why)
        self._record(EventKind.NOTICE, "schedule", f"{why}; the schedule begins anew")
        self._schedule.stop()
        self._schedule = self._new_schedule()
        self._schedule.start()
        self._add_jobs(self._schedule)

    def refuse(self, error: FeederError) -> None:
        """Tell that a new configuration is not used, and that this one stays."""
        lines = str(error).splitlines()
        for line in lines:
            log.error("%s", line)
        log.error("the new configuration is not used; the one before stays")
        text = f"the new one is not used, the one before stays: {lines[0]}"
        self._record(EventKind.NOTICE, "configuration", text)
        notify(f"STATUS=the new configuration is not used: {lines[0]}")

    # -- jobs -----------------------------------------------------------------------------------

    def _tick(self) -> None:
        """Prove that schedule and database answer, and tell systemd so.

        A database that answers that it is full, locked or read-only does answer: to be started
        again would not mend it.
        """
        if self._is_begun:  # before, there may be no database yet
            self._beat()
        self._tally.tick()
        notify(*_alive(), f"STATUS={self._tally.status()}")

    def _beat(self) -> None:
        database = self._config.storage.database
        wait = min(_LEDGER_SECONDS, _tick_seconds() / 2)  # the next tick is not to be left out
        try:
            with Ledger.open(database, wait_seconds=wait) as ledger:
                ledger.remember("heartbeat", dt.datetime.now(dt.UTC).isoformat())
        except StoreError as error:
            self._tell_unwritable(str(error))
        else:
            self._tell_unwritable(None)

    def _look(self, watched: Watched) -> None:
        """The job of a source."""
        if watched.is_resting() or self._stop.is_set():
            return
        name = watched.source.label
        look = Look(
            watched,
            self._config,
            self._filing,
            is_stopping=self._stop.is_set,
            tell=lambda taken: self._note(name, taken),
        )
        trouble: SourceError | None = None
        try:
            with self._tally.timed(f"look {name}"):
                look.run()
        except StoppedError:
            return
        except SourceError as error:
            trouble = error
        except StoreError as error:
            self._tell_unwritable(str(error))
            return
        except UnansweredError as error:
            trouble = SourceError(name, str(error))
        watched.note(trouble)
        self._record_look(watched, trouble)
        self._publish_if_due()

    def _note(self, source: str, taken: Taken) -> None:
        """Remember what a document came to; the log has a line of it already, if it went well."""
        counts = taken.counts
        self._tally.took(source, taken.found.name, counts)
        for name, reason in counts.failures:
            log.warning(
                "%s: %s: %s",
                source,
                name,
                reason,
                extra={"source": source, "page": name, "reason": reason},
            )
        if counts.new or counts.revised:
            self._publishing.ask_for()
        elif counts.failed:
            self._publishing.ask_for(operations_only=True)
        notify(f"STATUS={self._tally.status()}")
        if self._publishing.is_long_due():
            self._publish()

    def _record_look(self, watched: Watched, trouble: SourceError | None) -> None:
        name = watched.source.label
        before = self._tally.sources[name].trouble
        said = trouble.reason if trouble else None
        self._tally.looked(name, trouble=said)
        if said and said != before:
            log.error("%s: %s; it is tried again", name, said, extra={"source": name})
        if before and not said:
            log.info("%s: is back", name, extra={"source": name})
        if said != before:
            self._publishing.ask_for(operations_only=True)
        now = dt.datetime.now(self._zone)
        coming = self._schedule.next_run(name)
        resting = now + dt.timedelta(seconds=watched.rest_seconds())
        try:
            with Ledger.open(self._config.storage.database) as ledger:
                ledger.record_run(
                    name, now=now, next_run=coming and max(coming, resting), trouble=said
                )
        except StoreError as error:
            self._tell_unwritable(str(error))

    def _keep_up(self) -> None:
        """The job of every day."""
        try:
            with self._tally.timed("upkeep"):
                done = self._filing.keep_up(now=dt.datetime.now(self._zone))
        except StoppedError:
            return
        except (StoreError, UnansweredError) as error:
            log.error("upkeep: %s", error)  # noqa: TRY400 - meant for the operator
            self._record(EventKind.FAILURE, "upkeep", str(error))
            return
        log.info("upkeep: %s", done.text)
        if done.must_publish:
            self._publishing.ask_for()

    def _publish_if_due(self) -> None:
        """The job that tries again what could not be published; each look does, too."""
        if self._publishing.is_due():
            self._publish()

    def _publish(self) -> None:
        if not self._stop.is_set():
            with contextlib.suppress(StoppedError):
                self._publishing.publish()

    # -- what is told ---------------------------------------------------------------------------

    def _tell_job(self, name: str, text: str) -> None:
        log.warning("%s: %s", name, text)
        self._record(EventKind.NOTICE, name, text)

    def _tell_unwritable(self, trouble: str | None) -> None:
        """Log that the database cannot be written, once, and that it can be again."""
        before, self._tally.unwritable = self._tally.unwritable, trouble
        if trouble and not before:
            log.error("%s; it is tried again", trouble)
        elif before and not trouble:
            log.info("the database can be written again")
            self._record(EventKind.RECOVERY, "database", f"can be written again after: {before}")

    def _record(self, kind: EventKind, subject: str, text: str) -> None:
        """Remember an event; where that cannot be, the log has it nevertheless."""
        try:
            with Ledger.open(self._config.storage.database, wait_seconds=_LEDGER_SECONDS) as ledger:
                ledger.record_event(kind, subject, text, now=dt.datetime.now(self._zone))
            self._publishing.ask_for(operations_only=True)
        except StoreError as error:
            log.warning("%s: %s; not remembered: %s", subject, text, error)


class _Publishing:
    """Whether something is to be published; what failed is tried again, ever less often."""

    def __init__(
        self, filing: Filing, tally: Tally, *, record: Callable[[EventKind, str, str], None]
    ) -> None:
        self._filing = filing
        self._tally = tally
        self._record = record
        self._is_wanted = False
        self._are_operations_wanted = False
        self._last = 0.0
        self._last_operations = 0.0
        self._retry = _RETRY_SECONDS
        self._not_before = 0.0

    def ask_for(self, *, operations_only: bool = False) -> None:
        """Say that the store holds something new, for readers or for the operator."""
        if operations_only:
            self._are_operations_wanted = True
        else:
            self._is_wanted = True

    def is_due(self) -> bool:
        """Whether to publish now."""
        now = time.monotonic()
        is_old = now - self._last_operations >= _OPERATIONS_EVERY
        is_wanted = self._is_wanted or self._are_operations_wanted or is_old
        return is_wanted and now >= self._not_before

    def is_long_due(self) -> bool:
        """Whether to publish now, although more is to come."""
        return self.is_due() and time.monotonic() - self._last >= _PUBLISH_EVERY

    def publish(self, *, everything: bool = False) -> None:
        """Publish what is new. Raises StoppedError."""
        is_wanted, self._is_wanted = self._is_wanted or everything, False
        self._are_operations_wanted = False
        try:
            if is_wanted:
                self._publish_all()
            else:
                self._filing.publish_operations()
        except (PublishError, StoreError, UnansweredError) as error:
            self.ask_for(operations_only=not is_wanted)
            self._not_before = time.monotonic() + self._retry
            self._retry = min(2 * self._retry, _MOST_RETRY_SECONDS)
            self._tell(str(error))
            return
        self._last_operations, self._retry = time.monotonic(), _RETRY_SECONDS
        self._tell(None)

    def _publish_all(self) -> None:
        with self._tally.timed("publish"):
            done = self._filing.publish(now=dt.datetime.now(dt.UTC))
        self._tally.files_written += done.written
        self._last = time.monotonic()

    def _tell(self, trouble: str | None) -> None:
        before, self._tally.unpublished = self._tally.unpublished, trouble
        if trouble and trouble != before:
            log.error("%s; it is tried again", trouble)
            self._record(EventKind.FAILURE, "publish", trouble)
        elif before and not trouble:
            log.info("published again")
            self._record(EventKind.RECOVERY, "publish", "can be published again")


def _alive() -> tuple[str, ...]:
    """Return what systemd's watchdog waits for, if it does."""
    return ("WATCHDOG=1",) if watchdog_seconds() is not None else ()


def _tick_seconds() -> float:
    """Return how often to tick: often enough for systemd's watchdog."""
    asked = watchdog_seconds()
    return TICK_SECONDS if asked is None else min(TICK_SECONDS, asked / _TICKS_A_WATCHDOG)


def _rhythm(trigger: BaseTrigger, zone: dt.tzinfo) -> float:
    """Return the longest time between two of the next runs, in seconds."""
    moment: dt.datetime | None = dt.datetime.now(zone)
    runs: list[dt.datetime] = []
    while moment is not None and len(runs) < _RUNS_LOOKED_AT:
        moment = trigger.get_next_fire_time(runs[-1] if runs else None, moment)
        if moment is not None:
            runs.append(moment)
            moment += dt.timedelta(microseconds=1)
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(runs)]
    return max(gaps, default=_MOST_RHYTHM)
