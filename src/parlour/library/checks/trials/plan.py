"""Which trials there are for what, and what comes next. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from functools import cache

from parlour.catalog.entities import Persona
from parlour.kernel.dataclass import dataclass
from parlour.library.checks.trials.entities import Answers, Ask, Names, Speak, Subject, Trial, TrialName, ended

PERSONAS_MAX = 5
"""So many personas of a scenario are played, the first ones."""
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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Turn:
    """One trial: of what is tried, or of one persona of several in it. `prefix`: of the keys of its answers."""

    name: TrialName
    rule: TrialRule
    subject: Subject
    prefix: str = ""
    persona: Persona | None = None

    def ended(self, trial: Trial) -> Trial:
        """The trial, with whom it was about."""
        return replace(trial, persona=self.persona.name) if self.persona else trial

    def played(self, answers: Answers, names: Names) -> Ask | Trial:
        """What comes next in it, or how it ended."""
        heard = {key.removeprefix(self.prefix): each for key, each in answers.items() if key.startswith(self.prefix)}
        found = self.rule(self.subject, heard, names)
        if isinstance(found, Trial):
            return self.ended(found)
        if isinstance(found, Speak) and self.persona is not None:
            found = replace(found, persona_id=self.persona.id)
        return replace(found, key=f"{self.prefix}{found.key}")


def _turns(subject: Subject) -> Sequence[_Turn]:
    rules, material = _rules(subject.artifact_type), subject.material
    if material is None or len(material.personas) < 2:
        return [_Turn(name=name, rule=rule, subject=subject) for name, rule in rules]
    return [
        _Turn(
            name=name,
            rule=rule,
            subject=replace(subject, material=replace(material, personas=(persona,))),
            prefix=f"{number}:",
            persona=persona,
        )
        for number, persona in enumerate(material.personas[:PERSONAS_MAX])
        for name, rule in rules
    ]


def trials_for(artifact_type: str, personas: int = 1) -> int:
    """How many trials there are for an artifact of this type, with so many personas in it."""
    return len(_rules(artifact_type)) * (min(max(personas, 1), PERSONAS_MAX) if artifact_type == "scenario" else 1)


def trials_of(subject: Subject) -> int:
    """How many trials there are for what is tried."""
    return len(_turns(subject))


def onward(subject: Subject, standing: Standing, names: Names) -> tuple[Standing, Ask | None]:
    """As far as one gets with the answers that are there, and what is to be asked then; None if all trials ended."""
    turns = _turns(subject)
    while len(standing.trials) < len(turns):
        found = turns[len(standing.trials)].played(standing.answers, names)
        if not isinstance(found, Trial):
            return standing, found
        standing = replace(standing, trials=(*standing.trials, found))
    return standing, None


def answered(standing: Standing, ask: Ask, answer: str) -> Standing:
    """With one answer more."""
    return replace(standing, answers={**standing.answers, ask.key: answer})


def given_up(subject: Subject, standing: Standing, why: str) -> Standing:
    """The trial at hand cannot be run."""
    turn = _turns(subject)[len(standing.trials)]
    return replace(standing, trials=(*standing.trials, turn.ended(ended(turn.name, "skipped", why))))


def all_given_up(subject: Subject, standing: Standing, why: str) -> Standing:
    """None of the trials that are left can be run."""
    while len(standing.trials) < trials_of(subject):
        standing = given_up(subject, standing, why)
    return standing
