"""Folders → page texts: each new or changed one, once, and nothing half-written."""

import datetime as dt
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sourcing import NOW, names, scan

from feeder import sources
from feeder.config import Source, made
from feeder.errors import PageError, SourceError
from feeder.ledger import Ledger
from feeder.model import MAX_BYTES, MAX_PDF_BYTES, RawPage, Refusal
from feeder.sources.dates import date_in
from feeder.sources.folder import _to_time
from feeder.sources.names import is_passed_over
from feeder.store import Store

AN_HOUR_AGO = NOW.timestamp() - 3600


def drop(path: Path, data: bytes = b"page", *, mtime: float = AN_HOUR_AGO) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (mtime, mtime))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "drop").mkdir()
    return tmp_path / "drop"


class Meddler(Ledger):
    """A ledger that has not seen anything, and does something whenever it is asked of a file."""

    def __init__(self, store: Store, deed: Callable[[], object]) -> None:
        super().__init__(store._db.conn, path=str(store.path))
        self.asked: list[str] = []
        self._deed = deed

    def seen(self, source: str, name: str) -> str | None:
        self.asked.append(name)
        self._deed()
        return super().seen(source, name)


@pytest.fixture
def store() -> Iterator[Store]:
    with Store(Path(":memory:")) as opened:
        yield opened


# Folders


def test_a_page_is_handed_over_with_all_that_is_known_of_it(folder: Path) -> None:
    path = drop(folder / "晨报" / "2024-11-21-a01.txt", "题".encode())
    source = Source(
        name="drop",
        folder=folder,
        date="%Y-%m-%d",
        publication="晨报",
        language="zh-Hans",
        encoding="gb18030",
    )

    assert scan(source) == [
        RawPage(
            source="drop",
            name="晨报/2024-11-21-a01.txt",
            validator=f"3-{path.stat().st_mtime_ns}",
            data="题".encode(),
            modified=NOW - dt.timedelta(hours=1),
            date=dt.date(2024, 11, 21),
            publication="晨报",
            language="zh-Hans",
            encoding="gb18030",
        )
    ]


@pytest.mark.parametrize(
    ("name", "said", "publication"),
    [
        ("晨报/2024/a.txt", "{folder}", "晨报"),
        ("晨报/a.txt", "{folder}（海外版）", "晨报（海外版）"),
        ("a.txt", "{folder}", None),
        ("晨报/a.txt", "晚报", "晚报"),
        ("{folder}/a.txt", "{folder}", "{folder}"),
        ("晨报/a.txt", None, None),
    ],
)
def test_a_subfolder_may_name_the_publication(
    folder: Path, name: str, said: str | None, publication: str | None
) -> None:
    drop(folder / name)

    (page,) = scan(Source(folder=folder, publication=said))

    assert isinstance(page, RawPage)
    assert page.publication == publication


def test_pages_come_in_the_order_of_their_names(folder: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a.TXT", "c/d/e.txt", "notes.md"):
        drop(folder / name)

    assert names(Source(folder=folder)) == ["a.TXT", "b.txt", "a/z.txt", "c/d/e.txt"]


def test_what_has_been_dealt_with_is_not_read_again_until_it_changes(folder: Path) -> None:
    path = drop(folder / "a.txt")
    source = Source(folder=folder)
    seen = {found.name: found.validator for found in scan(source)}

    assert names(source, seen) == []
    drop(path, b"corrected")
    assert names(source, seen) == ["a.txt"]


def test_a_file_that_was_just_written_waits(folder: Path) -> None:
    path = drop(folder / "a.txt", mtime=NOW.timestamp() - 1)
    source = Source(folder=folder, settle_seconds=2)

    assert names(source) == []
    drop(path, mtime=NOW.timestamp() - 2)
    assert names(source) == ["a.txt"]


def test_a_file_from_a_sender_whose_clock_is_ahead_does_not_wait_for_hours(folder: Path) -> None:
    drop(folder / "a.txt", mtime=NOW.timestamp() + 7200)

    assert names(Source(folder=folder)) == ["a.txt"]


def test_a_file_that_changes_while_it_is_read_waits(folder: Path, store: Store) -> None:
    path = drop(folder / "a.txt")
    # Asked between the first look at the file and its reading.
    ledger = Meddler(store, lambda: drop(path, b"page, longer"))

    found = list(sources.scan(Source(folder=folder), ledger=ledger, now=NOW))

    assert (ledger.asked, found) == (["a.txt"], [])


def test_a_time_that_no_calendar_has_does_no_harm() -> None:
    # XFS and tmpfs keep such a time; most file systems clamp it, so it is not made on disk here.
    assert _to_time(2.0**40) is None


@pytest.mark.parametrize(
    "name",
    [
        ".a.txt.Xy12ab", ".syncthing.a.txt.tmp", "~syncthing~a.txt.tmp", "a.txt.part",
        "a.txt.crdownload", "a.txt.download", "a.txt~", ".a.txt.swp", "a.txt.filepart", "#a.txt#",
        "~$a.txt", ".DS_Store", "._a.txt", "Thumbs.db", "@eaDir", ".hidden", "lost+found",
        ".~tmp~", ".in.a.txt.", ".~lock.a.txt#", ".#a.txt", "4913", "a.txt.aria2", "a.txt.!sync",
        ".a.txt.~1f2e", ".goutputstream-X1Y2Z3", "a.txt.sb-1f2e3d4c-Xy12ab", "a.txt.icloud",
        "a.txt.uploading", "a.txt:Zone.Identifier", "a.txt___jb_tmp___", "@Recently-Snapshot",
        ".nfs000000000123", "~WRL0001.tmp", "a.txt@SynoEAStream", "a.txt.reason.txt",
    ],
)  # fmt: skip
def test_temporary_names_and_litter_are_passed_over(folder: Path, name: str) -> None:
    drop(folder / name)
    drop(folder / "sub" / name / "inside.txt")

    assert is_passed_over(name)
    assert names(Source(folder=folder, patterns=("*",))) == []


@pytest.mark.parametrize(
    "name", ["a.txt", "a~b.txt", "part.txt", "part", "晨报A01.txt", "#1.txt", "~1.txt", "4913.txt"]
)
def test_ordinary_names_are_not_passed_over(name: str) -> None:
    assert not is_passed_over(name)


def test_a_link_that_leaves_the_folder_is_passed_over(folder: Path) -> None:
    secret = drop(folder.parent / "secret.txt")
    inside = drop(folder / "a.txt")
    (folder / "out.txt").symlink_to(secret)
    (folder / "outside").symlink_to(folder.parent, target_is_directory=True)
    (folder / "in.txt").symlink_to(inside)
    (folder / "nowhere.txt").symlink_to("nothing.txt")
    (folder / "round.txt").symlink_to("round.txt")

    assert names(Source(folder=folder)) == ["a.txt", "in.txt"]


def test_a_file_swapped_for_a_link_after_the_listing_is_not_read(
    folder: Path, store: Store
) -> None:
    secret = drop(folder.parent / "secret.txt")
    path = drop(folder / "a.txt")

    def swap() -> None:
        path.unlink(missing_ok=True)
        path.symlink_to(secret)

    assert list(sources.scan(Source(folder=folder), ledger=Meddler(store, swap), now=NOW)) == []


def test_the_folder_itself_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    drop(folder / "a.txt")
    (tmp_path / "link").symlink_to(folder)

    assert names(Source(folder=tmp_path / "link")) == ["a.txt"]


def test_what_is_no_regular_file_is_passed_over(folder: Path) -> None:
    os.mkfifo(folder / "pipe.txt")

    assert names(Source(folder=folder, settle_seconds=0)) == []


def test_a_page_too_large_to_be_one_is_refused_unread_and_once(folder: Path) -> None:
    path = folder / "a.txt"
    path.touch()
    os.truncate(path, MAX_BYTES + 1)
    os.utime(path, (AN_HOUR_AGO, AN_HOUR_AGO))
    source = Source(name="drop", folder=folder)

    (refusal,) = scan(source)

    assert isinstance(refusal, Refusal)
    assert "larger than 16 MiB" in refusal.reason
    assert scan(source, {"a.txt": refusal.validator}) == []


@pytest.mark.parametrize(
    "name", [b"\xb1\xa8\xd6\xbd.txt", b"two\nlines.txt", b"\x1b[31mred.txt"], ids=repr
)
def test_a_name_that_cannot_be_stored_or_shown_is_refused(folder: Path, name: bytes) -> None:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
    drop(path)

    (refusal,) = scan(Source(folder=folder))

    assert isinstance(refusal, Refusal)
    assert refusal.name.isprintable()
    assert "rename it" in refusal.reason


def test_a_folder_whose_name_cannot_be_stored_is_refused_as_a_whole(folder: Path) -> None:
    odd = os.fsencode(folder) + b"/\xb1\xa8"
    for name in (b"/a.txt", b"/b.txt"):
        drop(Path(os.fsdecode(odd + name)))
    source = Source(folder=folder)

    (refusal,) = scan(source)

    assert isinstance(refusal, Refusal)
    assert refusal.name == r"\udcb1\udca8/"
    assert "rename it" in refusal.reason
    assert scan(source, {refusal.name: refusal.validator}) == []


@pytest.fixture
def common_folder() -> Iterator[Path]:
    """A folder of a user without rights, whom the test becomes: root may read everything."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        me = os.geteuid()
        if me == 0:
            os.chown(name, 65534, 65534)
            os.seteuid(65534)
        yield Path(name)
        os.seteuid(me)


def test_a_file_that_may_not_be_read_is_told_once_and_taken_when_it_may(
    common_folder: Path,
) -> None:
    path = drop(common_folder / "a.txt")
    path.chmod(0)
    source = Source(name="drop", folder=common_folder)

    (refusal,) = scan(source)
    seen = {"a.txt": refusal.validator}

    assert refusal == Refusal(
        source="drop",
        name="a.txt",
        validator="unread",
        reason="may not be read; let the user that feeder runs as read it",
    )
    assert scan(source, seen) == []
    path.chmod(0o600)
    assert names(source, seen) == ["a.txt"]


def test_a_folder_watched_for_long_still_takes_what_may_be_read_at_last(
    common_folder: Path, store: Store
) -> None:
    path = drop(common_folder / "a.txt")
    path.chmod(0)
    source = Source(name="drop", folder=common_folder)

    def scan_after(seconds: int) -> list[RawPage | Refusal]:
        now = NOW + dt.timedelta(seconds=seconds)
        found = list(sources.scan(source, ledger=store.ledger, now=now))
        with store.transaction():
            for one in found:
                store.record_document("drop", one.name, one.validator, reason=None, now=now)
        return found

    assert [type(one) for one in scan_after(0)] == [Refusal]
    assert [scan_after(seconds) for seconds in (30, 60, 90)] == [[], [], []]
    path.chmod(0o600)
    assert [type(one) for one in scan_after(120)] == [RawPage]


def test_a_subfolder_that_may_not_be_listed_is_told_and_the_others_are_done(
    common_folder: Path,
) -> None:
    drop(common_folder / "a" / "a.txt").parent.chmod(0)
    drop(common_folder / "b" / "b.txt")

    refusal, page = scan(Source(folder=common_folder))
    (common_folder / "a").chmod(0o700)

    assert isinstance(refusal, Refusal)
    assert (refusal.name, page.name) == ("a/", "b/b.txt")


def test_a_folder_that_is_missing_is_told_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder; make it") as caught:
        scan(Source(name="drop", folder=tmp_path / "none"))

    assert caught.value.source == "drop"


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is no folder"):
        scan(Source(folder=drop(tmp_path / "a.txt")))


# Putting away


def test_a_taken_file_moves_to_done_and_a_refused_one_to_failed_with_its_reason(
    folder: Path,
) -> None:
    drop(folder / "sub" / "good.txt", b"good")
    drop(folder / "bad.txt", b"bad")
    source = Source(folder=folder, after="archive")
    bad, good = scan(source)

    sources.put_away(source, good)
    sources.put_away(source, bad, reason="is a PDF")

    assert (folder / "done" / "sub" / "good.txt").read_bytes() == b"good"
    assert (folder / "failed" / "bad.txt").read_bytes() == b"bad"
    assert (folder / "failed" / "bad.txt.reason.txt").read_text() == "is a PDF\n"
    assert scan(source) == []


def test_nothing_in_the_archive_is_overwritten(folder: Path) -> None:
    source = Source(folder=folder, after="archive")
    for data in (b"first", b"second", b"third"):
        drop(folder / "a.txt", data)
        (page,) = scan(source)
        sources.put_away(source, page)

    kept = {path.name: path.read_bytes() for path in (folder / "done").iterdir()}
    assert kept == {"a.txt": b"first", "a.2.txt": b"second", "a.3.txt": b"third"}


def test_delete_removes_what_was_taken_and_keeps_what_was_refused(folder: Path) -> None:
    drop(folder / "bad.txt")
    drop(folder / "good.txt")
    source = Source(folder=folder, after="delete")
    bad, good = scan(source)

    sources.put_away(source, bad, reason="is a PDF")
    sources.put_away(source, good)

    assert [path.name for path in folder.iterdir()] == ["bad.txt"]


@pytest.mark.parametrize("after", ["archive", "delete"])
def test_a_file_that_changed_since_it_was_read_stays(folder: Path, after: str) -> None:
    path = drop(folder / "a.txt")
    source = made(Source, folder=folder, after=after)
    (page,) = scan(source)
    drop(path, b"corrected")

    sources.put_away(source, page)

    assert path.read_bytes() == b"corrected"


def test_by_default_a_file_stays_where_it_was_dropped(folder: Path) -> None:
    path = drop(folder / "done" / "a.txt")
    source = Source(folder=folder)
    (page,) = scan(source)

    sources.put_away(source, page)

    assert path.exists()


def test_a_file_that_cannot_be_put_away_is_told(common_folder: Path) -> None:
    drop(common_folder / "a.txt")
    source = Source(folder=common_folder, after="delete")
    (page,) = scan(source)
    common_folder.chmod(0o500)

    with pytest.raises(SourceError, match=r"a\.txt cannot be put away"):
        sources.put_away(source, page)
    common_folder.chmod(0o700)


# By hand


def test_a_file_given_by_hand_is_read_at_once_under_its_absolute_path(folder: Path) -> None:
    path = drop(folder / "a.md", mtime=dt.datetime.now(dt.UTC).timestamp())

    page = sources.read_file(folder / ".." / "drop" / "a.md")

    assert (page.source, page.name, page.data) == ("command line", str(path), b"page")


def test_a_folder_given_by_hand_is_all_its_pages(folder: Path) -> None:
    for name in ("b.txt", "sub/a.txt", "notes.md", ".hidden.txt"):
        drop(folder / name)

    found = list(sources.read_path(folder))

    assert [page.name for page in found] == [str(folder / "b.txt"), str(folder / "sub/a.txt")]


def test_what_cannot_be_read_by_hand_is_refused_with_the_reason(folder: Path) -> None:
    with pytest.raises(PageError, match="there is no such file"):
        sources.read_file(folder / "none.txt")
    (missing,) = sources.read_path(folder / "none.txt")
    (empty,) = sources.read_path(folder)

    assert isinstance(missing, Refusal)
    assert "no such file" in missing.reason
    assert isinstance(empty, Refusal)
    assert "holds no page text" in empty.reason


# Dates

GROUPS = r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4}|\d{2})"


@pytest.mark.parametrize(
    ("name", "pattern", "date"),
    [
        ("heshan-2024-11-22-a01.txt", "%Y-%m-%d", "2024-11-22"),
        ("2024-1-5.txt", "%Y-%m-%d", "2024-01-05"),
        ("A0120241122.txt", "%Y%m%d", "2024-11-22"),
        ("2024-11/22/a01.txt", "%Y-%m/%d", "2024-11-22"),
        ("晨报2024年11月22日.txt", "%Y年%m月%d日", "2024-11-22"),
        ("99-2024-13-40 2024-02-29.txt", "%Y-%m-%d", "2024-02-29"),
        ("24327.txt", "%y%j", "2024-11-22"),
        ("2024-11.txt", "%Y-%m-%d", None),
        ("2024112.txt", "%Y%m%d", None),
        ("a.txt", None, None),
        ("晨报 2024-11-22 A01.txt", None, "2024-11-22"),
        ("20241122.txt", None, None),
        ("12024-11-22.txt", None, None),
        ("A01_22.11.2024.txt", GROUPS, "2024-11-22"),
        ("22.11.24.txt", GROUPS, "2024-11-22"),
        ("31.02.2024 29.02.2024.txt", GROUPS, "2024-02-29"),
        ("122.11.2024.txt", GROUPS, "2024-11-22"),
        ("2024/22.11.txt", r"(?P<year>\d{4})/(?P<day>\d\d)\.(?P<month>\d\d)", "2024-11-22"),
        ("22.11.txt", r"(?P<day>\d\d)\.(?P<month>\d\d)(?:\.(?P<year>\d{4}))?", None),
        ("Nov 22 2024", r"(?P<month>\w+) (?P<day>\d+) (?P<year>\d+)", None),
        ("0000-11-22", r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)", None),
        ("9" * 4000, r"(?P<year>\d+)(?P<month>\d+)(?P<day>\d+)x", None),
    ],
)
def test_the_date_in_a_name_is_found(name: str, pattern: str | None, date: str | None) -> None:
    found = date_in(name, pattern)

    assert (found and found.isoformat()) == date


def test_a_pdf_may_be_larger_than_a_text(folder: Path) -> None:
    drop(folder / "a.pdf", b"%PDF-1.7" + bytes(MAX_BYTES))
    drop(folder / "b.txt", b"x" * (MAX_BYTES + 1))
    drop(folder / "c.pdf", b"%PDF-1.7" + bytes(MAX_PDF_BYTES))

    found = scan(Source(folder=folder, patterns=("*",)))

    assert [type(one).__name__ for one in found] == ["RawPage", "Refusal", "Refusal"]
    assert [one.reason for one in found if isinstance(one, Refusal)] == [
        "is larger than 16 MiB, no page is; split it",
        "is larger than 64 MiB, no page is; split it",
    ]
