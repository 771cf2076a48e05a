"""The lint of an artifact: every rule over its values, at once and without a model. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from parlour.drafts.values import Values
from parlour.library.checks.findings import Finding
from parlour.library.checks.personas import persona_findings
from parlour.library.checks.rubrics import rubric_findings
from parlour.library.checks.scenarios import document_findings, scenario_findings
from parlour.library.checks.simulations import cohort_findings, simulation_findings
from parlour.library.checks.texts import text_findings

_WEIGHT = {"error": 0, "warning": 1, "note": 2}
FINDINGS_MAX = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What an artifact stands among: the values of what it links to, by id, and of the scenarios that play it."""

    linked: Mapping[str, Values] = field(default_factory=dict[str, Values])
    used_by: tuple[Values, ...] = ()


ALONE = Surroundings()


def lint(artifact_type: str, values: Values, around: Surroundings = ALONE) -> tuple[Finding, ...]:
    """What is wrong with an artifact, errors first. Never raises; what has the wrong shape is told by the forms."""
    found = _own(artifact_type, values, around) + text_findings(artifact_type, values)
    return tuple(sorted(dict.fromkeys(found), key=lambda each: _WEIGHT[each.severity]))[:FINDINGS_MAX]


def is_green(findings: tuple[Finding, ...]) -> bool:
    """Whether nothing but notes is told."""
    return all(each.severity == "note" for each in findings)


def _own(artifact_type: str, values: Values, around: Surroundings) -> list[Finding]:
    match artifact_type:
        case "rubric":
            return rubric_findings(values)
        case "persona":
            return persona_findings(values, around.used_by)
        case "scenario":
            return scenario_findings(values, around.linked)
        case "simulation":
            return simulation_findings(values, around.linked)
        case "document":
            return document_findings(values)
        case "cohort":
            return cohort_findings(values)
        case _:
            return []
