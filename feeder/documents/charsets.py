"""Bytes → text: the encoding that is marked, declared or found, strictly to the last byte."""

from __future__ import annotations

import codecs
import re

from feeder.errors import PageError

# Longer marks first: the mark of UTF-32 LE begins with that of UTF-16 LE.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Labels, without "-" and "_", that Python does not know, or knows as a smaller set than is meant in
# the wild (https://encoding.spec.whatwg.org/#names-and-labels, 2024), by Python's codec.
_LABELS = {
    "gb18030": "gb18030 gb2312 gb231280 gbk xgbk csgb2312 chinese isoir58 csiso58gb231280 cp936 936"
    " ms936 windows936 euccn eucgb2312cn gb180302000 gb180302005 gb180302022",
    "big5": "big5 big5hkscs big5hk hkscs cnbig5 csbig5 xxbig5 big5tw cp950 950 ms950 windows950"
    " big5eten",
    "utf-8": "utf8 unicode11utf8 unicode20utf8 xunicode20utf8 utf8sig utf8bom utf8n",
    "utf-16": "utf16 ucs2 unicode csunicode iso10646ucs2",
    "utf-16-le": "unicodefeff",
    "utf-16-be": "unicodefffe",
    "cp1252": "ascii usascii ansix341968 ansix3.41968 iso646us iso88591 iso885911987 latin1 l1"
    " cp819 ibm819 isoir100 csisolatin1 xcp1252 windows1252",
    "cp1250": "xcp1250", "cp1251": "xcp1251", "cp1253": "xcp1253", "cp1255": "xcp1255",
    "cp1254": "iso88599 latin5 l5 isoir148 csisolatin5 xcp1254", "cp1256": "xcp1256",
    "cp1257": "xcp1257", "cp1258": "xcp1258", "cp874": "iso885911 tis620 dos874 windows874",
    "cp932": "shiftjis sjis xsjis csshiftjis mskanji ms932 windows31j windows932",
    "euc_jp": "eucjp xeucjp cseucpkdfmtjapanese",
    "cp949": "euckr cseuckr ksc56011987 ksc56011989 ksc5601 korean isoir149 csksc56011987"
    " windows949",
    "koi8-r": "koi koi8 cskoi8r", "koi8-u": "koi8ru", "iso8859-8": "logical visual",
    "mac-roman": "macintosh csmacintosh xmacroman", "mac-cyrillic": "xmaccyrillic xmacukrainian",
}  # fmt: skip
_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}
# Each of them holds characters that the other lacks.
_BIG5 = ("cp950", "big5hkscs")
# Python's own codecs that a server may name but no newspaper writes, and those that browsers take
# for an attack; punycode is also quadratic.
_NO_CHARSETS = frozenset(
    {"hz", "idna", "iso2022_kr", "mbcs", "oem", "palmos", "punycode", "raw_unicode_escape",
     "undefined", "unicode_escape", "utf_7"}
)  # fmt: skip
_CANDIDATES = ("gb18030", *_BIG5)
# Told only to be refused: EUC-JP and Korean decode as GB18030 without an error, to rubbish.
_STRANGERS = ("euc_jp", "cp932", "cp949")
# What pages are made of: ASCII, punctuation of either script, kana, hanzi, full-width forms.
_PLAIN = re.compile(r"[\t\n\r\f -~\u00b7\u2010-\u2026\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]+")
_PLAIN_SHARE = 0.95
_LATIN_SHARE = 0.3
"""Of a text in Latin letters no more is beyond ASCII; of a Chinese one in any encoding, more is."""
_TELLING_BYTES, _TELLING_SHARE = 48, 0.1
"""Beyond ASCII: with fewer, GB18030 is taken for Big5, and so is French in windows-1252."""
_MAX_NUL_SHARE = 0.001
"""Of bytes: an extractor prints a NUL where a font maps a glyph to nothing; more are UTF-16's."""
_ASCII = bytes(range(0x80))
_REMEDY = "set encoding for its source"


def decode(data: bytes, *, page: str, declared: str | None, within: str | None = None) -> str:
    """Return the text of the bytes.

    A byte order mark counts first, then the charset that is declared for the document, then that
    which the document declares itself (`within`), where the bytes do not contradict it, and then
    what can be told from the bytes. Raises PageError, with the offset of the first wrong byte in
    `data`, where they cannot be decoded to the last one.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _first_fit(data, (encoding,), page=page, start=len(mark))
    encodings = (*_declared(declared, page), *(_known(within or "") or ()))
    if not encodings:
        return _guessed(data, page)
    return _contradicting_utf8(data, encodings) or _first_fit(data, encodings, page=page)


def _declared(label: str | None, page: str) -> tuple[str, ...]:
    encodings = _known(label) if label else ()
    if encodings is None:
        why = f"is declared as {label!r:.42}, no known charset; {_REMEDY}"
        raise PageError(page, why)
    return encodings


def _known(label: str) -> tuple[str, ...] | None:
    """Return the codecs to try for a label, in order; None for what is none of text."""
    try:
        codec = codecs.lookup(_CODECS.get(re.sub(r"[-_:\s]", "", label.lower())) or label)
    except (LookupError, ValueError):  # ValueError: a NUL in the label
        return None
    # `_is_text_encoding` is how bytes.decode itself tells "zlib" and "hex" from encodings.
    if codec.name.replace("-", "_") in _NO_CHARSETS or not codec._is_text_encoding:
        return None
    return _BIG5 if codec.name == "big5" else (codec.name,)


def _contradicting_utf8(data: bytes, encodings: tuple[str, ...]) -> str | None:
    """Return the text where the bytes are UTF-8 beyond doubt although something else is declared.

    Servers declare one charset for all they have. Read as what they say, UTF-8 is no error but
    rubbish: every byte is a letter in windows-1252, and most pairs are a character in GB18030.
    """
    if encodings[0].startswith("utf") or data.isascii() or not _fits(data, "utf-8"):
        return None
    text = data.decode("utf-8")
    return text if _is_latin(encodings[0]) or _is_plain(text) else None


def _is_latin(encoding: str) -> bool:
    return encoding in {"cp1250", "cp1252", "cp1254", "cp1257", "iso8859-15", "mac-roman"}


def _first_fit(data: bytes, encodings: tuple[str, ...], *, page: str, start: int = 0) -> str:
    """Return the text; where no encoding fits, refuse with the offset the best one came to."""
    fitting = [one for one in encodings if _reach(data, one, start=start) == len(data)]
    for encoding in fitting:
        if not _is_false_latin(data, encoding):
            return data[start:].decode(encoding)
    if fitting:
        share = f"{_count_beyond_ascii(data)} of its {len(data)} bytes"
        why = f"is declared as {fitting[0]}, but {share} are beyond ASCII"
        raise PageError(page, f"{why}; {_REMEDY}")
    best = max(encodings, key=lambda encoding: _reach(data, encoding, start=start))
    reached = _reach(data, best, start=start)
    raise PageError(page, f"is not {best} at byte {reached}; {_REMEDY}")


def _is_false_latin(data: bytes, encoding: str) -> bool:
    """Every byte is a letter in such encodings, so they fit whatever is declared to be in them."""
    return _is_latin(encoding) and _count_beyond_ascii(data) > _LATIN_SHARE * len(data)


def _count_beyond_ascii(data: bytes) -> int:
    return len(data.translate(None, _ASCII))


def _guessed(data: bytes, page: str) -> str:
    has_many_nuls = data.count(b"\0") > _MAX_NUL_SHARE * len(data)
    # ASCII in UTF-16 is UTF-8 with a NUL at every other byte.
    if not has_many_nuls and _fits(data, "utf-8"):
        return data.decode("utf-8")
    for encoding in ("utf-16-le", "utf-16-be"):
        if _fits(data, encoding) and _is_plain(data.decode(encoding)):
            _refuse_ambiguous(data, encoding, page)
            return data.decode(encoding)
    if has_many_nuls:
        raise PageError(page, f"is binary (a NUL at byte {data.index(0)}); send it as text")
    return data.decode(_detected(data, page))


def _refuse_ambiguous(data: bytes, utf16: str, page: str) -> None:
    """A NUL proves UTF-16; without one, Shift JIS may make hanzi of it, and a few words of Big5."""
    other = next((one for one in (*_CANDIDATES, *_STRANGERS) if _fits(data, one)), None)
    if b"\0" not in data and (other or len(data) < _TELLING_BYTES):
        raise PageError(
            page, f"may be {utf16} or {other or 'another'}; {_REMEDY}, or save it as UTF-8"
        )


def _fits(data: bytes, encoding: str) -> bool:
    return _reach(data, encoding) == len(data)


def _reach(data: bytes, encoding: str, *, start: int = 0) -> int:
    """Return the offset up to which the bytes can be read so."""
    try:
        data[start:].decode(encoding)
    except UnicodeDecodeError as error:
        return start + error.start
    return len(data)


def _is_plain(text: str) -> bool:
    plain = sum(map(len, _PLAIN.findall(text)))
    return plain >= _PLAIN_SHARE * len(text)


def _detected(data: bytes, page: str) -> str:
    # Imported here: nearly every page is UTF-8, and the import would slow every command's start.
    from charset_normalizer import from_bytes

    isolated = [*_CANDIDATES, *_STRANGERS]
    best = from_bytes(data.replace(b"\0", b""), cp_isolation=isolated).best()
    if best is None:
        encodings = ("utf-8", *_CANDIDATES)
        reached, tried = max((_reach(data, encoding), encoding) for encoding in encodings)
        why = f"is neither UTF-8, UTF-16, GB18030 nor Big5 ({tried} fails at byte {reached})"
    elif best.encoding in _STRANGERS:
        why = f"may be {best.encoding}, which is read only where it is declared"
    else:
        beyond = _count_beyond_ascii(data)
        if beyond >= max(_TELLING_BYTES, _TELLING_SHARE * len(data)):
            return best.encoding
        why = f"has too few letters beyond ASCII ({beyond} bytes) to tell its encoding"
    raise PageError(page, f"{why}; {_REMEDY}, or save it as UTF-8")
