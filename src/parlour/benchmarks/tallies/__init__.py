"""What the cards of benchmarks count: tests, invocations, the best grade (Glow 10.4).

Promises: a fixed number of statements, however many benchmarks, tests and grades there are. Read next: `store.py`,
which is all of it; `../cards.py` shows what was counted.
"""
