"""Files: what was uploaded, or came with content. A row says what it is, a blob holds its bytes.

Promises: a row never names bytes that were not stored before it; what is said to be an image, a
video, a sound or captions has been looked at; links for players end after ten minutes.
Read next: `entities.py`, `ports.py` (where bytes are), `tickets.py`. Who may read a file of
published content is decided where content is used: `attempts/media.py`.
"""
