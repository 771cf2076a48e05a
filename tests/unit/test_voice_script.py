"""Which words of an answer a moment of its sound says (the heard ledger)."""

import asyncio

from parlour.attempts.voice.holders import SOUND_RATE, ReplySound
from parlour.attempts.voice.playing import Listener, Player
from parlour.attempts.voice.script import Script
from parlour.kernel.ids import ChatId, MessageId
from tests.unit.voice_hall import eventually, quiet

TEXT = "One two three. Four five."


def script_of(*sentences: tuple[int, int, int]) -> Script:
    """Sentences of TEXT (from, to), each with so many milliseconds of sound."""
    script, made = Script(), 0
    for start, end, ms in sentences:
        script.sentence(start, end, TEXT[start:end].strip(), range(start, end))
        made += ms
        script.made(made)
    script.end(made)
    return script


def test_a_word_is_heard_when_its_sound_has_begun() -> None:
    script = script_of((0, 15, 1400), (15, 25, 1000))
    assert script.heard(0) == 0
    assert TEXT[: script.heard(1)] == "One"
    assert TEXT[: script.heard(400)] == "One"
    assert TEXT[: script.heard(401)] == "One two"
    assert TEXT[: script.heard(1400)] == "One two three."
    assert TEXT[: script.heard(1401)] == "One two three. Four"
    assert TEXT[: script.heard(9999)] == TEXT


def test_a_sentence_is_sent_when_its_sound_begins_to_be() -> None:
    script = script_of((0, 15, 1400), (15, 25, 1000))
    assert script.begun(0) == 0
    assert script.begun(1) == 15
    assert script.begun(1400) == 15
    assert script.begun(1401) == 25


def test_a_sentence_whose_sound_is_still_made_is_guessed() -> None:
    script = Script()
    script.sentence(0, 15, TEXT[:14], range(15))
    script.made(100)
    assert TEXT[: script.heard(100)] == "One"
    [segment] = script.segments()
    assert segment.end_ms == 14 * 65


def test_chinese_is_heard_character_by_character() -> None:
    text = "我读了这本书。"
    script = Script()
    script.sentence(0, len(text), text, range(len(text)))
    script.made(700)
    script.end(700)
    assert text[: script.heard(250)] == "我读了"
    assert text[: script.heard(600)] == text


def test_text_without_places_is_spread_over_all_sound() -> None:
    script = Script()
    script.grow("One two ")
    script.made(1000)
    script.grow("three.")
    script.end(1400)
    assert script.heard(1) == 3
    assert script.heard(1400) == 14


async def test_sound_is_sent_no_further_ahead_than_the_lead() -> None:
    sent: list[ReplySound] = []

    def offer(sound: ReplySound) -> bool:
        sent.append(sound)
        return True

    listener = Listener(chat_id=ChatId("c"), offer=offer, tell=lambda: None, lead_ms=300)
    player = Player(listener, MessageId("m"))
    player.script.sentence(0, len(TEXT), TEXT, range(len(TEXT)))
    player.add(quiet(900))
    assert player.sent_ms <= 300 + 80
    player.hold(True)
    before = player.sent_ms
    await asyncio.sleep(0.2)
    assert player.sent_ms == before
    player.hold(False)
    player.end()
    await eventually(lambda: player.finished)
    assert b"".join(sound.pcm for sound in sent) == quiet(900)
    assert [sound.frame for sound in sent] == list(range(len(sent)))
    assert all(len(sound.pcm) % 2 == 0 for sound in sent)
    played = player.playback()
    assert (played.heard_characters, played.sent_ms, played.heard_ms) == (len(TEXT), 900, 900)
    assert len(quiet(900)) == SOUND_RATE * 2 * 900 // 1000


async def test_an_answer_without_sound_is_over_at_once() -> None:
    listener = Listener(chat_id=ChatId("c"), offer=lambda _: True, tell=lambda: None, lead_ms=300)
    player = Player(listener, MessageId("m"))
    player.end()
    assert player.finished
