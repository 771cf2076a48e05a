"""Hundreds of malformed frames and voice events: refused or dropped, nothing breaks, nothing is said about it twice."""

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import make_site
from tests.harness.socket import Client
from tests.wire.house import furnish
from tests.wire.voices import SCRIPTED, Mouth, open_voice

COUNT = 240
SEED = 6
HELLO = "What have you tried so far?"
EVENTS = (
    "attempt_audio_frame", "attempt.audio_frame", "attempt_audio_start", "attempt_audio_mute", "attempt_audio_played",
    "attempt_text_frame",
)  # fmt: skip


def nonsense(chance: random.Random, chat_id: str) -> Any:
    """A payload that is wrong in one way or in several."""
    ids: list[Any] = [
        chat_id,
        chat_id,
        chat_id,
        "",
        "x" * 10_000,
        7,
        None,
        [],
        {"a": 1},
        "\ud800".encode("utf-16", "surrogatepass").hex(),
    ]
    sounds: list[Any] = [
        b"",
        b"\1",
        bytes(65_537),
        bytes(65_538),
        "",
        "AA",
        "A===",
        "not base64!",
        5,
        None,
        [],
        {},
        [1, 2],
        -1.5,
        True,
    ]
    numbers: list[Any] = [None, -1, 2**63, 2**64, 1.5, "1", [], {}, True]
    whole: list[Any] = [None, 5, "text", [], [[]], {}, b"\0\1", True]
    if chance.random() < 0.15:
        return chance.choice(whole)
    payload: dict[str, Any] = {
        "chat_id": chance.choice(ids),
        "audio": chance.choice(sounds),
        "seq": chance.choice(numbers),
    }
    payload |= {"muted": chance.choice(numbers), "message_id": chance.choice(ids), "played_ms": chance.choice(numbers)}
    payload["message"] = chance.choice(["", "\0", 5, None, "x" * 100_000])
    for name in chance.sample(list(payload), chance.randrange(4)):
        del payload[name]
    return payload


@pytest.mark.timeout(300)
async def test_malformed_frames_and_events_break_nothing(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    site = furnish(make_site("sqlite", tmp_path, request))
    process = site.start(**SCRIPTED, LIMITS__SOCKET_EVENTS_PER_SECOND_MAX=100_000)
    chance = random.Random(SEED)
    async with Client(process.url, site.tokens["learner"]) as client:
        _, chat_id = await client.start_practice(next(iter(site.practices.values())))
        mouth = await open_voice(client, chat_id, seq=0)
        mouth.seq = None
        for number in range(COUNT):
            await client.io.emit(chance.choice(EVENTS), nonsense(chance, chat_id))
            if number % 20 == 19:
                await asyncio.sleep(0)
        if not client.io.connected:
            pytest.fail("the connection was closed")
        await client.ok("attempt_audio_mute", {"chat_id": chat_id, "muted": False})
        assert (await speaks(client, mouth))["content"] == HELLO
    log = process.log.read_text()
    assert "Traceback" not in log, log
    assert HELLO not in log
    site.close()


async def speaks(client: Client, mouth: Mouth) -> Any:
    """The session goes on, or another one can be opened."""
    await client.ok("attempt_audio_start", {"chat_id": mouth.chat_id})
    await client.wait_for("attempt_audio_ready", chat_id=mouth.chat_id)
    await mouth.say(HELLO)
    return await client.wait_for("attempt_user_complete", chat_id=mouth.chat_id, content=HELLO)
