"""The port between a voice session and what hears and speaks for it: the local chain, or a realtime service.

A session tells its channel what happens (methods, none of which waits but `open` and `aclose`); a channel
tells its session what it heard and made (`Told`, through the callable that it was made with, on the event
loop, in order). The floor is the session's alone: it decides whether speech interrupts, when an answer
begins, and what was heard of it. Milliseconds; sound is PCM16.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from parlour.conversations.spoken.entities import VoicePath
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import MessageId
from parlour.speech.ports import Transcript
from parlour.turns.ports import Said


@dataclass(frozen=True, kw_only=True, slots=True)
class Briefing:
    """What a channel is opened with: `instructions` and `said` are the prompt of a reply (`turns.prompt`) at this
    moment, for a channel that answers itself."""

    instructions: str
    said: Sequence[Said]
    language: str
    phrases: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """What was heard next: the same sound at 24 kHz, as the client sent it, and at 16 kHz. `end_ms`: how much sound
    the channel was given since it was opened, with this; every `at_ms` counts like it. `held`: the learner holds the
    turn, so no pause ends it."""

    pcm24k: bytes
    pcm16k: bytes
    end_ms: int
    held: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechBegan:
    """Somebody speaks. `at_ms`: where the sound of the utterance begins, with the sound just before it.

    If an answer is being given the session holds it and waits for `SpeechGoesOn`; otherwise it counts at once.
    """

    at_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechGoesOn:
    """There was speech for so long since `SpeechBegan`; told again and again while somebody speaks."""

    speech_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class WordsHeard:
    """What was understood so far: the whole text."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechEnded:
    """The turn is over, by pause (unless it is held) or by `end_turn`; `Understood` or `Failed` will follow. Sound up
    to `at_ms`."""

    at_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Understood:
    """The words of the turn that ended; an empty text: there were none. `engine` stands in the record."""

    transcript: Transcript
    engine: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TextMade:
    """New text of the answer (channels with `answers`). `done`: it is all there; text may be empty then."""

    message_id: MessageId
    text: str
    done: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SentenceBegan:
    """The sound that follows says `text`, at `places` of the reply's text: for each spoken character where it
    stands. A channel that does not know tells none: then the sound is spread over all text."""

    message_id: MessageId
    start: int
    end: int
    text: str
    places: Sequence[int]


@dataclass(frozen=True, kw_only=True, slots=True)
class SoundMade:
    """Sound of the answer, 24 kHz. `done`: there is no more; `pcm` may be empty then."""

    message_id: MessageId
    pcm: bytes
    done: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """The channel cannot go on. `code` is `unavailable` or `internal`; `text` is for the person."""

    code: str
    text: str


Told = (
    SpeechBegan | SpeechGoesOn | WordsHeard | SpeechEnded | Understood | TextMade | SentenceBegan | SoundMade | Failed
)


class Channel(Protocol):
    """One voice session's ears and mouth. After `aclose` nothing is told any more."""

    path: VoicePath
    answers: bool
    """Whether it makes the text of answers itself (realtime). Otherwise the session brings it with `text`."""

    async def open(self, briefing: Briefing) -> None:
        """Be ready to hear; raises `ProviderFault`. Cancelled when it takes too long."""
        ...

    def hear(self, frame: Frame) -> None:
        """More sound of the learner."""
        ...

    def end_turn(self) -> None:
        """What is being said ends here (mute, stop, too long), as if there had been a pause; after it `hear` begins
        with empty buffers. Nothing is being said: only the buffers are emptied."""
        ...

    def forget(self) -> None:
        """What began was no turn (a cough): no `Understood` for it. The next speech is told with `SpeechBegan`."""
        ...

    def said(self, text: str) -> None:
        """The learner typed this; it belongs to the conversation before the next `answer`."""
        ...

    def answer(self, message_id: MessageId) -> None:
        """Answer what was said. What is told of the answer names this id."""
        ...

    def text(self, message_id: MessageId, text: str, *, done: bool) -> None:
        """New text of an answer, to be spoken (channels without `answers`)."""
        ...

    def interrupt(self, message_id: MessageId, heard_ms: int) -> None:
        """The answer ends, after so much of its sound was heard: no more text or sound of it; the work behind it is
        cancelled. The conversation contains what was heard alone."""
        ...

    def want(self, more: bool) -> None:
        """The session has sound enough for now, or can take more; a channel that cannot wait does nothing."""
        ...

    async def aclose(self) -> None:
        """End everything; bounded, and never raises."""
        ...


Tell = Callable[[Told], None]


class Channels(Protocol):
    """Makes the channel of a session. `why_not` says why there is none, in a sentence for operators."""

    why_not: str | None

    def channel(self, tell: Tell) -> Channel:
        """A channel that is not open yet; `ProviderFault` if there is none."""
        ...

    async def aclose(self) -> None:
        """Close what the channels share."""
        ...
