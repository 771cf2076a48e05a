"""A file of turns that the `scripted` provider plays for the assistant (lab protocol 7.4): tests, demonstrations.

Which step is played follows from the request alone (how many steps the turn has had), so a server
that is killed in the middle goes on where it was. Format: docs/reference/assistant-scripts.md.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import msgspec

from parlour.catalog.places import Place
from parlour.kernel.dataclass import dataclass
from parlour.providers.models.scripted.assistant.script import TurnScript, turn_of
from parlour.turns.ports import Request, ToolCall

if TYPE_CHECKING:
    from parlour.catalog.yaml_reader import Errors

_DELAY_SECONDS_MAX = 3_600.0
_PIECES_MAX = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class PlayedCall:
    """A call of a tool. In texts, `$file` is the first file of the turn and `$words` what the person said."""

    tool: str
    arguments: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, kw_only=True)
class PlayedStep:
    """One think step: calls with a thought, an answer, or a fault.

    `delay` in seconds before the first piece; `pieces` is the number of pieces the text comes in;
    `times` limits a fault to the first attempts at this step.
    """

    place: Place
    thought: str | None = None
    calls: tuple[PlayedCall, ...] = ()
    answer: str | None = None
    delay: float = 0.0
    fault: Literal["retryable", "final"] | None = None
    times: int | None = None
    pieces: int = 1


@dataclass(frozen=True, kw_only=True)
class PlayedTurn:
    """A turn. `match` is a regular expression searched in the person's words; `repeat` begins again at its end."""

    place: Place
    steps: tuple[PlayedStep, ...]
    match: str | None = None
    repeat: bool = False


@dataclass(frozen=True, kw_only=True)
class _File:
    turns: tuple[PlayedTurn, ...]


class PlayedFileError(Exception):
    """What is wrong in a script file: `file:line: sentence`, one line each."""

    def __init__(self, errors: Sequence[tuple[Place, str]]) -> None:
        self.errors = tuple(sorted(errors, key=lambda each: each[0]))
        super().__init__("\n".join(f"{place.path}:{place.line}: {message}" for place, message in self.errors))


class Played:
    """The turns of a script file."""

    def __init__(self, turns: Sequence[PlayedTurn]) -> None:
        self._matched = [(re.compile(turn.match, re.IGNORECASE), turn) for turn in turns if turn.match]
        self._ordered = [turn for turn in turns if not turn.match]

    def step(self, request: Request) -> PlayedStep | None:
        """The step to play now, its placeholders filled; None if the file has nothing for this request."""
        turn = turn_of(request)
        played = self._turn(turn, request)
        if played is None:
            return None
        at = len(turn.steps)
        if turn.last:
            found = next((step for step in played.steps[at:] if step.answer and not step.calls), None)
        elif played.repeat:
            found = played.steps[at % len(played.steps)]
        else:
            found = played.steps[at] if at < len(played.steps) else None
        return _filled(found, turn) if found else None

    def _turn(self, turn: TurnScript, request: Request) -> PlayedTurn | None:
        for pattern, played in self._matched:
            if pattern.search(turn.words):
                return played
        earlier = sum(said.role == "user" for said in request.messages) - 1 if turn.number is None else turn.number
        return self._ordered[earlier] if 0 <= earlier < len(self._ordered) else None


def load_played(path: Path) -> Played:
    """The turns of a YAML file. Raises `PlayedFileError` with everything that is wrong, by line."""
    from parlour.catalog.yaml_reader import Errors, Reader, compose

    errors = Errors()
    try:
        node = compose(path, path.name, errors)
    except OSError as error:
        raise PlayedFileError([(Place(path.name, 1), f"cannot be read: {error.strerror}")]) from None
    read = Reader(path.name, errors).read(node, _File) if node is not None else None
    if node is None and not errors.found:
        errors.add(Place(path.name, 1), "the file is empty")
    for turn in read.turns if read else ():
        _check(turn, errors)
    if errors.found or read is None:
        raise PlayedFileError(errors.found)
    return Played(read.turns)


def calls_of(step: PlayedStep, at: int) -> tuple[ToolCall, ...]:
    """The calls of a step that comes after `at` others."""
    return tuple(
        ToolCall(
            call_id=f"call-{at + 1}-{number}", name=call.tool, arguments=msgspec.json.encode(call.arguments).decode()
        )
        for number, call in enumerate(step.calls, start=1)
    )


def _check(turn: PlayedTurn, errors: "Errors") -> None:
    if turn.match is not None:
        try:
            re.compile(turn.match)
        except re.error as error:
            errors.add(turn.place, f"'match' is no regular expression: {error.msg}")
    if not turn.steps:
        errors.add(turn.place, "a turn needs at least one step")
    for step in turn.steps:
        if step.answer is not None and step.calls:
            errors.add(step.place, "a step has either calls or an answer")
        if step.answer is None and not step.calls and step.fault is None:
            errors.add(step.place, "a step needs calls, an answer or a fault")
        if not 0 <= step.delay <= _DELAY_SECONDS_MAX:
            errors.add(step.place, f"'delay' is a number of seconds from 0 to {_DELAY_SECONDS_MAX:.0f}")
        if not 1 <= step.pieces <= _PIECES_MAX:
            errors.add(step.place, f"'pieces' is a number from 1 to {_PIECES_MAX}")
        if step.times is not None and (step.fault is None or step.times < 1):
            errors.add(step.place, "'times' is how many attempts fail, for a step with a fault")


def _filled(step: PlayedStep, turn: TurnScript) -> PlayedStep:
    values = {"$words": turn.words, "$file": turn.files[0].handle if turn.files else ""}
    calls = tuple(
        PlayedCall(tool=call.tool, arguments={name: _fill(each, values) for name, each in call.arguments.items()})
        for call in step.calls
    )
    answer = step.answer and str(_fill(step.answer, values))
    return replace(step, calls=calls, answer=answer)


def _fill(value: object, values: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return re.sub(r"\$(?:words|file)\b", lambda found: values[found[0]], value)
    if isinstance(value, tuple):
        return [_fill(each, values) for each in cast("tuple[object, ...]", value)]
    return value
