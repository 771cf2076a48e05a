"""The chat templates of a training, made from the parts of its simulation (Glow 1.2)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

from parlour.catalog import actions as catalog
from parlour.catalog.entities import ChatSettings, ChatTemplate, Scenario, SimulationPart
from parlour.kernel.ids import TemplateId, named_id
from parlour.storage.tx import Tx

SETTINGS: tuple[str, ...] = tuple(each.name for each in fields(ChatSettings))
SCENARIO_FLAGS = (
    "problem_statement_enabled", "objectives_enabled", "video_enabled", "images_enabled", "questions_enabled",
)  # fmt: skip
Given = Mapping[str, bool | int | None]


def templates_for(
    tx: Tx, entry_id: str, parts: Sequence[SimulationPart], settings: Given | None = None
) -> tuple[ChatTemplate, ...]:
    """A template for each part, in order, with the newest versions of its scenario and rubric.

    The same entry and scenario give the same id. `settings` come after those of scenario and part. A part whose
    scenario is gone is left out.
    """
    seen: Counter[str] = Counter()
    made: list[ChatTemplate] = []
    for part in sorted(parts, key=lambda each: each.position):
        scenario = newest_scenario(tx, part.scenario_id)
        if scenario is None:
            continue
        number = seen[scenario.id]
        seen[scenario.id] += 1
        named = ChatTemplate(
            id=TemplateId(named_id("chat", entry_id, scenario.id, *((str(number),) if number else ()))),
            name=scenario.name,
            description=scenario.description,
            position=len(made),
            scenario_id=scenario.id,
            scenario_version=scenario.version,
            department_ids=scenario.department_ids,
        )
        flags = {name: getattr(scenario, name) for name in SCENARIO_FLAGS}
        made.append(with_rubric(tx, with_settings(named, {**flags, **part.settings, **(settings or {})}), part))
    return tuple(made)


def with_settings(template: ChatTemplate, settings: Given) -> ChatTemplate:
    """A template with these settings; names that are none are left out."""
    known = {name: value for name, value in settings.items() if name in SETTINGS}
    return replace(template, **known)  # pyright: ignore[reportArgumentType]


def with_rubric(tx: Tx, template: ChatTemplate, part: SimulationPart) -> ChatTemplate:
    """A template with the newest version of the rubric of its part."""
    found = catalog.newest(tx, (part.rubric_id,)) if part.rubric_id else ()
    if not found:
        return replace(template, rubric_id=None, rubric_version=None)
    return replace(template, rubric_id=found[0].id, rubric_version=found[0].version)


def kept(new: ChatTemplate, before: Mapping[str, ChatTemplate]) -> ChatTemplate:
    """A template that is made anew, with the pins, the name and the settings that it had; a rubric that is another one
    now is taken."""
    old = before.get(new.id)
    if old is None:
        return new
    same = old.rubric_id == new.rubric_id
    return replace(
        old,
        position=new.position,
        rubric_id=new.rubric_id,
        rubric_version=old.rubric_version if same else new.rubric_version,
    )


def newest_scenario(tx: Tx, scenario_id: str) -> Scenario | None:
    """A scenario as it is now."""
    found = catalog.newest(tx, (scenario_id,))
    return catalog.scenario_version(tx, scenario_id, found[0].version) if found else None
