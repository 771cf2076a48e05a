"""What makes pictures, films and spoken texts for drafts, as far as a deployment has engines (Glow 6.10.3, 7.3).

The engines stand in `parlour.providers.media`; what they make is kept as files of whoever asked for it
(`files.authored`).
"""

from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

from parlour.drafts.making import Receipt, TaskError
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId

MediaKind = Literal["image", "video", "audio"]
_NONE: dict[MediaKind, str] = {
    "image": "No service here makes images.",
    "video": "No service here makes videos.",
    "audio": "No engine here speaks.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaWanted:
    """What is to be made. `text`: what is to be seen or said; `name`: what the file is called, without its ending.

    `account_id`: who asks for it; `room`: how many bytes there is room for; `seed` makes repetitions of one value
    alike where an engine can; `receipt` is for engines that are paid when they are asked, and take their time.
    """

    kind: MediaKind
    name: str
    text: str
    account_id: AccountId
    room: int
    seed: str
    receipt: Receipt


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaFile:
    """A file that was made; `size` in bytes. Its bytes are stored, and go again unless a value names them soon."""

    name: str
    mime_type: str
    size: int
    digest: str


class MediaMaker(Protocol):
    """Makes media."""

    def makes(self, kind: MediaKind) -> bool:
        """Whether there is an engine for this kind."""
        ...

    async def make(self, wanted: MediaWanted) -> MediaFile:
        """Make it and store its bytes. Raises `TaskError` (`model`) without an engine, `ProviderFault`."""
        ...


Sink = Callable[[bytes], Awaitable[None]]
"""Takes bytes as they come, and bounds them."""


class MediaEngine(Protocol):
    """Makes media of one kind. `suffix`: the ending of their names."""

    suffix: str

    async def make(self, wanted: MediaWanted, sink: Sink) -> None:
        """Make it; `sink` takes its bytes. Raises `ProviderFault`."""
        ...


def no_engine(kind: MediaKind) -> TaskError:
    """Why a value of this kind cannot be made here."""
    return TaskError("model", _NONE[kind])


class NoMedia:
    """A `MediaMaker` of a deployment without engines."""

    def makes(self, kind: MediaKind) -> bool:
        """Never."""
        return False

    async def make(self, wanted: MediaWanted) -> MediaFile:
        """Always raises."""
        raise no_engine(wanted.kind)


NO_MEDIA = NoMedia()
