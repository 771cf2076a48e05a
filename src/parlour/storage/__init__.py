"""Where everything is kept: SQLite or PostgreSQL behind one `Database`.

Promises: what `Database.write` returned is durable; the events a transaction announced are in the
log exactly if the transaction is; both stores give the same answers.
Read next: `tx.py` (what an action may do), `writer.py` (group commit), `schema.py` (the tables).
"""
