"""People, and what they are given: accounts, roles, departments, cohorts, trainings.

Promises: nobody manages whom he does not outrank.
Read next: `accounts.py`, `cohorts.py`, `trainings.py`.
"""
