"""`feeder run`: a dropped page is served soon after, and a stop is a stop. Real processes."""

import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from feeder.config import Source
from feeder.service import notify, to_trigger

CODE = (
    "import sys, pathlib; from feeder import config, service; "
    "sys.exit(service.run(config.load_config(pathlib.Path(sys.argv[1]))))"
)
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


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def start(folder: Path, settings: str, **environment: str) -> Running:
    port = free_port()
    (folder / "config.toml").write_text(settings.format(port=port))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, str(folder / "config.toml")],
            stderr=log,
            env={**os.environ, **environment},
        )
    return Running(process, folder, port)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "a01.txt").write_text(PAGE.format(headline="河口新桥下月通车"))
    running = start(tmp_path, SETTINGS)
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


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
    (running.folder / "drop" / "bad.txt").write_bytes(b"%PDF-1.7")
    running.wait_for_log("bad.txt: is a PDF")
    wait_until(lambda: "河口新桥下月通车" in running.feed(), "the good page", running)
    time.sleep(2.2)  # two scans more
    running.stop()

    assert running.log.count("bad.txt: is a PDF") == 1


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
    assert "did not end within 4 s" in running.log


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


def test_systemd_is_told_ready_status_and_stopping(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(15)
        running = start(
            tmp_path,
            "[serve]\nport = 0\n",
            NOTIFY_SOCKET=str(tmp_path / "notify"),
            JOURNAL_STREAM="1:1",
        )
        ready = systemd.recv(4096).decode()
        running.stop()
        stopping = systemd.recv(4096).decode()

    assert ready.startswith("READY=1\nSTATUS=serving")
    assert stopping.startswith("STOPPING=1\n")
    assert running.log.startswith("<6>serving")


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
