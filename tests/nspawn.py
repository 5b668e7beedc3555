"""A machine with a real systemd, in which the shipped units run: systemd-nspawn(1) over an overlay.

Its root is this machine's, seen through an overlay in memory, so that nothing done in it is left
behind. It has a network of its own with nothing but a loopback. All mounts lie in a mount namespace
that ends with it, and it ends when the process that started it does.
"""

from __future__ import annotations

import contextlib
import platform
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

PACKAGES = "/opt/packages"
"""Where the machine has the packages that feeder needs: those with which the tests run."""
SOURCE = "/usr/local/src/feeder"
"""Where it has this project's folder."""

_TARGET = """\
[Unit]
Requires=sysinit.target dbus.socket
After=sysinit.target dbus.socket
AllowIsolate=yes
"""
# What would go about a network, or wait for one.
_MASKED = (
    "networking.service",
    "NetworkManager.service",
    "NetworkManager-wait-online.service",
    "systemd-networkd.service",
    "systemd-networkd-wait-online.service",
    "systemd-resolved.service",
)
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NEEDED = {
    "systemd-nspawn": "systemd-container",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "dbus-daemon": "dbus",
}
_ADMIN = 21  # CAP_SYS_ADMIN, capabilities(7)


def why_not() -> str | None:
    """Return why no machine can be booted here; None where one probably can."""
    missing = sorted({package for name, package in _NEEDED.items() if not shutil.which(name)})
    if missing:
        return f"a machine needs the Debian packages {' '.join(missing)}"
    status = dict(line.split(":\t") for line in _read("/proc/self/status").splitlines())
    if not int(status["CapEff"], 16) >> _ADMIN & 1:
        return "a machine can be booted by root only, in a container only with CAP_SYS_ADMIN"
    here = platform.python_version_tuple()[:2]
    code = "import platform; print(*platform.python_version_tuple()[:2])"
    done = subprocess.run(["/usr/bin/python3", "-c", code], capture_output=True, text=True)
    if tuple(done.stdout.split()) != here:
        return f"the machine's /usr/bin/python3 is not the {'.'.join(here)} that runs the tests"
    return None


class BootError(Exception):
    """Why no machine can be booted here."""


class Machine:
    """A booted machine."""

    def __init__(self, leader: int) -> None:
        self.leader = leader
        """The process that is number 1 in the machine."""
        self.root = Path(f"/proc/{leader}/root")
        """The machine's files, what is mounted in it included."""

    def run(
        self,
        *command: str,
        check: bool = True,
        environment: Mapping[str, str] | None = None,
        folder: str = "/",
        stdin: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """Run the command in the machine as root; where `check`, it must succeed."""
        enter = ["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net"]
        done = subprocess.run(
            [*enter, "--pid", "--cgroup", f"--wd={self.root}{folder}", "--", *command],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            env={"PATH": _PATH, "HOME": "/root", "LANG": "C.UTF-8", **(environment or {})},
        )
        if check:
            assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def path(self, path: str) -> Path:
        """Return where the machine's file is seen from here."""
        return self.root / path.lstrip("/")

    def write(self, path: str, text: str) -> None:
        """Write a file of the machine, and make its folder."""
        self.path(path).parent.mkdir(parents=True, exist_ok=True)
        self.path(path).write_text(text, encoding="utf-8")


@contextlib.contextmanager
def booted(folder: Path) -> Iterator[Machine]:
    """Yield a machine whose overlay is mounted on the folder; what it says is in `folder.log`.

    Raises BootError.
    """
    if reason := why_not():
        raise BootError(reason)
    log = folder.with_suffix(".log")
    with log.open("wb") as written:
        process = subprocess.Popen(
            [*_ALONE, "sh", "-euc", _BOOT, "sh", folder, sysconfig.get_path("purelib"), _PROJECT],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    try:
        machine = Machine(_leader(process, log))
        _wait_until_up(machine, log)
        _link_packages(machine)
        yield machine
    finally:
        _power_off(process)


_PROJECT = Path(__file__).parent.parent
# It ends with the process that started it, and its mounts are seen by nobody else.
_ALONE = ("setpriv", "--pdeathsig=KILL", "unshare", "--mount")
# The arguments: a folder, the packages, the project. `exec` keeps the process.
_BOOT = f"""
mount -t tmpfs -o size=2g none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o lowerdir=/,upperdir="$1/upper",workdir="$1/work" "$1/root"
units="$1/root/etc/systemd/system"
printf '%s' '{_TARGET}' >"$units/test.target"
for unit in {" ".join(_MASKED)}; do ln -sf /dev/null "$units/$unit"; done
# Where no systemd runs there is none to ask for a scope.
test -d /run/systemd/system || set -- "$@" --keep-unit
folder=$1 packages=$2 project=$3
shift 3
exec systemd-nspawn --quiet --directory="$folder/root" --register=no --private-network "$@" \
  --console=pipe --bind-ro="$packages:{PACKAGES}/all" --bind-ro="$project:{SOURCE}" \
  --boot systemd.unit=test.target
"""


def _leader(process: subprocess.Popen[bytes], log: Path) -> int:
    children = f"/proc/{process.pid}/task/{process.pid}/children"
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        for child in _read(children).split():
            if _read(f"/proc/{child}/comm") == "systemd\n":
                return int(child)
        time.sleep(0.02)
    raise BootError(f"systemd-nspawn started none: {_said(log)}")


def _wait_until_up(machine: Machine, log: Path) -> None:
    end = time.monotonic() + 30
    said = ""
    while time.monotonic() < end:
        said = machine.run("systemctl", "is-system-running", check=False).stdout.strip()
        if said in ("running", "degraded"):
            return
        time.sleep(0.05)
    raise BootError(f"the machine is {said!r} after 30 s: {_said(log)}")


def _link_packages(machine: Machine) -> None:
    """All packages that are installed here but feeder itself, which the machine installs."""
    for package in machine.path(f"{PACKAGES}/all").iterdir():
        if not re.match(r"feeder|__pycache__|_.*editable", package.name):
            machine.path(f"{PACKAGES}/{package.name}").symlink_to(f"all/{package.name}")


def _power_off(process: subprocess.Popen[bytes]) -> None:
    """End the machine: with systemd-nspawn all of it ends, and its mounts with its namespace."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)  # systemd-nspawn then powers off
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _said(log: Path) -> str:
    return " ".join(log.read_text(encoding="utf-8", errors="replace").split())


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:  # the process has ended
        return ""


if __name__ == "__main__":  # python tests/nspawn.py COMMAND ARGUMENT …: for trying things out
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        here = Path(place) / "machine"
        here.mkdir()
        with booted(here) as trial:
            tried = trial.run(*sys.argv[1:], check=False)
    sys.stdout.write(tried.stdout + tried.stderr)
    sys.exit(tried.returncode)
