"""Films from any service that speaks `/videos`: ordered once, asked about until it is there, then fetched."""

import asyncio
import re

import msgspec

from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import ProviderFault
from parlour.library.making.media import MediaWanted, Sink
from parlour.providers.media.service import MALFORMED, MediaService

PROMPT_CHARACTERS_MAX = 4_000
ANSWER_BYTES_MAX = 1024 * 1024
POLL_SECONDS = 0.25
POLL_SECONDS_MAX = 5.0
FAILED = "The media service could not make the video."
_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
_ENDED = ("failed", "cancelled", "canceled", "expired")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Film:
    id: str
    status: str


class FilmService:
    """A `MediaEngine` for videos of so many seconds. Who waits for it bounds how long.

    The service is asked again after `poll_seconds`, then ever more seldom.
    """

    suffix = ".mp4"

    def __init__(self, service: MediaService, model: str, seconds: int, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._service = service
        self._model = model
        self._seconds = seconds
        self._poll_seconds = poll_seconds

    async def make(self, wanted: MediaWanted, sink: Sink) -> None:
        """One film; that which was ordered before, if its order has a number."""
        number = wanted.receipt.number
        film = await self._order(wanted) if number is None else await self._ask(number)
        pause = self._poll_seconds
        while film.status != "completed":
            if film.status in _ENDED:
                raise ProviderFault(FAILED, retryable=False)
            await asyncio.sleep(pause)
            pause = min(2 * pause, POLL_SECONDS_MAX)
            film = await self._ask(film.id)
        await self._service.fetch(f"/videos/{film.id}/content", sink)

    async def _order(self, wanted: MediaWanted) -> _Film:
        asked = {"model": self._model, "prompt": wanted.text[:PROMPT_CHARACTERS_MAX], "seconds": str(self._seconds)}
        film = _read(await self._service.ask("POST", "/videos", msgspec.json.encode(asked), ANSWER_BYTES_MAX))
        await wanted.receipt.keep(film.id)
        return film

    async def _ask(self, number: str) -> _Film:
        return _read(await self._service.ask("GET", f"/videos/{number}", None, ANSWER_BYTES_MAX))


def _read(answer: bytes) -> _Film:
    """What the service says of a film; its id becomes a part of an address."""
    try:
        film = decode(answer, _Film)
    except msgspec.DecodeError as error:
        raise ProviderFault(MALFORMED, retryable=False) from error
    if _ID.fullmatch(film.id) is None:
        raise ProviderFault(MALFORMED, retryable=False)
    return film
