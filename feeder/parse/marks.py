"""Every pattern and word list by which the parser knows a line, with where each was seen.

Nothing here names a place, a paper or a person: only the forms of the trade. "Seen" tells the kind
of paper: mainland Chinese dailies (zh-Hans), papers of Hong Kong, Taiwan and Malaysia (zh-Hant),
British, American and Australian local papers (en).
"""

from __future__ import annotations

import re

# Sentence ends, and what may close after them. "……" ends a sentence where a paragraph ends with it.
TERMINAL = re.compile(r"[。！？!?…；;][”’」』）)\]】\"'*]*$|(?<![A-Z])\.[”’)\]\"']*$|[：:]$")
FULL_STOP = re.compile(r"[。！？!?…][”’」』）)\]】\"']*$|\.[”’)\]\"']*$")

CJK = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
HAN = re.compile(f"[{CJK}]")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")

# The words before names. Seen: zh-Hans and zh-Hant bylines of every kind; an intern is a reporter.
REPORTER_ROLES = (
    r"(?:本报|本報)?(?:首席|见习|見習|实习|實習|特约|特約|特派|驻站|全媒体|融媒体)?(?:记者|記者)|特派员|特派員|编译|編譯"
    r"|撰文|采写|採寫|採訪|采访|(?:本报)?(?:特约)?评论员|評論員|撰稿|整理|作者|文字|文|实习生|實習生"
)
CORRESPONDENT_ROLES = r"(?:特约|特約)?(?:通讯员|通訊員)|特约撰稿人|特約撰稿人"
PHOTOGRAPHER_ROLES = r"摄影报道|攝影報道|摄影|攝影|图片|圖片|图|圖|供图|供圖|摄|攝"
REPORTER_WORDS = r"记者|記者|特派员|特派員|编译|編譯|撰文|采写|採寫|评论员|評論員|撰稿|採訪|整理"
CORRESPONDENT_WORDS = r"通讯员|通訊員|特约撰稿人|特約撰稿人"
# Between names and yet none: who somebody is, what was done.
NOT_NAMES = frozenset(
    {
        "解答",
        "律师",
        "读者",
        "讀者",
        "食客",
        "市民",
        "网友",
        "網友",
        "著",
        "报道",
        "報道",
        "報導",
        "攝影報道",
        "摄影报道",
    }
    | {
        "编辑",
        "編輯",
        "提供",
        "供稿",
        "本报",
        "本報",
        "综合",
        "綜合",
        "仅供参考",
        "僅供參考",
        "未完待续",
        "未完待續",
        "化名",
        "笔名",
        "筆名",
        "口述",
        "答复",
        "答覆",
        "回答",
        "选编",
        "選編",
        "摘编",
        "摘編",
        "暗访",
        "暗訪",
        "主持",
        "信息员",
        "信息員",
        "主持人",
        "追踪",
        "追蹤",
        "实验",
        "實驗",
        "执笔",
        "執筆",
    }
)
REPORT_SUFFIX = re.compile(r"(?:摄影|攝影)?(?:报道|報道|報導)$")

# The credit that opens an article: 江门日报讯, 本报讯, 本報訊, 新华社…电, 【本報訊】, 【綜合外電報導】,
# (令金二十二日訊), TOWN —, TOWN (Agency) -. Chinese: two to ten characters before 讯/訊/电/電.
CREDIT_ZH = re.compile(
    rf"^[（(【]?\s*(?!通[讯訊])(?P<credit>(?:[{CJK}A-Za-z0-9·]{{1,12}}?)(?:日报讯|日報訊|晚报讯|晚報訊|早报讯|早報訊"
    rf"|时报讯|時報訊|周刊讯|报讯|報訊|社讯|社訊|台讯|台訊|网讯|網訊|日讯|日訊|日电|日電|消息|讯|訊))"
    rf"(?![员員])(?=[\s（(【】）)“「，,\u4e00-\u9fff\d]|$)"
)
BRACKETED_CREDIT = re.compile(r"^(?P<credit>【[^】]{2,24}(?:訊|讯|報導|报道|報道|電|电|組|组)】)")
DATELINE_EN = re.compile(
    r"^(?P<credit>[A-Z][A-Z'’.\- ]{2,28}(?:,\s[A-Z][A-Za-z. ]{1,14})?(?:\s\([^)]{2,30}\))?\s*[—–-]+)(?=\s|$)"
)
# 记者 names in brackets, anywhere in the first lines: （记者/谌磊 通讯员/鹤宣）
BYLINE_IN_BRACKETS = re.compile(
    rf"[（(]\s*(?:文[/／、]?图?\s*)?(?:[{CJK}]{{2,8}})?(?:{REPORTER_WORDS}|{CORRESPONDENT_WORDS})[^（）()]{{1,60}}[）)]"
)
BYLINE_LINE_ZH = re.compile(
    rf"^(?:□|■|●|◎)?\s*(?:(?:文|图|圖|文字|图片|撰文|採訪|采写)\s*[/／、：:]?\s*(?:图|圖|摄影|攝影|文)?\s*[：:／/]?\s*)?"
    rf"(?:[{CJK}]{{0,10}})?(?:{REPORTER_WORDS}|{CORRESPONDENT_WORDS})(?:\s|／|/|：|:|[{CJK}]|$)"
)
# The second line of a byline that begins with what its people did, not with the rest of a name.
BYLINE_GOES_ON = re.compile(
    r"[□■●◎]|(?:文字|图片|圖片|文|图|圖|撰文|摄影|攝影|采写|採訪|整理|供图|供圖)\s*[/／、：:]"
    rf"|[{CJK}]{{0,6}}(?:{REPORTER_WORDS}|{CORRESPONDENT_WORDS}|摄影|攝影)"
)
BYLINE_TEXT_BY = re.compile(
    rf"^(?:文|撰文|图|圖|摄影|攝影|图文|圖文|採訪|采写|整理|作者)\s*[：:/／]\s*[{CJK}]"
)
BYLINE_EN = re.compile(
    r"^(?:Story |Words |Report |Text |Photos? )?(?:By|by|BY|Words by|Story by|From)\s+(?:our |the )?[A-Z][\w.'’-]+(?:\s+[A-Z\w][\w.'’-]+){0,5}"
    r"(?:,?\s+(?:and|in|for)\s+[\w.'’ -]+)?(?:,\s*[\w' ]+)?$"
)
AGENCY_EN = re.compile(r"\((?:Agency|Staff|Reuters|AP|AFP|PA|[A-Z][a-z]+ (?:Wire|News|Press))\)")

# Captions: a mark before the text, or a photographer after it (…  桓一帆 摄; 资料图片; Contributed photo).
CAPTION_MARK = re.compile(r"^[▲▼◀▶◄►△▽◁▷→←↑↓↗↘↙↖]")
PHOTO_CREDIT = re.compile(
    r"(?:\s|　)\S{1,6}\s*(?:摄|攝)$|^摄$|^攝$|资料图片?$|資料圖片?$|(?:供图|供圖|摄影|攝影)$"
    r"|(?:[Pp]hotos?|[Pp]icture|Photograph|Image)(?::| by )|(?:photo|picture)$|\((?:Photo|Picture)[^)]*\)$"
)
CAPTION_WORD = re.compile(
    r"^(?:图为|圖為|左图|右图|上图|下图|图[①-⑳0-9一二三四])|[（(][左右中上下图][）)]"
)

# Furniture: folio, date line, editors, addresses, advertisement labels.
FOLIO = re.compile(
    r"^(?:第?\s*[A-Z]?\s*\d{1,3}\s*版|[A-Z]?\d{1,3}|第[一二三四五六七八九十]+版|[A-Z]\d{1,2}版?|Page \d+|[Pp]\.? ?\d+)$"
)
DATE_LINE = re.compile(
    r"\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日\s*(?:星期|周|週|礼拜|$|农历|農曆)|星期[一二三四五六日天]$|\d{4}[./-]\d{1,2}[./-]\d{1,2}(?!\d)"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,? (?:[A-Z][a-z]+ \d{1,2}|\d{1,2} [A-Z][a-z]+),? \d{4}"
)
EDITORS = re.compile(
    r"责任编辑|責任編輯|责编|責編|本版编辑|本版編輯|版式|校对|校對|美编|美編|值班主任|值班编委|值班总编|执行主编|Page editor|Edited by|Sub-editor"
)
ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|\b[a-z0-9-]+\.(?:com|cn|net|org|gov|tw|hk|my)\b|〉〉|》》|更多新闻|更多新聞|热线|熱線|投稿|邮箱|電郵|电邮|[\w.]+@[\w.]+"
)
ADVERTISEMENT = re.compile(
    r"^(?:公益广告|公益廣告|广告|廣告|讲文明.*新风|節約.*做起|节约.*做起|ADVERTISEMENT|Advertisement)$"
)
# A forecast's day in a printed list: 11月22日，多云到晴，15-22℃
FORECAST_DAY = re.compile(
    r"(?:(\d{1,2})\s*月\s*)?(\d{1,2})\s*日(?:（[^）]{1,6}）)?[，,]\s*[^；;。]{0,20}?[晴阴陰云雲雨雪雾霧霾风風]"
)
WEATHER_ICON = re.compile(
    r"^(?:大?(?:多云|多雲|晴|阴|陰|小雨|中雨|大雨|暴雨|阵雨|陣雨|雷阵雨|雷陣雨|雷雨|小雪|雪|雾|霧)(?:天|天气|天氣|到[晴多云雲阴陰]{1,2}|间多云|間多雲|转[^\s，。]{1,4}|轉[^\s，。]{1,4})?)$"
)

# Letters that count crossheads off, at the start (A 把课堂搬到…) or glued to the end (…提速B).
DROP_LETTER_START = re.compile(r"^([A-H])(?:\s+|(?=[\u4e00-\u9fff“「]))")
DROP_LETTER_END = re.compile(r"(?<=[\u4e00-\u9fff”」！？])\s*([A-H])$")
DROP_LETTER = re.compile(r"^[A-H]$")
# The same in Latin script, where A is a word, and "Plan B" has its own: "B Homeward", "A The date",
# "porchC".
DROP_LETTER_LATIN = re.compile(
    r"^(?P<first>[A-H]) +(?=[A-Z\u00c0-\u00de0-9“‘\"'«„])"
    r"|(?<=[a-z\u00df-\u00ff.?!’”'\"»])(?P<last>[A-H])$"
)

# Paragraphs that open a speech or a point of their own.
ENUMERATION = re.compile(
    r"^(?:[①-⑳]|[（(][一二三四五六七八九十\d]+[）)]|[一二三四五六七八九十]+、|\d+[.、．]|[●■◆★☆▪•·]|问[：:]|答[：:]|問[：:]|Q[:.]|A[:.])"
)
OPENING_QUOTE = re.compile(r"^[“「『\"‘《〈【（(]")

ENGLISH_WORDS = frozenset(
    {
        "the",
        "of",
        "and",
        "to",
        "a",
        "in",
        "is",
        "was",
        "for",
        "on",
        "that",
        "with",
        "as",
        "at",
        "by",
        "from",
    }
    | {
        "said",
        "he",
        "she",
        "it",
        "has",
        "have",
        "had",
        "be",
        "were",
        "not",
        "but",
        "are",
        "his",
        "her",
        "their",
    }
    | {"they", "this", "will", "an", "who", "which", "would", "after", "more", "one", "two"}
)
# The commonest characters that the two scripts write differently, and no script writes both ways.
SIMPLIFIED = frozenset(
    "们这个来时说国会对开关门问间马鱼东车长见风飞书买卖专业两严为丽义乌乐乡争云产亲亿从仅价众优传伤伦"
)
TRADITIONAL = frozenset(
    "們這個來時說國會對開關門問間馬魚東車長見風飛書買賣專業兩嚴為麗義烏樂鄉爭雲產親億從僅價眾優傳傷倫"
)

# The credit that opens an article, as `bylines` splits it off. Narrower than CREDIT_ZH and DATELINE_EN,
# which only tell a line that may hold one.
# 讯 after a paper, an agency or a date needs no space: 澄陵日报讯, 本报讯, (某地)15日訊.
# 讯 and 电 after anything else do, for 通讯 and 家电 are words: 本报云集讯, 某某社某地6月2日急电.
# An agency's despatch may bear its title: 某某社某地9月3日电 题：… (mainland papers).
CREDIT_OPENING_ZH = re.compile(
    rf"^(?P<credit>[▲●]?(?!通[讯訊])(?:"
    rf"[{CJK}A-Za-z0-9０-９·、]{{0,20}}?(?:[报報网網台刊社日])(?:专|專|快)?[讯訊](?![员員号號息])[：:]?"
    rf"|(?:(?:本[报報刊台网網]|[据據]|[{CJK}]{{1,6}}社)[{CJK}A-Za-z0-9０-９·、]{{0,20}}?|[{CJK}]{{1,12}}?(?:[0-9０-９]{{1,2}}月)?[0-9０-９一二三四五六七八九十廿卅]{{1,3}}日)"
    rf"(?:专|專|急|特|综合|綜合)?[电電讯訊](?:\s*题[：:]\S+|[：:](?=\s*\S)|(?=[\s（(【〔“「]|[记記]者|$))"
    rf"|[{CJK}]{{2,10}}?(?<![通电電资資简簡短喜音视視快])[讯訊](?:[：:]|(?=[\s（(【]))"
    rf"|(?:本[报報刊台网網]|[综綜]合|[据據])[{CJK}A-Za-z、]{{0,18}}?(?:消息|报道|報道|報導|外电|外電)(?:[：:]|(?=[\s（(【]))"
    rf"|[{CJK}]{{2,8}}通信(?=\s)"
    r"))"
)
# What brackets hold when it is a credit: 【本報訊】, 〔本報訊〕, （某地15日訊）, 【本埠消息】,
# 【本報體育組】, 【綜合外電報導】. A stroke before the place belongs to a byline: 【某某／某地報導】.
CREDIT_IN_BRACKETS = re.compile(
    r"^(?!.*[/／])[^，。！？：:；]{0,24}(?:[讯訊电電]|消息|通信|专稿|專稿"
    r"|(?:本[报報]|[综綜]合|[据據]).*(?:报道|報道|報導|[组組]|社))$"
)
# Datelines of papers in Latin script. Capitals: TOWN —, TOWN, State (Agency) —, TOWN, March 3.—,
# TOWN, Jan 3: (India), CIUDAD.— (Spain), VILLE. – (France). Small letters only with a date, an agency
# or both full stop and dash: Town, May 3 (Agency):, Ort (abc). (Germany), Ville. –
_UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĹĽŁŃŇŌŐŒŘŚŠŞŢŤŪŮŰŹŻŽ"
_CAPITALS = (
    rf"(?=[{_UPPER}.'’ -]{{3}})[{_UPPER}][{_UPPER}'’.-]*(?:[ /][{_UPPER}][{_UPPER}'’.-]*){{0,4}}"
)
_TITLED = (
    rf"[{_UPPER}][\w'’-]+(?:[ /](?:(?:de|del|di|la|le|am|an der|van|den|sur|do|da) )?"
    rf"[{_UPPER}][\w'’-]*){{0,3}}"
)
_REGION = rf"(?:, [{_UPPER}][\w.]*(?: [{_UPPER}][\w.]*){{0,2}}){{0,2}}"
_DATE = rf"(?:, (?:[{_UPPER}]\w{{2,9}}\.? \d{{1,2}}|\d{{1,2}}(?:er|º|\.)? (?:de )?(?!(?:week|day|year|hour|month|minute|mile)s?\b)[^\W\d]{{3,10}}\.?)(?:,? \d{{4}})?|, \d{{1,2}}(?= \())"
_AGENCY = r"(?: \([^\W\d][^()\d]{1,30}\))"
_DASH = r"(?:\.\s?|\s)?(?:[—–]|-+)(?=[\s“\"«„]|$)|\.[—–](?=\S)"
DATELINE_LATIN = re.compile(
    rf"^(?P<credit>{_CAPITALS}{_REGION}{_DATE}?{_AGENCY}?(?:{_DASH}|:(?=\s[{_UPPER}“‘\"(\d]))"
    rf"|\([{_UPPER}]{{2,12}}\)\s?[—–-]\s?{_CAPITALS}{_DATE}\s?[—–-](?=\s)"
    rf"|(?:[{_UPPER}][\w-]+ ){{1,2}}staff(?=\s[{_UPPER}])"
    rf"|(?:Agencias?|Agence|Redacción)(?: {_TITLED})?[.,] {_TITLED}\.(?=\s)"
    rf"|{_TITLED}{_REGION}(?:{_DATE}{_AGENCY}?|{_AGENCY})(?:{_DASH}|[.:](?=\s))(?: \((?:Agence|Agencia|Agenzia|Agentur)[^()]{{0,30}}\))?(?=\s?[{_UPPER}“‘„«\"(])"
    rf"|{_TITLED}\. ?[—–-](?=\s)"
    rf"|{_CAPITALS}, (?:Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)\.(?=\s)"
    rf"|(?:{_TITLED}, )?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?: (?:Evening|Night|Morning))?\.\s?[—–]"
    rf"|\([{_UPPER}][^()\d]{{1,30}}\)(?:\s?[—–-])+(?=\s))"
)
# A town and a full stop, and no more: Ort. (Germany), CITTÀ. (Italy).
DATELINE_BARE = re.compile(
    rf"^(?P<credit>(?![^ ]{{1,3}}\.)(?:{_TITLED}|{_CAPITALS})\.)(?=\s[{_UPPER}„“«\"(\d])"
)
# An agency is shortened to three letters or more and no umlaut; (ab) and (abä) are a reporter.
# Ort (abc) Text, Ort (Vorname Name) Text: nothing parts them from the text (Switzerland).
DATELINE_SPACED = re.compile(
    rf"^(?P<credit>{_TITLED}(?: \([a-z]{{3,4}}\)|(?= \((?:[a-zäöü]{{2,4}}\)|[{_UPPER}][\w-]+ [{_UPPER}][\w-]+\)))))(?=\s[{_UPPER}„“«\"(\d])"
)
# In an English paper capitals, a stop and a dash are a side heading, not a town: SCHOOL TREAT.—
SIDE_HEAD = re.compile(rf"[{_UPPER}'’ -]+\.\s?[—–]")
# What stands in capitals before a dash or a colon and is no town: sports in a round-up of results,
# labels of notices, questions and answers, salutations of letters.
NO_TOWN = re.compile(
    r"^(?:(?:LAWN |INDOOR )?BOWLS|FOOTBALL|SOCCER|RUGBY|CRICKET|TENNIS|GOLF|DARTS|HOCKEY|NETBALL|BASKETBALL|BASEBALL"
    r"|SOFTBALL|VOLLEYBALL|SWIMMING|ATHLETICS|BOXING|CYCLING|RACING|SQUASH|BADMINTON|CHESS|POOL|SNOOKER"
    r"|KABADDI|TODAY|TOMORROW|SUMMARY|(?:SHEEPDOG )?TRIALS|[A-Z]-DIVISION|WHAT|WHEN|WHERE|WHO|WHY|HOW|NOTE|TIP|UPDATE|WANTED|LOST|FOUND|FOR SALE|QUESTION|ANSWER|SCORES?|RESULTS?"
    r"|DEAR [A-Z]+|SIR|MADAM|BORN|DIED|MARRIED|INGREDIENTS|METHOD|SERVES|MONDAY|TUESDAY|WEDNESDAY|THURSDAY|FRIDAY"
    r"|SATURDAY|SUNDAY|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?!(?: [A-Z][a-z]+)?\.\s?[—–])|Mon|Tue|Wed|Thu|Fri|Sat|Sun"
    r"|(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag|Mittwoch|Sonnabend|[Ll]undi|[Mm]ardi|[Mm]ercredi|[Jj]eudi|[Vv]endredi|[Ss]amedi|[Dd]imanche"
    r"|[Ll]unes|[Mm]artes|[Mm]iércoles|[Jj]ueves|[Vv]iernes|[Ss]ábado|[Dd]omingo|YES|NON|NEIN|PS|P\.S"
    r"|(?:[A-Z'’]+ )?(?:IT|WAS|IS|ARE|WE|HE|SHE|THEY|YOU|MY|NOT|HAS|HAVE|WILL)"
    r"|(?:Naissances?|Mariages?|Décès|Publications?|Obsèques|Avis|Nécrologie|Nacimientos|Defunciones|Nascite|Nozze|Morti)"
    r"|Nada|Nunca|Sí|No|Nein|Ja|Doch|Endlich|Vielleicht|Gut|Genau|Schade|Unsinn|Stille|Schluss|Pause|Achtung|Vorsicht|Danke)(?![A-Za-z])"
)
SPANISH = re.compile(r"\b(?:el|los|las|una|del|que|con|por|se|en)\b")
GERMAN = re.compile(r"\b(?:der|die|das|und|ein|eine|einen|ist|nicht|mit|den|im|von|auf|sich|war)\b")
NOT_ENGLISH = re.compile(
    r"\b(?:la|le|il|el|los|las|les|des|de|di|del|della|che|un|una|une|que|os|da|do|em|um|het|een|van|op"
    r"|der|die|das|und|den|ein|eine|ist|mit)\b|[à-öø-ÿ]"
)
ENGLISH = re.compile(r"\b(?:the|and|of|that|with|for|by)\b")
# Agencies by the letters that stand for them at a text's end: nobody's initials.
AGENCIES = re.compile(
    r"AP|AFP|PA|UPI|PTI|UNI|ANI|IANS|ANSA|EFE|ANP|APA|SDA|ATS|dpa|afp|sid|epd|kna|apa|sda|ats|rtr|ap|lusa|efe|anp|belga"
)
