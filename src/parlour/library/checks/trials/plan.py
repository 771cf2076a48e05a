"""Which trials there are for what, and what comes next. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from parlour.library.checks.trials.entities import Answers, Ask, Names, Subject, Trial, TrialName, ended

TrialRule = Callable[[Subject, Answers, Names], Ask | Trial]


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How far the trials of a subject are: the answers of models by key, and the trials that have ended."""

    answers: Mapping[str, str] = field(default_factory=dict[str, str])
    trials: tuple[Trial, ...] = ()


@cache
def _rules(artifact_type: str) -> Sequence[tuple[TrialName, TrialRule]]:
    from parlour.library.checks.trials import personas, rubrics  # noqa: PLC0415 (a server at rest tries nothing)

    match artifact_type:
        case "rubric":
            return (("discrimination", rubrics.discrimination), ("injection", rubrics.taking_orders))
        case "persona" | "scenario":
            return (("alone", personas.alone), ("character", personas.character), ("injection", personas.orders))
        case _:
            return ()


def trials_for(artifact_type: str) -> int:
    """How many trials there are for an artifact of this type."""
    return len(_rules(artifact_type))


def onward(subject: Subject, standing: Standing, names: Names) -> tuple[Standing, Ask | None]:
    """As far as one gets with the answers that are there, and what is to be asked then; None if all trials ended."""
    rules = _rules(subject.artifact_type)
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
    name, _ = _rules(subject.artifact_type)[len(standing.trials)]
    return replace(standing, trials=(*standing.trials, ended(name, "skipped", why)))


def all_given_up(subject: Subject, standing: Standing, why: str) -> Standing:
    """None of the trials that are left can be run."""
    while len(standing.trials) < trials_for(subject.artifact_type):
        standing = given_up(subject, standing, why)
    return standing
