"""Where a turn is between two steps; kept in `lab_turns.progress`. What it learnt is in the journal."""

from typing import Literal

import msgspec

from parlour.assistant.entities import LabMessageId
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode

Phase = Literal["prepare", "think", "act"]
LastReason = Literal["steps", "mistakes", "questions", "stop"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """`n` counts think steps from 1; `call` is the place of the tool call that is being worked on.

    `steered` and `commented` are the person's flags as they were when the step began (2.3). `last`
    says why the next thought is the last one. `mistakes` counts unusable calls in a row. `lapsed`
    names what was not done because nobody answered. `reply_id` is the id of the coming final, under
    which its text is streamed. `delimiter` marks quoted material. `heard_seconds` is set while the next
    reply has to say that a recording was listened to for only so long.
    """

    phase: Phase = "prepare"
    n: int = 0
    call: int = 0
    steered: bool = False
    commented: bool = False
    last: LastReason | None = None
    mistakes: int = 0
    questions: int = 0
    tokens: int = 0
    lapsed: tuple[str, ...] = ()
    reply_id: LabMessageId | None = None
    delimiter: str = ""
    heard_seconds: float | None = None


def read(text: str) -> Progress:
    """The progress of a turn; that of a turn which has not begun is empty."""
    return decode(text, Progress) if text else Progress()


def written(progress: Progress) -> str:
    """As it is stored."""
    return msgspec.json.encode(progress).decode()
