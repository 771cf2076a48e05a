"""Changing the values of a draft, by a person (Glow 1.5)."""

from collections.abc import Sequence

from parlour.drafts.artifacts import EXTENSIONS, SINGLE, draft_types
from parlour.drafts.entities import Draft
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import is_id
from parlour.kernel.refusals import invalid, not_found
from parlour.library import access
from parlour.library.drafting.fields import check_fields, known_fields
from parlour.library.drafting.holding import draft_to_write, written
from parlour.library.drafting.rules import DraftRules
from parlour.library.drafting.sheet import Marks, Operation, Sheet
from parlour.library.links import link_to
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Changing:
    """What is to change in a draft, in this order, for the version that its writer has read; None: whichever."""

    draft_id: str
    expected_version: int | None
    operations: Sequence[Operation]


def change(tx: Tx, actor: Actor, wanted: Changing, rules: DraftRules) -> Draft:
    """Do all of it, or nothing. The draft as it is then.

    Raises as `holding.draft_to_write`; `invalid_request` at `/changes/<number>/...`; `not_found` for an artifact
    that is to be linked and that the actor may not read; `draft_too_large`.
    """
    draft = draft_to_write(tx, actor, wanted.draft_id, wanted.expected_version)
    marks = Marks(version=draft.version + 1, values_max=rules.values_max, fresh_id=tx.new_id)
    sheet = Sheet(draft.artifact, marks)
    for number, asked in enumerate(wanted.operations):
        pointer = f"/changes/{number}"
        _check(tx, actor, draft, asked, pointer)
        sheet.apply(asked, pointer)
    return written(tx, actor, draft, sheet.body(), rules)


def _check(tx: Tx, actor: Actor, draft: Draft, asked: Operation, pointer: str) -> None:
    if asked.type not in draft_types(draft.artifact_type):
        raise invalid(f"{pointer}/type", f"{draft.artifact_type} has no values of this type")
    if asked.position is not None and asked.position < 0:
        raise invalid(f"{pointer}/position", "a position is 0 or more")
    match asked.op:
        case "put":
            if asked.type not in SINGLE:
                raise invalid(f"{pointer}/op", f"{asked.type} may have several values: add one, or set it")
            _check_fields(draft, asked, pointer)
        case "set" | "add":
            _check_fields(draft, asked, pointer)
        case "link":
            _check_link(tx, actor, draft.artifact_type, asked, pointer)
        case "move":
            if asked.position is None:
                raise invalid(f"{pointer}/position", "it is missing")
        case "remove" | "accept" | "refuse":
            pass
    if asked.op == "add" and asked.value_id is not None and not is_id(asked.value_id):
        raise invalid(f"{pointer}/value_id", "value_id is not an id")


def _check_fields(draft: Draft, asked: Operation, pointer: str) -> None:
    if asked.fields is None:
        raise invalid(f"{pointer}/fields", "they are missing")
    known = known_fields(draft.artifact_type, asked.type)
    there = (value for value in draft.artifact.values.get(asked.type, ()) if value.linked)
    if asked.op == "set" and any(value.id == asked.value_id for value in there):
        known = {name: kind for name, kind in known.items() if name in EXTENSIONS.get(asked.type, {})}
    check_fields(known, asked.fields, f"{pointer}/fields")


def _check_link(tx: Tx, actor: Actor, artifact_type: str, asked: Operation, pointer: str) -> None:
    linked = link_to(artifact_type, asked.type)
    if linked is None:
        raise invalid(f"{pointer}/op", f"{asked.type} links nothing")
    if asked.artifact_id is None or not is_id(asked.artifact_id):
        raise invalid(f"{pointer}/artifact_id", "artifact_id is not an id")
    if asked.fields is not None:
        extra = EXTENSIONS.get(asked.type, {})
        check_fields({name: str(kind) for name, kind in extra.items()}, asked.fields, f"{pointer}/fields")
    if not access.may_be_named(tx, actor, linked, asked.artifact_id):
        raise not_found("Artifact")
