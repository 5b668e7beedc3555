"""Where page texts come from: folders and URLs, and pages given by hand."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator

from feeder import config
from feeder.ledger import Ledger
from feeder.model import RawPage, Refusal
from feeder.sources import folder
from feeder.sources.folder import put_away, read_file, read_path

__all__ = ["fetch", "put_away", "read_file", "read_path", "scan"]

# httpx imports its own command line where rich is installed, and with it pygments: 6 MB that the
# service would hold for ever. Without it httpx does as if rich were not there.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]


def scan(
    source: config.Source,
    *,
    ledger: Ledger,
    now: dt.datetime,
    fetch: config.Fetch | None = None,
) -> Iterator[RawPage | Refusal]:
    """Yield what is new or changed in the source since it was last dealt with.

    The ledger knows under which validator a document was last dealt with, taken or refused; it is
    asked before each document. `now` bears the time zone in which `{date:…}` in a URL is filled.
    Raises SourceError where the source, or some address of it, cannot be scanned: then at the end.
    """
    if source.folder:
        return folder.scan(source, ledger=ledger, now=now)
    # Imported where used: httpx takes longer to import than a page takes to parse.
    from feeder.sources import url

    return url.scan(source, ledger=ledger, now=now, fetch=fetch or config.Fetch())


def fetch(address: str, *, fetch: config.Fetch | None = None) -> RawPage:
    """Return the page at an address given by hand, in whatever network that is.

    Raises SourceError where there is none to be had.
    """
    from feeder.sources import url

    return url.fetch(address, fetch=fetch)
