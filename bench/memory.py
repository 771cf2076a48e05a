"""Memory: of a server that has just started, and of each socket that is connected and quiet."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.client import Tally, close_all, connect_all
from bench.report import PARLOUR, STOCK, Column, Outcome, Reach, Row, Shape
from bench.servers import row, running
from bench.systems import Plan, System

MIB, KIB = 2**20, 2**10
NO_UPSTREAM = "http://127.0.0.1:1/v1"
COLUMNS = (
    Column(key="rss_mib", label="at rest, RSS MiB"),
    Column(key="uss_mib", label="at rest, USS MiB"),
    Column(key="rss_kib_socket", label="idle socket, RSS KiB"),
    Column(key="uss_kib_socket", label="idle socket, USS KiB"),
)


@dataclass(frozen=True, kw_only=True)
class Idle:
    """How many sockets connect, and how long a server rests before it is looked at."""

    sockets: int
    settle_seconds: float


async def run(plan: Plan) -> Outcome:
    """Every system, and stock with what a chat server loads besides."""
    load = Idle(sockets=200 if plan.quick else 1000, settle_seconds=plan.seconds(1.5, 0.4))
    rows: list[Row] = []
    for system in plan.systems:
        rows.append(await row(system, measure(system, load, [])))
        if system.name == STOCK:
            whole = replace(system, name=f"{STOCK} + FastAPI + openai")
            rows.append(await row(whole, measure(whole, load, ["--upstream", NO_UPSTREAM])))
    shape = Shape(bench="memory", title=f"at rest, and {load.sockets} idle sockets", columns=COLUMNS, rows=rows)
    reaches = [
        Reach(text="at rest: RSS MiB", wanted=80, sense="at most", got=shape.figure(PARLOUR, "rss_mib")),
        Reach(text="idle socket: KiB", wanted=45, sense="at most", got=shape.figure(PARLOUR, "rss_kib_socket")),
    ]
    return Outcome(shapes=[shape], reaches=reaches)


async def measure(system: System, load: Idle, args: Sequence[str]) -> dict[str, float]:
    """One fresh server, before and after the sockets connect."""
    async with running(system, args) as server:
        [seat] = await server.open(1)
        await asyncio.sleep(load.settle_seconds)
        rss, uss = server.memory_bytes()
        clients = await connect_all(server.port, [seat] * load.sockets, Tally(), join=False)
        await asyncio.sleep(load.settle_seconds)
        rss_with, uss_with = server.memory_bytes()
        close_all(clients)
    return {
        "rss_mib": rss / MIB,
        "uss_mib": uss / MIB,
        "rss_kib_socket": (rss_with - rss) / load.sockets / KIB,
        "uss_kib_socket": (uss_with - uss) / load.sockets / KIB,
    }
