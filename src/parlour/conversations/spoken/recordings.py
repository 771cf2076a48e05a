"""The recording of an utterance as a file: noted down with the utterance, forgotten with it.

It is an upload of the learner without a handle: it is no file of the laboratory, counts to no quota, and who may
read it is decided where the chat is known (`attempts.media`).
"""

from parlour.conversations.spoken.entities import Utterance
from parlour.files import actions as files
from parlour.files.entities import NewUpload
from parlour.speech.recording import Kept
from parlour.storage.tx import Tx

MIME_TYPE = "audio/wav"


def record(tx: Tx, kept: Kept | None, utterance: Utterance) -> str | None:
    """Note down what was kept of an utterance, in the transaction that ends it; the id of the upload."""
    if kept is None:
        return None
    upload_id = tx.new_id()
    files.record(
        tx,
        NewUpload(
            id=upload_id,
            account_id=utterance.account_id,
            name=f"speech-{utterance.id}.wav",
            mime_type=MIME_TYPE,
            bytes=kept.size,
            digest=kept.digest,
        ),
    )
    return upload_id
