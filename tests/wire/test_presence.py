"""Who is in a chat now: several devices, spectators, both transports, several servers, and servers that die."""

import asyncio
from typing import Any

from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire.house import House, Strict, fence
from tests.wire.http_client import Http


def shown(people: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    """Who is there, in short."""
    return [(person["name"], person["part"], person["connections"]) for person in people]


async def until(client: Client, chat: str, wanted: list[tuple[str, str, int]], seconds: float = 60) -> None:
    """Wait until the newest presence that was heard is this one."""
    deadline = asyncio.get_running_loop().time() + seconds
    heard: list[Any] = []
    while not heard or shown(heard[-1]["people"]) != wanted:
        assert asyncio.get_running_loop().time() < deadline, [shown(each["people"]) for each in heard]
        await asyncio.sleep(0.02)
        heard = client.payloads("attempt_presence", chat_id=chat)


async def begun(client: Client, house: House) -> str:
    """A chat of the client's account, whose room nobody is in."""
    started = await client.ok("attempt_start", {"practice_id": house.site.practices["practice-single"]})
    return started["attempt_chat_id"]


async def test_devices_and_spectators_of_a_chat_are_told_to_who_asked(house: House) -> None:
    async with house.client() as desk, house.client() as phone, house.client("instructor") as staff:
        chat = await begun(desk, house)
        ack = await desk.ok("attempt_join", {"chat_id": chat, "presence": True})
        assert shown(ack["presence"]) == [("Learner", "owner", 1)]
        assert "presence" not in await phone.ok("attempt_join", {"chat_id": chat})
        await until(desk, chat, [("Learner", "owner", 2)])
        ack = await staff.ok("attempt_join", {"chat_id": chat, "presence": True})
        everybody = [("Learner", "owner", 2), ("Instructor", "staff", 1)]
        assert shown(ack["presence"]) == everybody
        await until(desk, chat, everybody)
        await phone.ok("attempt_leave", {"chat_id": chat})
        await until(staff, chat, [("Learner", "owner", 1), ("Instructor", "staff", 1)])
        await staff.ok("attempt_leave", {"chat_id": chat})
        await until(desk, chat, [("Learner", "owner", 1)])
        heard = len(staff.payloads("attempt_presence"))
        await phone.ok("attempt_join", {"chat_id": chat})
        await until(desk, chat, [("Learner", "owner", 2)])
        await fence(staff)
        assert len(staff.payloads("attempt_presence")) == heard
        assert "attempt_presence" not in phone.names
        rooms = {place["_meta"]["room"] for place in desk.payloads("attempt_presence")}
        assert rooms == {f"presence:{chat}"}


async def test_the_end_of_a_connection_is_told_and_acting_counts_as_coming(house: House) -> None:
    async with house.client() as desk:
        chat = await begun(desk, house)
        attempt = desk.payloads("attempt_chat_started", chat_id=chat)[0]["attempt_id"]
        async with house.client("instructor") as staff:
            assert shown((await staff.ok("attempt_join", {"chat_id": chat, "presence": True}))["presence"]) == [
                ("Instructor", "staff", 1)
            ]
            async with house.client() as phone:
                await phone.say(attempt, chat, "Hello")
                await until(staff, chat, [("Learner", "owner", 1), ("Instructor", "staff", 1)])
            await until(staff, chat, [("Instructor", "staff", 1)])
        ack = await desk.ok("attempt_join", {"chat_id": chat, "presence": True})
        if shown(ack["presence"]) != [("Learner", "owner", 1)]:
            await until(desk, chat, [("Learner", "owner", 1)])


async def test_http_sessions_are_present_and_told_like_sockets(house: House) -> None:
    async with Http(house.url, house.site.tokens["learner"]) as http, house.client("instructor") as staff:
        started = await http.ok("attempt/start", {"practice_id": house.site.practices["practice-single"]})
        chat = started["attempt_chat_id"]
        await http.connect()
        ack = await http.ok("attempt/join", {"chat_id": chat, "presence": True}, sid=http.sid)
        assert shown(ack["presence"]) == [("Learner", "owner", 1)]
        async with http.stream() as stream:
            await staff.ok("attempt_join", {"chat_id": chat, "presence": True})
            await stream.until(lambda s: "attempt_presence" in s.names)
            told = next(event for event in stream.heard if event.name == "attempt_presence")
            assert shown(told.data["people"]) == [("Learner", "owner", 1), ("Instructor", "staff", 1)]
            read = await http.io.get(f"/api/v1/chats/{chat}/presence")
            assert (read.status_code, read.json()) == (200, {"chat_id": chat, "people": told.data["people"]})
        await http.ok("disconnect", sid=http.sid)
        await until(staff, chat, [("Instructor", "staff", 1)])


async def test_a_right_that_is_withdrawn_ends_presence_and_its_news(own: Site) -> None:
    from parlour.accounts import actions as accounts

    house = House(own, own.start())
    async with house.client() as desk, house.client("fading") as staff:
        chat = await begun(desk, house)
        await desk.ok("attempt_join", {"chat_id": chat, "presence": True})
        await staff.ok("attempt_join", {"chat_id": chat, "presence": True})
        await until(desk, chat, [("Learner", "owner", 1), ("Fading", "staff", 1)])
        own.write(lambda tx: accounts.set_role(tx, own.ids["fading"], "member"))
        await until(desk, chat, [("Learner", "owner", 1)])
        await fence(staff)
        heard = len(staff.payloads("attempt_presence"))
        async with house.client() as phone:
            await phone.ok("attempt_join", {"chat_id": chat})
            await until(desk, chat, [("Learner", "owner", 2)])
        await fence(staff)
        assert len(staff.payloads("attempt_presence")) == heard


async def test_a_recovered_connection_is_present_again_and_hears_on(house: House) -> None:
    async with house.client() as desk, house.raw() as phone:
        opened = await phone.open(house.site.tokens["learner"], recovery=True)
        chat = await begun(desk, house)
        await phone.ok("attempt_join", {"chat_id": chat, "presence": True})
        await desk.ok("attempt_join", {"chat_id": chat, "presence": True})
        news = await phone.event("attempt_presence", chat_id=chat)
        assert shown(news.payload["people"]) == [("Learner", "owner", 2)]
        phone.cut()
        await until(desk, chat, [("Learner", "owner", 1)])
        async with house.raw() as again:
            await again.open(house.site.tokens["learner"], pid=opened.data["pid"], offset=news.offset)
            await until(desk, chat, [("Learner", "owner", 2)])
            await again.wait(
                lambda _: any(
                    packet.name == "attempt_presence" and shown(packet.payload["people"]) == [("Learner", "owner", 2)]
                    for packet in again.events
                )
            )


async def test_connections_of_other_servers_count_and_those_of_a_dead_one_lapse(shared: Site) -> None:
    first, second = (shared.start() for _ in range(2))
    async with Strict(first.url, shared.tokens["instructor"]) as staff:
        phone = Strict(second.url, shared.tokens["learner"])
        await phone.__aenter__()
        started = await phone.ok("attempt_start", {"practice_id": shared.practices["practice-single"]})
        chat = started["attempt_chat_id"]
        await staff.ok("attempt_join", {"chat_id": chat, "presence": True})
        ack = await phone.ok("attempt_join", {"chat_id": chat, "presence": True})
        both = [("Learner", "owner", 1), ("Instructor", "staff", 1)]
        assert shown(ack["presence"]) == both
        await until(staff, chat, both)
        second.kill()
        dead = "SELECT server_id FROM presence WHERE account_id = :learner"
        sooner = f"UPDATE servers SET seen_at = seen_at - 14000 WHERE id IN ({dead})"  # noqa: S608
        shared.write(lambda tx: tx.run(sooner, learner=shared.ids["learner"]))  # in a second or two, and not in fifteen
        await until(staff, chat, [("Instructor", "staff", 1)])
        await phone.io.disconnect()
