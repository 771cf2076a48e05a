"""P32: the same story gives the same answers and the same events on SQLite and on PostgreSQL."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.conftest import make_site
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery
from tests.promises.waiting import eventually
from tests.stories.test_practice import GOOD

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SECRET = ("sid", "server_time", "id", "at", "created_at", "epoch", "seq", "time_taken")


class Normal:
    """Names every id by the order in which it was met; drops times and positions; joins pieces of text."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def of(self, value: object) -> object:
        match value:
            case str():
                return ID.sub(lambda found: self.names.setdefault(found[0], f"id{len(self.names)}"), value)
            case Mapping():
                return {key: self.of(each) for key, each in sorted(value.items()) if key not in SECRET}
            case Sequence():
                return [self.of(each) for each in value]
            case _:
                return value

    def heard(self, client: Client) -> list[object]:
        """What was heard; consecutive pieces of one reply count as one, as the store's speed decides their size."""
        found: list[tuple[str, dict[str, object]]] = []
        for name, (payload, *_) in client.heard:
            last = found[-1] if found else ("", {})
            if name == "attempt_progress" == last[0] and payload["message_id"] == last[1]["message_id"]:
                last[1]["content"] = f"{last[1]['content']}{payload['content']}"
            else:
                found.append((name, dict(payload)))
        return [[name, self.of(payload)] for name, payload in found]


async def told(url: str, site: Site) -> list[object]:
    """The story: talk, branch, mistakes, hints, end, grade, end all. Answers first, then events."""
    normal, answers = Normal(), list[object]()
    async with Client(url, site.tokens["learner"]) as client:

        async def call(event: str, payload: dict[str, object]) -> dict[str, object]:
            answer = await client.call(event, payload)
            answers.append([event, normal.of(answer)])
            return answer

        async def say(text: str, **more: object) -> dict[str, object]:
            answer = await call("attempt_message", {**named, "message": text, **more})
            await client.wait_for("attempt_assistant_complete", message_id=answer["assistant_message_id"])
            return answer

        started = await call("attempt_start", {"practice_id": site.practices["Practice: office hours"]})
        named = {"attempt_id": started["attempt_id"], "chat_id": started["attempt_chat_id"]}
        await call("attempt_join", {"chat_id": named["chat_id"]})
        first = await say(GOOD[0])
        await say(GOOD[1])
        await say(GOOD[2], parent_message_id=first["assistant_message_id"])
        await say(GOOD[3], client_request_id="once")
        await call("attempt_message", {**named, "message": GOOD[3], "client_request_id": "once"})
        for payload in (
            {**named, "message": "   "},
            {**named, "message": 5},
            {**named, "message": "x", "parent_message_id": named["chat_id"]},
            {**named, "message": "x", "chat_id": named["attempt_id"]},
        ):
            await call("attempt_message", payload)
        await call("attempt_stop", {"chat_id": named["chat_id"]})
        await call("attempt_end", named)
        await client.wait_for("attempt_graded", chat_id=named["chat_id"])
        await call("attempt_end", named)
        await call("attempt_grade", named)
        await eventually(lambda: len(client.payloads("attempt_graded")) == 2)
        await call("attempt_next", {"attempt_id": named["attempt_id"]})
        await call("attempt_end_all", {"attempt_id": named["attempt_id"]})
        await call("attempt_message", {**named, "message": "x"})
        return [*answers, *normal.heard(client)]


@pytest.mark.promise("P32")
@pytest.mark.postgres
async def test_both_stores_tell_the_same_story(tmp_path: Path, request: pytest.FixtureRequest, figure: Figure) -> None:
    stories: list[list[object]] = []
    for store in ("sqlite", "postgresql"):
        site = make_site(store, tmp_path / store, request)
        with Nursery(site) as nursery:
            stories.append(await told(nursery.start().url, site))
    one, other = stories
    assert len(one) > 60
    for left, right in zip(one, other, strict=True):
        assert left == right
    figure("P32", f"one story of {len(one)} answers and events, told on both stores: 0 differences")
