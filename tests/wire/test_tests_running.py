"""Starting, running, ending and stopping replays: refusals, and what a second asking does (Glow 7.17 to 7.23)."""

import asyncio
from typing import Any

import pytest

from parlour.accounts import actions as accounts
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire import benches, replays
from tests.wire.benches import bench, recording
from tests.wire.house import UNKNOWN, House, fence


@pytest.fixture
def tested(house: House) -> House:
    """The shared server, with the benchmarks."""
    benches.install(house.site)
    return house


def code(problem: Any) -> tuple[str, int, str, str]:
    """What a problem says."""
    return problem["code"], problem["status"], problem["detail"], problem["error_type"]


async def stop(client: Client, started: replays.Ack) -> Any:
    """Stop the first invocation of a test."""
    return await client.ok("test_stop", {"invocation_id": started["invocation_id"]})


@pytest.mark.case(100)
async def test_a_start_is_refused_for_what_is_unknown_foreign_inactive_or_empty(tested: House) -> None:
    missing = ("not_found", 404, "Benchmark not found.", "start")
    async with tested.client("instructor") as client, tested.client("fellow") as fellow:
        assert code(await client.refused("test_start", {"benchmark_id": UNKNOWN})) == missing
        assert code(await fellow.refused("test_start", {"benchmark_id": bench("plain")})) == missing
        told = await fellow.wait_for("test_error", error_type="start")
        assert (told["benchmark_id"], told["message"], told["status"]) == (bench("plain"), missing[2], 404)
        inactive = await client.refused("test_start", {"benchmark_id": bench("inactive")})
        assert code(inactive) == ("benchmark_inactive", 409, "This benchmark is not active.", "start")
        empty = await client.refused("test_start", {"benchmark_id": bench("empty")})
        assert code(empty) == ("empty_benchmark", 409, "This benchmark has no model or no recorded run.", "start")


@pytest.mark.case(97)
async def test_a_run_that_is_running_is_the_same_run_and_a_done_one_is_refused(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await replays.start(client, "hanging")
        ids = replays.ids_of(started, "one")
        first = await client.ok("test_run", ids)
        assert await client.ok("test_run", ids) == first
        assert first["original_run_id"] == recording("one") != first["run_id"]
        await client.wait_for("test_run_start", run_id=first["run_id"])
        await stop(client, started)
        again = await client.ok("test_run", ids)
        assert again["run_id"] != first["run_id"]
        await stop(client, started)
        plain = await replays.start(client, "plain")
        done = await replays.replay(client, plain, "one")
        refused = await client.refused("test_run", replays.ids_of(plain, "one"))
        assert code(refused) == ("run_done", 409, "This run has already been replayed.", "run")
        assert refused["replay_run_id"] == done["run_id"]


@pytest.mark.case(97)
async def test_a_run_of_another_benchmark_and_an_invocation_of_another_test_are_not_found(tested: House) -> None:
    async with tested.client("instructor") as client:
        plain, single = await replays.start(client, "plain"), await replays.start(client, "single")
        foreign = replays.ids_of(plain, "three")
        assert (await client.refused("test_run", foreign))["detail"] == "Run not found."
        crossed = replays.ids_of(plain, "one", single["invocation_id"])
        assert (await client.refused("test_run", crossed))["detail"] == "Invocation not found."
        unknown = replays.ids_of(plain, "one") | {"test_id": UNKNOWN}
        assert (await client.refused("test_run", unknown))["detail"] == "Test not found."
        assert (await client.refused("test_next", {"test_id": UNKNOWN}))["error_type"] == "proceed"
        odd = await client.refused("test_run", {"test_id": "odd"})
        assert (odd["code"], odd["error_type"]) == ("invalid_request", "validation")
        await fence(client)
        told = client.payloads("test_error")
        assert [each["error_type"] for each in told] == ["run", "run", "run", "proceed", "validation"]
        assert told[1]["invocation_id"] == single["invocation_id"]
        assert told[0]["run_id"] == recording("three")


@pytest.mark.case(97)
async def test_a_run_whose_model_fails_is_pending_again(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await replays.start(client, "failing")
        ids = replays.ids_of(started, "one")
        seen: set[str] = set()
        for _ in range(2):
            begun = await client.ok("test_run", ids)
            failed = await client.wait_for("test_error", run_id=begun["run_id"])
            assert (failed["error_type"], failed["status"]) == ("run", 503)
            assert failed["_meta"]["room"] == f"invocation:{started['invocation_id']}"
            seen.add(begun["run_id"])
            found = await client.ok("test_next", {"test_id": started["test_id"]})
            assert (found["run_id"], found["done"]) == (recording("one"), False)
        assert len(seen) == 2
        assert not client.payloads("test_run_complete")
        failed_one = replays.ids_of(started, "one") | {"run_id": next(iter(seen))}
        refused = await client.refused("test_end", failed_one)
        assert code(refused) == ("run_not_completed", 409, "This run was stopped or has failed.", "end")


@pytest.mark.case(98)
async def test_an_end_takes_the_replay_or_the_original_run_and_grades_again(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await replays.start(client, "plain")
        begun = await replays.replay(client, started, "one")
        first = await replays.end(client, begun)
        await client.wait_for("test_graded", grade_id=first["grade_id"])
        again = await client.ok("test_end", replays.ids_of(started, "one"))
        assert (again["run_id"], again["pending"]) == (begun["run_id"], False)
        assert again["grade_id"] not in (None, first["grade_id"])
        await client.wait_for("test_graded", grade_id=again["grade_id"])
        unknown = replays.ending(begun) | {"run_id": UNKNOWN}
        assert code(await client.refused("test_end", unknown))[2:] == ("Run not found.", "end")


@pytest.mark.case(98)
async def test_an_end_while_a_run_is_running_is_applied_when_it_completes(slow: House) -> None:
    benches.install(slow.site)
    async with slow.client("instructor") as client:
        started = await replays.start(client, "slowly")
        begun = await client.ok("test_run", replays.ids_of(started, "one"))
        ended = await replays.end(client, begun)
        assert (ended["pending"], ended["grade_id"]) == (True, None)
        graded = await client.wait_for("test_graded", run_id=begun["run_id"])
        names = [name for name, p in replays.of_test(client, started) if p.get("run_id") == begun["run_id"]]
        assert names.index("test_run_complete") < names.index("test_graded")
        assert graded["score"] >= 0


@pytest.mark.case(98)
async def test_a_run_is_closed_without_grade_and_one_without_rubric_cannot_be_graded(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await replays.start(client, "ungraded")
        begun = await replays.replay(client, started, "one")
        refused = await client.refused("test_end", replays.ending(begun))
        assert code(refused) == ("no_rubric", 409, "This invocation has no rubric.", "end")
        closed = await replays.end(client, begun, grade=False)
        assert (closed["grade_id"], closed["pending"]) == (None, False)
        told = await client.wait_for("test_progress", message="Run closed without grade.")
        assert (told["type"], told["run_id"]) == ("progress", begun["run_id"])
        await client.wait_for("test_progress", type="all_complete")
        over = await client.refused("test_run", replays.ids_of(started, "one"))
        assert over["code"] in ("invocation_completed", "run_done")


@pytest.mark.case(98)
async def test_a_stopped_run_cannot_be_ended(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await replays.start(client, "hanging")
        begun = await client.ok("test_run", replays.ids_of(started, "one"))
        await replays.end(client, begun)
        await stop(client, started)
        refused = await client.refused("test_end", replays.ending(begun))
        assert code(refused) == ("run_not_completed", 409, "This run was stopped or has failed.", "end")
        await fence(client)
        assert not client.payloads("test_graded")


@pytest.mark.case(99)
async def test_a_stop_in_the_middle_of_a_replay_cancels_it(slow: House) -> None:
    benches.install(slow.site)
    async with slow.client("instructor") as client, slow.client("root") as reader:
        started = await replays.start(client, "slowly")
        await reader.ok("test_join", {"invocation_id": started["invocation_id"]})
        running = await client.ok("test_run", replays.ids_of(started, "two"))
        waiting = await client.ok("test_run", replays.ids_of(started, "one"))
        await client.wait_for("test_progress", type="run_delta", run_id=running["run_id"])
        stopped = await stop(client, started)
        assert (stopped["success"], stopped["message"]) == (True, "Run stopped.")
        for each in (client, reader):
            for run in (running, waiting):
                told = await each.wait_for("test_stopped", run_id=run["run_id"])
                assert (told["success"], told["message"]) == (True, "Run stopped.")
        heard = len(reader.heard)
        await asyncio.sleep(1.2)
        assert [name for name in reader.names[heard:] if name.startswith("test_")] == []
        assert not client.payloads("test_run_complete")
        found = await client.ok("test_next", {"test_id": started["test_id"]})
        assert found["run_id"] == recording("two")
        nothing = await stop(client, started)
        assert (nothing["success"], nothing["message"]) == (False, "Nothing is running.")
        told = await client.wait_for("test_stopped", success=False)
        assert (told["message"], "seq" in told["_meta"]) == ("Nothing is running.", False)
        unknown = await client.refused("test_stop", {"invocation_id": UNKNOWN})
        assert code(unknown) == ("not_found", 404, "Invocation not found.", "stop")


@pytest.mark.case(97)
async def test_at_most_one_replay_of_an_invocation_and_two_of_a_test_run_at_once(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await replays.start(client, "hanging")
        one = await client.ok("test_run", replays.ids_of(started, "one"))
        two = await client.ok("test_run", replays.ids_of(started, "two"))
        await client.wait_for("test_run_start", run_id=one["run_id"])
        await fence(client)
        assert not client.payloads("test_run_start", run_id=two["run_id"])
        await stop(client, started)


@pytest.mark.case(100)
async def test_auto_advance_runs_and_grades_everything_by_itself(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await replays.start(client, "auto")
        await client.wait_for("test_progress", type="all_complete")
        begun = [(p["invocation_id"], p["original_run_resource_id"]) for p in client.payloads("test_run_start")]
        assert len(begun) == len(set(begun)) == 4
        assert begun[0] == (started["invocation_id"], recording("one"))
        assert len(client.payloads("test_graded")) == 4
        told = [p.get("type", name) for name, p in replays.of_test(client, started)]
        steps = [each for each in told if each in ("test_run_start", "test_run_complete", "grading")]
        assert steps == ["test_run_start", "test_run_complete", "grading"] * 4, "one run at a time"


@pytest.mark.case(100)
async def test_infinite_mode_repeats_until_it_is_stopped(own: Site) -> None:
    benches.install(own)
    process = own.start(LIMITS__TEST_RUNS_MAX=5)
    async with Client(process.url, own.tokens["instructor"]) as client:
        started = await replays.start(client, "auto", infinite_mode=True)
        await client.wait_for("test_progress", type="all_complete")
        assert len(client.payloads("test_run_start")) == 5
        counts = [p["current_run"] for p in client.payloads("test_run_start", invocation_id=started["invocation_id"])]
        assert set(counts) <= {1, 2}
        assert counts.count(1) >= 2, "a repetition is counted from one again"


@pytest.mark.case(110)
async def test_a_replay_counts_against_the_daily_limit_and_a_refused_one_has_no_effect(tested: House) -> None:
    tested.site.write(lambda tx: accounts.set_requests_per_day(tx, tested.site.ids["limited"], 1))
    async with tested.client("limited") as client:
        started = await replays.start(client, "plain")
        await replays.replay(client, started, "one")
        refused = await client.refused("test_run", replays.ids_of(started, "two"))
        assert code(refused) == ("rate_limited", 429, "Daily limit reached (1 of 1 requests today).", "rate_limit")
        assert 0 < refused["retry_after"] <= 86_400
        assert (await client.wait_for("test_error"))["error_type"] == "rate_limit"
        await fence(client)
        assert len(client.payloads("test_run_start")) == 1
        found = await client.ok("test_next", {"test_id": started["test_id"]})
        assert found["run_id"] == recording("two")
