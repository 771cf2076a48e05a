"""Conformance case 92: voice with no network at all, with outside engines, and over a realtime service."""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.site import Process, Site
from tests.harness.speech_services import KEY, SpeechServices, running_speech_services
from tests.wire.house import House
from tests.wire.test_voice_talk import HELLO, begun, check_turn
from tests.wire.voices import close_voice, one_line, open_voice, sound_of, words_in

OUTSIDE = {"SPEECH__IN": "openai", "SPEECH__OUT": "openai", "SPEECH__PROVIDER": "cloud"}
REALTIME = {"VOICE__PATH": "realtime", "VOICE__REALTIME_PROVIDER": "cloud"}


@pytest.fixture
def services() -> Iterator[SpeechServices]:
    with running_speech_services() as running:
        yield running


def with_services(site: Site, services: SpeechServices, **settings: Any) -> House:
    """A server that knows the services."""
    provider = {"name": "cloud", "base_url": services.url, "api_key": KEY}
    return House(site, site.start(SCRIPTED_PIECES_PER_SECOND=300, PROVIDERS=json.dumps([provider]), **settings))


def far_ends(process: Process) -> set[str]:
    """The addresses that a process is connected to by TCP."""
    folder = Path(f"/proc/{process.popen.pid}/fd")
    open_ones = {match[1] for each in folder.iterdir() if (match := re.match(r"socket:\[(\d+)\]", os.readlink(each)))}
    rows = [line.split() for kind in ("tcp", "tcp6") for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]]
    return {row[2].partition(":")[0] for row in rows if row[9] in open_ones and row[3] == "01"}


@pytest.mark.case(92)
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_voice_works_without_any_network(speaking: House) -> None:
    async with speaking.client() as client:
        _, chat = await begun(speaking, client)
        mouth = await open_voice(client, chat)
        said, answer = await mouth.answered(HELLO)
        check_turn(client, said, answer)
        loopback = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
        assert far_ends(speaking.process) <= loopback
        assert words_in(sound_of(client, answer["message_id"])) == one_line(answer["content"])
        await close_voice(client, chat)


@pytest.mark.case(92)
async def test_voice_works_with_outside_engines(own: Site, services: SpeechServices) -> None:
    house = with_services(own, services, **OUTSIDE)
    async with house.client() as client:
        _, chat = await begun(house, client)
        mouth = await open_voice(client, chat)
        said, answer = await mouth.answered(HELLO)
        assert said["content"] == HELLO
        assert words_in(sound_of(client, answer["message_id"])) == one_line(answer["content"])
        await close_voice(client, chat)
        assert [each.text for each in services.heard] == [HELLO]
        assert " ".join(each["input"].strip() for each in services.spoken) == one_line(answer["content"])


@pytest.mark.case(92)
@pytest.mark.parametrize("model", ["gpt-realtime", "beta"])
async def test_voice_works_over_a_realtime_service(own: Site, services: SpeechServices, model: str) -> None:
    house = with_services(own, services, VOICE__REALTIME_MODEL=model, **REALTIME)
    async with house.client() as client:
        _, chat = await begun(house, client)
        mouth = await open_voice(client, chat)
        said, answer = await mouth.answered(HELLO)
        check_turn(client, said, answer)
        assert answer["content"] == f"You said: {HELLO}"
        assert words_in(sound_of(client, answer["message_id"])) == one_line(answer["content"])
        typed = await client.ok("attempt_text_frame", {"chat_id": chat, "message": "Let me type this."})
        reply = await client.wait_for("attempt_assistant_complete", message_id=typed["assistant_message_id"])
        assert reply["content"] == "You said: Let me type this."
        assert words_in(sound_of(client, reply["message_id"])) == reply["content"]
        ended = await close_voice(client, chat)
        assert ended["message"] == "Voice session closed."
        assert "PRIVATE" not in house.process.log.read_text()


@pytest.mark.case(92)
async def test_a_realtime_service_that_dies_leaves_the_text_chat(own: Site, services: SpeechServices) -> None:
    house = with_services(own, services, **REALTIME)
    async with house.client() as client:
        attempt, chat = await begun(house, client)
        mouth = await open_voice(client, chat)
        await mouth.say("Now the [engine dies]")
        error = await client.wait_for("attempt_error", type="audio")
        assert (error["chat_id"], error["code"]) == (chat, "unavailable")
        await client.wait_for("attempt_audio_ended", chat_id=chat, reason="failed")
        told = client.payloads("attempt_user_complete", chat_id=chat)
        assert [each["content"] for each in told] in ([], [""])
        await client.say(attempt, chat, "Still here?")
        await open_voice(client, chat)
        await close_voice(client, chat)


@pytest.mark.case(92)
async def test_outside_engines_that_fail_leave_the_text_chat(own: Site, services: SpeechServices) -> None:
    house = with_services(own, services, SPEECH__OUT_MODEL="broken", **OUTSIDE)
    async with house.client() as client:
        attempt, chat = await begun(house, client)
        mouth = await open_voice(client, chat)
        said = await mouth.turn(HELLO)
        assert said["content"] == HELLO
        await client.wait_for("attempt_error", type="audio", code="unavailable")
        await client.wait_for("attempt_audio_ended", chat_id=chat, reason="failed")
        answer = await client.wait_for("attempt_assistant_complete", chat_id=chat)
        assert (answer["status"], bool(answer["content"])) == ("complete", True)
        await client.say(attempt, chat, "Still here?")
