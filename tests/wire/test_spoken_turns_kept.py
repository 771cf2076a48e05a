"""Turns that were spoken to a server with scripted engines: what is kept of them, and what a grade makes of them."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import httpx

from parlour.providers.speech.scripted import read_tones, silence, tone
from parlour.speech.wav import read_wav
from tests.harness.constants import constants
from tests.harness.site import Site
from tests.promises.waiting import eventually
from tests.wire.house import House
from tests.wire.voices import RATE, SCRIPTED, close_voice, open_voice

ASKED = "What have you tried so far?"
RUDE = "You are stupid and lazy."
LOOKED_AFTER = {
    "parlour__attempts__voice__acts__RECOVER_SECONDS": 0.5,
    "parlour__attempts__voice__recovering__RECOVER_SECONDS": 0.5,
    "parlour__attempts__voice__recovering__ALONE_SECONDS": 0.3,
}
DEAD = {"parlour__conversations__spoken__sessions__SESSION_LEASE_MS": 500}  # for the server that finds what is left


def http(url: str, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=60)


def unsurely(text: str, **confidence: float) -> bytes:
    """A text in tones, with this confidence in some of its words, between two pauses."""
    said = tone(text, rate=RATE, confidence=confidence)
    return silence(200, rate=RATE) + said + silence(1_500, rate=RATE)


async def read(house: House, path: str, user_id: str = "learner") -> Any:
    async with http(house.url, house.site.tokens[user_id]) as client:
        answer = await client.get(f"/api/v1/{path}")
        assert answer.is_success, answer.text
        return answer.json()


async def test_a_spoken_turn_leaves_its_recording_its_words_and_what_was_heard_of_the_answer(brisk: House) -> None:
    async with brisk.client() as learner:
        started = await learner.ok("attempt_start", {"home_id": brisk.site.homes["home-single"]})
        chat = started["attempt_chat_id"]
        mouth = await open_voice(learner, chat)
        said, answer = await mouth.answered(ASKED)
        await close_voice(learner, chat)
    speech = await read(brisk, f"chats/{chat}/speech")
    (utterance,) = speech["utterances"]
    assert (utterance["item_id"], utterance["message_id"], utterance["content"]) == (
        said["item_id"], said["message_id"], ASKED,
    )  # fmt: skip
    assert [word["text"] for word in utterance["words"]] == ASKED.split()
    assert not any(word["unclear"] for word in utterance["words"])
    recording = utterance["recording"]
    for user_id in ("learner", "instructor"):
        async with http(brisk.url, brisk.site.tokens[user_id]) as client:
            file = (await client.get(recording["url"])).content
        assert (len(file), hashlib.sha256(file).hexdigest()) == (recording["bytes"], recording["sha256"])
        wav = read_wav(file, 120)
        assert (wav.rate, wav.ms) == (16_000, recording["milliseconds"])
        assert " ".join(word.text for word in read_tones(wav.sound)) == ASKED
    (reply,) = speech["replies"]
    assert (reply["message_id"], reply["state"], reply["text"], reply["heard"]) == (
        answer["message_id"], "complete", answer["content"], answer["content"],
    )  # fmt: skip
    assert reply["sent_ms"] >= reply["heard_ms"] > 0
    spool = brisk.site.folder / "data" / "spool"
    assert not await asyncio.to_thread(lambda: [path for path in spool.glob("*.pcm") if said["item_id"] in path.name])


async def test_words_that_were_heard_badly_do_not_lower_the_grade(brisk: House) -> None:
    async with brisk.client() as learner:
        scores: list[int] = []
        for sound in (unsurely(RUDE), unsurely(RUDE, stupid=0.1, **{"lazy.": 0.1})):
            started = await learner.ok("attempt_start", {"home_id": brisk.site.homes["home-single"]})
            chat = started["attempt_chat_id"]
            mouth = await open_voice(learner, chat)
            await mouth.send(sound)
            await learner.wait_for("attempt_user_complete", chat_id=chat)
            await learner.wait_for("attempt_assistant_complete", chat_id=chat)
            await close_voice(learner, chat)
            ended = await learner.ok("attempt_end", {"attempt_id": started["attempt_id"], "chat_id": chat})
            graded = await learner.wait_for("attempt_graded", grade_id=ended["grade_id"])
            scores.append(graded["score"])
    assert scores[1] >= scores[0]
    (utterance,) = (await read(brisk, f"chats/{chat}/speech"))["utterances"]
    assert [utterance["content"][each["start"] : each["end"]] for each in utterance["unclear"]] == ["stupid", "lazy"]


async def test_what_was_said_when_the_server_was_killed_is_there_afterwards(own: Site) -> None:
    days = 30 if own.url.startswith("sqlite") else 0  # where nothing is kept, it is kept until there are words
    with constants(**LOOKED_AFTER):
        process = own.start(**SCRIPTED, VOICE__RECORDING_DAYS=days)
    house = House(own, process)
    async with house.client() as learner:
        started = await learner.ok("attempt_start", {"home_id": own.homes["home-single"]})
        chat = started["attempt_chat_id"]
        mouth = await open_voice(learner, chat)
        await mouth.send(silence(200, rate=RATE) + tone(ASKED, rate=RATE) + silence(100, rate=RATE))
        begun = await learner.wait_for("attempt_user_start", chat_id=chat)
        spool = own.folder / "data" / "spool" / f"{begun['item_id']}.pcm"
        await eventually(lambda: len(heard_in(spool)) == len(ASKED.split()))
        process.kill()
    own.lapse_leases()
    with constants(**LOOKED_AFTER, **DEAD):
        house = House(own, own.start(**SCRIPTED, VOICE__RECORDING_DAYS=days))

    found = await ended_utterance(house, chat)
    assert (found["state"], found["content"]) == ("said", ASKED)
    assert (found["recording"] is not None) == (days > 0)
    await eventually(lambda: not spool.exists())


async def ended_utterance(house: House, chat: str) -> Any:
    """The one utterance of a chat, once it is known what became of it."""
    for _ in range(1_500):
        (found,) = (await read(house, f"chats/{chat}/speech"))["utterances"]
        if found["state"] not in ("speaking", "recognising"):
            return found
        await asyncio.sleep(0.1)
    raise AssertionError("an utterance did not end")


def heard_in(spool: Path) -> list[str]:
    """The words that are on disk."""
    return [word.text for word in read_tones(spool.read_bytes())] if spool.exists() else []
