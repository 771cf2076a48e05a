"""Those who play a story: python-socketio's client, socket.io-client from Node, and HTTP alone.

Each sends a command again, under its request id, until it is answered; `back` returns when a player is, after
a restart, where it was. `heard` has every event once, however often it was delivered; `again` counts the repeated ones.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import socketio
from socketio.exceptions import SocketIOError

from parlour.wire.glow.twins import ARTIFACTS, twins
from tests.harness.site import ROOT
from tests.wire.http_client import OPERATIONS, Http

Json = Mapping[str, Any]
TRIES = 40
TWINS = {operation: ARTIFACTS + path for path, operation in twins().items()}


class Player:
    """What all of them have: what was heard, and where it stands in its rooms."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token
        self.heard: list[tuple[str, Any]] = []
        self.places: dict[str, tuple[str, int]] = {}
        self.wrong: list[str] = []
        self.again = 0
        self._ids: set[str] = set()
        self._more = asyncio.Event()

    def hear(self, name: str, payload: Any) -> None:
        """Take an event, once; note what was left out of a room."""
        meta = payload["_meta"]
        if name == "connection_confirmed":
            person = payload["person"]
            self.places.setdefault(person["room"], (person["epoch"], person["seq"]))
        if name in ("resync", "attempt_error", "test_error"):
            self.wrong.append(f"{name}: {payload}")
        if "seq" in meta:
            known = meta["id"] in self._ids
            self._ids.add(meta["id"])
            for place in (meta, *meta.get("also", ())):
                self._count(place["room"], place["epoch"], place["seq"], known=known)
            if known:
                self.again += 1
                return
        self.heard.append((name, payload))
        self._more.set()

    def _count(self, room: str, epoch: str, seq: int, *, known: bool) -> None:
        """An event that another room brought before is told again in a room that is joined with `since`."""
        _, last = self.places.get(room, (epoch, 0))
        if known and seq <= last:
            return
        if seq != last + 1:
            self.wrong.append(f"{room}: {seq} after {last}")
        self.places[room] = (epoch, max(last, seq))

    async def wait(self, name: str, since: int = 0, seconds: float = 60, **members: object) -> Any:
        """The first event of that name with these members, from `heard[since]` on."""

        def found() -> Any:
            return next(
                (
                    payload
                    for event, payload in self.heard[since:]
                    if event == name and all(payload.get(key) == value for key, value in members.items())
                ),
                None,
            )

        await self.until(lambda: found() is not None, seconds)
        return found()

    def all(self, name: str) -> list[Any]:
        """Every event of that name."""
        return [payload for event, payload in self.heard if event == name]

    async def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until what was heard makes the condition true."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._more.clear()
                await self._more.wait()

    async def join(self, chat_id: str) -> None:
        """Be in the room of a chat from its first event on."""
        ack = await self.call("attempt_join", {"chat_id": chat_id, "since": 0})
        assert ack["ok"], ack

    async def watch(self, invocation_id: str) -> None:
        """Be in the room of an invocation of a test from its first event on."""
        ack = await self.call("test_join", {"invocation_id": invocation_id, "since": 0})
        assert ack["ok"], ack

    async def cut(self) -> None:
        """Lose the connection, as with a broken network, and be back with everything that was missed to come."""
        raise AssertionError("every player has its own way")

    async def call(self, command: str, request: Json) -> Any:
        """Send a command until it is answered: the acknowledgement or the problem."""
        raise AssertionError("every player has its own way")

    async def fire(self, command: str, request: Json) -> None:
        """Send a command and do not wait for anything."""
        raise AssertionError("every player has its own way")

    async def back(self) -> None:
        """After a restart: connected again, with everything that was missed to come."""
        raise AssertionError("every player has its own way")

    async def read(self, path: str) -> str:
        """What a path of the read models answers."""
        raise AssertionError("every player has its own way")


class Python(Player):
    """python-socketio's client as it is. It is not offered recovery: it comes back to rooms with `since`."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(url, token)
        self._joined: list[tuple[str, str, str]] = []
        self._io: Any = None
        self._http = httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=60)

    async def _hear(self, name: str, payload: Any) -> None:
        self.hear(name, payload)

    async def connect(self) -> None:
        person = next((room for room in self.places if room.startswith("person:")), None)
        epoch, seq = self.places[person] if person else (None, None)
        io = self._io = socketio.AsyncClient(reconnection=False)
        io.on("*", self._hear)
        auth = {"token": self.token, "person_since": seq, "person_epoch": epoch} if person else {"token": self.token}
        await io.connect(self.url, auth=auth, transports=["websocket"], wait=True, wait_timeout=60)

    async def back(self) -> None:
        await self.close()
        await self.connect()
        for command, kind, name in self._joined:
            epoch, seq = self.places.get(f"{kind}:{name}", (None, 0))
            ack = await self.call(command, {f"{kind}_id": name, "since": seq, "epoch": epoch})
            assert (ack["ok"], ack.get("resync")) == (True, None), ack

    async def join(self, chat_id: str) -> None:
        await super().join(chat_id)
        self._joined.append(("attempt_join", "chat", chat_id))

    async def watch(self, invocation_id: str) -> None:
        await super().watch(invocation_id)
        self._joined.append(("test_join", "invocation", invocation_id))

    async def cut(self) -> None:
        await self.back()

    async def call(self, command: str, request: Json) -> Any:
        return await self._io.call(command, dict(request), timeout=60)

    async def fire(self, command: str, request: Json) -> None:
        await self._io.emit(command, dict(request))

    async def read(self, path: str) -> str:
        for _ in range(TRIES):
            try:
                answer = await self._http.get(path)
            except httpx.TransportError:  # a connection that the killed server had left open
                continue
            assert answer.status_code == 200, answer.text
            return answer.text
        raise AssertionError(f"{path} was not answered")

    async def close(self) -> None:
        try:
            await self._io.disconnect()
        except SocketIOError:
            return
        finally:
            if self._io.eio.http is not None:
                await self._io.eio.http.close()

    async def end(self) -> None:
        await self.close()
        await self._http.aclose()


class Web(Player):
    """HTTP alone: operations (on their artifact paths where there are), events by long polls of one session."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(url, token)
        self.http = Http(url, token)
        self._after: str | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def connect(self) -> None:
        await self.http.connect()
        self._listener = asyncio.create_task(self._listen())
        self._tasks.add(self._listener)

    async def cut(self) -> None:
        self._listener.cancel()
        await asyncio.sleep(0.1)
        self._listener = asyncio.create_task(self._listen())
        self._tasks.add(self._listener)

    async def _listen(self) -> None:
        while True:
            try:
                found = await self.http.poll(self._after, wait=5)
            except httpx.TransportError:
                await asyncio.sleep(0.02)
                continue
            for event in found["events"]:
                self.hear(event["event"], event["data"])
            self._after = found["next"]

    async def back(self) -> None:
        """The session outlives the server."""

    async def _send(self, command: str, request: Json) -> httpx.Response:
        path = command.replace("_", "/", 1)
        return await self.http.io.post(
            TWINS.get(path, OPERATIONS + path), json=dict(request), params={"sid": self.http.sid}
        )

    async def call(self, command: str, request: Json) -> Any:
        for _ in range(TRIES):
            try:
                answer = await self._send(command, request)
            except httpx.TransportError:
                await asyncio.sleep(0.02)
                continue
            return answer.json() if answer.is_success else {"ok": False, "error": answer.json()}
        raise AssertionError(f"{command} was not answered")

    async def fire(self, command: str, request: Json) -> None:
        async def send() -> None:
            try:
                await self._send(command, request)
            except httpx.TransportError:
                return

        task = asyncio.create_task(send())
        self._tasks.add(task)
        await asyncio.sleep(0)

    async def read(self, path: str) -> str:
        for _ in range(TRIES):
            try:
                answer = await self.http.io.get(path)
            except httpx.TransportError:
                await asyncio.sleep(0.02)
                continue
            assert answer.status_code == 200, answer.text
            return answer.text
        raise AssertionError(f"{path} was not answered")

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.http.io.aclose()
        for each in ended:
            if isinstance(each, Exception):
                raise each


class Node(Player):
    """socket.io-client from npm in Node, unmodified. It comes back, and recovers, by itself."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(url, token)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count()
        self._connects: list[bool] = []
        self._backs = 0

    async def connect(self) -> None:
        pipe = asyncio.subprocess.PIPE
        script = str(ROOT / "tests" / "clients" / "js" / "player.mjs")
        self._process = await asyncio.create_subprocess_exec(
            "node", script, self.url, self.token, stdin=pipe, stdout=pipe, limit=2**22
        )
        self._reading = asyncio.create_task(self._read())
        await self.until(lambda: bool(self._connects))

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said = json.loads(line)
            if "event" in said:
                self.hear(said["event"], said["payload"])
            elif "connected" in said:
                self._connects.append(said["recovered"])
            elif "id" in said:
                self._answers.pop(said["id"]).set_result(said["answer"])
            self._more.set()

    def _tell(self, order: Json) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def _ask(self, order: Json) -> Any:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._tell({"id": number, **order})
        return await asyncio.wait_for(answer, 60)

    async def back(self) -> None:
        self._backs += 1
        await self.until(lambda: len(self._connects) > self._backs)
        assert all(self._connects[1:]), "it could not recover"

    async def cut(self) -> None:
        self._tell({"cut": True})
        await self.back()

    async def call(self, command: str, request: Json) -> Any:
        return await self._ask({"call": command, "payload": request})

    async def fire(self, command: str, request: Json) -> None:
        self._tell({"fire": command, "payload": request})

    async def read(self, path: str) -> str:
        answer = await self._ask({"read": path})
        assert answer["status"] == 200, answer
        return answer["text"]

    async def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), 60)
        await self._reading


@asynccontextmanager
async def playing(kind: str, url: str, token: str) -> AsyncGenerator[Player]:
    """A player of a kind (`python`, `http`, `node`), connected."""
    player: Python | Web | Node
    match kind:
        case "python":
            player = Python(url, token)
        case "http":
            player = Web(url, token)
        case _:
            player = Node(url, token)
    await player.connect()
    try:
        yield player
    finally:
        await player.end()
