"""What changed between two sets of values, field by field. Pure.

Values are paired by their id; those of a type with one value at most are paired whatever their ids.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from parlour.drafts.artifacts import SINGLE
from parlour.drafts.values import Value, Values
from parlour.kernel.dataclass import dataclass

ChangeKind = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One difference. `added`, `removed`: a value; `before` or `after` are its fields (of a link: {}), `field` None.

    `changed`: a field of a value, with what it held; an absent field is None. `moved`: a value stands elsewhere
    among those that stayed; `before` and `after` are its places, from 0.
    """

    type: str
    value_id: str
    field: str | None
    kind: ChangeKind
    before: object
    after: object


def differences(before: Values, after: Values) -> tuple[Change, ...]:
    """What turns `before` into `after`: types by name, values in the order of `after`, what is gone first."""
    return tuple(
        change
        for type_name in sorted({*before, *after})
        for change in _of_type(type_name, before.get(type_name, ()), after.get(type_name, ()))
    )


def are_same(before: Values, after: Values) -> bool:
    """Whether two sets of values say the same, whoever made them."""
    return not differences(before, after)


def _of_type(type_name: str, before: Sequence[Value], after: Sequence[Value]) -> Iterator[Change]:
    if type_name in SINGLE and len(before) == len(after) == 1:
        yield from _fields(type_name, before[0], after[0])
        return
    old, new = {each.id: each for each in before}, {each.id: each for each in after}
    for value in before:
        if value.id not in new:
            yield _whole(type_name, value, "removed")
    for value in after:
        if value.id in old:
            yield from _fields(type_name, old[value.id], value)
        else:
            yield _whole(type_name, value, "added")
    stayed = [value.id for value in before if value.id in new]
    places = {value_id: place for place, value_id in enumerate(value.id for value in after if value.id in old)}
    kept = _longest_rising([places[value_id] for value_id in stayed])
    for place, value_id in enumerate(stayed):
        if places[value_id] not in kept:
            yield Change(
                type=type_name, value_id=value_id, field=None, kind="moved", before=place, after=places[value_id]
            )


def _whole(type_name: str, value: Value, kind: ChangeKind) -> Change:
    fields = dict(value.fields)
    gone = kind == "removed"
    return Change(
        type=type_name,
        value_id=value.id,
        field=None,
        kind=kind,
        before=fields if gone else None,
        after=None if gone else fields,
    )


def _fields(type_name: str, before: Value, after: Value) -> Iterator[Change]:
    for name in dict.fromkeys((*before.fields, *after.fields)):
        old, new = before.fields.get(name), after.fields.get(name)
        if not _equal(old, new):
            yield Change(type=type_name, value_id=after.id, field=name, kind="changed", before=old, after=new)


def _equal(one: object, other: object) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return one == other


def _longest_rising(places: Sequence[int]) -> frozenset[int]:
    """The most of these different numbers that already stand in rising order: those that did not move."""
    best: list[tuple[int, ...]] = []
    for place in places:
        length = sum(1 for ends in best if ends[-1] < place)
        chain = (*best[length - 1], place) if length else (place,)
        best[length:] = [chain, *best[length + 1 :]]
    return frozenset(best[-1]) if best else frozenset()
