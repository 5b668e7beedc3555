"""Articles and times as the columns hold them, and back."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from typing import Any

from feeder.model import Article, BodyItem, Byline


def to_json(article: Article) -> str:
    """Return the article as one line of JSON."""
    return json.dumps(asdict(article), ensure_ascii=False, separators=(",", ":"))


def to_article(text: str) -> Article:
    """Return the article that `to_json` wrote."""
    found: dict[str, Any] = json.loads(text)
    byline = {role: tuple(names) for role, names in found.pop("byline").items()}
    body = tuple(BodyItem(**item) for item in found.pop("body"))
    captions = tuple(found.pop("captions"))
    return Article(byline=Byline(**byline), body=body, captions=captions, **found)


def to_text(time: dt.datetime) -> str:
    """Return the time in UTC to the second: it sorts as text."""
    return time.astimezone(dt.UTC).replace(microsecond=0).isoformat()


def to_time(text: str) -> dt.datetime:
    """Return the time that `to_text` wrote."""
    return dt.datetime.fromisoformat(text)
