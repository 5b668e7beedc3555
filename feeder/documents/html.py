"""HTML → the page text of the article, or articles, that it shows, as the parser reads pages.

    plain markup ─ tree ─ what is never seen goes ───┬─ blocks in print order ─┬─ article ─ columns
                                                     └─ trafilatura: main text ┘

trafilatura tells which text is the page's own. It is not taken as it comes: made for websites, it
drops bylines, captions and titles that are no `<h1>`, and prints tables, in which older e-papers
are laid out, last (docs/notes/0017-documents.md).
"""

from __future__ import annotations

import copy
import logging
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from feeder.documents.markup import plain_markup
from feeder.errors import PageError

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_CHARACTERS = 4 * 1024 * 1024
"""The HTML of an e-paper's page is some 100 KB, with pictures written into it a few MB."""
MAX_TAGS = 50_000
"""An e-paper's page has some 1,000; each takes 300 bytes of memory."""

# Where a browser takes bytes for HTML (https://mimesniff.spec.whatwg.org/, 2024), after white
# space, a mark, an XML declaration and comments; and two tags more with which heads begin.
_HTML = re.compile(
    r"(?:\ufeff|\s|<\?xml[^>]{0,200}>|<!--(?:(?!-->).){0,4000}-->)*"
    r"<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|meta"
    r"|link)[\s/>]",
    re.IGNORECASE | re.DOTALL,
)
_START = 4096
"""Characters in which HTML shows itself; browsers look for `<meta charset>` in 1,024 bytes."""
_META_CHARSET = re.compile(
    rb"<meta\s[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.+-]{1,40})"
    rb"|<\?xml\s[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9_:.+-]{1,40})",
    re.IGNORECASE,
)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)

_UNSEEN = (
    "script", "style", "noscript", "template", "head", "select", "datalist", "textarea", "button",
    "iframe", "object", "svg", "audio", "video", "canvas", "map", "rp", "rt", "dialog",
)  # fmt: skip
_STYLE = "translate(@style, ' ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"
_HIDDEN = "|".join(f"//{tag}" for tag in _UNSEEN) + (
    "|//*[@hidden or @aria-hidden = 'true'"
    f" or contains({_STYLE}, 'display:none') or contains({_STYLE}, 'visibility:hidden')]"
)
_INLINE = frozenset(
    {"a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
     "font", "i", "img", "ins", "kbd", "label", "mark", "nobr", "q", "rb", "ruby", "s", "small",
     "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"}
)  # fmt: skip
_TABLE = ("table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "center")
"""Layout in older e-papers; trafilatura takes them for tables of figures."""

_LINKS_SHARE = 0.3
"""Of a block's letters: more in links, and it leads elsewhere."""
_LONG = 25
"""Letters: so long is no title in Chinese, and hardly a menu's item."""
_NOTICE = 60
"""Letters: what is so long, before the article and not of it, is no title: a notice on cookies."""
_FOLIO = re.compile(
    r"(?:19|20)\d\d\s*[-年./]\s*\d{1,2}\s*[-月./]\s*\d{1,2}(?!\d)|^第\s*[A-Z]?\d{1,3}\s*版"
)
_GAP = re.compile(r"\s*[|｜]\s*|[ \u00a0\u2003\u3000]{2,}")
_COLUMN = 18
"""Characters in a line of a Chinese column; twice as many letters in one of Latin script."""
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
# Where a line may end: the parser joins what is printed so to what it was.
_CHINESE_BREAK = re.compile(r"[\u3400-\u9fff，。、；：？！”）》](?=[\u3400-\u9fff])")
_LATIN_BREAK = re.compile(
    r"[A-Za-z\u00c0-\u024f\u0370-\u04ff,.;:!?)’”\"] (?=[A-Za-z0-9\u00c0-\u024f(“‘\"])"
)
_SENTENCE_END = re.compile(r"[。！？…]|[.!?][”\"’']?(?:\s|$)")


@dataclass(frozen=True, kw_only=True)
class _Block:
    """What stands on lines of its own, as a paragraph or a title does."""

    text: str
    parts: tuple[str, ...]
    """The text as it is cut by inline tags and by wide gaps."""
    links: int
    """Letters that are in links."""
    element: Any
    """In which the text begins."""

    @property
    def leads_elsewhere(self) -> bool:
        return self.links > _LINKS_SHARE * len(_letters(self.text))


def is_html(text: str) -> bool:
    """Whether the text begins as HTML does."""
    return bool(_HTML.match(text[:_START]))


def declared_charset(data: bytes) -> str | None:
    """Return the charset that HTML in the bytes declares for itself, if it is HTML and does so.

    A declaration that could be read is in ASCII, so UTF-16 in it means UTF-8, as browsers have it.
    """
    start = data[:_START]
    if not is_html(start.decode("latin-1")):
        return None
    match = _META_CHARSET.search(_COMMENT.sub(b"", start))
    if not match:
        return None
    label = (match[1] or match[2]).decode("ascii").lower()
    return "utf-8" if label.startswith("utf-16") else label


def to_page(markup: str, *, page: str) -> str:
    """Return the text of the article, or articles, with what stands about them: head, captions.

    Lines of print: a title is a line, a paragraph is set in a column, its first line the shorter by
    an indent, for of such pages the parser has learned.
    Raises PageError where trafilatura is not installed, the HTML is no page's, or it shows no
    article.
    """
    try:
        import trafilatura
    except ImportError:
        why = "is HTML; install feeder[html] to read HTML, or extract its text first"
        raise PageError(page, why) from None
    # It warns of every page in which it finds nothing; here that is told as a refusal.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    root = _seen(_parsed(_plain(markup, page), page))
    blocks = tuple(_blocks(root))
    own = trafilatura.extract(copy.deepcopy(root), include_comments=False) if blocks else ""
    found = _article(blocks, _letters(own or ""))
    if not found:
        raise PageError(page, "shows no article, only links or nothing; name an article's page")
    return "\n".join(_printed(found))


def _plain(markup: str, page: str) -> str:
    """Return the HTML in its plainest form, if it is no more than lxml can bear."""
    if len(markup) > MAX_CHARACTERS:
        raise PageError(page, f"is HTML of {len(markup)} characters, no page is; name an article's")
    pieces = list(plain_markup(markup))
    tags = sum(piece.startswith("<") for piece in pieces)
    if tags > MAX_TAGS:
        raise PageError(page, f"is HTML of {tags} tags, no page is; name an article's page")
    return "".join(pieces)


def _parsed(markup: str, page: str) -> HtmlElement:
    from lxml import etree, html

    parser = html.HTMLParser(encoding="utf-8", no_network=True)
    try:
        root = html.document_fromstring(markup.encode(), parser=parser)
    except etree.ParserError:
        raise PageError(page, "shows no article, nothing at all; name an article's page") from None
    for error in parser.error_log:
        # libxml2 leaves out what is nested deeper than 256, and says it only here.
        if error.type_name == "ERR_RESOURCE_LIMIT":
            why = " ".join(error.message.split()).partition(", use XML_PARSE_HUGE")[0]
            raise PageError(page, f"is HTML that no page has ({why}); mend it")
    return root


def _seen(root: HtmlElement) -> HtmlElement:
    """The tree, changed: without what a browser does not show, and without layout by tables."""
    for element in root.xpath(_HIDDEN):
        if element.getparent() is not None:
            element.drop_tree()
    for element in root.iter(*_TABLE):
        element.tag = "div"
    return root


def _blocks(root: HtmlElement) -> Iterator[_Block]:
    """Yield the blocks in print order, without recursion."""
    from lxml import etree

    texts: list[tuple[str, Any, bool]] = []
    depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        is_tag = isinstance(element.tag, str)
        if is_tag and element.tag not in _INLINE and texts:
            yield from _to_block(texts)
            texts = []
        if event == "start":
            depth += element.tag == "a"
            texts.append((element.text or "", element, depth > 0))
        else:
            depth -= is_tag and element.tag == "a"
            texts.append((element.tail or "", element.getparent(), depth > 0))
    yield from _to_block(texts)


def _to_block(texts: Sequence[tuple[str, Any, bool]]) -> Iterator[_Block]:
    text = _one_line("".join(text for text, _, _ in texts))
    if not text:
        return
    parts = (part for text, _, _ in texts for part in _GAP.split(text))
    yield _Block(
        text=text,
        parts=tuple(filter(None, map(_one_line, parts))),
        links=sum(len(_letters(text)) for text, _, is_link in texts if is_link),
        element=next(element for text, element, _ in texts if text.strip()),
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _letters(text: str) -> str:
    return "".join(text.split())


# -- which blocks are the page's own --------------------------------------------------------------


def _article(blocks: Sequence[_Block], own: str) -> list[_Block]:
    """Return the blocks of the article, what was before it as its head; none if there is none.

    `own` is the main text, without white space.
    """
    are_own = [
        place
        for place, block in enumerate(blocks)
        if not block.leads_elsewhere and _letters(block.text) in own
    ]
    body = [place for place in are_own if _is_running(blocks[place])] or are_own
    if not body:
        return []
    first, last = body[0], body[-1]
    return [
        *_in_order_of_print(_head(blocks[:first])),
        *(block for block in blocks[first : last + 1] if not block.leads_elsewhere),
        *_rest(blocks[last], blocks[last + 1 :]),
    ]


def _is_running(block: _Block) -> bool:
    return len(_letters(block.text)) >= _LONG and bool(_SENTENCE_END.search(block.text))


def _head(blocks: Sequence[_Block]) -> list[_Block]:
    """Titles, bylines, the paper's name and date: all that is short and leads nowhere."""
    return [
        block
        for block in blocks
        if not block.leads_elsewhere and len(_letters(block.text)) < _NOTICE
    ]


def _in_order_of_print(head: Sequence[_Block]) -> list[_Block]:
    """The head with date and page first, as they are printed, and not between title and body."""
    parts = [part for block in head for part in _parted(block)]
    return [
        *(part for part in parts if _FOLIO.search(part.text)),
        *(part for part in parts if not _FOLIO.search(part.text)),
    ]


def _parted(block: _Block) -> list[_Block]:
    """A line such as `2026-11-22  晨报  记者 张三` in its parts; any other as it is."""
    if len(block.parts) == 1 or not _FOLIO.search(block.text):
        return [block]
    return [
        _Block(text=part, parts=(part,), links=0, element=block.element) for part in block.parts
    ]


def _rest(last: _Block, blocks: Sequence[_Block]) -> Iterator[_Block]:
    """Yield what follows in the box of the body's last paragraph: short paragraphs, the editor."""
    box = last.element
    while box.tag in _INLINE and box.getparent() is not None:
        box = box.getparent()
    if box.getparent() is not None and len(_letters(box.text_content())) <= len(
        _letters(last.text)
    ):
        box = box.getparent()
    for block in blocks:
        is_inside = block.element is box or box in block.element.iterancestors()
        if block.leads_elsewhere or not is_inside:
            return
        yield block


# -- how they are set -----------------------------------------------------------------------------


def _printed(blocks: Sequence[_Block]) -> Iterator[str]:
    """Yield lines of print: a blank one parts all that stands in the head, and paragraphs."""
    is_in_head = True
    for place, block in enumerate(blocks):
        lines = _set(block)
        is_in_head = is_in_head and len(lines) == 1
        if place and (is_in_head or len(lines) > 1):
            yield ""
        yield from lines


def _set(block: _Block) -> list[str]:
    """Return the lines of print of a block: one if it is short, else a column's."""
    text = block.text
    if len(_WIDE.findall(text)) * 3 > len(_letters(text)):
        return _column(text, _CHINESE_BREAK, width=_COLUMN, indent=2, ragged=4)
    return _column(text, _LATIN_BREAK, width=2 * _COLUMN, indent=3, ragged=16)


def _column(
    text: str, pattern: re.Pattern[str], *, width: int, indent: int, ragged: int
) -> list[str]:
    """Return the text in lines of a width, as it can be broken; as one line if it is short.

    The first line is shorter by an indent, others by what is ragged at most; longer, if need be.
    """
    if len(text) <= 1.5 * width:
        return [text]
    lines = []
    start, end = 0, width - indent
    breaks = [match.end() for match in pattern.finditer(text)]
    while len(text) > end:
        place = bisect_right(breaks, end)
        if place and breaks[place - 1] >= end - ragged:
            place -= 1
        if place == len(breaks):
            break
        lines.append(text[start : breaks[place]].rstrip())
        start = breaks[place]
        end = start + width
    return [*lines, text[start:]]
