"""Fields of values, read with their types. A field of another type is as good as absent here: the forms tell of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from parlour.drafts.values import Value, Values

CHARACTERS_MAX = 40_000
"""Rules read the beginning of a text: they must be quick, also for one of a megabyte."""


def text(value: Value, name: str) -> str:
    """A text, without white space around it; "" if there is none. Of a very long one, the beginning."""
    found = value.fields.get(name)
    return found[:CHARACTERS_MAX].strip() if isinstance(found, str) else ""


def whole(value: Value, name: str) -> int | None:
    """A whole number; None if there is none."""
    found = value.fields.get(name)
    if isinstance(found, bool):
        return None
    if isinstance(found, float) and found.is_integer():
        return int(found)
    return found if isinstance(found, int) else None


def flag(value: Value, name: str) -> bool:
    """Whether a field is true."""
    return value.fields.get(name) is True


def rows(value: Value, name: str) -> Sequence[Mapping[str, object]]:
    """The objects in a list; what is no object is left out."""
    found = value.fields.get(name)
    if not isinstance(found, (list, tuple)):
        return ()
    items = cast("Iterable[object]", found)
    return [cast("Mapping[str, object]", item) for item in items if isinstance(item, Mapping)]


def of(values: Values, type_name: str) -> tuple[Value, ...]:
    """The values of a type; none if the draft has none."""
    return tuple(values.get(type_name, ()))


def first(values: Values, type_name: str, field: str) -> str:
    """The text of the one value of a single type."""
    return next((text(value, field) for value in of(values, type_name)), "")


def switched_on(values: Values, type_name: str, name: str) -> bool | None:
    """What a flag of this name says; None if nothing does."""
    return next(
        (
            flag(value, "value")
            for value in of(values, type_name)
            if text(value, "name") == name and not _of_part(value)
        ),
        None,
    )


def _of_part(value: Value) -> bool:
    return bool(text(value, "scenario_id"))


def said_names(values: Values) -> frozenset[str] | None:
    """The placeholders that the parameter fields of an artifact fill; None if one is called as a parameter is called,
    which only the catalogue knows."""
    names: set[str] = set()
    for value in of(values, "parameter_fields"):
        name = text(value, "name")
        if not name and text(value, "parameter_id"):
            return None
        if text(value, "value") or text(value, "field_id"):
            names.add(name)
    return frozenset(names)
