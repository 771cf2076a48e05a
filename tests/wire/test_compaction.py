"""The log gets smaller (Glow 5.2, decision D10) and nobody misses anything, or is told so."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from parlour import app, housekeeping
from parlour.conversations import compacting
from parlour.conversations.compacting import compact_replies
from parlour.events import compaction, log
from parlour.events.compaction import prune
from parlour.settings import load_settings
from parlour.storage.database import Database
from tests.conftest import STORES, make_site
from tests.harness.site import Site, until
from tests.harness.socket import Client
from tests.wire.by_hand import reply
from tests.wire.house import furnish
from tests.wire.http_client import Http
from tests.wire.raw import Packet, Raw
from tests.wire.test_dialect import check_groups

DAY = 86_400
WEEK = 7 * DAY
PIECES = ("What ", "have ", "you ", "tried", "?")


@pytest.fixture(params=STORES)
def aging(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A furnished site of one test's own, on each store."""
    site = furnish(make_site(request.param, tmp_path, request))
    yield site
    site.close()


@asynccontextmanager
async def opened(site: Site) -> AsyncGenerator[Database]:
    """The store of a site, beside its servers."""
    database = site.database()
    database.start()
    yield database
    await database.stop()


async def compacted(site: Site) -> int:
    """Compact what ended a day ago; how many replies."""
    async with opened(site) as database:
        return await compact_replies(database, DAY)


async def pruned(site: Site) -> int:
    """Remove what is a week old in person rooms; how many entries."""
    async with opened(site) as database:
        return await prune(database, "person:", WEEK)


def age(site: Site, seconds: int) -> None:
    """Everything that has been said was said so much earlier."""
    site.write(lambda tx: tx.run("UPDATE events SET at = at - :ms", ms=seconds * 1000))


def entries_of(site: Site, room: str) -> list[tuple[int, int, str]]:
    """`(from, seq, kind)` of a room's entries."""
    sql = (
        "SELECT coalesce(n.from_seq, n.seq) AS first, n.seq, e.kind FROM entries n JOIN events e ON e.pos = n.pos"
        " WHERE n.room = :room ORDER BY n.pos"
    )
    return [(row["first"], row["seq"], row["kind"]) for row in site.write(lambda tx: tx.all(sql, room=room))]


def told(packets: Sequence[Packet]) -> list[tuple[int, int]]:
    """The positions in the first room that events stand for: `(from, seq)`."""
    metas = [packet.payload["_meta"] for packet in packets]
    return [(meta.get("from", meta["seq"]), meta["seq"]) for meta in metas]


def said(packets: Sequence[Packet]) -> list[Any]:
    """What was told, but for the time, which tests change."""
    return [(p.name, p.payload | {"_meta": {**p.payload["_meta"], "at": None}}) for p in packets]


def without_hole(places: Sequence[tuple[int, int]]) -> bool:
    return all(after[0] == before[1] + 1 for before, after in itertools.pairwise(places))


def text_of(packets: Sequence[Packet], message_id: str) -> str:
    """The text of a reply as a client of the specification joins it."""
    text = ""
    for packet in packets:
        if packet.name == "attempt_progress" and packet.payload["message_id"] == message_id:
            fresh = packet.payload["content_type"] == "reset" or "from" in packet.payload["_meta"]
            text = packet.payload["content"] if fresh else text + packet.payload["content"]
    return text


async def everything(url: str, token: str, chat: str, **auth: Any) -> list[Packet]:
    """The whole room, by a new socket."""
    async with Raw(url) as raw:
        await raw.open(token, **auth)
        ack = await raw.ok("attempt_join", {"chat_id": chat, "since": 0})
        room = f"chat:{chat}"
        await raw.wait(
            lambda p: (
                p.type == "2" and (p.payload["_meta"].get("room"), p.payload["_meta"].get("seq")) == (room, ack["seq"])
            )
        )
        await raw.call("attempt_leave", {"chat_id": chat})
        return [packet for packet in raw.logged if packet.payload["_meta"]["room"] == room]


@pytest.mark.case(50)
async def test_a_reply_that_ended_a_day_ago_is_one_entry_with_the_same_text_and_no_hole(aging: Site) -> None:
    token, process = aging.tokens["learner"], aging.start()
    async with Client(process.url, token) as client:
        _, chat = await client.start_practice(aging.practices["practice-nothints"])
    one, two = reply(aging, chat, PIECES), reply(aging, chat, ["Wrong", " start", None, "Oh", "?"])
    nothing = reply(aging, chat, ["Lost", None])
    before = await everything(process.url, token, chat)
    offsets = [packet.offset for packet in before if packet.payload.get("message_id") == one]
    head = before[-1].payload["_meta"]["seq"]
    assert await compacted(aging) == 0
    age(aging, DAY + 60)
    young = reply(aging, chat, PIECES)
    assert await compacted(aging) == 3
    after = await everything(process.url, token, chat)
    assert without_hole([(0, 0), *told(after)])
    old, new = (
        [p for p in after if p.payload["_meta"]["seq"] <= head],
        [p for p in after if p.payload["_meta"]["seq"] > head],
    )
    progress = [p.payload for p in old if p.name == "attempt_progress"]
    assert [(p["message_id"], p["content"]) for p in progress] == [(one, "".join(PIECES)), (two, "Oh?"), (nothing, "")]
    assert all(p["_meta"]["from"] < p["_meta"]["seq"] for p in progress)
    assert len([p for p in new if p.name == "attempt_progress"]) == len(PIECES)
    for message_id in (one, two, nothing, young):
        [complete] = [
            p.payload for p in after if p.name == "attempt_assistant_complete" and p.payload["message_id"] == message_id
        ]
        assert text_of(after, message_id) == text_of([*before, *new], message_id) == complete["content"]
    assert said([p for p in old if p.name != "attempt_progress"]) == said(
        [p for p in before if p.name != "attempt_progress"]
    )
    assert len(offsets) == len(PIECES) + 2
    count = "SELECT count(*) AS n FROM events WHERE kind = 'TextAdded'"
    assert aging.write(lambda tx: tx.one(count)["n"]) == len(PIECES)


@pytest.mark.case(50)
async def test_a_reader_in_the_middle_of_what_was_compacted_gets_the_compacted_entry(aging: Site) -> None:
    token, process = aging.tokens["learner"], aging.start()
    async with Raw(process.url) as raw:
        pid = (await raw.open(token)).data["pid"]
        started = await raw.ok("attempt_start", {"practice_id": aging.practices["practice-nothints"]})
        chat = started["attempt_chat_id"]
        await raw.ok("attempt_join", {"chat_id": chat})
        message_id = reply(aging, chat, PIECES)
        await raw.event("attempt_assistant_complete", message_id=message_id)
    pieces = [p for p in raw.logged if p.name == "attempt_progress"]
    age(aging, DAY + 60)
    async with Http(process.url, token) as http:
        await http.connect({})
        assert await compacted(aging) == 1
        for number, piece in enumerate(pieces):
            last = number == len(pieces) - 1
            async with Raw(process.url) as again:
                assert (await again.open(token, pid=pid, offset=piece.offset)).data["pid"] == pid
                await again.event("attempt_assistant_complete", message_id=message_id)
                names = [] if last else ["attempt_progress"]
                assert [p.name for p in again.logged] == [*names, "attempt_assistant_complete"]
                if not last:
                    assert text_of(pieces[: number + 1] + again.logged, message_id) == "".join(PIECES)
            seq = piece.payload["_meta"]["seq"]
            async with Raw(process.url) as joined:
                await joined.open(token)
                ack = await joined.ok("attempt_join", {"chat_id": chat, "since": seq})
                assert "resync" not in ack
                await joined.event("attempt_assistant_complete", message_id=message_id)
                first, until = told(joined.logged)[0]
                assert first <= seq + 1 <= until
            await http.ok("attempt/join", {"chat_id": chat, "since": seq}, sid=http.sid)
            heard, _ = await http.poll_until("attempt_assistant_complete")
            assert [e.name for e in heard] == [*names, "attempt_assistant_complete"]
            await http.ok("attempt/leave", {"chat_id": chat}, sid=http.sid)
            await http.poll(heard[-1].id, wait=0)


@pytest.mark.case(50, 112)
async def test_the_aliases_of_a_compacted_entry_have_the_whole_text(aging: Site) -> None:
    """Before, they have the text since the last reset, wherever the reader begins."""
    token, process = aging.tokens["learner"], aging.start()
    async with Client(process.url, token) as client:
        _, chat = await client.start_practice(aging.practices["practice-nothints"])
    message_id = reply(aging, chat, ["No", None, *PIECES])
    check_groups([(p.name, p.payload) for p in await everything(process.url, token, chat, dialect="glow-web")])
    async with Raw(process.url) as raw:
        await raw.open(token, dialect="glow-web")
        await raw.ok("attempt_join", {"chat_id": chat, "since": 5})
        await raw.event("attempt_complete", final_content="".join(PIECES))
        deltas = [p.payload["content"] for p in raw.logged if p.name == "attempt_assistant_delta"]
        assert deltas == ["".join(PIECES[:number]) for number in range(2, len(PIECES) + 1)]
    age(aging, DAY + 60)
    assert await compacted(aging) == 1
    found = await everything(process.url, token, chat, dialect="glow-web")
    frames = {p.name: p.payload for p in found if p.payload.get("message_id") == message_id}
    whole = "".join(PIECES)
    assert frames["attempt_assistant_delta"]["content"] == whole
    assert frames["attempt_assistant_delta"]["_meta"] == frames["attempt_progress"]["_meta"] | {
        "alias_of": "attempt_progress"
    }
    assert frames["contents_generation_progress"]["content"] == whole
    assert frames["contents_generation_progress"]["arguments_delta"] == whole


@pytest.mark.case(50)
async def test_compacting_again_or_twice_at_once_or_after_a_restart_changes_nothing(aging: Site) -> None:
    process = aging.start()
    async with Client(process.url, aging.tokens["learner"]) as client:
        attempt, chat = await client.start_practice(aging.practices["practice-nothints"])
    room = f"chat:{chat}"
    for number in range(3):
        reply(aging, chat, [f"{number} ", *PIECES])
    kept = reply(aging, chat, PIECES, between="Told in the middle")
    age(aging, DAY + 60)
    database = aging.database()
    found = database.read_here(lambda tx: compaction.find(tx, compacting.REPLIES, tx.now_ms - DAY * 1000))
    assert found is not None
    those = found
    twice = [database.write_here(lambda tx: compaction.compact(tx, compacting.REPLIES, those)) for _ in range(2)]
    assert twice == [3, 0]
    once = entries_of(aging, room)
    assert await compacted(aging) == 0
    aging.write(lambda tx: tx.run("DELETE FROM meta WHERE key = :name", name=compacting.REPLIES.name))
    assert await compacted(aging) == 0
    assert entries_of(aging, room) == once
    assert [kind for _, _, kind in once].count("TextCompacted") == 3
    assert [kind for _, _, kind in once].count("TextAdded") == len(PIECES)
    process.kill()
    again = aging.start()
    found_packets = await everything(again.url, aging.tokens["learner"], chat)
    assert without_hole([(0, 0), *told(found_packets)])
    assert text_of(found_packets, kept) == "".join(PIECES)
    async with Client(again.url, aging.tokens["learner"]) as client:
        await client.ok("attempt_join", {"chat_id": chat})
        await client.say(attempt, chat, "Go on")
        assert client.payloads("attempt_user_complete")[0]["_meta"]["seq"] == once[-1][1] + 1


@dataclass(frozen=True, kw_only=True)
class Week:
    """A learner's room of which only the end is kept. `old`: what was heard of it; `start`: the first offset."""

    url: str
    token: str
    room: str
    pid: str
    start: str | None
    old: list[Packet]
    kept: list[tuple[int, int, str]]

    @property
    def head(self) -> int:
        return self.kept[-1][1]


async def a_week_later(site: Site) -> Week:
    """Attempts of a week ago, one of now, and what need not be kept is removed."""
    token, room = site.tokens["goer"], f"person:{site.ids['goer']}"
    process, given = site.start(), {"practice_id": site.practices["practice-single"]}
    async with Raw(process.url) as raw:
        pid = (await raw.open(token)).data["pid"]
        started: dict[str, Any] = {}
        for _ in range(3):
            started = await raw.ok("attempt_start", given)
            await raw.event("attempt_chat_started", attempt_id=started["attempt_id"])
        chat, attempt = started["attempt_chat_id"], started["attempt_id"]
        await raw.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        await raw.event("attempt_ended", attempt_id=attempt)
    age(site, WEEK + 60)
    async with Client(process.url, token) as client:
        await client.ok("attempt_start", given)
    before, of_chat = entries_of(site, room), entries_of(site, f"chat:{chat}")
    assert await pruned(site) == len(raw.logged) - 1
    kept = entries_of(site, room)
    assert kept == before[len(raw.logged) - 1 :]
    assert entries_of(site, f"chat:{chat}") == of_chat != []
    start, old = raw.events[0].offset, raw.logged
    return Week(url=process.url, token=token, room=room, pid=pid, start=start, old=old, kept=kept)


@pytest.mark.case(42, 50)
async def test_entries_of_a_person_go_after_a_week_and_who_cannot_be_recovered_is_told(aging: Site) -> None:
    week = await a_week_later(aging)
    nobody = "SELECT count(*) AS n FROM events e WHERE NOT EXISTS (SELECT 1 FROM entries n WHERE n.pos = e.pos)"
    assert aging.write(lambda tx: tx.one(nobody)["n"]) == 0
    assert await pruned(aging) == 0
    async with Raw(week.url) as again:
        assert (await again.open(week.token, pid=week.pid, offset=week.old[-1].offset)).data["pid"] == week.pid
        await again.wait(lambda p: p.type == "2" and p.payload["_meta"].get("seq") == week.head)
        assert [seq for _, seq in told(again.logged)] == [week.head - 1, week.head]
    for offset in (week.old[-2].offset, week.old[0].offset, week.start):
        async with Raw(week.url) as again:
            assert (await again.open(week.token, pid=week.pid, offset=offset)).data["pid"] != week.pid
            assert (await again.event("resync", room=week.room)).payload["reason"] == "expired"
    async with Client(week.url, week.token) as client:
        await client.ok("attempt_start", {"practice_id": aging.practices["practice-single"]})
        assert (await client.wait_for("attempt_started"))["_meta"]["seq"] == week.head + 1


@pytest.mark.case(42, 50)
async def test_a_person_room_is_replayed_from_what_is_kept_and_not_from_before(aging: Site) -> None:
    week = await a_week_later(aging)
    first, head = week.kept[0][1], week.head
    for since, reason in ((0, "expired"), (first - 2, "expired"), (first - 1, None), (head, None)):
        expected = [] if reason else list(range(since + 1, head + 1))
        async with Raw(week.url) as again:
            await again.open(week.token, person_since=since)
            if reason:
                assert (await again.event("resync", room=week.room)).payload["reason"] == reason
            elif expected:
                await again.wait(lambda p: p.type == "2" and p.payload["_meta"].get("seq") == head)
            assert [seq for _, seq in told(again.logged)] == expected
        async with Http(week.url, week.token) as http:
            await http.connect({"person_since": since})
            found = (await http.poll(wait=0))["events"]
            assert [e["data"]["reason"] for e in found if e["event"] == "resync"] == ([reason] if reason else [])
            assert [e["data"]["_meta"]["seq"] for e in found if e["event"] != "resync"] == expected


@pytest.mark.case(26, 50)
async def test_a_stream_whose_offset_is_older_than_what_is_kept_is_told_so(aging: Site) -> None:
    token, person = aging.tokens["goer"], f"person:{aging.ids['goer']}"
    process, practice = aging.start(), aging.practices["practice-single"]
    async with Http(process.url, token) as http:
        await http.connect({})
        await http.start(practice)
        early = (await http.poll())["events"][0]["id"]
        for _ in range(2):
            await http.start(practice)
        age(aging, WEEK + 60)
        await http.start(practice)
        assert await pruned(aging) > 0
        found = await http.poll(early)
        lost = [(e["event"], e["data"]["reason"], e["data"]["room"]) for e in found["events"]]
        assert lost == [("resync", "expired", person)]
        await http.start(practice)
        events = (await http.poll(found["next"]))["events"]
        assert [e["event"] for e in events] == ["attempt_started", "attempt_chat_started"]
        assert [e["event"] for e in (await http.poll(events[0]["id"]))["events"]] == ["attempt_chat_started"]


async def test_the_newest_entry_of_a_room_and_the_head_of_the_log_stay_for_good(aging: Site) -> None:
    process = aging.start()
    async with Client(process.url, aging.tokens["goer"]) as client:
        await client.ok("attempt_start", {"practice_id": aging.practices["practice-single"]})
        await client.wait_for("attempt_chat_started")
    head = aging.write(log.head)
    age(aging, 10 * WEEK)
    assert await pruned(aging) == 1
    assert aging.write(log.head) == head
    assert [seq for _, seq, _ in entries_of(aging, f"person:{aging.ids['goer']}")] == [2]


async def test_a_running_server_does_it_by_itself(aging: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    process = aging.start()
    async with Client(process.url, aging.tokens["learner"]) as client:
        _, chat = await client.start_practice(aging.practices["practice-nothints"])
    reply(aging, chat, PIECES)
    process.stop()
    age(aging, 2 * WEEK)
    monkeypatch.setattr(housekeeping, "EVERY_SECONDS", 0.05)
    server = app.Parlour(load_settings(data=aging.folder / "data", database_url=aging.url))
    await server.start()
    try:
        await asyncio.to_thread(
            until, lambda: "TextCompacted" in [kind for _, _, kind in entries_of(aging, f"chat:{chat}")]
        )
        person = f"person:{aging.ids['learner']}"
        await asyncio.to_thread(until, lambda: len(entries_of(aging, person)) == 1)
    finally:
        await server.stop()
