"""The text of uploaded files, read by a child process that can do nothing else (lab protocol 9.3).

Promises: a file that breaks its reader, or a limit, is `failed` with a reason and stays downloadable;
the server never parses it itself. Read next: `child.py` (what runs apart), `process.py` (how it is
started, bounded and ended), `work.py` (`TextReader`).
"""
