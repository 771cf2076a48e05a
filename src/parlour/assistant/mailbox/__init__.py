"""The reply mailbox of an account: what a client that polls gets, and when it counts as received (lab protocol 4).

Promises: a final is given to one client at a time and again until its whole body was handed over;
an open question is given until it is closed; what is older than the person's next message is
folded into the reply to it, never lost. Everything here is a function of stored rows.
Read next: `actions.py` (look, claim, acknowledge), `folding.py`, `compacting.py`.
"""
