"""Files of authors as values."""

from typing import Literal

from parlour.kernel.dataclass import dataclass

UserKind = Literal["draft", "content", "try"]


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaUser:
    """What names files: a draft, an artifact with all its versions (`content`), or a try, by its practice entry."""

    kind: UserKind
    id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaQuota:
    """What an account may keep for content, published or not: bytes together, and files."""

    bytes_max: int
    files_max: int
