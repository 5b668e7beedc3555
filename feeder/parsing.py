"""Documents → readings, in the order in which they came, parsed in one process or in several.

    found ─ chunks ─┬─ worker ─┬─ readings, in order
                    └─ worker ─┘

Workers are started anew (`spawn`): no database handle and no thread of numpy's is carried over into
them. Each is an executor of one process, so that one that dies takes down its own chunks only;
their documents are then read with care, each page alone, and none is lost but the page at fault
(docs/notes/0013-bulk-ingest.md).
"""

from __future__ import annotations

import contextlib
import faulthandler
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from itertools import chain, count, islice
from pathlib import Path
from typing import Any, Generic, TypeVar

from feeder import documents
from feeder.errors import PageError
from feeder.model import Page, PageText, RawPage, Refusal
from feeder.parse import parse_page

K = TypeVar("K")
R = TypeVar("R")
T = TypeVar("T")
Document = RawPage | Refusal | PageText
Parse = Callable[[str], Page]
FEW = 16
"""Documents for which no worker is started: starting two costs as much as parsing ten pages."""
PAGE_SECONDS = 60.0
"""How long a page of up to LONG characters may take, before it is given up; most take 0.05 s."""
LONG = 500_000
"""Characters: a longer text is several pages run together, and may take as many times longer."""
DIED = "the parser's process died on it ({how}); it is left out, the other pages are done"
TOO_SLOW = "took longer than {seconds:g} s to parse; it is left out, the other pages are done"
BROKE = "the parser failed on it ({error!r}); it is left out, the other pages are done"
_DEAF = 1.1
"""After so many times its time a page's worker ends if it did not hear the clock, as C code."""
_ENDED_BY_CLOCK = 1
"""The exit code that faulthandler gives."""
_CHUNK = 8
"""Documents in a chunk: a third of a second's work, beside which passing it on costs nothing."""
_CHUNK_BYTES = 2**20
_CHUNKS_A_WORKER = 2
"""In flight: one in hand, and one to go on with while this process files."""
_HELD = (signal.SIGINT, signal.SIGTERM)
"""Signals that a worker does not hear while it passes on what it has read."""


@dataclass(frozen=True, kw_only=True)
class Unread:
    """Why a page could not be parsed."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What was read in a document: its page texts, each with what it was parsed into.

    A page that a worker parsed holds what filing needs, not what became of each line.
    """

    pages: tuple[tuple[PageText, Page | Unread], ...] = ()
    reason: str | None = None
    """Why the document as a whole could not be read; then it has no pages."""


@contextlib.contextmanager
def reading(
    found: Iterable[tuple[K, Document]],
    *,
    workers: int,
    parse: Parse = parse_page,
    page_seconds: float = PAGE_SECONDS,
) -> Iterator[Iterator[tuple[K, Reading]]]:
    """Yield an iterator of what is read in each document, with its key, in the given order.

    With one worker, or fewer than FEW documents, each is read in this process when it is asked for,
    without a limit of time. Else `parse`, a function of a module, runs in as many processes, and
    documents are asked for ahead: a few chunks a worker, however many there are. A page that ends
    its process, or takes too long, is Unread. No process is left at the end, whatever ended it.
    """
    found, are_many = _count_to(FEW, found) if workers > 1 else (found, False)
    if not are_many:
        yield _read_here(found, parse)
        return
    crew = _Crew(_Work(parse=parse, page_seconds=page_seconds), workers)
    try:
        yield crew.read(found)
    finally:
        crew.stop()


def _count_to(most: int, found: Iterable[T]) -> tuple[Iterable[T], bool]:
    """The same again, and whether there are so many."""
    rest = iter(found)
    first = list(islice(rest, most))
    return chain(first, rest), len(first) == most


def _read_here(found: Iterable[tuple[K, Document]], parse: Parse) -> Iterator[tuple[K, Reading]]:
    for key, document in found:
        texts = to_texts(document)
        if isinstance(texts, str):
            yield key, Reading(reason=texts)
        else:
            yield key, Reading(pages=tuple((text, parse(text.text)) for text in texts))


def to_texts(document: Document) -> tuple[PageText, ...] | str:
    """Return the document's page texts, or why it has none."""
    if isinstance(document, Refusal):
        return document.reason
    if isinstance(document, PageText):
        return (document,)
    try:
        return documents.to_page_texts(document)
    except PageError as error:
        return error.reason


# -- in this process: chunks out, readings in -----------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Chunk(Generic[K]):
    """Documents that went to a worker together."""

    found: Sequence[tuple[K, Document]]
    readings: Future[list[Reading]]


class _Crew:
    """The workers of a run, and the order in which they are given work."""

    def __init__(self, work: _Work, workers: int) -> None:
        self._work = work
        self._workers = [_Worker() for _ in range(workers)]
        self._careful = _Worker()

    def stop(self) -> None:
        """End all workers, at once if they are at work; first tell every one, then wait."""
        everyone = (*self._workers, self._careful)
        for worker in everyone:
            worker.terminate()
        for worker in everyone:
            worker.close()

    def read(self, found: Iterable[tuple[K, Document]]) -> Iterator[tuple[K, Reading]]:
        """Yield the readings; the chunks go round the workers."""
        chunks = _in_chunks(found)
        most = len(self._workers) * _CHUNKS_A_WORKER
        flying: deque[_Chunk[K]] = deque()
        turn = count()
        while True:
            for chunk in islice(chunks, most - len(flying)):
                worker = self._workers[next(turn) % len(self._workers)]
                flying.append(self._send(chunk, worker))
            if not flying:
                return
            first = flying.popleft()
            readings = self._take(first)
            for (key, _), one in zip(first.found, readings, strict=True):
                yield key, one

    def _send(self, chunk: list[tuple[K, Document]], worker: _Worker) -> _Chunk[K]:
        readings = worker.submit(self._work.read_all, [document for _, document in chunk])
        return _Chunk(found=chunk, readings=readings)

    def _take(self, chunk: _Chunk[K]) -> list[Reading]:
        try:
            return chunk.readings.result()
        except BrokenProcessPool:
            return [self._read_with_care(one) for _, one in chunk.found]

    def _read_with_care(self, document: Document) -> Reading:
        """Read a document step by step, by a worker that has nothing else in hand.

        So its death is one page's doing.
        """
        texts = self._careful.ask(self._work.to_texts, document)
        if isinstance(texts, Unread):
            return Reading(reason=texts.reason)
        if isinstance(texts, str):
            return Reading(reason=texts)
        pages = tuple((text, self._careful.ask(self._work.parse_in_time, text)) for text in texts)
        return Reading(pages=pages)


def _in_chunks(found: Iterable[tuple[K, Document]]) -> Iterator[list[tuple[K, Document]]]:
    """Yield the documents a few at a time, fewer if they are large."""
    chunk: list[tuple[K, Document]] = []
    size = 0
    for key, document in found:
        chunk.append((key, document))
        size += _size(document)
        if len(chunk) == _CHUNK or size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _size(document: Document) -> int:
    if isinstance(document, RawPage):
        return len(document.data)
    return len(document.text) if isinstance(document, PageText) else 0


class _Worker:
    """A process that parses, started when it is first needed and again after it died."""

    def __init__(self) -> None:
        self._executor: ProcessPoolExecutor | None = None
        self._process: Any = None

    def submit(self, work: Callable[[Any], R], task: Any) -> Future[R]:
        """Return what will come of the task."""
        if self._executor is not None:
            try:
                return self._executor.submit(work, task)
            except BrokenProcessPool:
                self.close()
        return self._start().submit(work, task)

    def ask(self, work: Callable[[Any], R], task: Any) -> R | Unread:
        """Return what came of the task, its only one at the time, or how the process died of it.

        Raises BrokenProcessPool where no process can be started: that is no page's doing.
        """
        self.submit(int, 0).result()
        future = self.submit(work, task)
        try:
            return future.result()
        except BrokenProcessPool:
            self.close()
        return Unread(reason=DIED.format(how=_how_it_ended(self._process.exitcode)))

    def terminate(self) -> None:
        """Tell the process to end, if there is one: it hears it while it parses."""
        if self._process is not None:
            self._process.terminate()

    def close(self) -> None:
        """Wait until the process has ended: when it is done, or at once if it was told to."""
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
        self._executor = None

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(1, mp_context=context, initializer=_begin)
        before = set(multiprocessing.active_children())
        # A process inherits what is held back: Ctrl-C, which goes to all that share a terminal, is
        # never heard by a worker, not even while it starts.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
        try:
            executor.submit(int)
            self._executor = executor
            (self._process,) = set(multiprocessing.active_children()) - before
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
        return executor


def _how_it_ended(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"killed by {signal.Signals(-exit_code).name}"
    return "its time was over" if exit_code == _ENDED_BY_CLOCK else f"exit code {exit_code}"


# -- in a worker ----------------------------------------------------------------------------------


class _OutOfTimeError(Exception):
    """A page's time is over."""


@dataclass(frozen=True, kw_only=True)
class _Work:
    """What a worker does with documents."""

    parse: Parse
    page_seconds: float

    def read_all(self, found: Sequence[Document]) -> list[Reading]:
        """Return what is read in each document."""
        return [self._read(document) for document in found]

    def _read(self, document: Document) -> Reading:
        texts = self.to_texts(document)
        if isinstance(texts, str):
            return Reading(reason=texts)
        return Reading(pages=tuple((text, self.parse_in_time(text)) for text in texts))

    def to_texts(self, document: Document) -> tuple[PageText, ...] | str:
        """Return the document's page texts, or why it has none."""
        seconds = self._seconds(_size(document))
        try:
            with _within(seconds):
                return to_texts(document)
        except _OutOfTimeError:
            return TOO_SLOW.format(seconds=seconds)

    def parse_in_time(self, text: PageText) -> Page | Unread:
        """Return the page, without what only `feeder explain` shows; or why there is none."""
        seconds = self._seconds(len(text.text))
        try:
            with _within(seconds):
                page = self.parse(text.text)
        except _OutOfTimeError:
            return Unread(reason=TOO_SLOW.format(seconds=seconds))
        except Exception as error:  # noqa: BLE001 - it would take the chunk's other pages with it
            # Nothing is hidden: this page fails, and its sender is told the error.
            return Unread(reason=BROKE.format(error=error))
        return replace(page, lines=(), furniture=(), unassigned=(), doubts=())

    def _seconds(self, size: int) -> float:
        return self.page_seconds * (1 + size // LONG)


def _begin() -> None:
    """Make this process a worker: it hears a clock, and does not outlive who started it."""
    signal.signal(signal.SIGALRM, _end_time)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_time(*_: object) -> None:
    raise _OutOfTimeError


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextlib.contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Raise _OutOfTimeError after so long; end the process where that is not heard.

    Only in here does SIGTERM end it: a worker that ends half-way through passing on what it has
    read leaves the other side waiting for the rest.
    """
    with Path(os.devnull).open("w") as nowhere:
        faulthandler.dump_traceback_later(seconds * _DEAF, exit=True, file=nowhere)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
            signal.setitimer(signal.ITIMER_REAL, 0)
            faulthandler.cancel_dump_traceback_later()
