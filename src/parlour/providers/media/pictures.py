"""Pictures from any service that speaks `/images/generations`: OpenAI, LocalAI, gateways."""

import binascii
from collections.abc import Mapping

import msgspec

from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import ProviderFault
from parlour.library.making.media import MediaWanted, Sink
from parlour.providers.media.service import MALFORMED, MediaService, RequestRefused

PROMPT_CHARACTERS_MAX = 4_000
ANSWER_BYTES_MAX = 96 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class _Picture:
    b64_json: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    data: tuple[_Picture, ...]


class PictureService:
    """A `MediaEngine` for images. `size` like `1024x1024`."""

    suffix = ".png"

    def __init__(self, service: MediaService, model: str, size: str) -> None:
        self._service = service
        self._model = model
        self._size = size
        self._plain = False

    async def make(self, wanted: MediaWanted, sink: Sink) -> None:
        """One picture, whose bytes stand in the answer. Some services send nothing else and know no wish for it."""
        asked = {"model": self._model, "prompt": wanted.text[:PROMPT_CHARACTERS_MAX], "n": 1, "size": self._size}
        if self._plain:
            answer = await self._ask(asked)
        else:
            try:
                answer = await self._ask({**asked, "response_format": "b64_json"})
            except RequestRefused:
                answer = await self._ask(asked)
                self._plain = True
        try:
            found = decode(answer, _Answer)
            picture = binascii.a2b_base64(found.data[0].b64_json or "", strict_mode=True)
        except (msgspec.DecodeError, ValueError, IndexError) as error:
            raise ProviderFault(MALFORMED, retryable=False) from error
        if not picture:
            raise ProviderFault(MALFORMED, retryable=False)
        await sink(picture)

    async def _ask(self, asked: Mapping[str, object]) -> bytes:
        return await self._service.ask("POST", "/images/generations", msgspec.json.encode(asked), ANSWER_BYTES_MAX)
