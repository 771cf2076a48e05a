"""What the model may look up while it writes: read tools for the grants of a request, with the asker's rights."""

from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

from parlour.drafts.artifacts import ARTIFACTS, editable_fields
from parlour.drafts.entities import Grant
from parlour.drafts.registry import FIELDS_OF_ENTRIES, FIELDS_OF_RESOURCES
from parlour.kernel.actor import Actor
from parlour.kernel.decoding import decode_untyped
from parlour.kernel.ids import is_id
from parlour.kernel.refusals import Refusal
from parlour.library import forms
from parlour.library.access import artifact_to_read
from parlour.library.links import link_to
from parlour.library.making import linking
from parlour.library.making.prompts import UNTOLD_TYPES
from parlour.library.making.shapes import SHAPES
from parlour.storage.tx import Tx
from parlour.turns.ports import ToolCall, ToolSpec

FOUND_MAX = 20
RESULT_MAX = 8_000
TEXT_MAX = 1_000
TOOLS_MAX = 20
QUERY_MAX = 500
_READABLE = ("persona", "scenario", "rubric", "simulation", "document", "eval", "cohort")
_OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "artifact": ("get", "list", "docs"),
    "resource": ("get", "search", "docs"),
    "entry": ("docs",),
}
_SAYS: Mapping[str, str] = {
    "get": "Read one of them by its id.",
    "list": "The names and ids of those that there are.",
    "search": "Find some by words; names and ids.",
    "docs": "What values of this type are, and their fields.",
}


def is_tool(grant: Grant) -> bool:
    """Whether there is a tool for a grant. There are tools that read, and none that change anything."""
    if grant.operation not in _OPERATIONS[grant.kind]:
        return False
    return grant.operation == "docs" or _target(grant) is not None


def specs(grants: Sequence[Grant]) -> tuple[ToolSpec, ...]:
    """The tools of a run as a model is told of them."""
    found = {f"{each.operation}_{each.name}": each for each in grants if is_tool(each)}
    return tuple(
        ToolSpec(
            name=name,
            description=f"{grant.name}: {_SAYS[grant.operation]}",
            parameters=_parameters(grant.operation),
        )
        for name, grant in list(found.items())[:TOOLS_MAX]
    )


def use(tx: Tx, actor: Actor, grants: Sequence[Grant], call: ToolCall) -> str:
    """The result of a tool as JSON; what cannot be done is said in it. Never more than the actor may read."""
    grant = next((each for each in grants if f"{each.operation}_{each.name}" == call.name and is_tool(each)), None)
    if grant is None:
        return _said({"error": f"There is no tool {call.name[:60]}."})
    try:
        found = decode_untyped(call.arguments or "{}")
    except (msgspec.DecodeError, RecursionError):
        return _said({"error": "The arguments are no JSON object."})
    arguments = cast("dict[str, object]", found) if isinstance(found, dict) else {}
    if grant.operation == "docs":
        return _said(_docs(grant))
    wanted = _target(grant) or ""
    if grant.operation == "get":
        return _said(_get(tx, actor, wanted, arguments.get("id")))
    query = arguments.get("query")
    words = query[:QUERY_MAX] if isinstance(query, str) else ""
    listed = linking.candidates(tx, actor, wanted, words)[:FOUND_MAX]
    return _said({"found": [{"id": each.id, "name": each.name, "about": each.said} for each in listed]})


def _target(grant: Grant) -> str | None:
    """The artifacts that a grant reads; people are never among them."""
    wanted = grant.name if grant.kind == "artifact" else link_to("scenario", grant.name)
    return wanted if wanted in _READABLE else None


def _parameters(operation: str) -> Mapping[str, object]:
    member = {"get": "id", "search": "query"}.get(operation)
    properties: Mapping[str, object] = {member: {"type": "string"}} if member else {}
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _docs(grant: Grant) -> Mapping[str, object]:
    if grant.kind == "artifact":
        row = ARTIFACTS.get(grant.name)
        return {"artifact": grant.name, "types": list(row.resources) if row else []}
    fields = {**FIELDS_OF_RESOURCES, **FIELDS_OF_ENTRIES}.get(grant.name, {})
    shape = SHAPES.get(grant.name)
    return {
        "type": grant.name,
        "purpose": shape.purpose if shape else "",
        "fields": dict(editable_fields("", grant.name, fields)),
    }


def _get(tx: Tx, actor: Actor, wanted: str, artifact_id: object) -> Mapping[str, object]:
    if not isinstance(artifact_id, str) or not is_id(artifact_id):
        return {"error": "Give the id of one that was found."}
    try:
        artifact_to_read(tx, actor, artifact_id, wanted)
        values = forms.values_of(tx, wanted, artifact_id)
    except Refusal as refusal:
        return {"error": refusal.text}
    return {
        type_name: [
            {
                name: each[:TEXT_MAX] if isinstance(each, str) else each
                for name, each in value.fields.items()
                if name not in ("key", "user_id", "email")
            }
            for value in held[:FOUND_MAX]
        ]
        for type_name, held in values.items()
        if type_name not in UNTOLD_TYPES
    }


def _said(found: Mapping[str, object]) -> str:
    return msgspec.json.encode(found).decode()[:RESULT_MAX]
