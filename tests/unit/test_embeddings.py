"""The embeddings adapter against a local server that behaves, and one that does not."""

from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from pydantic import SecretStr

from parlour.kernel.refusals import ProviderFault
from parlour.providers.embeddings import OpenAICompatibleEmbedder

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def ask(answer: Answer, *texts: str) -> list[tuple[float, ...]]:
    """Embed texts at a server that answers so."""
    app = web.Application()
    app.router.add_post("/v1/embeddings", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    embedder = OpenAICompatibleEmbedder(f"http://127.0.0.1:{port}/v1", SecretStr("key"), "small")
    try:
        return await embedder.embed(texts)
    finally:
        await embedder.aclose()
        await runner.cleanup()


async def test_texts_become_vectors_in_their_order() -> None:
    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        assert body == {"model": "small", "input": ["a", "bb"]}
        assert request.headers["authorization"] == "Bearer key"
        data = [
            {"object": "embedding", "index": n, "embedding": [float(len(t)), 1]} for n, t in enumerate(body["input"])
        ]
        return web.json_response({"object": "list", "data": data[::-1], "usage": {}})

    assert await ask(answer, "a", "bb") == [(1.0, 1.0), (2.0, 1.0)]
    assert await ask(answer) == []


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (500, "{}"),
        (401, "{}"),
        (302, ""),
        (200, "no json"),
        (200, '{"data": []}'),
        (200, '{"data": [{"index": 1, "embedding": [1.0]}]}'),
        (200, '{"data": [{"index": 0, "embedding": ["x"]}]}'),
    ],
)
async def test_what_is_no_answer_is_a_fault_without_its_text(status: int, text: str) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=text, headers={"location": "/elsewhere"} if status == 302 else {})

    with pytest.raises(ProviderFault) as fault:
        await ask(answer, "a")
    assert "no json" not in fault.value.text


def test_an_address_that_carries_a_password_is_refused() -> None:
    for url in ("ftp://x/v1", "http://u:p@x/v1", "http://"):
        with pytest.raises(ValueError, match="base URL"):
            OpenAICompatibleEmbedder(url, None, "small")
