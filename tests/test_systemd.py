"""The shipped units, judged by systemd's own tools."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNITS = Path(__file__).parent.parent / "systemd"
UNIT = UNITS / "feeder.service"
MAX_EXPOSURE = 12  # tenths


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit as shipped, but for the paths that exist only where feeder is installed."""
    if not shutil.which("systemd-analyze"):
        if os.environ.get("CI") == "true":
            pytest.fail("systemd-analyze is missing; .ci/run installs it (Debian: systemd)")
        pytest.skip("systemd-analyze is not installed (Debian: systemd)")
    text = UNIT.read_text(encoding="utf-8")
    text = text.replace("/opt/feeder/venv/bin/feeder", sys.executable)
    assert sys.executable in text
    path = tmp_path / "feeder.service"
    path.write_text(text, encoding="utf-8")
    return path


def analyze(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60
    )


def test_the_unit_verifies_without_a_word(unit: Path) -> None:
    done = analyze("verify", "--man=no", unit)

    # An unknown key is only warned of, with exit code 0.
    assert (done.returncode, done.stderr) == (0, "")


def test_an_unknown_key_would_be_seen(unit: Path) -> None:
    unit.write_text(unit.read_text("utf-8").replace("PrivateTmp=", "PrivateTemp="), "utf-8")

    assert "PrivateTemp" in analyze("verify", "--man=no", unit).stderr


def test_the_unit_exposes_little(unit: Path) -> None:
    done = analyze("security", "--offline=true", f"--threshold={MAX_EXPOSURE}", "--no-pager", unit)

    assert done.returncode == 0, done.stdout.splitlines()[-1]


def test_every_setting_of_the_service_stands_below_its_reason() -> None:
    service = UNIT.read_text(encoding="utf-8").partition("[Service]\n")[2].partition("[Install]")[0]
    groups = re.split(r"\n\n|\n(?=#)", service.strip())

    assert [group for group in groups if not group.startswith("#")] == []


def test_the_user_and_the_folders_are_those_of_the_unit() -> None:
    unit = UNIT.read_text(encoding="utf-8")
    user = (UNITS / "sysusers.d" / "feeder.conf").read_text(encoding="utf-8")
    folders = (UNITS / "tmpfiles.d" / "feeder.conf").read_text(encoding="utf-8")

    assert "\nUser=feeder\nGroup=feeder\n" in unit
    assert "\nu feeder - " in user
    assert "\nd /var/lib/feeder/drop   2770 feeder feeder\n" in folders
    assert "\nStateDirectory=feeder\n" in unit
