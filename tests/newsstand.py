"""Invented articles, and a reader of them, for the tests of feeds, site and publish."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from feeder.feeds import Channel
from feeder.ledger import Event, SourceState
from feeder.model import Article, BodyItem, Byline, Entry, ForecastDay

SHANGHAI = dt.timezone(dt.timedelta(hours=8))


def body(*texts: str) -> tuple[BodyItem, ...]:
    """Paragraphs; a text that begins with # is a crosshead."""
    return tuple(
        BodyItem(type="crosshead", text=text[1:])
        if text.startswith("#")
        else BodyItem(type="p", text=text)
        for text in texts
    )


FERRY = Article(
    kicker="榕江两岸往来更方便",
    headline="白鹭洲渡口夜航今晚开通 末班船延至二十二时",
    deck="首批三条电动渡船投入使用，学生凭证半价",
    credit="榕江晚报讯",
    byline=Byline(reporters=("林晓舟", "何婉"), correspondents=("周牧",), photographers=("何婉",)),
    body=body(
        "昨日傍晚，白鹭洲渡口的灯带第一次全部点亮。从今天起，这个有六十多年历史的老渡口将开通夜航，"
        "末班船由原来的十八时三十分延至二十二时，沿江两岸约四万居民夜间往来不必再绕行北门大桥。",
        "榕江轮渡公司经理许闻涛介绍，首批投入夜航的是三条电动渡船，每条可载客九十六人，"
        "充电一次能够往返二十四趟。“船静了，岸上的人家也睡得安稳。”他说。",
        "#票价不变 学生半价",
        "夜航票价与白天相同，仍为每人两元；学生凭证半价，六十五岁以上老人免费。"
        "渡口新装的闸机支持刷卡与扫码，候船厅里加了暖风机和一排书架。",
        "#雾天停航会提前告知",
        "入冬后江面多雾。许闻涛说，能见度低于五百米时渡船停航，消息会提前一小时在渡口的屏幕上公布，"
        "也会通过广播告知两岸的社区。",
    ),
    captions=("昨晚，市民在白鹭洲渡口试乘电动渡船。",),
)
FORECAST = Article(
    headline="周末晴到多云 早晚偏凉",
    deck="下周二起有小雨",
    body=body(
        "市气象台预计，今天多云，气温十三至二十一摄氏度，东北风三级；明天晴，早晚偏凉，山区有轻雾。",
        "下周二起受弱冷空气影响，全市有小雨，气温下降四到六度，请市民及时添衣。",
    ),
)
DAYS = (
    ForecastDay(
        date=dt.date(2024, 11, 22), text="多云", low=13, high=21, unit="C", wind="东北风三级"
    ),
    ForecastDay(date=dt.date(2024, 11, 23), text="晴", high=22, unit="C"),
    ForecastDay(date=dt.date(2024, 11, 24), text="多云转小雨"),
    ForecastDay(date=dt.date(2024, 11, 25), text="小雪", low=-3, high=5, unit="C"),
)
MARKET = Article(
    kicker="青石桥集市恢复周日开市",
    headline="八十个摊位先到先得，老手艺人回来了",
    byline=Byline(reporters=("邵青",)),
    body=body(
        "停了两年的青石桥集市，本周日清晨六时重新开市。街道办划出八十个摊位，不收摊位费，先到先得。",
        "竹编匠人杜阿婆今年七十九岁，她说，只要手还拿得动篾刀，就会一直来。",
    ),
)
LIBRARY = Article(
    kicker="Harbour Street",
    headline="Reading room stays open past midnight during exams",
    deck="Q&A: what students at Larkhaven need to know",
    byline=Byline(reporters=("Ann Lee", "Tom Fox"), photographers=("Sue Day",)),
    body=body(
        "The reading room on Harbour Street will keep its lights on until one in the morning for "
        "three weeks, the Larkhaven library board decided on Thursday.",
        "#Tea at eleven",
        "Volunteers will serve tea at eleven. “We would rather have them here than on a bench,” "
        "said the head librarian, Ruth Amberley.",
    ),
    captions=("The reading room last winter.",),
)
TEMPLE = Article(
    headline="媽祖宮前老榕樹掛牌保護",
    body=body("鹿潭鎮媽祖宮前的百年榕樹，昨日掛上保護牌，樹齡約一百六十年，由里長吳春和認養。"),
)


def entry(number: int, article: Article, **changed: object) -> Entry:
    """An entry of 22 November 2024, placed by its number on the page."""
    time = dt.datetime(2024, 11, 22, 6, 0, tzinfo=SHANGHAI) + dt.timedelta(seconds=number)
    made = Entry(
        id=number,
        guid=f"tag:example.org,2026:{number}",
        published=time,
        updated=time,
        date=time.date(),
        article=article,
        sections=("society",),
        language="zh-Hans",
        publication="榕江晚报",
    )
    return replace(made, **changed)  # type: ignore[arg-type]


ENTRIES = (
    entry(5, FERRY, sections=("society", "economy")),
    entry(4, FORECAST, sections=("weather",), forecast=DAYS),
    entry(3, MARKET, sections=("economy",)),
    entry(2, LIBRARY, language="en", publication="Larkhaven Courier"),
    entry(1, TEMPLE, language="zh-Hant", publication=None),
)
SECTION_TITLES = {"society": "社会", "weather": "天气", "economy": "经济"}


def channel(base_url: str = "http://127.0.0.1:8080/", **changed: object) -> Channel:
    made = Channel(
        id="all",
        title="榕江新闻",
        site_title="榕江新闻",
        base_url=base_url,
        language="zh-Hans",
        authority="example.org,2026",
        rights="© 榕江晚报",
        section_titles=SECTION_TITLES,
    )
    return replace(made, **changed)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Hit:
    entry: Entry
    excerpt: str


@dataclass(frozen=True)
class Log:
    """What publish reads of a ledger."""

    states: Sequence[SourceState] = ()
    told: Sequence[Event] = ()

    def source_states(self) -> dict[str, SourceState]:
        return {state.source: state for state in self.states}

    def events(self, *, limit: int) -> tuple[Event, ...]:
        return tuple(self.told[:limit])


@dataclass(frozen=True)
class Shelf:
    """What publish reads of a store, from a list, newest first."""

    shown: Sequence[Entry] = ()
    taken_back: Sequence[Entry] = ()
    ledger: Log = Log()

    def sections(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for entry in self.shown for name in entry.sections))

    def latest(
        self, section: str | None = None, *, limit: int, offset: int = 0
    ) -> tuple[Entry, ...]:
        kept = [entry for entry in self.shown if section is None or section in entry.sections]
        return tuple(kept[offset : offset + limit])

    def entries(self) -> Iterator[Entry]:
        return iter(self.shown)

    def withdrawn(self) -> Iterator[Entry]:
        return iter(self.taken_back)

    def forecasts(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.shown if entry.forecast)

    def search(self, words: str, *, limit: int, newest_first: bool = False) -> tuple[Hit, ...]:
        found = [entry for entry in self.shown if words in entry.article.text]
        return tuple(Hit(entry, words) for entry in found[:limit])


def needs(program: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Skip where the program is missing; where the whole is checked, run and fail."""
    missing = shutil.which(program) is None and os.environ.get("CI") != "true"
    return pytest.mark.skipif(missing, reason=f"{program} is not installed (apt install {program})")
