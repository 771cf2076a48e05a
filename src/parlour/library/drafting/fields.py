"""Which fields a value may have, and whether what is given is one. Pure."""

import math
from collections.abc import Mapping, Sequence
from typing import cast

from parlour.drafts.artifacts import ARTIFACTS, MADE, draft_types, editable_fields, told_as
from parlour.drafts.registry import FIELDS_OF_RESOURCES
from parlour.kernel.refusals import Refusal, invalid

TEXT_CHARACTERS_MAX = 60_000
ITEMS_MAX = 500
DEPTH_MAX = 6
WHOLE_MAX = 2**53
DRAFTED: tuple[str, ...] = tuple(name for name in MADE if name != "chat")
_SECRET: Mapping[str, frozenset[str]] = {
    "keys": frozenset(("key",)),
    "provider_keys": frozenset(("key",)),
    "providers": frozenset(("key",)),
}


def check_artifact_type(artifact_type: str) -> None:
    """Refuses an artifact that nobody drafts: `unknown_artifact_type`, `unsupported_artifact`."""
    if artifact_type not in ARTIFACTS:
        raise Refusal("unknown_artifact_type", f"There is no artifact type of this name. Valid: {', '.join(DRAFTED)}.")
    if artifact_type not in DRAFTED:
        raise Refusal("unsupported_artifact", f"{artifact_type} has no drafts here. Valid: {', '.join(DRAFTED)}.")


def known_fields(artifact_type: str, type_name: str) -> Mapping[str, str]:
    """The fields of a type in a draft of this artifact, secrets left out; raises `KeyError` for another type."""
    if type_name not in draft_types(artifact_type):
        raise KeyError(type_name)
    fields = FIELDS_OF_RESOURCES.get(told_as(type_name) or type_name, {})
    secret = _SECRET.get(type_name, frozenset())
    found = editable_fields(artifact_type, type_name, fields)
    return {name: kind for name, kind in found.items() if name not in secret}


def check_fields(known: Mapping[str, str], given: Mapping[str, object], pointer: str) -> None:
    """Refuses fields that the type does not have, and values that are no such thing. None removes a field."""
    for name, value in given.items():
        plain = name.encode(errors="replace").decode()
        where = f"{pointer}/{plain.replace('~', '~0').replace('/', '~1')[:100]}"
        kind = known.get(name)
        if kind is None:
            raise invalid(where, f"this type has no such field, it has {', '.join(known)}")
        if value is not None and (fault := _fault(kind, value)):
            raise invalid(where, fault)


def _fault(kind: str, value: object) -> str | None:
    """What is wrong with a value of a field, in words."""
    match kind:
        case "string":
            return _fault_of_text(value) if isinstance(value, str) else "it is not a text"
        case "bool":
            return None if isinstance(value, bool) else "it is neither true nor false"
        case "int":
            return _fault_of_number(value) if _is_whole(value) else "it is not a whole number"
        case "number":
            return _fault_of_number(value) if _is_whole(value) or isinstance(value, float) else "it is not a number"
        case "any[]":
            return _fault_of_any(cast("object", value), DEPTH_MAX) if isinstance(value, list) else "it is not a list"
        case _:
            return _fault_of_any(value, DEPTH_MAX)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _fault_of_text(text: str) -> str | None:
    if len(text) > TEXT_CHARACTERS_MAX:
        return f"it has more than {TEXT_CHARACTERS_MAX} characters"
    if "\0" in text:
        return "it has a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "it has half a character"
    return None


def _fault_of_number(value: object) -> str | None:
    number = cast("int | float", value)
    if isinstance(number, float) and not math.isfinite(number):
        return "it is not a number"
    return None if abs(number) <= WHOLE_MAX else "it is too large"


def _fault_of_any(value: object, depth: int) -> str | None:
    """The first fault in a JSON value that nests at most so deep."""
    if isinstance(value, str):
        return _fault_of_text(value)
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _fault_of_number(value)
    if not isinstance(value, list | dict):
        return "it is no JSON value"
    if depth == 0:
        return f"it is nested more than {DEPTH_MAX} deep"
    inner: Sequence[object]
    if isinstance(value, dict):
        members = cast("Mapping[str, object]", value)
        inner = [*members, *members.values()]
    else:
        inner = cast("Sequence[object]", value)
    if len(inner) > ITEMS_MAX:
        return f"it has more than {ITEMS_MAX} items"
    return next((fault for each in inner if (fault := _fault_of_any(each, depth - 1))), None)
