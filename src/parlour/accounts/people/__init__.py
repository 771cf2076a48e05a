"""Whom staff see and change: accounts, departments and cohorts under the rights of who asks (Glow 1.1).

Promises: nobody changes an account of the own rank or above, gives such a role, or takes in people whom they do not
see; what one does not see is what is not there; every change leaves a row in the audit.
Read next: `seeing.py` (the rules), `listing.py` (pages), `managing.py` and `cohorts.py` (verbs).
"""
