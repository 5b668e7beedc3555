"""The links of an index page or a feed: HTML, RSS, Atom, JSON Feed."""

from __future__ import annotations

import codecs
import fnmatch
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx

MAX_LETTERS = 8000
"""Of an address (RFC 9110, 4.1); servers take no longer ones."""

# A link is written in ASCII whatever the page is written in, but for its path. Codecs that no page
# uses, and that cost more than they are worth, are not tried: punycode, idna, unicode_escape.
_CHARSETS = {
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "cp950",
    "big5hkscs": "big5hkscs", "cp950": "cp950", "utf-16": "utf-16", "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be", "iso8859-1": "cp1252", "cp1252": "cp1252", "shift_jis": "cp932",
    "euc_jp": "euc_jp", "euc_kr": "cp949",
}  # fmt: skip
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAID = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""")
_FEEDS = frozenset({"rss", "feed", "rdf:rdf", "atom:feed"})


@dataclass(frozen=True, kw_only=True)
class Links:
    """The links of a document, absolute, in its order, each once."""

    all: tuple[str, ...]
    """As written, made absolute; without fragments."""
    is_feed: bool
    """Whether the newest stands first by custom."""


def find_links(data: bytes, *, address: str, charset: str | None) -> Links:
    """Return the http(s) links of the document that was had from the address.

    Raises ValueError where it is JSON that cannot be read.
    """
    text = _decoded(data, charset)
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        return Links(all=_absolute(_json_links(text), base=address), is_feed=True)
    parser = _Parser()
    # Without `close` what is left open at the end stays unread: html.parser's ways with that take
    # the square of its length (CPython issue 135462).
    parser.feed(text)
    base = urljoin(address, parser.base) if parser.base else address
    return Links(all=_absolute(parser.found, base=base), is_feed=parser.is_feed)


def to_name(link: str) -> str | None:
    """Return the address as it is asked for and stored; None where nobody could ask for it."""
    try:
        url = httpx.URL(link)
        is_web = url.scheme in ("http", "https") and bool(url.host)
    except (httpx.InvalidURL, ValueError):  # ValueError: "xn--" with no name after it
        return None
    if not is_web:
        return None
    return str(url.copy_with(username=None, password=None, fragment=None))


def _absolute(found: Iterable[str], *, base: str) -> tuple[str, ...]:
    links: dict[str, None] = {}
    for one in found:
        if len(one) > MAX_LETTERS:
            continue
        try:
            link = urldefrag(urljoin(base, one.strip())).url
            scheme = urlsplit(link).scheme
        except ValueError:  # "http://[": no address
            continue
        if scheme in ("http", "https"):
            links[link] = None
    return tuple(links)


class _Parser(HTMLParser):
    """Collects links, of HTML and, as tolerantly, of RSS and Atom."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[str, None] = {}
        self.base: str | None = None
        self.is_feed = False
        self._is_first = True
        self._text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value}
        if self._is_first:
            self._is_first = False
            self.is_feed = tag in _FEEDS
            self.base = values.get("xml:base")
        if tag == "base":
            self.base = self.base or values.get("href")
        else:
            self._add(values.get("href"))
        if tag in ("frame", "iframe", "content"):
            self._add(values.get("src"))
        elif tag == "enclosure":
            self._add(values.get("url"))
        elif self.is_feed and self._holds_address(tag, values):
            self._text = []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def unknown_decl(self, data: str) -> None:
        if self._text is not None and data.startswith("CDATA["):
            self._text.append(data.removeprefix("CDATA["))

    def handle_endtag(self, tag: str) -> None:
        if self._text is not None and tag in ("link", "guid"):
            said = "".join(self._text).strip()
            self._text = None
            if tag == "link" or said.startswith(("http://", "https://")):
                self._add(said)

    def parse_marked_section(self, i: int, report: int = 1) -> int:
        """As browsers do; html.parser's own raises AssertionError for `<![x[`."""
        if not self.rawdata.startswith("<![CDATA[", i):
            return self.parse_bogus_comment(i)
        end = self.rawdata.find("]]>", i)
        if end < 0:
            return -1
        self.unknown_decl(self.rawdata[i + 3 : end])
        return end + 3

    @staticmethod
    def _holds_address(tag: str, values: dict[str, str]) -> bool:
        """Whether its text is a link: RSS's <link>, and a <guid> that is one."""
        if tag == "link":
            return "href" not in values
        return tag == "guid" and values.get("ispermalink", "true") != "false"

    def _add(self, link: str | None) -> None:
        if link:
            self.found[link] = None


def _json_links(text: str) -> Iterator[str]:
    """Yield the links of a JSON Feed (https://www.jsonfeed.org/version/1.1/)."""
    try:
        feed = json.loads(text.lstrip("\ufeff"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    yield from _texts(feed, "next_url")
    for item in _tables(feed, "items"):
        yield from _texts(item, "url", "external_url")
        for attachment in _tables(item, "attachments"):
            yield from _texts(attachment, "url")


def _tables(table: dict[str, Any], key: str) -> list[dict[str, Any]]:
    rows = table.get(key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _texts(table: dict[str, Any], *keys: str) -> Iterator[str]:
    yield from (value for key in keys if isinstance(value := table.get(key), str))


def _decoded(data: bytes, charset: str | None) -> str:
    marked = next((name for mark, name in _BOMS if data.startswith(mark)), None)
    said = _SAID.search(data[:2048])
    label = marked or charset or (said[1].decode("ascii") if said else "utf-8")
    try:
        name = codecs.lookup(label).name
    except LookupError:
        name = "utf-8"
    # What cannot be read is marked, and the link that it stands in is found by nobody: told then.
    return data.decode(_CHARSETS.get(name, "utf-8"), "replace")


def matches(pattern: str | None) -> Callable[[str], bool]:
    """Return whether a link fits the pattern: `*` any run of characters, `?` one, `[…]` a set."""
    if pattern is None:
        return lambda _link: False
    fits = re.compile(fnmatch.translate(pattern)).match
    return lambda link: fits(link) is not None
