"""Replies that are written and wait for their sound (lab protocol 7.1, 10.3).

What should be spoken is not told when it is written: it is kept in the turn's journal as a step of the
kind `speech` that has begun, and the job `SPEAK` tells it, with or without sound, in one transaction.
Until then the turn runs, so nothing that was said after it can be answered before it; whatever ends the
turn meanwhile ends the draft.
"""

from dataclasses import replace

from parlour.assistant.entities import LabMessageId, Language, Step, Turn
from parlour.assistant.loop import journal
from parlour.assistant.loop import progress as progresses
from parlour.assistant.loop.journal import SPEECH, Entry, Journal
from parlour.assistant.messages import members, replies, turns
from parlour.assistant.messages.replies import Ending
from parlour.assistant.messages.turns import Speak
from parlour.assistant.questions import actions as questions
from parlour.assistant.questions.entities import Delivery, Worded
from parlour.assistant.sentences import sentence
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A reply under the id that its message will have: the end of the turn, or a question and its journal's row."""

    message_id: LabMessageId
    language: Language
    ending: Ending | None = None
    question: Worded | None = None
    entry: Entry | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """What came of speaking: the file, or none; `whole` is the text if not all of it is said."""

    file_id: str | None = None
    handle: str | None = None
    whole: str | None = None


def finish(tx: Tx, turn: Turn, ending: Ending) -> None:
    """End a turn with its reply; one that should be spoken is told when it can be."""
    if not turn.flags.reply_in_speech:
        replies.finish(tx, turn, ending)
        return
    message_id = ending.message_id or LabMessageId(tx.new_id())
    language = members.member(tx, turn.account_id).language
    draft = Draft(message_id=message_id, language=language, ending=replace(ending, message_id=message_id))
    _keep(tx, turn, draft, SPEECH)


def ask(tx: Tx, turn: Turn, new: Worded, entry: Entry) -> None:
    """Ask a question and keep its row in the journal; one that should be spoken is asked when it can be."""
    if not turn.flags.reply_in_speech:
        pause_id = questions.put(tx, turn, new)
        journal.write(tx, turn.id, replace(entry, pause_id=pause_id))
        return
    language: Language = "zh" if new.body.language == "zh" else "en"
    draft = Draft(message_id=LabMessageId(tx.new_id()), language=language, question=new, entry=entry)
    _keep(tx, turn, draft, f"{entry.name}/{SPEECH}")


def read(row: Step | None) -> Draft | None:
    """The draft of a journal's row; None if it was told already, or there is none."""
    if row is None or row.finished_at is not None or not row.output:
        return None
    return decode(row.output, Draft)


def deliver(tx: Tx, turn: Turn, row: Step, spoken: Spoken) -> None:
    """Tell a draft: the turn ends, or waits for an answer."""
    draft = read(row)
    if draft is None:
        raise RuntimeError("a turn speaks without a draft")
    outcome = "ok" if spoken.file_id else "speech_unavailable"
    journal.finish(tx, row, outcome, {"file": spoken.handle})
    if draft.ending is not None:
        reply = replace(draft.ending.reply, language=draft.language, speech=spoken.file_id)
        reply = replace(reply, extra_info=_beside(spoken, reply.extra_info))
        reply = reply if spoken.file_id else replies.unspoken(tx, turn, reply)
        replies.finish(tx, turn, replace(draft.ending, reply=reply))
    elif draft.question is not None and draft.entry is not None:
        extra_info = _beside(spoken, draft.question.body.extra_info)
        delivery = Delivery(message_id=draft.message_id, speech=spoken.file_id, extra_info=extra_info)
        pause_id = questions.put(tx, turn, draft.question, delivery)
        journal.write(tx, turn.id, replace(draft.entry, pause_id=pause_id))


def unsaid(known: Journal) -> str:
    """The words of a final that is being spoken: what was streamed of it already."""
    for row in known.rows.values():
        draft = read(row) if row.kind == "speech" else None
        if draft is not None and draft.ending is not None:
            return draft.ending.reply.text
    return ""


def _beside(spoken: Spoken, extra_info: str | None) -> str | None:
    """The whole text goes first where only a part of it is said."""
    return "\n\n".join(part for part in (spoken.whole, extra_info) if part) or None


def _keep(tx: Tx, turn: Turn, draft: Draft, name: str) -> None:
    n = progresses.read(turn.progress).n
    title = sentence(draft.language, "loop.speaking")
    journal.write(tx, turn.id, Entry(n=n, name=name, kind="speech", title=title, output=draft))
    turns.speak(tx, Speak(turn_id=turn.id, n=n, name=name))
