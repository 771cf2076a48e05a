"""Delivery: pieces of text said by the server into rooms, until they are at the sockets of the watchers.

For the limit and the stock server a piece is only sent; for Parlour it is stored, then sent.
"""

from dataclasses import asdict, dataclass, replace

from bench.client import Tally, close_all, connect_all, quantile_ms
from bench.clock import now
from bench.control import Load
from bench.report import LIMIT, PARLOUR, STOCK, Column, Outcome, Reach, Shape
from bench.servers import Server, row, running
from bench.systems import Plan, System

BURST = 64
COLUMNS = (
    Column(key="cpu_us", label="CPU µs / delivery"),
    Column(key="per_second", label="deliveries/s", digits=0),
    Column(key="share", label="% delivered"),
    Column(key="p50_ms", label="p50 ms", digits=2),
    Column(key="p99_ms", label="p99 ms", digits=2),
)


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A load, how many watch each room, and how often it is repeated, each time when everything has arrived."""

    title: str
    watchers: int
    load: Load
    times: int = 1

    @property
    def deliveries(self) -> int:
        """How many events the watchers are to get each time."""
        return self.watchers * self.load.rooms * self.load.pieces


def loads(plan: Plan) -> dict[str, Watched]:
    """The shapes of measurements.md."""
    seconds = plan.seconds(5, 1)

    def paced(title: str, rooms: int, watchers: int, per_second: int) -> Watched:
        load = Load(rooms=rooms, per_second=per_second, pieces=int(per_second * seconds))
        return Watched(title=title, watchers=watchers, load=load)

    few = {
        "room": paced("room of 100, 50 pieces/s", 1, 100, 50),
        "200": paced("200 rooms x 50 pieces/s", 200, 1, 50),
    }
    if plan.quick:
        return few
    burst = Load(rooms=1, per_second=0, pieces=BURST, ahead=BURST)
    return few | {
        "busy": paced("room of 100, 200 pieces/s", 1, 100, 200),
        "bursts": Watched(title=f"room of 100, bursts of {BURST} pieces", watchers=100, load=burst, times=100),
        "one": paced("one watcher, 1,000 pieces/s", 1, 1, 1_000),
        "500": paced("500 rooms x 50 pieces/s", 500, 1, 50),
    }


async def run(plan: Plan) -> Outcome:
    """Every load on every system, each on a fresh server."""
    shapes: dict[str, Shape] = {}
    for key, load in loads(plan).items():
        rows = [await row(system, measure(system, load)) for system in plan.systems]
        shapes[key] = Shape(bench="delivery", title=load.title, columns=COLUMNS, rows=rows)
    return Outcome(shapes=list(shapes.values()), reaches=_reaches(shapes))


async def measure(system: System, watched: Watched) -> dict[str, float]:
    """One load on one fresh server."""
    load = watched.load
    async with running(system) as server:
        tally = Tally()
        seats = [seat for seat in await server.open(load.rooms) for _ in range(watched.watchers)]
        clients = await connect_all(server.port, seats, tally)
        try:
            warm = Load(rooms=load.rooms, per_second=20, pieces=10)
            await _produce(server, tally, replace(watched, load=warm, times=1))
            tally.clear()
            cpu, began = server.cpu_seconds(), now()
            await _produce(server, tally, watched)
            cpu, seconds = server.cpu_seconds() - cpu, tally.last_at - began
        finally:
            close_all(clients)
    return {
        "cpu_us": cpu / max(1, tally.pieces) * 1e6,
        "per_second": tally.pieces / seconds,
        "share": 100 * tally.pieces / watched.deliveries / watched.times,
        "p50_ms": quantile_ms(tally.delays_ns, 0.50),
        "p99_ms": quantile_ms(tally.delays_ns, 0.99),
    }


async def _produce(server: Server, tally: Tally, watched: Watched) -> None:
    for _ in range(watched.times):
        expected = tally.pieces + watched.deliveries
        await server.ask(do="produce", **asdict(watched.load))
        await tally.wait_for(expected)


def _reaches(shapes: dict[str, Shape]) -> list[Reach]:
    reaches: list[Reach] = []
    for key in ("room", "busy", "bursts"):
        if shape := shapes.get(key):
            over_limit, under_stock = (shape.ratio("cpu_us", *pair) for pair in ((PARLOUR, LIMIT), (STOCK, PARLOUR)))
            text = f"{shape.title}: CPU a delivery,"
            reaches += [
                Reach(text=f"{text} Parlour over the limit", got=over_limit, wanted=1.5, sense="at most"),
                Reach(text=f"{text} stock over Parlour", got=under_stock, wanted=5, sense="at least"),
            ]
    many = shapes["200"]
    return [
        *reaches,
        Reach(text=f"{many.title}: p99 ms", got=many.figure(PARLOUR, "p99_ms"), wanted=15, sense="at most"),
        Reach(text=f"{many.title}: % delivered", got=many.figure(PARLOUR, "share"), wanted=100, sense="at least"),
    ]
