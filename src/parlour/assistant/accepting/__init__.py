"""Taking what a person sends: a message that starts a turn, waits, or is an answer (lab protocol 2.2 to 2.4, 5).

Promises: the server's own state decides, never the address that was used; whatever is sent happens
whole, in one transaction, or not at all; a message accepted before a question can never answer it;
messages are never merged. `cancel` ends turns with a reply, `clear` without one.
Read next: `actions.py`, then `stopping.py` and `clearing.py`.
"""
