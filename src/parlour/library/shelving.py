"""Taking an artifact out of the library and bringing it back, and making a new one like it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from parlour.audit import actions as audit
from parlour.audit.entities import Entry
from parlour.catalog import authored
from parlour.drafts.entities import Draft
from parlour.drafts.values import Value, Values
from parlour.kernel.actor import Actor
from parlour.kernel.refusals import Refusal
from parlour.library import access, forms
from parlour.library.drafting.creating import create_with
from parlour.library.drafting.rules import DraftRules
from parlour.library.forms.cells import NAME_CHARS_MAX
from parlour.storage.tx import Tx

COPY = " (copy)"
_PEOPLE = ("profiles", "instructors", "profile_personas")


def archive(tx: Tx, actor: Actor, artifact_id: str, *, archived: bool, route: str) -> None:
    """Take an artifact out of the library, or bring it back; what uses it goes on. Repeating it changes nothing.

    `not_found`, `forbidden`, `unsupported_artifact` for what lives with the accounts.
    """
    held = access.artifact_to_edit(tx, actor, artifact_id)
    _check_content(held)
    row = authored.current(tx, artifact_id)
    if row is None or row.active != archived:
        return
    authored.set_active(tx, artifact_id, active=not archived)
    done = Entry(
        actor=actor.account_id,
        action="artifact.archive" if archived else "artifact.restore",
        subject=artifact_id,
        route=route,
        detail={"type": held.artifact_type},
    )
    audit.record(tx, done)


def duplicate(tx: Tx, actor: Actor, artifact_id: str, rules: DraftRules) -> Draft:
    """A draft of something new with the values of an artifact that the actor may read, but of a cohort its people.

    It is for the departments that both have. `not_found`, `forbidden`, `too_many_drafts`, `unsupported_artifact`.
    """
    held = access.artifact_to_read(tx, actor, artifact_id)
    _check_content(held)
    values = copied(tx, forms.values_of(tx, held.artifact_type, artifact_id))
    own = tuple(
        each for each in values.get("departments", ()) if actor.role == "superadmin" or each.id in actor.department_ids
    )
    left = {name: found for name, found in values.items() if name not in (*_PEOPLE, "departments")}
    return create_with(tx, actor, held.artifact_type, {**left, "departments": own} if own else left, rules)


def copied(tx: Tx, values: Values) -> Values:
    """The same values under new ids, so that nothing of two artifacts is mistaken for the other's. Links stay."""
    new_ids = {value.id: tx.new_id() for found in values.values() for value in found if not value.linked}
    return {
        type_name: tuple(_copied(type_name, value, new_ids) for value in found) for type_name, found in values.items()
    }


def _copied(type_name: str, value: Value, new_ids: Mapping[str, str]) -> Value:
    fields = cast("Mapping[str, object]", _renamed(value.fields, new_ids))
    if type_name == "names" and isinstance(fields.get("name"), str):
        fields = {**fields, "name": cast("str", fields["name"])[: NAME_CHARS_MAX - len(COPY)] + COPY}
    if type_name == "questions":
        options = cast("Sequence[Mapping[str, object]]", fields.get("options") or ())
        fields = {**fields, "options": [{name: each[name] for name in each if name != "id"} for each in options]}
    return replace(value, id=new_ids.get(value.id, value.id), fields=fields)


def _renamed(value: object, new_ids: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return new_ids.get(value, value)
    if isinstance(value, Mapping):
        return {name: _renamed(each, new_ids) for name, each in cast("Mapping[str, object]", value).items()}
    if isinstance(value, Sequence):
        return [_renamed(each, new_ids) for each in cast("Sequence[object]", value)]
    return value


def _check_content(held: access.Held) -> None:
    if held.artifact_type in access.OF_ACCOUNTS:
        raise Refusal("unsupported_artifact", f"A {held.artifact_type} lives with the accounts: it has no copies here.")
