"""The shipped units under a real systemd, installed and kept as docs/service.md says.

One machine is booted for all (`tests/nspawn.py`); the commands are read out of the document.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import nspawn
import pytest
from test_documents_pdf import pdf_of

DOCUMENT = Path(__file__).parent.parent / "docs" / "service.md"
DATA = "/var/lib/feeder"
FEED = f"{DATA}/public/all/feed.json"
DROP_INS = "/etc/systemd/system/feeder.service.d"
# No network: what pip would fetch is there already, and apt has nothing to upgrade.
OFFLINE = {
    "PIP_NO_INDEX": "1",
    "PIP_CONFIG_FILE": "/dev/null",
    "PYTHONPATH": nspawn.PACKAGES,
    "APT_CONFIG": "/etc/apt/test.conf",
    "SYSTEMD_PAGER": "cat",
}
SERVED = "http://127.0.0.1:8080/"
# A server that takes a connection and says nothing, and one that asks for a name and a password.
SILENT = "import socket, time; s = socket.create_server(('127.0.0.1', 8081)); time.sleep(999)"
SILENT_SOURCE = """
name = "silent"
url = "http://127.0.0.1:8081/a01.txt"
every = "1s"
timeout = "2s"
robots = false
"""
GUARDED = """
import base64, http.server, pathlib
right = "Basic " + base64.b64encode(b"feeder:correct horse").decode()
class Guard(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.headers["Authorization"] == right else 401)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        if self.headers["Authorization"] == right:
            self.wfile.write(pathlib.Path("/run/page.txt").read_bytes())
http.server.HTTPServer(("127.0.0.1", 8082), Guard).serve_forever()
"""
GUARDED_SOURCE = """
name = "guarded"
url = "http://127.0.0.1:8082/a01.txt"
every = "1s"
robots = false
username = "feeder"
password_file = "credential:paper"
"""
COUNT = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=20)
for question in ("select count(*) from documents", "pragma integrity_check"):
    print(*database.execute(question).fetchone())
"""
WORDS = re.findall(
    "..",
    "河口新桥通车居民市民公园学校医院道路交通部门昨日上午施工工程建设开放时间公里两岸"
    "车道设施改造老旧小区电梯加装绿化环境治理水质监测渔民码头航线游客古镇手艺竹编灯会"
    "龙舟比赛球队夺冠教练学生教师阅读活动服务社区老人食堂菜价市场超市农户稻田收割机械"
    "企业订单出口车间工人培训就业招聘岗位降雨台风预警转移消防救援演练检查整改法院审理",
)


def page(number: int) -> tuple[str, str]:
    """A page of one article that is like no other: its headline, and the text."""
    rng = random.Random(number)
    headline = "".join(rng.choices(WORDS, k=5))
    said = ["".join(rng.choices(WORDS, k=rng.randint(5, 9))) for _ in range(14)]
    body = f"晨报讯（记者/张三）{'，'.join(said)}。"
    lines = [body[start : start + 40] for start in range(0, len(body), 40)]
    return headline, "\n".join([headline, "", *lines, ""])


def blocks(heading: str, language: str = "sh") -> list[str]:
    """What stands in blocks of that language under a heading of docs/service.md."""
    text = DOCUMENT.read_text(encoding="utf-8")
    section = re.split(
        r"^#{2,3} ", text.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE
    )[0]
    found = re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert found, f"no {language} under {heading!r}"
    return found


class Service:
    """feeder.service in the machine."""

    def __init__(self, machine: nspawn.Machine) -> None:
        self.machine = machine
        self._pages = itertools.count()
        self._began = 0.0

    def follow(self, heading: str, block: int | None = None) -> str:
        """Run the commands of the document as they stand there, or one block of them."""
        found = blocks(heading)
        script = "".join(found if block is None else [found[block]])
        done = self.machine.run(
            "bash",
            "-c",
            f"set -euxo pipefail\n{script}",
            environment=OFFLINE,
            folder=nspawn.SOURCE,
        )
        return done.stdout

    def install(self) -> None:
        """Put the program where the document says, and beside it what pip would have fetched."""
        self.follow("Install", 0)
        (packages,) = self.machine.path("/opt/feeder/venv/lib").glob("python3.*/site-packages")
        (packages / "test.pth").write_text(f"{nspawn.PACKAGES}\n")
        self.follow("Install", 1)

    def systemctl(self, *arguments: str) -> None:
        self.machine.run("systemctl", *arguments)

    def show(self, name: str, unit: str = "feeder.service") -> str:
        shown = self.machine.run("systemctl", "show", unit, "--value", f"--property={name}")
        return shown.stdout.strip()

    def kill(self, name: str) -> None:
        """Send a signal to the process that systemd started."""
        pid = int(self.show("MainPID"))
        assert pid > 1, f"feeder.service is {self.show('ActiveState')}"
        self.machine.run("sh", "-c", f"kill -{name} {pid}")

    def drop(self, count: int = 1, *, before: Callable[[], None] = lambda: None) -> list[str]:
        """Drop pages that were not there before, each whole at once; their headlines.

        `before` is called when they are written and cannot be seen yet.
        """
        written = []
        for number in itertools.islice(self._pages, count):
            headline, text = page(number)
            hidden = self.machine.path(f"{DATA}/drop/.{number}.part")
            hidden.write_text(text, encoding="utf-8")
            written.append((headline, hidden, hidden.with_name(f"page-{number:04}.txt")))
        before()
        for _, hidden, seen in written:
            hidden.rename(seen)
        return [headline for headline, _, _ in written]

    def titles(self) -> Counter[str]:
        """The titles in the feed of everything, as published."""
        try:
            feed = json.loads(self.machine.path(FEED).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Counter()
        return Counter(item["title"] for item in feed["items"])

    def has(self, headlines: list[str]) -> bool:
        """Whether each is published, once."""
        titles = self.titles()
        return all(titles[headline] == 1 for headline in headlines)

    def fetch(self, address: str) -> str:
        """What the machine's own browser would be shown; empty where no one answers."""
        code = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())"
        return self.machine.run("/usr/bin/python3", "-ISc", code, address, check=False).stdout

    def documents(self) -> int:
        """How many documents are in the database, which must be sound."""
        found = self.machine.run("/usr/bin/python3", "-ISc", COUNT, f"{DATA}/feeder.db")
        count, sound = found.stdout.split()
        assert sound == "ok"
        return int(count)

    def journal(self, *options: str, unit: str = "feeder") -> str:
        """What the unit said, and systemd of it, since the test began."""
        since = f"--since=@{self._began:.6f}"
        return self.machine.run("journalctl", "-u", unit, "-o", "cat", since, *options).stdout

    def wait(self, condition: Callable[[], object], what: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"waited in vain for {what}:\n{self.journal('-n60')}"
            time.sleep(0.1)

    @property
    def config(self) -> Path:
        return self.machine.path("/etc/feeder/config.toml")

    def configure(self, pattern: str, becomes: str) -> None:
        """Change a line of the configuration; the service does not know yet."""
        text, count = re.subn(pattern, becomes, self.config.read_text("utf-8"), flags=re.MULTILINE)
        assert count, f"no {pattern!r} in the configuration"
        self.config.write_text(text, encoding="utf-8")

    def add_source(self, text: str) -> None:
        """Have one more source looked at."""
        with self.config.open("a", encoding="utf-8") as file:
            file.write(f"[[source]]\n{text}")
        self.systemctl("reload", "feeder")

    def set(self, name: str, *settings: str) -> None:
        """Set what the unit does not; `systemctl edit` would write it there too."""
        self.machine.write(f"{DROP_INS}/{name}.conf", "\n".join(["[Service]", *settings, ""]))
        self.systemctl("daemon-reload")

    @contextlib.contextmanager
    def left_as_found(self) -> Iterator[None]:
        """The configuration and the unit's settings, whatever becomes of them meanwhile."""
        before = self.config.read_text("utf-8")
        self._began = time.time()
        try:
            yield
        finally:
            extra = self.machine.path(f"{DROP_INS}/extra.conf")
            if self.config.read_text("utf-8") != before:
                self.config.write_text(before, encoding="utf-8")
                self.systemctl("reload-or-restart", "feeder")
            if extra.exists():
                extra.unlink()
                self.systemctl("daemon-reload")
                self.systemctl("restart", "feeder")

    @contextlib.contextmanager
    def on_a_small_disk(self) -> Iterator[None]:
        """Data on a disk of its own, empty at first, for a while."""
        self.systemctl("stop", "feeder")
        self.machine.run("mount", "-t", "tmpfs", "-o", "size=16m", "none", DATA)
        try:
            self.machine.run("systemd-tmpfiles", "--create", "feeder.conf")
            self.systemctl("start", "feeder")
            yield
        finally:
            self.systemctl("stop", "feeder")
            self.machine.run("umount", DATA)

    def fill_the_disk(self) -> None:
        self.machine.run("sh", "-c", f"cat /dev/zero >{DATA}/filling", check=False)

    def empty_the_disk(self) -> None:
        self.machine.path(f"{DATA}/filling").unlink()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[nspawn.Machine]:
    with contextlib.ExitStack() as stack:
        try:
            booted = stack.enter_context(nspawn.booted(tmp_path_factory.mktemp("machine")))
        except nspawn.BootError as why:
            if os.environ.get("CI") == "true":
                pytest.fail(f"no systemd can be booted, and here it must be: {why}")
            pytest.skip(f"no systemd can be booted: {why}")
        yield booted


@pytest.fixture(scope="module")
def installed(machine: nspawn.Machine) -> Service:
    """The service as the document installs it; looked at more often, for tests cannot wait."""
    service = Service(machine)
    # No network: what pip would fetch is there already, and apt has nothing to upgrade.
    machine.write("/etc/apt/test.conf", 'APT::Get::Upgrade "false";\n')
    machine.run("useradd", "--create-home", "alice")
    service.install()
    service.follow("Install", 2)
    # Tests cannot wait for 30 s, and look at more than 50 entries.
    service.configure(r'^# every = "30s"$', 'every = "1s"')
    service.configure(r"^settle_seconds = .*$", "settle_seconds = 0")
    service.configure(r"^limit = .*$", "limit = 1000")
    service.set("test", "RestartSec=200ms")
    service.follow("Install", 3)
    return service


@pytest.fixture
def service(installed: Service) -> Iterator[Service]:
    """The service, running."""
    installed.systemctl("start", "feeder")
    with installed.left_as_found():
        yield installed


# -- installed ----------------------------------------------------------------------------------


def test_installed_as_the_document_says_it_starts_with_the_machine(installed: Service) -> None:
    assert installed.show("ActiveState") == "active"
    assert installed.show("UnitFileState") == "enabled"
    assert installed.show("StatusText")
    assert installed.show("NRestarts") == "0"


def test_the_installed_units_verify_without_a_word(installed: Service) -> None:
    units = ("feeder.service", "feeder-ingest.service", "feeder-ingest.timer")

    done = installed.machine.run("systemd-analyze", "verify", *units)

    assert (done.stdout, done.stderr) == ("", "")


def test_the_installed_units_expose_little(installed: Service) -> None:
    for unit in ("feeder.service", "feeder-ingest.service"):
        installed.machine.run("systemd-analyze", "security", "--no-pager", "--threshold=12", unit)


def test_a_page_that_a_member_of_the_group_drops_is_served(service: Service) -> None:
    service.follow("Who may drop pages")
    headline, text = page(9999)
    service.machine.write("/home/alice/a01.txt", text)

    service.machine.run(
        "runuser", "-u", "alice", "--", "cp", "/home/alice/a01.txt", f"{DATA}/drop/"
    )

    service.wait(lambda: headline in service.fetch(f"{SERVED}all/atom.xml"), "alice's page")
    service.wait(lambda: "a01.txt" in service.show("StatusText"), "what `systemctl status` shows")


def test_others_may_read_the_feeds_and_neither_drop_nor_see_the_backups(service: Service) -> None:
    as_nobody = ("runuser", "-u", "nobody", "--")

    assert service.machine.run(*as_nobody, "cat", FEED).stdout.startswith("{")
    for command in ("ls drop", "touch drop/x.txt", "touch public/x", "ls backups"):
        done = service.machine.run(*as_nobody, *command.split(), check=False, folder=DATA)
        assert "Permission denied" in done.stderr, command


def test_what_the_document_says_to_look_at_shows_how_it_fares(service: Service) -> None:
    assert "Status: " in service.follow("How it fares")

    assert service.fetch(f"{SERVED}healthz").split() == ["alive"]
    assert service.fetch(f"{SERVED}readyz").split() == ["ready"]
    assert 'feeder_pages_total{outcome="taken",source="drop"}' in service.fetch(f"{SERVED}metrics")


# -- what may befall it ---------------------------------------------------------------------------


def test_kill_9_costs_a_restart_and_loses_or_doubles_nothing(service: Service) -> None:
    before = int(service.show("NRestarts"))
    headlines = service.drop(20)

    for _ in range(3):
        service.wait(lambda: service.show("MainPID") != "0", "a process")
        time.sleep(0.7)  # into its start, or its work
        service.kill("KILL")
        service.wait(lambda: service.show("ActiveState") != "active", "its end to be seen")

    service.wait(lambda: service.has(headlines), "every page once")
    service.wait(lambda: service.show("ActiveState") == "active", "the service")
    assert int(service.show("NRestarts")) >= before + 3


def test_a_hung_process_is_ended_by_the_watchdog_and_started_again(service: Service) -> None:
    service.set("extra", "WatchdogSec=4s")
    service.systemctl("restart", "feeder")
    hung = service.show("MainPID")

    service.kill("STOP")
    headlines = service.drop(2)
    service.wait(lambda: service.show("MainPID") not in (hung, "0"), "another process")

    service.wait(lambda: service.has(headlines), "every page once")
    assert "Watchdog timeout" in service.journal()


def test_a_job_that_hangs_is_bounded_while_the_others_go_on(service: Service) -> None:
    service.machine.run("systemd-run", "--unit=silent", "/usr/bin/python3", "-c", SILENT)
    service.add_source(SILENT_SOURCE)
    pid = service.show("MainPID")
    headlines = service.drop(2)

    service.wait(lambda: service.has(headlines), "the pages of another source")
    service.wait(lambda: "silent" in service.journal("-p", "warning"), "the trouble told")

    assert service.show("MainPID") == pid
    service.systemctl("stop", "silent")


def test_a_reload_takes_the_new_configuration_over_without_a_stop(service: Service) -> None:
    pid = service.show("MainPID")
    service.configure(r'^title = "feeder"$', 'title = "榕江新闻"')

    service.follow("A changed configuration")

    service.wait(lambda: "榕江新闻" in service.fetch(SERVED), "the new title")
    assert (service.show("ActiveState"), service.show("MainPID")) == ("active", pid)


def test_a_wrong_configuration_is_refused_with_its_faults_and_the_old_one_goes_on(
    service: Service,
) -> None:
    pid = service.show("MainPID")
    service.configure(r"^limit = .*$", "limit = 0")
    service.configure(r"^port = .*$", 'port = "http"')

    service.systemctl("reload", "feeder")
    service.wait(lambda: "serve.port" in service.journal("-p", "err"), "the fault told")
    headlines = service.drop(2)
    service.wait(lambda: service.has(headlines), "every page once")

    assert "feeds.limit" in service.journal("-p", "err")
    assert (service.show("ActiveState"), service.show("MainPID")) == ("active", pid)


def test_a_wrong_configuration_at_the_start_is_a_failed_unit_not_a_loop(service: Service) -> None:
    service.configure(r"^limit = .*$", "limit = 0")

    done = service.machine.run("systemctl", "restart", "feeder", check=False)

    assert (done.returncode, service.show("ActiveState")) == (1, "failed")
    assert "feeds.limit" in service.journal()


def test_a_disk_that_is_full_and_has_room_again_costs_no_page(service: Service) -> None:
    with service.on_a_small_disk():
        pid = service.show("MainPID")
        headlines = service.drop(3, before=service.fill_the_disk)
        service.wait(lambda: "disk" in service.journal("-p", "err"), "it is told")
        time.sleep(2)  # two scans more

        service.empty_the_disk()

        service.wait(lambda: service.has(headlines), "every page once")
        assert (service.show("ActiveState"), service.show("MainPID")) == ("active", pid)


def test_a_disk_that_is_full_at_the_start_is_waited_for_however_long(service: Service) -> None:
    with service.on_a_small_disk():
        service.systemctl("stop", "feeder")
        headlines = service.drop(3, before=service.fill_the_disk)
        service.systemctl("start", "feeder", "--no-block")
        # systemd gives up after 5 starts in 10 s, unless told not to.
        service.wait(lambda: int(service.show("NRestarts")) > 5, "the sixth start")

        service.empty_the_disk()

        service.wait(lambda: service.show("ActiveState") == "active", "the service")
        service.wait(lambda: service.has(headlines), "every page once")


def test_a_folder_on_a_mount_that_comes_and_goes_is_seen_without_a_restart(
    service: Service,
) -> None:
    service.machine.path("/srv/pages").mkdir()
    service.add_source('name = "nas"\nfolder = "/srv/pages/nas"\nevery = "1s"\n')
    pid = service.show("MainPID")
    service.wait(lambda: "/srv/pages/nas" in service.journal("-p", "warning"), "it is told")

    for number in (9001, 9002):
        headline, text = page(number)
        service.machine.run("mount", "-t", "tmpfs", "-o", "mode=755", "none", "/srv/pages")
        service.machine.write(f"/srv/pages/nas/{number}.txt", text)
        service.wait(lambda: service.has([headline]), "its page")  # noqa: B023 - waited for here
        umount = ("umount", "/srv/pages")  # busy while it is looked at
        service.wait(lambda: service.machine.run(*umount, check=False).returncode == 0, "umount")  # noqa: B023

    assert service.show("MainPID") == pid


def test_with_the_documents_settings_a_password_is_handed_over_and_told_to_no_one(
    service: Service,
) -> None:
    (settings,) = blocks("What a machine wants different", "ini")
    # Its proxy is nowhere, and its certificates may not be installed here.
    settings = re.sub(r"^Environment=.*\n", "", settings, flags=re.MULTILINE)
    headline, text = page(9003)
    service.machine.write("/etc/feeder/paper.password", "correct horse\n")
    service.machine.run("chmod", "600", "/etc/feeder/paper.password")
    service.machine.write("/run/page.txt", text)
    service.machine.run("systemd-run", "--unit=guarded", "/usr/bin/python3", "-c", GUARDED)
    service.set("extra", settings)

    service.systemctl("restart", "feeder")
    service.add_source(GUARDED_SOURCE)

    service.wait(lambda: service.has([headline]), "the guarded page")
    assert "correct horse" not in service.machine.run("journalctl", "-o", "cat").stdout
    lines = [line for line in service.journal().splitlines() if line.startswith("{")]
    assert {"time", "level", "message"} <= json.loads(lines[-1]).keys()
    service.systemctl("stop", "guarded")


def test_pages_in_html_and_pdf_are_read_within_the_sandbox(service: Service) -> None:
    service.follow("Pages in HTML or PDF")
    service.configure(r"^patterns = .*$", 'patterns = ["*.html", "*.pdf"]')
    service.systemctl("reload", "feeder")
    (as_html, html), (as_pdf, text) = page(9004), page(9005)
    paragraphs = "".join(f"<p>{part}。</p>" for part in html.split("\n\n")[1].split("，"))

    article = f"<!DOCTYPE html><html><body><h1>{as_html}</h1>{paragraphs}</body></html>"
    service.machine.write(f"{DATA}/drop/a.html", article)
    service.machine.path(f"{DATA}/drop/a.pdf").write_bytes(pdf_of(text.split("\n")))

    service.wait(lambda: service.has([as_html, as_pdf]), "both pages")


def test_a_stop_in_the_midst_of_much_work_takes_no_5_seconds(service: Service) -> None:
    service.systemctl("stop", "feeder")
    before = service.documents()
    headlines = service.drop(100)
    service.systemctl("start", "feeder", "--no-block")
    service.wait(lambda: service.documents() > before + 10, "some of the pages")

    began = time.monotonic()
    service.systemctl("stop", "feeder")
    seconds = time.monotonic() - began

    assert seconds < 5
    assert service.show("Result") == "success"
    assert before + 10 < service.documents() < before + 100
    service.systemctl("start", "feeder")
    service.wait(lambda: service.has(headlines), "every page once")


# -- other ways to run it -------------------------------------------------------------------------


def test_nginx_hands_on_what_feeder_serves_and_keeps_its_figures_to_itself(
    service: Service,
) -> None:
    if not service.machine.path("/usr/sbin/nginx").exists():
        if os.environ.get("CI") == "true":
            pytest.fail("nginx is missing; .ci/run installs it (Debian: nginx-light)")
        pytest.skip("nginx is not installed (Debian: nginx-light)")
    (settings,) = blocks("nginx in front", "nginx")
    service.machine.write("/etc/nginx/conf.d/feeder.conf", settings)
    service.systemctl("start", "nginx")
    code = (
        "import http.client, sys; c = http.client.HTTPConnection('127.0.0.1')\n"
        "for path in sys.argv[1:]:\n"
        " c.request('GET', path, headers={'Host': 'news.example.org'}); r = c.getresponse()\n"
        " print(r.status, r.getheader('Content-Type')); r.read()\n"
    )

    paths = ("/", "/all/atom.xml", "/metrics", "/healthz", "/readyz", "/operations/")
    got = service.machine.run("/usr/bin/python3", "-ISc", code, *paths).stdout.splitlines()
    service.systemctl("stop", "nginx")
    service.machine.path("/etc/nginx/conf.d/feeder.conf").unlink()

    assert got[:2] == ["200 text/html; charset=utf-8", "200 application/atom+xml; charset=utf-8"]
    assert [line.split()[0] for line in got[2:]] == ["404", "404", "404", "403"]


def test_the_timer_takes_the_daemons_place_and_gives_it_back(service: Service) -> None:
    service.follow("Without a daemon", 0)
    assert service.show("ActiveState") == "inactive"
    assert service.show("ActiveState", "feeder-ingest.timer") == "active"

    headlines = service.drop(2)
    service.systemctl("start", "feeder-ingest")
    assert service.has(headlines)
    service.systemctl("start", "feeder-ingest")
    assert service.has(headlines)

    service.systemctl("start", "feeder")
    assert service.show("ActiveState", "feeder-ingest.timer") == "inactive"
    service.follow("Without a daemon", 1)
    assert service.show("UnitFileState", "feeder-ingest.timer") == "disabled"
    assert service.show("ActiveState") == "active"


def test_a_page_that_is_refused_makes_the_run_fail_once_and_is_named(service: Service) -> None:
    service.systemctl("stop", "feeder")
    service.machine.path(f"{DATA}/drop/broken.txt").write_bytes(b"%PDF-1.7")

    first = service.machine.run("systemctl", "start", "feeder-ingest", check=False)
    second = service.machine.run("systemctl", "start", "feeder-ingest", check=False)

    assert (first.returncode, second.returncode) == (1, 0)
    assert "broken.txt" in service.journal(unit="feeder-ingest")


def test_ingest_by_hand_and_the_service_take_the_same_pages_in_once(service: Service) -> None:
    headlines = service.drop(30)

    by_hand = service.machine.run("feeder", "ingest", folder="/root")

    service.wait(lambda: service.has(headlines), "every page once")
    assert by_hand.stderr == ""
    owners = service.machine.run("find", DATA, "!", "-path", "*/drop/*", "-user", "root")
    assert owners.stdout == ""


# -- kept -----------------------------------------------------------------------------------------


def test_a_backup_brings_back_what_a_broken_disk_took(service: Service) -> None:
    assert "checked" in service.follow("Back up")
    before = service.titles()
    headlines = service.drop(2)
    service.wait(lambda: service.has(headlines), "pages after the copy was made")
    service.systemctl("stop", "feeder")
    service.machine.path(f"{DATA}/feeder.db").write_bytes(b"no database" * 1000)
    service.systemctl("start", "feeder", "--no-block")
    service.wait(lambda: "restore it from a backup" in service.journal(), "it is told")

    service.follow("Restore")

    service.wait(lambda: service.has(headlines), "what came after the copy")
    assert service.titles() == before + Counter(headlines)


def test_an_upgrade_goes_on_with_what_is_there(service: Service) -> None:
    before, pid = service.titles(), service.show("MainPID")

    service.follow("Upgrade")

    assert service.show("ActiveState") == "active"
    assert service.show("MainPID") != pid
    assert service.titles() == before


def test_it_moves_to_another_machine_with_all_it_has(service: Service) -> None:
    feed = service.machine.path(FEED).read_bytes()

    service.follow("Move to another machine", 0)
    # Another machine has the program already, so that it need not be installed twice here.
    service.machine.run("cp", "-a", "/opt/feeder", "/opt/kept")
    service.follow("Remove")
    places = ("/etc", "/opt/feeder", "/usr/local/bin", "/var/lib", "/var/cache")
    left = service.machine.run("find", *places, "-iname", "*feeder*", check=False)
    service.machine.run("mv", "/opt/kept", "/opt/feeder")
    service.follow("Install", 1)
    service.follow("Move to another machine", 1)

    assert left.stdout == ""
    assert service.show("ActiveState") == "active"
    assert service.machine.path(FEED).read_bytes() == feed
