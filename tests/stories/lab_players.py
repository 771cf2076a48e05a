"""Those who play the story of a laboratory: a client in the field, HTTP with a stream, python-socketio, Node.

Each sends words or a file, waits for the reply, answers questions in its own way and comes back after a restart.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import socketio
from socketio.exceptions import SocketIOError

from tests.harness.site import ROOT
from tests.lab.field import FieldClient

KINDS = ("field", "stream", "python", "node")
SECONDS = 60.0
Json = Mapping[str, Any]


class Device:
    """One device of a member. `token` is empty for a client in the field."""

    def __init__(self, url: str, user_id: str, token: str) -> None:
        self.url, self.user_id, self.token = url, user_id, token
        self.at = f"/users/{user_id}/"
        self.headers = {"authorization": f"Bearer {token}"} if token else {}

    async def open(self) -> None:
        """Begin."""
        raise AssertionError("every device has its own way")

    async def close(self) -> None:
        """End."""
        raise AssertionError("every device has its own way")

    async def back(self) -> None:
        """The server was killed and another one is there."""
        raise AssertionError("every device has its own way")

    async def say(self, text: str, **flags: Any) -> Json:
        """Say something; the reply."""
        raise AssertionError("every device has its own way")

    async def send(self, name: str, content: bytes, text: str) -> Json:
        """Send a file; the reply."""
        raise AssertionError("every device has its own way")

    async def answer(self, reply: Json, words: str, form: Json, **flags: Any) -> Json:
        """Answer a question by words, or by the form of the question; the next reply."""
        raise AssertionError("every device has its own way")

    async def open_question(self) -> Json:
        """The question that another device was asked."""
        raise AssertionError("every device has its own way")

    async def next_final(self) -> Json:
        """The final of what another device said or answered."""
        raise AssertionError("every device has its own way")

    async def fetch(self, handle: str) -> bytes:
        """The bytes of a reference."""
        async with httpx.AsyncClient(base_url=self.url, headers=self.headers, timeout=SECONDS) as http:
            posted = await http.post(f"{self.at}files/bytes", json={"filepath": handle})
            opened = await http.get(self.at + handle)
        assert (posted.status_code, opened.status_code) == (200, 200), (posted.text, opened.text)
        assert posted.content == opened.content
        return posted.content


class Field(Device):
    """The strict client: no token, polls, does not await its POSTs, goes by `inner_chat` alone."""

    async def open(self) -> None:
        self.client = await FieldClient(self.url, self.user_id).__aenter__()
        self._switches: Json = {}

    async def close(self) -> None:
        await self.client.__aexit__()

    async def back(self) -> None:
        """It does not notice."""

    async def say(self, text: str, **flags: Any) -> Json:
        self._switches = flags
        return await self.client.ask(text, SECONDS, **flags)

    async def send(self, name: str, content: bytes, text: str) -> Json:
        self.client.send_file(name, content, text)
        return await self.client.next_reply(SECONDS)

    async def answer(self, reply: Json, words: str, form: Json, **flags: Any) -> Json:
        assert reply["inner_chat"]
        return await self.say(words, **{**self._switches, **flags})  # its switches stay as they are set

    async def open_question(self) -> Json:
        return await self.client.next_reply(SECONDS)

    async def next_final(self) -> Json:
        raise AssertionError("it was taken by the first device that asked")


class Listening(Device):
    """A device that is told of everything. `heard` are the events, each once; `wrong` says what was left out."""

    def __init__(self, url: str, user_id: str, token: str) -> None:
        super().__init__(url, user_id, token)
        self.heard: list[Json] = []
        self.wrong: list[str] = []
        self.cursor = ""
        self._more = asyncio.Event()
        self._shown: set[str] = set()
        self._http = httpx.AsyncClient(base_url=url, headers=self.headers, timeout=SECONDS)

    def hear(self, name: str, payload: Json) -> None:
        """Take an event."""
        if name == "person_joined":
            return
        epoch, _, last = self.cursor.partition(":")
        first = payload.get("from_seq") or payload["seq"]
        if name == "resync" or (last and (payload["epoch"], first) != (epoch, int(last) + 1)):
            self.wrong.append(f"{name} {payload['epoch']}:{first} after {self.cursor}")
        self.cursor = f"{payload['epoch']}:{payload['seq']}"
        self.heard.append({"name": name, **payload})
        self._more.set()

    async def next_reply(self) -> Json:
        """The next reply that was not shown yet."""
        async with asyncio.timeout(SECONDS):
            while True:
                self._more.clear()
                for event in self.heard:
                    if event["name"] == "reply_ready" and event["message_id"] not in self._shown:
                        self._shown.add(event["message_id"])
                        await self.seen(event["message_id"])
                        return event
                await self._more.wait()

    async def seen(self, message_id: str) -> None:
        """Acknowledge a reply."""
        answer = await self._http.get(f"{self.at}response", params={"after": message_id})
        assert answer.status_code == 200

    async def send(self, name: str, content: bytes, text: str) -> Json:
        form = {"file_name": name, "text": text}
        answer = await self._http.post(f"{self.at}chat_with_file", data=form, files={"file": (name, content)})
        assert (answer.status_code, answer.content) == (200, b"null"), answer.text
        return await self.next_reply()

    async def open_question(self) -> Json:
        snapshot = (await self._http.get(f"{self.at}conversation")).json()
        question = snapshot["question"]
        self._shown.add(question["message_id"])
        return {"inner_chat": True, "message_id": question["message_id"], "question": question}

    async def next_final(self) -> Json:
        return await self.next_reply()

    async def start(self) -> None:
        """Where the room stands now; what comes later is told."""
        cursor = (await self._http.get(f"{self.at}conversation")).json()["cursor"]
        self.cursor = f"{cursor['epoch']}:{cursor['seq']}"

    async def close(self) -> None:
        await self._http.aclose()
        assert self.wrong == []


class Stream(Listening):
    """HTTP: messages and answers are posted, replies come by server-sent events."""

    async def open(self) -> None:
        await self.start()
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            with suppress(httpx.TransportError):
                since = {"last-event-id": self.cursor}
                async with self._http.stream("GET", f"{self.at}events", headers=since) as body:
                    name = ""
                    async for line in body.aiter_lines():
                        if line.startswith("event: "):
                            name = line.removeprefix("event: ")
                        elif line.startswith("data: "):
                            self.hear(name, json.loads(line.removeprefix("data: ")))
            await asyncio.sleep(0.05)

    async def back(self) -> None:
        """It comes back by itself."""

    async def say(self, text: str, **flags: Any) -> Json:
        answer = await self._http.post(f"{self.at}chat_text", json={"text": text, **flags})
        assert (answer.status_code, answer.content) == (200, b"null"), answer.text
        return await self.next_reply()

    async def answer(self, reply: Json, words: str, form: Json, **flags: Any) -> Json:
        question_id = reply["question"]["question_id"]
        if flags:
            body = {"text": words, "question_id": question_id, **flags}
            answer = await self._http.post(f"{self.at}inner_chat_text", json=body)
        else:
            answer = await self._http.post(f"{self.at}questions/{question_id}/answer", json={"answer": form})
        assert answer.status_code == 200, answer.text
        return await self.next_reply()

    async def close(self) -> None:
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        await super().close()


class Socket(Listening):
    """Commands of 12.2; `call` sends one until it is answered."""

    async def call(self, command: str, payload: Json) -> Json:
        """The acknowledgement, which must be a success."""
        raise AssertionError("every socket has its own way")

    async def join(self, since: str = "") -> None:
        """Be in the room, with all that came after `since`."""
        ack = await self.call("person_join", {"since": since} if since else {})
        self.cursor = since or f"{ack['cursor']['epoch']}:{ack['cursor']['seq']}"

    async def seen(self, message_id: str) -> None:
        await self.call("reply_seen", {"message_id": message_id})

    async def say(self, text: str, **flags: Any) -> Json:
        ack = await self.call("person_say", {"text": text, "client_message_id": f"{id(self)}-{self.cursor}", **flags})
        assert ack["effect"] in ("started", "answered"), ack
        return await self.next_reply()

    async def answer(self, reply: Json, words: str, form: Json, **flags: Any) -> Json:
        if flags:
            return await self.say(words, question_id=reply["question"]["question_id"], **flags)
        await self.call("question_answer", {"question_id": reply["question"]["question_id"], "answer": form})
        return await self.next_reply()


class Python(Socket):
    """python-socketio, which joins again from where it was."""

    async def open(self) -> None:
        await self._connect()
        await self.join()

    async def _connect(self) -> None:
        self._io: Any = socketio.AsyncClient(reconnection=False)
        self._io.on("*", self._hear)
        await self._io.connect(self.url, auth={"token": f"Bearer {self.token}"}, transports=["websocket"])

    async def _hear(self, name: str, payload: Any, *_: Any) -> None:
        if "_meta" not in payload:
            self.hear(name, payload)

    async def back(self) -> None:
        await self._disconnect()
        await self._connect()
        await self.join(self.cursor)

    async def call(self, command: str, payload: Json) -> Json:
        ack = await self._io.call(command, dict(payload), timeout=60)
        assert ack["ok"], ack
        return ack

    async def _disconnect(self) -> None:
        with suppress(SocketIOError):
            await self._io.disconnect()
        if self._io.eio.http is not None:
            await self._io.eio.http.close()

    async def close(self) -> None:
        await self._disconnect()
        await super().close()


class Node(Socket):
    """The unmodified socket.io-client from Node; it recovers by itself."""

    async def open(self) -> None:
        pipe = asyncio.subprocess.PIPE
        script = str(ROOT / "tests" / "clients" / "js" / "player.mjs")
        self._process = await asyncio.create_subprocess_exec(
            "node", script, self.url, f"Bearer {self.token}", stdin=pipe, stdout=pipe, limit=2**22
        )
        self._answers: dict[int, asyncio.Future[Json]] = {}
        self._numbers = itertools.count()
        self._connects: list[bool] = []
        self._backs = 0
        self._reading = asyncio.create_task(self._read())
        await self.join()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said = json.loads(line)
            if "event" in said and "_meta" not in said["payload"]:
                self.hear(said["event"], said["payload"])
            elif "connected" in said:
                self._connects.append(said["recovered"])
                self._more.set()
            elif "id" in said:
                self._answers.pop(said["id"]).set_result(said["answer"])

    async def call(self, command: str, payload: Json) -> Json:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": number, "call": command, "payload": payload}).encode() + b"\n")
        ack = await asyncio.wait_for(answer, SECONDS)
        assert ack.get("ok"), ack
        return ack

    async def back(self) -> None:
        self._backs += 1
        async with asyncio.timeout(SECONDS):
            while len(self._connects) <= self._backs:
                self._more.clear()
                await self._more.wait()
        assert all(self._connects[1:]), "it could not recover"

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), 60)
        await self._reading
        await super().close()


@asynccontextmanager
async def device(kind: str, url: str, user_id: str, token: str) -> AsyncGenerator[Device]:
    """A device of a kind, opened."""
    made: dict[str, type[Device]] = {"field": Field, "stream": Stream, "python": Python, "node": Node}
    opened = made[kind](url, user_id, "" if kind == "field" else token)
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()
