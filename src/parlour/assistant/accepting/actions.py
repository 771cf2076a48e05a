"""`accept`: from what was sent to what happens, in one transaction (lab protocol 2.2, 2.4)."""

from parlour.assistant.accepting.entities import Accepted, Attachment, Said
from parlour.assistant.entities import ConversationId, LabMessage, LabMessageId, Language, TurnId
from parlour.assistant.language import language_of
from parlour.assistant.mailbox.folding import fold_stale
from parlour.assistant.messages import members, saying, turns
from parlour.assistant.messages.said.store import NewMessage
from parlour.assistant.messages.turns import NewTurn
from parlour.assistant.questions import actions as questions
from parlour.assistant.questions.actions import Words
from parlour.files import actions as files
from parlour.files.entities import NewFile
from parlour.files.handles import handle_of
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import PauseId
from parlour.kernel.refusals import Refusal
from parlour.pauses.entities import Pause
from parlour.settings.lab import LabLimits
from parlour.storage.tx import Tx

SPEECH_TYPES = {
    "audio/wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/webm": ".webm",
    "video/webm": ".webm",
    "audio/mpeg": ".mp3",
}
QUEUE_RETRY_SECONDS = 5


class _LostError(Exception):
    """An answer came too late; what was stored of it is undone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    """Where a message goes: its conversation, its turn, the question it answers."""

    conversation_id: ConversationId
    turn_id: TurnId
    pause_id: PauseId | None = None


def accept(tx: Tx, said: Said, limits: LabLimits) -> Accepted:
    """Take a message; what it does is decided by the state of the account alone (2.2).

    Raises `question_closed` (another question than the open one was named), `text_empty`,
    `text_too_long`, `file_missing`, `type_unsupported`, `quota_exceeded`, `queue_full`; then
    nothing was stored. Bytes of an attachment that is refused are swept later.
    """
    conversation_id = members.lock(tx, said.account_id)
    question = questions.open_of(tx, said.account_id)
    if said.question_id is not None and (question is None or question.id != said.question_id):
        raise Refusal("question_closed", "This question is not open any more.")
    answers = question is not None and is_answer(said, question)
    _check(said, limits, answers=answers)
    with turns.telling_state(tx, said.account_id):
        if question is not None and answers:
            try:
                with tx.savepoint():
                    return _answer(tx, said, question, conversation_id, limits)
            except _LostError:
                _check(said, limits, answers=False)
        return _begin(tx, said, conversation_id, limits)


def is_answer(said: Said, question: Pause) -> bool:
    """Whether a message answers the question that is open or pending (the table of 2.2)."""
    if said.question_id == question.id:
        return True
    if question.state != "open":
        return False
    return said.inner or question.kind != "authorize" or question.delivered_at is not None


def _check(said: Said, limits: LabLimits, *, answers: bool) -> None:
    """Whether the words and bytes may be taken."""
    if len(said.text) > limits.text_chars_max:
        raise Refusal("text_too_long", f"A message may have at most {limits.text_chars_max} characters.")
    if said.kind == "text" and not said.text.strip() and not (said.inner and answers):
        raise Refusal("text_empty", "The message has no words.")
    if said.kind != "text" and said.attachment is None:
        raise Refusal("file_missing", "The message has no file.")
    if said.kind == "speech" and said.attachment and said.attachment.received.type not in SPEECH_TYPES:
        raise Refusal("type_unsupported", "Speech may be WAV, Ogg, WebM or MP3.")


def _answer(tx: Tx, said: Said, question: Pause, conversation_id: ConversationId, limits: LabLimits) -> Accepted:
    """Store a message as the answer of a question. Raises `_LostError` if somebody was faster."""
    turn = turns.turn(tx, TurnId(question.subject))
    if turn is None:
        raise _LostError
    place = _Place(conversation_id=conversation_id, turn_id=turn.id, pause_id=question.id)
    stored, handles = _store(tx, said, place, limits)
    turns.set_flags(tx, turn, said.flags.after(turn.flags, said.kind))
    if said.kind == "speech":
        questions.pend(tx, question)
        turns.hear(tx, stored.id)
        return Accepted(effect="answering", message_id=stored.id, turn_id=turn.id)
    words = Words(
        text=said.text, message_id=stored.id, author_id=said.author_id, route=said.route, files=tuple(handles)
    )
    if questions.take_words(tx, question, words) is None:
        raise _LostError
    return Accepted(effect="answered", message_id=stored.id, turn_id=turn.id)


def _begin(tx: Tx, said: Said, conversation_id: ConversationId, limits: LabLimits) -> Accepted:
    """Store a message with a turn of its own: it runs at once, or when those before it have ended."""
    if turns.queued(tx, said.account_id) >= limits.queued_turns_max:
        raise Refusal(
            "queue_full",
            f"At most {limits.queued_turns_max} messages may wait. Try again when some were answered.",
            retry_after_seconds=QUEUE_RETRY_SECONDS,
        )
    idle = turns.state_of(tx, said.account_id) == "IDLE"
    turn_id = TurnId(tx.new_id())
    if idle:
        fold_stale(tx, said.account_id, turn_id, limits.stale_reply_seconds)
    stored, _ = _store(tx, said, _Place(conversation_id=conversation_id, turn_id=turn_id), limits)
    new = NewTurn(
        id=turn_id,
        account_id=said.account_id,
        conversation_id=conversation_id,
        started_by=stored.id,
        ordinal=stored.ordinal,
        flags=said.flags.of_new_turn(said.kind),
    )
    state = turns.begin(tx, new)
    return Accepted(effect="started" if state == "running" else "queued", message_id=stored.id, turn_id=turn_id)


def _store(tx: Tx, said: Said, place: _Place, limits: LabLimits) -> tuple[LabMessage, list[str]]:
    """The message as a row, with its file; the handles of the files that it brings to the turn."""
    upload_ids, handles = _keep(tx, said, limits)
    spoken = said.kind == "speech"
    new = NewMessage(
        id=LabMessageId(tx.new_id()),
        account_id=said.account_id,
        conversation_id=place.conversation_id,
        author_id=said.author_id,
        role="person",
        kind=said.kind,
        text=said.text,
        language=_language(tx, said),
        turn_id=place.turn_id,
        pause_id=place.pause_id,
        reply_in_speech=said.flags.spoken(said.kind),
        enable_instruct=said.flags.enable_instruct,
        enable_comment=said.flags.enable_comment,
        route=said.route,
        speech_upload_id=upload_ids[0] if spoken else None,
        upload_ids=() if spoken else tuple(upload_ids),
    )
    return saying.say(tx, new), [] if spoken else handles


def _keep(tx: Tx, said: Said, limits: LabLimits) -> tuple[list[str], list[str]]:
    """Give the attachment a handle: ids and handles of the files of the message."""
    if said.attachment is None:
        return [], []
    new = NewFile(
        account_id=said.account_id,
        name=_name(said.attachment) if said.kind == "speech" else said.attachment.name,
        origin="speech" if said.kind == "speech" else "upload",
        received=said.attachment.received,
    )
    file = files.keep_file(tx, new, quota=limits.quota_bytes)
    files.use(tx, file.id)
    return [file.id], [handle_of(file)]


def _name(recording: Attachment) -> str:
    """A recording is named by what its bytes are."""
    return f"speech{SPEECH_TYPES.get(recording.received.type, '')}"


def _language(tx: Tx, said: Said) -> Language:
    """That of the words; a message without words does not change what the person was spoken to in."""
    if said.text.strip():
        return language_of(said.text)
    return members.member(tx, said.account_id, said.accepts).language
