"""Time and infinite mode to the second, by a clock that the test moves (Glow 6.6; decision D19)."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import STORES, make_site
from tests.harness.site import until
from tests.harness.socket import Client
from tests.wire.house import fence
from tests.wire.http_client import Http
from tests.wire.timed import Timed, timed

GRACE_MS = 10_000


@pytest.fixture(params=STORES)
def hall(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Timed]:
    """A server of one test's own, whose clock the test moves. Replies take some seconds."""
    site = make_site(request.param, tmp_path, request)
    with timed(site, SCRIPTED_PIECES_PER_SECOND=5, LIMITS__INFINITE_CHATS_MAX=5) as made:
        yield made


async def begin(client: Client, kind: str, entry_id: str, **more: object) -> tuple[str, str]:
    """Start an attempt and join its first chat."""
    started = await client.ok("attempt_start", {f"{kind}_id": entry_id, **more})
    await client.ok("attempt_join", {"chat_id": started["attempt_chat_id"]})
    return started["attempt_id"], started["attempt_chat_id"]


async def detail(hall: Timed, attempt: str) -> Any:
    """The read model of an attempt, without a connection."""
    async with Http(hall.url, hall.site.tokens["learner"]) as http:
        return (await http.io.get(f"/api/v1/attempts/{attempt}")).json()


async def closed(hall: Timed, chat: str, seconds: float = 60) -> dict[str, Any]:
    """The row of a chat once it is completed."""
    return await asyncio.to_thread(
        until, lambda: row if (row := hall.chat(chat))["state"] == "completed" else None, seconds
    )


@pytest.mark.case(68)
async def test_input_is_taken_a_second_before_the_limit_and_refused_at_it(hall: Timed) -> None:
    async with hall.client() as client:
        attempt, chat = await begin(client, "home", hall.entries["hour"])
        expires = hall.chat(chat)["expires_at"]
        said = {"attempt_id": attempt, "chat_id": chat, "message": "In time: what happened to you?"}
        hall.clock.go_to(expires - 1000)
        first = await client.ok("attempt_message", said)
        await client.wait_for("attempt_progress", chat_id=chat)
        hall.clock.go_to(expires)
        problem = await client.refused("attempt_message", said)
        assert (problem["code"], problem["status"]) == ("chat_expired", 409)
        assert "attempt_chat_ended" not in client.names
        hall.clock.go_to(expires + GRACE_MS)
        ended = await client.wait_for("attempt_chat_ended", chat_id=chat)
        reply = client.payloads("attempt_assistant_complete", message_id=first["assistant_message_id"])
        assert [each["status"] for each in reply] == ["stopped"]
        assert (ended["expired"], ended["is_attempt_finished"]) == (True, False)
        assert ended["grade_id"] is not None
        await client.wait_for("attempt_graded", grade_id=ended["grade_id"])
        assert '"Time is up."' in hall.chat(chat)["completion"]
        assert (await client.refused("attempt_message", said))["code"] == "chat_completed"


@pytest.mark.case(68)
async def test_a_reply_within_the_grace_is_finished_before_the_chat_ends(hall: Timed) -> None:
    async with hall.client() as client:
        attempt, chat = await begin(client, "home", hall.entries["hour"])
        expires = hall.chat(chat)["expires_at"]
        said = {"attempt_id": attempt, "chat_id": chat, "message": "Hello"}
        first = await client.ok("attempt_message", said)
        hall.clock.go_to(expires + 500)
        reply = await client.wait_for("attempt_assistant_complete", message_id=first["assistant_message_id"])
        assert reply["status"] == "complete"
        await client.wait_for("attempt_chat_ended", chat_id=chat)
        assert "attempt_stopped" not in client.names


@pytest.mark.case(69)
async def test_negative_time_and_no_limit_end_nothing(hall: Timed) -> None:
    async with hall.client() as client:
        below, first = await begin(client, "practice", hall.entries["below"])
        free, second = await begin(client, "practice", hall.entries["free"])
        mixed, third = await begin(client, "practice", hall.entries["mixed"])
        assert (await detail(hall, mixed))["timer"]["negative"] is False
        hall.clock.set_ahead(3_600_000)
        await client.wait_for("attempt_chat_ended", chat_id=third)
        await asyncio.sleep(1.2)
        assert [hall.chat(each)["state"] for each in (first, second)] == ["open", "open"]
        timer = (await detail(hall, below))["timer"]
        assert (timer["limit"], timer["negative"], timer["exceeded"]) == (120, True, True)
        assert 3600 <= timer["elapsed"] <= 3700
        assert timer["formatted"].startswith("-")
        timer = (await detail(hall, free))["timer"]
        assert (timer["limit"], timer["exceeded"], timer["formatted"]) == (None, False, "")
        await client.ok("attempt_message", {"attempt_id": below, "chat_id": first, "message": "Still here?"})


@pytest.mark.case(70)
async def test_at_expiry_without_a_connection_of_its_owner_an_attempt_waits_in_the_lobby(hall: Timed) -> None:
    async with hall.client() as client:
        attempt, chat = await begin(client, "home", hall.entries["hour"])
    async with hall.client("root") as staff:
        await staff.ok("attempt_join", {"chat_id": chat, "presence": True})
        if any(person["part"] == "owner" for person in (await presence(hall, chat))["people"]):
            await until_left(staff, chat)
        hall.clock.go_to(hall.chat(chat)["expires_at"])
        ended = await staff.wait_for("attempt_chat_ended", chat_id=chat)
        assert (ended["expired"], ended["grade_id"], ended["is_attempt_finished"]) == (True, None, False)
        waits = await staff.wait_for("attempt_started", attempt_id=attempt)
        await fence(staff)
        assert "attempt_chat_started" not in staff.names
    shown = await detail(hall, attempt)
    assert (shown["is_lobby"], shown["chat_entry_id"]) == (True, waits["chat_entry_id"])
    async with Http(hall.url, hall.site.tokens["learner"]) as http:
        moved = await http.ok("attempt/next", {"attempt_id": attempt})
    hall.clock.go_to(hall.chat(moved["chat_id"])["expires_at"])
    await closed(hall, moved["chat_id"])
    over = await detail(hall, attempt)
    assert (over["is_active"], over["is_lobby"]) == (False, False)


@pytest.mark.case(70)
async def test_at_expiry_with_a_socket_of_the_owner_the_next_chat_opens(hall: Timed) -> None:
    async with hall.client() as client:
        attempt, chat = await begin(client, "home", hall.entries["hour"])
        hall.sooner(chat)
        await client.wait_for("attempt_chat_ended", chat_id=chat, expired=True)
        await client.wait_for("attempt_chat_started", attempt_id=attempt, position=1)


@pytest.mark.case(70)
async def test_at_expiry_an_http_session_of_the_owner_is_a_connection(hall: Timed) -> None:
    async with Http(hall.url, hall.site.tokens["learner"]) as http:
        started = await http.ok("attempt/start", {"home_id": hall.entries["hour"]})
        chat = started["attempt_chat_id"]
        expires = hall.chat(chat)["expires_at"]
        hall.clock.go_to(expires - 100_000)
        await http.connect()
        hall.clock.go_to(expires)
        heard, _ = await http.poll_until("attempt_chat_started")
        assert [event.name for event in heard][-2:] == ["attempt_chat_ended", "attempt_chat_started"]


@pytest.mark.case(70)
async def test_limits_that_passed_while_the_server_was_down_are_handled_at_its_start(hall: Timed) -> None:
    async with hall.client() as client:
        attempt, chat = await begin(client, "home", hall.entries["hour"])
        await client.say(attempt, chat, "What happened to you?")
        hall.process.kill()
    hall.clock.go_to(hall.chat(chat)["expires_at"] + 60_000)
    hall.restart()
    row = await closed(hall, chat)
    assert row["completed_at"] >= row["expires_at"]
    shown = await detail(hall, attempt)
    assert shown["is_lobby"] is True
    graded = "SELECT state FROM grades WHERE chat_id = :id"
    await asyncio.to_thread(until, lambda: hall.site.write(lambda tx: tx.one(graded, id=chat)["state"]) == "done")


@pytest.mark.case(71)
async def test_an_infinite_attempt_ends_at_its_maximum_of_chats(hall: Timed) -> None:
    async with hall.client() as client:
        attempt, chat = await begin(client, "practice", hall.entries["free"], infinite_mode=True)
        opened = [chat]
        while (moved := await client.ok("attempt_next", {"attempt_id": attempt}))["chat_id"]:
            opened.append(moved["chat_id"])
        assert moved["is_attempt_finished"] is True
        assert len(set(opened)) == len(opened) == 5
        rows = [hall.chat(each) for each in opened]
        assert [row["pass"] for row in rows] == [1, 1, 2, 2, 3]
        assert [row["chat_entry_id"] for row in rows] == ([row["chat_entry_id"] for row in rows[:2]] * 3)[:5]
        ended = await client.wait_for("attempt_ended", attempt_id=attempt)
        assert ended["all_scenarios_complete"] is True
        plain, _ = await begin(client, "practice", hall.entries["free"])
        await client.ok("attempt_next", {"attempt_id": plain})
        assert (await client.ok("attempt_next", {"attempt_id": plain}))["is_attempt_finished"] is True


@pytest.mark.case(71)
@pytest.mark.parametrize(("name", "seconds"), [("below", 120), ("mixed", 60), ("closing", 7200)])
async def test_the_window_closes_with_the_limits_or_the_entry_and_cuts_no_chat(
    hall: Timed, name: str, seconds: int
) -> None:
    async with hall.client() as client:
        began = hall.clock.now_ms()
        attempt, _ = await begin(client, "practice", hall.entries[name], infinite_mode=True)
        await client.ok("attempt_next", {"attempt_id": attempt})
        third = (await client.ok("attempt_next", {"attempt_id": attempt}))["chat_id"]
        fourth = (await client.ok("attempt_next", {"attempt_id": attempt}))["chat_id"]
        assert hall.chat(third)["pass"] == hall.chat(fourth)["pass"] == 2
        hall.clock.go_to(began + seconds * 1000 + 500)
        await asyncio.sleep(1.2)
        assert hall.chat(fourth)["state"] == "open"
        moved = await client.ok("attempt_next", {"attempt_id": attempt})
        assert (moved["is_attempt_finished"], moved["chat_id"]) == (True, None)


@pytest.mark.case(71)
async def test_a_later_round_is_not_finished_after_the_window_the_first_one_is(hall: Timed) -> None:
    async with hall.client() as client:
        began = hall.clock.now_ms()
        attempt, _ = await begin(client, "practice", hall.entries["below"], infinite_mode=True)
        await client.ok("attempt_next", {"attempt_id": attempt})
        third = (await client.ok("attempt_next", {"attempt_id": attempt}))["chat_id"]
        first, _ = await begin(client, "practice", hall.entries["below"], infinite_mode=True)
        hall.clock.go_to(began + 121_000)
        assert hall.chat(third)["pass"] == 2
        assert (await client.ok("attempt_next", {"attempt_id": attempt}))["is_attempt_finished"] is True
        assert (await client.wait_for("attempt_ended", attempt_id=attempt))["all_scenarios_complete"] is True
        second = await client.ok("attempt_next", {"attempt_id": first})
        assert hall.chat(second["chat_id"])["pass"] == 1
        assert (await client.ok("attempt_next", {"attempt_id": first}))["is_attempt_finished"] is True


async def presence(hall: Timed, chat: str) -> Any:
    """Who is in a chat."""
    async with Http(hall.url, hall.site.tokens["root"]) as http:
        return (await http.io.get(f"/api/v1/chats/{chat}/presence")).json()


async def until_left(staff: Client, chat: str) -> None:
    """Until the owner's connection is known to be gone."""
    while True:
        told = await staff.wait_for("attempt_presence", chat_id=chat)
        if all(person["part"] == "staff" for person in told["people"]):
            return
        staff.heard = [each for each in staff.heard if each[1][0] is not told]
