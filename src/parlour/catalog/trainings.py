"""Trainings and what tries are made of, as rows. `library` decides who may; nothing here asks.

What belongs to a try (a practice entry of one person alone, to see what a draft is like) has the pack `TRIAL_PACK`:
it is in no list of the library, in no bundle and in no list of trainings.
"""

from collections.abc import Iterable

from parlour.catalog import store
from parlour.catalog.entities import (
    Cohort,
    Document,
    Entry,
    Kind,
    Persona,
    Rubric,
    Scenario,
    Seat,
    Simulation,
)
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx

TRIAL_PACK = "~try"
KINDS: tuple[Kind, ...] = ("home", "practice")


@dataclass(frozen=True, kw_only=True, slots=True)
class Training:
    """A home or practice entry as it is now. `author_id`: who made it, None for a bundle."""

    entry: Entry
    version: int
    author_id: str | None


def trainings(tx: Tx) -> list[Training]:
    """Every training, active or not, by (kind, position, name)."""
    found = [_training(row) for row in store.rows_of(tx, KINDS) if row.pack != TRIAL_PACK]
    return sorted(found, key=lambda each: (each.entry.kind, each.entry.position, each.entry.name, each.entry.id))


def locked(tx: Tx, entry_ids: Iterable[str]) -> None:
    """Nobody else changes these trainings before the transaction ends. Read what they say after this."""
    for each in sorted(entry_ids):
        store.lock(tx, each)


def training(tx: Tx, entry_id: str) -> Training | None:
    """One of them."""
    row = store.current_row(tx, entry_id)
    return _training(row) if row is not None and row.kind in KINDS and row.pack != TRIAL_PACK else None


def put_training(tx: Tx, entry: Entry, account_id: str) -> int:
    """Store a training; its version. Seats that it has by name stay."""
    new = store.NewContent(
        id=entry.id,
        kind=entry.kind,
        name=entry.name,
        body=store.body_of(entry),
        active=entry.active,
        account_id=account_id,
    )
    return store.put(tx, new)[0]


def put_cohort(tx: Tx, cohort: Cohort, account_id: str) -> int:
    """Store a cohort as it is published; its version."""
    new = store.NewContent(
        id=cohort.id,
        kind="cohort",
        name=cohort.name,
        body=store.body_of(cohort),
        account_id=account_id,
        search=cohort.description,
        active=_is_active(tx, cohort.id),
    )
    return store.put(tx, new)[0]


Tried = Persona | Document | Scenario | Rubric | Simulation


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """Whose try of which draft something belongs to."""

    draft_id: str
    account_id: AccountId

    @property
    def slug(self) -> str:
        """The name of its entry in the pack of tries."""
        return f"{self.draft_id}/{self.account_id}"


def put_tried(tx: Tx, kind: Kind, content: Tried, trial: Trial) -> int:
    """Store a part of a try, where nobody finds it; its version."""
    return store.put(tx, _of_trial(kind, content, trial, active=False))[0]


def put_trial(tx: Tx, entry: Entry, trial: Trial) -> None:
    """Store the entry of a try, with the one who tries as its only seat."""
    store.put(tx, _of_trial("practice", entry, trial, active=entry.active))
    store.set_seats(tx, entry.id, [Seat(entry_id=entry.id, account_id=trial.account_id)])


def trials_of(tx: Tx, draft_id: str) -> list[tuple[Entry, Trial]]:
    """The tries of a draft, whoever's."""
    rows = store.placed(tx, "practice", TRIAL_PACK, f"{draft_id}/")
    return [
        (row.read(Entry), Trial(draft_id=draft_id, account_id=AccountId((row.slug or "").rpartition("/")[2])))
        for row in rows
    ]


def draft_of_try(tx: Tx, entry_id: str) -> str | None:
    """The id of the draft that a practice entry tries; None for any other entry."""
    row = store.current_row(tx, entry_id)
    return (row.slug or "").partition("/")[0] if row is not None and row.pack == TRIAL_PACK else None


def _of_trial(kind: Kind, content: Tried | Entry, trial: Trial, *, active: bool) -> store.NewContent:
    return store.NewContent(
        id=content.id,
        kind=kind,
        name=content.name,
        body=store.body_of(content),
        active=active,
        pack=TRIAL_PACK,
        slug=trial.slug,
        account_id=trial.account_id,
    )


def _training(row: store.CurrentRow) -> Training:
    return Training(entry=row.read(Entry), version=row.version, author_id=row.author_id)


def _is_active(tx: Tx, content_id: str) -> bool:
    row = store.current_row(tx, content_id)
    return row is None or row.active
