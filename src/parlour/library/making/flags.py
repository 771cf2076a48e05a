"""The switches that artifacts have, what each means, and which the draft itself settles."""

from collections.abc import Mapping

from parlour.library.making.table import Table

ACTIVE = "active"
_NAMES: Mapping[str, tuple[str, ...]] = {
    "rubric": ("simulation_rubric", "video_rubric"),
    "simulation": ("practice",),
    "document": ("template",),
    "parameter": ("persona_parameter", "document_parameter", "scenario_parameter", "video_parameter"),
}
_MEANINGS: Mapping[str, str] = {
    ACTIVE: "It may be used.",
    "simulation_rubric": "It grades conversations.",
    "video_rubric": "It grades videos.",
    "practice": "Learners may begin it by themselves, as often as they like.",
    "template": "It is a form that is filled in for each conversation.",
    "persona_parameter": "Personas use it.",
    "document_parameter": "Documents use it.",
    "scenario_parameter": "Scenarios use it.",
    "video_parameter": "Videos use it.",
    "problem_statement_enabled": "Learners see the problem statement.",
    "objectives_enabled": "Learners see the objectives.",
    "video_enabled": "There is a video.",
    "images_enabled": "There are images.",
    "questions_enabled": "There is a quiz.",
}
_SWITCHES: Mapping[str, str] = {
    "problem_statement_enabled": "problem_statements",
    "objectives_enabled": "objectives",
    "video_enabled": "videos",
    "images_enabled": "images",
    "questions_enabled": "questions",
}


def meaning(name: str) -> str:
    """What a flag says."""
    return _MEANINGS.get(name, name.replace("_", " "))


def of_artifact(table: Table) -> list[Mapping[str, object]]:
    """A slot for each flag that this artifact has."""
    names = _NAMES.get(table.artifact_type, (ACTIVE,))
    return [
        {
            "given": {"name": name, "description": meaning(name), "type": "bool", "icon": ""},
            "shown": {"flag": name, "meaning": meaning(name)},
        }
        for name in names
    ]


def of_scenario(table: Table) -> list[Mapping[str, object]]:
    """Each switch is on if the draft has something of it; what the run makes of these is made before."""
    return [{"given": {"name": name, "value": bool(table.of(type_name))}} for name, type_name in _SWITCHES.items()]
