"""Credits and bylines in the forms that papers use."""

from __future__ import annotations

import pytest

from feeder.model import Byline
from feeder.parse.bylines import read_byline, split_ending, split_opening


@pytest.mark.parametrize(
    ("text", "credit", "reporters", "correspondents", "rest"),
    [
        ("晨报讯（记者/周明远 通讯员/林可欣）昨日，", "晨报讯", ["周明远"], ["林可欣"], "昨日，"),
        ("本报讯 （首席记者 周明远） 昨日，", "本报讯", ["周明远"], [], "昨日，"),
        ("本报讯 8月19日，云岭镇", "本报讯", [], [], "8月19日，云岭镇"),
        ("本报讯 记者周明远、通讯员林可欣报道：昨日，", "本报讯", ["周明远"], ["林可欣"], "昨日，"),
        ("【本報訊】雲嶺鎮", "【本報訊】", [], [], "雲嶺鎮"),
        ("〔記者周明遠／雲嶺報導〕雲嶺鎮", None, ["周明遠"], [], "雲嶺鎮"),
        ("（雲嶺二十二日訊）警方", "（雲嶺二十二日訊）", [], [], "警方"),
        ("MILL END — A bridge closed", "MILL END —", [], [], "A bridge closed"),
        ("MILL END (Agency) - A bridge", "MILL END (Agency) -", [], [], "A bridge"),
        ("通讯员制度改革后，", None, [], [], "通讯员制度改革后，"),
        ("“讯号不好。”周明远说。", None, [], [], "“讯号不好。”周明远说。"),
    ],
)
def test_an_opening_is_split_from_the_body(
    text: str, credit: str | None, reporters: list[str], correspondents: list[str], rest: str
) -> None:
    opening = split_opening(text)

    assert opening.credit == credit
    assert list(opening.byline.reporters) == reporters
    assert list(opening.byline.correspondents) == correspondents
    assert opening.rest == rest


@pytest.mark.parametrize(
    ("text", "byline"),
    [
        (
            "文/图 晨报记者 周明远 通讯员 林可欣 何田",
            Byline(reporters=("周明远",), correspondents=("林可欣", "何田")),
        ),
        (
            "文/晨报记者 周明远 图/晨报记者 何田",
            Byline(reporters=("周明远",), photographers=("何田",)),
        ),
        ("晨报记者 周　明 通讯员 林可欣", Byline(reporters=("周明",), correspondents=("林可欣",))),
        ("本報記者周明遠／雲嶺報導", Byline(reporters=("周明遠",))),
        ("By Jane Doe and John Roe, Staff Writers", Byline(reporters=("Jane Doe", "John Roe"))),
        (
            "Words: Jane Doe Pictures: John Roe",
            Byline(reporters=("Jane Doe",), photographers=("John Roe",)),
        ),
        (
            "Story and photos by Jane Doe",
            Byline(reporters=("Jane Doe",), photographers=("Jane Doe",)),
        ),
        ("By Staff Reporters", Byline()),
        ("图片由云岭镇政府提供", Byline()),
    ],
)  # fmt: skip
def test_a_byline_names_everyone_by_role(text: str, byline: Byline) -> None:
    assert read_byline(text) == byline


@pytest.mark.parametrize(
    ("text", "rest", "byline"),
    [
        ("全部收完。（记者 周明远）", "全部收完。", Byline(reporters=("周明远",))),
        ("全部收完。（林可欣）", "全部收完。", Byline(correspondents=("林可欣",))),
        ("来自云岭（镇）", "来自云岭（镇）", Byline()),
        ("气温22℃（仅供参考）", "气温22℃（仅供参考）", Byline()),
        ("全部收完。（未完待续）", "全部收完。（未完待续）", Byline()),
    ],
)
def test_an_ending_in_brackets_is_a_byline_only_after_a_sentence(
    text: str, rest: str, byline: Byline
) -> None:
    assert split_ending(text) == (rest, byline)


def test_a_bare_name_in_brackets_has_the_role_that_the_paper_gives_it() -> None:
    assert split_ending("全部收完。（林可欣）", bare="reporters")[1].reporters == ("林可欣",)
