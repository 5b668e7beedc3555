"""Killed at any moment, feeder loses nothing, doubles nothing, and the next run completes it.

Runs are killed by SIGKILL: before each system call that changes something on the disk, one run a
call, and at moments that a seed chooses. A kill is no power cut: the kernel's cache survives it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from crashing import (
    HAND,
    SETTINGS,
    TODAY,
    WATCHED,
    YESTERDAY,
    Call,
    Dump,
    Ended,
    Launcher,
    dump,
    files,
    fresh,
    needs,
    published,
    write_pages,
)

WAYS = ("by hand", "archive", "keep", "delete")
"""By hand into a new database; and a source's folder, by what is done with its files."""
TIMES = 15
"""How often a case is killed at random, each time up to three times in a row."""
Kill = Callable[[Launcher, Path], Ended]

pytestmark = needs("strace")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A folder in which a run is to be made, and what an undisturbed one makes of it."""

    template: Path
    args: Sequence[str]
    states: Sequence[Dump]
    """What the database may hold: before the run, and after each of its pages."""
    before: dict[str, bytes]
    """What readers saw before."""
    after: dict[str, bytes]
    """What they see in the end."""
    pages: dict[str, bytes]
    """What the watched folder holds in the end."""
    seconds: float


@pytest.fixture(scope="module")
def case(request: pytest.FixtureRequest, launchers: list[Launcher], room: Path) -> Case:
    """The case, made by undisturbed runs: one for each number of pages that have come."""
    launcher = launchers[0]
    template, folder = room / f"{request.param} template", room / "undisturbed"
    args = lay(template, request.param, launcher)
    states = [dump(template)]
    fresh(template, folder)
    launcher.run(folder, ["publish"])  # makes the tables, where there are none yet
    states.append(dump(folder))
    for count in range(1, len(TODAY) + 1):
        fresh(template, folder)
        write_pages(folder / "pages", dict(list(TODAY.items())[:count]))
        ended = launcher.run(folder, args)
        states.append(dump(folder))
    before = published(template)
    write_pages(template / "pages", TODAY)
    return Case(
        template=template,
        args=args,
        states=states,
        before=before,
        after=published(folder),
        pages=files(folder / "pages"),
        seconds=ended.seconds,
    )


def lay(folder: Path, way: str, launcher: Launcher) -> Sequence[str]:
    """Make a folder, with yesterday's pages taken in unless it is new; return what is to be run."""
    write_pages(folder / "pages", {})
    if way == "by hand":
        (folder / "config.toml").write_text(SETTINGS.format(after="keep"))
        return HAND
    (folder / "config.toml").write_text(SETTINGS.format(after=way))
    write_pages(folder / "pages", YESTERDAY)
    assert launcher.run(folder, WATCHED).code == 0
    return WATCHED


@pytest.fixture(scope="module")
def calls(case: Case, launchers: list[Launcher], room: Path) -> list[Call]:
    """The system calls of an undisturbed run that change something."""
    folder = room / "news0"
    fresh(case.template, folder)
    found = launchers[0].calls(folder, case.args)
    return [call for call in found if call.name != "openat" or "O_CREAT" in call.told]


def kill_at(call: Call, args: Sequence[str]) -> Kill:
    inject = f"inject={call.name}:signal=KILL:when={call.when}"
    return lambda launcher, folder: launcher.run_traced(folder, args, call.name, inject)


def kill_after(seconds: float, args: Sequence[str]) -> Kill:
    return lambda launcher, folder: launcher.run(folder, args, kill_after=seconds)


@pytest.mark.timeout(900)  # two minutes on two idle cores
@pytest.mark.parametrize("case", ["by hand", "archive"], indirect=True)
def test_killed_before_any_change_it_is_completed_by_the_next_run(
    case: Case, calls: list[Call], launchers: list[Launcher], room: Path
) -> None:
    kills = {str(call): [kill_at(call, case.args)] for call in calls}

    assert len(kills) > 200
    assert "\n".join(survive(case, launchers, room, kills)) == ""


@pytest.mark.parametrize("case", ["archive", "delete"], indirect=True)
def test_killed_while_it_puts_a_file_away_it_does_so_in_the_next_run(
    case: Case, calls: list[Call], launchers: list[Launcher], room: Path
) -> None:
    folder = room / "news0"
    moves = [call for call in calls if call.path.startswith("pages/")]
    assert len(moves) > 1

    for call in moves:
        fresh(case.template, folder)
        kill_at(call, case.args)(launchers[0], folder)
        launchers[0].run(folder, case.args)

        assert files(folder / "pages") == case.pages, call


@pytest.mark.parametrize("case", ["archive"], indirect=True)
def test_where_a_file_cannot_have_two_names_it_is_put_away_all_the_same(
    case: Case, launchers: list[Launcher], room: Path
) -> None:
    folder, names = room / "news0", "link,linkat"
    fresh(case.template, folder)

    launchers[0].run_traced(folder, case.args, names, f"inject={names}:error=EPERM")

    assert files(folder / "pages") == case.pages


@pytest.mark.parametrize("case", WAYS, indirect=True)
def test_killed_at_random_again_and_again_it_is_completed_by_the_next_run(
    case: Case, launchers: list[Launcher], room: Path
) -> None:
    dice = random.Random(20261124)
    kills = {
        f"row {number}": [
            kill_after(dice.uniform(0, case.seconds), case.args) for _ in range(dice.randint(1, 3))
        ]
        for number in range(TIMES)
    }

    assert "\n".join(survive(case, launchers, room, kills)) == ""


def survive(
    case: Case, launchers: list[Launcher], room: Path, kills: dict[str, list[Kill]]
) -> list[str]:
    """Return what was found wrong after kills, each row of them made in a copy of the folder."""
    rows = list(kills.items())

    def work(core: int) -> list[str]:
        mine = rows[core :: len(launchers)]
        folder = room / f"news{core}"
        found = []
        for told, row in mine:
            fresh(case.template, folder)
            found += [f"{told}: {why}" for why in one(case, launchers[core], folder, row)]
        return found

    with ThreadPoolExecutor(len(launchers)) as pool:
        return [why for found in pool.map(work, range(len(launchers))) for why in found]


def one(case: Case, launcher: Launcher, folder: Path, kills: Sequence[Kill]) -> Iterator[str]:
    """Make the kills one after the other, and then let a run complete it; yield what is wrong."""
    for kill in kills:
        ended = kill(launcher, folder)
        if ended.code not in (-9, 0, 1):
            yield f"ended by itself: {ended}"
        if dump(folder) not in case.states:
            yield "a page is half in"
        yield from half_published(case, folder)
    ended = launcher.run(folder, case.args)
    if ended.code not in (0, 1) or "Traceback" in ended.err:
        yield f"not completed: {ended}"
    left = dump(folder)
    if tables := [name for name in left if left[name] != case.states[-1].get(name)]:
        yield f"the database is another: {tables}"
    if differing(published(folder), case.after):
        yield f"published otherwise: {differing(published(folder), case.after)}"


def half_published(case: Case, folder: Path) -> Iterator[str]:
    """What a reader would find broken while the public folder is being written."""
    seen = published(folder)
    for name, data in seen.items():
        if data not in (case.before.get(name), case.after.get(name)):
            yield f"public/{name} is neither old nor new"
        linked = {link.decode() for link in re.findall(rb"articles/\d+/\d+\.html", data)}
        if missing := linked - set(seen):
            yield f"public/{name} links to nothing: {missing}"


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
