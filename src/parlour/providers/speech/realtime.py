"""A client of the realtime protocol over WebSocket: OpenAI's own service, and servers that speak the same.

It owes `parlour.speech.realtime` a line that is asked for everything: speech detection is the service's, but an
answer begins when it is asked for, and a response that the service began by itself is cancelled.
Read next: `realtime_line.py` (an open line), `realtime_format.py` (the messages).
"""

import asyncio
import contextlib

import aiohttp
import msgspec
from pydantic import SecretStr

from parlour.kernel.refusals import ProviderFault
from parlour.providers.speech.outside import UNREACHABLE, Outside, SpeechLimits
from parlour.providers.speech.realtime_format import Form, Message, item_create, read_message, session_update
from parlour.providers.speech.realtime_line import BROKEN, Line
from parlour.settings import Settings
from parlour.speech.realtime import LineSetup, RealtimeLine

_REFUSED = "The realtime service does not take the session's settings."
_LATE = "The realtime service took too long."


def build_realtime(settings: Settings) -> "OpenAIRealtime | None":
    """The service that the settings name; None if voice does not use one."""
    voice = settings.voice
    if voice.path != "realtime":
        return None
    provider = next(each for each in settings.providers if each.name == voice.realtime_provider)
    if provider.base_url is None:
        raise ValueError(f"the provider {provider.name!r} needs a base URL")
    limits = SpeechLimits(engine_seconds_max=settings.speech.engine_seconds_max)
    return OpenAIRealtime(
        provider.base_url,
        provider.api_key,
        voice.realtime_model,
        hearing_model=settings.speech.in_model,
        limits=limits,
    )


class OpenAIRealtime:
    """A `RealtimeService` behind an address such as `https://api.openai.com/v1`.

    `hearing_model`: the service's own model for the words of the learner.
    """

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr | None,
        model: str,
        *,
        hearing_model: str = "whisper-1",
        limits: SpeechLimits | None = None,
    ) -> None:
        """Raises `ValueError`, without the value, for an address or key that cannot be used."""
        self._outside = Outside(base_url, api_key, limits or SpeechLimits())
        self._model = model
        self._hearing_model = hearing_model
        self.name = f"openai-realtime:{model}"

    async def open(self, setup: LineSetup) -> RealtimeLine:
        """See `RealtimeService.open`."""
        limits = self._outside.limits
        try:
            async with asyncio.timeout(limits.engine_seconds_max):
                socket = await self._connect()
                try:
                    form = await self._introduce(socket, setup)
                    for each in setup.said:
                        await socket.send_bytes_of(item_create(each, form))
                    return Line(socket.inner, form, limits)
                except BaseException:
                    await socket.hang_up()
                    raise
        except TimeoutError:
            raise ProviderFault(_LATE, retryable=True) from None
        except (aiohttp.ClientError, OSError):
            raise ProviderFault(UNREACHABLE, retryable=True) from None

    async def aclose(self) -> None:
        """See `RealtimeService.aclose`."""
        await self._outside.aclose()

    async def _connect(self) -> "_Opening":
        """The WebSocket; what the server says of a refused handshake is its status."""
        limits = self._outside.limits
        try:
            inner = await self._outside.session().ws_connect(
                self._outside.url("/realtime").update_query(model=self._model),
                max_msg_size=limits.frame_bytes_max,
                heartbeat=limits.ping_seconds,
            )
        except aiohttp.WSServerHandshakeError as error:
            later = error.status in (408, 429) or error.status >= 500
            raise ProviderFault(f"The realtime service answered with status {error.status}.", retryable=later) from None
        except (aiohttp.ClientSSLError, aiohttp.InvalidURL):
            raise ProviderFault(UNREACHABLE, retryable=False) from None
        return _Opening(inner)

    async def _introduce(self, socket: "_Opening", setup: LineSetup) -> Form:
        """Settle the session: in the form that the server shows, else in the other."""
        message = await socket.message("session.created")
        form: Form = message.session.form if message.session is not None else "released"
        other: Form = "released" if form == "beta" else "beta"
        for each in (form, other):
            await socket.send_bytes_of(session_update(setup, each, self._hearing_model))
            message = await socket.message("session.updated", "error")
            if message.type == "session.updated":
                return each
        raise ProviderFault(_REFUSED, retryable=False)


class _Opening:
    """A WebSocket while a session is being settled."""

    def __init__(self, inner: aiohttp.ClientWebSocketResponse) -> None:
        self.inner = inner

    async def send_bytes_of(self, message: dict[str, object]) -> None:
        """Send a message as the text it is."""
        await self.inner.send_str(msgspec.json.encode(message).decode())

    async def message(self, *kinds: str) -> Message:
        """The next message of one of these types; an error that is not asked for is a fault."""
        while True:
            frame = await self.inner.receive()
            if frame.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                raise ProviderFault(BROKEN, retryable=True)
            kind, message = read_message(frame.data)
            if message is not None and kind in kinds:
                return message
            if kind == "error":
                raise ProviderFault(_REFUSED, retryable=False)

    async def hang_up(self) -> None:
        """Close without waiting long for the other side."""
        with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
            async with asyncio.timeout(1.0):
                await self.inner.close()
