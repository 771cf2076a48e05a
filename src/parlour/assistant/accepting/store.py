"""SQL over what refers to files, for `clearing.py`."""

from parlour.storage.tx import Tx


def is_referred_to(tx: Tx, upload_id: str) -> bool:
    """Whether a message, paper, log entry or instrument has this file."""
    row = tx.one(
        "SELECT 1 AS yes WHERE EXISTS (SELECT 1 FROM lab_message_files WHERE upload_id = :id)"
        " OR EXISTS (SELECT 1 FROM lab_messages WHERE speech_upload_id = :id)"
        " OR EXISTS (SELECT 1 FROM papers WHERE upload_id = :id)"
        " OR EXISTS (SELECT 1 FROM log_files WHERE upload_id = :id)"
        " OR EXISTS (SELECT 1 FROM instrument_files WHERE upload_id = :id)",
        id=upload_id,
    )
    return row is not None
