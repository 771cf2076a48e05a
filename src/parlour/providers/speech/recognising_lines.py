"""What a server and its recognising child say to each other.

To the child go frames: a letter, the length of what follows (4 bytes, big-endian), and that many bytes:
`B` begins an utterance (JSON of `Begin`), `S` is sound, `E` ends it. From the child come lines of JSON, each a
`Said`: `ready` once, `interim` while it hears, `final` or `failed` for every `E`.
"""

import struct
from typing import Literal

from parlour.kernel.dataclass import dataclass
from parlour.speech.ports import Word

FRAME_BYTES_MAX = 1024 * 1024
LINE_BYTES_MAX = 1024 * 1024
HEAD = struct.Struct(">cI")

BEGIN, SOUND, END = b"B", b"S", b"E"


@dataclass(frozen=True, kw_only=True, slots=True)
class Begin:
    """An utterance begins. `language` None: the model's own."""

    language: str | None = None
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A line of the child. `text` is all words so far, or why it failed."""

    kind: Literal["ready", "interim", "final", "failed"]
    text: str = ""
    words: tuple[Word, ...] = ()
    language: str | None = None


def frame(letter: bytes, body: bytes = b"") -> bytes:
    """A frame for the child."""
    return HEAD.pack(letter, len(body)) + body
