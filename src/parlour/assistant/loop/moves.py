"""From one step of a turn to the next (lab protocol 7.1). Each move is part of the transaction that ends a step."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from parlour.assistant.entities import JsonValue, Language, Member, StepKind, Turn, TurnId
from parlour.assistant.facts import LabStepFinished, LabStepStarted
from parlour.assistant.loop import drafts, journal
from parlour.assistant.loop.journal import AGAIN, COMMENT, INSTRUCT, THINK, Entry, Made, Thought, Wanted
from parlour.assistant.loop.progress import LastReason, Progress
from parlour.assistant.loop.standing import Held
from parlour.assistant.questions import actions as questions
from parlour.assistant.questions.entities import NewQuestion
from parlour.assistant.sentences import sentence
from parlour.assistant.tools.ports import Extract
from parlour.assistant.tools.registry import Toolbox
from parlour.conversations.rooms import lab_room
from parlour.kernel.dataclass import dataclass
from parlour.settings.lab import LabLimits
from parlour.storage.tx import Tx

TITLE_CHARACTERS_MAX = 200
OUTPUT_CHARACTERS_MAX = 4_000


class Extraction(Protocol):
    """A capable model (6.4)."""

    def of(self, member: Member, turn_id: TurnId) -> Extract:
        """What reads values for this member in this turn."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What moves depend on: the tools there are, the limits, and what reads values out of free words, if anything."""

    toolbox: Toolbox
    limits: LabLimits
    extraction: Extraction | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Moving:
    """A turn in the transaction that moves it on. `now` is its progress after the step."""

    tx: Tx
    held: Held
    turn: Turn
    now: Progress
    rules: Rules

    @property
    def may_ask(self) -> bool:
        """Whether one more question may be asked in this turn."""
        return self.now.questions < self.rules.limits.questions_per_turn_max


def think(move: Moving, last: LastReason | None = None) -> None:
    """Begin the next think step. The flags of now decide whether its proposal is asked about (2.3)."""
    n = move.now.n + 1
    last = last or move.now.last or ("steps" if n > move.rules.limits.steps_max else None)
    steered = move.turn.flags.enable_instruct and last != "stop"
    _begin_thought(move, n, THINK)
    move.held.go_on(
        move.tx, move.turn, replace(move.now, phase="think", n=n, call=0, last=last, steered=steered, commented=False)
    )


def think_again(move: Moving) -> None:
    """Think once more in the same step, with the advice."""
    _begin_thought(move, move.now.n, AGAIN)
    move.held.go_on(move.tx, move.turn, move.now)


def act(move: Moving, wanted: Wanted, call: int) -> None:
    """Begin a tool call. At the first one the flags of now decide whether the step is commented."""
    title = title_of(move, wanted.tool)
    commented = move.turn.flags.enable_comment if call == 0 else move.now.commented
    entry = Entry(
        n=move.now.n,
        name=wanted.call_id,
        kind="tool",
        title=title,
        tool=wanted.tool,
        arguments=wanted.arguments,
    )
    journal.write(move.tx, move.turn.id, entry)
    _tell_start(move, "tool", title, wanted.tool, move.now.n)
    move.held.go_on(move.tx, move.turn, replace(move.now, phase="act", call=call, commented=commented))


def ask_advice(move: Moving, thought: Thought) -> None:
    """Ask `instruct` about a proposal (6.3); the turn waits."""
    proposal: dict[str, JsonValue] = {"thought": say(move, "answering"), "answer": thought.text}
    if thought.calls:
        tools = ", ".join(title_of(move, each.tool) for each in thought.calls)
        proposal = {
            "thought": thought.text or say(move, "calling", tools=tools),
            "tool": ", ".join(each.tool for each in thought.calls),
            "arguments": _given(thought.calls),
        }
    _ask(move, INSTRUCT, NewQuestion(kind="instruct", text="", proposal=proposal))


def ask_comment(move: Moving, made: tuple[Made, ...]) -> None:
    """Ask `comment` about what a tool step brought, once for all its calls; the turn waits."""
    proposal: dict[str, JsonValue] = {
        "tool": ", ".join(each.wanted.tool for each in made),
        "arguments": _given([each.wanted for each in made]),
        "outcome": ", ".join(each.outcome.status for each in made),
        "output": "\n\n".join(_shown(each) for each in made)[:OUTPUT_CHARACTERS_MAX],
    }
    _ask(move, COMMENT, NewQuestion(kind="comment", text="", proposal=proposal))


def wait(move: Moving, entry: Entry, question: NewQuestion) -> None:
    """Ask something; the turn waits, and goes on by a new job when the question is settled."""
    hours = move.rules.limits.question_hours_max
    note = heard_note(move.now, move.held.standing.member.language)
    new = questions.worded(move.tx, move.turn, replace(question, hours_max=hours, note=note))
    drafts.ask(move.tx, move.turn, new, replace(entry, kind="question"))
    move.held.save(move.tx, move.turn, replace(move.now, questions=move.now.questions + 1, heard_seconds=None))


def heard_note(now: Progress, language: Language) -> str:
    """What the next reply says first if not all of a recording was listened to (10.2)."""
    if now.heard_seconds is None:
        return ""
    return sentence(language, "loop.heard_in_part", seconds=f"{now.heard_seconds:g}")


def tell_end(move: Moving, entry: Entry) -> None:
    """Say that a think or tool step has ended."""
    told = LabStepFinished(
        account_id=move.turn.account_id,
        turn_id=move.turn.id,
        n=entry.n,
        kind=entry.kind,
        title=entry.title,
        tool=entry.tool,
        outcome=entry.outcome or "",
    )
    move.tx.announce([lab_room(move.turn.account_id)], told)


def title_of(move: Moving, tool_name: str) -> str:
    """A tool's name for people; an unknown tool's is what the model called it."""
    tool = move.rules.toolbox.find(tool_name)
    language = move.held.standing.member.language
    return tool.titles.get(language, tool.name) if tool is not None else tool_name[:TITLE_CHARACTERS_MAX]


def say(move: Moving, key: str, **values: object) -> str:
    """A sentence of the loop in the person's language."""
    return sentence(move.held.standing.member.language, f"loop.{key}", **values)


def _ask(move: Moving, name: str, question: NewQuestion) -> None:
    wait(move, Entry(n=move.now.n, name=name, kind="question", title=name), question)


def _begin_thought(move: Moving, n: int, name: str) -> None:
    title = say(move, "thinking")
    journal.write(move.tx, move.turn.id, Entry(n=n, name=name, kind="think", title=title))
    _tell_start(move, "think", title, None, n)


def _tell_start(move: Moving, kind: StepKind, title: str, tool: str | None, n: int) -> None:
    told = LabStepStarted(account_id=move.turn.account_id, turn_id=move.turn.id, n=n, kind=kind, title=title, tool=tool)
    move.tx.announce([lab_room(move.turn.account_id)], told)


def _given(calls: Sequence[Wanted]) -> JsonValue:
    """The arguments of a call; those of several as a list under `calls`."""
    given = [dict(journal.arguments_of(each.arguments) or {}) for each in calls]
    return given[0] if len(given) == 1 else {"calls": given}


def _shown(made: Made) -> str:
    """An outcome as a person is shown it: its text, then what was found."""
    found: list[str] = []
    for passage in made.outcome.passages:
        about = passage.reference
        page = f" ({about.page})" if about.page is not None else ""
        found.append(f"- {about.title}{page}: {about.quote or passage.text[:TITLE_CHARACTERS_MAX]}")
    return "\n".join([made.outcome.text, *found])
