"""The floors that the parser has reached on gold pages: up freely, down only by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pagebench import COMPOSED, REAL, load_score, needs_pagebench, predictions

EXAMPLES = Path(__file__).parent.parent / "examples" / "pages"
EXAMPLES_GOLD = Path(__file__).parent / "golden"
pytestmark = needs_pagebench

# Measured: real pages 10 of 11, no body under .955; composed F1 .724, no language under .667, no
# extractor under .63; examples .957.
REAL_RIGHT = 10
REAL_BODY = 0.95
COMPOSED_F1 = 0.715
LEAST_LANGUAGE_F1 = 0.65
EXAMPLES_F1 = 0.93


def report(folder: Path, gold: Path | None = None) -> dict[str, Any]:
    score = load_score()
    found = {page["page"]: page for page in predictions(folder)}
    told: dict[str, Any] = score.report(score.read_gold(gold or folder), found, "language")
    return told


def test_the_real_pages_come_apart_as_pinned() -> None:
    score = load_score()
    found = {page["page"]: page["articles"] for page in predictions(REAL)}

    right, bodies = 0, []
    for page, _ in score.read_gold(REAL):
        labels = {score.norm(text) for text in page["furniture"]}
        for i, j in score.pair(found[page["page"]], page["articles"]).items():
            one, gold = found[page["page"]][i], page["articles"][j]
            bodies.append(score.similarity(score.paragraphs(one), score.paragraphs(gold)))
            right += score.title_right(one, gold, labels) and bodies[-1] >= score.RIGHT_BODY

    assert len(bodies) == 11
    assert min(bodies) >= REAL_BODY
    assert right >= REAL_RIGHT


@pytest.mark.timeout(600)
def test_the_composed_pages_come_apart_as_pinned() -> None:
    found = report(COMPOSED)

    assert found["all"]["f1"] >= COMPOSED_F1
    assert min(row["f1"] for row in found["language"].values()) >= LEAST_LANGUAGE_F1
    assert found["all"]["lost_text"] <= 0.002


def test_the_example_pages_come_apart_as_pinned() -> None:
    assert report(EXAMPLES, EXAMPLES_GOLD)["all"]["f1"] >= EXAMPLES_F1
