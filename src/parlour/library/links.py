"""Which resource types link to which artifacts: data."""

from collections.abc import Mapping

_EVERYWHERE: Mapping[str, str] = {
    "departments": "department",
    "scenarios": "scenario",
    "simulations": "simulation",
    "profiles": "profile",
    "instructors": "profile",
    "cohorts": "cohort",
    "rubrics": "rubric",
    "settings": "setting",
    "auths": "auth",
    "agents": "agent",
    "tools": "tool",
    "models": "model",
    "providers": "provider",
    "evals": "eval",
    "personas": "persona",
    "documents": "document",
    "parameters": "parameter",
    "conditional_parameters": "parameter",
}
# Types whose values may also be written in place, and those that link in some artifacts only.
_NOT_IN: Mapping[str, frozenset[str]] = {"eval": frozenset(("agents",))}
_ALSO: Mapping[str, Mapping[str, str]] = {"parameter": {"fields": "field"}, "document": {"fields": "field"}}

# Types whose values name a second thing: what it is, and in which field.
PAIRS: Mapping[str, tuple[str, str]] = {
    "scenario_rubrics": ("rubric", "rubric_id"),
    "run_rubrics": ("rubric", "rubric_id"),
    "group_rubrics": ("rubric", "rubric_id"),
    "profile_personas": ("persona", "persona_id"),
}

# Values of these may be written inside the artifact; publishing it makes artifacts of their own of them.
NESTED: Mapping[str, str] = {"personas": "persona", "documents": "document"}


def link_to(artifact_type: str, type_name: str) -> str | None:
    """The artifact type that values of a resource type link to; None for values with content of their own."""
    if type_name in _NOT_IN.get(artifact_type, ()):
        return None
    return _ALSO.get(artifact_type, {}).get(type_name) or _EVERYWHERE.get(type_name)


def may_be_written(artifact_type: str, type_name: str) -> bool:
    """Whether values of a linking type may also be written in place: inside a scenario, in records, and a document's
    fields."""
    if (artifact_type, type_name) == ("document", "fields"):
        return True
    if artifact_type == "scenario" or type_name == "departments":
        return artifact_type == "scenario" and type_name in NESTED
    return artifact_type not in ("persona", "simulation", "cohort", "rubric", "eval", "document", "profile")
