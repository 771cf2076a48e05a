"""How a turn ends: always with exactly one final reply, in a person's words (lab protocol 4.3, 4.7, 7.6)."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import msgspec

from parlour.assistant.entities import LabMessageId, Language, Turn
from parlour.assistant.loop import citing, drafts, journal
from parlour.assistant.loop import progress as progresses
from parlour.assistant.loop.journal import Journal
from parlour.assistant.loop.moves import Moving, heard_note
from parlour.assistant.loop.progress import Progress
from parlour.assistant.loop.streaming import tell, tell_rest
from parlour.assistant.messages import members, replies, saying
from parlour.assistant.messages.replies import Ending, NewReply
from parlour.assistant.sentences import sentence
from parlour.assistant.tools.ports import Passage
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx

logger = logging.getLogger("parlour.assistant")

Code = Literal[
    "model_unavailable",
    "model_limit",
    "steps_exhausted",
    "deadline",
    "internal",
    "speech_recognition_unavailable",
    "file_unreadable",
    "question_expired",
]
FOUND_MAX = 3
UNREADABLE = (msgspec.MsgspecError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why there is no answer. `sentence` is a key of `sentences/endings.py`, filled with `values`."""

    code: Code
    sentence: str
    values: Mapping[str, str]


def failure(code: Code, key: str | None = None, **values: str) -> Failure:
    """A failure; its sentence has the code's name unless another is given."""
    return Failure(code=code, sentence=key or code, values=values)


def answer(move: Moving, text: str, told: str) -> None:
    """End with the assistant's answer and its sources. `told` is what was streamed of it."""
    language = move.held.standing.member.language
    written = citing.cited(text, journal.journal(move.tx, move.turn.id), language)
    reply = NewReply(text=written.text, references=written.references, error=_lapsed(move.now, language))
    _finish(move.tx, move.turn, Ending(state="done", reply=reply, message_id=move.now.reply_id), told)


def give_up(tx: Tx, turn: Turn, why: Failure, *, at_once: bool = False) -> None:
    """End without an answer: what ended the turn, and what was done, found and said until then.

    `at_once`: as text, whatever was wanted.
    """
    language = _language(tx, turn)
    known = journal.journal(tx, turn.id)
    said = sentence(language, f"endings.{why.sentence}", **why.values)
    journal.close(tx, known, turn.id, "failed")
    written = _summary(said, known, language)
    error = f"{why.code}: {sentence(language, f'endings.error_{why.code}', **why.values)}"
    reply = NewReply(text=written.text, references=written.references, error=error)
    ending = Ending(state="failed", reply=reply, message_id=_reply_id(turn))
    _finish(tx, turn, ending, known.said_so_far(), at_once=at_once)


def stop(tx: Tx, turn: Turn) -> None:
    """End because the person said stop and the model had nothing to add."""
    language = _language(tx, turn)
    known = journal.journal(tx, turn.id)
    journal.close(tx, known, turn.id, "stopped")
    written = _summary(sentence(language, "endings.stop"), known, language)
    reply = NewReply(
        text=written.text, references=written.references, error=_lapsed(progresses.read(turn.progress), language)
    )
    _finish(tx, turn, Ending(state="done", reply=reply, message_id=_reply_id(turn)), known.said_so_far())


def break_down(tx: Tx, turn: Turn) -> None:
    """End because of a fault of ours; the log knows more under the same number.

    Also a turn whose own rows cannot be read any more ends, with less to say.
    """
    request = tx.new_id()
    logger.error("turn_failed", extra={"turn": turn.id, "request": request})
    why = failure("internal", request=request)
    try:
        with tx.savepoint():
            give_up(tx, turn, why, at_once=True)
    except UNREADABLE:
        logger.exception("turn_unreadable", extra={"turn": turn.id, "request": request})
        journal.close(tx, Journal(), turn.id, "failed")
        language = _language(tx, turn)
        error = f"{why.code}: {sentence(language, f'endings.error_{why.code}', **why.values)}"
        reply = NewReply(text=sentence(language, f"endings.{why.sentence}", **why.values), error=error)
        replies.finish(tx, turn, Ending(state="failed", reply=reply))


def cancelled(tx: Tx, turn: Turn) -> Ending:
    """How a cancelled turn ends (5.1): what was said and done so far, and what nobody knows.

    The caller hands it to `replies.finish` in this transaction; what was streamed is made into the
    final text here. Of a turn whose own rows cannot be read only this is told, that it was stopped.
    """
    try:
        with tx.savepoint():
            return _cancelled(tx, turn)
    except UNREADABLE:
        logger.exception("turn_unreadable", extra={"turn": turn.id})
        journal.close(tx, Journal(), turn.id, "stopped")
        return Ending(state="cancelled", reply=NewReply(text=sentence(_language(tx, turn), "endings.cancelled")))


def take_back(move: Moving, told: str) -> None:
    """What was streamed was a thought before a call, not the answer."""
    if told and move.now.reply_id is not None:
        tell(move.tx, move.turn, move.now.reply_id, (0, ""))


def _cancelled(tx: Tx, turn: Turn) -> Ending:
    language = _language(tx, turn)
    known = journal.journal(tx, turn.id)
    unsaid = drafts.unsaid(known)
    journal.close(tx, known, turn.id, "stopped")
    written = _summary(sentence(language, "endings.cancelled"), known, language, saying.without_sources(unsaid))
    reply = NewReply(text=written.text, references=written.references)
    ending = Ending(state="cancelled", reply=reply, message_id=_reply_id(turn))
    if turn.state != "queued":
        _tell(tx, turn, ending, unsaid or known.said_so_far())
    return ending


def _finish(tx: Tx, turn: Turn, ending: Ending, told: str, *, at_once: bool = False) -> None:
    """Tell the rest of the text, and end with it; what should be spoken ends when it is, unless `at_once`."""
    note = heard_note(progresses.read(turn.progress), _language(tx, turn))
    if note:
        ending = replace(ending, reply=replace(ending.reply, text=f"{note}\n\n{ending.reply.text}"))
    _tell(tx, turn, ending, told)
    if at_once:
        replies.finish(tx, turn, ending)
    else:
        drafts.finish(tx, turn, ending)


def _tell(tx: Tx, turn: Turn, ending: Ending, told: str) -> None:
    if told and ending.message_id is not None:
        tell_rest(tx, turn, ending.message_id, (told, ending.reply.text))


def _summary(said: str, known: Journal, language: Language, unsaid: str = "") -> citing.Cited:
    """A sentence of ours, then what is known, as a list; with the sources of what was found.

    `unsaid` is the answer itself, if it was written already.
    """

    def heading(key: str) -> str:
        return sentence(language, f"endings.{key}")

    parts = [said]
    if partial := (unsaid or known.said_so_far()).strip():
        parts.append(f"{heading('said_so_far')}\n{partial}")
    done = [(row.title, outcome.status) for row, outcome in known.outcomes()]
    done += [(call.title, "unknown") for call in known.calls_under_way()]
    if done:
        lines = [sentence(language, "endings.step", title=title, status=heading(status)) for title, status in done]
        parts.append("\n".join([heading("done_so_far"), *lines]))
    found = _best(citing.passages(known))
    if found:
        lines = [f"- [{n}] “{passage.reference.quote}”" for n, passage in found.items()]
        parts.append("\n".join([heading("found_so_far"), *lines]))
    always = [reference for _, outcome in known.outcomes() for reference in outcome.references]
    return citing.with_sources("\n\n".join(parts), found, always, language)


def _best(passages: Mapping[int, Passage]) -> dict[int, Passage]:
    """The first few passages with words to show; a quote that the stored text does not hold is not shown."""
    held = {n: passage for n, passage in passages.items() if citing.checked(passage).quote is not None}
    return dict(list(held.items())[:FOUND_MAX])


def _lapsed(now: Progress, language: Language) -> str | None:
    if not now.lapsed:
        return None
    return f"question_expired: {sentence(language, 'endings.error_question_expired', what=', '.join(now.lapsed))}"


def _language(tx: Tx, turn: Turn) -> Language:
    return members.member(tx, turn.account_id).language


def _reply_id(turn: Turn) -> LabMessageId | None:
    return progresses.read(turn.progress).reply_id
