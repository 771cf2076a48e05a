"""A request id makes a repeated command happen once (Glow 4.5), and the limits of 4.7."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from parlour.accounts import actions as accounts
from parlour.storage.requests import KEEP_MS
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire.house import UNKNOWN, House, fence, flood
from tests.wire.test_quiz import Quiz, detail_of


async def twice(client: Client, name: str, payload: Mapping[str, object], request: str) -> Any:
    """The acknowledgement of a command that is sent twice under one id; both must be equal."""
    first = await client.call(name, {**payload, "client_request_id": request})
    again = await client.call(name, {**payload, "client_request_id": request})
    assert again == first
    return first


@pytest.mark.case(30)
async def test_every_operation_repeated_has_one_effect_and_one_answer(house: House) -> None:
    async with house.client() as client:
        given = {"home_id": house.site.homes["home-pair"]}
        started = await twice(client, "attempt_start", given, "30-start")
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        ids = {"attempt_id": attempt, "chat_id": chat}
        await twice(client, "attempt_join", {"chat_id": chat}, "30-join")
        said = await twice(client, "attempt_message", {**ids, "message": "Hello?"}, "30-message")
        await client.wait_for("attempt_assistant_complete", message_id=said["assistant_message_id"])
        assert (await twice(client, "attempt_stop", {"chat_id": chat}, "30-stop"))["success"] is False
        await fence(client)
        assert len(client.payloads("attempt_stopped", success=False)) == 2  # direct events are repeated
        graded = await twice(client, "attempt_grade", ids, "30-grade")
        await client.wait_for("attempt_graded", grade_id=graded["grade_id"])
        ended = await twice(client, "attempt_end", ids, "30-end")
        await client.wait_for("attempt_graded", grade_id=ended["grade_id"])
        await twice(client, "attempt_next", {"attempt_id": attempt}, "30-next")
        other = await client.ok("attempt_start", given)
        await twice(client, "attempt_end_all", {"attempt_id": other["attempt_id"]}, "30-all")
        await twice(client, "attempt_leave", {"chat_id": chat}, "30-leave")
        refused = await twice(client, "attempt_message", {**ids, "message": "More?"}, "30-refused")
        assert refused["error"]["code"] == "chat_completed"
        await fence(client)
        counts = {
            "attempt_started": 1,
            "attempt_user_complete": 1,
            "attempt_assistant_complete": 1,
            "attempt_graded": 2,
            "attempt_chat_ended": 2,
            "attempt_ended": 1,
        }
        for name, count in counts.items():
            told = [p for p in client.payloads(name) if p.get("attempt_id", attempt) == attempt]
            assert len(told) == count, name
        assert len(client.payloads("attempt_ended", attempt_id=other["attempt_id"])) == 1


@pytest.mark.case(30)
async def test_answers_reuse_and_a_stop_repeated_have_one_effect(slow: House) -> None:
    async with slow.client() as client:
        attempt, chat = await client.start_practice(slow.site.practices["practice-quiz"])
        quiz = Quiz(attempt, chat, await detail_of(slow, attempt))
        ids = {"attempt_id": attempt, "chat_id": chat}
        answered = await twice(client, "attempt_response_submit", quiz.answer(quiz.one, "A"), "30-answer")
        await client.ok("attempt_message", {**ids, "message": "Hello?"})
        await client.wait_for("attempt_progress", chat_id=chat)
        assert (await twice(client, "attempt_stop", {"chat_id": chat}, "30-stopped"))["success"] is True
        played, first = await client.start_practice(slow.site.practices["practice-single"])
        lobby = await client.ok("attempt_start", {"home_id": slow.site.homes["home-reuse"]})
        pair = {"attempt_id": lobby["attempt_id"], "previous_chat_map": {lobby["chat_entry_id"]: first}}
        refused = await twice(client, "attempt_use_previous", pair, "30-no-reuse")
        assert refused["error"]["code"] == "practice_attempt"
        done = await self_graded(client, slow)
        used = await twice(client, "attempt_use_previous", {**pair, "previous_chat_map": done(lobby)}, "30-reuse")
        await client.ok("attempt_end_all", {"attempt_id": played})
        await fence(client)
        assert len(client.payloads("attempt_response_result", response_id=answered["response_id"])) == 1
        assert len(client.payloads("attempt_response_result")) == 1
        assert [each["success"] for each in client.payloads("attempt_stopped")] == [True]
        copies = client.payloads("attempt_graded", source="previous")
        assert [each["chat_id"] for each in copies] == [used["chats"][0]["chat_id"]]


async def self_graded(client: Client, house: House) -> Any:
    """A chat of an assessment that is done and graded: the map that has it stand for the template of a lobby."""
    started = await client.ok("attempt_start", {"home_id": house.site.homes["home-single"]})
    attempt, chat = started["attempt_id"], started["attempt_chat_id"]
    await client.say(attempt, chat, "What have you tried?")
    await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
    await client.wait_for("attempt_graded", chat_id=chat)
    return lambda lobby: {lobby["chat_entry_id"]: chat}


@pytest.mark.case(31)
async def test_an_id_used_for_something_else_is_a_conflict_without_effect(house: House) -> None:
    async with house.client() as client:
        given = {"practice_id": house.site.practices["practice-single"], "client_request_id": "31"}
        started = await client.ok("attempt_start", given)
        attempt = started["attempt_id"]
        others = [
            ("attempt_start", {**given, "infinite_mode": True}),
            ("attempt_end_all", {"attempt_id": attempt, "client_request_id": "31"}),
            ("attempt_join", {"chat_id": started["attempt_chat_id"], "client_request_id": "31"}),
            ("attempt_leave", {"chat_id": started["attempt_chat_id"], "client_request_id": "31"}),
        ]
        for name, payload in others:
            problem = await client.refused(name, payload)
            assert (problem["code"], problem["status"]) == ("idempotency_conflict", 409), name
        await fence(client)
        assert len(client.payloads("attempt_started")) == 1
        assert client.payloads("attempt_joined") == []
        assert (await client.ok("attempt_start", given))["attempt_id"] == attempt
        assert (await client.ok("attempt_end_all", {"attempt_id": attempt}))["success"]


@pytest.mark.case(32)
async def test_ids_belong_to_an_account_on_every_connection_and_transport(house: House) -> None:
    given = {"practice_id": house.site.practices["practice-single"], "client_request_id": "32"}
    async with house.client() as one, house.client("goer") as stranger:
        mine = await one.ok("attempt_start", given)
        theirs = await stranger.ok("attempt_start", given)
        assert theirs["attempt_id"] != mine["attempt_id"]
    async with Client(house.url, house.site.tokens["learner"], transports=["polling"]) as other:
        assert await other.ok("attempt_start", given) == mine


@pytest.mark.case(32, 49)
async def test_what_was_acknowledged_survives_a_kill_and_is_not_done_again(own: Site) -> None:
    given = {"practice_id": own.practices["practice-single"], "client_request_id": "32-kill"}
    process = own.start()
    async with Client(process.url, own.tokens["learner"]) as client:
        acked = await client.ok("attempt_start", given)
        process.kill()
    process = own.start()
    async with Client(process.url, own.tokens["learner"]) as client:
        assert await client.ok("attempt_start", given) == acked
        await client.ok("attempt_join", {"chat_id": acked["attempt_chat_id"]})
        assert own.write(lambda tx: tx.one("SELECT count(*) AS n FROM attempts")["n"]) == 1


@pytest.mark.case(33)
async def test_two_equal_commands_at_once_have_one_effect(house: House) -> None:
    given = {"practice_id": house.site.practices["practice-single"]}
    async with house.client() as one, house.client() as other:
        for number in range(10):
            payload = {**given, "client_request_id": f"33-{number}"}
            acks = await asyncio.gather(one.ok("attempt_start", payload), other.ok("attempt_start", payload))
            assert acks[0] == acks[1]
        await fence(one)
        assert len(one.payloads("attempt_started")) == 10


@pytest.mark.case(34, 110)
async def test_the_daily_limit_refuses_without_effect_until_it_is_lifted(house: House) -> None:
    site = house.site
    account = site.ids["limited"]
    site.write(lambda tx: accounts.set_requests_per_day(tx, account, 3))
    async with house.client("limited") as client:
        attempt, chat = await client.start_practice(site.practices["practice-pair"])
        ids = {"attempt_id": attempt, "chat_id": chat}
        await client.say(attempt, chat, "One: what happened?")
        await client.say(attempt, chat, "Two: how was that for you?")
        graded = await client.ok("attempt_grade", ids)
        await client.wait_for("attempt_graded", grade_id=graded["grade_id"])
        await fence(client)
        said = len(client.payloads("attempt_user_complete"))
        over = {**ids, "message": "Four", "client_request_id": "34"}
        for name, payload in (("attempt_message", over), ("attempt_grade", ids)):
            problem = await client.refused(name, payload)
            assert (problem["code"], problem["status"], problem["error_type"]) == ("rate_limited", 429, "rate_limit")
            assert problem["detail"] == "Daily limit reached (3 of 3 requests today)."
            assert 0 < problem["retry_after"] <= 86_400
        told = await client.wait_for("attempt_error", type="rate_limit", chat_id=chat)
        assert told["status"] == 429
        await fence(client)
        assert len(client.payloads("attempt_user_complete")) == said
        ended = await client.ok("attempt_end", ids)
        await client.wait_for("attempt_graded", grade_id=ended["grade_id"])
        site.write(lambda tx: accounts.set_requests_per_day(tx, account, None))
        second = (await client.wait_for("attempt_chat_started", attempt_id=attempt, position=1))["chat_id"]
        problem = await client.refused("attempt_message", over)
        assert problem["code"] == "chat_completed"  # tried again: it is another refusal now
        await client.say(attempt, second, "Five")


@pytest.mark.case(34)
async def test_a_limit_that_is_lifted_lets_the_same_id_through(house: House) -> None:
    site = house.site
    account = site.ids["crowd"]
    async with house.client("crowd") as client:
        attempt, chat = await client.start_practice(site.practices["practice-single"])
        site.write(lambda tx: accounts.set_requests_per_day(tx, account, 0))
        payload = {"attempt_id": attempt, "chat_id": chat, "message": "Hello", "client_request_id": "34-lift"}
        assert (await client.refused("attempt_message", payload))["code"] == "rate_limited"
        site.write(lambda tx: accounts.set_requests_per_day(tx, account, None))
        said = await client.ok("attempt_message", payload)
        assert await client.ok("attempt_message", payload) == said


@pytest.mark.case(34)
async def test_an_id_may_be_used_anew_after_24_hours(house: House) -> None:
    given = {"practice_id": house.site.practices["practice-single"], "client_request_id": "34-day"}
    async with house.client() as client:
        first = await client.ok("attempt_start", given)
        house.site.write(
            lambda tx: tx.run("UPDATE requests SET at = at - :keep WHERE request_id = '34-day'", keep=KEEP_MS + 1000)
        )
        assert (await client.ok("attempt_start", given))["attempt_id"] != first["attempt_id"]


@pytest.mark.case(35)
async def test_a_join_repeated_on_a_new_connection_really_joins(house: House) -> None:
    async with house.client() as one:
        attempt, chat = await one.start_practice(house.site.practices["practice-single"])
        join = {"chat_id": chat, "client_request_id": "35"}
        await one.ok("attempt_join", join)
        async with house.client() as other:
            await other.ok("attempt_join", join)
            await other.wait_for("attempt_joined", chat_id=chat)
            said = await one.say(attempt, chat, "Hello")
            await other.wait_for("attempt_assistant_complete", message_id=said["assistant_message_id"])


@pytest.mark.case(111)
async def test_a_flood_is_refused_and_the_connection_stays(house: House) -> None:
    async with house.client() as client, house.client() as other:
        acks = await flood(client, "attempt_stop", 60)
        codes = [ack["error"]["code"] for ack in acks]
        assert codes[:50] == ["not_found"] * 50
        assert set(codes[50:]) == {"too_many_requests"}
        assert acks[-1]["error"]["status"] == 429
        assert acks[-1]["error"]["retry_after"] >= 1
        await client.wait_for("attempt_error", code="too_many_requests", type="stop")
        await other.ok("attempt_leave", {"chat_id": UNKNOWN})
        await asyncio.sleep(1.05)
        await client.ok("attempt_leave", {"chat_id": UNKNOWN})
