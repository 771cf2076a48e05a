"""What each operation of a person does to the values of a draft. Pure: rights and shapes are checked before."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

from parlour.drafts.artifacts import SINGLE
from parlour.drafts.values import ArtifactBody, Value, Who
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import invalid

OperationKind = Literal["put", "set", "add", "link", "remove", "move", "accept", "refuse"]

# The types whose values name a value of another type, and by which field: they go when that one goes.
NAMED_BY: Mapping[str, tuple[tuple[str, str], ...]] = {
    "standard_groups": (("standards", "standard_group_id"),),
    "questions": (("options", "question_id"),),
    "scenarios": tuple(
        (each, "scenario_id")
        for each in ("scenario_positions", "scenario_rubrics", "scenario_time_limits", "scenario_flags")
    ),
    "simulations": (("simulation_positions", "simulation_id"), ("simulation_availability", "simulation_id")),
    "profiles": (("profile_personas", "profile_id"),),
}

# Where the positions of a type's values may stand besides: who moves a value goes by the order of the values.
POSITIONS: Mapping[str, str] = {"scenarios": "scenario_positions", "simulations": "simulation_positions"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One change to a draft.

    `put`: the one value of a type that has one; `set`: some fields of a value (None removes a field); `add`: a value
    (`value_id` gives it this id); `link`: the artifact `artifact_id` as a value; `move`: to a `position`; `accept` and
    `refuse`: a proposal of a model, without `value_id` all of the type.
    """

    op: OperationKind
    type: str
    value_id: str | None = None
    fields: Mapping[str, object] | None = None
    artifact_id: str | None = None
    position: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks:
    """What a changed value is marked with: the draft's `version` then; `fresh_id` makes ids; `values_max` of a type."""

    version: int
    values_max: int
    fresh_id: Callable[[], str]


class Sheet:
    """The values of a draft while they are changed."""

    def __init__(self, body: ArtifactBody, marks: Marks) -> None:
        self._body = body
        self._marks = marks
        self._values = {type_name: list(values) for type_name, values in body.values.items()}
        self._replaced = dict(body.replaced)
        self._touched: set[str] = set()

    def apply(self, asked: Operation, pointer: str) -> None:
        """Do one operation. Raises `invalid_request`, at a place below `pointer`."""
        match asked.op:
            case "put":
                self._put(asked)
            case "set":
                self._set(asked, pointer)
            case "add" | "link":
                self._add(asked, pointer)
            case "remove":
                self._remove(asked.type, self._at(asked, pointer))
            case "move":
                self._move(asked, pointer)
            case "accept":
                self._accept(asked, pointer)
            case "refuse":
                self._refuse(asked, pointer)
        if asked.op != "accept":
            self._touched.add(asked.type)

    def body(self) -> ArtifactBody:
        """The draft's body with everything that was done."""
        touched = dict(self._body.touched) | dict.fromkeys(self._touched, self._marks.version)
        values = {type_name: tuple(values) for type_name, values in self._values.items() if values}
        return replace(self._body, values=values, replaced=self._replaced, touched=touched)

    def _of(self, type_name: str) -> list[Value]:
        return self._values.setdefault(type_name, [])

    def _at(self, asked: Operation, pointer: str) -> int:
        values = self._of(asked.type)
        if asked.value_id is None and asked.type in SINGLE and values:
            return 0
        for index, value in enumerate(values):
            if value.id == asked.value_id:
                return index
        raise invalid(f"{pointer}/value_id", f"{asked.type} has no such value")

    def _put(self, asked: Operation) -> None:
        values = self._of(asked.type)
        if values:
            values[0] = edited(values[0], asked.fields or {}, self._marks.version)
        else:
            values.append(self._new(asked.fields or {}, None))
        self._settle(asked.type)

    def _set(self, asked: Operation, pointer: str) -> None:
        index = self._at(asked, pointer)
        values = self._of(asked.type)
        values[index] = edited(values[index], asked.fields or {}, self._marks.version)
        self._settle(asked.type)

    def _add(self, asked: Operation, pointer: str) -> None:
        values = self._of(asked.type)
        linked = asked.op == "link"
        wanted_id = asked.artifact_id if linked else asked.value_id
        there = next((index for index, value in enumerate(values) if value.id == wanted_id), None)
        if there is not None and linked:
            if values[there].borrowed:
                values[there] = replace(values[there], changed=self._marks.version)
            return
        if there is not None or (not linked and wanted_id is not None and self._is_taken(wanted_id)):
            raise invalid(f"{pointer}/value_id", "there is a value of this id")
        if asked.type in SINGLE and values:
            if not linked:
                raise invalid(f"{pointer}/type", f"{asked.type} has a value, and only one")
            values.clear()
        if len(values) >= self._marks.values_max:
            raise invalid(f"{pointer}/type", f"{asked.type} has {self._marks.values_max} values already")
        made = self._new(asked.fields or {}, wanted_id)
        position = len(values) if asked.position is None else asked.position
        values.insert(position, replace(made, linked=linked))

    def _is_taken(self, value_id: str) -> bool:
        return any(value.id == value_id for values in self._values.values() for value in values)

    def _new(self, fields: Mapping[str, object], value_id: str | None) -> Value:
        given = {name: value for name, value in fields.items() if value is not None}
        by: dict[str, Who] = dict.fromkeys(given, "person")
        version = self._marks.version
        return Value(id=value_id or self._marks.fresh_id(), fields=given, by=by, changed=version)

    def _move(self, asked: Operation, pointer: str) -> None:
        index = self._at(asked, pointer)
        values = self._of(asked.type)
        value = values.pop(index)
        values.insert(asked.position or 0, replace(value, changed=self._marks.version))
        if self._values.pop(POSITIONS.get(asked.type, ""), None):
            self._touched.add(POSITIONS[asked.type])

    def _remove(self, type_name: str, index: int) -> None:
        gone = self._of(type_name).pop(index)
        self._settle(type_name)
        self._forget_naming(type_name, gone.id)

    def _forget_naming(self, type_name: str, value_id: str) -> None:
        """Take out the values that name a value which is gone."""
        for other, field in NAMED_BY.get(type_name, ()):
            values = self._of(other)
            left = [value for value in values if value.fields.get(field) != value_id]
            if len(left) < len(values):
                removed = [value for value in values if value not in left]
                there = {value.id for value in self._of(type_name)}
                back = self._brought_back(other) if not left else []
                self._values[other] = left + [value for value in back if value.fields.get(field) in there]
                self._touched.add(other)
                self._settle(other)
                for value in removed:
                    self._forget_naming(other, value.id)

    def _accept(self, asked: Operation, pointer: str) -> None:
        chosen = None if asked.value_id is None else self._at(asked, pointer)
        values = self._of(asked.type)
        for index, value in enumerate(values):
            if value.state == "proposed" and chosen in (None, index):
                values[index] = replace(value, state="accepted", changed=self._marks.version)
        self._settle(asked.type)

    def _refuse(self, asked: Operation, pointer: str) -> None:
        """Bring back what a proposal replaced, if anything; what people accepted or wrote stays."""
        before = {value.id for value in self._of(asked.type)}
        if asked.value_id is None:
            self._refuse_all(asked.type)
        else:
            self._refuse_one(asked.type, self._at(asked, pointer), pointer)
        self._settle(asked.type)
        for gone in sorted(before - {value.id for value in self._of(asked.type)}):
            self._forget_naming(asked.type, gone)

    def _refuse_one(self, type_name: str, index: int, pointer: str) -> None:
        values = self._of(type_name)
        refused = values[index]
        if refused.state != "proposed":
            raise invalid(f"{pointer}/value_id", "this value is not proposed, remove it")
        earlier = next((value for value in self._replaced.get(type_name, ()) if value.id == refused.id), None)
        if earlier is not None:
            values[index] = replace(earlier, changed=self._marks.version)
            return
        values.pop(index)
        if not values:
            values += self._brought_back(type_name)

    def _refuse_all(self, type_name: str) -> None:
        kept = {value.id: value for value in self._of(type_name) if value.state == "accepted"}
        if type_name in SINGLE and kept:
            self._values[type_name] = list(kept.values())
            return
        back = [kept.pop(value.id, value) for value in self._brought_back(type_name)]
        self._values[type_name] = [*back, *kept.values()]

    def _brought_back(self, type_name: str) -> list[Value]:
        return [replace(value, changed=self._marks.version) for value in self._replaced.get(type_name, ())]

    def _settle(self, type_name: str) -> None:
        """Once nothing of a type is proposed any more, what was replaced is gone for good."""
        if all(value.state == "accepted" for value in self._of(type_name)):
            self._replaced.pop(type_name, None)


def edited(value: Value, fields: Mapping[str, object], version: int) -> Value:
    """A value with these fields as a person wrote them: who wrote over a model's field made it together with it.

    A proposal in which nothing is the model's alone any more is accepted thereby. A borrowed value counts as changed
    also by who writes the same: whether that person may name it is asked then.
    """
    after, by = dict(value.fields), dict(value.by)
    for name, given in fields.items():
        before = after.get(name)
        if name in after and type(before) is type(given) and before == given:
            continue
        if given is None:
            after.pop(name, None)
            by.pop(name, None)
        else:
            after[name] = given
            by[name] = "both" if value.by.get(name) in ("model", "both") else "person"
    if after == value.fields and by == value.by and not value.borrowed:
        return value
    state = value.state if "model" in by.values() else "accepted"
    return replace(value, fields=after, by=by, state=state, changed=version)
