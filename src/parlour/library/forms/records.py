"""Records as values, and back: they are kept as they are, but for keys, which are no content."""

from collections.abc import Mapping

from parlour.catalog.records import Record, RecordValue
from parlour.drafts.values import Value, Values
from parlour.library.forms.cells import NAME_CHARS_MAX, Form, given
from parlour.library.links import link_to, may_be_written

SECRET_TYPES = frozenset(("keys", "provider_keys"))
SECRET_FIELD = "key"  # noqa: S105 (a field's name)


def values(record: Record) -> Values:
    """What a record was written from."""
    return {
        type_name: tuple(given(each.id, each.fields, linked=each.linked) for each in found)
        for type_name, found in record.values.items()
        if found
    }


def compiled(form: Form, artifact_type: str) -> Record:
    """The record that values describe."""
    for type_name, found in form.values.items():
        kind = link_to(artifact_type, type_name)
        for value in found:
            if kind is None:
                continue
            if value.linked:
                form.link(kind, value.id, type_name, value)
            elif not may_be_written(artifact_type, type_name):
                form.wrong(type_name, value.id, None, "This must be one that exists.", "form.not_linked")
        for value in found if type_name in ("images", "videos", "uploads") else ():
            form.named("upload", type_name, value, "upload_id")
    return Record(
        id=form.artifact_id,
        artifact_type=artifact_type,
        name=form.one("names", "name", most=NAME_CHARS_MAX) or _named_otherwise(form, artifact_type),
        description=form.one("descriptions", "description"),
        department_ids=tuple(dict.fromkeys(value.id for value in form.all("departments") if value.linked)),
        values={
            type_name: tuple(
                RecordValue(id=each.id, fields=told_fields(type_name, each.fields), linked=each.linked)
                for each in found
            )
            for type_name, found in form.values.items()
            if found
        },
    )


def _named_otherwise(form: Form, artifact_type: str) -> str:
    """What a record without a name is called: as its prompt or its model, else as what it is."""
    found = (value.fields.get("name") for name in ("prompts", "models") for value in form.all(name))
    named = next((each for each in found if isinstance(each, str) and each), None)
    return (named or artifact_type.replace("_", " ").capitalize())[:NAME_CHARS_MAX]


def told_fields(type_name: str, fields: Mapping[str, object]) -> Mapping[str, object]:
    """The fields of a value that may be kept and told: never a key itself."""
    if type_name not in SECRET_TYPES and type_name != "providers":
        return fields
    return {name: value for name, value in fields.items() if name != SECRET_FIELD}


def without_secrets(type_name: str, value: Value) -> Value:
    """A value as it may be kept."""
    told = told_fields(type_name, value.fields)
    if len(told) == len(value.fields):
        return value
    return Value(
        id=value.id,
        fields=told,
        linked=value.linked,
        by={name: who for name, who in value.by.items() if name != SECRET_FIELD},
        state=value.state,
        made_by=value.made_by,
        spans=value.spans,
        unsupported=value.unsupported,
        run_id=value.run_id,
        changed=value.changed,
    )
