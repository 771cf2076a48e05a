"""Films from any service that speaks `/videos`: ordered, asked about until it is there, then fetched."""

import asyncio
import re
from dataclasses import dataclass

import msgspec

from parlour.kernel.decoding import decode
from parlour.kernel.refusals import ProviderFault
from parlour.library.making.media import MediaWanted, Sink
from parlour.providers.media.service import MALFORMED, MediaService

PROMPT_CHARACTERS_MAX = 4_000
ANSWER_BYTES_MAX = 1024 * 1024
POLL_SECONDS = 2.0
FAILED = "The media service could not make the video."
_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
_ENDED = ("failed", "cancelled", "canceled", "expired")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Film:
    id: str
    status: str


class FilmService:
    """A `MediaEngine` for videos of so many seconds. Who waits for it bounds how long."""

    suffix = ".mp4"

    def __init__(self, service: MediaService, model: str, seconds: int, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._service = service
        self._model = model
        self._seconds = seconds
        self._poll_seconds = poll_seconds

    async def make(self, wanted: MediaWanted, sink: Sink) -> None:
        """One film."""
        asked = {"model": self._model, "prompt": wanted.text[:PROMPT_CHARACTERS_MAX], "seconds": str(self._seconds)}
        film = _read(await self._service.ask("POST", "/videos", msgspec.json.encode(asked), ANSWER_BYTES_MAX))
        while film.status != "completed":
            if film.status in _ENDED:
                raise ProviderFault(FAILED, retryable=False)
            await asyncio.sleep(self._poll_seconds)
            film = _read(await self._service.ask("GET", f"/videos/{film.id}", None, ANSWER_BYTES_MAX))
        await self._service.fetch(f"/videos/{film.id}/content", sink)


def _read(answer: bytes) -> _Film:
    """What the service says of a film; its id becomes a part of an address."""
    try:
        film = decode(answer, _Film)
    except msgspec.DecodeError as error:
        raise ProviderFault(MALFORMED, retryable=False) from error
    if _ID.fullmatch(film.id) is None:
        raise ProviderFault(MALFORMED, retryable=False)
    return film
