"""config.toml → Config: defaults, paths, and every fault named with its key."""

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from feeder import config as configs
from feeder.errors import ConfigError


def write(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, text: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        configs.load_config(write(folder, text))
    return dict(caught.value.faults)


def test_an_empty_file_is_a_whole_configuration(tmp_path: Path) -> None:
    config = configs.load_config(write(tmp_path, ""))

    assert config.storage.database == tmp_path / "feeder.db"
    assert config.feeds.limit == 50
    assert config.section == configs.default_sections()


def test_the_configuration_that_ships_states_the_defaults(tmp_path: Path) -> None:
    shipped = configs.load_config(write(tmp_path, configs.template()))
    bare = configs.load_config(write(tmp_path, ""))

    for part in ("site", "storage", "feeds", "serve", "fetch", "upkeep", "section"):
        assert getattr(shipped, part) == getattr(bare, part)


def test_the_configuration_that_ships_names_every_key() -> None:
    text = configs.template()

    for field in fields(configs.Config):
        part = getattr(configs, field.name.capitalize())
        missing = [key for key in part.__dataclass_fields__ if f"{key} = " not in text]
        assert missing == [], part.__name__


def test_every_fault_is_named_with_its_key_at_once(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        """
        colour = "red"
        [site]
        base_url = "ftp://example.org"
        timezone = "Mars/Olympus"
        language = "zh_CN"
        authority = "somebody"
        [feeds]
        limit = "many"
        [[source]]
        folder = "drop"
        every = "soon"
        date = "%H"
        encoding = "klingon"
        [[source]]
        url = "file:///etc/passwd"
        cron = "every morning"
        [[section]]
        id = "Articles!"
        title = "x"
        """,
    )

    assert set(found) == {
        "colour", "site.base_url", "site.timezone", "site.language", "site.authority",
        "feeds.limit", "source[0].every", "source[0].date", "source[0].encoding",
        "source[1].url", "source[1].cron", "section[0].id",
    }  # fmt: skip
    assert found["colour"] == "there is no such key"


@pytest.mark.parametrize(
    ("text", "key", "word"),
    [
        ("[[source]]\nname = 'x'", "source[0]", "either folder or url"),
        ("[[source]]\nfolder='a'\nurl='http://b/c'", "source[0]", "not both"),
        (
            "[[source]]\nfolder='a'\nevery='1m'\ncron='* * * * *'",
            "source[0]",
            "either every or cron",
        ),
        ("[[section]]\nid='all'\ntitle='x'", "section[0].id", "taken by feeder"),
        (
            "[[section]]\nid='a'\ntitle='x'\nwords=['w']\n"
            "[[section]]\nid='a'\ntitle='y'\nwords=['w']",
            "",
            "stands twice",
        ),
        ("[[section]]\nid='a'\ntitle='x'", "section[0]", "would hold nothing"),
        ("[[section]]\nid='a'\ntitle='x'\ntopics=['medtop:99']", "section[0].topics[0]", "none of"),
        ("[[section]]\nid='a'\ntitle='x'\ntopics=['wether']", "section[0].topics[0]", "weather"),
        ("[[section]]\nid='a'\ntitle='x'\nwords=['']", "section[0].words[0]", "at least 1"),
        (
            "[[section]]\nid='a'\ntitle='x'\nsources=['gone']",
            "",
            "section[0].sources: there is no source",
        ),
        ("[site", "", "is not TOML"),
    ],
)
def test_a_contradiction_is_explained(tmp_path: Path, text: str, key: str, word: str) -> None:
    found = faults(tmp_path, text)

    assert word in found[key]


def test_a_configuration_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes("[site]\ntitle = '报'".encode("gb18030"))

    with pytest.raises(ConfigError, match="is not UTF-8"):
        configs.load_config(path)


def test_the_configuration_is_found_where_it_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(configs.VARIABLE, "elsewhere.toml")

    assert configs.find_config("here.toml") == Path("here.toml")
    assert configs.find_config() == Path("elsewhere.toml")


def test_without_any_configuration_the_way_to_make_one_is_told(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(configs.VARIABLE, raising=False)
    monkeypatch.setattr(configs, "SYSTEM", tmp_path / "none.toml")

    with pytest.raises(ConfigError, match="feeder init"):
        configs.find_config()


def test_a_topic_is_named_by_code_or_by_id(tmp_path: Path) -> None:
    config = configs.load_config(
        write(tmp_path, "[[section]]\nid='a'\ntitle='x'\ntopics=['weather', '04000000']")
    )

    assert config.section[0].topics == ("medtop:17000000", "medtop:04000000")


def test_a_title_is_given_in_the_language_asked_for() -> None:
    weather = next(part for part in configs.default_sections() if part.id == "weather")

    assert weather.title_in("en-GB") == "Weather"
    assert weather.title_in("zh-Hant") == "天氣"
    assert weather.title_in("fr") == "天气"


def test_a_configuration_is_held_without_what_checks_it() -> None:
    said = "import sys, feeder.config; sys.exit('pydantic' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", said]).returncode == 0


def test_what_a_source_lacks_or_has_too_much_of_is_said(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        """
        [[source]]
        url = "https://reader:secret@news.example.org/a01.txt"
        headers = { "Bad Name" = "x" }
        [[source]]
        url = "https://news.example.org/a01.txt"
        username = "feeder"
        [[source]]
        url = "https://news.example.org/index.html"
        next = "*.html"
        [[source]]
        folder = "drop"
        date = "(?P<year>[0-9]{4})"
        [[source]]
        url = "https://news.example.org/a01.txt"
        publication = "{folder}"
        """,
    )

    assert list(found) == [
        "source[0].url", "source[0].headers", "source[1]", "source[2]", "source[3].date",
        "source[4]",
    ]  # fmt: skip
    assert "password_file" in found["source[0].url"]
    assert "secret" not in str(found)


def test_a_url_is_filled_with_a_day_and_not_with_a_time_of_day(tmp_path: Path) -> None:
    for pattern in ("%H", "%Y%m%d-%M", "today", "%", ""):
        source = f'[[source]]\nurl = "https://news.example.org/{{date:{pattern}}}/a01.txt"'
        assert "is no day" in faults(tmp_path, source)["source[0].url"]
    configs.load_config(
        write(tmp_path, '[[source]]\nurl = "https://news.example.org/{date:%y/%m%d}/a01.txt"')
    )
