"""Putting attempts away and deleting them: who may, what stays, what is gone (Glow 1.1, 10.1; conformance 17, 84)."""

import asyncio
from typing import Any

import pytest

from parlour.storage.tx import Tx
from tests.wire.house import UNKNOWN, House
from tests.wire.http_client import Http

ATTEMPTS = "/api/v1/attempts"
# What belongs to a chat. What hangs on its messages and grades is counted as what hangs on none.
COUNTED = {
    "chats": "SELECT id FROM chats WHERE id = :chat",
    "messages": "SELECT id FROM messages WHERE chat_id = :chat",
    "grades": "SELECT id FROM grades WHERE chat_id = :chat",
    "responses": "SELECT id FROM responses WHERE chat_id = :chat",
    "branch_labels": "SELECT message_id FROM branch_labels WHERE chat_id = :chat",
    "hints": "SELECT id FROM hints WHERE message_id NOT IN (SELECT id FROM messages) AND :chat = :chat",
    "grade_items": "SELECT id FROM grade_items WHERE grade_id NOT IN (SELECT id FROM grades) AND :chat = :chat",
    "entries": "SELECT seq FROM entries WHERE room = 'chat:' || :chat",
    "texts": "SELECT pos FROM events WHERE kind = 'TextAdded' AND body LIKE '%' || :chat || '%'",
}


def http(house: House, user_id: str = "learner") -> Http:
    return Http(house.url, house.site.token(user_id))  # floods are counted by token


async def talked(client: Http, entry: str, kind: str = "practice") -> tuple[str, str]:
    """An attempt whose first chat has an answer: the ids of both."""
    attempt, chat = await client.start(entry, kind)
    payload = {"attempt_id": attempt, "chat_id": chat, "message": "What have you tried?"}
    await client.ok("attempt/message", payload, headers={"prefer": "wait=20"})
    return attempt, chat


async def listed(client: Http, **params: Any) -> list[str]:
    found = (await client.io.get(ATTEMPTS, params={"limit": 200, **params})).json()
    return [item["id"] for item in found["items"]]


async def put_away(client: Http, attempt: str, archived: object = True) -> Any:
    return await client.io.patch(f"{ATTEMPTS}/{attempt}", json={"is_archived": archived})


@pytest.mark.parametrize("by", ["learner", "instructor", "admin", "root"])
async def test_an_attempt_is_put_away_and_taken_back(house: House, by: str) -> None:
    async with http(house) as owner, http(house, by) as client:
        attempt, _ = await owner.start(house.site.homes["home-single"], "home")
        before = (await owner.io.get("/api/v1/home")).json()
        for archived, changed in ((True, 1), (True, 0), (False, 1)):
            answer = await put_away(client, attempt, archived)
            assert answer.json() == {"attempt_ids": [attempt], "is_archived": archived, "changed": changed}
            assert (await owner.io.get(f"{ATTEMPTS}/{attempt}")).json()["attempt"]["is_archived"] is archived
            assert (attempt in await listed(owner, is_archived=True)) is archived
            assert (attempt in await listed(owner, is_archived=False)) is not archived
            assert attempt in await listed(owner)
            assert (await owner.io.get("/api/v1/home")).json() == before


@pytest.mark.case(17)
async def test_a_foreign_attempt_is_archived_like_one_that_is_not_there(house: House) -> None:
    async with http(house) as owner, http(house, "fellow") as client:
        attempt, _ = await owner.start(house.site.homes["home-single"], "home")
        own, _ = await client.start(house.site.homes["home-single"], "home")
        for method, body in (("PATCH", {"is_archived": True}), ("DELETE", None)):
            answers = [await client.io.request(method, f"{ATTEMPTS}/{each}", json=body) for each in (attempt, UNKNOWN)]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert answers[0].content == answers[1].content
        many = [
            await client.io.post(f"{ATTEMPTS}/archive", json={"attempt_ids": [own, each], "is_archived": True})
            for each in (attempt, UNKNOWN)
        ]
        assert [answer.status_code for answer in many] == [404, 404]
        assert many[0].content == many[1].content
        assert own in await listed(client, is_archived=False)
        assert attempt in await listed(owner, is_archived=False)


async def test_several_are_put_away_together(house: House) -> None:
    async with http(house) as client:
        ids = [(await client.start(house.site.practices["practice-single"]))[0] for _ in range(3)]
        given = {"attempt_ids": [*ids, ids[0]], "is_archived": True}
        answer = await client.io.post(f"{ATTEMPTS}/archive", json=given)
        assert answer.json() == {"attempt_ids": ids, "is_archived": True, "changed": 3}
        assert set(ids) <= set(await listed(client, is_archived=True))


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"is_archived": True}, "attempt_ids"), ({"attempt_ids": [], "is_archived": True}, "attempt_ids"),
        ({"attempt_ids": [UNKNOWN] * 201, "is_archived": True}, "attempt_ids"),
        ({"attempt_ids": [UNKNOWN, "A1"], "is_archived": True}, "attempt_ids/1"),
        ({"attempt_ids": [UNKNOWN], "is_archived": "true"}, "is_archived"), ({"attempt_ids": [UNKNOWN]}, "is_archived"),
    ],
)  # fmt: skip
async def test_wrong_bodies_are_refused(house: House, body: object, pointer: str) -> None:
    async with http(house) as client:
        answer = await client.io.post(f"{ATTEMPTS}/archive", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        assert answer.json()["errors"][0]["pointer"].endswith(f"/{pointer}")
        for wrong in (
            await put_away(client, "A1"),
            await put_away(client, UNKNOWN, 1),
            await client.io.delete(f"{ATTEMPTS}/x"),
        ):
            assert wrong.status_code == 422


@pytest.mark.parametrize(
    ("kind", "by", "status"),
    [
        ("home", "learner", 403), ("home", "instructor", 403), ("home", "admin", 204), ("home", "root", 204),
        ("practice", "learner", 204), ("practice", "instructor", 403), ("practice", "admin", 204),
    ],
)  # fmt: skip
async def test_who_may_delete(house: House, kind: str, by: str, status: int) -> None:
    entry = (house.site.homes if kind == "home" else house.site.practices)[f"{kind}-single"]
    async with http(house) as owner, http(house, by) as client:
        attempt, _ = await owner.start(entry, kind)
        assert (await client.io.delete(f"{ATTEMPTS}/{attempt}")).status_code == status
        there = (await owner.io.get(f"{ATTEMPTS}/{attempt}")).status_code
        assert there == (404 if status == 204 else 200)


@pytest.mark.case(84)
async def test_a_deleted_attempt_leaves_nothing_but_what_person_rooms_were_told(house: House) -> None:
    practice = house.site.practices["Practice: office hours"]
    async with http(house) as client, house.client() as socket:
        kept, kept_chat = await talked(client, practice)
        attempt, chat = await talked(client, practice)
        await socket.ok("attempt_join", {"chat_id": chat})
        both = {"attempt_id": attempt, "chat_id": chat}
        await client.ok("attempt/grade", both, headers={"prefer": "wait=20"})
        await client.ok("attempt/message", both | {"message": "And then?"})

        def count(tx: Tx) -> dict[str, int]:
            return {name: len(tx.all(sql, chat=chat)) for name, sql in COUNTED.items()}

        before = house.site.write(count)
        assert before["messages"] == 4
        assert before["entries"] > 10
        assert before["texts"] > 0
        assert (await client.io.delete(f"{ATTEMPTS}/{attempt}")).status_code == 204
        async with asyncio.timeout(60):
            while house.site.write(count) != dict.fromkeys(COUNTED, 0):  # noqa: ASYNC110 (a job of the server)
                await asyncio.sleep(0.05)
        for operation, payload in (
            ("join", {"chat_id": chat}),
            ("message", both | {"message": "Hi"}),
            ("end_all", {"attempt_id": attempt}),
        ):
            assert (await socket.refused(f"attempt_{operation}", payload))["code"] == "not_found"
        assert attempt not in await listed(client)
        assert (await client.io.delete(f"{ATTEMPTS}/{attempt}")).status_code == 404
        more = {"attempt_id": kept, "chat_id": kept_chat, "message": "Still here?"}
        assert (await client.ok("attempt/message", more, headers={"prefer": "wait=20"}))["assistant_content"]
        opened = await client.connect({"person_since": 0})
        assert opened["sid"]
        heard, _ = await client.poll_until("attempt_chat_started")
        assert heard


@pytest.mark.case(84)
async def test_a_copy_outlives_the_attempt_that_it_was_made_of(house: House) -> None:
    entry = house.site.homes["home-reuse"]
    async with http(house, "goer") as client, http(house, "root") as root:
        source = (await client.ok("attempt/start", {"home_id": entry}))["attempt_id"]
        chat = (await client.ok("attempt/next", {"attempt_id": source}))["chat_id"]
        both = {"attempt_id": source, "chat_id": chat}
        await client.ok("attempt/message", both | {"message": "What have you tried?"}, headers={"prefer": "wait=20"})
        await client.ok("attempt/end", both, headers={"prefer": "wait=20"})
        target = (await client.ok("attempt/start", {"home_id": entry}))["attempt_id"]
        lobby = (await client.io.get(f"{ATTEMPTS}/{target}")).json()
        offered = lobby["available_continuation_options"]["options"][0]["scenarios"]
        chosen = {each["chat_entry_id"]: each["attempt_chat_id"] for each in offered}
        assert list(chosen.values()) == [chat]
        await client.ok("attempt/use_previous", {"attempt_id": target, "previous_chat_map": chosen})
        before = (await client.io.get(f"{ATTEMPTS}/{target}")).json()
        assert before["entries"]["attempt_chat"][0]["grade"]["source"] == "previous"
        assert (await root.io.delete(f"{ATTEMPTS}/{source}")).status_code == 204
        after = (await client.io.get(f"{ATTEMPTS}/{target}")).json()
        for part in ("entries", "resources", "aggregated_results", "rubric_structure"):
            assert after[part] == before[part]
        assert len(after["entries"]["attempt_message"]) == 2
        assert (await file_of(client, target)).count('"kind":"message"') == 2


async def file_of(client: Http, attempt: str) -> str:
    """The attempt as JSON Lines."""
    return (await client.io.get(f"{ATTEMPTS}/{attempt}/export", params={"format": "jsonl"})).text
