"""Benchmarks over HTTP and by the command line: making them, editing them, and recordings from practice."""

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest

from tests.wire import benches
from tests.wire.benches import bench, evaluation, recording
from tests.wire.casts import add_cast
from tests.wire.house import UNKNOWN, House
from tests.wire.http_client import Http

API = "/api/v1"
CONSENT = "She agreed on 3 May that this talk is used to test models."
LINES = (
    "I am Learner. Fellow told me: write to fellow@example.org!",
    "What have you tried so far?",
    "That sounds hard.",
)


@pytest.fixture(scope="module", autouse=True)
def _published(house: House) -> None:  # pyright: ignore[reportUnusedFunction]
    benches.install(house.site)
    add_cast(house.site)


def http(house: House, user_id: str = "instructor") -> Http:
    return Http(house.url, house.site.token(user_id))


async def practised(house: House, entry: str = "practice-single", *, ended: bool = True) -> tuple[str, str]:
    """An attempt of the learner in which something was said, mostly ended and graded."""
    async with http(house, "learner") as client:
        attempt, chat = await client.start(house.site.practices[entry])
        both = {"attempt_id": attempt, "chat_id": chat}
        for line in LINES:
            await client.ok("attempt/message", both | {"message": line}, headers={"prefer": "wait=20"})
        if ended:
            await client.ok("attempt/end", both, headers={"prefer": "wait=20"})
        return attempt, chat


async def created(client: Http, house: House, **values: Any) -> Any:
    """A new benchmark of the instructor's department."""
    department = (await client.io.get(f"{API}/benchmarks/{bench('plain')}")).json()["department_ids"]
    body = {"eval_id": evaluation(), "name": "Made here", "values": {"department_ids": department} | values}
    answer = await client.io.post(f"{API}/benchmarks", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def edited(client: Http, benchmark: Any, **values: Any) -> httpx.Response:
    body = {"expected_version": benchmark["version"], "values": values}
    return await client.io.patch(f"{API}/benchmarks/{benchmark['benchmark_id']}", json=body)


async def added(client: Http, benchmark: Any, **body: Any) -> httpx.Response:
    return await client.io.post(f"{API}/benchmarks/{benchmark['benchmark_id']}/recordings", json=body)


def refused(answer: httpx.Response, status: int, code: str) -> str:
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code
    return answer.json()["detail"]


async def test_a_graded_chat_becomes_a_recording_with_its_grade_and_neutral_names(house: House) -> None:
    attempt, chat = await practised(house)
    async with http(house) as client:
        made = await created(client, house)
        answer = await added(client, made, chat_id=chat, consent=CONSENT)
        assert answer.status_code == 201, answer.text
        new = answer.json()
        assert new["benchmark_version"] == made["version"] + 1
        shown = (await client.io.get(f"{API}/recordings/{new['recording_id']}")).json()
        grades = (await client.io.get(f"{API}/chats/{chat}/grades")).json()["items"]
        head = shown["recording"]
        assert (head["part"], head["turns"], head["names_replaced"]) == ("learner", 3, new["names_replaced"])
        assert head["names_replaced"] >= 3
        graded = grades[0]["grade"]
        assert (head["grade"]["score"], head["grade"]["total_points"], head["seconds"]) == (
            graded["score"],
            graded["total_points"],
            graded["time_taken"],
        )
        assert sum(head["grade"]["totals"].values()) == graded["score"]
        totals = {each["standard_group_id"]: each["total"] for each in grades[0]["feedbacks"]}
        assert head["grade"]["totals"] == totals
        roles = [each["role"] for each in shown["messages"]]
        assert roles == ["system", "assistant", "user", "assistant", "user", "assistant", "user"]
        said = [each["content"] for each in shown["messages"]]
        assert said[3] == LINES[1]
        assert "fellow@example.org" not in said[1]
        assert "Fellow" not in said[1]
        assert "@example.org" in said[1]
        assert (shown["source_chat_id"], shown["consent"]) == (chat, CONSENT)
        assert attempt not in json.dumps(shown)


async def test_the_persona_can_be_the_one_whose_part_is_played(house: House) -> None:
    _, chat = await practised(house)
    async with http(house) as client:
        made = await created(client, house)
        new = (await added(client, made, chat_id=chat, consent=CONSENT, part="persona", title="The other way")).json()
        shown = (await client.io.get(f"{API}/recordings/{new['recording_id']}")).json()
        assert [each["role"] for each in shown["messages"]][:3] == ["system", "user", "assistant"]
        assert (shown["recording"]["title"], shown["recording"]["grade"]) == ("The other way", None)
        again = await added(client, made, chat_id=chat, consent=CONSENT, part="persona")
        assert "in the benchmark already" in refused(again, 409, "recording_exists")
        other = await added(client, made, chat_id=chat, consent=CONSENT)
        assert other.status_code == 201


async def test_without_consent_nothing_is_recorded(house: House) -> None:
    _, chat = await practised(house)
    async with http(house) as client:
        made = await created(client, house)
        for consent in ("", "   "):
            refused(await added(client, made, chat_id=chat, consent=consent), 422, "consent_missing")
        now = (await client.io.get(f"{API}/benchmarks/{made['benchmark_id']}")).json()
        assert (now["version"], now["recordings"]) == (made["version"], [])


async def test_a_chat_that_still_goes_on_is_not_recorded(house: House) -> None:
    _, chat = await practised(house, ended=False)
    async with http(house) as client:
        made = await created(client, house)
        refused(await added(client, made, chat_id=chat, consent=CONSENT), 409, "chat_not_completed")


async def test_another_grade_than_the_one_that_counts_can_be_kept(house: House) -> None:
    _, chat = await practised(house)
    async with http(house) as client:
        made = await created(client, house)
        first = (await client.io.get(f"{API}/chats/{chat}/grades")).json()["items"][0]["grade"]
        refused(await added(client, made, chat_id=chat, consent=CONSENT, grade_id=UNKNOWN), 404, "not_found")
        new = (await added(client, made, chat_id=chat, consent=CONSENT, grade_id=first["id"])).json()
        head = (await client.io.get(f"{API}/recordings/{new['recording_id']}")).json()["recording"]
        assert head["grade"]["score"] == first["score"]
        assert head["grade"]["passed"] == first["passed"]


async def test_several_personas_are_told_apart(house: House) -> None:
    _, chat = await practised(house, "practice-cast")
    async with http(house) as client:
        made = await created(client, house)
        new = (await added(client, made, chat_id=chat, consent=CONSENT)).json()
        shown = (await client.io.get(f"{API}/recordings/{new['recording_id']}")).json()
        assert len(shown["persona_ids"]) > 1
        replies = [each["content"] for each in shown["messages"] if each["role"] == "user"]
        assert all(": " in reply.split("\n")[0] for reply in replies), replies


async def test_a_chat_that_one_may_not_read_is_not_there(house: House) -> None:
    async with http(house) as client, http(house, "peer") as peer:
        made = await created(client, house)
        _, chat = await practised(house)
        hidden = await added(peer, made, chat_id=chat, consent=CONSENT)
        missing = await added(peer, made, chat_id=UNKNOWN, consent=CONSENT)
        assert refused(hidden, 404, "not_found") == refused(missing, 404, "not_found")


async def test_whose_conversation_it_was_is_shown_to_nobody_who_may_not_read_it(house: House) -> None:
    _, chat = await practised(house)
    async with http(house) as client, http(house, "peer") as peer:
        made = await created(client, house)
        new = (await added(client, made, chat_id=chat, consent=CONSENT)).json()
        shown = await peer.io.get(f"{API}/recordings/{new['recording_id']}")
        assert shown.status_code == 200
        assert (shown.json()["source_chat_id"], shown.json()["consent"]) == (None, None)
        assert house.site.ids["learner"] not in shown.text
        assert chat not in shown.text


async def test_a_conversation_from_elsewhere_is_uploaded_with_its_tool_calls(house: House) -> None:
    messages = [
        {"role": "user", "content": "Learner Learner asks: what is a loop?"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "c1", "name": "look_up", "arguments": {"who": "fellow@example.org", "n": 1}}],
        },
        {"role": "tool", "content": "Again and again.", "tool_call_id": "c1"},
        {"role": "assistant", "content": "It repeats."},
    ]
    check = {"key": "short", "kind": "length", "characters_max": 100, "turns": "every"}
    given = {"title": "From elsewhere", "messages": messages, "checks": [check]}
    async with http(house) as client:
        made = await created(client, house)
        new = (await added(client, made, recording=given)).json()
        assert new["names_replaced"] >= 1
        shown = (await client.io.get(f"{API}/recordings/{new['recording_id']}")).json()
        assert shown["recording"]["turns"] == 2
        arguments = json.loads(shown["messages"][1]["tool_calls"][0]["arguments"])
        assert arguments["n"] == 1
        assert arguments["who"] != "fellow@example.org"
        plain = (await added(client, made, recording=given, replace_names=False)).json()
        kept = (await client.io.get(f"{API}/recordings/{plain['recording_id']}")).json()
        assert plain["names_replaced"] == 0
        assert kept["messages"][0]["content"] == messages[0]["content"]


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([{"role": "user", "content": "Hello"}], "there is no assistant message"),
        ([{"role": "assistant", "content": " "}], "a message without words"),
        ([{"role": "assistant", "content": "a"}, {"role": "tool", "tool_call_id": "c"}], "answers a call before it"),
    ],
)
async def test_what_no_candidate_could_be_asked_is_refused(house: House, messages: Any, said: str) -> None:
    async with http(house) as client:
        made = await created(client, house)
        answer = await added(client, made, recording={"title": "T", "messages": messages})
        assert said in refused(answer, 422, "invalid_request")


async def test_a_benchmark_is_edited_from_the_version_that_its_editor_has_read(house: House) -> None:
    candidates = [{"title": "One", "model": "scripted"}, {"title": "Two", "model": "scripted-echo", "temperature": 0.5}]
    async with http(house) as client:
        made = await created(client, house, candidates=candidates, recording_ids=[recording("one")])
        assert (made["version"], made["may_edit"], len(made["recordings"])) == (1, True, 1)
        kept = made["candidates"][0]["id"]
        wanted = [{"id": kept, "title": "The first", "model": "scripted"}, {"title": "Third", "model": "scripted"}]
        answer = await edited(client, made, candidates=wanted, repeats=3, baseline="The first", judges=["scripted"])
        assert answer.status_code == 200, answer.text
        after = answer.json()
        assert (after["version"], after["repeats"], after["judges"]) == (2, 3, ["scripted"])
        assert [each["title"] for each in after["candidates"]] == ["The first", "Third"]
        assert after["candidates"][0]["id"] == kept == after["baseline"]
        assert "at version 2, not at 1" in refused(await edited(client, made, repeats=4), 409, "version_mismatch")
        assert (await edited(client, after)).json()["version"] == 2
        gone = await edited(client, after, candidates=[{"title": "Alone", "model": "scripted"}])
        assert gone.json()["baseline"] is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"repeats": 1_000}, "repeats must be between"),
        ({"judges": ["scripted", "scripted"]}, "the judge 'scripted' is listed twice"),
        ({"candidates": [{"title": "A", "model": "gpt"}]}, "names no model"),
        ({"candidates": [{"title": "A", "model": "scripted"}] * 2}, "two candidates have the title"),
        ({"candidates": [{"title": "A", "model": "scripted", "rubric_id": UNKNOWN}]}, "there is no such thing"),
        ({"candidates": [{"id": UNKNOWN, "title": "A", "model": "scripted"}]}, "there is no such candidate"),
        ({"baseline": "Nobody"}, "there is no candidate of this title"),
        ({"checks": [{"key": "a", "kind": "regex"}]}, "needs 'pattern'"),
        ({"checks": [{"key": "a", "kind": "regex", "pattern": "("}]}, "is no regular expression"),
        ({"recording_ids": [UNKNOWN]}, "there is no such recording"),
        ({"profile_ids": [UNKNOWN]}, "there is no account"),
        ({"department_ids": []}, None),
        ({"replay_mode": "live"}, "has no scenario with a persona"),
    ],
)
async def test_what_does_not_hold_together_is_not_published(house: House, values: Any, said: str | None) -> None:
    async with http(house) as client:
        made = await created(client, house)
        bare = {"title": "Bare", "messages": [{"role": "assistant", "content": "Hello."}]}
        made["version"] = (await added(client, made, recording=bare)).json()["benchmark_version"]
        answer = await edited(client, made, **values)
        if said is None:
            refused(answer, 403, "forbidden")  # nobody locks himself out
        else:
            assert said in refused(answer, 422, "invalid_request")
        assert (await client.io.get(f"{API}/benchmarks/{made['benchmark_id']}")).json()["version"] == made["version"]


async def test_a_recording_is_taken_out_of_a_benchmark_and_is_then_not_there(house: House) -> None:
    async with http(house) as client:
        made = await created(client, house)
        given = {"title": "T", "messages": [{"role": "assistant", "content": "Hello."}]}
        new = (await added(client, made, recording=given)).json()
        path = f"{API}/benchmarks/{made['benchmark_id']}/recordings/{new['recording_id']}"
        gone = await client.io.delete(path)
        assert gone.status_code == 200, gone.text
        assert (gone.json()["version"], gone.json()["recordings"]) == (3, [])
        refused(await client.io.delete(path), 404, "not_found")
        refused(await client.io.get(f"{API}/recordings/{new['recording_id']}"), 404, "not_found")


async def test_who_runs_but_does_not_author_reads_and_changes_nothing(house: House) -> None:
    async with http(house, "learner") as client:
        shown = (await client.io.get(f"{API}/benchmarks/{bench('plain')}")).json()
        assert shown["may_edit"] is False
        refused(await edited(client, shown, repeats=2), 403, "forbidden")
        body = {"eval_id": evaluation(), "name": "Mine"}
        refused(await client.io.post(f"{API}/benchmarks", json=body), 403, "forbidden")


async def test_a_benchmark_that_one_may_not_run_is_as_one_that_is_not_there(house: House) -> None:
    async with http(house, "fellow") as client:
        hidden = await client.io.get(f"{API}/benchmarks/{bench('plain')}")
        missing = await client.io.get(f"{API}/benchmarks/{UNKNOWN}")
        assert refused(hidden, 404, "not_found") == refused(missing, 404, "not_found")
        refused(await client.io.get(f"{API}/recordings/{recording('one')}"), 404, "not_found")


async def test_an_attempt_is_added_by_the_command_line(house: House) -> None:
    attempt, _ = await practised(house)
    async with http(house) as client:
        made = await created(client, house)
        command = ["benchmark", "add-attempt", made["benchmark_id"], attempt, "--by", "instructor", "--json"]
        done = run(house, *command, "--consent", CONSENT)
        assert done.returncode == 0, done.stderr
        new = json.loads(done.stdout)
        shown = (await client.io.get(f"{API}/benchmarks/{made['benchmark_id']}")).json()
        assert [each["recording_id"] for each in shown["recordings"]] == [new["recording_id"]]
        again = run(house, *command, "--consent", CONSENT)
        assert (again.returncode, again.stderr.strip()) == (1, "This chat is in the benchmark already.")
        stranger = run(house, *command[:5], "fellow", "--consent", CONSENT)
        assert (stranger.returncode, stranger.stderr.strip()) == (1, "Attempt not found.")


def test_benchmarks_are_listed_and_shown_by_the_command_line(house: House) -> None:
    listed = [json.loads(line) for line in run(house, "benchmark", "list", "--json").stdout.splitlines()]
    plain = next(each for each in listed if each["benchmark_id"] == bench("plain"))
    assert (plain["recordings"], plain["candidates"]) == (2, 2)
    shown = run(house, "benchmark", "show", "Bench plain")
    assert "scripted-echo" in shown.stdout
    assert "Two turns" in shown.stdout
    assert json.loads(run(house, "benchmark", "show", bench("plain"), "--json").stdout)["name"] == "Bench plain"
    assert run(house, "benchmark", "show", "Nothing").stderr.strip() == "There is no benchmark Nothing."


def run(house: House, *arguments: str) -> subprocess.CompletedProcess[str]:
    place = ["--database-url", house.site.url, "--data", str(house.site.folder / "data")]
    return subprocess.run(
        [sys.executable, "-m", "parlour", *arguments, *place], capture_output=True, text=True, timeout=60, check=False
    )
