"""Credits and bylines in the forms that papers use."""

from __future__ import annotations

import time

import pytest

from feeder.model import Byline
from feeder.parse.bylines import read_byline, split_ending, split_opening


@pytest.mark.parametrize(
    ("text", "credit", "reporters", "correspondents", "rest"),
    [
        ("晨报讯（记者/周明远 通讯员/林可欣）昨日，", "晨报讯", ["周明远"], ["林可欣"], "昨日，"),
        ("本报讯 （首席记者 周明远） 昨日，", "本报讯", ["周明远"], [], "昨日，"),
        ("本报讯 8月19日，云岭镇", "本报讯", [], [], "8月19日，云岭镇"),
        ("本报讯 记者周明远、通讯员林可欣报道：昨日，", "本报讯", ["周明远"], ["林可欣"], "昨日，"),
        ("【本報訊】雲嶺鎮", "【本報訊】", [], [], "雲嶺鎮"),
        ("〔記者周明遠／雲嶺報導〕雲嶺鎮", None, ["周明遠"], [], "雲嶺鎮"),
        ("（雲嶺二十二日訊）警方", "（雲嶺二十二日訊）", [], [], "警方"),
        ("MILL END — A bridge closed", "MILL END —", [], [], "A bridge closed"),
        ("MILL END (Agency) - A bridge", "MILL END (Agency) -", [], [], "A bridge"),
        ("通讯员制度改革后，", None, [], [], "通讯员制度改革后，"),
        ("“讯号不好。”周明远说。", None, [], [], "“讯号不好。”周明远说。"),
    ],
)
def test_an_opening_is_split_from_the_body(
    text: str, credit: str | None, reporters: list[str], correspondents: list[str], rest: str
) -> None:
    opening = split_opening(text)

    assert opening.credit == credit
    assert list(opening.byline.reporters) == reporters
    assert list(opening.byline.correspondents) == correspondents
    assert opening.rest == rest


@pytest.mark.parametrize(
    ("text", "byline"),
    [
        (
            "文/图 晨报记者 周明远 通讯员 林可欣 何田",
            Byline(reporters=("周明远",), correspondents=("林可欣", "何田")),
        ),
        (
            "文/晨报记者 周明远 图/晨报记者 何田",
            Byline(reporters=("周明远",), photographers=("何田",)),
        ),
        ("晨报记者 周　明 通讯员 林可欣", Byline(reporters=("周明",), correspondents=("林可欣",))),
        ("本報記者周明遠／雲嶺報導", Byline(reporters=("周明遠",))),
        ("By Jane Doe and John Roe, Staff Writers", Byline(reporters=("Jane Doe", "John Roe"))),
        (
            "Words: Jane Doe Pictures: John Roe",
            Byline(reporters=("Jane Doe",), photographers=("John Roe",)),
        ),
        (
            "Story and photos by Jane Doe",
            Byline(reporters=("Jane Doe",), photographers=("Jane Doe",)),
        ),
        ("By Staff Reporters", Byline()),
        ("图片由云岭镇政府提供", Byline()),
    ],
)  # fmt: skip
def test_a_byline_names_everyone_by_role(text: str, byline: Byline) -> None:
    assert read_byline(text) == byline


@pytest.mark.parametrize(
    ("text", "rest", "byline"),
    [
        ("全部收完。（记者 周明远）", "全部收完。", Byline(reporters=("周明远",))),
        ("全部收完。（林可欣）", "全部收完。", Byline(correspondents=("林可欣",))),
        ("来自云岭（镇）", "来自云岭（镇）", Byline()),
        ("气温22℃（仅供参考）", "气温22℃（仅供参考）", Byline()),
        ("全部收完。（未完待续）", "全部收完。（未完待续）", Byline()),
    ],
)
def test_an_ending_in_brackets_is_a_byline_only_after_a_sentence(
    text: str, rest: str, byline: Byline
) -> None:
    assert split_ending(text) == (rest, byline)


def test_a_bare_name_in_brackets_has_the_role_that_the_paper_gives_it() -> None:
    assert split_ending("全部收完。（林可欣）", bare="reporters")[1].reporters == ("林可欣",)


@pytest.mark.parametrize(
    ("text", "credit", "reporters", "rest"),
    [
        ("青禾社云岭3月3日急电（记者 周明远）昨日", "青禾社云岭3月3日急电", ["周明远"], "昨日"),
        ("青禾社云岭3月3日电 题：一粒种子 昨日", "青禾社云岭3月3日电 题：一粒种子", [], "昨日"),
        ("本报云岭讯（记者 周明远）昨日", "本报云岭讯", ["周明远"], "昨日"),
        ("据青禾网消息：昨日，云岭", "据青禾网消息：", [], "昨日，云岭"),
        ("综合青禾社、云岭社报道 昨日", "综合青禾社、云岭社报道", [], "昨日"),
        ("白馬渡五日電 昨夜", "白馬渡五日電", [], "昨夜"),
        ("▲白馬渡通信 昨夜", "▲白馬渡通信", [], "昨夜"),
        ("【雲嶺機務段】凌晨", "【雲嶺機務段】", [], "凌晨"),
        ("〔即時新聞／綜合報導〕凌晨", "〔即時新聞／綜合報導〕", [], "凌晨"),
        ("【周明遠、林可欣／雲嶺報導】昨晚", None, ["周明遠", "林可欣"], "昨晚"),
        ("【讀者周明遠／雲嶺來函】我住", None, ["周明遠"], "我住"),
        ("（園藝顧問周明遠　答）讀者問", None, ["周明遠"], "讀者問"),
        ("【記者周明遠雲嶺報導】昨天", None, ["周明遠"], "昨天"),
        ("（青禾社記者周明遠雲嶺3日電）昨天", None, ["周明遠"], "昨天"),
        ("青禾报记者周明远 10月9日云岭镇报道 昨天", None, ["周明远"], "昨天"),
        ("见习记者 周明远 每周六早晨，跑道上", None, ["周明远"], "每周六早晨，跑道上"),
    ],
)
def test_chinese_papers_open_in_many_ways(
    text: str, credit: str | None, reporters: list[str], rest: str
) -> None:
    opening = split_opening(text)

    assert (opening.credit, list(opening.byline.reporters), opening.rest) == (
        credit,
        reporters,
        rest,
    )


@pytest.mark.parametrize(
    ("credit", "text"),
    [
        ("MILL END, Tam. —", "A bridge closed"),
        ("MILL END, Tamaria (Continental News) —", "A bridge closed"),
        ("(Continental News) —", "A bridge closed"),
        ("MILL END, March 3.—", "A bridge closed"),
        ("MILL END, Thurs.", "A bridge closed"),
        ("Mill End, Friday.—", "A bridge closed"),
        ("MILL END, Jan 3:", "A bridge closed"),
        ("MILL END:", "A bridge closed"),
        ("Mill End, May 3 (Agency):", "A bridge closed"),
        ("Mühlend.", "Die Brücke ist seit dem Montag gesperrt, und das bleibt so."),
        ("Mühlend (abc).", "Die Brücke ist gesperrt."),
        ("Mühlend (abc)", "Die Brücke ist seit dem Montag gesperrt, und das bleibt so."),
        ("MOULINVILLE. –", "Le pont est fermé."),
        ("VILLA DEL MOLINO.—", "El puente está cerrado."),
        ("Agencia Azul. Villamolino.", "El puente está cerrado."),
        ("MOLINARA.", "Il ponte è chiuso."),
        ("Moulinville, 1er mars. —", "Le pont est fermé."),
        ("(AZUL) - MOLINARA, 3 MAR -", "Il ponte è chiuso."),
    ],
)
def test_a_dateline_in_latin_script_is_the_credit(credit: str, text: str) -> None:
    opening = split_opening(f"{credit} {text}")

    assert (opening.credit, opening.rest) == (credit, text)


def test_a_byline_may_follow_the_dateline_in_brackets() -> None:
    opening = split_opening("MILL END: (Jane Doe) A bridge closed")

    assert (opening.credit, opening.byline.reporters) == ("MILL END:", ("Jane Doe",))
    assert opening.rest == "A bridge closed"


@pytest.mark.parametrize(
    "text",
    [
        "Mill End, a village of nine houses, has closed its bridge.",
        "Q: My neighbour's hens are loud. What can I do?",
        "Haddock, round: 3.20 a kilo",
        "“It went,” she said. The bridge is gone.",
        "March 2, 7:15 a.m. — Caller on Ditch Road reports a goat.",
        "Tuesday, June 10 — Mostly sunny.",
        "SIR, – Your correspondent asks why the bridge is closed.",
        "LAWN BOWLS – Mill End men's pairs, semi-finals",
        "COPPER: nine thousand a tonne, a five-week high.",
        "Potato (store): 1,400 to 1,750",
        "SKITTLES. Plough A 341, Drovers 338.",
        "Décès. — Veuve Duval, 84 ans",
        "SCHOOL TREAT.—The children of the parish were taken to the river for the day.",
        "JANE'S last bus will leave in May.",
        "Jane Doe (captain): the team's heart",
        "Nein. Das ist nicht die Brücke, und das war sie nie.",
        "问：我今年6月入职，约定试用期3个月。",
        "据报道，某地一个示范村去年接待各级调研组73批。",
        "记者从市里获悉，大桥昨日通车，市民报道：车多。",
        "近日电影节开幕，家电 下乡。",
        "中国电信 昨日发布公告",
        "（一）禁止一切车辆通行；",
        "【上市漲幅前五名】",
        "【微波炉蒸蛋】两人份",
    ],
)
def test_real_text_loses_nothing_at_its_opening(text: str) -> None:
    assert split_opening(text).rest == text


@pytest.mark.parametrize(
    ("text", "rest", "reporters"),
    [
        ("全部收完。（读者 周明远）", "全部收完。", ["周明远"]),
        ("全部收完。（云岭乡卫生院 周明远）", "全部收完。", ["周明远"]),
        ("全部收完。（本报记者 周明远 整理）", "全部收完。", ["周明远"]),
        ("全部收完。（作者周明遠，雲嶺市民）", "全部收完。", ["周明遠"]),
        ("全部收完。（諮詢律師：林可欣／記者周明遠整理）", "全部收完。", ["周明遠"]),
        ("最短的一封家书【作者系云岭大学2022级学生 周明远】", "最短的一封家书", ["周明远"]),
        ("全部收完。報道：周明遠；攝影：林可欣", "全部收完。", ["周明遠"]),
        ("全部收完。記者　周明遠", "全部收完。", ["周明遠"]),
        ("全部收完。（县气象台供稿）", "全部收完。", []),
        ("全部收完。（工会办公室）", "全部收完。", []),
        ("Alles ist eingebracht. (abc)", "Alles ist eingebracht.", ["abc"]),
        ("Alles ist eingebracht. (dpa)", "Alles ist eingebracht.", []),
        ("Tout est rentré. Jeanne DUVAL", "Tout est rentré.", ["Jeanne DUVAL"]),
        ("Tout est rentré. J. D.", "Tout est rentré.", ["J. D."]),
        ("It is all in. Jane Doe, Church Street", "It is all in.", ["Jane Doe"]),
        ("It is all in. By Jane Doe", "It is all in.", ["Jane Doe"]),
        ("It is all in. —J. D. ROE.", "It is all in.", ["J. D. Roe"]),
        ("It is all in. —STAFF REPORTER.", "It is all in.", []),
        ("It is all in. – Jane Doe", "It is all in.", ["Jane Doe"]),
        ("全部收完。青禾報記者　周明遠", "全部收完。", ["周明遠"]),
        ("It is all in. (Staff)", "It is all in.", []),
        ("It is all in. (Mrs) Jane Doe, Dial House", "It is all in.", ["Jane Doe"]),
    ],
)
def test_an_ending_names_whoever_signs(text: str, rest: str, reporters: list[str]) -> None:
    found, byline = split_ending(text, bare="reporters")

    assert (found, list(byline.reporters)) == (rest, reporters)


@pytest.mark.parametrize(
    "text",
    [
        "全部收完。（完）",
        "Should I be hurt? — Second in Kessler",
        "全部收完。（下转第二版）",
        "全部收完。（详见4版）",
        "侄子说我违法，是这样吗？（读者 周阿婆）",
        "我是不是太小心眼了？（化名 小满）",
        "是缺肥吗？（云岭区 周先生）",
        "最佳射手：周明远（四球）",
        "It is all in. (Name and address supplied)",
        "The bell will ring at St. John Vianney Church",
        "Mill End Rovers 3",
        "It touched nine thousand a tonne. See Leader.",
        "(iii) post a watchman between 6 p.m. and 6 a.m.; and",
    ],
)
def test_real_text_loses_nothing_at_its_end(text: str) -> None:
    assert split_ending(text) == (text, Byline())


@pytest.mark.parametrize(
    ("text", "reporters"),
    [
        ("By Jane Doe-Roe The Mill End Standard", ["Jane Doe-Roe"]),
        ("By JANE DOE-ROE Continental News", ["Jane Doe-Roe"]),
        ("By Jane Doe Herald-Democrat staff writer", ["Jane Doe"]),
        ("By Jane Doe jdoe@millend.example", ["Jane Doe"]),
        ("by jane doe", ["Jane Doe"]),
        ("Jane Doe and John Roe report", ["Jane Doe", "John Roe"]),
        ("Jane Doe: Editor-at-large", ["Jane Doe"]),
        ("Jane Doe reports.", ["Jane Doe"]),
        ("P. Doegovan", ["P. Doegovan"]),
        ("Contributed by the Mill Creek Council", []),
        ("Compiled from Mill End Police Department reports", []),
        ("Special Correspondent", []),
        ("BY OUR REPORTER", []),
        ("Redacción", []),
        ("Von Almut Müller und Jan Öhl (Text) und Eva Roth (Fotos)", ["Almut Müller", "Jan Öhl"]),
        ("Van onze verslaggever Jan de Molen", ["Jan de Molen"]),
        ("ENTRETIEN : JEANNE DUVAL", ["Jeanne Duval"]),
        ("Texto Ana Moinho Fotos Rui Ponte", ["Ana Moinho"]),
        ("(m.mul.)", ["m.mul."]),
        ("□ 周明远", ["周明远"]),
        ("■云岭律师事务所律师 周明远", ["周明远"]),
        ("本报记者 周明远 云岭报道", ["周明远"]),
        ("本报记者 周明远 发自云岭", ["周明远"]),
        ("特派員周明遠／雲嶺瀾村報導", ["周明遠"]),
        ("青禾报记者 周明远 林可欣/文 何田/图", ["周明远", "林可欣"]),
        ("周明遠（雲嶺市，教師）", ["周明遠"]),
        ("采访/周明远 编辑/林可欣", ["周明远"]),
        ("云岭主人著", ["云岭主人"]),
        ("回信人：周明远", ["周明远"]),
        ("记者玛依拉·云岭报道", ["玛依拉·云岭"]),
        ("■ 检验科 周明远", ["周明远"]),
        ("Exclusive by Jane Doe", ["Jane Doe"]),
        ("BY LES DOE", ["Les Doe"]),
    ],
)
def test_a_byline_names_reporters_and_nothing_else(text: str, reporters: list[str]) -> None:
    assert list(read_byline(text).reporters) == reporters


def test_names_in_brackets_by_themselves_may_have_a_role_of_their_own() -> None:
    assert read_byline("（林可欣）", in_brackets="correspondents").correspondents == ("林可欣",)
    assert read_byline("林可欣", in_brackets="correspondents").reporters == ("林可欣",)


@pytest.mark.parametrize(
    "text", ["记者" * 2000, "A. " * 9000, "Aa " * 9000, "（" * 9000, "王" * 9000, " " * 20000]
)
def test_hostile_text_takes_no_longer_than_its_length_asks(text: str) -> None:
    start = time.perf_counter()

    split_opening(text)
    split_ending(text)
    read_byline(text)

    assert time.perf_counter() - start < 0.5
