"""People: accounts, roles, departments, cohorts, sessions, passwords and the daily limit.

Promises: passwords are kept as argon2id hashes and tokens as SHA-256 digests only; a disabled
account or a revoked session ends at once and everybody is told through the person room; the
daily limit is counted in the transaction of the request it counts.
Read next: `entities.py` (what an account is), `access.py` (whose work staff see, decision D1), `people/` (whom staff
see and change), `actions.py` (verbs), `tokens.py`, `passwords.py`, `oidc.py`, `jwt.py` (credentials).
"""
