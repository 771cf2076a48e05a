"""Files for content that authors sent or had made: whose they are, how much an author may keep, and what names them.

Such a file has an author and no owner. Promises: nobody keeps more than the quota says; a file that nothing names is
swept, one that is being named never is. Who may name and read one is decided above (`library.media`).
Read next: `entities.py`, `actions.py`; `files.sweeping` sweeps.
"""
