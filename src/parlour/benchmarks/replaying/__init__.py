"""One recording replayed for one candidate, turn by turn (Glow 6.9).

Promises: a turn is stored with the facts that tell it before the next is begun; after a crash the turn that was being
written is begun anew, and no other; a stopped replay says nothing more; no tool is ever executed.
Read next: `context.py` (what a candidate reads, pure), `tools.py` (calls answered from the record), `live.py` (the
simulated person), `streams.py` (how a candidate is asked), `work.py` (the job), `divergence.py` (against the record).
"""
