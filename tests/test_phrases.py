"""Phrases, dates and bylines in the languages of readers."""

from __future__ import annotations

import datetime as dt

import pytest
from newsstand import FERRY, LIBRARY, TEMPLE

from feeder import phrases


def test_every_language_has_every_phrase() -> None:
    names = [set(phrases.phrases(language)) for language in ("zh-Hans", "zh-Hant", "en")]

    assert names[0] == names[1] == names[2]


@pytest.mark.parametrize(
    ("language", "word"),
    [
        ("zh", "订阅"),
        ("zh-Hans-HK", "订阅"),
        ("zh-CN", "订阅"),
        ("zh-TW", "訂閱"),
        ("zh-hant", "訂閱"),
        ("en-GB", "Subscribe"),
        ("und", "Subscribe"),
    ],
)
def test_the_nearest_language_is_taken(language: str, word: str) -> None:
    assert phrases.phrases(language)["subscribe"] == word


def test_dates_are_written_as_readers_write_them() -> None:
    date = dt.date(2024, 11, 2)

    assert phrases.long_date(date, "zh-Hant") == "2024年11月2日"
    assert phrases.long_date(date, "en") == "2 November 2024"


def test_a_byline_names_everyone_with_their_part() -> None:
    assert (
        phrases.byline(FERRY, "zh-Hans") == "榕江晚报讯　记者 林晓舟、何婉　通讯员 周牧　摄影 何婉"
    )
    assert phrases.byline(LIBRARY, "en") == "By Ann Lee, Tom Fox · Photos by Sue Day"
    assert phrases.byline(TEMPLE, "zh-Hant") == ""
