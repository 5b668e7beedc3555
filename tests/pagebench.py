"""The page bench beside the project, where it is: gold pages, and what scores a parser."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from feeder.parse import parse_page

sys.path.append(str(Path(__file__).resolve().parent.parent / "benchmarks"))
from fuzz import everything, letters

__all__ = ["everything", "letters"]
SHARED = Path(__file__).resolve().parents[2] / "shared"
REAL = SHARED / "pages"
COMPOSED = SHARED / "pagebench" / "pages"

needs_pagebench = pytest.mark.skipif(
    not (SHARED / "pagebench" / "score.py").exists(),
    reason="the page bench is not beside the project (../shared/pagebench)",
)


def load_score() -> ModuleType:
    """Return the bench's own scoring script as a module."""
    path = SHARED / "pagebench" / "score.py"
    spec = importlib.util.spec_from_file_location("pagebench_score", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def to_prediction(name: str, text: str) -> dict[str, Any]:
    """Return what the parser makes of a page, in the bench's form (sections are not its matter)."""
    return {"page": name, "articles": asdict(parse_page(text))["articles"]}


def predictions(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield a prediction for each page of the folder."""
    for path in sorted(folder.glob("*.txt")):
        yield to_prediction(path.name, path.read_text(encoding="utf-8"))
