"""Speech over REST: what was heard, recordings with ranges and tickets, disputes that every reader sees."""

import hashlib
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from parlour.conversations.spoken import utterances
from parlour.conversations.spoken.recordings import record
from parlour.kernel.ids import named_id
from parlour.speech.recording import Kept
from parlour.speech.wav import wav_bytes
from parlour.storage.blobs.folder import FolderBlobs
from parlour.storage.tx import Tx
from tests.harness.socket import Client
from tests.harness.spoken import SECOND, Aloud, said_aloud, spoken_to, words_of
from tests.wire.house import House

HEARD = "You are stupid, what have you tried?"
MEANT = "You are studious, what have you tried?"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the learner said aloud once, with its recording, and how the persona's answer was heard."""

    attempt_id: str
    chat_id: str
    message_id: str
    item_id: str
    upload_id: str

    def path(self, verb: str) -> str:
        return f"/api/v1/chats/{self.chat_id}/utterances/{self.item_id}/{verb}"


def http(house: House, user_id: str | None = "learner") -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {house.site.tokens[user_id]}"} if user_id else {}
    return httpx.AsyncClient(base_url=house.url, headers=headers, timeout=60)


async def spoken(house: House, learner: Client) -> Said:
    """A turn that was spoken, as far as the store is concerned; the learner stays in the room."""
    started = await learner.ok("attempt_start", {"home_id": house.site.homes["home-single"]})
    attempt, chat = started["attempt_id"], started["attempt_chat_id"]
    turn = await learner.say(attempt, chat, HEARD)
    file = wav_bytes(SECOND)
    digest = hashlib.sha256(file).hexdigest()
    FolderBlobs(house.site.folder / "data" / "files").put(digest, [file])

    def keep(tx: Tx) -> Said:
        item_id = said_aloud(tx, turn["user_message_id"], Aloud(words=words_of(HEARD, ["stupid"])))
        utterance = utterances.utterance(tx, item_id)
        assert utterance is not None
        upload_id = record(tx, Kept(digest=digest, size=len(file), ms=1000), utterance)
        assert upload_id is not None
        tx.run(
            "UPDATE utterances SET upload_id = :upload, sha256 = :sha WHERE id = :id",
            id=item_id,
            upload=upload_id,
            sha=digest,
        )
        spoken_to(tx, turn["assistant_message_id"], generated="I read it twice.", heard=6)
        return Said(
            attempt_id=attempt,
            chat_id=chat,
            message_id=turn["user_message_id"],
            item_id=item_id,
            upload_id=upload_id,
        )

    return house.site.write(keep)


async def speech(house: House, said: Said, user_id: str = "learner") -> Any:
    async with http(house, user_id) as client:
        answer = await client.get(f"/api/v1/chats/{said.chat_id}/speech")
    return answer.json() if answer.is_success else answer.json()["code"]


async def test_speech_and_its_recording_are_read_by_who_may_read_the_chat(house: House) -> None:
    async with house.client() as learner:
        said = await spoken(house, learner)
    mine = await speech(house, said)
    (utterance,) = mine["utterances"]
    assert (utterance["item_id"], utterance["message_id"], utterance["content"]) == (
        said.item_id, said.message_id, HEARD,
    )  # fmt: skip
    assert [word["text"] for word in utterance["words"] if word["unclear"]] == ["stupid,"]
    assert mine["replies"][0]["heard"] == "I read"
    url = utterance["recording"]["url"]
    whole = wav_bytes(SECOND)
    for user_id in ("learner", "instructor"):
        assert (await speech(house, said, user_id))["utterances"][0]["recording"]["url"] == url
        async with http(house, user_id) as client:
            answer = await client.get(url)
            part = await client.get(url, headers={"range": "bytes=44-143"})
        assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, whole, "audio/wav")
        assert answer.headers["content-disposition"].startswith("inline")
        assert (part.status_code, part.content) == (206, whole[44:144])
    assert await speech(house, said, "outsider") == "not_found"
    async with http(house, "outsider") as stranger, http(house, None) as nobody, http(house) as owner:
        assert (await stranger.get(url)).status_code == (await stranger.get(f"{url}/ticket")).status_code == 404
        assert (await nobody.get(url)).status_code == 401
        ticket = (await owner.get(f"{url}/ticket")).json()["url"]
        assert (await nobody.get(ticket)).content == whole


async def test_an_accepted_dispute_reaches_everybody_in_the_room_and_the_detail(house: House) -> None:
    async with house.client() as learner, house.client("instructor") as teacher, http(house) as owner:
        said = await spoken(house, learner)
        await teacher.ok("attempt_join", {"chat_id": said.chat_id})
        opened = await owner.post(said.path("dispute"), json={"text": MEANT})
        assert (opened.status_code, opened.json()["dispute"]["state"]) == (200, "open")
        assert (await speech(house, said, "instructor"))["utterances"][0]["may_decide"] is True
        async with http(house, "instructor") as staff:
            decided = await staff.post(said.path("decision"), json={"accept": True})
            again = await staff.post(said.path("decision"), json={"accept": False})
        assert (decided.status_code, decided.json()["utterance"]["content"]) == (200, MEANT)
        assert (again.status_code, again.json()["code"]) == (409, "dispute_decided")
        for each in (learner, teacher):
            told = await each.wait_for("attempt_user_complete", content=MEANT)
            assert (told["message_id"], told["item_id"]) == (said.message_id, said.item_id)
        detail = (await owner.get(f"/api/v1/attempts/{said.attempt_id}")).json()
    message = next(each for each in detail["entries"]["attempt_message"] if each["id"] == said.message_id)
    assert message["contents"][0]["content"] == MEANT


async def test_a_grade_says_what_it_was_judged_on_and_ends_disputes(house: House) -> None:
    async with house.client() as learner, http(house) as owner:
        said = await spoken(house, learner)
        ended = await learner.ok("attempt_end", {"attempt_id": said.attempt_id, "chat_id": said.chat_id})
        await learner.wait_for("attempt_graded", grade_id=ended["grade_id"])
        told = [each["entry"] for each in learner.payloads("attempt_grading_progress") if each["entry"]]
        assert {entry["judged_on"] for entry in told} <= {"all_words", "clear_words"}
        assert {quote["unclear"] for entry in told for quote in entry["evidence"]} <= {True, False}
        refused = await owner.post(said.path("dispute"), json={"text": MEANT})
        assert (refused.status_code, refused.json()["code"]) == (409, "already_graded")
        (grade,) = (await owner.get(f"/api/v1/chats/{said.chat_id}/grades")).json()["items"]
        assert grade["feedbacks"] == told


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("dispute", {}),
        ("dispute", {"text": ""}),
        ("dispute", {"text": 7}),
        ("dispute", {"text": "x" * 32_001}),
        ("dispute", {"text": "a\x00b"}),
        ("dispute", {"text": "a", "more": 1}),
        ("decision", {}),
        ("decision", {"accept": "yes"}),
    ],
)
async def test_bodies_that_are_no_dispute_or_decision_are_refused(
    house: House, verb: str, body: dict[str, object]
) -> None:
    unknown = named_id("unknown")
    async with http(house) as client:
        answer = await client.post(f"/api/v1/chats/{unknown}/utterances/{unknown}/{verb}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        odd = await client.get("/api/v1/chats/none/speech")
        assert odd.status_code == 422
