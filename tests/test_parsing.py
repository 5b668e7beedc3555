"""Pages parsed in worker processes: the same as in one, in order, whatever a page does to them."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import NOW

from feeder.cli import feeder
from feeder.config import Config
from feeder.ingest import ingest_pages, reparse
from feeder.model import Counts, Page, RawPage, Refusal
from feeder.parse import parse_page
from feeder.parsing import FEW, Reading, Unread, reading
from feeder.store import Store

EXAMPLES = Path(__file__).parent.parent / "examples" / "pages"
MANY = 2 * FEW
DEADLY, SLOW, DEAF, ODD = "夺命", "拖延", "失聪", "出错"


def parse_or_suffer(text: str) -> Page:
    """A parser whose process some pages kill, hold up or upset; the language is its process."""
    if DEADLY in text:
        os.kill(os.getpid(), signal.SIGKILL)
    if DEAF in text:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    if SLOW in text or DEAF in text:
        time.sleep(60)
    if ODD in text:
        raise KeyError(text)
    return Page(articles=(), language=str(os.getpid()))


def parse_slowly(text: str) -> Page:
    time.sleep(0.2)
    return parse_page(text)


def parse_or_die(text: str) -> Page:
    if DEADLY in text:
        os.kill(os.getpid(), signal.SIGKILL)
    return parse_page(text)


def raw(text: str, name: str = "a01.txt") -> RawPage:
    return RawPage(source="drop", name=name, validator="1-1", data=text.encode())


def documents(*texts: str) -> list[RawPage]:
    """These texts, in the midst of many harmless ones."""
    harmless = [f"第{n}页" for n in range(MANY)]
    every = [*harmless[: FEW // 2], *texts, *harmless[FEW // 2 :]]
    return [raw(text, name=f"{n:03}.txt") for n, text in enumerate(every)]


def read(found: Sequence[RawPage], *, workers: int = 2, page_seconds: float = 60) -> list[Reading]:
    keyed = enumerate(found)
    with reading(
        keyed, workers=workers, parse=parse_or_suffer, page_seconds=page_seconds
    ) as readings:
        told = list(readings)
    assert [key for key, _ in told] == list(range(len(found)))
    return [one for _, one in told]


def reasons(readings: Sequence[Reading]) -> list[str]:
    """Why pages are unread, of all that are."""
    pages = (page for one in readings for _, page in one.pages)
    return [page.reason for page in pages if isinstance(page, Unread)]


def processes(readings: Sequence[Reading]) -> set[str]:
    pages = (page for one in readings for _, page in one.pages)
    return {page.language for page in pages if isinstance(page, Page)}


def test_many_documents_are_parsed_in_as_many_processes_as_told() -> None:
    told = processes(read(documents(), workers=2))

    assert len(told) == 2
    assert str(os.getpid()) not in told
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(("count", "workers"), [(MANY, 1), (FEW - 1, 8), (0, 8)])
def test_few_documents_and_those_of_one_worker_are_parsed_here(count: int, workers: int) -> None:
    told = processes(read(documents()[:count], workers=workers))

    assert told <= {str(os.getpid())}


def test_a_page_that_kills_its_process_is_told_and_all_others_are_read() -> None:
    found = documents(DEADLY, "好", DEADLY)

    readings = read(found)

    (one, other) = reasons(readings)
    assert one == other
    assert "killed by SIGKILL" in one
    assert sum(len(one.pages) for one in readings) == len(found)


def test_only_the_page_that_kills_its_process_is_lost_of_a_document() -> None:
    readings = read(documents(f"好\f{DEADLY}\f好"))

    (of_three,) = (one for one in readings if len(one.pages) == 3)
    assert [isinstance(page, Unread) for _, page in of_three.pages] == [False, True, False]
    assert len(reasons(readings)) == 1


def test_a_page_that_takes_too_long_is_told_and_all_others_are_read() -> None:
    (reason,) = reasons(read(documents(SLOW), page_seconds=0.5))

    assert "took longer than 0.5 s" in reason


def test_a_page_that_does_not_hear_the_clock_is_told_and_all_others_are_read() -> None:
    (reason,) = reasons(read(documents(DEAF), page_seconds=0.5))

    assert "its time was over" in reason


def test_a_page_on_which_the_parser_fails_is_told_and_all_others_are_read() -> None:
    (reason,) = reasons(read(documents(ODD)))

    assert "KeyError" in reason


def test_documents_are_asked_for_a_few_chunks_ahead_however_many_there_are() -> None:
    asked = 0

    def endless() -> Iterator[tuple[int, RawPage]]:
        nonlocal asked
        while True:
            asked += 1
            yield asked, raw("好")

    with reading(endless(), workers=2, parse=parse_or_suffer) as readings:
        taken = [next(readings)[0] for _ in range(200)]

    assert taken == list(range(1, 201))
    assert asked <= 200 + 2 * 2 * 8
    assert multiprocessing.active_children() == []


# -- the whole road -------------------------------------------------------------------------------


def pages() -> list[RawPage | Refusal]:
    """Pages of all kinds: good, corrected, repeated, several in one document, and bad."""
    made: list[RawPage | Refusal] = []
    texts = [path.read_text("utf-8") for path in sorted(EXAMPLES.glob("*.txt"))]
    for turn in range(4):
        for n, text in enumerate(texts):
            made.append(raw(text.replace("11", str(11 + turn)), name=f"{turn}/{n}.txt"))
        made.append(raw("\f".join(texts[turn : turn + 2]), name=f"{turn}/both.txt"))
        made.append(raw("\0\1\2" * 100, name=f"{turn}/binary.txt"))
        made.append(Refusal(source="drop", name=f"{turn}/gone.txt", validator="", reason="is gone"))
    return made


def dump(path: Path) -> list[str]:
    """All that a store holds, but when its tables were made; and what its search index does."""
    connection = sqlite3.connect(path)
    tables = [
        name
        for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
        if not name.startswith("search") and name != "_sqlite_migrations"
    ]
    lines = [
        f"{table}: {row}"
        for table in sorted(tables)
        for row in sorted(connection.execute(f"select * from {table}"), key=repr)
    ]
    connection.close()
    return lines


def take(config: Config, path: Path, *, workers: int) -> tuple[Counts, Counts]:
    with Store(path) as store:
        taken = ingest_pages(store, pages(), config, now=NOW, workers=workers)
        return taken, reparse(store, config, now=NOW, workers=workers)


def test_what_is_stored_is_byte_for_byte_the_same_with_two_workers(
    config: Config, tmp_path: Path
) -> None:
    with_one = take(config, tmp_path / "one.db", workers=1)
    with_two = take(config, tmp_path / "two.db", workers=2)

    assert with_one == with_two
    assert with_one[0].new > 10
    assert with_one[0].revised > 0
    assert with_one[0].failed == 8
    assert dump(tmp_path / "one.db") == dump(tmp_path / "two.db")


def test_a_page_that_kills_its_process_fails_and_is_taken_by_a_later_reparse(
    store: Store, config: Config
) -> None:
    text = (EXAMPLES / "moxi-2026-11-22.txt").read_text("utf-8")
    found = [raw(text, name=f"{n}.txt") for n in range(FEW)]
    found.append(raw(text + DEADLY, name="deadly.txt"))

    taken = ingest_pages(store, found, config, now=NOW, parse=parse_or_die, workers=2)
    still = reparse(store, config, now=NOW, parse=parse_or_die, workers=2)
    mended = reparse(store, config, now=NOW, workers=2)

    assert (taken.pages, taken.failed, taken.failures[0][0]) == (FEW + 1, 1, "deadly.txt")
    assert store.status().failures[0].name == "deadly.txt"
    assert (still.failed, mended.failed) == (1, 0)


def test_no_worker_is_no_number_of_workers(config: Config, tmp_path: Path) -> None:
    told = CliRunner().invoke(feeder, ["ingest", "--workers", "0", str(tmp_path)])

    assert told.exit_code == 2
    assert "--workers" in told.stderr


# -- signals --------------------------------------------------------------------------------------

CHILD = """
import sys
from feeder.cli import main
sys.argv = ["feeder", *sys.argv[1:]]
main()
"""


def in_session(leader: int) -> set[int]:
    """The processes of a session that still run."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.add(int(path.parent.name))
    return found


def await_that(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def at_work(config: Config, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`feeder ingest` in the midst of a folder, with two workers, in a session of its own."""
    text = (EXAMPLES / "qingshi-2026-11-20.txt").read_text("utf-8")
    folder = tmp_path / "pages"
    folder.mkdir()
    for n in range(1000):
        (folder / f"{n}.txt").write_text(text, encoding="utf-8")
    told = ["--config", str(tmp_path / "config.toml"), "ingest", "--workers", "2", str(folder)]
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, *told], stderr=subprocess.PIPE, start_new_session=True
    )
    with process:
        # Itself, two workers, and the one that multiprocessing keeps for what they share.
        await_that(lambda: len(in_session(process.pid)) == 4 and has_pages(config))
        yield process
        for left in in_session(process.pid):
            os.kill(left, signal.SIGKILL)


def has_pages(config: Config) -> bool:
    if not config.storage.database.exists():
        return False
    connection = sqlite3.connect(config.storage.database)
    try:
        return connection.execute("select count(*) from pages").fetchone() > (0,)
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()


def test_ctrl_c_ends_all_processes_at_once_and_without_a_traceback(
    at_work: subprocess.Popen[bytes],
) -> None:
    os.killpg(at_work.pid, signal.SIGINT)

    assert at_work.wait(10) == 130
    await_that(lambda: not in_session(at_work.pid))
    assert at_work.stderr
    assert re.sub(rb"\s", b"", at_work.stderr.read()) == b""


def test_workers_do_not_outlive_a_feeder_that_is_killed(at_work: subprocess.Popen[bytes]) -> None:
    at_work.kill()

    at_work.wait(10)
    await_that(lambda: not in_session(at_work.pid))
