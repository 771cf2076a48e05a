"""Who has a seat in an entry, as it is at this moment, and what becomes of what a bundle brings no more."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.attempts import actions as attempts
from parlour.attempts.actions import Starting
from parlour.attempts.detail import attempt_detail
from parlour.catalog import actions as catalog
from parlour.catalog.bundles import BundleErrors, load_bundle
from parlour.catalog.entities import Entry, EntryKind
from parlour.catalog.publishing import Published, publish
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import AccountId, TimeOrderedIds, named_id
from parlour.kernel.refusals import Refusal
from parlour.settings import sqlite_url
from parlour.storage.database import Database
from parlour.storage.tx import Tx

T = TypeVar("T")
PEOPLE = ("ada", "ben", "cleo", "dan")
PACK = """
pack: {id: PACK, name: Seats}
personas:
  pat: {name: Pat, instructions: "You are Pat."}
  kim: {name: Kim, instructions: "You are Kim."}
scenarios:
  one: {name: One, personas: [pat]}
simulations:
  single: {name: Single, scenarios: [{scenario: one}]}
cohorts:
  club: {name: Club, simulations: [single]LEARNERS}
home:
ENTRIES
"""


class Desk:
    """A database with people, into which a test imports."""

    def __init__(self, folder: Path) -> None:
        clock = SystemClock()
        self.database = Database(sqlite_url(folder), clock, TimeOrderedIds(clock), readers=1)
        self.database.migrate()
        self.folder = folder
        self.people = {name: self._person(name) for name in PEOPLE}
        self.club = named_id("seats", "cohort", "club")

    def _person(self, name: str) -> AccountId:
        new = NewAccount(user_id=name, name=name)
        return self.database.write_here(lambda tx: accounts.create_account(tx, new)).account_id

    def do(self, action: Callable[[Tx], T]) -> T:
        """Write."""
        return self.database.write_here(action)

    def bring(self, entries: str, learners: str = ", learners: [ada]", pack: str = "seats") -> Published:
        """Import the pack with these home entries."""
        file = self.folder / "pack.yaml"
        lines = "\n".join(f"  {line}" for line in entries.strip().splitlines())
        file.write_text(PACK.replace("PACK", pack).replace("LEARNERS", learners).replace("ENTRIES", lines))
        return self.do(lambda tx: publish(tx, load_bundle(file)))

    def entry(self, slug: str, kind: EntryKind = "home", pack: str = "seats") -> Entry:
        """An entry as it is now."""
        found = self.do(lambda tx: catalog.entry_for(tx, kind, named_id(pack, kind, slug)))
        assert found is not None
        return found

    def seated(self, slug: str) -> dict[str, str | None]:
        """Who has a seat in a home entry, and plays which persona; cards agree with seats."""
        entry = self.entry(slug)
        found: dict[str, str | None] = {}
        for name, account_id in self.people.items():
            seat = self.do(lambda tx, key=account_id: catalog.seat_for(tx, entry, key))
            cards = self.do(lambda tx, key=account_id: catalog.entries_for_account(tx, key, "home"))
            assert (entry.id in [card.id for card in cards]) == (seat is not None and entry.active)
            if seat is not None:
                found[name] = seat.persona_id
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_entries_may_name_people_themselves_or_be_for_everyone(desk: Desk) -> None:
    pat, kim = (named_id("seats", "persona", name) for name in ("pat", "kim"))
    desk.bring(
        """
named: {name: Named, simulation: single, learners: [ben, cleo], personas: {cleo: kim}}
both: {name: Both, simulation: single, cohorts: [club], learners: [ben], personas: {ada: pat}}
all: {name: All, simulation: single, everyone: true, personas: {dan: kim}}
none: {name: None, simulation: single}
""",
    )
    assert desk.seated("named") == {"ben": None, "cleo": kim}
    assert desk.seated("both") == {"ada": pat, "ben": None}
    assert desk.seated("all") == {"ada": None, "ben": None, "cleo": None, "dan": kim}
    assert desk.seated("none") == {}
    assert {pair.profile_id for pair in desk.entry("all").profile_personas} == {desk.people["dan"]}


def test_who_joins_a_cohort_has_its_seats_at_once_and_who_leaves_it_has_not(desk: Desk) -> None:
    desk.bring("home: {name: Home, simulation: single, cohorts: [club]}")
    assert desk.seated("home") == {"ada": None}
    assert desk.do(lambda tx: accounts.add_to_cohort(tx, desk.club, desk.people["ben"], "learner"))
    assert not desk.do(lambda tx: accounts.add_to_cohort(tx, desk.club, desk.people["ben"], "learner"))
    desk.do(lambda tx: accounts.add_to_cohort(tx, desk.club, desk.people["cleo"], "instructor"))
    assert desk.seated("home") == {"ada": None, "ben": None}
    ben = desk.do(lambda tx: accounts.actor_by_id(tx, desk.people["ben"]))
    assert ben is not None
    starting = Starting(kind="home", entry_id=desk.entry("home").id)
    started = desk.do(lambda tx: attempts.start(tx, ben, starting))
    assert desk.do(lambda tx: accounts.remove_from_cohort(tx, desk.club, desk.people["ben"], "learner"))
    assert not desk.do(lambda tx: accounts.remove_from_cohort(tx, desk.club, desk.people["ben"], "learner"))
    assert desk.seated("home") == {"ada": None}
    with pytest.raises(Refusal, match="not_found"):
        desk.do(lambda tx: attempts.start(tx, ben, starting))
    assert desk.do(lambda tx: attempt_detail(tx, ben, started.attempt_id)).is_active
    with pytest.raises(Refusal, match="not_found"):
        desk.do(lambda tx: accounts.add_to_cohort(tx, "none", desk.people["ben"], "learner"))


def test_an_import_decides_over_the_people_that_it_lists_and_over_no_others(desk: Desk) -> None:
    entries = "home: {name: Home, simulation: single, cohorts: [club]}"
    desk.bring(entries, learners="")
    assert desk.seated("home") == {}
    desk.do(lambda tx: accounts.add_to_cohort(tx, desk.club, desk.people["dan"], "learner"))
    desk.bring(entries, learners="")
    assert desk.seated("home") == {"dan": None}
    desk.bring(entries, learners=", learners: [ada]")
    assert desk.seated("home") == {"ada": None}
    desk.bring(entries, learners=", learners: []")
    assert desk.seated("home") == {}


def test_entries_that_a_pack_brings_no_more_are_inactive_and_what_was_begun_of_them_stays(desk: Desk) -> None:
    kept = "kept: {name: Kept, simulation: single, learners: [ada]}"
    gone = "gone: {name: Gone, simulation: single, learners: [ada, ben]}"
    desk.bring(f"{kept}\n{gone}")
    desk.bring("other: {name: Other, simulation: single, learners: [ada]}", pack="another")
    ada = desk.do(lambda tx: accounts.actor_by_id(tx, desk.people["ada"]))
    assert ada is not None
    starting = Starting(kind="home", entry_id=desk.entry("gone").id)
    started = desk.do(lambda tx: attempts.start(tx, ada, starting))
    again = desk.bring(kept)
    assert again.written == 1
    assert desk.bring(kept).written == 0
    assert not desk.entry("gone").active
    assert desk.entry("kept").active
    assert desk.entry("other", pack="another").active
    assert desk.seated("kept") == {"ada": None}
    with pytest.raises(Refusal, match="closed"):
        desk.do(lambda tx: attempts.start(tx, ada, starting))
    detail = desk.do(lambda tx: attempt_detail(tx, ada, started.attempt_id))
    assert detail.is_active
    assert desk.do(lambda tx: attempts.advance_by_hand(tx, ada, started.attempt_id, None)).is_attempt_finished
    desk.bring(f"{kept}\n{gone.replace('ada, ben', 'ben')}")
    assert desk.entry("gone").active
    assert desk.seated("gone") == {"ben": None}


def test_people_and_personas_of_an_entry_that_do_not_exist_are_reported(desk: Desk) -> None:
    with pytest.raises(BundleErrors, match="no account with the user id 'eve'"):
        desk.bring("home: {name: Home, simulation: single, learners: [eve]}")
    with pytest.raises(BundleErrors, match="'dan' has no seat in it"):
        desk.bring("home: {name: Home, simulation: single, learners: [ada], personas: {dan: pat}}")
    with pytest.raises(BundleErrors, match="no persona 'max'"):
        desk.bring("home: {name: Home, simulation: single, learners: [ada], personas: {ada: max}}")
