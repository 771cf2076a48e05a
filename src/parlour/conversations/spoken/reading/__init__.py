"""What becomes of spoken messages once they are said: disputes, copies, and the end of recordings.

Promises: the engine's words stay as they were, whatever people decide; a recording is forgotten with its chat,
or when it is old, and its copies are files of their own. Writing while somebody speaks is in `spoken/store.py`.
Read next: `disputes.py`, `keeping.py`, `unclear.py` one folder up.
"""
