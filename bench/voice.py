"""A spoken turn with scripted engines: from the end of speech to the first sound of the answer, and what it costs.

Clients are the stock ones; they speak at the pace of a person, in frames of 20 ms. The answer of an open
session may come `silence_ms` after the last word (the pause that ends a turn) and as little later as possible.
Memory: of a server with sessions that nobody speaks in, after a turn in each, and with clients that read nothing
of an answer of a minute. The log: how many entries and bytes the words of a minute of speech leave.
"""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Any

import socketio

from bench.client import quantile_ms
from bench.clock import now
from bench.control import Seat
from bench.report import PARLOUR, Column, Outcome, Reach, Row, Shape
from bench.servers import Server, row, running
from bench.systems import Plan, System
from parlour.providers.speech.scripted import silence, tone

SESSIONS = 20
RATE = 24_000
FRAME_BYTES = 960
FRAME_SECONDS = 0.02
PAUSE_MS = 500
FIRST_MS = 300 + PAUSE_MS
TURN_SECONDS = 60.0
SAID = "What have you tried so far"
MIB = 2**20
COLUMNS = (
    Column(key="first_ms", label="first sound, median ms"),
    Column(key="late_ms", label="95 of 100"),
    Column(key="together_ms", label=f"{SESSIONS} at once, median ms"),
    Column(key="session_mib", label="MiB a session"),
    Column(key="spoken_mib", label="after a turn"),
    Column(key="entries", label="log entries a minute"),
    Column(key="kib", label="KiB"),
)


async def run(plan: Plan) -> Outcome:
    """One server."""
    rows: list[Row] = []
    if PARLOUR in plan.names:
        system = System(name=PARLOUR, module="bench.voiced_server", profiles=plan.profiles)
        rows.append(await row(system, talked(system, turns=3 if plan.quick else 10)))
    shape = Shape(bench="voice", title=f"spoken turns, the pause is {PAUSE_MS} ms", columns=COLUMNS, rows=rows)
    first = Reach(
        text="end of speech to first sound: ms", got=shape.figure(PARLOUR, "first_ms"), wanted=FIRST_MS, sense="at most"
    )
    return Outcome(shapes=[shape], reaches=[first])


class Talker:
    """A stock client with a voice session."""

    def __init__(self, server: Server, seat: Seat) -> None:
        self.io: Any = socketio.AsyncClient(reconnection=False)
        self._server = server
        self._seat = seat
        self._answered = asyncio.Event()
        self._completed = asyncio.Event()
        self._ready = asyncio.Event()
        self.first_at = 0.0
        self.io.on("attempt_audio_ready", self._on_ready)
        self.io.on("attempt_assistant_audio", self._on_sound)
        self.io.on("attempt_assistant_complete", self._on_complete)

    async def __aenter__(self) -> "Talker":
        url = f"http://127.0.0.1:{self._server.port}"
        await self.io.connect(url, auth=self._seat.auth, transports=["websocket"])
        await self.io.call("attempt_join", self._seat.join)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.io.disconnect()

    async def open(self) -> None:
        """Have a session."""
        await self.io.call("attempt_audio_start", {"chat_id": self._seat.join["chat_id"]})
        async with asyncio.timeout(TURN_SECONDS):
            await self._ready.wait()

    async def turn(self, text: str = SAID) -> int:
        """Say something at the pace of a person: nanoseconds from the last sound of it to the first of the answer."""
        self._answered.clear()
        self._completed.clear()
        await self._send(silence(200, rate=RATE) + tone(text, rate=RATE))
        ended = now()
        quiet = asyncio.create_task(self._send(silence(3_000, rate=RATE)))
        async with asyncio.timeout(TURN_SECONDS):
            await self._answered.wait()
            await self._completed.wait()
        await quiet
        return round((self.first_at - ended) * 1e9)

    async def _send(self, sound: bytes) -> None:
        began = now()
        for number, at in enumerate(range(0, len(sound), FRAME_BYTES)):
            payload = {"chat_id": self._seat.join["chat_id"], "audio": sound[at : at + FRAME_BYTES]}
            await self.io.emit("attempt_audio_frame", payload)
            await asyncio.sleep(max(0.0, began + (number + 1) * FRAME_SECONDS - now()))

    def _on_ready(self, _: object) -> None:
        self._ready.set()

    def _on_sound(self, _: object) -> None:
        if not self._answered.is_set():
            self.first_at = now()
            self._answered.set()

    def _on_complete(self, _: object) -> None:
        self._completed.set()


async def talked(system: System, turns: int) -> Mapping[str, float]:
    """Turn after turn in one session, then one in each of twenty at once."""
    async with running(system, []) as server, AsyncExitStack() as stack:
        seats = await server.open(SESSIONS)
        talkers = [await stack.enter_async_context(Talker(server, seat)) for seat in seats]
        await asyncio.sleep(1)
        before = server.memory_bytes()[0]
        await asyncio.gather(*(talker.open() for talker in talkers))
        await asyncio.sleep(1)
        opened = server.memory_bytes()[0]
        alone = [await talkers[0].turn() for _ in range(turns)]
        together = await asyncio.gather(*(talker.turn() for talker in talkers))
        await asyncio.sleep(1)
        spoken = server.memory_bytes()[0]
        counted = await server.ask(do="figures")
        entries, size = _words_in(Path(str(counted["store"])))
    minutes = (turns + SESSIONS) * _seconds(SAID) / 60
    return {
        "first_ms": quantile_ms(alone, 0.5),
        "late_ms": quantile_ms(alone, 0.95),
        "together_ms": quantile_ms(together, 0.5),
        "session_mib": (opened - before) / SESSIONS / MIB,
        "spoken_mib": (spoken - before) / SESSIONS / MIB,
        "entries": entries / minutes,
        "kib": size / minutes / 1024,
    }


def _seconds(text: str) -> float:
    return len(tone(text, rate=RATE)) / 2 / RATE


def _words_in(store: Path) -> Sequence[float]:
    """Entries and bytes of interim words in a server's log."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as found:
        return found.execute(
            "SELECT count(*), coalesce(sum(length(body)), 0) FROM events WHERE kind = 'SpeechHeard'"
        ).fetchone()
