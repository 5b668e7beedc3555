"""Log lines: for people, for journald, or as JSON."""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import sys

FORMATS = ("text", "journal", "json")
_PRIORITIES = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
"""What every record has; what it has beyond that was given as its fields."""


def default_format() -> str:
    """Return "journal" where stderr goes to journald (systemd.exec(5)), else "text"."""
    try:
        state = os.fstat(sys.stderr.fileno())
    except (AttributeError, OSError, ValueError):  # closed, or no file
        return "text"
    is_journal = os.environ.get("JOURNAL_STREAM") == f"{state.st_dev}:{state.st_ino}"
    return "journal" if is_journal else "text"


def set_up(name: str) -> None:
    """Log to stderr, INFO and above; of the libraries only what is wrong."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_FORMATTERS[name]())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for library in ("httpx", "httpcore", "uvicorn"):
        logging.getLogger(library).setLevel(logging.WARNING)
    # The service listens to the scheduler's events, and tells each once.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)


def _priority(record: logging.LogRecord) -> int:
    return next((number for level, number in _PRIORITIES if record.levelno >= level), 7)


class _TextFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")


class _JournalFormatter(logging.Formatter):
    """Puts the priority first, as journald reads it (sd-daemon(3)); it keeps the time itself."""

    def __init__(self) -> None:
        super().__init__("%(message)s")

    def format(self, record: logging.LogRecord) -> str:
        lines = super().format(record).split("\n")
        return "\n".join(f"<{_priority(record)}>{line}" for line in lines)


class _JsonFormatter(logging.Formatter):
    """One object a line: time, level, logger, message, and the fields of the record."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {name: value for name, value in record.__dict__.items() if name not in _PLAIN}
        said: dict[str, object] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **fields,
        }
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False, default=str)


_FORMATTERS: dict[str, type[logging.Formatter]] = {
    "text": _TextFormatter,
    "journal": _JournalFormatter,
    "json": _JsonFormatter,
}
