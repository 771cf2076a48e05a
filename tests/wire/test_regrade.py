"""Grading again (Glow 6.4.2, 6.4.6 and 7.12): the newest grade counts everywhere, the old ones are kept and shown."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.harness.clock import SetClock
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.promises.reducing import Json, Picture, is_seen
from tests.wire.house import UNKNOWN, House
from tests.wire.stand_in import standing_in
from tests.wire.test_attempts import begin
from tests.wire.test_branches import graded, read
from tests.wire.test_reuse import detail, http, waiting
from tests.wire.test_verdicts import verdict


async def asked(client: Client, stand_in: Any, payload: dict[str, Any], points: int) -> Any:
    """The `attempt_graded` of a grading in which every criterion gets so many points."""
    stand_in.answers["grade"] = lambda body: verdict(body, {}, points)
    return await graded(client, payload)


@pytest.mark.case(75)
async def test_the_newest_grade_counts_in_the_detail_the_cards_and_for_reuse(own: Site) -> None:
    async with standing_in() as (stand_in, providers):
        process = own.start(PROVIDERS=providers, GRADER_MODEL="local:grade")
        house = House(own, process)
        async with Client(process.url, own.tokens["learner"]) as client:
            attempt, chat = await begin(client, house, "home", "single")
            ids = {"attempt_id": attempt, "chat_id": chat}
            await client.say(attempt, chat, "Hello?")
            stand_in.answers["grade"] = lambda body: verdict(body, {}, 2)
            ended = await client.ok("attempt_end", ids)
            first = await client.wait_for("attempt_graded", grade_id=ended["grade_id"])
            assert await seen(house, attempt) == (first["grade_id"], 4, 4)
            newest = await asked(client, stand_in, ids, 0)
            assert (first["score"], newest["score"]) == (4, 0)
            assert await seen(house, attempt) == (newest["grade_id"], 0, 0)
            lobby, (one, _) = await waiting(client, house, "reuse")
            offered = (await detail(house, lobby))["available_continuation_options"]["options"]
            assert [each["score"] for each in offered[0]["scenarios"]] == [0]
            await client.ok("attempt_use_previous", {"attempt_id": lobby, "previous_chat_map": {one: chat}})
            assert (await client.wait_for("attempt_graded", attempt_id=lobby))["score"] == 0
            stand_in.answers["grade"] = lambda body: "no verdict"
            failed = await client.ok("attempt_grade", ids)
            error = await client.wait_for("attempt_error", grade_id=failed["grade_id"])
            assert error["type"] == "grade"
            assert await seen(house, attempt) == (newest["grade_id"], 0, 0)
            page = await read(house, f"{chat}/grades")
            assert [(each["grade"]["id"], each["grade"]["state"]) for each in page["items"]] == [
                (failed["grade_id"], "failed"),
                (newest["grade_id"], "done"),
                (first["grade_id"], "done"),
            ]
            assert [each["grade"]["counts"] for each in page["items"]] == [False, True, False]
            assert [len(each["feedbacks"]) for each in page["items"]] == [0, 2, 2]


async def seen(house: House, attempt: str) -> tuple[str, int, int]:
    """The grade of the only chat in the detail with its score, and the best score of the card."""
    found = await detail(house, attempt)
    grade = found["entries"]["attempt_chat"][0]["grade"]
    assert found["aggregated_results"]["total_score"] == grade["score"]
    async with http(house) as client:
        cards = (await client.get("/api/v1/home")).json()["items"]
    card = next(card for card in cards if card["home_id"] == house.site.homes["home-single"])
    return grade["id"], grade["score"], card["highest_score"]


class Two:
    """A chat with two grades that are being made at once: one was asked for, then the chat was ended."""

    def __init__(self, client: Client, house: House) -> None:
        self.client = client
        self.house = house
        self.gates = {"earlier": asyncio.Event(), "later": asyncio.Event()}
        self.ids: dict[str, str] = {}

    async def answer(self, body: dict[str, Any]) -> str:
        """The verdict of the grader, when the test wants it: with points for the grade asked for first only."""
        is_earlier = "Take your time." in json.dumps(body["messages"])
        await self.gates["earlier" if is_earlier else "later"].wait()
        return verdict(body, {}, 2 if is_earlier else 0)

    async def begin(self) -> Json:
        """Ask for both: the detail of then."""
        self.attempt, self.chat = await begin(self.client, self.house, "practice", "single")
        ids = {"attempt_id": self.attempt, "chat_id": self.chat}
        await self.client.say(self.attempt, self.chat, "Hello?")
        earlier = await self.client.ok("attempt_grade", {**ids, "user_instructions": ["Take your time."]})
        later = await self.client.ok("attempt_end", ids)
        self.ids = {"earlier": earlier["grade_id"], "later": later["grade_id"]}
        return await detail(self.house, self.attempt)

    async def finish(self, name: str) -> Json:
        """Let one of them end: the detail of then."""
        self.gates[name].set()
        await self.client.wait_for("attempt_graded", grade_id=self.ids[name])
        return await detail(self.house, self.attempt)

    def picture(self, base: Json, upto: Json) -> Json:
        """What a client makes of a snapshot and the events that only a later one has seen."""
        made = Picture.of(base)
        for name, (payload, *_) in self.client.heard:
            if "seq" in payload.get("_meta", {}) and is_seen(upto, payload) and not is_seen(base, payload):
                made.hear(name, payload)
        return made.shown()


@pytest.mark.case(75, 116)
@pytest.mark.parametrize("first", ["earlier", "later"])
async def test_of_two_grades_made_at_once_the_one_asked_for_last_counts(own: Site, first: str) -> None:
    async with standing_in() as (stand_in, providers):
        process = own.start(PROVIDERS=providers, GRADER_MODEL="local:grade")
        async with Client(process.url, own.tokens["learner"]) as client:
            two = Two(client, House(own, process))
            stand_in.answers["grade"] = two.answer
            before = await two.begin()
            between = await two.finish(first)
            after = await two.finish("later" if first == "earlier" else "earlier")
            counting = [each["entries"]["attempt_chat"][0]["grade"] for each in (before, between, after)]
            assert [(each["id"], each["state"], each["score"]) for each in counting] == [
                (two.ids["later"], "pending", None),
                (two.ids[first], "done", 4 if first == "earlier" else 0),
                (two.ids["later"], "done", 0),
            ]
            assert two.picture(before, between) == Picture.of(between).shown()  # though more was heard since
            assert two.picture(before, after) == two.picture(between, after) == Picture.of(after).shown()


@pytest.mark.case(75)
async def test_the_grade_asked_for_last_counts_though_the_clock_was_set_back(own: Site) -> None:
    clock = SetClock(own.folder / "clock")
    async with standing_in() as (stand_in, providers):
        with clock.given():
            process = own.start(PROVIDERS=providers, GRADER_MODEL="local:grade")
        house = House(own, process)
        async with Client(process.url, own.tokens["learner"]) as client:
            attempt, chat = await begin(client, house, "practice", "single")
            ids = {"attempt_id": attempt, "chat_id": chat}
            await client.say(attempt, chat, "Hello?")
            clock.set_ahead(60_000)
            first = await asked(client, stand_in, ids, 2)
            clock.set_ahead(0)
            last = await asked(client, stand_in, ids, 0)
            page = await read(house, f"{chat}/grades")
            assert [each["grade"]["id"] for each in page["items"]] == [last["grade_id"], first["grade_id"]]
            found = await detail(house, attempt)
            assert found["entries"]["attempt_chat"][0]["grade"]["id"] == last["grade_id"]
            assert found["aggregated_results"]["total_score"] == 0


@pytest.mark.case(74, 75)
async def test_copied_feedbacks_quote_only_what_is_still_on_the_active_path(own: Site) -> None:
    async with standing_in() as (stand_in, providers):
        process = own.start(PROVIDERS=providers, GRADER_MODEL="local:grade")
        async with Client(process.url, own.tokens["learner"]) as client:
            attempt, chat = await begin(client, House(own, process), "practice", "single")
            ids = {"attempt_id": attempt, "chat_id": chat}
            one = await client.say(attempt, chat, "What have you tried?")
            two = await client.say(attempt, chat, "Well done!")
            evidence = {
                "Asking": [{"message_id": one["user_message_id"], "quote": "What have you tried?"}],
                "Warmth": [{"message_id": two["user_message_id"], "quote": "Well done!"}],
            }
            stand_in.answers["grade"] = lambda body: verdict(body, evidence, 2)
            await graded(client, ids)
            await client.say(attempt, chat, "Hm.", parent_message_id=two["user_message_id"])
            copied = await graded(client, {**ids, "resource_types": ["analyses"]})
            rows = client.payloads("attempt_grading_progress", grade_id=copied["grade_id"])
            found = [
                ([e["quote"] for e in r["entry"]["evidence"]], r["entry"]["unsupported"]) for r in rows if r["entry"]
            ]
            assert found == [(["What have you tried?"], False), ([], True)]
            assert copied["score"] == 4


@pytest.mark.case(76)
async def test_every_grade_says_who_asked_and_for_what(own: Site) -> None:
    async with standing_in() as (stand_in, providers):
        process = own.start(PROVIDERS=providers, GRADER_MODEL="local:grade")
        house = House(own, process)
        token, staff = own.tokens["learner"], own.tokens["instructor"]
        async with Client(process.url, token) as client, Client(process.url, staff) as instructor:
            attempt, chat = await begin(client, house, "practice", "single")
            await client.say(attempt, chat, "Hello?")
            ids = {"attempt_id": attempt, "chat_id": chat}
            mine = await asked(client, stand_in, {**ids, "user_instructions": ["Kindly."]}, 2)
            strict = {**ids, "user_instructions": ["Be strict."], "resource_types": ["feedbacks"]}
            theirs = await asked(instructor, stand_in, strict, 0)
            own_view, staff_view = (
                await read(house, f"{chat}/grades"),
                await read(house, f"{chat}/grades", "instructor"),
            )
            heads = [[each["grade"] for each in view["items"]] for view in (own_view, staff_view)]
            assert [head["asked_by"] for head in heads[0]] == ["staff", "You"]
            assert [head["asked_by"] for head in heads[1]] == ["Instructor", "Learner"]
            assert [head["request"] for head in heads[0]] == [
                {"resource_types": ["feedbacks"], "instructions": None},
                {"resource_types": [], "instructions": ["Kindly."]},
            ]
            assert heads[1][0]["request"]["instructions"] == ["Be strict."]
            page = await read(house, f"{chat}/grades", limit="1")
            assert [each["grade"]["id"] for each in page["items"]] == [theirs["grade_id"]]
            rest = await read(house, f"{chat}/grades", before=page["next_before"])
            assert [each["grade"]["id"] for each in rest["items"]] == [mine["grade_id"]]
            assert rest["next_before"] is None
            both = {"left": mine["grade_id"], "right": theirs["grade_id"]}
            found = await read(house, f"{chat}/grades/compare", **both)
            difference = found["difference"]
            assert (found["left"]["id"], found["right"]["id"]) == (mine["grade_id"], theirs["grade_id"])
            assert (difference["left_score"], difference["right_score"], difference["score_difference"]) == (4, 0, -4)
            assert [(each["name"], each["difference"]) for each in difference["criteria"]] == [
                ("Asking", -2),
                ("Warmth", -2),
            ]
            first = difference["criteria"][0]
            assert [first[side]["name"] for side in ("left", "right")] == ["Yes", "No"]
            assert [first[side]["passed"] for side in ("left", "right")] == [True, False]
            await wrong_requests(house, chat, both)


async def wrong_requests(house: House, chat: str, both: dict[str, str]) -> None:
    """What is not there, not a grade of the chat, not one's own, or no id."""

    async def answer(path: str, user_id: str = "learner", **params: str) -> httpx.Response:
        async with http(house, user_id) as web:
            return await web.get(f"/api/v1/chats/{path}", params=params)

    for params in ({**both, "right": UNKNOWN}, {**both, "left": chat}):
        assert (await answer(f"{chat}/grades/compare", **params)).json()["detail"] == "Grade not found."
    assert (await answer(f"{chat}/grades/compare", "fellow", **both)).json()["detail"] == "Chat not found."
    assert (await answer(f"{chat}/grades", before=UNKNOWN)).json()["detail"] == "Grade not found."
    for path, params in (
        ("nonsense/grades", {}),
        (f"{chat}/grades", {"limit": "0"}),
        (f"{chat}/grades", {"before": "x"}),
    ):
        assert (await answer(path, **params)).status_code == 422


@pytest.mark.case(76)
async def test_staff_instructions_and_reasons_of_failure_are_not_for_the_owner(own: Site) -> None:
    async with standing_in() as (stand_in, providers):
        process = own.start(PROVIDERS=providers, GRADER_MODEL="local:grade")
        house = House(own, process)
        async with Client(process.url, own.tokens["learner"]) as client:
            attempt, chat = await begin(client, house, "practice", "single")
            await client.say(attempt, chat, "Hello?")
            stand_in.answers["grade"] = lambda body: "no verdict"
            failed = await client.ok("attempt_grade", {"attempt_id": attempt, "chat_id": chat})
            await client.wait_for("attempt_error", grade_id=failed["grade_id"])
            reasons = [
                (await read(house, f"{chat}/grades", who))["items"][0]["grade"]["reason"]
                for who in ("learner", "instructor")
            ]
            assert reasons[0] == "The chat could not be graded."
            assert "JSON" in reasons[1]


@pytest.mark.case(77)
async def test_over_http_the_chat_is_found_by_the_same_rule(house: House) -> None:
    async with house.client() as client, http(house) as web:
        attempt, first = await begin(client, house, "practice", "pair")

        async def ask(**more: object) -> httpx.Response:
            body = {"attempt_id": attempt, **more}
            return await web.post("/socket/v5/client/attempt/grade", json=body, headers={"prefer": "wait=20"})

        assert (await ask()).json()["code"] == "nothing_to_grade"
        await client.say(attempt, first, "Hello?")
        found = (await ask()).json()
        assert (found["chat_id"], found["ok"]) == (first, True)
        assert isinstance(found["score"], int)
        problem = (await ask(chat_id=first, resource_types=["poems"])).json()
        assert (problem["code"], problem["error_type"]) == ("unknown_resource_type", "grade")
