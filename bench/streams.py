"""Chats streaming from a fake upstream model, from the learner's message to each token at their socket.

Every token is the time at which the upstream sent it. Servers run on one core, the upstream and the load
on another, where the machine has two. Parlour stores every word before it says it; the others store nothing.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

from bench.client import Client, Tally, close_all, connect_all, median, quantile_ms
from bench.clock import now
from bench.report import PARLOUR, Column, Outcome, Reach, Shape
from bench.servers import Server, harness_on_core, row, running
from bench.systems import Plan, System
from tests.fakes.upstream import running_upstream

RATE = 50
SHORT_TOKENS = 10
SHORT_SOCKETS = 64
DRAIN_SECONDS = 20
WARM_SECONDS = 0.5
PACED = (
    Column(key="tokens_per_second", label="tokens/s", digits=0),
    Column(key="share", label="% of offered"),
    Column(key="cpu_us", label="CPU µs / token"),
    Column(key="p50_ms", label="token p50 ms", digits=2),
    Column(key="p99_ms", label="token p99 ms", digits=2),
    Column(key="total", label="% delivered in the end", digits=2),
)
FIRST = (Column(key="p50_ms", label="p50 ms", digits=2), Column(key="p99_ms", label="p99 ms", digits=2))
SHORT = (
    Column(key="per_second", label="chats/s", digits=0),
    Column(key="p50_ms", label="p50 ms"),
    Column(key="p99_ms", label="p99 ms"),
    Column(key="cpu_us", label="CPU µs / chat", digits=0),
)


Answer: TypeAlias = "asyncio.Task[tuple[int, int]]"
Measure = Callable[[System], Awaitable[Mapping[str, float]]]


@dataclass(frozen=True, kw_only=True)
class Paced:
    """Chats that begin one after the other within the ramp and stream a little longer than the window of figures."""

    chats: int
    seconds: float
    ramp_seconds: float

    @property
    def tokens(self) -> int:
        """Of each answer."""
        return int(RATE * (self.seconds + 2 * self.ramp_seconds))


@dataclass(frozen=True, kw_only=True)
class Talk:
    """A running server with as many connected clients as chats."""

    server: Server
    tally: Tally
    clients: Sequence[Client]
    messages: Sequence[dict[str, object]]

    def start(self, index: int) -> Answer:
        """Say something in a chat; the task ends with the answer."""
        return asyncio.create_task(self.clients[index].talk(self.messages[index]))


async def run(plan: Plan) -> Outcome:
    """The first token of one chat; 10, 50 and 100 chats at 50 tokens/s; short chats."""
    shapes: dict[str, Shape] = {}

    async def each(key: str, title: str, columns: Sequence[Column], measure: Measure) -> None:
        rows = [await row(system, measure(system)) for system in plan.systems]
        shapes[key] = Shape(bench="streams", title=title, columns=columns, rows=rows)

    load_core = min(1, (os.cpu_count() or 1) - 1)
    with harness_on_core(load_core), running_upstream() as url:
        turns = 10 if plan.quick else 50
        await each("first", "added time to first token", FIRST, lambda system: first_token(system, url, turns))
        for chats in (100,) if plan.quick else (10, 50, 100):
            load = Paced(chats=chats, seconds=plan.seconds(5, 0.5), ramp_seconds=plan.seconds(1, 0.3))
            title = f"{chats} chats x {RATE} tokens/s, server on one core"
            await each(str(chats), title, PACED, lambda system, load=load: paced(system, url, load))
        title = f"short chats, {SHORT_SOCKETS} learners, {SHORT_TOKENS} tokens at once"
        await each("short", title, SHORT, lambda system: short(system, url, plan.seconds(5, 0.5)))
    return Outcome(shapes=list(shapes.values()), reaches=_reaches(shapes))


async def paced(system: System, url: str, load: Paced) -> dict[str, float]:
    """Figures of a window in which all chats stream, and what had arrived in the end."""
    async with _talking(system, url, f"stamped-{load.tokens}@{RATE}", load.chats) as talk:
        answers: list[Answer] = []
        for index in range(load.chats):
            answers.append(talk.start(index))
            await asyncio.sleep(load.ramp_seconds / load.chats)
        before = talk.tally.pieces
        cpu, began = talk.server.cpu_seconds(), now()
        await asyncio.sleep(load.seconds)
        cpu, lasted = talk.server.cpu_seconds() - cpu, now() - began
        delays = talk.tally.delays_ns[before:]
        await asyncio.wait(answers, timeout=DRAIN_SECONDS)
        await _give_up(answers)
        total = talk.tally.pieces
    return {
        "tokens_per_second": len(delays) / lasted,
        "share": 100 * len(delays) / lasted / (load.chats * RATE),
        "cpu_us": cpu / max(1, len(delays)) * 1e6,
        "p50_ms": quantile_ms(delays, 0.50),
        "p99_ms": quantile_ms(delays, 0.99),
        "total": 100 * total / (load.chats * load.tokens),
    }


async def first_token(system: System, url: str, turns: int) -> dict[str, float]:
    """From the message's sending to the first text, one turn after the other; the upstream answers at once."""
    async with _talking(system, url, f"stamped-2@{RATE}", 1) as talk:
        times = [(await talk.start(0))[0] for _ in range(turns + 3)][3:]
    return {"p50_ms": median(times) / 1e6, "p99_ms": quantile_ms(times, 0.99)}


async def short(system: System, url: str, seconds: float) -> dict[str, float]:
    """Learners who each say the next thing as soon as they are answered."""
    async with _talking(system, url, f"stamped-{SHORT_TOKENS}@0", SHORT_SOCKETS) as talk:
        times: list[int] = []

        async def learner(index: int, until: float) -> None:
            while now() < until:
                times.append((await talk.start(index))[1])

        async def learners(length: float) -> float:
            began = now()
            await asyncio.gather(*(learner(index, began + length) for index in range(SHORT_SOCKETS)))
            return now() - began

        await learners(WARM_SECONDS)
        times.clear()
        cpu = talk.server.cpu_seconds()
        lasted = await learners(seconds)
        cpu = talk.server.cpu_seconds() - cpu
    return {
        "per_second": len(times) / lasted,
        "p50_ms": quantile_ms(times, 0.50),
        "p99_ms": quantile_ms(times, 0.99),
        "cpu_us": cpu / max(1, len(times)) * 1e6,
    }


@asynccontextmanager
async def _talking(system: System, url: str, model: str, chats: int) -> AsyncGenerator[Talk, None]:
    async with running(system, ["--upstream", url, "--model", model]) as server:
        server.keep_to_core(0)
        tally = Tally()
        seats = await server.open(chats)
        clients = await connect_all(server.port, seats, tally)
        try:
            yield Talk(server=server, tally=tally, clients=clients, messages=[seat.message for seat in seats])
        finally:
            close_all(clients)


async def _give_up(tasks: Sequence[Answer]) -> None:
    """End what is still under way; it shows in the share that was delivered."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _reaches(shapes: dict[str, Shape]) -> list[Reach]:
    def reach(text: str, figure: tuple[str, str], wanted: float, *, at_least: bool = False) -> Reach:
        shape, key = figure
        sense = "at least" if at_least else "at most"
        return Reach(text=text, got=shapes[shape].figure(PARLOUR, key), wanted=wanted, sense=sense)

    return [
        reach("100 chats x 50 tokens/s on one core: % delivered in the end", ("100", "total"), 100, at_least=True),
        reach("100 chats x 50 tokens/s on one core: p99 ms of a token", ("100", "p99_ms"), 20),
        reach("100 chats x 50 tokens/s on one core: CPU µs a token", ("100", "cpu_us"), 180),
        reach("added time to first token: p50 ms", ("first", "p50_ms"), 8),
        reach("short chats/s", ("short", "per_second"), 400, at_least=True),
    ]
