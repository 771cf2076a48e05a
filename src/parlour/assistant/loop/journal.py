"""What a turn did: one row for each thought, tool call, question, and result that a tool was given (7.2).

Names within step `n`: `think` (and `think/2` after advice), `instruct`, `comment`; for a tool call its
call id; for the k-th thing that its flow wanted `<call id>/<k>`, and `<call id>/<k>/ask` for the
question whether it may be done. What is spoken has the name of its question and `/speech`, and `speech` is
the final; `heard/<message id>` is a recording. A row without `finished_at` has begun and is not known to be done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field

import msgspec

from parlour.assistant.entities import JsonValue, Step, StepKind, TurnId
from parlour.assistant.loop import store
from parlour.assistant.tools.ports import Outcome, Status
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode, decode_untyped
from parlour.kernel.ids import PauseId
from parlour.storage.tx import Tx

THINK, AGAIN, INSTRUCT, COMMENT = "think", "think/2", "instruct", "comment"
SPEECH, HEARD = "speech", "heard"
_PLACES = {THINK: 0, INSTRUCT: 1, AGAIN: 2, COMMENT: 4, SPEECH: 5, HEARD: 0}
_OF_TOOLS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A tool call as the model wrote it, under an id of ours; `arguments` is its JSON text."""

    call_id: str
    tool: str
    arguments: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Thought:
    """What the model said at a think step: a thought with calls, or an answer without."""

    text: str
    calls: tuple[Wanted, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """The result of something that a flow wanted: a value, or what is thrown into it."""

    value: object = None
    error: Status | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A finished tool call."""

    wanted: Wanted
    outcome: Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """A think step with all that followed it. `advice` makes the step's proposal void: it was not carried out."""

    thought: Thought
    made: tuple[Made, ...] = ()
    advice: str | None = None
    comment: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A row to write. `output` is encoded as JSON; a finished row has an outcome, another only what it needs."""

    n: int
    name: str
    kind: StepKind
    title: str
    tool: str | None = None
    arguments: str | None = None
    pause_id: PauseId | None = None
    outcome: str | None = None
    output: object = None


@dataclass(frozen=True, slots=True)
class Journal:
    """All rows of a turn, by place."""

    rows: Mapping[tuple[int, str], Step] = field(default_factory=dict[tuple[int, str], Step])

    def row(self, n: int, name: str) -> Step | None:
        """The row at a place, finished or not."""
        return self.rows.get((n, name))

    def thought(self, n: int) -> Thought | None:
        """The newest finished thought of a step."""
        return self._thought(n, AGAIN) or self._thought(n, THINK)

    def answer(self, n: int, name: str) -> Mapping[str, object] | None:
        """What a question was answered; None while it is open, or if there is none."""
        row = self.row(n, name)
        if row is None or row.finished_at is None or row.output is None:
            return None
        return decode(row.output, dict[str, object])

    def kept(self, n: int, call_id: str) -> dict[int, tuple[str, Kept]]:
        """Results of a call's flow in order: `(title, result)` by number."""
        found: dict[int, tuple[str, Kept]] = {}
        for (at, name), row in self.rows.items():
            start, _, k = name.rpartition("/")
            if at == n and start == call_id and k.isdigit() and row.finished_at is not None and row.output:
                found[int(k)] = (row.title, decode(row.output, Kept))
        return found

    def made(self, n: int, thought: Thought) -> tuple[Made, ...]:
        """The finished calls of a thought, in order."""
        found: list[Made] = []
        for wanted in thought.calls:
            row = self.row(n, wanted.call_id)
            if row is not None and row.finished_at is not None and row.output is not None:
                found.append(Made(wanted=wanted, outcome=decode(row.output, Outcome)))
        return tuple(found)

    def past(self, upto: int) -> list[Past]:
        """Every thought up to step `upto` with what came of it, oldest first."""
        steps: list[Past] = []
        for n in range(1, upto + 1):
            advice = _words(self.answer(n, INSTRUCT), "advise")
            for name in (THINK, AGAIN):
                thought = self._thought(n, name)
                if thought is not None and name == THINK and advice is not None:
                    steps.append(Past(thought=thought, advice=advice))
                elif thought is not None:
                    comment = _words(self.answer(n, COMMENT), "comment")
                    made = self.made(n, thought)
                    steps.append(Past(thought=thought, made=made, comment=comment, notes=self._notes(n)))
        return steps

    def outcomes(self) -> list[tuple[Step, Outcome]]:
        """Every finished tool call of the turn with its row, oldest first."""
        rows = sorted(self.rows.values(), key=_order)
        return [
            (row, decode(row.output, Outcome))
            for row in rows
            if row.tool and "/" not in row.name and row.finished_at is not None and row.output
        ]

    def under_way(self) -> list[Step]:
        """Calls to the outside that have begun and whose end is not known."""
        rows = self.rows.values()
        return [row for row in rows if row.tool and "/" in row.name and row.finished_at is None and not row.pause_id]

    def calls_under_way(self) -> list[Step]:
        """The tool calls to which they belong."""
        calls = [self.row(row.n, row.name.partition("/")[0]) for row in self.under_way()]
        return [call for call in calls if call is not None]

    def said_so_far(self) -> str:
        """Text of the answer that was being written."""
        for row in self.rows.values():
            if row.kind == "think" and row.finished_at is None and row.output:
                return row.output
        return ""

    def _thought(self, n: int, name: str) -> Thought | None:
        row = self.row(n, name)
        if row is None or row.finished_at is None or row.output is None:
            return None
        return decode(row.output, Thought)

    def _notes(self, n: int) -> tuple[str, ...]:
        """What the person said with a refusal; it is passed on (6.4)."""
        answers = [self.answer(n, name) for at, name in self.rows if at == n and name.endswith("/ask")]
        notes = [answer.get("note") for answer in answers if answer]
        return tuple(note for note in notes if isinstance(note, str) and note.strip())


def journal(tx: Tx, turn_id: TurnId) -> Journal:
    """Everything that a turn did."""
    return Journal({(row.n, row.name): row for row in store.steps(tx, turn_id)})


def steps(tx: Tx, turn_id: TurnId) -> list[Step]:
    """What a person is shown of it: thoughts, tool calls and questions, oldest first (5.5)."""
    rows = [row for row in store.steps(tx, turn_id) if _is_shown(row)]
    return sorted(rows, key=_order)


def write(tx: Tx, turn_id: TurnId, entry: Entry) -> None:
    """Begin a step, or store one that is done."""
    bare = entry.outcome is None and entry.output is None
    output = None if bare else msgspec.json.encode(entry.output).decode()
    step = Step(
        turn_id=turn_id,
        n=entry.n,
        name=entry.name,
        kind=entry.kind,
        title=entry.title,
        tool=entry.tool,
        arguments=entry.arguments,
        pause_id=entry.pause_id,
        outcome=entry.outcome,
        output=output,
        started_at=tx.now_ms,
        finished_at=None if entry.outcome is None else tx.now_ms,
    )
    store.insert(tx, step)


def finish(tx: Tx, step: Step, outcome: str, output: object) -> None:
    """A step that had begun is done."""
    store.finish(tx, step.turn_id, (step.n, step.name), outcome, msgspec.json.encode(output).decode())


def say(tx: Tx, step: Step, start: int, text: str) -> None:
    """Keep the text of a thought while it comes, so that a cancelled turn still has it."""
    store.set_said(tx, step.turn_id, (step.n, step.name), start, text)


def close(tx: Tx, known: Journal, turn_id: TurnId, outcome: str) -> None:
    """The turn ends in the middle of a step: a call that was under way is unknown, all else ended with `outcome`."""
    for row in known.under_way():
        finish(tx, row, "unknown", Kept(error="unknown"))
    for call in known.calls_under_way():
        finish(tx, call, "unknown", Outcome(status="unknown", text=""))
    store.close(tx, turn_id, outcome)


def forget(tx: Tx, turn_ids: Sequence[TurnId]) -> None:
    """Erase the journals of turns (5.2)."""
    store.delete(tx, turn_ids)


def arguments_of(text: str) -> Mapping[str, JsonValue] | None:
    """The arguments that a model wrote; None if they are no JSON object."""
    try:
        found = decode_untyped(text or "{}")
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    return found if isinstance(found, dict) else None  # pyright: ignore[reportUnknownVariableType]


def _order(row: Step) -> tuple[int, int, int, str]:
    """Inside a step it is always thought, advice, tools with their questions, comment (7.1)."""
    place = _PLACES.get(row.name)
    if place is None:
        place = _PLACES.get(row.name.partition("/")[0], _OF_TOOLS) if row.kind == "speech" else _OF_TOOLS
    return row.n, place, row.started_at, row.name


def _is_shown(row: Step) -> bool:
    return "/" not in row.name or row.name == AGAIN or row.pause_id is not None or row.kind == "speech"


def _words(answer: Mapping[str, object] | None, decision: str) -> str | None:
    """The text of an instruct or comment answer that says something."""
    if answer is None or answer.get("decision") != decision:
        return None
    return str(answer.get("text") or "")
