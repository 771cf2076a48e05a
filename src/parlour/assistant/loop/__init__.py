"""The assistant at work: a turn as a state machine that a crash cannot confuse (lab protocol 7).

A turn goes prepare -> think -> act -> think ... -> final. Each job does one journalled step: it reads
where the turn stands (`standing.py`), does one thing, and stores what came of it together with the
next job, in one transaction. Whatever happened is a row of `lab_steps` and is never done again.
Read next: `work.py` (the job), `moves.py` (from step to step), `flows.py` and `acting.py` (tools),
`authorise.py` (nothing that needs a yes happens without one), `thinking.py`, `endings.py`, `drafts.py`.
"""
