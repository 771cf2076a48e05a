"""Speech of the assistant: a recording into words, a reply into a recording (lab protocol 10).

Knows nothing of turns; `accepting/hearing.py` and `loop/speaking.py` decide what follows. Promises: what is
heard and said is bounded in bytes, in time and in how much happens at once; silence and noise are never
words; a missing or failing engine is an error with a code of 4.7, never an empty text or an empty file.
Read next: `ears.py`, `mouth.py`, `forms.py` (which words of a reply are spoken, and in which voice).
"""
