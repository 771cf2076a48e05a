"""Connection state recovery (Glow 5.4 to 5.6): offered to whom, refused when, complete always."""

import asyncio
import json

import pytest

from parlour.events import log
from parlour.kernel.ids import digest_of
from tests.harness.site import Site, until
from tests.harness.socket import Client
from tests.promises.waiting import eventually
from tests.wire.house import UNKNOWN, House
from tests.wire.raw import BROWSER, Packet, Raw

QUERY = "/socket.io/?EIO=4&transport=websocket"


async def in_chat(raw: Raw, house: House | Site, token: str, **auth: object) -> tuple[str, str, str]:
    """Connect, start a practice and join: pid, attempt and chat."""
    site = house.site if isinstance(house, House) else house
    answer = await raw.open(token, **auth)
    started = await raw.ok("attempt_start", {"practice_id": site.practices["practice-single"]})
    await raw.ok("attempt_join", {"chat_id": started["attempt_chat_id"]})
    return answer.data["pid"], started["attempt_id"], started["attempt_chat_id"]


async def say(raw: Raw, attempt: str, chat: str, text: str = "Hello there") -> None:
    """Say something and wait for the whole answer."""
    said = await raw.ok("attempt_message", {"attempt_id": attempt, "chat_id": chat, "message": text})
    await raw.event("attempt_assistant_complete", message_id=said["assistant_message_id"])


def seqs(packets: list[Packet], room: str) -> list[int]:
    """The positions of a room, in the order of arrival."""
    metas = [packet.payload["_meta"] for packet in packets]
    places = [place for meta in metas for place in (meta, *meta.get("also", ()))]
    return [place["seq"] for place in places if place["room"] == room]


@pytest.mark.case(40)
async def test_the_stock_python_client_gets_one_argument_and_no_recovery(house: House) -> None:
    async with house.client() as client:
        attempt, chat = await client.start_practice(house.site.practices["practice-single"])
        await client.say(attempt, chat, "Hello")
        await client.refused("attempt_stop", {"chat_id": UNKNOWN})
        assert client.names
        assert all(len(args) == 1 for _, args in client.heard)


@pytest.mark.case(40)
async def test_the_python_client_can_ask_for_recovery(house: House) -> None:
    async with house.client(recovery=True) as client:
        attempt, chat = await client.start_practice(house.site.practices["practice-single"])
        await client.say(attempt, chat, "Hello")
        logged = [args for _, args in client.heard if "seq" in args[0]["_meta"]]
        assert all(len(args) == 2 and 0 < len(args[1]) <= 256 for args in logged)
        direct = [(name, args) for name, args in client.heard if "seq" not in args[0]["_meta"]]
        assert all(len(args) == (2 if name == "connection_confirmed" else 1) for name, args in direct)


@pytest.mark.case(41)
@pytest.mark.parametrize(
    ("agent", "path", "headers", "auth", "offered"),
    [
        (BROWSER, QUERY, {}, {}, True),
        ("node-XMLHttpRequest", QUERY, {}, {}, True),
        ("node", QUERY, {}, {}, True),
        (None, QUERY, {}, {}, True),
        (None, "/socket.io/?transport=websocket&EIO=4", {}, {}, False),
        (None, QUERY, {"Origin": "http://127.0.0.1"}, {}, False),
        ("Python/3.11 aiohttp/3.9", QUERY, {}, {}, False),
        ("node-fetch", QUERY, {}, {}, False),
        (BROWSER, QUERY, {}, {"recovery": False}, False),
        ("Python/3.11 aiohttp/3.9", QUERY, {}, {"recovery": True}, True),
        ("Python/3.11 aiohttp/3.9", QUERY, {}, {"pid": "unknown"}, True),
        (BROWSER, QUERY, {}, {"recovery": False, "pid": "unknown"}, False),
    ],
)
async def test_recovery_is_offered_to_those_who_understand_it(
    house: House, agent: str | None, path: str, headers: dict[str, str], auth: dict[str, object], offered: bool
) -> None:
    if "Origin" in headers:
        headers = {"Origin": house.url}
    async with house.raw(agent=agent, path=path, headers=headers) as raw:
        answer = await raw.open(house.site.tokens["learner"], **auth)
        started = await raw.ok("attempt_start", {"practice_id": house.site.practices["practice-single"]})
        told = await raw.event("attempt_started", attempt_id=started["attempt_id"])
        assert ("pid" in answer.data) is offered
        assert (raw.events[0].offset is not None) is offered
        assert (told.offset is not None) is offered


@pytest.mark.case(39)
async def test_a_cut_before_the_first_event_is_recovered(house: House) -> None:
    token = house.site.tokens["learner"]
    async with house.raw() as raw, house.client() as other:
        pid = (await raw.open(token)).data["pid"]
        raw.cut()
        started = await other.ok("attempt_start", {"practice_id": house.site.practices["practice-single"]})
        async with house.raw() as again:
            answer = await again.open(token, pid=pid, offset=raw.events[0].offset)
            confirmed = again.events[0]
            assert answer.data["pid"] == pid
            assert answer.data["sid"] != raw.packets[0].data["sid"]
            assert confirmed.payload["recovered"] is True
            assert confirmed.offset == raw.events[0].offset
            await again.event("attempt_chat_started", attempt_id=started["attempt_id"])
            assert [p.name for p in again.logged] == ["attempt_started", "attempt_chat_started"]


@pytest.mark.case(39)
async def test_a_cut_in_the_middle_of_what_was_missed_is_recovered(house: House) -> None:
    token = house.site.tokens["learner"]
    async with house.raw() as raw, house.client() as other:
        pid, attempt, chat = await in_chat(raw, house, token)
        offset = raw.logged[-1].offset
        heard = list(raw.logged)
        raw.cut()
        for number in range(3):
            await other.say(attempt, chat, f"Message {number}")
        await other.ok("attempt_join", {"chat_id": chat, "since": 0})
        for number in range(4):
            async with house.raw() as again:
                answer = await again.connect({"token": token, "pid": pid, "offset": offset})
                assert answer.data["pid"] == pid
                await again.wait(lambda p, r=again, n=number: p.type == "2" and len(r.logged) > n)
                if number == 3:
                    last = other.payloads("attempt_assistant_complete")[-1]["message_id"]
                    await again.event("attempt_assistant_complete", message_id=last)
                fresh = again.logged if number == 3 else again.logged[: number + 1]  # the rest is lost in the cut
                heard += fresh
                offset = fresh[-1].offset
        found = seqs(heard, f"chat:{chat}")
        assert found == list(range(1, found[-1] + 1))
        assert len(found) > 12


@pytest.mark.case(39, 44)
async def test_a_cut_in_the_middle_of_a_replay_is_recovered(house: House) -> None:
    token = house.site.tokens["learner"]
    async with house.client() as other:
        attempt, chat = await other.start_practice(house.site.practices["practice-single"])
        for number in range(3):
            await other.say(attempt, chat, f"Message {number}")
        async with house.raw() as raw:
            pid = (await raw.open(token)).data["pid"]
            await raw.send("attempt_join", {"chat_id": chat, "since": 0})
            await raw.event("attempt_user_complete", content="Message 1")
            raw.cut()
        heard = raw.logged[: next(i for i, p in enumerate(raw.logged) if p.payload.get("content") == "Message 1") + 1]
        await other.say(attempt, chat, "Meanwhile")
        async with house.raw() as again:
            assert (await again.open(token, pid=pid, offset=heard[-1].offset)).data["pid"] == pid
            await again.event("attempt_user_complete", content="Meanwhile")
            last = other.payloads("attempt_assistant_complete")[-1]
            await again.event("attempt_assistant_complete", message_id=last["message_id"])
            found = seqs(heard + again.logged, f"chat:{chat}")
            assert found == list(range(1, last["_meta"]["seq"] + 1))


@pytest.mark.case(42)
@pytest.mark.parametrize("how", ["foreign", "unknown", "expired", "malformed", "missing", "ahead"])
async def test_what_cannot_be_recovered_is_told_once_a_room(house: House, how: str) -> None:
    token = house.site.tokens["learner"]
    async with house.raw() as raw:
        owner = house.site.tokens["fellow"] if how == "foreign" else token
        pid, _, chat = await in_chat(raw, house, owner)
        offset: str | None = raw.logged[-1].offset
    if how == "expired":
        aged = "UPDATE connections SET closed_at = closed_at - 86401000 WHERE id = :id AND closed_at > 0"
        await asyncio.to_thread(until, lambda: house.site.write(lambda tx: tx.run(aged, id=digest_of(pid))))
    epoch, _, position = str(offset).partition(".")
    given: dict[str, object] = {"pid": pid, "offset": offset}
    if how == "unknown":
        given["pid"] = "x" * 43
    elif how == "malformed":
        given["offset"] = "o7'; --"
    elif how == "missing":
        del given["offset"]
    elif how == "ahead":
        given["offset"] = f"{epoch}.{int(position.split('.')[0]) + 10**6}"
    async with house.raw() as again:
        answer = await again.open(token, **given)
        assert answer.data["pid"] != pid
        assert again.events[0].payload["recovered"] is False
        joined = await again.ok("attempt_start", {"practice_id": house.site.practices["practice-single"]})
        await again.event("attempt_started", attempt_id=joined["attempt_id"])
        resyncs = [p.payload for p in again.events if p.name == "resync"]
        person = f"person:{house.site.ids['learner']}"
        rooms = {person} if how in {"foreign", "unknown"} else {person, f"chat:{chat}"}
        assert sorted(r["room"] for r in resyncs) == sorted(rooms)
        reason = {"malformed": "bad_offset", "missing": "bad_offset", "ahead": "bad_offset"}.get(how, "expired")
        assert {r["reason"] for r in resyncs} == {reason}
        assert all(r["epoch"] == epoch and r["seq"] >= 0 for r in resyncs)
        assert [p.name for p in again.events[1 : 1 + len(rooms)]] == ["resync"] * len(rooms)


async def reasons(raw: Raw, site: Site, chat: str) -> list[str]:
    """Why the person room of the learner and a chat were lost."""
    rooms = (f"person:{site.ids['learner']}", f"chat:{chat}")
    return [(await raw.event("resync", room=room)).payload["reason"] for room in rooms]


@pytest.mark.case(42)
async def test_too_many_missed_events_and_another_epoch_are_not_recovered(own: Site) -> None:
    token = own.tokens["learner"]
    process = own.start(LIMITS__RECOVERY_EVENTS_MAX=5)
    async with Raw(process.url) as raw, Client(process.url, token) as other:
        pid, attempt, chat = await in_chat(raw, own, token)
        raw.cut()
        await other.say(attempt, chat, "One two three")
        async with Raw(process.url) as again:
            answer = await again.open(token, pid=pid, offset=raw.logged[-1].offset)
            assert answer.data["pid"] != pid
            assert await reasons(again, own, chat) == ["too_many", "too_many"]
            await again.ok("attempt_join", {"chat_id": chat})
            offset, pid = raw.logged[-1].offset, answer.data["pid"]
    process.stop()
    own.write(log.renew_epoch)
    process = own.start()
    async with Raw(process.url) as again:
        answer = await again.open(token, pid=pid, offset=offset)
        assert answer.data["pid"] != pid
        assert await reasons(again, own, chat) == ["epoch", "epoch"]
        await say(again, attempt, chat, "It works again")


@pytest.mark.case(43)
async def test_a_second_connection_under_a_live_pid_closes_the_first(house: House) -> None:
    token = house.site.tokens["learner"]
    async with house.raw() as first:
        pid, attempt, chat = await in_chat(first, house, token)
        async with house.raw() as second:
            answer = await second.open(token, pid=pid, offset=first.logged[-1].offset)
            assert answer.data["pid"] == pid
            await asyncio.wait_for(first.closed.wait(), 60)
            heard = len(first.logged)
            await say(second, attempt, chat)
            assert len(first.logged) == heard
            found = seqs(second.logged, f"chat:{chat}")
            assert found == sorted(set(found))


@pytest.mark.case(39)
async def test_recovery_works_over_polling_and_for_what_was_joined_implicitly(house: House) -> None:
    token = house.site.tokens["learner"]
    async with house.raw() as raw:
        pid = (await raw.open(token)).data["pid"]
        started = await raw.ok("attempt_start", {"practice_id": house.site.practices["practice-single"]})
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        await say(raw, attempt, chat)
        offset = raw.logged[-1].offset
        raw.cut()
    async with Client(house.url, token, transports=["polling"], pid=pid, offset=offset) as client:
        assert client.heard[0][1][0]["recovered"] is True
        async with house.client() as other:
            said = await other.say(attempt, chat, "From elsewhere")
        await client.wait_for("attempt_assistant_complete", message_id=said["assistant_message_id"])


@pytest.mark.case(5, 44)
async def test_the_person_room_can_be_replayed_at_connect(house: House) -> None:
    token, person = house.site.tokens["goer"], f"person:{house.site.ids['goer']}"
    async with house.client("goer") as client:
        for _ in range(3):
            await client.ok("attempt_start", {"practice_id": house.site.practices["practice-single"]})
        await client.wait_for("attempt_chat_started", attempt_id=client.payloads("attempt_started")[-1]["attempt_id"])
        head = client.payloads("attempt_chat_started")[-1]["_meta"]
    async with house.raw() as raw:
        await raw.open(token, person_since=head["seq"] - 4, person_epoch=head["epoch"])
        await raw.wait(lambda p: p.type == "2" and p.payload["_meta"].get("seq") == head["seq"])
        assert seqs(raw.logged, person) == list(range(head["seq"] - 3, head["seq"] + 1))
    for auth in ({"person_since": 10**6}, {"person_since": 0, "person_epoch": "gone"}):
        async with house.raw() as raw:
            await raw.open(token, **auth)
            lost = (await raw.event("resync", room=person)).payload
            assert lost["reason"] == ("epoch" if "person_epoch" in auth else "bad_offset")
            assert json.dumps(lost["seq"]).isdigit()


@pytest.mark.case(44)
async def test_the_past_of_the_person_comes_before_what_happens_meanwhile(house: House) -> None:
    token, person = house.site.token("goer"), f"person:{house.site.ids['goer']}"
    async with Client(house.url, token) as busy:

        async def go_on() -> None:
            while True:
                started = await busy.ok("attempt_start", {"practice_id": house.site.practices["practice-single"]})
                await busy.ok("attempt_end_all", {"attempt_id": started["attempt_id"]})
                await asyncio.sleep(0.05)  # a flood is refused (4.7)

        going = asyncio.create_task(go_on())
        try:
            for _ in range(8):
                head = (await busy.wait_for("attempt_ended"))["_meta"]["seq"]
                busy.heard.clear()
                async with house.raw() as raw:
                    await raw.open(token, person_since=head - 2)
                    await eventually(lambda raw=raw, upto=head + 8: upto in seqs(raw.logged, person))
                    found = seqs(raw.logged, person)
                    assert found == list(range(head - 1, head - 1 + len(found)))
        finally:
            going.cancel()
            await asyncio.gather(going, return_exceptions=True)
