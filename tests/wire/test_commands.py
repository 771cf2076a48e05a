"""Names, acknowledgements, payload rules and errors (Glow 4.1 to 4.4)."""

import typing
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic.fields import FieldInfo

from parlour.wire.glow import payloads
from parlour.wire.glow.names import EVENTS, OPERATIONS, Operation
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire.house import UNKNOWN, House, fence

NEVER_REFUSED = {"attempt_leave", "test_leave", "attempt_audio_frame", "attempt_audio_played"}
EXTENSIONS = {"attempt_audio_frame", "attempt_audio_mute", "attempt_text_frame", "attempt_audio_played"}
ITEMS = ("persona", [7], [None], {}, True, [{"name": "names"}], [["names"]], ["x" * 101], ["x"] * 201)
OF_GENERATE: dict[str, tuple[object, ...]] = {
    "artifact_types": ITEMS,
    "entry_types": ITEMS,
    "extra_messages": ("x", [7], [None], {}, [{"role": "persona", "content": "x"}], [{"role": "user"}]),
    "metadata": (7, True, "x", [], {"x": "y" * 17_000}, {"x": "\0"}),
}
BY_NAME = {operation.name: operation for operation in OPERATIONS}
PROBLEM = {"type": str, "title": str, "status": int, "detail": str, "code": str}
TWENTY_ONE = [
    "generate",
    "attempt_start",
    "attempt_next",
    "attempt_join",
    "attempt_leave",
    "attempt_end",
    "attempt_end_all",
    "attempt_stop",
    "attempt_message",
    "attempt_grade",
    "attempt_response_submit",
    "attempt_use_previous",
    "attempt_audio_start",
    "attempt_audio_stop",
    "test_start",
    "test_next",
    "test_run",
    "test_end",
    "test_join",
    "test_leave",
    "test_stop",
]


def spellings(name: str) -> list[str]:
    """The three spellings of an operation."""
    return [key for key, operation in EVENTS.items() if operation.name == name]


def unknown_ids(operation: Operation) -> dict[str, object]:
    """A well-formed payload that names nothing."""
    given: dict[str, object] = {name: UNKNOWN for name in operation.payload.model_fields if name.endswith("_id")}
    given.pop("client_request_id")
    if operation.name == "attempt_start":
        del given["home_id"]
    if operation.name == "generate":
        given |= {"artifact_types": ["persona"], "resource_types": ["names"]}
    more = {"option_ids": [UNKNOWN], "previous_chat_map": {UNKNOWN: UNKNOWN}, "audio": "AAAAAA==", "played_ms": 0}
    return {**given, **more, "message": "Hello", "home_id": None}


@pytest.mark.case(9)
@pytest.mark.parametrize("name", sorted(BY_NAME))
async def test_an_operation_answers_under_each_of_its_names(house: House, name: str) -> None:
    names = spellings(name)
    path = BY_NAME[name].path
    assert {name, path.replace("/", "."), f"/socket/v5/client/{path}"} <= set(names)
    assert ("attempt_stop_message" in names) == (name == "attempt_stop")
    async with house.client() as client:
        answers = [await client.call(spelling, unknown_ids(BY_NAME[name])) for spelling in names]
        for answer in answers:
            answer.get("error", {}).pop("instance", None)
        assert all(answer == answers[0] for answer in answers)
        assert answers[0]["ok"] is (name in NEVER_REFUSED)


@pytest.mark.case(9)
async def test_a_whole_conversation_can_be_led_under_paths_and_dotted_names(house: House) -> None:
    path = "/socket/v5/client/attempt/"
    async with house.client() as client:
        started = await client.ok(path + "start", {"practice_id": house.site.practices["practice-pair"]})
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        await client.ok("attempt.join", {"chat_id": chat})
        said = await client.ok(path + "message", {"attempt_id": attempt, "chat_id": chat, "message": "Hi"})
        await client.wait_for("attempt_assistant_complete", message_id=said["assistant_message_id"])
        assert not (await client.ok("attempt_stop_message", {"chat_id": chat}))["success"]
        graded = await client.ok("attempt.grade", {"attempt_id": attempt, "chat_id": chat})
        await client.wait_for("attempt_graded", grade_id=graded["grade_id"])
        await client.ok("attempt.next", {"attempt_id": attempt})
        assert (await client.ok("attempt.end_all", {"attempt_id": attempt}))["all_scenarios_complete"] is True


@pytest.mark.case(10, 11, 14)
async def test_unknown_operations_are_refused_in_the_families_and_ignored_elsewhere(house: House) -> None:
    async with Client(house.url, house.site.tokens["learner"]) as client:
        for name, event in (("attempt_dance", "attempt_error"), ("test_dance", "test_error")):
            problem = await client.refused(name, {})
            assert (problem["code"], problem["status"]) == ("unknown_event", 404)
            assert problem["detail"] == f'There is no operation "{name}".'
            assert (await client.wait_for(event))["code"] == "unknown_event"
        assert (await client.refused("generate_dance", {}))["code"] == "unknown_event"
        told = await client.wait_for("generation_error")
        assert (told["code"], told["artifact_type"], told["success"]) == ("unknown_event", "", False)
        heard = len(client.heard)
        await client.io.emit("dance", {"x": 1})
        await fence(client)
        assert not [name for name in client.names[heard:] if "error" in name]
        assert (await client.refused("dance", {}))["code"] == "unknown_event"


@pytest.mark.case(11, 14)
async def test_a_refusal_is_told_by_an_event_with_and_without_an_acknowledgement(house: House) -> None:
    async with house.client() as client:
        payload = {"attempt_id": UNKNOWN, "chat_id": UNKNOWN, "message": "Hi"}
        await client.io.emit("attempt_message", payload)
        silent = await client.wait_for("attempt_error")
        problem = await client.refused("attempt_message", payload)
        await fence(client)
        told = client.payloads("attempt_error")[1]
        for event in (silent, told):
            assert event["code"] == problem["code"] == "not_found"
            assert (event["type"], event["message"], event["status"]) == ("send", problem["detail"], 404)
            assert (event["attempt_id"], event["chat_id"]) == (UNKNOWN, UNKNOWN)
        assert problem["error_type"] == "send"
        assert problem["type"] == "urn:parlour:problem:not_found"
        assert all(isinstance(problem[member], kind) for member, kind in PROBLEM.items())


@pytest.mark.case(12)
async def test_leaving_never_makes_an_event(house: House) -> None:
    async with house.client() as client:
        heard = len(client.heard)
        assert (await client.ok("attempt_leave", {"chat_id": UNKNOWN}))["success"] is True
        assert (await client.refused("attempt_leave", {"chat_id": "odd"}))["code"] == "invalid_request"
        await client.io.emit("attempt_leave", {})
        assert (await client.refused("attempt_leave", {}))["code"] == "invalid_request"
        await fence(client)
        assert len(client.heard) == heard


def wrong_values(name: str, field: FieldInfo) -> Iterator[object]:
    """Values that a member must refuse."""
    kinds = typing.get_args(field.annotation) or (field.annotation,)
    if field.is_required():
        yield None
    if name.endswith("_id") and name != "client_request_id":
        yield from ("", "A1", UNKNOWN.upper() + "x", f" {UNKNOWN}", 7, True, [UNKNOWN], {"id": UNKNOWN})
    elif bool in kinds:
        yield from (0, 1, "true", "", [])
    elif int in kinds or any(getattr(kind, "__origin__", None) is int for kind in kinds):
        yield from (True, False, 1.5, "1", -1, [])
    elif name in OF_GENERATE:
        yield from OF_GENERATE[name]
    elif name in {"resource_types", "user_instructions"}:
        yield from ("feedbacks", [7], [None], {}, True, ["x"] * 201)
    elif name == "option_ids":
        yield from (UNKNOWN, [7], [None], ["O1"], {}, True, [UNKNOWN] * 201)
    elif name == "previous_chat_map":
        yield from ({}, [], UNKNOWN, 7, {UNKNOWN: 7}, {UNKNOWN: None}, {UNKNOWN: "C1"}, {"T1": UNKNOWN})
    else:
        yield from (7, True, 1.5, [], {})
    if name == "message":
        yield "x" * 32_001
    if name == "user_instructions":
        yield from (["x"] * 21, ["x" * 8_001])
    if name == "client_request_id":
        yield from ("", "x" * 129)


def wrong_payloads(operation: Operation) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every payload that is wrong in one member, with that member's name."""
    good = {key: value for key, value in unknown_ids(operation).items() if key in operation.payload.model_fields}
    for name, field in operation.payload.model_fields.items():
        if field.is_required():
            yield name, {key: value for key, value in good.items() if key != name}
        for value in wrong_values(name, field):
            yield name, {**good, name: value}


@pytest.mark.case(13)
@pytest.mark.parametrize("name", sorted(BY_NAME))
async def test_every_wrong_member_is_named_and_changes_nothing(house: House, name: str) -> None:
    async with house.client() as client:
        tried = 0
        for member, payload in wrong_payloads(BY_NAME[name]):
            tried += 1
            if tried % 40 == 0:  # stay under the flood limit of one connection
                await client.__aexit__()
                await client.__aenter__()
            problem = await client.refused(name, payload)
            assert (problem["code"], problem["status"]) == ("invalid_request", 422), (member, payload)
            assert any(f["pointer"].split("/")[1] == member for f in problem["errors"]), (member, problem)
            assert problem["detail"].startswith("Invalid request: ")
        assert tried >= 8
        await fence(client)
        assert "attempt_started" not in client.names
        assert "attempt_ended" not in client.names


@pytest.mark.case(13)
async def test_extra_members_are_ignored_and_null_means_absent(house: House) -> None:
    async with house.client() as client:
        given = {"practice_id": house.site.practices["practice-single"], "home_id": None, "infinite_mode": None}
        started = await client.ok("attempt_start", {**given, "nonsense": {"a": [1]}, "client_request_id": None})
        join = {"chat_id": started["attempt_chat_id"], "since": None, "epoch": None, "x": 1}
        await client.ok("attempt_join", join)
        await client.ok("attempt_end", {"attempt_id": started["attempt_id"], "chat_id": join["chat_id"], "grade": None})


@pytest.mark.case(15, 14)
async def test_an_internal_fault_tells_nothing_of_the_inside_and_the_connection_stays(own: Site) -> None:
    process = own.start()
    async with Client(process.url, own.tokens["learner"]) as client:
        own.write(lambda tx: tx.run("ALTER TABLE attempts RENAME TO attempts_away"))
        problem = await client.refused("attempt_start", {"practice_id": own.practices["practice-single"]})
        assert (problem["code"], problem["status"]) == ("internal", 500)
        assert problem["detail"] == f"Something went wrong ({problem['instance']})."
        assert "attempts" not in str(problem)
        assert (await client.wait_for("attempt_error"))["message"] == problem["detail"]
        own.write(lambda tx: tx.run("ALTER TABLE attempts_away RENAME TO attempts"))
        await client.start_practice(own.practices["practice-single"])
    assert problem["instance"].removeprefix("urn:uuid:") in process.log_text()


@pytest.mark.case(16)
async def test_the_documented_payloads_are_accepted(house: House) -> None:
    async with house.client() as client:
        first = {"home_id": house.site.homes["home-pair"], "infinite_mode": False, "client_request_id": "r-1"}
        started = await client.ok("attempt_start", first)
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        assert started["is_lobby"] is False
        assert set(started) == {"ok", "attempt_id", "chat_entry_id", "attempt_chat_id", "is_lobby"}
        joined = await client.ok("attempt_join", {"chat_id": chat, "since": 0})
        assert set(joined) == {"ok", "chat_id", "success", "room", "epoch", "seq"}
        message = {
            "attempt_id": attempt,
            "chat_id": chat,
            "message": "What have you tried?",
            "parent_message_id": None,
            "client_request_id": "r-2",
        }
        said = await client.ok("attempt_message", message)
        assert set(said) == {"ok", "chat_id", "user_message_id", "assistant_message_id"}
        await client.wait_for("attempt_assistant_complete")
        stopped = await client.ok("attempt_stop", {"chat_id": chat})
        text = "Nothing is being generated in this chat."
        assert stopped == {"ok": True, "chat_id": chat, "success": False, "message": text}
        grade = {"attempt_id": attempt, "chat_id": chat, "resource_types": ["feedbacks", "strengths"]}
        graded = await client.ok("attempt_grade", grade)
        assert set(graded) == {"ok", "chat_id", "grade_id"}
        await client.wait_for("attempt_graded", grade_id=graded["grade_id"])
        ended = await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat, "grade": True})
        assert set(ended) == {"ok", "chat_id", "is_attempt_finished", "grade_id"}
        moved = await client.ok("attempt_next", {"attempt_id": attempt})
        assert moved == {
            "ok": True,
            "attempt_id": attempt,
            "chat_id": None,
            "is_attempt_finished": True,
            "pending": False,
        }
        assert await client.ok("attempt_leave", {"chat_id": chat}) == {"ok": True, "chat_id": chat, "success": True}


@pytest.mark.case(16)
def test_every_operation_is_there() -> None:
    assert set(BY_NAME) - EXTENSIONS == set(TWENTY_ONE)
    assert all(issubclass(operation.payload, payloads.Payload) for operation in OPERATIONS)
