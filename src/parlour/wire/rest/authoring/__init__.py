"""Writing content: drafts, what helps to write and to test them, and the library that they are published to.

Promises: a change names the version it is made to, and is never lost to another one.
Read next: `drafts.py` (drafts of artifacts), `artifacts.py` (the library). `*_shapes` have what is asked and answered.
"""
