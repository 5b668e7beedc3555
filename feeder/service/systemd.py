"""What systemd is told, if it asked to be told (sd_notify(3))."""

from __future__ import annotations

import logging
import os
import socket
import time

log = logging.getLogger(__name__)


def notify(*lines: str) -> None:
    """Send a message: READY=1, STATUS=…, WATCHDOG=1, RELOADING=1, STOPPING=1."""
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


def notify_reloading() -> None:
    """Say that the configuration is read again; READY=1 says that it is done."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")


def watchdog_seconds() -> float | None:
    """Return within how many seconds WATCHDOG=1 is expected again; None where it is not.

    sd_watchdog_enabled(3): the variables are meant for the process they name.
    """
    asked = os.environ.get("WATCHDOG_USEC", "")
    meant = os.environ.get("WATCHDOG_PID", str(os.getpid()))
    if not asked.isdecimal() or meant != str(os.getpid()):
        return None
    return int(asked) / 1e6
