"""Three versions of the same values made one: what both began from, what others published, what is in the draft. Pure.

A field that only one side changed is as that side has it. Where both changed it the draft keeps its own, and the
conflict is told. Nothing that somebody changed goes because the other side took the value out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from parlour.drafts.artifacts import SINGLE
from parlour.drafts.values import Value, Values, Who
from parlour.kernel.dataclass import dataclass

NOTHING: Mapping[str, object] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict:
    """A field that both sides changed, or, with `field` None, a value that one took out and the other changed.

    `mine` is what the draft has, `theirs` what is published; None: it is not there.
    """

    type: str
    value_id: str
    field: str | None
    mine: object
    theirs: object


@dataclass(frozen=True, kw_only=True, slots=True)
class Three:
    """The same in its three versions; None where it is not there."""

    base: Value | None
    theirs: Value | None
    mine: Value | None


def merged(base: Values, theirs: Values, mine: Values, version: int) -> tuple[Values, tuple[Conflict, ...]]:
    """The values of a draft on top of what others published meanwhile, and what somebody has to look at.

    `version`: of the draft, for what changes in it.
    """
    found: dict[str, tuple[Value, ...]] = {}
    conflicts: list[Conflict] = []
    for type_name in dict.fromkeys((*theirs, *mine)):
        sides = (base.get(type_name, ()), theirs.get(type_name, ()), mine.get(type_name, ()))
        values, of_type = _merged_type(type_name, sides, version)
        conflicts += of_type
        if values:
            found[type_name] = values
    return found, tuple(conflicts)


def _merged_type(
    type_name: str, sides: tuple[Sequence[Value], ...], version: int
) -> tuple[tuple[Value, ...], list[Conflict]]:
    if type_name in SINGLE and _is_one_slot(sides):
        sides = tuple(_renamed(side, sides[2]) for side in sides)
    base, theirs, mine = ({value.id: value for value in side} for side in sides)
    kept: dict[str, Value] = {}
    conflicts: list[Conflict] = []
    for value_id in _order(list(base), list(theirs), list(mine)):
        three = Three(base=base.get(value_id), theirs=theirs.get(value_id), mine=mine.get(value_id))
        value, of_value = _merged_value(type_name, value_id, three, version)
        conflicts += of_value
        if value is not None:
            kept[value_id] = value
    if type_name in SINGLE and len(kept) > 1:
        own = next((kept[value_id] for value_id in mine if value_id in kept), next(iter(kept.values())))
        return (own,), conflicts
    return tuple(kept.values()), conflicts


def _is_one_slot(sides: tuple[Sequence[Value], ...]) -> bool:
    """Whether a type with one value has it written in place on every side: then it is the same value."""
    return all(len(side) <= 1 and not any(value.linked for value in side) for side in sides)


def _renamed(side: Sequence[Value], mine: Sequence[Value]) -> Sequence[Value]:
    """The one value under the id that it has in the draft."""
    return [replace(value, id=mine[0].id) for value in side] if mine else side[:1]


def _merged_value(type_name: str, value_id: str, three: Three, version: int) -> tuple[Value | None, list[Conflict]]:
    base, theirs, mine = three.base, three.theirs, three.mine
    if mine is None and theirs is None:
        return None, []
    if mine is None or theirs is None:
        there = mine or theirs
        if base is None:
            return (mine or (replace(theirs, changed=version) if theirs else None)), []
        if there is not None and _same(there, base):
            return None, []
        conflict = Conflict(
            type=type_name,
            value_id=value_id,
            field=None,
            mine=dict(mine.fields) if mine else None,
            theirs=dict(theirs.fields) if theirs else None,
        )
        return there, [conflict]
    return _merged_fields(type_name, mine, (base.fields if base else NOTHING, theirs), version)


def _merged_fields(
    type_name: str, mine: Value, others: tuple[Mapping[str, object], Value], version: int
) -> tuple[Value, list[Conflict]]:
    base, theirs = others
    fields, by = dict(mine.fields), dict(mine.by)
    conflicts: list[Conflict] = []
    for name in dict.fromkeys((*theirs.fields, *base, *mine.fields)):
        was, now, own = base.get(name), theirs.fields.get(name), mine.fields.get(name)
        if now in (own, was):
            continue
        if own == was:
            _take(name, theirs, fields, by)
        else:
            conflicts.append(Conflict(type=type_name, value_id=mine.id, field=name, mine=own, theirs=now))
    if fields == mine.fields:
        return mine, conflicts
    return replace(mine, fields=fields, by=by, changed=version), conflicts


def _take(name: str, theirs: Value, fields: dict[str, object], by: dict[str, Who]) -> None:
    if name in theirs.fields:
        fields[name] = theirs.fields[name]
        by[name] = theirs.by.get(name, "person")
    else:
        fields.pop(name, None)
        by.pop(name, None)


def _same(one: Value, other: Value) -> bool:
    return one.fields == other.fields and one.linked == other.linked


def _order(base: Sequence[str], theirs: Sequence[str], mine: Sequence[str]) -> list[str]:
    """The ids of all, in the order of the side that moved something, the draft's if both did."""
    common = set(base) & set(theirs) & set(mine)
    moved = [each for each in mine if each in common] != [each for each in base if each in common]
    return _woven(mine, theirs) if moved else _woven(theirs, mine)


def _woven(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """The first in its order, and what only the second has behind what stands before it there."""
    order = list(first)
    before: str | None = None
    for each in second:
        if each not in order:
            order.insert(order.index(before) + 1 if before is not None else 0, each)
        before = each
    return order
