"""The values of drafts and artifacts as they are shown, each with who made which field and what it rests on."""

from collections.abc import Mapping, Sequence

from parlour.drafts.values import Span, Value, Values
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.library import access, forms
from parlour.library.links import link_to
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class ValueShown:
    """A value. `name`: of the artifact that it links to, null for one of its own, one that is gone, and one that the
    reader may not read; of a person who is not seen the user id is not told either.

    `by`: for each field `person`, `model` or `both`; `state`: `proposed` until somebody accepts it; `changed`: the
    version of the draft that changed it last.
    """

    id: str
    fields: Mapping[str, object]
    linked: bool
    name: str | None
    by: Mapping[str, str]
    state: str
    made_by: str | None
    spans: Sequence[Span]
    unsupported: bool
    run_id: str | None
    changed: int


def shown_values(tx: Tx, actor: Actor, artifact_type: str, values: Values) -> dict[str, list[ValueShown]]:
    """All values by their types, the links with the names of what they link to now, as far as the actor reads that."""
    return {
        type_name: [_shown(tx, actor, link_to(artifact_type, type_name), each) for each in found]
        for type_name, found in values.items()
    }


def _shown(tx: Tx, actor: Actor, link: str | None, value: Value) -> ValueShown:
    linked = link if value.linked else None
    named = linked is not None and access.may_be_named(tx, actor, linked, value.id)
    hidden = linked == "profile" and not named
    return ValueShown(
        id=value.id,
        fields={name: each for name, each in value.fields.items() if name != "user_id"} if hidden else value.fields,
        linked=value.linked,
        name=forms.name_of(tx, linked, value.id) if linked is not None and named else None,
        by=value.by,
        state=value.state,
        made_by=value.made_by,
        spans=value.spans,
        unsupported=value.unsupported,
        run_id=value.run_id,
        changed=value.changed,
    )
