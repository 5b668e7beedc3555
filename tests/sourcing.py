"""What the tests of sources share: documents that were seen, and the time."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

from feeder import sources
from feeder.config import Source
from feeder.model import RawPage, Refusal
from feeder.store import Store

NOW = dt.datetime(2024, 11, 22, 6, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def scan(source: Source, seen: dict[str, str] | None = None) -> list[RawPage | Refusal]:
    """What a scan finds where these names were dealt with under these validators."""
    with Store(Path(":memory:")) as store:
        with store.transaction():
            for name, validator in (seen or {}).items():
                store.record_document(source.label, name, validator, reason=None, now=NOW)
        return list(sources.scan(source, ledger=store.ledger, now=NOW))


def names(source: Source, seen: dict[str, str] | None = None) -> list[str]:
    return [found.name for found in scan(source, seen)]
