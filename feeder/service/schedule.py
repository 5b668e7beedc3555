"""When jobs run: apscheduler, set up so that nothing is skipped in silence."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable
from typing import Any

from apscheduler import events
from apscheduler.executors.base import BaseExecutor, run_job
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from feeder.config import Source
from feeder.crontab import to_cron_trigger

log = logging.getLogger(__name__)


class Schedule:
    """Jobs in threads of their own, each alone and in its rhythm, until it is stopped."""

    def __init__(self, zone: dt.tzinfo, *, tell: Callable[[str, str], None]) -> None:
        """`tell` is called with a job's name and what went wrong with it."""
        self._zone = zone
        self._tell = tell
        self._scheduler = BackgroundScheduler(
            timezone=zone,
            executors={"default": _DaemonExecutor()},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
        )
        self._overlapping: set[str] = set()
        watched = (
            events.EVENT_JOB_MISSED
            | events.EVENT_JOB_ERROR
            | events.EVENT_JOB_MAX_INSTANCES
            | events.EVENT_JOB_EXECUTED
        )
        self._scheduler.add_listener(self._hear, watched)

    def add(
        self,
        name: str,
        trigger: BaseTrigger,
        work: Callable[..., None],
        *arguments: object,
        at_once: bool = False,
    ) -> None:
        """Add a job; one that is `at_once` runs when the schedule starts, too."""
        first = {"next_run_time": dt.datetime.now(self._zone)} if at_once else {}
        self._scheduler.add_job(work, trigger, args=arguments, id=name, **first)

    def add_once(
        self, name: str, when: dt.datetime, work: Callable[..., None], *arguments: object
    ) -> None:
        """Add a job that runs once, in place of one of that name that has not run yet."""
        self._scheduler.add_job(
            work, DateTrigger(when), args=arguments, id=name, replace_existing=True
        )

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def next_run(self, name: str) -> dt.datetime | None:
        """Return when the job will run next; None if never again."""
        job = self._scheduler.get_job(name)
        coming: dt.datetime | None = job and job.next_run_time
        return coming

    def stop(self) -> None:
        """Begin no job any more; those that run are not waited for."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def _hear(self, event: Any) -> None:
        if event.code == events.EVENT_JOB_MAX_INSTANCES:
            self._hear_overlap(event.job_id)
            return
        self._overlapping.discard(event.job_id)
        if event.code == events.EVENT_JOB_EXECUTED:
            return
        if event.code == events.EVENT_JOB_MISSED:
            self._tell(event.job_id, f"the run of {event.scheduled_run_time} was missed")
        else:
            log.error("%s: failed: %r\n%s", event.job_id, event.exception, event.traceback)
            self._tell(event.job_id, f"failed: {event.exception!r}; the log says where")

    def _hear_overlap(self, name: str) -> None:
        """Tell it once for each long run, however many are left out meanwhile."""
        if name not in self._overlapping:
            self._overlapping.add(name)
            log.info("%s: takes longer than its rhythm; runs are left out until it is done", name)


class _DaemonExecutor(BaseExecutor):  # type: ignore[misc]  # apscheduler has no types
    """Runs each job in a thread that cannot hold up the end of the program.

    apscheduler's own pool is joined at exit, however long a job hangs.
    """

    def _do_submit_job(self, job: Any, run_times: list[dt.datetime]) -> None:
        threading.Thread(
            target=self._run, args=(job, run_times), name=f"job {job.id}", daemon=True
        ).start()

    def _run(self, job: Any, run_times: list[dt.datetime]) -> None:
        # run_job catches what the job raises and returns it as an event.
        done = run_job(job, job._jobstore_alias, run_times, self._logger.name)
        self._run_job_success(job.id, done)


def to_trigger(source: Source, zone: dt.tzinfo) -> BaseTrigger:
    """Return the source's rhythm."""
    if source.cron is None:
        return IntervalTrigger(seconds=source.every_seconds, timezone=zone)
    return to_cron_trigger(source.cron, zone)


def every(seconds: float, zone: dt.tzinfo) -> BaseTrigger:
    """Return a steady rhythm."""
    return IntervalTrigger(seconds=seconds, timezone=zone)
