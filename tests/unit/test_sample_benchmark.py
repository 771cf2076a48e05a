"""The sample benchmarks through the real jobs: every cell replayed, judged by three and compared, without a network."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from statistics import fmean

import pytest

from parlour import testing
from parlour.accounts.actions import create_account
from parlour.accounts.entities import NewAccount
from parlour.benchmarks import store
from parlour.benchmarks.entities import Plan, Preference, Replay, ReplayId, ReplayTurn, Test, TestGrade, TestId
from parlour.benchmarks.judging import store as judgements
from parlour.benchmarks.running import starting
from parlour.benchmarks.running.starting import Started, Starting
from parlour.catalog.publishing import publish
from parlour.jobs.worker import Worker, WorkerLimits
from parlour.kernel.actor import Actor
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import AccountId
from parlour.providers.models.scripted.model import ScriptedModel
from parlour.settings import Settings
from parlour.storage.tx import Tx
from tests.unit.replaying_hall import Hall, open_hall
from tests.unit.sample_benchmark import BUNDLE, CHECK, CURT, NOISY, STEADY, TOOLS, recordings, transcript

SECONDS_MAX = 120


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a test came to."""

    test: Test
    replays: list[Replay]
    turns: Mapping[ReplayId, list[ReplayTurn]]
    grades: list[TestGrade]
    preferences: list[Preference]
    title_of: dict[str, str]

    def of(self, title: str) -> list[Replay]:
        return [each for each in self.replays if self.title_of[each.invocation_id] == title]


@pytest.fixture
async def hall(store_url: str) -> AsyncGenerator[Hall]:
    async with open_hall(store_url) as opened:
        yield opened


async def run(hall: Hall, benchmark_id: str, plan: Plan) -> Outcome:
    """Start a test that goes on by itself, and wait for its end."""
    database = hall.database
    need = testing.TestingNeed(settings=Settings(), database=database, model=ScriptedModel())
    tests = testing.Testing(need)
    hall.worker = Worker(database, SeededDice(1), "worker", WorkerLimits(poll_seconds=0.05, stop_seconds=0.05))
    tests.work_in(hall.worker, hall.pump)
    actor = Actor(account_id=AccountId("instructor"), user_id="instructor", role="instructional")

    def begin(tx: Tx) -> Started:
        for name in ("instructor", "learner"):
            create_account(tx, NewAccount(user_id=name, name=name, account_id=AccountId(name), role="instructional"))
        publish(tx, BUNDLE)
        return starting.start(tx, actor, Starting(benchmark_id=benchmark_id, plan=plan), tests.rules)

    started = await database.write(begin)
    await hall.worker.start()
    for _ in range(SECONDS_MAX * 10):
        if await database.read(lambda tx: _ended(tx, started.test_id)):
            break
        await asyncio.sleep(0.1)

    def outcome(tx: Tx) -> Outcome:
        test = store.test(tx, started.test_id)
        assert test is not None
        return Outcome(
            test=test,
            replays=store.replays_of(tx, test.id),
            turns=store.turns_of_test(tx, test.id),
            grades=judgements.grades_of(tx, test.id),
            preferences=judgements.preferences_of(tx, test.id),
            title_of={each.id: each.title for each in store.invocations_of(tx, test.id)},
        )

    return await database.read(outcome)


def _ended(tx: Tx, test_id: TestId) -> bool:
    test = store.test(tx, test_id)
    return test is not None and (test.state == "completed" or test.halted is not None)


async def test_the_supportive_conversations_tell_the_good_candidate_from_the_curt_one(hall: Hall) -> None:
    done = await run(hall, CHECK.id, Plan(automatic=True, recorded=True, seed=5))
    cells = len(CHECK.recordings) * CHECK.repeats
    assert (done.test.state, done.test.halted) == ("completed", None)
    assert Counter(done.title_of[each.invocation_id] for each in done.replays) == {
        candidate.title: cells for candidate in CHECK.candidates
    }
    assert {each.state for each in done.replays} == {"completed"}
    assert {each.state for each in (*done.grades, *done.preferences)} == {"done"}

    says_what_its_candidates_say_alone(done, seed=5)
    scores = {
        candidate.title: [
            each.score
            for each in done.grades
            if each.counts and each.replay_id in {replay.id for replay in done.of(candidate.title)} and each.score
        ]
        for candidate in CHECK.candidates
    }
    assert all(len(each) == cells for each in scores.values())
    assert min(scores[STEADY.title]) > max(scores[CURT.title])
    assert abs(fmean(scores[STEADY.title]) - fmean(scores[NOISY.title])) < 1.5
    blamed = {each.blame.blamed for each in done.of(CURT.title) if each.blame}
    assert blamed == {"candidate"}
    assert all(each.blame and each.blame.evidence for each in done.of(CURT.title))

    by_id = {each.id: done.title_of[each.invocation_id] for each in done.replays}
    between: Counter[tuple[frozenset[str], str]] = Counter()
    for each in done.preferences:
        a, b = by_id[each.a_replay_id], by_id[each.b_replay_id]
        between[frozenset((a, b)), {"a": a, "b": b}.get(each.choice or "", "tie")] += 1
    assert len(done.preferences) == 3 * 3 * 2 * cells
    for good in (STEADY.title, NOISY.title):
        assert between[frozenset((good, CURT.title)), good] == 3 * 2 * cells
    alike = frozenset((STEADY.title, NOISY.title))
    assert between[alike, "tie"] > cells

    recorded_scores = [each for each in done.grades if each.recording_id and each.replay_id is None]
    assert len(recorded_scores) == len(CHECK.recordings) * len(CHECK.judges)


async def test_who_looks_a_booking_up_passes_the_checks_and_who_guesses_does_not(hall: Hall) -> None:
    done = await run(hall, TOOLS.id, Plan(automatic=True))
    looks_up, guesses = (candidate.title for candidate in TOOLS.candidates)
    assert len(done.of(looks_up)) == len(done.of(guesses)) == len(TOOLS.recordings) * TOOLS.repeats
    for each in done.of(looks_up):
        assert each.checks
        assert all(outcome.passed for outcome in each.checks), each.checks
        assert all(call.result for turn in done.turns[each.id] for call in turn.tool_calls)
        assert "[[" not in "".join(turn.content for turn in done.turns[each.id])
    for each in done.of(guesses):
        assert any(not outcome.passed for outcome in each.checks or ())
        assert not any(turn.tool_calls for turn in done.turns[each.id])


def says_what_its_candidates_say_alone(done: Outcome, seed: int) -> None:
    """So the same seed gives the same test, whatever order and process its cells had."""
    wanted = {recording.id: recording for recording in recordings(CHECK)}
    candidates = {candidate.title: candidate for candidate in CHECK.candidates}
    for each in done.replays:
        recording = wanted[each.recording_id]
        if any(message.tool_calls for message in recording.messages):
            continue  # with results of tools a replay has other turns
        alone = transcript(candidates[done.title_of[each.invocation_id]], recording, seed, each.repetition)
        said = [line.text for line in alone if line.speaker == "learner"]
        assert [turn.content for turn in done.turns[each.id]] == said
