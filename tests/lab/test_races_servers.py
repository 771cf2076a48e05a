"""Two servers on one PostgreSQL: a person may come to either with every request (lab protocol 2, 4, 5, 6)."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import httpx
import pytest

from tests.conftest import make_site
from tests.harness.constants import constants
from tests.harness.site import Process, Site
from tests.lab.house import LabHouse, Member, new_member
from tests.lab.listening import Stream, without_gap


@dataclass
class Two:
    """Both servers."""

    site: Site
    servers: list[Process]

    def member(self) -> Member:
        return new_member(self.site)

    @asynccontextmanager
    async def clients(self, member: Member) -> AsyncGenerator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
        """A member's client of each server."""
        at = f"/users/{member.user_id}"
        async with (
            httpx.AsyncClient(base_url=self.servers[0].url + at, headers=member.headers, timeout=70) as one,
            httpx.AsyncClient(base_url=self.servers[1].url + at, headers=member.headers, timeout=70) as two,
        ):
            yield one, two

    def stream(self, member: Member, server: int) -> Stream:
        """A reader of the member's events."""
        return Stream(cast("LabHouse", Door(self.servers[server].url)), member)


@dataclass
class Door:
    """A server, for readers of its events."""

    url: str

    def http(self, member: Member) -> httpx.AsyncClient:
        """A member's client."""
        return httpx.AsyncClient(base_url=self.url, headers=member.headers, timeout=60)


def streamed(stream: Stream, message_id: str) -> str:
    """What a reader of the pieces of a reply has at the end."""
    text = ""
    for piece in stream.named("text_delta", message_id=message_id):
        assert piece["from"] <= len(text)
        text = text[: piece["from"]] + piece["text"]
    return text


SLOW: dict[str, Any] = {
    "scripted_pieces_per_second": 20,
    "lab__arxiv__enabled": "off",
    "lab__limits__requests_per_second_max": 10_000,
    "lab__limits__requests_burst_max": 10_000,
    "lab__limits__response_hold_ms": 50,
}
"""Slow enough to interrupt."""
WAITS = {"parlour__app__PUMP_POLL_SECONDS": 300, "parlour__wire__lab__polling__CHECK_SECONDS": 300}
"""Nothing is found by looking now and then: a server hears of the other's work at once, or not in a test's time."""


@pytest.fixture(scope="module")
def two(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    site = make_site("postgresql", tmp_path_factory.mktemp("two"), request)
    with constants(**WAITS):
        servers = [site.start(**SLOW) for _ in range(2)]
    yield Two(site, servers)
    site.close()


async def said(client: httpx.AsyncClient, text: str, **headers: str) -> httpx.Response:
    answer = await client.post("/chat_text", json={"text": text}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


async def polled(client: httpx.AsyncClient, wait: float = 20) -> dict[str, Any]:
    return (await client.get("/response", params={"wait": wait})).json()


async def test_a_dialogue_may_change_servers_at_every_line(two: Two) -> None:
    ada = two.member()
    async with two.clients(ada) as (one, other), two.stream(ada, 0) as stream, two.stream(ada, 1) as second:
        await said(one, "Create an experiment")
        asked = await polled(other)
        assert asked["question"]["kind"] == "collect", asked
        answers = {
            "collect": "experiment_name: Contacts\nexperiment_description: MoS2 and gold",
            "verify": "yes",
            "authorize": "yes",
        }
        kinds: list[str] = []
        clients = [one, other]
        while asked["inner_chat"]:
            kinds.append(asked["question"]["kind"])
            assert len(kinds) < 10
            clients.reverse()
            sent = await clients[0].post("/inner_chat_text", json={"text": answers[kinds[-1]]})
            assert sent.headers["x-message-effect"] == "answered"
            asked = await polled(clients[1])
            if asked["inner_chat"] and asked["question"]["kind"] == kinds[-1]:
                asked = await polled(clients[1])
        assert kinds == ["collect", "verify", "authorize"]
        assert asked["valid"]
        assert asked["error"] is None
        rows = two.site.database().read_here(
            lambda tx: tx.all("SELECT name FROM experiments WHERE account_id = :id", id=ada.account_id)
        )
        assert [row["name"] for row in rows] == ["Contacts"]
        for each in (stream, second):
            await each.until("turn_finished")
            await each.until("reply_read")
            assert without_gap([payload for _, payload in each.heard])
        count = min(len(stream.heard), len(second.heard))
        assert stream.heard[:count] == second.heard[:count]


async def test_a_poll_on_one_server_hears_at_once_of_a_turn_on_the_other(two: Two) -> None:
    ada = two.member()
    async with two.clients(ada) as (one, other), two.stream(ada, 0) as stream:
        waiting = asyncio.create_task(polled(other, 60))
        await asyncio.sleep(0.3)
        await said(one, "Hello there")
        await stream.until("turn_finished")
        assert (await asyncio.wait_for(waiting, 45))["valid"], "it was told, and did not look when its time was up"


@pytest.mark.parametrize("route", ["cancel", "clear_history"])
async def test_a_turn_of_one_server_is_stopped_on_the_other(two: Two, route: str) -> None:
    ada = two.member()
    async with two.clients(ada) as (one, other), two.stream(ada, 0) as stream, two.stream(ada, 1) as second:
        turn = (await said(one, "What do you know about contact resistance?")).headers["location"].rpartition("/")[2]
        await asyncio.wait_for(stream.until("text_delta", 2), 60)
        stopped = await other.post(f"/{route}", json={})
        assert stopped.status_code == 200
        await asyncio.sleep(0.3)
        heard = len(stream.heard)
        await asyncio.sleep(0.7)
        assert len(stream.heard) == heard
        assert [each["turn_id"] for each in stream.named("turn_finished")] == [turn]
        snapshot = (await one.get("/conversation")).json()
        assert snapshot["state"] == "IDLE"
        for each in (stream, second):
            assert without_gap([payload for _, payload in each.heard])
        finals = [each for each in stream.named("reply_ready") if each["valid"]]
        first, again = await polled(one, 0), await polled(other, 0)
        if route == "cancel":
            assert [each["message_id"] for each in finals] == [first["message_id"]]
            assert first["error"] is None
            assert streamed(stream, first["message_id"]) == first["reply_text"]
        else:
            assert finals == []
            assert not first["valid"]
        assert not again["valid"]
        await said(other, "Hello again")
        assert (await polled(one, 20))["valid"]


async def test_the_same_request_to_both_servers_happens_once(two: Two) -> None:
    ada = two.member()
    async with two.clients(ada) as (one, other):
        key = {"idempotency-key": "the-same"}
        answers = await asyncio.gather(*(said(each, "Hello there", **key) for each in (one, other) * 3))
        assert len({answer.headers["x-message-id"] for answer in answers}) == 1
        assert sorted(answer.headers.get("idempotency-replayed", "") for answer in answers) == [""] + ["true"] * 5
        assert (await polled(one, 20))["valid"]
        assert len((await one.get("/messages")).json()["messages"]) == 2


async def test_of_answers_to_both_servers_one_counts(two: Two) -> None:
    ada = two.member()
    async with two.clients(ada) as (one, other):
        for number in range(3):
            await said(one, "Create an experiment")
            question = (await polled(one))["question"]["question_id"]
            where = f"/questions/{question}/answer"
            given = [{"answer": {"abandon": True}}, {"text": f"experiment_name: X{number}"}]
            answers = await asyncio.gather(one.post(where, json=given[0]), other.post(where, json=given[1]))
            assert sorted(answer.status_code for answer in answers) == [200, 409]
            await one.post("/clear_history")


async def test_finals_are_given_once_however_many_ask_both_servers(two: Two) -> None:
    ada = two.member()
    async with two.clients(ada) as (one, other):
        sent = [await said((one, other)[n % 2], f"Hello {n}") for n in range(3)]
        assert [answer.headers["x-message-effect"] for answer in sent] == ["started", "queued", "queued"]
        got: list[str] = []

        async def take(client: httpx.AsyncClient) -> None:
            while len(got) < len(sent):
                reply = await polled(client, 2)
                got.extend([reply["message_id"]] if reply["valid"] else [])

        await asyncio.gather(*(take(each) for each in (one, other) * 2), take(one))
        assert len(got) == len(set(got)) == 3


async def test_a_killed_server_leaves_its_turn_to_the_other(two: Two) -> None:
    ada = two.member()
    doomed = two.site.start(**SLOW)
    async with two.clients(ada) as (one, _), two.stream(ada, 1) as stream:
        turns = []
        async with httpx.AsyncClient(
            base_url=f"{doomed.url}/users/{ada.user_id}", headers=ada.headers, timeout=60
        ) as there:
            turns.append((await said(there, "What do you know about contact resistance?")).headers["location"])
        await asyncio.wait_for(stream.until("text_delta", 2), 60)
        await asyncio.to_thread(doomed.kill)
        two.site.lapse_leases()
        final = await polled(one, 60)
        assert final["valid"]
        assert final["error"] is None
        assert [each["message_id"] for each in stream.named("reply_ready")] == [final["message_id"]]
        assert streamed(stream, final["message_id"]) == final["reply_text"]
        assert without_gap([payload for _, payload in stream.heard])
