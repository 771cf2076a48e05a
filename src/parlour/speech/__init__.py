"""Speech as such: what engines are asked for, and what is done with sound before and after them.

Knows nothing of chats or people. Promises: hostile sound is decoded by a child process only; every buffer
has a bound; a missing engine is a clear refusal, never silence.
Read next: `ports.py` (what an engine is), `activity.py` (when somebody speaks), `decoding/` (files).
"""
