"""Erasing what a room was told, for good: because a person asked for it (lab protocol 5.2).

Unlike `events/compaction.py`, which drops what nobody needs any more, nothing of the old bodies is
left. Positions and numbers of a room still never fall back. Read next: `actions.py`.
"""
