"""`config.toml` → `Config`, checked once; every fault in it is reported at once with its key.

The values are plain dataclasses, and pydantic, which checks them, is imported only to load one: the
service, which holds a configuration for years, is a fourth smaller without it.
"""

from __future__ import annotations

import datetime as dt
import difflib
import ipaddress
import os
import re
import tomllib
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from annotated_types import Ge, Le, MaxLen, MinLen

from feeder import iptc
from feeder.errors import ConfigError

T = TypeVar("T")
VARIABLE = "FEEDER_CONFIG"
LOCAL = Path("config.toml")
SYSTEM = Path("/etc/feeder/config.toml")

CREDENTIAL = "credential:"
"""Begins the name of a secret that systemd hands over (systemd.exec(5), LoadCredential=)."""

FOLDER = "{folder}"
"""In a source's publication: the sub-folder in which the page lies."""

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
# Ids are folder names under public/ and parts of URLs; these folders have other owners.
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_RESERVED = frozenset({"all", "articles", "assets", "operations"})
# RFC 4151: a domain name or an e-mail address, a comma, and a date at which the owner held it.
_AUTHORITY = re.compile(
    r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?,\d{4}(?:-\d\d(?:-\d\d)?)?"
)
_DATE_IN_URL = re.compile(r"\{date:([^{}]*)\}")
_DIRECTIVE = re.compile(r"%(.?)")
_OF_A_DAY = frozenset("YymdjbBaAeGgVUWuwC%")
"""Directives of strftime(3) that say something of a day, and none of the time of day."""
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_NAMED_GROUP = "(?P<"
_FOLDER_SECONDS, _URL_SECONDS = 30.0, 300.0
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


def _checked_base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be the http(s) address under which the public folder is read")
    if parts.query or parts.fragment:
        raise ValueError("must not hold a query or a fragment")
    return value if value.endswith("/") else value + "/"


def _checked_timezone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("is no known time zone; write one such as Asia/Shanghai") from error
    return value


def _checked_authority(value: str) -> str:
    if not _AUTHORITY.fullmatch(value):
        raise ValueError(
            "must be a domain of yours, a comma and a year you held it: example.org,2026"
        )
    return value


def _checked_host(value: str) -> str:
    if value == "localhost":
        return value
    try:
        ipaddress.ip_address(value)
    except ValueError as error:
        raise ValueError("must be an address of this machine, such as 127.0.0.1") from error
    return value


def _checked_cron(value: str) -> str:
    # Imported where used: only a configuration with crontab lines needs it.
    from feeder.crontab import to_cron_trigger

    try:
        to_cron_trigger(value, dt.UTC)
    except ValueError as error:
        raise ValueError(f"is no crontab line of five fields: {error}") from error
    return value


def _checked_encoding(value: str) -> str:
    try:
        "".encode(value)
    except LookupError as error:
        raise ValueError("is no known encoding; write utf-8, gb18030 or big5") from error
    return value


def _checked_date(value: str) -> str:
    if _NAMED_GROUP in value:
        try:
            named = set(re.compile(value).groupindex)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        if not {"year", "month", "day"} <= named:
            raise ValueError("must name the groups year, month and day: (?P<year>[0-9]{4}) …")
    elif not re.search(r"%[Yy].*%m.*%d|%[Yy].*%j", value):
        raise ValueError("must hold year, month and day, as in %Y-%m-%d")
    return value


def _checked_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an http(s) address")
    if parts.password is not None:
        raise ValueError("must not hold a password; name a file with it as password_file")
    for pattern in _DATE_IN_URL.findall(value):
        odd = [letter for letter in _DIRECTIVE.findall(pattern) if letter not in _OF_A_DAY]
        if odd or "%" not in pattern:
            raise ValueError(f"{{date:{pattern}}} is no day; write as in {{date:%Y-%m-%d}}")
    return value


def _checked_headers(value: dict[str, str]) -> dict[str, str]:
    for name, said in value.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name!r:.60} is no name of a header")
        if any(ord(letter) < 32 or ord(letter) > 126 for letter in said):
            raise ValueError(f"{name} must be printable ASCII")
    return value


@dataclass(frozen=True)
class _Check:
    """Says to pydantic how a value is checked, in a module that does not import pydantic."""

    function: Callable[[Any], Any]
    is_first: bool = False
    """Whether it sees the value as it was written, before it is made a number, a path …"""

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        from pydantic_core import core_schema

        if self.is_first:
            return core_schema.no_info_before_validator_function(self.function, handler(source))
        return core_schema.no_info_after_validator_function(self.function, handler(source))


Seconds = Annotated[float, _Check(_to_seconds, is_first=True)]
Id = Annotated[str, _Check(_checked_id)]
Language = Annotated[str, _Check(_checked_language)]
Cron = Annotated[str, _Check(_checked_cron)]
Titles = Annotated[dict[str, str], _Check(_to_titles, is_first=True), MinLen(1)]
Words = tuple[Annotated[str, MinLen(1)], ...]
Topics = tuple[Annotated[str, _Check(_checked_topic)], ...]

# What every table of the file has in common (https://docs.pydantic.dev/latest/api/config/).
_TABLE = {"extra": "forbid", "str_strip_whitespace": True}


@dataclass(frozen=True, kw_only=True)
class Site:
    """Who publishes, where it is read, in which language and time zone."""

    __pydantic_config__ = _TABLE

    title: Annotated[str, MinLen(1)] = "feeder"
    base_url: Annotated[str, _Check(_checked_base_url)] = "http://127.0.0.1:8080/"
    language: Language = "zh-Hans"
    timezone: Annotated[str, _Check(_checked_timezone)] = "Asia/Shanghai"
    authority: Annotated[str, _Check(_checked_authority)] = "example.org,2026"
    rights: str = ""

    @property
    def zone(self) -> dt.tzinfo:
        """The time zone of the newspapers' dates."""
        return zoneinfo.ZoneInfo(self.timezone)


@dataclass(frozen=True, kw_only=True)
class Storage:
    """Where the database and the published files lie; relative to the configuration's folder."""

    __pydantic_config__ = _TABLE

    database: Path = Path("feeder.db")
    public: Path = Path("public")


@dataclass(frozen=True, kw_only=True)
class Feeds:
    """What every feed holds and in which formats."""

    __pydantic_config__ = _TABLE

    limit: Annotated[int, Ge(1), Le(1000)] = 50
    formats: Annotated[tuple[Literal["rss", "atom", "json"], ...], MinLen(1)] = (
        "rss",
        "atom",
        "json",
    )


@dataclass(frozen=True, kw_only=True)
class Serve:
    """The built-in web server of `feeder run`."""

    __pydantic_config__ = _TABLE

    enabled: bool = True
    host: Annotated[str, _Check(_checked_host)] = "127.0.0.1"
    port: Annotated[int, Ge(0), Le(65535)] = 8080


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """How every URL is asked for."""

    __pydantic_config__ = _TABLE

    contact: str = ""
    """Where the server's operator reaches whoever runs feeder; stands in the User-Agent."""
    gap_seconds: Annotated[float, Ge(0), Le(3600)] = 1.0
    """Between the end of one request to a host and the begin of the next."""

    def __post_init__(self) -> None:
        if not all(32 <= ord(letter) <= 126 for letter in self.contact):
            raise ValueError("contact must be an address in ASCII")


@dataclass(frozen=True, kw_only=True)
class Upkeep:
    """What is done for the database once a day."""

    __pydantic_config__ = _TABLE

    cron: Cron = "30 4 * * *"
    backups: Path = Path("backups")
    keep_backups: Annotated[int, Ge(0), Le(1000)] = 7
    """The newest so many are kept; 0 makes none."""
    keep_days: Annotated[int, Ge(0)] = 0
    """Articles and page texts of older papers are forgotten; 0 keeps all."""
    keep_revision_days: Annotated[int, Ge(0)] = 0
    """What an article said before is forgotten after so many days; 0 keeps all."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A folder or a URL where page texts arrive."""

    __pydantic_config__ = _TABLE

    name: Annotated[str, MaxLen(100)] = ""
    folder: Path | None = None
    url: Annotated[str, _Check(_checked_url)] | None = None
    every: Annotated[Seconds, Ge(1), Le(366 * 86400)] | None = None
    cron: Cron | None = None
    publication: str | None = None
    """`{folder}` in it stands for the sub-folder in which the page lies."""
    language: Language | None = None
    date: Annotated[str, _Check(_checked_date)] | None = None
    """A strptime pattern, or a regular expression with the groups year, month and day."""
    encoding: Annotated[str, _Check(_checked_encoding)] | None = None

    patterns: Annotated[tuple[str, ...], MinLen(1)] = ("*.txt",)
    settle_seconds: Annotated[float, Ge(0), Le(3600)] = 2.0
    after: Literal["keep", "archive", "delete"] = "keep"

    days_back: Annotated[int, Ge(0), Le(366)] = 0
    """How many days before today are asked for too, where the URL has a date in it."""
    links: str | None = None
    """The URL is an index or a feed; what it links to that fits this pattern is a page."""
    next: str | None = None
    """Links of an index that lead to further parts of it."""
    max_links: Annotated[int, Ge(1), Le(10_000)] = 200
    max_parts: Annotated[int, Ge(1), Le(1000)] = 10
    """How many parts of an index are read."""
    timeout: Annotated[Seconds, Ge(1), Le(3600)] = 60.0
    """For one request, from the name's look-up to the last byte."""
    robots: bool = True
    """Whether robots.txt is obeyed."""
    private: bool = False
    """Whether a name in the URL, or a redirect, may lead into a private or loopback network."""
    username: str | None = None
    password_file: str | None = None
    """A file, or `credential:NAME` for one that systemd hands over."""
    headers: Annotated[dict[str, str], _Check(_checked_headers)] = field(default_factory=dict)
    headers_file: str | None = None
    """A file of secret headers, one a line, or `credential:NAME`."""

    def __post_init__(self) -> None:
        if (self.folder is None) == (self.url is None):
            raise ValueError("needs a place: either folder or url, not both")
        if self.cron is not None and self.every is not None:
            raise ValueError("needs one rhythm: either every or cron, not both")
        if (self.username is None) != (self.password_file is None):
            raise ValueError("needs both username and password_file, or neither")
        if self.url and FOLDER in (self.publication or ""):
            raise ValueError(f"publication = {FOLDER!r} is for a folder; name the paper")
        if self.next and not self.links:
            raise ValueError("next is for an index; say by links which of its links are pages")

    @property
    def label(self) -> str:
        """What it is called in messages and in the store."""
        return self.name or self.url or str(self.folder)

    @property
    def every_seconds(self) -> float:
        """How often it is looked at where no crontab line says when: a folder is cheap to ask."""
        return self.every or (_FOLDER_SECONDS if self.folder else _URL_SECONDS)


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section: what belongs to it, and what it is called."""

    __pydantic_config__ = _TABLE

    id: Id
    title: Titles
    topics: Topics = ()
    words: Words = ()
    labels: Words = ()
    publications: Words = ()
    sources: Words = ()

    def __post_init__(self) -> None:
        if not any((self.topics, self.words, self.labels, self.publications, self.sources)):
            raise ValueError(
                "would hold nothing; give it topics, words, labels, publications or sources"
            )

    def title_in(self, language: str) -> str:
        """The title in that language (BCP 47), else the first there is."""
        return _title_in(self.title, language)


@dataclass(frozen=True, kw_only=True)
class Search:
    """A saved search that is published like a section."""

    __pydantic_config__ = _TABLE

    id: Id
    title: Titles
    words: Annotated[str, MinLen(1)]

    def title_in(self, language: str) -> str:
        """The title in that language (BCP 47), else the first there is."""
        return _title_in(self.title, language)


def _title_in(titles: dict[str, str], language: str) -> str:
    primary = language.split("-")[0]
    for key in (language, primary, ""):
        if key in titles:
            return titles[key]
    return next(iter(titles.values()))


@dataclass(frozen=True, kw_only=True)
class Config:
    """A whole configuration. Paths in it are absolute once it is loaded."""

    __pydantic_config__ = _TABLE

    site: Site = Site()
    storage: Storage = Storage()
    feeds: Feeds = Feeds()
    serve: Serve = Serve()
    fetch: Fetch = Fetch()
    upkeep: Upkeep = Upkeep()
    source: tuple[Source, ...] = ()
    section: tuple[Section, ...] = ()
    search: tuple[Search, ...] = ()

    def __post_init__(self) -> None:
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
    config = _validated(Config, _read_toml(path), place=str(path))
    if not config.section:
        config = replace(config, section=default_sections())
    return _resolved(config, folder=path.absolute().parent)


def made(kind: type[T], **parts: object) -> T:
    """Return a part of a configuration, checked as if it were written in the file.

    Raises ConfigError with every fault in it.
    """
    return _validated(kind, parts, place=kind.__name__)


def template() -> str:
    """Return the commented configuration that ships with feeder."""
    return resources.files("feeder").joinpath("config.toml").read_text(encoding="utf-8")


def default_sections() -> tuple[Section, ...]:
    """Return the sections of the configuration that ships: the IPTC top level."""
    from pydantic import TypeAdapter

    parts = tomllib.loads(template())["section"]
    return TypeAdapter(tuple[Section, ...]).validate_python(parts)


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


def _validated(kind: type[T], parts: dict[str, Any], *, place: str) -> T:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(kind).validate_python(parts)
    except ValidationError as error:
        faults = [(_key(fault["loc"]), _reason(fault)) for fault in error.errors()]
        raise ConfigError(place, faults) from error


_SHAPES = {
    "tuple_type": 'must be a list, as in ["one", "two"]; of tables, write [[name]]',
    "dict_type": 'must be a table, as in { zh-Hans = "天气", en = "Weather" }',
    "dataclass_type": "must be a table",
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
    if fault["type"] == "unexpected_keyword_argument":
        return "there is no such key"
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    if fault["type"] in _SHAPES:
        return f"{_SHAPES[fault['type']]} (it is {fault['input']!r:.60})"
    return f"{fault['msg'][0].lower()}{fault['msg'][1:]} (it is {fault['input']!r:.60})"


def _resolved(config: Config, *, folder: Path) -> Config:
    """Paths made absolute without following links: a folder may be linked elsewhere later."""

    def secret(named: str | None) -> str | None:
        is_path = named is not None and not named.startswith(CREDENTIAL)
        return str(folder / named) if is_path and named else named

    return replace(
        config,
        storage=Storage(
            database=folder / config.storage.database, public=folder / config.storage.public
        ),
        upkeep=replace(config.upkeep, backups=folder / config.upkeep.backups),
        source=tuple(
            replace(
                source,
                name=source.label,
                folder=source.folder and folder / source.folder,
                password_file=secret(source.password_file),
                headers_file=secret(source.headers_file),
            )
            for source in config.source
        ),
    )
