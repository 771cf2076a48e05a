"""What a server lists, made fit: bounded in number and size, its schemas checked (lab protocol 8.3)."""

import json
import re
from collections.abc import Mapping
from typing import cast

from parlour.assistant.tools.remote import RemoteTool

TOOLS_MAX = 100
SCHEMA_BYTES_MAX = 32 * 1024
SCHEMA_DEPTH_MAX = 16
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Checked by the server itself; here they would let a server run expressions of its own on our time.
_DROPPED = ("pattern", "patternProperties", "format", "$schema", "$id", "default", "examples")
_NAMED = ("properties", "$defs", "definitions", "dependentSchemas")


def remote_tool(server: str, name: str, description: str | None, schema: object) -> RemoteTool | None:
    """A listed tool, or None if it cannot be offered: its name, size, or schema is out of bounds."""
    parameters = checked_schema(schema)
    if parameters is None or not _NAME.fullmatch(name):
        return None
    return RemoteTool(server=server, name=name, description=description or "", parameters=parameters)


def checked_schema(schema: object) -> Mapping[str, object] | None:
    """A JSON Schema of type object without expressions and outside references; None if it is no such thing."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    if not isinstance(schema, Mapping):
        return None
    given = cast("Mapping[str, object]", schema)
    try:
        if len(json.dumps(given, allow_nan=False)) > SCHEMA_BYTES_MAX:
            return None
        kept = cast("dict[str, object]", _plain(given, 0))
        kept.setdefault("properties", dict[str, object]())
        Draft202012Validator.check_schema(kept)
    except (ValueError, TypeError, RecursionError, SchemaError):
        return None
    return kept if kept.get("type") == "object" else None


def _plain(value: object, depth: int) -> object:
    """A schema without what is dropped. `ValueError` if it is too deep or refers to anything outside itself."""
    if depth > SCHEMA_DEPTH_MAX:
        raise ValueError("too deep")
    if isinstance(value, list):
        return [_plain(each, depth + 1) for each in cast("list[object]", value)]
    if not isinstance(value, Mapping):
        return value
    kept: dict[str, object] = {}
    for key, member in cast("Mapping[str, object]", value).items():
        if key in _DROPPED:
            continue
        if key in ("$ref", "$dynamicRef") and not str(member).startswith("#"):
            raise ValueError("refers to something outside")
        if key in _NAMED and isinstance(member, Mapping):
            named = cast("Mapping[str, object]", member)
            kept[key] = {name: _plain(each, depth + 1) for name, each in named.items()}
        elif key in ("enum", "const", "required", "description", "title"):
            kept[key] = member
        else:
            kept[key] = _plain(member, depth + 1)
    return kept
