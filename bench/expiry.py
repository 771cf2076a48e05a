"""200 attempts whose time runs out at the same moment while 50 chats stream: how late each chat is closed.

By the server's clock, from the limit to the commit that closes the chat, decides on its grade and opens the
next one. Only Parlour has a clock for chats; there is nothing to put beside it.
"""

import asyncio
import os
from collections.abc import Mapping

from bench.client import Tally, close_all, connect_all, quantile_ms
from bench.clock import now
from bench.report import PARLOUR, Column, Outcome, Reach, Shape
from bench.servers import Failed, Server, harness_on_core, row, running
from bench.streams import RATE
from bench.systems import Plan, System
from tests.fakes.upstream import running_upstream

ATTEMPTS = 200
STREAMS = 50
AFTER_SECONDS = 5
SETTLE_SECONDS = 20
LATE_MS = 1000
COLUMNS = (
    Column(key="closed", label="closed", digits=0),
    Column(key="p50_ms", label="late p50 ms", digits=0),
    Column(key="p99_ms", label="late p99 ms", digits=0),
    Column(key="max_ms", label="late max ms", digits=0),
    Column(key="followed_ms", label="all seen closed after ms", digits=0),
    Column(key="graded_ms", label="all graded after ms", digits=0),
    Column(key="tokens_per_second", label="tokens/s meanwhile", digits=0),
)


async def run(plan: Plan) -> Outcome:
    """One run on one core, as the streams are measured."""
    seconds = int(plan.seconds(15, 8))
    title = f"{ATTEMPTS} attempts expire at once beside {STREAMS} chats x {RATE} tokens/s, server on one core"
    shape = Shape(bench="expiry", title=title, columns=COLUMNS, rows=[])
    if PARLOUR in plan.names:
        system = System(name=PARLOUR, module="bench.expiring_server", profiles=plan.profiles)
        with harness_on_core(min(1, (os.cpu_count() or 1) - 1)), running_upstream() as url:
            measured = await row(system, expiring(system, url, seconds))
        shape = Shape(bench="expiry", title=title, columns=COLUMNS, rows=[measured])
    return Outcome(
        shapes=[shape],
        reaches=[
            Reach(
                text=f"{ATTEMPTS} limits at once: most ms late",
                got=shape.figure(PARLOUR, "max_ms"),
                wanted=LATE_MS,
                sense="at most",
            )
        ],
    )


async def expiring(system: System, url: str, seconds: int) -> Mapping[str, float]:
    """Connect everybody, let some stream until after the limit, and ask how late the others were closed."""
    tokens = RATE * (seconds + AFTER_SECONDS)
    model = f"stamped-{tokens}@{RATE}"
    args = ["--upstream", url, "--model", model, "--attempts", str(ATTEMPTS), "--seconds", str(seconds)]
    async with running(system, args) as server:
        server.keep_to_core(0)
        tally = Tally()
        began = now()
        seats = await server.open(STREAMS)
        clients = await connect_all(server.port, seats, tally)
        talking = [
            asyncio.create_task(client.talk(seat.message))
            for client, seat in zip(clients[:STREAMS], seats[:STREAMS], strict=True)
        ]
        await asyncio.sleep(max(0.0, began + seconds - 1 - now()))
        watching = asyncio.create_task(_watched(server))
        before, from_ = tally.pieces, now()
        await asyncio.sleep(3)
        pace = (tally.pieces - before) / (now() - from_)
        graded = await watching
        late = await _late_ns(server)
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        close_all(clients)
    return {
        "closed": len(late),
        "p50_ms": quantile_ms(late, 0.50),
        "p99_ms": quantile_ms(late, 0.99),
        "max_ms": quantile_ms(late, 1.0),
        "followed_ms": graded[0],
        "graded_ms": graded[1],
        "tokens_per_second": pace,
    }


async def _watched(server: Server) -> tuple[int, int]:
    """Milliseconds after the limit: when all were seen closed and followed by the next chat, when all graded."""
    followed: int | None = None
    began = now()
    while now() - began < SETTLE_SECONDS:
        found = await server.ask(do="figures")
        since = found["since_ms"]
        if not isinstance(since, int):
            raise Failed("no figures")
        if followed is None and found["followed"] == ATTEMPTS:
            followed = since
        if followed is not None and found["ungraded"] == 0:
            return followed, since
        await asyncio.sleep(0.05)
    raise Failed("not all were closed, followed and graded")


async def _late_ns(server: Server) -> list[int]:
    found = (await server.ask(do="figures"))["late_ms"]
    if not isinstance(found, list):
        raise Failed("no figures")
    return [int(each) * 1_000_000 for each in found]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
