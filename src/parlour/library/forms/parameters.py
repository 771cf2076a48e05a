"""What fills placeholders as values, and back: `parameter_fields` of personas and scenarios, `fields` of documents.

A value says its name and its words itself, or names the parameter and the field that say them: a parameter is called
as the placeholder, a field as what stands there. A field that is linked says for which parameter it is one; one that
no parameter lists is called as the placeholder, and its description stands there.
"""

import re
from collections.abc import Sequence

from parlour.catalog import authored
from parlour.catalog.entities import Parameter
from parlour.catalog.records import Record
from parlour.drafts.values import Value
from parlour.library import access
from parlour.library.forms.cells import NAME_CHARS_MAX, Form, given

_UNFIT = re.compile(r"[^a-z0-9_-]+")
_NAME_MAX = 64


def parameter_values(parameters: Sequence[Parameter]) -> tuple[Value, ...]:
    """What these would have been written from."""
    return tuple(given(each.id, {"name": each.name, "value": each.value}) for each in parameters)


def compiled_parameters(form: Form, stood: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """What `parameter_fields` fill. `stood`: what the version before said, for what the actor may not read."""
    named = (_named(form, value, stood) for value in form.all("parameter_fields"))
    return tuple(each for each in named if each.name)


def compiled_fields(form: Form, stood: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """What the `fields` of a document fill. `stood` as above."""
    found: list[Parameter] = []
    for value in form.all("fields"):
        if value.linked:
            form.link("field", value.id, "fields", value)
            found += _of_field(form, value.id, stood)
            continue
        name = placeholder_name(form.text("fields", value, "name", most=NAME_CHARS_MAX))
        words = form.text("fields", value, "value") or form.text("fields", value, "description")
        found.append(Parameter(id=value.id, name=name, value=words))
    return tuple(each for each in found if each.name)


def placeholder_name(name: str) -> str:
    """A name as it stands between braces: "Opening hours" is `opening-hours`."""
    return _UNFIT.sub("-", name.casefold()).strip("-")[:_NAME_MAX]


def _named(form: Form, value: Value, stood: Sequence[Parameter]) -> Parameter:
    name = form.text("parameter_fields", value, "name", most=NAME_CHARS_MAX)
    words = form.text("parameter_fields", value, "value")
    parameter_id = form.named("parameter", "parameter_fields", value, "parameter_id")
    field_id = form.named("field", "parameter_fields", value, "field_id")
    before = next((each for each in stood if each.id == value.id), None)
    if not name and parameter_id:
        parameter = _record(form, "parameter", parameter_id)
        name = placeholder_name(parameter.name) if parameter else before.name if before else ""
    if not words and field_id:
        field = _record(form, "field", field_id)
        words = field.name if field else before.value if before else ""
    return Parameter(id=value.id, name=name, value=words)


def _of_field(form: Form, field_id: str, stood: Sequence[Parameter]) -> list[Parameter]:
    field = _record(form, "field", field_id)
    if field is None:
        return [each for each in stood if each.id == field_id]
    listed = (row.read(Record) for row in authored.naming(form.tx, ("record",), field_id))
    parameters = (each for each in listed if each.artifact_type == "parameter" and _lists(each, field_id))
    readable = (each for each in parameters if access.may_be_named(form.tx, form.actor, "parameter", each.id))
    parameter = next(readable, None)
    if parameter is not None:
        return [Parameter(id=field_id, name=placeholder_name(parameter.name), value=field.name)]
    return [Parameter(id=field_id, name=placeholder_name(field.name), value=field.description or field.name)]


def _lists(parameter: Record, field_id: str) -> bool:
    return any(each.linked and each.id == field_id for each in parameter.values.get("fields", ()))


def _record(form: Form, artifact_type: str, record_id: str) -> Record | None:
    """A record that the actor may read."""
    row = authored.current(form.tx, record_id)
    if row is None or not access.may_be_named(form.tx, form.actor, artifact_type, record_id):
        return None
    record = row.read(Record)
    return record if record.artifact_type == artifact_type else None
