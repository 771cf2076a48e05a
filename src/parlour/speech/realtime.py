"""The port of realtime services: one line that hears, understands, answers and speaks (Glow 6.8.3).

Sound is PCM16 at `LINE_RATE` both ways. A line answers only when it is asked to, and never stops by itself:
when an answer is due, and when it was interrupted, is decided here. A line that broke is never mended
silently: `events` raises `ProviderFault`, and whoever wants to go on opens another.
"""

from collections.abc import AsyncGenerator
from typing import Literal, Protocol

from parlour.kernel.dataclass import dataclass

LINE_RATE = 24_000


@dataclass(frozen=True, kw_only=True, slots=True)
class SaidBefore:
    """A message of the conversation before the line was opened."""

    by: Literal["learner", "persona"]
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LineSetup:
    """How a line is to behave. `voice` None: the service's own. The last three are those of voice activity."""

    instructions: str
    said: tuple[SaidBefore, ...] = ()
    voice: str | None = None
    language: str | None = None
    threshold: float = 0.5
    prefix_ms: int = 300
    silence_ms: int = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechBegan:
    """Somebody speaks. `at_ms` of all sound that the line was given, the sound before the onset included."""

    item_id: str
    at_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechEnded:
    """The turn is over; its words follow as `WordsKnown` or `WordsLost`."""

    item_id: str
    at_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class WordsSoFar:
    """What was understood so far: the whole text, not only what is new."""

    item_id: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WordsKnown:
    """What was said; empty if there were no words."""

    item_id: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WordsLost:
    """The words of an utterance could not be found out. The line goes on."""

    item_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerText:
    """New text of the answer, and only the new text."""

    answer: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerSound:
    """New sound of the answer, in whole samples."""

    answer: int
    sound: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerEnded:
    """Nothing of this answer follows. `cut`: the service stopped in the middle."""

    answer: int
    how: Literal["complete", "cut", "failed"]


LineEvent = SpeechBegan | SpeechEnded | WordsSoFar | WordsKnown | WordsLost | AnswerText | AnswerSound | AnswerEnded


class RealtimeLine(Protocol):
    """A conversation with a realtime service. Everything that sends raises `ProviderFault` if the line is broken."""

    async def hear(self, sound: bytes) -> None:
        """More sound of the learner (PCM16 at `LINE_RATE`, any whole number of samples)."""
        ...

    async def end_turn(self, item_id: str) -> None:
        """This turn ends here, though nobody fell silent. Its words follow, as `WordsKnown` or `WordsLost`."""
        ...

    async def forget(self, item_id: str | None) -> None:
        """What was heard since the last turn was never said, nor was this turn, which goes on or has just ended.
        Nothing more is told of it."""
        ...

    async def say(self, text: str) -> None:
        """The learner typed this."""
        ...

    async def answer(self, answer: int) -> None:
        """Ask for an answer to all that was said. Its events bear this number; the last is `AnswerEnded`."""
        ...

    async def cut(self, answer: int, heard_ms: int) -> None:
        """Stop an answer, and let the service forget what was not heard of it, also if all of it was made already.
        Nothing more is told of it."""
        ...

    def events(self) -> AsyncGenerator[LineEvent, None]:
        """What happens, until the line is closed. It must be read all the time. Raises `ProviderFault`."""
        ...

    async def aclose(self) -> None:
        """Hang up."""
        ...


class RealtimeService(Protocol):
    """Where lines are opened. `name` stands in the record of every utterance."""

    name: str

    async def open(self, setup: LineSetup) -> RealtimeLine:
        """A line that is ready. Raises `ProviderFault`; being cancelled hangs up."""
        ...

    async def aclose(self) -> None:
        """Close the connections; lines that are open break."""
        ...
