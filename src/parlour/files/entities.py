"""Files as values."""

from dataclasses import dataclass
from typing import Literal

from parlour.kernel.ids import AccountId

MediaKind = Literal["image", "video", "audio", "captions"]

# What a browser may show in its place; everything else is offered for saving.
INLINE = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/webp",
        "video/webm",
        "video/mp4",
        "audio/webm",
        "audio/ogg",
        "audio/mpeg",
        "audio/wav",
        "audio/mp4",
        "text/vtt",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewUpload:
    """A file to note down. `account_id` is None for one that comes with content; `digest` is its SHA-256."""

    id: str
    account_id: AccountId | None
    name: str
    mime_type: str
    bytes: int
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload(NewUpload):
    """A file. `created_at` in milliseconds."""

    created_at: int
