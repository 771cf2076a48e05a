"""Further sentences of Glow about tests of models: failures, waiting, ids that are of different tests, shapes."""

import asyncio
from typing import Any

import pytest

from tests.wire import benches, replays
from tests.wire.benches import bench, recording
from tests.wire.house import UNKNOWN, House, fence
from tests.wire.http_client import Http

PREFIX = "/socket/v5/client/"


@pytest.fixture
def tested(house: House) -> House:
    """The shared server, with the benchmarks."""
    benches.install(house.site)
    return house


@pytest.mark.case(97)
async def test_an_invocation_without_a_usable_model_is_refused_and_nothing_is_begun(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await replays.start(client, "strangers")
        tried: dict[str, tuple[dict[str, object], str]] = {
            "test_run": (replays.ids_of(started, "one"), "run"),
            "test_next": ({"test_id": started["test_id"], "start": True}, "proceed"),
        }
        for name, (payload, error_type) in tried.items():
            refused = await client.refused(name, payload)
            assert (refused["code"], refused["status"], refused["detail"], refused["error_type"]) == (
                *("no_model", 409, "This invocation has no usable model."),
                error_type,
            )
        await fence(client)
        assert not client.payloads("test_run_start")
        found = await client.ok("test_next", {"test_id": started["test_id"]})
        assert found["run_id"] == recording("one")


@pytest.mark.case(98)
async def test_a_replay_that_cannot_be_graded_says_so_and_may_be_ended_again(tested: House) -> None:
    async with tested.client("instructor") as client, tested.client("root") as reader:
        started = await replays.start(client, "unjudged")
        await reader.ok("test_join", {"invocation_id": started["invocation_id"]})
        begun = await replays.replay(client, started, "one")
        ended = await replays.end(client, begun)
        for each in (client, reader):
            told = await each.wait_for("test_error")
            assert {name: told[name] for name in ("invocation_id", "run_id", "test_id", "grade_id", "error_type")} == {
                "invocation_id": started["invocation_id"],
                "run_id": begun["run_id"],
                "test_id": started["test_id"],
                "grade_id": ended["grade_id"],
                "error_type": "end",
            }
            assert (told["code"], told["status"]) == ("unavailable", 503)
            assert told["message"] == "The model service is not available."
        assert not client.payloads("test_progress", type="all_complete")
        assert not client.payloads("test_graded")
        await replays.end(client, begun, grade=False)
        await client.wait_for("test_progress", type="all_complete")


@pytest.mark.case(27, 98)
async def test_who_waits_for_an_end_that_was_kept_is_answered_when_its_grading_fails(slow: House) -> None:
    benches.install(slow.site)
    async with Http(slow.url, slow.site.tokens["instructor"]) as http:

        async def post(operation: str, body: dict[str, object], **options: Any) -> Any:
            answer = await http.io.post(PREFIX + operation, json=body, **options)
            assert answer.status_code == 200, answer.text
            return answer.json()

        started = await post("test/start", {"benchmark_id": bench("slow-alone")})
        begun = await post("test/run", replays.ids_of(started, "two"))
        waiting = post("test/end", replays.ending(begun), headers={"prefer": "wait=60"}, timeout=70)
        ended = await asyncio.wait_for(waiting, 50)  # it was answered, and its time was not up
        assert ended["pending"] is False
        assert ended["grade_id"] is not None
        assert not {"score", "passed", "feedback"} & ended.keys()


@pytest.mark.case(27, 98)
async def test_a_wait_for_an_end_without_grade_or_of_a_stopped_replay_ends_with_it(slow: House) -> None:
    benches.install(slow.site)
    async with Http(slow.url, slow.site.tokens["instructor"]) as http, slow.client("instructor") as client:
        started = await replays.start(client, "slowly")
        begun = await client.ok("test_run", replays.ids_of(started, "one"))
        url, headers = PREFIX + "test/end", {"prefer": "wait=60"}
        closed = (await http.io.post(url, json=replays.ending(begun, grade=False), headers=headers, timeout=70)).json()
        assert closed == {
            "ok": True,
            "invocation_id": started["invocation_id"],
            "run_id": begun["run_id"],
            "grade_id": None,
            "pending": False,
        }
        await client.wait_for("test_progress", message="Run closed without grade.")


@pytest.mark.case(97, 98)
async def test_ids_that_do_not_belong_together_are_not_found(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await replays.start(client, "plain")
        detail_of = {"test_id": started["test_id"]}
        first = await replays.replay(client, started, "one")
        await replays.replay(client, started, "two")
        second = (await client.ok("test_next", detail_of))["invocation_id"]
        assert second != started["invocation_id"]
        cases: dict[str, dict[str, object]] = {
            "Run not found.": replays.ending(first) | {"test_invocation_id": second},
            "Invocation not found.": replays.ending(first) | {"test_invocation_id": UNKNOWN},
            "Test not found.": replays.ending(first) | {"test_id": UNKNOWN},
        }
        for text, payload in cases.items():
            refused = await client.refused("test_end", payload)
            assert (refused["code"], refused["detail"], refused["error_type"]) == ("not_found", text, "end")
            told = client.payloads("test_error")[-1] if client.payloads("test_error", message=text) else None
            told = told or await client.wait_for("test_error", message=text)
            assert (told["invocation_id"], told["run_id"]) == (payload["test_invocation_id"], payload["run_id"])
        none = replays.ids_of(started, "one", second)
        assert (await client.refused("test_end", none))["detail"] == "Run not found.", "it was not replayed there"


@pytest.mark.case(9, 16)
async def test_the_documented_payloads_are_accepted_under_every_spelling_with_the_documented_answers(
    tested: House,
) -> None:
    async with tested.client("instructor") as client:
        started = await client.ok("test.start", {"benchmark_id": bench("single"), "infinite_mode": False})
        assert set(started) == {
            *("ok", "test_id", "benchmark_id", "invocation_id", "num_invocations", "total_runs"),
        }
        told = await client.wait_for("test_started")
        assert told.keys() >= {"test_id", "invocation_id", "num_invocations", "_meta"}
        room = {"invocation_id": started["invocation_id"]}
        joined = await client.ok(PREFIX + "test/join", room)
        assert set(joined) == {"ok", "invocation_id", "success", "room", "epoch", "seq"}
        assert (joined["seq"], joined["room"]) == (0, f"invocation:{started['invocation_id']}")
        direct = await client.wait_for("test_joined")
        assert {key: direct[key] for key in direct if key != "_meta"} == {**room, "success": True}
        assert set(direct["_meta"]) == {"id", "at"}
        found = await client.ok(PREFIX + "test/next", {"test_id": started["test_id"], "client_request_id": "v-doc-1"})
        told = await client.wait_for("test_progress", type="next")
        assert told.pop("_meta").keys() == {"id", "at", "request"}
        assert told == {
            **room,
            "type": "next",
            "run_id": found["run_id"],
            "current_run": 1,
            "total_runs": 1,
            "message": "Next: run 1 of 1.",
        }
        run = {"test_id": started["test_id"], "test_invocation_id": started["invocation_id"]}
        begun = await client.ok("test.run", run | {"run_id": found["run_id"]})
        assert begun == {
            "ok": True,
            "test_id": started["test_id"],
            **room,
            "run_id": begun["run_id"],
            "original_run_id": found["run_id"],
            "mode": "auto_regressive",
        }
        complete = await client.wait_for("test_run_complete", run_id=begun["run_id"])
        assert [set(each) for each in complete["outputs"]] == [{"turn", "message_id", "content"}] * 3
        for piece in client.payloads("test_progress", type="run_delta"):
            assert set(piece) == {
                *("invocation_id", "type", "run_id", "current_run", "total_runs", "message", "turn", "total_turns"),
                "_meta",
            }
            assert set(piece["_meta"]) == {"id", "at", "room", "epoch", "seq"}
        ended = await client.ok("test.end", run | {"run_id": begun["run_id"], "grade": None})
        assert set(ended) == {"ok", "invocation_id", "run_id", "grade_id", "pending"}
        graded = await client.wait_for("test_graded")
        assert (graded["grade_id"], graded["run_id"]) == (ended["grade_id"], begun["run_id"])
        assert [place["room"].split(":")[0] for place in graded["_meta"]["also"]] == ["person"]
        every = await client.wait_for("test_progress", type="all_complete")
        assert every["invocation_id"] == started["invocation_id"]
        stopped = await client.ok("test.stop", room)
        assert stopped == {"ok": True, **room, "success": False, "message": "Nothing is running."}
        left = await client.ok("test.leave", room)
        assert left == {"ok": True, **room, "success": True}
        again = await client.ok("test_end", run | {"run_id": begun["run_id"]})
        await client.wait_for("test_graded", grade_id=again["grade_id"])
        await fence(client)
        assert len(client.payloads("test_progress", type="all_complete")) == 1, (
            "a completed test is not completed again"
        )


@pytest.mark.case(13, 24)
async def test_http_joins_name_their_connection_and_wrong_members_are_named(tested: House) -> None:
    async with (
        Http(tested.url, tested.site.tokens["instructor"]) as http,
        Http(tested.url, tested.site.tokens["root"]) as other,
    ):
        foreign = (await other.io.post(PREFIX + "connect", json={})).json()["sid"]
        for operation in ("join", "leave"):
            url, body = PREFIX + f"test/{operation}", {"invocation_id": UNKNOWN}
            bare = await http.io.post(url, json=body)
            assert (bare.status_code, bare.json()["code"]) == (400, "session_required")
            theirs = await http.io.post(url, json=body, params={"sid": foreign})
            assert (theirs.status_code, theirs.json()["code"]) == (404, "session_not_found")
        odd = await http.io.post(PREFIX + "test/end", json={"test_id": 5, "test_invocation_id": "x", "grade": "yes"})
        problem = odd.json()
        assert (odd.status_code, problem["error_type"]) == (422, "validation")
        pointers = {each["pointer"] for each in problem["errors"]}
        assert pointers == {"/test_id", "/test_invocation_id", "/run_id", "/grade"}


@pytest.mark.case(27, 32, 98)
async def test_a_request_that_is_repeated_with_a_wait_has_the_grade_of_the_first(tested: House) -> None:
    async with Http(tested.url, tested.site.tokens["instructor"]) as http, tested.client("instructor") as client:
        started = await replays.start(client, "plain")
        begun = await replays.replay(client, started, "one")
        key, url = {"idempotency-key": "v-waited"}, PREFIX + "test/end"
        first = (await http.io.post(url, json=replays.ending(begun), headers=key)).json()
        assert first.keys() == {"ok", "invocation_id", "run_id", "grade_id", "pending"}
        again = await http.io.post(url, json=replays.ending(begun), headers=key | {"prefer": "wait=20"})
        assert again.headers["preference-applied"] == "wait=20"
        told = await client.wait_for("test_graded", grade_id=first["grade_id"])
        assert again.json() == first | {name: told[name] for name in ("score", "passed", "feedback")}
        await fence(client)
        assert len(client.payloads("test_graded")) == 1


@pytest.mark.case(10, 11)
async def test_refusals_of_tests_are_events_with_and_without_an_acknowledgement(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await replays.start(client, "plain")
        wrong: dict[str, tuple[dict[str, object], str, str]] = {
            "test_start": ({"benchmark_id": UNKNOWN}, "start", "not_found"),
            "test_next": ({"test_id": UNKNOWN}, "proceed", "not_found"),
            "test_run": (replays.ids_of(started, "three"), "run", "not_found"),
            "test_end": (replays.ids_of(started, "one"), "end", "not_found"),
            "test_join": ({"invocation_id": UNKNOWN}, "join", "not_found"),
            "test_stop": ({"invocation_id": UNKNOWN}, "stop", "not_found"),
            "test_unheard_of": ({}, "", "unknown_event"),
        }
        for name, (payload, _, code) in wrong.items():
            refused = await client.refused(name, payload)
            assert refused["code"] == code
            await client.io.emit(name, payload)
        await client.io.emit("test_leave", {"invocation_id": "odd"})
        await client.io.emit("test_run", {"test_id": started["test_id"]})
        await fence(client)
        told = [(p["error_type"], p["code"], p["status"]) for p in client.payloads("test_error")]
        expected = [(kind or None, code, 404) for _, kind, code in wrong.values() for _ in range(2)]
        assert told == [*expected, ("validation", "invalid_request", 422)]
        for payload in client.payloads("test_error"):
            assert payload.keys() >= {"invocation_id", "run_id", "message", "error_type", "code", "status", "_meta"}
            assert payload["_meta"].keys() == {"id", "at"}
        assert "seq" not in client.payloads("test_error")[0]["_meta"]
