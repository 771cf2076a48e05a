"""How long recordings are kept, what goes with a chat, and what a copy of a chat takes along."""

from collections.abc import Mapping, Sequence

from parlour.conversations.spoken import utterances
from parlour.conversations.spoken.reading import store
from parlour.conversations.spoken.reading.store import UtteranceCopy
from parlour.files import actions as files
from parlour.kernel.ids import ChatId, MessageId
from parlour.storage.tx import Tx

BATCH = 200


def chat_of_recording(tx: Tx, upload_id: str) -> ChatId | None:
    """The chat that a recording is from; None if the upload is no recording."""
    return store.chat_of_upload(tx, upload_id)


def forget_recordings(tx: Tx, before_ms: int) -> int:
    """Forget recordings of utterances that ended before an instant, `BATCH` at most; how many.

    Words, times and the digest stay. The bytes go with the next sweep, unless a copy needs them.
    """
    found = store.recordings_before(tx, before_ms, BATCH)
    for recording in found:
        if store.let_go(tx, recording):
            files.forget(tx, recording.upload_id)
    return len(found)


def forget_speech(tx: Tx, chat_id: ChatId) -> None:
    """Remove all that was kept of the speech in a chat, recordings included."""
    for recording in store.recordings_of(tx, chat_id):
        files.forget(tx, recording.upload_id)
    store.remove(tx, chat_id)


def spools_needed(tx: Tx, names: Sequence[str]) -> set[str]:
    """Which of these spools belong to utterances that are going on."""
    return store.spools_needed(tx, names)


def copy_speech(tx: Tx, source_id: ChatId, target_id: ChatId, message_ids: Mapping[MessageId, MessageId]) -> None:
    """Copy what was spoken in a chat with its copied messages (new ids by old ones).

    Recordings are files of their own over the same bytes, and as old as the source: each is forgotten in its time.
    """
    uploads = {each.utterance_id: each.upload_id for each in store.recordings_of(tx, source_id)}
    for utterance in utterances.of_chat(tx, source_id):
        copied = message_ids.get(utterance.message_id)
        if copied is None:
            continue
        item_id, upload_id = tx.new_id(), uploads.get(utterance.id)
        place = UtteranceCopy(
            source_id=utterance.id,
            id=item_id,
            chat_id=target_id,
            message_id=copied,
            upload_id=files.copy(tx, upload_id) if upload_id else None,
        )
        store.copy_utterance(tx, place)
        store.set_item(tx, copied, item_id)
    for old, new in message_ids.items():
        store.copy_reply(tx, old, target_id, new)
