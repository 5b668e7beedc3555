"""Runs of feeder that are killed or hindered at a chosen system call, and what is left of them.

A run costs 20 ms instead of half a second: a warm process, which has imported everything, makes a
copy of itself for each. strace is put onto the copy before it begins.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

NOW = "2026-11-24T09:00:00+08:00"
"""What the clock of a run shows."""
SECONDS = 60
"""No run takes longer; most take 0.1 s."""
CHANGING = (
    "write,pwrite64,writev,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,"
    "mkdir,mkdirat,rmdir,openat,chmod,fchmod,fchmodat,link,linkat,symlink,utimensat"
)
"""System calls that change what lies on the disk, or open a file to do so."""


def needs(program: str) -> pytest.MarkDecorator:
    """Skips a test where the program is missing; where CI is set, it fails instead."""
    missing = shutil.which(program) is None and os.environ.get("CI") != "true"
    return pytest.mark.skipif(missing, reason=f"{program} is not installed (apt install {program})")


@contextmanager
def quick_room() -> Iterator[Path]:
    """A folder in memory, where there is such a disk: an fsync costs nothing there."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


# -- a small paper --------------------------------------------------------------------------------

BRIDGE = (
    "河口新桥下月通车",
    "榕江晚报讯（记者/周明远）昨日上午，记者从县交通局获悉，河口新桥将于下月通车，届时两岸居民往来"
    "的时间缩短一半。新桥全长四百二十米，双向四车道。",
)
LIBRARY = (
    "城南图书馆周末延长开放",
    "榕江晚报讯（记者/何田）即日起，城南图书馆每逢周末延长开放至晚上十点，自习区增设座位一百二十个，"
    "读者凭证件即可入馆，借阅数量增至八册。",
)
HARVEST = (
    "云岭镇早稻收割过七成",
    "榕江晚报讯（记者/林可）昨日，记者从云岭镇农业服务中心获悉，今年云岭镇早稻收割已过七成，比去年"
    "同期快了五天，预计本月底前全部收完，烘干点昼夜不停。",
)
SCHOOL = (
    "石杼小学新校区明年九月开学",
    "榕江晚报讯（记者/苏禾）石杼小学新校区主体结构日前封顶，总投资一亿两千万元，设三十六个教学班，"
    "计划明年九月投入使用，周边三个小区的孩子可以就近入学。",
)
FERRY = (
    "白鹭洲渡口夜航今晚开通",
    "榕江晚报讯（记者/顾青野）从今天起，白鹭洲渡口开通夜航，末班船延至二十二时，首批投入三条电动渡船"
    "，每条可载客九十六人，充电一次能够往返二十四趟。",
)
_WIDTH = 16

HAND = ["ingest", "--workers", "1", "pages"]
WATCHED = ["ingest", "--workers", "1"]


def set_page(*articles: tuple[str, str]) -> bytes:
    """Return the page that shows the articles, in short lines."""
    return "\n\n".join(f"{head}\n\n{_set(f'　　{text}')}" for head, text in articles).encode()


def _set(text: str) -> str:
    lines = [text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH)]
    return "\n".join(lines).replace("　", "") + "\n"


YESTERDAY = {"a01-2026-11-20.txt": set_page(BRIDGE, LIBRARY)}
TODAY = {
    "a01-2026-11-20.txt": set_page(BRIDGE, (LIBRARY[0], LIBRARY[1].replace("八册", "九册"))),
    "a02-2026-11-21.txt": set_page(HARVEST, SCHOOL),
    "a03-2026-11-22.txt": b"\xff\x00\x81 is no text",
    "a04-2026-11-23.txt": set_page(FERRY, HARVEST),
}
"""A page corrected, a new one, one that is refused, and one that shows an article again."""


SETTINGS = """\
[feeds]
formats = ["atom"]
[[source]]
name = "drop"
folder = "pages"
settle_seconds = 0
after = "{after}"
[[section]]
id = "towns"
title = "乡镇"
words = ["镇", "渡口"]
"""


def write_pages(folder: Path, pages: dict[str, bytes]) -> None:
    """Write the pages, each with a time of its own that is long past."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in pages.items():
        (folder / name).write_bytes(data)
        written = 1_700_000_000_000_000_000 + zlib.crc32(data)
        os.utime(folder / name, ns=(written, written))


# -- runs -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a run ended: its exit code, or minus the signal that killed it, and what it printed."""

    code: int
    out: str
    err: str
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Call:
    """A system call of a run on one of the folder's own files."""

    name: str
    when: int
    """The how-manieth call of that name in the run, those on other files counted."""
    path: str
    """Relative to the folder."""
    told: str
    """As strace shows it."""

    def __str__(self) -> str:
        """Return what stands in the message of a test."""
        return f"{self.name} {self.when} on {self.path or 'the folder'}"


class Launcher:
    """A warm process that runs commands of feeder; a context manager. Not for two threads."""

    def __enter__(self) -> Self:
        self._exit = ExitStack()
        room = self._exit.enter_context(quick_room())
        self._out, self._err = room / "out", room / "err"
        self._server = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"},
        )
        assert self._read() == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.close()
        self._server.wait(timeout=SECONDS)
        self._server.stdout.close()
        self._exit.close()

    def run(
        self,
        folder: Path,
        args: Sequence[str],
        *,
        kill_after: float | None = None,
        now: str = NOW,
    ) -> Ended:
        """Run `feeder ARGS` in the folder; kill it after so many seconds."""
        self._begin(folder, args, pause=False, kill_after=kill_after, now=now)
        self._read()
        return self._end()

    def run_traced(
        self, folder: Path, args: Sequence[str], names: str, *told: str, log: Path | None = None
    ) -> Ended:
        """Run `feeder ARGS` in the folder under strace.

        It traces the named system calls, and does with them what it is `told`.
        """
        self._begin(folder, args, pause=True)
        pid = int(self._read())
        options = [f"-etrace={names}", *(f"-e{one}" for one in told), f"-o{log or os.devnull}"]
        command = ["strace", "-f", "-qq", "-y", "-p", str(pid), *options]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
            _wait_for_tracer(pid, strace)
            os.kill(pid, signal.SIGCONT)
            ended = self._end()
            strace.communicate(timeout=SECONDS)
        return ended

    def calls(self, folder: Path, args: Sequence[str]) -> list[Call]:
        """Run it undisturbed; return its calls that change something or open a file of the folder.

        Those that make a file are `openat` with O_CREAT.
        """
        log = folder.with_name(f"{folder.name}.log")
        ended = self.run_traced(folder, args, CHANGING, log=log)
        assert ended.code in (0, 1), ended
        return list(_to_calls(log.read_text(errors="replace").splitlines(), folder))

    def _begin(
        self,
        folder: Path,
        args: Sequence[str],
        *,
        pause: bool,
        kill_after: float | None = None,
        now: str = NOW,
    ) -> None:
        told = {
            "streams": [str(self._out), str(self._err)],
            "folder": str(folder),
            "args": list(args),
            "pause": pause,
            "after": kill_after,
            "now": now,
        }
        assert self._server.stdin
        self._server.stdin.write(json.dumps(told) + "\n")
        self._server.stdin.flush()

    def _end(self) -> Ended:
        code, seconds = self._read().split()
        return Ended(
            code=int(code),
            out=self._out.read_text(),
            err=self._err.read_text(),
            seconds=float(seconds),
        )

    def _read(self) -> str:
        assert self._server.stdout
        return self._server.stdout.readline().strip()


def _wait_for_tracer(pid: int, strace: subprocess.Popen[str]) -> None:
    status = Path(f"/proc/{pid}/status")
    end = time.monotonic() + SECONDS
    while "TracerPid:\t0\n" in status.read_text():
        if strace.poll() is not None or time.monotonic() > end:
            assert strace.stderr
            os.kill(pid, signal.SIGKILL)
            pytest.fail(f"strace does not trace: {strace.stderr.read()}")
        time.sleep(0.001)


def _to_calls(lines: Iterable[str], folder: Path) -> Iterator[Call]:
    counts: dict[str, int] = {}
    for line in lines:
        match = re.match(r"(?:\d+ +)?(\w+)\((.*)", line)
        if match is None:
            continue
        name, told = match.groups()
        counts[name] = counts.get(name, 0) + 1
        path = Path(os.path.normpath(folder / _path(told)))
        if path.is_relative_to(folder):
            place = str(path.relative_to(folder))
            yield Call(name=name, when=counts[name], path=place, told=told)


def _path(told: str) -> str:
    """The file of a call: its descriptor's, else the last path that it names."""
    descriptor = re.match(r"\d+<([^>]*)>(?!, \")", told)
    written = re.match(r"\d+<([^>]*)>, \".*, \d+(?:, \d+)?\) = ", told)
    if found := descriptor or written:
        return found[1]
    return re.findall(r'"((?:[^"\\]|\\.)*)"', told)[-1]


# -- what is left ---------------------------------------------------------------------------------

Dump = dict[str, list[tuple[Any, ...]]]


def dump(folder: Path) -> Dump:
    """Return all rows of all tables, read from a copy: what a crash left is not to be healed here.

    Fails where the database is unsound. What feeder remembers of itself and of folders is left out:
    it comes and goes apart from pages. The folder is called `.`, wherever it lies.
    """
    database, room = folder / "feeder.db", folder.with_name(f"{folder.name}.copy")
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(parents=True)
    for suffix in ("", "-wal", "-journal"):
        with suppress(FileNotFoundError):
            shutil.copy(f"{database}{suffix}", room / f"copy.db{suffix}")
    with closing(sqlite3.connect(room / "copy.db")) as copy:
        assert copy.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert copy.execute("pragma foreign_key_check").fetchall() == []
        tables = [name for (name,) in copy.execute(_TABLES)]
        return {name: sorted(set(_rows(copy, name, folder)), key=repr) for name in tables}


def _rows(database: sqlite3.Connection, table: str, folder: Path) -> Iterator[tuple[Any, ...]]:
    for row in database.execute(f"select {_COLUMNS.get(table, '*')} from {table}"):
        yield tuple(
            value.replace(str(folder), ".") if isinstance(value, str) else value for value in row
        )


_COLUMNS = {
    # A page that is refused by hand twice is told twice.
    "events": "time, kind, subject, text",
    # Where a file lies on the disk is noted when it is seen again.
    "documents": "source, name, validator, reason, seen",
}
_TABLES = """
    select name from sqlite_master where type = 'table' and sql not like 'create virtual%'
    and name not in ('facts', 'folders', '_sqlite_migrations', 'sqlite_sequence') order by name
"""


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below the folder, with its bytes."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def published(folder: Path) -> dict[str, bytes]:
    """Return what readers may see: not what feeder tells its operator, nor what it keeps by."""
    shown = files(folder / "public")
    return {
        name: data
        for name, data in shown.items()
        if not name.startswith("operations/") and not Path(name).name.startswith(".")
    }


def fresh(template: Path, folder: Path) -> None:
    """Make the folder a copy of the template, times kept: nothing is left of the run before."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder, symlinks=True)


# -- the warm process -----------------------------------------------------------------------------

_BROKEN = 70
"""The exit code of a run that ended with a traceback."""


def _serve() -> None:
    """Answer each line of stdin: the copy's id, and how it ended after how many seconds."""
    _warm_up()
    gc.freeze()
    _say("ready")
    for line in sys.stdin:
        told = json.loads(line)
        begun = time.monotonic()
        pid = os.fork()
        if pid == 0:
            _set_clock(told["now"])
            for number, name in enumerate(told["streams"], start=1):
                with Path(name).open("w") as stream:
                    os.dup2(stream.fileno(), number)
            _run(Path(told["folder"]), told["args"], pause=told["pause"])
        if told["pause"]:
            os.waitpid(pid, os.WUNTRACED)
        _say(str(pid))
        if told["after"] is not None:
            time.sleep(told["after"])
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        seconds = time.monotonic() - begun
        _say(f"{os.waitstatus_to_exitcode(status)} {seconds}")


def _say(told: str) -> None:
    sys.stdout.write(f"{told}\n")
    sys.stdout.flush()


def _warm_up() -> None:
    """Import all that a run needs, and load what it loads once."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.toml").write_text(SETTINGS.format(after="archive"))
        write_pages(folder / "pages", TODAY)
        os.chdir(folder)
        with Path(os.devnull).open("w") as sys.stdout, Path(os.devnull).open("w") as sys.stderr:
            _main(WATCHED)
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
        os.chdir("/")


def _set_clock(now: str) -> None:
    """Stop the commands' clock: the times of two runs are to be the same."""
    from feeder.cli import road

    road.now_in = lambda _: dt.datetime.fromisoformat(now)  # type: ignore[assignment]


def _run(folder: Path, args: list[str], *, pause: bool) -> None:
    """Be the copy that runs."""
    os.chdir(folder)
    if pause:
        os.kill(os.getpid(), signal.SIGSTOP)
    code = _BROKEN
    try:
        code = _main(args)
    finally:
        # Whatever was raised, a copy must not go on as the process it was made from.
        if any(sys.exc_info()):
            traceback.print_exc()
        os._exit(code)


def _main(args: list[str]) -> int:
    """Run the command; return the exit code that Python would end with."""
    from feeder import cli

    sys.argv = ["feeder", *args]
    try:
        try:
            cli.main()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0


if __name__ == "__main__":
    _serve()
