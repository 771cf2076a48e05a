"""What clients send (Glow 7, 8). The same models validate sockets and HTTP and make the documents."""

import binascii
from typing import Annotated, Any, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from parlour.wire.http.texts import NoNul

MESSAGE_CHARACTERS_MAX = 32_000
INSTRUCTION_CHARACTERS_MAX = 8_000
INSTRUCTIONS_MAX = 20
LIST_MAX = 200
SINCE_MAX = 2**53
FRAME_BYTES_MAX = 65_536

ID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

Id = Annotated[
    str,
    StringConstraints(pattern=ID_PATTERN),
    Field(description="An id as the server gave it."),
]
Instruction = Annotated[str, StringConstraints(max_length=INSTRUCTION_CHARACTERS_MAX), NoNul]
Name = Annotated[str, StringConstraints(max_length=100), NoNul]


def sound_of(value: object) -> object:
    """The bytes of a frame (6.8.1), which come as they are or as base64. Raises `ValueError`."""
    sound = value
    if isinstance(value, str):
        if len(value) > FRAME_BYTES_MAX * 2:
            raise ValueError(f"A frame has at most {FRAME_BYTES_MAX} bytes")
        try:
            sound = binascii.a2b_base64(value, strict_mode=True)
        except ValueError:
            raise ValueError("This is not base64") from None
    if isinstance(sound, bytes) and not 2 <= len(sound) <= FRAME_BYTES_MAX:
        raise ValueError(f"A frame has 2 to {FRAME_BYTES_MAX} bytes")
    if isinstance(sound, bytes) and len(sound) % 2:
        raise ValueError("A frame has a whole number of 16-bit samples")
    return sound


Sound = Annotated[
    bytes,
    BeforeValidator(sound_of),
    WithJsonSchema(
        {
            "type": "string",
            "contentEncoding": "base64",
            "maxLength": 87_384,
            "description": "PCM16, 24,000 Hz, mono: base64, or a binary attachment of a Socket.IO event.",
        }
    ),
]


class Payload(BaseModel):
    """A payload: no coercion between types, unknown members ignored, `null` means absent (4.2)."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    client_request_id: Annotated[str, StringConstraints(min_length=1, max_length=128), NoNul] | None = Field(
        default=None, description="Makes a repeated request happen once (4.5)."
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        members = cast("dict[str, object]", data)
        required = {name for name, field in cls.model_fields.items() if field.is_required()}
        return {key: value for key, value in members.items() if value is not None or key in required}


class Nothing(Payload):
    """No members."""


class AttemptStart(Payload):
    """Begin an attempt: exactly one of the two ids (7.4)."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": [name], "properties": {name: {"type": "string"}}} for name in ("home_id", "practice_id")
            ]
        }
    )

    home_id: Id | None = None
    practice_id: Id | None = None
    infinite_mode: bool = False


class AttemptNext(Payload):
    """Go on to the next scenario (7.5)."""

    attempt_id: Id
    draft_id: Id | None = None


class AttemptJoin(Payload):
    """Join a chat's room, with `since` replaying its log (7.6), with `presence` hearing who is in it."""

    chat_id: Id
    since: Annotated[int, Field(ge=0, le=SINCE_MAX)] | None = None
    epoch: Name | None = None
    presence: bool = False


class AttemptLeave(Payload):
    """Leave a chat's room (7.7)."""

    chat_id: Id


class AttemptEnd(Payload):
    """End one chat (7.8)."""

    attempt_id: Id
    chat_id: Id
    grade: bool = True


class AttemptEndAll(Payload):
    """End the whole attempt (7.9)."""

    attempt_id: Id


class AttemptStop(Payload):
    """Stop the reply that is being written (7.10)."""

    chat_id: Id


class AttemptMessage(Payload):
    """Say something (7.11)."""

    attempt_id: Id
    chat_id: Id
    message: Annotated[str, StringConstraints(max_length=MESSAGE_CHARACTERS_MAX), NoNul]
    parent_message_id: Id | None = None


class AttemptGrade(Payload):
    """Ask for a grade (7.12)."""

    attempt_id: Id
    chat_id: Id | None = None
    resource_types: Annotated[list[Name], Field(max_length=LIST_MAX)] | None = None
    user_instructions: Annotated[list[Instruction], Field(max_length=INSTRUCTIONS_MAX)] | None = None
    branch_message_id: Id | None = Field(
        default=None, description="Extension: grade the branch through this message, in place of the active path."
    )


class AttemptResponseSubmit(Payload):
    """Answer a quiz question (7.13)."""

    chat_id: Id
    question_id: Id
    option_ids: Annotated[list[Id], Field(max_length=LIST_MAX)]


class AttemptUsePrevious(Payload):
    """Let earlier chats stand for chats of this attempt (7.14): by template or scenario the id of the earlier chat."""

    attempt_id: Id
    previous_chat_map: Annotated[dict[Id, Id], Field(min_length=1, max_length=LIST_MAX)]


class AttemptAudioStart(Payload):
    """Open a voice session (7.15)."""

    chat_id: Id


class AttemptAudioStop(Payload):
    """Close the voice session (7.16)."""

    chat_id: Id


class AttemptAudioFrame(Payload):
    """Sound of the learner (8.1); of frames with a `seq`, one that is not greater than the last is dropped."""

    chat_id: Id
    audio: Sound
    seq: Annotated[int, Field(ge=0, le=SINCE_MAX)] | None = None


class AttemptAudioMute(Payload):
    """Hear nothing for a while, or hear again (8.2). `hold`, an extension: with `muted` false no pause ends the turn,
    until the next command of this kind."""

    chat_id: Id
    muted: bool = False
    hold: bool = False


class AttemptTextFrame(Payload):
    """Say something in writing during a voice session (8.3)."""

    chat_id: Id
    message: Annotated[str, StringConstraints(max_length=MESSAGE_CHARACTERS_MAX), NoNul]


class AttemptAudioPlayed(Payload):
    """Extension: how much of a spoken reply was really played so far."""

    chat_id: Id
    message_id: Id
    played_ms: Annotated[
        int, Field(ge=0, le=86_400_000, description="Milliseconds of its sound, from the first frame.")
    ]


class TestStart(Payload):
    """Begin a test (7.17)."""

    __test__ = False  # pytest: no test case

    benchmark_id: Id
    infinite_mode: bool = False


class TestStartLoose(Payload):
    """With dialect `glow-web`: an evaluation stands for its newest benchmark (9.7)."""

    __test__ = False

    benchmark_id: Id | None = None
    eval_id: Id | None = None
    infinite_mode: bool = False


class TestNext(Payload):
    """Find the next pending run (7.18); with `start` begin it."""

    __test__ = False

    test_id: Id
    start: bool = Field(default=False, description="Extension: also start the run found.")


class TestNextLoose(TestNext):
    """With dialect `glow-web` the run is started (9.7)."""

    start: bool = True


class TestReplay(Payload):
    """Replay one recorded run (7.19)."""

    __test__ = False

    test_id: Id
    test_invocation_id: Id
    run_id: Id


class TestReplayLoose(Payload):
    """With dialect `glow-web`: `invocation_id` will do, and without `run_id` the next pending run is meant (9.7)."""

    __test__ = False

    test_id: Id
    test_invocation_id: Id | None = None
    invocation_id: Id | None = None
    run_id: Id | None = None


class TestEnd(Payload):
    """End one replay (7.20); `run_id` is the replay, or the original run for its newest replay."""

    __test__ = False

    test_id: Id
    test_invocation_id: Id
    run_id: Id
    grade: bool = True


class TestEndLoose(Payload):
    """With dialect `glow-web` `invocation_id` will do (9.7)."""

    __test__ = False

    test_id: Id
    test_invocation_id: Id | None = None
    invocation_id: Id | None = None
    run_id: Id
    grade: bool = True


class TestJoin(Payload):
    """Join an invocation's room, with `since` replaying its log (7.21)."""

    __test__ = False

    invocation_id: Id
    since: Annotated[int, Field(ge=0, le=SINCE_MAX)] | None = None
    epoch: Name | None = None


class TestLeave(Payload):
    """Leave an invocation's room (7.22)."""

    __test__ = False

    invocation_id: Id


class TestStop(Payload):
    """Stop the replays of an invocation (7.23)."""

    __test__ = False

    invocation_id: Id


class HttpConnect(Payload):
    """Open an HTTP session (7.1)."""

    dialect: Name | None = None
    person_since: Annotated[int, Field(ge=0, le=SINCE_MAX)] | None = None
    person_epoch: Name | None = None
