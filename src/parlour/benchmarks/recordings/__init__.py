"""Recordings and benchmarks made in the house (Glow 1.4): from chats of practice, from uploads, by editing.

Promises: a chat becomes a recording only with a consent in words, and with the names of people replaced by neutral
ones; what is edited gets a new version, and tests that began with an older one keep it. Read next: `names.py` (whom
it finds, and what it cannot find), `from_chats.py`, `actions.py`, `erasing.py`.
"""
