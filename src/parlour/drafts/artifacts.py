"""The names of Appendix B of Glow Socket V5: what can be generated of which artifact.

`ARTIFACTS` is data, a row an artifact. A name of its resource types or its entry types is accepted in both lists of
a request (decision D35). What Parlour adds: the fields of `EXTENSIONS`, and the types of `OWN_TYPES`, which drafts
hold and people edit, and which `generate` does not know.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from parlour.drafts.registry import Fields
from parlour.kernel.dataclass import dataclass

Level = Literal["made", "internal", "later"]

ARTIFACT_OPERATIONS = ("get", "list", "duplicate", "delete", "draft", "save", "docs", "export", "refresh")
RESOURCE_OPERATIONS = ("get", "create", "link", "search", "docs")
ENTRY_OPERATIONS = ("get", "search", "docs", "create", "refresh")
PRODUCING = ("create", "link")
OTHER_ENTRIES = ("problems", "messages")


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """A row of Appendix B. `id_name`: what `artifact_id` is called; None if there is nothing to edit.

    `made_by`: the operations that make an internal one.
    """

    level: Level
    id_name: str | None
    resources: Sequence[str]
    entries: Sequence[str] = OTHER_ENTRIES
    made_by: Sequence[str] = ()

    @property
    def types(self) -> frozenset[str]:
        """Every name that a request may give for this artifact, in either list."""
        return frozenset((*self.resources, *self.entries))


# Artifact | the id's name | resource types. Levels M and S of the specification: this server makes both.
_MADE = """
persona | persona_id | names, descriptions, colors, icons, instructions, flags, examples, parameter_fields, departments,
    voices
scenario | scenario_id | names, descriptions, problem_statements, objectives, scenario_flags, images, videos, questions,
    departments, parameter_fields, personas, documents
simulation | simulation_id | names, descriptions, departments, flags, scenarios, scenario_flags, scenario_positions,
    scenario_rubrics, scenario_time_limits
cohort | cohort_id | names, descriptions, flags, departments, simulations, simulation_positions,
    simulation_availability, profiles, profile_personas
document | document_id | names, descriptions, flags, departments, fields, uploads, images, texts
invocation | benchmark_entry_id | departments, models, prompts, instructions, voices, temperature_levels,
    reasoning_levels, tools, keys
agent | agent_id | names, descriptions, models, prompts, instructions, flags, departments, tools, temperature_levels,
    reasoning_levels, voices
auth | auth_id | names, descriptions, flags, protocols, slugs, items
profile | target_profile_id | names, flags, request_limits, departments, emails, cohorts
parameter | parameter_id | names, descriptions, flags, departments, fields
field | field_id | names, descriptions, flags, departments, conditional_parameters
model | model_id | names, descriptions, values, providers, flags, departments, modalities, temperature_levels, pricing,
    reasoning_levels, qualities, voices
tool | tool_id | names, descriptions, args, arg_positions, args_outputs, flags
department | department_id | names, descriptions, flags, settings
provider | provider_id | names, descriptions, flags, departments, values, endpoints
rubric | rubric_id | names, descriptions, departments, flags, points, pass_points, standard_groups, standards
eval | eval_id | names, descriptions, flags, departments, agents, run_positions, group_positions, run_rubrics,
    group_rubrics, rubrics
setting | setting_id | names, descriptions, colors, flags, departments, profiles, auths, provider_keys, auth_item_keys,
    roles
chat | chat_entry_id | departments, personas, documents, parameter_fields, scenarios, parameters, fields, questions,
    options, videos, images, templates, problem_statements, objectives
benchmark | - | departments, models, prompts, instructions, voices, temperature_levels, reasoning_levels, tools, keys
activity | - | names, descriptions, flags, departments
pricing | - | names, descriptions, flags, departments
reports | - | names, descriptions, flags, departments
leaderboard | - | names, descriptions, flags, departments
dashboard | - | names, descriptions, flags, departments
"""
_ATTEMPT = Artifact(
    level="internal",
    id_name="attempt_id",
    resources=(
        "scenarios", "personas", "documents", "images", "videos", "objectives", "questions", "options",
        "problem_statements", "rubrics", "standard_groups", "standards",
    ),
    entries=(
        "contents", "hints", "feedbacks", "strengths", "improvements", "analyses", "highlights", "replacements",
        "problems", "messages",
    ),
    made_by=("attempt_message", "attempt_grade"),
)  # fmt: skip
_TEST = Artifact(level="internal", id_name="test_id", resources=("grades", "feedbacks"), made_by=("test_end",))
_LATER = {
    **{name: Artifact(level="later", id_name=None, resources=()) for name in ("home", "practice")},
    **{name: Artifact(level="later", id_name=None, resources=(), entries=()) for name in ("group", "health")},
    **{name: Artifact(level="later", id_name=None, resources=(), entries=()) for name in ("record", "session")},
}
_WITHOUT_ENTRIES = ("invocation",)


def _read(table: str) -> Mapping[str, Artifact]:
    found: dict[str, Artifact] = {}
    for line in table.strip().replace("\n    ", " ").splitlines():
        name, id_name, types = (part.strip() for part in line.split("|"))
        found[name] = Artifact(
            level="made",
            id_name=None if id_name == "-" else id_name,
            resources=tuple(each.strip() for each in types.split(",")),
            entries=() if name in _WITHOUT_ENTRIES else OTHER_ENTRIES,
        )
    return found


ARTIFACTS: Mapping[str, Artifact] = {**_read(_MADE), "attempt": _ATTEMPT, "test": _TEST, **_LATER}
MADE: tuple[str, ...] = tuple(name for name, row in ARTIFACTS.items() if row.level == "made")

# Resource type names whose values are told under the name of another type, or not at all.
TOLD_AS: Mapping[str, str | None] = {"pass_points": "thresholds", "templates": None, "problems": None, "messages": None}

# Types of which an artifact has at most one value.
SINGLE: frozenset[str] = frozenset(
    ("names", "descriptions", "colors", "icons", "instructions", "voices", "points", "pass_points", "prompts",
     "values", "endpoints", "protocols", "slugs", "request_limits", "texts", "uploads")
)  # fmt: skip

# Fields that values have here besides those of Appendix A.1, by type.
EXTENSIONS: Mapping[str, Mapping[str, str]] = {
    "flags": {"value": "bool"},
    "scenario_flags": {"name": "string", "value": "any"},
    "parameter_fields": {"name": "string", "value": "string"},
    "personas": {"dialogue_id": "string"},
    "documents": {"text": "string"},
    "questions": {"options": "any[]", "times": "any[]"},
    "images": {"upload_id": "string", "mime_type": "string"},
    "videos": {"upload_id": "string", "mime_type": "string", "captions": "any[]"},
    "standard_groups": {"signals": "any"},
    "texts": {"text": "string"},
    "profiles": {"user_id": "string"},
}

# Types that drafts hold besides those of Appendix B. `anchors`: example transcripts of a rubric, `level` weak,
# middling or strong; `instructors`: who teaches a cohort; `dialogues`: what the offline model plays.
OWN_TYPES: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "rubric": {"anchors": {"level": "string", "text": "string"}},
    "cohort": {"instructors": {"profile_id": "string", "user_id": "string"}},
    "persona": {"dialogues": {"dialogue_id": "string"}},
}


def told_as(type_name: str) -> str | None:
    """The type under whose name values are told (9.6); None for a name without events."""
    return TOLD_AS.get(type_name, type_name)


def draft_types(artifact_type: str) -> Sequence[str]:
    """The types of values that a draft of this artifact may hold."""
    row = ARTIFACTS[artifact_type]
    return (*row.resources, *OWN_TYPES.get(artifact_type, {}))


def editable_fields(artifact_type: str, type_name: str, fields: Fields) -> Mapping[str, str]:
    """Every field that a value may have in a draft, with what it holds. `fields` are those of Appendix A.1."""
    own = OWN_TYPES.get(artifact_type, {}).get(type_name)
    return own if own is not None else {**fields, **EXTENSIONS.get(type_name, {})}
