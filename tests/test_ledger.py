"""What a source did and what went wrong is remembered, and told once."""

import contextlib
import datetime as dt
import sqlite3
from pathlib import Path

import pytest

from feeder.errors import StoreError
from feeder.ledger import EventKind, Job, KeptAnswer, Ledger, SourceState
from feeder.store import Store

NOW = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=5)


@pytest.fixture
def ledger(tmp_path: Path):
    Store(tmp_path / "feeder.db").close()
    with Ledger.open(tmp_path / "feeder.db") as opened:
        yield opened


def test_a_source_that_fails_and_recovers_makes_one_event_each_way(ledger: Ledger) -> None:
    for trouble in (None, "is gone", "is gone", "is on fire", None, None):
        ledger.record_run("drop", now=NOW, trouble=trouble)

    told = [(event.kind, event.text) for event in reversed(ledger.events(limit=9))]
    assert told == [
        (EventKind.FAILURE, "is gone"),
        (EventKind.FAILURE, "is on fire"),
        (EventKind.RECOVERY, "can be looked at again"),
    ]


def test_the_state_of_a_source_is_its_runs_and_its_documents(tmp_path: Path) -> None:
    with Store(tmp_path / "feeder.db") as store, store.transaction():
        store.record_document("drop", "a.txt", "1-1", reason=None, now=NOW)
        store.record_document("drop", "b.txt", "1-1", reason="is empty", now=NOW)
        store.ledger.record_run("drop", now=NOW, next_run=LATER)
        store.ledger.record_run("drop", now=LATER, trouble="is gone")
        store.ledger.record_run("drop", now=LATER, trouble="is gone")
        store.record_document("by hand", "c.txt", "1-1", reason=None, now=NOW)

    with Ledger.open(tmp_path / "feeder.db") as ledger:
        assert ledger.source_states() == {
            "by hand": SourceState(source="by hand", seen=1, taken=1),
            "drop": SourceState(
                source="drop",
                last_run=LATER,
                last_success=NOW,
                failures=2,
                trouble="is gone",
                seen=2,
                taken=1,
                failed=1,
            ),
        }
        (refused, _) = reversed(ledger.events(limit=9))
        assert (refused.kind, refused.text) == (EventKind.REFUSAL, "b.txt: is empty")


def test_a_run_by_hand_does_not_forget_the_next_one_of_the_service(ledger: Ledger) -> None:
    ledger.record_run("drop", now=NOW, next_run=LATER)
    ledger.record_run("drop", now=NOW + dt.timedelta(minutes=1))
    assert ledger.source_states()["drop"].next_run == LATER

    ledger.record_run("drop", now=LATER)
    assert ledger.source_states()["drop"].next_run is None


def test_when_a_job_was_done_last_is_remembered(ledger: Ledger) -> None:
    assert ledger.last_done(Job.BACKUP) is None

    ledger.record_done(Job.BACKUP, now=NOW)
    ledger.record_done(Job.UPKEEP, now=LATER)

    assert (ledger.last_done(Job.BACKUP), ledger.last_done(Job.UPKEEP)) == (NOW, LATER)


def test_events_are_kept_to_a_bound(ledger: Ledger) -> None:
    for number in range(1003):
        ledger.record_event(EventKind.NOTICE, "drop", str(number), now=NOW)

    kept = ledger.events(limit=2000)
    assert (len(kept), kept[0].text, kept[-1].text) == (1000, "1002", "3")


def test_an_answer_is_kept_in_place_of_the_one_before_and_for_a_year(ledger: Ledger) -> None:
    def answer(text: str, *, days: int = 0) -> KeptAnswer:
        return KeptAnswer(text=text, validator="v", asked=NOW + dt.timedelta(days=days))

    ledger.keep_answer("web", "https://news.example.org/old", answer("old"))
    ledger.keep_answer("web", "https://news.example.org/", answer("one"))
    ledger.keep_answer("web", "https://news.example.org/", answer("two", days=366))

    assert ledger.answer("web", "https://news.example.org/") == answer("two", days=366)
    assert ledger.answer("web", "https://news.example.org/old") == answer("old")
    ledger.keep_answer("web", "https://news.example.org/new", answer("new", days=367))
    assert ledger.answer("web", "https://news.example.org/old") is None


def test_what_a_stores_own_ledger_writes_stands_by_itself(tmp_path: Path) -> None:
    with Store(tmp_path / "feeder.db") as store, Ledger.open(tmp_path / "feeder.db") as other:
        store.ledger.remember("beat", "now")
        assert other.remembered("beat") == "now"
        with contextlib.suppress(ZeroDivisionError), store.transaction():
            store.ledger.remember("beat", "never")
            raise ZeroDivisionError

        assert other.remembered("beat") == "now"


def test_a_missing_database_is_told_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="let feeder write"):
        Ledger.open(tmp_path / "none.db")

    assert list(tmp_path.iterdir()) == []


def test_a_locked_database_is_told_after_the_wait(tmp_path: Path) -> None:
    Store(tmp_path / "feeder.db").close()
    other = sqlite3.connect(tmp_path / "feeder.db", isolation_level=None)
    other.execute("begin immediate")

    with Ledger.open(tmp_path / "feeder.db", wait_seconds=0.05) as ledger:
        with pytest.raises(StoreError, match="another feeder is writing"):
            ledger.remember("beat", "now")
        other.close()
        ledger.remember("beat", "now")
        assert ledger.remembered("beat") == "now"
