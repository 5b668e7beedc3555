"""Who wrote it and where it came from: credits and bylines, read off the text that holds them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from feeder.model import Byline
from feeder.parse.marks import (
    CJK,
    CORRESPONDENT_ROLES,
    CREDIT_ZH,
    DATELINE_EN,
    NOT_NAMES,
    PHOTOGRAPHER_ROLES,
    REPORT_SUFFIX,
    REPORTER_ROLES,
)

_GROUP = re.compile(r"^[（(【〔\[〈]([^（()）【】〔〕\[\]〈〉]{1,60})[）)】〕\]〉]")
_LAST_GROUP = re.compile(r"[（(【〔]([^（()）【】〔〕]{1,40})[）)】〕]$")
_STRONG_ROLE = re.compile(r"记者|記者|通讯员|通訊員|特派员|特派員|编译|編譯|摄影|攝影")
_CREDIT_IN_GROUP = re.compile(r"(?:讯|訊|电|電|报道|報道|報導|消息|组|組|社)$")
_UNBRACKETED = re.compile(
    rf"^((?:本报|本報)?(?:记者|記者)[{CJK}、\s]{{2,24}}?(?:报道|報道|報導))[：:，,]?\s*"
)
_SPREAD_NAME = re.compile(rf"(?<![{CJK}])([{CJK}])[\u3000 ]+([{CJK}])(?![{CJK}])")
_PUBLICATION = re.compile(
    rf"(?<![{CJK}])[{CJK}]{{2,12}}?(?=(?:首席|见习|見習|特约|特約|特派)?(?:记者|記者))"
)
_SEPARATORS = re.compile(r"[/／、：:,，;；\s\u3000□■●◎|｜]+")
_NAME = re.compile(rf"[{CJK}]{{2,4}}|[{CJK}]+[·•][{CJK}·•]+")
_COMPOUND = re.compile(
    "欧阳|歐陽|司徒|司马|司馬|上官|诸葛|諸葛|闻人|聞人|公孙|公孫|令狐|慕容|尉迟|钟离|鍾離|端木|皇甫|东方|東方|公冶"
)

_EN_TITLE = re.compile(
    r"^(?:our |the )?(?:(?:Court|Staff|Chief|Senior|Local|Political|Education|Sports?|Health|Business|Crime|Environment"
    r"|Community|Democracy|Special|Farming|Arts) )*(?:Reporters?|Writers?|Correspondents?|Editor|Staff)\b\s*",
)
_EN_NAME = re.compile(r"[A-Z][\w.'’-]*(?: (?:de|van|von|der|la|Mc|O['’])?\s?[A-Z][\w.'’-]*){1,3}")
_EN_PICTURES = re.compile(
    r"\b(?:Pictures?|Photos?|Photographs?|Photography)\b\s*(?::|by)\s*", re.IGNORECASE
)
_EN_BOTH = re.compile(r"^(?:Story|Words|Text) and (?:photos?|pictures?)\b", re.IGNORECASE)
_EN_OPENING = re.compile(
    r"^(?:(?:Story|Words|Report|Text)(?: and (?:photos?|pictures?))?\s*(?::|by)|By|BY|by|From)\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What stands before the first words of a body."""

    credit: str | None
    byline: Byline
    rest: str


def split_opening(paragraph: str) -> Opening:
    """Return the credit and byline with which the paragraph opens, and the rest of it."""
    found_credits: list[str] = []
    byline, rest = Byline(), paragraph
    while True:
        found = _next_of_opening(rest, has_credit=bool(found_credits))
        if found is None:
            return Opening(
                credit=found_credits[0] if found_credits else None, byline=byline, rest=rest
            )
        kind, text, rest = found
        if kind == "credit":
            found_credits.append(text)
        else:
            byline = merged(byline, read_byline(text))


def _next_of_opening(text: str, *, has_credit: bool) -> tuple[str, str, str] | None:
    """The next part of an opening: (kind, its text, what follows)."""
    group = _GROUP.match(text)
    if group and _STRONG_ROLE.search(group[1]):
        return "byline", group[1], text[group.end() :].lstrip()
    if group and has_credit and _is_names(group[1]):
        return "byline", group[1], text[group.end() :].lstrip()
    if group and not has_credit and len(group[1]) <= 16 and _CREDIT_IN_GROUP.search(group[1]):
        return "credit", group[0], text[group.end() :].lstrip()
    if unbracketed := _UNBRACKETED.match(text):
        return "byline", unbracketed[1], text[unbracketed.end() :].lstrip()
    for pattern in (CREDIT_ZH, DATELINE_EN):
        if not has_credit and (match := pattern.match(text)):
            return (
                "credit",
                match["credit"].strip(),
                text[match.end("credit") :].lstrip(" \u3000，,"),
            )
    return None


def split_ending(paragraph: str, *, bare: str = "correspondents") -> tuple[str, Byline]:
    """Return the paragraph without the byline in brackets that ends it, and the byline.

    `bare` says what a name without a role is: papers differ.
    """
    group = _LAST_GROUP.search(paragraph)
    if not group:
        return paragraph, Byline()
    rest, inside = paragraph[: group.start()].rstrip(), group[1]
    if rest and rest[-1] not in "。！？!?…”」』）)℃.":
        return paragraph, Byline()
    if _STRONG_ROLE.search(inside) or _is_credit_of_two(inside):
        return rest, read_byline(inside)
    if _is_names(inside):
        return rest, read_byline(inside, bare=bare)
    return paragraph, Byline()


def read_byline(text: str, *, bare: str = "reporters") -> Byline:
    """Return the names in the text of a byline, by role; `bare` is the role of a name without one."""
    if not re.search(f"[{CJK}]", text):
        return _read_latin(text)
    roles: dict[str, list[str]] = {"reporters": [], "correspondents": [], "photographers": []}
    role, words_role = bare, False
    for token in _tokens(text):
        if re.fullmatch(REPORTER_ROLES, token):
            # "图/晨报记者 某某" is a photographer, though a reporter by rank.
            fresh = role == "photographers" and not words_role and not roles["photographers"]
            role = role if fresh and token.endswith(("记者", "記者")) else "reporters"
            words_role = token in ("文", "文字", "撰文")
        elif re.fullmatch(CORRESPONDENT_ROLES, token):
            role, words_role = "correspondents", False
        elif re.fullmatch(PHOTOGRAPHER_ROLES, token):
            role = role if words_role else "photographers"
        else:
            words_role = False
            roles[role] += _names_in(token)
    return Byline(**{key: tuple(dict.fromkeys(names)) for key, names in roles.items()})


def merged(one: Byline, other: Byline) -> Byline:
    """Return both bylines as one, each name once."""
    return Byline(
        reporters=tuple(dict.fromkeys((*one.reporters, *other.reporters))),
        correspondents=tuple(dict.fromkeys((*one.correspondents, *other.correspondents))),
        photographers=tuple(dict.fromkeys((*one.photographers, *other.photographers))),
    )


def _is_names(text: str) -> bool:
    tokens = [token for token in _SEPARATORS.split(_SPREAD_NAME.sub(r"\1\2", text)) if token]
    named = [token for token in tokens if _NAME.fullmatch(token) and token not in NOT_NAMES]
    return (
        len(named) > 0
        and len(tokens) <= 3
        and all(re.fullmatch(f"[{CJK}]{{2,8}}", t) for t in tokens)
    )


def _is_credit_of_two(text: str) -> bool:
    return bool(re.match(r"^(?:文|图|圖|整理|解答|撰文)\s*[/／：:\s]", text))


def _tokens(text: str) -> list[str]:
    if re.search(r"[图圖]片?由.*提供|资料图|資料圖", text):
        text = re.sub(r"\S*[图圖]片?由.*提供|资料图片?|資料圖片?", "", text)
    # "記者某某／某地報導": where it was filed from is nobody's name.
    text = re.sub(r"[/／][^/／\s]{2,6}(?:报道|報道|報導)", "", text)
    text = _SPREAD_NAME.sub(r"\1\2", text)
    text = _PUBLICATION.sub("", text)
    text = re.sub(
        f"((?:特约|特約|特派|首席|见习|見習|实习|實習)?(?:记者|記者)|特派员|特派員|编译|編譯|评论员|評論員|{CORRESPONDENT_ROLES}|实习生)",
        r" \1 ",
        text,
    )
    text = re.sub(r"(?<![\u4e00-\u9fff])(文|图|圖)(?=[/／：:、\s]|$)", r" \1 ", text)
    return [token for token in _SEPARATORS.split(text) if token]


def _names_in(token: str) -> list[str]:
    token, reported = REPORT_SUFFIX.subn("", token)
    if token in NOT_NAMES or (reported and not token):
        return []
    if reported and len(token) > 3:
        # "王可唯雲坪報導": the name, then the place; both of two or three characters.
        token = token[: 2 if len(token) == 4 else 3]
    if len(token) in (5, 6) and re.fullmatch(f"[{CJK}]+", token) and not _is_organisation(token):
        cut = 4 if _COMPOUND.match(token) and len(token) == 6 else 3
        return [token[:cut], token[cut:]]
    return [token] if _NAME.fullmatch(token) and not _is_organisation(token) else []


def _is_organisation(token: str) -> bool:
    return (
        bool(
            re.search(
                r"(?:院|局|会|會|社|校|部|站|所|中心|公司|委|办|辦|报|報|队|隊|厂|学|學)$", token
            )
        )
        and len(token) > 3
    )


def _read_latin(text: str) -> Byline:
    text = text.strip(" ()[].")
    if text.isupper():
        text = text.title()
    both = bool(_EN_BOTH.match(text))
    words, _, pictures = _split_pictures(text)
    reporters = _latin_names(_EN_OPENING.sub("", words))
    photographers = reporters if both else _latin_names(pictures)
    return Byline(reporters=reporters, photographers=photographers)


def _split_pictures(text: str) -> tuple[str, str, str]:
    if _EN_BOTH.match(text):
        return text, "", ""
    match = _EN_PICTURES.search(text)
    return (text[: match.start()], match[0], text[match.end() :]) if match else (text, "", "")


def _latin_names(text: str) -> tuple[str, ...]:
    text = re.split(r",| at | in | for ", text)[0]
    text = _EN_TITLE.sub("", text)
    names = []
    for part in re.split(r"\s+and\s+|\s*&\s*", text):
        part = part.strip()
        if part.isupper():
            part = part.title()
        if _EN_NAME.fullmatch(part):
            names.append(part)
    return tuple(names)
