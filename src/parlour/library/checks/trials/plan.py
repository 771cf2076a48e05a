"""Which trials there are for what, and what comes next. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from parlour.library.checks.trials import personas, rubrics
from parlour.library.checks.trials.entities import Answers, Ask, Names, Subject, Trial, TrialName, ended

TrialRule = Callable[[Subject, Answers, Names], Ask | Trial]

_RUBRIC: Sequence[tuple[TrialName, TrialRule]] = (
    ("discrimination", rubrics.discrimination),
    ("injection", rubrics.taking_orders),
)
_PERSONA: Sequence[tuple[TrialName, TrialRule]] = (
    ("alone", personas.alone),
    ("character", personas.character),
    ("injection", personas.orders),
)
TRIALS: Mapping[str, Sequence[tuple[TrialName, TrialRule]]] = {
    "rubric": _RUBRIC,
    "persona": _PERSONA,
    "scenario": _PERSONA,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How far the trials of a subject are: the answers of models by key, and the trials that have ended."""

    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    trials: tuple[Trial, ...] = ()


def trials_for(artifact_type: str) -> int:
    """How many trials there are for an artifact of this type."""
    return len(TRIALS.get(artifact_type, ()))


def onward(subject: Subject, standing: Standing, names: Names) -> tuple[Standing, Ask | None]:
    """As far as one gets with the answers that are there, and what is to be asked then; None if all trials ended."""
    rules = TRIALS.get(subject.artifact_type, ())
    while len(standing.trials) < len(rules):
        _, rule = rules[len(standing.trials)]
        found = rule(subject, standing.answers, names)
        if not isinstance(found, Trial):
            return standing, found
        standing = replace(standing, trials=(*standing.trials, found))
    return standing, None


def answered(standing: Standing, ask: Ask, answer: str) -> Standing:
    """With one answer more."""
    return replace(standing, answers={**standing.answers, ask.key: answer})


def given_up(subject: Subject, standing: Standing, why: str) -> Standing:
    """The trial at hand cannot be run."""
    name, _ = TRIALS[subject.artifact_type][len(standing.trials)]
    return replace(standing, trials=(*standing.trials, ended(name, "skipped", why)))


def all_given_up(subject: Subject, standing: Standing, why: str) -> Standing:
    """None of the trials that are left can be run."""
    while len(standing.trials) < trials_for(subject.artifact_type):
        standing = given_up(subject, standing, why)
    return standing
