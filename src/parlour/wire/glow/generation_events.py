"""The generation family (Glow 9.4) and the 336 events per type (9.6), from the registry of Appendix A."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, create_model

from parlour.drafts.registry import FIELDS_OF_ENTRIES, FIELDS_OF_RESOURCES, STAGES, Fields, FieldType
from parlour.wire.glow.event_bases import Exact

B = TypeVar("B", bound=BaseModel)

_TYPES: Mapping[FieldType, object] = {
    "string": str | None,
    "int": int | None,
    "number": float | None,
    "bool": bool | None,
    "any[]": list[Any] | None,
}
_MEDIA = ("images", "videos", "uploads")


class FaultRow(Exact):
    """One wrong member of a request, or one fault of what was to be stored."""

    pointer: str
    message: str


_RUN: dict[str, Any] = {"artifact_type": (str, ...), "group_id": (str, ...), "run_id": (str, ...)}
_FAMILY: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "generation_progress": (
        "GenerationProgress",
        "A run has begun, or one of its types is through.",
        {
            **_RUN,
            "completed_resources": (int, ...),
            "total_resources": (int, ...),
            "percentage": (int, ...),
            "last_completed_resource": (str, ...),
        },
    ),
    "generation_saved": (
        "GenerationSaved",
        "The artifact that a run was to write is stored.",
        {**_RUN, "artifact_id": (str | None, None), "draft_id": (str | None, None)},
    ),
    "generation_complete": (
        "GenerationComplete",
        "Every type of a run is made.",
        {
            **_RUN,
            "success": (bool, ...),
            "message": (str, ...),
            "artifact_id": (str | None, None),
            "draft_id": (str | None, None),
            "resource_types": (list[str] | None, None),
        },
    ),
    "generation_error": (
        "GenerationError",
        "A run ended without having everything, or the command was refused.",
        {
            "artifact_type": (str, ...),
            "group_id": (str | None, None),
            "run_id": (str | None, None),
            "artifact_id": (str | None, None),
            "draft_id": (str | None, None),
            "resource_type": (str | None, None),
            "resource_types": (list[str] | None, None),
            "resource_id": (str | None, None),
            "success": (bool, ...),
            "message": (str, ...),
            "code": (str, ...),
            "status": (int, ...),
            "errors": (list[FaultRow] | None, None),
        },
    ),
}
_EVERY = ("artifact_type", "group_id", "run_id", "tool_call_id", "tool_name", "arguments_delta", "id", "message")


def generation_events(base: type[B]) -> dict[str, type[B]]:
    """The events of a run, and the four of every type: one model a type. `base` has what every event has."""
    found: dict[str, type[B]] = {
        name: _made(base, title, summary, members) for name, (title, summary, members) in _FAMILY.items()
    }
    for kind, table in (("resource", FIELDS_OF_RESOURCES), ("entry", FIELDS_OF_ENTRIES)):
        for name, fields in table.items():
            model = _model(base, name, kind, fields)
            found |= {f"{name}_generation_{stage}": model for stage in STAGES}
    return found


def _model(base: type[B], name: str, kind: str, fields: Fields) -> type[B]:
    members: dict[str, Any] = {member: (str | None, None) for member in (*_EVERY, f"{kind}_type", f"{kind}_id")}
    members |= {"generated": (bool | None, None), "success": (bool | None, None), "error_stage": (str | None, None)}
    members |= {field: (_TYPES[held], None) for field, held in fields.items()}
    if name in _MEDIA:
        members |= {"upload_id": (str | None, None), "mime_type": (str | None, None), "file_size": (int | None, None)}
    title = "".join(part.capitalize() for part in name.split("_")) + "Generation"
    return _made(base, title, f"A value of the type {name} is being made.", members)


def _made(base: type[B], title: str, summary: str, members: dict[str, Any]) -> type[B]:
    return create_model(title, __base__=base, __doc__=summary, **members)
