"""Article → sections: its topics, a section's own words, and what the paper declares."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeder import config as configs
from feeder import iptc
from feeder.model import Article, BodyItem
from feeder.sections import Rule, classify, reasons, to_rules

SHIPPED = to_rules(configs.default_sections())
RAIN = "市气象台：周末有阵雨 气温下降"
SCHOOL = "教育局：三所新建小学九月开学 增加学位两千个"
WORDS = Rule(id="towns", words=("榕江镇", "Kettle Fork"))


def article(headline: str | None = None, *paragraphs: str, kicker: str | None = None) -> Article:
    body = tuple(BodyItem(type="p", text=text) for text in paragraphs)
    return Article(kicker=kicker, headline=headline, body=body)


def placed(one: Article, rules: tuple[Rule, ...] = SHIPPED, **told: str) -> tuple[str, ...]:
    return tuple(found.section for found in classify(one, rules, **told))


def rules(*changed: Rule, without: tuple[str, ...] = ()) -> tuple[Rule, ...]:
    return (*(rule for rule in SHIPPED if rule.id not in without), *changed)


def test_every_topic_of_the_iptcs_top_level_has_a_section_that_ships() -> None:
    topics = [topic for rule in SHIPPED for topic in rule.topics]

    assert sorted(topics) == sorted(iptc.PREFIX + topic.code for topic in iptc.TOPICS)
    assert len(topics) == 17


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
    assert placed(article(headline))[0] == section


def test_the_headline_counts_more_than_the_tail() -> None:
    tail = "，".join(["这一段与栏目无关"] * 20)

    found = placed(article(RAIN, tail, "银行和企业也派人来了。"))

    assert found[0] == "weather"


def test_an_article_that_two_topics_fit_stands_in_both_and_in_no_more() -> None:
    both = article("医院招聘护士 人社局办专场招聘会", "三家医院拿出五十个护士岗位，医生也来面试。")

    assert set(placed(both)) == {"health", "labour"}
    assert placed(article(RAIN, "明天小雨，后天多云，气温15至22℃。")) == ("weather",)


def test_where_nothing_speaks_the_best_guess_stands_with_its_low_score() -> None:
    for unclear in (article("无题"), Article()):
        (best, *_) = classify(unclear, SHIPPED)
        assert best.score < 0.3
    assert classify(article(RAIN, "明天小雨。"), SHIPPED)[0].score > 0.6


def test_a_placement_tells_for_which_topic_it_is() -> None:
    (found, *_) = classify(article(RAIN), SHIPPED)

    assert (found.section, found.topic) == ("weather", "medtop:17000000")


def test_a_section_taken_away_leaves_its_articles_to_the_next_best() -> None:
    found = classify(article(RAIN), rules(without=("weather",)))

    assert found[0].section != "weather"
    assert found[0].score < 0.5


def test_two_topics_merge_into_one_section() -> None:
    merged = rules(
        Rule(id="living", topics=("weather", "education")), without=("weather", "education")
    )

    assert placed(article(RAIN), merged) == ("living",)
    (found, *_) = classify(article(SCHOOL), merged)
    assert (found.section, found.topic) == ("living", "medtop:05000000")


def test_a_section_of_words_holds_what_they_stand_in_beside_its_topic() -> None:
    own = rules(WORDS)

    assert placed(article("榕江镇：" + RAIN), own) == ("weather", "towns")
    assert placed(article("Rain in Kettle Fork by noon, forecasters say"), own)[-1] == "towns"
    far = "，".join(["这一段与栏目无关"] * 20)
    assert "towns" not in placed(article(RAIN, far + "一位榕江镇居民路过。"), own)


def test_with_sections_of_words_alone_the_best_of_them_is_the_guess() -> None:
    assert placed(article(RAIN), (Rule(id="other", words=("港口",)), WORDS)) == ("other",)
    assert placed(article("榕江镇的一天"), (Rule(id="other", words=("港口",)), WORDS)) == ("towns",)


def test_words_speak_for_a_section_beside_its_topics() -> None:
    unclear = article("榕江镇的一天")
    weather = Rule(id="weather", topics=("weather",), words=("榕江镇",))

    assert placed(unclear)[0] != "weather"
    assert placed(unclear, rules(weather, without=("weather",)))[0] == "weather"


@pytest.mark.parametrize(
    "titles",
    [
        {"kicker": "晴雨表", "headline": "企业投资看这里"},
        {"headline": "晴雨表｜企业投资看这里"},
        {"headline": "【晴雨表】企业投资看这里"},
        {"kicker": "WEATHER", "headline": "企业投资看这里"},
    ],
)
def test_the_column_an_article_stands_in_decides(titles: dict[str, str]) -> None:
    assert placed(Article(**titles))[0] == "weather"


def test_a_title_that_begins_like_a_label_bears_none() -> None:
    assert placed(article("天气再冷，银行贷款利率也不会再降"))[0] == "economy"
    told = reasons(article("经济回暖"), next(rule for rule in SHIPPED if rule.id == "economy"))
    assert "经济" not in [reason.text for reason in told if reason.weight == 1.0]


def test_a_paper_and_a_source_can_be_a_sections_own() -> None:
    own = rules(Rule(id="courier", publications=("商报",)), Rule(id="wire", sources=("feed",)))

    assert placed(article(RAIN), own) == ("weather",)
    assert placed(article(RAIN, "明天小雨。"), own, publication="商报") == ("weather", "courier")
    assert placed(article(RAIN, "明天小雨。"), own, source="feed") == ("weather", "wire")


def test_a_paper_that_writes_for_a_topics_section_decides() -> None:
    economy = Rule(id="economy", topics=("economy",), publications=("商报",))

    found = placed(article(RAIN), rules(economy, without=("economy",)), publication="商报")

    assert found[0] == "economy"


def test_without_sections_nothing_can_be_classified() -> None:
    with pytest.raises(ValueError, match="at least one section"):
        classify(article("无题"), ())


def test_the_words_that_decided_are_told() -> None:
    weather = next(rule for rule in SHIPPED if rule.id == "weather")

    found = reasons(article(RAIN), weather)

    assert "气象" in [reason.text for reason in found[:5]]
    assert "气象台" in [reason.text for reason in found]
    assert all(one.weight >= other.weight for one, other in pairwise(found))


def test_traditional_and_simplified_characters_speak_alike() -> None:
    simple = classify(article("台风逼近 气象台发布预警"), SHIPPED)[0]
    traditional = classify(article("颱風逼近 氣象台發布預警"), SHIPPED)[0]

    assert simple.section == traditional.section == "weather"


@given(st.text(max_size=60), st.text(max_size=400), st.none() | st.text(max_size=5))
def test_any_article_has_one_or_two_sections_and_always_the_same(
    headline: str, text: str, publication: str | None
) -> None:
    found = classify(article(headline, text), SHIPPED, publication=publication)

    assert 1 <= len(found) <= 2
    assert len({one.section for one in found}) == len(found)
    assert {one.section for one in found} <= {rule.id for rule in SHIPPED}
    assert all(0 <= one.score <= 1 for one in found)
    assert found == classify(article(headline, text), SHIPPED, publication=publication)
