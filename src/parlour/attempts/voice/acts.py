"""What a voice session stores, each in one transaction. Every function takes an open `Tx`; none waits."""

from dataclasses import replace

from parlour.accounts import actions as accounts
from parlour.attempts import access, store
from parlour.catalog.entities import Material
from parlour.catalog.filling import filled_scenario
from parlour.conversations import actions as conversations
from parlour.conversations.actions import Learner
from parlour.conversations.entities import Chat
from parlour.conversations.scenes import material_of
from parlour.conversations.spoken import ledger, sessions, utterances
from parlour.conversations.spoken.entities import Utterance, VoiceSession
from parlour.conversations.spoken.ledger import Playback
from parlour.conversations.spoken.recordings import record
from parlour.conversations.spoken.utterances import Outcome, Recorded
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal, forbidden, not_found
from parlour.speech.recording import Kept
from parlour.storage.tx import Tx
from parlour.turns import actions as turns
from parlour.turns.ports import Said
from parlour.turns.prompt import Scene, reply_prompt

RECOVER = "attempts.voice.recover"
RECOVER_SECONDS = 20.0
PHRASES_MAX = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class RecoverSpeech:
    """The job that looks after an utterance whose process may have died; `alone`: its session was dead before."""

    utterance_id: str
    alone: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """The chat that a session was opened in, and the conversation so far as a model reads it."""

    chat: Chat
    instructions: str
    said: tuple[Said, ...]
    phrases: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechSaid:
    """What became of an utterance: `said` if it became a message, `limited` if the daily limit refused that."""

    said: bool = False
    limited: Refusal | None = None


def check_may_speak(tx: Tx, actor: Actor, chat_id: str) -> None:
    """Refuse whoever may not speak in a chat, and a chat where nobody can (7.15). For reading."""
    found = access.chat_to_read(tx, actor, chat_id)
    if not found.owned:
        raise forbidden()
    _check_takes_speech(tx, found.chat)


def open_session(tx: Tx, actor: Actor, session: VoiceSession, timezone_name: str) -> Situation:
    """A session takes the voice of a chat, after the same checks and that of the daily limit."""
    found = access.chat_to_read(tx, actor, session.chat_id)
    if not found.owned:
        raise forbidden()
    chat = access.chat_of(tx, found.attempt, session.chat_id)
    _check_takes_speech(tx, chat)
    _check_limit(tx, actor.account_id, timezone_name)
    sessions.take(tx, replace(session, opened_at=tx.now_ms, seen_at=tx.now_ms))
    material = material_of(tx, chat)
    if material is None or not material.personas:
        raise not_found("Chat")
    path = [message for message in conversations.transcript(tx, chat.id) if message.counts]
    personas = material.personas[:1] if session.path == "realtime" else material.personas
    scene = Scene(personas=personas, scenario=material.scenario, documents=material.documents, path=path)
    system, *said = reply_prompt(scene)
    return Situation(chat=chat, instructions=system.content, said=tuple(said), phrases=_phrases(material))


def _check_takes_speech(tx: Tx, chat: Chat) -> None:
    access.check_takes_input(tx, chat)
    if not chat.snapshot.template.audio_enabled:
        raise Refusal("audio_disabled", "This chat accepts text only.")


def _phrases(material: Material) -> tuple[str, ...]:
    scenario = filled_scenario(material.scenario)
    names = [persona.name for persona in material.personas]
    return tuple([*names, scenario.name, *(objective.text for objective in scenario.objectives)][:PHRASES_MAX])


def begin_speech(tx: Tx, session: VoiceSession, played: Playback | None, timezone_name: str) -> Utterance:
    """Somebody speaks. `played`: into a reply, of which so much was heard; it ends with that (6.8.6).

    Refuses with `not_found` if the session or its chat is gone, `chat_completed`, `chat_expired`, `rate_limited`.
    """
    chat = conversations.locked_chat(tx, session.chat_id)
    if chat is None or not sessions.holds(tx, session.id, session.chat_id):
        raise not_found("Chat")
    access.check_takes_input(tx, chat)
    _check_limit(tx, session.account_id, timezone_name)
    if played is not None:
        turns.interrupt_turn(tx, chat.id, played)
    utterance = utterances.begin(tx, session, spooled=True)
    tx.enqueue(RECOVER, RecoverSpeech(utterance_id=utterance.id), delay_seconds=RECOVER_SECONDS)
    return utterance


def end_speech(tx: Tx, utterance: Utterance, outcome: Outcome, kept: Kept | None, timezone_name: str) -> SpeechSaid:
    """The words of an utterance are known, or that there are none: it becomes a message that is answered, or nothing.

    A reply that still runs is stopped first. If the chat is not open any more nothing comes of the words.
    """
    chat = conversations.locked_chat(tx, utterance.chat_id)
    found = utterances.held(tx, utterance.id)
    if chat is None or found is None or found.state not in ("speaking", "recognising"):
        return SpeechSaid()
    if outcome.text or outcome.error:
        outcome = replace(outcome, recorded=_recorded(tx, kept, found))
    refused = _refusal(tx, chat, found, timezone_name) if outcome.text else None
    if refused is not None:
        outcome = replace(outcome, error=refused.code)
    if outcome.error or not outcome.text:
        utterances.drop(tx, found, outcome)
        return SpeechSaid(limited=refused if refused and refused.code == "rate_limited" else None)
    utterances.say(tx, found, outcome)
    turns.stop_turn(tx, chat.id)
    attempt = store.attempt(tx, chat.attempt_id, lock=False)
    learner = Learner(
        text=outcome.text,
        persona_id=attempt.user_persona_id if attempt else None,
        message_id=found.message_id,
        item_id=found.id,
    )
    turns.begin_turn(tx, chat, learner, sessions.live(tx, chat.id))
    return SpeechSaid(said=True)


def _check_limit(tx: Tx, account_id: AccountId, timezone_name: str) -> None:
    """Refuse with `rate_limited` what would be one request too many, without counting it."""
    account = accounts.account_by_id(tx, account_id)
    limit = account.requests_per_day if account else None
    if limit is not None and accounts.requests_today(tx, account_id, timezone_name) >= limit:
        accounts.take_request(tx, account_id, timezone_name)


def _refusal(tx: Tx, chat: Chat, utterance: Utterance, timezone_name: str) -> Refusal | None:
    try:
        access.check_open(chat)
        accounts.take_request(tx, utterance.account_id, timezone_name)
    except Refusal as refusal:
        return refusal
    return None


def _recorded(tx: Tx, kept: Kept | None, utterance: Utterance) -> Recorded | None:
    upload_id = record(tx, kept, utterance)
    if kept is None or upload_id is None:
        return None
    return Recorded(upload_id=upload_id, sha256=kept.digest, audio_bytes=kept.size, audio_ms=kept.ms)


def spoken(tx: Tx, played: Playback) -> bool:
    """All sound of a reply was played; False if it has ended otherwise."""
    heard = ledger.speaking(tx, played.message_id)
    return heard is not None and ledger.spoken(tx, heard, played)


def leave(tx: Tx, session: VoiceSession, played: Playback | None) -> None:
    """A session is over. `played`: it was stopped while a reply was spoken, which ends with what was heard of it.
    An answer that a realtime service owes is made without it."""
    if played is not None and conversations.locked_chat(tx, session.chat_id) is not None:
        turns.interrupt_turn(tx, session.chat_id, played)
    sessions.leave(tx, session.id, session.chat_id)
    turns.answer_instead(tx, session)
