"""The shipped units, judged by systemd's own tools."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNITS = Path(__file__).parent.parent / "systemd"
SERVICES = ("feeder.service", "feeder-ingest.service")
MAX_EXPOSURE = 12  # tenths
PROGRAM = "/opt/feeder/venv/bin/feeder"


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The units as shipped, but for the path that exists only where feeder is installed."""
    if not shutil.which("systemd-analyze"):
        if os.environ.get("CI") == "true":
            pytest.fail("systemd-analyze is missing; .ci/run installs it (Debian: systemd)")
        pytest.skip("systemd-analyze is not installed (Debian: systemd)")
    for unit in UNITS.glob("*.*"):
        if unit.is_file():
            text = unit.read_text(encoding="utf-8")
            assert PROGRAM in text or unit.suffix == ".timer"
            (tmp_path / unit.name).write_text(text.replace(PROGRAM, sys.executable), "utf-8")
    return sorted(tmp_path.iterdir())


def analyze(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60
    )


def test_the_units_verify_without_a_word(units: list[Path]) -> None:
    done = analyze("verify", "--man=no", *units)

    # An unknown key is only warned of, with exit code 0.
    assert (done.returncode, done.stderr) == (0, "")
    assert {unit.name for unit in units} == {*SERVICES, "feeder-ingest.timer"}


def test_an_unknown_key_would_be_seen(units: list[Path]) -> None:
    unit = next(unit for unit in units if unit.name == "feeder.service")
    unit.write_text(unit.read_text("utf-8").replace("PrivateTmp=", "PrivateTemp="), "utf-8")

    assert "PrivateTemp" in analyze("verify", "--man=no", unit).stderr


def test_the_services_expose_little(units: list[Path]) -> None:
    for unit in units:
        if unit.suffix == ".service":
            threshold = f"--threshold={MAX_EXPOSURE}"
            done = analyze("security", "--offline=true", threshold, "--no-pager", unit)

            assert done.returncode == 0, done.stdout.splitlines()[-1]


@pytest.mark.parametrize("name", [*SERVICES, "feeder-ingest.timer"])
def test_every_setting_stands_below_its_reason(name: str) -> None:
    settings = re.sub(r"\[Install\].*", "", read(name), flags=re.DOTALL)
    body = re.split(r"\[(?:Service|Timer)\]\n", settings)[1]
    groups = re.split(r"\n\n|\n(?=#)", body.strip())

    assert [group for group in groups if not group.startswith("#")] == []


def test_feeder_may_do_as_little_once_as_all_the_time() -> None:
    daemon, once = (read(name).partition("# What it may do.\n")[2] for name in SERVICES)

    assert "SystemCallFilter" in once
    assert daemon.partition("\n[Install]")[0].strip() == once.strip()


def test_the_user_and_the_folders_are_those_of_the_unit() -> None:
    unit, user = read("feeder.service"), read("sysusers.d/feeder.conf")
    made = read("tmpfiles.d/feeder.conf")
    folders = re.findall(r"^d (\S+) +(\d+) feeder feeder$", made, re.MULTILINE)

    assert "\nUser=feeder\nGroup=feeder\n" in unit
    assert "\nu feeder - " in user
    assert "\nStateDirectory=feeder\n" in unit
    assert dict(folders) == {
        "/var/lib/feeder": "0755",
        "/var/lib/feeder/public": "0755",
        "/var/lib/feeder/drop": "2770",
        "/var/lib/feeder/backups": "0700",
    }


def read(name: str) -> str:
    return (UNITS / name).read_text(encoding="utf-8")
