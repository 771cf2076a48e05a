"""The lint of an artifact: every rule over its values, at once and without a model. Pure."""

from collections.abc import Mapping
from dataclasses import field

from parlour.drafts.values import Values
from parlour.kernel.dataclass import dataclass
from parlour.library.checks.findings import Finding

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
    from parlour.library.checks.every_rule import found_in  # noqa: PLC0415 (1 MiB that a server at rest does not need)

    found = found_in(artifact_type, values, (around.linked, around.used_by))
    return tuple(sorted(dict.fromkeys(found), key=lambda each: _WEIGHT[each.severity]))[:FINDINGS_MAX]


def is_green(findings: tuple[Finding, ...]) -> bool:
    """Whether nothing but notes is told."""
    return all(each.severity == "note" for each in findings)
