"""The process that does the work: bounded in time, undone when it dies, gone when not needed."""

import dataclasses
import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from feeder import dedupe, filing
from feeder.config import Config
from feeder.errors import ConfigError, PublishError, StoreError
from feeder.filing import Filing, StoppedError, UnopenedError
from feeder.model import RawPage
from feeder.store import Store

NOW = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)
PAGE = """\
河口新桥下月通车

晨报讯（记者/张三）昨日上午，记者从市交通部门获悉，河口新桥将于下月通车，届时两岸居民往来的时间
缩短一半。新桥全长两千三百米，双向六车道，两侧设有人行道和自行车道，沿线设公交站四处。
"""


def raw(name: str = "a01.txt", *, times: int = 1) -> RawPage:
    text = "\n".join(f"{PAGE}{number}" for number in range(times)) if times > 1 else PAGE
    return RawPage(source="drop", name=name, validator="1-1", data=text.encode())


LONG = 4000
"""So many times the page take several seconds."""


@pytest.fixture
def desk(config: Config) -> Iterator[Filing]:
    opened = Filing(config, log_format="text")
    yield opened
    opened.stop(seconds=0)


def pid(desk: Filing) -> int | None:
    running = desk._process
    return running and running._process.pid


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_running(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def pages(config: Config) -> tuple[int, int, list[str]]:
    """How many pages and articles are stored, and why documents failed."""
    with Store(config.storage.database) as store:
        status = store.status()
    return status.pages, status.articles, [failure.reason for failure in status.failures]


def test_a_document_is_taken_in_and_published(desk: Filing, config: Config) -> None:
    counts = desk.take(raw(), now=NOW)
    written = desk.publish(now=NOW)

    assert (counts.pages, counts.new, counts.failed) == (1, 1, 0)
    assert written.written > 0
    assert "河口新桥下月通车" in (config.storage.public / "all" / "atom.xml").read_text()
    assert desk.publish(now=NOW) == dataclasses.replace(
        written, written=0, unchanged=written.written + written.unchanged
    )


def test_a_document_that_is_not_done_in_time_is_refused_and_the_next_is_taken(
    desk: Filing, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "DOCUMENT_SECONDS", 0.4)
    monkeypatch.setattr(filing, "LARGE", 10**9)
    desk.publish(now=NOW)  # it is awake

    slow = desk.take(raw("slow.txt", times=LONG), now=NOW)
    monkeypatch.undo()
    quick = desk.take(raw("quick.txt"), now=NOW)

    assert slow.failures == (("slow.txt", "was not done in 0.4 s; it is left out"),)
    assert (quick.new, quick.failed) == (1, 0)
    assert pages(config) == (1, 1, ["was not done in 0.4 s; it is left out"])


def test_what_an_upgrade_makes_anew_takes_no_documents_time(desk: Filing, config: Config) -> None:
    with Store(config.storage.database) as store, store.transaction():
        store.ledger.remember("keys", "older")

    desk.publish(now=NOW)  # the process is open, and no document has come

    with Store(config.storage.database) as store:
        assert store.ledger.remembered("keys") == dedupe.KEYS_FORM


def kill_in_hand(desk: Filing, *, times: int) -> threading.Thread:
    """Kill the process so many times, each soon after it was made ready and handed a document."""

    def deed() -> None:
        killed: set[int] = set()
        while len(killed) < times:
            number = pid(desk)
            if number and number not in killed:
                time.sleep(0.2)
                os.kill(number, signal.SIGKILL)
                killed.add(number)
            time.sleep(0.01)

    thread = threading.Thread(target=deed)
    thread.start()
    return thread


def test_a_process_that_dies_once_costs_nothing(desk: Filing, config: Config) -> None:
    killer = kill_in_hand(desk, times=1)
    counts = desk.take(raw(times=LONG // 2), now=NOW)
    killer.join()

    assert (counts.pages, counts.failed) == (1, 0)
    assert pages(config)[0] == 1


def test_a_document_on_which_the_process_dies_twice_is_refused(
    desk: Filing, config: Config
) -> None:
    killer = kill_in_hand(desk, times=2)
    counts = desk.take(raw(times=LONG), now=NOW)
    killer.join()

    assert counts.failures == (("a01.txt", filing.DIED),)
    assert pages(config) == (0, 0, [filing.DIED])


def test_a_process_that_dies_before_it_is_ready_costs_no_document(
    desk: Filing, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(UnopenedError):
        desk.take(raw(), now=NOW)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(UnopenedError, match="cannot be started"):
        desk.take(raw(), now=NOW)
    monkeypatch.undo()

    assert desk.take(raw(), now=NOW).new == 1


def test_nothing_of_the_folder_it_is_started_in_is_run(config: Config, tmp_path: Path) -> None:
    (tmp_path / "queue.py").write_text("open('run', 'w')\nfrom nothing import *\n")
    code = (
        "import pathlib; from feeder import filing\n"
        "print(len(filing.load_config(pathlib.Path('config.toml')).source))"
    )
    loaded = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True
    )

    assert (loaded.stdout, loaded.stderr) == ("1\n", "")
    assert not (tmp_path / "run").exists()


def test_a_stop_gives_the_document_in_hand_its_time_and_then_undoes_it(
    desk: Filing, config: Config
) -> None:
    desk.publish(now=NOW)
    ended: list[BaseException] = []

    def ask() -> None:
        try:
            desk.take(raw(times=LONG), now=NOW)
        except StoppedError as error:
            ended.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    wait_for(desk._turn.locked)

    assert desk.stop(seconds=0.2) is False
    asking.join(timeout=5)
    assert len(ended) == 1
    assert pages(config) == (0, 0, [])
    with pytest.raises(StoppedError):
        desk.publish(now=NOW)


def test_a_stop_with_nothing_in_hand_is_quick(desk: Filing) -> None:
    desk.publish(now=NOW)
    number = pid(desk)
    assert number

    assert desk.stop(seconds=5) is True
    assert not is_running(number)


def test_the_process_is_ended_when_nothing_is_asked_and_started_when_something_is(
    config: Config,
) -> None:
    desk = Filing(config, log_format="text", rest_seconds=0.1)
    desk.publish(now=NOW)
    number = pid(desk)
    assert number

    wait_for(lambda: not is_running(number))

    assert desk.take(raw(), now=NOW).new == 1
    desk.stop(seconds=5)


def test_the_process_does_not_outlive_who_started_it(config: Config, tmp_path: Path) -> None:
    code = (
        "import datetime, sys, time, pathlib; from feeder import config, filing\n"
        "desk = filing.Filing(config.load_config(pathlib.Path(sys.argv[1])), log_format='text')\n"
        "desk.publish(now=datetime.datetime.now(datetime.UTC))\n"
        "print(desk._process._process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "config.toml")], stdout=subprocess.PIPE
    )
    assert parent.stdout
    with parent, parent.stdout:
        number = int(parent.stdout.readline())
        parent.kill()

        wait_for(lambda: not is_running(number))


def test_what_goes_wrong_in_the_process_is_raised_here(config: Config) -> None:
    lost = dataclasses.replace(
        config, storage=dataclasses.replace(config.storage, database=Path("/none/feeder.db"))
    )
    desk = Filing(lost, log_format="text")
    for _ in range(2):
        with pytest.raises(StoreError, match="there is no folder /none"):
            desk.publish(now=NOW)
    desk.stop(seconds=5)

    config.storage.public.write_text("in the way")
    desk = Filing(config, log_format="text")
    with pytest.raises(PublishError):
        desk.publish(now=NOW)
    desk.stop(seconds=5)


def test_a_configuration_is_checked_without_its_checker_here(
    config: Config, tmp_path: Path
) -> None:
    assert filing.load_config(tmp_path / "config.toml") == config

    (tmp_path / "wrong.toml").write_text("[feeds]\nlimit = 0\n[site]\nlanguage = 'no tag'\n")
    with pytest.raises(ConfigError) as caught:
        filing.load_config(tmp_path / "wrong.toml")
    assert [key for key, _ in caught.value.faults] == ["site.language", "feeds.limit"]
