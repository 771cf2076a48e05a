"""The log of an invocation: what is compacted, recovered, and withdrawn (Glow 5.2, 5.4; case 50)."""

import asyncio

import pytest

from parlour.accounts import actions as accounts
from parlour.benchmarks.compacting import compact_replays
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire import benches, replays
from tests.wire.house import UNKNOWN, House, fence
from tests.wire.raw import Raw
from tests.wire.test_compaction import DAY, age, entries_of, opened


@pytest.fixture
def tested(house: House) -> House:
    """The shared server, with the benchmarks."""
    benches.install(house.site)
    return house


async def compacted(site: Site) -> int:
    """Compact the turns that ended a day ago; how many."""
    async with opened(site) as database:
        return await compact_replays(database, DAY)


@pytest.mark.case(50, 98)
async def test_the_deltas_of_old_turns_are_one_entry_each_with_the_same_text_and_no_hole(own: Site) -> None:
    benches.install(own)
    process = own.start()
    async with Client(process.url, own.tokens["instructor"]) as client:
        started = await replays.start(client, "slowly")
        begun = await replays.replay(client, started, "two")
        live = replays.deltas(client, begun["run_id"])
        room = f"invocation:{started['invocation_id']}"
        await fence(client)
    assert await compacted(own) == 0, "nothing of today is touched"
    before = entries_of(own, room)
    age(own, DAY + 60)
    assert await compacted(own) == 2
    after = entries_of(own, room)
    assert [kind for *_, kind in after].count("ReplayTextCompacted") == 2
    assert len(after) < len(before)
    assert [first for first, *_ in after[1:]] == [seq + 1 for _, seq, _ in after[:-1]]
    assert await compacted(own) == 0
    async with Client(process.url, own.tokens["root"], dialect="glow-web") as reader:
        await reader.ok("test_join", {"invocation_id": started["invocation_id"], "since": 0})
        complete = await reader.wait_for("test_run_complete", run_id=begun["run_id"])
        assert replays.deltas(reader, begun["run_id"]) == live == replays.outputs(complete)
        told = reader.payloads("test_progress", type="run_delta")
        assert all(each["_meta"]["from"] < each["_meta"]["seq"] for each in told)
        assert [each["content"] for each in reader.payloads("test_run_delta")] == [each["message"] for each in told]


@pytest.mark.case(41, 102)
async def test_a_reader_that_was_cut_in_a_replay_gets_the_rest_once_and_in_order(slow: House) -> None:
    benches.install(slow.site)
    token = slow.site.tokens["instructor"]
    async with slow.raw() as raw:
        pid = (await raw.open(token, recovery=True)).data["pid"]
        started = await raw.ok("test_start", {"benchmark_id": benches.bench("slowly")})
        begun = await raw.ok("test_run", replays.ids_of(started, "two"))
        await raw.wait(lambda p: p.name == "test_progress" and p.payload.get("type") == "run_delta")
        offset = raw.logged[-1].offset
        seen = len(raw.logged)
        await raw.event("test_run_complete", run_id=begun["run_id"])
        expected = [(p.name, p.payload) for p in raw.logged[seen:]]
    async with slow.raw() as again:
        answer = await again.open(token, pid=pid, offset=offset)
        assert answer.data["pid"] == pid
        await again.event("test_run_complete", run_id=begun["run_id"])
        assert [(p.name, p.payload) for p in again.logged] == expected


@pytest.mark.case(18, 102)
async def test_who_may_not_read_a_test_any_more_hears_nothing_more_of_it(own: Site) -> None:
    benches.install(own)
    process = own.start(SCRIPTED_PIECES_PER_SECOND=25)
    async with (
        Client(process.url, own.tokens["root"]) as owner,
        Client(process.url, own.tokens["teaching"]) as reader,
    ):
        started = await replays.start(owner, "slowly")
        await reader.ok("test_join", {"invocation_id": started["invocation_id"]})
        begun = await owner.ok("test_run", replays.ids_of(started, "two"))
        await reader.wait_for("test_progress", type="run_delta")
        own.write(lambda tx: accounts.set_account_departments(tx, own.ids["teaching"], []))
        await asyncio.sleep(0.5)
        heard = len(reader.heard)
        await owner.wait_for("test_run_complete", run_id=begun["run_id"])
        await asyncio.sleep(0.2)
        assert [name for name in reader.names[heard:] if name.startswith("test_")] == []
        gone = await reader.refused("test_join", {"invocation_id": started["invocation_id"]})
        assert gone["detail"] == "Invocation not found."
        async with Raw(process.url) as raw:
            await raw.open(own.tokens["teaching"])
            assert (await raw.call("test_next", {"test_id": started["test_id"]}))["ok"] is False


@pytest.mark.case(20, 42, 102)
@pytest.mark.parametrize("how", ["withdrawn", "offset"])
async def test_a_reader_who_comes_back_has_the_room_if_he_may_read_it_and_is_told_what_was_lost(
    own: Site, how: str
) -> None:
    benches.install(own)
    process = own.start()
    room = ""
    async with Client(process.url, own.tokens["root"]) as owner:
        started = await replays.start(owner, "plain")
        room = f"invocation:{started['invocation_id']}"
        async with Raw(process.url) as raw:
            pid = (await raw.open(own.tokens["teaching"], recovery=True)).data["pid"]
            await raw.ok("test_join", {"invocation_id": started["invocation_id"]})
            await replays.replay(owner, started, "one")
            await raw.event("test_run_complete")
            offset = raw.logged[-1].offset
        await replays.replay(owner, started, "two")
        if how == "withdrawn":
            own.write(lambda tx: accounts.set_account_departments(tx, own.ids["teaching"], []))
        async with Raw(process.url) as again:
            answer = await again.open(
                own.tokens["teaching"], recovery=True, pid=pid, offset=offset if how == "withdrawn" else "odd"
            )
            await again.event("connection_confirmed")
            await again.call("attempt_leave", {"chat_id": UNKNOWN})
            await asyncio.sleep(0.2)
            assert (answer.data["pid"] == pid) is (how == "withdrawn")
            names = [packet.name for packet in again.events if packet.name.startswith("test_")]
            assert names == [], "nothing of a room that may not be read, or was not joined again"
            lost = [packet.payload["room"] for packet in again.events if packet.name == "resync"]
            assert (room in lost) is (how == "offset")
            assert len(lost) == len(set(lost))
            if how == "offset":
                resync = next(p.payload for p in again.events if p.name == "resync" and p.payload["room"] == room)
                joined = await again.ok("test_join", {"invocation_id": started["invocation_id"], "since": 0})
                assert (resync["seq"], resync["epoch"]) == (joined["seq"], joined["epoch"])
                await again.wait(lambda p: p.type == "2" and p.payload["_meta"].get("seq") == joined["seq"])
                heard = [p.payload["_meta"]["seq"] for p in again.logged if p.payload["_meta"]["room"] == room]
                assert heard == list(range(1, joined["seq"] + 1))
            else:
                refused = await again.call("test_join", {"invocation_id": started["invocation_id"]})
                assert refused["error"]["detail"] == "Invocation not found."


@pytest.mark.case(44, 102)
async def test_joining_again_replays_nothing_and_leaving_ends_it(tested: House) -> None:
    async with tested.client("instructor") as client, tested.client("root") as reader:
        started = await replays.start(client, "single")
        room = {"invocation_id": started["invocation_id"]}
        await reader.ok("test_join", room | {"since": 0})
        await replays.replay(client, started, "three")
        await reader.wait_for("test_run_complete")
        await fence(reader)
        heard = [name for name in reader.names if name not in ("test_joined", "resync")]
        again = await reader.ok("test_join", room | {"since": 0, "epoch": "another"})
        assert "resync" not in again
        await fence(reader)
        assert [name for name in reader.names if name not in ("test_joined", "resync")] == heard
        assert len(reader.payloads("test_joined")) == 2
        await reader.ok("test_leave", room)
        back = await reader.ok("test_join", room | {"since": again["seq"]})
        await fence(reader)
        assert [name for name in reader.names if name not in ("test_joined", "resync")] == heard
        assert back["seq"] == again["seq"]
