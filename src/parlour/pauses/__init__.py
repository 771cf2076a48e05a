"""Questions that work asks a person (architecture 2.4): a pause is a planned crash.

Work that needs an answer stores the question and ends; nothing waits in memory. Promises (P7): a
question survives any restart; it is settled exactly once, by an answer, its deadline or a
cancellation, whichever process is first; an answer or a deadline starts the work again.
Read next: `entities.py`, then `actions.py`.
"""
