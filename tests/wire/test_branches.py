"""Branches (Glow 6.3.4): numbered siblings, a context of their own; named, graded and compared as an extension."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire.house import UNKNOWN, House, fence
from tests.wire.stand_in import standing_in
from tests.wire.test_attempts import begin
from tests.wire.test_reuse import detail, http
from tests.wire.test_verdicts import verdict

GOOD = "What have you tried? That sounds hard, well done."


async def read(house: House, path: str, user_id: str = "learner", **params: str) -> Any:
    """What a chat's route answers."""
    async with http(house, user_id) as client:
        answer = await client.get(f"/api/v1/chats/{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()


async def label(house: House, chat: str, message: str, text: str | None, user_id: str = "learner") -> Any:
    """The answer of naming a branch."""
    async with http(house, user_id) as client:
        return await client.put(f"/api/v1/chats/{chat}/branches/{message}", json={"label": text})


async def forked(client: Client, house: House, kind: str = "practice") -> tuple[dict[str, str], list[Any]]:
    """A chat of three branches: a first exchange, three ways to go on, the last of them active."""
    attempt, chat = await begin(client, house, kind, "single")
    root = await client.say(attempt, chat, "Hello")
    ways = [
        await client.say(attempt, chat, text, parent_message_id=root["assistant_message_id"])
        for text in (GOOD, "No.", "Maybe.")
    ]
    return {"attempt_id": attempt, "chat_id": chat}, [root, *ways]


async def graded(client: Client, payload: Mapping[str, object]) -> Any:
    """The `attempt_graded` of a grading."""
    ack = await client.ok("attempt_grade", payload)
    return await client.wait_for("attempt_graded", grade_id=ack["grade_id"])


@pytest.mark.case(59)
async def test_siblings_are_numbered_and_the_context_is_the_branch(own: Site) -> None:
    async with standing_in() as (stand_in, providers):
        process = own.start(PROVIDERS=providers, MODEL="local:talk")
        house = House(own, process)
        stand_in.answers["talk"] = lambda body: f"Re: {body['messages'][-1]['content']}"
        async with Client(process.url, own.tokens["learner"]) as client:
            attempt, chat = await begin(client, house, "practice", "nothints")
            _, elsewhere = await begin(client, house, "practice", "single")
            ids = {"attempt_id": attempt, "chat_id": chat}
            one = await client.say(attempt, chat, "One")
            two = await client.say(attempt, chat, "Two")
            context = {"after one": one["assistant_message_id"], "not two": two["user_message_id"]}
            for text, parent in context.items():
                await client.say(attempt, chat, text, parent_message_id=parent)
                assert said(stand_in.asked[-1]) == ["One", "Re: One", text]
            again = await client.say(attempt, chat, "not one", parent_message_id=one["user_message_id"])
            assert said(stand_in.asked[-1]) == ["not one"]
            await client.say(attempt, chat, "at the end")
            assert said(stand_in.asked[-1]) == ["not one", "Re: not one", "at the end"]
            messages = {
                m["contents"][0]["content"]: m for m in (await detail(house, attempt))["entries"]["attempt_message"]
            }
            numbers = {text: (m["sibling_index"], m["sibling_count"]) for text, m in messages.items()}
            assert {
                text: numbers[text] for text in ("One", "not one", "Two", "after one", "not two", "at the end")
            } == {
                "One": (0, 2),
                "not one": (1, 2),
                "Two": (0, 3),
                "after one": (1, 3),
                "not two": (2, 3),
                "at the end": (0, 1),
            }
            assert messages["not one"]["parent_message_id"] is None
            active = [text for text, m in messages.items() if m["on_active_path"]]
            assert active == ["not one", "Re: not one", "at the end", "Re: at the end"]
            foreign = await own_message(client, house, elsewhere)
            asked = len(stand_in.asked)
            for parent in (UNKNOWN, foreign, chat, attempt):
                problem = await client.refused("attempt_message", {**ids, "message": "x", "parent_message_id": parent})
                assert (problem["code"], problem["detail"]) == ("not_found", "Parent message not found.")
            assert len(stand_in.asked) == asked
            assert len((await detail(house, attempt))["entries"]["attempt_message"]) == 12
            assert again["user_message_id"] == messages["not one"]["id"]


def said(body: dict[str, Any]) -> list[str]:
    """What a model was told of the conversation, without its instructions."""
    return [message["content"] for message in body["messages"] if message["role"] != "system"]


async def own_message(client: Client, house: House, chat: str) -> str:
    """A message in another chat of the same person."""
    owned = house.site.write(lambda tx: tx.one("SELECT attempt_id FROM chats WHERE id = :id", id=chat))
    assert owned is not None
    return (await client.say(owned["attempt_id"], chat, "Elsewhere"))["user_message_id"]


@pytest.mark.case(59)
async def test_every_branch_is_listed_and_can_be_named_by_owner_and_staff(house: House) -> None:
    async with house.client() as client, house.client("instructor") as staff:
        ids, (root, first, second, third) = await forked(client, house)
        chat = ids["chat_id"]
        await staff.ok("attempt_join", {"chat_id": chat})
        listed = (await read(house, f"{chat}/branches"))["items"]
        leaves = [each["assistant_message_id"] for each in (first, second, third)]
        assert [each["leaf_message_id"] for each in listed] == leaves
        assert [each["on_active_path"] for each in listed] == [False, False, True]
        assert {each["forked_at_message_id"] for each in listed} == {root["assistant_message_id"]}
        assert {each["message_count"] for each in listed} == {4}
        assert {(each["label"], each["grade"]) for each in listed} == {(None, None)}
        named = await label(house, chat, first["user_message_id"], "  The good\n\x00 one ")
        assert named.json()["label"] == "The good one"
        assert named.json()["leaf_message_id"] == leaves[0]
        assert (await label(house, chat, leaves[1], "The bad one", "instructor")).status_code == 200
        for each in (client, staff):
            await each.wait_for("attempt_branch_labelled", message_id=leaves[1])
            heard = each.payloads("attempt_branch_labelled", chat_id=chat)
            assert [(told["message_id"], told["label"]) for told in heard] == [
                (leaves[0], "The good one"),
                (leaves[1], "The bad one"),
            ]
        messages = (await detail(house, ids["attempt_id"]))["entries"]["attempt_message"]
        assert {m["id"]: m["branch_label"] for m in messages if m["branch_label"]} == {
            leaves[0]: "The good one",
            leaves[1]: "The bad one",
        }
        longer = await client.say(**{**ids, "text": "Go on"}, parent_message_id=leaves[0])
        listed = (await read(house, f"{chat}/branches"))["items"]
        assert [(each["leaf_message_id"], each["label"]) for each in listed] == [
            (leaves[1], "The bad one"),
            (leaves[2], None),
            (longer["assistant_message_id"], "The good one"),
        ]
        renamed = await label(house, chat, longer["assistant_message_id"], "Better")
        assert renamed.json()["label"] == "Better"
        assert (await label(house, chat, leaves[0], None)).json()["label"] is None
        await fence(client)
        heard = client.payloads("attempt_branch_labelled", chat_id=chat)[2:]
        assert [(told["message_id"], told["label"]) for told in heard] == [
            (leaves[0], None),
            (longer["assistant_message_id"], "Better"),
            (longer["assistant_message_id"], None),
        ]
        for wrong, status in (("x" * 81, 422), (5, 422)):
            assert (await label(house, chat, leaves[1], wrong)).status_code == status  # type: ignore[arg-type]
        assert (await label(house, chat, leaves[1], "x" * 80)).status_code == 200
        assert (await label(house, chat, leaves[1], "")).json()["label"] is None
        for message in (UNKNOWN, chat):
            assert (await label(house, chat, message, "x")).json()["detail"] == "Message not found."
        assert (await label(house, chat, leaves[1], "x", "goer")).json()["detail"] == "Chat not found."


@pytest.mark.case(75)
async def test_a_branch_is_graded_without_becoming_the_grade_of_the_chat(house: House) -> None:
    async with house.client() as client:
        ids, (root, first, second, third) = await forked(client, house)
        chat = ids["chat_id"]
        whole = await graded(client, ids)
        assert "branch_message_id" not in whole
        good = await graded(client, {**ids, "branch_message_id": first["user_message_id"]})
        leaf = first["assistant_message_id"]
        assert (good["branch_message_id"], good["score"] > whole["score"]) == (leaf, True)
        told = [payload for _, (payload, *_) in client.heard if payload.get("grade_id") == good["grade_id"]]
        assert {payload["branch_message_id"] for payload in told} == {leaf}
        said = {root["user_message_id"], first["user_message_id"]}
        quoted = {e["message_id"] for p in told for e in (p.get("entry") or {}).get("evidence", [])}
        assert quoted
        assert quoted <= said
        poor = await graded(client, {**ids, "branch_message_id": second["assistant_message_id"]})
        now = (await detail(house, ids["attempt_id"]))["entries"]["attempt_chat"][0]
        assert (now["grade"]["id"], now["grade"]["score"]) == (whole["grade_id"], whole["score"])
        assert now["grades_count"] == 3
        active = await graded(client, {**ids, "branch_message_id": third["user_message_id"]})
        assert "branch_message_id" not in active
        part = await graded(client, {**ids, "branch_message_id": leaf, "resource_types": ["analyses"]})
        assert part["score"] == good["score"]
        listed = {each["leaf_message_id"]: each["grade"] for each in (await read(house, f"{chat}/branches"))["items"]}
        assert [listed[each["assistant_message_id"]]["id"] for each in (first, second, third)] == [
            part["grade_id"],
            poor["grade_id"],
            active["grade_id"],
        ]
        for wrong in (UNKNOWN, chat):
            problem = await client.refused("attempt_grade", {**ids, "branch_message_id": wrong})
            assert (problem["code"], problem["detail"]) == ("not_found", "Message not found.")
        problem = await client.refused("attempt_grade", {"attempt_id": ids["attempt_id"], "branch_message_id": leaf})
        assert problem["code"] == "invalid_request"
        ended = await client.ok("attempt_end", ids)
        await client.wait_for("attempt_graded", grade_id=ended["grade_id"])


@pytest.mark.case(76)
async def test_grades_of_branches_count_towards_the_limit_of_an_assessment(house: House) -> None:
    async with house.client() as client:
        ids, (_, first, *_) = await forked(client, house, "home")
        branch = {**ids, "branch_message_id": first["assistant_message_id"]}
        for payload in (ids, branch, branch, ids):
            await graded(client, payload)
        for payload in (ids, branch):
            assert (await client.refused("attempt_grade", payload))["code"] == "regrade_limit"


@pytest.mark.case(74)
async def test_quotes_are_looked_for_in_the_branch_that_is_graded(own: Site) -> None:
    async with standing_in() as (stand_in, providers):
        process = own.start(PROVIDERS=providers, GRADER_MODEL="local:grade")
        house = House(own, process)
        async with Client(process.url, own.tokens["learner"]) as client:
            ids, (root, first, second, third) = await forked(client, house)
            evidence = {
                name: [{"message_id": each["user_message_id"], "quote": text} for each, text in quotes]
                for name, quotes in {
                    "Asking": [(first, "What have you tried?"), (third, "Maybe.")],
                    "Warmth": [(root, "Hello"), (second, "No.")],
                }.items()
            }
            stand_in.answers["grade"] = lambda body: verdict(body, evidence, 2)
            done = await graded(client, {**ids, "branch_message_id": first["user_message_id"]})
            rows = client.payloads("attempt_grading_progress", grade_id=done["grade_id"])
            kept = [[e["quote"] for e in row["entry"]["evidence"]] for row in rows if row["entry"]]
            assert kept == [["What have you tried?"], ["Hello"]]
            paper = json.loads(stand_in.asked[-1]["messages"][-1]["content"])
            assert [line["text"] for line in paper["transcript"]][::2] == ["Hello", GOOD]


@pytest.mark.case(59)
async def test_two_branches_stand_side_by_side_with_their_grades(house: House) -> None:
    async with house.client() as client:
        ids, (root, first, second, _) = await forked(client, house)
        chat = ids["chat_id"]
        pair = {"left": first["user_message_id"], "right": second["assistant_message_id"]}
        found = await read(house, f"{chat}/branches/compare", **pair)
        assert found["common_message_count"] == 2
        assert found["fork_message_id"] == root["assistant_message_id"]
        sides = [found["left"], found["right"]]
        assert [side["messages"][0]["contents"][0]["content"] for side in sides] == [GOOD, "No."]
        assert [len(side["messages"]) for side in sides] == [2, 2]
        assert found["difference"] is None
        for each in (first, second):
            await graded(client, {**ids, "branch_message_id": each["user_message_id"]})
        found = await read(house, f"{chat}/branches/compare", "instructor", **pair)
        difference = found["difference"]
        scores = [found[side]["branch"]["grade"]["score"] for side in ("left", "right")]
        assert difference["score_difference"] == scores[1] - scores[0] < 0
        assert sum(each["difference"] for each in difference["criteria"]) == difference["score_difference"]
        same = await read(house, f"{chat}/branches/compare", left=pair["left"], right=first["assistant_message_id"])
        assert (same["common_message_count"], same["left"]["messages"], same["right"]["messages"]) == (4, [], [])
        async with http(house) as web:
            path = f"/api/v1/chats/{chat}/branches/compare"
            assert (await web.get(path, params={**pair, "left": UNKNOWN})).json()["detail"] == "Message not found."
            assert (await web.get(path, params={"left": pair["left"]})).status_code == 422
