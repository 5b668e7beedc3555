"""`feeder run`: a dropped page is served soon after, and a stop is a stop. Real processes."""

import datetime as dt
import fcntl
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import feedparser
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from feeder.config import Config, Source
from feeder.errors import SourceError
from feeder.filing import Filing
from feeder.ledger import Ledger
from feeder.service import notify, shift, to_trigger
from feeder.service.schedule import Schedule, every
from feeder.service.shift import Shift
from feeder.service.tally import Tally
from feeder.service.watching import HungError, Look, Watched
from feeder.store import Store

PAGE = """\
{headline}

晨报讯（记者/张三）昨日上午，记者从市交通部门获悉，河口新桥将于下月通车，届时两岸居民往来的时间
缩短一半。新桥全长两千三百米，双向六车道，两侧设有人行道和自行车道，沿线设公交站四处。
"""
LATER_PAGE = """\
城南图书馆周末延长开放

晨报讯（记者/李四）即日起，城南图书馆每逢周末延长开放至晚上十点，自习区增设座位一百二十个，读者
凭证件即可入馆，借阅数量也由每人五册增至八册。
"""
SETTINGS = """\
[serve]
port = {port}
[[source]]
name = "drop"
folder = "drop"
every = "1s"
settle_seconds = 0
"""


@dataclass
class Running:
    """A started service, its messages in a file: a pipe that no one reads would block it."""

    process: "subprocess.Popen[bytes]"
    folder: Path
    port: int

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def wait_for_log(self, words: str) -> None:
        wait_until(lambda: words in self.log, f"{words!r} in the log", self)

    def feed(self) -> str:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/all/atom.xml").text
        except httpx.HTTPError:
            return ""

    def reconfigure(self, settings: str) -> None:
        """Write another configuration, and say so."""
        (self.folder / "config.toml").write_text(settings.replace("{port}", str(self.port)))
        self.process.send_signal(signal.SIGHUP)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """The exit code and how many seconds it took to end."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(timeout=20), time.monotonic() - began


def wait_until(condition, what: str, running: Running, seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert running.process.poll() is None, running.log
        assert time.monotonic() < end, f"waited in vain for {what}; {running.log}"
        time.sleep(0.05)


STARTED: list["Running"] = []


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def start(folder: Path, settings: str, *options: str, **environment: str) -> Running:
    port = free_port()
    (folder / "config.toml").write_text(settings.format(port=port))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "feeder",
                "run",
                "--config",
                str(folder / "config.toml"),
                *options,
            ],
            stderr=log,
            env={**os.environ, **environment},
        )
    running = Running(process, folder, port)
    STARTED.append(running)
    return running


@pytest.fixture(autouse=True)
def end_what_was_started() -> Iterator[None]:
    """A test that fails leaves no service behind."""
    yield
    while STARTED:
        process = STARTED.pop().process
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.fixture
def running(tmp_path: Path) -> Running:
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "a01.txt").write_text(PAGE.format(headline="河口新桥下月通车"))
    return start(tmp_path, SETTINGS)


def test_dropped_pages_are_served_and_sigterm_ends_within_5_seconds(running: Running) -> None:
    wait_until(lambda: "河口新桥下月通车" in running.feed(), "the page that was there", running)
    later = LATER_PAGE
    (running.folder / "drop" / "a02.txt").write_text(later)
    wait_until(lambda: "城南图书馆周末延长开放" in running.feed(), "a later one", running)

    code, seconds = running.stop()

    assert code == 0, running.log
    assert seconds < 5
    assert "a01.txt" in running.log
    assert "Traceback" not in running.log


def test_sigint_ends_it_too(running: Running) -> None:
    running.wait_for_log("serving")

    code, seconds = running.stop(signal.SIGINT)

    assert (code, seconds < 5) == (0, True), running.log
    assert "Traceback" not in running.log


def test_a_refused_page_is_logged_once_and_the_others_are_served(running: Running) -> None:
    (running.folder / "drop" / "bad.txt").write_bytes(b"\x89PNG\r\n")
    running.wait_for_log("bad.txt: is a PNG")
    wait_until(lambda: "河口新桥下月通车" in running.feed(), "the good page", running)
    time.sleep(2.2)  # two scans more
    running.stop()

    assert running.log.count("bad.txt: is a PNG") == 1


def test_a_folder_that_comes_and_goes_is_told_once_each_way(tmp_path: Path) -> None:
    running = start(tmp_path, SETTINGS)
    running.wait_for_log("drop: ")
    time.sleep(2.2)  # two scans more
    (tmp_path / "drop").mkdir()
    running.wait_for_log("drop: is back")
    code, _ = running.stop()

    assert code == 0
    assert running.log.count("no such file or folder") == 1


def test_a_server_that_hangs_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        settings = f'[serve]\nenabled = false\n[[source]]\nurl = "http://127.0.0.1:{port}/a.txt"\n'
        running = start(tmp_path, settings)
        silent.settimeout(15)
        connection, _ = silent.accept()
        with connection:
            connection.recv(1000)
            code, seconds = running.stop()

    assert code == 0, running.log
    assert seconds < 5
    assert "Traceback" not in running.log


def test_a_taken_port_ends_it_with_the_remedy(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = start(tmp_path, f"[serve]\nport = {port}\n")
        code = running.process.wait(timeout=15)

    assert code == 1
    assert f"127.0.0.1:{port}/ cannot be served" in running.log
    assert "Traceback" not in running.log


def test_port_0_is_told_as_it_came_out(tmp_path: Path) -> None:
    running = start(tmp_path, "[serve]\nport = 0\n")
    running.wait_for_log("serving")
    address = running.log.split(" on ")[1].split()[0]

    assert httpx.get(f"{address}all/atom.xml").status_code in (200, 404)
    running.stop()


class Systemd:
    """The socket on which systemd listens, and what came there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.messages: list[dict[str, str]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(15)

    def wait_for(self, key: str) -> dict[str, str]:
        while True:
            lines = self._socket.recv(4096).decode().split("\n")
            message = dict(line.split("=", 1) for line in lines)
            self.messages.append(message)
            if key in message:
                return message

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    listening = Systemd(tmp_path / "notify")
    yield listening
    listening.close()


def test_systemd_is_told_ready_status_and_stopping(tmp_path: Path, systemd: Systemd) -> None:
    (tmp_path / "log").touch()
    journal = (tmp_path / "log").stat()
    running = start(
        tmp_path,
        "[serve]\nport = 0\n",
        NOTIFY_SOCKET=str(systemd.path),
        JOURNAL_STREAM=f"{journal.st_dev}:{journal.st_ino}",
    )
    ready = systemd.wait_for("READY")
    running.stop()
    systemd.wait_for("STOPPING")

    assert ready["STATUS"].startswith("serving")
    assert running.log.startswith("<6>feeder ")
    assert not any("WATCHDOG" in message for message in systemd.messages)


def test_the_watchdog_is_fed_by_the_schedule(tmp_path: Path, systemd: Systemd) -> None:
    running = start(
        tmp_path, "[serve]\nport = 0\n", NOTIFY_SOCKET=str(systemd.path), WATCHDOG_USEC="1500000"
    )
    systemd.wait_for("READY")
    began = time.monotonic()
    for _ in range(4):
        systemd.wait_for("WATCHDOG")
    took = time.monotonic() - began
    running.stop()

    assert 1 < took < 1.5 * 4  # at least every 1.5 s, and not at every moment
    with Ledger.open(tmp_path / "feeder.db") as ledger:
        assert ledger.remembered("heartbeat")


def test_a_locked_database_does_not_starve_the_watchdog_and_is_told(
    tmp_path: Path, systemd: Systemd
) -> None:
    running = start(
        tmp_path, "[serve]\nport = 0\n", NOTIFY_SOCKET=str(systemd.path), WATCHDOG_USEC="1500000"
    )
    systemd.wait_for("READY")
    other = sqlite3.connect(tmp_path / "feeder.db", isolation_level=None)
    other.execute("begin immediate")
    running.wait_for_log("another feeder is writing")
    systemd.wait_for("WATCHDOG")
    other.execute("rollback")
    running.wait_for_log("the database can be used again")
    running.stop()
    other.close()


def test_a_stop_is_heard_while_everything_is_published_at_the_start(
    tmp_path: Path, systemd: Systemd
) -> None:
    (tmp_path / "public").mkdir()
    held = os.open(tmp_path / "public", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)  # another feeder publishes
    running = start(
        tmp_path, "[serve]\nport = 0\n", NOTIFY_SOCKET=str(systemd.path), WATCHDOG_USEC="1500000"
    )
    for _ in range(3):
        systemd.wait_for("WATCHDOG")

    code, seconds = running.stop()
    os.close(held)

    assert (code, seconds < 5) == (0, True), running.log
    assert not any("READY" in message for message in systemd.messages)


def test_a_database_that_no_look_can_use_is_told_once_and_its_end_too(running: Running) -> None:
    wait_until(lambda: "河口新桥下月通车" in running.feed(), "the page", running)
    at = f"http://127.0.0.1:{running.port}"
    with sqlite3.connect(running.folder / "feeder.db") as db:
        db.execute("alter table folders rename to away")
    running.wait_for_log("no such table")
    wait_until(lambda: httpx.get(f"{at}/readyz").status_code == 503, "unreadiness", running)
    time.sleep(3)  # looks more, if they were not spaced out, and the tick's own writes
    with sqlite3.connect(running.folder / "feeder.db") as db:
        db.execute("alter table away rename to folders")
    db.close()
    running.wait_for_log("the database can be used again")
    wait_until(lambda: httpx.get(f"{at}/readyz").status_code == 200, "readiness", running)
    running.stop()

    with Ledger.open(running.folder / "feeder.db") as ledger:
        events = [(event.subject, event.kind.value) for event in ledger.events(limit=99)]
    assert [kind for subject, kind in events if subject == "database"] == ["recovery", "failure"]


def test_sighup_brings_a_new_configuration_to_work(tmp_path: Path, systemd: Systemd) -> None:
    (tmp_path / "drop").mkdir()
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a02.txt").write_text(LATER_PAGE)
    running = start(tmp_path, SETTINGS, NOTIFY_SOCKET=str(systemd.path))
    systemd.wait_for("READY")

    running.reconfigure(SETTINGS + '[[source]]\nname = "more"\nfolder = "more"\nevery = "1s"\n')
    reloading = systemd.wait_for("RELOADING")
    systemd.wait_for("READY")
    wait_until(lambda: "城南图书馆周末延长开放" in running.feed(), "the other source's", running)
    code, _ = running.stop()

    assert int(reloading["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert code == 0
    assert "Traceback" not in running.log


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("[feeds]\nlimit = 0\n", "feeds.limit"),
        ("[serve]\nport = {taken}\n", "cannot be served"),
        ("[storage]\ndatabase = 'none/feeder.db'\n[serve]\nport = 0\n", "there is no folder"),
    ],
)
def test_a_wrong_new_configuration_is_told_and_the_old_one_goes_on(
    running: Running, wrong: str, told: str
) -> None:
    wait_until(lambda: "河口新桥下月通车" in running.feed(), "the first page", running)

    with socket.create_server(("127.0.0.1", 0)) as held:
        running.reconfigure(wrong.replace("{taken}", str(held.getsockname()[1])))
        running.wait_for_log("the new configuration is not used; the one before stays")
        (running.folder / "drop" / "a02.txt").write_text(LATER_PAGE)
        wait_until(lambda: "城南图书馆周末延长开放" in running.feed(), "a later page", running)
    code, _ = running.stop()

    assert code == 0
    assert told in running.log
    with Ledger.open(running.folder / "feeder.db") as ledger:
        assert "the one before stays" in "".join(event.text for event in ledger.events(limit=5))


def test_health_readiness_and_metrics_are_answered(running: Running) -> None:
    wait_until(lambda: "河口新桥下月通车" in running.feed(), "the page", running)
    at = f"http://127.0.0.1:{running.port}"

    assert httpx.get(f"{at}/healthz").text == "alive\n"
    wait_until(lambda: httpx.get(f"{at}/readyz").status_code == 200, "readiness", running)
    metrics = httpx.get(f"{at}/metrics")
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.text)
        for sample in family.samples
    }
    assert samples["feeder_pages_total", "drop", "taken"] == 1
    assert samples["feeder_articles_total", "drop", "new"] == 1
    assert samples["feeder_job_seconds_count", "publish"] >= 2
    assert samples["feeder_store_bytes",] > 0

    (running.folder / "drop").rename(running.folder / "away")
    wait_until(lambda: httpx.get(f"{at}/readyz").status_code == 503, "unreadiness", running)
    assert "drop: " in httpx.get(f"{at}/readyz").text
    assert httpx.get(f"{at}/healthz").status_code == 200
    running.stop()


def test_trouble_and_its_end_stand_in_the_operators_feed_and_in_no_other(
    running: Running,
) -> None:
    wait_until(lambda: "河口新桥下月通车" in running.feed(), "the page", running)
    public = running.folder / "public"

    def told() -> list[str]:
        feed = feedparser.parse((public / "operations" / "atom.xml").read_text())
        # On a busy machine a look may take longer than a second, which is a notice.
        terms = [entry.tags[0].term for entry in feed.entries]
        return [term for term in terms if term != "notice"]

    (running.folder / "drop" / "b.txt").write_bytes(b"\x89PNG\r\n")
    wait_until(lambda: told() == ["refusal"], "the refusal", running)
    (running.folder / "drop").rename(running.folder / "away")
    wait_until(lambda: told() == ["failure", "refusal"], "the failure", running)
    (running.folder / "away").rename(running.folder / "drop")
    wait_until(lambda: told() == ["recovery", "failure", "refusal"], "the recovery", running)
    running.stop()

    others = [path for path in public.rglob("*.xml") if path.parent.name != "operations"]
    assert others
    assert not any("b.txt" in path.read_text() for path in others)


def test_a_public_folder_that_cannot_be_written_is_told_and_tried_again(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "a01.txt").write_text(PAGE.format(headline="河口新桥下月通车"))
    (tmp_path / "public").write_text("in the way")
    running = start(tmp_path, SETTINGS)
    running.wait_for_log("it is tried again")
    at = f"http://127.0.0.1:{running.port}"
    wait_until(lambda: "public" in httpx.get(f"{at}/readyz").text, "unreadiness", running)

    (tmp_path / "public").unlink()

    wait_until(lambda: "河口新桥下月通车" in running.feed(), "the page", running, seconds=45)
    running.wait_for_log("published again")
    running.stop()
    with Ledger.open(tmp_path / "feeder.db") as ledger:
        kinds = [event.kind.value for event in ledger.events(limit=9)]
    assert [kind for kind in kinds if kind != "notice"] == ["recovery", "failure"]


def test_the_daily_upkeep_backs_up_and_what_goes_wrong_in_it_is_told(config: Config) -> None:
    quiet = replace(config, serve=replace(config.serve, enabled=False))
    with Shift(quiet, log_format="text", tally=Tally()) as shift:
        shift.begin()
        shift._keep_up()
        (backup,) = config.upkeep.backups.iterdir()
        with sqlite3.connect(backup) as copy:
            assert copy.execute("pragma integrity_check").fetchone() == ("ok",)
        copy.close()
        backup.unlink()
        config.upkeep.backups.rmdir()
        config.upkeep.backups.write_text("in the way")
        shift._keep_up()

    with Ledger.open(config.storage.database) as ledger:
        # The folder of the source is not there to be looked at: that is another event.
        (event,) = [event for event in ledger.events(limit=9) if event.subject == "upkeep"]
    assert event.kind.value == "failure"
    assert str(config.upkeep.backups) in event.text


def test_an_upkeep_that_was_missed_is_made_up_for(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shift, "_UPKEEP_SOON", 0.2)
    quiet = replace(config, source=(), serve=replace(config.serve, enabled=False))
    with Shift(quiet, log_format="text", tally=Tally()) as one:
        one.begin()
        end = time.monotonic() + 15
        while not config.upkeep.backups.exists() or not list(config.upkeep.backups.glob("*.db")):
            assert time.monotonic() < end
            time.sleep(0.05)
        one._filing.publish_operations()  # the upkeep before it is done
    (backup,) = config.upkeep.backups.glob("*.db")
    backup.unlink()

    with Shift(quiet, log_format="text", tally=Tally()) as one:
        one.begin()
        time.sleep(1)
        one._filing.publish_operations()

    assert not list(config.upkeep.backups.glob("*.db"))  # it was done just now


def test_json_lines_bear_their_fields(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "a01.txt").write_text(PAGE.format(headline="河口新桥下月通车"))
    (tmp_path / "drop" / "b.txt").write_bytes(b"\x89PNG\r\n")
    running = start(tmp_path, SETTINGS, "--log-format", "json")
    running.wait_for_log("is a PNG")
    wait_until(lambda: "河口新桥下月通车" in running.feed(), "the page", running)
    running.stop()

    lines = [json.loads(line) for line in running.log.splitlines()]
    (taken,) = [line for line in lines if line.get("new")]
    assert (taken["page"], taken["source"], taken["new"], taken["level"]) == (
        "a01.txt", "drop", 1, "info",
    )  # fmt: skip
    (refused,) = [line for line in lines if "reason" in line]
    assert refused["level"] == "warning"
    assert (refused["page"], refused["reason"][:8]) == ("b.txt", "is a PNG")


def test_what_rests_holds_none_of_what_works(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    code = (
        "import sys, feeder.service, feeder.service.health, feeder.server, feeder.sources.url\n"
        "print(*sorted({'pydantic', 'sqlite_utils', 'numpy', 'lxml', 'jinja2', 'feedgen',"
        " 'feeder.parse', 'feeder.store'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("\n", "")


def test_overlaps_and_errors_of_jobs_are_told_and_overlaps_once_a_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    told: list[tuple[str, str]] = []
    schedule = Schedule(dt.UTC, tell=lambda name, text: told.append((name, text)))
    released = threading.Event()

    def fail() -> None:
        raise LookupError("nothing there")

    schedule.add("slow", every(0.1, dt.UTC), released.wait, at_once=True)
    schedule.add("broken", every(3600, dt.UTC), fail, at_once=True)
    schedule.start()
    time.sleep(1)
    released.set()
    schedule.stop()

    assert told == [("broken", "failed: LookupError('nothing there'); the log says where")]
    assert caplog.text.count("slow: takes longer than its rhythm") == 1


def test_a_failing_source_is_asked_ever_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    watched = Watched(source=Source(folder=Path("drop")), every=60)
    waits = []
    for _ in range(12):
        watched.note(SourceError("drop", "is gone"))
        waits.append(watched.rest_seconds())

    assert all(0.7 * 60 * 2**n <= waits[n] <= 60 * 2**n for n in range(5))
    assert max(waits) <= 3600
    assert watched.is_resting()
    now += 3600
    assert not watched.is_resting()
    watched.note(None)
    assert (watched.failures, watched.rest_seconds()) == (0, 0)


def test_a_source_that_is_looked_at_once_a_day_is_looked_at_again_soon() -> None:
    watched = Watched(source=Source(folder=Path("drop"), cron="0 6 * * *"), every=86400)

    watched.note(SourceError("drop", "is gone"))

    assert 0.7 * 300 <= watched.rest_seconds() <= 300


def test_a_server_that_asks_for_patience_gets_it() -> None:
    watched = Watched(source=Source(url="http://news.example.org/a.txt"), every=60)
    error = SourceError("web", "answered 503")
    error.retry_after = 900.0

    watched.note(error)

    assert 890 < watched.rest_seconds() <= 900


def test_a_look_that_hangs_is_given_up_and_no_more_than_three_are_left_behind(
    config: Config,
) -> None:
    Store(config.storage.database).close()
    desk = Filing(config, log_format="text")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/a.txt"
        watched = Watched(source=Source(name="web", url=address, robots=False), every=60)
        said = []
        for _ in range(4):
            look = Look(watched, config, desk, is_stopping=lambda: False, tell=lambda _: None)
            with pytest.raises(HungError) as caught:
                look.run(still_seconds=0.2)
            said.append(caught.value.reason)
    desk.stop(seconds=1)

    assert said[:3] == ["has not answered for 0.2 s; see to the network"] * 3
    assert said[3].startswith("several looks at it hang")
    for thread in watched.abandoned:
        thread.join(timeout=10)


def test_an_abstract_notify_socket_is_spoken_to(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"feeder-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f"\0{name}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")

        notify("READY=1")

        assert systemd.recv(100) == b"READY=1"


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("0 6 * * *", ["Fri 22", "Sat 23", "Sun 24"]),
        ("0 6 * * 0", ["Sun 24", "Sun 01", "Sun 08"]),
        ("0 6 * * 1-5", ["Fri 22", "Mon 25", "Tue 26"]),
        ("0 6 * * 0,5-6", ["Fri 22", "Sat 23", "Sun 24"]),
        ("0 6 * * 6,mon", ["Sat 23", "Mon 25", "Sat 30"]),
        ("0 6 * * */3", ["Sat 23", "Sun 24", "Wed 27"]),
    ],
)
def test_a_crontab_line_means_the_days_that_cron_means(cron: str, expected: list[str]) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    trigger = to_trigger(Source(folder=Path("drop"), cron=cron), zone)
    now = dt.datetime(2024, 11, 22, 0, 0, tzinfo=zone)  # a Friday

    fires = []
    for _ in range(3):
        now = trigger.get_next_fire_time(None, now)
        fires.append(f"{now:%a %d}")
        now += dt.timedelta(minutes=1)

    assert fires == expected
