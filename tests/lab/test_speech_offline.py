"""Speech of the assistant with the engines of this machine, no network and no key, for a client in the field."""

import asyncio
from collections.abc import Iterator

import pytest

from parlour.kernel.clock import SystemClock
from parlour.providers.speech import build_speech
from parlour.settings import load_settings
from parlour.settings.lab import Lab
from parlour.speech.engines import SpeechEngines
from parlour.speech.pcm import resampled, silence
from parlour.speech.ports import HEARD_RATE, Voice
from parlour.speech.voicing import voiced_ms
from parlour.speech.wav import read_wav, wav_bytes
from tests.harness.site import Site
from tests.lab.field import FieldClient
from tests.lab.house import LabHouse, new_member, serving_here


@pytest.fixture(scope="module")
def engines() -> SpeechEngines:
    """The engines that are found here; without both there is nothing to test."""
    found = build_speech(load_settings(), SystemClock())
    if found.transcriber is None or found.synthesizer is None:
        pytest.skip(f"{found.why_no_in} {found.why_no_out}")
    return found


@pytest.fixture(scope="module")
def house(lab_site: Site, engines: SpeechEngines) -> Iterator[LabHouse]:
    """A server with its default settings, which a client in the field may use."""
    with serving_here(lab_site, lab=Lab(trust_path_user_id=True)) as made:
        yield made


async def said(engines: SpeechEngines, text: str, language: str = "en") -> bytes:
    """A recording of a synthetic person."""
    assert engines.synthesizer is not None
    sound = bytearray()
    async for piece in engines.synthesizer.speak(text, Voice(language=language)):
        sound += piece
    heard = resampled(bytes(sound), engines.synthesizer.rate, HEARD_RATE)
    return wav_bytes(silence(300, HEARD_RATE) + heard + silence(400, HEARD_RATE), HEARD_RATE)


@pytest.mark.lab("G1", "G2", "G5")
async def test_a_question_is_read_aloud_and_approved_aloud(house: LabHouse, engines: SpeechEngines) -> None:
    ada = new_member(house.site)
    async with FieldClient(house.url, ada.user_id) as client:
        client.say("create an experiment called Annealing with the description Heat it.", reply_in_speech=True)
        verify = await client.next_reply()
        assert (verify["error"], verify["question"]["kind"]) == (None, "verify")
        client.say("yes", reply_in_speech=True)
        asked = await client.next_reply()
        assert (asked["error"], asked["question"]["kind"]) == (None, "authorize")
        async with house.http() as http:
            answer = await http.post(client.path("files/bytes"), json={"filepath": asked["reply_speech"]})
            wav = read_wav(answer.content, 600)
            assert (wav.rate, answer.headers["content-type"]) == (16_000, "audio/wav")
            assert voiced_ms(wav.sound) > 500
            client.speak(await said(engines, "yes"), "")
            final = await client.next_reply()
            person = (await http.get(client.path("messages"))).json()["messages"][-2]
        assert (person["kind"], person["text"]) == ("speech", "yes")
        assert (final["error"], final["inner_chat"]) == (None, False)
        assert final["reply_speech"].endswith(f"reply-{final['message_id']}.wav")
    made = house.read(lambda tx: tx.all("SELECT name FROM experiments WHERE account_id = :id", id=ada.account_id))
    assert [row["name"] for row in made] == ["Annealing"]


async def test_a_chinese_answer_is_read_in_chinese(house: LabHouse) -> None:
    lin = new_member(house.site)
    async with FieldClient(house.url, lin.user_id) as client:
        client.say("今天星期几", reply_in_speech=True)
        final = await client.next_reply()
        assert (final["error"], "星期" in final["transcript"]) == (None, True)
        async with house.http() as http:
            answer = await http.post(client.path("files/bytes"), json={"filepath": final["reply_speech"]})
        assert voiced_ms(read_wav(answer.content, 600).sound) > 200


@pytest.mark.lab("G3", "G8")
async def test_several_people_speak_at_once(house: LabHouse, engines: SpeechEngines) -> None:
    recording = await said(engines, "yes")
    people = [new_member(house.site) for _ in range(4)]

    async def talk(user_id: str) -> None:
        async with FieldClient(house.url, user_id) as client:
            client.speak(recording)
            heard = await client.next_reply(120)
            assert heard["error"] is None, heard
            client.speak(wav_bytes(silence(1_000, HEARD_RATE), HEARD_RATE))
            nothing = await client.next_reply(120)
            assert nothing["error"].startswith("speech_not_recognised: ")

    await asyncio.gather(*(talk(each.user_id) for each in people))
