"""Answers for who watches the watcher: /healthz, /readyz and /metrics.

The first two are for people's scripts and load balancers, the third is Prometheus' text format
(https://prometheus.io/docs/instrumenting/exposition_formats/), made by its own client.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from feeder import __version__
from feeder.errors import StoreError
from feeder.ledger import Job, Ledger
from feeder.server import Response
from feeder.service.tally import Tally

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

_TEXT = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
_LATE_TICKS = 3


def answers(
    tally: Tally, *, database: Path, tick_seconds: float
) -> Mapping[str, Callable[[], Response]]:
    """Return what is answered at each path, made when it is asked for."""
    return {
        "/healthz": lambda: _health(tally, tick_seconds=tick_seconds),
        "/readyz": lambda: _readiness(tally),
        "/metrics": lambda: _metrics(tally, database),
    }


def _health(tally: Tally, *, tick_seconds: float) -> Response:
    """Return 200 while the schedule runs."""
    late = tally.seconds_since_tick()
    if late is not None and late > _LATE_TICKS * tick_seconds:
        return _lines(503, [f"the schedule has been still for {late:.0f} s"])
    return _lines(200, ["alive"])


def _readiness(tally: Tally) -> Response:
    """Return 200 while every source is fresh and all is published; else what is not, a line each.

    It is for operators: a source in trouble is no reason not to read the feeds.
    """
    lacking = tally.unready()
    return _lines(503, lacking) if lacking else _lines(200, ["ready"])


def _lines(status: int, lines: Iterable[str]) -> Response:
    body = "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
    return Response(status=status, headers=_TEXT, body=body)


def _metrics(tally: Tally, database: Path) -> Response:
    # Imported where used: who does not ask for metrics needs no memory for them.
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

    registry = CollectorRegistry()
    registry.register(_Collector(tally, database))
    headers = {**_TEXT, "Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
    return Response(status=200, headers=headers, body=generate_latest(registry))


class _Collector:
    """What prometheus_client asks for when it is asked."""

    def __init__(self, tally: Tally, database: Path) -> None:
        self._tally = tally
        self._database = database

    def collect(self) -> Iterator[Metric]:
        """Yield every metric as it is now; counters count from the service's start."""
        from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily

        yield from self._of_sources()
        yield from self._of_jobs()
        yield GaugeMetricFamily(
            "feeder_store_bytes", "Size of the database and its log.", _size(self._database)
        )
        yield from self._of_done()
        yield InfoMetricFamily("feeder_build", "Which feeder it is.", {"version": __version__})
        yield GaugeMetricFamily(
            "feeder_start_time_seconds", "When the service started, Unix time.", self._tally.started
        )

    def _of_done(self) -> Iterator[Metric]:
        """Yield what is remembered over restarts, by whichever feeder it was done."""
        from prometheus_client.core import GaugeMetricFamily

        done = GaugeMetricFamily(
            "feeder_last_done_time_seconds", "Unix time of publish, upkeep, backup.", labels=["job"]
        )
        with contextlib.suppress(StoreError), Ledger.open(self._database) as ledger:
            for job in Job:
                if moment := ledger.last_done(job):
                    done.add_metric([job.value], moment.timestamp())
        yield done

    def _of_sources(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        pages = CounterMetricFamily(
            "feeder_pages", "Pages that were dealt with.", labels=["source", "outcome"]
        )
        articles = CounterMetricFamily(
            "feeder_articles", "Articles of the pages taken in.", labels=["source", "outcome"]
        )
        troubled = GaugeMetricFamily(
            "feeder_source_in_trouble", "1 while the source cannot be looked at.", labels=["source"]
        )
        age = GaugeMetricFamily(
            "feeder_source_age_seconds", "Since it was looked at with success.", labels=["source"]
        )
        for name, tally in self._tally.sources.items():
            counts = tally.counts
            pages.add_metric([name, "taken"], counts.pages - counts.failed)
            pages.add_metric([name, "failed"], counts.failed)
            for outcome in ("new", "revised", "same"):
                articles.add_metric([name, outcome], getattr(counts, outcome))
            troubled.add_metric([name], tally.trouble is not None)
            if tally.scanned is not None:
                age.add_metric([name], time.monotonic() - tally.scanned)
        yield from (pages, articles, troubled, age)

    def _of_jobs(self) -> Iterator[Metric]:
        from prometheus_client.core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            SummaryMetricFamily,
        )

        seconds = SummaryMetricFamily(
            "feeder_job_seconds", "How long jobs took: looks, publish, upkeep.", labels=["job"]
        )
        failures = CounterMetricFamily(
            "feeder_job_failures", "Jobs that did not come to their end.", labels=["job"]
        )
        success = GaugeMetricFamily(
            "feeder_job_last_success_time_seconds", "Unix time.", labels=["job"]
        )
        for name, job in list(self._tally.jobs.items()):
            seconds.add_metric([name], count_value=job.runs, sum_value=job.seconds)
            failures.add_metric([name], job.failures)
            if job.last_success is not None:
                success.add_metric([name], job.last_success)
        yield from (seconds, failures, success)
        yield CounterMetricFamily(
            "feeder_published_files", "Feeds and pages written.", self._tally.files_written
        )


def _size(database: Path) -> int:
    files = (database, database.with_name(database.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
