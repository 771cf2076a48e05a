"""Accounts that do what they like with everybody's ids, and remember every byte they were given."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from parlour.wire.glow.names import EVENTS, OPERATIONS, PREFIX
from parlour.wire.glow.twins import ARTIFACTS, RENAMED, TWINNED
from tests.access.errands import API, ERRANDS, answer_keys, chosen, documents, lobby
from tests.access.world import NO_CA, UNKNOWN, UNKNOWN_SID, Subject
from tests.wire.http_client import EVENTS as STREAM
from tests.wire.http_client import POLL, Stream
from tests.wire.raw import Raw

PATHS = tuple(operation.path for operation in OPERATIONS if operation.path.startswith("attempt/"))
ON_CONNECTIONS = {operation.path for operation in OPERATIONS if operation.on_connection}
LINES = ("What have you tried so far?", "That sounds hard. Tell me more?", "Well done!", "Let us look at it together.")
OFTEN = {
    "attempt/start": 3,
    "attempt/message": 8,
    "attempt/join": 6,
    "attempt/grade": 2,
    "attempt/end": 0.5,
    "attempt/next": 1.5,
    "attempt/response_submit": 2,
    "attempt/use_previous": 2,
    "attempt/end_all": 0.4,
}
READS = {
    "/attempts/{id}": 4,
    "/attempts": 2,
    "/home": 1,
    "/practice": 1,
    "/search": 2,
    "/attempts/export": 1,
    "/attempts/{id}/export": 2,
    "/chats/{chat}/grades": 2,
    "/chats/{chat}/branches": 2,
    "/attempts/{id}/usage": 1,
    "/usage": 1,
}
Payload = dict[str, Any]


@dataclass
class Pool:
    """What everybody knows: all ids there are, with their owner, and what was asked before."""

    entries: list[tuple[str, str]]  # ("home_id", its id)
    attempts: list[tuple[str, str, str]] = field(default_factory=list)  # owner, attempt, chat
    accounts: list[str] = field(default_factory=lambda: [UNKNOWN])
    lobbies: list[tuple[str, str, str]] = field(default_factory=list)  # owner, attempt, template
    finished: list[tuple[str, str]] = field(default_factory=list)  # owner, chat
    drafts: list[str] = field(default_factory=list)
    grades: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)  # owner, ticket of an upload
    messages: list[str] = field(default_factory=list)
    sids: list[str] = field(default_factory=lambda: [UNKNOWN_SID])
    tickets: list[str] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)  # chats that somebody spoke in
    utterances: list[tuple[str, str]] = field(default_factory=list)  # chat, item
    recordings: list[tuple[str, str]] = field(default_factory=list)  # owner, upload
    heard: list[tuple[str, str]] = field(default_factory=list)  # who was given a recording, and whose
    pids: list[tuple[str, str]] = field(default_factory=list)
    asked: list[tuple[str, Payload]] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)  # of ids: the owner's staff may see them too
    secrets: dict[str, str] = field(default_factory=dict)  # of sids, tickets, pids, drafts: nobody else may
    counts: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)  # accepted commands, by operation

    def learn(self, owner: str, path: str, answer: Mapping[str, Any]) -> None:
        """What an accepted command of `owner` made: ids that are now its owner's."""
        made: list[str] = []
        if path in ("attempt/start", "attempt/next"):
            chat = answer.get("attempt_chat_id") or answer.get("chat_id")
            if chat:
                self.attempts.append((owner, answer["attempt_id"], chat))
                made = [answer["attempt_id"], chat]
            elif answer.get("is_lobby"):
                self.lobbies.append((owner, answer["attempt_id"], answer["chat_entry_id"]))
                made = [answer["attempt_id"]]
        if path in ("attempt/message", "attempt/text_frame"):
            made = [answer["user_message_id"], answer["assistant_message_id"]]
            self.messages += made
        for each in made:
            assert self.owners.setdefault(each, owner) == owner, f"{owner} was told what somebody else had done"


class Walker:
    """One account. `received` is everything that came to it, `sent` everything it named itself."""

    def __init__(self, name: str, canary: str, url: str, token: str, pool: Pool, dice: random.Random) -> None:
        self.name, self.canary, self.url, self.token = name, canary, url, token
        self.learns = False
        self.answered: set[str] = set()  # attempts of one's own with an answer to their question
        self.told_too_early: list[str] = []
        self.pool, self.dice = pool, dice
        self.received: list[str] = []
        self.sent: list[str] = []
        headers = {"authorization": f"Bearer {token}"}
        self.http = httpx.AsyncClient(base_url=url, headers=headers, timeout=60, verify=NO_CA)
        self.raw = Raw(url)
        self.streams: list[Stream] = []
        self.sid = ""

    async def begin(self) -> None:
        """Open a socket, a session and its stream; who has a seat says something at once, and finishes a chat."""
        await self._open_socket({})
        await self.new_session()
        for entry in self.pool.entries:
            ids = await self._say_something(entry)
            if ids and entry[0] == "home_id":
                ids = await self._say_something(entry)
                await self.raw.ok("attempt_end", ids)
                self.pool.finished.append((self.name, ids["chat_id"]))

    async def _say_something(self, entry: tuple[str, str]) -> Payload:
        """Begin an attempt of an entry, and say something in its first chat, if it opens at once."""
        started = await self.raw.call("attempt_start", dict([entry]))
        if not started["ok"]:
            return {}
        self.pool.learn(self.name, "attempt/start", started)
        if not started["attempt_chat_id"]:
            return {}
        ids = {"attempt_id": started["attempt_id"], "chat_id": started["attempt_chat_id"]}
        said = await self.raw.ok("attempt_message", {**ids, "message": f"{LINES[0]} {self.canary}"})
        self.pool.learn(self.name, "attempt/message", said)
        return ids

    async def end(self) -> None:
        """Close everything, and keep what came last."""
        self._keep_socket()
        self.raw.cut()
        for stream in self.streams:
            self.received.append(stream.body.decode())
            await stream.aclose()
        await self.http.aclose()

    async def step(self) -> None:
        """One random thing to do."""
        kinds = {
            self.command: 16,
            self.repeat: 5,
            self.read: 4,
            self.poll: 2,
            self.stream_of_another: 1,
            self.reconnect: 2,
            self.errand: 14,
            self.disconnect: 0.5,
            self.new_session: 0.5,
        }
        (act,) = self.dice.choices(list(kinds), list(kinds.values()))
        outcome = await act()
        self.pool.counts[outcome] += 1

    # --- what one does ---

    async def errand(self) -> str:
        """Anything beside the operations."""
        (go,) = self.dice.choices(list(ERRANDS), list(ERRANDS.values()))
        answer = await go(self)
        assert answer.status_code < 500, answer.text
        return f"{go.__name__}{'' if answer.is_success else ' refused'}"

    async def command(self) -> str:
        """Any operation, on anybody's object."""
        (path,) = self.dice.choices(PATHS, [OFTEN.get(path, 1) for path in PATHS])
        payload = self._payload(path)
        if self.dice.random() < 0.6:
            number = len(self.pool.asked)
            payload["client_request_id"] = (
                f"request-{number if self.dice.random() < 0.8 else self.dice.randint(0, number)}"
            )
        self.pool.asked.append((path, payload))
        return await self._carry_out(path, payload)

    async def repeat(self) -> str:
        """A command that somebody has sent before, word for word, with its request id."""
        asked = [(path, payload) for path, payload in self.pool.asked if self._is_harmless(payload)]
        if not asked:
            return "nothing to repeat"
        path, payload = self.dice.choice(asked[-20:])
        return await self._carry_out(path, payload)

    async def read(self) -> str:
        """A read model: an attempt, the list with filters and cursor, cards."""
        names = sorted({owner for owner, _, _ in self.pool.attempts})
        (path,) = self.dice.choices(tuple(READS), tuple(READS.values()))
        params = {"q": "canary"} if path == "/search" else {"format": "jsonl"} if path.endswith("/export") else {}
        if path == "/attempts" and names:
            params = {"search": self.dice.choice(names), "limit": str(self.dice.choice((1, 3, 200)))}
        attempt, chat = self.pair()
        answer = await self._get("/api/v1" + path.replace("{id}", attempt).replace("{chat}", chat), params)
        if answer.is_success and path == "/attempts" and (cursor := answer.json().get("next_cursor")):
            await self._get("/api/v1/attempts", {"cursor": cursor})
        return "read" if answer.is_success else "read refused"

    async def poll(self) -> str:
        """A long poll of anybody's session, from any offset."""
        sid = self.dice.choice((self.sid, self.dice.choice(self.pool.sids)))
        params = {"sid": sid, "wait": "0"}
        if self.dice.random() < 0.5 and self.pool.pids:
            params["after"] = self.dice.choice(self.pool.pids)[1]
        answer = await self._get(POLL, params)
        return "poll" if answer.is_success else "poll refused"

    async def stream_of_another(self) -> str:
        """The stream of any session, with a ticket of any session or one's own token."""
        params = {"sid": self.dice.choice(self.pool.sids)}
        headers = {}
        if self.dice.random() < 0.5 and self.pool.tickets:
            params["ticket"] = self.dice.choice([each for each in self.pool.tickets if self._may_use(each)] or ["none"])
        else:
            headers = {"authorization": f"Bearer {self.token}"}
        self.sent += params.values()
        async with httpx.AsyncClient(base_url=self.url, timeout=60, verify=NO_CA) as nobody:
            request = nobody.build_request("GET", STREAM, params=params, headers=headers)
            answer = await nobody.send(request, stream=True)
            if not answer.is_success:
                self.received.append((await answer.aread()).decode())
                return "stream refused"
            stream = Stream(answer)
            await asyncio.sleep(0.05)
            self.received.append(stream.body.decode())
            await stream.aclose()
        return "stream"

    async def reconnect(self) -> str:
        """A new socket with anybody's `pid` and offset, sometimes with the past of one's own room."""
        auth: Payload = {}
        if self.pool.pids and self.dice.random() < 0.8:
            own = [each for each in self.pool.pids if self.pool.secrets[each[0]] == self.name]
            pid, offset = self.dice.choice(own if own and self.dice.random() < 0.4 else self.pool.pids)
            if self.dice.random() < 0.3:
                offset = self.dice.choice(self.pool.pids)[1]
            auth = {"pid": pid, "offset": offset}
        if self.dice.random() < 0.3:
            auth["dialect"] = "glow-web"
        if self.dice.random() < 0.5:
            auth["person_since"] = self.dice.choice((0, 1, 5, 10**6))
        self._keep_socket()
        self.raw.cut()
        return await self._open_socket(auth)

    async def disconnect(self) -> str:
        """End anybody's connection but one's own."""
        sid = self.dice.choice([each for each in self.pool.sids if self.pool.secrets.get(each) != self.name])
        self.sent.append(sid)
        answer = await self.http.post(PREFIX + "disconnect", params={"sid": sid})
        self._remember(answer)
        assert answer.status_code == 404, f"{self.name} ended the connection of another: {answer.text}"
        return answer.json()["code"]

    async def new_session(self) -> str:
        """A new HTTP session, often with the past of one's own room, and a stream of it."""
        body: Payload = {"person_since": 0} if self.dice.random() < 0.7 else {}
        if self.dice.random() < 0.3:
            body["dialect"] = "glow-web"
        answer = await self.http.post(PREFIX + "connect", json=body)
        opened = answer.json()
        self._remember(answer)
        self.sid = opened["sid"]
        self.pool.sids.append(self.sid)
        self.pool.tickets.append(opened["ticket"])
        self.pool.secrets |= {opened["sid"]: self.name, opened["ticket"]: self.name}
        request = self.http.build_request("GET", STREAM, params={"sid": self.sid})
        self.streams.append(Stream(await self.http.send(request, stream=True)))
        return "session"

    # --- how ---

    async def ask(self, method: str, path: str, body: object = None, **params: str) -> httpx.Response:
        """A request below `/api/v1`, or to a whole path; the answer is kept."""
        where = path if path.startswith(("/api/", PREFIX)) else API + path
        self.sent += [where, *params.values(), json.dumps(body)]
        answer = await self.http.request(method, where, json=body, params=params)
        self._remember(answer)
        return answer

    async def _open_socket(self, auth: Payload) -> str:
        self.raw = await Raw(self.url).__aenter__()
        self.sent += [str(value) for value in auth.values()]
        answer = await self.raw.open(self.token, **auth)
        pid = answer.data["pid"]
        assert self.pool.secrets.setdefault(pid, self.name) == self.name, "a pid of another account was taken over"
        self.pool.sids.append(answer.data["sid"])
        self.pool.secrets[answer.data["sid"]] = self.name
        return "recovered" if auth.get("pid") == pid else "connected"

    def _keep_socket(self) -> None:
        self.received += [json.dumps(packet.data, ensure_ascii=False) for packet in self.raw.packets]
        offsets = [packet.offset for packet in self.raw.events if packet.offset]
        pid = next((packet.data.get("pid") for packet in self.raw.packets if packet.type == "0"), None)
        if pid and offsets:
            self.pool.pids += [(pid, offsets[-1]), (pid, offsets[0])]

    async def _carry_out(self, path: str, payload: Payload) -> str:
        self.sent += [str(value) for value in payload.values()]
        holding = path == "attempt/text_frame" and self.dice.random() < 0.7
        if holding:
            await self.raw.call("attempt_audio_start", {"chat_id": payload["chat_id"]})
        if holding or self.dice.random() < 0.5:
            spelling = self.dice.choice([name for name, operation in EVENTS.items() if operation.path == path])
            ack = await self.raw.call(spelling, payload)
        else:
            ack = await self._post(path, payload)
        if ack.get("ok"):
            self.pool.learn(self.name, path, ack)
            self.pool.done[path] += 1
            if path == "attempt/response_submit":
                self.answered |= {attempt for _, attempt, chat in self.pool.attempts if chat == payload["chat_id"]}
            return "done"
        return ack.get("error", ack)["code"]

    async def _post(self, path: str, payload: Payload) -> Any:
        params = {}
        if path in ON_CONNECTIONS or self.dice.random() < 0.5:
            params["sid"] = self.sid if self.dice.random() < 0.6 else self.dice.choice(self.pool.sids)
            self.sent.append(params["sid"])
        place = PREFIX + path
        if path in TWINNED and self.dice.random() < 0.4:
            place = ARTIFACTS + RENAMED.get(path, path)
        answer = await self.http.post(place, json=payload, params=params)
        self._remember(answer)
        return answer.json()

    async def _get(self, path: str, params: dict[str, str]) -> httpx.Response:
        self.sent += [path, *params.values()]
        answer = await self.http.get(path, params=params)
        self._remember(answer)
        return answer

    def _remember(self, answer: httpx.Response) -> None:
        self.received += [answer.text, str(answer.headers)]
        if self.learns and not any(attempt in answer.text for attempt in self.answered):
            self.told_too_early += [answer.text for found in documents(answer.text) if any(answer_keys(found))]

    def keys_in_events(self) -> list[str]:
        """Events never tell which option is right."""
        packets = [json.dumps(packet.data) for packet in self.raw.packets]
        streams = [stream.body.decode() for stream in self.streams]
        return [text for text in (*packets, *streams) if any(any(answer_keys(each)) for each in documents(text))]

    def pair(self) -> tuple[str, str]:
        """An attempt and a chat: one's own, another's, of two owners, or unknown."""
        known, chance = self.pool.attempts, self.dice.random()
        if not known or chance < 0.05:
            return UNKNOWN, UNKNOWN
        own = [each for each in known if each[0] == self.name] or known
        one = self.dice.choice(own[-3:] if chance < 0.55 else known)
        other = one if chance < 0.9 else self.dice.choice(known)
        return one[1], other[2]

    def _payload(self, path: str) -> Payload:
        attempt, chat = self.pair()
        payload = dict(Subject(home_id=UNKNOWN, attempt_id=attempt, chat_id=chat).payload(path))
        match path:
            case "attempt/start":
                payload = dict([self.dice.choice(self.pool.entries)])
            case "attempt/message" | "attempt/text_frame":
                marks = ("", self.canary, self.canary)
                payload["message"] = f"{self.dice.choice(LINES)} {self.dice.choice(marks)}"
                if self.pool.messages and self.dice.random() < 0.2:
                    payload["parent_message_id"] = self.dice.choice(self.pool.messages)
            case "attempt/join":
                payload |= {"since": self.dice.choice((None, 0, 0, 1, 7, 10**6)), "presence": self.dice.random() < 0.5}
            case "attempt/response_submit":
                payload |= chosen(self)
            case "attempt/use_previous":
                waiting, template = lobby(self)
                own = [each for owner, each in self.pool.finished if owner == self.name and self.dice.random() < 0.9]
                payload = {"attempt_id": waiting, "previous_chat_map": {template: self.dice.choice(own or [chat])}}
            case "attempt/next":
                waiting = lobby(self)[0] if self.dice.random() < 0.6 else attempt
                payload = {"attempt_id": waiting}
                if self.pool.drafts and self.dice.random() < 0.5:
                    payload["draft_id"] = self.dice.choice(self.pool.drafts)
            case "attempt/grade" if self.dice.random() < 0.5:
                payload["user_instructions"] = [f"Look at this: {self.canary}"]
            case "attempt/grade" if self.pool.messages:
                payload["branch_message_id"] = self.dice.choice(self.pool.messages)
            case _:
                pass
        return payload

    def _is_harmless(self, payload: Payload) -> bool:
        """Whether it would not put another's canary into one's own chat."""
        said = f"{payload.get('message', '')}{payload.get('user_instructions', '')}"
        return "canary" not in said or self.canary in said

    def _may_use(self, ticket: str) -> bool:
        """A ticket is a credential: whoever has another's is that other, as with a token."""
        return self.pool.secrets[ticket] == self.name
