"""Choosing what is there: the candidates that the author may read, and which types choose.

People are never told to a model: only whom the instructions name by user id can be linked, by rule.
"""

import re
from collections.abc import Sequence

from parlour.accounts import actions as accounts
from parlour.accounts.people.seeing import may_see
from parlour.catalog import authored
from parlour.catalog.entities import Kind, Persona
from parlour.drafts.making import TaskError
from parlour.kernel.actor import Actor
from parlour.library.access import REAL, held_of_row, may_read
from parlour.library.links import PAIRS, link_to, may_be_written
from parlour.library.making.planning import SETTLED
from parlour.library.making.table import Candidate, Table
from parlour.storage.tx import Tx

CANDIDATES_MAX = 100
LISTED_MAX = 600
NAMES_TRIED_MAX = 200
PEOPLE_MAX = 24
SAID_MAX = 300
NOTHING = "There is nothing here to choose from."
NOTHING_LEFT = "There is nothing else to choose."
_WORD = re.compile(r"[^\W\d_]{3,}")
_NAME = re.compile(r"[\"'“”‘’«»]([^\"'“”‘’«»\n]{1,64})[\"'“”‘’«»]|([^\s,;:()\"']+)")


def target(artifact_type: str, type_name: str) -> str | None:
    """The artifact type that values of a type choose from; None for what is only written."""
    return PAIRS[type_name][0] if type_name in PAIRS else link_to(artifact_type, type_name)


def chooses(table: Table) -> bool:
    """Whether values of the type at work are chosen. Raises `TaskError` where they must be and nothing is there."""
    if table.type in SETTLED or target(table.artifact_type, table.type) is None:
        return False
    written = may_be_written(table.artifact_type, table.type)
    must = table.type in PAIRS or table.type in table.order.links or not written
    if must and not table.candidates:
        raise TaskError("tool", NOTHING)
    return must or (table.artifact_type != "scenario" and bool(table.candidates))


def left(table: Table) -> Sequence[Candidate]:
    """What can still be chosen: not what this run has chosen already, nor what stays."""
    if table.type in PAIRS:
        return table.candidates
    kept = {each.id for each in table.of(table.type) if table.adds or table.value_id or each.run_id == table.seed}
    found = [each for each in table.candidates if each.id not in kept]
    if not found:
        raise TaskError("tool", NOTHING_LEFT)
    return found


def room(table: Table) -> int:
    """How many values can be chosen in this run."""
    if table.type in PAIRS:
        return (
            len(table.of("scenarios")) + len(table.of("agents")) + len(table.of("rubrics")) + len(table.of("profiles"))
        )
    kept = {each.id for each in table.of(table.type) if table.adds and each.run_id != table.seed}
    return len([each for each in table.candidates if each.id not in kept])


def candidates(tx: Tx, actor: Actor, wanted: str, asked: str) -> list[Candidate]:
    """What the actor may link to of an artifact type, those first whose words occur in `asked`."""
    match wanted:
        case "department":
            found = accounts.list_departments(tx)
            own = [each for each in found if actor.role == "superadmin" or each.department_id in actor.department_ids]
            return [Candidate(id=each.department_id, name=each.name) for each in own][:CANDIDATES_MAX]
        case "profile":
            return _people(tx, actor, asked)
        case _:
            return _content(tx, actor, wanted, asked)


def _people(tx: Tx, actor: Actor, asked: str) -> list[Candidate]:
    names = dict.fromkeys((quoted or plain).strip().rstrip(".") for quoted, plain in _NAME.findall(asked))
    found: dict[str, Candidate] = {}
    for name in list(names)[:NAMES_TRIED_MAX]:
        account = accounts.account_by_user_id(tx, name) if name else None
        if account is not None and not account.disabled and may_see(tx, actor, account.account_id):
            found[account.account_id] = Candidate(id=account.account_id, name="", user_id=account.user_id)
    return list(found.values())[:PEOPLE_MAX]


def _content(tx: Tx, actor: Actor, wanted: str, asked: str) -> list[Candidate]:
    kinds: Sequence[Kind] = [each for each in REAL if each == wanted] or ["record"]
    words = set(_WORD.findall(asked.casefold()))
    found: list[tuple[int, Candidate]] = []
    for row in authored.listed(tx, authored.Listing(kinds=kinds, active=True, limit=LISTED_MAX)):
        held = held_of_row(tx, row)
        if held is None or held.artifact_type != wanted or not may_read(actor, held):
            continue
        if wanted == "persona" and not row.read(Persona).may_be_chosen:
            continue
        said = _said(row)
        hits = len(words & set(_WORD.findall(f"{row.name} {said}".casefold())))
        found.append((-hits, Candidate(id=row.id, name=row.name, said=said)))
    found.sort(key=lambda each: (each[0], each[1].name, each[1].id))
    return [each for _, each in found[:CANDIDATES_MAX]]


def _said(row: authored.CurrentRow) -> str:
    """What an object is found by besides its name."""
    return (row.search or "").partition("\n")[2][:SAID_MAX]
