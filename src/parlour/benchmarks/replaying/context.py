"""What a candidate reads before a turn (Glow 6.9). Pure: the same recording and turns give the same messages.

In `auto_regressive` and `live` the candidate's own answers are the context, never the recorded ones; in `last_turn`
the recorded ones are. What the recorded or simulated person says goes into `user` messages and nowhere else.
"""

from collections.abc import Sequence

from parlour.benchmarks.entities import Heard, MadeCall, ReplayTurn
from parlour.catalog.benchmarks import Candidate, LiveRules, RecordedMessage, Recording, ReplayMode
from parlour.conversations.entities import BLANK_LINE
from parlour.turns.ports import Said, ToolCall

CONTEXT_CHARACTERS_MAX = 200_000
NO_RESULT = "No result of this call is known."


def turns_total(recording: Recording, mode: ReplayMode, live: LiveRules) -> int:
    """How many turns a replay has; a live one has at most so many."""
    match mode:
        case "auto_regressive":
            return recording.turns
        case "last_turn":
            return min(recording.turns, 1)
        case "live":
            return live.turns_max


def heard_before(recording: Recording, mode: ReplayMode, turn: int) -> tuple[Heard, ...]:
    """The recorded person's words since the assistant message before turn `turn`, which counts from 1."""
    number = recording.turns if mode == "last_turn" else turn
    at = [index for index, message in enumerate(recording.messages) if message.role == "assistant"]
    start = at[number - 2] + 1 if number > 1 else 0
    return tuple(
        Heard(role="user", content=message.content, message_id=message.id)
        for message in recording.messages[start : at[number - 1]]
        if message.role == "user"
    )


def goes_on(recording: Recording, mode: ReplayMode, turn: int) -> bool:
    """Whether the recording has another assistant message after this one before the person speaks again."""
    if mode != "auto_regressive":
        return False
    left = turn
    for message in recording.messages:
        if message.role == "assistant":
            if left == 0:
                return True
            left -= 1
        elif message.role == "user" and left == 0:
            return False
    return False


def messages_for(
    recording: Recording, candidate: Candidate, mode: ReplayMode, done: Sequence[ReplayTurn], heard: Sequence[Heard]
) -> list[Said]:
    """What the candidate reads for the turn after `done`. `heard`: what it is told before it, in a live replay."""
    match mode:
        case "auto_regressive":
            said = _own_way(recording, candidate, done)
        case "last_turn":
            said = _as_recorded(recording, candidate)
        case "live":
            said = [each for each in _as_recorded(recording, candidate) if each.role == "system"]
            for turn in done:
                said += [*_told(turn.heard), *said_in(turn.content, turn.tool_calls)]
            said += _told(heard)
    return _bounded(_instructed(said, candidate))


def said_in(content: str, calls: Sequence[MadeCall]) -> list[Said]:
    """A turn as the candidate itself said it: its answers, each with its calls and their results."""
    said: list[Said] = []
    start = 0
    for number in sorted({call.round for call in calls}):
        made = [call for call in calls if call.round == number]
        said.append(
            Said(role="assistant", content=content[start : made[0].at].strip(), tool_calls=tuple(map(_call, made)))
        )
        said += [
            Said(role="tool", content=NO_RESULT if call.result is None else call.result, tool_call_id=call.call_id)
            for call in made
        ]
        start = made[0].at
    rest = content[start:].strip() if calls else content
    return [*said, Said(role="assistant", content=rest)] if rest else said


def _own_way(recording: Recording, candidate: Candidate, done: Sequence[ReplayTurn]) -> list[Said]:
    said: list[Said] = []
    turn = 0
    for message in recording.messages:
        match message.role:
            case "assistant":
                if turn == len(done):
                    break
                said += said_in(done[turn].content, done[turn].tool_calls)
                turn += 1
            case "user":
                said.append(Said(role="user", content=message.content))
            case "system" | "developer":
                said += _rule(message, candidate)
            case "tool":
                continue
    return said


def _as_recorded(recording: Recording, candidate: Candidate) -> list[Said]:
    last = max((index for index, message in enumerate(recording.messages) if message.role == "assistant"), default=0)
    said: list[Said] = []
    for message in recording.messages[:last]:
        match message.role:
            case "assistant":
                calls = tuple(
                    ToolCall(call_id=call.call_id, name=call.name, arguments=call.arguments)
                    for call in message.tool_calls
                )
                said.append(Said(role="assistant", content=message.content, tool_calls=calls))
            case "user":
                said.append(Said(role="user", content=message.content))
            case "tool":
                said.append(Said(role="tool", content=message.content, tool_call_id=message.tool_call_id))
            case "system" | "developer":
                said += _rule(message, candidate)
    return said


def _rule(message: RecordedMessage, candidate: Candidate) -> list[Said]:
    return [Said(role="system", content=message.content)] if candidate.prompt is None and message.content else []


def _instructed(said: list[Said], candidate: Candidate) -> list[Said]:
    """The candidate's prompt in place of the recorded one, and its instructions after either."""
    if candidate.prompt:
        said = [Said(role="system", content=candidate.prompt), *said]
    if not candidate.instructions:
        return said
    if said and said[0].role == "system":
        return [Said(role="system", content=said[0].content + BLANK_LINE + candidate.instructions), *said[1:]]
    return [Said(role="system", content=candidate.instructions), *said]


def _told(heard: Sequence[Heard]) -> list[Said]:
    words = [each.content for each in heard if each.role == "user"]
    return [Said(role="user", content=BLANK_LINE.join(words))] if words else []


def _bounded(said: list[Said]) -> list[Said]:
    """System messages, and of the rest the newest that fit; no result stands without its call."""
    left = CONTEXT_CHARACTERS_MAX
    first = len(said)
    for index in range(len(said) - 1, -1, -1):
        left -= len(said[index].content)
        if left < 0:
            break
        first = index
    while 0 < first < len(said) and said[first].role == "tool":
        first += 1
    return [each for index, each in enumerate(said) if index >= first or each.role == "system"]


def _call(made: MadeCall) -> ToolCall:
    return ToolCall(call_id=made.call_id, name=made.name, arguments=made.arguments)
