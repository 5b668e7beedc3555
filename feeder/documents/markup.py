"""HTML → the same HTML in the plainest form: text, tags that are shown, the few attributes of use.

What a hostile sender may write (300,000 attributes in a tag, tags within tags, entities of his own)
costs a tree parser minutes; here every character is looked at once. Tags, comments and raw text are
told as browsers tell them (https://html.spec.whatwg.org/multipage/parsing.html, 13.2.5, 2024), so
that nothing which they take for an attribute comes out as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape

_KEPT = frozenset({"aria-hidden", "class", "hidden", "href", "id", "role", "style"})
"""Attributes that tell what is shown, and where it belongs."""
_LONGEST_VALUE = 500
_RAW = frozenset({"iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"})
"""Up to its end tag, all in such an element is text, and none of it a page's."""
# What no tree of lxml's can hold; trafilatura gives up over it.
_UNFIT = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_NAME = re.compile(r"/?[A-Za-z][^\s/>]*")
_ATTRIBUTE = re.compile(r"[\s/]*(=?[^\s/>=]*)\s*(=?)\s*")
_BARE = re.compile(r"[^\s>]*")


def plain_markup(markup: str) -> Iterator[str]:
    """Yield text and tags, one after the other, in time that grows as the length does.

    A tag or comment that never ends takes the rest along.
    """
    place = 0
    while (start := markup.find("<", place)) >= 0:
        yield _text(markup[place:start])
        match = _NAME.match(markup, start + 1)
        if match:
            name = match[0].lower()
            attributes, place = _attributes(markup, match.end())
            if place < 0:
                return
            if name in _RAW:
                place = _raw_end(markup, name, place)
            else:
                yield _tag(name, attributes)
        elif markup.startswith(("<!", "<?", "</"), start):
            place = _comment_end(markup, start)
        else:
            yield "&lt;"
            place = start + 1
        if place < 0:
            return
    yield _text(markup[place:])


def _text(text: str) -> str:
    return escape(_fit(text), quote=False)


def _fit(text: str) -> str:
    return _UNFIT.sub("", unescape(text).replace("\f", " "))


def _attributes(markup: str, place: int) -> tuple[dict[str, str], int]:
    """Return the attributes of use, and where the tag has ended; -1 if it does not."""
    found: dict[str, str] = {}
    while (match := _ATTRIBUTE.match(markup, place)) and match.end() < len(markup):
        place = match.end()
        value = ""
        if match[2] and markup[place] in "\"'":
            end = markup.find(markup[place], place + 1)
            if end < 0:
                return found, -1
            value, place = markup[place + 1 : end], end + 1
        elif match[2]:
            bare = _BARE.match(markup, place)
            value, place = (bare[0], bare.end()) if bare else ("", place)
        name = match[1].lower()
        if name in _KEPT:
            found.setdefault(name, value[:_LONGEST_VALUE])
        if markup.startswith(">", place):
            return found, place + 1
    return found, -1


def _tag(name: str, attributes: dict[str, str]) -> str:
    if not name.lstrip("/").isalnum():
        return ""
    if name.startswith("/"):
        return f"<{name}>"
    pairs = (f' {key}="{escape(_fit(value))}"' for key, value in attributes.items())
    return f"<{name}{''.join(pairs)}>"


def _raw_end(markup: str, name: str, place: int) -> int:
    """Return where the end tag of a raw text element begins; -1 if there is none."""
    match = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(markup, place)
    return match.start() if match else -1


def _comment_end(markup: str, start: int) -> int:
    """Return where what begins as a comment or declaration has ended; -1 if it does not."""
    if not markup.startswith("<!--", start):
        end = markup.find(">", start)
        return end + 1 if end >= 0 else -1
    if markup.startswith((">", "->"), start + 4):
        return markup.index(">", start) + 1
    ends = re.compile(r"--!?>").search(markup, start + 4)
    return ends.end() if ends else -1
