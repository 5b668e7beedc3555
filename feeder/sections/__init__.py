"""An article → the sections where its readers look: by its topics, its words, what its paper says.

Pure: an article and rules in, placements out. What topic an article is on is told by a small
learned model (`learned`); what belongs to a section is the configuration's to say (`Rule`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from feeder import iptc
from feeder.model import Article, Placement
from feeder.sections.learned import IDS, TopicModel, load_model
from feeder.sections.words import found_words

__all__ = ["Reason", "Rule", "classify", "reasons", "to_rules"]

SECOND = 0.15
"""How likely a second section's topic must be, as a share of the first one's."""
SECOND_LEAST = 0.14
"""How likely it must be in itself."""
MOST_BY_TOPIC = 2
"""Sections in which an article stands for its topics; more may claim it by what they declare."""
OWN_LEAST = 5.0
"""What the words of a section without topics must weigh: one in the headline, or several."""
_BRACKETS = re.compile(r"[【】\[\]《》]")
_PARTS = " \u3000|｜│:：/／·・•—–-"
"""What stands between a column's label and a title on one line."""
_DECLARED = 0.99
"""How sure a section is that the paper itself names."""
_HALF = 10.0
"""What a section's own words must weigh to take it half the way from its topics' score to 1."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What belongs to a section.

    `topics` are codes or ids of the IPTC Media Topics' top level (`medtop:17000000`); codes of
    other vocabularies say nothing here. `words` speak for it beside its topics; a section without
    topics holds what its words stand in. `labels` are names of columns (晴雨表) that a kicker or a
    headline opens with; all of a paper in `publications`, or from a source in `sources`, is its.
    """

    id: str
    topics: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    publications: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def known_topics(self) -> tuple[int, ...]:
        """The places in `IDS` of its topics."""
        found = (iptc.find(topic) for topic in self.topics)
        return tuple(dict.fromkeys(IDS.index(topic.id) for topic in found if topic))


class Declared(Protocol):
    """A section as a configuration declares it."""

    @property
    def id(self) -> str: ...
    @property
    def topics(self) -> tuple[str, ...]: ...
    @property
    def words(self) -> tuple[str, ...]: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def publications(self) -> tuple[str, ...]: ...
    @property
    def sources(self) -> tuple[str, ...]: ...


def to_rules(sections: Iterable[Declared]) -> tuple[Rule, ...]:
    """Return a configuration's sections as rules, in their order."""
    return tuple(
        Rule(
            id=one.id,
            topics=one.topics,
            words=one.words,
            labels=one.labels,
            publications=one.publications,
            sources=one.sources,
        )
        for one in sections
    )


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why an article stands in a section: a word, a label, its paper; and what that weighed."""

    text: str
    weight: float


def classify(
    article: Article,
    rules: Sequence[Rule],
    *,
    publication: str | None = None,
    source: str | None = None,
    model: TopicModel | None = None,
) -> tuple[Placement, ...]:
    """Return where the article stands, the primary section first; never empty.

    A column's label comes first, as the paper's own word, and so does the name of a paper or a
    source that writes for a topic's section. Then the likeliest topic, and a second one only where
    it is nearly as likely; where nothing speaks, the best guess with its low score. Sections
    without topics that hold a whole paper or source, or what words stand in, come last, or first if
    there are no others. Of equal ones the first in `rules` wins. Raises ValueError without a rule.
    """
    if not rules:
        raise ValueError("there must be at least one section")
    scores = (model or load_model()).scores(article)
    spoken = found_words(article, tuple(rule.words for rule in rules))
    declared, topical, whole, worded = [], [], [], []
    for rule, words in zip(rules, spoken, strict=True):
        weight = sum(words.values())
        places = rule.known_topics
        topic = max(places, key=lambda place: float(scores[place]), default=None)
        code = None if topic is None else iptc.PREFIX + iptc.BY_ID[IDS[topic]].code
        is_whole = publication in rule.publications or source in rule.sources
        if next(_labels(rule, article), None) is not None or (is_whole and places):
            declared.append(Placement(section=rule.id, score=_DECLARED, topic=code))
        elif is_whole:
            whole.append(Placement(section=rule.id, score=_DECLARED))
        elif places:
            likely = float(scores[list(places)].sum())
            likely += (1 - likely) * weight / (weight + _HALF) if weight else 0.0
            topical.append(Placement(section=rule.id, score=round(likely, 3), topic=code))
        else:
            score = round(weight / (weight + OWN_LEAST), 3)
            worded.append((weight, Placement(section=rule.id, score=score)))
    topical.sort(key=lambda one: -one.score)
    worded.sort(key=lambda pair: -pair[0])
    found = [*declared, *_likely(topical, 0 if declared else 1)]
    found += whole
    found += [one for weight, one in worded if weight >= OWN_LEAST]
    if found:
        return tuple(found)
    return (worded[0][1],)


def _likely(topical: Sequence[Placement], least: int) -> list[Placement]:
    """The sections in which the article stands for its topics, `least` of them at the least."""
    found = list(topical[:least])
    for one in topical[least:MOST_BY_TOPIC]:
        best = topical[0].score
        if one.score >= max(SECOND * best, SECOND_LEAST):
            found.append(one)
    return found


def _labels(rule: Rule, article: Article) -> Iterator[str]:
    """The rule's names of columns that stand over the article.

    Alone, or before what parts them from the rest: 天气｜未来一周; 经济回暖 bears no label.
    """
    for title in filter(None, (article.kicker, article.headline)):
        opening = _BRACKETS.sub(" ", title).strip().casefold()
        for name in rule.labels:
            rest = opening.removeprefix(name.casefold())
            if rest != opening and (not rest or rest[0] in _PARTS):
                yield name


def reasons(
    article: Article,
    rule: Rule,
    *,
    publication: str | None = None,
    source: str | None = None,
    model: TopicModel | None = None,
) -> list[Reason]:
    """Return why the article stands in the section, the weightiest reason first."""
    found = []
    if publication is not None and publication in rule.publications:
        found.append(Reason(text=publication, weight=1.0))
    if source is not None and source in rule.sources:
        found.append(Reason(text=source, weight=1.0))
    found += (Reason(text=name, weight=1.0) for name in _labels(rule, article))
    (words,) = found_words(article, (rule.words,))
    own = [Reason(text=word, weight=weight / OWN_LEAST) for word, weight in words.items()]
    scores = (model or load_model()).scores(article)
    topic = max(rule.known_topics, key=lambda place: float(scores[place]), default=None)
    if topic is not None:
        learned = (model or load_model()).reasons(article, topic)
        own += (Reason(text=word, weight=weight) for word, weight in learned)
    return found + sorted(own, key=lambda reason: -reason.weight)
