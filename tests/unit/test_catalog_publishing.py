"""Publishing: versions, pins, seats, and what the rest of the house reads from the catalogue."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from parlour.accounts.actions import create_account
from parlour.accounts.entities import NewAccount
from parlour.catalog import actions
from parlour.catalog.bundles import BundleErrors, load_bundle
from parlour.catalog.dialogues import Dialogue
from parlour.catalog.publishing import publish
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import AccountId, TimeOrderedIds, named_id
from parlour.settings import sqlite_url
from parlour.storage.database import Database

SAMPLE = Path(__file__).parents[2] / "content" / "teaching-practice"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    clock = SystemClock()
    made = Database(sqlite_url(tmp_path), clock, TimeOrderedIds(clock), readers=1)
    made.migrate()
    return made


@pytest.fixture
def people(database: Database) -> dict[str, AccountId]:
    return {
        name: database.write_here(
            lambda tx, name=name: create_account(tx, NewAccount(user_id=name, name=name))
        ).account_id
        for name in ("learner", "instructor")
    }


def edited(tmp_path: Path, file: str, edit: Callable[[str], str]) -> Path:
    """The sample pack with one file changed."""
    copy = tmp_path / "pack"
    shutil.copytree(SAMPLE, copy)
    for target in copy.rglob(file):
        target.write_text(edit(target.read_text(encoding="utf-8")), encoding="utf-8")
    return copy


def test_people_without_an_account_are_reported_where_they_stand(database: Database) -> None:
    with pytest.raises(BundleErrors) as caught:
        database.write_here(lambda tx: publish(tx, load_bundle(SAMPLE)))
    text = (SAMPLE / "cohort.yaml").read_text(encoding="utf-8")
    line = text[: text.index("[learner]")].count("\n") + 1
    told = [str(error) for error in caught.value.errors]
    assert f"cohort.yaml:{line}: there is no account with the user id 'learner'" in told
    assert any(each.startswith("benchmark/benchmark.yaml:") and "'instructor'" in each for each in told)
    assert database.read_here(lambda tx: actions.all_entries(tx, "home")) == []


def test_the_same_bundle_again_makes_no_new_version(database: Database, people: dict[str, AccountId]) -> None:
    first = database.write_here(lambda tx: publish(tx, load_bundle(SAMPLE)))
    again = database.write_here(lambda tx: publish(tx, load_bundle(SAMPLE)))
    assert first.unchanged == 0
    assert (again.written, again.unchanged) == (0, first.written)
    assert first.home_ids == again.home_ids


def test_a_changed_scenario_gets_a_version_and_its_entries_pin_it(
    database: Database, people: dict[str, AccountId], tmp_path: Path
) -> None:
    first = database.write_here(lambda tx: publish(tx, load_bundle(SAMPLE)))
    changed = edited(tmp_path, "scenarios.yaml", lambda text: text.replace("name: Two days", "name: Three days"))
    second = database.write_here(lambda tx: publish(tx, load_bundle(changed)))
    home = database.read_here(lambda tx: actions.entry_for(tx, "home", first.home_ids[0]))
    assert home is not None
    pins = {template.name: template.scenario_version for template in home.templates}
    assert pins == {"Watch, then do it yourself": 1, "The silent team member": 1, "Three days before the exam": 2}
    assert [template.rubric_version for template in home.templates] == [1, 1, 1]
    scenario_id = named_id("teaching-practice", "scenario", "exam-panic")
    old = database.read_here(lambda tx: actions.scenario_version(tx, scenario_id, 1))
    assert old is not None
    assert (old.name, old.version) == ("Two days before the exam", 1)
    assert second.written == 7  # the scenario, two home entries, the practice entry, two recordings, their benchmark


def test_a_changed_dialogue_reaches_the_scenario_that_plays_it(
    database: Database, people: dict[str, AccountId], tmp_path: Path
) -> None:
    database.write_here(lambda tx: publish(tx, load_bundle(SAMPLE)))
    changed = edited(tmp_path, "jun-silent.yaml", lambda text: re.sub("start: waits", "start: ideas", text))
    database.write_here(lambda tx: publish(tx, load_bundle(changed)))
    jun = named_id("teaching-practice", "persona", "jun")
    scenario_id = named_id("teaching-practice", "scenario", "silent-team")
    for version, start in ((1, "waits"), (2, "ideas")):
        scenario = database.read_here(lambda tx, v=version: actions.scenario_version(tx, scenario_id, v))
        assert scenario is not None
        script = database.read_here(lambda tx, s=scenario: actions.script_for(tx, s, jun))
        assert script is not None
        dialogue = script["dialogue"]
        assert isinstance(dialogue, Dialogue)
        assert dialogue.start == start
    assert database.read_here(lambda tx: actions.script_for(tx, scenario, "nobody")) is None


def test_learners_have_seats_and_instructors_have_not(database: Database, people: dict[str, AccountId]) -> None:
    done = database.write_here(lambda tx: publish(tx, load_bundle(SAMPLE)))
    learner, instructor = people["learner"], people["instructor"]
    cards = database.read_here(lambda tx: actions.entries_for_account(tx, learner, "practice"))
    assert [entry.name for entry in cards] == [
        "Practice: office hours",
        "Practice: under pressure",
        "Practice: your own scenario",
        "Practice: a new student every time",
        "Practice: a team meeting",
    ]
    assert database.read_here(lambda tx: actions.entries_for_account(tx, instructor, "practice")) == []
    entry = database.read_here(lambda tx: actions.entry_for(tx, "home", done.home_ids[0]))
    assert entry is not None
    seat = database.read_here(lambda tx: actions.seat_for(tx, entry, learner))
    assert seat is not None
    assert seat.persona_id is None
    assert database.read_here(lambda tx: actions.seat_for(tx, entry, instructor)) is None


def test_an_inactive_entry_is_off_the_cards_and_still_readable(
    database: Database, people: dict[str, AccountId], tmp_path: Path
) -> None:
    done = database.write_here(lambda tx: publish(tx, load_bundle(SAMPLE)))
    changed = edited(
        tmp_path, "cohort.yaml", lambda text: text.replace("    position: 1\n", "    position: 1\n    active: false\n")
    )
    database.write_here(lambda tx: publish(tx, load_bundle(changed)))
    cards = database.read_here(lambda tx: actions.entries_for_account(tx, people["learner"], "practice"))
    assert "Practice: office hours" in [entry.name for entry in cards]
    assert "Practice: under pressure" not in [entry.name for entry in cards]
    entry = database.read_here(lambda tx: actions.entry_for(tx, "practice", done.practice_ids[1]))
    assert entry is not None
    assert not entry.active
