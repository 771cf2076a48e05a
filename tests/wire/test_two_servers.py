"""Two servers on one PostgreSQL (Glow 5.4): a client may come back to either, at any moment."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire.house import UNKNOWN
from tests.wire.raw import Packet, Raw
from tests.wire.stand_in import standing_in
from tests.wire.test_generate_runs import answer, asked_for, rest, told_of, wanted
from tests.wire.test_recovery import seqs


def ends(packet: Packet, reply: str) -> bool:
    """Whether this is the end of a reply."""
    return packet.name == "attempt_assistant_complete" and packet.payload["message_id"] == reply


@pytest.mark.case(37, 39, 44)
async def test_a_client_that_changes_servers_misses_nothing_and_hears_nothing_twice(shared: Site) -> None:
    servers = [shared.start(SCRIPTED_PIECES_PER_SECOND=60) for _ in range(2)]
    token = shared.tokens["learner"]
    async with Raw(servers[0].url) as talker:
        await talker.open(token)
        started = await talker.ok("attempt_start", {"practice_id": shared.practices["practice-single"]})
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        room = f"chat:{chat}"

        turns = 0

        async def talk() -> str:
            reply, number = "", 0
            while number < 5 or turns < 5:
                number += 1
                given = {"attempt_id": attempt, "chat_id": chat, "message": f"Message {number}"}
                reply = (await talker.ok("attempt_message", given))["assistant_message_id"]
                await talker.event("attempt_assistant_complete", message_id=reply)
            return reply

        async with Raw(servers[0].url) as first:
            auth: dict[str, object] = {"pid": (await first.open(token)).data["pid"]}
            await first.ok("attempt_join", {"chat_id": chat})
            auth["offset"] = first.events[0].offset
            talking = asyncio.create_task(talk())
            await first.event("attempt_user_complete")
            heard = list(first.logged)
            auth["offset"] = heard[-1].offset
            first.cut()
        while not talking.done():
            turns += 1
            async with Raw(servers[turns % 2].url) as again:
                answer = await again.open(token, **auth)
                assert answer.data["pid"] == auth["pid"], (auth, [p.data for p in again.events])
                await asyncio.sleep(0.03)
                heard += again.logged
                auth["offset"] = heard[-1].offset
                again.cut()
        async with Raw(servers[turns % 2].url) as again:
            await again.open(token, **auth)
            reply = await talking
            await again.wait(lambda _: any(ends(packet, reply) for packet in (*heard, *again.packets)))
            heard += again.logged
        found = seqs(heard, room)
        assert found == list(range(1, len(found) + 1))
        assert turns >= 5


@pytest.mark.case(44, 47)
async def test_a_join_on_the_other_server_starts_exactly_where_it_was_told(shared: Site) -> None:
    servers = [shared.start() for _ in range(2)]
    token = shared.tokens["learner"]
    async with Raw(servers[0].url) as talker, Raw(servers[1].url) as reader:
        await talker.open(token)
        await reader.open(token)
        started = await talker.ok("attempt_start", {"practice_id": shared.practices["practice-single"]})
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        room = f"chat:{chat}"
        for number in range(10):
            given = {"attempt_id": attempt, "chat_id": chat, "message": f"Message {number}"}
            reply = (await talker.ok("attempt_message", given))["assistant_message_id"]
            done = await talker.event("attempt_assistant_complete", message_id=reply)
            head = done.payload["_meta"]["seq"]
            before = len(reader.logged)
            ack = await reader.ok("attempt_join", {"chat_id": chat, "since": head})
            assert ack["seq"] == head
            await asyncio.sleep(0.02)
            await reader.call("attempt_leave", {"chat_id": chat})
            assert seqs(reader.logged[before:], room) == [], number
        await reader.call("attempt_leave", {"chat_id": UNKNOWN})


@pytest.mark.case(39, 49, 103)
@pytest.mark.promise("P9")
async def test_what_one_server_was_drafting_when_it_was_killed_the_other_one_ends(shared: Site) -> None:
    async with standing_in() as (model, providers):
        model.answers["author"] = lambda body: (
            '{"description": "' + "M" * 400 + "…"
            if asked_for(body)["type"] == "descriptions"
            else answer(asked_for(body))
        )
        settings: dict[str, Any] = {"PROVIDERS": providers, "AUTHORING__MODEL": "local:author"}
        token, room = shared.tokens["instructor"], f"person:{shared.ids['instructor']}"
        drafting = shared.start(**settings)
        async with Raw(drafting.url) as raw:
            pid = (await raw.open(token)).data["pid"]
            asked = wanted("persona", "names", "descriptions", "instructions", save=True, client_request_id="once")
            begun = await raw.ok("generate", asked)
            run_id = begun["run_id"]
            await raw.event("descriptions_generation_progress", run_id=run_id)
            other = shared.start(**settings)  # the first one holds the job: it alone was there when it came
            async with Client(other.url, token) as client:
                await asyncio.to_thread(drafting.kill)
                await asyncio.wait_for(raw.closed.wait(), 60)
                model.answers["author"] = lambda body: answer(asked_for(body))
                shared.lapse_leases()
                async with Raw(other.url) as again:
                    assert (await again.open(token, pid=pid, offset=raw.logged[-1].offset)).data["pid"] == pid
                    done = await client.wait_for("generation_complete", run_id=run_id)
                    await again.event("generation_complete", run_id=run_id)
                    heard = raw.logged + again.logged
                assert await client.ok("generate", asked) == begun
            found = seqs(heard, room)
            assert found == list(range(found[0], found[0] + len(found)))
            named = Counter(packet.name for packet in heard if packet.payload.get("run_id") == run_id)
            assert sum(named.values()) == len(told_of(shared, "instructor", run_id)) > 0
            once = ("names", "descriptions", "instructions")
            assert [named[f"{each}_generation_complete"] for each in once] == [1, 1, 1]
            assert (named["generation_saved"], named["generation_complete"], named["generation_error"]) == (1, 1, 0)
        shown = (await rest(other.url, shared, "instructor", "GET", f"/artifacts/{done['artifact_id']}")).json()
        assert (shown["name"], shown["version"]) == ("Mira", 1)
        assert {kind: len(shown["values"][kind]) for kind in once} == dict.fromkeys(once, 1)
