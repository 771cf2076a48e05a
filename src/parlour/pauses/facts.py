"""What happens to questions. Told in `lab_room` of the person who is asked and of whom it is assigned to."""

from parlour.events.facts import fact
from parlour.kernel.dataclass import dataclass
from parlour.pauses.entities import Pause


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionAsked:
    """Work has paused until this is answered; told again when a spoken answer came to nothing."""

    pause: Pause


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionAssigned:
    """Another member may answer too, or no longer (`assigned_to` None). The one who lost it hears it too."""

    pause: Pause


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionAnswered:
    """The one answer that counts; the work goes on."""

    pause: Pause


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionExpired:
    """Nobody answered in time; the work goes on without permission for anything."""

    pause: Pause


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionCancelled:
    """The question no longer matters; the work does not go on."""

    pause: Pause
