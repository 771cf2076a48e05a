"""The payload examples of Glow 7 as they are written there, and the event tables of 9.1 and 9.2 (case 16)."""

import types
import typing
from typing import Any

import pytest
from pydantic.fields import FieldInfo

from parlour.wire.glow.events import SERVER_EVENTS
from tests.harness.socket import Client
from tests.wire.house import House, fence
from tests.wire.http_client import Http
from tests.wire.test_quiz import Quiz, detail_of

# Members as the tables list them: `?` may be missing or null; "Extra" members after the bar, `!` if always sent.
TABLES = {
    "connection_confirmed": "sid profile_id guest_id server_time | person recovered",
    "resync": "room epoch seq reason |",
    "attempt_started": "attempt_id chat_entry_id |",
    "attempt_chat_started": "attempt_id chat_id | chat_entry_id position",
    "attempt_chat_ended": "chat_id is_attempt_finished? grade_id? | attempt_id expired",
    "attempt_ended": "attempt_id success all_scenarios_complete message! |",
    "attempt_error": "chat_id? type? message | attempt_id code status",
    "attempt_graded": "chat_id grade_id? | attempt_id simulation_id score! passed! total_points pass_points percentage"
    " feedback source!",
    "attempt_joined": "chat_id success |",
    "attempt_stopped": "chat_id success message? | message_id",
    "attempt_response_result": "success message? is_correct? response_id? | chat_id question_id",
    "attempt_assistant_start": "chat_id message_id created_at | persona_id parent_message_id",
    "attempt_assistant_complete": "chat_id message_id content! | created_at! persona_id status! contents",
    "attempt_progress": "chat_id content_type content? audio? | message_id persona_id content_idx",
    "attempt_user_complete": "chat_id message_id content created_at item_id? | persona_id parent_message_id",
    "attempt_content_progress": "chat_id grade_id? resource_type? entry? |",
    "attempt_grading_progress": "chat_id grade_id? resource_type? entry? | completed_count total_count",
    "attempt_hint_progress": "chat_id hints | message_id",
    "test_started": "test_id | invocation_id num_invocations total_runs",
    "test_joined": "invocation_id success |",
    "test_run_start": "invocation_id run_id original_run_resource_id? current_run total_runs created_at"
    " | mode total_turns",
    "test_run_complete": "invocation_id run_id original_run_resource_id? tool_calls? current_run total_runs"
    " remaining_runs | outputs",
    "test_progress": "invocation_id type run_id? current_run? total_runs? message? | turn total_turns grade_id",
    "test_graded": "invocation_id grade_id? score! passed! feedback? | run_id total_points pass_points",
    "test_error": "invocation_id? run_id? message error_type? | test_id code status",
    "test_stopped": "invocation_id success message? | run_id",
}
VOICE = {
    "attempt_assistant_audio",
    "attempt_user_start",
    "attempt_user_delta",
    "attempt_audio_ready",
    "attempt_audio_ended",
}
NULLABLE = {("connection_confirmed", "profile_id"), ("connection_confirmed", "guest_id")}
WITH_A_DEFAULT = {("attempt_ended", "all_scenarios_complete")}


def may_be_null(field: FieldInfo) -> bool:
    """Whether the type of a member has null in it."""
    kinds = typing.get_args(field.annotation)
    return field.annotation is types.NoneType or types.NoneType in kinds


@pytest.mark.case(16)
@pytest.mark.parametrize("name", sorted(TABLES))
def test_an_event_model_has_the_members_of_its_table(name: str) -> None:
    fields = SERVER_EVENTS[name].model_fields
    assert fields["meta"].alias == "_meta"
    assert fields["meta"].is_required()
    documented, _, extra = TABLES[name].partition("|")
    for member in (*documented.split(), *extra.split()):
        bare = member.rstrip("?!")
        assert bare in fields, f"{name} has no {bare}"
        if member.endswith("!") or (member == bare and member in documented.split()):
            assert fields[bare].is_required() or (name, bare) in WITH_A_DEFAULT, f"{name}.{bare} may be missing"
            assert not may_be_null(fields[bare]) or (name, bare) in NULLABLE, f"{name}.{bare} may be null"


@pytest.mark.case(16)
def test_every_event_of_the_attempt_family_but_those_of_voice_has_a_model() -> None:
    family = {name for name in TABLES if name.startswith("attempt_")}
    assert len(family | VOICE) == 21
    assert family <= SERVER_EVENTS.keys()


@pytest.mark.case(16)
def test_every_event_of_the_test_family_has_a_model() -> None:
    family = {name for name in TABLES if name.startswith("test_")}
    assert len(family) == 8
    assert {name for name in SERVER_EVENTS if name.startswith("test_")} == family | {"test_halted"}


@pytest.mark.case(16)
async def test_the_examples_of_an_assessment_are_answered_and_told_as_documented(house: House) -> None:
    async with house.client() as client:
        first = {"home_id": house.site.homes["home-pair"], "infinite_mode": False, "client_request_id": "example-1"}
        started = await client.ok("attempt_start", first)
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        assert await told(client, "attempt_started") == {
            "attempt_id": attempt,
            "chat_entry_id": started["chat_entry_id"],
        }
        opened = await told(client, "attempt_chat_started", chat_id=chat)
        assert opened == {
            "attempt_id": attempt,
            "chat_id": chat,
            "chat_entry_id": started["chat_entry_id"],
            "position": 0,
        }
        await client.ok("attempt_join", {"chat_id": chat, "since": 0})
        assert await told(client, "attempt_joined") == {"chat_id": chat, "success": True}
        both = {"attempt_id": attempt, "chat_id": chat}
        message = {"message": "What have you tried?", "parent_message_id": None, "client_request_id": "example-2"}
        said = await client.ok("attempt_message", both | message)
        done = await told(client, "attempt_assistant_complete", message_id=said["assistant_message_id"])
        assert (done["chat_id"], done["status"], bool(done["persona_id"])) == (chat, "complete", True)
        ended = await client.ok("attempt_end", both | {"grade": True})
        closed = await told(client, "attempt_chat_ended", chat_id=chat)
        assert closed == {
            "chat_id": chat,
            "is_attempt_finished": False,
            "grade_id": ended["grade_id"],
            "attempt_id": attempt,
            "expired": False,
        }
        graded = await told(client, "attempt_graded", grade_id=ended["grade_id"])
        assert (graded["chat_id"], graded["attempt_id"], graded["source"]) == (chat, attempt, "model")
        moved = await client.ok("attempt_next", {"attempt_id": attempt})
        assert moved["is_attempt_finished"] is True
        other = await client.ok("attempt_start", {"home_id": first["home_id"]})
        over = await client.ok("attempt_end_all", {"attempt_id": other["attempt_id"]})
        assert over == {
            "ok": True,
            "attempt_id": other["attempt_id"],
            "success": True,
            "all_scenarios_complete": False,
            "message": "All chats ended.",
        }
        assert await told(client, "attempt_ended", attempt_id=other["attempt_id"]) == {
            key: value for key, value in over.items() if key != "ok"
        }
        lobby = await client.ok("attempt_start", {"home_id": house.site.homes["home-reuse"]})
        pair = {"attempt_id": lobby["attempt_id"], "previous_chat_map": {lobby["chat_entry_id"]: chat}}
        used = await client.ok("attempt_use_previous", pair)
        (copy,) = used["chats"]
        assert used == {"ok": True, "success": True, "message": "1 earlier result used.", "chats": [copy]}
        assert set(copy) == {"chat_entry_id", "chat_id", "grade_id"}
        await fence(client)


@pytest.mark.case(16)
async def test_the_examples_of_a_quiz_of_stopping_and_of_grading(house: House) -> None:
    async with house.client() as client:
        attempt, chat = await client.start_practice(house.site.practices["practice-quiz"])
        quiz = Quiz(attempt, chat, await detail_of(house, attempt))
        answered = await client.ok("attempt_response_submit", quiz.answer(quiz.one, "A"))
        assert answered == {
            "ok": True,
            "success": True,
            "message": "Answer saved.",
            "is_correct": False,
            "response_id": answered["response_id"],
        }
        stopped = await client.ok("attempt_stop", {"chat_id": chat})
        assert await told(client, "attempt_stopped") == {key: stopped[key] for key in ("chat_id", "success", "message")}
        attempt, chat = await client.start_practice(house.site.practices["practice-single"])
        await client.say(attempt, chat, "What have you tried?")
        wanted = {"attempt_id": attempt, "chat_id": chat, "resource_types": ["feedbacks", "strengths"]}
        graded = await client.ok("attempt_grade", wanted)
        await client.wait_for("attempt_graded", grade_id=graded["grade_id"])
        begun = client.payloads("attempt_grading_progress", grade_id=graded["grade_id"])[0]
        assert {key: begun[key] for key in begun if key != "_meta"} == {
            "chat_id": chat,
            "grade_id": graded["grade_id"],
            "resource_type": None,
            "entry": None,
            "completed_count": 0,
            "total_count": 2,
        }


@pytest.mark.case(16, 22)
async def test_the_examples_of_connecting_over_http(house: House) -> None:
    async with Http(house.url, house.site.token("learner")) as client:
        opened = await client.ok("connect")
        sid = opened["sid"]
        assert opened == {
            "ok": True,
            "sid": sid,
            "profile_id": house.site.ids["learner"],
            "guest_id": None,
            "server_time": opened["server_time"],
            "person": {"room": f"person:{house.site.ids['learner']}", **positions(opened)},
            "events_url": f"/socket/v5/events?sid={sid}",
            "poll_url": f"/socket/v5/events/poll?sid={sid}",
            "ticket": opened["ticket"],
            "expires_in": 900,
        }
        assert isinstance(opened["server_time"], float)
        assert await client.ok("disconnect", sid=sid) == {"ok": True, "sid": sid, "closed": True}


def positions(opened: Any) -> dict[str, Any]:
    """Epoch and position of the person room in an answer to connect."""
    found = opened["person"]
    assert isinstance(found["seq"], int)
    return {"epoch": found["epoch"], "seq": found["seq"]}


async def told(client: Client, event: str, **members: Any) -> dict[str, Any]:
    """An event without its `_meta`."""
    found = await client.wait_for(event, **members)
    return {key: value for key, value in found.items() if key != "_meta"}
