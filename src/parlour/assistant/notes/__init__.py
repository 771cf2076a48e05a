"""Notes on papers (lab protocol 11, 14.12).

A note is about a passage of a paper whose DOI its author knows. Notes on a shared paper are seen by
every member, notes on a recent paper by their author only. They are found by the paper searches
(source kind `note`). Read next: `entities.py`, `actions.py`.
"""
