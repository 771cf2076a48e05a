"""Speech of the assistant as clients see it: recordings in, WAV files out, texts where an engine fails (10, 18.G)."""

import asyncio
import io
import wave
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from parlour.providers.speech import scripted
from parlour.providers.speech.scripted import read_tones
from parlour.settings.lab import Lab
from parlour.settings.speech import Speech
from parlour.speech.wav import read_wav
from parlour.storage.tx import Tx
from tests.conftest import STORES, make_site
from tests.harness.site import Site
from tests.lab.field import FieldClient
from tests.lab.flow_scripts import write_story
from tests.lab.flows import Flow
from tests.lab.house import LabHouse, Member, serving_here
from tests.lab.recordings import packed, spoken, stereo
from tests.lab.scene import Scene, scene_on
from tests.promises.waiting import eventually

SPEECH = {"in": "scripted", "out": "scripted"}
SCENE = {"speech__in": "scripted", "speech__out": "scripted"}


@pytest.fixture(scope="module")
def talking(lab_site: Site) -> Iterator[LabHouse]:
    """A server that hears and speaks tone speech."""
    with serving_here(lab_site, speech=Speech.model_validate(SPEECH)) as house:
        yield house


@pytest.fixture(params=STORES)
def scene(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Scene]:
    """One that can be killed, with the played turns."""
    site = make_site(request.param, tmp_path, request)
    with scene_on(site, lab__script=write_story(tmp_path), **SCENE) as made:
        yield made
    site.close()


@pytest.fixture
async def flow(scene: Scene) -> AsyncIterator[Flow]:
    """A flow of a new member; its events are checked at the end."""
    made = Flow(scene, scene.member())
    yield made
    await made.close()


def field(house: LabHouse, member: Member) -> FieldClient:
    return FieldClient(house.url, member.user_id, headers=member.headers)


def words_of(content: bytes) -> str:
    """What a WAV file of the assistant says; it has the one form of 10.3."""
    assert (content[:4], content[8:12]) == (b"RIFF", b"WAVE")
    with wave.open(io.BytesIO(content)) as found:
        assert (found.getnchannels(), found.getsampwidth(), found.getframerate()) == (1, 2, 16_000)
        assert found.getnframes() > 0
    return " ".join(word.text for word in read_tones(read_wav(content, 900).sound))


async def fetched(http: httpx.AsyncClient, member: Member, handle: str) -> bytes:
    answer = await http.post(f"/users/{member.user_id}/files/bytes", json={"filepath": handle})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    assert int(answer.headers["content-length"]) == len(answer.content)
    return answer.content


async def messages(http: httpx.AsyncClient, member: Member) -> list[Any]:
    answer = await http.get(f"/users/{member.user_id}/messages", params={"limit": "200"})
    return answer.json()["messages"]


def speaking(tx: Tx) -> bool:
    """Whether some reply is being spoken."""
    return tx.one("SELECT 1 AS one FROM jobs WHERE kind = 'assistant.speak' AND state = 'running'") is not None


@pytest.mark.lab("G1")
@pytest.mark.parametrize(
    ("form", "suffix"),
    [
        ("8000", ".wav"),
        ("44100", ""),
        ("48000", ".mp3"),
        ("stereo", ".wav"),
        ("ogg", ".ogg"),
        ("webm", ".wav"),
        ("mp3", ""),
    ],
)
async def test_every_container_is_heard_whatever_its_suffix(talking: LabHouse, form: str, suffix: str) -> None:
    said = "what day is it"
    content = (
        spoken(said, rate=int(form))
        if form.isdigit()
        else stereo(said, 44_100)
        if form == "stereo"
        else packed(said, form)
    )
    ada = talking.member()
    async with field(talking, ada) as client, talking.http(ada) as http:
        client.speak(content, suffix, reply_in_speech=False)
        final = await client.next_reply()
        assert (final["error"], final["inner_chat"]) == (None, False)
        assert "day" in final["reply_text"]
        person = (await messages(http, ada))[0]
        assert (person["text"], person["kind"]) == (said, "speech")
        sent = await http.get(f"/users/{ada.user_id}/{person['speech']}")
        assert sent.content == content


@pytest.mark.lab("G2")
async def test_flow_18_speech_is_answered_in_speech(flow: Flow) -> None:
    sent = await flow.call("POST", "chat_speech", files={"file": ("speech", spoken("plain, please"))})
    flow.taken(sent, "started")
    found = await flow.reply()
    assert "reply_text" not in found
    assert (found["valid"], found["inner_chat"], found["error"]) == (True, False, None)
    assert found["reply_speech"].endswith(f"/reply-{found['message_id']}.wav")
    assert found["transcript"] == "A plain answer."
    got = await flow.call("POST", "files/bytes", json={"filepath": found["reply_speech"]})
    assert words_of(got.content) == "A plain answer."
    await flow.scene.restart()
    again = await flow.poll(after="0", reply_speech="map")
    assert again["reply_speech"] == {found["reply_speech"]: len(got.content)}
    assert (await flow.call("GET", found["reply_speech"])).content == got.content
    turn = await flow.get(sent.headers["location"].partition(flow.at)[2])
    assert [step["kind"] for step in turn["steps"]] == ["speech", "think", "speech"]
    assert [step["outcome"] for step in turn["steps"]] == ["ok"] * 3


@pytest.mark.lab("G5", "G3")
async def test_flow_19_speech_not_understood_as_an_answer(flow: Flow) -> None:
    await flow.start("create an experiment called X with the description Y")
    await flow.asked("verify")
    await flow.say("yes")
    first = await flow.asked("authorize")
    silent = spoken("")
    flow.taken(await flow.call("POST", "inner_chat_speech", files={"file": silent}), "answering")
    await flow.scene.restart()
    again = await flow.reply()
    assert (again["question"]["question_id"], again["inner_chat"]) == (first["question_id"], True)
    assert again["error"].startswith("speech_not_recognised: ")
    assert flow.scene.count("experiments", flow.member) == 0
    flow.taken(await flow.call("POST", "inner_chat_speech", files={"file": spoken("yes")}), "answering")
    found = await flow.reply()
    assert (found["inner_chat"], found["error"]) == (False, None)
    assert found["reply_speech"]
    assert flow.scene.count("experiments", flow.member) == 1


@pytest.mark.lab("G2")
async def test_each_reply_has_a_file_of_its_own(talking: LabHouse) -> None:
    ada, lin = talking.member(), talking.member()
    async with field(talking, ada) as client, talking.http(ada) as http, talking.http(lin) as other:
        asked = await client.ask("create an experiment", reply_in_speech=True)
        assert "experiment_name" in asked["transcript"]
        first = await fetched(http, ada, asked["reply_speech"])
        assert "experiment" in words_of(first)
        final = await client.ask("forget it", reply_in_speech=True)
        assert final["reply_speech"] != asked["reply_speech"]
        words_of(await fetched(http, ada, final["reply_speech"]))
        assert await fetched(http, ada, asked["reply_speech"]) == first
        listed = (await http.get(f"/users/{ada.user_id}/files")).json()["files"]
        assert {each["origin"] for each in listed} == {"reply"}
        assert (await other.get(f"/users/{lin.user_id}/{final['reply_speech']}")).status_code == 404
        told = (await http.get(f"/users/{ada.user_id}/conversation")).json()
        assert (told["abilities"]["speech_in"], told["abilities"]["speech_out"]) == (True, True)
        assert [each["speech"] for each in told["messages"] if each["role"] == "assistant"] == [
            asked["reply_speech"],
            final["reply_speech"],
        ]


@pytest.mark.lab("G4")
async def test_a_voice_that_dies_leaves_the_text(talking: LabHouse) -> None:
    ada = talking.member()
    async with field(talking, ada) as client:
        await client.ask("create an experiment called [engine dies] with the description X", reply_in_speech=True)
        found = client.replies[-1]
        assert found["error"].startswith("speech_unavailable: ")
        assert "[engine dies]" in found["reply_text"]
        assert found["inner_chat"]
        final = await client.ask("forget it", reply_in_speech=True)
        assert (final["error"], "reply_speech" in final) == (None, True)


@pytest.mark.lab("G3", "G4")
async def test_without_engines_everything_goes_on_in_text(own_lab: Site) -> None:
    with serving_here(own_lab, speech=Speech.model_validate({"in": "off", "out": "off"})) as house:
        ada = house.member()
        async with field(house, ada) as client, house.http(ada) as http:
            client.speak(spoken("what day is it"))
            found = await client.next_reply()
            assert found["error"].startswith("speech_recognition_unavailable: ")
            assert "type" in found["reply_text"]
            told = await client.ask("what day is it", reply_in_speech=True)
            assert told["error"].startswith("speech_unavailable: ")
            assert "day" in told["reply_text"]
            abilities = (await http.get(f"/users/{ada.user_id}/conversation")).json()["abilities"]
            assert (abilities["speech_in"], abilities["speech_out"]) == (False, False)


@pytest.mark.lab("G7")
async def test_a_long_answer_is_cut_in_sound_only(own_lab: Site) -> None:
    lab = Lab.model_validate({"limits": {"speech_out_chars_max": 30}})
    with serving_here(own_lab, lab=lab, speech=Speech.model_validate(SPEECH)) as house:
        ada = house.member()
        async with field(house, ada) as client, house.http(ada) as http:
            found = await client.ask("create an experiment", reply_in_speech=True)
            said = words_of(await fetched(http, ada, found["reply_speech"]))
            assert 0 < len(said) <= 30
            assert len(found["transcript"]) > 30
            assert found["extra_info"].startswith(found["transcript"])


@pytest.mark.lab("G8", "G6")
async def test_others_are_served_while_engines_are_at_work(talking: LabHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripted, "SLOW_SECONDS", 3_600)
    ada, bob, lin = (talking.member() for _ in range(3))
    async with field(talking, ada) as heard, field(talking, bob) as said, field(talking, lin) as quick:
        await heard.speak(spoken("what day is it [engine slow]"))
        await said.say("create an experiment called [engine slow] with the description X", reply_in_speech=True)
        await said.say("what day is it", reply_in_speech=False)
        await eventually(lambda: talking.read(speaking))
        assert (await quick.ask("what day is it"))["error"] is None
        assert (await quick.ask("what day is it", reply_in_speech=True))["reply_speech"]
        quick.speak(spoken("what day is it"))
        assert "day" in (await quick.next_reply())["transcript"]
        for slow, member in ((heard, ada), (said, bob)):
            assert not (await slow.get())["valid"]
            async with talking.http(member) as http:
                assert (await http.post(slow.path("cancel"), json={})).status_code == 200
            stopped = await slow.next_reply()
            assert (stopped["error"], "reply_text" in stopped) == (None, True)
        assert "day" in (await said.next_reply())["reply_text"]


@pytest.mark.lab("X3", "G2")
@pytest.mark.parametrize("gently", [False, True], ids=["killed", "stopped"])
async def test_a_server_that_ends_while_it_speaks_has_spoken_once_at_the_end(scene: Scene, gently: bool) -> None:
    flow = Flow(scene, scene.member())
    await flow.start("create an experiment called [engine slow] with the description Y", reply_in_speech=True)
    async with asyncio.timeout(60):
        while not scene.site.database().read_here(speaking):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    if gently:
        await asyncio.to_thread(scene.child.kill, 15, 60)
        await asyncio.to_thread(scene.again)
    else:
        await scene.restart()
    found = await flow.reply()
    assert (found["inner_chat"], found["question"]["kind"]) == (True, "verify")
    if found["error"] is None:
        got = await flow.call("POST", "files/bytes", json={"filepath": found["reply_speech"]})
        assert "[engine slow]" in words_of(got.content)
    else:
        assert found["error"].startswith("speech_unavailable: ")
    await flow.say("forget it")
    await flow.final()
    events = await flow.close()
    assert [each["name"] for each in events].count("reply_ready") == 2
