"""Control and history over HTTP (lab protocol 5): shapes, cursors, what is refused, what is not yours."""

import asyncio
from typing import Any

import pytest

from parlour.conversations.rooms import lab_room
from parlour.events import log
from tests.lab.house import LabHouse, Member

MESSAGE = {
    "message_id",
    "order",
    "role",
    "kind",
    "text",
    "author_id",
    "created_at",
    "turn_id",
    "question_id",
    "files",
    "speech",
    "references",
    "references_detail",
    "extra_info",
    "error",
    "read",
}
TURN = {
    "turn_id",
    "state",
    "started_by",
    "created_at",
    "started_at",
    "ended_at",
    "steps",
    "reply_message_id",
    "error",
}
SNAPSHOT = {"conversation_id", "state", "turn", "queued", "question", "messages", "cursor", "abilities"}


def path(member: Member, route: str) -> str:
    return f"/users/{member.user_id}/{route}"


async def say(http: Any, member: Member, text: str) -> str:
    answer = await http.post(path(member, "chat_text"), json={"text": text})
    assert answer.status_code == 200, answer.text
    return answer.headers["x-message-id"]


async def got(http: Any, member: Member, route: str, **params: Any) -> Any:
    answer = await http.get(path(member, route), params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def stopped(http: Any, member: Member) -> None:
    """Every turn is over."""
    answer = await http.post(path(member, "cancel"), json={"queue": True})
    assert answer.json()["state"] == "IDLE", answer.text


async def test_a_snapshot_is_whole_also_of_an_account_that_never_spoke(lab: LabHouse) -> None:
    ada = lab.member()
    async with lab.http(ada) as http:
        empty = await got(http, ada, "conversation")
        assert set(empty) == SNAPSHOT
        assert (empty["state"], empty["turn"], empty["queued"], empty["question"]) == ("IDLE", None, 0, None)
        assert empty["messages"] == []
        assert set(empty["abilities"]) == {"speech_in", "speech_out", "arxiv", "model", "tools"}
        for n in range(3):
            await say(http, ada, f"message {n}")
        await stopped(http, ada)
        full = await got(http, ada, "conversation", limit=2)
        assert full["conversation_id"] == empty["conversation_id"]
        assert len(full["messages"]) == 2
        assert [each["order"] for each in full["messages"]] == sorted(each["order"] for each in full["messages"])
        assert all(set(each) == MESSAGE for each in full["messages"])
        head = lab.read(lambda tx: log.room_head(tx, lab_room(ada.account_id)))
        assert full["cursor"] == {"epoch": head.epoch, "seq": head.seq}


async def test_messages_go_on_after_a_cursor_in_pages(lab: LabHouse) -> None:
    ada, eve = lab.member(), lab.member()
    async with lab.http(ada) as http, lab.http(eve) as other:
        ids = [await say(http, ada, f"message {n}") for n in range(3)]
        await stopped(http, ada)
        whole = (await got(http, ada, "messages"))["messages"]
        assert [each["message_id"] for each in whole if each["role"] == "person"] == ids
        assert [each["order"] for each in whole] == list(range(1, len(whole) + 1))
        read: list[str] = []
        after: str | None = None
        while True:
            page = await got(http, ada, "messages", limit=2, **({"after": after} if after else {}))
            read += [each["message_id"] for each in page["messages"]]
            after = page["next"]
            if after is None:
                break
        assert read == [each["message_id"] for each in whole]
        foreign = await say(other, eve, "mine")
        for params in ({"after": foreign}, {"after": "nothing"}, {"conversation": "nothing"}):
            answer = await http.get(path(ada, "messages"), params=params)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        theirs = (await got(other, eve, "conversation"))["conversation_id"]
        assert (await http.get(path(ada, "messages"), params={"conversation": theirs})).status_code == 404
        await stopped(other, eve)


async def test_a_cleared_conversation_stays_readable_by_its_id_unless_forgotten(lab: LabHouse) -> None:
    ada = lab.member()
    async with lab.http(ada) as http:
        for forget, status in ((False, 200), (True, 404)):
            await say(http, ada, "remember")
            old = (await got(http, ada, "conversation"))["conversation_id"]
            body: dict[str, Any] = (
                {"json": {"forget": True}} if forget else {"headers": {"content-type": "application/json"}}
            )
            cleared = await http.post(path(ada, "clear_history"), **body)
            assert (cleared.status_code, cleared.content) == (200, b"null")
            fresh = await got(http, ada, "conversation")
            assert (fresh["state"], fresh["messages"]) == ("IDLE", [])
            assert fresh["conversation_id"] != old
            answer = await http.get(path(ada, "messages"), params={"conversation": old})
            assert answer.status_code == status
            assert (await http.post(path(ada, "clear_history"))).content == b"null"


async def test_a_turn_is_shown_to_its_owner_alone(lab: LabHouse) -> None:
    ada, eve = lab.member(), lab.member()
    async with lab.http(ada) as http, lab.http(eve) as other:
        said = await http.post(path(ada, "chat_text"), json={"text": "hello"})
        turn_id = said.headers["location"].rpartition("/")[2]
        shown = await got(http, ada, f"turns/{turn_id}")
        assert set(shown) == TURN
        assert (shown["turn_id"], shown["started_by"]) == (turn_id, said.headers["x-message-id"])
        await http.post(path(ada, "cancel"), json={"turn_id": turn_id})
        ended = await got(http, ada, f"turns/{turn_id}")
        assert ended["state"] in ("cancelled", "done")
        assert ended["reply_message_id"]
        for step in ended["steps"]:
            assert set(step) == {"n", "kind", "title", "tool", "arguments", "outcome", "question_id", "at"}
        foreign = await other.get(path(eve, f"turns/{turn_id}"))
        missing = await other.get(path(eve, "turns/nothing"))
        assert foreign.status_code == missing.status_code == 404
        assert foreign.content == missing.content


async def test_cancel_says_what_it_stopped_and_happens_once(lab: LabHouse) -> None:
    ada = lab.member()
    async with lab.http(ada) as http:
        idle = await http.post(path(ada, "cancel"))
        assert idle.json() == {"cancelled": [], "state": "IDLE"}
        assert (await http.post(path(ada, "cancel"), json={"turn_id": "nothing"})).status_code == 404
        for n in range(3):
            await say(http, ada, str(n))
        key = {"idempotency-key": "c"}
        first = await http.post(path(ada, "cancel"), json={"queue": True}, headers=key)
        again = await http.post(path(ada, "cancel"), json={"queue": True}, headers=key)
        assert first.json() == again.json()
        assert again.headers["idempotency-replayed"] == "true"
        finals = [each for each in (await got(http, ada, "messages"))["messages"] if each["kind"] == "final"]
        assert len(finals) == 3
        assert len({each["turn_id"] for each in finals}) == 3
        await asyncio.sleep(0.3)
        assert len([each for each in (await got(http, ada, "messages"))["messages"] if each["kind"] == "final"]) == 3


@pytest.mark.parametrize(
    ("method", "route", "given"),
    [
        ("POST", "cancel", {"json": {"turn": "t"}}),
        ("POST", "clear_history", {"json": {"forgot": True}}),
        ("GET", "conversation", {"params": {"limits": 1}}),
        ("GET", "messages", {"params": {"before": "m"}}),
    ],
)
async def test_unknown_fields_are_refused(lab: LabHouse, method: str, route: str, given: Any) -> None:
    ada = lab.member()
    async with lab.http(ada) as http:
        answer = await http.request(method, path(ada, route), **given)
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_field")


@pytest.mark.parametrize(
    ("method", "route", "given"),
    [
        ("POST", "cancel", {"json": {"queue": "perhaps"}}),
        ("POST", "clear_history", {"json": {"forget": 7}}),
        ("GET", "conversation", {"params": {"limit": 201}}),
        ("GET", "messages", {"params": {"limit": "x"}}),
    ],
)
async def test_values_that_do_not_fit_are_refused(lab: LabHouse, method: str, route: str, given: Any) -> None:
    ada = lab.member()
    async with lab.http(ada) as http:
        answer = await http.request(method, path(ada, route), **given)
        assert (answer.status_code, answer.json()["code"]) == (422, "validation")
