"""The values of drafts and artifacts as they are shown, each with who made which field and what it rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parlour.drafts.values import Span, Value, Values
from parlour.library import forms
from parlour.library.forms.links import link_to
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class ValueShown:
    """A value. `name`: of the artifact that it links to, null for one of its own or one that is gone.

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


def shown_values(tx: Tx, artifact_type: str, values: Values) -> dict[str, list[ValueShown]]:
    """All values by their types, the links with the names of what they link to now."""
    return {
        type_name: [_shown(tx, artifact_type, type_name, each) for each in found] for type_name, found in values.items()
    }


def _shown(tx: Tx, artifact_type: str, type_name: str, value: Value) -> ValueShown:
    linked = link_to(artifact_type, type_name) if value.linked else None
    return ValueShown(
        id=value.id,
        fields=value.fields,
        linked=value.linked,
        name=forms.name_of(tx, linked, value.id) if linked is not None else None,
        by=value.by,
        state=value.state,
        made_by=value.made_by,
        spans=value.spans,
        unsupported=value.unsupported,
        run_id=value.run_id,
        changed=value.changed,
    )
