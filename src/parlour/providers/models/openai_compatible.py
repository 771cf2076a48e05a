"""Any server that speaks `/chat/completions`: OpenAI, Ollama, vLLM, llama.cpp, gateways.

A thin adapter on aiohttp with its own reading of the stream: it costs a fraction of a vendor
SDK's time a token. What faults say is short and safe: no key, no text of a conversation, and
nothing the server wrote.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import replace

import aiohttp
from pydantic import SecretStr
from yarl import URL

from parlour.kernel.dice import Dice
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.limits import ModelLimits, pause_seconds, status_fault
from parlour.providers.models.openai_format import MALFORMED, Assembly, Dialect, encode, text_pieces
from parlour.providers.models.sse import EventLines, LineTooLong
from parlour.turns.ports import Piece, Request

_UNREACHABLE = "The model service could not be reached."
_CUT = "The model service broke off its answer."
_TOO_LARGE = "The answer of the model service is too large."


class OpenAICompatible:
    """A `Model` behind an OpenAI-compatible address such as `http://127.0.0.1:11434/v1`.

    A retryable fault before the first piece is retried, a bounded number of times with back-off;
    afterwards it is raised. Closing or cancelling a stream closes its connection at once.
    """

    def __init__(
        self, base_url: str, api_key: SecretStr | None, *, dice: Dice, limits: ModelLimits | None = None
    ) -> None:
        """Raises `ValueError`, without the value, for an address or key that cannot be used."""
        url = URL(base_url)
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError("the base URL of a model provider starts with http:// or https:// and names a host")
        if url.user is not None or url.password is not None:
            raise ValueError("the base URL of a model provider carries no user or password; use the API key")
        self._url = url.with_path(url.path.rstrip("/") + "/chat/completions", keep_query=True)
        self._headers = {"Content-Type": "application/json", "Accept": "text/event-stream, application/json"}
        if api_key is not None and api_key.get_secret_value():
            secret = api_key.get_secret_value().strip()
            if not secret.isascii() or not secret.isprintable():
                raise ValueError("the API key of a model provider has characters that a header cannot carry")
            self._headers["Authorization"] = f"Bearer {secret}"
        self._dice = dice
        self._limits = limits or ModelLimits()
        self._session: aiohttp.ClientSession | None = None
        self._dialects: dict[str, Dialect] = {}

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """The answer, piece by piece. Raises `ProviderFault`."""
        answer, pieces = await self._begin(request)
        try:
            while pieces:
                for piece in pieces:
                    yield piece
                pieces = await answer.more()
        finally:
            answer.close()

    async def aclose(self) -> None:
        """Close the connections; streams that still run break off."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _begin(self, request: Request) -> tuple["_Answer", list[Piece]]:
        """The answer and its first pieces, retried as the class promises."""
        attempt = 1
        while True:
            try:
                return await self._attempt(request)
            except ProviderFault as fault:
                pause = pause_seconds(self._limits, self._dice, attempt, fault)
                if pause is None:
                    raise
            await asyncio.sleep(pause)
            attempt += 1

    async def _attempt(self, request: Request) -> tuple["_Answer", list[Piece]]:
        answer = await self._open(request)
        try:
            return answer, await answer.more()
        except BaseException:
            answer.close()
            raise

    async def _open(self, request: Request) -> "_Answer":
        """The answer that the server began, in the richest dialect it takes."""
        dialect = self._dialects.get(request.model, Dialect())
        while True:
            response = await self._post(encode(request, dialect))
            if 200 <= response.status < 300:
                self._remember(request.model, dialect)
                return _Answer(response, self._limits)
            complaint = await self._complaint(response)
            simpler = dialect.without(complaint, request) if response.status in (400, 422) else None
            if simpler is None:
                raise status_fault(response.status, _retry_after(response))
            dialect = simpler

    def _remember(self, model: str, dialect: Dialect) -> None:
        """Keep what the server does not take; a schema is tried each time, since another may be taken."""
        known = replace(dialect, json_schema=True)
        if known != Dialect() and (model in self._dialects or len(self._dialects) < self._limits.models_max):
            self._dialects[model] = known

    async def _post(self, body: bytes) -> aiohttp.ClientResponse:
        session = self._session
        if session is None:
            session = self._session = self._new_session()
        try:
            return await session.post(self._url, data=body, allow_redirects=False)
        except (aiohttp.ClientSSLError, aiohttp.InvalidURL):
            raise ProviderFault(_UNREACHABLE, retryable=False) from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise ProviderFault(_UNREACHABLE, retryable=True) from None

    def _new_session(self) -> aiohttp.ClientSession:
        limits = self._limits
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=limits.connections_max),
            timeout=aiohttp.ClientTimeout(
                total=None, connect=limits.connect_seconds_max, sock_read=limits.silence_seconds_max
            ),
            headers=self._headers,
            skip_auto_headers=("Accept-Encoding", "User-Agent"),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def _complaint(self, response: aiohttp.ClientResponse) -> bytes:
        """The first bytes of an error's body; empty when they cannot be read. Closes the response."""
        complaint = b""
        try:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with asyncio.timeout(self._limits.trailing_seconds_max):
                    while len(complaint) < self._limits.error_bytes_max:
                        part = await response.content.readany()
                        if not part:
                            break
                        complaint += part
        finally:
            response.close()
        return complaint[: self._limits.error_bytes_max]


class _Answer:
    """A response being read: `more` until it gives nothing, `close` always."""

    def __init__(self, response: aiohttp.ClientResponse, limits: ModelLimits) -> None:
        self._response = response
        self._content = response.content
        self._limits = limits
        self._lines = EventLines(limits.line_bytes_max)
        self._assembly = Assembly(limits.tool_calls_max)
        self._bytes = 0
        self._over = False
        self._whole = response.content_type == "application/json"

    async def more(self) -> list[Piece]:
        """What the next bytes bring, at least one piece; empty after `Finished`. Raises `ProviderFault`."""
        if self._whole and not self._over:
            return await self._read_whole()
        while not self._over:
            chunk = await self._read()
            if not chunk:
                if self._assembly.finish_reason is None:
                    raise ProviderFault(_CUT, retryable=True)
                self._over = True
                return self._assembly.end()
            pieces = self._take(chunk)
            if self._over:
                await self._settle()
            if pieces:
                return pieces
        return []

    def close(self) -> None:
        """Give the connection back if the body was read to its end, else close it at once."""
        self._response.close()

    async def _read(self) -> bytes:
        """The next bytes, `b""` at the end. Once the answer is complete, silence and a cut are an end too."""
        try:
            if self._assembly.finish_reason is None:
                chunk = await self._content.readany()
            else:
                async with asyncio.timeout(self._limits.trailing_seconds_max):
                    chunk = await self._content.readany()
        except (aiohttp.ClientError, TimeoutError, OSError):
            if self._assembly.finish_reason is None:
                raise ProviderFault(_CUT, retryable=True) from None
            return b""
        self._bytes += len(chunk)
        if self._bytes > self._limits.answer_bytes_max:
            raise ProviderFault(_TOO_LARGE, retryable=False)
        return chunk

    def _take(self, chunk: bytes) -> list[Piece]:
        try:
            payloads = self._lines.feed(chunk)
        except LineTooLong:
            raise ProviderFault(_TOO_LARGE, retryable=False) from None
        texts: list[str] = []
        for payload in payloads:
            if payload == b"[DONE]":
                self._over = True
                return text_pieces(texts) + self._assembly.end()
            if payload:
                texts.append(self._assembly.take(payload))
        return text_pieces(texts)

    async def _read_whole(self) -> list[Piece]:
        """For a server that does not stream: the answer as one JSON text."""
        body: list[bytes] = []
        while chunk := await self._read():
            body.append(chunk)
        text = self._assembly.take(b"".join(body))
        if self._assembly.finish_reason is None:
            raise ProviderFault(MALFORMED, retryable=True)
        self._over = True
        return text_pieces([text]) + self._assembly.end()

    async def _settle(self) -> None:
        """Read the end of the body, which follows `[DONE]`, so that the connection can be used again."""
        if not self._content.at_eof():
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with asyncio.timeout(0.05):
                    await self._content.readany()


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    """The header's seconds; its other form, a date, is not read."""
    wait = response.headers.get("Retry-After", "")
    return float(wait) if wait.isascii() and wait.isdigit() and len(wait) <= 9 else None
