"""Handles: `files/<file id>/<name>`, what clients, tools and messages call a file by (lab protocol 9.1).

A handle is never a path. It is looked up by its id, and then its name must be the stored one, so
whoever wants to read a file must have been told both.
"""

import re
import unicodedata
from typing import Protocol

from parlour.kernel.ids import new_secret

ID_CHARS = 22  # of 64 possible ones each: 132 random bits
HANDLE_CHARS_MAX = 400
PREFIX = "files/"
_ID = re.compile(rf"[A-Za-z0-9_-]{{{ID_CHARS}}}")


class Named(Protocol):
    """What a handle is made of."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


def new_file_id() -> str:
    """An id that cannot be guessed."""
    return new_secret()[:ID_CHARS]


def handle_of(file: Named) -> str:
    """The handle of a file."""
    return f"{PREFIX}{file.id}/{file.name}"


def parse(text: str) -> tuple[str, str] | None:
    """The id and the name (NFC) of a handle; None for anything else."""
    if len(text) > HANDLE_CHARS_MAX or not text.startswith(PREFIX):
        return None
    file_id, _, name = text.removeprefix(PREFIX).partition("/")
    if not _ID.fullmatch(file_id) or not name or "/" in name or "\0" in name:
        return None
    try:
        name.encode()
    except UnicodeEncodeError:
        return None
    return file_id, unicodedata.normalize("NFC", name)
