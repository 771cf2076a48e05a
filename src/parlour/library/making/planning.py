"""Which values a run will make of a type, and what each is about.

A slot's `about` has three members: `shown`, which the model reads; `given`, fields that are settled and go into the
value as they are; and `link`, what the value links to, if that is settled too. Nothing in `given` or `link` is sent.
"""

import re
from collections.abc import Mapping, Sequence

from parlour.catalog.filling import placeholders
from parlour.drafts.making import Slot, TaskError
from parlour.drafts.values import Value
from parlour.library.making import flags
from parlour.library.making.counting import asked_for, count
from parlour.library.making.table import Table, text_of, texts, whole_of

PER_VALUE_MAX = 24
LEVELS_USUAL = 4
_ADDRESS = re.compile(r"[^\s@<>,;()\"']{1,64}@[^\s@<>,;()\"']{1,190}\.[A-Za-z]{2,24}")
_DATE = re.compile(r"\b(\d{4}-\d\d-\d\d)\b")
# Types with a value for each value of another type, and the field that names it.
PER: Mapping[str, tuple[str, str]] = {
    "standards": ("standard_groups", "standard_group_id"),
    "scenario_positions": ("scenarios", "scenario_id"),
    "scenario_rubrics": ("scenarios", "scenario_id"),
    "scenario_time_limits": ("scenarios", "scenario_id"),
    "simulation_positions": ("simulations", "simulation_id"),
    "simulation_availability": ("simulations", "simulation_id"),
    "profile_personas": ("profiles", "profile_id"),
    "arg_positions": ("args", "args_id"),
    "args_outputs": ("args", "args_id"),
    "auth_item_keys": ("auths", "auth_id"),
    "run_positions": ("agents", "runs_id"),
    "run_rubrics": ("agents", "runs_id"),
    "group_positions": ("rubrics", "groups_id"),
    "group_rubrics": ("rubrics", "groups_id"),
}
# Those of them that are only counted: the number of the value stands in `value`.
POSITIONS = frozenset(
    ("scenario_positions", "simulation_positions", "arg_positions", "run_positions", "group_positions")
)
SETTLED = frozenset((*POSITIONS, "departments", "profiles", "emails", "points", "pass_points", "auth_item_keys"))
UNTOLD = frozenset(("problems", "messages"))
_AFTER: Mapping[str, int] = {
    "personas": -1, **dict.fromkeys(PER, 1), "parameter_fields": 1, "points": 2, "pass_points": 2,
    "scenario_flags": 2, "uploads": 2,
}  # fmt: skip
About = Mapping[str, object]


def ordered(types: Sequence[str]) -> tuple[str, ...]:
    """Types in the order asked for, but those that need others after them."""
    return tuple(sorted(types, key=lambda each: _AFTER.get(each, 0)))


def plan(table: Table) -> Sequence[Slot]:
    """The values that the type at work will have; none if there is nothing to make. Raises `TaskError`."""
    type_name = table.type
    if type_name in UNTOLD:
        return ()
    anew = table.anew()
    if anew is not None:
        return _slots([_again(table, anew)])
    if table.value_id is not None:
        raise TaskError("validation", "The value that is to be made anew is not in the draft.")
    if type_name in PER or (type_name, table.artifact_type) == ("scenario_flags", "simulation"):
        return _slots(_per(table))
    match type_name:
        case "departments":
            return _slots(_departments(table))
        case "profiles":
            return _slots(_people(table))
        case "emails":
            return _slots(_addresses(table))
        case "points" | "pass_points":
            return _slots([_sum(table)])
        case "flags":
            return _slots(flags.of_artifact(table))
        case "scenario_flags":
            return _slots(flags.of_scenario(table))
        case "parameter_fields":
            return _slots(_parameters(table))
        case _:
            nothing: About = {}
            return _slots([nothing] * count(type_name, table))


def limited(slots: Sequence[Slot], candidates: int) -> Sequence[Slot]:
    """At most one value for each thing that can be chosen."""
    return _slots([slot.about for slot in slots[:candidates]])


def _slots(abouts: Sequence[About]) -> Sequence[Slot]:
    return [Slot(number=number, of=len(abouts), about=about) for number, about in enumerate(abouts)]


def _again(table: Table, value: Value) -> About:
    """The value keeps what rules put into it; what nothing but rules make is made by them again."""
    if table.type in ("points", "pass_points"):
        return {**_sum(table), "value_id": value.id}
    if table.type in SETTLED:
        return {"value_id": value.id, "given": dict(value.fields)} | ({"link": value.id} if value.linked else {})
    if (table.type, table.artifact_type) == ("scenario_flags", "scenario"):
        named = [each for each in flags.of_scenario(table) if each["given"] == {**value.fields, **_value_of(each)}]
        return {**(named[0] if named else {"given": dict(value.fields)}), "value_id": value.id}
    kept = ("standard_group_id", "points") if table.type == "standards" else _settled_fields(table.type)
    given = {name: value.fields[name] for name in kept if name in value.fields}
    if table.type == "parameter_fields":
        given["name"] = text_of(value, "name")
    shown: dict[str, object] = {"replaces": {name: each for name, each in value.fields.items() if name not in given}}
    if table.type == "standards":
        groups = [each for each in table.of("standard_groups") if each.id == given.get("standard_group_id")]
        shown |= _level_shown(table, groups[0], whole_of(value, "points", 0)) if groups else {}
    elif table.type == "parameter_fields":
        shown["parameter"] = given["name"]
    elif table.type in ("flags", "scenario_flags") and "name" in value.fields:
        given["name"] = text_of(value, "name")
        shown["flag"], shown["meaning"] = given["name"], flags.meaning(text_of(value, "name"))
    return {"value_id": value.id, "given": given, "shown": shown}


def _value_of(about: About) -> Mapping[str, object]:
    given = about["given"]
    return {"value": given["value"]} if isinstance(given, Mapping) and "value" in given else {}  # pyright: ignore[reportUnknownVariableType]


def _settled_fields(type_name: str) -> tuple[str, ...]:
    return (PER[type_name][1], "type") if type_name in PER else ()


def _per(table: Table) -> list[About]:
    base, field = PER.get(table.type, ("scenarios", "scenario_id"))
    bases = table.of(base)
    if not bases:
        raise TaskError("validation", f"The draft has no {base.replace('_', ' ')} yet.")
    if table.type == "standards":
        return [about for group in bases for about in _levels(table, group, len(bases))][:PER_VALUE_MAX]
    found: list[About] = []
    for number, each in enumerate(bases[:PER_VALUE_MAX]):
        given: dict[str, object] = {field: each.id}
        if table.type in POSITIONS:
            given["value"] = number
        shown: dict[str, object] = (
            {} if base == "profiles" else {base: table.linked.get(each.id, text_of(each, "name"))}
        )
        if table.type != "simulation_availability":
            found.append({"given": given, "shown": shown})
            continue
        dates = _DATE.findall(table.asked)
        kinds = ("start", "end") if len(dates) > 1 else ("start",)
        found += [
            {"given": {**given, "type": kind}, "shown": {**shown, "type": kind, "today": table.today}} for kind in kinds
        ]
    return found


def _levels(table: Table, group: Value, groups: int) -> list[About]:
    """Levels from 0 to the best, evenly spread: consistent whatever a model says (Glow 1.2)."""
    best = max(1, whole_of(group, "points", 3))
    wanted = asked_for("standards", table.asked) or (LEVELS_USUAL if groups * LEVELS_USUAL <= PER_VALUE_MAX else 3)
    levels = max(2, min(wanted, best + 1))
    points = [round(best * number / (levels - 1)) for number in range(levels)]
    return [
        {"given": {"standard_group_id": group.id, "points": each}, "shown": _level_shown(table, group, each)}
        for each in points
    ]


def _level_shown(table: Table, group: Value, points: int) -> dict[str, object]:
    others = [
        {
            "points": each.fields.get("points"),
            "name": text_of(each, "name"),
            "description": text_of(each, "description"),
        }
        for each in table.of("standards")
        if each.fields.get("standard_group_id") == group.id and each.fields.get("points") != points
    ]
    criterion = {"name": text_of(group, "name"), "description": text_of(group, "description")}
    best = whole_of(group, "points", 3)
    return {"criterion": criterion, "points": points, "of": best, "other_levels": others}


def _sum(table: Table) -> About:
    groups = table.of("standard_groups")
    if not groups:
        raise TaskError("validation", "The draft has no standard groups yet.")
    total = sum(whole_of(each, "points", _best(table, each)) for each in groups)
    if table.type == "points":
        return {"given": {"value": total}}
    enough = sum(
        whole_of(each, "pass_points", -(-whole_of(each, "points", _best(table, each)) * 3 // 5)) for each in groups
    )
    return {"given": {"value": min(enough, total)}}


def _best(table: Table, group: Value) -> int:
    levels = [each for each in table.of("standards") if each.fields.get("standard_group_id") == group.id]
    return max((whole_of(each, "points", 0) for each in levels), default=0)


def _departments(table: Table) -> list[About]:
    """Those that the instructions name, else the author's own."""
    named = [each for each in table.candidates if each.name and each.name.casefold() in table.asked.casefold()]
    own = [each for each in table.candidates if each.id in table.actor.department_ids]
    return [{"link": each.id} for each in named or own]


def _people(table: Table) -> list[About]:
    """Who is named by user id in the instructions, of those whom the author may see."""
    if not table.candidates:
        raise TaskError("validation", "Name the people by their user ids in the instructions.")
    return [{"link": each.id, "given": {"user_id": each.user_id}} for each in table.candidates]


def _addresses(table: Table) -> list[About]:
    found = dict.fromkeys(_ADDRESS.findall(table.asked))
    if not found:
        raise TaskError("validation", "Addresses are not made up. Name them in the instructions.")
    return [{"given": {"email": each.rstrip(".")}} for each in list(found)[:PER_VALUE_MAX]]


def _parameters(table: Table) -> list[About]:
    """A value for every placeholder that the draft's texts, or those of linked personas, have."""
    own = (*table.of("instructions"), *table.of("examples"), *table.of("personas"))
    names = dict.fromkeys(text_of(each, "name") for each in table.of("parameter_fields"))
    names |= dict.fromkeys((*table.needed, *sorted(placeholders(texts(own)))))
    return [{"given": {"name": name}, "shown": {"parameter": name}} for name in list(names)[:PER_VALUE_MAX] if name]
