"""Simulations as values, and back. A position says where a scenario stands; without positions the list does."""

from dataclasses import fields

from parlour.catalog.entities import ChatSettings, Simulation, SimulationPart
from parlour.drafts.values import Value, Values
from parlour.library.forms.cells import NAME_CHARS_MAX, Form, derived, links, many, singles

LIMITS = ("time_limit", "negative_time")
FLAGS = tuple(each.name for each in fields(ChatSettings) if each.name not in LIMITS)
TIME_LIMIT_SECONDS_MAX = 24 * 60 * 60


def values(simulation: Simulation) -> Values:
    """What a simulation would have been written from."""
    parts = sorted(simulation.parts, key=lambda part: part.position)
    rubrics: list[dict[str, object]] = []
    limits: list[dict[str, object]] = []
    flags: list[dict[str, object]] = []
    for part in parts:
        about: dict[str, object] = {"scenario_id": part.scenario_id}
        if part.rubric_id is not None:
            rubrics.append({**about, "rubric_id": part.rubric_id})
        limit = _limit(part)
        if limit:
            limits.append({**about, **limit})
        flags += [
            {**about, "name": name, "value": value} for name, value in part.settings.items() if name not in LIMITS
        ]
    flag = derived(simulation.id, "flags", 0, {"name": "practice", "value": simulation.practice})
    return {
        **singles(
            simulation.id,
            {"names": {"name": simulation.name}, "descriptions": {"description": simulation.description}},
        ),
        "flags": (flag,),
        **links("scenarios", [part.scenario_id for part in parts]),
        **many(simulation.id, "scenario_rubrics", rubrics),
        **many(simulation.id, "scenario_time_limits", limits),
        **many(simulation.id, "scenario_flags", flags),
        **links("departments", simulation.department_ids),
    }


def compiled(form: Form) -> Simulation:
    """The simulation that values describe."""
    listed = form.linked("scenarios", "scenario")
    rubrics = {
        scenario_id: form.named("rubric", "scenario_rubrics", value, "rubric_id")
        for scenario_id, value in _by_scenario(form, "scenario_rubrics", listed)
    }
    settings: dict[str, dict[str, bool | int | None]] = {each: {} for each in listed}
    for scenario_id, value in _by_scenario(form, "scenario_time_limits", listed):
        settings[scenario_id] |= _compiled_limit(form, value)
    for scenario_id, value in _by_scenario(form, "scenario_flags", listed):
        name = form.text("scenario_flags", value, "name", most=NAME_CHARS_MAX)
        if name in FLAGS:
            settings[scenario_id][name] = form.yes("scenario_flags", value, "value") is not False
        else:
            form.wrong("scenario_flags", value.id, "name", "There is no such setting of a chat.")
    return Simulation(
        id=form.artifact_id,
        name=form.one("names", "name", most=NAME_CHARS_MAX),
        description=form.one("descriptions", "description"),
        department_ids=form.linked("departments", "department"),
        practice=form.flag("flags", "practice") is True,
        parts=tuple(
            SimulationPart(
                scenario_id=scenario_id,
                rubric_id=rubrics.get(scenario_id) or None,
                position=number,
                settings=settings[scenario_id],
            )
            for number, scenario_id in enumerate(in_order(form, listed, "scenario_positions", "scenario_id"))
        ),
    )


def in_order(form: Form, ids: tuple[str, ...], type_name: str, of: str) -> list[str]:
    """Listed things by their positions; those without one keep their place in the list."""
    places = dict(zip(ids, range(len(ids)), strict=True))
    for value in form.all(type_name):
        place = form.whole(type_name, value, "value")
        named = form.text(type_name, value, of, most=NAME_CHARS_MAX)
        if named in places and place is not None:
            places[named] = place
    return sorted(ids, key=places.__getitem__)


def _limit(part: SimulationPart) -> dict[str, object]:
    found: dict[str, object] = {}
    if "time_limit" in part.settings:
        found["time_limit_seconds"] = part.settings["time_limit"]
    if "negative_time" in part.settings:
        found["negative"] = part.settings["negative_time"]
    return found


def _compiled_limit(form: Form, value: Value) -> dict[str, bool | int | None]:
    found: dict[str, bool | int | None] = {}
    if "time_limit_seconds" in value.fields:
        seconds = form.whole("scenario_time_limits", value, "time_limit_seconds")
        if seconds is not None and not 1 <= seconds <= TIME_LIMIT_SECONDS_MAX:
            message = f"This must lie between 1 and {TIME_LIMIT_SECONDS_MAX} seconds."
            form.wrong("scenario_time_limits", value.id, "time_limit_seconds", message, "form.bounds")
        found["time_limit"] = seconds
    if value.fields.get("negative") is not None:
        found["negative_time"] = form.yes("scenario_time_limits", value, "negative") is True
    return found


def _by_scenario(form: Form, type_name: str, listed: tuple[str, ...]) -> list[tuple[str, Value]]:
    found: list[tuple[str, Value]] = []
    for value in form.all(type_name):
        scenario_id = form.text(type_name, value, "scenario_id", most=NAME_CHARS_MAX)
        if scenario_id in listed:
            found.append((scenario_id, value))
        else:
            form.wrong(
                type_name, value.id, "scenario_id", "This scenario is not in the simulation.", "form.unknown_link"
            )
    return found
