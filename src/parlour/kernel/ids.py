"""Identifiers: UUIDv7 in canonical lower-case form (specification 0), and secrets."""

import hashlib
import re
import secrets
import uuid
from typing import NewType, Protocol

from parlour.kernel.clock import Clock

AccountId = NewType("AccountId", str)
AttemptId = NewType("AttemptId", str)
ChatId = NewType("ChatId", str)
MessageId = NewType("MessageId", str)
GradeId = NewType("GradeId", str)
EntryId = NewType("EntryId", str)
TemplateId = NewType("TemplateId", str)
JobId = NewType("JobId", str)
PauseId = NewType("PauseId", str)

_SHAPE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_BUNDLES = uuid.UUID("6f0a1c9e-5d0b-5a43-9a41-2f7a4c1f2d10")


class Ids(Protocol):
    """Where new identifiers come from."""

    def new(self) -> str:
        """A new identifier, never given before."""
        ...


class TimeOrderedIds:
    """UUIDv7: 48 bits of milliseconds, 74 random bits (RFC 9562, section 5.7)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def new(self) -> str:
        value = (self._clock.now_ms() & 0xFFFFFFFFFFFF) << 80 | secrets.randbits(80)
        value = value & ~(0xF << 76) | 0x7 << 76
        value = value & ~(0x3 << 62) | 0x2 << 62
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_id(text: str) -> bool:
    """Whether `text` has the form of an identifier."""
    return _SHAPE.fullmatch(text) is not None


def named_id(*names: str) -> str:
    """The identifier of a thing that a content bundle names; the same names give the same id."""
    return str(uuid.uuid5(_BUNDLES, "/".join(names)))


def new_secret() -> str:
    """A URL-safe secret of 256 random bits."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """SHA-256 in hexadecimal: what is stored and looked up instead of a secret.

    A fast digest is enough because secrets are random; passwords need `accounts.passwords`.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
