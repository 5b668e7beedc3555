"""Articles that continue on another page: their jump lines, and the parts put together.

A jump line (下转第4版, “Continued on Page 4”) ends the part on the first page; the part on the
other one opens with its own (上接第1版). Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from feeder.model import Article, BodyItem

_PAGE = r"(?:第\s*)?(?P<page>[A-Z]{0,2}\s?\d{1,3}|[一二三四五六七八九十]{1,3})\s*(?:版|页|頁|叠|疊)"
_OPENING, _CLOSING = r"[（(【〔\[]?\s*", r"\s*[）)】〕\]]?"
_ON = re.compile(
    rf"{_OPENING}(?:紧转|緊轉|下转|下轉|转接|轉|转)\s*{_PAGE}[^）)】〕\]]{{0,12}}{_CLOSING}\s*$"
    r"|[(\[]?\s*(?:please\s)?(?:continued|see\s[^.()]{1,40}|turn to)[,\s]+(?:on|to)?\s*"
    r"(?:page|p\.)\s*(?P<latin>[A-Z]{0,2}-?\d{1,3})\s*[)\]]?\.?\s*$",
    re.IGNORECASE,
)
_FROM = re.compile(
    rf"^{_OPENING}(?:紧接|緊接|上接|接)\s*{_PAGE}[^）)】〕\]]{{0,30}}{_CLOSING}\s*[:：]?\s*"
    r"|^[(\[]?\s*(?:continued|jump(?:ed)?)\s+from\s+(?:page|p\.)\s*(?P<latin>[A-Z]{0,2}-?\d{1,3})"
    r"\s*[)\]]?\.?\s*",
    re.IGNORECASE,
)
_NUMBER_IN_NAME = re.compile(r"(?<![0-9a-z])([a-z]{0,2})[-_]?0*(\d{1,3})(?![0-9])", re.IGNORECASE)
_DATE = re.compile(r"(?:19|20)\d\d[-_.]?\d\d[-_.]?\d\d")
_CHINESE = "零一二三四五六七八九"
_ENDS = re.compile(r"[。！？!?.…”’」』）)][”’」』）)\"']*$")
_LEAST_FIT, _LEAST_LEAD = 0.2, 1.5
"""How well two parts must fit, and how much better than the next one. Of articles in Chinese cut
in two, half of them with the title's first letters over the second part, halves of one fit .32 at
the median, of two articles .18 at the 95th percentile."""
_TITLE, _TEXT, _CUT = 1.0, 2.0, 0.15
# In Latin script, words long enough to tell what a text is about.
_WORD = re.compile(r"[^\W\d_\u3400-\u9fff]{6,}")
_HAN = re.compile(r"[\u3400-\u9fff]+")


@dataclass(frozen=True, kw_only=True)
class Jumps:
    """Where an article says that it goes on, and where it says that it comes from.

    Pages as they are called, in capitals and without leading zeros: 4, A4; None without a jump
    line.
    """

    on: str | None = None
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of an article, and what the page may be called on which it stands."""

    article: Article
    pages: tuple[str, ...] = ()


def jumps(article: Article) -> Jumps:
    """Return the article's jump lines: at the end of its text, at its beginning."""
    on = _match(_ON, article.body[-1].text if article.body else "")
    opening = _match(_FROM, article.body[0].text if article.body else "")
    for title in (article.kicker, article.headline, article.deck):
        opening = opening or _match(_FROM, title or "")
    return Jumps(on=on, source=opening)


def page_called(name: str) -> tuple[str, ...]:
    """Return what a page may be called, by the figures in its name: a04.txt is A4 and 4.

    Empty where the name has none, and nothing can be ruled out by it.
    """
    bare = _DATE.sub(" ", name.rpartition("/")[2].rpartition(".")[0])
    found = []
    for letters, number in _NUMBER_IN_NAME.findall(bare):
        found += [f"{letters.upper()}{int(number)}", str(int(number))]
    return tuple(dict.fromkeys(found))


def is_part(article: Article, whole: Article) -> bool:
    """Return whether the article is a part of the whole: it says that it goes on, the whole not."""
    own, others = jumps(article), jumps(whole)
    says = (own.on and not others.on) or (own.source and not others.source)
    return bool(says) and len(article.text) < len(whole.text)


def joined(front: Article, rest: Article) -> Article:
    """Return both parts as one article: the front's head, both texts without jump lines."""
    first, second = list(front.body), list(rest.body)
    if first:
        first[-1] = replace(first[-1], text=_ON.sub("", first[-1].text).rstrip())
    if second:
        second[0] = replace(second[0], text=_FROM.sub("", second[0].text).lstrip())
    first, second = [item for item in first if item.text], [item for item in second if item.text]
    if first and second and not _ENDS.search(first[-1].text):
        # The page's end cut a sentence: it is one paragraph.
        one, other = first.pop(), second.pop(0)
        between = " " if one.text[-1:].isascii() and other.text[:1].isascii() else ""
        first.append(BodyItem(type="p", text=one.text + between + other.text))
    byline = front.byline if front.byline.names else rest.byline
    return replace(
        front,
        headline=front.headline or rest.headline,
        credit=front.credit or rest.credit,
        byline=byline,
        body=(*first, *second),
        captions=(*front.captions, *(one for one in rest.captions if one not in front.captions)),
        confidence=min(front.confidence, rest.confidence),
    )


def best_fit(part: Part, others: list[Part], *, of_one_paper: bool = True) -> int | None:
    """Return which of the others is the part that the article goes on in, or comes from.

    One that its jump lines rule out is none. If only one is left, and both are known to be of one
    paper, it is that one; else title and texts must share words, and of several the best one more
    than the next. None else: parts that stay apart do less harm than parts of two articles joined.
    """
    own = jumps(part.article)
    fits = []
    for number, other in enumerate(others):
        theirs = jumps(other.article)
        if own.on and theirs.source and _agree(own.on, other) and _agree(theirs.source, part):
            fits.append((_fit(part.article, other.article), number))
        elif own.source and theirs.on and _agree(own.source, other) and _agree(theirs.on, part):
            fits.append((_fit(other.article, part.article), number))
    fits.sort(reverse=True)
    if not fits:
        return None
    best, number = fits[0]
    if len(fits) == 1:
        return number if of_one_paper or best >= _LEAST_FIT else None
    return number if best >= _LEAST_FIT and best >= _LEAST_LEAD * fits[1][0] else None


def _match(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    if not found:
        return None
    return _called(found["page"] or found["latin"])


def _called(page: str) -> str:
    """A page's name as `page_called` gives it: 第四版 is 4, A04 is A4."""
    if page[0] in "一二三四五六七八九十":
        tens, ten, ones = page.rpartition("十")
        if not ten:
            return str(_CHINESE.index(page[-1]))
        return str(
            10 * (_CHINESE.index(tens) if tens else 1) + (_CHINESE.index(ones) if ones else 0)
        )
    letters = "".join(char for char in page.upper() if char.isalpha())
    return letters + str(int("".join(char for char in page if char.isdigit())))


def _agree(page: str, part: Part) -> bool:
    """Whether the part may stand on the page: only a name that says otherwise rules it out."""
    if not part.pages:
        return True
    bare = page.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return page in part.pages or bare in part.pages


def _fit(front: Article, rest: Article) -> float:
    """How well the two parts go together, by their titles' and texts' pairs of letters."""
    titles = _shared(front.headline or "", rest.headline or "")
    texts = _shared(front.text + (front.headline or ""), rest.text)
    cut = bool(front.body) and not _ENDS.search(_ON.sub("", front.body[-1].text).rstrip())
    return _TITLE * titles + _TEXT * texts + _CUT * cut


def _shared(one: str, other: str) -> float:
    """The share of the shorter text's words that the other holds too."""
    first, second = set(_WORD.findall(one.casefold())), set(_WORD.findall(other.casefold()))
    first |= _pairs(one)
    second |= _pairs(other)
    fewer = min(len(first), len(second))
    return len(first & second) / fewer if fewer else 0.0


def _pairs(text: str) -> set[str]:
    """The pairs of Chinese characters: half of its words, and what else meets by chance."""
    return {run[at : at + 2] for run in _HAN.findall(text) for at in range(len(run) - 1)}
