"""Runs every source on its schedule, and the web server, until told to stop."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from typing import Any

from apscheduler import events
from apscheduler.executors.base import BaseExecutor, run_job
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from feeder import ingest, publish
from feeder.config import Config, Source
from feeder.errors import FeederError, PublishError, SourceError, StoreError
from feeder.store import Store

STOP_SECONDS = 4.0
"""How long a scan may take to end once told to; systemd and people are promised 5 in all."""

log = logging.getLogger(__name__)

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def run(config: Config) -> int:
    """Scan, publish and serve until SIGTERM or SIGINT; return the exit code.

    Everything is published anew at the start, so that what a crash or a full disk left undone
    heals. Call it in the main thread: signals are heard there.
    """
    _set_up_logging()
    with _stop_on_signals() as stop:
        service = _Service(config, stop)
        try:
            service.run()
        except FeederError as error:
            log.error("%s", error)  # noqa: TRY400 - meant for the operator, who needs no traceback
            return 1
    return 0


class _Service:
    """What outlives a scan: who writes, what is still to be published, which troubles are told."""

    def __init__(self, config: Config, stop: threading.Event) -> None:
        self._config = config
        self._stop = stop
        self._writer = threading.Lock()
        self._must_publish = True
        self._troubles: dict[str, str] = {}

    def run(self) -> None:
        with self._serving() as address:
            with Store(self._config.storage.database) as store:
                if count := ingest.refile(store, self._config):
                    log.info("the sections have changed: %d articles are filed again", count)
                self._publish(store)
            scheduler = _schedule(self._config, self._scan)
            try:
                log.info("%s", address)
                notify("READY=1", f"STATUS={address}")
                self._stop.wait()
                notify("STOPPING=1", "STATUS=stopping")
            finally:
                scheduler.shutdown(wait=False)
                self._wait_for_the_page_in_hand()

    @contextlib.contextmanager
    def _serving(self) -> Iterator[str]:
        serve, public = self._config.serve, self._config.storage.public
        if not serve.enabled:
            yield f"publishing to {public}"
            return
        # Imported where used: without it the service needs neither uvicorn nor its memory.
        from feeder import server

        with server.serve(public, serve.host, serve.port) as address:
            yield f"serving {public} on {address}"

    def _scan(self, source: Source) -> None:
        """The job: one writer at a time, and a store of its own, as SQLite is bound to a thread."""
        with self._writer:
            if self._stop.is_set():
                return
            try:
                with Store(self._config.storage.database) as store:
                    self._ingest(store, source)
                    if self._must_publish and not self._stop.is_set():
                        self._publish(store)
            except StoreError as error:
                log.error("%s; the next scan tries again", error)  # noqa: TRY400 - as above

    def _ingest(self, store: Store, source: Source) -> None:
        try:
            counts = ingest.ingest_source(
                store,
                source,
                self._config,
                now=dt.datetime.now(self._config.site.zone),
                stop=self._stop.is_set,
            )
        except SourceError as error:
            self._must_publish = True  # what it gave before it failed is in the store
            self._tell(source, str(error))
            return
        self._tell(source, None)
        for name, reason in counts.failures:
            log.warning("%s: %s: %s", source.label, name, reason)
        if counts.pages:
            said = _summary(source, counts)
            log.info("%s", said)
            notify(f"STATUS={said}")
        self._must_publish |= bool(counts.new or counts.revised)

    def _publish(self, store: Store) -> None:
        """Write what differs; what cannot be written is tried again after the next scan."""
        self._must_publish = True
        try:
            publish.publish(store, self._config)
        except PublishError as error:
            log.error("%s; the next scan tries again", error)  # noqa: TRY400 - as above
            return
        self._must_publish = False

    def _tell(self, source: Source, trouble: str | None) -> None:
        """Log a source's trouble when it begins or changes, and its end; not at every scan."""
        before = self._troubles.pop(source.label, None)
        if trouble:
            self._troubles[source.label] = trouble
        if trouble and trouble != before:
            log.error("%s; every scan tries again", trouble)
        if before and not trouble:
            log.info("%s: is back", source.label)

    def _wait_for_the_page_in_hand(self) -> None:
        if self._writer.acquire(timeout=STOP_SECONDS):
            self._writer.release()
        else:  # a server that does not answer, a disk that hangs: the store undoes the page
            log.warning(
                "a scan did not end within %g s; the next start does it again", STOP_SECONDS
            )


class _DaemonExecutor(BaseExecutor):  # type: ignore[misc]  # apscheduler has no types
    """Runs each job in a thread that cannot hold up the end of the program.

    apscheduler's own pool is joined at exit, however long a job hangs.
    """

    def _do_submit_job(self, job: Any, run_times: list[dt.datetime]) -> None:
        threading.Thread(
            target=self._run, args=(job, run_times), name=f"scan {job.id}", daemon=True
        ).start()

    def _run(self, job: Any, run_times: list[dt.datetime]) -> None:
        # run_job catches what the job raises and returns it as an event.
        done = run_job(job, job._jobstore_alias, run_times, self._logger.name)
        self._run_job_success(job.id, done)


def _schedule(config: Config, scan: Any) -> BackgroundScheduler:
    """Return a started scheduler: each source at once, and then in its rhythm; nothing skipped."""
    scheduler = BackgroundScheduler(
        timezone=config.site.zone,
        executors={"default": _DaemonExecutor()},
        job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
    )
    watched = events.EVENT_JOB_MISSED | events.EVENT_JOB_ERROR | events.EVENT_JOB_MAX_INSTANCES
    scheduler.add_listener(_tell_event, watched)
    for source in config.source:
        scheduler.add_job(
            scan,
            to_trigger(source, config.site.zone),
            args=(source,),
            id=source.label,
            next_run_time=dt.datetime.now(config.site.zone),
        )
    scheduler.start()
    return scheduler


def to_trigger(source: Source, zone: dt.tzinfo) -> BaseTrigger:
    """Return the source's rhythm."""
    if source.cron is None:
        return IntervalTrigger(seconds=source.every_seconds, timezone=zone)
    *fields, weekdays = source.cron.split()
    return CronTrigger.from_crontab(" ".join([*fields, _name_weekdays(weekdays)]), timezone=zone)


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


def _tell_event(event: Any) -> None:
    if event.code == events.EVENT_JOB_MAX_INSTANCES:
        log.warning("%s: the scan before is not done yet; this one is left out", event.job_id)
    elif event.code == events.EVENT_JOB_MISSED:
        log.warning("%s: the scan of %s was missed", event.job_id, event.scheduled_run_time)
    else:
        log.error("%s: the scan failed: %r\n%s", event.job_id, event.exception, event.traceback)


def _summary(source: Source, counts: ingest.Counts) -> str:
    return (
        f"{source.label}: {counts.pages} pages: {counts.new} new, {counts.revised} revised, "
        f"{counts.same} same, {counts.failed} failed"
    )


@contextlib.contextmanager
def _stop_on_signals() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM and SIGINT set; what they did before is put back after."""
    stop = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def notify(*lines: str) -> None:
    """Tell systemd, if it asked to be told (sd_notify(3)): READY=1, STATUS=…, STOPPING=1."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket, as in a container
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto("\n".join(lines).encode(), address)
    except OSError as error:
        log.warning("systemd cannot be told: %s", error)


class _JournalFormatter(logging.Formatter):
    """Puts the priority first, as journald reads it (sd-daemon(3)); it keeps the time itself."""

    _PRIORITIES = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))

    def format(self, record: logging.LogRecord) -> str:
        priority = next((p for level, p in self._PRIORITIES if record.levelno >= level), 7)
        return "\n".join(f"<{priority}>{line}" for line in super().format(record).split("\n"))


def _set_up_logging() -> None:
    """Log to stderr unless the caller has set it up; the libraries only what is wrong."""
    handler = logging.StreamHandler(sys.stderr)
    if os.environ.get("JOURNAL_STREAM"):
        handler.setFormatter(_JournalFormatter("%(message)s"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for library in ("httpx", "httpcore", "uvicorn"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # Told by `_tell_event`, once.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
