"""Live replays: a simulated person drives the conversation, from the sample pack's written parts or from a model."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, replace

import pytest

from parlour.benchmarks.replaying.live import END, PERSON_FAILED, PERSON_SILENT
from parlour.catalog.benchmarks import Benchmark, LiveRules, Recording
from parlour.catalog.bundles import load_bundle
from parlour.catalog.entities import Reference, Scenario
from parlour.catalog.publishing import publish
from parlour.catalog.sources import Bundle
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.scripted.model import ScriptedModel
from parlour.storage.tx import Tx
from parlour.turns.ports import Finished, Piece, Request
from tests.harness.site import ROOT
from tests.unit.replaying_hall import Answers, Hall, line, open_hall
from tests.unit.scripted_conversations import HELPFUL


@pytest.fixture(scope="module")
def pack() -> Bundle:
    whole = load_bundle(ROOT / "content/teaching-practice")
    return replace(whole, cohorts=(), entries=(), seatings=(), benchmarks=(), recordings=())


@pytest.fixture
async def hall(store_url: str, pack: Bundle) -> AsyncIterator[Hall]:
    async with open_hall(store_url) as opened:
        await opened.database.write(lambda tx: publish(tx, pack))
        yield opened


@dataclass
class Both:
    """The candidate's model, and the one that plays the person."""

    candidate: Answers
    person: Answers | ScriptedModel

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        async for piece in (self.candidate if request.task == "candidate" else self.person).stream(request):
            yield piece

    async def aclose(self) -> None:
        """Nothing is open."""


def rules(turns_max: int, model: str | None = "scripted") -> Benchmark:
    live = LiveRules(turns_max=turns_max, model=model)
    return Benchmark(id="b", eval_id="e", name="B", replay_mode="live", live=live)


async def recording(hall: Hall, pack: Bundle, name: str, **changes: object) -> Recording:
    """A talk in a scenario of the pack that the learner opens."""
    scenario: Scenario = next(each for each in pack.scenarios if name in each.name)

    def version(tx: Tx) -> int:
        row = tx.one("SELECT version FROM content_current WHERE id = :id", id=scenario.id)
        assert row is not None
        return row["version"]

    made = Recording(
        id="live",
        title="Live",
        cluster=scenario.id,
        scenario=Reference(id=scenario.id, version=await hall.database.read(version)),
        messages=(line("system", "Help."), line("assistant", "Hi."), line("user", "So."), line("assistant", "Bye.")),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


async def test_a_written_part_answers_the_candidate_until_it_says_goodbye(hall: Hall, pack: Bundle) -> None:
    candidate = Answers([*HELPFUL["maya-recursion"], "Take care."])
    replay_id = await hall.begin(await recording(hall, pack, "ecursion"), rules(16))
    replay = await hall.replayed(Both(candidate, ScriptedModel()), replay_id)
    turns = await hall.turns(replay_id)
    assert replay.state == "completed"
    assert turns[0].heard == ()
    assert candidate.said(0) == [("system", "Help.")]
    assert all(turn.heard and turn.heard[0].content for turn in turns[1:])
    assert candidate.said(1) == [
        ("system", "Help."),
        ("assistant", HELPFUL["maya-recursion"][0]),
        ("user", turns[1].heard[0].content),
    ]
    assert len(turns) == len(candidate.answers)
    assert turns[-1].content == "Take care."
    assert len({turn.heard[0].message_id for turn in turns[1:]}) == len(turns) - 1
    tasks = [task for task, _, _ in await hall.usage()]
    assert (tasks.count("candidate"), tasks.count("reply")) == (len(turns), len(turns) - 1)


async def test_the_same_seed_makes_the_same_conversation(hall: Hall, pack: Bundle) -> None:
    said: list[list[str]] = []
    for name in ("live", "again"):
        replay_id = await hall.begin(await recording(hall, pack, "ecursion", id="live", title=name), rules(4))
        await hall.replayed(Both(Answers([*HELPFUL["maya-recursion"]]), ScriptedModel()), replay_id)
        said.append([heard.content for turn in await hall.turns(replay_id) for heard in turn.heard])
        await hall.database.write(lambda tx: tx.run("DELETE FROM replays"))
    assert len(said[0]) == 3
    assert said[0] == said[1]


async def test_the_person_begins_with_the_recorded_words_if_the_record_does(hall: Hall, pack: Bundle) -> None:
    opened = await recording(hall, pack, "ecursion", messages=(line("user", "Can we talk?"), line("assistant", "Hi.")))
    candidate, person = Answers(["Of course."]), Answers(["Thanks a lot.", f"Bye now. {END}"])
    replay_id = await hall.begin(opened, rules(8, "vendor:person"))
    await hall.replayed(Both(candidate, person), replay_id)
    turns = await hall.turns(replay_id)
    heard = [[each.content for each in turn.heard] for turn in turns]
    assert heard == [["Can we talk?"], ["Thanks a lot."], ["Bye now."]]
    asked = person.asked[0]
    assert (asked.model, asked.task, asked.script) == ("vendor:person", "reply", None)
    assert "Maya" in asked.messages[0].content
    assert END in asked.messages[0].content
    assert person.said(1)[1:] == [
        ("assistant", "Can we talk?"),
        ("user", "Of course."),
        ("assistant", "Thanks a lot."),
        ("user", "Of course."),
    ]


async def test_a_live_replay_ends_after_its_last_turn(hall: Hall, pack: Bundle) -> None:
    replay_id = await hall.begin(await recording(hall, pack, "ecursion"), rules(2, None))
    model = Both(Answers(["Hello."]), Answers(["Hm."]))
    replay = await hall.replayed(model, replay_id)
    assert (replay.state, replay.turn, replay.turns_total, replay.divergent_turn) == ("completed", 2, 2, None)
    assert isinstance(model.person, Answers)
    assert model.person.asked[0].model == "vendor:person"


async def test_a_person_that_says_nothing_more_ends_it_and_one_that_never_spoke_fails_it(
    hall: Hall, pack: Bundle
) -> None:
    nothing: list[Piece | Exception] = [Finished(reason="stop")]
    made = await recording(hall, pack, "ecursion")
    first = await hall.begin(made, rules(8, "vendor:person"))
    replay = await hall.replayed(Both(Answers(["Hi."]), Answers(["Yes.", nothing])), first)
    assert (replay.state, replay.turn) == ("completed", 2)
    await hall.database.write(lambda tx: tx.run("DELETE FROM replays"))
    second = await hall.begin(made, rules(8, "vendor:person"))
    replay = await hall.replayed(Both(Answers(["Hi."]), Answers([nothing])), second)
    assert replay.error is not None
    assert (replay.state, replay.error.text) == ("failed", PERSON_SILENT)
    assert hall.hooked == [("completed", first), ("failed", second)]


async def test_a_person_whose_model_fails_is_told_apart_from_the_candidate(hall: Hall, pack: Bundle) -> None:
    replay_id = await hall.begin(await recording(hall, pack, "ecursion"), rules(8, "vendor:person"))
    person = Answers([ProviderFault("No.", retryable=False)])
    replay = await hall.replayed(Both(Answers(["Hi."]), person), replay_id)
    assert replay.error is not None
    assert (replay.state, replay.error.text, replay.error.turn) == ("failed", PERSON_FAILED, 2)


async def test_two_personas_are_heard_by_their_names(hall: Hall, pack: Bundle) -> None:
    team = next(each for each in pack.scenarios if len(each.persona_ids) > 1)
    made = await recording(hall, pack, team.name)
    person = Answers(["", "Fine."])
    names = [next(each.name for each in pack.personas if each.id == persona_id) for persona_id in team.persona_ids]
    person.answers[0] = f"[[{names[0]}]]\nI did it.\n\n[[{names[1]}]]\nNo, I did."
    candidate = Answers(["Who wrote it?", "I see.", "Bye."])
    replay_id = await hall.begin(made, rules(3, "vendor:person"))
    await hall.replayed(Both(candidate, person), replay_id)
    turns = await hall.turns(replay_id)
    assert [each.content for each in turns[1].heard] == [f"{names[0]}: I did it.", f"{names[1]}: No, I did."]
    assert candidate.said(1)[-1] == ("user", f"{names[0]}: I did it.\n\n{names[1]}: No, I did.")
    assert person.said(1)[2] == ("assistant", f"[[{names[0]}]]\nI did it.\n\n[[{names[1]}]]\nNo, I did.")


async def test_where_the_candidate_plays_the_persona_a_learner_drives(hall: Hall, pack: Bundle) -> None:
    messages = (line("user", "Tell me."), line("assistant", "No."), line("user", "Please."), line("assistant", "Ok."))
    made = await recording(hall, pack, "ecursion", part="persona", messages=messages)
    offline = await hall.begin(made, rules(8, "scripted"))
    candidate = Answers(["First.", "Second."])
    replay = await hall.replayed(Both(candidate, ScriptedModel()), offline)
    assert (replay.state, replay.turn) == ("completed", 2)
    assert [each.content for turn in await hall.turns(offline) for each in turn.heard] == ["Tell me.", "Please."]
    await hall.database.write(lambda tx: tx.run("DELETE FROM replays"))
    await hall.database.write(lambda tx: tx.run("DELETE FROM tests"))
    person = Answers(["And why?"])
    await hall.replayed(Both(Answers(["So."]), person), await hall.begin(made, rules(2, "vendor:person")))
    assert "What you want to reach" in person.asked[0].messages[0].content
    assert "- Please." in person.asked[0].messages[0].content
