"""What feeder raises on purpose.

    FeederError
    ├── ConfigError      the configuration is wrong; holds every fault with its key (exit 2)
    ├── PageError        one page cannot be read; the others go on (exit 1)
    ├── SourceError      a folder or URL cannot be scanned; the other sources go on (exit 1)
    ├── StoreError       the database cannot be used; the run stops (exit 1)
    └── PublishError     what is published cannot be written; the store keeps it (exit 1)

Every error says in one line what, where and why, and where it can, what to do about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class FeederError(Exception):
    """The root: `except FeederError` catches all that feeder raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        # BaseException's own would call the class with the message alone.
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[FeederError], args: tuple[Any, ...], facts: dict[str, Any]) -> FeederError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(facts)
    return error


class ConfigError(FeederError):
    """A configuration that cannot be used.

    `faults` holds one `(key, reason)` a fault, keys dotted as in `source[0].every`;
    the key is empty when the file as a whole is at fault.
    """

    def __init__(self, place: str, faults: Sequence[tuple[str, str]]) -> None:
        self.place = place
        self.faults = tuple(faults)
        super().__init__(
            "\n".join(f"{place}: {key}: {why}" if key else f"{place}: {why}" for key, why in faults)
        )


class PageError(FeederError):
    """A page that cannot be read; `page` is its name, `reason` one line for its sender."""

    def __init__(self, page: str, reason: str) -> None:
        self.page = page
        self.reason = reason
        super().__init__(f"{page}: {reason}")


class SourceError(FeederError):
    """A folder or URL that cannot be scanned; `source` is its name or address.

    `retry_after` is for how many seconds its server asked to be left alone, if it did.
    """

    def __init__(self, source: str, reason: str, *, retry_after: float | None = None) -> None:
        self.source = source
        self.reason = reason
        self.retry_after = retry_after
        super().__init__(f"{source}: {reason}")


class StoreError(FeederError):
    """A database that cannot be opened, read or written; `path` is where it lies."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class PublishError(FeederError):
    """A published file that cannot be written; `path` is where it was to lie."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")
