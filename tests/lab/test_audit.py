"""The record of who did what: its rows are chained, and every change of one is found (D12)."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from parlour.audit import actions as audit
from parlour.audit import store
from parlour.audit.entities import Entry, Row, Wanted
from parlour.storage.tx import Tx
from tests.harness.site import ROOT, Site

ROWS = 12
CHANGES = (
    "UPDATE audit SET actor = 'x' WHERE n = 7",
    "UPDATE audit SET acted_for = NULL WHERE n = 7",
    "UPDATE audit SET at = at + 1 WHERE n = 7",
    "UPDATE audit SET action = 'question.answere' WHERE n = 7",
    "UPDATE audit SET subject = 's8' WHERE n = 7",
    "UPDATE audit SET route = '' WHERE n = 7",
    "UPDATE audit SET detail = '{\"n\":8}' WHERE n = 7",
    "UPDATE audit SET previous_digest = '' WHERE n = 7",
    "UPDATE audit SET digest = previous_digest WHERE n = 7",
    "DELETE FROM audit WHERE n = 7",
)


def fill(tx: Tx) -> list[int]:
    return [
        audit.record(
            tx,
            Entry(
                actor="ada",
                acted_for="lin" if n % 2 else None,
                action="question.answered",
                subject=f"s{n}",
                route="POST /users/{id}/chat_text",
                detail={"n": n, "digest": "öé"},
            ),
        )
        for n in range(1, ROWS + 1)
    ]


def add_one(tx: Tx) -> int:
    return audit.record(tx, Entry(actor=None, action="question.expired", subject="s1", route="deadline"))


@pytest.mark.lab("D12")
def test_a_chain_holds_until_something_of_it_is_changed(own_lab: Site) -> None:
    database = own_lab.database()
    assert database.read_here(audit.verify) is None
    assert database.write_here(fill) == list(range(1, ROWS + 1))
    assert database.read_here(audit.verify) is None
    for change in CHANGES:
        kept = database.read_here(lambda tx: audit.list_rows(tx, Wanted(after=6, limit=1)))[0]
        database.write_here(lambda tx, change=change: tx.run(change))
        assert database.read_here(audit.verify) == 7, change
        database.write_here(lambda tx, kept=kept: restore(tx, kept))
        assert database.read_here(audit.verify) is None
    database.write_here(lambda tx: tx.run("DELETE FROM audit WHERE n = :n", n=ROWS))
    assert database.read_here(audit.verify) == ROWS
    database.write_here(lambda tx: tx.run("UPDATE audit_head SET n = n - 1"))
    assert database.read_here(audit.verify) is not None


def restore(tx: Tx, row: Row) -> None:
    tx.run("DELETE FROM audit WHERE n = 7")
    store.insert(tx, row)


@pytest.mark.lab("D12")
def test_rows_of_several_writers_are_one_chain_and_refused_ones_leave_no_gap(own_lab: Site) -> None:
    def write(_: int) -> None:
        database = own_lab.database()
        for _ in range(10):
            database.write_here(add_one)

    def fail(tx: Tx) -> None:
        add_one(tx)
        raise ValueError("not this time")

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, range(3)))
    with pytest.raises(ValueError, match="not this time"):
        own_lab.write(fail)
    assert own_lab.write(add_one) == 31
    database = own_lab.database()
    assert database.read_here(audit.verify) is None
    assert [row.n for row in database.read_here(lambda tx: audit.list_rows(tx, Wanted(limit=5000)))] == [*range(1, 32)]


def command(site: Site, *words: str) -> subprocess.CompletedProcess[str]:
    where = ["--data", str(site.folder / "data"), "--database-url", site.url]
    return subprocess.run(
        [sys.executable, "-m", "parlour", "audit", *words, *where],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.lab("D12")
def test_an_operator_lists_and_checks_the_record(own_lab: Site) -> None:
    admin = own_lab.ids["admin"]
    entry = Entry(
        actor=admin, acted_for=own_lab.ids["learner"], action="acted_for", subject="x", route="GET /users/{id}"
    )
    own_lab.write(fill)
    own_lab.write(lambda tx: audit.record(tx, entry))
    whole = command(own_lab, "verify")
    assert (whole.returncode, whole.stdout.startswith("The record is whole: 13 rows, last digest ")) == (0, True)
    (line,) = command(own_lab, "list", "--actor", "ADMIN", "--json").stdout.splitlines()
    told = json.loads(line)
    assert (told["n"], told["actor"], told["acted_for"], told["action"]) == (13, "admin", "learner", "acted_for")
    assert len(command(own_lab, "list", "--after", "10", "--json").stdout.splitlines()) == 3
    assert "question.answered" in command(own_lab, "list", "--subject", "s3").stdout
    own_lab.write(lambda tx: tx.run("UPDATE audit SET route = 'elsewhere' WHERE n = 3"))
    broken = command(own_lab, "verify")
    assert (broken.returncode, broken.stderr.startswith("The record is broken at row 3")) == (1, True)
