"""Conformance cases 9, 13, 14, 16, 23, 24, 28, 30 to 33 and 35 over HTTP (Glow 3.1, 4, 7)."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from parlour.wire.glow.names import OPERATIONS as ROWS
from parlour.wire.glow.names import VOICE
from tests.conftest import new_database
from tests.harness.clock import SetClock
from tests.harness.constants import constants
from tests.harness.dialects import check_event
from tests.harness.site import Site
from tests.promises.waiting import eventually
from tests.wire.house import UNKNOWN, House, furnish, last_seen, taken_up
from tests.wire.http_client import OPERATIONS, Http, last_id

TEXT = "What have you tried so far? I can see that it was hard."
ROW_NAMES = [row.path for row in ROWS]


def http(house: House, user_id: str = "learner") -> Http:
    return Http(house.url, house.site.token(user_id))  # floods are counted by token


def valid(row: Any) -> dict[str, object]:
    """A payload with every required member, about objects that do not exist."""
    values: Mapping[str, object] = {
        "message": "Hi",
        "option_ids": [UNKNOWN],
        "previous_chat_map": {UNKNOWN: UNKNOWN},
        "audio": "AAAAAA==",
        "played_ms": 0,
        "artifact_types": ["persona"],
        "resource_types": ["names"],
    }
    return {name: values.get(name, UNKNOWN) for name, field in row.payload.model_fields.items() if field.is_required()}


@pytest.mark.case(9, 51, 64, 67)
async def test_every_operation_works_at_its_documented_path(house: House) -> None:
    async with http(house) as client:
        await client.connect()
        sid = client.sid
        done = {"connect"}

        async def ok(path: str, payload: object = None) -> Any:
            done.add(path)
            return await client.ok(path, payload, sid=sid)

        started = await ok("attempt/start", {"practice_id": house.site.practices["practice-pair"]})
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        both = {"attempt_id": attempt, "chat_id": chat}
        await ok("attempt/join", {"chat_id": chat})
        await ok("attempt/message", both | {"message": TEXT})
        await client.poll_until("attempt_assistant_complete")
        stopped = await ok("attempt/stop", {"chat_id": chat})
        assert stopped["success"] is False
        graded = await ok("attempt/grade", both)
        heard, _ = await client.poll_until("attempt_graded")
        assert heard[-1].data["grade_id"] == graded["grade_id"]
        moved = await ok("attempt/next", {"attempt_id": attempt})
        ended = await ok("attempt/end", {"attempt_id": attempt, "chat_id": moved["chat_id"]})
        assert ended["is_attempt_finished"] is True
        over = await client.refused(409, "attempt/end_all", {"attempt_id": attempt})
        assert (over["code"], over["error_type"]) == ("attempt_over", "end")
        lobby = await ok("attempt/start", {"home_id": house.site.homes["home-reuse"]})
        reuse = {"attempt_id": lobby["attempt_id"], "previous_chat_map": {lobby["chat_entry_id"]: chat}}
        problem = await client.refused(409, "attempt/use_previous", reuse)
        assert (problem["code"], problem["error_type"]) == ("practice_attempt", "end")
        assert (await ok("attempt/end_all", {"attempt_id": lobby["attempt_id"]}))["success"] is True
        quiz = await ok("attempt/start", {"practice_id": house.site.practices["practice-quiz"]})
        detail = (await client.io.get(f"/api/v1/attempts/{quiz['attempt_id']}")).json()
        question = next(q for q in detail["resources"]["questions"].values() if not q["allow_multiple"])
        answer = {"question_id": question["question_id"], "option_ids": [question["options"][1]["option_id"]]}
        answered = await ok("attempt/response_submit", {"chat_id": quiz["attempt_chat_id"], **answer})
        assert answered["is_correct"] is True
        done.add("attempt/use_previous")  # done for good in test_reuse.py
        await ok("attempt/leave", {"chat_id": chat})
        await ok("disconnect")
        done |= {path for path in ROW_NAMES if path.startswith("test/")}  # done in test_tests_http.py
        done.add("generate")  # done in test_generate_chats.py
        done |= {row.path for row in VOICE}  # done in test_voice_http.py
        assert done >= {*ROW_NAMES, "connect", "disconnect"}
        for event in heard:
            check_event(event.name, event.data)


@pytest.mark.case(13, 14)
@pytest.mark.parametrize("path", ROW_NAMES)
async def test_wrong_members_are_422_with_a_pointer(house: House, path: str) -> None:
    row = next(row for row in ROWS if row.path == path)
    good = valid(row)
    wrong: list[tuple[str, dict[str, object]]] = []
    for name in good:
        wrong.append((name, {key: value for key, value in good.items() if key != name}))
        wrong.append((name, good | {name: None}))
        number = "x" if name.endswith("_ms") else 7
        wrong += [(name, good | {name: value}) for value in (number, True, [7], {"x": 1})]
        if name.endswith("_id"):
            wrong += [(name, good | {name: value}) for value in ("", "x", UNKNOWN.upper().replace("0", "A"))]
    wrong.append(("client_request_id", good | {"client_request_id": ""}))
    async with http(house) as client:
        await client.connect()
        for name, payload in wrong:
            problem = await client.refused(422, path, payload, sid=client.sid)
            assert problem["code"] == "invalid_request"
            assert problem["type"] == "urn:parlour:problem:invalid_request"
            assert problem.get("error_type") == ("validation" if path.startswith("test/") else row.error_type)
            assert {"type", "title", "status", "detail", "code"} <= problem.keys()
            named = [fault["pointer"].split("/")[1] for fault in problem["errors"]]
            assert name in named, (payload, problem)


@pytest.mark.case(13)
async def test_bodies_that_are_no_object_are_refused_and_unknown_members_are_ignored(house: House) -> None:
    async with http(house) as client:
        url = OPERATIONS + "attempt/stop"
        json_type = {"content-type": "application/json"}
        deep = b'{"chat_id":' + b"[" * 40 + b"]" * 40 + b"}"
        for body in (b"[]", b"1", b'"x"', b"null", b"{", b"\xff", deep):
            answer = await client.io.post(url, content=body, headers=json_type)
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), body
        form = await client.io.post(url, content=b"chat_id=1", headers={"content-type": "text/plain"})
        assert (form.status_code, form.json()["code"]) == (415, "unsupported_media_type")
        empty = await client.io.post(url, headers=json_type)
        assert (empty.status_code, empty.json()["errors"][0]["pointer"]) == (422, "/chat_id")
        unknown = await client.refused(404, "attempt/stop", {"chat_id": UNKNOWN, "more": {"x": 1}})
        assert unknown["detail"] == "Chat not found."
        true = {"practice_id": UNKNOWN, "infinite_mode": 1}
        assert (await client.refused(422, "attempt/start", true))["errors"][0]["pointer"] == "/infinite_mode"


@pytest.mark.case(23, 16)
async def test_the_answer_is_the_acknowledgement_of_the_same_command_on_a_socket(house: House) -> None:
    async with http(house) as client, house.client() as socket:
        kinds: dict[str, tuple[Any, Any]] = {}
        entry = {"practice_id": house.site.practices["practice-pair"]}
        over_http = await client.ok("attempt/start", entry)
        over_socket = await socket.ok("attempt_start", entry)
        kinds["attempt_start"] = (over_http, over_socket)
        ids = [{"attempt_id": a["attempt_id"], "chat_id": a["attempt_chat_id"]} for a in (over_http, over_socket)]
        await client.connect()
        steps: list[tuple[str, list[str], dict[str, object]]] = [
            ("attempt/join", ["chat_id"], {}),
            ("attempt/message", ["attempt_id", "chat_id"], {"message": TEXT}),
            ("attempt/grade", ["attempt_id", "chat_id"], {}),
            ("attempt/stop", ["chat_id"], {}),
            ("attempt/leave", ["chat_id"], {}),
            ("attempt/end", ["attempt_id", "chat_id"], {}),
            ("attempt/next", ["attempt_id"], {}),
            ("attempt/end_all", ["attempt_id"], {}),
        ]
        for path, names, more in steps:
            payloads = [{name: one[name] for name in names} | more for one in ids]
            name = path.replace("/", "_")
            kinds[name] = (
                (await client.post(path, payloads[0], sid=client.sid)).json(),
                await socket.call(name, payloads[1]),
            )
            if path == "attempt/message":
                await socket.wait_for("attempt_assistant_complete")
                await client.poll_until("attempt_assistant_complete")
        for name, (given, told) in kinds.items():
            acked = told if told["ok"] else told["error"]
            assert {key: type(value) for key, value in given.items()} == {
                key: type(value) for key, value in acked.items()
            }, name
            same = ("ok", "success", "is_lobby", "is_attempt_finished", "message", "all_scenarios_complete", "code")
            assert {k: v for k, v in given.items() if k in same} == {k: v for k, v in acked.items() if k in same}
        for name, args in socket.heard:
            check_event(name, args[0])


@pytest.mark.case(24)
async def test_operations_on_a_connection_need_one_of_the_own_account(house: House) -> None:
    async with http(house) as client, http(house, "fellow") as other:
        await other.connect()
        payload = {"chat_id": UNKNOWN}
        joining = [(path, payload) for path in ("attempt/join", "attempt/leave")]
        for path, sent in (*joining, ("disconnect", {}), *((row.path, valid(row)) for row in VOICE)):
            required = await client.refused(400, path, sent)
            assert (required["code"], required["detail"]) == ("session_required", "Name the session with ?sid=.")
            for sid in (other.sid, "unknown"):
                missing = await client.refused(404, path, sent, sid=sid)
                assert (missing["code"], missing["detail"]) == ("session_not_found", "Session not found.")
        foreign = await client.refused(404, "attempt/stop", payload, sid=other.sid)
        assert foreign["code"] == "session_not_found"
        for where in ("/socket/v5/events", "/socket/v5/events/poll"):
            assert (await client.io.get(where)).json()["code"] == "session_required"
            assert (await client.io.get(where, params={"sid": other.sid})).status_code == 404


@pytest.mark.case(22, 46)
async def test_http_commands_can_act_for_a_socket(house: House) -> None:
    async with http(house) as client, house.client() as socket:
        sid = socket.payloads("connection_confirmed")[0]["sid"]
        attempt, chat = await client.start(house.site.practices["practice-single"])
        await client.ok("attempt/message", {"attempt_id": attempt, "chat_id": chat, "message": TEXT}, sid=sid)
        await socket.wait_for("attempt_assistant_complete", chat_id=chat)
        assert "attempt_user_complete" in socket.names
        await client.ok("attempt/leave", {"chat_id": chat}, sid=sid)
        await client.ok("attempt/join", {"chat_id": chat, "since": 0}, sid=sid)
        await asyncio.sleep(0.2)
        assert len(socket.payloads("attempt_user_complete", chat_id=chat)) == 2
        assert (await client.ok("disconnect", sid=sid))["closed"] is True
        async with asyncio.timeout(60):
            await socket.io.wait()
        await client.refused(404, "attempt/leave", {"chat_id": chat}, sid=sid)


@pytest.mark.case(28)
async def test_the_idempotency_key_is_the_request_id(house: House) -> None:
    async with http(house) as client:
        payload = {"practice_id": house.site.practices["practice-single"]}
        first = await client.ok("attempt/start", payload, headers={"idempotency-key": "key-1"})
        again = await client.ok("attempt/start", payload | {"client_request_id": "key-1"})
        assert first == again
        both = await client.ok(
            "attempt/start", payload | {"client_request_id": "key-1"}, headers={"idempotency-key": "key-1"}
        )
        assert both == first
        differ = payload | {"client_request_id": "key-1"}
        problem = await client.refused(422, "attempt/start", differ, headers={"idempotency-key": "key-2"})
        assert problem["code"] == "invalid_request"
        await client.refused(422, "attempt/start", payload, headers={"idempotency-key": "x" * 129})


@pytest.mark.case(28)
async def test_cookies_do_not_authenticate(house: House) -> None:
    token = house.site.tokens["learner"]
    async with httpx.AsyncClient(base_url=house.url, cookies={"token": token, "session": token}, timeout=60) as client:
        for row in ["connect", *ROW_NAMES]:
            answer = await client.post(OPERATIONS + row, json={})
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
            assert answer.headers["content-type"] == "application/problem+json"
        assert (await client.get("/socket/v5/events", params={"sid": "x"})).status_code == 401


@pytest.mark.case(30, 32, 33)
async def test_a_repeat_over_another_transport_has_one_effect(house: House) -> None:
    async with http(house) as client, http(house, "fellow") as other, house.client() as socket:
        await client.connect()
        attempt, chat = await client.start(house.site.practices["practice-single"])
        payload = {"attempt_id": attempt, "chat_id": chat, "message": TEXT, "client_request_id": f"same-{chat}"}
        over_http = await client.ok("attempt/message", payload, sid=client.sid)
        over_socket = await socket.ok("attempt_message", payload)
        at_once = await asyncio.gather(*(client.ok("attempt/message", payload) for _ in range(5)))
        assert all(answer == over_http for answer in (over_socket, *at_once))
        heard, after = await client.poll_until("attempt_assistant_complete")
        assert [event.name for event in heard].count("attempt_user_complete") == 1
        assert (await client.poll(after, wait=0))["events"] == []
        reused = await client.refused(409, "attempt/message", payload | {"message": "Other"})
        assert reused["code"] == "idempotency_conflict"
        moved = {"chat_id": chat, "client_request_id": f"same-{chat}"}
        assert (await client.refused(409, "attempt/stop", moved))["code"] == "idempotency_conflict"
        joined = await client.refused(409, "attempt/join", moved, sid=client.sid)
        assert joined["code"] == "idempotency_conflict"
        independent = await other.refused(404, "attempt/message", payload)
        assert independent["code"] == "not_found"


@pytest.mark.case(32, 35)
async def test_sessions_and_answers_outlive_the_server(own: Site) -> None:
    process = own.start()
    house = House(own, process)
    async with http(house) as client:
        await client.connect()
        attempt, chat = await client.start(own.practices["practice-single"])
        payload = {"attempt_id": attempt, "chat_id": chat, "message": TEXT, "client_request_id": "before"}
        said = await client.ok("attempt/message", payload, sid=client.sid)
        heard, after = await client.poll_until("attempt_assistant_complete")
        sid, ticket = client.sid, client.ticket
    process.kill()
    house = House(own, own.start())
    async with http(house) as client:
        client.sid = sid
        assert await client.ok("attempt/message", payload, sid=sid) == said
        async with client.stream(last=heard[2].id, ticket=ticket) as stream:
            await stream.wait_for("attempt_assistant_complete")
            assert [e.id for e in stream.heard] == [e.id for e in heard[3:]]
            more = payload | {"client_request_id": "after", "message": "And now? What else could you try?"}
            second = await client.ok("attempt/message", more, sid=sid)
            await stream.wait_for("attempt_assistant_complete", message_id=second["assistant_message_id"])
        assert (await client.poll(after))["events"][0]["data"]["content"] == more["message"]


@pytest.mark.case(8, 26)
async def test_a_revoked_token_ends_its_sessions_and_streams(own: Site) -> None:
    from parlour.accounts import actions as accounts
    from parlour.kernel.ids import digest_of

    house = House(own, own.start())
    token = own.token("learner")
    async with Http(house.url, token) as doomed, http(house) as other:
        await doomed.connect()
        await other.connect()
        async with doomed.stream() as stream, other.stream() as kept:
            params = {"sid": doomed.sid, "wait": 60}
            polling = await taken_up(own, doomed.sid, doomed.io.get("/socket/v5/events/poll", params=params))
            began = time.monotonic()
            own.write(lambda tx: accounts.revoke_session(tx, digest_of(token)))
            await stream.until(lambda s: s.ended)
            print(f"closed after {time.monotonic() - began:.2f} s")
            assert (await asyncio.wait_for(polling, 50)).status_code == 404
            assert not kept.ended
        # The same account with another token does not find it either.
        await other.refused(404, "disconnect", sid=doomed.sid)


@pytest.mark.case(20)
async def test_withdrawn_rights_end_the_room_but_not_the_session(own: Site) -> None:
    from parlour.accounts import actions as accounts

    house = House(own, own.start())
    async with http(house) as client, http(house, "fading") as teacher:
        attempt, chat = await client.start(own.practices["practice-single"])
        await teacher.connect()
        await teacher.ok("attempt/join", {"chat_id": chat}, sid=teacher.sid)
        payload = {"attempt_id": attempt, "chat_id": chat, "message": TEXT}
        async with teacher.stream() as stream:
            await client.ok("attempt/message", payload)
            await stream.wait_for("attempt_assistant_complete")
            own.write(lambda tx: accounts.set_role(tx, own.ids["fading"], "member"))
            await asyncio.sleep(1.5)
            before = len(stream.heard)
            said = await client.ok("attempt/message", payload, headers={"prefer": "wait=60"})
            assert said["assistant_content"]
            await asyncio.sleep(0.5)
            assert len(stream.heard) == before
            assert not stream.ended
        again = await teacher.poll(stream.heard[0].id, wait=0)
        assert again["events"] == []
        own.write(lambda tx: accounts.set_role(tx, own.ids["fading"], "instructional"))
        assert (await teacher.poll(stream.heard[0].id, wait=0))["events"] == []


async def test_sessions_are_bounded_and_end_when_idle(own: Site) -> None:
    clock = SetClock(own.folder / "clock")
    with clock.given(), constants(parlour__wire__glow__streams__CHECK_SECONDS=0.2):
        house = House(own, own.start(LIMITS__SOCKETS_PER_ACCOUNT_MAX=2, LIMITS__HTTP_SESSION_IDLE_SECONDS=900))
    async with http(house) as client:
        first = await client.connect()
        assert first["expires_in"] == 900
        second = await client.connect()
        refused = await client.refused(429, "connect")
        assert (refused["code"], refused["detail"]) == ("too_many_connections", "Too many open connections.")
        await client.ok("disconnect", sid=second["sid"])
        await client.connect()
        async with client.stream() as stream:
            for minutes in range(1, 6):
                clock.set_ahead(minutes * 310_000)  # a third and more: the stream keeps its session
                await eventually(lambda: clock.now_ms() - last_seen(own, client.sid) < 300_000)
            assert not stream.ended
        await client.refused(404, "disconnect", sid=first["sid"])
        await client.ok("disconnect", sid=client.sid)


async def test_a_stopping_server_ends_its_streams(own: Site) -> None:
    house = House(own, own.start())
    async with http(house) as client:
        await client.connect()
        async with client.stream() as stream:
            stopping = asyncio.to_thread(house.process.stop)
            assert await stopping in (0, -15)  # uvicorn ends by the signal it got
            await stream.until(lambda s: s.ended)


@pytest.mark.case(5)
async def test_the_base_path_moves_every_path(own: Site) -> None:
    house = House(own, own.start(BASE_PATH="/x"))
    async with Http(f"{house.url}/x", own.tokens["learner"]) as client:
        opened = await client.connect()
        assert opened["events_url"] == f"/x/socket/v5/events?sid={client.sid}"
        attempt, chat = await client.start(own.practices["practice-single"])
        answer = await client.post("attempt/message", {"attempt_id": attempt, "chat_id": chat, "message": TEXT})
        assert answer.headers["cache-control"] == "no-store"
        async with client.stream(ticket=opened["ticket"]) as stream:
            await stream.wait_for("attempt_chat_started", chat_id=chat)
        assert (await client.io.get("/openapi.json")).json()["servers"] == [{"url": "/x"}]


@pytest.mark.postgres
async def test_any_process_serves_a_session(postgresql: str, tmp_path: Path) -> None:
    site = furnish(Site(tmp_path, new_database(postgresql)).seed())
    try:
        one, two = House(site, site.start()), House(site, site.start())
        async with http(one) as here, http(two) as there:
            await here.connect()
            there.sid = here.sid
            attempt, chat = await there.start(site.practices["practice-single"])
            payload = {"attempt_id": attempt, "chat_id": chat, "message": TEXT}
            async with here.stream() as stream:
                said = await there.ok("attempt/message", payload, sid=here.sid)
                await stream.wait_for("attempt_assistant_complete", message_id=said["assistant_message_id"])
                began = time.monotonic()
                async with there.stream(last=last_id(stream.heard)) as other:
                    await stream.until(lambda s: s.ended)
                    print(f"the older stream of another process ended after {time.monotonic() - began:.2f} s")
                    waited = await here.ok("attempt/message", payload, sid=here.sid, headers={"prefer": "wait=60"})
                    done = await other.wait_for("attempt_assistant_complete", message_id=waited["assistant_message_id"])
                    assert done.data["content"] == waited["assistant_content"]
            await there.ok("disconnect", sid=here.sid)
            await here.refused(404, "disconnect", sid=here.sid)
    finally:
        site.close()
