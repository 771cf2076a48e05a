"""Who may do what (Glow 1.1): the concealment rule, staff, and rights that are withdrawn."""

import asyncio
import json
from typing import Any

import pytest

from parlour.accounts import actions as accounts
from tests.harness.socket import Client
from tests.wire.house import UNKNOWN, House, fence


async def talked(client: Client, house: House, kind: str = "home", name: str = "pair") -> tuple[str, str]:
    """An attempt with a chat in which something was said: their ids. `client` is in the chat's room."""
    ids = house.site.homes if kind == "home" else house.site.practices
    started = await client.ok("attempt_start", {f"{kind}_id": ids[f"{kind}-{name}"]})
    attempt, chat = started["attempt_id"], started["attempt_chat_id"]
    await client.ok("attempt_join", {"chat_id": chat})
    await client.say(attempt, chat, "Hello, what have you tried?")
    return attempt, chat


def bare(ack: dict[str, Any]) -> str:
    """An answer without what may differ."""
    error = dict(ack["error"])
    error.pop("instance", None)
    return json.dumps({**ack, "error": error})


@pytest.mark.case(17)
@pytest.mark.parametrize("stranger", ["fellow", "outsider", "peer"])
async def test_what_is_not_yours_answers_like_what_is_not_there(house: House, stranger: str) -> None:
    async with house.client() as learner, house.client(stranger) as client:
        attempt, chat = await talked(learner, house)
        heard = len(learner.heard)
        for real, named in ((attempt, chat), (UNKNOWN, chat)):
            ids = {"attempt_id": real, "chat_id": named}
            none = {"attempt_id": UNKNOWN, "chat_id": UNKNOWN}
            for operation in ("join", "end", "end_all", "stop", "message", "grade", "next"):
                extra = {"message": "Hi"} if operation == "message" else {}
                foreign = await client.call(f"attempt_{operation}", {**ids, **extra})
                unknown = await client.call(f"attempt_{operation}", {**none, **extra})
                assert bare(foreign) == bare(unknown), operation
                assert foreign["error"]["code"] == "not_found"
        for operation in ("next", "grade"):
            ids = {"attempt_id": attempt, "draft_id": UNKNOWN, "resource_types": ["nonsense"]}
            assert (await client.refused(f"attempt_{operation}", ids))["code"] == "not_found"
        await fence(client)
        errors = client.payloads("attempt_error")
        assert {error["message"] for error in errors} == {"Chat not found.", "Attempt not found."}
        await fence(learner)
        assert len(learner.heard) == heard


@pytest.mark.case(21, 17)
async def test_an_entry_without_a_seat_for_you_does_not_exist(house: House) -> None:
    async with house.client() as client:
        for kind, ids in (("home", house.site.homes), ("practice", house.site.practices)):
            foreign = await client.call("attempt_start", {f"{kind}_id": ids[f"{kind}-others"]})
            unknown = await client.call("attempt_start", {f"{kind}_id": UNKNOWN})
            assert bare(foreign) == bare(unknown)
            assert foreign["error"]["detail"] == f"{kind.title()} entry not found."
    async with house.client("instructor") as staff:
        given = {"home_id": house.site.homes["home-pair"]}
        assert (await staff.refused("attempt_start", given))["code"] == "not_found"


@pytest.mark.case(18)
@pytest.mark.parametrize("staff", ["instructor", "admin", "root"])
async def test_staff_may_join_stop_grade_and_end_but_not_speak_for_the_learner(house: House, staff: str) -> None:
    async with house.client() as learner, house.client(staff) as client:
        attempt, chat = await talked(learner, house)
        await client.ok("attempt_join", {"chat_id": chat, "since": 0})
        await client.wait_for("attempt_assistant_complete", chat_id=chat)
        assert (await client.ok("attempt_stop", {"chat_id": chat}))["success"] is False
        message = {"attempt_id": attempt, "chat_id": chat, "message": "Hi"}
        for operation, payload in (("attempt_message", message), ("attempt_next", {"attempt_id": attempt})):
            problem = await client.refused(operation, payload)
            assert (problem["code"], problem["status"]) == ("forbidden", 403)
        graded = await client.ok("attempt_grade", {"attempt_id": attempt, "chat_id": chat})
        await client.wait_for("attempt_graded", grade_id=graded["grade_id"])
        ended = await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        for each in (client, learner):
            await each.wait_for("attempt_graded", grade_id=ended["grade_id"])
            await each.wait_for("attempt_chat_started", attempt_id=attempt)
        assert (await client.ok("attempt_end_all", {"attempt_id": attempt}))["success"] is True
        await learner.wait_for("attempt_ended", attempt_id=attempt)


@pytest.mark.case(19)
async def test_rooms_are_closed_to_fellows_to_other_cohorts_and_to_equal_rank(house: House) -> None:
    async with house.client() as learner, house.client("fellow") as fellow, house.client("peer") as peer:
        _, chat = await talked(learner, house)
        assert (await fellow.refused("attempt_join", {"chat_id": chat}))["detail"] == "Chat not found."
        _, elsewhere = await talked(fellow, house, "practice", "others")
        _, equal = await talked(peer, house)
        async with house.client("instructor") as instructor:
            await instructor.ok("attempt_join", {"chat_id": chat})
            for closed in (elsewhere, equal):
                assert (await instructor.refused("attempt_join", {"chat_id": closed}))["code"] == "not_found"


@pytest.mark.case(20)
@pytest.mark.parametrize("how", ["role", "cohort"])
async def test_a_withdrawn_right_ends_delivery_at_once_and_is_not_recovered(house: House, how: str) -> None:
    site = house.site
    staff = "fading" if how == "role" else "teaching"
    async with house.client() as learner, house.raw() as raw:
        attempt, chat = await talked(learner, house)
        pid = (await raw.open(site.tokens[staff])).data["pid"]
        await raw.ok("attempt_join", {"chat_id": chat, "since": 0})
        last = await raw.event("attempt_assistant_complete")
        if how == "role":
            site.write(lambda tx: accounts.set_role(tx, site.ids[staff], "member"))
        else:
            cohort = site.write(lambda tx: next(c for c in accounts.list_cohorts(tx) if c.name == "Everyone"))
            people = [site.ids[name] for name in ("learner", "fellow", "limited", "crowd", "goer", "peer")]
            teachers = [site.ids[name] for name in ("instructor", "fading")]
            site.write(lambda tx: accounts.set_cohort_people(tx, cohort.cohort_id, cohort.name, people, teachers))
        for _ in range(1000):  # until the server process has heard of it
            if not (await raw.call("attempt_join", {"chat_id": chat}))["ok"]:
                break
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.1)
        await learner.say(attempt, chat, "Do they still hear us?")
        await raw.call("attempt_leave", {"chat_id": UNKNOWN})
        assert raw.logged[-1].payload["_meta"]["seq"] == last.payload["_meta"]["seq"]
        raw.cut()
        async with house.raw() as again:
            answer = await again.open(site.tokens[staff], pid=pid, offset=raw.logged[-1].offset)
            assert answer.data["pid"] == pid
            await learner.say(attempt, chat, "And now?")
            await again.call("attempt_leave", {"chat_id": UNKNOWN})
            assert again.logged == []
