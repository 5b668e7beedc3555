"""The dated list of a weather article, day by day: `11月22日，多云到晴，15-22℃；23日，…`.

Two steps, for a page is dated with the help of its forecast: `read_forecast` reads the list as it
is printed, a day by its month and day, its weekday or “明天”; `dated` puts it on the calendar once
the paper's date is known. What cannot be read stays text, and is told. Nothing is guessed: a
temperature that is not printed as the day's lowest or highest is absent, and so is a unit.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from feeder.model import Forecast, ForecastDay, MonthDay

MOST_DAYS = 31
"""Days of a list; no paper prints a longer one, and what claims to be longer is another table."""
_LEAST_DAYS = 2
_BETWEEN = 2
"""Paragraphs from one day of a list to the next: a night may stand between."""
_MOST_TEXT, _LONGEST = 80, 400
"""Characters of a day's condition, and of all that is looked at; more is a story, not a day."""
_LEAP_YEAR = 2024
_BEFORE, _AHEAD = dt.timedelta(days=7), dt.timedelta(days=45)
"""How far from the paper's date a day of its forecast may lie: lists print what was, too."""
_NONE, _MOST_APART = dt.timedelta(0), dt.timedelta(days=15)
"""How far a day of a list may lie from the one before it."""
_COLDEST, _HOTTEST = -130, 140
"""In degrees Fahrenheit, beyond all that was ever measured (WMO: -128.6 and 134.1)."""
_MOST_SPAN = 70
"""Degrees from a day's low to its high, in Fahrenheit too; more is a misprint."""
_NO_CELSIUS = 57
"""What is warmer is Fahrenheit, printed or not (WMO: 56.7 degrees Celsius)."""

# As papers print them: 星期三, 周三, 週三, 礼拜三; Wed:, Wednesday —; Mi.:, mercredi :
_WEEKDAYS = {
    **{letter: day for day, letter in enumerate("一二三四五六日")}, "天": 6,
    **{name: day for day, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))},
    **{name: day for day, name in enumerate(("mo", "di", "mi", "do", "fr", "sa", "so"))},
    **{name: day for day, name in enumerate(("lun", "mar", "mer", "jeu", "ven", "sam", "dim"))},
}  # fmt: skip
_AFTER_TODAY = {
    "今天": 0, "今日": 0, "明天": 1, "明日": 1, "后天": 2, "後天": 2, "后日": 2, "後日": 2,
    "大后天": 3, "大後天": 3, "大后日": 3, "大後日": 3,
    "today": 0, "tomorrow": 1, "heute": 0, "morgen": 1, "aujourd'hui": 0, "demain": 1,
}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CHINESE_NUMBERS = "零一二三四五六七八九十"

_MONTH_NAME = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY_NAME = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|"
    r"sat(?:urday)?|sun(?:day)?|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|"
    r"sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|mo|di|mi|do|fr|sa|so)(?![a-z])"
)
_CONDITION = (
    r"多云|多雲|晴|阴|陰|[大中小暴阵陣雷雨雪雾霧霾冰]+|有[大中小阵陣雷零]|局部|局地|间|短[时暫]"
)
_FIGURES = rf"(?:\d{{1,2}}|[{_CHINESE_NUMBERS[1:]}]{{1,3}})"
_CHINESE_WEEKDAY = r"(?:星期|周|週|礼拜|禮拜)"
_IN_BRACKETS = (
    rf"(?:\s?[（(](?:{_CHINESE_WEEKDAY}(?P<weekday>[一二三四五六日天])|[^）)]{{1,8}})[）)])?"
)
_OPENS = rf"(?:\s*[，,：:、]\s*|\s+(?=\S)|(?={_CONDITION}))"
# What follows a day's name in Latin script: a colon, a dash, dots; a word would be a sentence.
_OPENS_LATIN = r"\s*(?::|\u2014|\u2013|\s-\s|\.{2,3}|\u2026)\s*"
# Lines that end without a mark come joined: …10-20℃11月3日…
_STARTS = r"(?:^|(?<=[\s；;。，,、.!！?？：:）)℃度级級]))"
_NAMES = tuple(
    re.compile(_STARTS + name, re.IGNORECASE | re.MULTILINE)
    for name in (
        # 11月22日，…; 23日，…; 11月26日（周四） …; 27日 周五 …
        rf"(?:(?P<month>{_FIGURES})\s?月)?\s?(?P<day>{_FIGURES})\s?[日号號]{_IN_BRACKETS}"
        rf"(?:\s?{_CHINESE_WEEKDAY}(?P<beside>[一二三四五六日天]))?{_OPENS}",
        # 周三 …; 星期四（26日）：…
        rf"{_CHINESE_WEEKDAY}(?P<weekday>[一二三四五六日天])"
        rf"(?:\s?[（(](?:(?P<month>\d{{1,2}})[月/.])?(?P<day>\d{{1,2}})日?[）)])?{_OPENS}",
        rf"(?P<after>大?[后後][天日]|[今明][天日]){_OPENS}",
        # 11/22(三) …
        r"(?<![，,、：:]\s)(?<![，,、：:])(?P<month>1[0-2]|0?[1-9])/(?P<day>3[01]|[12]\d|0?[1-9])"
        rf"{_IN_BRACKETS}(?:\s*[：:]\s*|\s+)",
        # Wed: …; Wednesday, Nov. 25 — …; Mittwoch, 25. November: …
        rf"(?P<latin>{_WEEKDAY_NAME})\.?,?(?:\s(?P<month_name>{_MONTH_NAME})\.?\s(?P<day>\d{{1,2}}))?"
        rf"{_OPENS_LATIN}",
        rf"(?P<latin>{_WEEKDAY_NAME})\.?,?\s(?P<day>\d{{1,2}})\.?\s(?P<month_name>{_MONTH_NAME})"
        rf"{_OPENS_LATIN}",
        rf"(?P<month_name>{_MONTH_NAME})\.?\s(?P<day>\d{{1,2}}){_OPENS_LATIN}",
        rf"(?P<day>\d{{1,2}})\.?\s(?P<month_name>{_MONTH_NAME}){_OPENS_LATIN}",
        rf"(?P<after>today|tomorrow|heute|morgen|aujourd.hui|demain){_OPENS_LATIN}",
    )
)
# Days run together, or a night: where a day's text ends, but no day.
_NO_DAY = re.compile(
    _STARTS
    + r"(?:(?:\d{1,2}\s?月)?\d{1,2}\s?[日号號]?\s?[-~～〜—–至到和及、]"
    + r"\s?(?:\d{1,2}\s?月)?\d{1,2}\s?[日号號]"
    + rf"|{_CHINESE_WEEKDAY}[一二三四五六日天][至到、和](?:{_CHINESE_WEEKDAY})?[一二三四五六日天]"
    + r"|[今明][晚夜]|(?:夜间|夜間)"
    + rf"|{_WEEKDAY_NAME}\s?-?(?:night|evening|to|through|and|until)\b[^:.\n]{{0,30}}:"
    + r"|tonight\b[^:.\n]{0,30}:|(?:weekend|outlook|extended|next week)\b|展望)",
    re.IGNORECASE | re.MULTILINE,
)
# What is said of another day is not said of this one: …，3日和4日，小雨; 夜间 of it, though, is.
_OTHER_DAY = re.compile(r"[；;，,。、\s]*(?:\d{1,2}\s?月)?(?<!\d)\d{1,2}\s?[日号號](?!常)")
_WEATHER = re.compile(
    r"晴|[阴陰](?![影谋謀])|多[云雲]|[大中小暴阵陣雷冻凍有][雨雪]|[降阴陰]雨|雨夹雪|雨夾雪|雷[暴电電]|[雾霧霾雹霜]"
    r"|[扬揚浮沙][尘塵沙]|台风|颱風|干热风|降温|降溫|升温|回暖|零下|[℃℉]|°\s?[CF]"
    r"|\b(?:sun|clear|cloud|overcast|rain|shower|drizzl|snow|flurr|sleet|hail|fog|mist|haz|storm|"
    r"thunder|wind|breez|fair|fine|dry|wet|bright|cold|hot|warm|mild|cool|frost|dull|grey|gray|"
    r"sonn|wolk|regen|schauer|schnee|nebel|bedeckt|heiter|soleil|nuage|pluie|averse|neige|brouillard"
    r"|couvert|ensoleill)",
    re.IGNORECASE,
)

_NUMBER = (
    r"(?:(?:零下|minus\s|(?<![\d℃°度CF])[-\u2212－])\s?)?"
    rf"(?:\d{{1,3}}(?![\d.]*\d)|[{_CHINESE_NUMBERS}]{{1,3}})"
)
_UNIT = (
    r"(?:\s?(?:℃|℉|°\s?[CF]?|º\s?[CF]?|摄氏度|攝氏度|华氏度|華氏度|度|deg(?:rees?|\.)?(?:\s[CF]\b)?"
    r"|[CF]\b))"
)
_ABOUT = r"(?:气温|氣溫|温度|溫度|temperatures?)?\s?(?:大约|约|約|在|为|為|介乎|介於|:|：)*\s?"
_RANGE = re.compile(
    rf"{_ABOUT}(?P<one>{_NUMBER})(?P<unit_one>{_UNIT})?\s?(?P<sign>[-\u2212–—－~～〜∼至到/／]|to)\s?"
    rf"(?P<other>{_NUMBER})(?P<unit>{_UNIT})?(?![\d级級%％:时時点點月日])",
    re.IGNORECASE,
)
_LOOSE = (
    r"(?:气温|氣溫|温度|溫度)?"
    r"(?:大约|约|約|可达|可達|达|達|为|為|在|到|将|將|只有|仅|僅|降至|升至|:|：|\s)*"
)
_LOOSE_LATIN = r"(?:s|\stemperatures?)?(?:\s(?:of|near|around|about|at|to|is))*\s?:?\s?"
_NO_MORE = r"(?![\d'’]|s\b|\s?(?:[-–~～至到]|to)\s?\d|[级級%％])"
_HIGH = re.compile(
    rf"(?:最高{_LOOSE}|(?:高温|高溫){_LOOSE}|\b(?:high|max(?:imum|\.)?|top){_LOOSE_LATIN})"
    rf"(?P<value>{_NUMBER})(?P<unit>{_UNIT})?{_NO_MORE}",
    re.IGNORECASE,
)
_LOW = re.compile(
    rf"(?:最低{_LOOSE}|(?:低温|低溫){_LOOSE}|\b(?:low|min(?:imum|\.)?){_LOOSE_LATIN})"
    rf"(?P<value>{_NUMBER})(?P<unit>{_UNIT})?{_NO_MORE}",
    re.IGNORECASE,
)
_WIND = re.compile(
    r"[^，,；;。\s]*(?:[东東南西北]\s?[风風]|[风風]力|阵风|陣風|微风|微風)[^，,；;。\s]*"
    r"(?:\s?\d{1,2}(?:\s?[-~～到至]\s?\d{1,2})?[级級][^，,；;。\s]*)?"
    r"|[^,.;:]*\bwinds?\b[^,.;]*",
    re.IGNORECASE,
)
# 气温下降6～8℃ is no temperature; 降至6～8℃ is one.
_BY_HOW_MUCH = re.compile(r"[降升差幅][温溫]?(?:了|约|約|达|達|可达|可達|在|:|：|\s)*$")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_GAPS = re.compile(r"(?:\s*[，,；;、]\s*){2,}")
_EDGES = " \t\n，,；;。.、：:—–-…"
_SENTENCE = re.compile(r"(?<=。)")
_OF_A_DAY = re.compile(r"\s*(?:气温|氣溫|最[高低]|\d|零下|[东東南西北偏]|[风風])")
_WIDE = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF1A)} | {0x3000: 0x20}


@dataclass(frozen=True, kw_only=True)
class PrintedDay:
    """A day of a list, by the name under which it is printed."""

    month: int | None
    day: int | None
    weekday: int | None
    """0 for Monday, as in `datetime`."""
    ahead: int | None
    """0 for today, 1 for tomorrow."""
    printed: str
    """The day as it stands in the list."""
    text: str
    low: int | None
    high: int | None
    unit: str | None
    wind: str | None
    falls: bool = False
    """Whether the warmer figure was printed first, as in 20-10℃: a list's style, or a slip."""


@dataclass(frozen=True, kw_only=True)
class PrintedForecast:
    """The days of a list in print order, and what in it could not be read."""

    days: tuple[PrintedDay, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def start(self) -> MonthDay | None:
        """Month and day of the first day, if they are printed."""
        first = next(iter(self.days), None)
        if first is None or first.month is None or first.day is None:
            return None
        return MonthDay(month=first.month, day=first.day, weekday=first.weekday)


def read_forecast(paragraphs: Sequence[str]) -> PrintedForecast:
    """Return the list of days that the paragraphs hold; an empty one if they hold none.

    Of several lists the one with the most temperatures, then with the most days.
    """
    text = "\n".join(paragraphs).translate(_WIDE)
    if not _WEATHER.search(text):
        return PrintedForecast()
    runs = [run for run in _runs(_entries(text)) if _is_list(run)]
    best = _without_slips(max(runs, key=_worth, default=[]))
    days = [made for _, made in best if isinstance(made, PrintedDay)]
    unread = [printed for printed, made in best if made is None]
    unread += [day.printed for day in days[MOST_DAYS:]]
    return PrintedForecast(days=tuple(_with_unit(days[:MOST_DAYS])), unread=tuple(unread))


def dated(printed: PrintedForecast, published: dt.date) -> Forecast:
    """Return the list on the calendar, as a paper of that date prints it.

    The days ascend, over a month's or a year's end. A day that is none (2月30日 apart, 29 February
    in a common year), comes twice or lies weeks away is told as unread.
    """
    days: list[ForecastDay] = []
    unread = list(printed.unread)
    last: dt.date | None = None
    for day in printed.days:
        date = _date(day, published, last)
        apart = date - last if date and last else _MOST_APART
        if date is None or not _NONE < apart <= _MOST_APART or not _is_near(date, published):
            unread.append(day.printed)
            continue
        last = date
        days.append(
            ForecastDay(
                date=date, text=day.text, low=day.low, high=day.high, unit=day.unit, wind=day.wind
            )
        )
    return Forecast(days=tuple(days), unread=tuple(unread))


# -- the list as printed ---------------------------------------------------------------------------

_Entry = tuple[str, PrintedDay | None]
"""A day as it stands in the text, and what was read of it."""


def _entries(text: str) -> list[tuple[int, _Entry]]:
    """What stands under each day's name, with its paragraph."""
    found = _names(text)
    ends = [match.start() for match, _ in found[1:]] + [len(text)]
    entries = []
    paragraph, counted = 0, 0
    for (match, is_day), following in zip(found, ends, strict=False):
        if is_day:
            paragraph += text.count("\n", counted, match.end())
            counted = match.end()
            body = text[match.end() : min(following, match.end() + _LONGEST)]
            entries.append((paragraph, _entry(match, _first_paragraph(body))))
    return entries


def _names(text: str) -> list[tuple[re.Match[str], bool]]:
    """What ends the text of a day before it, and whether it is the name of a day.

    None within another: of two days' names that begin together, the longer one.
    """
    found = [(match, True) for name in _NAMES for match in name.finditer(text)]
    if len(found) < _LEAST_DAYS:
        return []
    found += ((match, False) for match in _NO_DAY.finditer(text))
    found.sort(key=lambda one: (one[0].start(), one[1], -one[0].end()))
    kept: list[tuple[re.Match[str], bool]] = []
    for match, is_day in found:
        if not kept or match.start() >= kept[-1][0].end():
            kept.append((match, is_day))
    return kept


def _first_paragraph(body: str) -> str:
    """The rest of the paragraph; of Chinese, the sentence and those that tell more of the day."""
    paragraph = _OTHER_DAY.split(body.split("\n", 1)[0], maxsplit=1)[0]
    sentences = _SENTENCE.split(paragraph)
    kept = sentences[0]
    for sentence in sentences[1:]:
        if not _OF_A_DAY.match(sentence):
            break
        kept += sentence
    return kept


def _entry(match: re.Match[str], body: str) -> _Entry:
    printed = (match.group() + body).strip().rstrip("；;，,")
    values = {name: value for name, value in match.groupdict().items() if value}
    month, day, weekday, ahead = _named(values)
    read = _weather(body)
    if read is None or not _is_on_the_calendar(month, day):
        return printed, None
    return printed, replace(
        read, month=month, day=day, weekday=weekday, ahead=ahead, printed=printed
    )


def _named(values: dict[str, str]) -> tuple[int | None, int | None, int | None, int | None]:
    """Month, day, weekday and how many days ahead, of what a day is called by."""
    month, day, name = (values.get(key) for key in ("month", "day", "month_name"))
    number = _MONTHS.index(name[:3].lower()) + 1 if name else _figure(month) if month else None
    weekday = values.get("weekday") or values.get("beside")
    if weekday is None and (latin := values.get("latin", "").lower()):
        weekday = latin[:3] if latin[:3] in _WEEKDAYS else latin[:2]
    after = values.get("after")
    return (
        number,
        _figure(day) if day else None,
        None if weekday is None else _WEEKDAYS[weekday],
        None if after is None else _AFTER_TODAY[after.lower().replace("\u2019", "'")],
    )


def _figure(printed: str) -> int:
    return int(printed) if printed.isdecimal() else _chinese_number(printed)


def _is_on_the_calendar(month: int | None, day: int | None) -> bool:
    if day is None:
        return True
    try:
        dt.date(_LEAP_YEAR, month or 1, day)
    except ValueError:
        return False
    return True


def _weather(body: str) -> PrintedDay | None:
    """What a day's text says, without its name; None where it says nothing or what cannot be."""
    winds = [found.group().strip(_EDGES) for found in _WIND.finditer(body)]
    rest = _WIND.sub("，", body)
    low = high = None
    falls = False
    units: list[str] = []
    for pattern in (_LOW, _HIGH):
        if found := pattern.search(rest):
            value = _number(found["value"])
            low, high = (value, high) if pattern is _LOW else (low, value)
            units.append(found["unit"] or "")
            rest = rest[: found.start()] + "，" + rest[found.end() :]
    if low is None and high is None and (found := _temperatures(rest)):
        one, other = _number(found["one"]), _number(found["other"])
        # 24℃/18℃ and 零下3到零下8度 are printed either way.
        falls = one > other and not (found["sign"] in "/／" or (one < 0 and other <= 0))
        low, high = sorted((one, other))
        units.append(found["unit"] or found["unit_one"] or "")
        rest = rest[: found.start()] + "，" + rest[found.end() :]
    if not _can_be(low, high):
        return None
    text = _tidy(rest, body)
    has_figure = low is not None or high is not None
    if len(text) > _MOST_TEXT or not (has_figure or _WEATHER.search(text)):
        return None
    return PrintedDay(
        month=None, day=None, weekday=None, ahead=None, printed="", text=text, low=low, high=high,
        unit=_unit("".join(units)), wind=_comma(body).join(winds) or None, falls=falls,
    )  # fmt: skip


def _can_be(low: int | None, high: int | None) -> bool:
    values = [value for value in (low, high) if value is not None]
    if any(not _COLDEST <= value <= _HOTTEST for value in values):
        return False
    return low is None or high is None or 0 <= high - low <= _MOST_SPAN


def _temperatures(text: str) -> re.Match[str] | None:
    """Two temperatures of a day: with a unit, or parted by a slash."""
    for found in _RANGE.finditer(text):
        told = found["unit"] or found["unit_one"] or found["sign"] in "/／"
        if told and not _BY_HOW_MUCH.search(text, max(0, found.start() - 6), found.start("one")):
            return found
    return None


def _number(printed: str) -> int:
    below = bool(re.match(r"零下|minus|[-\u2212－]", printed, re.IGNORECASE))
    figures = re.sub(r"零下|minus|[-\u2212－]|\s", "", printed, flags=re.IGNORECASE)
    value = int(figures) if figures.isdecimal() else _chinese_number(figures)
    return -value if below else value


def _chinese_number(figures: str) -> int:
    """二十六 is 26, 十 is 10; 二六 is 26 as well."""
    tens, ten, ones = figures.rpartition("十")
    if ten:
        return 10 * (_chinese_number(tens) if tens else 1) + (_chinese_number(ones) if ones else 0)
    return int("".join(str(_CHINESE_NUMBERS.index(figure)) for figure in figures))


def _unit(printed: str) -> str | None:
    if re.search(r"F|℉|华|華", printed):
        return "F"
    if re.search(r"C|℃|摄|攝|度", printed):
        return "C"
    return None


def _tidy(rest: str, body: str) -> str:
    """What is left of a day's text, its separators as printed, none of them twice."""
    comma = _comma(body)
    text = _GAPS.sub(comma, rest).strip(_EDGES)
    if comma == ", ":
        text = re.sub(r"\s*[.]?\s*，\s*", comma, text)
    return re.sub(r"\s{2,}", " ", text).strip(_EDGES)


def _comma(body: str) -> str:
    return "，" if _HAN.search(body) else ", "


def _runs(entries: Sequence[tuple[int, _Entry]]) -> Iterator[list[_Entry]]:
    """Lists: what stands in one paragraph or in paragraphs that follow one another.

    A list begins with the name of its month; what stood before it without one was prose.
    """
    run: list[_Entry] = []
    before, had_month = 0, False
    for paragraph, entry in entries:
        has_month = entry[1] is not None and entry[1].month is not None
        begins = has_month and not had_month and paragraph != before
        begins |= len(run) > 1 and _begins_again(run[0][1], entry[1])
        if run and (begins or paragraph - before > _BETWEEN):
            yield run
            run, had_month = [], False
        run.append(entry)
        before, had_month = paragraph, had_month or has_month
    if run:
        yield run


def _begins_again(first: PrintedDay | None, day: PrintedDay | None) -> bool:
    """Whether the day is the first of another list, of another town, for the same days."""
    if first is None or day is None:
        return False
    if None not in (first.month, day.month) and first.month != day.month:
        return False
    names = ("day", "weekday", "ahead")
    return all(getattr(first, name) == getattr(day, name) for name in names)


def _without_slips(run: Sequence[_Entry]) -> list[_Entry]:
    """A list that prints the warmer figure first does so each day; else that was a slip."""
    days = [day for _, day in run if day and day.low is not None and day.high is not None]
    falling = sum(day.falls for day in days)
    if falling == len(days) > 1:
        return list(run)
    return [(printed, None if day and day.falls else day) for printed, day in run]


def _is_list(run: Sequence[_Entry]) -> bool:
    days = [day for _, day in run if day]
    told = [day for day in days if day.low is not None or day.high is not None]
    return len(days) > _LEAST_DAYS or (len(told) == len(days) >= _LEAST_DAYS)


def _worth(run: Sequence[_Entry]) -> tuple[int, int]:
    days = [day for _, day in run if day]
    return sum(day.low is not None or day.high is not None for day in days), len(days)


def _with_unit(days: Sequence[PrintedDay]) -> list[PrintedDay]:
    """The list's unit goes for all its days; what no thermometer shows in Celsius is Fahrenheit."""
    printed = {day.unit for day in days if day.unit}
    hot = any(max(day.low or 0, day.high or 0) > _NO_CELSIUS for day in days)
    one = next(iter(printed)) if len(printed) == 1 else "F" if hot and not printed else None
    return [
        replace(
            day, unit=day.unit or (one if day.low is not None or day.high is not None else None)
        )
        for day in days
    ]


# -- the list on the calendar ----------------------------------------------------------------------


def _date(day: PrintedDay, published: dt.date, last: dt.date | None) -> dt.date | None:
    """The day's date; None if there is no such day. `last` is the day before it in the list."""
    if day.ahead is not None:
        return _after(published, day.ahead)
    if day.day is None:
        start = _after(last, 1) if last else published
        return start and _after(start, ((day.weekday or 0) - start.weekday()) % 7)
    near = last or published
    found = [
        date
        for year, month in _months(near, day.month)
        if (date := _made(year, month, day.day)) and (last is None or date > last)
    ]
    return min(found, key=lambda date: abs(date - near), default=None)


def _months(near: dt.date, month: int | None) -> list[tuple[int, int]]:
    """The years in which the month lies near the date, or the months around it."""
    if month is not None:
        return [(near.year + more, month) for more in (-1, 0, 1)]
    counted = near.year * 12 + near.month - 1
    return [((counted + more) // 12, (counted + more) % 12 + 1) for more in (-1, 0, 1)]


def _made(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _after(date: dt.date, days: int) -> dt.date | None:
    try:
        return date + dt.timedelta(days=days)
    except OverflowError:
        return None


def _is_near(date: dt.date, published: dt.date) -> bool:
    return -_BEFORE <= date - published <= _AHEAD
