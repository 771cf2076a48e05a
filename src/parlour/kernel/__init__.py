"""The ground everything stands on: ids, clock, dice, actor, refusals.

No I/O, and nothing of Parlour is imported here. Time, identifiers and randomness reach the
rest of the code as objects of this package, so that a test can decide them.
Read next: `refusals.py` (what bad input gets), `actor.py` (who is asking).
"""
