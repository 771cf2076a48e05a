"""Routing at the public edge with a turn that really runs (lab protocol 2.2, 2.4, 17.11 to 17.13, 17.23)."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from parlour.settings.lab import Lab
from tests.harness.site import Site
from tests.lab.house import LabHouse, Member, serving_here, sign_up

SECONDS = 60
STORY = """
turns:
  - match: create
    repeat: true
    steps:
      - thought: I create the experiment.
        calls:
          - tool: experiment_create
            arguments: {experiment_name: Anneal, experiment_description: Heating the samples.}
      - answer: That is all.
  - match: number
    repeat: true
    steps:
      - answer: $words
"""


@pytest.fixture
def played(own_lab: Site, tmp_path: Path) -> Iterator[LabHouse]:
    """A server whose assistant creates an experiment when it is told to."""
    script = tmp_path / "story.yaml"
    script.write_text(STORY, encoding="utf-8")
    with serving_here(own_lab, lab=Lab(script=script)) as house:
        yield house


class Talk:
    """One member's requests."""

    def __init__(self, http: httpx.AsyncClient, member: Member) -> None:
        self._http = http
        self._at = f"/users/{member.user_id}/"

    async def say(self, text: str, *, inner: bool = False, **body: Any) -> str:
        """The effect."""
        answer = await self._http.post(self._at + "inner_" * inner + "chat_text", json={"text": text, **body})
        assert answer.status_code == 200, answer.text
        return answer.headers["x-message-effect"]

    async def get(self, route: str, **params: Any) -> Any:
        return (await self._http.get(self._at + route, params=params)).json()

    async def post(self, route: str, body: Any) -> Any:
        return (await self._http.post(self._at + route, json=body)).json()

    async def until(self, state: str) -> Any:
        """The snapshot in that state; looking at it delivers nothing."""
        async with asyncio.timeout(SECONDS):
            while (found := await self.get("conversation"))["state"] != state:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        return found

    async def reply(self) -> Any:
        return await self.get("response", wait=SECONDS)

    async def authorize(self) -> str:
        """Answer what is asked before, by its id; the question whether it may be done, not delivered."""
        while True:
            asked = (await self.until("WAITING"))["question"]
            if asked["kind"] == "authorize":
                return asked["question_id"]
            assert await self.say("yes", question_id=asked["question_id"]) == "answered"


@pytest.mark.lab("B3", "B4", "B5")
async def test_only_a_yes_that_is_newer_than_the_question_and_meant_for_it_approves(played: LabHouse) -> None:
    ada = played.member()
    async with played.http(ada) as http:
        talk = Talk(http, ada)
        assert await talk.say("create", inner=True) == "started"
        asked = await talk.authorize()
        assert await talk.say("yes") == "queued"
        again = await talk.get("conversation")
        assert (again["state"], again["question"]["question_id"], again["queued"]) == ("WAITING", asked, 1)
        delivered = await talk.reply()
        assert delivered["question"]["question_id"] == asked
        closed = await http.post(f"/users/{ada.user_id}/chat_text", json={"text": "yes", "question_id": "other"})
        assert (closed.status_code, closed.json()["code"]) == (409, "question_closed")
        assert await talk.say("no") == "answered"
        final = await talk.reply()
        assert (final["valid"], final["inner_chat"], final["turn_id"]) == (True, False, delivered["turn_id"])
        of_yes = await talk.reply()
        assert (of_yes["valid"], of_yes["inner_chat"]) == (True, False)
        assert of_yes["turn_id"] != final["turn_id"]
        await talk.until("IDLE")
        made = played.read(lambda tx: tx.all("SELECT id FROM experiments WHERE account_id = :id", id=ada.account_id))
        assert made == []
        assert await talk.say("create") == "started"
        asked = await talk.authorize()
        assert (await talk.reply())["question"]["question_id"] == asked
        assert await talk.say("yes") == "answered"
        assert (await talk.reply())["error"] is None
        made = played.read(lambda tx: tx.all("SELECT id FROM experiments WHERE account_id = :id", id=ada.account_id))
        assert len(made) == 1


@pytest.mark.lab("B6")
async def test_five_quick_messages_get_five_finals_in_order(played: LabHouse) -> None:
    ada = played.member()
    async with played.http(ada) as http:
        talk = Talk(http, ada)
        effects = [await talk.say(f"number {n}", enable_comment=n % 2 == 0) for n in range(5)]
        assert effects[0] == "started"
        replies = [await talk.reply() for _ in range(5)]
        assert [reply["reply_text"] for reply in replies] == [f"number {n}" for n in range(5)]
        assert len({reply["turn_id"] for reply in replies}) == 5
        listed = (await talk.get("messages"))["messages"]
        assert [each["order"] for each in listed] == list(range(1, 11))


@pytest.mark.lab("X5")
async def test_cancel_while_a_question_is_open_and_then_the_queued_turn_follows(played: LabHouse) -> None:
    ada = played.member()
    async with played.http(ada) as http:
        talk = Talk(http, ada)
        await talk.say("create")
        await talk.authorize()
        await talk.say("number 7")
        assert (await talk.post("cancel", {}))["state"] == "RUNNING"
        stopped = await talk.reply()
        assert (stopped["valid"], stopped["error"], stopped["inner_chat"]) == (True, None, False)
        assert (await talk.reply())["reply_text"] == "number 7"
        await talk.say("create")
        await talk.authorize()
        cleared = await http.post(f"/users/{ada.user_id}/clear_history")
        assert cleared.content == b"null"
        assert (await talk.get("response"))["valid"] is False
        assert await talk.say("number 8", inner=True) == "started"
        assert (await talk.reply())["reply_text"] == "number 8"


@pytest.mark.lab("B8")
async def test_a_key_is_remembered_by_the_next_server(own_lab: Site) -> None:
    server = own_lab.start()
    ada = await sign_up(server.url, "ada")
    key = {**ada.headers, "idempotency-key": "k"}
    answers: list[httpx.Response] = []
    for _ in range(2):
        async with httpx.AsyncClient(base_url=server.url, headers=key, timeout=60) as http:
            answers.append(await http.post("/users/ada/chat_text", json={"text": "once"}))
            listed = (await http.get("/users/ada/messages")).json()["messages"]
            assert len([each for each in listed if each["role"] == "person"]) == 1
        server.kill()
        server = own_lab.start()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["x-message-id"] == answers[1].headers["x-message-id"]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert answers[1].headers["idempotency-replayed"] == "true"
