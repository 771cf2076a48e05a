"""Who did what: a record that is only added to, and whose every row covers the row before (lab protocol 14.16).

Promises: a row is stored in the transaction of what it tells; rows are numbered without gaps; a byte that is
changed, or a row that is taken out, is found by `verify`. It holds ids and codes, never words of people.
Read next: `actions.py` (record, verify, list), `chain.py` (what a digest covers).
"""
