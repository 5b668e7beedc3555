"""One article or two: twins, corrections, teasers, columns on one template."""

from __future__ import annotations

import datetime as dt
import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeder.dedupe import Verdict, better, compare, digest, keys, likeness
from feeder.model import Article, BodyItem, Byline

SKIES = ("多云", "晴", "小雨")
MONDAY, TUESDAY = dt.date(2026, 11, 23), dt.date(2026, 11, 24)
LETTERS = (
    "云岭镇早稻收割进度快于去年同期农户合作社机手烘干点补贴"
    "亩产公斤预计本月底全部完成市场价格上涨仓库道路"
)


def article(*paragraphs: str, headline: str | None = "早稻收割过七成", **fields: object) -> Article:
    body = tuple(BodyItem(type="p", text=text) for text in paragraphs)
    return Article(headline=headline, body=body, **fields)  # type: ignore[arg-type]


def prose(dice: random.Random, length: int) -> str:
    return "".join(
        dice.choice(LETTERS) + ("，" if dice.random() < 0.08 else "") for _ in range(length)
    )


def with_noise(text: str, dice: random.Random, share: float) -> str:
    return "".join(dice.choice(LETTERS) if dice.random() < share else char for char in text)


def forecast(day: int, dice: random.Random) -> Article:
    days = "；".join(
        f"{day + n}日，{dice.choice(SKIES)}，{dice.randint(5, 15)}-{dice.randint(16, 30)}℃"
        for n in range(7)
    )
    text = f"据市气象台预计，未来一周我市以多云为主，早晚仍清凉，请注意添衣。11月{days}。"
    return article(text, headline="未来一周多云为主")


def test_the_same_letters_are_the_same_whatever_their_width_and_spaces() -> None:
    one = article("共投入150支队伍，历时3天。")
    other = article("共投入１５０ 支队伍, 历时 3 天。")

    assert digest(one) == digest(other)
    assert compare(one, MONDAY, other, TUESDAY) is Verdict.SAME


def test_a_corrected_figure_is_a_revision() -> None:
    text = prose(random.Random(1), 200)

    found = compare(article(text + "共12台。"), MONDAY, article(text + "共21台。"), MONDAY)

    assert found is Verdict.REVISED


def test_two_days_columns_on_one_template_are_different() -> None:
    dice = random.Random(2)

    merged = [
        compare(forecast(3, dice), MONDAY, forecast(4, dice), TUESDAY) for _ in range(500)
    ].count(Verdict.DIFFERENT)

    assert merged == 500


DAILY = (
    "据市气象台预计，今日我市多云到晴，气温{}℃到{}℃，早晚清凉，请注意添衣。",
    "福彩双色球第2026{}期开奖，红球{} 08 {} 19 2{} 3{}，蓝球{}，奖池滚存。",
    "今日云岭市场早稻每公斤3.{}元，行情平稳，成交清淡，商户惜售。",
    "今日云岭市场：早稻3.{}元，玉米2.{}元，白菜1.{}元，猪肉22.{}元，行情平稳。",
    "Wednesday in Harbourton: showers, high 6{}, low 5{}, light wind from the west all day.",
)


@pytest.mark.parametrize("template", DAILY)
def test_a_short_daily_column_is_a_new_article_each_day(template: str) -> None:
    dice = random.Random(9)
    digits = [str(n) for n in range(1, 10)]

    def column() -> Article:
        return article(template.format(*dice.sample(digits, 7)), headline="今日")

    for _ in range(50):
        one, other = column(), column()
        if digest(one) != digest(other):
            assert compare(one, MONDAY, other, TUESDAY) is Verdict.DIFFERENT


@pytest.mark.parametrize(
    ("part", "before", "after"),
    [
        ("kicker", "三夏时节", "三秋时节"),
        ("deck", "每亩补贴三十元", "每亩补贴五十元"),
        ("captions", ("▲12台收割机",), ("▲21台收割机",)),
        ("byline", Byline(reporters=("周明远",)), Byline(reporters=("周明达",))),
        ("deck", None, "每亩补贴五十元"),
    ],
)
def test_a_correction_beside_the_body_is_a_revision(
    part: str, before: object, after: object
) -> None:
    text = prose(random.Random(10), 200)
    stored, found = article(text, **{part: before}), article(text, **{part: after})

    assert compare(stored, MONDAY, found, MONDAY) is Verdict.REVISED
    assert getattr(better(stored, found), part) == after


def test_what_one_extraction_leaves_out_is_no_revision() -> None:
    text = prose(random.Random(11), 200)
    stored = article(text, kicker="三夏时节", deck="补贴", captions=("▲收割现场",))

    assert compare(stored, MONDAY, article(text), MONDAY) is Verdict.SAME


def test_comparing_holds_no_memory_that_grows_with_what_was_compared() -> None:
    dice = random.Random(12)
    texts = [article(prose(dice, 20_000)) for _ in range(12)]

    tracemalloc.start()
    for text in texts:
        keys(text)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held < 20_000_000


def test_two_notices_on_one_template_on_one_page_are_different() -> None:
    first = "本人遗失身份证一张，号码4407 1101 2203，声明作废。联系电话 8802456，2026年11月3日。"
    second = "本人遗失身份证一张，号码4412 9902 1187，声明作废。联系电话 7713320，2026年10月9日。"

    assert compare(article(first), MONDAY, article(second), MONDAY) is Verdict.DIFFERENT


def test_a_teaser_and_its_article_are_one_and_the_whole_text_is_shown() -> None:
    lead = prose(random.Random(3), 80)
    teaser, whole = article(lead), article(lead, prose(random.Random(4), 300))

    assert compare(teaser, MONDAY, whole, MONDAY) is Verdict.REVISED
    assert better(teaser, whole).text == whole.text
    assert better(whole, teaser).text == whole.text


def test_what_one_form_lacks_is_filled_from_the_other() -> None:
    text = prose(random.Random(5), 100)
    stored = article(text, byline=Byline(reporters=("周明远",)))
    found = article(text, headline=None)

    shown = better(stored, found)

    assert shown.headline == "早稻收割过七成"
    assert shown.byline.reporters == ("周明远",)


def test_a_phrase_said_over_and_over_is_not_the_article_that_holds_it() -> None:
    text = prose(random.Random(8), 200)

    found = compare(article(text), MONDAY, article(text[:12] * 500), MONDAY)

    assert found is Verdict.DIFFERENT


def test_different_articles_are_different() -> None:
    dice = random.Random(6)
    verdicts = {
        compare(article(prose(dice, 300)), MONDAY, article(prose(dice, 300)), MONDAY)
        for _ in range(200)
    }

    assert verdicts == {Verdict.DIFFERENT}


def test_a_twin_with_five_per_cent_of_noise_is_found_by_its_keys_and_recognised() -> None:
    dice = random.Random(7)
    found = 0
    for _ in range(300):
        text = prose(dice, dice.randint(200, 900))
        one, other = article(text), article(with_noise(text, dice, 0.05))
        shared = set(keys(one)) & set(keys(other))
        found += bool(shared) and compare(one, MONDAY, other, MONDAY) is not Verdict.DIFFERENT

    assert found >= 297


@given(st.text(max_size=300), st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_it_does_not_matter_which_of_the_two_came_first(one: str, other: str) -> None:
    first, second = article(one), article(other)

    there = compare(first, MONDAY, second, TUESDAY) is Verdict.DIFFERENT
    back = compare(second, TUESDAY, first, MONDAY) is Verdict.DIFFERENT

    assert there == back


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_an_article_is_the_same_as_itself_and_can_be_looked_up(text: str) -> None:
    one = article(text, headline=None)

    assert compare(one, MONDAY, one, TUESDAY) is Verdict.SAME
    assert keys(one)
    assert all(-(2**63) <= key < 2**63 for key in keys(one))


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text",
    ["", "云", "云岭镇", "云" * 1_000_000, "12345 " * 100_000, "云岭镇早稻" * 200_000],
    ids=["empty", "one", "three", "one character", "figures", "a megabyte"],
)
def test_odd_texts_are_compared_all_the_same(text: str) -> None:
    one, other = article(text, headline=None), article(text + "收割", headline=None)

    assert compare(one, MONDAY, other, MONDAY) in Verdict
    assert len(keys(one)) <= 12


def notice(name: str, place: str, number: str, day: str) -> Article:
    return article(
        f"{name}不慎遗失由{place}市公安局签发的居民身份证，证号后四位{number}，签发日期{day}，"
        "现声明作废，由此引起的一切责任与本人无关。",
        headline="遗失声明",
    )


@pytest.mark.parametrize(
    "other",
    [
        ("郑若兰", "江岭", "5181", "2022年10月3日"),
        ("邵可欣", "江坪", "1653", "2022年10月12日"),
        ("唐若兰", "江塘", "8788", "2022年3月9日"),
    ],
)
def test_two_notices_of_one_day_on_one_template_are_different(other: tuple[str, ...]) -> None:
    stored = notice("唐若兰", "长塘", "5179", "2022年10月12日")

    assert compare(stored, MONDAY, notice(*other), MONDAY) is Verdict.DIFFERENT


def test_a_notice_in_which_one_thing_was_corrected_is_a_revision() -> None:
    stored = notice("唐若兰", "长塘", "5179", "2022年10月12日")

    for changed in (
        notice("唐若蓝", "长塘", "5179", "2022年10月12日"),
        notice("唐若兰", "长塘", "5178", "2022年10月12日"),
    ):
        assert compare(stored, MONDAY, changed, MONDAY) is Verdict.REVISED


def test_twins_with_ten_per_cent_of_noise_are_found() -> None:
    dice = random.Random(5)
    stored = [article(prose(dice, dice.randint(150, 900))) for _ in range(200)]
    found = [article(with_noise(one.text, dice, 0.1)) for one in stored]

    pairs = list(zip(stored, found, strict=True))
    assert sum(bool({*keys(one)} & {*keys(other)}) for one, other in pairs) == 200
    known = sum(compare(one, MONDAY, two, MONDAY) is not Verdict.DIFFERENT for one, two in pairs)
    assert known >= 194


def test_two_reporters_articles_on_one_event_are_different() -> None:
    one = article(
        "昨日上午，青石桥合龙仪式在白芦村举行。县交通局副局长何田介绍，新桥长四十二米，总投资三百八十万元。",
        "“孩子上学不用再等渡船了。”村民邵青说。镇里计划明年再修两座这样的桥。",
    )
    other = article(
        "盼了十一年，白芦村人终于等来了自己的桥。昨天上午，四十二米长的青石桥合龙，三百八十万元投资来自县、村两级。",
        "六十七岁的摆渡人吴春和把船拴在老樟树下，他说这条船以后只载游客。据了解，镇里明年还将修建两座桥梁。",
    )

    assert compare(one, MONDAY, other, MONDAY) is Verdict.DIFFERENT


def test_the_likelier_of_two_is_the_one_that_shares_more() -> None:
    dice = random.Random(6)
    whole = prose(dice, 600)

    assert likeness(article(whole), article(whole)) == 1.0
    assert likeness(article(whole), article(whole[:400])) > likeness(
        article(whole), article(whole[400:])
    )
    assert likeness(article(whole), article(prose(dice, 600))) < 0.1
