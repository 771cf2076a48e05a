"""The lab protocol over HTTP: members of a laboratory and their assistant (lab protocol, version 1).

Promises: identity comes from the credential alone, and what is not yours answers exactly as what is not there;
every refusal is a problem with a code of section 13.3; no other wire is imported here.
Read next: `callers.py` (who asks), `accounts.py` (signing in), `answers.py` (what all answers have).
"""
