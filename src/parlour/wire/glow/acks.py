"""What operations answer (Glow 7). Socket.IO sends them as acknowledgements, HTTP as bodies."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Ack(BaseModel):
    """Success: the effect is durably stored (4.3)."""

    model_config = ConfigDict(frozen=True)

    ok: Literal[True] = True


class RoomPosition(BaseModel):
    """Where a room's log stands."""

    room: str
    epoch: str
    seq: int


class Connected(Ack):
    """An HTTP session (7.1). `expires_in` in idle seconds, `server_time` in Unix seconds."""

    sid: str
    profile_id: str
    guest_id: str | None
    server_time: float
    person: RoomPosition
    events_url: str
    poll_url: str
    ticket: str
    expires_in: int


class Disconnected(Ack):
    """The session is gone (7.2)."""

    sid: str
    closed: Literal[True] = True


class AttemptStarted(Ack):
    """7.4. `attempt_chat_id` is null in the lobby, and while the chat is generated."""

    attempt_id: str
    chat_entry_id: str
    attempt_chat_id: str | None
    is_lobby: bool


class AttemptMoved(Ack):
    """7.5. `chat_id` is null when the attempt is finished, and while the chat is generated (`pending`)."""

    attempt_id: str
    chat_id: str | None
    is_attempt_finished: bool
    pending: bool = False


class PersonRow(BaseModel):
    """Somebody in a chat's room, with how many connections."""

    profile_id: str
    name: str
    part: Literal["owner", "staff"]
    connections: int


class Joined(Ack):
    """7.6. `resync` is there, and true, if the asked part of the log cannot be served; `presence` if asked for."""

    chat_id: str
    success: Literal[True] = True
    room: str
    epoch: str
    seq: int
    resync: Literal[True] | None = None
    presence: list[PersonRow] | None = None


class Left(Ack):
    """7.7."""

    chat_id: str
    success: Literal[True] = True


class ChatEnded(Ack):
    """7.8. `score` and `passed` only with `Prefer: wait`."""

    chat_id: str
    is_attempt_finished: bool
    grade_id: str | None
    score: int | None = None
    passed: bool | None = None


class AttemptEnded(Ack):
    """7.9."""

    attempt_id: str
    success: Literal[True] = True
    all_scenarios_complete: bool
    message: str


class Stopped(Ack):
    """7.10. `success` is false when nothing was running."""

    chat_id: str
    success: bool
    message: str | None


class HintRow(BaseModel):
    """A hint of a reply."""

    id: str
    hint: str
    idx: int


class Said(Ack):
    """7.11. `assistant_content` and `hints` only with `Prefer: wait`."""

    chat_id: str
    user_message_id: str
    assistant_message_id: str
    assistant_content: str | None = None
    hints: list[HintRow] | None = None


class Graded(Ack):
    """7.12. `score` and `passed` only with `Prefer: wait`."""

    chat_id: str
    grade_id: str
    score: int | None = None
    passed: bool | None = None


class Answered(Ack):
    """7.13. `is_correct`: the chosen options are all and only the correct ones."""

    success: Literal[True] = True
    message: str
    is_correct: bool
    response_id: str


class ReusedChat(BaseModel):
    """An earlier result that is now one of this attempt."""

    chat_entry_id: str
    chat_id: str
    grade_id: str


class PreviousUsed(Ack):
    """7.14."""

    success: Literal[True] = True
    message: str
    chats: list[ReusedChat]


class AudioStarted(Ack):
    """7.15: accepted; `attempt_audio_ready`, or an error, follows."""

    chat_id: str
    run_id: str
    group_id: str
    attempt_id: str


class AudioStopped(Ack):
    """7.16. `stopped` is false when there was no session."""

    chat_id: str
    stopped: bool


class FrameTaken(Ack):
    """8.1. `accepted` is false without a session of this connection, and while it is muted."""

    accepted: bool


class AudioMuted(Ack):
    """8.2. `success` is false without a session of this connection."""

    chat_id: str
    muted: bool
    success: bool


class PlayedNoted(Ack):
    """`accepted` is false if this connection is not being told that reply."""

    accepted: bool


class TestStarted(Ack):
    """7.17. `invocation_id` is the first one, `total_runs` counts the recorded runs of each."""

    __test__ = False  # pytest: no test case

    test_id: str
    benchmark_id: str
    invocation_id: str
    num_invocations: int
    total_runs: int


class TestFound(Ack):
    """7.18. `run_id` is the original run, null when there is none (`done`); `replay_run_id` if it was started."""

    __test__ = False

    test_id: str
    invocation_id: str
    run_id: str | None
    current_run: int
    total_runs: int
    done: bool
    started: bool | None = None
    replay_run_id: str | None = None


class TestBegun(Ack):
    """7.19. `run_id` is the replay."""

    __test__ = False

    test_id: str
    invocation_id: str
    run_id: str
    original_run_id: str
    mode: Literal["auto_regressive", "last_turn", "live"]


class TestEnded(Ack):
    """7.20. `score`, `passed` and `feedback` only with `Prefer: wait`; `pending`: applied when the replay ends."""

    __test__ = False

    invocation_id: str
    run_id: str
    grade_id: str | None
    score: int | None = None
    passed: bool | None = None
    feedback: str | None = None
    pending: bool


class InvocationJoined(Ack):
    """7.21. `resync` is there, and true, if the asked part of the log cannot be served."""

    invocation_id: str
    success: Literal[True] = True
    room: str
    epoch: str
    seq: int
    resync: Literal[True] | None = None


class InvocationLeft(Ack):
    """7.22."""

    invocation_id: str
    success: Literal[True] = True


class TestStopped(Ack):
    """7.23. `success` is false when nothing was running."""

    __test__ = False

    invocation_id: str
    success: bool
    message: str


class GenerationBegun(Ack):
    """7.3: accepted; events follow. `ignored` names what was granted and there is no tool for."""

    group_id: str
    run_id: str
    draft_id: str
    artifact_type: str
    resource_types: list[str]
    ignored: list[str]


OPTIONAL = frozenset(
    {"resync", "presence", "score", "passed", "feedback", "assistant_content", "hints", "started", "replay_run_id"}
)


def as_object(ack: Ack) -> dict[str, object]:
    """The object that goes out: optional members only when they are known."""
    return {key: value for key, value in ack.model_dump().items() if value is not None or key not in OPTIONAL}
