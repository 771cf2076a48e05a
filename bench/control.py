"""How the harness and a server under test talk: JSON lines on the server's standard input and output.

The server prints `{"port": …}` when it listens, answers each command line with one line, and ends when its
input ends, so that no server outlives the harness. Commands:

- `{"do": "open", "rooms": n}` → `{"seats": [{"auth": {…}, "join": {…}, "message": {…}}]}`, one seat a room: the
  auth object of a client, and the payloads it sends as `attempt_join` and as `attempt_message`.
- `{"do": "produce", "rooms": n, "per_second": r, "pieces": k, "ahead": a}` → `{"produced": n·k}` when all are said:
  k pieces into each of the first n rooms at r a second and room; `r = 0`: as fast as the server takes them, with `a`
  under way at once. Each reaches the watchers of its room as one `attempt_progress` event with a stamp in its content.
- `{"do": "figures"}` → what the server counted itself, if it is one that does.
- `{"do": "profile", "file": f}` → `{}`; from then on the event loop's thread is profiled, and f is written at the end.
"""

import asyncio
import atexit
import json
import sys
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from bench.clock import now, now_ns

Json = dict[str, object]
FILL = "and so the persona goes on to say a few more words"
PIECE = 60
TICK_SECONDS = 0.001
PROFILE_LINES = 60


@dataclass(frozen=True, kw_only=True)
class Seat:
    """How a client takes part in one room."""

    auth: Json
    join: Json
    message: Json


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is to be said: rooms, pieces a second and room (0: flat out), pieces a room, pieces under way at once."""

    rooms: int
    per_second: int
    pieces: int
    ahead: int = 1


class Subject(Protocol):
    """A server under test."""

    async def start(self) -> int:
        """Listen on 127.0.0.1; the port."""
        ...

    async def open(self, rooms: int) -> Sequence[Seat]:
        """Make that many rooms, new or the same as before."""
        ...

    def say(self, room: int, text: str) -> Awaitable[None] | None:
        """Say one piece in a room of the last `open`; what is returned, if anything, ends when it is said."""
        ...

    async def stop(self) -> None:
        """Close everything."""
        ...


@runtime_checkable
class Counts(Protocol):
    """A server under test that counts something itself."""

    async def figures(self) -> Json:
        """What it counted."""
        ...


def stamped(due_ns: int) -> str:
    """A piece that begins with the time it was due, so that a late server cannot hide its delay."""
    return f"{due_ns} {FILL}"[:PIECE]


async def produce(subject: Subject, load: Load) -> int:
    """Say `pieces` in each room, the rooms in turn; how many were said."""
    await (_paced(subject, load) if load.per_second else _flat_out(subject, load))
    return load.rooms * load.pieces


async def _paced(subject: Subject, load: Load) -> None:
    step_ns = 1e9 / (load.per_second * load.rooms)
    total, said, began = load.rooms * load.pieces, 0, now_ns()
    pending: set[asyncio.Future[None]] = set()
    while said < total:
        due = min(total, int((now_ns() - began) / step_ns) + 1)
        while said < due:
            waiting = subject.say(said % load.rooms, stamped(began + int(said * step_ns)))
            said += 1
            if waiting is not None:
                task = asyncio.ensure_future(waiting)
                pending.add(task)
                task.add_done_callback(pending.discard)
        await asyncio.sleep(max(TICK_SECONDS, (began + said * step_ns - now_ns()) / 1e9))
    if pending:
        await asyncio.gather(*pending)


async def _flat_out(subject: Subject, load: Load) -> None:
    turn = iter(range(load.rooms * load.pieces))

    async def one_after_another() -> None:
        for index in turn:
            waiting = subject.say(index % load.rooms, stamped(now_ns()))
            await (asyncio.sleep(0) if waiting is None else waiting)

    await asyncio.gather(*(one_after_another() for _ in range(load.ahead)))


def serve(subject: Subject) -> None:
    """Run a server under test until the harness closes its input."""
    import uvloop

    uvloop.run(_serve(subject))


async def _serve(subject: Subject) -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    began = now()
    port = await subject.start()
    _answer({"port": port, "start_seconds": now() - began})
    try:
        while line := await lines.readline():
            _answer(await _obey(subject, json.loads(line)))
    finally:
        await subject.stop()


async def _obey(subject: Subject, command: Json) -> Json:
    match command:
        case {"do": "open", "rooms": int(rooms)}:
            seats = await subject.open(rooms)
            return {"seats": [{"auth": s.auth, "join": s.join, "message": s.message} for s in seats]}
        case {
            "do": "produce",
            "rooms": int(rooms),
            "per_second": int(rate),
            "pieces": int(pieces),
            "ahead": int(ahead),
        }:
            load = Load(rooms=rooms, per_second=rate, pieces=pieces, ahead=ahead)
            return {"produced": await produce(subject, load)}
        case {"do": "figures"} if isinstance(subject, Counts):
            return await subject.figures()
        case {"do": "profile", "file": str(file)}:
            _profile(Path(file))
            return {}
        case _:
            return {"error": f"unknown command {command}"}


def _profile(file: Path) -> None:
    import cProfile
    import pstats

    profile = cProfile.Profile()

    def keep() -> None:
        profile.disable()
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w") as out:
            pstats.Stats(profile, stream=out).sort_stats("tottime").print_stats(PROFILE_LINES)

    atexit.register(keep)
    profile.enable()


def _answer(line: Json) -> None:
    print(json.dumps(line), flush=True)
