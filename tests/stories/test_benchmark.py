"""The story of a test of models: browsed, replayed run by run, watched from a second device, cut off, stopped, graded.

Told by every stock client and by HTTP alone, on both stores, and with the server killed in its middle: at its end
there is always the same, nothing is lost, and nothing is there twice.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import pytest

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.storage.tx import Tx
from tests.conftest import STORES, make_site
from tests.promises.figures import Figure
from tests.stories.players import Player, playing
from tests.stories.plot import ANSWERED, SENT, Cut, Normal, Story
from tests.stories.stage import Stage, staged
from tests.wire import benches
from tests.wire.benches import bench, recording

NODE = pytest.param("node", marks=pytest.mark.node)
NAMES = {"python": "python-socketio's client", "http": "HTTP alone", "node": "the unmodified socket.io-client"}
RECORDED = [recording("two"), recording("one")]
REPEATS = 2
FAST, SLOW = "C0", "C1"  # the titles of the candidates: one answers at once, the other 20 words a second
ORDER = (FAST, FAST, SLOW, SLOW) * REPEATS  # a repetition of each candidate, then the next one
WATCHED, CUT_OFF, STOPPED = 2, 3, 6  # which runs the second device, the cut and the stop are in, all of the slow one
STRUCK = 7  # the run of which some words were heard when the server is killed, if it is killed at all
RUNS = 8
POINTS = 4  # what the rubric gives
KILLED = (
    Cut("start", SENT), Cut("run 0", SENT), Cut("end 1", ANSWERED), Cut("run 4", ANSWERED), Cut("end 5", SENT),
    Cut("end 7", "test_progress"),
)  # fmt: skip
ONCE = {
    "test_started": "test_id", "test_run_start": "run_id", "test_run_complete": "run_id", "test_graded": "grade_id",
    "test_stopped": "run_id",
}  # fmt: skip
# What two tellings may differ in besides times and what those of an assessment may.
ACCIDENTS = {"milliseconds", "milliseconds_p50", "milliseconds_p95", "profile_id", "grade_time_taken"}


@dataclass
class Bench:
    """A stage with benchmarks, and what their story leads to when nothing is killed."""

    stage: Stage
    told: list[dict[str, Any]] = field(default_factory=list)
    people: int = 0

    def tester(self) -> str:
        """The token of new staff, who have tested nothing yet."""
        self.people += 1
        name = f"tester-{self.people}"

        def enrol(tx: Tx) -> str:
            made = accounts.create_account(tx, NewAccount(user_id=name, name="Robin Test", role="instructional"))
            accounts.set_account_departments(tx, made.account_id, [accounts.list_departments(tx)[0].department_id])
            return accounts.issue_session(tx, made.account_id, "session", "story", 30 * 86_400)

        return self.stage.site.write(enrol)

    async def tell(self, kind: str, cuts: Sequence[Cut] = ()) -> Story:
        """Tell the story and hold its end against that of the first telling, in which nothing is killed."""
        if cuts and not self.told:
            await self.tell("python")
        token = self.tester()
        async with playing(kind, self.stage.url, token) as player:
            story = Story(player, self.stage, cuts)
            found = await a_test(story, token)
            assert player.wrong == []
            for name, member in ONCE.items():
                told = Counter(payload[member] for payload in player.all(name))
                assert set(told.values()) == {1}, name
        if not self.told:
            self.told.append(found)
        others = differences(found, self.told[0])
        assert others == [], "\n".join(map(str, others))
        return story


async def a_test(story: Story, token: str) -> dict[str, Any]:
    """A test of two candidates from the list of benchmarks to its results: what is there at its end."""
    cards = (await story.read("/api/v1/benchmarks"))["items"]
    [card] = [each for each in cards if each["benchmark_id"] == bench("story")]
    assert (card["recorded_runs"], card["candidates"], card["repeats"]) == (len(RECORDED), 2, REPEATS)
    started = await story.act("start", "test_start", benchmark_id=card["benchmark_id"])
    assert (started["num_invocations"], started["total_runs"]) == (2, len(RECORDED) * REPEATS)
    test = _Test(story, token, started["test_id"])
    while not (found := await test.next())["done"]:
        await test.run(found)
    assert (len(test.done), [run for _, run in test.done]) == (RUNS, RECORDED * REPEATS * 2)
    first = started["invocation_id"]
    assert [FAST if invocation == first else SLOW for invocation, _ in test.done] == list(ORDER)
    await story.player.wait("test_progress", type="all_complete", run_id=None)
    logged = [each for each in story.player.all("test_progress") if each["type"] == "all_complete"]
    assert len([each for each in logged if "seq" in each["_meta"]]) == 1
    return await test.end()


@dataclass
class _Test:
    """A test under way."""

    story: Story
    token: str
    test_id: str
    done: list[tuple[str, str]] = field(default_factory=list)
    replays: list[dict[str, Any]] = field(default_factory=list)
    joined: set[str] = field(default_factory=set)
    cut_short: str = ""  # the run that was stopped

    @property
    def player(self) -> Player:
        return self.story.player

    async def next(self) -> Any:
        """The next pending run; it says the same again."""
        answers = [await self.player.call("test_next", {"test_id": self.test_id}) for _ in range(2)]
        assert answers[0] == answers[1]
        assert answers[0]["ok"], answers
        return answers[0]

    async def run(self, found: Any) -> None:
        """One recorded run: replayed, heard to its end, graded."""
        at = len(self.done)
        ids = {"test_id": self.test_id, "test_invocation_id": found["invocation_id"]}
        if found["invocation_id"] not in self.joined:
            await self.player.watch(found["invocation_id"])
            self.joined.add(found["invocation_id"])
        if at == STOPPED:
            await self._stopped(found, ids)
        run = await self.story.act(f"run {at}", "test_run", **ids, run_id=found["run_id"])
        assert (run["original_run_id"], run["mode"]) == (found["run_id"], "auto_regressive")
        if at == WATCHED:
            await self._watched(run)
        if at == CUT_OFF:
            await self.player.wait("test_progress", type="run_delta", run_id=run["run_id"])
            await self.player.cut()
        if at == STRUCK and self.story.cuts:
            await self.player.wait("test_progress", type="run_delta", run_id=run["run_id"])
            await self.story.restart()
        complete = await self.player.wait("test_run_complete", run_id=run["run_id"])
        assert heard_text(self.player, run["run_id"]) == outputs(complete)
        assert complete["remaining_runs"] == RUNS // 2 - found["current_run"]
        ended = await self.story.act(f"end {at}", "test_end", **ids, run_id=run["run_id"])
        assert ended["pending"] is False
        graded = await self.player.wait("test_graded", grade_id=ended["grade_id"])
        assert graded["passed"] is (graded["score"] >= graded["pass_points"])
        self.done.append((found["invocation_id"], found["run_id"]))
        self.replays.append({**complete, "score": graded["score"], "passed": graded["passed"]})

    async def _watched(self, run: Any) -> None:
        """A second device of the same person joins in the middle, hears the run from its beginning, and leaves."""
        invocation = run["invocation_id"]
        async with playing("python", self.story.stage.url, self.token) as device:
            await self.player.wait("test_progress", type="run_delta", run_id=run["run_id"])
            joined = await device.call("test_join", {"invocation_id": invocation})
            assert joined["ok"], joined
            complete = await device.wait("test_run_complete", run_id=run["run_id"])
            assert heard_text(device, run["run_id"]) == outputs(complete)
            left = await device.call("test_leave", {"invocation_id": invocation})
            assert (left["ok"], left["success"]) == (True, True)

    async def _stopped(self, found: Any, ids: dict[str, Any]) -> None:
        """A run is begun, stopped by a second device that only listens to its person, and pending again."""
        async with playing("python", self.story.stage.url, self.token) as device:
            begun = await self.story.act("run to stop", "test_run", **ids, run_id=found["run_id"])
            await self.player.wait("test_progress", type="run_delta", run_id=begun["run_id"])
            self.cut_short = begun["run_id"]
            stopped = await device.call("test_stop", {"invocation_id": found["invocation_id"]})
            assert (stopped["ok"], stopped["success"]) == (True, True)
            for each in (self.player, device):
                await each.wait("test_stopped", run_id=begun["run_id"])
            assert device.all("test_progress") == []
            said = heard_text(self.player, begun["run_id"])
            again = await self.next()
            assert (again["run_id"], again["current_run"]) == (found["run_id"], found["current_run"])
            assert heard_text(self.player, begun["run_id"]) == said
        assert [each for each in self.player.all("test_run_complete") if each["run_id"] == begun["run_id"]] == []

    async def end(self) -> dict[str, Any]:
        """What the read models have of the test, which is what was heard; without accidents."""
        detail = await self.story.read(f"/api/v1/tests/{self.test_id}")
        results = await self.story.read(f"/api/v1/tests/{self.test_id}/results")
        cells = (await self.story.read(f"/api/v1/tests/{self.test_id}/cells?limit=100"))["items"]
        heard = {each["run_id"]: (each["score"], each["passed"]) for each in self.replays}
        assert len(heard) == RUNS
        stored = {each["replay_id"]: (each["score"], each["passed"]) for each in cells if each["state"] == "completed"}
        assert stored == heard
        assert Counter(each["state"] for each in cells) in ({"completed": RUNS}, {"completed": RUNS, "stopped": 1})
        assert results["test"]["state"] == "completed"
        means = {each["title"]: each["mean"] for each in results["candidates"]}
        assert means.keys() == {FAST, SLOW}
        for title in (FAST, SLOW):
            mine = [each["score"] for each, of in zip(self.replays, ORDER, strict=True) if of == title]
            assert means[title] == pytest.approx(sum(mine) / len(mine) / POINTS)
        self._forget_the_stopped_run(detail, results)
        return {
            "detail": without(Normal().of(detail)),
            "results": without(Normal().of(results)),
            "said": [outputs(each) for each in self.replays],
            "scores": [(each["score"], each["passed"]) for each in self.replays],
        }

    def _forget_the_stopped_run(self, detail: Any, results: Any) -> None:
        """How far it comes before the stop does is a matter of time, so what it said and used are. All else stays."""
        messages = detail["entries"]["messages"]
        mine = [each for each in messages if each["run_id"] == self.cut_short]
        said = [each["content"] for each in mine if each["role"] == "assistant"]
        assert said == [text for _, text in sorted(heard_text(self.player, self.cut_short).items())]
        detail["entries"]["messages"] = [each for each in messages if each["run_id"] != self.cut_short]
        rows = self.story.stage.site.write(
            lambda tx: tx.all("SELECT * FROM usage_rows WHERE subject_id = :id", id=self.cut_short)
        )
        [slow] = [each for each in results["candidates"] if each["title"] == SLOW]
        spent = results["progress"]["spent"]
        spent["requests"] -= len(rows)
        for name in ("input_tokens", "output_tokens"):
            used = sum(row[name] for row in rows)
            spent[name] -= used
            slow[name] -= used


def heard_text(player: Player, run_id: str) -> dict[int, str]:
    """The text of every turn of a replay, joined from its deltas."""
    found: dict[int, str] = {}
    for told in player.all("test_progress"):
        if (told["type"], told["run_id"]) == ("run_delta", run_id):
            before = "" if told.get("reset") else found.get(told["turn"], "")
            found[told["turn"]] = before + told["message"]
    return found


def outputs(complete: Any) -> dict[int, str]:
    """The text of every turn, as `test_run_complete` tells it."""
    return {each["turn"]: each["content"] for each in complete["outputs"]}


def without(value: Any) -> Any:
    """What two tellings have in common."""
    match value:
        case dict():
            return {key: without(each) for key, each in value.items() if key not in ACCIDENTS and key[-3:] != "_at"}
        case list():
            return [without(each) for each in value]
        case _:
            return value


def differences(found: Any, told: Any, path: str = "") -> list[tuple[str, Any, Any]]:
    """Where two tellings differ: the path, what was found there and what the first telling has (None: nothing)."""
    match found, told:
        case dict(), dict():
            keys = [*found, *(key for key in told if key not in found)]
            pairs = [(f".{key}", found.get(key), told.get(key)) for key in keys]
        case list(), list():
            pairs = [(f"[{at}]", *pair) for at, pair in enumerate(zip_longest(found, told))]
        case _:
            return [] if found == told else [(path, found, told)]
    return [each for name, one, other in pairs for each in differences(one, other, path + name)]


@pytest.fixture(scope="module", params=STORES)
def hall(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A stage on each store, with the benchmarks."""
    with staged(make_site(request.param, tmp_path_factory.mktemp("bench"), request)) as stage:
        benches.install(stage.site)
        yield Bench(stage)


@pytest.mark.case(93, 94, 97, 98, 100)
@pytest.mark.promise("P2")
@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", ["python", "http", NODE])
async def test_a_test_of_two_candidates_from_the_list_to_the_results(hall: Bench, kind: str, figure: Figure) -> None:
    story = await hall.tell(kind)
    heard = [payload for name, payload in story.player.heard if name.startswith("test_")]
    figure(
        "P2",
        f"a test of models, by {NAMES[kind]}: {RUNS} runs, a second device, a cut in the middle of a run, a stop:"
        f" {len(heard)} events, 0 missing, 0 doubled, 0 out of order",
    )


@pytest.mark.promise("P1")
@pytest.mark.promise("P4")
@pytest.mark.timeout(180)
@pytest.mark.parametrize("kind", ["python", "http", NODE])
async def test_a_test_whose_server_is_killed_in_its_middle_is_the_same_test(
    hall: Bench, kind: str, figure: Figure
) -> None:
    kills = hall.stage.kills
    story = await hall.tell(kind, KILLED)
    kills = hall.stage.kills - kills
    assert kills == len(KILLED) + 1
    assert any(each.get("reset") for each in story.player.all("test_progress"))
    log = hall.stage.child.log_text()
    assert "Traceback" not in log, log
    figure("P1", f"a test of models, by {NAMES[kind]}, {kills} SIGKILLs, {RUNS} runs replayed and graded: 0 lost")
    figure("P4", f"a test of models, by {NAMES[kind]}, {kills} SIGKILLs under its commands: 0 runs or grades doubled")
