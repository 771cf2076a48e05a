"""The life of an attempt (Glow 6.1, 6.2, 6.6 and 7.4 to 7.10)."""

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import publish
from tests.harness.clock import SetClock
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire.house import UNKNOWN, House, fence
from tests.wire.stand_in import standing_in
from tests.wire.timed import Timed

HOLLOW = """
pack: {id: hollow, name: Hollow}
personas: {pat: {name: Pat, instructions: "You are Pat."}}
scenarios: {one: {name: One, personas: [pat]}}
simulations: {one: {name: One, scenarios: [{scenario: one}]}}
home: {hollow: {name: hollow, simulation: one, everyone: true}}
"""


async def begin(client: Client, house: House, kind: str, name: str, **more: object) -> tuple[str, str]:
    """Start an attempt of an entry and join its first chat."""
    entries = house.site.homes if kind == "home" else house.site.practices
    started = await client.ok("attempt_start", {f"{kind}_id": entries[f"{kind}-{name}"], **more})
    await client.ok("attempt_join", {"chat_id": started["attempt_chat_id"]})
    return started["attempt_id"], started["attempt_chat_id"]


@pytest.mark.case(51, 66)
async def test_two_scenarios_lead_from_start_to_the_end_of_the_attempt(house: House) -> None:
    async with house.client() as client:
        attempt, first = await begin(client, house, "home", "pair")
        assert client.payloads("attempt_started", attempt_id=attempt)
        await client.say(attempt, first, "What happened?")
        ended = await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": first})
        assert (ended["is_attempt_finished"], ended["chat_id"]) == (False, first)
        second = (await client.wait_for("attempt_chat_started", attempt_id=attempt, position=1))["chat_id"]
        await client.ok("attempt_join", {"chat_id": second})
        await client.say(attempt, second, "And you?")
        ended = await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": second})
        assert ended["is_attempt_finished"] is True
        over = await client.wait_for("attempt_ended", attempt_id=attempt)
        assert (over["success"], over["all_scenarios_complete"]) == (True, True)
        assert over["message"]
        await client.wait_for("attempt_graded", grade_id=ended["grade_id"])
        await fence(client)
        mine = [
            (name, args[0].get("chat_id"))
            for name, args in client.heard
            if args[0].get("attempt_id", attempt) == attempt
        ]
        for chat, after in ((first, "attempt_chat_started"), (second, "attempt_ended")):
            end = mine.index(("attempt_chat_ended", chat))
            later = [name for name, _ in mine[end + 1 :]]
            assert after in later
            grading = {"attempt_grading_progress", "attempt_content_progress", "attempt_graded"}
            assert not [name for name, named in mine[:end] if name in grading and named == chat]


@pytest.mark.case(52)
async def test_an_attempt_cannot_be_started_wrongly_or_at_the_wrong_time(house: House) -> None:
    homes, practices = house.site.homes, house.site.practices
    cases = [
        ({}, "invalid_request", "Give exactly one of home_id and practice_id."),
        (
            {"home_id": homes["home-pair"], "practice_id": practices["practice-pair"]},
            "invalid_request",
            "Give exactly one of home_id and practice_id.",
        ),
        ({"home_id": homes["home-early"]}, "not_open_yet", "This training opens on 2099-01-01T00:00:00.000Z."),
        ({"home_id": homes["home-late"]}, "closed", "This training closed on 2001-01-01T00:00:00.000Z."),
        ({"home_id": homes["home-inactive"]}, "closed", "This training is not active."),
        ({"home_id": UNKNOWN}, "not_found", "Home entry not found."),
        ({"practice_id": UNKNOWN}, "not_found", "Practice entry not found."),
        ({"practice_id": homes["home-pair"]}, "not_found", "Practice entry not found."),
    ]
    async with house.client() as client:
        for payload, code, detail in cases:
            problem = await client.refused("attempt_start", payload)
            assert (problem["code"], problem["error_type"]) == (code, "start")
            assert problem["detail"] == detail
        await fence(client)
        assert "attempt_started" not in client.names


@pytest.mark.case(52)
async def test_an_entry_without_a_scenario_cannot_be_started(own: Site) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hollow.yaml"
        file.write_text(HOLLOW)
        bundle = load_bundle(file)
    hollow = tuple(replace(entry, templates=()) for entry in bundle.entries)  # a bundle would not be let in so
    own.write(lambda tx: publish(tx, replace(bundle, entries=hollow)))
    process = own.start()
    async with Client(process.url, own.tokens["learner"]) as client:
        problem = await client.refused("attempt_start", {"home_id": hollow[0].id})
        assert (problem["code"], problem["status"]) == ("empty_entry", 409)
        assert problem["detail"] == "This training has no scenario."
        assert own.write(lambda tx: tx.one("SELECT count(*) AS n FROM attempts")["n"]) == 0


@pytest.mark.case(53)
async def test_a_template_that_can_be_customised_waits_in_the_lobby(house: House) -> None:
    async with house.client() as client:
        started = await client.ok("attempt_start", {"home_id": house.site.homes["home-lobby"]})
        assert (started["is_lobby"], started["attempt_chat_id"]) == (True, None)
        attempt = started["attempt_id"]
        await client.wait_for("attempt_started", attempt_id=attempt)
        await fence(client)
        assert len(client.payloads("attempt_started", attempt_id=attempt)) == 1
        assert client.payloads("attempt_chat_started", attempt_id=attempt) == []
        moved = await client.ok("attempt_next", {"attempt_id": attempt})
        await client.wait_for("attempt_chat_started", chat_id=moved["chat_id"])
        await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": moved["chat_id"]})
        await client.wait_for("attempt_chat_ended", chat_id=moved["chat_id"])
        await fence(client)
        assert len(client.payloads("attempt_started", attempt_id=attempt)) == 2
        draft = {"attempt_id": attempt, "draft_id": UNKNOWN}
        assert (await client.refused("attempt_next", draft))["detail"] == "Draft not found."
        plain = await client.ok("attempt_start", {"home_id": house.site.homes["home-pair"]})
        problem = await client.refused("attempt_next", {**draft, "attempt_id": plain["attempt_id"]})
        assert (problem["code"], problem["error_type"]) == ("custom_not_allowed", "next")


@pytest.mark.case(55)
async def test_next_closes_an_open_chat_and_moves_on_until_the_attempt_is_over(house: House) -> None:
    async with house.client() as client:
        attempt, first = await begin(client, house, "home", "pair")
        await client.say(attempt, first, "What happened?")
        moved = await client.ok("attempt_next", {"attempt_id": attempt})
        assert (moved["is_attempt_finished"], moved["pending"]) == (False, False)
        assert (await client.wait_for("attempt_chat_ended", chat_id=first))["grade_id"]
        await client.wait_for("attempt_chat_started", chat_id=moved["chat_id"])
        last = await client.ok("attempt_next", {"attempt_id": attempt})
        assert last == {
            "ok": True,
            "attempt_id": attempt,
            "chat_id": None,
            "is_attempt_finished": True,
            "pending": False,
        }
        assert (await client.wait_for("attempt_chat_ended", chat_id=moved["chat_id"]))["grade_id"] is None
        await client.wait_for("attempt_ended", attempt_id=attempt)
        problem = await client.refused("attempt_next", {"attempt_id": attempt})
        assert (problem["code"], problem["status"]) == ("attempt_over", 409)
        await client.wait_for("attempt_graded", chat_id=first)


@pytest.mark.case(65)
async def test_a_chat_ends_once_and_is_graded_only_if_there_is_something_to_grade(house: House) -> None:
    async with house.client() as client:
        attempt, chat = await begin(client, house, "practice", "pair")
        ids = {"attempt_id": attempt, "chat_id": chat}
        other, _ = await begin(client, house, "practice", "single")
        assert (await client.refused("attempt_end", {**ids, "attempt_id": other}))["detail"] == "Chat not found."
        assert (await client.ok("attempt_end", ids))["grade_id"] is None
        problem = await client.refused("attempt_end", ids)
        assert (problem["code"], problem["status"], problem["error_type"]) == ("chat_completed", 409, "end")
        assert problem["detail"] == "This chat has already been completed."
        second = (await client.wait_for("attempt_chat_started", attempt_id=attempt, position=1))["chat_id"]
        await client.say(attempt, second, "Hello")
        ended = await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": second, "grade": False})
        assert ended["grade_id"] is None
        assert (await client.wait_for("attempt_chat_ended", chat_id=second))["grade_id"] is None


@pytest.mark.case(65, 66)
async def test_the_end_of_a_chat_stops_its_running_reply_first(slow: House) -> None:
    async with slow.client() as client:
        attempt, chat = await begin(client, slow, "practice", "pair")
        await client.ok("attempt_message", {"attempt_id": attempt, "chat_id": chat, "message": "Hello"})
        await client.wait_for("attempt_progress", chat_id=chat)
        ended = await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        await client.wait_for("attempt_graded", grade_id=ended["grade_id"])
        order = [
            n for n in client.names if n in {"attempt_assistant_complete", "attempt_stopped", "attempt_chat_ended"}
        ]
        assert order == ["attempt_assistant_complete", "attempt_stopped", "attempt_chat_ended"]
        assert client.payloads("attempt_assistant_complete")[0]["status"] == "stopped"


@pytest.mark.case(65)
async def test_the_end_of_a_chat_is_graded_even_while_its_middle_still_is(own: Site) -> None:
    async with standing_in() as (stand_in, providers):
        stand_in.answers["grade"] = lambda body: "…"  # a grader that does not come to an end
        process = own.start(PROVIDERS=providers, GRADER_MODEL="local:grade")
        async with Client(process.url, own.tokens["learner"]) as client:
            attempt, chat = await begin(client, House(own, process), "practice", "pair")
            ids = {"attempt_id": attempt, "chat_id": chat}
            await client.say(attempt, chat, "What have you tried?")
            middle = await client.ok("attempt_grade", ids)
            assert (await client.refused("attempt_grade", ids))["code"] == "grading_running"
            ended = await client.ok("attempt_end", ids)
            closed = await client.wait_for("attempt_chat_ended", chat_id=chat)
            assert closed["grade_id"] == ended["grade_id"] not in {None, middle["grade_id"]}


@pytest.mark.case(67)
@pytest.mark.parametrize("infinite", [False, True])
async def test_ending_everything_closes_open_chats_without_grading(house: House, infinite: bool) -> None:
    async with house.client() as client:
        attempt, chat = await begin(client, house, "practice", "pair", infinite_mode=infinite)
        await client.say(attempt, chat, "Hello")
        ended = await client.ok("attempt_end_all", {"attempt_id": attempt})
        assert ended == {
            "ok": True,
            "attempt_id": attempt,
            "success": True,
            "all_scenarios_complete": False,
            "message": "All chats ended.",
        }
        closed = await client.wait_for("attempt_chat_ended", chat_id=chat)
        assert (closed["grade_id"], closed["is_attempt_finished"]) == (None, True)
        over = await client.wait_for("attempt_ended", attempt_id=attempt)
        assert over["message"] == "All chats ended."
        problem = await client.refused("attempt_end_all", {"attempt_id": attempt})
        assert (problem["code"], problem["detail"]) == ("attempt_over", "This attempt has ended.")
        await fence(client)
        assert len(client.payloads("attempt_chat_started", attempt_id=attempt)) == 1
        assert not {"attempt_graded", "attempt_grading_progress"} & set(client.names)


@pytest.fixture
def clocked(own: Site) -> Timed:
    """A server of one test's own, whose clock the test moves."""
    clock = SetClock(own.folder / "clock")
    with clock.given():
        return Timed(own, own.start(SCRIPTED_PIECES_PER_SECOND=7), clock)


@pytest.mark.case(68)
async def test_a_chat_with_a_limit_closes_by_itself_and_is_graded(clocked: Timed) -> None:
    async with clocked.client() as client:
        attempt, chat = await begin(client, clocked, "home", "timed")
        await client.say(attempt, chat, "In time: what happened?")
        clocked.sooner(chat)
        closed = await client.wait_for("attempt_chat_ended", chat_id=chat)
        assert (closed["expired"], closed["is_attempt_finished"]) == (True, False)
        await client.wait_for("attempt_graded", grade_id=closed["grade_id"])
        second = (await client.wait_for("attempt_chat_started", attempt_id=attempt, position=1))["chat_id"]
        ids = {"attempt_id": attempt, "chat_id": chat, "message": "Too late"}
        assert (await client.refused("attempt_message", ids))["code"] == "chat_completed"
        clocked.sooner(second)
        closed = await client.wait_for("attempt_chat_ended", chat_id=second)
        assert closed["grade_id"] is None
        assert (await client.wait_for("attempt_ended", attempt_id=attempt))["all_scenarios_complete"] is True


@pytest.mark.case(68)
async def test_at_the_limit_input_is_refused_and_a_running_reply_gets_its_grace(clocked: Timed) -> None:
    async with clocked.client() as client:
        attempt, chat = await begin(client, clocked, "home", "timed")
        ids = {"attempt_id": attempt, "chat_id": chat}
        clocked.clock.stand_at(expires := clocked.chat(chat)["expires_at"] - 1)
        said = await client.ok("attempt_message", {**ids, "message": "Just in time"})
        clocked.clock.stand_at(expires + 1)
        late = await client.refused("attempt_message", {**ids, "message": "Late"})
        assert (late["code"], late["detail"]) == ("chat_expired", "The time for this chat is up.")
        reply = await client.wait_for("attempt_assistant_complete", message_id=said["assistant_message_id"])
        assert reply["status"] == "complete"
        clocked.clock.go_to(expires + 1)
        assert (await client.wait_for("attempt_chat_ended", chat_id=chat))["grade_id"]


@pytest.mark.case(70)
async def test_expiry_during_a_down_time_is_handled_at_the_start(clocked: Timed) -> None:
    async with clocked.client() as client:
        attempt, chat = await begin(client, clocked, "home", "timed")
        await client.say(attempt, chat, "Hello")
        clocked.process.kill()
    clocked.clock.go_to(clocked.chat(chat)["expires_at"] + 1000)
    clocked.restart()
    async with clocked.client() as client:
        await client.ok("attempt_join", {"chat_id": chat, "since": 0})
        closed = await client.wait_for("attempt_chat_ended", chat_id=chat)
        assert closed["expired"] is True


@pytest.mark.case(69)
async def test_below_zero_and_without_limit_nothing_is_ended(house: House) -> None:
    async with house.client() as client:
        attempt, chat = await begin(client, house, "practice", "below")
        await asyncio.sleep(1.3)
        await client.say(attempt, chat, "Still here?")
        assert "attempt_chat_ended" not in client.names
        await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})


@pytest.mark.case(71)
async def test_infinite_mode_repeats_the_scenarios_in_order(house: House) -> None:
    async with house.client() as client:
        attempt, chat = await begin(client, house, "practice", "pair", infinite_mode=True)
        chats, entries = [chat], []
        for _ in range(4):
            ended = await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chats[-1]})
            assert ended["is_attempt_finished"] is False
            await fence(client)
            entries = [p["chat_entry_id"] for p in client.payloads("attempt_chat_started", attempt_id=attempt)]
            chats.append(client.payloads("attempt_chat_started", attempt_id=attempt)[-1]["chat_id"])
        assert len(set(chats)) == 5
        assert entries[0] == entries[2] == entries[4] != entries[1] == entries[3]
        passes = "SELECT pass FROM attempts WHERE id = :id"
        assert house.site.write(lambda tx: tx.one(passes, id=attempt)["pass"]) == 3


@pytest.mark.case(71)
async def test_the_window_of_infinite_mode_closes_with_the_sum_of_the_limits(clocked: Timed) -> None:
    async with clocked.client() as client:
        began = clocked.clock.now_ms()
        attempt, chat = await begin(client, clocked, "practice", "window", infinite_mode=True)
        moved = await client.ok("attempt_next", {"attempt_id": attempt})
        again = await client.ok("attempt_next", {"attempt_id": attempt})
        assert again["chat_id"] not in {None, chat, moved["chat_id"]}
        clocked.clock.go_to(began + 601_000)
        assert (await client.ok("attempt_next", {"attempt_id": attempt}))["is_attempt_finished"] is True
        assert (await client.wait_for("attempt_ended", attempt_id=attempt))["all_scenarios_complete"] is True
