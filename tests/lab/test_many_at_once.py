"""Many at once: slow turns hold nobody up, two devices share a mailbox (lab protocol 18.B7, B11, B12, C8)."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from parlour.settings.lab import Lab, LabLimits
from tests.conftest import STORES, make_site
from tests.lab.field import FieldClient
from tests.lab.flow_scripts import write_story
from tests.lab.house import LabHouse, Member, serving_here

SLOW = 100
READS = 60
ROUNDS = 10


@pytest.fixture(params=STORES)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LabHouse]:
    """A server on loopback that trusts paths, with the played turns."""
    site = make_site(request.param, tmp_path, request)
    limits = LabLimits(requests_per_second_max=1000, requests_burst_max=1000)
    lab = Lab(trust_path_user_id=True, script=write_story(tmp_path), limits=limits)
    with serving_here(site, lab=lab) as made:
        yield made
    site.close()


def path(member: Member, route: str) -> str:
    """A route of a member."""
    return f"/users/{member.user_id}/{route}"


def finals(house: LabHouse) -> int:
    """How many turns have ended."""
    row = house.read(lambda tx: tx.one("SELECT count(*) AS n FROM lab_messages WHERE kind = 'final'"))
    return row["n"]


@pytest.mark.lab("B12")
async def test_a_hundred_slow_turns_hold_nobody_up(house: LabHouse) -> None:
    """No time is measured: everything another account asks for is done before the first slow turn is."""
    members = [house.member() for _ in range(SLOW)]
    async with house.http(limits=httpx.Limits(max_connections=20)) as http:
        body = {"text": "think long"}
        sent = await asyncio.gather(*(http.post(path(each, "chat_text"), json=body) for each in members))
        assert {(answer.status_code, answer.headers["x-message-effect"]) for answer in sent} == {(200, "started")}
        ada = house.member()
        for _ in range(READS):
            assert not (await http.get(path(ada, "response"))).json()["valid"]
        async with FieldClient(house.url, ada.user_id) as client:
            for number in range(ROUNDS):
                reply = await client.ask(f"plain {number}")
                assert reply["reply_text"] == "A plain answer."
        assert finals(house) == ROUNDS
        stopped = await asyncio.gather(*(http.post(path(each, "cancel"), json={}) for each in members))
        assert {answer.json()["state"] for answer in stopped} == {"IDLE"}
    assert finals(house) == ROUNDS + SLOW


@pytest.mark.lab("B7")
async def test_two_pollers_on_two_quick_messages_get_one_reply_each(house: LabHouse) -> None:
    for _ in range(ROUNDS):
        ada = house.member()
        async with FieldClient(house.url, ada.user_id) as one, FieldClient(house.url, ada.user_id) as other:
            replies = await asyncio.gather(one.ask("plain, from one"), other.ask("plain, from the other"))
            assert len({reply["message_id"] for reply in replies}) == 2
            assert {reply["reply_text"] for reply in replies} == {"A plain answer."}
            assert not (await one.get())["valid"]
            assert not (await other.get())["valid"]


@pytest.mark.lab("B11")
async def test_a_client_in_the_field_polls_what_was_refused(house: LabHouse) -> None:
    ada = house.member()
    async with FieldClient(house.url, ada.user_id) as client:
        for text, code in ((" ", "text_empty"), ("x" * 32_001, "text_too_long")):
            reply = await client.ask(text)
            assert (reply["inner_chat"], reply["error"].partition(":")[0]) == (False, code)
            assert reply["reply_text"]
        client.speak(b"no recording")
        assert (await client.next_reply())["error"].startswith("type_unsupported")
        refused = await client.posts[0]
        assert (refused.status_code, refused.json()["code"]) == (422, "text_empty")
        assert (await client.ask("plain, please"))["reply_text"] == "A plain answer."
    async with house.http() as http:
        unknown = await http.post("/users/nobody/chat_text", json={"text": ""})
        assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


@pytest.mark.lab("C8")
async def test_a_long_poll_ends_with_the_reply_of_a_turn_that_began_later(house: LabHouse) -> None:
    ada = house.member()
    async with FieldClient(house.url, ada.user_id) as client:
        poll = asyncio.create_task(client.get(wait="60"))
        await house.until_waiting(ada)
        client.say("slowly make one")
        asked = await asyncio.wait_for(poll, 60)
        assert (asked["valid"], asked["question"]["kind"]) == (True, "verify")
        assert not (await client.get(wait="x", after=asked["message_id"]))["valid"]
