"""Reading what is published, and an offline persona's part. `publishing.py` publishes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from parlour.catalog import store
from parlour.catalog.dialogues import Dialogue
from parlour.catalog.entities import (
    Cohort,
    Document,
    Entry,
    EntryKind,
    Persona,
    Reference,
    Rubric,
    Scenario,
    Seat,
    Simulation,
)
from parlour.storage.tx import Tx


def entry_for(tx: Tx, kind: EntryKind, entry_id: str) -> Entry | None:
    """A home or practice entry by id, also one that is no longer active."""
    stored = store.current(tx, kind, entry_id)
    return stored.read(Entry) if stored else None


def entries_for_account(tx: Tx, account_id: str, kind: EntryKind) -> list[Entry]:
    """The active entries in which an account has a seat, by (position, name)."""
    return _sorted([stored.read(Entry) for stored in store.current_of_account(tx, kind, account_id)])


def all_entries(tx: Tx, kind: EntryKind) -> list[Entry]:
    """Every active entry, by (position, name)."""
    return _sorted([stored.read(Entry) for stored in store.all_current(tx, kind)])


def seat_for(tx: Tx, entry_id: str, account_id: str) -> Seat | None:
    """Whether (and as which persona) an account may use an entry."""
    return store.seat(tx, entry_id, account_id)


def scenario_version(tx: Tx, scenario_id: str, version: int) -> Scenario | None:
    """A scenario as it was at a version."""
    stored = store.version(tx, "scenario", scenario_id, version)
    return replace(stored.read(Scenario), version=stored.version) if stored else None


def rubric_version(tx: Tx, rubric_id: str, version: int) -> Rubric | None:
    """A rubric as it was at a version."""
    stored = store.version(tx, "rubric", rubric_id, version)
    return replace(stored.read(Rubric), version=stored.version) if stored else None


def persona(tx: Tx, persona_id: str) -> Persona | None:
    """A persona as it is now."""
    stored = store.current(tx, "persona", persona_id)
    return stored.read(Persona) if stored else None


def persona_version(tx: Tx, persona_id: str, version: int) -> Persona | None:
    """A persona as it was at a version."""
    stored = store.version(tx, "persona", persona_id, version)
    return stored.read(Persona) if stored else None


def document_version(tx: Tx, document_id: str, version: int) -> Document | None:
    """A document as it was at a version."""
    stored = store.version(tx, "document", document_id, version)
    return stored.read(Document) if stored else None


def document(tx: Tx, document_id: str) -> Document | None:
    """A document as it is now."""
    stored = store.current(tx, "document", document_id)
    return stored.read(Document) if stored else None


def simulation(tx: Tx, simulation_id: str) -> Simulation | None:
    """A simulation as it is now."""
    stored = store.current(tx, "simulation", simulation_id)
    return stored.read(Simulation) if stored else None


def cohort(tx: Tx, cohort_id: str) -> Cohort | None:
    """A cohort as it was published; who is in it now, the accounts know."""
    stored = store.current(tx, "cohort", cohort_id)
    return stored.read(Cohort) if stored else None


def newest(tx: Tx, content_ids: Sequence[str]) -> tuple[Reference, ...]:
    """The newest versions of published things, in the order given; what is gone is left out."""
    versions = store.newest(tx, content_ids)
    return tuple(Reference(id=each, version=versions[each]) for each in content_ids if each in versions)


def script_for(tx: Tx, scenario: Scenario, persona_id: str) -> Mapping[str, object] | None:
    """What `turns.ports.Request.script` takes: the part that a persona plays in a scenario version.

    `{"dialogue": Dialogue}`, or None if the persona has no dialogue there; then the offline model
    answers with honest commonplaces.
    """
    for casting in scenario.castings:
        if casting.persona_id == persona_id:
            stored = store.version(tx, "dialogue", casting.dialogue_id, casting.dialogue_version)
            return {"dialogue": stored.read(Dialogue)} if stored else None
    return None


def _sorted(entries: list[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry.position, entry.name, entry.id))
