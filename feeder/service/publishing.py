"""Whether something is to be published, and when it is tried again."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable

from feeder.errors import PublishError, StoreError
from feeder.filing import Filing, UnansweredError
from feeder.ledger import EventKind
from feeder.service.tally import Tally

RETRY_SECONDS = 30.0
_PUBLISH_EVERY = 60.0
"""While a long look goes on, readers need not wait for its end."""
_OPERATIONS_EVERY = 3600.0
"""The operator's page tells the hour at which all was well."""

log = logging.getLogger(__name__)


class Publishing:
    """Whether something is to be published; what failed is tried again soon."""

    def __init__(
        self, filing: Filing, tally: Tally, *, record: Callable[[EventKind, str, str], None]
    ) -> None:
        self._filing = filing
        self._tally = tally
        self._record = record
        self._lock = threading.Lock()
        self._is_wanted = False
        self._are_operations_wanted = False
        self._last = 0.0
        self._last_operations = 0.0
        self._not_before = 0.0

    def ask_for(self, *, operations_only: bool = False) -> None:
        """Say that the store holds something new, for readers or for the operator."""
        with self._lock:
            if operations_only:
                self._are_operations_wanted = True
            else:
                self._is_wanted = True

    def is_due(self) -> bool:
        """Whether to publish now."""
        now = time.monotonic()
        is_old = now - self._last_operations >= _OPERATIONS_EVERY
        is_wanted = self._is_wanted or self._are_operations_wanted or is_old
        return is_wanted and now >= self._not_before

    def is_long_due(self) -> bool:
        """Whether to publish now, although more is to come."""
        return self.is_due() and time.monotonic() - self._last >= _PUBLISH_EVERY

    def publish(self, *, everything: bool = False) -> None:
        """Publish what is new. Raises StoppedError."""
        with self._lock:
            is_wanted, self._is_wanted = self._is_wanted or everything, False
            self._are_operations_wanted = False
        try:
            if is_wanted:
                self._publish_all()
            else:
                self._filing.publish_operations()
        except (PublishError, StoreError, UnansweredError) as error:
            self.ask_for(operations_only=not is_wanted)
            self._not_before = time.monotonic() + RETRY_SECONDS
            self._tell(str(error))
            return
        self._last_operations = time.monotonic()
        self._tell(None)

    def _publish_all(self) -> None:
        with self._tally.timed("publish"):
            done = self._filing.publish(now=dt.datetime.now(dt.UTC))
        self._tally.files_written += done.written
        self._last = time.monotonic()

    def _tell(self, trouble: str | None) -> None:
        before, self._tally.unpublished = self._tally.unpublished, trouble
        if trouble and trouble != before:
            log.error("%s; it is tried again", trouble)
            self._record(EventKind.FAILURE, "publish", trouble)
        elif before and not trouble:
            log.info("published again")
            self._record(EventKind.RECOVERY, "publish", "can be published again")
