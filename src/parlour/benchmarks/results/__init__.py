"""What a test shows: matrix, intervals, verdicts with a word and a sentence, cases with blame, reports, an estimate.

Promises: a number is never told without how sure it is; what is not known is said, with its reason; nothing here
writes. Reading is a bounded number of statements, computing happens off the event loop and is kept until the test
changes (`keeping.py`). numpy and scipy are imported where something is computed, never before.
Read next: `shapes.py` (what comes out), `data.py` (what goes in), `assembling.py`, `comparing.py`, `estimate.py`.
"""
