"""The top level of the IPTC Media Topics (https://cv.iptc.org/newscodes/mediatopic/): 17 topics.

Ids are short lower-case words; codes and English names are IPTC's own, so are the Chinese names.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

SCHEME = "http://cv.iptc.org/newscodes/mediatopic/"
"""A topic's code after it is the topic's URI."""
PREFIX = "medtop:"


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One of the 17."""

    id: str
    code: str
    """Eight digits."""
    english: str
    simplified: str
    traditional: str

    def name_in(self, language: str) -> str:
        """The name in the nearest language there is: zh-Hans, zh-Hant or English."""
        if language.startswith("zh-Hant"):
            return self.traditional
        return self.simplified if language.startswith("zh") else self.english


TOPICS = tuple(
    Topic(id=id_, code=code, english=english, simplified=simplified, traditional=traditional)
    for id_, code, english, simplified, traditional in (
        (
            "arts", "01000000", "arts, culture, entertainment and media",
            "艺术、文化、娱乐与媒体", "藝術、文化、娛樂與媒體",
        ),
        ("conflict", "16000000", "conflict, war and peace", "冲突、战争与和平", "衝突、戰爭與和平"),
        ("crime", "02000000", "crime, law and justice", "犯罪、法律与司法", "犯罪、法律與司法"),
        (
            "disaster", "03000000", "disaster, accident and emergency incident",
            "灾难、事故与紧急事件", "災難、事故與緊急事件",
        ),
        (
            "economy", "04000000", "economy, business and finance",
            "经济、商业与金融", "經濟、商業與金融",
        ),
        ("education", "05000000", "education", "教育", "教育"),
        ("environment", "06000000", "environment", "环境", "環境"),
        ("health", "07000000", "health", "健康", "健康"),
        ("human-interest", "08000000", "human interest", "人情趣味", "人情趣味"),
        ("labour", "09000000", "labour", "劳动", "勞動"),
        ("lifestyle", "10000000", "lifestyle and leisure", "生活方式与休闲", "生活方式與休閒"),
        ("politics", "11000000", "politics and government", "政治与政府", "政治與政府"),
        ("religion", "12000000", "religion", "宗教", "宗教"),
        ("science", "13000000", "science and technology", "科学与技术", "科學與技術"),
        ("society", "14000000", "society", "社会", "社會"),
        ("sport", "15000000", "sport", "体育", "體育"),
        ("weather", "17000000", "weather", "天气", "天氣"),
    )
)  # fmt: skip
"""By id."""
BY_ID = MappingProxyType({topic.id: topic for topic in TOPICS})
BY_CODE = MappingProxyType({topic.code: topic for topic in TOPICS})


def find(name: str) -> Topic | None:
    """Return the topic of a code (`medtop:17000000`, `17000000`) or an id (`weather`)."""
    bare = name.strip().casefold().removeprefix(PREFIX)
    return BY_CODE.get(bare) or BY_ID.get(bare)
