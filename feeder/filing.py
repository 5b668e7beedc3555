"""The process that does the work of the service: it parses, files, publishes and keeps up.

    Filing ── question ──► main: documents, parse, store, publish
           ◄── answer ───

The service, which rests for years, holds a `Filing` and nothing of what the work needs: the process
is started when there is a question, and ended when there has been none for a while. One that is not
answered in time ends it; SQLite then undoes the document in hand (docs/notes/0016-service.md).
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from feeder import logs
from feeder.config import Config
from feeder.errors import FeederError
from feeder.model import Counts, RawPage, Refusal

if TYPE_CHECKING:
    from feeder.store import Store

DOCUMENT_SECONDS = 120.0
"""How long a document may take; most take .05 s. A large one may take as much for each LARGE."""
LARGE = 500_000
"""Bytes."""
PUBLISH_SECONDS = 3600.0
LOAD_SECONDS = 60.0
UPKEEP_SECONDS = 3600.0
OPEN_SECONDS = 3600.0
"""After an upgrade all of a large database may be made anew."""
MOST_MEMORY = 3 * 2**30
"""Bytes of addresses, of which a part is memory: 100 MB usually, 600 with the worst PDF known."""
REST_SECONDS = 20.0
"""How long the process waits for another question before it is ended."""
DIED = "the process that files died on it; see the log, and `feeder explain` the page"
TOO_SLOW = "was not done in {seconds:g} s; it is left out"
_NO_ANSWER = "the process that files ended without an answer (exit code {code})"

_END_SECONDS = 5.0

log = logging.getLogger(__name__)
A = TypeVar("A")


class StoppedError(FeederError):
    """The service is to end; what was asked is not done."""


class UnansweredError(FeederError):
    """The process died or was killed before it answered."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class TooSlowError(UnansweredError):
    """It did not answer in time, and was killed."""


class UnopenedError(UnansweredError):
    """The process could not be made ready to work: no question is at fault."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """How many published files were written, removed, and left as they were."""

    written: int
    removed: int
    unchanged: int


@dataclass(frozen=True, kw_only=True)
class KeptUp:
    """What the daily upkeep came to."""

    text: str
    must_publish: bool
    """Whether articles that are published were forgotten."""


class _Question(Generic[A]):
    """What the process is asked, and of what kind the answer is."""


@dataclass(frozen=True, kw_only=True)
class _Load(_Question[Config]):
    path: Path


@dataclass(frozen=True, kw_only=True)
class _Open(_Question[None]):
    """The first question: with what to work."""

    config: Config
    log_format: str


@dataclass(frozen=True, kw_only=True)
class _Take(_Question[Counts]):
    found: RawPage | Refusal
    now: dt.datetime


@dataclass(frozen=True, kw_only=True)
class _Refile(_Question[int]):
    pass


@dataclass(frozen=True, kw_only=True)
class _Publish(_Question[Written]):
    now: dt.datetime


@dataclass(frozen=True, kw_only=True)
class _PublishOperations(_Question[None]):
    pass


@dataclass(frozen=True, kw_only=True)
class _KeepUp(_Question[KeptUp]):
    now: dt.datetime


def load_config(path: Path) -> Config:
    """Return the configuration, checked in a process of its own. Raises ConfigError."""
    with _Process() as process:
        return process.ask(_Load(path=path), seconds=LOAD_SECONDS)


class Filing:
    """The process, started and ended as it is needed; one question at a time, whoever asks."""

    def __init__(
        self, config: Config, *, log_format: str, rest_seconds: float = REST_SECONDS
    ) -> None:
        self._config = config
        self._log_format = log_format
        self._rest_seconds = rest_seconds
        self._turn = threading.Lock()
        self._stopping = threading.Event()
        self._process: _Process | None = None
        self._opening: _Process | None = None
        self._rest: threading.Timer | None = None

    # -- questions ------------------------------------------------------------------------------

    def take(self, found: RawPage | Refusal, *, now: dt.datetime) -> Counts:
        """Take in one document. One that ends the process, twice, or takes too long, is refused.

        Raises StoreError, StoppedError, UnopenedError.
        """
        seconds = DOCUMENT_SECONDS * (1 + _size(found) // LARGE)
        for is_last in (False, True):
            try:
                return self._ask(_Take(found=found, now=now), seconds=seconds)
            except UnopenedError:
                raise
            except UnansweredError as error:
                log.error("%s: %s", found.name, error)  # noqa: TRY400 - told in one line
                is_slow = isinstance(error, TooSlowError)
                if is_slow or is_last:
                    reason = TOO_SLOW.format(seconds=seconds) if is_slow else DIED
                    break
        refusal = Refusal(
            source=found.source, name=found.name, validator=found.validator, reason=reason
        )
        return self._ask(_Take(found=refusal, now=now), seconds=OPEN_SECONDS)

    def refile(self) -> int:
        """File every article again if the sections are others; return how many those are."""
        return self._ask(_Refile(), seconds=PUBLISH_SECONDS)

    def publish(self, *, now: dt.datetime) -> Written:
        """Write what readers see, where it differs.

        Raises StoreError, PublishError, UnansweredError, StoppedError.
        """
        return self._ask(_Publish(now=now), seconds=PUBLISH_SECONDS)

    def publish_operations(self) -> None:
        """Write what the operator reads. Raises as `publish` does."""
        self._ask(_PublishOperations(), seconds=PUBLISH_SECONDS)

    def keep_up(self, *, now: dt.datetime) -> KeptUp:
        """Do the daily upkeep. Raises StoreError, UnansweredError, StoppedError."""
        return self._ask(_KeepUp(now=now), seconds=UPKEEP_SECONDS)

    def stop(self, *, seconds: float) -> bool:
        """End the process; the question in hand has so many seconds. Return whether they sufficed.

        Whoever asks afterwards gets StoppedError.
        """
        self._stopping.set()
        in_time = self._turn.acquire(timeout=seconds)
        if not in_time:
            process = self._process or self._opening
            if process is not None:
                process.kill()  # whoever asked hears of it, and ends it
            if not self._turn.acquire(timeout=_END_SECONDS):
                return False
        try:
            self._end(kill=not in_time)
        finally:
            self._turn.release()
        return in_time

    # -- inside ---------------------------------------------------------------------------------

    def _ask(self, question: _Question[A], *, seconds: float) -> A:
        with self._turn:
            if self._stopping.is_set():
                raise StoppedError("the service is stopping")
            self._wake()
            try:
                return self._opened().ask(question, seconds=seconds)
            except UnansweredError as error:
                self._end(kill=True)
                if self._stopping.is_set():
                    raise StoppedError("the service is stopping") from error
                raise
            finally:
                self._rest = threading.Timer(self._rest_seconds, self._end_if_unasked)
                self._rest.daemon = True
                self._rest.start()

    def _opened(self) -> _Process:
        """Return the process, ready to work. Raises UnopenedError, and what opening raises."""
        if self._process is None:
            process = _Process()
            self._opening = process
            try:
                opening = _Open(config=self._config, log_format=self._log_format)
                process.ask(opening, seconds=OPEN_SECONDS)
            except UnansweredError as error:
                process.end(kill=True)
                raise UnopenedError(error.reason) from error
            except FeederError:
                process.end(kill=True)
                raise
            finally:
                self._opening = None
            self._process = process
        return self._process

    def _wake(self) -> None:
        if self._rest is not None:
            self._rest.cancel()

    def _end_if_unasked(self) -> None:
        if self._turn.acquire(blocking=False):
            try:
                if threading.current_thread() is self._rest:
                    self._end(kill=False)
            finally:
                self._turn.release()

    def _end(self, *, kill: bool) -> None:
        self._wake()
        process, self._process = self._process, None
        if process is not None:
            process.end(kill=kill)


class _Process:
    """A running process and the socket to it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - our own program and a number
                    # Nothing of the folder that feeder was started in is imported (-P), only what
                    # this process would import, too.
                    [sys.executable, "-P", "-m", "feeder.filing", str(theirs.fileno())],
                    env={**os.environ, "PYTHONPATH": _import_path()},
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                )
        except OSError as error:
            ours.close()
            raise UnopenedError(f"the process that files cannot be started: {error}") from error
        self._line = Connection(ours.detach())

    def __enter__(self) -> _Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.end(kill=True)

    def ask(self, question: _Question[A], *, seconds: float) -> A:
        """Return the answer. Raises what the process raises on purpose; UnansweredError."""
        with self._killed_after(seconds) as clock:
            try:
                self._line.send(question)
                # Longer than the clock: a process that waits for a dead disk cannot be killed.
                if not self._line.poll(seconds + _END_SECONDS):
                    raise TooSlowError(TOO_SLOW.format(seconds=seconds))
                answer: A | FeederError = self._line.recv()
            except (EOFError, OSError) as error:
                if clock.is_set():
                    raise TooSlowError(TOO_SLOW.format(seconds=seconds)) from error
                raise UnansweredError(_NO_ANSWER.format(code=self._exit_code())) from error
        if isinstance(answer, FeederError):
            raise answer
        return answer

    @contextmanager
    def _killed_after(self, seconds: float) -> Iterator[threading.Event]:
        is_up = threading.Event()

        def end() -> None:
            is_up.set()
            self._process.kill()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            yield is_up
        finally:
            timer.cancel()

    def kill(self) -> None:
        """Kill it; whoever waits for its answer gets UnansweredError."""
        self._process.kill()

    def end(self, *, kill: bool) -> None:
        """Close the line, which ends it; or kill it. Return when it is gone, or cannot go."""
        if kill:
            self._process.kill()
        self._line.close()
        with self._killed_after(_END_SECONDS):
            if self._exit_code() is None:
                log.error("the process that files cannot be ended; see to the disk it waits for")

    def _exit_code(self) -> int | None:
        """Return how it ended, once it has; None if it does not."""
        # Not by wait(timeout=…), which looks again and again; this sleeps until it is told.
        waiting = threading.Thread(target=self._process.wait, daemon=True)
        waiting.start()
        waiting.join(2 * _END_SECONDS)
        return self._process.returncode


def _import_path() -> str:
    """Return PYTHONPATH for a process that is to find this feeder, and what it needs."""
    ours = str(Path(__file__).parent.parent)
    return os.pathsep.join(filter(None, [ours, os.environ.get("PYTHONPATH", "")]))


def _size(found: RawPage | Refusal) -> int:
    return len(found.data) if isinstance(found, RawPage) else 0


# -- in the process -------------------------------------------------------------------------------


class _Desk:
    """What the process has open."""

    def __init__(self) -> None:
        self._config: Config | None = None
        self._store: Store | None = None

    def answer(self, question: Any) -> Any:
        """Return the answer; raises FeederError."""
        return _ANSWERS[type(question)](self, question)

    def load(self, question: _Load) -> Config:
        from feeder import config

        return config.load_config(question.path)

    def open(self, question: _Open) -> None:
        # All that the work needs is imported now: no document's time is spent on it.
        from feeder import ingest, publish  # noqa: F401 - publish is for later
        from feeder.store import Store

        logs.set_up(question.log_format)
        self._config = question.config
        self._store = Store(question.config.storage.database)
        ingest.rekey(self._store)  # minutes, after an upgrade: no document's time

    def take(self, question: _Take) -> Counts:
        from feeder.ingest import ingest_pages

        store, config = self._opened()
        return ingest_pages(store, [question.found], config, now=question.now)

    def refile(self, _: _Refile) -> int:
        from feeder.ingest import refile

        return refile(*self._opened())

    def publish(self, question: _Publish) -> Written:
        from feeder.ledger import Job
        from feeder.publish import publish

        store, config = self._opened()
        done = publish(store, config)
        store.ledger.record_done(Job.PUBLISH, now=question.now)
        return Written(
            written=len(done.written), removed=len(done.removed), unchanged=len(done.unchanged)
        )

    def publish_operations(self, _: _PublishOperations) -> None:
        from feeder.publish import publish_operations

        store, config = self._opened()
        publish_operations(store.ledger, config)

    def keep_up(self, question: _KeepUp) -> KeptUp:
        from feeder.upkeep import upkeep

        report = upkeep(*self._opened(), now=question.now)
        return KeptUp(text=str(report), must_publish=report.must_publish)

    def _opened(self) -> tuple[Store, Config]:
        if self._store is None or self._config is None:
            raise AssertionError("the first question opens the store")
        return self._store, self._config

    def close(self) -> None:
        if self._store is not None:
            self._store.close()


_ANSWERS: dict[type, Callable[[Any, Any], Any]] = {
    _Load: _Desk.load,
    _Open: _Desk.open,
    _Take: _Desk.take,
    _Refile: _Desk.refile,
    _Publish: _Desk.publish,
    _PublishOperations: _Desk.publish_operations,
    _KeepUp: _Desk.keep_up,
}


def main(descriptor: int) -> None:
    """Answer questions until there are no more."""
    # Signals are for the service, which ends this process when it is time: Ctrl-C and systemd
    # send theirs to every process of a group.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # What a hostile PDF or page blows up ends this process, not the machine.
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(MOST_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    line, desk = Connection(descriptor), _Desk()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            question = line.recv()
            try:
                answer = desk.answer(question)
            except FeederError as error:
                answer = error
            line.send(answer)
    desk.close()


if __name__ == "__main__":
    # What is unpickled here is of the module, not of `__main__`.
    from feeder import filing

    filing.main(int(sys.argv[1]))
