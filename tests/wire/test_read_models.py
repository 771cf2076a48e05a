"""The read models have every member of their tables at every step of an attempt (Glow 10.2 to 10.4; case 115)."""

from typing import Any

import pytest

from tests.harness.socket import Client
from tests.wire.house import House
from tests.wire.http_client import Http
from tests.wire.read_models import TABLES, check

TEXT = "What have you tried so far? That sounds frustrating. Well done."
Json = dict[str, Any]


class Reader:
    """Reads an attempt as its owner and as its staff, holding both against the tables."""

    def __init__(self, owner: Http, staff: Http) -> None:
        self.owner, self.staff = owner, staff
        self.members = 0

    async def detail(self, attempt: str, **expected: object) -> Json:
        """The detail for the owner; both have these values, apart from what is the owner's alone."""
        found: list[Json] = []
        for http in (self.owner, self.staff):
            answer = await http.io.get(f"/api/v1/attempts/{attempt}")
            assert answer.status_code == 200, answer.text
            detail = answer.json()
            self.members += check("AttemptDetail", detail)
            own = http is self.owner
            assert (detail["is_own_attempt"], detail["attempt_exists"], detail["access_denied"]) == (own, True, False)
            wanted = expected if own else {k: v for k, v in expected.items() if k not in OWNERS}
            assert {name: detail[name] for name in wanted} == wanted
            assert own or (detail["should_show_controls"], detail["current_chat_id"]) == (False, None)
            for persona in detail["resources"]["personas"].values():
                assert (persona["instructions"] is None) is own
                assert (persona["examples"] is None) is own
            found.append(detail)
            for kind in ("home", "practice"):
                self.members += check("Cards", (await http.io.get(f"/api/v1/{kind}")).json())
        return found[0]


OWNERS = ("should_show_controls", "current_chat_id")


def results(detail: Json) -> tuple[int, int, int]:
    sums = detail["aggregated_results"]
    return sums["chats_completed"], sums["total_chats"], sums["total_possible_points"]


async def graded(client: Client, attempt: str, chat: str) -> None:
    """End a chat and wait for its grade."""
    await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
    await client.wait_for("attempt_graded", chat_id=chat)


@pytest.mark.case(51, 115)
async def test_every_member_is_there_at_every_step_of_an_attempt(house: House) -> None:
    token, staff = house.site.token("learner"), house.site.token("instructor")
    async with house.client() as client, Http(house.url, token) as mine, Http(house.url, staff) as theirs:
        reader = Reader(mine, theirs)
        running: Json = {"is_active": True, "show_results": False, "expected_chat_count": 2}
        home = house.site.homes["home-lobby"]
        started = await client.ok("attempt_start", {"home_id": home})
        attempt = started["attempt_id"]
        lobby = await reader.detail(
            attempt, is_lobby=True, should_show_controls=False, current_chat_id=None, current_chat_index=None,
            has_messages=False, training_id=home, chat_entry_id=started["chat_entry_id"], **running,
        )  # fmt: skip
        assert lobby["available_continuation_options"] == {"options": []}
        assert (results(lobby), lobby["timer"]["elapsed"]) == ((0, 2, 0), 0)
        moved = await client.ok("attempt_next", {"attempt_id": attempt})
        chat = moved["chat_id"]
        at_chat = {"is_lobby": False, "should_show_controls": True, "current_chat_id": chat, "chat_entry_id": None}
        await reader.detail(attempt, current_chat_index=0, has_messages=False, **at_chat, **running)
        await client.say(attempt, chat, TEXT)
        said = await reader.detail(attempt, has_messages=True, **at_chat, **running)
        assert [message["type"] for message in said["entries"]["attempt_message"]] == ["query", "response"]
        await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        between = {"should_show_controls": False, "current_chat_id": None, "is_lobby": True}
        ended = await reader.detail(attempt, **between, **running)
        assert results(ended)[:2] == (1, 2)
        await client.wait_for("attempt_graded", chat_id=chat)
        judged = await reader.detail(attempt, **between, **running)
        shown = judged["entries"]["attempt_chat"][0]
        assert (shown["grade"]["state"], results(judged)) == ("done", (1, 2, 4))
        assert shown["grading_state"] is not None
        assert shown["dynamic_rubric"]["score"] == judged["aggregated_results"]["total_score"]
        second = (await client.ok("attempt_next", {"attempt_id": attempt}))["chat_id"]
        await client.say(attempt, second, TEXT)
        await reader.detail(attempt, current_chat_index=1, **at_chat | {"current_chat_id": second}, **running)
        await graded(client, attempt, second)
        over = await reader.detail(
            attempt, is_active=False, is_lobby=False, show_results=True, should_show_controls=False,
            current_chat_id=None, chat_entry_id=None, available_continuation_options=None, current_chat_index=1,
        )  # fmt: skip
        assert results(over) == (2, 2, 8)
        assert over["timer"]["limit"] is None
        assert reader.members > 3000


@pytest.mark.case(115)
async def test_limits_quizzes_and_hints_have_their_members_too(house: House) -> None:
    token, staff = house.site.token("learner"), house.site.token("instructor")
    async with house.client() as client, Http(house.url, token) as mine, Http(house.url, staff) as theirs:
        reader = Reader(mine, theirs)
        attempt, chat = await client.start_practice(house.site.practices["Practice: office hours"])
        await client.say(attempt, chat, TEXT)
        await client.wait_for("attempt_hint_progress")
        hinted = await reader.detail(attempt)
        assert hinted["entries"]["attempt_message"][1]["hints"]
        await graded(client, attempt, chat)
        assert (await reader.detail(attempt))["entries"]["attempt_chat"][0]["feedbacks"]
        below, _ = await client.start_practice(house.site.practices["practice-below"])
        timed = await reader.detail(below)
        assert (timed["timer"]["limit"], timed["timer"]["negative"]) == (1, True)
        quiz, _ = await client.start_practice(house.site.practices["practice-quiz"])
        asked = await reader.detail(quiz)
        assert len(asked["resources"]["questions"]) == 2
        assert all(option["is_correct"] is None for option in asked["resources"]["options"].values())


def test_the_tables_name_each_other_only() -> None:
    known = {"string", "bool", "int", "number", "time", "id", "object", *TABLES}
    for table in TABLES.values():
        for member in table.split(","):
            kind = member.split(":")[1].strip().rstrip("?").removeprefix("map<").rstrip(">").removesuffix("[]")
            assert kind in known, member
