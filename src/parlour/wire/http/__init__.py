"""What every wire shares over HTTP: problems, credentials, limits, health, metrics, logs.

Promises: every refusal leaves as `application/problem+json` from one table of codes; a body or
a request that is too big or too slow is ended by the server; nothing private reaches a log.
Read next: `problems.py` (codes and statuses), `credentials.py` (who is asking), `limits.py` and
`deadlines.py` (what a client may cost).
"""
