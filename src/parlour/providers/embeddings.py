"""Vectors from any server that speaks `/embeddings`: OpenAI, Ollama, vLLM, llama.cpp, gateways.

Used only to re-rank what words have found, so a fault is never more than a plainer order.
"""

from collections.abc import Sequence

import aiohttp
import msgspec
from pydantic import SecretStr
from yarl import URL

from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.limits import status_fault

SECONDS_MAX = 30.0
ANSWER_BYTES_MAX = 16 * 1024 * 1024
_MALFORMED = "The embedding service gave an answer that cannot be read."


@dataclass(frozen=True, kw_only=True, slots=True)
class _Vector:
    index: int
    embedding: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    data: tuple[_Vector, ...]


class OpenAICompatibleEmbedder:
    """A `files.search.ports.Embedder` behind an address such as `http://127.0.0.1:11434/v1`."""

    def __init__(self, base_url: str, api_key: SecretStr | None, model: str) -> None:
        """Raises `ValueError`, without the value, for an address that cannot be used."""
        url = URL(base_url)
        if url.scheme not in ("http", "https") or not url.host or url.user is not None or url.password is not None:
            raise ValueError("the base URL of a provider starts with http:// or https:// and names a host, no user")
        self._url = url.with_path(url.path.rstrip("/") + "/embeddings", keep_query=True)
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if api_key is not None and api_key.get_secret_value():
            self._headers["Authorization"] = f"Bearer {api_key.get_secret_value().strip()}"
        self._session: aiohttp.ClientSession | None = None
        self.model = model

    async def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        """A vector for each text, in order. Raises `ProviderFault`."""
        if not texts:
            return []
        session = self._session
        if session is None:
            timeout = aiohttp.ClientTimeout(total=SECONDS_MAX)
            session = self._session = aiohttp.ClientSession(headers=self._headers, timeout=timeout)
        body = msgspec.json.encode({"model": self.model, "input": list(texts)})
        try:
            async with session.post(self._url, data=body, allow_redirects=False) as response:
                if response.status != 200:
                    raise status_fault(response.status)
                said = await response.content.read(ANSWER_BYTES_MAX + 1)
                while len(said) <= ANSWER_BYTES_MAX and (more := await response.content.read(ANSWER_BYTES_MAX)):
                    said += more
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise ProviderFault("The embedding service could not be reached.", retryable=True) from error
        return _vectors(said, len(texts))

    async def aclose(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _vectors(said: bytes, count: int) -> list[tuple[float, ...]]:
    """The vectors in the order of their texts, all of one length."""
    if len(said) > ANSWER_BYTES_MAX:
        raise ProviderFault("The answer of the embedding service is too large.", retryable=False)
    try:
        answer = decode(said, _Answer)
    except msgspec.DecodeError as error:
        raise ProviderFault(_MALFORMED, retryable=False) from error
    found = {each.index: each.embedding for each in answer.data}
    if sorted(found) != list(range(count)) or len({len(each) for each in found.values()}) != 1:
        raise ProviderFault(_MALFORMED, retryable=False)
    return [found[n] for n in range(count)]
