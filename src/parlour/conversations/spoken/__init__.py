"""What was said and heard by voice in a chat, as it is kept: sessions, utterances, the heard ledger.

Promises: an utterance ends exactly once, as words, as nothing, or as a failure with its recording kept; of a
spoken answer it is known what was generated, sent and heard, and only what was heard stays in the message
when it was interrupted. The running session is in `attempts/voice/`. Read next: `entities.py`, `ledger.py`.
"""
