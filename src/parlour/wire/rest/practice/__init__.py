"""What learners and their teachers read of attempts, and the lobby of a chat.

Promises: nothing of an attempt is shown to who may not read it; instructions and right answers are shown to nobody
who learns.
Read next: `attempts.py` (attempt detail, list, cards), `routes.py` (which routes there are).
"""
