"""What feeder itself says to readers, in their language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from types import MappingProxyType

from feeder.model import Article, ForecastDay

# fmt: off
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
# fmt: on
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_ENGLISH = {
    "all": "Latest",
    "sections": "Sections",
    "subscribe": "Subscribe",
    "subscribe_how": "Put one of these addresses into a feed reader and new articles come to you. "
    "Most readers take any of the three; if yours asks, choose RSS.",
    "subscribe_all": "Every feed at once",
    "subscribe_opml": "Download the list for your reader (OPML)",
    "updated": "Corrected",
    "renewed": "Updated",
    "corrections": "What was corrected",
    "kicker": "Above the headline",
    "headline": "Headline",
    "deck": "Below the headline",
    "credit": "Credit",
    "byline": "Byline",
    "body": "Text",
    "captions": "Captions",
    "added": "Added",
    "removed": "Removed",
    "moved_here": "Moved to here",
    "moved_away": "Moved from here",
    "skipped": "Unchanged text is left out",
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
    "and_in": "; ",
    "forecast": "Forecast",
    "forecast_files": "The forecast for your calendar or program",
    "day": "Day",
    "condition": "Weather",
    "low": "Low",
    "high": "High",
    "wind": "Wind",
    "operations": "Operations",
    "as_of": "As of",
    "operations_about": "This page is a file, written when something is published, fails or is "
    "mended. Times of sources in order are given to the hour; what holds now is told by",
    "operations_feed": "Failures and recoveries as a feed",
    "sources": "Sources",
    "in_order": "In order",
    "in_trouble": "In trouble",
    "never_run": "Not looked at yet",
    "not_configured": "Not in the configuration",
    "last_run": "Last run",
    "next_run": "Next run",
    "last_success": "Last success",
    "failed_in_row": "Failures in a row",
    "seen": "Seen",
    "taken": "Taken",
    "failed": "Failed",
    "none_configured": "The configuration names no source.",
    "events": "Events",
    "no_events": "Nothing has gone wrong yet.",
    "failure": "Failure",
    "recovery": "Recovery",
    "refusal": "Refusal",
    "notice": "Notice",
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
    "renewed": "更新于",
    "corrections": "更正了什么",
    "kicker": "引题",
    "headline": "标题",
    "deck": "副题",
    "credit": "电头",
    "byline": "署名",
    "body": "正文",
    "captions": "图片说明",
    "added": "增加",
    "removed": "删去",
    "moved_here": "移到此处",
    "moved_away": "从此处移走",
    "skipped": "未改动的文字从略",
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
    "and_in": "；",
    "forecast": "天气预报",
    "forecast_files": "把预报放进日历或程序",
    "day": "日期",
    "condition": "天气",
    "low": "最低",
    "high": "最高",
    "wind": "风",
    "operations": "运行状况",
    "as_of": "截至",
    "operations_about": "本页是一个文件，在有内容发布、发生故障或恢复时写入。"
    "正常来源的时间精确到小时；当前状况请运行",
    "operations_feed": "订阅故障与恢复消息",
    "sources": "来源",
    "in_order": "正常",
    "in_trouble": "有故障",
    "never_run": "尚未检查",
    "not_configured": "不在配置中",
    "last_run": "上次检查",
    "next_run": "下次检查",
    "last_success": "上次成功",
    "failed_in_row": "连续失败",
    "seen": "见过文件",
    "taken": "已收录",
    "failed": "未能收录",
    "none_configured": "配置中没有来源。",
    "events": "事件",
    "no_events": "还没有出过问题。",
    "failure": "故障",
    "recovery": "恢复",
    "refusal": "拒收",
    "notice": "提示",
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
    "renewed": "更新於",
    "corrections": "更正了什麼",
    "kicker": "引題",
    "headline": "標題",
    "deck": "副題",
    "credit": "電頭",
    "byline": "署名",
    "body": "內文",
    "captions": "圖片說明",
    "added": "增加",
    "removed": "刪去",
    "moved_here": "移到此處",
    "moved_away": "從此處移走",
    "skipped": "未改動的文字從略",
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
    "and_in": "；",
    "forecast": "天氣預報",
    "forecast_files": "把預報放進行事曆或程式",
    "day": "日期",
    "condition": "天氣",
    "low": "最低",
    "high": "最高",
    "wind": "風",
    "operations": "運行狀況",
    "as_of": "截至",
    "operations_about": "本頁是一個檔案，在有內容發布、發生故障或恢復時寫入。"
    "正常來源的時間精確到小時；目前狀況請執行",
    "operations_feed": "訂閱故障與恢復消息",
    "sources": "來源",
    "in_order": "正常",
    "in_trouble": "有故障",
    "never_run": "尚未檢查",
    "not_configured": "不在設定中",
    "last_run": "上次檢查",
    "next_run": "下次檢查",
    "last_success": "上次成功",
    "failed_in_row": "連續失敗",
    "seen": "見過檔案",
    "taken": "已收錄",
    "failed": "未能收錄",
    "none_configured": "設定中沒有來源。",
    "events": "事件",
    "no_events": "還沒有出過問題。",
    "failure": "故障",
    "recovery": "恢復",
    "refusal": "拒收",
    "notice": "提示",
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


def short_day(date: dt.date, language: str) -> str:
    """Return `11月22日 周五`, `11月22日 週五` or `Fri 22 Nov`."""
    nearest = _nearest(language)
    if nearest == "en":
        return f"{_WEEKDAYS[date.weekday()]} {date.day} {_MONTHS[date.month - 1][:3]}"
    week = "週" if nearest == "zh-Hant" else "周"
    return f"{date.month}月{date.day}日 {week}{'一二三四五六日'[date.weekday()]}"


def day_names(date: dt.date, language: str) -> tuple[str, str]:
    """Return the weekday and the date, short enough for a chart: `周五` and `11/22`."""
    nearest = _nearest(language)
    if nearest == "en":
        return _WEEKDAYS[date.weekday()], f"{date.day} {_MONTHS[date.month - 1][:3]}"
    week = "週" if nearest == "zh-Hant" else "周"
    return f"{week}{'一二三四五六日'[date.weekday()]}", f"{date.month}/{date.day}"


def degrees(low: int | None, high: int | None, unit: str | None) -> str:
    """Return `15–22℃`, `≥15℃`, `≤22℃`: what the paper prints of the two; empty for neither."""
    sign = {"C": "℃", "F": "°F"}.get(unit or "", "°")
    if low is not None and high is not None:
        # A dash between a figure and a minus sign is hard to read.
        between = " / " if low < 0 or high < 0 else "–"
        return f"{figure(low)}{between}{figure(high)}{sign}"
    if high is not None:
        return f"≤{figure(high)}{sign}"
    return "" if low is None else f"≥{figure(low)}{sign}"


def forecast_rows(days: Sequence[ForecastDay], language: str) -> list[tuple[str, ...]]:
    """Return a forecast as the rows of a table, its heads first.

    A column that no day fills is left out.
    """
    words = phrases(language)
    units = {day.unit for day in days if day.unit}
    sign = {"C": " ℃", "F": " °F"}.get(next(iter(units)), "") if len(units) == 1 else ""
    columns = [
        (words["day"], [short_day(day.date, language) for day in days]),
        (words["condition"], [day.text for day in days]),
        (words["low"] + sign, [_shown(day.low) for day in days]),
        (words["high"] + sign, [_shown(day.high) for day in days]),
        (words["wind"], [day.wind or "" for day in days]),
    ]
    filled = [(head, cells) for head, cells in columns if any(cells)]
    return [
        tuple(head for head, _ in filled),
        *zip(*(cells for _, cells in filled), strict=True),
    ]


def _shown(value: int | None) -> str:
    return "" if value is None else figure(value)


def figure(value: int) -> str:
    """Return a temperature's figure, a real minus sign before what is below zero."""
    return f"\u2212{-value}" if value < 0 else str(value)


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
