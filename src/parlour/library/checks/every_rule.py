"""Every rule over the values of an artifact, brought together. Pure."""

from collections.abc import Mapping

from parlour.drafts.values import Values
from parlour.library.checks.findings import Finding
from parlour.library.checks.personas import persona_findings
from parlour.library.checks.rubrics import rubric_findings
from parlour.library.checks.scenarios import document_findings, scenario_findings
from parlour.library.checks.simulations import cohort_findings, simulation_findings
from parlour.library.checks.texts import text_findings


def found_in(
    artifact_type: str, values: Values, around: tuple[Mapping[str, Values], tuple[Values, ...]]
) -> list[Finding]:
    """What they find, in their order. `around`: what it links to, by id; what uses it. See `linting.Surroundings`."""
    return _own(artifact_type, values, around) + text_findings(artifact_type, values)


def _own(artifact_type: str, values: Values, around: tuple[Mapping[str, Values], tuple[Values, ...]]) -> list[Finding]:
    linked, used_by = around
    match artifact_type:
        case "rubric":
            return rubric_findings(values)
        case "persona":
            return persona_findings(values, used_by)
        case "scenario":
            return scenario_findings(values, linked)
        case "simulation":
            return simulation_findings(values, linked)
        case "document":
            return document_findings(values)
        case "cohort":
            return cohort_findings(values)
        case _:
            return []
