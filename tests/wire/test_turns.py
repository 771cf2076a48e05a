"""A turn (Glow 6.3, 7.10, 7.11): its order, its branches, its hints, its end whatever happens."""

import asyncio

import pytest

from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire.house import UNKNOWN, House, fence
from tests.wire.test_attempts import begin

TURN = ("attempt_user_", "attempt_assistant_", "attempt_progress", "attempt_hint")


def text_of(client: Client, message_id: str) -> str:
    """The text of a reply as its deltas tell it, since the last reset."""
    text = ""
    for delta in client.payloads("attempt_progress", message_id=message_id):
        text = "" if delta["content_type"] == "reset" else text + delta["content"]
    return text


@pytest.mark.case(56, 57, 61)
async def test_a_turn_has_its_order_for_everybody_in_the_room(house: House) -> None:
    async with house.client() as client, house.client("instructor") as watcher:
        attempt, chat = await begin(client, house, "practice", "single")
        await watcher.ok("attempt_join", {"chat_id": chat})
        said = await client.say(attempt, chat, "  What have you tried?\n")
        reply = said["assistant_message_id"]
        await watcher.wait_for("attempt_assistant_complete", message_id=reply)
        for each in (client, watcher):
            await fence(each)
            names = [name for name in each.names if name.startswith(TURN)]
            assert names[:2] == ["attempt_user_complete", "attempt_assistant_start"]
            assert names[-2:] == ["attempt_hint_progress", "attempt_assistant_complete"]
            assert set(names[2:-2]) == {"attempt_progress"}
            user = each.payloads("attempt_user_complete")[0]
            assert (user["content"], user["item_id"]) == ("  What have you tried?\n", None)
            assert user["message_id"] == said["user_message_id"]
            start = each.payloads("attempt_assistant_start")[0]
            assert (start["message_id"], start["parent_message_id"]) == (reply, user["message_id"])
            done = each.payloads("attempt_assistant_complete")[0]
            assert (done["message_id"], done["status"]) == (reply, "complete")
            assert text_of(each, reply) == done["content"] != ""
            assert [c["content"] for c in done["contents"]] == [done["content"]]
            hints = each.payloads("attempt_hint_progress")[0]
            assert hints["message_id"] == reply
            assert [hint["idx"] for hint in hints["hints"]] == [0, 1, 2]
            assert all(hint["id"] and hint["hint"] for hint in hints["hints"])


@pytest.mark.case(61)
@pytest.mark.parametrize(("kind", "name"), [("home", "single"), ("practice", "nothints")])
async def test_there_are_no_hints_in_assessments_or_where_they_are_off(house: House, kind: str, name: str) -> None:
    async with house.client() as client:
        attempt, chat = await begin(client, house, kind, name)
        await client.say(attempt, chat, "Hello")
        assert "attempt_hint_progress" not in client.names


@pytest.mark.case(58)
async def test_a_message_that_may_not_be_said_is_refused_and_not_stored(slow: House) -> None:
    async with slow.client() as client:
        attempt, chat = await begin(client, slow, "practice", "pair")
        other, _ = await begin(client, slow, "practice", "single")
        spoken, silent = await begin(client, slow, "practice", "spoken")
        ids = {"attempt_id": attempt, "chat_id": chat}
        await client.ok("attempt_message", {**ids, "message": "The first"})
        cases = [
            ({**ids, "message": " \n\t "}, "empty_message", 422, "The message is empty."),
            ({**ids, "attempt_id": other, "message": "x"}, "not_found", 404, "Chat not found."),
            ({**ids, "message": "x"}, "turn_in_progress", 409, "The previous answer is still being written."),
            ({**ids, "message": "x", "parent_message_id": UNKNOWN}, "not_found", 404, "Parent message not found."),
            (
                {"attempt_id": spoken, "chat_id": silent, "message": "x"},
                "text_disabled",
                409,
                "This chat accepts speech only.",
            ),
        ]
        for payload, code, status, detail in cases:
            problem = await client.refused("attempt_message", payload)
            assert (problem["code"], problem["status"], problem["detail"]) == (code, status, detail)
            assert problem["error_type"] == "send"
        await client.ok("attempt_end", ids)
        problem = await client.refused("attempt_message", {**ids, "message": "x"})
        assert problem["code"] == "chat_completed"
        await fence(client)
        assert [p["content"] for p in client.payloads("attempt_user_complete")] == ["The first"]


@pytest.mark.case(59)
async def test_branches_replace_what_they_name_and_have_their_own_context(own: Site) -> None:
    process = own.start(MODEL="scripted-echo")
    house = House(own, process)
    async with Client(process.url, own.tokens["learner"]) as client:
        attempt, chat = await begin(client, house, "practice", "nothints")
        _, elsewhere = await begin(client, house, "practice", "single")
        one = await client.say(attempt, chat, "One")
        two = await client.say(attempt, chat, "Two")
        parents = {}
        wanted = {
            "two again": two["user_message_id"],
            "one again": one["user_message_id"],
            "after one": one["assistant_message_id"],
        }
        for text, parent in wanted.items():
            said = await client.say(attempt, chat, text, parent_message_id=parent)
            told = client.payloads("attempt_user_complete", message_id=said["user_message_id"])[0]
            parents[text] = told["parent_message_id"]
        newest = await client.say(attempt, chat, "at the end")
        told = client.payloads("attempt_user_complete", message_id=newest["user_message_id"])[0]
        leaf = client.payloads("attempt_assistant_complete")[-2]["message_id"]
        assert parents == {
            "two again": one["assistant_message_id"],
            "one again": None,
            "after one": one["assistant_message_id"],
        }
        assert told["parent_message_id"] == leaf
        ids = {"attempt_id": attempt, "chat_id": chat, "message": "x"}
        foreign = {"attempt_id": attempt, "chat_id": elsewhere, "message": "x"}
        assert (await client.refused("attempt_message", foreign))["code"] == "not_found"
        for parent in (UNKNOWN, chat, attempt):
            problem = await client.refused("attempt_message", {**ids, "parent_message_id": parent})
            assert problem["detail"] == "Parent message not found."


@pytest.mark.case(64)
@pytest.mark.parametrize("who", ["learner", "instructor"])
async def test_a_reply_can_be_stopped_and_what_was_said_stays(slow: House, who: str) -> None:
    async with slow.client() as client, slow.client(who) as stopper:
        attempt, chat = await begin(client, slow, "practice", "pair")
        said = await client.ok("attempt_message", {"attempt_id": attempt, "chat_id": chat, "message": "Hello"})
        reply = said["assistant_message_id"]
        await client.wait_for("attempt_progress", message_id=reply)
        name = "attempt_stop_message" if who == "learner" else "attempt_stop"
        stopped = await stopper.ok(name, {"chat_id": chat})
        assert stopped == {"ok": True, "chat_id": chat, "success": True, "message": None}
        told = await client.wait_for("attempt_stopped", chat_id=chat)
        assert (told["success"], told["message"]) == (True, None)
        done = client.payloads("attempt_assistant_complete", message_id=reply)
        assert [p["status"] for p in done] == ["stopped"]
        assert text_of(client, reply) == done[0]["content"] != ""
        assert client.names.index("attempt_assistant_complete") < client.names.index("attempt_stopped")
        heard = len(client.payloads("attempt_progress"))
        again = await stopper.ok("attempt_stop", {"chat_id": chat})
        assert again["success"] is False
        assert again["message"] == "Nothing is being generated in this chat."
        told = await stopper.wait_for("attempt_stopped", success=False)
        assert "seq" not in told["_meta"]
        await asyncio.sleep(0.3)
        assert len(client.payloads("attempt_progress")) == heard
        following = await client.ok("attempt_message", {"attempt_id": attempt, "chat_id": chat, "message": "Go on"})
        user = await client.wait_for("attempt_user_complete", message_id=following["user_message_id"])
        assert user["parent_message_id"] == reply
        await client.ok("attempt_end_all", {"attempt_id": attempt})
