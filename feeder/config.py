"""`config.toml` → `Config`, checked once; every fault in it is reported at once with its key."""

from __future__ import annotations

import datetime as dt
import difflib
import ipaddress
import os
import re
import tomllib
import zoneinfo
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from apscheduler.triggers.cron import CronTrigger
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from feeder import iptc
from feeder.errors import ConfigError

VARIABLE = "FEEDER_CONFIG"
LOCAL = Path("config.toml")
SYSTEM = Path("/etc/feeder/config.toml")

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
# Ids are folder names under public/ and parts of URLs; these folders have other owners.
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_RESERVED = frozenset({"all", "articles", "assets", "operations"})
# RFC 4151: a domain name or an e-mail address, a comma, and a date at which the owner held it.
_AUTHORITY = re.compile(
    r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?,\d{4}(?:-\d\d(?:-\d\d)?)?"
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def _to_seconds(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = _DURATION.fullmatch(value.strip())
    if not match:
        raise ValueError('is no length of time; write "30s", "5m", "2h" or "1d"')
    return float(match[1]) * _SECONDS[match[2]]


def _checked_id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise ValueError("must be lower-case letters, digits and single hyphens, as in pearl-river")
    if value in _RESERVED:
        raise ValueError(f"is taken by feeder itself: {', '.join(sorted(_RESERVED))}")
    return value


def _checked_language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise ValueError("is no language tag (BCP 47); write zh-Hans, zh-Hant or en")
    return value


def _checked_pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return value


def _checked_topic(value: str) -> str:
    topic = iptc.find(value)
    if topic is None:
        known = [each.id for each in iptc.TOPICS]
        near = difflib.get_close_matches(value.casefold(), known, n=1)
        meant = f"; did you mean {near[0]}?" if near else f": {', '.join(known)}"
        raise ValueError(f"{value!r:.60} is none of the topics that feeder tells apart{meant}")
    return iptc.PREFIX + topic.code


def _to_titles(value: object) -> object:
    return {"": value} if isinstance(value, str) else value


Seconds = Annotated[float, BeforeValidator(_to_seconds)]
Id = Annotated[str, AfterValidator(_checked_id)]
Language = Annotated[str, AfterValidator(_checked_language)]
Pattern = Annotated[str, AfterValidator(_checked_pattern)]
Titles = Annotated[dict[str, str], BeforeValidator(_to_titles), Field(min_length=1)]
Words = tuple[Annotated[str, Field(min_length=1)], ...]
Topics = tuple[Annotated[str, AfterValidator(_checked_topic)], ...]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Site(_Part):
    """Who publishes, where it is read, in which language and time zone."""

    title: str = Field(default="feeder", min_length=1)
    base_url: str = "http://127.0.0.1:8080/"
    language: Language = "zh-Hans"
    timezone: str = "Asia/Shanghai"
    authority: str = "example.org,2026"
    rights: str = ""

    @field_validator("base_url")
    @classmethod
    def _checked_base_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be the http(s) address under which the public folder is read")
        if parts.query or parts.fragment:
            raise ValueError("must not hold a query or a fragment")
        return value if value.endswith("/") else value + "/"

    @field_validator("timezone")
    @classmethod
    def _checked_timezone(cls, value: str) -> str:
        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("is no known time zone; write one such as Asia/Shanghai") from error
        return value

    @field_validator("authority")
    @classmethod
    def _checked_authority(cls, value: str) -> str:
        if not _AUTHORITY.fullmatch(value):
            raise ValueError(
                "must be a domain of yours, a comma and a year you held it: example.org,2026"
            )
        return value

    @property
    def zone(self) -> dt.tzinfo:
        """The time zone of the newspapers' dates."""
        return zoneinfo.ZoneInfo(self.timezone)


class Storage(_Part):
    """Where the database and the published files lie; relative to the configuration's folder."""

    database: Path = Path("feeder.db")
    public: Path = Path("public")


class Feeds(_Part):
    """What every feed holds and in which formats."""

    limit: int = Field(default=50, ge=1, le=1000)
    formats: tuple[Literal["rss", "atom", "json"], ...] = Field(
        default=("rss", "atom", "json"), min_length=1
    )


class Serve(_Part):
    """The built-in web server of `feeder run`."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)

    @field_validator("host")
    @classmethod
    def _checked_host(cls, value: str) -> str:
        if value == "localhost":
            return value
        try:
            ipaddress.ip_address(value)
        except ValueError as error:
            raise ValueError("must be an address of this machine, such as 127.0.0.1") from error
        return value


class Source(_Part):
    """A folder or a URL where page texts arrive."""

    name: str = Field(default="", max_length=100)
    folder: Path | None = None
    url: str | None = None
    every: Annotated[Seconds, Field(ge=1, le=366 * 86400)] = 30.0
    cron: str | None = None
    patterns: tuple[str, ...] = Field(default=("*.txt",), min_length=1)
    publication: str | None = None
    language: Language | None = None
    date: str | None = None
    encoding: str | None = None
    settle_seconds: float = Field(default=2.0, ge=0, le=3600)
    after: Literal["keep", "archive", "delete"] = "keep"
    private: bool = False
    """Whether a name in the URL, or a redirect, may lead into a private or loopback network."""

    @field_validator("cron")
    @classmethod
    def _checked_cron(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                CronTrigger.from_crontab(value, timezone=dt.UTC)
            except ValueError as error:
                raise ValueError(f"is no crontab line of five fields: {error}") from error
        return value

    @field_validator("encoding")
    @classmethod
    def _checked_encoding(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                "".encode(value)
            except LookupError as error:
                raise ValueError("is no known encoding; write utf-8, gb18030 or big5") from error
        return value

    @field_validator("date")
    @classmethod
    def _checked_date(cls, value: str | None) -> str | None:
        if value is not None and not re.search(r"%[Yy].*%m.*%d|%[Yy].*%j", value):
            raise ValueError("must hold year, month and day, as in %Y-%m-%d")
        return value

    @field_validator("url")
    @classmethod
    def _checked_url(cls, value: str | None) -> str | None:
        if value is not None:
            parts = urlsplit(value)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("must be an http(s) address")
        return value

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.folder is None) == (self.url is None):
            raise ValueError("needs a place: either folder or url, not both")
        if self.cron is not None and "every" in self.model_fields_set:
            raise ValueError("needs one rhythm: either every or cron, not both")
        return self

    @property
    def label(self) -> str:
        """What it is called in messages and in the store."""
        return self.name or self.url or str(self.folder)


class Section(_Part):
    """A section: what belongs to it, and what it is called."""

    id: Id
    title: Titles
    topics: Topics = ()
    words: Words = ()
    labels: Words = ()
    publications: Words = ()
    sources: Words = ()

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if not any((self.topics, self.words, self.labels, self.publications, self.sources)):
            raise ValueError(
                "would hold nothing; give it topics, words, labels, publications or sources"
            )
        return self

    def title_in(self, language: str) -> str:
        """The title in that language (BCP 47), else the first there is."""
        return _title_in(self.title, language)


class Search(_Part):
    """A saved search that is published like a section."""

    id: Id
    title: Titles
    words: str = Field(min_length=1)

    def title_in(self, language: str) -> str:
        """The title in that language (BCP 47), else the first there is."""
        return _title_in(self.title, language)


def _title_in(titles: dict[str, str], language: str) -> str:
    primary = language.split("-")[0]
    for key in (language, primary, ""):
        if key in titles:
            return titles[key]
    return next(iter(titles.values()))


class Config(_Part):
    """A whole configuration. Paths in it are absolute once it is loaded."""

    site: Site = Site()
    storage: Storage = Storage()
    feeds: Feeds = Feeds()
    serve: Serve = Serve()
    source: tuple[Source, ...] = ()
    section: tuple[Section, ...] = ()
    search: tuple[Search, ...] = ()

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        ids = [*(part.id for part in self.section), *(part.id for part in self.search)]
        labels = [source.label for source in self.source]
        for what, names in (("section or search id", ids), ("source", labels)):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(
                    f"the same {what} stands twice: {', '.join(twice)}; give one another name"
                )
        for place, part in enumerate(self.section):
            unknown = sorted(set(part.sources) - set(labels))
            if unknown:
                raise ValueError(
                    f"section[{place}].sources: there is no source named {', '.join(unknown)}"
                )
        return self


def find_config(path: str | os.PathLike[str] | None = None) -> Path:
    """Return the configuration to use: the given one, else the first of the usual places.

    The usual places: `$FEEDER_CONFIG`, `./config.toml`, `/etc/feeder/config.toml`.
    Raises ConfigError where none exists.
    """
    named = path or os.environ.get(VARIABLE)
    if named:
        return Path(named)
    for usual in (LOCAL, SYSTEM):
        if usual.exists():
            return usual
    raise ConfigError(str(LOCAL), [("", "there is no configuration here; `feeder init` makes one")])


def load_config(path: Path) -> Config:
    """Return the configuration in the file, its paths made absolute.

    Raises ConfigError with every fault in it.
    """
    config = _validated(_read_toml(path), place=str(path))
    if not config.section:
        config = config.model_copy(update={"section": default_sections()})
    return _resolved(config, folder=path.absolute().parent)


def template() -> str:
    """Return the commented configuration that ships with feeder."""
    return resources.files("feeder").joinpath("config.toml").read_text(encoding="utf-8")


def default_sections() -> tuple[Section, ...]:
    """Return the sections of the configuration that ships: the IPTC top level."""
    parts = tomllib.loads(template())["section"]
    return tuple(Section.model_validate(part) for part in parts)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError as error:
        why = "there is no such file; `feeder init` makes one"
        raise ConfigError(str(path), [("", why)]) from error
    except OSError as error:
        raise ConfigError(str(path), [("", error.strerror or str(error))]) from error
    except UnicodeDecodeError as error:
        why = f"is not UTF-8 (byte {error.start}); save it as UTF-8"
        raise ConfigError(str(path), [("", why)]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), [("", f"is not TOML: {error}")]) from error


def _validated(parts: dict[str, Any], *, place: str) -> Config:
    try:
        return Config.model_validate(parts)
    except ValidationError as error:
        faults = [(_key(fault["loc"]), _reason(fault)) for fault in error.errors()]
        raise ConfigError(place, faults) from error


_SHAPES = {
    "tuple_type": 'must be a list, as in ["one", "two"]; of tables, write [[name]]',
    "dict_type": 'must be a table, as in { zh-Hans = "天气", en = "Weather" }',
    "model_type": "must be a table",
    "string_type": 'must be text in quotes, as in "text"',
}
"""What pydantic calls by Python's names, for people who write TOML."""


def _key(where: tuple[int | str, ...]) -> str:
    """`("source", 0, "every")` → `source[0].every`."""
    key = ""
    for part in where:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
    return key


def _reason(fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        return "there is no such key"
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    if fault["type"] in _SHAPES:
        return f"{_SHAPES[fault['type']]} (it is {fault['input']!r:.60})"
    return f"{fault['msg'][0].lower()}{fault['msg'][1:]} (it is {fault['input']!r:.60})"


def _resolved(config: Config, *, folder: Path) -> Config:
    """Paths made absolute without following links: a folder may be linked elsewhere later."""
    storage = Storage(
        database=folder / config.storage.database, public=folder / config.storage.public
    )
    sources = tuple(
        source.model_copy(update={"folder": folder / source.folder, "name": source.label})
        if source.folder
        else source
        for source in config.source
    )
    return config.model_copy(update={"storage": storage, "source": sources})
