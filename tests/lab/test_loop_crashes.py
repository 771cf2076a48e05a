"""Turns that lose their process at any commit, or are stopped: nothing twice, nothing without a yes (18.D4, X5)."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from parlour.assistant.entities import JsonValue, LabMessage
from parlour.assistant.facts import LabTextAdded, LabTurnFinished
from parlour.assistant.loop import authorise
from parlour.assistant.messages import turns
from parlour.assistant.tools.ports import Operation
from parlour.kernel.ids import AccountId, PauseId
from parlour.storage.tx import Tx
from parlour.turns.ports import Finished, Text
from tests.lab.loop_hall import Hall, calls, says

BOUNDARIES_MAX = 60


@pytest.fixture
async def hall(store_url: str) -> AsyncIterator[Hall]:
    opened = await Hall(store_url).open()
    yield opened
    await opened.close()


async def dying(hall: Hall, at: int, *, after: bool, words: tuple[str, ...]) -> tuple[bool, LabMessage]:
    """A turn in which the process dies once, at its `at`-th commit; whether it came to that, and the final."""
    hall.mortal.left, hall.mortal.after = at, after
    said = await hall.tell("Go")
    await hall.run()
    for answer in words:
        assert await hall.question() is not None
        await hall.tell(answer, inner=True)
        await hall.run()
    died = hall.mortal.spared() is None
    final = await hall.final(said.turn_id)
    assert await hall.state() == "IDLE"
    assert await hall.streamed(final) in ("", final.text)
    return died, final


@pytest.mark.lab("D4", "H5")
@pytest.mark.parametrize("after", [False, True])
async def test_an_effect_of_ours_happens_exactly_once(hall: Hall, after: bool) -> None:
    hall.model.play(calls(("write_down", {"text": "x"})), [Text(text="It is "), 0.05, *says("done.")])
    done = 0
    for at in range(1, BOUNDARIES_MAX):
        died, final = await dying(hall, at, after=after, words=("yes",))
        done += 1
        assert await hall.effects() == ["x"] * done, f"commit {at}"
        assert (final.text, final.error) == ("It is done.", None)
        if not died:
            break
    assert done > 6


@pytest.mark.lab("D3", "D4")
@pytest.mark.parametrize("after", [False, True])
async def test_a_refused_effect_never_happens(hall: Hall, after: bool) -> None:
    hall.model.play(calls(("write_down", {"text": "x"}), ("move", {"mm": 1})), says("Refused."))
    for at in range(1, BOUNDARIES_MAX):
        died, _ = await dying(hall, at, after=after, words=("no", "no"))
        assert (await hall.effects(), hall.bench.moves) == ([], []), f"commit {at}"
        if not died:
            break


@pytest.mark.lab("D4")
@pytest.mark.parametrize("after", [False, True])
async def test_an_outside_call_is_unknown_rather_than_doubled(hall: Hall, after: bool) -> None:
    hall.model.play(calls(("move", {"mm": 1})), says("Reported."))
    unknown = 0
    for at in range(1, BOUNDARIES_MAX):
        hall.bench.moves.clear()
        died, _ = await dying(hall, at, after=after, words=("yes",))
        assert hall.model.requests[-1].script is not None
        outcome = hall.model.requests[-1].script["steps"][0]["outcomes"][0]  # type: ignore[index]
        assert len(hall.bench.moves) <= 1, f"commit {at}"
        assert outcome["status"] == "unknown" or (outcome["status"], hall.bench.moves) == ("done", [1])
        unknown += outcome["status"] == "unknown"
        if not died:
            break
    assert unknown == 1, "only between the beginning and the outcome"


@pytest.mark.lab("D4")
async def test_a_harmless_call_is_repeated_with_its_key(hall: Hall) -> None:
    hall.model.play(calls(("fetch", {"url": "u"})), says("Got it."))
    repeated = 0
    for at in range(1, BOUNDARIES_MAX):
        hall.bench.fetches.clear()
        died, final = await dying(hall, at, after=False, words=())
        assert (len(set(hall.bench.fetches)), final.text) == (1, "Got it.")
        repeated += len(hall.bench.fetches) == 2
        if not died:
            break
    assert repeated == 1


async def test_questions_of_a_flow_survive_any_death(hall: Hall) -> None:
    hall.model.play(calls(("form", {})), says("Done."))
    words = ("experiment_name: X\nexperiment_description: D", "ok", "yes")
    for at in range(1, BOUNDARIES_MAX, 3):
        died, final = await dying(hall, at, after=at % 2 == 0, words=words)
        assert await hall.kinds(final.turn_id) == ["collect", "verify", "authorize"]
        if not died:
            break
    assert set(await hall.effects()) == {"X"}


async def test_a_step_that_kills_every_worker_ends_the_turn(hall: Hall) -> None:
    def die(_request: object) -> list[Text]:
        hall.mortal.left = 1
        return [Text(text="x"), Text(text="y")]

    hall.model.play(die)
    said = await hall.tell("Go")
    deaths = await hall.run()
    final = await hall.final(said.turn_id)
    assert final.error is not None
    assert final.error.startswith("internal: ")
    assert deaths == 6
    assert (await hall.turn(said.turn_id)).state == "failed"


async def until_told(hall: Hall, kind: type) -> None:
    async with asyncio.timeout(60):
        while not any(isinstance(fact, kind) for fact in await hall.facts()):  # noqa: ASYNC110 (another task's doing)
            await asyncio.sleep(0.01)


@pytest.mark.lab("X5")
async def test_cancel_ends_the_model_call_and_nothing_follows(hall: Hall) -> None:
    hall.model.play([piece for n in range(20_000) for piece in (Text(text=f"word{n} "), 0.01)])
    said = await hall.tell("Go")
    working = asyncio.create_task(hall.run())
    await until_told(hall, LabTextAdded)
    queued = await hall.tell("Next")
    hall.model.steps = [says("The next one.")]
    await hall.cancel()
    told = len(await hall.facts())
    final = await hall.final(said.turn_id)
    assert (final.error, (await hall.turn(said.turn_id)).state) == (None, "cancelled")
    assert "word0" in final.text
    assert await hall.streamed(final) == final.text
    await asyncio.wait_for(working, 60)  # the model would go on for minutes
    later = (await hall.facts())[told:]
    assert not [fact for fact in later if isinstance(fact, LabTextAdded) and fact.turn_id == said.turn_id]
    assert (await hall.final(queued.turn_id)).text == "The next one."


@pytest.mark.lab("X5")
async def test_cancel_stops_an_outside_call(hall: Hall) -> None:
    ended: list[bool] = []

    called = asyncio.Event()

    async def for_ever() -> JsonValue:
        called.set()
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(True)
        return None

    hall.bench.call = for_ever
    hall.model.play(calls(("move", {"mm": 1})), says("Moved."))
    said = await hall.say("Go")
    await hall.tell("yes", inner=True)
    working = asyncio.create_task(hall.run())
    await asyncio.wait_for(called.wait(), 60)
    await hall.cancel()
    await asyncio.wait_for(working, 60)
    assert ended == [True]
    final = await hall.final(said.turn_id)
    assert "nobody knows whether it happened" in final.text
    assert [step.outcome for step in await hall.steps(said.turn_id)] == ["ok", "unknown", "answered"]
    assert [fact.state for fact in await hall.facts() if isinstance(fact, LabTurnFinished)] == ["cancelled"]


async def test_cancel_at_a_question(hall: Hall) -> None:
    hall.model.play(calls(("write_down", {"text": "x"})), says("Done."))
    said = await hall.say("Go")
    await hall.cancel()
    assert await hall.run() == 0
    assert await hall.effects() == []
    assert (await hall.final(said.turn_id)).error is None
    assert await hall.state() == "IDLE"


@pytest.mark.lab("D6")
async def test_silence_allows_nothing_and_the_final_says_so(hall: Hall) -> None:
    hall.limits = hall.limits.model_copy(update={"question_hours_max": 0.00000001})
    hall.model.play(calls(("write_down", {"text": "x"})), says("It was not done."))
    said = await hall.say("Go")
    await asyncio.sleep(0.01)
    await hall.run()
    final = await hall.final(said.turn_id)
    assert await hall.effects() == []
    assert final.error is not None
    assert final.error.startswith("question_expired: ")
    assert "Write it down" in final.error
    assert (await hall.turn(said.turn_id)).state == "done"


@pytest.mark.lab("D9")
async def test_a_yes_counts_for_its_operation_its_turn_and_who_may_give_it(hall: Hall) -> None:
    hall.model.play(calls(("write_down", {"text": "x"})), says("Done."))
    said = await hall.say("Go")
    asked = await hall.question()
    assert asked is not None
    first, pause_id = await hall.turn(said.turn_id), asked.id
    operation = Operation(tool="write_down", title="Write it down", arguments={"text": "x"})

    async def allowed(of: Operation = operation, pause: PauseId = pause_id) -> bool:
        return await hall.database.read(lambda tx: authorise.is_allowed(tx, first, of, pause))

    assert not await allowed(), "while it is open"
    await hall.say("yes", inner=True)
    assert await allowed()
    assert not await allowed(Operation(tool="write_down", title="t", arguments={"text": "y"}))
    assert not await allowed(Operation(tool="move", title="t", arguments={"text": "x"}))
    assert not await allowed(pause=PauseId("none"))
    other = await hall.say("Again")
    second = await hall.turn(other.turn_id)
    assert not await hall.database.read(lambda tx: authorise.is_allowed(tx, second, operation, pause_id))

    def by_somebody(tx: Tx) -> bool:
        tx.run("UPDATE pauses SET answered_by = :eve WHERE id = :id", eve=AccountId("eve"), id=pause_id)
        return authorise.is_allowed(tx, first, operation, pause_id)

    assert not await hall.database.write(by_somebody)
    assert await hall.database.read(lambda tx: turns.state_of(tx, hall.ada)) == "WAITING"


async def test_a_finished_piece_is_told_although_the_stream_ends_at_once(hall: Hall) -> None:
    hall.model.play([Text(text="a"), Text(text="b"), Finished(reason="stop")])
    final = await hall.final((await hall.say("Go")).turn_id)
    assert await hall.streamed(final) in ("", "ab")
