"""Statements of read models reach their rows through what they ask for, however much others have stored.

SQLite plans without statistics: to it, all completed chats of everybody look as few as those of one person.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from parlour.attempts import store as attempts
from parlour.attempts.usage import usage_by_message
from parlour.conversations.reading import held_by
from parlour.drafts import store as drafts
from parlour.grading import actions as grading
from parlour.kernel.actor import Actor
from parlour.kernel.ids import AccountId, AttemptId, ChatId, GradeId
from parlour.settings import sqlite_url
from parlour.storage.tx import Tx
from tests.unit.detail_hall import Hall, open_hall

ME, ATTEMPT = AccountId("me"), AttemptId("attempt")
CHATS, GRADES = [ChatId("one"), ChatId("two")], [GradeId("one"), GradeId("two")]
LEARNER = Actor(account_id=ME, user_id="me", role="member")
READS: dict[str, Callable[[Tx], object]] = {
    "chats to use again": lambda tx: attempts.reusable(tx, ME, ATTEMPT),
    "chats with a file": lambda tx: list(attempts.snapshots_naming(tx, LEARNER, ["file"])),
    "what chats hold": lambda tx: held_by(tx, CHATS),
    "grades of chats": lambda tx: grading.grades_by_chat(tx, CHATS),
    "items of grades": lambda tx: grading.items_by_grade(tx, GRADES),
    "usage of an attempt": lambda tx: usage_by_message(tx, ATTEMPT),
    "outcomes of attempts": lambda tx: attempts.outcomes(tx, [ATTEMPT]),
    "unused drafts": lambda tx: drafts.unused_of(tx, ME, chats=True),
    "drafts of an author": lambda tx: drafts.drafts_of(tx, ME),
}


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with open_hall(sqlite_url(Path(tmp_path_factory.mktemp("plans")))) as opened:
        yield opened


class Planning:
    """A transaction that has every statement planned in place of running it."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.steps: list[str] = []

    def one(self, sql: str, **params: object) -> Any:
        return next(iter(self.all(sql, **params)), None)

    def all(self, sql: str, **params: object) -> Any:
        self.steps += [row["detail"] for row in self._tx.all(f"EXPLAIN QUERY PLAN {sql}", **params)]
        return []


@pytest.mark.parametrize("name", READS)
def test_nothing_is_looked_through_that_others_fill(hall: Hall, name: str) -> None:
    def plan(tx: Tx) -> list[str]:
        planning = Planning(tx)
        READS[name](planning)  # type: ignore[arg-type]
        return planning.steps

    steps = hall.do(plan)
    assert [step for step in steps if step.startswith("SEARCH")]
    assert [step for step in steps if step.startswith("SCAN") or "(state=?)" in step] == []
