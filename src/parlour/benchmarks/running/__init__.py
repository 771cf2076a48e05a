"""Which cell of a test is next, and when a replay, an invocation and a test are over (Glow 6.9, 7.17 to 7.23).

Promises: no cell is completed twice; what is begun goes on after a crash, because every change of state stores the
next job with it; a bound of the plan is looked at before each start. Every change of a test begins by locking its row,
so of two servers one is first and the other sees what he did; a replay completes and fails under the lock of its own
row, and what follows of that for the test comes after, under the test's.
Read next: `starting.py`, `advancing.py` (a client says which run), `ending.py`, `stopping.py`, `filling.py` (what the
server starts by itself), `settling.py` (what is over), `halting.py` (bounds).
"""
