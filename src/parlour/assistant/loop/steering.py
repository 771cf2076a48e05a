"""What comes after a thought, and what advice and comments change (lab protocol 6.3, 7.1)."""

from collections.abc import Mapping

from parlour.assistant.entities import Step
from parlour.assistant.loop import endings, journal, moves
from parlour.assistant.loop.journal import AGAIN, Entry, Thought
from parlour.assistant.loop.moves import Moving
from parlour.assistant.questions import actions as questions


def after_thought(move: Moving, row: Step, thought: Thought) -> None:
    """Keep a thought; ask for advice if that is wanted and this is the step's first proposal, else carry it out."""
    title = " ".join(thought.text.split())[: moves.TITLE_CHARACTERS_MAX] or moves.say(move, "thinking")
    told = journal.journal(move.tx, move.turn.id).said_so_far()
    entry = Entry(n=row.n, name=row.name, kind="think", title=title, outcome="ok", output=thought)
    journal.write(move.tx, move.turn.id, entry)
    moves.tell_end(move, entry)
    if move.now.steered and row.name != AGAIN and move.may_ask:
        moves.ask_advice(move, thought)
        return
    _carry_out(move, thought, told)


def after_advice(move: Moving, row: Step, thought: Thought) -> None:
    """Go on with what the person said to a proposal. Silence is no advice, and approves nothing."""
    answer = _settle(move, row)
    match answer.get("decision"):
        case "advise":
            moves.think_again(move)
        case "stop" if thought.calls:
            moves.think(move, "stop")
        case _:
            _carry_out(move, thought, "")


def after_comment(move: Moving, row: Step) -> None:
    """Think on; a comment is told to the model by the journal."""
    stop = _settle(move, row).get("decision") == "stop"
    moves.think(move, "stop" if stop else None)


def _carry_out(move: Moving, thought: Thought, told: str) -> None:
    if thought.calls:
        endings.take_back(move, told)
        moves.act(move, thought.calls[0], 0)
    else:
        endings.answer(move, thought.text, told)


def _settle(move: Moving, row: Step) -> Mapping[str, object]:
    if row.pause_id is None:
        raise RuntimeError("a turn waits without a question")
    settled = questions.outcome(move.tx, row.pause_id)
    if settled is None:
        raise RuntimeError("a turn went on while its question is open")
    answer = settled.answer or {"decision": "continue"}
    journal.finish(move.tx, row, settled.state, answer)
    return answer
