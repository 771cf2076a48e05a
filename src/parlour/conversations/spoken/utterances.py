"""What a learner says, from the first sound to words, nothing, or a failure: each ends once."""

from dataclasses import replace

from parlour.conversations.facts import SpeechDropped, SpeechHeard, SpeechStarted
from parlour.conversations.rooms import chat_room
from parlour.conversations.spoken import store
from parlour.conversations.spoken.entities import Utterance, VoiceSession
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import ChatId, MessageId
from parlour.speech.ports import Transcript
from parlour.storage.tx import Tx

CHAT_ENDED = "chat_ended"


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """The recording of an utterance that was kept: an uploads row, and the file behind it."""

    upload_id: str
    sha256: str
    audio_bytes: int
    audio_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How an utterance ends. `transcript` None: the engine failed, `error` says how. `told`: the words so far that
    the room was told last. `audio_ms`: how long it was, also where no recording is kept."""

    transcript: Transcript | None
    engine: str
    told: str = ""
    audio_ms: int = 0
    recorded: Recorded | None = None
    error: str | None = None

    @property
    def text(self) -> str:
        """The words, without white space around them; empty if there are none."""
        return self.transcript.text.strip() if self.transcript else ""


def begin(tx: Tx, session: VoiceSession, *, spooled: bool) -> Utterance:
    """Somebody speaks: the place of what is said, and of the message it may become. Told to the room."""
    item_id = tx.new_id()
    utterance = Utterance(
        id=item_id,
        chat_id=session.chat_id,
        message_id=MessageId(tx.new_id()),
        account_id=session.account_id,
        session_id=session.id,
        state="speaking",
        engine="",
        language=None,
        text="",
        words=(),
        spool=item_id if spooled else None,
        upload_id=None,
        sha256=None,
        audio_bytes=0,
        audio_ms=0,
        error=None,
        dispute=None,
        disputed_text=None,
        disputed_at=None,
        decided_by=None,
        decided_at=None,
        replaced_text=None,
        started_at=tx.now_ms,
        ended_at=None,
    )
    store.insert_utterance(tx, utterance)
    tx.announce(
        [chat_room(session.chat_id)],
        SpeechStarted(
            chat_id=session.chat_id, message_id=utterance.message_id, item_id=item_id, created_at=utterance.started_at
        ),
    )
    return utterance


def utterance(tx: Tx, item_id: str) -> Utterance | None:
    """An utterance."""
    return store.utterance(tx, item_id)


def held(tx: Tx, item_id: str) -> Utterance | None:
    """An utterance that nobody else changes before this transaction ends."""
    return store.held_utterance(tx, item_id)


def of_chat(tx: Tx, chat_id: ChatId) -> list[Utterance]:
    """Every utterance of a chat, by its beginning."""
    return store.utterances_of(tx, chat_id)


def understood(tx: Tx, utterance: Utterance, text: str) -> None:
    """What was understood so far: the whole text."""
    found = store.utterance(tx, utterance.id)
    if found is not None and found.state == "speaking":
        _tell_words(tx, utterance, text)


def recognise(tx: Tx, item_id: str) -> bool:
    """The sound is complete, its words are being found out; False if the utterance is not being spoken."""
    return store.set_recognising(tx, item_id)


def say(tx: Tx, utterance: Utterance, outcome: Outcome) -> bool:
    """There were words; False if the utterance has ended. Its message is stored by the caller."""
    if not store.end_utterance(tx, _ended(tx, replace(utterance, state="said"), outcome)):
        return False
    if outcome.told != outcome.text:
        _tell_words(tx, utterance, outcome.text)
    return True


def drop(tx: Tx, utterance: Utterance, outcome: Outcome) -> bool:
    """There were none, or they could not be found out (`error`): the bubble closes. False if it has ended."""
    state = "failed" if outcome.error else "blank"
    if not store.end_utterance(tx, _ended(tx, replace(utterance, state=state), outcome)):
        return False
    _tell_dropped(tx, utterance)
    return True


def drop_all(tx: Tx, chat_id: ChatId) -> None:
    """The chat closes: nothing that is being said becomes a message any more."""
    for each in store.open_utterances(tx, chat_id):
        if store.drop_utterance(tx, each.id, "failed", CHAT_ENDED):
            _tell_dropped(tx, each)


def _tell_words(tx: Tx, utterance: Utterance, text: str) -> None:
    tx.announce(
        [chat_room(utterance.chat_id)],
        SpeechHeard(chat_id=utterance.chat_id, message_id=utterance.message_id, item_id=utterance.id, transcript=text),
    )


def _tell_dropped(tx: Tx, utterance: Utterance) -> None:
    tx.announce(
        [chat_room(utterance.chat_id)],
        SpeechDropped(
            chat_id=utterance.chat_id,
            message_id=utterance.message_id,
            item_id=utterance.id,
            created_at=utterance.started_at,
        ),
    )


def _ended(tx: Tx, utterance: Utterance, outcome: Outcome) -> Utterance:
    transcript, recorded = outcome.transcript, outcome.recorded
    return replace(
        utterance,
        engine=outcome.engine,
        language=transcript.language if transcript else None,
        text=outcome.text,
        words=transcript.words if transcript else (),
        upload_id=recorded.upload_id if recorded else None,
        sha256=recorded.sha256 if recorded else None,
        audio_bytes=recorded.audio_bytes if recorded else 0,
        audio_ms=recorded.audio_ms if recorded else outcome.audio_ms,
        error=outcome.error,
        ended_at=tx.now_ms,
    )
