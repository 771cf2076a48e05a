"""Attempts: a learner works through the chats of a home or practice entry.

Promises: an attempt moves on by one procedure (ADVANCE, Glow 6.1) and a chat is closed by one
(CLOSE, 6.2); commands on one attempt are serialised; not-yours looks like not-there.
Read next: `actions.py` (the verbs), `advance.py` (what comes next), `detail.py` (the read model).
"""
