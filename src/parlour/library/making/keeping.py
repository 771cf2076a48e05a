"""Putting a value into a draft: as a proposal, with who made it and what it rests on.

What stood there goes into `replaced` once, so that refusing brings it back. A value that is made anew keeps its id.
"""

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from parlour.drafts.artifacts import told_as
from parlour.drafts.entities import Draft
from parlour.drafts.making import Kept, Made, TaskError
from parlour.drafts.registry import fields_of
from parlour.drafts.values import ArtifactBody, Value, Values
from parlour.kernel.dataclass import dataclass
from parlour.library.making.grounding import spans_of
from parlour.library.making.media import MediaFile
from parlour.library.making.planning import PER
from parlour.library.making.reading_answers import Answer
from parlour.library.making.shapes import SHAPES
from parlour.library.making.table import Candidate, Table

GONE = "The value that was to be made anew is not there any more."
TOO_MANY = "The draft cannot hold more values of this type."
TOO_LARGE = "The draft is too large."
NEVER_KEPT = frozenset(("key",))
_DEPENDENTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    base: tuple((name, field) for name, (of, field) in (*PER.items(), ("scenario_flags", ("scenarios", "scenario_id")))
                if of == base)
    for base in {of for of, _ in PER.values()}
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """`bytes_max` is about everything in a draft but the text of its sources."""

    values_max: int
    bytes_max: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """An answer with what was chosen, if it is a choice, and in which field that stands ("" = it is linked).

    `model`: its name in the settings; `file`: what an engine has made of it.
    """

    answer: Answer
    model: str
    chosen: Candidate | None = None
    field: str = ""
    file: MediaFile | None = None


def keep(draft: Draft, made: Made, ready: Ready, table: Table, bounds: Bounds) -> Kept:
    """The draft's body with the value in it. Raises `TaskError`."""
    value, name = _value(draft, made, ready, table)
    body = _placed(draft.artifact, made, value, table)
    writers = body.writers if made.run.account_id in body.writers else (*body.writers, made.run.account_id)
    body = replace(body, writers=writers)
    if len(body.values[made.type]) > bounds.values_max:
        raise TaskError("validation", TOO_MANY)
    if len(msgspec.json.encode((body.values, body.replaced))) > bounds.bytes_max:
        raise TaskError("validation", TOO_LARGE)
    told = dict(value.fields) | ({"name": name} if name else {})
    shown = {each: told[each] for each in fields_of(told_as(made.type) or made.type) if told.get(each) is not None}
    return Kept(body=body, value_id=value.id, fields=shown, generated=not value.linked)


def _value(draft: Draft, made: Made, ready: Ready, table: Table) -> tuple[Value, str]:
    """The value, and the name of what it links to."""
    about, answer = made.slot.about, ready.answer
    given = about.get("given")
    fields: dict[str, object] = dict(given) if isinstance(given, Mapping) else {}  # pyright: ignore[reportUnknownArgumentType]
    fields |= {name: each for name, each in answer.fields.items() if name not in NEVER_KEPT}
    link = about.get("link")
    linked = str(link) if link is not None else None
    if ready.chosen is not None and ready.field:
        fields[ready.field] = ready.chosen.id
    elif ready.chosen is not None:
        linked = ready.chosen.id
    spans, missing = spans_of(answer.quotes, table.sources)
    shape = SHAPES.get(made.type)
    silent = bool(table.sources) and shape is not None and shape.claims and not spans
    anew = about.get("value_id")
    value = Value(
        id=linked or (str(anew) if anew is not None else made.fresh_id),
        fields=fields,
        linked=linked is not None,
        by=dict.fromkeys(fields, "model"),
        state="proposed",
        made_by=ready.model,
        spans=spans,
        unsupported=linked is None and (missing or silent),
        run_id=made.run.id,
        changed=draft.version + 1,
    )
    named = ready.chosen.name if ready.chosen is not None and linked is not None else table.linked.get(value.id, "")
    return value, named if linked is not None else ""


def _placed(body: ArtifactBody, made: Made, value: Value, table: Table) -> ArtifactBody:
    before = tuple(body.values.get(made.type, ()))
    anew = made.slot.about.get("value_id")
    if anew is not None:
        if all(each.id != anew for each in before):
            raise TaskError("conflict", GONE)
        after = tuple(value if each.id == anew else each for each in before if each.id == anew or each.id != value.id)
        return replace(
            body, values={**body.values, made.type: after}, replaced=_aside(body.replaced, made.type, before)
        )
    if made.slot.number > 0 or table.adds:
        after = (*(each for each in before if each.id != value.id), value)
        return replace(body, values={**body.values, made.type: after})
    values, replaced = {**body.values, made.type: (value,)}, _aside(body.replaced, made.type, before)
    for name, field in _DEPENDENTS.get(made.type, ()):
        held = tuple(values.get(name, ()))
        kept = tuple(each for each in held if each.fields.get(field) == value.id)
        if len(kept) < len(held):
            values[name], replaced = kept, _aside(replaced, name, held)
    return replace(body, values=values, replaced=replaced)


def _aside(replaced: Values, type_name: str, before: tuple[Value, ...]) -> Values:
    return replaced if type_name in replaced else {**replaced, type_name: before}
