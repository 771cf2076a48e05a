"""Conformance cases 22, 25, 26, 29, 44 and 36 over event streams and long polls (Glow 3.2 to 3.4, 5)."""

import asyncio
import random
from typing import Any

import httpx
import pytest

from parlour.wire.glow import streams
from tests.harness.constants import constants
from tests.harness.dialects import check_event
from tests.harness.site import Site
from tests.wire.house import UNKNOWN, House, taken_up
from tests.wire.http_client import EVENTS, POLL, Heard, Http, last_id, parse_stream

TEXT = "What have you tried so far? I can see that it was hard."
TURN = ("attempt_user_complete", "attempt_assistant_start", "attempt_progress", "attempt_assistant_complete")


def turn_of(heard: list[Heard]) -> list[str]:
    """The order of a turn, with repeated deltas as one."""
    names = [event.name for event in heard if event.name in TURN]
    return [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]


def http(house: House, user_id: str = "learner") -> Http:
    return Http(house.url, house.site.tokens[user_id])


def ids_of(heard: list[Heard]) -> list[str]:
    return [event.data["_meta"]["id"] for event in heard]


@pytest.mark.case(22, 56)
async def test_a_client_with_http_only_sees_a_whole_turn_on_the_stream(house: House) -> None:
    async with http(house) as client:
        await client.connect()
        async with client.stream() as stream:
            attempt, chat = await client.start(house.site.practices["practice-single"])
            await stream.wait_for("attempt_chat_started", chat_id=chat)
            joined = await client.ok("attempt/join", {"chat_id": chat}, sid=client.sid)
            assert joined["room"] == f"chat:{chat}"
            said = await client.ok(
                "attempt/message", {"attempt_id": attempt, "chat_id": chat, "message": TEXT}, sid=client.sid
            )
            done = await stream.wait_for("attempt_assistant_complete", message_id=said["assistant_message_id"])
            assert turn_of(stream.heard) == list(TURN)
            deltas = [e.data["content"] for e in stream.heard if e.name == "attempt_progress"]
            assert "".join(deltas) == done.data["content"]
            assert bytes(stream.body).startswith(b"retry: 2000\n\n")
            for event in stream.heard:
                check_event(event.name, event.data)
                assert event.id is not None
            closed = await client.ok("disconnect", sid=client.sid)
            assert closed == {"ok": True, "sid": client.sid, "closed": True}
            await stream.until(lambda s: s.ended)
        gone = await client.io.get(EVENTS, params={"sid": client.sid})
        assert gone.status_code == 404
        assert gone.json()["code"] == "session_not_found"
        polled = await client.io.get(POLL, params={"sid": client.sid})
        assert polled.status_code == 404


@pytest.mark.case(22)
async def test_a_client_that_polls_sees_the_same_turn(house: House) -> None:
    async with http(house) as client:
        await client.connect({})
        attempt, chat = await client.start(house.site.practices["practice-single"])
        await client.ok("attempt/message", {"attempt_id": attempt, "chat_id": chat, "message": TEXT}, sid=client.sid)
        heard, after = await client.poll_until("attempt_assistant_complete")
        assert turn_of(heard) == list(TURN)
        assert len(set(ids_of(heard))) == len(heard)
        nothing = await client.poll(after, wait=0)
        assert nothing["events"] == []
        await client.ok("disconnect", sid=client.sid)


@pytest.mark.case(25, 36)
async def test_a_stream_cut_at_any_byte_goes_on_without_gap_or_repetition(house: House) -> None:
    async with http(house) as client:
        await client.connect()
        async with client.stream() as stream:
            attempt, chat = await client.start(house.site.practices["practice-pair"])
            for _ in range(2):
                said = await client.ok(
                    "attempt/message", {"attempt_id": attempt, "chat_id": chat, "message": TEXT}, sid=client.sid
                )
                await stream.wait_for("attempt_assistant_complete", message_id=said["assistant_message_id"])
            ended = await client.ok("attempt/end", {"attempt_id": attempt, "chat_id": chat}, sid=client.sid)
            await stream.wait_for("attempt_graded", grade_id=ended["grade_id"])
            whole = bytes(stream.body)
        expected = parse_stream(whole)
        assert len(set(ids_of(expected))) == len(expected)
        both = [e for e in expected if e.name == "attempt_chat_ended"]
        assert [also["room"] for also in both[0].data["_meta"]["also"]] == [f"person:{house.site.ids['learner']}"]
        # Where a cut can leave a reader: every event boundary and the bytes around it, and many others.
        dice = random.Random(25)
        cuts = {at for at in range(len(whole)) if whole[at : at + 2] == b"\n\n"}
        cuts |= {at + step for at in cuts for step in (1, 2, 3)} | set(dice.sample(range(len(whole)), 100))
        offsets = {}
        for cut in sorted(cuts):
            before = parse_stream(whole[:cut])
            after = last_id(before)
            if after is None:
                continue
            if after not in offsets:
                rest, offset = [], after
                while True:
                    found = await client.poll(offset, wait=0)
                    if not found["events"]:
                        break
                    rest += [Heard(e["id"], e["event"], e["data"]) for e in found["events"]]
                    offset = found["next"]
                offsets[after] = rest
            assert before + offsets[after] == expected, cut
        print(f"{len(cuts)} cuts, {len(offsets)} offsets, {len(expected)} events")


@pytest.mark.case(25)
async def test_a_reader_that_loses_its_connection_again_and_again_misses_nothing(slow: House) -> None:
    async with http(slow) as client, http(slow) as watcher:
        await client.connect()
        await watcher.connect()
        attempt, chat = await client.start(slow.site.practices["practice-single"])
        await watcher.ok("attempt/join", {"chat_id": chat, "since": 0}, sid=watcher.sid)
        payload = {"attempt_id": attempt, "chat_id": chat, "message": TEXT}
        said = await client.ok("attempt/message", payload, sid=client.sid)
        dice, heard, cuts = random.Random(7), [], 0
        async with asyncio.timeout(60):
            while all(e.name != "attempt_assistant_complete" for e in heard):
                async with client.stream(last=last_id(heard)) as stream:
                    await stream.wait_bytes(dice.randrange(20, 900))
                    heard += stream.heard
                    cuts += 1
        async with watcher.stream() as stream:
            await stream.wait_for("attempt_assistant_complete", message_id=said["assistant_message_id"])
            seen = [e for e in stream.heard if e.data["_meta"]["room"] == f"chat:{chat}"]
        mine = [e for e in heard if e.data["_meta"]["room"] == f"chat:{chat}"]
        assert [(e.name, e.data) for e in mine] == [(e.name, e.data) for e in seen]
        assert [e.data["_meta"]["seq"] for e in mine] == list(range(1, len(mine) + 1))
        print(f"{cuts} cuts while a reply of {len(mine)} events was written")


@pytest.mark.case(25)
async def test_a_repeated_poll_answers_the_same(house: House) -> None:
    async with http(house) as client:
        opened = await client.connect()
        attempt, chat = await client.start(house.site.practices["practice-single"])
        payload = {"attempt_id": attempt, "chat_id": chat, "message": TEXT}
        await client.ok("attempt/message", payload, sid=client.sid)
        heard, _ = await client.poll_until("attempt_assistant_complete")
        for at in range(len(heard) - 1):
            first = await client.poll(heard[at].id, wait=0)
            assert first == await client.poll(heard[at].id, wait=0)
            assert [e["id"] for e in first["events"]] == [e.id for e in heard[at + 1 :]]
        assert opened["poll_url"] == f"{POLL}?sid={client.sid}"


async def test_a_session_has_few_polls_at_a_time(house: House) -> None:
    async with http(house, "crowd") as client:
        await client.connect()
        polls: list[asyncio.Task[Any]] = []
        for number in range(6):
            polls.append(await taken_up(house.site, client.sid, client.poll(wait=60)))
            if number >= 4:
                assert (await asyncio.wait_for(polls[number - 4], 60))["events"] == []
        assert [poll.done() for poll in polls] == [True, True, False, False, False, False]
        await client.start(house.site.practices["practice-single"])
        answers = await asyncio.gather(*polls[2:])
        assert all(answer["events"] for answer in answers), "they waited on, and are told"


@pytest.mark.case(26)
async def test_a_silent_stream_beats_within_15_seconds(own: Site) -> None:
    assert streams.SILENCE_SECONDS_MAX < 15
    with constants(parlour__wire__glow__streams__SILENCE_SECONDS_MAX=0.5):
        house = House(own, own.start())
    async with http(house, "crowd") as client:
        await client.connect()
        async with client.stream() as stream:
            await stream.until(lambda s: b"\n:\n\n" in bytes(s.body))


@pytest.mark.case(26)
async def test_a_second_stream_ends_the_first(house: House) -> None:
    async with http(house) as client:
        await client.connect()
        async with client.stream() as first, client.stream() as second:
            await first.until(lambda s: s.ended)
            _, chat = await client.start(house.site.practices["practice-single"])
            await second.wait_for("attempt_chat_started", chat_id=chat)
            assert not second.ended
            assert "attempt_chat_started" not in first.names


@pytest.mark.case(26)
async def test_a_ticket_opens_the_stream_of_its_own_session_only(house: House) -> None:
    async with http(house) as one, http(house) as two, httpx.AsyncClient(base_url=house.url, timeout=60) as bare:
        opened = await one.connect()
        await two.connect()
        assert opened["events_url"] == f"{EVENTS}?sid={one.sid}"
        async with bare.stream("GET", opened["events_url"], params={"sid": one.sid, "ticket": one.ticket}) as answer:
            assert answer.status_code == 200
            async for chunk in answer.aiter_raw():
                assert chunk.startswith(b"retry: 2000\n\n")
                break
        foreign = await bare.get(EVENTS, params={"sid": one.sid, "ticket": two.ticket})
        assert foreign.status_code == 401
        as_token = await bare.post("/socket/v5/client/connect", headers={"authorization": f"Bearer {one.ticket}"})
        assert as_token.status_code == 401
        await one.ok("disconnect", sid=one.sid)
        closed = await bare.get(EVENTS, params={"sid": one.sid, "ticket": one.ticket})
        assert closed.status_code == 404


@pytest.mark.case(44)
async def test_joining_with_since_replays_the_room(house: House) -> None:
    async with http(house) as client:
        await client.connect()
        attempt, chat = await client.start(house.site.practices["practice-single"])
        payload = {"attempt_id": attempt, "chat_id": chat, "message": TEXT}
        await client.ok("attempt/message", payload, sid=client.sid)
        heard, _ = await client.poll_until("attempt_assistant_complete")
        turn = [e for e in heard if e.data["_meta"]["room"] == f"chat:{chat}"]
        head = turn[-1].data["_meta"]["seq"]
        epoch = turn[0].data["_meta"]["epoch"]
        for since in (0, 2, head):
            await client.connect()
            joined = await client.ok("attempt/join", {"chat_id": chat, "since": since}, sid=client.sid)
            assert joined == {"ok": True, "chat_id": chat, "success": True, "room": f"chat:{chat}"} | {
                "epoch": epoch,
                "seq": head,
            }
            polled = await client.poll(wait=0)
            assert [e["data"]["_meta"]["seq"] for e in polled["events"]] == list(range(since + 1, head + 1))
        for wrong in ({"since": head + 1}, {"since": 0, "epoch": "another"}):
            await client.connect()
            joined = await client.ok("attempt/join", {"chat_id": chat, **wrong}, sid=client.sid)
            assert joined["resync"] is True
            polled = await client.poll(wait=0)
            (lost,) = polled["events"]
            check_event(lost["event"], lost["data"])
            assert (lost["id"], lost["event"], lost["data"]["seq"]) == (None, "resync", head)
            assert lost["data"]["reason"] == ("epoch" if "epoch" in wrong else "bad_offset")


@pytest.mark.case(45)
async def test_joining_in_the_middle_of_a_reply_starts_at_its_beginning(slow: House) -> None:
    async with http(slow) as client, http(slow, "instructor") as teacher:
        await client.connect()
        attempt, chat = await client.start(slow.site.practices["practice-single"])
        payload = {"attempt_id": attempt, "chat_id": chat, "message": TEXT}
        async with client.stream() as stream:
            await client.ok("attempt/message", payload, sid=client.sid)
            await stream.wait_for("attempt_progress")
            await teacher.connect()
            await teacher.ok("attempt/join", {"chat_id": chat}, sid=teacher.sid)
            heard, _ = await teacher.poll_until("attempt_assistant_complete")
        assert heard[0].name == "attempt_assistant_start"
        text = "".join(e.data["content"] for e in heard if e.name == "attempt_progress")
        assert text == heard[-1].data["content"]


@pytest.mark.case(47)
async def test_after_a_leave_nothing_of_the_room_follows(house: House) -> None:
    async with http(house) as client:
        await client.connect()
        attempt, chat = await client.start(house.site.practices["practice-single"])
        payload = {"attempt_id": attempt, "chat_id": chat, "message": TEXT}
        await client.ok("attempt/message", payload | {"client_request_id": "one"}, sid=client.sid)
        heard, _ = await client.poll_until("attempt_assistant_complete")
        left = await client.ok("attempt/leave", {"chat_id": chat}, sid=client.sid)
        assert left == {"ok": True, "chat_id": chat, "success": True}
        again = await client.poll(heard[0].id, wait=0)
        assert all(e["data"]["_meta"]["room"] != f"chat:{chat}" for e in again["events"])
        await client.ok("attempt/leave", {"chat_id": UNKNOWN}, sid=client.sid)
        await client.ok("attempt/join", {"chat_id": chat}, sid=client.sid)
        await client.ok("attempt/message", payload, sid=client.sid)
        more, _ = await client.poll_until("attempt_assistant_complete", again["next"])
        assert turn_of(more) == list(TURN)


async def test_an_offset_that_cannot_be_served_is_told_and_the_stream_goes_on_live(house: House) -> None:
    async with http(house) as client:
        await client.connect()
        attempt, chat = await client.start(house.site.practices["practice-single"])
        await client.ok("attempt/join", {"chat_id": chat}, sid=client.sid)
        good = (await client.poll(wait=0))["next"]
        epoch = good.partition(".")[0]
        wrong = {
            "nonsense": "bad_offset",
            "x" * 3000: "bad_offset",
            f"{epoch}.999999999": "bad_offset",
            f"{UNKNOWN}.1": "epoch",
            f"{epoch}.1.chat:{UNKNOWN}@0": "bad_offset",
        }
        for offset, reason in wrong.items():
            async with client.stream(last=offset) as stream:
                await stream.until(lambda s: len(s.heard) == 2)
                rooms = {e.data["room"] for e in stream.heard}
                assert rooms == {f"chat:{chat}", f"person:{house.site.ids['learner']}"}
                assert {(e.name, e.id, e.data["reason"]) for e in stream.heard} == {("resync", None, reason)}
                payload = {"attempt_id": attempt, "chat_id": chat, "message": TEXT}
                said = await client.ok("attempt/message", payload, sid=client.sid)
                await stream.wait_for("attempt_assistant_complete", message_id=said["assistant_message_id"])
                assert turn_of(stream.heard) == list(TURN)


async def test_a_later_stream_starts_after_the_newest_offset_that_was_presented(house: House) -> None:
    async with http(house) as client:
        await client.connect()
        attempt, chat = await client.start(house.site.practices["practice-single"])
        payload = {"attempt_id": attempt, "chat_id": chat, "message": TEXT}
        await client.ok("attempt/message", payload, sid=client.sid)
        async with client.stream() as stream:
            await stream.wait_for("attempt_assistant_complete")
            heard = stream.heard
        first = await client.poll(wait=0)
        assert [e["id"] for e in first["events"]] == [e.id for e in heard]
        at = len(heard) - 3
        await client.poll(heard[at].id, wait=0)
        await client.poll(heard[2].id, wait=0)
        later = await client.poll(wait=0)
        assert [e["id"] for e in later["events"]] == [e.id for e in heard[at + 1 :]]


async def test_the_person_room_can_be_replayed_at_connect(house: House) -> None:
    async with http(house, "goer") as client:
        first = await client.connect()
        await client.start(house.site.practices["practice-single"])
        heard = (await client.poll())["events"]
        epoch = first["person"]["epoch"]
        opened = await client.connect({"person_since": first["person"]["seq"], "person_epoch": epoch})
        assert opened["person"]["seq"] == first["person"]["seq"] + 2
        again = (await client.poll(wait=0))["events"]
        assert [e["data"] for e in again] == [e["data"] for e in heard]
        await client.connect({"person_since": 10_000})
        (lost,) = (await client.poll(wait=0))["events"]
        assert (lost["event"], lost["data"]["reason"]) == ("resync", "bad_offset")


@pytest.mark.case(29)
def test_sound_has_no_encoder_for_the_log() -> None:
    from parlour.wire.glow.encode import ENCODERS

    assert all("audio" not in kind.lower() and "sound" not in kind.lower() for kind in ENCODERS)
