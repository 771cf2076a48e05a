"""What the outside speech services have in common: an address, a key, limits, and how they fail.

Faults say in short what went wrong: no key, no words, no sound, and nothing that the server wrote.
"""

import asyncio
from collections.abc import Callable

import aiohttp
from pydantic import SecretStr
from yarl import URL

from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import ProviderFault
from parlour.providers.addresses import check_address
from parlour.providers.resolving import CarefulResolver

UNREACHABLE = "The speech service could not be reached."
TOO_LARGE = "The answer of the speech service is too large."
CUT = "The speech service broke off its answer."


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechLimits:
    """What one outside speech service may use."""

    connect_seconds_max: float = 10.0
    engine_seconds_max: float = 60.0
    """The longest wait for a transcript, and for the first sound of a text; also for a realtime session's start."""
    silence_seconds_max: float = 20.0
    """The longest wait for the next sound."""
    answer_bytes_max: int = 8 * 1024 * 1024
    sound_bytes_max: int = 64 * 1024 * 1024
    utterance_bytes_max: int = 24 * 1024 * 1024
    connections_max: int = 256
    attempts_max: int = 2
    retry_seconds: float = 0.5
    retry_seconds_max: float = 4.0
    frame_bytes_max: int = 4 * 1024 * 1024
    """The largest message of a realtime service."""
    ping_seconds: float = 20.0


class RefusedRequest(ProviderFault):
    """The service does not take a request in this form (400 or 422): a simpler one may do."""


class _Later(Exception):
    """A fault after which the request may be tried again, in `seconds`."""

    def __init__(self, fault: ProviderFault, seconds: float) -> None:
        super().__init__(fault.text)
        self.fault = fault
        self.seconds = seconds


class Outside:
    """A service below an address such as `https://speech.example/v1`."""

    def __init__(self, base_url: str, api_key: SecretStr | None, limits: SpeechLimits) -> None:
        """Raises `ValueError`, without the value, for an address or key that cannot be used."""
        url = URL(base_url)
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError("the base URL of a speech provider starts with http:// or https:// and names a host")
        if url.user is not None or url.password is not None:
            raise ValueError("the base URL of a speech provider carries no user or password; use the API key")
        self.limits = limits
        self._base = url
        self._headers: dict[str, str] = {}
        if api_key is not None and api_key.get_secret_value():
            secret = api_key.get_secret_value().strip()
            if not secret.isascii() or not secret.isprintable():
                raise ValueError("the API key of a speech provider has characters that a header cannot carry")
            self._headers["Authorization"] = f"Bearer {secret}"
        self._session: aiohttp.ClientSession | None = None

    def url(self, path: str) -> URL:
        """The address of a path that begins with a slash."""
        return self._base.with_path(self._base.path.rstrip("/") + path, keep_query=True)

    def session(self) -> aiohttp.ClientSession:
        """The pool of connections, opened at the first use. Raises `ProviderFault` for a link-local address."""
        if self._session is None:
            try:
                check_address((self._base.host or "").strip("[]"))
            except OSError:
                raise ProviderFault(UNREACHABLE, retryable=False) from None
            limits = self.limits
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=limits.connections_max, resolver=CarefulResolver()),
                timeout=aiohttp.ClientTimeout(total=None, connect=limits.connect_seconds_max),
                headers=self._headers,
                skip_auto_headers=("Accept-Encoding", "User-Agent"),
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[_staying()],
            )
        return self._session

    async def post(self, path: str, body: Callable[[], object], silence_seconds: float) -> aiohttp.ClientResponse:
        """An answer whose status is success; the caller closes it. `body` is made anew for every attempt.

        What may succeed later is tried again, `attempts_max` times. Raises `RefusedRequest`, `ProviderFault`.
        """
        attempt = 1
        while True:
            try:
                return await self._attempt(path, body(), silence_seconds)
            except _Later as later:
                if attempt >= self.limits.attempts_max or later.seconds > self.limits.retry_seconds_max:
                    raise later.fault from None
                pause = later.seconds
            await asyncio.sleep(pause)
            attempt += 1

    async def aclose(self) -> None:
        """Close the connections; what still runs breaks off."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _attempt(self, path: str, body: object, silence_seconds: float) -> aiohttp.ClientResponse:
        """One request. Raises `_Later` for what may succeed later."""
        timeout = aiohttp.ClientTimeout(total=None, connect=self.limits.connect_seconds_max, sock_read=silence_seconds)
        try:
            headers = {"Content-Type": "application/json"} if isinstance(body, bytes) else {}
            response = await self.session().post(
                self.url(path), data=body, headers=headers, allow_redirects=False, timeout=timeout
            )
        except (aiohttp.ClientSSLError, aiohttp.InvalidURL):
            raise ProviderFault(UNREACHABLE, retryable=False) from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise _Later(ProviderFault(UNREACHABLE, retryable=True), self.limits.retry_seconds) from None
        if 200 <= response.status < 300:
            return response
        response.close()
        text = f"The speech service answered with status {response.status}."
        if response.status in (400, 415, 422):
            raise RefusedRequest(text, retryable=False)
        if response.status in (408, 409, 429) or response.status >= 500:
            wait = response.headers.get("Retry-After", "")
            asked = float(wait) if wait.isascii() and wait.isdigit() and len(wait) <= 9 else 0.0
            raise _Later(ProviderFault(text, retryable=True), max(self.limits.retry_seconds, asked))
        raise ProviderFault(text, retryable=False)


def _staying() -> aiohttp.TraceConfig:
    """Refuses to follow a redirect, also that of a WebSocket's handshake, which aiohttp would follow anywhere."""

    async def refuse(*_: object) -> None:
        raise ProviderFault("The speech service sends its callers elsewhere.", retryable=False)

    staying = aiohttp.TraceConfig()
    staying.on_request_redirect.append(refuse)
    return staying


async def read_whole(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    """The body, which is closed then. Raises `ProviderFault`."""
    body = bytearray()
    try:
        while part := await response.content.readany():
            body += part
            if len(body) > bytes_max:
                raise ProviderFault(TOO_LARGE, retryable=False)
    except (aiohttp.ClientError, TimeoutError, OSError):
        raise ProviderFault(CUT, retryable=True) from None
    finally:
        response.close()
    return bytes(body)
