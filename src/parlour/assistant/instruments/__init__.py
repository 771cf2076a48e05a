"""The laboratory's instruments (lab protocol 8.2, 9.5, 14.15).

An instrument has documents, other names and super-users, who are named in answers and have no other
rights by that. Operators import them; every member may read them (search source kind `instrument`).
Read next: `entities.py`, `actions.py`.
"""
