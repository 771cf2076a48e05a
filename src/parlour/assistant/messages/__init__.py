"""What the person and the assistant said, and the state of the turns between them (lab protocol 2, 5, 14).

Promises: messages of an account are numbered without gaps, in the order of their commits; at most
one turn of an account runs or waits; a turn ends in exactly one final reply, and its end starts the
next one in the same transaction; the state of an account is always computed from rows and told
whenever it changes. Every transaction that changes an account's conversation takes `members.lock`
first. Read next: `turns.py`, `replies.py`, `reading.py`; `accepting/` is what takes messages.
"""
