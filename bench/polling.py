"""300 members who ask for their next reply once a second: what share of a core it costs, and how fast they are told.

Beside it a route that looks nothing up, so that the price of the mailbox itself can be seen.
"""

import asyncio
import os
from collections.abc import Mapping

from bench.client import quantile_ms
from bench.clock import now, now_ns
from bench.control import Seat
from bench.report import LIMIT, PARLOUR, Column, Outcome, Reach, Shape
from bench.servers import Failed, Server, harness_on_core, row, running
from bench.systems import Plan, System

MEMBERS = 300
SHARE = 0.40
WARM_SECONDS = 2
COLUMNS = (
    Column(key="polls", label="polls", digits=0),
    Column(key="share", label="share of a core", digits=3),
    Column(key="ms_each", label="CPU ms a poll", digits=3),
    Column(key="p50_ms", label="p50 ms", digits=2),
    Column(key="p99_ms", label="p99 ms", digits=2),
)


async def run(plan: Plan) -> Outcome:
    """Each server on a core of its own, the clients on the other."""
    seconds = plan.seconds(12, 4)
    systems = [
        System(name=LIMIT, module="bench.peers.route", profiles=plan.profiles),
        System(name=PARLOUR, module="bench.polled_server", profiles=plan.profiles),
    ]
    with harness_on_core(min(1, (os.cpu_count() or 1) - 1)):
        rows = [await row(system, polled(system, seconds)) for system in systems if system.name in plan.names]
    shape = Shape(bench="polling", title=f"{MEMBERS} members poll once a second", columns=COLUMNS, rows=rows)
    got = shape.figure(PARLOUR, "share")
    text = f"{MEMBERS} polls a second: share of a core"
    return Outcome(shapes=[shape], reaches=[Reach(text=text, got=got, wanted=SHARE, sense="at most")])


async def polled(system: System, seconds: float) -> Mapping[str, float]:
    """Poll, and see what the server used meanwhile."""
    async with running(system) as server:
        server.keep_to_core(0)
        seats = await server.open(MEMBERS)
        late: list[int] = []
        polling = [
            asyncio.create_task(_poll(server, seat, number / MEMBERS, late)) for number, seat in enumerate(seats)
        ]
        await asyncio.sleep(WARM_SECONDS)
        late.clear()
        before, began = server.cpu_seconds(), now()
        await asyncio.sleep(seconds)
        used, took = server.cpu_seconds() - before, now() - began
        polls = len(late)
        for task in polling:
            task.cancel()
        ended = await asyncio.gather(*polling, return_exceptions=True)
    broken = [error for error in ended if isinstance(error, Failed | OSError)]
    if broken:
        raise Failed(f"{len(broken)} clients broke off: {broken[0]!r}")
    return {
        "polls": polls,
        "share": used / took,
        "ms_each": used * 1000 / polls if polls else 0.0,
        "p50_ms": quantile_ms(late, 0.50),
        "p99_ms": quantile_ms(late, 0.99),
    }


async def _poll(server: Server, seat: Seat, offset: float, late: list[int]) -> None:
    """Ask once a second on a connection that stays open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    request = (
        f"GET /users/{seat.join['user_id']}/response HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {seat.auth['token']}\r\n\r\n"
    ).encode()
    due = now() + offset
    while True:
        await asyncio.sleep(max(0.0, due - now()))
        due += 1
        began = now_ns()
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise Failed(head.decode(errors="replace"))
        await reader.readexactly(int(head.split(b"content-length: ")[1].partition(b"\r\n")[0]))
        late.append(now_ns() - began)
