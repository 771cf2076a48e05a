"""What a judge reads of a replay or of a recording (Glow 6.9): outputs as the learner's lines, the rest as context.

Only outputs can be quoted: their message ids are those of the learner's lines. What was heard, what tools gave, and, in
`last_turn`, what was recorded before the one output are lines of the other side. All of it is data in a document.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field

from parlour.benchmarks.entities import MadeCall, Replay, ReplayTurn, Test
from parlour.catalog.actions import rubric_version, scenario_version
from parlour.catalog.benchmarks import Candidate, RecordedMessage, Recording, ReplayMode
from parlour.catalog.entities import Rubric, Scenario
from parlour.conversations.entities import Message, MessageType
from parlour.grading.prompt import Paper
from parlour.grading.rules import time_taken
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import ChatId, MessageId
from parlour.storage.tx import Tx

PERSON, TOOL, EARLIER = "person", "tool", "earlier"
NAMES: Mapping[str, str] = {
    PERSON: "the other person",
    TOOL: "a tool that the learner used",
    EARLIER: "recorded before, in the learner's place; not to be judged",
}


@dataclass(slots=True)
class _Lines:
    """The lines of a transcript in the making."""

    about: str
    path: list[Message] = field(default_factory=list[Message])
    kinds: set[str] = field(default_factory=set[str])

    def add(self, kind: MessageType, content: str, *, speaker: str = "", message_id: str = "") -> None:
        """One more line; nothing for nothing."""
        if not content:
            return
        number = len(self.path) + 1
        if speaker:
            self.kinds.add(speaker)
        self.path.append(
            Message(
                id=MessageId(message_id or f"{self.about}-{number}"),
                chat_id=ChatId(self.about),
                type=kind,
                parent_id=None,
                number=number,
                content=content,
                persona_id=speaker or None,
                state="complete",
                created_at=0,
                completed_at=0,
            )
        )

    @property
    def names(self) -> Mapping[str, str]:
        """Who speaks in the other side's lines, if it is not the person alone."""
        return NAMES if self.kinds - {PERSON} else {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Transcript:
    """A conversation as a judge reads it: outputs are `query` lines. `names` as in `grading.prompt.Paper`."""

    path: tuple[Message, ...]
    names: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """What a paper is made from besides the replay. `seed` and `candidate` go to offline judges only."""

    rubric: Rubric
    scenario: Scenario | None
    recording: Recording
    turns: Sequence[ReplayTurn] = ()
    seed: int = 1
    candidate: str = ""


def of_replay(recording: Recording, mode: ReplayMode, replay_id: str, turns: Sequence[ReplayTurn]) -> Transcript:
    """The finished turns of a replay. An output keeps its message id."""
    lines = _Lines(about=replay_id)
    if mode == "last_turn":
        for message in _before_last_output(recording.messages):
            _add_recorded(lines, message, "response")
    for turn in turns:
        if turn.state != "done":
            continue
        if mode != "last_turn":
            for heard in turn.heard:
                speaker = PERSON if heard.role == "user" else TOOL
                lines.add("response", heard.content, speaker=speaker)
        for call in turn.tool_calls:
            lines.add("response", _called(call), speaker=TOOL)
        lines.add("query", turn.content, message_id=turn.message_id)
    return Transcript(path=tuple(lines.path), names=lines.names)


def of_recording(recording: Recording) -> Transcript:
    """The recorded conversation itself, its own assistant turns as outputs."""
    lines = _Lines(about=recording.id)
    for message in recording.messages:
        _add_recorded(lines, message, "query")
    return Transcript(path=tuple(lines.path), names=lines.names)


def paper_of_replay(test: Test, replay: Replay, sheet: Sheet) -> Paper:
    """What a judge of a replay is given; 6.4.1 with the invocation's rubric, 6.4.5 with the outputs as transcript."""
    transcript = of_replay(sheet.recording, test.snapshot.replay_mode, replay.id, sheet.turns)
    return _paper(sheet, transcript, seconds_of(replay), f"{replay.recording_id}/{replay.repetition}")


def seconds_of(replay: Replay) -> int:
    """From the beginning of a replay to its completion, in whole seconds, at least 1 (6.4.1)."""
    begun = replay.started_at or replay.created_at
    return time_taken(begun, replay.completed_at or begun)


def paper_of_recording(sheet: Sheet) -> Paper:
    """What a judge of the recorded answers themselves is given."""
    recording = sheet.recording
    return _paper(sheet, of_recording(recording), max(1, recording.seconds), f"{recording.id}/recorded")


def rubric_of(tx: Tx, candidate: Candidate) -> Rubric | None:
    """The rubric that a candidate's replays are graded by, in its pinned version."""
    pinned = candidate.rubric
    return rubric_version(tx, pinned.id, pinned.version) if pinned else None


def scenario_of(tx: Tx, recording: Recording) -> Scenario | None:
    """The scenario that was talked in, in its pinned version."""
    pinned = recording.scenario
    return scenario_version(tx, pinned.id, pinned.version) if pinned else None


def _paper(sheet: Sheet, transcript: Transcript, seconds: int, case: str) -> Paper:
    return Paper(
        rubric=sheet.rubric,
        scenario=sheet.scenario,
        path=transcript.path,
        wanted=("feedbacks",),
        instructions=(),
        remarks=(),
        taken_seconds=seconds,
        limit_seconds=None,
        names=transcript.names,
        metadata={"seed": str(sheet.seed), "grade": f"{sheet.candidate}/{case}"},
    )


def _before_last_output(messages: Sequence[RecordedMessage]) -> Sequence[RecordedMessage]:
    last = max((index for index, message in enumerate(messages) if message.role == "assistant"), default=0)
    return messages[:last]


def _add_recorded(lines: _Lines, message: RecordedMessage, outputs_are: MessageType) -> None:
    match message.role:
        case "user":
            lines.add("response", message.content, speaker=PERSON)
        case "tool":
            lines.add("response", message.content, speaker=TOOL)
        case "assistant":
            speaker = EARLIER if outputs_are == "response" else ""
            lines.add(outputs_are, message.content, speaker=speaker, message_id=message.id)
            for call in message.tool_calls:
                lines.add("response", f"{call.name} {call.arguments}", speaker=TOOL)
        case _:
            return


def _called(call: MadeCall) -> str:
    """A call with what it gave; nothing of it can be quoted as the candidate's words."""
    return f"{call.name} {call.arguments}" + (f"\n{call.result}" if call.result is not None else "")
