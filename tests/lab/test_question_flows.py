"""Dialogues of the assistant over HTTP with its built-in model: what is asked, in which order, and what comes of it."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.lab.house import LabHouse, Member

ROUNDS_MAX = 300


class Talk:
    """A member who says something and answers what is asked."""

    def __init__(self, http: httpx.AsyncClient, member: Member) -> None:
        self._http = http
        self._path = f"/users/{member.user_id}"

    async def say(self, text: str, *, inner: bool = True, **more: Any) -> httpx.Response:
        route = "inner_chat_text" if inner else "chat_text"
        sent = await self._http.post(f"{self._path}/{route}", json={"text": text, **more})
        assert sent.status_code == 200, sent.text
        return sent

    async def next(self) -> dict[str, Any]:
        """The next reply that can be shown."""
        for _ in range(ROUNDS_MAX):
            reply = (await self._http.get(f"{self._path}/response", params={"wait": "5"})).json()
            if reply["valid"]:
                return reply
            await asyncio.sleep(0.02)
        raise TimeoutError

    async def asked(self, kind: str) -> dict[str, Any]:
        """The question that comes next."""
        reply = await self.next()
        assert reply["question"] is not None, reply
        assert (reply["inner_chat"], reply["question"]["kind"]) == (True, kind), reply["reply_text"]
        assert reply["reply_text"] == reply["question"]["text"]
        return reply["question"]

    async def final(self) -> dict[str, Any]:
        reply = await self.next()
        assert (reply["inner_chat"], reply["question"]) == (False, None), reply
        return reply


def keys(question: dict[str, Any]) -> list[str]:
    return [field["key"] for field in question["fields"]]


@pytest.mark.lab("D10", "D4", "E1")
async def test_an_experiment_is_made_in_two_parts_and_a_yes(lab: LabHouse) -> None:
    ada = lab.member()
    async with lab.http(ada) as http:
        talk = Talk(http, ada)
        await talk.say("create an experiment", inner=False)
        assert keys(await talk.asked("collect")) == ["experiment_name", "experiment_description"]
        await talk.say("experiment_name: Contacts")
        assert keys(await talk.asked("collect")) == ["experiment_description"]
        await talk.say("measure the contact resistance")
        verify = await talk.asked("verify")
        shown = {field["key"]: field["value"] for field in verify["fields"]}
        assert (shown["experiment_name"], shown["experiment_description"]) == (
            "Contacts",
            "measure the contact resistance",
        )
        await talk.say("ok")
        allow = await talk.asked("authorize")
        assert allow["operation"]["arguments"]["experiment_name"] == "Contacts"
        assert experiments(lab, ada) == 0
        sent = await talk.say("好的")
        assert sent.headers["x-message-effect"] == "answered"
        assert (await talk.final())["error"] is None
        assert experiments(lab, ada) == 1


@pytest.mark.lab("D3", "D2")
@pytest.mark.parametrize("words", ["no", "yes but not now", "ok?", "👍", ""])
async def test_what_is_no_clear_yes_makes_nothing(lab: LabHouse, words: str) -> None:
    ada = lab.member()
    async with lab.http(ada) as http:
        talk = Talk(http, ada)
        await talk.say("create an experiment", inner=False)
        await talk.asked("collect")
        await talk.say("Contacts\nmeasure them")
        await talk.asked("verify")
        await talk.say("yes")
        question = await talk.asked("authorize")
        await talk.say(words)
        assert (await talk.next())["question"] is None
        assert experiments(lab, ada) == 0
        closed = (await http.get(f"/users/{ada.user_id}/questions/{question['question_id']}")).json()
        assert (closed["state"], closed["answer"]["decision"]) == ("answered", "deny")


@pytest.mark.lab("E1")
async def test_who_gives_up_is_not_asked_for_permission(lab: LabHouse) -> None:
    ada = lab.member()
    async with lab.http(ada) as http:
        talk = Talk(http, ada)
        await talk.say("新建实验", inner=False)
        collect = await talk.asked("collect")
        assert "名称 (experiment_name)" in collect["text"]
        await talk.say("算了")
        assert (await talk.final())["error"] is None
        assert experiments(lab, ada) == 0
        listed = (await http.get(f"/users/{ada.user_id}/questions", params={"state": "all"})).json()["questions"]
        assert [(each["kind"], each["answer"]) for each in listed] == [("collect", {"abandon": True})]


def experiments(lab: LabHouse, member: Member) -> int:
    sql = "SELECT count(*) AS n FROM experiments WHERE account_id = :account"
    row = lab.read(lambda tx: tx.one(sql, account=member.account_id))
    return row["n"]
