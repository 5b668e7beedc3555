"""One configuration at work: its schedule, its web server, its filing process."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
from collections.abc import Iterator
from itertools import pairwise
from types import TracebackType
from typing import Self

from feeder.config import Config, Source
from feeder.crontab import to_cron_trigger
from feeder.errors import FeederError, SourceError, StoreError
from feeder.filing import Filing, StoppedError, UnansweredError
from feeder.ledger import EventKind, Job, Ledger
from feeder.service.publishing import RETRY_SECONDS, Publishing
from feeder.service.schedule import Schedule, every, to_trigger
from feeder.service.systemd import notify, watchdog_seconds
from feeder.service.tally import Tally
from feeder.service.watching import Look, Taken, Watched

STOP_SECONDS = 2.5
"""How long the page in hand may take once the service is told to stop: 5 s are promised in all."""
TICK_SECONDS = 30.0
_TICKS_A_WATCHDOG = 3
_LEDGER_SECONDS = 10.0
"""How long the heartbeat waits for a writer, such as `feeder reparse`."""
_TICK = "tick"
_UPKEEP_OVERDUE = dt.timedelta(hours=26)
_UPKEEP_SOON, _UPKEEP_AGAIN = 600.0, 3600.0
_MANY_RHYTHMS = 3
"""A source is fresh that was looked at within so many of its rhythms …"""
_GRACE_SECONDS = 120.0
"""… and this, for a look that takes its time."""

_RUNS_LOOKED_AT = 3000
_DAYS_LOOKED_AT = dt.timedelta(days=8)
"""Of a crontab line: all of a week."""
_MOST_RHYTHM = 366 * 86400.0

log = logging.getLogger(__name__)


class Shift:
    """What is at work under one configuration, from `with` to its end."""

    def __init__(self, config: Config, *, log_format: str, tally: Tally) -> None:
        self._config = config
        self._zone = config.site.zone
        self._stop = threading.Event()
        self._filing = Filing(config, log_format=log_format)
        self._tally = tally
        self._publishing = Publishing(self._filing, tally, record=self._record)
        self._watched = {
            source.label: Watched(source=source, every=_rhythm(source, self._zone))
            for source in config.source
        }
        tally.watch(
            {
                name: _MANY_RHYTHMS * watched.every + _GRACE_SECONDS
                for name, watched in self._watched.items()
            }
        )
        self._upkeep_trouble: str | None = None
        self._told_jobs: dict[str, str] = {}
        self._schedule = self._new_schedule()
        self._exit = contextlib.ExitStack()
        self._is_begun = False
        self.place = ""

    # -- begin and end --------------------------------------------------------------------------

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self.place = stack.enter_context(self._serving())
            stack.callback(self._end)
            # It ticks while all is published: that may take longer than systemd waits for a ping.
            self._schedule.start()
            self._exit = stack.pop_all()
        return self

    def begin(self) -> None:
        """Publish what is in the store, and from then on look at the sources.

        Raises StoreError, UnansweredError; StoppedError where the shift is ended meanwhile.
        """
        if count := self._filing.refile():
            log.info("the sections have changed: %d articles are filed again", count)
        self._publishing.publish(everything=True)
        with Ledger.open(self._config.storage.database) as ledger:
            for name, state in ledger.source_states().items():
                self._tally.looked(name, trouble=state.trouble, is_news=False)
        self._is_begun = True
        self._add_jobs(self._schedule)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the database open meanwhile.

        So no other of ours is the last to close it, which writes all of the log back each time; and
        `feeder restore` sees that somebody is at work.
        """
        with Ledger.open(self._config.storage.database) as ledger:
            ledger.last_done(Job.UPKEEP)
            yield

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
                "the work in hand was not done within %g s; the next start does it", STOP_SECONDS
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
        schedule.add("publish", every(RETRY_SECONDS, self._zone), self._publish_if_due)
        schedule.add("upkeep", to_cron_trigger(self._config.upkeep.cron, self._zone), self._keep_up)
        for name, watched in self._watched.items():
            trigger = to_trigger(watched.source, self._zone)
            schedule.add(name, trigger, self._look, watched, at_once=True)
        if self._is_upkeep_overdue():
            self._keep_up_in(_UPKEEP_SOON)

    def _is_upkeep_overdue(self) -> bool:
        """Whether it was missed: the service was down, or the machine asleep."""
        try:
            with Ledger.open(self._config.storage.database) as ledger:
                done = ledger.last_done(Job.UPKEEP)
        except StoreError:
            return True  # it is tried, and tells what is wrong
        return done is None or dt.datetime.now(self._zone) - done > _UPKEEP_OVERDUE

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
            self._tell_unusable(_TICK, str(error))
        else:
            self._tell_unusable(_TICK, None)

    def _look(self, watched: Watched) -> None:
        """The job of a source, and the look that is made up for one that failed."""
        if watched.is_resting() or self._stop.is_set():
            return
        if not watched.turn.acquire(blocking=False):
            return
        try:
            self._look_in_turn(watched)
        finally:
            watched.turn.release()
        self._publish_if_due()

    def _look_in_turn(self, watched: Watched) -> None:
        name = watched.source.label
        look = Look(
            watched,
            self._config,
            self._filing,
            is_stopping=self._stop.is_set,
            tell=lambda taken: self._note(name, taken),
        )
        try:
            with self._tally.timed(f"look {name}"):
                look.run()
        except StoppedError:
            return
        except SourceError as error:
            self._note_look(watched, error)
        except StoreError as error:
            self._tell_unusable(name, str(error))
            self._note_look(watched, SourceError(name, str(error)))
        except UnansweredError as error:
            self._note_look(watched, SourceError(name, str(error)))
        except Exception as error:  # not foreseen: raised again, for the log to say where it was
            # Without this the source would seem to be in order, and be looked at without a rest.
            self._note_look(watched, SourceError(name, f"failed: {error!r}; the log says where"))
            raise
        else:
            self._tell_unusable(name, None)
            self._note_look(watched, None)

    def _note_look(self, watched: Watched, trouble: SourceError | None) -> None:
        watched.note(trouble)
        self._record_look(watched, trouble)
        coming = self._schedule.next_run(watched.source.label)
        again = dt.datetime.now(self._zone) + dt.timedelta(seconds=watched.rest_seconds() + 1)
        if trouble and coming and coming > again and not self._stop.is_set():
            self._schedule.add_once(f"again {watched.source.label}", again, self._look, watched)

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
        before = self._tally.trouble_of(name)
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
            log.warning("%s: how it fares is not remembered: %s", name, error)

    def _keep_up(self) -> None:
        """The job of every day."""
        try:
            with self._tally.timed("upkeep"):
                done = self._filing.keep_up(now=dt.datetime.now(self._zone))
        except StoppedError:
            log.info("upkeep: broken off; it is made up for after the next start")
            return
        except (StoreError, UnansweredError) as error:
            self._tell_upkeep(str(error))
            self._keep_up_in(_UPKEEP_AGAIN)
            return
        self._tell_upkeep(None)
        log.info("upkeep: %s", done.text)
        if done.must_publish:
            self._publishing.ask_for()

    def _keep_up_in(self, seconds: float) -> None:
        when = dt.datetime.now(self._zone) + dt.timedelta(seconds=seconds)
        if not self._stop.is_set():
            self._schedule.add_once("upkeep again", when, self._keep_up)

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
        """Tell what the schedule says of a job; of a job the same only once in a row.

        It is called by the schedule itself, which must not wait for the database.
        """
        if self._told_jobs.get(name) == text:
            return
        self._told_jobs[name] = text
        log.warning("%s: %s", name, text)
        threading.Thread(
            target=self._record, args=(EventKind.NOTICE, name, text), daemon=True
        ).start()

    def _tell_upkeep(self, trouble: str | None) -> None:
        before, self._upkeep_trouble = self._upkeep_trouble, trouble
        if trouble:
            log.error("upkeep: %s; it is tried again in an hour", trouble)
        if trouble and trouble != before:
            self._record(EventKind.FAILURE, "upkeep", trouble)
        elif before and not trouble:
            self._record(EventKind.RECOVERY, "upkeep", "is done again")

    def _tell_unusable(self, who: str, trouble: str | None) -> None:
        """Log that somebody cannot use the database, and that everybody can again; each once."""
        troubles = self._tally.unwritable
        before = dict(troubles)
        if trouble:
            troubles[who] = trouble
        else:
            troubles.pop(who, None)
        if trouble and not before:
            log.error("%s; it is tried again", trouble)
            self._record(EventKind.FAILURE, "database", trouble)
        elif before and not troubles:
            log.info("the database can be used again")
            first = next(iter(before.values()))
            self._record(EventKind.RECOVERY, "database", f"can be used again after: {first}")

    def _record(self, kind: EventKind, subject: str, text: str) -> None:
        """Remember an event; where that cannot be, the log has it nevertheless."""
        try:
            with Ledger.open(self._config.storage.database, wait_seconds=_LEDGER_SECONDS) as ledger:
                ledger.record_event(kind, subject, text, now=dt.datetime.now(self._zone))
            self._publishing.ask_for(operations_only=True)
        except StoreError as error:
            log.warning("%s: %s; not remembered: %s", subject, text, error)


def _alive() -> tuple[str, ...]:
    """Return what systemd's watchdog waits for, if it does."""
    return ("WATCHDOG=1",) if watchdog_seconds() is not None else ()


def _tick_seconds() -> float:
    """Return how often to tick: often enough for systemd's watchdog."""
    asked = watchdog_seconds()
    return TICK_SECONDS if asked is None else min(TICK_SECONDS, asked / _TICKS_A_WATCHDOG)


def _rhythm(source: Source, zone: dt.tzinfo) -> float:
    """Return the longest time between two looks of the next days, in seconds."""
    if source.cron is None:
        return source.every_seconds
    trigger = to_trigger(source, zone)
    begin = dt.datetime.now(zone)
    runs = [begin]
    while len(runs) < _RUNS_LOOKED_AT and runs[-1] - begin < _DAYS_LOOKED_AT:
        coming = trigger.get_next_fire_time(None, runs[-1] + dt.timedelta(microseconds=1))
        if coming is None:
            break
        runs.append(coming)
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(runs)]
    return max(gaps, default=_MOST_RHYTHM)
