"""Dialect `glow-web` (Glow 9.7): aliases around the documented events, each with an offset of its own."""

import asyncio
import contextlib
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from parlour.wire.glow import aliases
from parlour.wire.glow.alias_events import ALIAS_EVENTS
from parlour.wire.glow.events import SERVER_EVENTS
from tests.harness.dialects import check_alias, check_event
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire.by_hand import reply
from tests.wire.house import House, fence
from tests.wire.http_client import Http
from tests.wire.raw import Packet, Raw

WEB: dict[str, Any] = {"dialect": "glow-web"}
TEXT = "What have you tried so far? I can see that it was hard."
SAID = ("You are lazy and wrong.", TEXT)


def web(house: House, user_id: str = "learner", **auth: Any) -> Client:
    """A stock client of the dialect; what it hears is judged by `heard_of`."""
    return Client(house.url, house.site.tokens[user_id], **WEB, **auth)


def is_alias(payload: Any) -> bool:
    return "alias_of" in payload["_meta"]


def judge(name: str, payload: Any) -> None:
    """A frame against its model."""
    if is_alias(payload):
        check_alias(name, payload)
    else:
        check_event(name, payload)


def groups_of(heard: list[tuple[str, Any]]) -> list[list[tuple[str, Any]]]:
    """The frames of each logged event together, in the order of arrival."""
    groups: list[list[tuple[str, Any]]] = []
    for name, payload in heard:
        if "seq" not in payload["_meta"]:
            continue
        if groups and groups[-1][0][1]["_meta"]["id"] == payload["_meta"]["id"]:
            groups[-1].append((name, payload))
        else:
            groups.append([(name, payload)])
    return groups


def check_groups(heard: list[tuple[str, Any]]) -> None:
    """Every group is what the table says, around one documented event; the text accumulates."""
    texts: dict[str, str] = {}
    for frames in groups_of(heard):
        documented = [(name, payload) for name, payload in frames if not is_alias(payload)]
        assert len(documented) == 1, [name for name, _ in frames]
        name, payload = documented[0]
        if name == "attempt_progress":
            text = "" if payload["content_type"] == "reset" else texts.get(payload["message_id"], "")
            texts[payload["message_id"]] = text + payload["content"]
        group_ids = {each["group_id"] for _, each in frames if is_alias(each) and "group_id" in each}
        run_ids = {each["run_id"] for _, each in frames if is_alias(each) and "run_id" in each}
        known = aliases.Known(
            group_id=next(iter(group_ids), None),
            run_id=next(iter(run_ids), None),
            text=texts.get(payload.get("message_id", ""), ""),
        )
        assert json.loads(json.dumps(aliases.group(name, payload, known).frames)) == [list(each) for each in frames]
        for other, members in frames:
            judge(other, members)
            assert members["_meta"] == payload["_meta"] | ({"alias_of": name} if is_alias(members) else {})


async def through_a_chat(client: Client, practice: str) -> tuple[str, str, str]:
    """Start, say two things, end, wait for the grade: attempt, chat and grade."""
    attempt, chat = await client.start_practice(practice)
    for text in SAID:
        await client.say(attempt, chat, text)
    ended = await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
    await client.wait_for("attempt_graded", grade_id=ended["grade_id"])
    await fence(client)
    return attempt, chat, ended["grade_id"]


@pytest.mark.case(112)
async def test_every_alias_of_an_attempt_stands_in_its_place_and_what_is_documented_is_unchanged(house: House) -> None:
    async with web(house) as client, house.client() as plain:
        started = await client.ok("attempt_start", {"practice_id": house.site.practices["Practice: office hours"]})
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        for each in (client, plain):
            await each.ok("attempt_join", {"chat_id": chat})
        for text in SAID:
            await client.say(attempt, chat, text)
        ended = await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        for each in (client, plain):
            await each.wait_for("attempt_graded", grade_id=ended["grade_id"])
            await fence(each)
        heard = [(name, args[0]) for name, args in client.heard]
        check_groups(heard)
        told = [(name, args[0]) for name, args in plain.heard if "seq" in args[0]["_meta"]]
        assert [frame for frame in heard if "seq" in frame[1]["_meta"] and not is_alias(frame[1])] == told
        names = {name for name, payload in heard if is_alias(payload)}
        of_runs = {
            name for name, (event, _) in ALIAS_EVENTS.items() if event.startswith(("generation_", "test_", "images_"))
        }
        assert names == ALIAS_EVENTS.keys() - of_runs - {"contents_generation_error"}
        assert not any(is_alias(args[0]) for _, args in plain.heard)
        group_id = house.site.write(lambda tx: tx.one("SELECT group_id FROM chats WHERE id = :id", id=chat)["group_id"])
        run_id = house.site.write(
            lambda tx: tx.one("SELECT run_id FROM grades WHERE id = :id", id=ended["grade_id"])["run_id"]
        )
        values = [payload for _, payload in heard if is_alias(payload) and "group_id" in payload]
        assert {payload["group_id"] for payload in values} == {group_id}
        graded = [
            each
            for each in values
            if each["_meta"]["alias_of"] in {"attempt_grading_progress", "attempt_content_progress"}
        ]
        assert {payload["run_id"] for payload in graded} == {run_id}
        assert {payload["run_id"] for payload in values if payload not in graded} == {None}


@pytest.mark.case(112)
async def test_the_whole_text_so_far_comes_with_every_piece(house: House) -> None:
    async with web(house) as client:
        attempt, chat = await client.start_practice(house.site.practices["practice-nothints"])
        said = await client.say(attempt, chat, TEXT)
        await fence(client)
        reply = said["assistant_message_id"]
        pieces = [each["content"] for each in client.payloads("attempt_progress", message_id=reply)]
        so_far = ["".join(pieces[: number + 1]) for number in range(len(pieces))]
        assert [each["content"] for each in client.payloads("attempt_assistant_delta", message_id=reply)] == so_far
        progress = client.payloads("contents_generation_progress", message_id=reply)
        assert [each["content"] for each in progress] == so_far
        assert [each["arguments_delta"] for each in progress] == pieces
        [complete] = client.payloads("attempt_assistant_complete", message_id=reply)
        [alias] = client.payloads("attempt_complete", chat_id=chat)
        assert (alias["final_content"], alias["success"], alias["completed"]) == (complete["content"], True, True)
        assert len(pieces) > 2


@pytest.mark.case(112, 62)
async def test_a_failed_reply_is_an_error_of_its_contents(own: Site) -> None:
    process = own.start(MODEL="scripted-fail")
    async with Client(process.url, own.tokens["learner"], **WEB) as client:
        attempt, chat = await client.start_practice(own.practices["practice-nothints"])
        said = await client.say(attempt, chat, TEXT)
        await fence(client)
        reply = said["assistant_message_id"]
        check_groups([(name, args[0]) for name, args in client.heard])
        assert [each["success"] for each in client.payloads("contents_generation_error", message_id=reply)] == [False]
        assert client.payloads("contents_generation_complete") == []
        assert [each["success"] for each in client.payloads("attempt_complete", chat_id=chat)] == [False]


@pytest.mark.case(112)
async def test_a_generation_is_told_under_the_name_of_its_artifact_too(house: House) -> None:
    async with web(house) as client:
        practice = house.site.practices["Practice: a new student every time"]
        started = await client.ok("attempt_start", {"practice_id": practice})
        await client.wait_for("attempt_chat_started", attempt_id=started["attempt_id"])
        heard = [(name, args[0]) for name, args in client.heard]
        groups = [[name for name, _ in frames] for frames in groups_of(heard)]
        runs = [names for names in groups if any(name.startswith(("generation_", "chat_")) for name in names)]
        assert runs[0] == ["chat_generation_started", "generation_progress"]
        assert runs[1:-1] == [["generation_progress", "chat_generation_progress"]] * (len(runs) - 2)
        assert runs[-1] == ["generation_complete", "chat_generation_complete"]
        for name, payload in heard:
            judge(name, payload)
        [begun] = client.payloads("chat_generation_started")
        [complete] = client.payloads("generation_complete")
        assert sorted(begun["resource_types"]) == sorted(complete["resource_types"])
        assert all(len(names) == 1 for names in groups if names not in runs and "_generation_" in names[0])


@pytest.mark.case(112)
async def test_without_the_dialect_no_alias_ever_appears(house: House) -> None:
    """The clients of every other test hold what they hear against the documented events; here by name."""
    asked: list[dict[str, Any]] = [{}, {"dialect": "other"}, {"dialect": 7}, {"dialect": None}]
    for auth in asked:
        async with house.client(**auth) as client:
            await through_a_chat(client, house.site.practices["practice-single"])
            assert set(client.names) <= SERVER_EVENTS.keys()
            assert not any(is_alias(args[0]) for _, args in client.heard)


@pytest.mark.case(112)
async def test_the_setting_gives_the_dialect_to_clients_that_name_none(own: Site) -> None:
    process = own.start(GLOW_DIALECT="glow-web")
    async with Client(process.url, own.tokens["learner"]) as client:
        await through_a_chat(client, own.practices["practice-single"])
        check_groups([(name, args[0]) for name, args in client.heard])
        assert "attempt_grade_complete" in client.names
    async with Http(process.url, own.tokens["learner"]) as http:
        await http.connect({})
        attempt, chat = await http.start(own.practices["practice-single"])
        await http.ok("attempt/message", {"attempt_id": attempt, "chat_id": chat, "message": TEXT}, sid=http.sid)
        heard, _ = await http.poll_until("attempt_complete")
        check_groups([(each.name, each.data) for each in heard])


def frames_of(packets: list[Packet]) -> list[tuple[str, Any]]:
    return [(packet.name, packet.payload) for packet in packets]


@pytest.mark.case(113)
async def test_a_cut_after_any_frame_goes_on_with_the_next_one(house: House) -> None:
    """Also between an event and its alias: then the alias alone is sent again."""
    token, practice = house.site.tokens["learner"], house.site.practices["practice-single"]
    async with house.raw() as raw:
        pid = (await raw.open(token, **WEB)).data["pid"]
        started = await raw.ok("attempt_start", {"practice_id": practice})
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        await raw.ok("attempt_join", {"chat_id": chat})
        said = await raw.ok("attempt_message", {"attempt_id": attempt, "chat_id": chat, "message": TEXT})
        await raw.event("attempt_complete", final_content=(await reply_of(raw, said))["content"])
        ended = await raw.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        await raw.event("attempt_grade_complete", grade_id=ended["grade_id"])
    expected = raw.logged
    check_groups(frames_of(expected))
    offsets = [packet.offset for packet in expected]
    assert None not in offsets
    assert len(set(offsets)) == len(offsets)
    for cut in chosen(expected):
        async with house.raw() as again:
            answer = await again.open(token, pid=pid, offset=offsets[cut], **WEB)
            assert answer.data["pid"] == pid
            assert again.events[0].offset == offsets[cut]
            missed = expected[cut + 1 :]
            if missed:
                await again.wait(
                    lambda p, last=missed[-1].offset: (
                        p.type == "2" and p.offset == last and p.name != "connection_confirmed"
                    )
                )
            await again.call("attempt_leave", {"chat_id": started["attempt_id"]})
            assert [(p.name, p.payload, p.offset) for p in again.logged] == [
                (p.name, p.payload, p.offset) for p in missed
            ], cut


async def reply_of(raw: Raw, said: Any) -> Any:
    return (await raw.event("attempt_assistant_complete", message_id=said["assistant_message_id"])).payload


def chosen(expected: list[Packet]) -> list[int]:
    """The place after every kind of frame, once or twice, and the last one."""
    found: dict[str, list[int]] = {}
    for number, packet in enumerate(expected):
        found.setdefault(packet.name, []).append(number)
    return sorted({place for places in found.values() for place in (places[0], places[-1])} | {len(expected) - 1})


@pytest.mark.case(113)
async def test_a_client_that_comes_back_without_its_dialect_gets_the_event_or_has_it(own: Site) -> None:
    process, token = own.start(), own.tokens["learner"]
    async with Raw(process.url) as raw:
        pid = (await raw.open(token, **WEB)).data["pid"]
        started = await raw.ok("attempt_start", {"practice_id": own.practices["practice-single"]})
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        await raw.ok("attempt_join", {"chat_id": chat})
        said = await raw.ok("attempt_message", {"attempt_id": attempt, "chat_id": chat, "message": TEXT})
        await raw.event("attempt_complete", final_content=(await reply_of(raw, said))["content"])
    group = next(each for each in by_event(raw.logged) if "attempt_assistant_complete" in [p.name for p in each])
    assert [p.name for p in group] == ["contents_generation_complete", "attempt_assistant_complete", "attempt_complete"]
    own.write(lambda tx: tx.run("UPDATE connections SET dialect = NULL"))
    for packet, wanted in zip(group, (["attempt_assistant_complete"], [], []), strict=True):
        async with Raw(process.url) as again:
            assert (await again.open(token, pid=pid, offset=packet.offset)).data["pid"] == pid
            await asyncio.sleep(0.2)
            assert [p.name for p in again.logged] == wanted


def by_event(packets: list[Packet]) -> list[list[Packet]]:
    """Packets by the event that they tell."""
    found: dict[str, list[Packet]] = {}
    for packet in packets:
        found.setdefault(packet.payload["_meta"]["id"], []).append(packet)
    return list(found.values())


@pytest.mark.case(112, 44, 45)
async def test_who_comes_in_the_middle_of_a_reply_gets_its_text_from_the_beginning(slow: House) -> None:
    """Joined at the head, in the middle, by acting elsewhere, and after it left: always the whole text."""
    async with slow.client() as client, slow.raw() as late, slow.raw() as since:
        attempt, chat = await client.start_practice(slow.site.practices["practice-nothints"])
        for raw in (late, since):
            await raw.open(slow.site.tokens["learner"], **WEB)
        await late.ok("attempt_join", {"chat_id": chat})
        said = await client.ok("attempt_message", {"attempt_id": attempt, "chat_id": chat, "message": TEXT})
        reply = said["assistant_message_id"]
        for _ in range(3000):
            if len(client.payloads("attempt_progress")) >= 4:
                break
            await asyncio.sleep(0.02)
        middle = client.payloads("attempt_progress")[2]["_meta"]["seq"]
        await since.ok("attempt_join", {"chat_id": chat, "since": middle})
        await late.ok("attempt_leave", {"chat_id": chat})
        await late.ok("attempt_join", {"chat_id": chat, "since": middle + 1})
        whole = (await client.wait_for("attempt_assistant_complete", message_id=reply))["content"]
        pieces = {each["_meta"]["seq"]: each["content"] for each in client.payloads("attempt_progress")}
        for raw in (late, since):
            await raw.event("attempt_complete", final_content=whole)
            deltas = [p.payload for p in raw.logged if p.name == "attempt_assistant_delta"]
            assert deltas[-1]["content"] == whole
            for delta in deltas:
                upto = delta["_meta"]["seq"]
                assert delta["content"] == "".join(text for seq, text in pieces.items() if seq <= upto)
        first = next(p.payload for p in since.logged if p.name == "attempt_progress")
        assert first["_meta"]["seq"] == middle + 1


@pytest.mark.case(112, 25, 113)
async def test_a_stream_of_the_dialect_goes_on_after_any_frame(house: House) -> None:
    async with Http(house.url, house.site.tokens["learner"]) as client:
        await client.connect(dict(WEB))
        async with client.stream() as stream:
            attempt, chat = await client.start(house.site.practices["practice-single"])
            payload = {"attempt_id": attempt, "chat_id": chat, "message": TEXT}
            await client.ok("attempt/message", payload, sid=client.sid)
            await stream.wait_for("attempt_complete")
            ended = await client.ok("attempt/end", {"attempt_id": attempt, "chat_id": chat}, sid=client.sid)
            await stream.wait_for("attempt_grade_complete", grade_id=ended["grade_id"])
            expected = stream.heard
        check_groups([(each.name, each.data) for each in expected])
        assert len({each.id for each in expected}) == len(expected)
        for number, each in enumerate(expected):
            found = await client.poll(each.id, wait=0)
            missed = expected[number + 1 :]
            assert [(e["id"], e["event"], e["data"]) for e in found["events"]] == [
                (m.id, m.name, m.data) for m in missed
            ]
            assert found["next"] == (missed[-1].id if missed else found["next"])


@pytest.mark.case(112)
async def test_a_poll_gives_at_most_500_frames_and_goes_on_inside_of_a_group(house: House) -> None:
    async with Http(house.url, house.site.tokens["learner"]) as client, house.client() as other:
        await client.connect(dict(WEB))
        _, chat = await other.start_practice(house.site.practices["practice-nothints"])
        reply(house.site, chat, [f"{number} " for number in range(200)])
        await client.ok("attempt/join", {"chat_id": chat, "since": 0}, sid=client.sid)
        heard, after = [], None
        while True:
            found = await client.poll(after, wait=0)
            assert len(found["events"]) <= 500
            if not found["events"]:
                break
            heard += [(each["event"], each["data"]) for each in found["events"]]
            after = found["next"]
        check_groups(heard)
        assert len(heard) > 500
        async with house.raw() as raw:
            await raw.open(house.site.tokens["learner"], **WEB)
            await raw.ok("attempt_join", {"chat_id": chat, "since": 0})
            of_chat = [frame for frame in heard if frame[1]["_meta"]["room"] == f"chat:{chat}"]
            await raw.wait(lambda p: p.type == "2" and (p.name, p.payload) == of_chat[-1])
            assert frames_of(raw.logged) == of_chat


class Cutter:
    """A network that breaks: what the server sends to the first connections is cut after so many bytes each."""

    def __init__(self, port: int, after: Sequence[int]) -> None:
        self.port = port
        self.after = list(after)
        self.cuts = 0

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self.after.pop(0) if self.after else None
        above, server = await asyncio.open_connection("127.0.0.1", self.port)
        there = asyncio.create_task(self.carry(reader, server, None))
        await self.carry(above, writer, left)
        there.cancel()
        for each in (writer, server):
            each.transport.abort()

    async def carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, left: int | None) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(1 if left == 0 else left or 65_536):
                sink.write(data)
                await sink.drain()
                if left is not None:
                    left -= len(data)
                    if left <= 0:
                        self.cuts += 1
                        return


@pytest.mark.case(38, 113)
@pytest.mark.node
async def test_the_stock_javascript_client_is_cut_inside_of_groups_and_misses_no_frame(slow: House, node: str) -> None:
    chance = random.Random(113)
    cutter = Cutter(slow.process.port, [chance.randint(2_500, 6_000) for _ in range(8)])
    network = await asyncio.start_server(cutter.meet, "127.0.0.1", 0)
    given = {
        "url": f"http://127.0.0.1:{network.sockets[0].getsockname()[1]}",
        "token": slow.site.tokens["learner"],
        "practice_id": slow.site.practices["practice-single"],
        "message": TEXT,
    }
    script = Path(__file__).parents[1] / "clients" / "js" / "dialect.mjs"
    process = await asyncio.create_subprocess_exec(
        node, str(script), json.dumps(given), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with network:
        out, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, errors.decode()
    found = json.loads(out)
    assert cutter.cuts == 8
    assert found["recovered"] == [False] + [True] * cutter.cuts
    assert any("~" in offset for offset in found["offsets"]), "no cut was inside of a group"
    check_groups([(each["name"], each["payload"]) for each in found["events"]])
    ids = [frames[0][1]["_meta"]["id"] for frames in groups_of([(e["name"], e["payload"]) for e in found["events"]])]
    assert len(set(ids)) == len(ids)


# --- what the existing web client expects (9.7, last paragraph) ---


async def test_the_message_of_the_end_can_be_shown(house: House) -> None:
    async with web(house) as client:
        attempt, chat = await client.start_practice(house.site.practices["practice-single"])
        await client.say(attempt, chat, TEXT)
        await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        assert (await client.wait_for("attempt_ended", attempt_id=attempt))["message"].strip()


async def test_the_end_button_hears_that_the_chat_has_ended(house: House) -> None:
    async with web(house) as client:
        attempt, chat = await client.start_practice(house.site.practices["practice-pair"])
        await client.say(attempt, chat, TEXT)
        await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        ended = await client.wait_for("attempt_chat_ended", chat_id=chat)
        assert ended["is_attempt_finished"] is False


async def test_the_lobby_hears_of_a_start_an_end_and_an_error(house: House) -> None:
    async with web(house) as client:
        started = await client.ok("attempt_start", {"practice_id": house.site.practices["practice-pair"]})
        attempt = started["attempt_id"]
        await client.wait_for("attempt_chat_started", attempt_id=attempt)
        await client.ok("attempt_next", {"attempt_id": attempt})
        await client.wait_for("attempt_chat_ended", chat_id=started["attempt_chat_id"])
        await client.ok("attempt_next", {"attempt_id": attempt})
        await client.wait_for("attempt_ended", attempt_id=attempt)
        await client.refused("attempt_next", {"attempt_id": attempt})
        await client.wait_for("attempt_error", type="next")
        await client.refused("attempt_end", {"attempt_id": attempt, "chat_id": started["attempt_chat_id"]})
        await client.wait_for("attempt_error", type="end")
        await client.refused("attempt_start", {"home_id": house.site.homes["home-late"]})
        await client.wait_for("attempt_error", type="start")


async def test_the_read_model_has_the_message_when_its_completion_arrives(house: House) -> None:
    async with house.raw() as raw, Http(house.url, house.site.tokens["learner"]) as http:
        await raw.open(house.site.tokens["learner"], **WEB)
        started = await raw.ok("attempt_start", {"practice_id": house.site.practices["practice-single"]})
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        await raw.ok("attempt_join", {"chat_id": chat})
        said = await raw.ok("attempt_message", {"attempt_id": attempt, "chat_id": chat, "message": TEXT})
        complete = await reply_of(raw, said)
        detail = (await http.io.get(f"/api/v1/attempts/{attempt}")).json()
        message = next(m for m in detail["entries"]["attempt_message"] if m["id"] == complete["message_id"])
        assert message["contents"][0]["content"] == complete["content"]
