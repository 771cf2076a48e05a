"""Files as values."""

from typing import Literal

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId

Origin = Literal["upload", "speech", "reply", "paper", "tool"]
TextStatus = Literal["none", "pending", "ok", "no_text", "failed"]
MediaKind = Literal["image", "video", "audio", "captions"]

EXTRACT = "files.extract"
READABLE = frozenset(
    {
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "text/plain",
        "text/markdown",
        "text/csv",
    }
)

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
    """A file to note down. `account_id` is None for one of content; `digest` is its SHA-256.

    `author_id`: who sent it for content or had it made; None for what came with a bundle.
    """

    id: str
    account_id: AccountId | None
    name: str
    mime_type: str
    bytes: int
    digest: str
    author_id: AccountId | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload(NewUpload):
    """A file. `created_at` in milliseconds."""

    created_at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """Bytes that were taken in and stored: `type` is what they are, `charset` how text is written."""

    digest: str
    size: int
    type: str
    charset: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewFile:
    """A file to keep under a handle. `account_id` None: the lab's; `name` may be anything a client sent."""

    account_id: AccountId | None
    name: str
    origin: Origin
    received: Received
    shared: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredFile:
    """A file with a handle (lab protocol 9). `sha256` in hexadecimal, `created_at` in milliseconds.

    `text_reason` is a key of `assistant.sentences.files` when `text_status` is `failed`; `pages` is
    known once text was read. `charset` is None for what is no text.
    """

    id: str
    account_id: AccountId | None
    name: str
    type: str
    charset: str | None
    size: int
    sha256: str
    origin: Origin
    shared: bool
    text_status: TextStatus
    text_reason: str | None
    pages: int | None
    created_at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Details:
    """What a file says about itself, as far as it was found. Foreign text: data, never instructions."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    doi: str | None = None
    year: int | None = None
    abstract: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TextRead:
    """What came of reading a file's text; `pages` is their number."""

    status: TextStatus
    reason: str | None
    pages: int | None
    details: Details


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadText:
    """Job `files.extract`: read the text of a file."""

    file_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FilePage:
    """A page of somebody's own files, newest first. `next` goes on after this page."""

    files: tuple[StoredFile, ...]
    next: str | None
    used: int
