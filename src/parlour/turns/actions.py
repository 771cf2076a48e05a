"""Begin and stop a turn. The turn itself is a job (`work.py`)."""

from parlour.conversations import actions as conversations
from parlour.conversations.actions import Learner
from parlour.conversations.entities import Chat
from parlour.conversations.spoken import ledger, sessions
from parlour.conversations.spoken.entities import VoiceSession
from parlour.conversations.spoken.ledger import Playback
from parlour.jobs import queue
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import ChatId, JobId, MessageId
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx

ANSWER = "turns.answer"
FALLBACK_SECONDS = 20.0
SESSION_CLAIM = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerTurn:
    """The job of one reply. `spoken`: it is complete when a voice session has spoken it. `apart`: a realtime service
    makes it; the job only completes it, and answers itself if the session dies."""

    chat_id: ChatId
    message_id: MessageId
    spoken: bool = False
    apart: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Begun:
    """The messages of a turn that has begun."""

    query_id: MessageId
    reply_id: MessageId


def begin_turn(tx: Tx, chat: Chat, said: Learner, voice: VoiceSession | None = None) -> Begun:
    """Store what the learner said and the place of the reply, and have it answered; `voice` will speak the reply.

    Refuses with `not_found` (parent), then `turn_in_progress`.
    """
    personas = chat.snapshot.persona_ids
    persona_id = personas[0] if len(personas) == 1 else None
    query, reply = conversations.add_exchange(tx, chat.id, said, replier_id=persona_id)
    if conversations.running_reply(tx, chat.id):
        raise Refusal("turn_in_progress", "The previous answer is still being written.")
    apart = voice is not None and voice.path == "realtime"
    body = AnswerTurn(chat_id=chat.id, message_id=reply.id, spoken=voice is not None, apart=apart)
    job_id = tx.enqueue(ANSWER, body, delay_seconds=FALLBACK_SECONDS if apart else 0)
    fence = fence_of_session(voice) if voice and apart else conversations.fence_of(str(job_id), 1)
    conversations.store_exchange(tx, query, reply, fence)
    if voice is not None:
        ledger.begin(tx, chat.id, reply.id, voice.id)
    return Begun(query_id=query.id, reply_id=reply.id)


def fence_of_session(voice: VoiceSession) -> str:
    """The right of a realtime session to write the replies that it makes."""
    return conversations.fence_of(voice.id, SESSION_CLAIM)


def stop_turn(tx: Tx, chat_id: ChatId, played: Playback | None = None) -> bool:
    """End the running reply with what was said so far; False if nothing is running.

    Of a reply that is being spoken stays what was heard (`played`), else what had been sent by now. Its worker
    hears of it through the room's log and cancels the model's request.
    """
    running = conversations.running_reply(tx, chat_id)
    heard = ledger.speaking(tx, running.id) if running else None
    keep: int | None = None
    if running and heard and (played is not None or sessions.is_live(tx, heard.session_id, chat_id)):
        keep = ledger.cut(tx, heard, running.content, played)
    elif running and heard:
        ledger.abandon(tx, heard, running.content)
    stopped = conversations.stop_reply(tx, chat_id, keep=keep)
    if stopped is None:
        return False
    _, fence = stopped
    queue.cancel(tx, JobId(fence.partition("#")[0]))
    return True


def interrupt_turn(tx: Tx, chat_id: ChatId, played: Playback) -> bool:
    """The learner speaks into a reply: what was heard of it stays. False if it is not running any more."""
    running = conversations.running_reply(tx, chat_id)
    return running is not None and running.id == played.message_id and stop_turn(tx, chat_id, played)


def answer_instead(tx: Tx, voice: VoiceSession) -> bool:
    """A realtime session has left: the ordinary model makes the answer that it owed. False if it owed none."""
    running = conversations.running_reply(tx, voice.chat_id)
    heard = ledger.speaking(tx, running.id) if running else None
    if voice.path != "realtime" or running is None or heard is None or heard.session_id != voice.id or heard.text:
        return False
    return _hand_on(tx, voice.chat_id, running.id)


def hand_over(tx: Tx, chat_id: ChatId, message_id: MessageId) -> bool:
    """All text of a reply that a realtime service made is stored: have it completed when it was spoken."""
    reply, heard = conversations.message(tx, message_id), ledger.speaking(tx, message_id)
    if reply is None or heard is None or not ledger.written(tx, heard, reply.content):
        return False
    return _hand_on(tx, chat_id, message_id)


def _hand_on(tx: Tx, chat_id: ChatId, message_id: MessageId) -> bool:
    """From now on a job of its own ends a reply that a realtime session wrote, or owed."""
    job_id = tx.enqueue(ANSWER, AnswerTurn(chat_id=chat_id, message_id=message_id, spoken=True, apart=True))
    return conversations.hand_on(tx, message_id, conversations.fence_of(str(job_id), 1))
