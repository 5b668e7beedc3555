"""Who wrote it and where it came from: credits and bylines, read off the text that holds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from feeder.model import Byline
from feeder.parse.marks import (
    AGENCIES,
    CJK,
    CORRESPONDENT_ROLES,
    CREDIT_IN_BRACKETS,
    CREDIT_OPENING_ZH,
    DATELINE_BARE,
    DATELINE_LATIN,
    DATELINE_SPACED,
    ENGLISH,
    GERMAN,
    HAN,
    NO_TOWN,
    NOT_ENGLISH,
    NOT_NAMES,
    PHOTOGRAPHER_ROLES,
    REPORT_SUFFIX,
    REPORTER_ROLES,
    SIDE_HEAD,
    SPANISH,
)

_GROUP = re.compile(r"^[（(【〔\[〈]([^（()）【】〔〕\[\]〈〉]{1,60})[)）】〕\]〉][：:]?")
_LAST_GROUP = re.compile(r"[（(【〔\[]([^（()）【】〔〕\[\]]{1,60})[)）】〕\]]$")
_SENTENCE_END = "。！？!?…”」』）)】℃."
_NAME_ZH = rf"(?:[{CJK}]{{2,4}}|[{CJK}]+[·•][{CJK}·•]+|[{CJK}][ \u3000]+[{CJK}])"
# 记者 before a name, and not 记者会, 记者站 or 记者从…获悉.
_STRONG_ROLE = re.compile(
    r"(?:记者|記者)(?![会會站席从從])|通讯员|通訊員|特派员|特派員|编译|編譯|撰稿人|实习生|實習生"
    r"|(?:摄影|攝影)(?:[/／：:\s]|报道|報道|報導)"
)
_RANKS_ZH = (
    r"(?:首席|见习|見習|实习|實習|特约|特約|特派|驻站|全媒体|融媒体|融媒)?(?:记者|記者)"
    r"|特派[员員]|编译|編譯|(?:特约|特約)?(?:通讯员|通訊員)|实习生|實習生"
)
_REPORTED = r"(?:摄影|攝影)?(?:报道|報道|報導)"
# 记者某某 通讯员某某 报道：, 某报记者某某 10月9日某地报道, 記者某某／某地報導 (both scripts).
_REPORT_CLAUSE = re.compile(
    rf"^([□■●◎]?\s?[{CJK}0-9、\s：:/／·]{{3,60}}?{_REPORTED})(?:[：:，,]\s*|\s+|(?=[“「『]))"
)
_FIRST_RANK = re.compile(
    rf"[□■●◎]?\s?[{CJK}]{{0,10}}?(?:{_RANKS_ZH})(?![从從昨今在近获獲来來对對会會站])"
)
_BETWEEN_NAMES = re.compile(rf"(?:本[报報])?(?:{_RANKS_ZH})|[、\s：:/／]+")
_NAME_OR_SYLLABLE = re.compile(rf"[{CJK}]{{1,4}}|[{CJK}]+[·•][{CJK}·•]+")
_WHEN_AND_WHERE = re.compile(rf"(?:(?:[0-9]{{1,2}}月)?[0-9]{{1,2}}日)?[{CJK}]{{0,10}}")
# 见习记者 某某 每周六…: only spaces part it from the text, which has none.
_SPACED = re.compile(
    rf"^(?:[□■●◎]\s?)?((?:(?:本[报報])?(?:首席|见习|見習|特约|特約|特派)?(?:记者|記者|通讯员|通訊員)(?![从從昨今在近获獲来來对對]|\s*日前)[\s：:/／]*(?:{_NAME_ZH}\s+){{1,4}}){{1,2}})(?=\S{{6}})"
)
# 【某某、某某／某地報導】, 【讀者某某／某地來函】, （園藝顧問某某　答）(Taiwan): names and what they did.
_NAMED_WORK = re.compile(
    rf"^[{CJK}、\s]{{2,30}}(?:[/／][{CJK}]{{0,14}}|[\s]+)"
    r"(?:报道|報道|報導|专访|專訪|外电|外電|来函|來函|来稿|投书|投書|综合|綜合|整理|答复|答覆|答|特稿|译|譯)$"
)
# Who somebody is, where the word stands before a name: 读者某某, 运动康复师 某某.
_TITLE_ZH = (
    r"(?:医生|醫生|医师|醫師|律师|律師|讀者|读者|市民|网友|網友|食客|作者|顧問|顾问|主任|教授|研究员|研究員|专家|專家"
    r"|老师|老師|教师|教師|讲师|講師|工程师|工程師|规划师|营养师|營養師|康复师|學者|学者|学生|學生|本科生|研究生|同学|同學|编辑|編輯|村民|居民"
    r"|农艺师|农技员|兽医|護士|护士|站长|院长|校长|厂长|院士|会员)"
)
_TITLED_NAME = re.compile(rf"^[{CJK}0-9\s]{{0,24}}?{_TITLE_ZH}[\s：:]+{_NAME_ZH}$")
# （某某卫生院 某某）: where somebody works, who sent it in.
_PLACED_NAME = re.compile(
    rf"^[{CJK}]{{2,16}}(?:[院局会會社校部站所厂委办辦队隊室处處科台]|中心|公司|大[学學]|中[学學]|小[学學])[\s：:]+{_NAME_ZH}$"
)
_GLUED_TITLE = re.compile(
    rf"({_TITLE_ZH})(?!事[务務]所|[协協][会會]|[学學][会會院])(?=[{CJK}]{{2,4}}(?:[\s，、；／/]|$))"
)
_TITLE_TOKEN = re.compile(rf".*{_TITLE_ZH}$|.+岁$|.+歲$|\d+")
# （解答 律师 某某 整理 某某）, （諮詢律師：某某／記者某某整理）: who answered did not write.
_ANSWERED_BY = re.compile(
    rf"(?:解答|諮詢|咨询|受访|受訪)[\s：:]*(?:{_TITLE_ZH})?[\s：:]*[{CJK}]{{2,4}}(?=[\s／/；;]|$)"
)
_ANSWER = re.compile(r"(?:答复|答覆|解答)[／/：:]")
_AUTHOR_AND_LIFE = re.compile(rf"(作者[：:]?[{CJK}]{{2,4}})[，,；;].*")
# An office that signs: （某某办公室）, （某某台供稿）, also with the date of a notice.
_OFFICE = re.compile(
    rf"^[{CJK}]{{2,16}}(?:(?:供稿|提供)|(?:处|處|办公室|辦公室|中心|报社|報社|气象台|氣象台|委员会|委員會|编辑部|編輯部)(?:供稿)?)"
    rf"(?:[\s\u3000]+[0-9０-９]{{4}}年.{{1,6}}日)?$"
)
# 【某某机务段】 (papers of a railway, a mine, a system): the unit that the news comes from.
_OFFICE_IN_BRACKETS = re.compile(
    rf"^[{CJK}]{{2,12}}(?:[局处處段站馆館院校厂部队隊县縣市区區镇鎮乡鄉村矿礦]|中心|公司|集团|集團|支行|分会)$"
)
# 〔即時新聞／綜合報導〕 (Taiwan): a desk and no name.
_DESK = re.compile(rf"^[{CJK}]{{0,6}}(?:新聞|新闻|頻道|频道|中心|[組组])[/／][{CJK}]{{2,8}}$")
# 報道：某某；攝影：某某 and 記者　某某, unbracketed after the last sentence (Hong Kong, Malaysia).
_RUN_IN_ZH = re.compile(
    rf"(?:^|(?<=[。！？!?…”」』）)]))\s*((?:(?:报道|報道|報導|撰文|採訪|采访|采写|攝影|摄影|整理|文|圖|图)[：:／/]\s*"
    rf"|(?:本[报報刊]|[{CJK}]{{1,6}}[报報社刊台网網])?(?:特约|特約|特派)?(?:记者|記者)[\s\u3000：:／/]+|(?:通讯员|通訊員)[\s\u3000：:／/]+)"
    rf"[{CJK}：:、；;／/\s\u3000·]{{2,40}})$"
)
# 某某（某市，教師）: who it is, after the name.
_LIFE_AFTER = re.compile(r"(?<=[^\s（(])[（(][^（()）]*[)）]$")
_PLACE_FILED = re.compile(
    rf"[/／][^/／\s，,；;]{{0,14}}(?:报道|報道|報導|专访|專訪|外电|外電|来函|來函|来稿|投书|投書|特稿|综合|綜合|答复|答覆|传真|傳真|[电電])(?![{CJK}])"
    rf"|[\s\u3000](?:发自|發自)\S+"
)
_PLACE_SPACED = re.compile(
    rf"(?<![者员員译譯生])(?<=[{CJK}])[\s\u3000]+(?!摄影|攝影)(?:(?:[0-9]{{1,2}}月)?[0-9]{{1,2}}日)?[{CJK}]{{2,8}}(?:报道|報道|報導)(?=\s|$)"
)
_PICTURE_GIVEN = re.compile(r"\S*[图圖]片?由.*提供|资料图片?|資料圖片?")
_REPORTED_BY = re.compile(r"^(?:报道|報道|報導)\s*[：:]")
# 某某 某某/文 某某/图: the role behind the names.
_ROLE_BEHIND = re.compile(
    r"([^/／、；;]+?)(?<![文字图圖])[/／、]?(?<=[/／])\s*(文|撰文|图|圖|摄影|攝影|摄|攝)(?=[\s；;，,]|$)"
)
# 回信人：某某: what stands before a colon, if it is no role, is what somebody did.
_LABEL_ZH = re.compile(
    rf"(?<![{CJK}])(?![^：]*(?:记者|記者|文|图|圖|摄|攝|采|採|撰|写|寫|整理|报道|報道|報導|作者|员|員|译|譯|律师|律師|编|編|生"
    rf"|嘉宾|嘉賓|口述|影|片|字|稿|者)：)[{CJK}]{{2,6}}："
)
# （本报编辑 某某 整理）: an editor who wrote.
_EDITED_BY = re.compile(r"(?:编辑|編輯)(?=[^编編]*整理$)")
# （某某社記者某某某地三日電）: three characters are the name, the rest is where and when.
_NAME_PLACE_DATE = re.compile(
    rf"(?<=[记記]者)([{CJK}]{{3}})[{CJK}]{{2,6}}?[0-9０-９一二三四五六七八九十廿卅]{{1,3}}日(?:专|專)?[电電讯訊]"
)
_SPREAD_NAME = re.compile(rf"(?<![{CJK}])([{CJK}])[\u3000 ]+([{CJK}])(?![{CJK}])")
_PUBLICATION = re.compile(
    rf"(?<![{CJK}])[{CJK}]{{2,12}}?(?=(?:首席|见习|見習|实习|實習|特约|特約|特派)?(?:记者|記者))"
)
_ROLE_WORDS = re.compile(
    rf"((?:特约|特約|特派|首席|见习|見習|实习|實習)?(?:记者|記者)|特派员|特派員|编译|編譯|评论员|評論員|{CORRESPONDENT_ROLES}|实习生|實習生)"
)
_WORDS_OR_PICTURE = re.compile(r"(?<![\u4e00-\u9fff])(文|图|圖)(?=[/／：:、\s]|$)")
_SEPARATORS = re.compile(r"[/／、：:,，;；\s\u3000□■●◎◆|｜（()）【】〔〕]+")
_NAME = re.compile(rf"[{CJK}]{{2,4}}|[{CJK}]+[·•][{CJK}·•]+")
_HAN_ONLY = re.compile(f"[{CJK}]+")
# What notes begin with: （未完待续）, （上图）, （图片报道）. Some of the words are surnames, so a second tells.
_NO_NAME_START = re.compile(
    r"[一二三四五六七八九十图圖第未完详詳注註见見转轉接续續附约約]"
    r"|[上下左右前后後中](?:[图圖一二三四起篇集接转轉]|$)"
)
_COURTESIES = ("先生", "女士", "小姐", "太太", "同学", "同學")
_ROLES = ("reporters", "correspondents", "photographers", "nobody")
# Who neither wrote nor reported: an editor, a designer, a guest, who told the story.
_NO_WRITER = re.compile(
    r"(?:责任)?编辑|(?:責任)?編輯|责编|責編|校对|校對|美编|美編|制图|製圖|制表|製表|设计|設計|嘉宾|嘉賓|口述|受访者|受訪者"
)
_IS_REPORTER = re.compile(REPORTER_ROLES)
_IS_CORRESPONDENT = re.compile(CORRESPONDENT_ROLES)
_IS_PHOTOGRAPHER = re.compile(PHOTOGRAPHER_ROLES)
_ORGANISATION = re.compile(
    r"..(?:院|局|会|會|社|校|部|站|所|中心|公司|委|办|辦|报|報|队|隊|厂|学|學|室|处|處|科|台|组|組|村|鎮|镇|乡|鄉|县|縣)$"
)
_PLAIN_ROLE = re.compile(r"^(?:文|图|圖|整理|解答|撰文)\s*[/／：:\s]")
_COMPOUND = re.compile(
    "欧阳|歐陽|司徒|司马|司馬|上官|诸葛|諸葛|闻人|聞人|公孙|公孫|令狐|慕容|尉迟|钟离|鍾離|端木|皇甫|东方|東方|公冶"
)

_U = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĹĽŁŃŇŌŐŒŘŚŠŞŢŤŪŮŰŹŻŽ"
_PARTICLE = r"(?:de la|de los|van der|van den|van de|von der|de|des|du|del|della|di|da|dos|van|von|der|la|le|ten|ter|zu|bin|al)"
_WORD = rf"[{_U}][\w’'.-]*"
_LATIN_NAME = re.compile(rf"{_WORD}(?: (?:{_PARTICLE} )?{_WORD}){{1,3}}")
# (abc), (ab/cd), (m.sq.), E.M.W.
_INITIALS = re.compile(
    r"\(?((?:[^\W\d_A-Z]{1,3}\.){1,3}|[^\W\d_A-Z]{2,4}(?:\s?[/,]\s?[^\W\d_A-Z]{2,4})*|[A-Z]{2,3}"
    rf"|(?:[{_U}]\.[ -]?){{1,2}}[{_U}]\.)\)?"
)
_ADDRESS = re.compile(r"\S+@\S+|(?:www\.|https?://)\S+|\b[Tt]witter:? ?\S+")
# By, Words:, Story and photos by, Propos recueillis par; any piece "by": Exclusive by, Readings by.
_BY = (
    r"(?:(?:Story|Words?|Report|Bericht|Protokoll|Mitgeteilt|Text|Texte|Texto|Testo|Tekst|Interview|Propos recueillis)"
    r"(?: (?:and|et|y|e|en|und) (?:photos?|pictures?|fotos?))?\s*(?::|by|par|por|di|von|door|à)?"
    r"|(?:[^\W\d_]+ ){0,2}by|von|par|por|di|door|from)\s+"
)
_OPENS_BY = re.compile(rf"^{_BY}", re.IGNORECASE)
# Van onze verslaggever, De notre correspondant, Dal nostro inviato: the paper's own, named or not.
_OURS = re.compile(
    r"^(?:(?:(?:par|de|von|van) )?(?:on[zs]e?|notre|unser(?:em|er)|nuestr[oa])|dal nostro|dalla nostra|d[oa] noss[oa]) [\w-]+"
    r"(?: (?:spéciale?|permanente?|especial|speciale))?\s*",
    re.IGNORECASE,
)
# ENTRETIEN : NAME, Report: Name: the kind of piece; and Name: Editor-at-large.
_LABEL = re.compile(r"^[^\W\d_]{4,}\s?:\s+")
_RANKS = (
    r"(?:(?:our|the|Our|The|Court|Staff|Chief|Senior|Local|Political|Education|Sports?|Health|Business|Crime|Environment"
    r"|Community|Democracy|Special|Farming|Arts|News|Features?|Deputy|Science|Religion|Travel|Food|Foreign|Municipal) )*"
    r"(?:Reporters?|Writers?|Correspondents?|Editor|Staff|Columnist|Bureau|Redaktion|Redacción|Rédaction|Redazione|Redactie|Redação)\b"
)
_RANK_FIRST = re.compile(rf"^{_RANKS}\s*", re.IGNORECASE)
_RANK_ALONE = re.compile(rf"{_RANKS}$", re.IGNORECASE)
_NOBODY = re.compile(
    r"^(?:Compiled from|Contributed|Staff\b|Wire\b|Agenc|the\b|our\b|an?\s|da redação|dalla redazione)",
    re.IGNORECASE,
)
_RANK_AFTER = re.compile(
    r"\s+(?:staff|senior|chief|sports?|city|news|guest|special|contributing)?\s*"
    r"(?:writers?|reporters?|correspondents?|editor|columnist|photographer)\b.*",
    re.IGNORECASE,
)
_CUT = re.compile(
    r"\s+(?:at|in|for|from|reports?|reporting|à|en|aus|in|bericht\w*)\s*(?=\s|$)|\s+(?:The|THE)\s|\s[|•·–—]\s"
)
_AND = re.compile(r"\s+(?:and|und|et|y|e|en|AND|UND|ET|Y)\s+|\s*&\s*")
_OF_THE_PAPER = re.compile(
    r"(?:News|Press|Service|Times|Post|Herald|Tribune|Gazette|Journal|Chronicle|Courier|Wire|Mail|Echo|Observer"
    r"|Staff|Magazine|Media|Bureau|Agency|Standard|Sentinel|Examiner|Ledger|Record)$"
)
# The Old Hand, Ein Alter Freund: whoever it is, it is no name. (Les and La begin names.)
_ARTICLE = re.compile(r"(?:Un|Une|Der|Die|Das|Ein|Eine|The|An?|Een|Het) ")
_DESK_LATIN = re.compile(
    r" (?:Staff|News|Service|Wire|Agency|Bureau|Media|Press|Reports?|Desk|Bericht)$"
)
_PICTURES = re.compile(
    r"\(?\b(?:Pictures?|Photos?|Photographs?|Photography|Fotos?|Photographies|Immagini|Beeld|Bilder)\b\)?(?:\s*(?::|by|par|por|di|von|door)\s*|\s+(?-i:(?=[A-Z])))",
    re.IGNORECASE,
)
_BOTH = re.compile(
    r"^(?:Story|Words|Text|Texto|Texte) (?:and|y|et) (?:photos?|pictures?|fotos?)\b", re.IGNORECASE
)
_TEXT_PICTURES_DE = re.compile(r"^(.*?)\s*\(Text\)\s*(?:und|,)\s*(.*?)\s*\(Fotos?\)$")
# After the last sentence: By Jane Doe; Jane Doe, Church Street (a letter's); J. D. (France).
_SIGNED = re.compile(
    rf"(?:^|(?<=[.!?…”’\"'»)\]])\s+)(?:[–—-] ?)?((?:\((?:Mrs|Mr|Miss|Ms|Dr|Rev)\) )?(?:"
    rf"(?:(?:[Bb]y|Von|Par|Por|[Dd]i|Door|Te[xk]s?to?e?:|Testo:|Words:|Report:|Bericht:) )(?:{_WORD})(?:[ ,]+[\w’'.&-]+){{1,9}}"
    rf"|(?:[{_U}]\.[ -]?){{1,2}}[{_U}]\."
    rf"|{_WORD}(?: (?:{_PARTICLE} )?{_WORD}){{1,3}}(?<!\.)(?:, {_WORD}(?: (?:of |the |on )*{_WORD}){{0,3}}|, [^\W\d_]+(?: [\w’'-]+){{0,5}}){{0,2}}(?<!\.)"
    r"))$"
)
_HONORIFIC = re.compile(r"^\(?(?:Mrs|Mr|Miss|Ms|Dr|Rev)\b\.?\)?\s+")
# … of the old times. —J. D. ROE. (papers of a lifetime ago): capitals after a dash, closed by a stop.
# (Bericht: Name), (Text: Name), (Mitgeteilt von Name): reports of clubs (Germany).
_TOLD_BY = re.compile(
    rf"(?:Te[xk]s?to?e?|Testo|Bericht|Protokoll|Mitgeteilt)(?::| von) (?:{_WORD} )?{_LATIN_NAME.pattern}$"
)
_DASHED = re.compile(rf"(?<=[.!?…”’\"'»)\]])\s+[–—]\s?[“\"]?([{_U}][{_U} .'’-]{{3,40}}?)\.?[”\"]?$")
_LONGEST_BYLINE = 400
_LONGEST_SIGNATURE = 80
_ABBREVIATED = re.compile(
    rf"(?:^|\s)(?:St|Mr|Mrs|Ms|Dr|Prof|No|Rev|Fr|Sr|Jr|Capt|Sgt|Gen|Gov|Rep|Sen|Lt|Col|Ave|Mt|vs|v|Hon|Sra?|Mme|M|[{_U}])\.$"
)
_LATIN_GROUP = re.compile(r"(?:^|(?<=[.!?…”“’\"'»«)])\s*)\(([^()\d]{2,40})\)$")
_STAFF = re.compile(r"^(?:Staff|Agency|Agencies|Agencia|Redacción|Redaktion)$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What stands before the first words of a body."""

    credit: str | None
    byline: Byline
    rest: str


def split_opening(paragraph: str) -> Opening:
    """Return the credit and byline with which the paragraph opens, and the rest of it."""
    credit: str | None = None
    byline, rest = Byline(), paragraph
    while True:
        found = _next_of_opening(rest, credit=credit)
        if found is None:
            return Opening(credit=credit, byline=byline, rest=rest)
        kind, text, rest = found
        if kind == "credit":
            credit = text
        else:
            byline = merged(byline, read_byline(text))


def _next_of_opening(text: str, *, credit: str | None) -> tuple[str, str, str] | None:
    """The next part of an opening: (kind, its text, what follows)."""
    group = _GROUP.match(text)
    if group and credit is None and _is_credit(group):
        return "credit", group[0], text[group.end() :].lstrip()
    if group and _is_byline_group(group[1], after_credit=credit is not None):
        return "byline", group[1], text[group.end() :].lstrip()
    if unbracketed := _unbracketed(text):
        return "byline", unbracketed[1], text[unbracketed.end() :].lstrip()
    if credit is not None:
        return None
    if match := CREDIT_OPENING_ZH.match(text) or _dateline(text):
        return (
            "credit",
            match["credit"].strip(),
            text[match.end("credit") :].lstrip(" \u3000，,"),
        )
    return None


def _unbracketed(text: str) -> re.Match[str] | None:
    """A byline that no brackets hold: 记者某某 报道：, 记者 某某 before the text."""
    clause = _REPORT_CLAUSE.match(text)
    if not clause:
        return _SPACED.match(text)
    inside = re.sub(f"{_REPORTED}$", "", clause[1])
    rank = _FIRST_RANK.match(inside)
    if not rank:
        return None
    *names, last = [word for word in _BETWEEN_NAMES.split(inside[rank.end() :]) if word] or [""]
    known = all(_NAME_OR_SYLLABLE.fullmatch(word) for word in names)
    return clause if known and (names or last) and _WHEN_AND_WHERE.fullmatch(last) else None


def _is_credit(group: re.Match[str]) -> bool:
    """Whether brackets that open a text hold a credit: 【…】 also somebody's office, if text follows."""
    inside = group[1]
    if _STRONG_ROLE.search(inside):
        return False
    if CREDIT_IN_BRACKETS.match(inside) or _DESK.match(inside):
        return True
    office = group[0].startswith("【") and _OFFICE_IN_BRACKETS.match(inside)
    return bool(office) and bool(group.string[group.end() :].strip())


def _is_byline_group(inside: str, *, after_credit: bool) -> bool:
    if not HAN.search(inside):
        signed = (
            _INITIALS.fullmatch(inside)
            or _LATIN_NAME.fullmatch(inside)
            or _RANK_ALONE.match(inside)
        )
        return (after_credit and bool(signed or _OURS.match(inside))) or bool(
            _OPENS_BY.match(inside) and _read_latin(inside).reporters
        )
    if _STRONG_ROLE.search(inside) or _NAMED_WORK.match(inside) or _ANSWER.match(inside):
        return True
    if _TITLED_NAME.match(inside):
        return True
    return _is_names(inside) and (after_credit or len(inside) > 2)


def _dateline(text: str) -> re.Match[str] | None:
    """The dateline of a paper in Latin script that opens the text."""
    match = DATELINE_LATIN.match(text) or DATELINE_BARE.match(text) or DATELINE_SPACED.match(text)
    if not match or NO_TOWN.match(text):
        return None
    english = len(ENGLISH.findall(text, 0, 400)) > 1
    if match.re is DATELINE_LATIN:
        side_head = SIDE_HEAD.fullmatch(match["credit"])
        return None if side_head and (english or not NOT_ENGLISH.search(text, 0, 400)) else match
    # "Stille. Dann ..." is no dateline; in English, where a dash follows the town, none is so bare.
    if match["credit"].isupper():
        return match if NOT_ENGLISH.search(text, 0, 400) and not english else None
    own = max(len(words.findall(text, 0, 400)) for words in (GERMAN, SPANISH))
    return match if own > 1 else None


def split_ending(paragraph: str, *, bare: str = "correspondents") -> tuple[str, Byline]:
    """Return the paragraph without the byline that ends it, and the byline.

    `bare` says what a name without a role is: papers differ.
    """
    tail = paragraph[-_LONGEST_SIGNATURE:]
    if not HAN.search(tail):
        return _split_latin_ending(paragraph)
    group = _LAST_GROUP.search(tail)
    if not group:
        return _split_run_in(paragraph)
    rest, inside = paragraph[: len(paragraph) - len(group[0])].rstrip(), group[1]
    # Verse ends without a stop: …的一封家书（作者系某校学生 某某）
    if rest and rest[-1] not in _SENTENCE_END and not inside.startswith("作者系"):
        return paragraph, Byline()
    if _STRONG_ROLE.search(inside) or _PLAIN_ROLE.match(inside):
        return rest, read_byline(inside)
    # After a question it tells who asked it: …行不行？（读者 某某）
    asked = rest.endswith(("？", "?"))
    if _OFFICE.match(inside) and not asked:
        return rest, Byline()
    if _is_names(inside) or (_is_titled(inside) and not asked):
        return rest, read_byline(inside, bare=bare)
    return paragraph, Byline()


def _is_titled(inside: str) -> bool:
    return not _ANSWERED_BY.match(inside) and bool(
        _TITLED_NAME.match(inside)
        or _PLACED_NAME.match(inside)
        or _NAMED_WORK.match(inside)
        or (inside.startswith("作者") and read_byline(inside).reporters)
    )


def _split_run_in(paragraph: str) -> tuple[str, Byline]:
    """An ending that no brackets hold."""
    start = max(0, len(paragraph) - _LONGEST_SIGNATURE)
    match = _RUN_IN_ZH.search(paragraph, start)
    if not match:
        return paragraph, Byline()
    byline = read_byline(match[1])
    return (paragraph[: match.start()].rstrip(), byline) if byline.names else (paragraph, byline)


def _split_latin_ending(paragraph: str) -> tuple[str, Byline]:
    start = max(0, len(paragraph) - _LONGEST_SIGNATURE)
    if paragraph.endswith(")"):
        group = _LATIN_GROUP.search(paragraph, start)
        if not group or not _signs_in_brackets(group[1], paragraph):
            return paragraph, Byline()
        return paragraph[: group.start()].rstrip(), _read_latin(group[1])
    if dashed := _DASHED.search(paragraph, start):
        byline = _read_latin(dashed[1])
        signed = byline.names or _RANK_ALONE.match(dashed[1])
        return paragraph[: dashed.start()] if signed else paragraph, byline
    match = _SIGNED.search(paragraph, start)
    if not match:
        return paragraph, Byline()
    rest = paragraph[: match.start()].rstrip()
    if _ABBREVIATED.search(rest[-8:]):
        return paragraph, Byline()
    byline = _read_latin(match[1])
    if byline.names or _OPENS_BY.match(match[1]) or _ARTICLE.match(match[1]):
        return rest, byline
    return paragraph, Byline()


def _signs_in_brackets(inside: str, paragraph: str) -> bool:
    """Whether it is somebody's initials or the staff; small letters sign in no English paper."""
    if _STAFF.match(inside):
        return True
    english = inside.islower() and len(ENGLISH.findall(paragraph, 0, 400)) > 1
    return not english and bool(_INITIALS.fullmatch(inside) or _TOLD_BY.match(inside))


def read_byline(text: str, *, bare: str = "reporters", in_brackets: str | None = None) -> Byline:
    """Return the names in the text of a byline, by role; `bare` is the role of a name without one.

    `in_brackets` is that role where brackets hold the whole text, if papers make it another.
    """
    text = text[:_LONGEST_BYLINE]
    if not HAN.search(text):
        return _read_latin(text)
    if in_brackets and _LAST_GROUP.fullmatch(text.strip()):
        bare = in_brackets
    roles: dict[str, list[str]] = {role: [] for role in _ROLES}
    role, words_role = bare, False
    for token in _tokens(text):
        if _NO_WRITER.fullmatch(token):
            role, words_role = "nobody", False
        elif _IS_REPORTER.fullmatch(token):
            # "图/晨报记者 某某" is a photographer, though a reporter by rank.
            fresh = role == "photographers" and not words_role and not roles["photographers"]
            role = role if fresh and token.endswith(("记者", "記者")) else "reporters"
            words_role = token in ("文", "文字", "撰文")
        elif _IS_CORRESPONDENT.fullmatch(token):
            role, words_role = "correspondents", False
        elif _IS_PHOTOGRAPHER.fullmatch(token):
            role = role if words_role else "photographers"
        else:
            words_role = False
            roles[role] += _names_in(token)
    del roles["nobody"]
    return Byline(**{key: tuple(dict.fromkeys(names)) for key, names in roles.items()})


def merged(one: Byline, other: Byline) -> Byline:
    """Return both bylines as one, each name once."""
    return Byline(
        reporters=tuple(dict.fromkeys((*one.reporters, *other.reporters))),
        correspondents=tuple(dict.fromkeys((*one.correspondents, *other.correspondents))),
        photographers=tuple(dict.fromkeys((*one.photographers, *other.photographers))),
    )


def _is_names(text: str) -> bool:
    """Whether it is nothing but names: （某某 某某）, also with an age."""
    tokens = [token for token in _SEPARATORS.split(_SPREAD_NAME.sub(r"\1\2", text)) if token]
    names = [token for token in tokens if not re.fullmatch(r".{1,4}[岁歲]", token)]
    return 0 < len(names) <= 4 and all(
        _NAME.fullmatch(token)
        and token not in NOT_NAMES
        and not _NO_NAME_START.match(token)
        and not token.endswith(_COURTESIES)
        and not (len(token) > 3 and not _COMPOUND.match(token) and "·" not in token)
        and not _is_organisation(token)
        for token in names
    )


def _tokens(text: str) -> Iterator[str]:
    """The words of a byline, roles by themselves; what is neither role nor name is left out."""
    text = _PICTURE_GIVEN.sub("", text)
    text = _LIFE_AFTER.sub("", text.strip()).strip("（()）【】〔〕[]〈〉")
    text = _LABEL_ZH.sub(" ", text)
    text = re.sub("(摄影|攝影)(?:记者|記者)", r" \1 ", text)
    text = _EDITED_BY.sub(" ", text)
    text = _NAME_PLACE_DATE.sub(r"\1", _AUTHOR_AND_LIFE.sub(r"\1", text))
    text = _REPORTED_BY.sub("文：", _ROLE_BEHIND.sub(r" \2 \1 ", text))
    if _STRONG_ROLE.search(text) or "整理" in text:
        text = _ANSWERED_BY.sub(" ", text)
    # "記者某某／某地報導": where it was filed from is nobody's name.
    text = _PLACE_SPACED.sub("", _PLACE_FILED.sub(" ", text))
    text = _SPREAD_NAME.sub(r"\1\2", text)
    text = _GLUED_TITLE.sub(r"\1 ", _PUBLICATION.sub("", text))
    text = _WORDS_OR_PICTURE.sub(r" \1 ", _ROLE_WORDS.sub(r" \1 ", text))
    for token in _SEPARATORS.split(text):
        role = _IS_REPORTER.fullmatch(token) or _NO_WRITER.fullmatch(token)
        if token and (role or not _TITLE_TOKEN.fullmatch(token)):
            yield token


def _names_in(token: str) -> list[str]:
    token, reported = REPORT_SUFFIX.subn("", token)
    token = re.sub(r"(?<=..)(?:著|整理|撰|摄|攝)$", "", token)
    if token in NOT_NAMES or (reported and not token) or token.endswith(("供稿", "提供")):
        return []
    if reported and len(token) > 3 and "·" not in token:
        # "王可唯雲坪報導": the name, then the place; both of two or three characters.
        token = token[: 2 if len(token) == 4 else 3]
    if _is_organisation(token):
        return []
    if len(token) in (5, 6) and _HAN_ONLY.fullmatch(token):
        cut = 4 if _COMPOUND.match(token) and len(token) == 6 else 3
        return [token[:cut], token[cut:]]
    return [token] if _NAME.fullmatch(token) else []


def _is_organisation(token: str) -> bool:
    long_enough = len(token) > (2 if token[-1] in "科部处處室局组組村鎮镇乡鄉县縣" else 3)
    return long_enough and bool(_ORGANISATION.search(token))


def _read_latin(text: str) -> Byline:
    text = " ".join(_ADDRESS.sub(" , ", text.replace("\n", " , ")).split()).strip(" ,–—")
    if initials := _INITIALS.fullmatch(text):
        shown = re.split(r"\s?[/,]\s?", initials[1])
        return Byline(reporters=tuple(part for part in shown if not AGENCIES.fullmatch(part)))
    if both := _TEXT_PICTURES_DE.match(text):
        words, pictures = both[1], both[2]
    else:
        text = _HONORIFIC.sub("", text).strip(" ()[]")
        words, pictures = _split_pictures(text)
    reporters = _latin_names(words)
    shared = bool(_BOTH.match(text))
    return Byline(
        reporters=reporters, photographers=reporters if shared else _latin_names(pictures)
    )


def _split_pictures(text: str) -> tuple[str, str]:
    if _BOTH.match(text):
        return text, ""
    match = _PICTURES.search(text)
    return (text[: match.start()], text[match.end() :]) if match else (text, "")


def _latin_names(text: str) -> tuple[str, ...]:
    if re.match("compiled from", text, re.IGNORECASE):
        return ()
    text = _LABEL.sub("", _OURS.sub("", text.strip(" ;,")))
    text, opened = _OPENS_BY.subn("", text.split(": ")[0])
    text = _RANK_FIRST.sub("", text)
    if not text or _NOBODY.match(text):
        return ()
    segments = [part.strip() for part in text.split(",")]
    # "A, B and C" are three; "A, Town" is one who lives there.
    listed = len(segments) > 1 and _AND.search(segments[-1]) is not None
    chosen = segments if listed else segments[:1]
    parts = [part for segment in chosen for part in _AND.split(segment)]
    return tuple(name for part in parts if (name := _latin_name(part, lower=bool(opened))))


def _latin_name(part: str, *, lower: bool) -> str | None:
    """The name that begins the text, with capitals only where names have them."""
    part = re.sub(r"(?<=\w\w)\.$", "", part.strip())
    part, ranked = _RANK_AFTER.subn("", _CUT.split(part, maxsplit=1)[0])
    part = _without_paper(part.split(), ranked=bool(ranked))
    if part.isupper() or (lower and part.islower()):
        part = part.title()
    if (
        not _LATIN_NAME.fullmatch(part)
        or _ARTICLE.match(part)
        or _RANK_ALONE.match(part)
        or _DESK_LATIN.search(part)
    ):
        return None
    return part


def _without_paper(words: list[str], *, ranked: bool) -> str:
    """The words of a name without the paper's that follow it with no comma between."""
    capitals = 0
    while capitals < len(words) and words[capitals].isupper():
        capitals += 1
    if 2 <= capitals < len(words) and len(words[0].strip(".")) > 1:
        return " ".join(words[:capitals])
    if len(words) > 2 and (ranked or _OF_THE_PAPER.search(words[-1])):
        # An initial or a particle makes the name longer by a word.
        longer = words[1].endswith(".") or words[1][0].islower()
        return " ".join(words[: 3 if longer else 2])
    return " ".join(words)
