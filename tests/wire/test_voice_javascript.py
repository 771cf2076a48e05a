"""Conformance case 87 with the unmodified socket.io-client from Node, over a WebSocket and over polling."""

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.wire.house import House
from tests.wire.test_stock_javascript import run
from tests.wire.voices import one_line, spoken, words_in

HELLO = "What have you tried so far?"
pytestmark = pytest.mark.node


@pytest.mark.case(87)
@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]], ids="-".join)
async def test_the_stock_client_speaks_and_is_answered_aloud(
    speaking: House, node: str, tmp_path: Path, transports: list[str]
) -> None:
    sound = tmp_path / "said.pcm"
    sound.write_bytes(spoken(HELLO))
    found: Any = await run(
        node,
        "voice.mjs",
        url=speaking.url,
        token=speaking.site.tokens["learner"],
        practice_id=speaking.site.practices["practice-nothints"],
        transports=transports,
        sound=str(sound),
    )
    assert found["transport"] == transports[-1]
    events = [(event["name"], event["payload"]) for event in found["events"]]
    [said] = [payload for name, payload in events if name == "attempt_user_complete"]
    assert (said["content"], bool(said["item_id"])) == (HELLO, True)
    [answer] = [payload for name, payload in events if name == "attempt_assistant_complete"]
    pieces = [payload for name, payload in events if name == "attempt_assistant_audio"]
    assert [each["frame"] for each in pieces] == list(range(len(pieces)))
    assert {each["message_id"] for each in pieces} == {answer["message_id"]}
    heard = b"".join(base64.b64decode(each["audio"]) for each in pieces)
    assert words_in(heard) == one_line(answer["content"]) != ""
    assert not [payload for name, payload in events if name == "attempt_error"]
