"""Runs every source on its schedule, and the web server, until told to stop.

run ─ signals ─► a shift (one configuration) ─► jobs ─► looks at sources ─► filing process
"""

from __future__ import annotations

import contextlib
import logging
import queue
import signal
import threading
import time
from collections.abc import Iterator
from enum import Enum, auto
from pathlib import Path

from feeder import __version__, filing, logs
from feeder.config import Config
from feeder.errors import FeederError
from feeder.service.schedule import to_trigger
from feeder.service.shift import Shift
from feeder.service.systemd import notify, notify_reloading
from feeder.service.tally import Tally

__all__ = ["notify", "run", "to_trigger"]

_LOOK_SECONDS = 10.0
"""How often the clocks are compared."""
_JUMP_SECONDS = 60.0

log = logging.getLogger(__name__)


class _Order(Enum):
    STOP = auto()
    RELOAD = auto()
    BEGUN = auto()


def run(path: Path, *, log_format: str | None = None) -> int:
    """Scan, publish and serve until SIGTERM or SIGINT; return the exit code.

    On SIGHUP the configuration is read again; a wrong one is told and not used. Everything is
    published anew at the start, so that what a crash or a full disk left undone heals. Call it in
    the main thread: signals are heard there. Raises ConfigError.
    """
    log_format = log_format or logs.default_format()
    config = filing.load_config(path)
    logs.set_up(log_format)
    with _orders() as orders:
        try:
            _work(config, path, orders, log_format=log_format)
        except FeederError as error:
            log.error("%s", error)  # noqa: TRY400 - meant for the operator, who needs no traceback
            return 1
    return 0


def _work(
    config: Config, path: Path, orders: queue.SimpleQueue[_Order], *, log_format: str
) -> None:
    """Work shift after shift: each has its configuration, from one SIGHUP to the next."""
    tally = Tally()
    before: Config | None = None
    refused: FeederError | None = None
    while True:
        newer: Config | None = None
        try:
            with Shift(config, log_format=log_format, tally=tally) as shift:
                if _begin(shift, orders):
                    log.info("feeder %s, by %s: %s", __version__, path, shift.place)
                    notify("READY=1", f"STATUS={shift.place}")
                    if refused is not None:
                        shift.refuse(refused)
                    with shift.held():
                        newer = _until_another(path, orders, shift)
                if newer is None:
                    log.info("stopping")
                    notify("STOPPING=1", "STATUS=stopping")
        except FeederError as error:
            if before is None:
                raise
            # Right in itself, and yet it cannot be worked with: its port is taken, say.
            config, before, refused = before, None, error
            continue
        if newer is None:
            log.info("stopped")
            return
        log.info("the configuration has been read again")
        before, config, refused = config, newer, None


def _begin(shift: Shift, orders: queue.SimpleQueue[_Order]) -> bool:
    """Begin the shift; return False where it is told to stop meanwhile.

    Beside it, for that may take long, orders are heard. Raises what `Shift.begin` does.
    """
    raised: list[BaseException] = []

    def begin() -> None:
        try:
            shift.begin()
        except BaseException as error:  # noqa: BLE001 - raised again, where it is waited for
            raised.append(error)
        orders.put(_Order.BEGUN)

    threading.Thread(target=begin, name="begin", daemon=True).start()
    is_to_reload = False
    while (order := orders.get()) is not _Order.BEGUN:
        if order is _Order.STOP:
            return False
        is_to_reload = True
    if raised:
        raise raised[0]
    if is_to_reload:
        orders.put(_Order.RELOAD)
    return True


def _until_another(path: Path, orders: queue.SimpleQueue[_Order], shift: Shift) -> Config | None:
    """Wait; return the configuration that is to be used from now on, None to stop."""
    drift = time.time() - time.monotonic()
    while True:
        try:
            order = orders.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            drift, before = time.time() - time.monotonic(), drift
            if abs(drift - before) > _JUMP_SECONDS:
                shift.begin_anew(f"the clock jumped by {drift - before:+.0f} s")
            continue
        if order is _Order.STOP:
            return None
        if order is _Order.BEGUN:  # of a shift that was stopped meanwhile
            continue
        notify_reloading()
        try:
            newer = filing.load_config(path)
        except FeederError as error:
            shift.refuse(error)
            notify("READY=1")
        else:
            return newer


@contextlib.contextmanager
def _orders() -> Iterator[queue.SimpleQueue[_Order]]:
    """Yield a queue of what signals order; what they did before is put back after."""
    orders: queue.SimpleQueue[_Order] = queue.SimpleQueue()
    meant = {
        signal.SIGTERM: _Order.STOP,
        signal.SIGINT: _Order.STOP,
        signal.SIGHUP: _Order.RELOAD,
    }
    before = {
        number: signal.signal(number, lambda heard, _: orders.put(meant[signal.Signals(heard)]))
        for number in meant
    }
    try:
        yield orders
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
