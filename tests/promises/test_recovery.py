"""P2: the stock JavaScript client is cut off again and again while people talk, and misses nothing."""

import asyncio
import json
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from socketio.exceptions import SocketIOError

from tests.conftest import STORES, make_site
from tests.harness.site import ROOT, Site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery

CUTS = {"sqlite": 100, "postgresql": 20}
CHATS = 4
PIECES_PER_SECOND = 100


@dataclass
class Listener:
    """A Node process with the client, and every line it said."""

    process: asyncio.subprocess.Process
    lines: list[dict[str, Any]] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, **order: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(json.loads(line))
            self.more.set()

    async def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until what was heard makes the condition true."""
        async with asyncio.timeout(seconds):
            while not condition():
                self.more.clear()
                await self.more.wait()

    def having(self, name: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if name in line]

    def places(self) -> list[tuple[str, int, str]]:
        """`(room, seq, event id)` of every logged event, in the order of arrival."""
        metas = [line["meta"] for line in self.having("event") if "seq" in line["meta"]]
        return [(at["room"], at["seq"], meta["id"]) for meta in metas for at in (meta, *meta.get("also", ()))]


@asynccontextmanager
async def listener(url: str, token: str) -> AsyncGenerator[Listener]:
    """The stock client in Node, connected."""
    pipe = asyncio.subprocess.PIPE
    script = ROOT / "tests" / "clients" / "js" / "recovery.mjs"
    process = await asyncio.create_subprocess_exec("node", str(script), url, token, stdin=pipe, stdout=pipe)
    made = Listener(process)
    reading = asyncio.create_task(made.read())
    try:
        await made.until(lambda: bool(made.having("connected")))
        yield made
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


async def talk(url: str, site: Site, chat: tuple[str, str], stop: asyncio.Event) -> int:
    """Keep a chat busy over every restart; how many messages were accepted."""
    said = 0
    while not stop.is_set():
        client = Client(url, site.tokens["learner"])
        io: Any = client.io
        try:
            async with asyncio.timeout(5), client:
                while io.connected and not stop.is_set():
                    payload = {"attempt_id": chat[0], "chat_id": chat[1], "message": f"What have you tried? {said}"}
                    said += (await client.call("attempt_message", payload, 1))["ok"]
                    await asyncio.sleep(0.1)
        except (SocketIOError, TimeoutError):
            if io.eio.http is not None:
                await io.eio.http.close()
            await asyncio.sleep(0.05)
    return said


def judge(places: Sequence[tuple[str, int, str]], starts: dict[str, int]) -> Counter[str]:
    """What was wrong in a stream: gaps, duplicates, things out of order."""
    wrong: Counter[str] = Counter()
    last, known = dict(starts), set[tuple[str, int]]()
    for room, seq, _ in places:
        previous = last.setdefault(room, seq - 1)
        if (room, seq) in known:
            wrong["duplicates"] += 1
        elif seq <= previous:
            wrong["reordered"] += 1
        elif seq > previous + 1:
            wrong["gaps"] += seq - previous - 1
        known.add((room, seq))
        last[room] = max(previous, seq)
    return wrong


@pytest.mark.promise("P2")
@pytest.mark.case(38)
@pytest.mark.node
@pytest.mark.timeout(300)
@pytest.mark.parametrize("store", STORES)
async def test_the_stock_client_gets_every_event_once_and_in_order_over_every_cut(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    chance, cuts, kills, began = random.Random(5), CUTS[store], 0, time.monotonic()
    with Nursery(site) as nursery:
        child = nursery.start(scripted_pieces_per_second=PIECES_PER_SECOND)
        async with Client(child.url, site.tokens["learner"]) as client:
            practice = next(iter(site.practices.values()))
            chats = [await client.start_practice(practice) for _ in range(CHATS)]
        async with listener(child.url, site.tokens["learner"]) as heard:
            for _, chat in chats:
                heard.tell(join=chat)
            await heard.until(lambda: len(heard.having("joined")) == CHATS)
            stop = asyncio.Event()
            talks = [asyncio.create_task(talk(child.url, site, chat, stop)) for chat in chats]
            for number in range(cuts):
                await asyncio.sleep(chance.uniform(0.02, 0.25))
                if number % 4 == 3:
                    kills += 1
                    await asyncio.to_thread(child.kill)
                    child = await asyncio.to_thread(
                        lambda port=child.port: nursery.start(port=port, scripted_pieces_per_second=PIECES_PER_SECOND)
                    )
                else:
                    heard.tell(cut=True)
                await heard.until(lambda n=number: len(heard.having("connected")) >= n + 2)
            await heard.until(lambda: len({id_ for _, _, id_ in heard.places()}) > cuts * 10)
            stop.set()
            said = sum(await asyncio.gather(*talks))
            heads = await asyncio.to_thread(settled_heads, site)
            await heard.until(lambda: caught_up(heard.places(), heads))
            await asyncio.sleep(0.2)
    places, connected = heard.places(), heard.having("connected")
    wrong = judge(places, {f"chat:{chat}": 0 for _, chat in chats})
    events = len({id_ for _, _, id_ in places})
    assert [line["recovered"] for line in connected] == [False] + [True] * cuts
    assert not any(line["event"] == "resync" for line in heard.having("event"))
    assert {room: seq for room, seq, _ in places if room.startswith("chat:")} == heads
    assert wrong == Counter()
    assert said > CHATS
    seconds = time.monotonic() - began
    figure(
        "P2",
        f"unmodified socket.io-client, {cuts} cuts, {kills} of them SIGKILL, in {seconds:.0f} s: recovered {cuts}"
        f" times, {events:,} events, gaps {wrong['gaps']},"
        f" duplicates {wrong['duplicates']}, reordered {wrong['reordered']}",
    )


def settled_heads(site: Site) -> dict[str, int]:
    """The newest `seq` of every chat's room, when nothing is being written any more."""
    database = site.database()
    deadline = time.monotonic() + 120
    while database.read_here(lambda tx: tx.all("SELECT id FROM messages WHERE state = 'streaming'")):
        assert time.monotonic() < deadline, "a reply did not end"
        time.sleep(0.05)
    sql = "SELECT room, max(seq) AS head FROM entries WHERE room LIKE :chats GROUP BY room"
    return {row["room"]: row["head"] for row in database.read_here(lambda tx: tx.all(sql, chats="chat:%"))}


def caught_up(places: Sequence[tuple[str, int, str]], heads: dict[str, int]) -> bool:
    newest = {room: seq for room, seq, _ in places}
    return all(newest.get(room, 0) >= seq for room, seq in heads.items())


@pytest.mark.promise("P29")
@pytest.mark.node
async def test_the_stock_client_comes_back_by_itself_when_the_server_is_restarted_in_order(
    tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site("sqlite", tmp_path, request)
    restarts = 3
    with Nursery(site) as nursery:
        child = nursery.start()
        async with listener(child.url, site.tokens["learner"]) as heard:
            for number in range(restarts):
                await asyncio.to_thread(lambda server=child: server.kill(signal.SIGTERM))
                child = await asyncio.to_thread(lambda port=child.port: nursery.start(port=port))
                await heard.until(lambda n=number: len(heard.having("connected")) >= n + 2)
    recovered = [line["recovered"] for line in heard.having("connected")]
    assert recovered[0] is False
    assert all(recovered[1:])  # on a slow machine one more, to the server that is ending
    assert "io server disconnect" not in {line["disconnected"] for line in heard.having("disconnected")}
    figure("P29", f"{restarts} restarts by SIGTERM: the unmodified socket.io-client came back and recovered each time")
