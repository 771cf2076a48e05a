"""What a test of content says. Errors keep content from being published; warnings and notes do not."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

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
