"""The example pages: of the kind they claim to be, whole in their gold, and shown by `make run`."""

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "examples" / "pages").glob("*.txt"))
GOLD = ROOT / "tests" / "golden"


def gold_of(page: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (GOLD / f"{page.stem}.gold.json").read_text(encoding="utf-8")
    )
    return found


def letters(text: str) -> str:
    return "".join(text.split())


def test_there_are_pages_in_every_language_and_two_with_a_dated_forecast() -> None:
    golds = [gold_of(page) for page in PAGES]

    assert len(golds) >= 5
    assert {gold["language"] for gold in golds} == {"zh", "zh-Hant", "en"}
    forecasts = [
        article["forecast"]
        for gold in golds
        for article in gold["articles"]
        if "forecast" in article
    ]
    assert len(forecasts) == 2
    for days in forecasts:
        dates = [dt.date.fromisoformat(day["date"]) for day in days]
        assert dates == [dates[0] + dt.timedelta(n) for n in range(7)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_everything_in_the_gold_stands_on_the_page(page: Path) -> None:
    printed = letters(page.read_text(encoding="utf-8"))
    gold = gold_of(page)

    assert gold["page"] == page.name
    assert gold["date"] in page.name
    assert 4 <= len(gold["articles"]) <= 6
    for article in gold["articles"]:
        heads = [*article["headline"].split(), article["kicker"] or "", article["deck"] or ""]
        texts = [item["text"] for item in article["body"]]
        for text in (*heads, *texts, *article["captions"], article["credit"] or ""):
            assert letters(text) in printed
    for text in gold["furniture"]:
        assert letters(text) in printed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_hardly_a_letter_of_the_page_is_missing_from_the_gold(page: Path) -> None:
    printed = Counter(letters(page.read_text(encoding="utf-8")))

    # 记者, 通讯员, "By" and the drop letters of crossheads are printed and in no field.
    left = printed - Counter(json.dumps(gold_of(page), ensure_ascii=False))

    assert left.total() < 0.03 * printed.total()


def test_make_run_shows_what_it_found_and_finds_nothing_new_the_second_time(
    tmp_path: Path,
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    command = ["sh", str(tmp_path / "examples" / "run.sh")]
    environment = {**os.environ, "BIN": str(Path(sys.executable).parent)}

    first, again = (
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    )

    assert "http://127.0.0.1:8080/" in first.stdout
    assert "weather" in first.stdout
    assert (tmp_path / "demo" / "public" / "all").is_dir()
    assert ": 0 new articles" in again.stdout
    # One where the hour has turned in between: it stands on the operator's page.
    assert re.search(r": [01] files written, 0 removed", again.stdout)
