"""What a check may look for: regular expressions and JSON schemas whose cost is known before (Glow 6.9).

Expressions are RE2's, which has no backtracking: matching is linear in the text, so neither who writes a check
nor what a model answers can make it slow. Lookaround and references to groups are therefore refused. A schema is
bounded in size and has no references, no expressions but these, and nothing that compares all items with each other.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from parlour.kernel.decoding import decode

if TYPE_CHECKING:
    import re2

PATTERN_CHARACTERS_MAX = 500
PATTERN_MEMORY_BYTES_MAX = 1 << 20
PATTERNS_KEPT_MAX = 64
SCHEMA_CHARACTERS_MAX = 20_000
SCHEMAS_KEPT_MAX = 64
SCHEMA_DEPTH_MAX = 32

# Keywords whose value is a schema, several of them, or schemas by name.
_ONE = ("additionalProperties", "items", "contains", "propertyNames", "not", "if", "then", "else")
_SEVERAL = ("anyOf", "allOf", "oneOf", "prefixItems")
_NAMED = ("properties",)
_PLAIN = (
    "$schema", "title", "description", "$comment", "examples", "default", "type", "enum", "const", "required",
    "minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minItems", "maxItems", "minContains", "maxContains", "minProperties", "maxProperties",
)  # fmt: skip


def pattern_fault(pattern: str) -> str | None:
    """Why a text is no regular expression for a check, or None if it is one."""
    import re2  # noqa: PLC0415 (3 MiB that a server at rest does not need)

    if not pattern:
        return "a pattern is not empty"
    if len(pattern) > PATTERN_CHARACTERS_MAX:
        return f"a pattern has at most {PATTERN_CHARACTERS_MAX} characters"
    try:
        _compiled(pattern, exact=True)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0] if error.args else error
        said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        return f"'{pattern}' is no regular expression of RE2: {said}"
    return None


def matches(pattern: str, text: str, *, exact: bool = False) -> bool:
    """Whether the expression is found anywhere in the text; letter case counts if `exact`.

    Raises `ValueError` for an expression that has a fault.
    """
    if (fault := pattern_fault(pattern)) is not None:
        raise ValueError(fault)
    return _compiled(pattern, exact=exact).search(text) is not None


@lru_cache(maxsize=PATTERNS_KEPT_MAX)
def _compiled(pattern: str, *, exact: bool) -> "re2.Pattern":
    import re2  # noqa: PLC0415 (3 MiB that a server at rest does not need)

    options = re2.Options()
    options.case_sensitive = exact
    options.log_errors = False
    options.max_mem = PATTERN_MEMORY_BYTES_MAX
    return re2.compile(pattern, options)


def schema_fault(schema: Mapping[str, object]) -> str | None:
    """Why a mapping is no JSON schema (2020-12) for a check, or None if it is one."""
    try:
        text = json.dumps(schema, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return "'schema' is no JSON"
    if len(text) > SCHEMA_CHARACTERS_MAX:
        return f"a schema has at most {SCHEMA_CHARACTERS_MAX} characters"
    return _written_fault(text)


@lru_cache(maxsize=SCHEMAS_KEPT_MAX)
def _written_fault(text: str) -> str | None:
    """The same for one that is written down: looking costs up to half a second, and checks are run often."""
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415 (2 MiB that a server at rest does not need)

    schema = decode(text, dict[str, object])
    try:
        if (fault := next(_faults(schema, 0), None)) is not None:
            return fault
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return f"'schema' is no JSON schema: {error.message[:200]}"
    except RecursionError:
        return f"a schema is at most {SCHEMA_DEPTH_MAX} deep"
    return None


def _faults(schema: object, depth: int) -> Iterator[str]:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        yield "a schema is an object, true or false"
        return
    if depth > SCHEMA_DEPTH_MAX:
        yield f"a schema is at most {SCHEMA_DEPTH_MAX} deep"
        return
    for key, value in cast("Mapping[str, object]", schema).items():
        if key in _ONE:
            yield from _faults(value, depth + 1)
        elif key in _SEVERAL and isinstance(value, Sequence) and not isinstance(value, str):
            for each in cast("Sequence[object]", value):
                yield from _faults(each, depth + 1)
        elif key in _NAMED and isinstance(value, Mapping):
            for each in cast("Mapping[str, object]", value).values():
                yield from _faults(each, depth + 1)
        elif key == "pattern" and isinstance(value, str):
            yield from filter(None, [pattern_fault(value)])
        elif key not in (*_PLAIN, *_SEVERAL, *_NAMED):
            yield f"'{key[:80]}' is not known in the schema of a check"
