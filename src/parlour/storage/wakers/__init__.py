"""How one process hears that another has committed.

Promise: a wake says only that there may be something; the pump reads the log, so a lost wake costs
a poll interval and never an event. Commits of the own process need no waker.
Read next: `postgresql.py`, and `parlour.events.pump` for who listens.
"""
