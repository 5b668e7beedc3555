"""What a server's robots.txt lets feeder ask for (RFC 9309)."""

from __future__ import annotations

import datetime as dt
import http
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import httpx

from feeder.errors import SourceError
from feeder.ledger import KeptAnswer, Ledger
from feeder.sources import validators
from feeder.sources.asking import Answer, BarredError

PRODUCT = "feeder"
"""The token under which robots.txt speaks to feeder."""
MAX_BYTES = 500 * 1024
"""What is read of it (RFC 9309, 2.5); the rest is ignored."""
KEPT_FOR = dt.timedelta(days=1)

_LINE = re.compile(r"[ \t]*([A-Za-z-]+)[ \t]*:[ \t]*([^#\x00]*)")
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile("[A-Za-z0-9._~-]")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Whether paths that fit a pattern may be asked for."""

    pattern: str
    """`*` is any run of characters, `$` at its end the end of the path; escapes normalized."""
    is_allowed: bool


class Robots:
    """The robots.txt of every server that a scan asks, each had at most once a day."""

    def __init__(
        self, ask: Callable[[str, str | None], Answer], *, ledger: Ledger, now: dt.datetime
    ) -> None:
        """`ask` asks for an address under what is known of it."""
        self._ask = ask
        self._ledger = ledger
        self._now = now
        self._rules: dict[str, tuple[Rule, ...] | SourceError] = {}

    def allows(self, url: httpx.URL) -> bool:
        """Whether the server lets feeder ask for it.

        Raises SourceError where its robots.txt cannot be had: then nothing may be asked for.
        """
        place = f"{url.scheme}://{url.netloc.decode('ascii')}/robots.txt"
        if place not in self._rules:
            try:
                self._rules[place] = to_rules(self._text(place))
            except SourceError as error:
                self._rules[place] = error
        rules = self._rules[place]
        if isinstance(rules, SourceError):
            raise type(rules)(rules.source, rules.reason, retry_after=rules.retry_after)
        return is_allowed(rules, url.raw_path.decode("ascii"))

    def _text(self, place: str) -> str:
        kept = self._ledger.answer("", place)
        if kept and kept.asked <= self._now < kept.asked + KEPT_FOR:
            return kept.text
        try:
            text, validator = self._fetch(place, kept)
        except BarredError:
            raise
        except SourceError as error:
            if kept is not None:
                return kept.text  # RFC 9309, 2.4: the copy may be used while it cannot be had
            why = f"{place} {error.reason}; until it can be had nothing else is asked for"
            raise SourceError(error.source, why, retry_after=error.retry_after) from error
        answer = KeptAnswer(text=text, validator=validator, asked=self._now)
        self._ledger.keep_answer("", place, answer)
        return text

    def _fetch(self, place: str, kept: KeptAnswer | None) -> tuple[str, str]:
        """Return the text and its validator; no text where there is none (RFC 9309, 2.3.1)."""
        answer = self._ask(place, kept.validator if kept else None)
        if kept and answer.status == http.HTTPStatus.NOT_MODIFIED:
            return kept.text, kept.validator
        if answer.status == http.HTTPStatus.OK:
            text = answer.data.decode("utf-8-sig", "replace")
            return text, validators.to_validator(answer.headers, answer.data)
        too_many = answer.status == http.HTTPStatus.TOO_MANY_REQUESTS
        if 300 <= answer.status < 500 and not too_many:
            return "", ""
        raise SourceError(place, answer.said, retry_after=answer.retry_after)


def to_rules(text: str) -> tuple[Rule, ...]:
    """Return the rules for feeder, else those for everyone."""
    groups: dict[str, list[Rule]] = {}
    agents: set[str] = set()  # whom the group in hand is for, as far as it concerns feeder
    is_open = False  # whether the group still names its agents
    for line in re.split("\r\n|[\r\n]", text):
        match = _LINE.match(line)
        key, value = (match[1].lower(), match[2].strip()) if match else ("", "")
        if key == "user-agent":
            agents = agents if is_open else set()
            is_open = True
            if (token := _token(value)) in (PRODUCT, "*"):
                agents.add(token)
                groups.setdefault(token, [])
        elif key in ("allow", "disallow"):
            is_open = False
            if value:
                rule = Rule(pattern=_normal(value), is_allowed=key == "allow")
                for agent in agents:
                    groups[agent].append(rule)
    return tuple(groups.get(PRODUCT, groups.get("*", [])))


def is_allowed(rules: tuple[Rule, ...], target: str) -> bool:
    """Whether the path (with its query) may be asked for: the longest rule that fits decides."""
    path = _normal(target)
    fitting = [rule for rule in rules if _fits(rule.pattern, path)]
    longest = max(fitting, key=lambda rule: (len(rule.pattern), rule.is_allowed), default=None)
    return longest is None or longest.is_allowed


def _token(value: str) -> str:
    """Return the product token of a user-agent line: `Feeder/1.0` is `feeder`."""
    match = re.match(r"\*|[A-Za-z_-]*", value)
    return match[0].lower() if match else ""


def _normal(path: str) -> str:
    """Return it with only those characters escaped that must be, so that two can be compared."""

    def escape(match: re.Match[str]) -> str:
        letter = chr(int(match[1], 16))
        return letter if _UNRESERVED.fullmatch(letter) else match[0].upper()

    return quote(_ESCAPE.sub(escape, path), safe=_ASCII)


def _fits(pattern: str, path: str) -> bool:
    is_whole = pattern.endswith("$")
    first, *parts = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    place = len(first)
    last = parts.pop() if is_whole and parts else None
    for part in parts:
        found = path.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    if last is not None:
        return len(path) - len(last) >= place and path.endswith(last)
    return not is_whole or place == len(path)
