"""A turn whose own rows cannot be read any more is no dead end: it ends, and the next one starts (lab protocol 7.6)."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from parlour.assistant.entities import TurnId
from parlour.jobs import store as jobs
from parlour.jobs.queue import job_of
from parlour.storage.tx import Tx
from tests.lab.loop_hall import Hall, calls, says


@pytest.fixture
async def hall(store_url: str) -> AsyncIterator[Hall]:
    opened = await Hall(store_url).open()
    yield opened
    await opened.close()


async def unreadable(hall: Hall, what: str) -> TurnId:
    """A turn that is in the middle of a tool call, and whose progress or journal nobody understands."""
    hall.model.play(calls(("fetch", {"url": "x"}), ("write_down", {"text": "x"})), says("Done."))
    accepted = await hall.say("Go")
    assert await hall.asked() == "authorize"

    def spoil(tx: Tx) -> None:
        if what == "progress":
            tx.run("UPDATE lab_turns SET progress = '{\"phase\":7}' WHERE id = :id", id=accepted.turn_id)
        else:
            tx.run("UPDATE lab_steps SET output = '{\"status\":7}' WHERE turn_id = :id", id=accepted.turn_id)

    await hall.database.write(spoil)
    return accepted.turn_id


async def end_of_job(hall: Hall) -> None:
    """Do the turn's job as a worker does, until it is given up."""
    kind = hall.assistant().kind()
    (started,) = await hall.database.write(lambda tx: jobs.claim(tx, "hall", 10))
    with pytest.raises((msgspec.MsgspecError, LookupError)):
        await kind.step(job_of(started, "hall"))

    def give_up(tx: Tx) -> None:
        assert jobs.stick(tx, started.job_id, "hall", "broken")
        kind.stuck(tx, started.body, "broken")

    await hall.database.write(give_up)


@pytest.mark.parametrize("what", ["progress", "journal"])
async def test_a_turn_that_nobody_understands_ends_with_an_error(hall: Hall, what: str) -> None:
    turn_id = await unreadable(hall, what)
    await hall.tell("yes", inner=True)
    await end_of_job(hall)
    final = await hall.final(turn_id)
    assert (final.error or "").startswith("internal: ")
    assert await hall.effects() == []
    assert await hall.state() == "IDLE"


@pytest.mark.parametrize("what", ["progress", "journal"])
async def test_a_turn_that_nobody_understands_can_be_stopped(hall: Hall, what: str) -> None:
    turn_id = await unreadable(hall, what)
    await hall.cancel()
    assert (await hall.final(turn_id)).error is None
    hall.model.play(says("Hello."))
    said = await hall.say("Hello")
    await asyncio.sleep(0)
    assert (await hall.final(said.turn_id)).text == "Hello."
