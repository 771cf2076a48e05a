"""The mailbox through restarts, at the end of a server, beside floods, and for a client in the field."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from parlour.assistant.mailbox import actions as mailbox
from parlour.settings.lab import Lab, LabLimits
from tests.harness.site import Process, Site
from tests.lab import desk
from tests.lab.desk import desk_on
from tests.lab.field import FieldClient, parse_reply
from tests.lab.house import Member, new_member

COMMIT_SECONDS = 0.3  # a server killed before it has noted that a final was handed over gives it again


async def poll(process: Process, member: Member, **query: str) -> dict[str, Any]:
    """One poll at a server process."""
    async with httpx.AsyncClient(base_url=process.url, headers=member.headers, timeout=60) as http:
        answer = await http.get(f"/users/{member.user_id}/response", params=query)
    assert answer.status_code == 200, answer.text
    return parse_reply(answer.content)


async def again(site: Site, process: Process) -> Process:
    """SIGKILL, and a new server on the same store."""
    await asyncio.to_thread(process.kill)
    return await asyncio.to_thread(site.start, only="web", port=process.port)


@pytest.mark.lab("C2", "C5", "X3")
async def test_what_was_read_stays_read_and_what_was_not_comes_after_a_restart(own_lab: Site) -> None:
    ada = new_member(own_lab)
    process = await asyncio.to_thread(own_lab.start, only="web")
    own_lab.write(lambda tx: desk.act(tx, ada, "hello"))
    first = own_lab.write(lambda tx: desk.finish(tx, ada, "first"))
    assert (await poll(process, ada))["message_id"] == first
    assert not (await poll(process, ada))["valid"]
    await asyncio.sleep(COMMIT_SECONDS)
    process = await again(own_lab, process)
    assert not (await poll(process, ada))["valid"]
    assert (await poll(process, ada, after="0"))["message_id"] == first
    own_lab.write(lambda tx: desk.act(tx, ada, "hello"))
    second = own_lab.write(lambda tx: desk.finish(tx, ada, "second"))
    assert own_lab.write(lambda tx: mailbox.claim(tx, second)) is not None, "somebody was being given it"
    lapses = "UPDATE lab_messages SET claimed_until = claimed_until - 14000 WHERE id = :id"
    own_lab.write(lambda tx: tx.run(lapses, id=second))  # in a second, and not in fifteen
    process = await again(own_lab, process)
    assert (await poll(process, ada, wait="50"))["message_id"] == second
    own_lab.write(lambda tx: desk.act(tx, ada, "hello"))
    asked = own_lab.write(lambda tx: desk.ask(tx, ada))
    assert (await poll(process, ada))["message_id"] == asked.message_id
    process = await again(own_lab, process)
    reply = await poll(process, ada)
    assert (reply["message_id"], reply["question"]["question_id"]) == (asked.message_id, asked.id)


@pytest.mark.lab("X2")
async def test_a_server_that_stops_answers_those_who_wait(own_lab: Site) -> None:
    ada = new_member(own_lab)
    process = await asyncio.to_thread(own_lab.start, only="web")
    waiting = asyncio.create_task(poll(process, ada, wait="60"))
    await asyncio.sleep(0.5)
    await asyncio.to_thread(process.stop)
    assert not (await asyncio.wait_for(waiting, 50))["valid"]


async def test_who_asks_too_often_gets_a_placeholder_a_little_later(own_lab: Site) -> None:
    limits = LabLimits(requests_per_second_max=1, requests_burst_max=3)
    with desk_on(own_lab, lab=Lab(limits=limits)) as house:
        ada = house.member()
        turn_id = house.said(ada).turn_id
        house.finished(ada)
        house.said(ada)
        async with house.http(ada) as http:
            began = time.monotonic()
            answers = [await http.get(f"/users/{ada.user_id}/response") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 5
        replies = [parse_reply(answer.content) for answer in answers]
        assert [reply["valid"] for reply in replies] == [True, False, False, False, False]
        assert replies[0]["turn_id"] == turn_id
        assert replies[-1]["turn_id"] is not None
        assert time.monotonic() - began > 0.5


@pytest.mark.lab("B7")
async def test_two_clients_in_the_field_get_each_reply_once(own_lab: Site) -> None:
    lab = Lab(trust_path_user_id=True, limits=LabLimits(requests_per_second_max=1000, requests_burst_max=1000))
    with desk_on(own_lab, lab=lab) as house:
        ada = house.member()
        async with FieldClient(house.url, ada.user_id) as one, FieldClient(house.url, ada.user_id) as other:
            house.said(ada)
            house.said(ada)
            polls = [asyncio.create_task(client.next_reply()) for client in (one, other)]
            await asyncio.sleep(0.2)
            house.finished(ada, "first")
            house.finished(ada, "second")
            assert {(await each)["reply_text"] for each in polls} == {"first", "second"}
            assert not (await one.get())["valid"]
