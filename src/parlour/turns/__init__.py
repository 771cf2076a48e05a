"""One answer of a persona: prompt, stream, stop, hints.

Promises: what is streamed is stored before anybody sees it; a turn ends exactly once, whatever
happens to the model or to this process; after a stop no text follows (P10).
Read next: `ports.py` (what a model is), `work.py` (the runner), `prompt.py` (what a model reads).
"""
