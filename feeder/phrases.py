"""What feeder itself says to readers, in their language."""

from __future__ import annotations

import datetime as dt
from types import MappingProxyType

from feeder.model import Article

# fmt: off
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
# fmt: on

_ENGLISH = {
    "all": "Latest",
    "sections": "Sections",
    "subscribe": "Subscribe",
    "subscribe_how": "Put one of these addresses into a feed reader and new articles come to you. "
    "Most readers take any of the three; if yours asks, choose RSS.",
    "subscribe_all": "Every feed at once",
    "subscribe_opml": "Download the list for your reader (OPML)",
    "updated": "Corrected",
    "withdrawn": "This article was withdrawn",
    "withdrawn_why": "It stood here before and is no longer published.",
    "back": "Back to the front page",
    "empty": "Nothing has been published yet. New articles will appear here.",
    "skip": "Skip to the content",
    "reporters": "By",
    "correspondents": "With",
    "photographers": "Photos by",
    "photo": "Photo",
    "cut": "The text is longer than a feed can hold; all of it is on the article's page.",
    "colon": ": ",
}
_SIMPLIFIED = {
    "all": "最新",
    "sections": "栏目",
    "subscribe": "订阅",
    "subscribe_how": "把下面的地址放进阅读器，新文章就会自动送到您面前。"
    "多数阅读器三种都能用；如果要您选择，请选 RSS。",
    "subscribe_all": "一次订阅全部栏目",
    "subscribe_opml": "下载订阅清单（OPML），导入阅读器即可",
    "updated": "更正于",
    "withdrawn": "此文已撤回",
    "withdrawn_why": "这里原有一篇文章，现已不再发布。",
    "back": "回到首页",
    "empty": "还没有文章。新文章会出现在这里。",
    "skip": "跳到正文",
    "reporters": "记者",
    "correspondents": "通讯员",
    "photographers": "摄影",
    "photo": "图",
    "cut": "文章过长，全文请看网页。",
    "colon": "：",
}
_TRADITIONAL = {
    "all": "最新",
    "sections": "欄目",
    "subscribe": "訂閱",
    "subscribe_how": "把下面的網址放進閱讀器，新文章就會自動送到您面前。"
    "多數閱讀器三種都能用；如果要您選擇，請選 RSS。",
    "subscribe_all": "一次訂閱全部欄目",
    "subscribe_opml": "下載訂閱清單（OPML），匯入閱讀器即可",
    "updated": "更正於",
    "withdrawn": "此文已撤回",
    "withdrawn_why": "這裡原有一篇文章，現已不再發布。",
    "back": "回到首頁",
    "empty": "還沒有文章。新文章會出現在這裡。",
    "skip": "跳到正文",
    "reporters": "記者",
    "correspondents": "通訊員",
    "photographers": "攝影",
    "photo": "圖",
    "cut": "文章過長，全文請看網頁。",
    "colon": "：",
}
_TABLES = {"zh-Hans": _SIMPLIFIED, "zh-Hant": _TRADITIONAL, "en": _ENGLISH}
# BCP 47: regions whose Chinese is written in traditional characters.
_TRADITIONAL_REGIONS = frozenset({"tw", "hk", "mo"})


def phrases(language: str) -> MappingProxyType[str, str]:
    """Return the phrases by name in the nearest language there is: zh-Hans, zh-Hant or en."""
    return MappingProxyType(_TABLES[_nearest(language)])


def long_date(date: dt.date, language: str) -> str:
    """Return `2024年11月22日` or `22 November 2024`."""
    if _nearest(language) == "en":
        return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"
    return f"{date.year}年{date.month}月{date.day}日"


def byline(article: Article, language: str) -> str:
    """Return who the article is by, on one line, with its credit; empty if nobody is named."""
    words = phrases(language)
    english = _nearest(language) == "en"
    named = (
        (words[role], getattr(article.byline, role))
        for role in ("reporters", "correspondents", "photographers")
    )
    parts = [article.credit] if article.credit else []
    parts += [f"{word} {(', ' if english else '、').join(names)}" for word, names in named if names]
    return (" · " if english else "　").join(parts)


def _nearest(language: str) -> str:
    primary, *subtags = language.lower().split("-")
    if primary != "zh":
        return "en"
    traditional = "hant" in subtags or ("hans" not in subtags and _TRADITIONAL_REGIONS & {*subtags})
    return "zh-Hant" if traditional else "zh-Hans"
