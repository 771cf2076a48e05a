"""Tests of models: recorded conversations are replayed against candidates, graded, and compared (Glow 1.4, 6.9).

Promises: a replay goes on after a crash at the turn where it was, and no cell is completed twice; a grade quotes words
of the replay; a verdict between candidates says how sure it is. Read next: `entities.py`; then `running/` (which cell
is next), `replaying/` (one recording, turn by turn), `judging/` (checks, judges, preferences), `statistics/` (pure),
`results/` (matrix, verdicts, reports), `recordings/` (benchmarks made from practice).
"""
