"""Article → section ids: whose words it holds, where they stand, and what the paper declares."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeder import config as configs
from feeder.model import Article, BodyItem
from feeder.sections import Rule, classify

WEATHER = Rule(id="weather", words=("天气", "气象台", "rain", "cold front"), labels=("晴雨表",))
ECONOMY = Rule(id="economy", words=("企业", "投资", "bank"), publications=("商报",))
SOCIETY = Rule(id="society", words=("社区",))
RULES = (WEATHER, ECONOMY, SOCIETY)


def article(headline: str | None = None, *paragraphs: str, kicker: str | None = None) -> Article:
    body = tuple(BodyItem(type="p", text=text) for text in paragraphs)
    return Article(kicker=kicker, headline=headline, body=body)


def shipped_rules() -> tuple[Rule, ...]:
    return tuple(Rule(id=part.id, words=part.words) for part in configs.default_sections())


def test_an_article_goes_where_its_words_belong() -> None:
    assert classify(article("市气象台：周末天气转好"), RULES) == ("weather",)
    assert classify(article("三家企业追加投资"), RULES) == ("economy",)


def test_the_headline_counts_more_than_the_tail() -> None:
    tail = "，".join(["没有别的话要说了"] * 20)

    found = classify(article("周末天气晴好", tail, "几家企业和一个社区也派人来了。"), RULES)

    assert found == ("weather",)


def test_a_word_repeated_in_the_tail_does_not_outweigh_the_headline_for_ever() -> None:
    padding = "这一段与栏目无关，只为占去开头的篇幅。" * 7

    found = classify(article("市气象台谈天气", padding, "企业" * 50), RULES)

    assert found[0] == "weather"


def test_a_second_section_needs_nearly_as_much_support() -> None:
    both = article("天气影响企业：气象台与投资人对话", "气象台说天气，企业说投资。")

    assert set(classify(both, RULES)) == {"weather", "economy"}
    assert classify(article("天气多变", "一家企业也这么说。"), RULES) == ("weather",)


def test_an_article_without_any_known_word_goes_to_society() -> None:
    assert classify(article("无题"), RULES) == ("society",)
    assert classify(Article(), RULES) == ("society",)


def test_without_society_such_an_article_goes_to_the_first_section() -> None:
    assert classify(article("无题"), (ECONOMY, WEATHER)) == ("economy",)


def test_without_sections_nothing_can_be_classified() -> None:
    with pytest.raises(ValueError, match="at least one section"):
        classify(article("无题"), ())


@pytest.mark.parametrize("headline", ["Rain, rain", "Two COLD\nFRONTS on the way", "Winter rains"])
def test_english_words_match_whole_in_any_case_and_number(headline: str) -> None:
    assert classify(article(headline), RULES) == ("weather",)


@pytest.mark.parametrize("headline", ["Train drains", "A cold, then the front door", "Banking"])
def test_english_words_do_not_match_inside_others(headline: str) -> None:
    assert classify(article(headline), RULES) == ("society",)


def test_an_english_word_between_chinese_ones_is_found() -> None:
    rules = (SOCIETY, Rule(id="science", words=("AI", "5G")))

    assert classify(article("AI种菜，5G上岸"), rules) == ("science",)


def test_the_column_an_article_stands_in_decides() -> None:
    placed = article("企业投资看这里", kicker="晴雨表")

    assert classify(placed, RULES)[0] == "weather"


def test_a_paper_that_writes_for_one_section_decides_between_weak_signs() -> None:
    unclear = article("社区新事")

    assert classify(unclear, RULES) == ("society",)
    assert classify(unclear, RULES, publication="商报")[0] == "economy"


@pytest.mark.parametrize(
    ("headline", "section"),
    [
        ("明起三天有雨 气象台提醒添衣", "weather"),
        ("明起三日有雨 天文台籲市民帶傘", "weather"),
        ("Showers clear by noon, forecasters say", "weather"),
        ("派出所民警追回被骗货款", "crime"),
        ("教育局：新建小学九月开学", "education"),
        ("人社局办专场招聘会 岗位逾千", "labour"),
        ("疾控中心：流感疫苗开始接种", "health"),
        ("Council votes on new bus lanes", "politics"),
        ("Striker's late goal settles the cup final", "sport"),
        ("粵劇團公演新戲 座無虛席", "arts"),
    ],
)
def test_the_sections_that_ship_know_newspaper_words(headline: str, section: str) -> None:
    assert classify(article(headline), shipped_rules())[0] == section


@given(st.text(max_size=60), st.text(max_size=400), st.none() | st.text(max_size=5))
def test_any_article_has_one_or_two_sections_and_always_the_same(
    headline: str, text: str, publication: str | None
) -> None:
    rules = shipped_rules()

    found = classify(article(headline, text), rules, publication=publication)

    assert 1 <= len(found) <= 2
    assert len(set(found)) == len(found)
    assert set(found) <= {rule.id for rule in rules}
    assert found == classify(article(headline, text), rules, publication=publication)
