"""Rubrics as values, and back. The points that follow from others may be left out."""

from collections.abc import Mapping, Sequence
from typing import cast

from parlour.catalog.anchors import LEVELS, Anchors, Level, anchors_id
from parlour.catalog.entities import Rubric, Signals, Standard, StandardGroup
from parlour.drafts.values import Value, Values
from parlour.library.forms.cells import NAME_CHARS_MAX, Form, derived, given, links, many, singles

PASS_SHARE = 60
_LISTS = ("good_moves", "bad_moves", "good", "bad")


def values(rubric: Rubric, anchors: Anchors | None) -> Values:
    """What a rubric and its anchors would have been written from."""
    flags = ("simulation_rubric", rubric.simulation_rubric), ("video_rubric", rubric.video_rubric)
    rows = [{"level": level, "text": text} for level in LEVELS for text in (anchors.of_level(level) if anchors else ())]
    return {
        **singles(
            rubric.id,
            {"names": {"name": rubric.name}, "descriptions": {"description": rubric.description}},
        ),
        "points": (derived(rubric.id, "points", 0, {"value": rubric.total_points}),),
        "pass_points": (derived(rubric.id, "pass_points", 0, {"value": rubric.pass_points}),),
        "flags": tuple(
            derived(rubric.id, "flags", number, {"name": name, "value": value})
            for number, (name, value) in enumerate(flags)
        ),
        "standard_groups": tuple(_group(group) for group in rubric.groups),
        "standards": tuple(_standard(each) for group in rubric.groups for each in group.standards),
        **many(rubric.id, "anchors", rows),
        **links("departments", rubric.department_ids),
    }


def compiled(form: Form) -> Rubric:
    """The rubric that values describe."""
    known = {value.id for value in form.all("standard_groups")}
    for value in form.all("standards"):
        if form.text("standards", value, "standard_group_id", most=NAME_CHARS_MAX) not in known:
            form.wrong("standards", value.id, "standard_group_id", "There is no such criterion.", "form.unknown_link")
    groups = tuple(_compiled_group(form, value) for value in form.all("standard_groups"))
    points, passing = _one_number(form, "points"), _one_number(form, "pass_points")
    total = points if points is not None else sum(group.points for group in groups)
    return Rubric(
        id=form.artifact_id,
        name=form.one("names", "name", most=NAME_CHARS_MAX),
        description=form.one("descriptions", "description"),
        department_ids=form.linked("departments", "department"),
        total_points=total,
        pass_points=passing if passing is not None else share(total),
        simulation_rubric=form.flag("flags", "simulation_rubric") is not False,
        video_rubric=form.flag("flags", "video_rubric") is True,
        groups=groups,
    )


def anchors(form: Form) -> Anchors:
    """The example transcripts among the values."""
    found: dict[Level, list[str]] = {"weak": [], "middling": [], "strong": []}
    for value in form.all("anchors"):
        level = form.text("anchors", value, "level", most=NAME_CHARS_MAX)
        if level in LEVELS:
            found[level].append(form.text("anchors", value, "text"))
        else:
            form.wrong("anchors", value.id, "level", f"This must be one of {', '.join(LEVELS)}.")
    return Anchors(
        id=anchors_id(form.artifact_id),
        rubric_id=form.artifact_id,
        weak=tuple(found["weak"]),
        middling=tuple(found["middling"]),
        strong=tuple(found["strong"]),
    )


def share(points: int) -> int:
    """The points that pass if nobody says how many: 60 %, rounded up."""
    return -(-points * PASS_SHARE // 100)


def _group(group: StandardGroup) -> Value:
    fields: dict[str, object] = {
        "name": group.name,
        "short_name": group.short_name,
        "description": group.description,
        "points": group.points,
        "pass_points": group.pass_points,
    }
    if group.signals is not None:
        lists = {name: list(cast("Sequence[str]", getattr(group.signals, name))) for name in _LISTS}
        fields["signals"] = {**lists, "enough": group.signals.enough}
    return given(group.id, fields)


def _standard(standard: Standard) -> Value:
    return given(
        standard.id,
        {
            "name": standard.name,
            "description": standard.description,
            "points": standard.points,
            "standard_group_id": standard.standard_group_id,
        },
    )


def _compiled_group(form: Form, value: Value) -> StandardGroup:
    standards = tuple(
        Standard(
            id=each.id,
            standard_group_id=value.id,
            name=form.text("standards", each, "name", most=NAME_CHARS_MAX),
            description=form.text("standards", each, "description"),
            points=form.whole("standards", each, "points") or 0,
        )
        for each in form.all("standards")
        if each.fields.get("standard_group_id") == value.id
    )
    points = form.whole("standard_groups", value, "points")
    if points is None:
        points = max((each.points for each in standards), default=0)
    passing = form.whole("standard_groups", value, "pass_points")
    return StandardGroup(
        id=value.id,
        name=form.text("standard_groups", value, "name", most=NAME_CHARS_MAX),
        short_name=form.text("standard_groups", value, "short_name", most=NAME_CHARS_MAX),
        description=form.text("standard_groups", value, "description"),
        points=points,
        pass_points=passing if passing is not None else share(points),
        standards=standards,
        signals=_signals(form, value),
    )


def _signals(form: Form, value: Value) -> Signals | None:
    found = value.fields.get("signals")
    if found is None:
        return None
    if not isinstance(found, Mapping):
        form.wrong("standard_groups", value.id, "signals", "This must be an object.")
        return None
    fields = cast("Mapping[str, object]", found)
    inner = Value(id=value.id, fields=fields)
    enough = form.whole("standard_groups", inner, "enough")
    return Signals(
        good_moves=form.texts("standard_groups", inner, "good_moves"),
        bad_moves=form.texts("standard_groups", inner, "bad_moves"),
        good=form.texts("standard_groups", inner, "good"),
        bad=form.texts("standard_groups", inner, "bad"),
        enough=enough if enough is not None else Signals().enough,
    )


def _one_number(form: Form, type_name: str) -> int | None:
    values = form.all(type_name)
    return form.whole(type_name, values[0], "value") if values else None
