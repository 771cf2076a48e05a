"""Earlier chats stand for chats of a new attempt (Glow 6.7, 7.14 and 10.3), by socket and by HTTP."""

from typing import Any

import httpx
import pytest

from parlour.catalog import actions as catalog
from tests.harness.socket import Client
from tests.wire.house import UNKNOWN, House, fence
from tests.wire.test_attempts import begin

GOOD = ("What have you tried so far?", "That sounds frustrating. How do you feel about it?")
POOR = ("No.", "Wrong.")


def http(house: House, user_id: str = "learner") -> httpx.AsyncClient:
    """An HTTP client of an account."""
    headers = {"authorization": f"Bearer {house.site.tokens[user_id]}"}
    return httpx.AsyncClient(base_url=house.url, headers=headers, timeout=60)


async def detail(house: House, attempt_id: str, user_id: str = "learner") -> Any:
    """The read model of an attempt."""
    async with http(house, user_id) as client:
        answer = await client.get(f"/api/v1/attempts/{attempt_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()


async def play(client: Client, attempt: str, chat: str, texts: tuple[str, ...]) -> str:
    """Say these, end the chat and wait for its grade."""
    await client.ok("attempt_join", {"chat_id": chat})
    for text in texts:
        await client.say(attempt, chat, text)
    ended = await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
    await client.wait_for("attempt_graded", grade_id=ended["grade_id"])
    return chat


async def played(client: Client, house: House, name: str, *conversations: tuple[str, ...]) -> tuple[str, list[str]]:
    """A whole attempt of a home entry: its id and its chats."""
    attempt, chat = await begin(client, house, "home", name)
    chats: list[str] = []
    for position, texts in enumerate(conversations):
        if position:
            chat = (await client.wait_for("attempt_chat_started", attempt_id=attempt, position=position))["chat_id"]
        chats.append(await play(client, attempt, chat, texts))
    return attempt, chats


async def waiting(client: Client, house: House, name: str, kind: str = "home") -> tuple[str, list[str]]:
    """A new attempt in the lobby, and its templates in order."""
    entries = house.site.homes if kind == "home" else house.site.practices
    started = await client.ok("attempt_start", {f"{kind}_id": entries[f"{kind}-{name}"]})
    assert started["is_lobby"] is True
    return started["attempt_id"], templates(house, f"{kind}-{name}")


def templates(house: House, name: str) -> list[str]:
    """The template ids of an entry, by position."""
    kind = "home" if name.startswith("home") else "practice"
    known = house.site.homes if kind == "home" else house.site.practices
    entry = house.site.write(lambda tx: catalog.entry_for(tx, kind, known[name]))
    assert entry is not None
    return [template.id for template in sorted(entry.templates, key=lambda template: template.position)]


def told(client: Client, attempt: str) -> list[tuple[str, str | None]]:
    """What was told about an attempt, with the chat or template that it names."""
    return [
        (name, args[0].get("chat_id") or args[0].get("chat_entry_id"))
        for name, args in client.heard
        if args[0].get("attempt_id") == attempt
    ]


@pytest.mark.case(84)
async def test_an_earlier_chat_is_copied_whole_and_outlives_its_source(house: House) -> None:
    async with house.client() as client:
        old, (first, second) = await played(client, house, "pair", GOOD, GOOD[:1])
        before = await detail(house, old)
        attempt, (one, two) = await waiting(client, house, "reuse")
        ack = await client.ok("attempt_use_previous", {"attempt_id": attempt, "previous_chat_map": {one: first}})
        (copy,) = ack["chats"]
        assert (ack["success"], ack["message"], copy["chat_entry_id"]) == (True, "1 earlier result used.", one)
        assert copy["chat_id"] != first
        await fence(client)
        assert told(client, attempt) == [
            ("attempt_started", one),
            ("attempt_chat_ended", copy["chat_id"]),
            ("attempt_graded", copy["chat_id"]),
            ("attempt_started", two),
        ]
        ended = client.payloads("attempt_chat_ended", chat_id=copy["chat_id"])[0]
        assert (ended["is_attempt_finished"], ended["grade_id"]) == (False, copy["grade_id"])
        given = client.payloads("attempt_graded", chat_id=copy["chat_id"])[0]
        source = client.payloads("attempt_graded", chat_id=first)[0]
        assert given["source"] == "previous"
        members = ("score", "passed", "total_points", "pass_points", "feedback")
        assert [given[each] for each in members] == [source[each] for each in members]
        assert all(place.startswith("person:") for place in rooms(given) | rooms(ended))
        last = await client.ok("attempt_use_previous", {"attempt_id": attempt, "previous_chat_map": {two: second}})
        over = await client.wait_for("attempt_ended", attempt_id=attempt)
        assert (over["all_scenarios_complete"], last["chats"][0]["chat_entry_id"]) == (True, two)
        now = await detail(house, attempt)
        assert [chat["source_chat_id"] for chat in now["entries"]["attempt_chat"]] == [first, second]
        for chat_id, source_id in ((copy["chat_id"], first), (last["chats"][0]["chat_id"], second)):
            same(now, chat_id, before, source_id)
        again = await client.refused("attempt_use_previous", {"attempt_id": attempt, "previous_chat_map": {one: first}})
        assert again["code"] == "not_in_lobby"
        assert await detail(house, old) == before | {"timer": (await detail(house, old))["timer"]}
        async with http(house, "admin") as admin:
            assert (await admin.delete(f"/api/v1/attempts/{old}")).is_success
        later = await detail(house, attempt)
        assert {**later, "timer": None} == {**now, "timer": None}


def rooms(event: Any) -> set[str]:
    """Where an event came from."""
    return {event["_meta"]["room"], *(place["room"] for place in event["_meta"].get("also", []))}


def same(now: Any, chat_id: str, before: Any, source_id: str) -> None:
    """A copy says what its source says; its ids are all its own, and lead to its own."""
    copy, source = (
        next(chat for chat in where["entries"]["attempt_chat"] if chat["id"] == key)
        for where, key in ((now, chat_id), (before, source_id))
    )
    lines, old_lines = (
        [message for message in where["entries"]["attempt_message"] if message["chat_id"] == key]
        for where, key in ((now, chat_id), (before, source_id))
    )
    assert copy["completed"] is True
    assert copy["grade"]["source"] == "previous"
    assert copy["grade"]["id"] != source["grade"]["id"]
    for member in ("score", "passed", "description", "time_taken", "total_points", "pass_points", "state"):
        assert copy["grade"][member] == source["grade"][member]
    said, old_said = ([m["contents"][0]["content"] for m in each] for each in (lines, old_lines))
    assert said == old_said != []
    new_ids = {old["id"]: new["id"] for old, new in zip(old_lines, lines, strict=True)}
    assert not set(new_ids) & set(new_ids.values())
    assert [m["parent_message_id"] for m in lines] == [None, *(m["id"] for m in lines[:-1])]
    assert [m["status"] for m in lines] == [m["status"] for m in old_lines]
    for old, new in zip(source["feedbacks"], copy["feedbacks"], strict=True):
        assert new["id"] != old["id"]
        assert [(new_ids[e["message_id"]], e["quote"]) for e in old["evidence"]] == [
            (e["message_id"], e["quote"]) for e in new["evidence"]
        ]
        assert (old["standard_id"], old["feedback"]) == (new["standard_id"], new["feedback"])
    for old, new in zip(old_lines, lines, strict=True):
        assert [f["name"] for f in old["feedbacks"]] == [f["name"] for f in new["feedbacks"]]
        assert [h["section"] for f in old["feedbacks"] for h in f["highlights"]] == [
            h["section"] for f in new["feedbacks"] for h in f["highlights"]
        ]


@pytest.mark.case(84)
async def test_several_results_are_used_at_once_over_http_in_the_order_of_the_templates(house: House) -> None:
    async with house.client() as client, http(house) as web:
        _, (first, second) = await played(client, house, "pair", GOOD[:1], GOOD[:1])
        attempt, (one, two) = await waiting(client, house, "reuse")
        body = {"attempt_id": attempt, "previous_chat_map": {two: second, one: first}}
        headers = {"idempotency-key": f"reuse-{attempt}"}
        answers = [
            await web.post("/socket/v5/client/attempt/use_previous", json=body, headers=headers) for _ in range(2)
        ]
        assert [answer.status_code for answer in answers] == [200, 200]
        ack = answers[0].json()
        assert answers[1].json() == ack
        assert ack["message"] == "2 earlier results used."
        assert [chat["chat_entry_id"] for chat in ack["chats"]] == [one, two]
        await client.wait_for("attempt_ended", attempt_id=attempt)
        await fence(client)
        copies = [chat["chat_id"] for chat in ack["chats"]]
        assert told(client, attempt)[1:] == [
            ("attempt_chat_ended", copies[0]),
            ("attempt_graded", copies[0]),
            ("attempt_chat_ended", copies[1]),
            ("attempt_graded", copies[1]),
            ("attempt_ended", None),
        ]
        ended = client.payloads("attempt_chat_ended", attempt_id=attempt)
        assert [each["is_attempt_finished"] for each in ended] == [True, True]


@pytest.mark.case(84)
async def test_the_first_result_may_be_used_and_the_rest_be_played(house: House) -> None:
    async with house.client() as client:
        _, (first,) = await played(client, house, "single", GOOD[:1])
        attempt, (one, _) = await waiting(client, house, "reuse")
        used = await client.ok("attempt_use_previous", {"attempt_id": attempt, "previous_chat_map": {one: first}})
        moved = await client.ok("attempt_next", {"attempt_id": attempt})
        await play(client, attempt, moved["chat_id"], GOOD[:1])
        over = await client.wait_for("attempt_ended", attempt_id=attempt)
        assert over["all_scenarios_complete"] is True
        chats = (await detail(house, attempt))["entries"]["attempt_chat"]
        assert [chat["id"] for chat in chats] == [used["chats"][0]["chat_id"], moved["chat_id"]]
        assert [chat["grade"]["source"] for chat in chats] == ["previous", "model"]
        graded = await client.ok("attempt_grade", {"attempt_id": attempt, "chat_id": chats[0]["id"]})
        await client.wait_for("attempt_graded", grade_id=graded["grade_id"], source="model")


@pytest.mark.case(85)
async def test_each_reason_alone_and_one_bad_pair_of_two_change_nothing(house: House) -> None:
    async with house.client() as client, house.client("fellow") as fellow:
        _, (first, second) = await played(client, house, "pair", GOOD[:1], GOOD[:1])
        _, (foreign,) = await played(fellow, house, "single", GOOD[:1])
        _, unfinished = await begin(client, house, "home", "single")
        silent_attempt, silent = await begin(client, house, "home", "single")
        await client.ok("attempt_end", {"attempt_id": silent_attempt, "chat_id": silent})
        practised_attempt, practised = await begin(client, house, "practice", "single")
        await play(client, practised_attempt, practised, GOOD[:1])
        attempt, (one, two) = await waiting(client, house, "reuse")
        plain, (custom, _) = await waiting(client, house, "lobby")
        running, _ = await begin(client, house, "home", "pair")
        exercise, (free, _) = await waiting(client, house, "reuse", "practice")
        not_found = ("not_found", 404, "Previous chat not found.")
        template = (
            "template_mismatch",
            409,
            "This scenario does not belong to the training, is done, or does not allow reuse.",
        )
        cases = [
            (UNKNOWN, {one: first}, ("not_found", 404, "Attempt not found.")),
            (attempt, {one: UNKNOWN}, not_found),
            (attempt, {one: foreign}, not_found),
            (running, {one: first}, ("not_in_lobby", 409, "Earlier results can only be used between chats.")),
            (exercise, {free: first}, ("practice_attempt", 409, "Practice results cannot be reused.")),
            (attempt, {one: practised}, ("practice_attempt", 409, "Practice results cannot be reused.")),
            (attempt, {UNKNOWN: first}, template),
            (plain, {custom: first}, template),
            (attempt, {one: unfinished}, ("previous_not_completed", 409, "The earlier chat was not completed.")),
            (attempt, {one: silent}, ("previous_not_graded", 409, "The earlier chat has no grade.")),
            (
                attempt,
                {one: second},
                ("version_mismatch", 409, "The scenario or rubric has changed since the earlier chat."),
            ),
        ]
        for named, chosen, (code, status, text) in cases:
            problem = await client.refused("attempt_use_previous", {"attempt_id": named, "previous_chat_map": chosen})
            assert (problem["code"], problem["status"], problem["detail"]) == (code, status, text)
            assert problem["error_type"] == "end"
            if text not in ("Attempt not found.", "Earlier results can only be used between chats.") and (
                named != exercise
            ):
                key = next(iter(chosen))
                assert problem["errors"] == [{"pointer": f"/previous_chat_map/{key}", "message": text}]
        two_bad = {two: first, one: first, UNKNOWN: UNKNOWN}
        problem = await client.refused("attempt_use_previous", {"attempt_id": attempt, "previous_chat_map": two_bad})
        assert problem["code"] == "version_mismatch"
        assert [each["pointer"] for each in problem["errors"]] == [
            f"/previous_chat_map/{two}",
            f"/previous_chat_map/{UNKNOWN}",
        ]
        for payload in (
            {"attempt_id": attempt},
            {"attempt_id": attempt, "previous_chat_map": {}},
            {"attempt_id": attempt, "previous_chat_map": {one: 1}},
            {"attempt_id": attempt, "previous_chat_map": {"T1": first}},
        ):
            assert (await client.refused("attempt_use_previous", payload))["code"] == "invalid_request"
        await fence(client)
        now = await detail(house, attempt)
        assert (now["is_lobby"], now["chat_entry_id"], now["entries"]["attempt_chat"]) == (True, one, [])
        assert told(client, attempt)[:1] == [("attempt_started", one)]
        assert {name for name, _ in told(client, attempt)} == {"attempt_started", "attempt_error"}


@pytest.mark.case(85)
async def test_a_scenario_is_named_in_place_of_a_template_if_it_is_the_only_one(house: House) -> None:
    async with house.client() as client, house.client("instructor") as staff:
        _, (first,) = await played(client, house, "single", GOOD[:1])
        attempt, (one, _) = await waiting(client, house, "reuse")
        scenarios = (await detail(house, attempt))["entries"]["attempt"][0]["scenario_ids"]
        chosen = {"previous_chat_map": {scenarios[0]: first}}
        forbidden = await staff.refused("attempt_use_previous", {"attempt_id": attempt, **chosen})
        assert forbidden["code"] == "forbidden"
        both = {"attempt_id": attempt, "previous_chat_map": {one: first, scenarios[0]: first}}
        assert (await client.refused("attempt_use_previous", both))["code"] == "template_mismatch"
        used = await client.ok("attempt_use_previous", {"attempt_id": attempt, **chosen})
        assert used["chats"][0]["chat_entry_id"] == one


@pytest.mark.case(86)
async def test_the_options_of_the_lobby_are_what_the_command_takes(house: House) -> None:
    async with house.client("peer") as client:
        _, poor = await played(client, house, "pair", POOR[:1], GOOD)
        _, (good,) = await played(client, house, "single", GOOD)
        attempt, (one, two) = await waiting(client, house, "reuse")
        now = await detail(house, attempt, "peer")
        options = now["available_continuation_options"]["options"]
        pairs = [{each["chat_entry_id"]: each["attempt_chat_id"] for each in option["scenarios"]} for option in options]
        assert pairs == [{one: good}, {one: good, two: poor[1]}]
        for option in options:
            assert option["total_score"] == sum(each["score"] for each in option["scenarios"])
            assert option["total_time"] == sum(each["time_taken"] for each in option["scenarios"])
        for option in pairs:
            fresh, _ = await waiting(client, house, "reuse")
            used = await client.ok("attempt_use_previous", {"attempt_id": fresh, "previous_chat_map": option})
            assert len(used["chats"]) == len(option)
        after = await client.ok("attempt_use_previous", {"attempt_id": attempt, "previous_chat_map": pairs[0]})
        now = await detail(house, attempt, "peer")
        (left,) = now["available_continuation_options"]["options"]
        assert [each["chat_entry_id"] for each in left["scenarios"]] == [two]
        assert now["chat_entry_id"] == two
        assert after["chats"][0]["chat_entry_id"] == one
