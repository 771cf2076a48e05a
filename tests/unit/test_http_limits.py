"""Bodies that are too big, too deep or too slow, against a real uvicorn (P18)."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request, WebSocket
from starlette.types import ASGIApp
from websockets.asyncio.client import connect

from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.kernel.refusals import Refusal
from parlour.wire.http.deadlines import deadline_protocol
from parlour.wire.http.limits import BodyLimits, LimitBodies, check_json_depth
from parlour.wire.http.problems import add_problems
from tests.harness.patient import PatientPolicy

pytestmark = pytest.mark.filterwarnings("ignore:Overriding the .event_loop_policy. fixture")
SECONDS = 0.3
LIMIT = 1000


@pytest.fixture(scope="module")
def event_loop_policy() -> PatientPolicy:
    """Seconds count only while neither client nor server has anything to do."""
    return PatientPolicy()


def application() -> ASGIApp:
    app = FastAPI()
    add_problems(app, TimeOrderedIds(SystemClock()))
    limits = BodyLimits(json_bytes_max=LIMIT, body_bytes_max=LIMIT, upload_bytes_max=5 * LIMIT, upload_paths=("/up",))
    app.add_middleware(LimitBodies, limits=limits)

    @app.post("/json")
    async def parsed(body: dict[str, object]) -> int:
        return len(body)

    @app.post("/up")
    @app.post("/raw")
    async def raw(request: Request) -> int:
        return len(await request.body())

    @app.websocket("/echo")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(await socket.receive_text())
        await socket.close()

    @app.get("/slow")
    async def slow() -> str:
        await asyncio.sleep(3 * SECONDS)
        return "done"

    return app


@asynccontextmanager
async def served(seconds: float = SECONDS) -> AsyncGenerator[int]:
    """A server on a free port of the loopback, with this deadline for requests."""
    config = uvicorn.Config(
        application(),
        host="127.0.0.1",
        port=0,
        http=deadline_protocol(seconds, head_bytes_max=4096, upload_paths=("/up",)),
        ws="websockets-sansio",
        log_config=None,
        lifespan="off",
        timeout_keep_alive=2,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    for _ in range(1000):
        if server.started:
            break
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


async def talk(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    """Send the pieces with pauses between them; everything the server says until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = asyncio.create_task(reader.read())
    try:
        for piece in pieces:
            if answer.done():
                break
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        async with asyncio.timeout(20 * SECONDS):
            return await answer
    except ConnectionError:
        return b""
    finally:
        answer.cancel()
        writer.close()


def post(path: str, body: bytes, kind: str = "application/json", length: int | None = None) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {kind}\r\n"
    return f"{head}Content-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body


def chunked(path: str, kind: str, *chunks: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


@pytest.mark.parametrize(
    ("request_bytes", "expected"),
    [
        (post("/json", b'{"a": 1}'), 200),
        (post("/json", json.dumps({"a": "x" * LIMIT}).encode()), 413),
        (post("/json", b"", length=10**12), 413),
        (post("/json", b"", length=10**30), 400),
        (chunked("/json", "application/json", b'{"a": "', b"x" * LIMIT, b'"}'), 413),
        (post("/raw", b"x" * LIMIT, "text/plain"), 200),
        (post("/raw", b"x" * (LIMIT + 1), "text/plain"), 413),
        (chunked("/raw", "text/plain", *[b"x" * 100] * 11), 413),
        (post("/up", b"x" * (5 * LIMIT), "text/plain"), 200),
        (chunked("/up", "text/plain", *[b"x" * LIMIT] * 6), 413),
        (post("/json", b'{"a": ' + b"[" * 32 + b"]" * 32 + b"}"), 422),
        (post("/json", b'{"a": ' + b"[" * 400), 422),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 5000 + b"\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"X%d: y\r\n" % n for n in range(300)) + b"\r\n", 400),
        (b"complete nonsense\r\n\r\n", 400),
    ],
    ids=lambda value: value[:24].decode() if isinstance(value, bytes) else str(value),
)
async def test_a_request_is_answered_or_refused_by_its_size(request_bytes: bytes, expected: int) -> None:
    async with served(seconds=30) as port:
        answer = await talk(port, request_bytes)
        assert status(answer) == expected
        if expected == 413:
            named = 5 * LIMIT if b"/up" in request_bytes else LIMIT
            assert f"at most {named} bytes".encode() in answer
            assert b"application/problem+json" in answer
        assert status(await talk(port, post("/json", b"{}"))) == 200


@pytest.mark.parametrize("path", ["/json", "/raw"])
@pytest.mark.parametrize("told", [True, False], ids=["with its length", "in chunks"])
async def test_a_client_that_sends_ten_megabytes_reads_the_refusal(path: str, told: bool) -> None:
    async def pieces() -> AsyncGenerator[bytes]:
        for _ in range(160):
            yield b"x" * 65_536

    kind = {"content-type": "application/json" if path == "/json" else "text/plain"}
    async with served(seconds=30) as port, httpx.AsyncClient(timeout=60) as client:
        sent = b"x" * 65_536 * 160 if told else pieces()
        answer = await client.post(f"http://127.0.0.1:{port}{path}", content=sent, headers=kind)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.fixture
def no_errors_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A client that goes away is nobody's error."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_client_that_goes_away_leaves_no_error(caplog: pytest.LogCaptureFixture) -> None:
    async with served(seconds=30) as port:
        for path, kind in (("/json", "application/json"), ("/raw", "text/plain")):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(post(path, b"{", kind, length=500))
            await writer.drain()
            await asyncio.sleep(0.1)
            writer.close()
        await asyncio.sleep(0.1)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_websocket_lives_past_the_deadline() -> None:
    async with served() as port, connect(f"ws://127.0.0.1:{port}/echo") as socket:
        await asyncio.sleep(2 * SECONDS)
        await socket.send("still here")
        assert await socket.recv() == "still here"


HEAD = b"POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"


@pytest.mark.parametrize(
    ("name", "first", "trickle", "expected"),
    [
        ("silent", b"", b"", 408),
        ("half a head", b"GET / HTTP/1.1\r\nHo", b"", 408),
        ("a trickling head", b"GET / HTTP/1.1\r\n", b"X: y\r\n", 408),
        ("a trickling body", HEAD, b" ", 408),
        ("a silent body", HEAD, b"", 408),
        ("a trickling upload", HEAD.replace(b"application/json", b"text/plain").replace(b"/json", b"/raw"), b"x", 408),
        ("only line ends", b"", b"\r\n", 408),
    ],
)
@pytest.mark.usefixtures("no_errors_logged")
async def test_a_request_that_does_not_arrive_is_closed(name: str, first: bytes, trickle: bytes, expected: int) -> None:
    async with served() as port:
        began = asyncio.get_running_loop().time()
        answer = await talk(port, first, *[trickle] * 60, pause=SECONDS / 20)
        lasted = asyncio.get_running_loop().time() - began
    assert SECONDS * 0.8 <= lasted <= SECONDS * 2.5
    # When bytes arrive while the server closes, the kernel may take the answer back.
    assert status(answer) in ((expected, 0) if trickle else (expected,))


async def test_an_answered_connection_is_closed_when_it_only_trickles_line_ends() -> None:
    async with served() as port:
        began = asyncio.get_running_loop().time()
        asked = b"POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        answer = await talk(port, asked, *[b"\r\n"] * 60, pause=SECONDS / 10)
        assert status(answer) == 200
        assert asyncio.get_running_loop().time() - began <= SECONDS * 4


async def test_keep_alive_and_pipelined_requests_still_work_and_outlive_the_deadline() -> None:
    asked = b"POST /json HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    slow = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
    last = post("/json", b"{}")
    async with served() as port:
        piped = await talk(port, asked + slow + asked + last)
        apart = await talk(port, asked, slow, last, pause=SECONDS * 0.8)
    assert piped.count(b"HTTP/1.1 200") == 4
    assert apart.count(b"HTTP/1.1 200") == 3


async def test_many_slow_clients_do_not_keep_others_waiting() -> None:
    async with served() as port:
        slow = [asyncio.create_task(talk(port, HEAD, *[b" "] * 30, pause=SECONDS / 10)) for _ in range(50)]
        await asyncio.sleep(SECONDS / 4)
        began = asyncio.get_running_loop().time()
        assert status(await talk(port, post("/json", b"{}"))) == 200
        assert asyncio.get_running_loop().time() - began < SECONDS
        assert {status(answer) for answer in await asyncio.gather(*slow)} <= {408, 0}


@pytest.mark.parametrize(
    ("raw", "deep"),
    [
        (b"[" * 32 + b"]" * 32, False),
        (b"[" * 33 + b"]" * 33, True),
        (b"[" * 33, True),
        (b'"' + b"[" * 99 + b'"', False),
        (b'["\\"' + b"[" * 99 + b'"]', False),
        (b"[" + b"{}," * 999 + b"1]", False),
        (b'{"a":' * 33, True),
        (b"]" * 99 + b"[" * 99, False),
        (b'"' + b"\\" * 99_999 + b"[" * 99, True),
    ],
)
def test_the_depth_of_json_is_known_without_parsing_it(raw: bytes, deep: bool) -> None:
    if deep:
        with pytest.raises(Refusal, match="invalid_request"):
            check_json_depth(raw)
    else:
        check_json_depth(raw)


async def test_a_form_with_files_may_arrive_slowly_below_its_paths_but_not_stand_still() -> None:
    kind = "multipart/form-data; boundary=b"

    def slowly(path: str) -> list[bytes]:
        return [post(path, b"", kind, length=8), *[b"x"] * 8]

    async with served() as port:
        pause = SECONDS * 0.4
        assert status(await talk(port, *slowly("/up"), pause=pause)) == 200
        assert status(await talk(port, *slowly("/raw"), pause=pause)) == 408
        assert status(await talk(port, *slowly("/up")[:-1], pause=pause)) == 408
