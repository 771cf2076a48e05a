"""What a person sends, and what became of it (lab protocol 2.2, 2.3)."""

from typing import Literal

from parlour.assistant.entities import Flags, LabMessageId, LabState, Language, TurnId
from parlour.files.entities import Received
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId

SaidKind = Literal["text", "file", "speech"]
Effect = Literal["started", "queued", "answered", "answering"]


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenFlags:
    """Flags as they were sent; None for one that was left out (2.3)."""

    reply_in_speech: bool | None = None
    enable_instruct: bool | None = None
    enable_comment: bool | None = None

    def spoken(self, kind: SaidKind) -> bool:
        """Whether the next replies are to be spoken: as sent, otherwise as the message was given."""
        return kind == "speech" if self.reply_in_speech is None else self.reply_in_speech

    def of_new_turn(self, kind: SaidKind) -> Flags:
        """The flags of a turn that the message starts."""
        return Flags(
            reply_in_speech=self.spoken(kind),
            enable_instruct=bool(self.enable_instruct),
            enable_comment=bool(self.enable_comment),
        )

    def after(self, flags: Flags, kind: SaidKind) -> Flags:
        """The flags of a turn after an answer: what the answer leaves out stays, but not the form of replies."""
        return Flags(
            reply_in_speech=self.spoken(kind),
            enable_instruct=flags.enable_instruct if self.enable_instruct is None else self.enable_instruct,
            enable_comment=flags.enable_comment if self.enable_comment is None else self.enable_comment,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """A file that came with a message; its bytes are stored. `name` may be anything a client sent."""

    name: str
    received: Received


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A message as sent. `author_id` is the session's account, `account_id` the owner of the path.

    `inner` is what the address hints at; `question_id` what the client says it answers. `attachment`
    is the recording of a `speech`, the file of a `file`. `accepts` is the language that the request
    accepts; it counts while the person has said nothing in words.
    """

    account_id: AccountId
    author_id: AccountId
    route: str
    kind: SaidKind
    inner: bool
    text: str = ""
    flags: GivenFlags = GivenFlags()
    question_id: str | None = None
    attachment: Attachment | None = None
    accepts: Language = "en"


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """What became of a message: `X-Message-Effect`, its id, and the turn it started or belongs to."""

    effect: Effect
    message_id: LabMessageId
    turn_id: TurnId


@dataclass(frozen=True, kw_only=True, slots=True)
class Cancelling:
    """Which turns to stop: the current one or that of `turn_id`, and with `queue` every queued one too."""

    account_id: AccountId
    by: AccountId
    route: str
    turn_id: str | None = None
    queue: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Cancelled:
    """The turns that were stopped, in order, and the state after it."""

    turn_ids: tuple[TurnId, ...]
    state: LabState
