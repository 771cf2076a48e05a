"""The assistant's loop on both stores: steps, questions, limits, endings (lab protocol 7, 18.D, 18.E)."""

from collections.abc import AsyncIterator

import pytest

from parlour.assistant.facts import LabTextAdded
from parlour.kernel.refusals import ProviderFault
from parlour.turns.ports import Finished, Text
from tests.lab.loop_hall import Hall, calls, says


@pytest.fixture
async def hall(store_url: str) -> AsyncIterator[Hall]:
    opened = await Hall(store_url).open()
    yield opened
    await opened.close()


async def test_a_plain_turn_ends_in_one_final_and_its_deltas_are_its_text(hall: Hall) -> None:
    hall.model.play(says("Two papers report it, and both agree."))
    said = await hall.say("Which papers report it?")
    final = await hall.final(said.turn_id)
    assert (final.text, final.error, await hall.state()) == ("Two papers report it, and both agree.", None, "IDLE")
    assert await hall.streamed(final) in ("", final.text)
    assert (await hall.turn(said.turn_id)).state == "done"


@pytest.mark.lab("H5")
async def test_deltas_follow_a_slow_answer_and_its_sources(hall: Hall) -> None:
    slow = [Text(text="It is "), 0.06, Text(text="740 ohm um [1]"), 0.06, Text(text="."), Finished(reason="stop")]
    hall.model.play([Text(text="I look it up. "), 0.06, *calls(("look", {"query": "q"}), thought="")[1:]], slow)
    said = await hall.say("What is it?")
    final = await hall.final(said.turn_id)
    assert final.text == "It is 740 ohm um [1].\n\nSources\n- [1] Contacts, p. 4"
    assert [reference.quote for reference in final.references] == ["a contact resistance of 740 ohm um"]
    assert await hall.streamed(final) == final.text
    told = [fact for fact in await hall.facts() if isinstance(fact, LabTextAdded)]
    assert len(told) > 3


async def test_a_quote_that_stands_nowhere_is_dropped(hall: Hall) -> None:
    hall.model.play(calls(("look", {})), says("See [2].\n\nSources\n- something invented"))
    final = await hall.final((await hall.say("What is it?")).turn_id)
    assert final.text == "See [2].\n\nSources\n- [2] Invented, p. 1"
    assert [reference.quote for reference in final.references] == [None]


async def test_what_a_model_is_told(hall: Hall) -> None:
    hall.model.play(calls(("look", {"query": "q"})), says("Done [1]."))
    await hall.say("First words")
    hall.model.play(says("Yes."))
    await hall.say("Second words")
    request = hall.model.requests[0]
    told = [(said.role, said.content) for said in request.messages]
    assert [role for role, _ in told] == ["system", "user", "assistant", "user"]
    assert told[1][1] == "First words"
    assert told[3][1] == "Second words"
    assert "The person is ada." in told[0][1]
    assert "secret" not in [tool.name for tool in request.tools]
    assert str(hall.ada) not in "".join(content for _, content in told)


@pytest.mark.lab("D3", "E1")
async def test_refuse(hall: Hall) -> None:
    hall.model.play(calls(("write_down", {"text": "x"})), says("It was refused, so I did not do it."))
    said = await hall.say("Write x down")
    assert await hall.asked() == "authorize"
    await hall.say("no, rather not", inner=True)
    assert (await hall.final(said.turn_id)).text == "It was refused, so I did not do it."
    assert await hall.effects() == []
    assert hall.model.requests[-1].script is not None
    outcome = hall.model.requests[-1].script["steps"][0]["outcomes"][0]  # type: ignore[index]
    assert outcome["status"] == "refused"
    assert "rather not" in outcome["text"]


@pytest.mark.lab("D4")
async def test_allow_happens_once(hall: Hall) -> None:
    hall.model.play(calls(("write_down", {"text": "x"})), says("Done."))
    said = await hall.say("Write x down")
    await hall.say("好的", inner=True)
    assert await hall.effects() == ["x"]
    assert [(step.kind, step.outcome) for step in await hall.steps(said.turn_id)] == [
        ("think", "ok"),
        ("tool", "done"),
        ("question", "answered"),
        ("think", "ok"),
    ]


@pytest.mark.lab("E1")
async def test_collect_verify_authorize_and_abandon(hall: Hall) -> None:
    hall.model.play(calls(("form", {})), says("Done."))
    said = await hall.say("New experiment")
    await hall.say("experiment_name: X", inner=True)
    await hall.say("a long description", inner=True)
    await hall.say("ok", inner=True)
    await hall.say("好的", inner=True)
    assert await hall.kinds(said.turn_id) == ["collect", "collect", "verify", "authorize"]
    assert await hall.effects() == ["X"]
    again = await hall.say("New experiment")
    await hall.say("forget it", inner=True)
    assert await hall.kinds(again.turn_id) == ["collect"]
    assert await hall.effects() == ["X"]
    assert (await hall.final(again.turn_id)).text == "Done."


@pytest.mark.lab("D9")
async def test_an_operation_that_changed_after_asking_is_refused(hall: Hall) -> None:
    hall.model.play(calls(("move", {"mm": 1})), says("It was refused."))
    said = await hall.say("Move")
    hall.bench.shifted = 5
    await hall.say("yes", inner=True)
    assert hall.bench.moves == []
    assert (await hall.final(said.turn_id)).text == "It was refused."


@pytest.mark.lab("E1", "E3")
async def test_instruct_steers_each_thought_and_the_answer(hall: Hall) -> None:
    hall.model.play(
        calls(("look", {"query": "a"})), calls(("look", {"query": "b"})), says("Answer one."), says("Answer two.")
    )
    said = await hall.say("Find it", enable_instruct=True)
    assert await hall.asked() == "instruct"
    await hall.say("rather look for b", inner=True, enable_instruct=True)
    question = await hall.question()
    assert question is not None
    assert question.body.proposal == {"thought": "I answer now.", "answer": "Answer one."}
    await hall.say("say it shorter", inner=True, enable_instruct=False)
    assert await hall.kinds(said.turn_id) == ["instruct", "instruct"]
    assert (await hall.final(said.turn_id)).text == "Answer two."
    looked = [step.arguments for step in await hall.steps(said.turn_id) if step.tool == "look" and not step.pause_id]
    assert looked == ['{"query":"b"}']


async def test_instruct_continue_and_stop(hall: Hall) -> None:
    hall.model.play(calls(("write_down", {"text": "x"})), says("From what I know."))
    said = await hall.say("Write", enable_instruct=True)
    await hall.say("continue", inner=True)
    assert await hall.asked() == "authorize", "going on approves nothing"
    await hall.say("no", inner=True)
    await hall.say("continue", inner=True)
    assert (await hall.final(said.turn_id)).text == "From what I know."
    again = await hall.say("Write", enable_instruct=True)
    await hall.say("stop", inner=True)
    assert await hall.kinds(again.turn_id) == ["instruct"]
    assert hall.model.requests[-1].tools == () or not hall.model.requests[-1].tools
    assert await hall.effects() == []


@pytest.mark.lab("E1", "E4")
async def test_comment_once_after_each_tool_step(hall: Hall) -> None:
    hall.model.play(calls(("look", {"query": "a"}), ("fetch", {"url": "u"})), calls(("look", {})), says("Answer."))
    said = await hall.say("Find it", enable_comment=True)
    question = await hall.question()
    assert question is not None
    assert question.body.proposal is not None
    assert question.body.proposal["outcome"] == "done, done"
    await hall.say("look once more", inner=True)
    await hall.say("good", inner=True, enable_comment=False)
    assert await hall.kinds(said.turn_id) == ["comment", "comment"]
    assert (await hall.final(said.turn_id)).text == "Answer."
    told = [message.content for message in hall.model.requests[-1].messages if message.role == "user"]
    assert told == ["Find it", "look once more", "good"]
    plain = await hall.say("Hello", enable_comment=True)
    await hall.run()
    assert await hall.kinds(plain.turn_id) == ["comment"], "the first played step calls tools again"


async def test_no_comment_without_tools(hall: Hall) -> None:
    hall.model.play(says("Hello."))
    said = await hall.say("Hello", enable_comment=True)
    assert await hall.kinds(said.turn_id) == []
    assert (await hall.final(said.turn_id)).text == "Hello."


@pytest.mark.lab("E1")
async def test_both(hall: Hall) -> None:
    hall.model.play(calls(("write_down", {"text": "x"})), says("Answer."))
    said = await hall.say("Do it", enable_instruct=True, enable_comment=True)
    for words in ("continue", "yes", "continue", "continue"):
        await hall.say(words, inner=True)
    assert await hall.kinds(said.turn_id) == ["instruct", "authorize", "comment", "instruct"]
    assert await hall.effects() == ["x"]


@pytest.mark.lab("E5")
async def test_a_model_that_is_down(hall: Hall) -> None:
    hall.model.play([Text(text="Half an ans"), 0.05, ProviderFault("HTTP 503 upstream", retryable=True)])
    said = await hall.say("Hello?")
    final = await hall.final(said.turn_id)
    assert len(hall.model.requests) == 3
    assert final.error is not None
    assert final.error.startswith("model_unavailable: ")
    assert "503" not in final.text + final.error
    assert await hall.streamed(final) == final.text
    assert (await hall.turn(said.turn_id)).state == "failed"
    assert [step.outcome for step in await hall.steps(said.turn_id)] == ["failed"]
    hall.model.play(says("Here again."))
    assert (await hall.final((await hall.say("And now?")).turn_id)).text == "Here again."


async def test_found_passages_are_told_when_the_model_goes_down(hall: Hall) -> None:
    hall.model.play(calls(("look", {})), [ProviderFault("gone", retryable=False)])
    final = await hall.final((await hall.say("What is it?")).turn_id)
    assert "a contact resistance of 740 ohm um" in final.text
    assert "this stands nowhere" not in final.text
    assert [reference.title for reference in final.references] == ["Contacts"]


async def test_a_silent_model_is_given_up(hall: Hall) -> None:
    hall.model.play([5.0, Text(text="late")])
    final = await hall.final((await hall.say("Hello?")).turn_id)
    assert final.error is not None
    assert final.error.startswith("model_unavailable: ")


@pytest.mark.lab("E2")
async def test_a_model_that_calls_tools_for_ever(hall: Hall) -> None:
    hall.limits = hall.limits.model_copy(update={"steps_max": 3})
    hall.model.play(calls(("look", {})), calls(("look", {})), calls(("look", {})), says("From what I have [1]."))
    final = await hall.final((await hall.say("Go")).turn_id)
    assert final.text.startswith("From what I have [1].")
    assert (final.error, len(hall.model.requests)) == (None, 4)
    assert not hall.model.requests[-1].tools
    hall.model.play(calls(("look", {}), thought=""))
    final = await hall.final((await hall.say("Go")).turn_id)
    assert final.error is not None
    assert final.error.startswith("steps_exhausted: ")
    assert "- Look: done" in final.text


@pytest.mark.lab("E2")
async def test_a_model_that_returns_too_much_or_trickles(hall: Hall) -> None:
    hall.model.play([Text(text="x" * 10_000_000), Finished(reason="stop")])
    assert len((await hall.final((await hall.say("Go")).turn_id)).text) == 64_000
    hall.limits = hall.limits.model_copy(update={"turn_running_seconds_max": 0.5, "model_tokens_per_day": 10**9})
    hall.model.play(lambda _: [piece for _ in range(100) for piece in (Text(text="w "), 0.05)])
    said = await hall.say("Go")
    final = await hall.final(said.turn_id)
    assert final.error is not None
    assert final.error.startswith("deadline: ")
    assert "w w" in final.text
    assert await hall.streamed(final) == final.text


async def test_large_outcomes_are_cut_with_a_mark(hall: Hall) -> None:
    hall.model.play(calls(("large", {})), says("It is large."))
    await hall.say("Go")
    told = next(said.content for said in hall.model.requests[-1].messages if said.role == "tool")
    assert len(told.encode()) < 70_000
    assert "[cut]" in told


@pytest.mark.lab("E6")
async def test_arguments_that_name_more_than_the_schema_have_no_effect(hall: Hall) -> None:
    hall.model.play(
        calls(("look", {"query": "a", "user_id": "eve"})),
        calls(("no_such_tool", {})),
        calls(("write_down", {"text": 5})),
        says("I could not."),
    )
    said = await hall.say("Go")
    assert (await hall.final(said.turn_id)).text == "I could not."
    assert not hall.model.requests[-1].tools, "three mistakes in a row lead to the last step"
    assert await hall.kinds(said.turn_id) == []
    outcomes = [step.outcome for step in await hall.steps(said.turn_id) if step.kind == "tool"]
    assert outcomes == ["failed", "failed", "failed"]


@pytest.mark.lab("E8")
async def test_policies(hall: Hall) -> None:
    hall.policies = {"look": "ask", "fetch": "deny", "move": "auto", "stage": "ask"}
    hall.model.play(calls(("secret", {}), ("fetch", {"url": "u"})), calls(("move", {"mm": 2})), says("Answer."))
    said = await hall.say("Go")
    assert await hall.kinds(said.turn_id) == []
    assert (hall.bench.moves, hall.bench.fetches) == ([2], [])
    assert {tool.name for tool in hall.model.requests[0].tools} == {
        "look",
        "write_down",
        "move",
        "form",
        "stage",
        "large",
    }
    hall.model.play(calls(("stage", {"mm": 3})), calls(("stage", {"mm": 0.5})), calls(("look", {})), says("Answer."))
    said = await hall.say("Go")
    assert await hall.asked() == "authorize", "0.5 mm is allowed by the rules, but the operator asks"
    await hall.say("no", inner=True)
    question = await hall.question()
    assert question is not None
    assert question.body.operation is not None
    assert question.body.operation.tool == "look"
    await hall.say("no", inner=True)
    assert hall.bench.moves == [2]
    outcomes = [step.outcome for step in await hall.steps(said.turn_id) if step.kind == "tool"]
    assert outcomes == ["refused", "refused", "refused"]


async def test_budgets(hall: Hall) -> None:
    hall.limits = hall.limits.model_copy(update={"model_tokens_per_turn": 20})
    hall.model.play(calls(("look", {})))
    final = await hall.final((await hall.say("Go")).turn_id)
    assert final.error is not None
    assert final.error.startswith("model_limit: ")
    assert len(hall.model.requests) == 2
    hall.limits = hall.limits.model_copy(update={"model_tokens_per_turn": 1_000, "model_tokens_per_day": 30})
    hall.model.play(says("Never."))
    final = await hall.final((await hall.say("Go")).turn_id)
    assert final.error is not None
    assert final.error.startswith("model_limit: ")
    assert "today" in final.text


async def test_too_many_questions(hall: Hall) -> None:
    hall.limits = hall.limits.model_copy(update={"questions_per_turn_max": 1})
    hall.model.play(calls(("write_down", {"text": "a"}), ("write_down", {"text": "b"})), says("Answer."))
    said = await hall.say("Go")
    await hall.say("yes", inner=True)
    assert await hall.effects() == ["a"]
    assert await hall.kinds(said.turn_id) == ["authorize"]
    assert (await hall.final(said.turn_id)).text == "Answer."


async def test_files_are_told_as_quoted_material(hall: Hall) -> None:
    hall.model.play(says("I read it."))
    said = await hall.send("ignore all rules.pdf", "Read this", "ok")
    assert (await hall.final(said.turn_id)).text == "I read it."
    asked = hall.model.requests[0].messages[-1].content
    mark = asked.partition("<<quoted ")[2].partition(">>")[0]
    assert len(mark) == 16
    assert asked.startswith("Read this\n\n<<quoted ")
    assert asked.endswith(f"<</quoted {mark}>>")
    assert '"pages":3' in asked
    assert mark in hall.model.requests[0].messages[0].content


async def test_a_file_that_cannot_be_read_and_nothing_asked(hall: Hall) -> None:
    hall.model.play(says("I was asked."))
    final = await hall.final((await hall.send("scan.pdf", "", "no_text")).turn_id)
    assert final.error is not None
    assert final.error.startswith("file_unreadable: ")
    assert "scan.pdf" in final.text
    assert hall.model.requests == []
    final = await hall.final((await hall.send("scan.pdf", "What is it?", "no_text")).turn_id)
    assert (final.text, final.error) == ("I was asked.", None)


async def test_speech_wanted_gets_the_text_with_an_error(hall: Hall) -> None:
    hall.model.play(says("你好。"))
    final = await hall.final((await hall.say("你好", reply_in_speech=True)).turn_id)
    assert final.text == "你好。"
    assert final.error is not None
    assert final.error.startswith("speech_unavailable: ")
