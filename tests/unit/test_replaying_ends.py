"""How replays end, and how they go on after a crash (Glow 7.19, 7.23; promises P8, P9)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from parlour.benchmarks.facts import (
    ReplayCompleted,
    ReplayFailed,
    ReplayStopped,
    ReplayTextAdded,
    ReplayTurnCompleted,
)
from parlour.benchmarks.replaying.work import GAVE_UP, TIMED_OUT, UNAVAILABLE
from parlour.jobs.queue import Job
from parlour.kernel.ids import JobId
from parlour.kernel.refusals import ProviderFault
from parlour.storage.tx import Row, Tx
from parlour.turns.ports import Text
from tests.conftest import new_database
from tests.unit.replaying_hall import ROOMS, TALK, Answers, Hall, open_hall

PASSING = ProviderFault("Too many requests.", retryable=True)
FINAL = ProviderFault("No such model.", retryable=False)


@pytest.fixture
async def hall(store_url: str) -> AsyncIterator[Hall]:
    async with open_hall(store_url) as opened:
        yield opened


def claimed(row: Row) -> Job:
    return Job(
        job_id=JobId(row["id"]),
        kind=row["kind"],
        owner=row["lease_owner"],
        claims=row["claims"],
        body=row["body"].encode(),
    )


async def claim(hall: Hall, owner: str) -> Job:
    """The waiting job, or the one whose worker is presumed dead, in the hands of `owner`."""

    def take(tx: Tx) -> Job:
        row = tx.one(
            "UPDATE jobs SET state = 'running', claims = claims + 1, lease_owner = :owner, lease_until = :until"
            " RETURNING id, kind, lease_owner, claims, body",
            owner=owner,
            until=tx.now_ms + 60_000,
        )
        assert row is not None
        return claimed(row)

    return await hall.database.write(take)


async def came(holds: Callable[[], bool]) -> None:
    for _ in range(12_000):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came to that")


async def test_a_turn_that_its_worker_left_half_said_is_begun_anew_and_no_other(hall: Hall) -> None:
    replay_id = await hall.begin()
    dead = Answers(["First kept.", "Half said"], hang=1)
    step = asyncio.ensure_future(hall.replayer(dead).kind().step(await claim(hall, "dead")))
    await came(lambda: any(fact.text == "Half" for fact in hall.told(ReplayTextAdded)))
    await hall.database.write(lambda tx: tx.run("UPDATE jobs SET lease_until = 1"))
    alive = Answers(["Second.", "Third."])
    replay = await hall.replayed(alive, replay_id)
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)
    assert (replay.state, replay.turn) == ("completed", 3)
    assert [turn.content for turn in await hall.turns(replay_id)] == ["First kept.", "Second.", "Third."]
    assert alive.said(0)[-2:] == [("assistant", "First kept."), ("user", "And then?")]
    told = [(fact.turn, fact.text, fact.reset) for fact in hall.told(ReplayTextAdded) if fact.turn == 2]
    assert told[:2] == [(2, "Half", False), (2, "", True)]
    assert "".join(text for _, text, _ in told[2:]) == "Second."
    assert [fact.turn for fact in hall.told(ReplayTurnCompleted)] == [1, 2, 3]
    assert hall.hooked == [("completed", replay_id)]


async def test_a_worker_that_was_presumed_dead_adds_nothing_any_more(hall: Hall) -> None:
    replay_id = await hall.begin()
    slow = Answers(["One two three four five six."], pause=0.05)
    step = asyncio.ensure_future(hall.replayer(slow).kind().step(await claim(hall, "slow")))
    await came(lambda: bool(hall.told(ReplayTextAdded)))
    replay = None
    quick = Answers(["Quick."])
    await hall.replayer(quick).kind().step(await claim(hall, "quick"))
    await asyncio.gather(step, return_exceptions=True)
    await hall.database.write(lambda tx: tx.run("UPDATE jobs SET lease_until = 1"))
    replay = await hall.replayed(quick, replay_id)
    assert replay.state == "completed"
    assert [turn.content for turn in await hall.turns(replay_id)] == ["Quick."] * 3
    texts = [fact for fact in hall.told(ReplayTextAdded) if fact.turn == 1]
    after = texts[next(index for index, fact in enumerate(texts) if fact.reset) + 1 :]
    assert "".join(fact.text for fact in after) == "Quick."
    assert len(hall.told(ReplayCompleted)) == 1


async def test_an_orderly_shutdown_in_the_middle_of_a_turn_doubles_no_text(hall: Hall) -> None:
    replay_id = await hall.begin()
    first = await hall.work(Answers(["Half said"], hang=0))
    await came(lambda: bool(hall.told(ReplayTextAdded)))
    await first.stop()
    replay = await hall.replayed(Answers(["Whole."]), replay_id)
    assert replay.state == "completed"
    assert [turn.content for turn in await hall.turns(replay_id)] == ["Whole."] * 3


@pytest.mark.case(99)
async def test_a_stop_cancels_the_request_and_nothing_follows(hall: Hall) -> None:
    replay_id = await hall.begin()
    model = Answers(["Done.", "Half said"], hang=1)
    await hall.work(model)
    await came(lambda: any(fact.turn == 2 for fact in hall.told(ReplayTextAdded)))
    await hall.stop(replay_id)
    await came(lambda: model.cancelled == 1)  # for by itself it would wait for ever
    for _ in range(12_000):
        if not await hall.jobs():
            break
        await asyncio.sleep(0.005)
    assert await hall.jobs() == 0
    assert isinstance(hall.events[-1][1], ReplayStopped)
    assert not hall.told(ReplayCompleted)
    turns = await hall.turns(replay_id)
    assert [(turn.state, turn.content) for turn in turns] == [("done", "Done."), ("writing", "Half")]
    assert hall.hooked == []
    assert await hall.usage() == [("candidate", "vendor:model", replay_id)] * 2


@pytest.mark.case(99)
async def test_a_replay_that_was_stopped_before_its_job_was_claimed_is_never_asked(hall: Hall) -> None:
    replay_id = await hall.begin()
    model = Answers(["One."])
    job = await claim(hall, "worker")
    await hall.stop(replay_id)
    await hall.replayer(model).kind().step(job)
    assert not model.asked
    assert await hall.jobs() == 0
    assert not hall.told(ReplayCompleted)


@pytest.mark.case(99)
async def test_a_stop_from_another_process_is_heard_too(postgresql: str) -> None:
    url = new_database(postgresql)
    async with open_hall(url) as hall, open_hall(url) as other:
        replay_id = await hall.begin()
        model = Answers(["Half said"], hang=0)
        await hall.work(model)
        await came(lambda: bool(hall.told(ReplayTextAdded)))
        await other.stop(replay_id)
        clock = asyncio.get_running_loop()
        stopped = clock.time()
        await came(lambda: model.cancelled == 1)
        assert clock.time() - stopped < 1


@pytest.mark.case(97)
async def test_a_model_that_fails_midway_keeps_its_words_and_fails_the_replay(hall: Hall) -> None:
    replay_id = await hall.begin()
    replay = await hall.replayed(Answers(["One.", [Text(text="Half"), Text(text=" said"), FINAL]]), replay_id)
    assert replay.state == "failed"
    assert replay.error is not None
    assert (replay.error.code, replay.error.text, replay.error.turn) == ("unavailable", UNAVAILABLE, 2)
    assert [(turn.state, turn.content) for turn in await hall.turns(replay_id)][1] == ("writing", "Half said")
    assert "".join(fact.text for fact in hall.told(ReplayTextAdded) if fact.turn == 2) == "Half said"
    rooms, said = hall.events[-1]
    assert rooms == ROOMS
    assert isinstance(said, ReplayFailed)
    assert (said.run_id, said.code, said.text) == (replay_id, "unavailable", UNAVAILABLE)
    assert hall.hooked == [("failed", replay_id)]
    assert await hall.jobs() == 0


async def test_a_fault_that_passes_is_tried_again_and_its_text_taken_back(hall: Hall) -> None:
    replay_id = await hall.begin()
    model = Answers([[Text(text="Half"), PASSING], "Whole.", "Two.", "Three."])
    replay = await hall.replayed(model, replay_id)
    assert replay.state == "completed"
    told = [(fact.text, fact.reset) for fact in hall.told(ReplayTextAdded) if fact.turn == 1]
    assert told == [("Half", False), ("", True), ("Whole.", False)]
    assert len(await hall.usage()) == 4


async def test_a_fault_that_does_not_pass_fails_the_replay_after_three_requests(hall: Hall) -> None:
    replay_id = await hall.begin()
    model = Answers([PASSING])
    replay = await hall.replayed(model, replay_id)
    assert replay.state == "failed"
    assert len(model.asked) == 3


@pytest.mark.parametrize("limits", [{"first_token_seconds_max": 0.05}, {"turn_seconds_max": 0.05}])
async def test_a_model_that_takes_too_long_fails_the_replay(hall: Hall, limits: dict[str, float]) -> None:
    replay_id = await hall.begin()
    model = Answers(["Never more"], hang=0) if "turn_seconds_max" in limits else Hanging(["x"])
    replay = await hall.replayed(model, replay_id, **limits)
    assert replay.error is not None
    assert (replay.state, replay.error.text) == ("failed", TIMED_OUT)
    assert hall.hooked == [("failed", replay_id)]


class Hanging(Answers):
    """A model that never says a word."""

    async def stream(self, request):  # type: ignore[no-untyped-def, override]
        await asyncio.Event().wait()
        yield Text(text="")


async def test_a_replay_that_ends_every_worker_fails_and_is_told(hall: Hall) -> None:
    replay_id = await hall.begin()
    await hall.database.write(lambda tx: tx.run("UPDATE jobs SET claims = 5"))
    replay = await hall.replayed(Answers(["x"]), replay_id)
    assert replay.error is not None
    assert (replay.state, replay.error.code, replay.error.text) == ("failed", "internal", GAVE_UP)
    assert [fact.code for fact in hall.told(ReplayFailed)] == ["internal"]
    assert hall.hooked == [("failed", replay_id)]


async def test_a_long_answer_is_cut_and_so_is_a_flood_of_calls(hall: Hall) -> None:
    replay_id = await hall.begin()
    await hall.replayed(Answers(["word " * 100]), replay_id, reply_characters_max=50)
    turns = await hall.turns(replay_id)
    assert [(len(turn.content), turn.ending) for turn in turns] == [(50, "length")] * 3


async def test_two_workers_share_the_replays_of_a_test(postgresql: str) -> None:
    url = new_database(postgresql)
    async with open_hall(url) as hall, open_hall(url) as other:
        begun = [await hall.begin(replace(TALK, id=f"talk-{number}")) for number in range(24)]
        models = [Answers(["Slowly said."], pause=0.01) for _ in range(2)]
        for each, model in zip((hall, other), models, strict=True):
            await each.work(model)
        for replay_id in begun:
            assert (await hall.ended(replay_id)).state == "completed"
        asked = [len(model.asked) for model in models]
        assert sum(asked) == 3 * len(begun)
        assert min(asked) >= 3 * len(begun) // 4
