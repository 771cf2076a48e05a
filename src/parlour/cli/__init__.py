"""The command line: `parlour serve`, `demo`, `user`, `content`, `config`, `doctor`, `backup`, `restore`.

Promises: exit code 0 or 1 (2 for a wrong option), what went wrong in one sentence on standard error,
no secret on any stream unless it was asked for, and no heavy import before the command that needs it.
One file per noun; `root.py` puts them together, `commands.py` says what all of them share.
Read next: `commands.py`, then `serve.py`.
"""

from parlour.cli.root import main

__all__ = ["main"]
