"""Articles as the columns hold them, and back."""

from __future__ import annotations

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
