"""Who is in a room by acting, where an event stands, and that what it tells can be read (Glow 5.1, 5.2, 4.4)."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.harness.socket import Client
from tests.wire.house import UNKNOWN, House, fence
from tests.wire.raw import Raw
from tests.wire.test_attempts import begin
from tests.wire.test_quiz import Quiz, detail_of


@pytest.mark.case(36)
@pytest.mark.parametrize("operation", ["attempt_next", "attempt_end", "attempt_end_all"])
async def test_an_event_stands_in_the_chat_first_and_in_the_person_room_too(house: House, operation: str) -> None:
    person = f"person:{house.site.ids['learner']}"
    async with house.client() as client, house.client("instructor") as staff:
        attempt, chat = await begin(client, house, "home", "pair")
        await staff.ok("attempt_join", {"chat_id": chat})
        ids = {"attempt_id": attempt} | ({"chat_id": chat} if operation == "attempt_end" else {})
        await client.ok(operation, ids)
        after = "attempt_ended" if operation == "attempt_end_all" else "attempt_chat_started"
        for each in (client, staff):
            await each.wait_for("attempt_chat_ended", chat_id=chat)
            await fence(each)
            closed = each.payloads("attempt_chat_ended", chat_id=chat)
            came = [event for event in each.payloads(after, attempt_id=attempt) if event.get("chat_id") != chat]
            assert (len(closed), len(came)) == (1, 1)
            for event in (*closed, *came):
                also = [place["room"] for place in event["_meta"].get("also", ())]
                assert event["_meta"]["room"] == f"chat:{chat}"
                assert also == ([person] if each is client else [])


@pytest.mark.case(36)
async def test_staff_that_act_hear_of_it_in_their_own_room(house: House) -> None:
    staff_room = f"person:{house.site.ids['instructor']}"
    async with house.client() as client, house.client("instructor") as staff:
        attempt, chat = await begin(client, house, "home", "pair")
        await client.say(attempt, chat, "What have you tried?")
        ended = await staff.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        await staff.wait_for("attempt_graded", grade_id=ended["grade_id"])
        for name in ("attempt_chat_ended", "attempt_chat_started", "attempt_graded"):
            (event,) = staff.payloads(name, attempt_id=attempt)
            assert event["_meta"]["room"] == staff_room
        assert "attempt_joined" not in staff.names


@pytest.mark.case(36, 57)
async def test_who_acts_in_a_chat_is_in_its_room_before_the_first_event(house: House) -> None:
    async with house.client() as client:
        attempt, chat = await begin(client, house, "practice", "quiz")
        quiz = Quiz(attempt, chat, await detail_of(house, attempt))
        judged_attempt, judged = await begin(client, house, "practice", "single")
        await client.say(judged_attempt, judged, "What have you tried?")
    acts: list[tuple[str, dict[str, Any], str]] = [
        ("attempt_message", {"attempt_id": attempt, "chat_id": chat, "message": "Hello"}, "attempt_user_complete"),
        ("attempt_response_submit", quiz.answer(quiz.one, "B"), "attempt_response_result"),
        ("attempt_grade", {"attempt_id": judged_attempt, "chat_id": judged}, "attempt_grading_progress"),
    ]
    for operation, payload, event in acts:
        async with house.client() as client:
            await client.ok(operation, payload)
            heard = await client.wait_for(event, chat_id=payload["chat_id"])
            assert heard["_meta"]["room"] == f"chat:{payload['chat_id']}"
            assert "attempt_joined" not in client.names
            if operation == "attempt_message":
                await client.wait_for("attempt_assistant_complete", chat_id=chat)


@pytest.mark.case(47)
async def test_ending_stopping_and_leaving_join_nothing(slow: House) -> None:
    async with slow.client() as client, slow.client() as other:
        attempt, chat = await begin(client, slow, "practice", "pair")
        ids = {"attempt_id": attempt, "chat_id": chat}
        await client.ok("attempt_message", {**ids, "message": "Hello"})
        await other.ok("attempt_leave", {"chat_id": chat})
        await other.ok("attempt_stop", {"chat_id": chat})
        await other.ok("attempt_end", ids)
        await client.wait_for("attempt_stopped", chat_id=chat)
        await other.wait_for("attempt_chat_ended", chat_id=chat)
        await fence(other)
        assert not {"attempt_progress", "attempt_assistant_complete", "attempt_stopped"} & set(other.names)


@pytest.mark.case(44)
async def test_a_completed_chat_can_be_joined_and_read_again(house: House) -> None:
    async with house.client() as client:
        attempt, chat = await begin(client, house, "practice", "single")
        await client.say(attempt, chat, "What have you tried?")
        await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        await client.wait_for("attempt_graded", chat_id=chat)
        await fence(client)
        heard = [args[0] for _, args in client.heard if args[0].get("chat_id") == chat and "seq" in args[0]["_meta"]]
        seqs = [event["_meta"]["seq"] for event in heard if event["_meta"]["room"] == f"chat:{chat}"]
        async with house.client() as later:
            await later.ok("attempt_join", {"chat_id": chat, "since": 0})
            await later.wait_for("attempt_graded", chat_id=chat)
            again = [
                args[0]["_meta"]["seq"] for _, args in later.heard if args[0]["_meta"].get("room") == f"chat:{chat}"
            ]
            assert again == list(range(1, seqs[-1] + 1))


@pytest.mark.case(49, 115)
async def test_what_an_event_tells_is_in_the_read_model_when_it_arrives(house: House) -> None:
    async with house.raw() as raw:
        await raw.open(house.site.tokens["learner"])
        started = await raw.ok("attempt_start", {"home_id": house.site.homes["home-single"]})
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        ids = {"attempt_id": attempt, "chat_id": chat}

        async def shown() -> Any:
            return (await detail_of(house, attempt))["entries"]

        await raw.event("attempt_chat_started", chat_id=chat)
        assert [each["id"] for each in (await shown())["attempt_chat"]] == [chat]
        await raw.send("attempt_message", {**ids, "message": "What have you tried?"})
        said = (await raw.event("attempt_user_complete", chat_id=chat)).payload
        first = (await shown())["attempt_message"][0]
        assert (first["id"], first["contents"][0]["content"]) == (said["message_id"], said["content"])
        done = (await raw.event("attempt_assistant_complete", chat_id=chat)).payload
        last = (await shown())["attempt_message"][1]
        assert (last["id"], last["status"], last["contents"][0]["content"]) == (
            done["message_id"],
            "complete",
            done["content"],
        )
        await raw.send("attempt_end", ids)
        await raw.event("attempt_chat_ended", chat_id=chat)
        assert (await shown())["attempt_chat"][0]["completed"] is True
        await raw.event("attempt_ended", attempt_id=attempt)
        assert (await detail_of(house, attempt))["is_active"] is False
        graded = (await raw.event("attempt_graded", chat_id=chat)).payload
        grade = (await shown())["attempt_chat"][0]["grade"]
        assert (grade["id"], grade["score"], grade["state"]) == (graded["grade_id"], graded["score"], "done")


@pytest.mark.case(11)
async def test_an_error_repeats_the_ids_and_the_request_that_were_sent(house: House) -> None:
    async with house.client() as client:
        cases: list[tuple[str, dict[str, object]]] = [
            ("attempt_start", {"home_id": UNKNOWN}),
            ("attempt_next", {"attempt_id": UNKNOWN, "draft_id": UNKNOWN}),
            (
                "attempt_message",
                {"attempt_id": UNKNOWN, "chat_id": UNKNOWN, "message": "x", "parent_message_id": UNKNOWN},
            ),
            ("attempt_response_submit", {"chat_id": UNKNOWN, "question_id": UNKNOWN, "option_ids": [UNKNOWN]}),
        ]
        for number, (operation, payload) in enumerate(cases):
            request = f"ids-{operation}"
            problem = await client.refused(operation, {**payload, "client_request_id": request})
            await fence(client)
            told = client.payloads("attempt_error")[number]
            assert {key: told.get(key) for key in payload if key.endswith("_id")} == {
                key: value for key, value in payload.items() if key.endswith("_id")
            }
            assert told["_meta"]["request"] == request
            assert (told["code"], told["message"]) == (problem["code"], problem["detail"])


@pytest.mark.case(46)
async def test_a_direct_event_names_its_request_and_has_no_place(house: House) -> None:
    async with house.client() as client, house.raw() as raw:
        _, chat = await begin(client, house, "practice", "single")
        await raw.open(house.site.tokens["learner"])
        await raw.ok("attempt_join", {"chat_id": chat, "client_request_id": f"join-{chat}"})
        await raw.ok("attempt_stop", {"chat_id": chat, "client_request_id": f"stop-{chat}"})
        for name, request in (("attempt_joined", "join"), ("attempt_stopped", "stop")):
            event = await raw.event(name, chat_id=chat)
            meta = event.payload["_meta"]
            assert meta == {"id": meta["id"], "at": meta["at"], "request": f"{request}-{chat}"}
            assert event.offset is None


async def problem_of(raw: Raw, payload: Mapping[str, object]) -> tuple[str, str]:
    """Code and text of a message that is refused."""
    ack = await raw.call("attempt_message", payload)
    return ack["error"]["code"], ack["error"]["detail"]


@pytest.mark.case(58)
async def test_the_first_reason_in_the_documented_order_is_told(slow: House) -> None:
    """Rights, open, text on, text there, parent, no running turn: each hides those that follow."""
    async with slow.client() as client, slow.raw() as raw, slow.raw() as staff:
        await raw.open(slow.site.tokens["learner"])
        await staff.open(slow.site.tokens["instructor"])
        attempt, chat = await begin(client, slow, "practice", "pair")
        spoken, silent = await begin(client, slow, "practice", "spoken")
        blank: dict[str, object] = {"message": " ", "parent_message_id": UNKNOWN}
        ids = {"attempt_id": attempt, "chat_id": chat}
        await client.ok("attempt_message", {**ids, "message": "Hello"})
        assert (await problem_of(staff, {**ids, **blank}))[0] == "forbidden"
        assert (await problem_of(raw, {**ids, **blank}))[0] == "empty_message"
        assert await problem_of(raw, {**ids, **blank, "message": "x"}) == ("not_found", "Parent message not found.")
        assert (await problem_of(raw, {**ids, "message": "x"}))[0] == "turn_in_progress"
        quiet = {"attempt_id": spoken, "chat_id": silent}
        assert (await problem_of(raw, {**quiet, **blank}))[0] == "text_disabled"
        for each in (ids, quiet):
            await client.ok("attempt_end", each)
            assert (await problem_of(raw, {**each, **blank}))[0] == "chat_completed"
            assert (await problem_of(staff, {**each, **blank}))[0] == "forbidden"
        await other_reasons(client, raw, ids)


async def other_reasons(client: Client, raw: Raw, ids: dict[str, str]) -> None:
    """An unknown attempt or chat is the first thing that is told."""
    other = {**ids, "attempt_id": UNKNOWN, "message": " "}
    assert await problem_of(raw, other) == ("not_found", "Attempt not found.")
    assert await problem_of(raw, {**ids, "chat_id": UNKNOWN, "message": " "}) == ("not_found", "Chat not found.")
    assert (await client.refused("attempt_message", other))["error_type"] == "send"
