"""The read models of tests have every member of their tables, and events go on where they end (Glow 10.4, 10.5)."""

from typing import Any

import pytest

from tests.wire import benches, replays
from tests.wire.benches import bench, evaluation, recording
from tests.wire.house import UNKNOWN, House
from tests.wire.http_client import Http
from tests.wire.read_models import TABLES, check

_UPLOADS = "text_upload_ids: id[], audio_upload_ids: id[], image_upload_ids: id[], video_upload_ids: id[]"
TABLES.update(
    {
        "TestDetail": """test: Test, invocations: Invocation[], status: string, eval_name: string?,
        eval_description: string?, rubric_name: string?, infinite_mode: bool, runs: TestRun[],
        status_summary: StatusSummary, show_controls: bool, current_invocation_id: id?, has_runs_or_groups: bool,
        entries: TestEntries, resources: TestResources""",
        "Test": """test_id: id, eval_id: id, profile_id: id, department_ids: id[], test_name: string,
        test_description: string, num_invocations: int, infinite_mode: bool, is_dynamic: bool, archived: bool,
        test_created_at: time, benchmark_id: id, replay_mode: string""",
        "Invocation": """invocation_id: id, test_id: id, group_id: id?, invocation_created_at: time?,
        invocation_title: string?, use_custom: bool?, position: int?, invocation_completed: bool?, grade_id: id?,
        grade_score: number?, grade_passed: bool?, grade_time_taken: number?, rubric_id: id?, agent_ids: id[]?,
        quality_id: id?, department_ids: id[]?, run_agent_ids: id[]?, group_agent_ids: id[]?, voice_id: id?,
        temperature_level_id: id?, reasoning_level_id: id?, modality_ids: id[]?, room: Room""",
        "TestRun": """chat_id: id, invocation_id: id, run_id: id?, group_id: id?, suite_entry_id: id?,
        model_name: string?, agent_name: string?, status: string, grade_score: number?, grade_passed: bool?,
        original_run_id: id, repetition: int?, outputs: TestOutput[]?""",
        "TestOutput": "turn: int, message_id: id, content: string",
        "StatusSummary": "total: int, completed: int, in_progress: int, not_started: int",
        "TestEntries": """tests: Test[], invocations: Invocation[], runs: Override[], groups: Override[],
        grades: TestGrade[], feedback: TestFeedback[], messages: TestMessage[]""",
        "Override": """id: id, test_invocation_id: id, created_at: time, updated_at: time, generated: bool, mcp: bool,
        active: bool, agent_ids: id[]?, reasoning_level_ids: id[]?, temperature_level_ids: id[]?, voice_ids: id[]?,
        prompt_ids: id[]?, instruction_ids: id[]?, tool_ids: id[]?, quality_ids: id[]?, modality_ids: id[]?""",
        "TestGrade": """id: id, invocation_id: id, run_id: id, created_at: time, updated_at: time, passed: bool,
        score: int, time_taken: int, generated: bool, mcp: bool, active: bool, call_id: id?""",
        "TestFeedback": """feedback_id: id, grade_id: id, total: int, feedback: string, total_points: int,
        pass_points: int, created_at: time""",
        "TestMessage": f"""message_id: id, run_id: id, role: string, message_created_at: time, {_UPLOADS},
        file_upload_ids: id[], call_upload_ids: id[], content: string""",
        "TestResources": """evals: map<object>, rubrics: map<object>, agents: map<object>, models: map<object>,
        voices: map<object>, temperature_levels: map<object>, reasoning_levels: map<object>, modalities: map<object>,
        prompts: map<object>, instructions: map<object>, tools: map<object>, qualities: map<object>""",
        "BenchmarkCards": "items: BenchmarkCard[]",
        "BenchmarkCard": """eval_id: id, eval_name: string?, eval_description: string?, model_ids: id[]?,
        total_tests: int, archived_tests: int, total_invocations: int, completed_invocations: int,
        highest_score: number?, has_passed: bool, status: string, infinite_mode: bool, department_ids: id[]?,
        rubric_ids: id[]?, benchmark_id: id, replay_mode: string, recorded_runs: int""",
    }
)


@pytest.fixture
def tested(house: House) -> House:
    """The shared server, with the benchmarks."""
    benches.install(house.site)
    return house


async def detail_of(http: Http, test_id: str) -> Any:
    """The detail of a test, held against its table."""
    answer = await http.io.get(f"/api/v1/tests/{test_id}")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert check("TestDetail", found) > 0
    return found


async def card_of(http: Http, name: str) -> Any:
    """The card of a benchmark, held against its table with all the others."""
    found = (await http.io.get("/api/v1/benchmarks")).json()
    assert check("BenchmarkCards", found) > 0
    return next(card for card in found["items"] if card["benchmark_id"] == bench(name))


@pytest.mark.case(115)
async def test_every_member_is_there_at_every_step_of_a_test(tested: House) -> None:
    token = tested.site.tokens["instructor"]
    async with tested.client("instructor") as client, Http(tested.url, token) as http:
        before = await card_of(http, "single")
        started = await replays.start(client, "single")
        fresh = await detail_of(http, started["test_id"])
        assert (fresh["status"], fresh["show_controls"]) == ("pending", True)
        assert fresh["current_invocation_id"] == started["invocation_id"]
        assert [run["status"] for run in fresh["runs"]] == ["not_started"]
        assert fresh["status_summary"] == {"total": 1, "completed": 0, "in_progress": 0, "not_started": 1}
        assert (fresh["eval_name"], fresh["rubric_name"]) == ("Talk", "Small")
        begun = await replays.replay(client, started, "three")
        running = await detail_of(http, started["test_id"])
        assert running["status"] == "running"
        run = running["runs"][0]
        assert (run["run_id"], run["original_run_id"], run["status"]) == (
            begun["run_id"],
            recording("three"),
            "completed",
        )
        complete = client.payloads("test_run_complete")[0]
        assert {each["turn"]: each["content"] for each in run["outputs"]} == replays.outputs(complete)
        ended = await replays.end(client, begun)
        graded = await client.wait_for("test_graded", grade_id=ended["grade_id"])
        done = await detail_of(http, started["test_id"])
        assert (done["status"], done["show_controls"], done["current_invocation_id"]) == ("completed", False, None)
        assert (done["runs"][0]["grade_score"], done["runs"][0]["grade_passed"]) == (graded["score"], graded["passed"])
        assert [(g["id"], g["active"]) for g in done["entries"]["grades"]] == [(ended["grade_id"], True)]
        assert sum(row["total"] for row in done["entries"]["feedback"]) == graded["score"]
        roles = [message["role"] for message in done["entries"]["messages"]]
        assert roles == ["user", "assistant"] * 3
        after = await card_of(http, "single")
        assert after["total_tests"] == before["total_tests"] + 1
        assert after["completed_invocations"] == before["completed_invocations"] + 1
        assert after["highest_score"] >= graded["score"]
        assert (after["eval_id"], after["recorded_runs"]) == (evaluation(), 1)


@pytest.mark.case(115, 116)
async def test_events_from_the_position_of_an_invocation_go_on_where_the_detail_ends(tested: House) -> None:
    token = tested.site.tokens["root"]
    async with tested.client("instructor") as client, tested.client("root") as late, Http(tested.url, token) as http:
        started = await replays.start(client, "plain")
        await replays.replay(client, started, "one")
        invocation = (await detail_of(http, started["test_id"]))["invocations"][0]
        second = await replays.replay(client, started, "two")
        await late.ok("test_join", {"invocation_id": invocation["invocation_id"], "since": invocation["room"]["seq"]})
        await late.wait_for("test_run_complete", run_id=second["run_id"])
        room = f"invocation:{invocation['invocation_id']}"
        places = [p["_meta"]["seq"] for _, p in replays.of_test(late, started) if p["_meta"].get("room") == room]
        assert places[0] == invocation["room"]["seq"] + 1
        assert {p["run_id"] for _, p in replays.of_test(late, started) if "run_id" in p} == {second["run_id"]}


@pytest.mark.case(115)
async def test_a_test_that_may_not_be_read_is_not_there(tested: House) -> None:
    async with tested.client("instructor") as client, Http(tested.url, tested.site.tokens["fellow"]) as http:
        started = await replays.start(client, "single")
        foreign = await http.io.get(f"/api/v1/tests/{started['test_id']}")
        missing = await http.io.get(f"/api/v1/tests/{UNKNOWN}")
        assert (foreign.status_code, foreign.json()) == (missing.status_code, missing.json())
        assert foreign.json()["detail"] == "Test not found."
        assert (await http.io.get("/api/v1/tests/odd")).status_code == 422
        mine = (await http.io.get("/api/v1/benchmarks")).json()
        assert bench("single") not in {card["benchmark_id"] for card in mine["items"]}
        joined = await client.refused("test_join", {"invocation_id": UNKNOWN})
        assert (joined["detail"], joined["error_type"]) == ("Invocation not found.", "join")


@pytest.mark.case(98, 115)
async def test_of_a_panel_the_detail_has_the_grades_that_were_told_and_no_others(tested: House) -> None:
    token = tested.site.tokens["instructor"]
    async with tested.client("instructor") as client, Http(tested.url, token) as http:
        started = await replays.start(client, "panel")
        begun = await replays.replay(client, started, "one")
        for _ in range(2):
            ended = await replays.end(client, begun)
            await client.wait_for("test_graded", grade_id=ended["grade_id"])
        other = await replays.replay(client, started, "two")
        await replays.end(client, other)
        await client.wait_for("test_progress", type="all_complete")
        detail = await detail_of(http, started["test_id"])
        told = [(p["grade_id"], p["run_id"], p["score"], p["passed"]) for p in client.payloads("test_graded")]
        grades = detail["entries"]["grades"]
        assert [(each["id"], each["run_id"], each["score"], each["passed"]) for each in grades] == told
        assert [each["active"] for each in grades] == [False, True, True], "of several the newest counts"
        rows = {each["grade_id"] for each in detail["entries"]["feedback"]}
        assert rows == {each["id"] for each in grades}
