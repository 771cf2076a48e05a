"""Whole dialogues with the embedded model and our own tools (lab protocol 17.2 to 17.5), also with a dying server."""

from collections.abc import AsyncIterator

import pytest

from tests.lab.loop_hall import Hall


@pytest.fixture
async def hall(store_url: str) -> AsyncIterator[Hall]:
    opened = await Hall(store_url).open()
    opened.embedded = True
    yield opened
    await opened.close()


async def names(hall: Hall) -> list[str]:
    rows = await hall.database.read(lambda tx: tx.all("SELECT name FROM experiments ORDER BY name"))
    return [row["name"] for row in rows]


async def entries(hall: Hall) -> list[str]:
    rows = await hall.database.read(lambda tx: tx.all("SELECT text FROM log_entries ORDER BY logged_at"))
    return [row["text"] for row in rows]


@pytest.mark.lab("E1")
async def test_create_an_experiment_in_two_parts(hall: Hall) -> None:
    said = await hall.say("create a new experiment")
    for words in ("experiment_name: Annealing", "At 300 degrees.", "ok"):
        assert await hall.question() is not None
        await hall.say(words, inner=True)
    assert await names(hall) == [], "nothing before the yes"
    await hall.say("好的", inner=True)
    assert await hall.kinds(said.turn_id) == ["collect", "collect", "verify", "authorize"]
    assert await names(hall) == ["Annealing"]
    final = await hall.final(said.turn_id)
    assert (final.error, await hall.state()) == (None, "IDLE")


@pytest.mark.lab("E1", "D4")
@pytest.mark.parametrize("every", [0, 4, 7])
async def test_record_a_log_with_nothing_set_up(hall: Hall, every: int) -> None:
    said = await hall.tell("record: the film is blue")
    answers = ("experiment_name: Films\nexperiment_description: Blue ones", "ok", "yes", "1", "ok", "2h", "ok", "yes")
    for words in ("", *answers):
        hall.mortal.left, hall.mortal.after = every or None, every % 2 == 0
        if words:
            assert await hall.question() is not None, await hall.kinds(said.turn_id)
            await hall.tell(words, inner=True)
        await hall.run()
    hall.mortal.spared()
    assert await hall.kinds(said.turn_id) == [
        "collect", "verify", "authorize", "select", "verify", "collect", "verify", "authorize"
    ]  # fmt: skip
    assert (await names(hall), await entries(hall)) == (["Films"], ["the film is blue"])
    final = await hall.final(said.turn_id)
    assert [reference.ref_type for reference in final.references] == ["experiment_log"]


@pytest.mark.lab("E1")
async def test_steer_the_embedded_model(hall: Hall) -> None:
    said = await hall.say("what time is it", enable_instruct=True)
    question = await hall.question()
    assert question is not None
    assert question.body.proposal is not None
    assert question.body.proposal["tool"] == "date_time"
    await hall.say("list my experiments", inner=True, enable_instruct=False)
    tools = [step.tool for step in await hall.steps(said.turn_id) if step.kind == "tool"]
    assert tools == ["experiment_list"]
    assert (await hall.final(said.turn_id)).error is None


async def test_nothing_found_is_said(hall: Hall) -> None:
    said = await hall.say("Which papers measured contact resistance?")
    final = await hall.final(said.turn_id)
    assert final.text
    assert (final.references, final.error) == ((), None)
