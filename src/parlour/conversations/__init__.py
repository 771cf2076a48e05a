"""Chats, their messages (a tree), and the rooms in which they are told.

Promises: a learner's message and the place of its reply are stored together; at most one reply is
being written in a chat; a reply is completed exactly once, and after that no text is added.
Read next: `tree.py` (branches, Glow 6.3.4), `actions.py`, `facts.py`.
"""
