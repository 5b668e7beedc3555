"""The commands as people and scripts use them: output, exit codes, and nothing on the side."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from feeder import __version__
from feeder.cli import feeder

EXAMPLES = Path(__file__).parent.parent / "examples" / "pages"
FEEDER = str(Path(sys.executable).with_name("feeder"))
PAGE = """本报讯（记者/言小满）昨日，
市气象台预计，未来三天以多云为
主，早晚清凉，周末有小雨，气温
略降。
市气象台提醒，雨天路滑，请
市民出门带伞，注意交通安全。

周末有小雨
早晚添衣裳
"""
OTHER_PAGE = """本报讯（记者/屠望川）昨日，
青木桥小学图书馆开馆，学生们在
老师带领下借走了第一批图书。
校长说，图书馆周六也开放，
家长可以陪孩子来读书。

小学图书馆开馆
"""
HEAVY = {
    "apscheduler", "charset_normalizer", "feedgen", "httpx", "jinja2", "lxml", "pydantic", "rich",
    "sqlite_utils", "uvicorn",
}  # fmt: skip
COMMANDS = {
    "init", "ingest", "run", "parse", "explain", "publish", "reparse", "search", "withdraw",
    "status", "check", "backup", "restore",
}  # fmt: skip


def call(*arguments: object) -> Result:
    return CliRunner().invoke(feeder, [str(argument) for argument in arguments])


def spawn(*arguments: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [FEEDER, *map(str, arguments)],
        capture_output=True,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
    )


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "moxi-2026-03-01.txt"
    path.write_text(PAGE, encoding="utf-8")
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    assert call("init", folder).exit_code == 0
    return folder / "config.toml"


@pytest.fixture
def website() -> Iterator[str]:
    """A web server on loopback that serves one page text and knows no other."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/a01.txt"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.end_headers()
            self.wfile.write(PAGE.encode() if found else b"")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


# -- the whole ------------------------------------------------------------------------------------


def test_the_version_and_the_help_are_printed() -> None:
    assert spawn("--version").stdout.decode() == f"feeder {__version__}\n"
    assert "feeder init news" in spawn("--help").stdout.decode()


def test_every_command_says_how_it_is_used_by_an_example() -> None:
    assert set(feeder.list_commands(click.Context(feeder))) == COMMANDS
    for name in sorted(COMMANDS):
        shown = call(name, "--help")
        assert shown.exit_code == 0
        assert f"\n    feeder {name}" in shown.output, name


def test_version_and_help_import_no_heavy_library() -> None:
    for option in ("--version", "--help"):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "feeder", option],
            capture_output=True,
            text=True,
            check=True,
        )
        imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}

        assert "click" in imported
        assert imported.isdisjoint(HEAVY)


def test_wrong_usage_ends_with_2() -> None:
    assert call("parse").exit_code == 2
    assert call("withdraw", "twelve").exit_code == 2
    assert call("no-such-command").exit_code == 2


def test_without_a_configuration_the_way_to_make_one_is_told_in_one_line(tmp_path: Path) -> None:
    done = spawn("--config", tmp_path / "none.toml", "status")

    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.decode().count("\n") == 1
    assert "`feeder init`" in done.stderr.decode()


def test_the_configuration_may_be_named_on_either_side_of_the_command(config: Path) -> None:
    before = call("--config", config, "status", "--json")
    after = call("status", "--json", "--config", config)

    assert before.exit_code == after.exit_code == 0
    assert before.stdout == after.stdout


def test_every_fault_of_a_configuration_stands_on_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("colour = 1\n[feeds]\nlimit = 0\n", encoding="utf-8")

    done = call("--config", path, "publish")

    assert done.exit_code == 2
    assert [line.split(": ")[2] for line in done.stderr.splitlines()] == ["feeds.limit", "colour"]


# -- parse and explain ----------------------------------------------------------------------------


def test_parse_prints_one_json_object_a_page_with_the_page_benchs_keys(page: Path) -> None:
    done = call("parse", "--json", page, page)

    assert done.exit_code == 0
    lines = [json.loads(line) for line in done.output.splitlines()]
    assert [line["page"] for line in lines] == [page.name, page.name]
    article = lines[0]["articles"][0]
    assert set(article) == {
        "id", "section", "sections", "scores", "kicker", "headline", "deck", "credit", "byline",
        "body", "captions", "confidence",
    }  # fmt: skip
    assert set(article["byline"]) == {"reporters", "correspondents", "photographers"}
    assert set(article["body"][0]) == {"type", "text"}
    assert article["id"] == "a1"
    assert article["section"] == "weather" == article["sections"][0]


def test_parse_reads_every_page_text_of_a_folder(tmp_path: Path, page: Path) -> None:
    (tmp_path / "other.txt").write_text(OTHER_PAGE, encoding="utf-8")

    done = call("parse", "--json", tmp_path)

    found = sorted(json.loads(line)["page"] for line in done.output.splitlines())
    assert found == [page.name, "other.txt"]


def test_parse_writes_utf8_json_whatever_the_locale(page: Path) -> None:
    done = spawn("parse", "--json", page, LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")

    assert done.returncode == 0
    assert "气象台" in done.stdout.decode("utf-8")


def test_a_summary_does_not_fail_where_the_locale_lacks_the_letters(page: Path) -> None:
    done = spawn("parse", page, LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")

    assert done.returncode == 0
    assert b"a1" in done.stdout


def test_parse_names_a_bad_page_and_does_the_others(tmp_path: Path, page: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.touch()

    done = call("parse", "--json", empty, tmp_path / "missing.txt", page)

    assert done.exit_code == 1
    assert [json.loads(line)["page"] for line in done.stdout.splitlines()] == [page.name]
    failures = done.stderr.splitlines()
    assert len(failures) == 2
    assert "empty.txt: " in failures[0]
    assert "missing.txt: " in failures[1]


def test_parse_and_explain_need_no_configuration_and_leave_nothing(
    tmp_path: Path, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workplace = tmp_path / "elsewhere"
    workplace.mkdir()
    monkeypatch.chdir(workplace)
    monkeypatch.setenv("FEEDER_CONFIG", "nothing-here.toml")

    assert call("parse", page).exit_code == 0
    assert call("explain", page).exit_code == 0
    assert list(workplace.iterdir()) == []


def test_parse_shows_a_person_titles_and_sections(page: Path) -> None:
    shown = call("parse", page).output

    assert shown.startswith(f"{page.name}: ")
    assert "a1  " in shown
    assert "[weather" in shown


def test_explain_shows_every_line_and_accounts_for_every_character(page: Path) -> None:
    shown = call("explain", page).output

    lines, _, account = shown.rpartition(f"\n\n{page.name}: ")
    for number, line in enumerate(PAGE.split("\n"), 1):
        assert any(
            row.split()[:1] == [str(number)] and row.endswith(line) for row in lines.split("\n")
        ), line
    counted = sum(int(word) for word in account.splitlines()[0].split() if word.isdigit())
    assert counted == sum(not letter.isspace() for letter in PAGE)


def test_explain_files_articles_as_the_configuration_says_and_shows_forecasts(
    config: Path,
) -> None:
    config.write_text(
        '[[section]]\nid = "sky"\ntitle = "天气"\ntopics = ["weather"]\n', encoding="utf-8"
    )

    done = call("explain", "--config", config, "examples/pages/qingshi-2026-11-20.txt")

    assert done.exit_code == 0
    assert re.search(r"1\.00  sky: .*气温", done.output)
    assert "2026-11-20  多云到晴  11–20℃" in done.output
    config.write_text("[[section]]\nid = 1\n", encoding="utf-8")
    assert call("explain", "--config", config, "examples/pages").exit_code == 2


def test_check_hints_at_topics_without_a_section_and_papers_without_a_source(config: Path) -> None:
    text = config.read_text(encoding="utf-8").partition("\n[[section]]")[0]
    config.write_text(
        f'{text}\n[[section]]\nid = "sky"\ntitle = "天气"\ntopics = ["weather"]\n'
        'publications = ["无名报"]\n',
        encoding="utf-8",
    )

    done = call("--config", config, "check")

    assert "no section has the topics arts, conflict" in done.stderr
    assert "section[0].publications: no source is of 无名报" in done.stderr


def test_explain_tells_what_the_confidence_of_an_unsure_article_hangs_on() -> None:
    rows = call("explain", EXAMPLES).output.splitlines()

    unsure = 0
    for row, below in pairwise(rows):
        if told := re.match(r"  a\d+ +(0\.[0-8]\d)  ", row):
            unsure += 1
            assert re.fullmatch(
                rf" +{told[1]}    (line \d+ .+|no headline was found for it)", below
            )
    assert unsure


def test_a_reader_that_leaves_early_ends_the_output_quietly(page: Path) -> None:
    with subprocess.Popen(
        [FEEDER, "explain", *[str(page)] * 400], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""


# -- init and check -------------------------------------------------------------------------------


def test_init_writes_a_configuration_that_is_in_order(tmp_path: Path) -> None:
    done = call("init", tmp_path / "news")

    assert done.exit_code == 0
    assert (tmp_path / "news" / "drop").is_dir()
    checked = call("--config", tmp_path / "news" / "config.toml", "check")
    assert checked.exit_code == 0
    assert "in order" in checked.stdout


def test_init_never_overwrites(config: Path) -> None:
    config.write_text('[[source]]\nfolder = "inbox"\n', encoding="utf-8")

    done = call("init", config.parent)

    assert done.exit_code == 0
    assert config.read_text(encoding="utf-8") == '[[source]]\nfolder = "inbox"\n'
    assert "stays as it is" in done.output
    assert (config.parent / "inbox").is_dir()


def test_init_says_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = call("init", tmp_path / "file")

    assert done.exit_code == 2
    assert "cannot be made" in done.stderr


def test_check_names_every_folder_that_is_missing(config: Path) -> None:
    config.write_text(
        """
        [storage]
        database = "there/feeder.db"
        public = "no/where/public"
        [[source]]
        folder = "drop"
        [[source]]
        folder = "gone"
        after = "archive"
        """,
        encoding="utf-8",
    )

    done = call("--config", config, "check")

    assert done.exit_code == 2
    named = {line.split(": ")[2] for line in done.stderr.splitlines() if "hint" not in line}
    assert named == {"storage.database", "storage.public", "source[1].folder"}


def test_check_hints_at_addresses_that_others_cannot_use(config: Path) -> None:
    config.write_text(
        '[serve]\nport = 9000\n[[source]]\nfolder = "drop"\n',
        encoding="utf-8",
    )

    done = call("--config", config, "check")

    assert done.exit_code == 0
    assert "only this machine" in done.stderr
    assert "serve.port 9000" in done.stderr
    assert "site.authority" in done.stderr


# -- the road -------------------------------------------------------------------------------------


def test_ingest_counts_as_json_and_a_second_time_finds_nothing_new(
    config: Path, page: Path
) -> None:
    first = json.loads(call("--config", config, "ingest", "--json", page).stdout)
    again = json.loads(call("--config", config, "ingest", "--json", page).stdout)

    assert list(first) == ["pages", "new", "revised", "same", "failed"]
    assert first["pages"] == 1
    assert first["new"] >= 1
    assert first["failed"] == 0
    assert again["new"] == 0
    assert again["revised"] == 0
    assert (config.parent / "public" / "all" / "rss.xml").is_file()


def test_ingest_of_a_folder_goes_on_after_a_bad_page(
    config: Path, page: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    page.rename(folder / "b.txt")
    (folder / "a.txt").write_bytes(b"\x00\x01\x02" * 100)

    done = call("--config", config, "ingest", "--json", folder)

    assert done.exit_code == 1
    counts = json.loads(done.stdout)
    assert counts["failed"] == 1
    assert counts["new"] >= 1
    assert len(done.stderr.splitlines()) == 1
    assert "a.txt: " in done.stderr


def test_ingest_takes_a_page_from_the_web_and_names_one_it_cannot_get(
    config: Path, website: str
) -> None:
    done = call(
        "--config", config, "ingest", "--json", f"{website}/missing.txt", f"{website}/a01.txt"
    )

    assert done.exit_code == 1
    assert json.loads(done.stdout)["new"] >= 1
    assert f"{website}/missing.txt: " in done.stderr


def test_ingest_without_a_place_looks_at_every_source_once(config: Path, page: Path) -> None:
    config.write_text(
        '[[source]]\nfolder = "gone"\n[[source]]\nfolder = "drop"\nsettle_seconds = 0\n',
        encoding="utf-8",
    )
    page.rename(config.parent / "drop" / page.name)

    done = call("--config", config, "ingest", "--json")

    assert done.exit_code == 1
    assert json.loads(done.stdout)["new"] >= 1
    assert "gone" in done.stderr


def test_ingest_without_any_source_is_wrong_usage(config: Path) -> None:
    config.write_text("", encoding="utf-8")

    done = call("--config", config, "ingest")

    assert done.exit_code == 2
    assert "[[source]]" in done.stderr


def test_publish_writes_only_what_differs(config: Path, page: Path) -> None:
    call("--config", config, "ingest", page)
    rss = config.parent / "public" / "all" / "rss.xml"
    rss.unlink()

    healed = call("--config", config, "publish")
    again = call("--config", config, "publish")

    assert "1 files written" in healed.output
    assert rss.is_file()
    assert "0 files written, 0 removed" in again.output


def test_reparse_keeps_every_article(config: Path, page: Path) -> None:
    call("--config", config, "ingest", page)

    done = call("--config", config, "reparse")

    assert done.exit_code == 0
    assert "0 articles revised, 0 split from others, 0 joined to others" in done.output


def test_the_number_that_search_prints_withdraws_the_article(config: Path, page: Path) -> None:
    call("--config", config, "ingest", page)
    number = call("--config", config, "search", "小雨").stdout.split()[0]

    withdrawn = call("--config", config, "withdraw", number)
    after = call("--config", config, "search", "小雨")

    assert withdrawn.exit_code == 0
    assert after.exit_code == 0
    assert after.stdout == ""
    assert "nothing found" in after.stderr


def test_what_search_finds_is_told_to_programs_with_its_places(config: Path, page: Path) -> None:
    call("--config", config, "ingest", page)

    told = json.loads(call("--config", config, "search", "--json", "小雨").stdout)

    (hit,) = told["hits"]
    assert told["words"] == "小雨"
    assert hit["title"] == "周末有小雨 早晚添衣裳"
    assert hit["title_marks"] == [[3, 5]]
    assert [hit["excerpt"][start:end] for start, end in hit["marks"]] == ["小雨"]


def test_found_words_are_bold_on_a_terminal_and_plain_in_a_pipe(config: Path, page: Path) -> None:
    call("--config", config, "ingest", page)
    command = ("--config", str(config), "search", "小雨")

    piped = call(*command).stdout
    shown = CliRunner().invoke(feeder, command, color=True).stdout

    assert "\x1b" not in piped
    assert shown.count("\x1b[1m小雨\x1b[0m") == piped.count("小雨") > 1


def test_withdrawing_what_is_not_there_fails(config: Path) -> None:
    done = call("--config", config, "withdraw", "999")

    assert done.exit_code == 1
    assert "999" in done.stderr


def test_status_tells_how_each_source_fares(config: Path, page: Path) -> None:
    config.write_text(
        config.read_text(encoding="utf-8").replace("settle_seconds = 2.0", "settle_seconds = 0")
        + '\n[[source]]\nname = "mount"\nfolder = "gone"\n'
        + '\n[[source]]\nname = "later"\nfolder = "drop"\n',
        encoding="utf-8",
    )
    (config.parent / "drop" / "good.txt").write_text(PAGE, encoding="utf-8")
    (config.parent / "drop" / "bad.txt").write_bytes(b"")
    before = json.loads(call("--config", config, "status", "--json").stdout)
    assert call("--config", config, "ingest").exit_code == 1

    told = json.loads(call("--config", config, "status", "--json").stdout)
    shown = call("--config", config, "status").stdout

    assert [source["last_run"] for source in before["sources"]] == [None] * 3
    drop, mount, later = told["sources"]
    assert [source["source"] for source in (drop, mount, later)] == ["drop", "mount", "later"]
    assert (drop["seen"], drop["taken"], drop["failed"], drop["trouble"]) == (2, 1, 1, None)
    assert (mount["consecutive_failures"], mount["last_success"]) == (1, None)
    assert "gone" in mount["trouble"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", drop["last_run"])
    assert told["last_publish"] >= drop["last_run"]
    (failed, *_) = told["failures"]
    assert (failed["source"], failed["name"]) in {("drop", "bad.txt"), ("later", "bad.txt")}
    assert {event["kind"] for event in told["events"]} == {"failure", "refusal"}
    assert "drop: in order" in shown
    assert "mount: in trouble" in shown
    assert f"trouble         {mount['trouble']}" in shown
    assert "2 seen, 1 taken, 1 failed" in shown
    assert drop["last_run"][:19].replace("T", " ") in shown


def test_status_names_what_programs_read(config: Path) -> None:
    """docs/operations.md promises these."""
    told = json.loads(call("--config", config, "status", "--json").stdout)

    assert list(told) == [
        "database", "service", "bytes", "pages", "articles", "withdrawn", "revisions", "sections",
        "last_publish", "last_upkeep", "last_backup", "sources", "failures", "events",
    ]  # fmt: skip
    assert told["bytes"] > 0
    assert list(told["sources"][0]) == [
        "source", "configured", "last_run", "next_run", "last_success", "consecutive_failures",
        "trouble", "seen", "taken", "failed",
    ]  # fmt: skip
    text = (Path(__file__).parent.parent / "docs" / "operations.md").read_text(encoding="utf-8")
    named = [*told, *told["sources"][0]]
    assert [name for name in named if f"`{name}`" not in text] == []


def test_what_came_by_hand_is_told_apart_from_the_configured_sources(
    config: Path, page: Path
) -> None:
    call("--config", config, "ingest", page)

    told = json.loads(call("--config", config, "status", "--json").stdout)

    by_hand = told["sources"][-1]
    assert (by_hand["configured"], by_hand["seen"], by_hand["last_run"]) == (False, 1, None)
    assert "not in the configuration" in call("--config", config, "status").stdout


# -- signals and terminals ------------------------------------------------------------------------


def test_ctrl_c_ends_with_130_and_no_traceback(config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"http://127.0.0.1:{deaf.getsockname()[1]}/a01.txt"
        with subprocess.Popen(
            [FEEDER, "--config", str(config), "ingest", address], stderr=subprocess.PIPE
        ) as process:
            connection, _ = deaf.accept()
            with connection:
                connection.recv(1)
                process.send_signal(signal.SIGINT)
                assert process.stderr
                shown = process.stderr.read().decode()

    assert process.returncode == 130
    assert shown.strip() == ""


def read_terminal(master: int) -> bytes:
    shown = b""
    # Linux reports the end of a terminal that nobody holds open as EIO.
    with contextlib.suppress(OSError):
        while chunk := os.read(master, 4096):
            shown += chunk
    return shown


def test_progress_shows_on_a_terminal_and_never_in_a_pipe(page: Path) -> None:
    master, terminal = pty.openpty()
    command = [FEEDER, "parse", "--json", *[str(page)] * 3]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=terminal, env={**os.environ, "TERM": "xterm"}
    ) as process:
        os.close(terminal)
        watched = read_terminal(master)
        os.close(master)
        assert process.stdout
        printed = process.stdout.read()

    piped = subprocess.run(command, capture_output=True, check=True)

    assert b"Parsing" in watched
    assert piped.stderr == b""
    assert piped.stdout == printed


def test_output_that_cannot_be_written_is_told_in_one_line(config: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [FEEDER, "--config", config, "status"], stdout=full, stderr=subprocess.PIPE, text=True
        )

    assert (done.returncode, done.stderr) == (1, "feeder: the output: No space left on device\n")


def test_a_source_called_by_a_url_with_a_query_is_hinted_at(config: Path) -> None:
    source = '\n[[source]]\nurl = "https://news.example.org/a01.txt?key=s3cret"\n'
    config.write_text(config.read_text(encoding="utf-8") + source, encoding="utf-8")

    told = call("--config", config, "check")

    assert "source[1].name: without one it is called" in told.stderr
    assert "s3cret" not in told.output
