"""Whose turn it is: one request at a time to a host, and a gap between two."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

_MOST_HOSTS = 1000
"""Remembered; beyond, those are forgotten that are free by now. An index may name any number."""


class _Host:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.free_at = 0.0


_hosts: dict[str, _Host] = {}
_register = threading.Lock()


@contextlib.contextmanager
def turn(host: str, *, gap_seconds: float) -> Iterator[None]:
    """Wait until the host may be asked, and keep all other threads from asking it meanwhile."""
    one = _enter(host)
    try:
        with one.lock:
            time.sleep(min(max(one.free_at - time.monotonic(), 0.0), gap_seconds))
            try:
                yield
            finally:
                one.free_at = time.monotonic() + gap_seconds
    finally:
        with _register:
            one.users -= 1


def _enter(host: str) -> _Host:
    with _register:
        if len(_hosts) >= _MOST_HOSTS:
            _forget()
        one = _hosts.setdefault(host, _Host())
        one.users += 1
        return one


def _forget() -> None:
    now = time.monotonic()
    for name in [name for name, one in _hosts.items() if not one.users and one.free_at <= now]:
        del _hosts[name]
