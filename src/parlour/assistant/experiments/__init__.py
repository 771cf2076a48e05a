"""Experiments and their logs (lab protocol 8.2, 14.13, 14.14).

An experiment belongs to one member, is private or open to the laboratory, and has an append-only log:
a wrong entry is corrected by a new one that names it. A member has at most one current experiment,
until a time. Entries are found by search (source kind `entry`) by those who may read them.
Read next: `entities.py`, `actions.py`; `export.py` and `eln.py` write what was recorded to files.
"""
