"""What models cost: kept with every request, read by the owner and the staff, by nobody else."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from parlour.catalog import actions as catalog
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire.casts import add_cast
from tests.wire.house import UNKNOWN, House
from tests.wire.stand_in import standing_in
from tests.wire.test_attempts import begin


async def ask(house: House, path: str, user_id: str = "learner", **params: str) -> httpx.Response:
    """A GET of the API as somebody."""
    headers = {"authorization": f"Bearer {house.site.tokens[user_id]}"}
    async with httpx.AsyncClient(base_url=house.url, headers=headers, timeout=60) as http:
        return await http.get(f"/api/v1{path}", params=params)


async def usage_of(house: House, attempt: str, user_id: str = "learner") -> Any:
    """The usage of an attempt."""
    answer = await ask(house, f"/attempts/{attempt}/usage", user_id)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def adds_up(totals: Sequence[Any], items: Sequence[Any]) -> None:
    """The totals are those of the items."""
    assert sum(total["requests"] for total in totals) == len(items)
    for member in ("input_tokens", "output_tokens"):
        assert sum(total[member] for total in totals) == sum(item[member] for item in items)
    cost = sum(each["cost"] for total in totals for each in total["costs"])
    assert cost == pytest.approx(sum(item["cost"] or 0 for item in items))


async def test_every_request_of_an_attempt_is_counted_and_priced(house: House) -> None:
    if "practice-cast" not in house.site.practices:
        add_cast(house.site)
    async with house.client() as client:
        attempt, chat = await begin(client, house, "practice", "cast")
        said = await client.say(attempt, chat, "Omar, what do you see?")
        graded = await client.ok("attempt_grade", {"attempt_id": attempt, "chat_id": chat})
        await client.wait_for("attempt_graded", grade_id=graded["grade_id"])
    read = await usage_of(house, attempt)
    items = read["items"]
    reply = said["assistant_message_id"]
    assert [(item["task"], item["subject_id"]) for item in items] == [
        ("reply", reply),
        ("hints", reply),
        ("grade", graded["grade_id"]),
    ]
    for item in items:
        assert (item["model"], item["currency"], item["chat_id"]) == ("scripted", "EUR", chat)
        assert item["estimated"] is False
        assert item["input_tokens"] > 0
        assert item["output_tokens"] > 0
        micros = round(item["input_tokens"] * 2.5 + item["output_tokens"] * 10)
        assert item["cost"] == pytest.approx(micros / 1_000_000)
        assert 0 <= item["seconds"] < 60
    adds_up(read["by_task"], items)
    adds_up(read["by_model"], items)
    assert [total["key"] for total in read["by_task"]] == ["grade", "hints", "reply"]
    assert await usage_of(house, attempt, "instructor") == read
    detail = (await ask(house, f"/attempts/{attempt}")).json()
    messages = {message["id"]: message["usage"] for message in detail["entries"]["attempt_message"]}
    assert messages[said["user_message_id"]] is None
    assert messages[reply]["output_tokens"] == items[0]["output_tokens"] + items[1]["output_tokens"]
    assert messages[reply]["cost"] == pytest.approx(items[0]["cost"] + items[1]["cost"])
    assert messages[reply]["currency"] == "EUR"


async def test_usage_is_read_by_those_who_may_read_the_work(house: House) -> None:
    site = house.site
    async with house.client() as client:
        attempt, chat = await begin(client, house, "practice", "single")
        await client.say(attempt, chat, "What happened?")
    learner = site.ids["learner"]
    for user_id in ("learner", "instructor", "root"):
        assert (await usage_of(house, attempt, user_id))["items"]
        answer = await ask(house, "/usage", user_id, profile_id=learner, group_by="task")
        assert answer.status_code == 200
        assert {total["key"] for total in answer.json()["items"]} >= {"reply", "hints"}
    own = (await ask(house, "/usage", group_by="model")).json()
    assert own["profile_id"] == learner
    assert [total["key"] for total in own["items"]] == ["scripted"]
    assert own["items"][0]["requests"] >= 2
    for path, params in ((f"/attempts/{attempt}/usage", {}), ("/usage", {"profile_id": learner})):
        hidden = await ask(house, path, "fellow", **params)
        missing = await ask(house, path.replace(attempt, UNKNOWN), "fellow", **{key: UNKNOWN for key in params})
        assert hidden.status_code == missing.status_code == 404
        left_out = {"instance"}
        assert {k: v for k, v in hidden.json().items() if k not in left_out} == {
            k: v for k, v in missing.json().items() if k not in left_out
        }


async def test_usage_over_time_is_bounded_by_dates(house: House) -> None:
    async with house.client("peer") as client:
        attempt, chat = await begin(client, house, "practice", "nothints")
        await client.say(attempt, chat, "What happened?")
    (item,) = (await usage_of(house, attempt, "peer"))["items"]
    day = item["at"][:10]
    found = (await ask(house, "/usage", "peer", **{"from": day, "to": day})).json()
    assert (found["group_by"], [total["key"] for total in found["items"]]) == ("day", [day])
    assert found["items"][0]["requests"] >= 1
    for bounds in ({"from": "2099-01-01"}, {"to": "2001-01-01T00:00:00Z"}):
        assert (await ask(house, "/usage", "peer", **bounds)).json()["items"] == []
    for wrong in ({"from": "soon"}, {"group_by": "person"}, {"profile_id": "nobody"}):
        assert (await ask(house, "/usage", "peer", **wrong)).status_code == 422


async def test_a_stopped_reply_is_counted_with_estimated_tokens(own: Site) -> None:
    async with standing_in() as (stand_in, providers):
        stand_in.answers["open"] = lambda _body: "I was about to say…"
        process = own.start(PROVIDERS=providers, MODEL="local:open")
        house = House(own, process)
        async with Client(process.url, own.tokens["learner"]) as client:
            attempt, chat = await begin(client, house, "practice", "nothints")
            said = await client.ok("attempt_message", {"attempt_id": attempt, "chat_id": chat, "message": "Hello"})
            await client.wait_for("attempt_progress")
            await client.ok("attempt_stop", {"chat_id": chat})
            await client.wait_for("attempt_assistant_complete")
            items: list[Any] = []
            for _ in range(1000):
                items = items or (await usage_of(house, attempt))["items"]
                await asyncio.sleep(0 if items else 0.05)
    (item,) = items
    text = "I was about to say…"
    assert (item["subject_id"], item["task"], item["model"]) == (
        said["assistant_message_id"],
        "reply",
        "local:open",
    )
    assert (item["estimated"], item["output_tokens"]) == (True, -(-len(text) // 4))
    assert item["input_tokens"] > 5
    assert (item["cost"], item["currency"]) == (None, None)


@pytest.mark.parametrize(("model", "counted"), [("scripted-fail", 0), ("scripted-fail-midway", 1)])
async def test_a_failed_reply_is_counted_if_something_came_of_it(own: Site, model: str, counted: int) -> None:
    process = own.start(MODEL=model)
    house = House(own, process)
    async with Client(process.url, own.tokens["learner"]) as client:
        attempt, chat = await begin(client, house, "practice", "single")
        await client.say(attempt, chat, "Hello")
    items = (await usage_of(house, attempt))["items"]
    assert [item["estimated"] for item in items] == [True] * counted


def test_a_price_holds_from_its_time_on(own: Site) -> None:
    add_cast(own)
    database = own.database()
    rate = database.read_here(lambda tx: catalog.price_of(tx, "scripted"))
    assert rate is not None
    assert (rate.currency, rate.input_per_million, rate.output_per_million) == ("EUR", 2.5, 10.0)
    assert database.read_here(lambda tx: catalog.price_of(tx, "unknown")) is None
