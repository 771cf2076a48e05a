"""What was spoken in a chat, for those who may read it."""

from collections.abc import Mapping

from parlour.accounts import actions as accounts
from parlour.attempts import access
from parlour.attempts.access import ChatInAttempt
from parlour.attempts.spoken.shapes import (
    ChatSpeech,
    DisputeShown,
    HeardWord,
    RecordingShown,
    SegmentShown,
    SpokenReplyShown,
    UnclearPart,
    UtteranceShown,
)
from parlour.conversations import actions as conversations
from parlour.conversations.entities import Message
from parlour.conversations.spoken import ledger, utterances
from parlour.conversations.spoken.entities import Heard, Utterance
from parlour.conversations.spoken.unclear import is_unclear, unclear_spans
from parlour.files import actions as files
from parlour.grading import actions as grading
from parlour.kernel.actor import Actor
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import MessageId
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechRules:
    """What a deployment decides: which confidence a word needs, and where its files are read (`base_path`)."""

    unclear_below: float
    base_path: str = ""


def chat_speech(tx: Tx, actor: Actor, chat_id: str, rules: SpeechRules) -> ChatSpeech:
    """Every utterance and every spoken reply of a chat; raises `not_found`."""
    return speech_of(tx, access.chat_to_read(tx, actor, chat_id), rules)


def speech_of(tx: Tx, found: ChatInAttempt, rules: SpeechRules) -> ChatSpeech:
    """The same for a chat that may be read."""
    messages = {message.id: message for message in conversations.messages(tx, found.chat.id)}
    reader = _Reader(tx, found, rules, messages)
    spoken, replies = utterances.of_chat(tx, found.chat.id), ledger.of_chat(tx, found.chat.id)
    return ChatSpeech(
        chat_id=found.chat.id,
        unclear_below=rules.unclear_below,
        utterances=[reader.shown(utterance) for utterance in spoken],
        replies=[_reply(heard) for heard in replies],
        learner_ms=sum(utterance.audio_ms for utterance in spoken),
        persona_ms=sum(heard.heard_ms for heard in replies),
    )


def shown_utterance(tx: Tx, found: ChatInAttempt, item_id: str, rules: SpeechRules) -> UtteranceShown:
    """One utterance of the chat, which is there."""
    utterance = utterances.utterance(tx, item_id)
    if utterance is None:
        raise LookupError("an utterance that was just changed is gone")
    message = conversations.message(tx, utterance.message_id)
    return _Reader(tx, found, rules, {message.id: message} if message else {}).shown(utterance)


def is_graded(tx: Tx, found: ChatInAttempt) -> bool:
    """Whether the chat has a grade, or one is being made: from then on nothing is disputed any more."""
    return any(grade.state != "failed" for grade in grading.grades_of(tx, found.chat.id))


class _Reader:
    """Utterances as one person may see them."""

    def __init__(self, tx: Tx, found: ChatInAttempt, rules: SpeechRules, messages: Mapping[MessageId, Message]) -> None:
        self._tx = tx
        self._found = found
        self._rules = rules
        self._messages = messages
        self._graded = is_graded(tx, found)

    def shown(self, utterance: Utterance) -> UtteranceShown:
        message = self._messages.get(utterance.message_id) if utterance.state == "said" else None
        content = message.content if message else None
        below = self._rules.unclear_below
        spans = unclear_spans(content, utterance, below) if content else ()
        recording = self._recording(utterance)
        undecided = message is not None and utterance.dispute in (None, "open")
        return UtteranceShown(
            item_id=utterance.id,
            message_id=message.id if message else None,
            state=utterance.state,
            engine=utterance.engine,
            language=utterance.language,
            text=utterance.text,
            content=content,
            words=[
                HeardWord(
                    text=word.text,
                    start_ms=word.start_ms,
                    end_ms=word.end_ms,
                    confidence=word.confidence,
                    unclear=is_unclear(word, below),
                )
                for word in utterance.words
            ],
            unclear=[UnclearPart(start=start, end=end) for start, end in spans],
            recording=recording,
            recording_removed=recording is None and utterance.sha256 is not None,
            error=utterance.error,
            dispute=self._dispute(utterance),
            may_dispute=self._found.owned and undecided and not self._graded,
            may_decide=not self._found.owned and utterance.dispute == "open",
            started_at=rfc3339(utterance.started_at),
            ended_at=None if utterance.ended_at is None else rfc3339(utterance.ended_at),
        )

    def _recording(self, utterance: Utterance) -> RecordingShown | None:
        upload = files.upload(self._tx, utterance.upload_id) if utterance.upload_id else None
        if upload is None:
            return None
        return RecordingShown(
            upload_id=upload.id,
            url=f"{self._rules.base_path}/api/v1/uploads/{upload.id}",
            mime_type=upload.mime_type,
            bytes=upload.bytes,
            sha256=upload.digest,
            milliseconds=utterance.audio_ms,
        )

    def _dispute(self, utterance: Utterance) -> DisputeShown | None:
        if utterance.dispute is None or utterance.disputed_text is None or utterance.disputed_at is None:
            return None
        decider = None
        if utterance.decided_by is not None and not self._found.owned:
            account = accounts.account_by_id(self._tx, utterance.decided_by)
            decider = account.name if account else None
        return DisputeShown(
            state=utterance.dispute,
            text=utterance.disputed_text,
            disputed_at=rfc3339(utterance.disputed_at),
            decided_by=decider,
            decided_at=None if utterance.decided_at is None else rfc3339(utterance.decided_at),
        )


def _reply(heard: Heard) -> SpokenReplyShown:
    return SpokenReplyShown(
        message_id=heard.message_id,
        state=heard.state,
        text=heard.text,
        heard=heard.text[: heard.heard_characters],
        segments=[
            SegmentShown(start=each.start, end=each.end, start_ms=each.start_ms, end_ms=each.end_ms)
            for each in heard.segments
        ],
        sent_characters=heard.sent_characters,
        heard_characters=heard.heard_characters,
        sent_ms=heard.sent_ms,
        heard_ms=heard.heard_ms,
        measured=heard.measured,
        started_at=rfc3339(heard.started_at),
        ended_at=None if heard.ended_at is None else rfc3339(heard.ended_at),
    )
