"""Who may read, change and make what authors write (Glow 1.1). Somebody else's is answered like what is not there.

Authoring needs at least the rank of `instructional`. An artifact is readable by superadmins, by authoring accounts
that share a department with it, and by all of them if it has none. It is edited by superadmins, by admins who may
read it, by its author, and by instructional accounts that share a department with it.
"""

import msgspec

from parlour.accounts import actions as accounts
from parlour.accounts.access import shares_department
from parlour.accounts.people.seeing import departments_of, may_see, teaches
from parlour.catalog import authored
from parlour.catalog.entities import Kind
from parlour.catalog.trainings import TRIAL_PACK
from parlour.drafts.entities import Draft
from parlour.kernel.actor import RANKS, Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import forbidden, not_found
from parlour.storage.tx import Tx

AUTHORING_RANK = RANKS["instructional"]
ADMIN_RANK = RANKS["admin"]
OF_ACCOUNTS = frozenset({"department", "profile"})
RESTRICTED = frozenset({"agent", "auth", "model", "provider", "tool", "setting"}) | OF_ACCOUNTS

# The artifacts that are content of their own kind; all others are records, departments or profiles.
REAL: tuple[Kind, ...] = ("persona", "scenario", "rubric", "simulation", "cohort", "document", "eval")
CONTENT: tuple[Kind, ...] = (*REAL, "record")


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What the rights on an artifact depend on. `rank`: of the person, for a profile; `author_id`: who made it."""

    artifact_type: str
    artifact_id: str
    department_ids: frozenset[str] = frozenset()
    author_id: str | None = None
    rank: int | None = None


class _Glimpse(msgspec.Struct, frozen=True):
    """What rights depend on in the body of any artifact."""

    department_ids: tuple[str, ...] = ()
    artifact_type: str = ""


def may_author(actor: Actor) -> bool:
    """Whether an actor writes content at all."""
    return actor.rank >= AUTHORING_RANK


def may_create(actor: Actor, artifact_type: str) -> bool:
    """Whether an actor may make new artifacts of a type."""
    return actor.rank >= (ADMIN_RANK if artifact_type in RESTRICTED else AUTHORING_RANK)


def may_read(actor: Actor, held: Held) -> bool:
    """Whether an actor may read an artifact in the library, use it and duplicate it."""
    if not may_author(actor) or (held.artifact_type in RESTRICTED and actor.rank < ADMIN_RANK):
        return False
    if actor.role == "superadmin":
        return True
    if held.artifact_type == "profile":
        return _decides_about(actor, held) or held.artifact_id == actor.account_id
    if held.artifact_type == "cohort":
        return teaches(actor, held.artifact_id) or shares_department(actor.department_ids, held.department_ids)
    if held.author_id == actor.account_id:
        return True
    return not held.department_ids or shares_department(actor.department_ids, held.department_ids)


def may_edit(actor: Actor, held: Held) -> bool:
    """Whether an actor may change an artifact. A profile is changed from above only; a cohort by who teaches it."""
    if not may_read(actor, held):
        return False
    if held.artifact_type == "cohort":
        by_admin = actor.rank >= ADMIN_RANK and shares_department(actor.department_ids, held.department_ids)
        return actor.role == "superadmin" or by_admin or teaches(actor, held.artifact_id)
    if held.artifact_type == "profile":
        return _decides_about(actor, held)
    if actor.rank >= ADMIN_RANK or held.author_id == actor.account_id:
        return True
    return shares_department(actor.department_ids, held.department_ids)


def held(tx: Tx, artifact_type: str | None, artifact_id: str) -> Held | None:
    """An artifact that exists, archived or not; None if there is none of this type (`None`: of whatever type)."""
    row = authored.current(tx, artifact_id)
    if row is not None:
        found = held_of_row(tx, row)
    else:
        found = _held_department(tx, artifact_id) or _held_profile(tx, artifact_id)
    return found if found is not None and artifact_type in (None, found.artifact_type) else None


def held_of_row(tx: Tx, row: authored.CurrentRow) -> Held | None:
    """The same of a row of the catalogue; None if it is no artifact."""
    if row.kind not in CONTENT or row.pack == TRIAL_PACK:
        return None
    glimpse = decode(row.body, _Glimpse)
    departments = frozenset(glimpse.department_ids)
    artifact_type = glimpse.artifact_type if row.kind == "record" else row.kind
    if artifact_type == "cohort":
        departments |= _departments_of_cohort(tx, row.id)
    elif artifact_type == "department":
        departments = frozenset((row.id,))
    return Held(artifact_type=artifact_type, artifact_id=row.id, department_ids=departments, author_id=row.author_id)


def artifact_to_read(tx: Tx, actor: Actor, artifact_id: str, artifact_type: str | None = None) -> Held:
    """An artifact that the actor may read; for everybody else there is none: `not_found`."""
    found = held(tx, artifact_type, artifact_id)
    if found is None or not may_read(actor, found):
        raise not_found("Artifact")
    return found


def artifact_to_edit(tx: Tx, actor: Actor, artifact_id: str, artifact_type: str | None = None) -> Held:
    """An artifact that the actor may change. `not_found`; `forbidden` for who may only read it."""
    found = artifact_to_read(tx, actor, artifact_id, artifact_type)
    if not may_edit(actor, found):
        raise forbidden()
    return found


def newest_version(tx: Tx, artifact_type: str, artifact_id: str) -> int:
    """The newest version of an artifact; 0 if it has none: departments that only the accounts know, and profiles."""
    row = authored.current(tx, artifact_id)
    found = held_of_row(tx, row) if row is not None else None
    return row.version if row is not None and found is not None and found.artifact_type == artifact_type else 0


def may_be_named(tx: Tx, actor: Actor, artifact_type: str, artifact_id: str) -> bool:
    """Whether an actor may link an artifact, and is told what a linked one is called."""
    found = held(tx, artifact_type, artifact_id)
    if found is None:
        return False
    match artifact_type:
        case "department":
            return actor.role == "superadmin" or artifact_id in actor.department_ids
        case "profile":
            return may_see(tx, actor, artifact_id)
        case _:
            return may_read(actor, found)


def may_approve(tx: Tx, actor: Actor, draft: Draft) -> bool:
    """Whether an actor may edit what a draft is about; of something new, shares a department with its owner."""
    if not may_create(actor, draft.artifact_type):
        return False
    if draft.artifact_id is not None:
        found = held(tx, draft.artifact_type, draft.artifact_id)
        return found is not None and may_edit(actor, found)
    owner = accounts.actor_by_id(tx, draft.account_id)
    departments = owner.department_ids if owner is not None else frozenset[str]()
    return actor.role == "superadmin" or shares_department(actor.department_ids, departments)


def _decides_about(actor: Actor, held: Held) -> bool:
    """Whether a person ranks below an admin, and is in no department of others (`accounts.people.seeing`)."""
    if actor.rank < ADMIN_RANK or held.rank is None or held.rank >= actor.rank:
        return False
    return actor.role == "superadmin" or (bool(held.department_ids) and held.department_ids <= actor.department_ids)


def _departments_of_cohort(tx: Tx, cohort_id: str) -> frozenset[str]:
    found = accounts.cohort_by_id(tx, cohort_id)
    return frozenset((found.department_id,)) if found is not None and found.department_id is not None else frozenset()


def _held_department(tx: Tx, department_id: str) -> Held | None:
    if all(each.department_id != department_id for each in accounts.list_departments(tx)):
        return None
    own = frozenset((department_id,))
    return Held(artifact_type="department", artifact_id=department_id, department_ids=own)


def _held_profile(tx: Tx, account_id: str) -> Held | None:
    account = accounts.account_by_id(tx, account_id)
    if account is None:
        return None
    return Held(
        artifact_type="profile",
        artifact_id=account_id,
        department_ids=departments_of(tx, account_id),
        rank=RANKS[account.role],
    )
