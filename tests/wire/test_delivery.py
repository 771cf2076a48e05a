"""Rooms, positions and delivery (Glow 5.1 to 5.5): everything once, in order, in every room."""

import asyncio

import pytest

from parlour.accounts import actions as accounts
from parlour.kernel.ids import digest_of
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire.house import UNKNOWN, House, fence
from tests.wire.raw import Raw
from tests.wire.test_recovery import seqs


@pytest.mark.case(36)
async def test_a_requester_in_several_rooms_hears_every_event_once(house: House) -> None:
    person = f"person:{house.site.ids['learner']}"
    async with house.client() as client, house.client("instructor") as staff:
        attempt, chat = await client.start_practice(house.site.practices["practice-pair"])
        await client.say(attempt, chat, "What happened?")
        ended = await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        await client.wait_for("attempt_graded", grade_id=ended["grade_id"])
        await client.wait_for("attempt_chat_started", attempt_id=attempt, position=1)
        await fence(client)
        logged = [args[0]["_meta"] for _, args in client.heard if "seq" in args[0]["_meta"]]
        assert len({meta["id"] for meta in logged}) == len(logged)
        ends = client.payloads("attempt_chat_ended")
        assert len(ends) == 1
        meta = ends[0]["_meta"]
        assert meta["room"] == f"chat:{chat}"
        assert [place["room"] for place in meta["also"]] == [person]
        for room in (person, f"chat:{chat}"):
            places = [p for m in logged for p in (m, *m.get("also", ())) if p["room"] == room]
            found = [place["seq"] for place in places]
            assert found == list(range(found[0], found[0] + len(found)))
        await staff.ok("attempt_join", {"chat_id": chat, "since": 0})
        theirs = await staff.wait_for("attempt_chat_ended")
        assert (theirs["_meta"]["id"], "also" in theirs["_meta"]) == (meta["id"], False)


@pytest.mark.case(37)
async def test_positions_have_no_holes_under_writers_in_parallel(house: House) -> None:
    async with house.raw() as watcher:
        await watcher.open(house.site.tokens["fellow"])
        clients = [house.client("fellow") for _ in range(8)]
        await asyncio.gather(*(client.__aenter__() for client in clients))
        given = {"practice_id": house.site.practices["practice-others"]}
        await asyncio.gather(*(c.ok("attempt_start", given) for c in clients for _ in range(12)))
        person = f"person:{house.site.ids['fellow']}"
        await watcher.wait(lambda p: p.type == "2" and len(watcher.logged) == 2 * 96, seconds=60)
        found = seqs(watcher.logged, person)
        assert found == list(range(found[0], found[0] + 2 * 96))
        await asyncio.gather(*(client.__aexit__() for client in clients))


@pytest.mark.case(44)
async def test_a_join_can_ask_for_the_past_of_a_room(house: House) -> None:
    async with house.client() as client:
        attempt, chat = await client.start_practice(house.site.practices["practice-single"])
        for text in ("One", "Two"):
            await client.say(attempt, chat, text)
        last = client.payloads("attempt_assistant_complete")[-1]["_meta"]
        head, epoch = last["seq"], last["epoch"]
        for since in (0, 2, head - 1, head):
            async with house.raw() as raw:
                await raw.open(house.site.tokens["learner"])
                ack = await raw.ok("attempt_join", {"chat_id": chat, "since": since, "epoch": epoch})
                assert (ack["room"], ack["epoch"], ack["seq"]) == (f"chat:{chat}", epoch, head)
                assert "resync" not in ack
                said = await client.say(attempt, chat, "More")
                await raw.event("attempt_assistant_complete", message_id=said["assistant_message_id"])
                now = client.payloads("attempt_assistant_complete")[-1]["_meta"]["seq"]
                assert seqs(raw.logged, f"chat:{chat}") == list(range(since + 1, now + 1))
                again = await raw.ok("attempt_join", {"chat_id": chat, "since": 0})
                assert again["seq"] == now
                await raw.call("attempt_leave", {"chat_id": UNKNOWN})
                assert [p.name for p in raw.events].count("attempt_joined") == 2
                assert seqs(raw.logged, f"chat:{chat}") == list(range(since + 1, now + 1))
                head = now


@pytest.mark.case(44)
@pytest.mark.parametrize("wrong", ["beyond", "epoch"])
async def test_a_past_that_cannot_be_served_is_told_and_delivery_starts_at_the_head(house: House, wrong: str) -> None:
    async with house.client() as client, house.raw() as raw:
        attempt, chat = await client.start_practice(house.site.practices["practice-single"])
        await client.say(attempt, chat, "One")
        head = client.payloads("attempt_assistant_complete")[-1]["_meta"]["seq"]
        await raw.open(house.site.tokens["learner"])
        extra = {"since": head + 1} if wrong == "beyond" else {"since": 0, "epoch": "gone"}
        ack = await raw.ok("attempt_join", {"chat_id": chat, **extra})
        assert (ack["resync"], ack["seq"]) == (True, head)
        lost = (await raw.event("resync")).payload
        assert (lost["room"], lost["seq"], lost["epoch"]) == (f"chat:{chat}", head, ack["epoch"])
        assert lost["reason"] == ("bad_offset" if wrong == "beyond" else "epoch")
        await client.say(attempt, chat, "Two")
        await raw.event("attempt_user_complete", content="Two")
        assert seqs(raw.logged, f"chat:{chat}")[0] == head + 1


@pytest.mark.case(45, 46)
async def test_a_join_in_the_middle_of_a_turn_sees_the_whole_of_it(slow: House) -> None:
    async with slow.client() as client:
        attempt, chat = await client.start_practice(slow.site.practices["practice-nothints"])
        said = await client.ok("attempt_message", {"attempt_id": attempt, "chat_id": chat, "message": "Hello"})
        reply = said["assistant_message_id"]
        for _ in range(3000):
            if len(client.payloads("attempt_progress")) >= 4:
                break
            await asyncio.sleep(0.02)
        async with slow.raw() as raw:
            await raw.open(slow.site.tokens["learner"])
            await raw.ok("attempt_join", {"chat_id": chat})
            complete = await raw.event("attempt_assistant_complete", message_id=reply)
            kinds = [f"{p.type}{p.name}" for p in raw.packets[2:]]
            assert kinds[:3] == ["3", "2attempt_joined", "2attempt_assistant_start"]
            text = "".join(p.payload["content"] for p in raw.events if p.name == "attempt_progress")
            assert text == complete.payload["content"]
            found = seqs(raw.logged, f"chat:{chat}")
            assert found == list(range(found[0], found[0] + len(found)))


@pytest.mark.case(36, 45)
async def test_a_join_in_the_middle_of_a_turn_repeats_nothing_that_the_person_room_has_brought(slow: House) -> None:
    async with slow.client() as client, slow.raw() as raw:
        await raw.open(slow.site.tokens["learner"])
        attempt, chat = await client.start_practice(slow.site.practices["practice-nothints"])
        await client.say(attempt, chat, "Hello")
        await client.ok("attempt_message", {"attempt_id": attempt, "chat_id": chat, "message": "And now?"})
        await client.ok("attempt_grade", {"attempt_id": attempt, "chat_id": chat})
        graded = await raw.event("attempt_graded", chat_id=chat)
        assert "attempt_assistant_complete" not in client.names[client.names.index("attempt_grading_progress") :]
        await raw.ok("attempt_join", {"chat_id": chat})
        await raw.event("attempt_assistant_complete", chat_id=chat)
        ids = [event.payload["_meta"]["id"] for event in raw.logged]
        assert graded.payload["_meta"]["id"] in ids
        assert len(ids) == len(set(ids))


@pytest.mark.case(46)
async def test_acknowledgement_joined_event_past_and_present_come_in_this_order(house: House) -> None:
    async with house.client() as client:
        attempt, chat = await client.start_practice(house.site.practices["practice-single"])
        await client.say(attempt, chat, "First")

        async def talk() -> None:
            for number in range(6):
                await client.say(attempt, chat, f"Live {number}")

        talking = asyncio.create_task(talk())
        for _ in range(6):
            async with house.raw() as raw:
                await raw.open(house.site.tokens["learner"])
                await raw.send("attempt_join", {"chat_id": chat, "since": 0}, number=7)
                await raw.event("attempt_user_complete", content="Live 1")
                places = [
                    p for p in raw.packets if p.type == "3" or (p.type == "2" and p.name != "connection_confirmed")
                ]
                assert [places[0].type, places[1].name] == ["3", "attempt_joined"]
                found = seqs(raw.logged, f"chat:{chat}")
                assert found == list(range(1, len(found) + 1))
        await talking


@pytest.mark.case(47)
async def test_after_leaving_nothing_of_the_room_comes(house: House) -> None:
    async with house.client() as client, house.raw() as raw:
        attempt, chat = await client.start_practice(house.site.practices["practice-single"])
        await raw.open(house.site.tokens["learner"])
        for number in range(5):
            await raw.ok("attempt_join", {"chat_id": chat, "since": 0})
            talking = asyncio.create_task(client.say(attempt, chat, f"Talk {number}"))
            await raw.event("attempt_user_complete", content=f"Talk {number}")
            await raw.ok("attempt_leave", {"chat_id": chat})
            heard = len(raw.packets)
            await talking
            await raw.call("attempt_leave", {"chat_id": UNKNOWN})
            assert len(raw.packets) == heard + 1


@pytest.mark.case(47, 39)
async def test_a_room_that_was_left_is_not_recovered(house: House) -> None:
    token = house.site.tokens["learner"]
    async with house.client() as client, house.raw() as raw:
        attempt, chat = await client.start_practice(house.site.practices["practice-single"])
        pid = (await raw.open(token)).data["pid"]
        await raw.ok("attempt_join", {"chat_id": chat, "since": 0})
        await client.say(attempt, chat, "One")
        await raw.event("attempt_user_complete")
        await raw.ok("attempt_leave", {"chat_id": chat})
        offset = raw.logged[-1].offset
        raw.cut()
        await client.say(attempt, chat, "Two")
        async with house.raw() as again:
            assert (await again.open(token, pid=pid, offset=offset)).data["pid"] == pid
            await again.call("attempt_leave", {"chat_id": UNKNOWN})
            assert [p.name for p in again.logged] == []


@pytest.mark.case(48)
async def test_a_slow_reader_is_closed_at_the_limit_while_others_go_on_and_then_recovers(own: Site) -> None:
    process = own.start(MODEL="scripted-echo", LIMITS__SOCKET_BACKLOG_BYTES_MAX=65_536)
    token = own.tokens["learner"]
    async with Raw(process.url, receive_bytes=262_144) as raw, Client(process.url, token) as client:
        pid = (await raw.open(token)).data["pid"]
        attempt, chat = await client.start_practice(own.practices["practice-nothints"])
        await raw.ok("attempt_join", {"chat_id": chat})
        raw.reading.clear()
        text = "x" * 32_000
        for turn in range(150):
            said = await client.say(attempt, chat, text)
            assert client.payloads("attempt_assistant_complete", message_id=said["assistant_message_id"])
            if turn % 10 == 9 and "backlog_exceeded" in process.log_text():
                break
        assert "backlog_exceeded" in process.log_text()
        raw.reading.set()
        await asyncio.wait_for(raw.closed.wait(), 60)
        last = client.payloads("attempt_assistant_complete")[-1]["_meta"]["seq"]
        heard = raw.logged
        async with Raw(process.url) as again:
            offset = heard[-1].offset if heard else raw.events[0].offset
            assert (await again.open(token, pid=pid, offset=offset)).data["pid"] == pid
            await again.wait(lambda p: p.type == "2" and p.payload["_meta"].get("seq") == last, seconds=60)
            found = seqs(heard + again.logged, f"chat:{chat}")
            assert found == list(range(1, last + 1))


@pytest.mark.case(49)
async def test_what_an_event_tells_is_in_the_store_when_it_arrives(house: House) -> None:
    async with house.raw() as raw:
        await raw.open(house.site.tokens["learner"])
        started = await raw.ok("attempt_start", {"practice_id": house.site.practices["practice-single"]})
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        await raw.send("attempt_message", {"attempt_id": attempt, "chat_id": chat, "message": "Stored?"})
        said = await raw.event("attempt_user_complete")
        count = "SELECT count(*) AS n FROM messages WHERE id = :id"
        assert house.site.write(lambda tx: tx.one(count, id=said.payload["message_id"])["n"]) == 1
        await raw.event("attempt_assistant_complete")
        await raw.send("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        await raw.event("attempt_chat_ended")
        state = "SELECT state FROM chats WHERE id = :id"
        assert house.site.write(lambda tx: tx.one(state, id=chat)["state"]) == "completed"


@pytest.mark.case(36)
async def test_a_connection_is_in_at_most_100_rooms(own: Site) -> None:
    process = own.start(LIMITS__SOCKET_EVENTS_PER_SECOND_MAX=1000)
    async with Client(process.url, own.tokens["crowd"]) as client:
        given = {"practice_id": own.practices["practice-single"]}
        chats = [(await client.ok("attempt_start", given))["attempt_chat_id"] for _ in range(101)]
        joins = [await client.call("attempt_join", {"chat_id": chat}) for chat in chats]
        refused = [ack["error"]["code"] for ack in joins if not ack["ok"]]
        assert set(refused) == {"too_many_rooms"}
        assert len(refused) <= 2  # the person room may count
        await client.ok("attempt_join", {"chat_id": chats[0]})
        await client.ok("attempt_leave", {"chat_id": chats[0]})
        await client.ok("attempt_join", {"chat_id": chats[-1]})


@pytest.mark.case(8)
async def test_connections_of_other_tokens_are_not_touched(house: House) -> None:
    site = house.site
    token = site.token("goer", "kept")
    async with Client(house.url, token) as kept:
        other = site.token("goer", "revoked")
        async with house.raw() as raw:
            await raw.open(other)
            site.write(lambda tx: accounts.revoke_session(tx, digest_of(other)))
            await asyncio.wait_for(raw.closed.wait(), 60)
        await fence(kept)
