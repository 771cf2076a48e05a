"""The daily limit over midnight, and floods over both transports (Glow 4.7)."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from parlour.accounts import actions as accounts
from parlour.kernel.clock import SystemClock
from tests.conftest import STORES, make_site
from tests.harness.site import Site
from tests.wire.house import UNKNOWN, House, fence, flood
from tests.wire.http_client import Http
from tests.wire.timed import Timed, timed


def evening_zone() -> str:
    """A time zone in which it is about eight in the evening now: midnight there is not midnight in UTC."""
    behind = (20 - datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-behind:+d}" if behind else "Etc/GMT"


def midnight(zone: str, now_ms: int) -> int:
    """When the next day begins there, in milliseconds."""
    here = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(zone))
    return round(datetime.combine(here.date() + timedelta(days=1), time(), ZoneInfo(zone)).timestamp() * 1000)


@pytest.fixture(params=STORES)
def hall(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Timed]:
    """A server of one test's own, whose clock the test moves."""
    site = make_site(request.param, tmp_path, request)
    with timed(site, TIMEZONE=evening_zone()) as made:
        yield made


@pytest.mark.case(110)
async def test_the_daily_limit_refuses_without_effect_until_midnight_in_the_zone(hall: Timed) -> None:
    zone, account = evening_zone(), hall.site.ids["learner"]
    hall.site.write(lambda tx: accounts.set_requests_per_day(tx, account, 3))
    async with hall.client() as client:
        attempt, chat = await client.start_practice(hall.entries["free"])
        for number in range(3):
            await client.say(attempt, chat, f"What happened to you on day {number}?")
        ids = {"attempt_id": attempt, "chat_id": chat}
        left = (midnight(zone, hall.clock.now_ms()) - hall.clock.now_ms()) / 1000
        for operation, more in (("attempt_message", {"message": "One more"}), ("attempt_grade", {})):
            problem = await client.refused(operation, {**ids, **more})
            assert (problem["code"], problem["status"], problem["error_type"]) == ("rate_limited", 429, "rate_limit")
            assert problem["detail"] == "Daily limit reached (3 of 3 requests today)."
            assert left - 60 <= problem["retry_after"] <= left + 2
        told = await client.wait_for("attempt_error", type="rate_limit", code="rate_limited")
        assert told["status"] == 429
        async with Http(hall.url, hall.site.tokens["learner"]) as http:
            answer = await http.post("attempt/message", {**ids, "message": "Over HTTP"})
            assert (answer.status_code, answer.json()["error_type"]) == (429, "rate_limit")
            assert abs(int(answer.headers["retry-after"]) - left) <= 60
        said = "SELECT count(*) AS n FROM messages WHERE chat_id = :id"
        assert hall.site.write(lambda tx: tx.one(said, id=chat)["n"]) == 6
        assert (
            hall.site.write(lambda tx: tx.one("SELECT count(*) AS n FROM grades WHERE chat_id = :id", id=chat)["n"])
            == 0
        )
        ended = await client.ok("attempt_end", ids)
        await client.wait_for("attempt_graded", grade_id=ended["grade_id"])
        second = (await client.wait_for("attempt_chat_started", attempt_id=attempt, position=1))["chat_id"]
        await client.ok("attempt_join", {"chat_id": second})
        ids["chat_id"] = second
        hall.clock.go_to(midnight(zone, hall.clock.now_ms()) - 20_000)
        assert (await client.refused("attempt_message", {**ids, "message": "Late"}))["code"] == "rate_limited"
        hall.clock.go_to(midnight(zone, hall.clock.now_ms()))
        await client.say(attempt, second, "It is another day: what happened to you?")
        assert hall.site.write(lambda tx: accounts.set_requests_per_day(tx, account, None)) is None


@pytest.mark.parametrize("guests", [False, True])
async def test_guests_come_only_where_they_are_let_in(own: Site, guests: bool) -> None:
    own.write(lambda tx: accounts.set_role(tx, own.ids["goer"], "guest"))
    process = own.start(GUESTS=guests)
    async with Http(process.url, own.tokens["goer"]) as http:
        answer = await http.post("attempt/stop", {"chat_id": UNKNOWN})
        assert (answer.status_code, answer.json()["code"]) == (
            (404, "not_found") if guests else (403, "account_disabled")
        )


@pytest.mark.case(111)
async def test_a_flood_over_http_is_refused_for_its_credential_alone(own: Site) -> None:
    house = House(own, own.start(LIMITS__SOCKET_EVENTS_PER_SECOND_MAX=5))
    stop = {"chat_id": UNKNOWN}
    token = house.site.token("crowd", "flood")
    async with Http(house.url, token) as http, Http(house.url, house.site.tokens["crowd"]) as other:
        answers = await asyncio.gather(*(http.post("attempt/stop", stop) for _ in range(60)))
        codes = [answer.status_code for answer in answers]
        assert set(codes) == {404, 429}
        braked = next(answer for answer in answers if answer.status_code == 429)
        problem = braked.json()
        assert (problem["code"], problem["error_type"]) == ("too_many_requests", "stop")
        assert int(braked.headers["retry-after"]) >= 1
        assert (await other.post("attempt/stop", stop)).status_code == 404
        await asyncio.sleep(1.05)
        assert (await http.post("attempt/stop", stop)).status_code == 404


@pytest.mark.case(111)
async def test_the_fifty_first_command_of_a_second_is_refused_and_the_connection_stays(house: House) -> None:
    async with house.client("crowd") as client:
        acks = await flood(client, "attempt_leave", 51)
        assert [ack["ok"] for ack in acks] == [True] * 50 + [False]
        assert acks[-1]["error"]["code"] == "too_many_requests"
        await asyncio.sleep(1.05)
        await fence(client)
        assert (await client.call("attempt_leave", {"chat_id": UNKNOWN}))["ok"] is True
