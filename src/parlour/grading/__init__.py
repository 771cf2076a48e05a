"""From a chat and its rubric to a grade with evidence (Glow 6.4).

Promises: the score is the sum of one described level per criterion, whatever numbers a model
writes; every quote that is stored was said by the learner on the active path; a verdict that
cannot be used is never stored, the grade is then `failed` with a reason.
Read next: `rules.py` (pure), `prompt.py` (what a grader is asked), `work.py`, `actions.py`.
"""
