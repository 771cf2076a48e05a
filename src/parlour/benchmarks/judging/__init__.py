"""What a replay is worth: checks by program, levels by judges, choices between two, marks by people, blame.

Promises: checks come before judges and cost a bounded time; a judge picks levels, the server computes every number
(Glow 6.4.1) and keeps only quotes that are in the outputs (6.4.5); what a candidate says is data and chooses nothing;
a verdict that cannot be used is never stored, the grade is then `failed` with its reason.
Read next: `checks.py` (pure), `papers.py` (what a judge reads), `work.py` (the jobs), `grading.py`, `preferring.py`,
`marks.py`, `blame.py` (pure).
"""
