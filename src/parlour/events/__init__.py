"""The room log and its readers: a room is a log, a reader is a cursor.

Promises: a reader sees every event of its rooms once, in the order of commits, or is told that
it cannot. Nothing is published that is not stored. `pos` is the position of an event in the
order of commits, without holes; `seq` its number in a room, without holes.
Read next: `log.py` (reading), `pump.py` (waking), `facts.py` (what may be said).
"""
