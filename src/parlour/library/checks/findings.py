"""What a test of content says. Errors keep content from being published; warnings and notes do not."""

from collections.abc import Iterable, Sequence
from typing import Literal

from parlour.drafts.values import Values
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Fault

FAULTS_MAX = 20
Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that is wrong, at a value of a draft, or with the whole (`type` None).

    `code` names the rule (`rubric.vague_level`); `message` says what is wrong, `advice` what would mend it; `quote`
    are the words that it is about.
    """

    code: str
    severity: Severity
    message: str
    advice: str = ""
    type: str | None = None
    value_id: str | None = None
    field: str | None = None
    quote: str | None = None


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that keep content from being published."""
    return tuple(each for each in findings if each.severity == "error")


def faults_of(findings: Sequence[Finding], values: Values) -> tuple[Fault, ...]:
    """Findings as a refusal says them, at `/values/<type>/<index>/<field>`; at most 20."""
    return tuple(Fault(_pointer(each, values), each.message) for each in findings[:FAULTS_MAX])


def _pointer(finding: Finding, values: Values) -> str:
    if finding.type is None:
        return "/values"
    among = [value.id for value in values.get(finding.type, ())]
    if finding.value_id not in among:
        return f"/values/{finding.type}"
    place = f"/values/{finding.type}/{among.index(finding.value_id)}"
    return f"{place}/{finding.field}" if finding.field else place
