"""Conformance case 27: `Prefer: wait` (Glow 3.1, decision D4)."""

import asyncio
import time

import pytest

from tests.wire.house import House
from tests.wire.http_client import Http

TEXT = "What have you tried so far? I can see that it was hard."
WAIT = {"prefer": "wait=30"}


@pytest.mark.case(27)
async def test_a_waiting_client_gets_the_finished_work(house: House) -> None:
    async with Http(house.url, house.site.tokens["learner"]) as client:
        attempt, chat = await client.start(house.site.practices["practice-pair"])
        both = {"attempt_id": attempt, "chat_id": chat}
        payload = both | {"message": TEXT}
        answer = await client.post("attempt/message", payload, headers=WAIT)
        said = answer.json()
        assert answer.headers["preference-applied"] == "wait=30"
        assert said["assistant_content"]
        assert [hint["idx"] for hint in said["hints"]] == [0, 1, 2]
        graded = await client.ok("attempt/grade", both, headers=WAIT)
        assert isinstance(graded["score"], int)
        assert isinstance(graded["passed"], bool)
        ended = await client.ok("attempt/end", both, headers={"prefer": "respond-async, wait=30"})
        assert isinstance(ended["score"], int)
        assert isinstance(ended["passed"], bool)


@pytest.mark.case(27)
async def test_without_waiting_the_results_are_absent(house: House) -> None:
    async with Http(house.url, house.site.tokens["learner"]) as client:
        attempt, chat = await client.start(house.site.practices["practice-pair"])
        both = {"attempt_id": attempt, "chat_id": chat}
        payload = both | {"message": TEXT, "client_request_id": chat}
        said = await client.ok("attempt/message", payload, headers={"prefer": "wait=0"})
        assert said.keys() == {"ok", "chat_id", "user_message_id", "assistant_message_id"}
        later = await client.ok("attempt/message", payload, headers=WAIT)
        assert later["assistant_content"]
        assert {key: later[key] for key in said} == said
        assert await client.ok("attempt/message", payload) == said
        ended = await client.ok("attempt/end", both | {"grade": True})
        assert ended.keys() == {"ok", "chat_id", "is_attempt_finished", "grade_id"}
        nothing = await client.ok("attempt/stop", {"chat_id": chat}, headers=WAIT)
        assert nothing["success"] is False


@pytest.mark.case(27)
async def test_a_client_waits_no_longer_than_it_asked(slow: House) -> None:
    async with Http(slow.url, slow.site.tokens["learner"]) as client:
        attempt, chat = await client.start(slow.site.practices["practice-single"])
        payload = {"attempt_id": attempt, "chat_id": chat, "message": TEXT, "client_request_id": chat}
        began = time.monotonic()
        said = await client.ok("attempt/message", payload, headers={"prefer": "wait=1"})
        assert time.monotonic() - began > 0.9
        assert "assistant_content" not in said
        whole = await client.ok("attempt/message", payload, headers=WAIT)
        assert whole["assistant_content"]


@pytest.mark.case(27)
async def test_a_chat_without_grade_is_not_waited_for(house: House) -> None:
    async with Http(house.url, house.site.tokens["learner"]) as client:
        attempt, chat = await client.start(house.site.practices["practice-single"])
        waiting = client.ok("attempt/end", {"attempt_id": attempt, "chat_id": chat}, headers={"prefer": "wait=60"})
        ended = await asyncio.wait_for(waiting, 50)
        assert ended["grade_id"] is None
        assert "score" not in ended
