"""What the loop tells an offline model about a turn, in `Request.script` (lab protocol 7.4, 7.5).

A language model reads the messages; the offline ones read this, so they need not guess from prose
what was found and what was asked. Members may be missing; unknown ones are passed over.
"""

from collections.abc import Mapping
from dataclasses import field, replace

import msgspec

from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import convert
from parlour.kernel.refusals import ProviderFault
from parlour.turns.ports import Request


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnFile:
    """A file of the turn's messages."""

    handle: str
    name: str = ""
    type: str = ""
    text_status: str = "ok"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A passage that a tool found; `n` is its number in the turn, `quote` verbatim text of the source."""

    n: int
    title: str = ""
    page: int | None = None
    quote: str | None = None
    holder: str | None = None
    ref_type: str = ""
    experiment: str | None = None
    logged_at: str | int | None = None
    experts: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallMade:
    """A call that a step made or proposed."""

    tool: str
    arguments: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomeSeen:
    """How a call ended."""

    tool: str
    status: str
    text: str = ""
    passages: tuple[Found, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class StepSeen:
    """A finished think step. `advice`: its proposal was not carried out, this was said instead.

    `said`: what was answered to its questions that was no answer.
    """

    thought: str = ""
    answer: str | None = None
    calls: tuple[CallMade, ...] = ()
    outcomes: tuple[OutcomeSeen, ...] = ()
    advice: str | None = None
    comment: str | None = None
    said: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnScript:
    """A turn as an offline model sees it; `number` is how many turns its conversation had before it."""

    words: str = ""
    language: str = "en"
    files: tuple[TurnFile, ...] = ()
    steps: tuple[StepSeen, ...] = ()
    last: bool = False
    number: int | None = None


def turn_of(request: Request) -> TurnScript:
    """The turn that a request is for; without a script the words are those of the last message of the person."""
    script = request.script or {}
    try:
        turn = convert(dict(script), TurnScript)
    except msgspec.ValidationError as error:
        raise ProviderFault("The script of the request is no turn.", retryable=False) from error
    if "words" in script:
        return turn
    said = [message.content for message in request.messages if message.role == "user"]
    return replace(turn, words=said[-1] if said else "")
