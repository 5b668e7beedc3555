"""The service beside other writers, and under a clock that jumps. Real processes."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_service import (  # noqa: F401 - the fixture is used by being here
    LATER_PAGE,
    PAGE,
    SETTINGS,
    Running,
    end_what_was_started,
    start,
    wait_until,
)

from feeder.store import Store

WHO = ("渔民", "村委会", "退休教师", "环卫工人", "施工单位", "志愿者", "码头调度", "果农", "校医")
WHEN = ("昨日清晨", "本周起", "雨停之后", "连续三日", "国庆前夕", "傍晚时分", "今年以来")
DEED = ("修补", "清点", "搬走", "捐出", "验收", "种下", "登记", "拍卖", "重新粉刷", "误收")
THING = (
    "旧浮桥",
    "百余株荔枝",
    "两台水泵",
    "祠堂匾额",
    "巡河日志",
    "一批校服",
    "观测站",
    "盐田闸门",
    "渡船票根",
)
NAMES = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "drop").mkdir()
    running = start(tmp_path, SETTINGS)
    running.wait_for_log("serving")
    yield running
    running.stop()
    assert "Traceback" not in running.log


def page(name: str) -> str:
    """A page whose article is like no other's."""
    chance = random.Random(name)
    parts = [
        f"{chance.choice(WHO)}{chance.choice(WHEN)}{chance.choice(DEED)}{chance.choice(THING)}"
        for _ in range(14)
    ]
    return f"{name}镇{parts[0]}\n\n晨报讯（记者/张三）{'，'.join(parts)}。\n"


def taken(folder: Path) -> tuple[set[str], int]:
    """The names of the documents that were taken in, and how many articles there are."""
    with sqlite3.connect(folder / "feeder.db") as db:
        rows = db.execute("select name from documents where reason is null").fetchall()
        (count,) = db.execute("select count(*) from entries where withdrawn is null").fetchone()
    db.close()
    return {Path(name).name for (name,) in rows}, count


def test_the_service_waits_for_another_writer(running: Running) -> None:
    other = sqlite3.connect(running.folder / "feeder.db", isolation_level=None)
    other.execute("begin immediate")
    (running.folder / "drop" / "a01.txt").write_text(PAGE.format(headline="河口新桥下月通车"))
    time.sleep(3)  # two scans, and the filing process at the door
    assert taken(running.folder) == (set(), 0)

    other.execute("rollback")
    other.close()

    wait_until(lambda: "河口新桥下月通车" in running.feed(), "the page", running)
    assert "ERROR" not in running.log


def test_an_ingest_by_hand_beside_the_service_loses_and_doubles_nothing(
    running: Running, tmp_path: Path
) -> None:
    by_hand = tmp_path / "by hand"
    by_hand.mkdir()
    for name in NAMES[:12]:
        (by_hand / f"{name}.txt").write_text(page(name))
    for name in NAMES[8:]:  # four of them are the same pages
        (running.folder / "drop" / f"{name}.txt").write_text(page(name))

    command = [sys.executable, "-m", "feeder", "--config", tmp_path / "config.toml", "ingest"]
    done = [
        subprocess.run([*command, by_hand], capture_output=True, text=True, timeout=60)
        for _ in range(2)
    ]
    everything = {f"{name}.txt" for name in NAMES}
    wait_until(lambda: taken(tmp_path)[0] == everything, "all pages", running)

    assert [(one.returncode, one.stderr) for one in done] == [(0, "")] * 2
    assert taken(tmp_path)[1] == len(NAMES)
    for name in NAMES:
        wait_until(lambda name=name: f"{name}镇" in running.feed(), f"{name}'s entry", running)


def test_a_clock_that_jumps_back_a_day_does_not_still_the_service(tmp_path: Path) -> None:
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if library is None:
        if os.environ.get("CI") == "true":
            pytest.fail("libfaketime is missing; .ci/run installs it (Debian: faketime)")
        pytest.skip("libfaketime is not installed (Debian: faketime)")
    (tmp_path / "drop").mkdir()
    clock = tmp_path / "clock"
    clock.write_text("+0")
    running = start(
        tmp_path,
        SETTINGS,
        LD_PRELOAD=str(library),
        FAKETIME_TIMESTAMP_FILE=str(clock),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    )
    running.wait_for_log("serving")
    (tmp_path / "drop" / "a01.txt").write_text(PAGE.format(headline="河口新桥下月通车"))
    wait_until(lambda: "河口新桥下月通车" in running.feed(), "the first page", running)

    clock.write_text("-1d")
    running.wait_for_log("the clock jumped by -864")
    (tmp_path / "drop" / "a02.txt").write_text(LATER_PAGE)
    wait_until(lambda: "城南图书馆周末延长开放" in running.feed(), "a later page", running)
    running.stop()

    with Store(tmp_path / "feeder.db") as store:
        entries = list(store.entries())
    assert len({entry.guid for entry in entries}) == 2
    assert all(entry.updated >= entry.published for entry in entries)


def test_a_database_that_is_gone_is_told_and_not_made_anew(running: Running) -> None:
    (running.folder / "drop" / "a01.txt").write_text(PAGE.format(headline="河口新桥下月通车"))
    wait_until(lambda: "河口新桥下月通车" in running.feed(), "the page", running)
    shutil.move(running.folder / "feeder.db", running.folder / "elsewhere.db")

    running.wait_for_log("feeder.db: ")

    assert not (running.folder / "feeder.db").exists()
