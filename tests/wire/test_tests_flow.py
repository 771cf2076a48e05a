"""Tests of models over the wire, from the first run to the last grade (Glow 7.17 to 7.21)."""

import pytest

from tests.wire import benches, replays
from tests.wire.benches import bench, recording
from tests.wire.house import House, fence


@pytest.fixture
def tested(house: House) -> House:
    """The shared server, with the benchmarks."""
    benches.install(house.site)
    return house


@pytest.mark.case(93)
async def test_a_test_runs_from_its_start_to_its_last_grade(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await replays.start(client, "plain")
        assert started.keys() == {
            *("ok", "test_id", "benchmark_id", "invocation_id", "num_invocations", "total_runs"),
        }
        assert (started["benchmark_id"], started["num_invocations"], started["total_runs"]) == (bench("plain"), 2, 2)
        told = await client.wait_for("test_started", test_id=started["test_id"])
        assert (told["invocation_id"], told["num_invocations"]) == (started["invocation_id"], 2)
        seen: list[tuple[str, str]] = []
        while not (found := await client.ok("test_next", {"test_id": started["test_id"]}))["done"]:
            ids = {"test_id": started["test_id"], "test_invocation_id": found["invocation_id"]}
            begun = await client.ok("test_run", ids | {"run_id": found["run_id"]})
            complete = await client.wait_for("test_run_complete", run_id=begun["run_id"])
            assert replays.deltas(client, begun["run_id"]) == replays.outputs(complete)
            assert (complete["current_run"], complete["total_runs"]) == (found["current_run"], 2)
            assert complete["remaining_runs"] == 2 - found["current_run"]
            assert complete["original_run_resource_id"] == found["run_id"]
            ended = await replays.end(client, begun)
            assert (ended["run_id"], ended["pending"]) == (begun["run_id"], False)
            graded = await client.wait_for("test_graded", run_id=begun["run_id"])
            assert graded["grade_id"] == ended["grade_id"]
            assert graded["passed"] is (graded["score"] >= graded["pass_points"])
            seen.append((found["invocation_id"], found["run_id"]))
        await client.wait_for("test_progress", type="all_complete", current_run=2)
        await fence(client)
        first, second = seen[0][0], seen[2][0]
        order = [recording("one"), recording("two")]
        assert seen == [(first, order[0]), (first, order[1]), (second, order[0]), (second, order[1])]
        logged = [p for p in client.payloads("test_progress", type="all_complete") if "seq" in p["_meta"]]
        assert [p["invocation_id"] for p in logged] == [second]
    async with tested.client("instructor") as later:
        done = await later.ok("test_next", {"test_id": started["test_id"]})
        assert (done["done"], done["run_id"], done["invocation_id"]) == (True, None, second)


@pytest.mark.case(93)
async def test_the_events_of_a_replay_come_in_their_order_to_their_rooms(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await replays.start(client, "plain")
        begun = await replays.replay(client, started, "two")
        ended = await replays.end(client, begun)
        await client.wait_for("test_graded", grade_id=ended["grade_id"])
        mine = [(n, p) for n, p in replays.of_test(client, started) if p.get("run_id") == begun["run_id"]]
        kinds = [p.get("type", name) for name, p in mine]
        squeezed = [kind for at, kind in enumerate(kinds) if kinds[at - 1 : at] != [kind]]
        assert squeezed == [
            *("test_run_start", "run_delta", "progress", "run_delta", "progress", "test_run_complete"),
            *("grading", "test_graded"),
        ]
        room = f"invocation:{started['invocation_id']}"
        assert {p["_meta"]["room"] for _, p in mine} == {room}
        assert [p["_meta"]["seq"] for _, p in mine] == list(range(1, len(mine) + 1))
        begin = client.payloads("test_run_start")[0]
        assert begin["mode"] == "auto_regressive"
        assert (begin["total_turns"], begin["current_run"], begin["total_runs"]) == (2, 1, 2)
        done = [p["message"] for p in client.payloads("test_progress", type="progress")]
        assert done == ["Turn 1 of 2 done.", "Turn 2 of 2 done."]
        wide = [(name, p) for name, p in mine if p.get("type") not in ("run_delta", "progress")]
        assert all([place["room"].split(":")[0] for place in p["_meta"]["also"]] == ["person"] for _, p in wide)
        assert not any("also" in p["_meta"] for _, p in mine if p.get("type") in ("run_delta", "progress"))


@pytest.mark.case(96)
async def test_next_without_start_changes_nothing_and_says_the_same_again(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await replays.start(client, "plain")
        first = await client.ok("test_next", {"test_id": started["test_id"]})
        again = await client.ok("test_next", {"test_id": started["test_id"], "start": None})
        assert first == again
        assert first == {
            "ok": True,
            "test_id": started["test_id"],
            "invocation_id": started["invocation_id"],
            "run_id": recording("one"),
            "current_run": 1,
            "total_runs": 2,
            "done": False,
            "started": False,
        }
        told = await client.wait_for("test_progress", type="next")
        assert "seq" not in told["_meta"]
        assert (told["run_id"], told["message"]) == (recording("one"), "Next: run 1 of 2.")
        await fence(client)
        assert not client.payloads("test_run_start")


@pytest.mark.case(96)
async def test_next_with_start_tells_the_run_and_begins_it_and_joins_its_room(tested: House) -> None:
    async with tested.client("instructor") as client:
        started = await replays.start(client, "plain")
        found = await client.ok("test_next", {"test_id": started["test_id"], "start": True})
        assert (found["started"], found["run_id"]) == (True, recording("one"))
        complete = await client.wait_for("test_run_complete", run_id=found["replay_run_id"])
        assert replays.deltas(client, found["replay_run_id"]) == replays.outputs(complete)
        names = [p.get("type", name) for name, p in replays.of_test(client, started)]
        assert names[:3] == ["test_started", "next", "test_run_start"]


@pytest.mark.case(96)
async def test_when_none_is_left_next_says_so_to_the_asker_alone(tested: House) -> None:
    async with tested.client("instructor") as client, tested.client("instructor") as other:
        started = await replays.start(client, "ungraded")
        begun = await replays.replay(client, started, "one")
        done = await client.ok("test_next", {"test_id": started["test_id"]})
        assert (done["done"], done["run_id"], done["current_run"], done["total_runs"]) == (True, None, 1, 1)
        told = await client.wait_for("test_progress", type="all_complete")
        assert "seq" not in told["_meta"]
        await fence(other)
        assert not other.payloads("test_progress", type="all_complete")
        await replays.end(client, begun, grade=False)
        assert "seq" in (await other.wait_for("test_progress", type="all_complete"))["_meta"]


@pytest.mark.case(102)
async def test_a_second_reader_gets_the_stream_and_an_owner_who_did_not_join_hears_the_milestones(
    tested: House,
) -> None:
    async with (
        tested.client("instructor") as owner,
        tested.client("root") as reader,
        tested.client("instructor") as away,
    ):
        started = await replays.start(owner, "plain")
        joined = await reader.ok("test_join", {"invocation_id": started["invocation_id"]})
        assert joined["room"] == f"invocation:{started['invocation_id']}"
        assert (await reader.wait_for("test_joined"))["success"] is True
        begun = await replays.replay(owner, started, "two")
        ended = await replays.end(owner, begun)
        for each in (owner, reader, away):
            await each.wait_for("test_graded", grade_id=ended["grade_id"])
        complete = reader.payloads("test_run_complete")[0]
        assert replays.deltas(reader, begun["run_id"]) == replays.outputs(complete) != {}
        told = [name for name, p in replays.of_test(away, started) if p.get("run_id") == begun["run_id"]]
        assert told == ["test_run_start", "test_run_complete", "test_progress", "test_graded"]
        assert {p["_meta"]["room"] for p in away.payloads("test_graded")} == {f"person:{tested.site.ids['instructor']}"}
        gone = await reader.ok("test_leave", {"invocation_id": started["invocation_id"]})
        assert gone == {"ok": True, "invocation_id": started["invocation_id"], "success": True}
        heard = len(reader.heard)
        await replays.replay(owner, started, "one")
        await fence(reader)
        assert [name for name in reader.names[heard:] if name.startswith("test_")] == []


@pytest.mark.case(102)
async def test_a_late_reader_sees_the_whole_of_a_running_replay_and_since_replays_the_log(slow: House) -> None:
    benches.install(slow.site)
    async with slow.client("instructor") as owner, slow.client("root") as late, slow.client("root") as whole:
        started = await replays.start(owner, "slowly")
        begun = await owner.ok("test_run", replays.ids_of(started, "two"))
        await owner.wait_for("test_progress", type="run_delta")
        await late.ok("test_join", {"invocation_id": started["invocation_id"]})
        complete = await owner.wait_for("test_run_complete", run_id=begun["run_id"])
        await late.wait_for("test_run_complete", run_id=begun["run_id"])
        await whole.ok("test_join", {"invocation_id": started["invocation_id"], "since": 0})
        await whole.wait_for("test_run_complete", run_id=begun["run_id"])
        for each in (owner, late, whole):
            assert replays.deltas(each, begun["run_id"]) == replays.outputs(complete)
            assert [p["_meta"]["id"] for p in each.payloads("test_run_start")] == [
                owner.payloads("test_run_start")[0]["_meta"]["id"]
            ]
        lost = await whole.ok("test_leave", {"invocation_id": started["invocation_id"]})
        assert lost["success"] is True
        again = {"invocation_id": started["invocation_id"], "since": 10_000}
        assert (await whole.ok("test_join", again))["resync"] is True
        assert (await whole.wait_for("resync"))["reason"] == "bad_offset"
