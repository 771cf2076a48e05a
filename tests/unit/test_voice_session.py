"""Voice sessions (Glow 6.8): the real desk on a real store, tone speech in and out."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from parlour.attempts.voice.acts import RECOVER, RecoverSpeech
from parlour.attempts.voice.holders import SOUND_RATE
from parlour.conversations.spoken import sessions
from parlour.kernel.refusals import Refusal
from parlour.providers.speech.scripted import tone
from tests.unit.voice_hall import PAUSE_MS, Hall, crash, eventually, joined, murmur, open_voice, quiet

LONG = " ".join(f"This is sentence number {number} of a long answer." for number in range(1, 30))


@pytest.fixture
async def hall(store_url: str, tmp_path: Path) -> AsyncIterator[Hall]:
    async with open_voice(store_url, tmp_path) as opened:
        yield opened


async def test_what_is_said_is_answered_aloud(hall: Hall) -> None:
    client = await hall.open()
    await hall.speak("What have you tried?")
    [completed] = await hall.told("ReplyCompleted")
    assert await hall.kinds() == [
        "VoiceTaken",
        "SpeechStarted",
        "SpeechHeard",
        "LearnerMessageAdded",
        "ReplyStarted",
        "TextAdded",
        "ReplyWritten",
        "ReplySpoken",
        "HintsAdded",
        "ReplyCompleted",
    ]
    assert completed.status == "complete"
    assert completed.content == hall.model.reply
    assert client.heard() == hall.model.reply
    query, reply = await hall.messages()
    [utterance] = await hall.utterances()
    assert (query.content, query.item_id, query.id) == ("What have you tried?", utterance.id, utterance.message_id)
    assert (utterance.state, utterance.text, utterance.engine) == ("said", query.content, "scripted")
    assert [word.text for word in utterance.words] == ["What", "have", "you", "tried?"]
    assert utterance.upload_id is not None
    assert utterance.audio_ms > 500
    [heard] = await hall.ledger()
    assert (heard.message_id, heard.state, heard.text) == (reply.id, "complete", reply.content)
    assert heard.heard_characters == len(reply.content)


async def test_words_are_told_while_somebody_speaks(hall: Hall) -> None:
    await hall.open()
    hall.hear(quiet(200) + tone("What have you tried", rate=SOUND_RATE))
    heard = await hall.told("SpeechHeard")
    assert heard[0].transcript in "What have you tried"
    [started] = await hall.told("SpeechStarted")
    assert await hall.messages() == []
    hall.hear(tone("so far?", rate=SOUND_RATE) + quiet(PAUSE_MS))
    [said] = await hall.told("LearnerMessageAdded")
    heard = await hall.told("SpeechHeard")
    assert heard[-1].transcript == said.content == "What have you tried so far?"
    assert {(each.item_id, each.message_id) for each in (started, said, *heard)} == {(said.item_id, said.message_id)}


async def test_sound_without_words_leaves_nothing(hall: Hall) -> None:
    client = await hall.open()
    hall.hear(quiet(200) + murmur() + quiet(PAUSE_MS))
    [dropped] = await hall.told("SpeechDropped")
    [started] = await hall.told("SpeechStarted")
    assert (dropped.item_id, dropped.message_id) == (started.item_id, started.message_id)
    assert await hall.messages() == []
    [utterance] = await hall.utterances()
    assert (utterance.state, utterance.upload_id, utterance.error) == ("blank", None, None)
    await hall.speak("Hello.")
    await hall.told("ReplyStarted")
    assert client.calls == [("ready",)]


async def test_who_interrupts_is_heard_and_the_answer_is_what_was_heard(hall: Hall) -> None:
    hall.model.reply = LONG
    client = await hall.open()
    await hall.speak("Tell me everything.")
    await eventually(lambda: len(client.sounds) > 10)
    sent = len(client.sounds)
    await hall.speak("Wait, please stop.")
    [first, *_] = await hall.told("ReplyCompleted")
    await hall.told("LearnerMessageAdded", 2)
    facts = await hall.facts()
    names = [type(fact).__name__ for fact in facts]
    at = names.index("ReplyCompleted")
    assert names[at : at + 3] == ["ReplyCompleted", "ReplyStopped", "SpeechStarted"]
    assert "ReplySpoken" not in names[:at]
    assert "HintsAdded" not in names[:at]
    assert first.status == "stopped"
    assert 0 < len(first.content) < len(LONG)
    assert LONG.startswith(first.content)
    assert joined(facts[: at + 1], first.message_id) == first.content
    reply = next(each for each in await hall.messages() if each.id == first.message_id)
    assert (reply.state, reply.content) == ("stopped", first.content)
    heard = next(each for each in await hall.ledger() if each.message_id == first.message_id)
    assert (heard.state, heard.text, heard.measured) == ("interrupted", LONG, "clock")
    assert heard.heard_characters == len(first.content)
    assert heard.heard_ms <= heard.sent_ms
    assert heard.sent_ms < 400 + 80 * (sent + 15)
    await eventually(lambda: len([each for each in hall.model.asked if each.task == "reply"]) == 2)
    asked = next(each for each in reversed(hall.model.asked) if each.task == "reply")
    assert first.content in [each.content for each in asked.messages]
    assert LONG not in [each.content for each in asked.messages]


async def test_a_cough_holds_the_answer_and_it_goes_on(hall: Hall) -> None:
    hall.model.reply = "One two three four five six seven eight nine ten, and that is all of it."
    client = await hall.open()
    await hall.speak("Count.")
    await eventually(lambda: len(client.sounds) > 5)
    hall.hear(murmur(160) + quiet(800))
    [completed] = await hall.told("ReplyCompleted")
    assert (completed.status, completed.content) == ("complete", hall.model.reply)
    assert client.heard() == hall.model.reply
    assert len(await hall.told("SpeechStarted")) == 1


async def test_an_answer_that_has_not_begun_to_sound_can_be_interrupted(hall: Hall) -> None:
    hall.model.gate = asyncio.Event()
    client = await hall.open()
    await hall.speak("Hello.")
    await hall.told("TextAdded")
    await hall.speak("No, another thing.")
    [completed] = await hall.told("ReplyCompleted")
    assert (completed.status, completed.content) == ("stopped", "")
    hall.model.gate.set()
    [_, completed] = await hall.told("ReplyCompleted", 2)
    assert completed.status == "complete"
    assert client.heard() == hall.model.reply
    asked = next(each for each in reversed(hall.model.asked) if each.task == "reply")
    assert [each.content for each in asked.messages[1:]] == ["Hello.", "No, another thing."]


async def test_mute_ends_a_turn_and_hears_nothing(hall: Hall) -> None:
    await hall.open()
    hall.hear(quiet(200) + tone("Push to talk", rate=SOUND_RATE))
    await hall.told("SpeechStarted")
    assert hall.desk.mute("c1", hall.chat_id, True)
    [said] = await hall.told("LearnerMessageAdded")
    assert said.content == "Push to talk"
    await hall.told("ReplyCompleted")
    assert not hall.desk.hear("c1", hall.chat_id, tone("Nobody hears this.", rate=SOUND_RATE)[:960], None)
    assert hall.desk.mute("c1", hall.chat_id, False)
    await hall.speak("But this.")
    [_, said] = await hall.told("LearnerMessageAdded", 2)
    assert said.content == "But this."


async def test_what_is_typed_is_answered_aloud(hall: Hall) -> None:
    client = await hall.open()
    await hall.type("Let me type this.")
    [completed] = await hall.told("ReplyCompleted")
    [said] = await hall.told("LearnerMessageAdded")
    assert said.item_id is None
    assert completed.status == "complete"
    assert client.heard() == hall.model.reply


async def test_a_stopped_answer_keeps_what_was_sent_and_the_session_goes_on(hall: Hall) -> None:
    hall.model.reply = LONG
    client = await hall.open()
    await hall.speak("Tell me everything.")
    await eventually(lambda: len(client.sounds) > 10)
    assert await hall.stop_reply()
    [completed] = await hall.told("ReplyCompleted")
    assert completed.status == "stopped"
    assert 0 < len(completed.content) < len(LONG)
    assert LONG.startswith(completed.content)
    assert joined(await hall.facts(), completed.message_id) == completed.content
    [heard] = await hall.ledger()
    assert (heard.state, heard.text, heard.heard_characters) == ("stopped", LONG, len(completed.content))
    count = len(client.sounds)
    await hall.speak("And now?")
    await hall.told("LearnerMessageAdded", 2)
    assert {each.message_id for each in client.sounds[count:]} <= {(await hall.messages())[-1].id}
    assert client.calls == [("ready",)]


async def test_a_stop_in_the_middle_of_speech_says_what_was_heard(hall: Hall) -> None:
    client = await hall.open()
    hall.hear(quiet(200) + tone("I was about to say", rate=SOUND_RATE))
    await hall.told("SpeechStarted")
    assert await hall.desk.close("c1", hall.chat_id)
    [completed] = await hall.told("ReplyCompleted")
    [said] = await hall.told("LearnerMessageAdded")
    assert said.content == "I was about to say"
    assert (completed.status, completed.content) == ("complete", hall.model.reply)
    await eventually(lambda: len(client.calls) == 2)
    assert client.calls == [("ready",), ("ended", "stopped")]
    assert client.sounds == []
    assert await hall.ledger() == []
    assert not await hall.desk.close("c1", hall.chat_id)
    assert not hall.desk.hear("c1", hall.chat_id, bytes(960), None)


async def test_a_stop_of_the_session_stops_the_answer(hall: Hall) -> None:
    hall.model.reply = LONG
    client = await hall.open()
    await hall.speak("Tell me everything.")
    await eventually(lambda: len(client.sounds) > 10)
    assert await hall.desk.close("c1", hall.chat_id)
    await eventually(lambda: len(client.calls) == 2)
    [completed] = await hall.told("ReplyCompleted")
    assert completed.status == "stopped"
    assert LONG.startswith(completed.content)
    assert completed.content != LONG
    count = len(client.sounds)
    await hall.open()
    assert len(client.sounds) == count


async def test_a_connection_that_is_gone_is_told_nothing_and_the_text_stays(hall: Hall) -> None:
    hall.model.reply = LONG
    client = await hall.open()
    await hall.speak("Tell me everything.")
    await eventually(lambda: len(client.sounds) > 10)
    hall.desk.left("c1")
    count = len(client.sounds)
    [completed] = await hall.told("ReplyCompleted")
    assert (completed.status, completed.content) == ("complete", LONG)
    [heard] = await hall.ledger()
    assert heard.state == "abandoned"
    assert len(client.sounds) == count
    assert client.calls == [("ready",)]
    assert not hall.desk.holds("c1", hall.chat_id)


async def test_another_connection_takes_the_session_over(hall: Hall) -> None:
    first = await hall.open("c1")
    second = await hall.open("c2")
    assert first.calls == [("ready",), ("ended", "takeover")]
    assert not hall.desk.hear("c1", hall.chat_id, bytes(960), None)
    await hall.speak("Do you hear me?", "c2")
    await hall.told("ReplyCompleted")
    assert first.sounds == []
    assert second.heard() == hall.model.reply


async def test_a_repeated_start_keeps_the_session(hall: Hall) -> None:
    client = await hall.open()
    again = await hall.desk.open(hall.actor, hall.chat_id, client)
    once_more = await hall.desk.open(hall.actor, hall.chat_id, client)
    assert again == once_more
    assert client.calls == [("ready",)] * 3
    assert len(await hall.told("VoiceTaken")) == 1


async def test_the_end_of_a_chat_ends_its_session_first(hall: Hall) -> None:
    client = await hall.open()
    hall.hear(quiet(200) + tone("I was about to say", rate=SOUND_RATE))
    await hall.told("SpeechStarted")
    await hall.end_chat()
    await eventually(lambda: len(client.calls) == 2)
    assert client.calls == [("ready",), ("ended", "chat_ended")]
    names = await hall.kinds()
    at = names.index("VoiceEnding")
    assert names[at : at + 3] == ["VoiceEnding", "SpeechDropped", "ChatEnded"]
    [utterance] = await hall.utterances()
    assert (utterance.state, utterance.error) == ("failed", "chat_ended")
    with pytest.raises(Refusal, match="chat_completed"):
        await hall.desk.open(hall.actor, hall.chat_id, hall.client("c3"))


async def test_a_dead_recogniser_ends_the_session_and_the_recording_stays(hall: Hall) -> None:
    client = await hall.open()
    await hall.speak("Now [engine dies] at once.")
    await eventually(lambda: len(client.calls) == 3)
    assert client.calls == [("ready",), ("failed", "unavailable"), ("ended", "failed")]
    await hall.told("SpeechDropped")
    [utterance] = await hall.utterances()
    assert (utterance.state, utterance.error) == ("failed", "unavailable")
    assert utterance.upload_id is not None
    await hall.type("Then I type.")
    [completed] = await hall.told("ReplyCompleted")
    assert completed.status == "complete"


async def test_a_dead_voice_ends_the_session_and_the_text_stays(hall: Hall) -> None:
    hall.model.reply = "Listen. Now [engine dies] at once."
    client = await hall.open()
    await hall.speak("Hello.")
    [completed] = await hall.told("ReplyCompleted")
    assert (completed.status, completed.content) == ("complete", hall.model.reply)
    assert client.calls == [("ready",), ("failed", "unavailable"), ("ended", "failed")]


async def test_a_client_that_does_not_keep_up_hears_everything_later(hall: Hall) -> None:
    client = await hall.open()
    client.takes = False
    await hall.speak("Hello.")
    await hall.told("ReplyWritten")
    assert client.sounds == []
    client.takes = True
    await hall.told("ReplyCompleted")
    assert client.heard() == hall.model.reply


async def test_reports_of_the_client_measure_what_was_heard(hall: Hall) -> None:
    hall.model.reply = LONG
    client = await hall.open()
    await hall.speak("Tell me everything.")
    await eventually(lambda: len(client.sounds) > 15)
    reply_id = client.sounds[0].message_id
    assert hall.desk.played("c1", hall.chat_id, reply_id, 400)
    assert not hall.desk.played("c1", hall.chat_id, "another", 400)
    assert not hall.desk.played("c2", hall.chat_id, reply_id, 400)
    await hall.speak("Wait, please stop.")
    [completed, *_] = await hall.told("ReplyCompleted")
    heard = next(each for each in await hall.ledger() if each.message_id == reply_id)
    assert (heard.state, heard.measured, heard.heard_ms) == ("interrupted", "report", 400)
    assert heard.heard_characters == len(completed.content)
    assert len(completed.content) < 20


async def test_words_end_a_turn_that_a_reply_was_still_running_for(hall: Hall) -> None:
    """Speech before the first answer was understood: the second turn stops the first answer."""
    await hall.open()
    await hall.speak("One [engine slow] thing.")
    await hall.told("SpeechStarted")
    await hall.speak("And another.")
    [first, second] = await hall.told("LearnerMessageAdded", 2)
    assert (first.content, second.content) == ("One [engine slow] thing.", "And another.")
    [stopped, completed] = await hall.told("ReplyCompleted", 2)
    assert (stopped.status, stopped.content) == ("stopped", "")
    assert completed.status == "complete"


async def test_a_reply_is_completed_when_the_process_that_spoke_it_is_dead(hall: Hall) -> None:
    hall.model.reply = LONG
    client = await hall.open()
    await hall.speak("Tell me everything.")
    await hall.told("ReplyWritten")
    await eventually(lambda: client.sounds)
    crash(hall)
    await hall.do(sessions.forget_all)
    [completed] = await hall.told("ReplyCompleted")
    assert (completed.status, completed.content) == ("complete", LONG)
    again = await hall.open("c2")
    assert again.calls == [("ready",)]


async def test_what_a_dead_process_had_heard_is_said(hall: Hall) -> None:
    await hall.open()
    hall.hear(quiet(200) + tone("Nobody saw it coming", rate=SOUND_RATE))
    await hall.told("SpeechHeard")
    await asyncio.sleep(0.6)
    crash(hall)
    await hall.do(sessions.forget_all)
    [utterance] = await hall.utterances()
    assert utterance.state == "speaking"
    await hall.do(lambda tx: tx.enqueue(RECOVER, RecoverSpeech(utterance_id=utterance.id, alone=True)))
    [said] = await hall.told("LearnerMessageAdded")
    assert said.content == "Nobody saw it coming"
    assert (said.item_id, said.message_id) == (utterance.id, utterance.message_id)
    [completed] = await hall.told("ReplyCompleted")
    assert completed.status == "complete"
    [utterance] = await hall.utterances()
    assert utterance.state == "said"
    assert utterance.upload_id is not None


async def test_a_living_session_is_not_recovered_from(hall: Hall) -> None:
    await hall.open()
    hall.hear(quiet(200) + tone("I am still", rate=SOUND_RATE))
    await hall.told("SpeechStarted")
    [utterance] = await hall.utterances()
    await hall.do(lambda tx: tx.enqueue(RECOVER, RecoverSpeech(utterance_id=utterance.id, alone=True), unique="now"))
    await hall.gone("now")
    [utterance] = await hall.utterances()
    assert utterance.state == "speaking"
    hall.hear(tone("speaking.", rate=SOUND_RATE) + quiet(PAUSE_MS))
    [said] = await hall.told("LearnerMessageAdded")
    assert said.content == "I am still speaking."
