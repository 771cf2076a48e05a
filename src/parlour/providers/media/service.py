"""A service below an address such as `https://images.example/v1`: bounded questions, bounded answers, no redirects."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Literal

import aiohttp
from pydantic import SecretStr
from yarl import URL

from parlour.kernel.refusals import ProviderFault
from parlour.library.making.media import Sink
from parlour.providers.addresses import check_address
from parlour.providers.models.limits import status_fault
from parlour.providers.resolving import CarefulResolver

CONNECT_SECONDS_MAX = 10.0
SILENCE_SECONDS_MAX = 300.0
UNREACHABLE = "The media service could not be reached."
MALFORMED = "The media service gave an answer that cannot be read."
TOO_LARGE = "The answer of the media service is too large."


class RequestRefused(ProviderFault):
    """The service does not take a request in this form (400 or 422): a simpler one may do."""


class MediaService:
    """Asks one service; each request has a connection of its own, for there are few."""

    def __init__(self, base_url: str, api_key: SecretStr | None) -> None:
        """Raises `ValueError`, without the value, for an address or key that cannot be used."""
        url = URL(base_url)
        if url.scheme not in ("http", "https") or not url.host or url.user is not None or url.password is not None:
            raise ValueError("the base URL of a provider starts with http:// or https:// and names a host, no user")
        self._base = url
        self._headers: dict[str, str] = {}
        secret = api_key.get_secret_value().strip() if api_key is not None else ""
        if secret and not (secret.isascii() and secret.isprintable()):
            raise ValueError("the API key of a provider has characters that a header cannot carry")
        if secret:
            self._headers["Authorization"] = f"Bearer {secret}"

    async def ask(self, method: Literal["GET", "POST"], path: str, body: bytes | None, bytes_max: int) -> bytes:
        """The whole answer to a question in JSON. Raises `RequestRefused`, `ProviderFault`."""
        answer = bytearray()
        async with self._answer(method, path, body) as response:
            while piece := await response.content.readany():
                answer += piece
                if len(answer) > bytes_max:
                    raise ProviderFault(TOO_LARGE, retryable=False)
        return bytes(answer)

    async def fetch(self, path: str, sink: Sink) -> None:
        """Pass the bytes of a path on; `sink` bounds them. Raises `ProviderFault`."""
        async with self._answer("GET", path, None) as response:
            while piece := await response.content.readany():
                await sink(piece)

    @asynccontextmanager
    async def _answer(self, method: str, path: str, body: bytes | None) -> AsyncGenerator[aiohttp.ClientResponse]:
        """An answer whose status is success."""
        url = self._base.with_path(self._base.path.rstrip("/") + path, keep_query=True)
        timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS_MAX, sock_read=SILENCE_SECONDS_MAX)
        headers = self._headers | ({"Content-Type": "application/json"} if body is not None else {})
        try:
            check_address((url.host or "").strip("[]"))
            async with (
                aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(resolver=CarefulResolver()),
                    timeout=timeout,
                    cookie_jar=aiohttp.DummyCookieJar(),
                ) as session,
                session.request(method, url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                if response.status in (400, 422):
                    raise RequestRefused("The media service does not take this request.", retryable=False)
                if not 200 <= response.status < 300:
                    raise status_fault(response.status)
                yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ProviderFault(UNREACHABLE, retryable=True) from error
