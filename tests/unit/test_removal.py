"""What the deletion of an attempt takes along that no chat leads to."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parlour.attempts.history.removal import delete_attempt
from parlour.drafts import actions as drafts
from parlour.drafts.actions import Generating
from parlour.drafts.entities import Basis, ChatValues, Order
from parlour.kernel.ids import AttemptId
from parlour.settings import sqlite_url
from parlour.storage.tx import Tx
from tests.unit.detail_hall import Hall, open_hall


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(sqlite_url(tmp_path)) as opened:
        yield opened


def generated(hall: Hall, attempt_id: AttemptId) -> None:
    """A run for the attempt, with the draft that it writes into."""
    entry = hall.entry("practice", "office")

    def begin(tx: Tx) -> None:
        basis = Basis(kind=entry.kind, entry_id=entry.id, template_id=entry.templates[0].id)
        draft = drafts.create_for_chat(tx, hall.people["learner"], basis, ChatValues(name="Secret"))
        wanted = Generating(
            draft_id=draft.id,
            account_id=hall.people["learner"],
            group_id=tx.new_id(),
            order=Order(types=("names",), redacted=True, attempt_id=attempt_id),
        )
        drafts.begin_generation(tx, wanted)

    hall.do(begin)


def left(hall: Hall, table: str) -> int:
    row: Any = hall.read(lambda tx: tx.one(f"SELECT count(*) AS n FROM {table}"))  # noqa: S608
    return row["n"]


def test_what_was_generated_for_an_attempt_goes_with_it(hall: Hall) -> None:
    """Its drafts hold the material of its chats, and nobody could find them any more."""
    kept, gone = [hall.start(hall.entry("practice", "office")).attempt_id for _ in range(2)]
    generated(hall, kept)
    generated(hall, gone)
    actor = hall.actor()
    hall.do(lambda tx: delete_attempt(tx, actor, gone))
    assert (left(hall, "drafts"), left(hall, "generations")) == (1, 1)
    assert left(hall, "chats") == 1
