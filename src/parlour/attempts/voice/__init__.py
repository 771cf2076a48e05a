"""The running voice sessions of this process (Glow 6.8): frames in, words and answers out.

Promises: a start is answered within ten seconds, a stop too; an interruption really stops the answer; what
a process loses when it dies is less than a second of sound. What is kept is in `conversations/spoken/`.
Read next: `desk.py` (all sessions), `session.py` (one), `channels.py` (the two ways an answer is made).
"""
