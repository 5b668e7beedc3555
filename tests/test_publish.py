"""Publishing writes what differs, removes what is gone, and touches nothing else."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import resource
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from newsstand import ENTRIES, FERRY, Shelf, entry

from feeder.config import Config, Search, Section, Site, Storage, default_sections, made
from feeder.errors import PublishError
from feeder.publish import publish
from feeder.publish.folder import LIST, replace_files

SHELF = Shelf(ENTRIES)
PARTS = ("index.html", "rss.xml", "atom.xml", "feed.json")
OPERATIONS = ("operations/index.html", "operations/atom.xml")
FORECASTS = ("weather/forecast.json", "weather/forecast.ics")


@pytest.fixture
def public(tmp_path: Path) -> Path:
    return tmp_path / "public"


def config(public: Path, **changed: object) -> Config:
    titles = {"weather": "天气", "society": "社会", "sport": "体育", "economy": "经济"}
    sections = tuple(
        made(Section, id=id_, title={"zh-Hans": title, "en": id_.capitalize()}, topics=(id_,))
        for id_, title in titles.items()
    )
    plain = Config(site=Site(title="榕江新闻"), storage=Storage(public=public), section=sections)
    return replace(plain, **changed)


def files(public: Path) -> dict[str, bytes]:
    return {
        path.relative_to(public).as_posix(): path.read_bytes()
        for path in public.rglob("*")
        if path.is_file()
    }


def stamps(public: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in public.rglob("*")}


def test_everything_is_published_where_others_expect_it(public: Path) -> None:
    done = publish(SHELF, config(public))

    folders = ("all", "weather", "society", "economy")
    assert {*done.written} == {
        "index.html",
        "subscriptions.opml",
        "assets/style.css",
        *FORECASTS,
        *OPERATIONS,
        *(f"{folder}/{part}" for folder in folders for part in PARTS),
        *(f"articles/2024/{number}.html" for number in range(1, 6)),
    }
    assert {*done.written, LIST} == set(files(public))
    assert (done.removed, done.unchanged) == ((), ())


def test_the_second_time_nothing_is_touched(public: Path) -> None:
    first = publish(SHELF, config(public))
    before = stamps(public)

    second = publish(SHELF, config(public))

    assert (second.written, second.removed) == ((), ())
    assert second.unchanged == first.written
    assert stamps(public) == before


def test_a_correction_touches_only_what_shows_it(public: Path) -> None:
    publish(SHELF, config(public))
    corrected = replace(
        ENTRIES[1],
        article=replace(ENTRIES[1].article, headline="周末转阴"),
        updated=ENTRIES[1].updated + dt.timedelta(hours=1),
    )

    done = publish(Shelf((ENTRIES[0], corrected, *ENTRIES[2:])), config(public))

    assert {*done.written} == {
        "index.html",
        "articles/2024/4.html",
        *FORECASTS,
        *(f"{folder}/{part}" for folder in ("all", "weather") for part in PARTS),
    }


def test_what_is_gone_is_removed_with_its_folder(public: Path) -> None:
    publish(SHELF, config(public))

    done = publish(Shelf((ENTRIES[0], *ENTRIES[2:])), config(public))

    gone = {"articles/2024/4.html", *FORECASTS, *(f"weather/{part}" for part in PARTS)}
    assert {*done.removed} == gone
    assert not (public / "weather").exists()
    assert "weather" not in (public / LIST).read_text()


def test_a_withdrawn_article_leaves_a_tombstone(public: Path) -> None:
    publish(SHELF, config(public))

    publish(Shelf(ENTRIES[1:], (ENTRIES[0],)), config(public))

    left = {name for name, data in files(public).items() if "白鹭洲渡口夜航".encode() in data}
    assert left == set()
    assert "此文已撤回" in (public / "articles/2024/5.html").read_text(encoding="utf-8")


def test_files_of_others_stay(public: Path) -> None:
    publish(SHELF, config(public))
    (public / "weather/notes.txt").write_text("mine")
    (public / "robots.txt").write_text("mine")

    publish(Shelf(), config(public))

    assert {"weather/notes.txt", "robots.txt"} < set(files(public))


def test_a_file_that_feeder_did_not_write_is_not_overwritten(public: Path) -> None:
    public.mkdir()
    (public / "index.html").write_text("mine")

    with pytest.raises(PublishError, match=r"index\.html: was not written by feeder; move it"):
        publish(SHELF, config(public))

    assert (public / "index.html").read_text() == "mine"


def test_a_lost_list_is_made_again_from_what_is_right(public: Path) -> None:
    publish(SHELF, config(public))
    (public / LIST).unlink()

    done = publish(SHELF, config(public))

    assert done.written == ()
    assert publish(Shelf(), config(public)).removed != ()


@pytest.mark.parametrize("line", ["/etc/hostname", "../outside", "a/../../outside"])
def test_the_list_leads_nowhere_outside(public: Path, line: str) -> None:
    public.mkdir()
    (public.parent / "outside").write_text("mine")
    (public / LIST).write_text(f"index.html\n{line}\n")

    with pytest.raises(PublishError, match="remove that line"):
        publish(SHELF, config(public))

    assert (public.parent / "outside").exists()


def test_a_line_that_a_crash_cut_off_is_forgotten(public: Path) -> None:
    publish(SHELF, config(public))
    with (public / LIST).open("a") as stream:
        stream.write("robots.tx")
    (public / "robots.tx").write_text("mine")

    publish(Shelf((entry(6, FERRY), *ENTRIES)), config(public))

    assert "robots.tx" not in (public / LIST).read_text().split("\n")
    assert (public / "robots.tx").exists()


def test_what_a_crash_left_half_written_is_cleaned(public: Path) -> None:
    publish(SHELF, config(public))
    part = public / "articles/2024/.5.html.feeder-part"
    part.write_text("half")

    publish(SHELF, config(public))

    assert not part.exists()


def test_killed_anywhere_the_next_run_heals_it(public: Path) -> None:
    whole = public.parent / "whole"
    publish(SHELF, config(whole))

    for limit in range(0, 24, 3):
        subprocess.run(
            [sys.executable, "-c", KILLED, str(public), str(limit)],
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for name, data in files(public).items():
            if not name.endswith((LIST, ".feeder-part")):
                assert data == (whole / name).read_bytes()

    publish(SHELF, config(public))
    assert {**files(public), LIST: b""} == {**files(whole), LIST: b""}


# Renames so many files, then dies as by SIGKILL before the next.
KILLED = """
import os, signal, sys
from pathlib import Path
import test_publish as tests
left = int(sys.argv[2])
def count(event, args):
    global left
    if event == "os.rename":
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
tests.publish(tests.SHELF, tests.config(Path(sys.argv[1])))
"""


def test_a_web_server_may_read_all_of_it(public: Path) -> None:
    former = os.umask(0o077)
    try:
        publish(SHELF, config(public))
    finally:
        os.umask(former)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in public.rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(path.stat().st_mode) for path in public.rglob("*") if path.is_dir()}
    assert (modes - {0o600}, folders) == ({0o644}, {0o755})
    assert stat.S_IMODE((public / "index.html").stat().st_mode) == 0o644
    assert stat.S_IMODE(public.stat().st_mode) == 0o755


def test_a_failed_write_keeps_the_old_file_and_leaves_no_part(public: Path) -> None:
    replace_files(public, [("page.html", b"old")])

    with limited_file_size(100), pytest.raises(PublishError, match=r"page\.html: File too large"):
        replace_files(public, [("page.html", b"new" * 1000)])

    assert (public / "page.html").read_bytes() == b"old"
    assert not list(public.glob("*part"))


@contextmanager
def limited_file_size(size: int) -> Iterator[None]:
    """Python ignores SIGXFSZ, so a longer write fails with EFBIG."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)


def test_a_full_disk_is_named_with_its_remedy(public: Path) -> None:
    public.mkdir()
    with small_disk(public):
        with pytest.raises(PublishError, match="the disk is full; free some space"):
            publish(SHELF, config(public))
        assert not list(public.rglob("*.feeder-part"))


def test_a_read_only_disk_is_named_with_its_remedy(public: Path) -> None:
    public.mkdir()
    with (
        small_disk(public, "ro"),
        pytest.raises(PublishError, match="the disk is read-only; name another folder"),
    ):
        publish(SHELF, config(public))


@contextmanager
def small_disk(folder: Path, *options: str) -> Iterator[None]:
    mount = ["mount", "-t", "tmpfs", "-o", ",".join(("size=24k", *options)), "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk, and not in every container")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_folder_of_another_user_is_named_with_its_remedy(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with as_nobody(), pytest.raises(PublishError, match="public: may not be written; give it to"):
        publish(SHELF, config(tmp_path / "public"))


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write everywhere."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_file_in_the_way_of_a_folder_is_named(public: Path) -> None:
    public.mkdir()
    (public / "articles").write_text("mine")

    with pytest.raises(PublishError, match=r"articles/2024/5\.html: Not a directory"):
        publish(SHELF, config(public))


def test_two_that_publish_at_once_take_turns(public: Path) -> None:
    public.mkdir()
    descriptor = os.open(public, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    second = threading.Thread(target=publish, args=(SHELF, config(public)))
    second.start()
    second.join(timeout=0.3)
    waited = second.is_alive() and not list(public.iterdir())

    os.close(descriptor)
    second.join(timeout=10)

    assert waited
    assert (public / "index.html").exists()


def test_a_saved_search_is_published_like_a_section(public: Path) -> None:
    ferries = Search(id="ferries", title={"": "渡口"}, words="渡口")
    nothing = Search(id="volcanoes", title={"": "火山"}, words="火山")

    publish(SHELF, config(public, search=(ferries, nothing)))

    feed = ElementTree.parse(public / "ferries/rss.xml")
    assert [node.text for node in feed.iterfind("channel/item/guid")] == [ENTRIES[0].guid]
    assert feed.findtext("channel/title") == "榕江新闻 · 渡口"
    assert not (public / "volcanoes").exists()


def test_sections_stand_in_the_order_of_the_configuration(public: Path) -> None:
    odd = entry(7, FERRY, sections=("unknown",))

    publish(Shelf((odd, *ENTRIES)), config(public))

    listed = ElementTree.parse(public / "subscriptions.opml").iterfind("body/outline")
    assert [node.get("text") for node in listed] == [
        "榕江新闻",
        "榕江新闻 · 天气",
        "榕江新闻 · 社会",
        "榕江新闻 · 经济",
        "榕江新闻 · unknown",
    ]


def test_the_topics_of_the_configuration_are_categories_in_the_feeds(public: Path) -> None:
    sections = default_sections()

    publish(SHELF, config(public, section=sections))

    topics = {each.id: each.topics for each in sections}
    first = ElementTree.fromstring((public / "all" / "atom.xml").read_bytes()).find(
        "{http://www.w3.org/2005/Atom}entry"
    )
    assert first is not None
    told = {
        f"medtop:{category.get('term')}"
        for category in first.iterfind("{http://www.w3.org/2005/Atom}category")
        if category.get("scheme") == "http://cv.iptc.org/newscodes/mediatopic/"
    }
    assert told == {topic for section in ENTRIES[0].sections for topic in topics[section]}
    assert told


def test_an_empty_store_can_be_subscribed_to(public: Path) -> None:
    done = publish(Shelf(), config(public))

    assert {f"all/{part}" for part in PARTS} < {*done.written}
    assert "还没有文章" in (public / "index.html").read_text(encoding="utf-8")


def test_what_somebody_else_removed_is_no_trouble(tmp_path: Path) -> None:
    public = tmp_path / "public"
    replace_files(public, [("a/x.html", b"x"), ("b/y.html", b"y")])
    shutil.rmtree(public / "a")

    done = replace_files(public, [("b/y.html", b"y")])

    assert done.removed == ("a/x.html",)
    assert files(public) == {LIST: b"b/y.html\n", "b/y.html": b"y"}
