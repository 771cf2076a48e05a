"""The list of benchmarks that an account may run, each with what came of its tests (Glow 10.4).

Promises: a fixed number of statements counts them, however many benchmarks, tests and grades there are.
Read next: `showing.py` (a card), `store.py` (what is counted).
"""
