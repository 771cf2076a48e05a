"""Recordings that are none, and words that nobody else may read: through the routes of clients, on a running server."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import STORES, make_site
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.harness.sound_files import broken_files
from tests.lab.field import FieldClient
from tests.lab.recordings import spoken as recording
from tests.wire.house import House, furnish
from tests.wire.test_voice_talk import begun
from tests.wire.voices import LARGE, SCRIPTED, close_voice, open_voice

MARK = "canary7fQx"
BROKEN = 24
ERRORS = ("speech_not_recognised: ", "speech_format_unsupported: ", "file_unreadable: ")
WIDE = json.dumps({"limits": {"requests_per_second_max": 1000, "requests_burst_max": 1000, "response_hold_ms": 1}})


@pytest.fixture(params=STORES)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    made = furnish(make_site(request.param, tmp_path, request))
    yield made
    made.close()


@pytest.mark.lab("F5", "G3")
@pytest.mark.timeout(600)
async def test_broken_recordings_end_in_a_reply_and_nothing_else(site: Site) -> None:
    process = site.start(**SCRIPTED, LAB=WIDE)
    async with httpx.AsyncClient(base_url=process.url, timeout=60) as http:
        made = (await http.post("/accounts/log-up", json={"user_id": "ada", "password": "a long password"})).json()
        headers = {"authorization": f"Bearer {made['token']}"}
        async with FieldClient(process.url, "ada", headers=headers) as client:
            taken = 0
            for number, (kind, content) in enumerate(broken_files(BROKEN)):
                name = f"{MARK}/../{kind}{number}.wav\r\n"
                answer = await http.post("/users/ada/chat_speech", files={"file": (name, content)}, headers=headers)
                assert answer.status_code in (200, 415, 422), (kind, answer.text)
                if answer.status_code == 200:
                    taken += 1
                    reply = await client.next_reply()
                    heard = reply["error"] is None  # a torn file may still have words
                    assert heard or reply["error"].startswith(ERRORS), (kind, reply)
                    assert reply["inner_chat"] is False
            assert taken > 0
            for given, status in (
                ({"files": {"file": ("speech.wav", b"")}}, {415, 422}),
                ({"files": {"file": ("speech.wav", b"GIF89a" + bytes(500))}}, {415}),
                ({"data": {"file_suffix": ".wav"}}, {415, 422}),
                ({"files": {"file": ("speech.wav", recording("Hello") + bytes(21 * 1024 * 1024))}}, {413}),
            ):
                more: dict[str, Any] = given
                for route in ("chat_speech", "inner_chat_speech"):
                    answer = await http.post(f"/users/ada/{route}", headers=headers, **more)
                    assert answer.status_code in status, (route, answer.status_code, answer.text[:300])
                    assert answer.headers["content-type"] == "application/problem+json"
            client.speak(recording("plain, please"))
            assert (await client.next_reply())["error"] is None
    site.close()
    log = process.log_text()
    assert ("Traceback" in log, MARK in log) == (False, False)


@pytest.mark.promise("P30")
async def test_nothing_that_is_spoken_is_in_a_log(site: Site) -> None:
    process = site.start(**SCRIPTED)
    house = House(site, process)
    headers = {"authorization": f"Bearer {site.tokens['learner']}"}
    async with (
        Client(process.url, site.tokens["learner"]) as client,
        httpx.AsyncClient(base_url=process.url, headers=headers, timeout=60) as http,
    ):
        _, chat = await begun(house, client)
        mouth = await open_voice(client, chat, size=LARGE)
        said, _ = await mouth.answered(f"My secret is {MARK}.")
        assert MARK in said["content"]
        await client.ok("attempt_text_frame", {"chat_id": chat, "message": f"And {MARK}."})
        where = f"/api/v1/chats/{chat}/utterances/{said['item_id']}"
        assert (await http.post(f"{where}/dispute", json={"text": f"No: {MARK}"})).status_code == 200
        assert (await http.post(f"{where}/dispute", json={"text": MARK * 5_000})).status_code == 422
        assert (await http.post(f"{where}/{MARK}", json={MARK: MARK})).status_code == 404
        await client.refused("attempt_audio_frame", {"chat_id": chat, "audio": MARK})
        await client.refused("attempt_audio_played", {"chat_id": chat, "message_id": MARK, "played_ms": 1})
        await mouth.say(f"{MARK} [engine dies] {MARK}")
        await client.wait_for("attempt_audio_ended", chat_id=chat, reason="failed")
        mouth = await open_voice(client, chat, size=LARGE)
        await mouth.say(f"{MARK} I have to", pause_ms=0)
        await close_voice(client, chat)
        metrics = (await http.get("/metrics")).text
    await asyncio.to_thread(process.stop)
    words = (MARK, MARK.lower(), site.tokens["learner"])
    assert [line for line in (process.log_text() + metrics).splitlines() if any(word in line for word in words)] == []
    assert "Traceback" not in process.log_text()
