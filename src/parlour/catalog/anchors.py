"""Anchors of a rubric: example transcripts that a grader must rank in order. Plain, frozen data."""

from typing import Literal

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import named_id

Level = Literal["weak", "middling", "strong"]
LEVELS: tuple[Level, ...] = ("weak", "middling", "strong")


@dataclass(frozen=True, kw_only=True, slots=True)
class Anchors:
    """The transcripts of one rubric, by how good the learner is in them; lines "Learner: ..." and "Persona: ..."."""

    id: str
    rubric_id: str
    weak: tuple[str, ...] = ()
    middling: tuple[str, ...] = ()
    strong: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there are none."""
        return not (self.weak or self.middling or self.strong)

    def of_level(self, level: Level) -> tuple[str, ...]:
        """The transcripts of one level."""
        match level:
            case "weak":
                return self.weak
            case "middling":
                return self.middling
            case "strong":
                return self.strong


def anchors_id(rubric_id: str) -> str:
    """The id of the anchors of a rubric."""
    return named_id("anchors", rubric_id)
