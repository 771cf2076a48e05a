"""Sentences of Glow about tests of models, one by one: what is easily overlooked (4.4, 4.5, 5.1, 5.5, 6.9, 7.17 on)."""

from collections.abc import Mapping
from typing import Any

import pytest

from parlour.accounts import actions as accounts
from tests.harness.site import Site
from tests.harness.socket import Client
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


def logged(client: Client) -> list[tuple[str, Any]]:
    """The logged events of tests that were heard."""
    return [(name, args[0]) for name, args in client.heard if name.startswith("test_") and "seq" in args[0]["_meta"]]


async def twice(
    client: Client, name: str, payload: Mapping[str, object], request: str, *, says: str | None = None
) -> Any:
    """The answer of an operation that is sent twice, which is the same. `says`: the event that it causes."""
    heard = len(client.payloads(says)) if says else 0
    first = await client.call(name, {**payload, "client_request_id": request})
    if says:
        await client.nth(says, heard)
    await fence(client)
    before = len(logged(client))
    again = await client.call(name, {**payload, "client_request_id": request})
    await fence(client)
    assert again == first
    assert len(logged(client)) == before, "a repetition makes no logged event"
    return first


@pytest.mark.case(30, 31)
async def test_every_operation_on_tests_repeated_has_one_effect_and_one_answer(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await twice(client, "test_start", {"benchmark_id": bench("hanging")}, "v-start", says="test_started")
        assert len(client.payloads("test_started")) == 1
        ids = replays.ids_of(started, "one")
        begun = await twice(client, "test_run", ids, "v-run", says="test_run_start")
        kept = await twice(client, "test_end", replays.ending(begun), "v-kept")
        assert (kept["pending"], kept["grade_id"]) == (True, None)
        stopped = await twice(client, "test_stop", {"invocation_id": started["invocation_id"]}, "v-stop")
        assert stopped["success"] is True
        found = await twice(client, "test_next", {"test_id": started["test_id"]}, "v-next")
        assert found["run_id"] == recording("one")
        told = client.payloads("test_progress", type="next")
        assert [each["_meta"]["request"] for each in told] == ["v-next", "v-next"], "direct events are told again"
        nothing = await twice(client, "test_stop", {"invocation_id": started["invocation_id"]}, "v-nothing")
        assert nothing["success"] is False
        assert len(client.payloads("test_stopped", success=False)) == 2
        starting = {"test_id": started["test_id"], "start": True}
        new = await twice(client, "test_next", starting, "v-started", says="test_run_start")
        again = await client.ok("test_run", ids)
        assert again["run_id"] == new["replay_run_id"], "one replay"
        refused = await twice(client, "test_run", replays.ids_of(started, "tools"), "v-refused")
        assert refused["error"]["detail"] == "Run not found."
        assert len(client.payloads("test_error", error_type="run")) == 2
        wrong = await client.refused("test_run", replays.ids_of(started, "two") | {"client_request_id": "v-run"})
        assert (wrong["code"], wrong["error_type"]) == ("idempotency_conflict", "run")
        other = await client.refused("test_stop", {"invocation_id": UNKNOWN, "client_request_id": "v-run"})
        assert (other["code"], other["error_type"]) == ("idempotency_conflict", "stop")
        joins = {"invocation_id": started["invocation_id"], "client_request_id": "v-run"}
        assert (await client.refused("test_join", joins))["code"] == "idempotency_conflict"
        await client.ok("test_stop", {"invocation_id": started["invocation_id"]})


@pytest.mark.case(28, 32)
async def test_a_request_of_one_transport_is_the_same_on_the_other_and_of_the_other_dialect(tested: House) -> None:
    token = tested.site.tokens["instructor"]
    async with Client(tested.url, token, dialect="glow-web") as web, Http(tested.url, token) as http:
        started = await replays.start(web, "hanging")
        payload = {"test_id": started["test_id"]}
        first = await web.ok("test_next", payload | {"client_request_id": "v-both"})
        assert first["started"] is True
        answer = await http.io.post(PREFIX + "test/next", json=payload, headers={"idempotency-key": "v-both"})
        assert (answer.status_code, answer.json()) == (200, first)
        for operation, body in (
            ("start", {"benchmark_id": bench("plain")}),
            ("run", replays.ids_of(started, "two")),
            ("end", replays.ids_of(started, "one")),
            ("stop", {"invocation_id": started["invocation_id"]}),
        ):
            key = f"v-{operation}-both"
            posted = await http.io.post(PREFIX + f"test/{operation}", json=body, headers={"idempotency-key": key})
            assert posted.status_code == 200, posted.text
            assert await web.call(f"test_{operation}", body | {"client_request_id": key}) == posted.json()
            differs = await http.io.post(
                PREFIX + f"test/{operation}", json=body | {"client_request_id": "x"}, headers={"idempotency-key": key}
            )
            assert (differs.status_code, differs.json()["code"]) == (422, "invalid_request")


@pytest.mark.case(98)
async def test_a_replay_that_is_closed_again_says_so_again(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await replays.start(client, "plain")
        begun = await replays.replay(client, started, "one")
        for count in (1, 2):
            closed = await replays.end(client, begun, grade=False)
            assert (closed["grade_id"], closed["pending"]) == (None, False)
            await fence(client)
            told = client.payloads("test_progress", type="progress", message="Run closed without grade.")
            assert len(told) == count
        graded = await replays.end(client, begun)
        await client.wait_for("test_graded", grade_id=graded["grade_id"])


@pytest.mark.case(98, 110)
async def test_a_grading_that_is_asked_for_while_it_runs_is_one_grading_and_one_request(slow: House) -> None:
    benches.install(slow.site)
    async with slow.client("limited") as client:
        account = slow.site.ids["limited"]
        started = await replays.start(client, "plain")
        begun = await replays.replay(client, started, "one")
        used = slow.site.write(lambda tx: accounts.requests_today(tx, account, "UTC"))
        answers = [await replays.end(client, begun) for _ in range(3)]
        grades = {each["grade_id"] for each in answers}
        for grade_id in grades:
            await client.wait_for("test_graded", grade_id=grade_id)
        now = slow.site.write(lambda tx: accounts.requests_today(tx, account, "UTC"))
        assert now - used == len(grades)
        assert len(client.payloads("test_progress", type="grading")) == len(grades)


@pytest.mark.case(110)
async def test_every_operation_on_tests_is_refused_at_the_daily_limit_without_effect(own: Site) -> None:
    benches.install(own)
    own.write(lambda tx: accounts.set_requests_per_day(tx, own.ids["instructor"], 1))
    process = own.start()
    async with Client(process.url, own.tokens["instructor"]) as client:
        started = await replays.start(client, "plain")
        begun = await replays.replay(client, started, "one")
        tried = {
            "test_run": replays.ids_of(started, "two"),
            "test_next": {"test_id": started["test_id"], "start": True},
            "test_end": replays.ending(begun),
            "test_start": {"benchmark_id": bench("auto")},
        }
        heard = len(logged(client))
        for name, payload in tried.items():
            refused = await client.refused(name, payload | {"client_request_id": f"v-{name}"})
            assert (refused["code"], refused["status"], refused["error_type"]) == ("rate_limited", 429, "rate_limit")
            assert refused["detail"] == "Daily limit reached (1 of 1 requests today)."
            assert 0 < refused["retry_after"] <= 86_400
        await fence(client)
        errors = client.payloads("test_error")
        assert [(each["error_type"], each["code"], each["status"]) for each in errors] == [
            ("rate_limit", "rate_limited", 429)
        ] * 4
        assert len(logged(client)) == heard, "no effect"
        closed = await replays.end(client, begun, grade=False)
        assert closed["pending"] is False, "closing is no request"
        own.write(lambda tx: accounts.set_requests_per_day(tx, own.ids["instructor"], None))
        again = await client.ok("test_run", tried["test_run"] | {"client_request_id": "v-test_run"})
        await client.wait_for("test_run_complete", run_id=again["run_id"])


@pytest.mark.case(102)
async def test_a_late_owner_hears_the_start_once_and_a_later_since_brings_everything(slow: House) -> None:
    benches.install(slow.site)
    async with slow.client("instructor") as owner, slow.client("instructor") as late:
        started = await replays.start(owner, "slowly")
        begun = await owner.ok("test_run", replays.ids_of(started, "two"))
        await owner.wait_for("test_progress", type="run_delta")
        await late.wait_for("test_run_start", run_id=begun["run_id"])
        joined = await late.ok("test_join", {"invocation_id": started["invocation_id"]})
        assert joined.keys() == {"ok", "invocation_id", "success", "room", "epoch", "seq"}
        complete = await late.wait_for("test_run_complete", run_id=begun["run_id"])
        assert replays.deltas(late, begun["run_id"]) == replays.outputs(complete)
        assert len(late.payloads("test_run_start")) == 1
        room = joined["room"]
        for since, epoch, reason in ((complete["_meta"]["seq"] + 99, None, "bad_offset"), (0, "other", "epoch")):
            async with slow.client("root") as reader:
                payload = {"invocation_id": started["invocation_id"], "since": since, "epoch": epoch}
                lost = await reader.ok("test_join", payload)
                assert lost["resync"] is True
                await fence(reader)
                assert [each["reason"] for each in reader.payloads("resync", room=room)] == [reason]
                names = [name for name in reader.names if name in ("test_joined", "resync")]
                assert names == ["test_joined", "resync"]
                assert logged(reader) == []


@pytest.mark.case(18, 102)
async def test_an_owner_who_may_not_run_the_benchmark_any_more_reads_and_is_forbidden(own: Site) -> None:
    benches.install(own)
    process = own.start()
    async with Client(process.url, own.tokens["fading"]) as client, Http(process.url, own.tokens["fading"]) as http:
        started = await replays.start(client, "plain")
        begun = await replays.replay(client, started, "one")
        own.write(lambda tx: accounts.set_account_departments(tx, own.ids["fading"], []))
        assert (await client.ok("test_join", {"invocation_id": started["invocation_id"]}))["success"] is True
        detail = (await http.io.get(f"/api/v1/tests/{started['test_id']}")).json()
        assert detail["show_controls"] is False
        tried: dict[str, Mapping[str, object]] = {
            "test_next": {"test_id": started["test_id"]},
            "test_run": replays.ids_of(started, "two"),
            "test_end": replays.ending(begun),
            "test_stop": {"invocation_id": started["invocation_id"]},
        }
        for name, payload in tried.items():
            refused = await client.refused(name, payload)
            assert (refused["code"], refused["status"], refused["detail"]) == (
                *("forbidden", 403),
                "You may not do this.",
            )
        gone = await client.refused("test_start", {"benchmark_id": bench("plain")})
        assert gone["detail"] == "Benchmark not found."


@pytest.mark.case(93, 102)
async def test_what_another_account_asks_for_is_told_to_it_and_to_the_owner(tested: House) -> None:
    async with (
        tested.client("instructor") as owner,
        tested.client("teaching") as other,
        tested.client("teaching") as away,
    ):
        started = await replays.start(owner, "ungraded")
        begun = await other.ok("test_run", replays.ids_of(started, "one"))
        for each in (owner, other, away):
            await each.wait_for("test_run_complete", run_id=begun["run_id"])
        await other.ok("test_end", replays.ending(begun, grade=False))
        for each in (owner, other, away):
            await each.wait_for("test_progress", type="all_complete")
            await fence(each)
        wide = ["test_run_start", "test_run_complete", "test_progress", "test_progress"]
        assert [name for name, _ in logged(owner)] == ["test_started", *wide]
        assert [name for name, _ in logged(away)] == wide
        rooms = [each["_meta"]["room"].split(":")[0] for _, each in logged(other)]
        assert set(rooms) == {"invocation"}, "who runs is in the room before its first event"
        places = [place["room"] for _, each in logged(other) for place in each["_meta"].get("also", ())]
        assert set(places) == {f"person:{tested.site.ids['teaching']}"}


@pytest.mark.case(96, 100)
async def test_infinite_mode_counts_each_repetition_anew_until_it_is_stopped(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await replays.start(client, "ungraded", infinite_mode=True)
        seen: list[tuple[int, int]] = []
        for _ in range(3):
            found = await client.ok("test_next", {"test_id": started["test_id"]})
            begun = await replays.replay(client, started, "one")
            await replays.end(client, begun, grade=False)
            complete = await client.wait_for("test_run_complete", run_id=begun["run_id"])
            seen.append((found["current_run"], found["total_runs"]))
            assert (complete["current_run"], complete["total_runs"], complete["remaining_runs"]) == (1, 1, 0)
        assert seen == [(1, 1)] * 3
        stopped = await client.ok("test_stop", {"invocation_id": started["invocation_id"]})
        assert stopped == {
            "ok": True,
            "invocation_id": started["invocation_id"],
            "success": False,
            "message": "Nothing is running.",
        }
        await client.wait_for("test_progress", type="all_complete")
        done = await client.ok("test_next", {"test_id": started["test_id"]})
        assert done == {
            "ok": True,
            "test_id": started["test_id"],
            "invocation_id": started["invocation_id"],
            "run_id": None,
            "current_run": 1,
            "total_runs": 1,
            "done": True,
        }


@pytest.mark.case(96, 100)
async def test_the_next_repetition_is_there_as_soon_as_the_last_run_is_told_to_be_complete(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await replays.start(client, "ungraded", infinite_mode=True)
        for turn in range(8):
            begun = await replays.replay(client, started, "one")
            if turn % 2:
                found = await client.ok("test_next", {"test_id": started["test_id"]})
                assert (found["done"], found["run_id"]) == (False, recording("one"))
            detail = begun["run_id"]
            assert (await client.wait_for("test_run_complete", run_id=detail))["current_run"] == 1
        await client.ok("test_stop", {"invocation_id": started["invocation_id"]})
