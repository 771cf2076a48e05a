"""Trials as values: what is tried, what is asked next, and how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Literal

from parlour.catalog.anchors import Level
from parlour.catalog.dialogues import Dialogue
from parlour.catalog.entities import Document, Material, Rubric
from parlour.grading.prompt import Paper
from parlour.kernel.dataclass import dataclass
from parlour.library.checks.findings import Finding
from parlour.turns.ports import Request

TrialName = Literal["discrimination", "alone", "character", "injection"]
TrialState = Literal["passed", "failed", "skipped"]
Who = Literal["learner", "persona"]
Answers = Mapping[str, str]

TITLES: Mapping[TrialName, str] = {
    "discrimination": "Tells weak, middling and strong apart",
    "alone": "Does not solve it alone",
    "character": "Stays in character",
    "injection": "Does not take orders",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """Something that was said in a trial."""

    who: Who
    text: str


Transcript = tuple[Line, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """Something that was measured, as it is shown."""

    name: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """How a trial ended. `skipped`: it could not be run here, and says nothing about the content. `persona`: who was
    played, where there are several."""

    name: TrialName
    title: str
    state: TrialState
    summary: str
    lines: Transcript = ()
    figures: tuple[Figure, ...] = ()
    findings: tuple[Finding, ...] = ()
    persona: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """The models by their names in the settings: who plays personas, who grades, and who writes transcripts."""

    speaker: str
    grader: str
    author: str

    @property
    def offline(self) -> bool:
        """Whether rules stand in for a model that plays."""
        return self.speaker.startswith("scripted")

    @property
    def graded_offline(self) -> bool:
        """Whether rules stand in for the model that grades and judges."""
        return self.grader.startswith("scripted")


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """A published artifact that is read besides the one that is tried."""

    artifact_type: str
    artifact_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What is tried, as it was when the check began.

    `anchors` are transcripts by level. `samples`: conversations to take the tone from. `material`: a scenario with
    the personas that are played, one after the other; `dialogues` are the parts of the offline model by persona.
    `used`: what else was read; who may not read all of it is told nothing of the trials.
    """

    artifact_type: str
    rubric: Rubric | None = None
    anchors: Mapping[Level, Transcript] = field(default_factory=dict[Level, Transcript])
    samples: tuple[str, ...] = ()
    material: Material | None = None
    dialogues: Mapping[str, Dialogue] = field(default_factory=dict[str, Dialogue])
    used: tuple[Used, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Speak:
    """The persona's next reply, after `said`; `documents` are read besides those of the scenario. `persona_id`: who
    of several; None for the one that there is."""

    key: str
    said: Transcript
    documents: tuple[Document, ...] = ()
    persona_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class GradeIt:
    """A verdict of the server's own grader; the answer is `Graded` as JSON."""

    key: str
    paper: Paper


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteIt:
    """A transcript of this level, by the model that writes; the answer is `Written` as JSON."""

    key: str
    request: Request


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgeIt:
    """Whether a persona did something, by the model that grades; the answer is `Judged` as JSON.

    What it claims needs a quote out of `said`, letter by letter.
    """

    key: str
    request: Request
    said: tuple[str, ...]


Ask = Speak | GradeIt | WriteIt | JudgeIt


@dataclass(frozen=True, kw_only=True, slots=True)
class Graded:
    """What a transcript was given: the points of each criterion by its id."""

    totals: Mapping[str, int]

    @property
    def score(self) -> int:
        """All points."""
        return sum(self.totals.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """A transcript as a model writes it."""

    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A judge's answer: whether it happened, the words that show it, and why."""

    happened: bool = False
    quote: str = ""
    reason: str = ""


def ended(  # the parts of a trial that all ends share
    name: TrialName, state: TrialState, summary: str, lines: Sequence[Line] = (), findings: Sequence[Finding] = ()
) -> Trial:
    """The end of a trial."""
    return Trial(
        name=name, title=TITLES[name], state=state, summary=summary, lines=tuple(lines), findings=tuple(findings)
    )


def titled(trial: Trial) -> str:
    """What a trial is called where others of the same kind stand beside it."""
    return f"{trial.persona}: {trial.title}" if trial.persona else trial.title
