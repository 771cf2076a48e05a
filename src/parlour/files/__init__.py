"""Files: what was uploaded or made, or came with content. A row says what it is, a blob holds its bytes.

Promises: a row never names bytes that were not stored before it; types come from the bytes; links for
players end after ten minutes. Files of the laboratory have a handle that cannot be guessed and is no
path; their text is read apart and found by whoever may read it; what nothing uses is swept.
Read next: `entities.py`, `handles.py`, `intake.py`, then `authored/`, `extraction/` and `search/`. Who may read a
file of content is decided where content is used: `attempts/media.py`, and written: `library/media.py`.
"""
