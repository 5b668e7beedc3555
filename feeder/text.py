"""What of a text can be published: in XML and HTML, and as a title no reader takes for markup."""

from __future__ import annotations

import re
from html import unescape

# Line ends and tabs of every kind; U+0085, U+2028 and U+2029 break lines in some readers only.
_BREAKS = re.compile("[\t-\r\x1c-\x1f\x85\u2028\u2029]+")
# XML 1.0 (fifth edition) 2.2 forbids the control characters, U+FFFE, U+FFFF and surrogates; HTML
# calls all noncharacters an error; U+FFFD and C1 are what wrong decoding leaves; U+FEFF is a mark.
_PLANE_ENDS = "".join(
    chr((plane << 16) + last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF)
)
_UNFIT = re.compile(
    f"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffd-\uffff{_PLANE_ENDS}]"
)
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_REFERENCE = re.compile(r"&(?=(#?\w+))")


def publishable(text: str) -> str:
    """Return the text without what XML or HTML cannot carry; line breaks become spaces."""
    return _UNFIT.sub("", _BREAKS.sub(" ", text))


def plain(text: str) -> str:
    """Return one line that reads the same as plain text and as HTML.

    Readers disagree on which of the two a title is. What would be a tag or a character
    reference gets a full-width `＜` or `＆`; "AT&T" and "1 < 2" stay.
    """
    one_line = " ".join(publishable(text).split())
    return _REFERENCE.sub(_ampersand, _TAG.sub("＜", one_line))


def _ampersand(match: re.Match[str]) -> str:
    reference = f"&{match[1]};"
    # "&2" is no reference, yet the W3C feed validator takes it for one.
    is_reference = unescape(reference) != reference or not match[1].isalpha()
    return "＆" if is_reference else "&"
