"""Events of a person's conversation: streams and sockets (lab protocol 12, cases H4, H6, A11)."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import socketio
from socketio.exceptions import ConnectionError as Refused

from parlour.accounts import actions as accounts
from parlour.assistant.entities import LabMessageId, TurnId
from parlour.assistant.facts import LabTextAdded
from parlour.conversations.rooms import lab_room
from parlour.kernel.ids import AccountId
from parlour.settings.lab import Lab, LabLimits
from parlour.wire.lab import stream as streams
from tests.harness.dialects import check_lab_event
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.lab.desk import Desk, desk_on
from tests.lab.house import Member
from tests.lab.listening import Stream, room_of, without_gap
from tests.promises.waiting import eventually

WHOLE_TURN = [
    "message_added",
    "turn_started",
    "state_changed",
    "message_added",
    "question_asked",
    "reply_ready",
    "state_changed",
    "question_answered",
    "state_changed",
    "message_added",
    "reply_ready",
    "turn_finished",
    "state_changed",
]


@pytest.fixture(scope="module")
def desk(lab_site: Site) -> Iterator[Desk]:
    """A server whose assistant is the test."""
    limits = LabLimits(requests_per_second_max=1000, requests_burst_max=1000, response_hold_ms=50)
    with desk_on(lab_site, lab=Lab(limits=limits)) as made:
        yield made


def whole_turn(desk: Desk, member: Member) -> str:
    """Said, asked, answered, finished; the id of the final."""
    desk.said(member, "Please create it.")
    desk.asked(member)
    desk.answered(member)
    return desk.finished(member, "It was created.")


class LabClient(Client):
    """A socket that holds what it hears of its conversation against the models, and every offset."""

    async def _hear(self, event: str, *args: Any) -> None:
        if "_meta" not in args[0]:
            check_lab_event(event, args[0])
            assert event in ("resync", "person_joined") or len(args) == 1 or isinstance(args[1], str)
        await super()._hear(event, *args)

    @property
    def lab(self) -> list[tuple[str, dict[str, Any]]]:
        """What was heard of conversations."""
        told = [(name, args[0]) for name, args in self.heard if "_meta" not in args[0]]
        return [each for each in told if each[0] != "person_joined"]


def client(desk: Desk, member: Member, **auth: Any) -> LabClient:
    """A socket of a member."""
    return LabClient(desk.url, f"Bearer {member.token}", **auth)


async def test_a_stream_tells_a_turn_in_order_and_goes_on_after_its_cursor(desk: Desk) -> None:
    ada = desk.member()
    desk.said(ada, "before")
    desk.finished(ada, "before")
    async with Stream(desk, ada) as stream:
        final = whole_turn(desk, ada)
        await stream.until("state_changed", 4)
        assert [name for name, _ in stream.heard] == WHOLE_TURN
        assert without_gap([payload for _, payload in stream.heard])
        ready = stream.named("reply_ready")[-1]
        assert (ready["message_id"], ready["reply_text"], ready["valid"]) == (final, "It was created.", True)
        await stream.cut()
        whole_turn(desk, ada)
        await stream.open()
        await stream.until("state_changed", 8)
        assert [name for name, _ in stream.heard] == WHOLE_TURN * 2
        assert without_gap([payload for _, payload in stream.heard])
    first = stream.heard[0][1]
    again = Stream(desk, ada)
    await again.open(since=f"{first['epoch']}:{first['seq'] - 1}")
    await again.until("state_changed", 8)
    assert again.heard == stream.heard
    await again.cut()


async def test_a_cursor_that_is_of_no_use_is_told_to_load_the_snapshot(desk: Desk) -> None:
    ada = desk.member()
    whole_turn(desk, ada)
    async with Stream(desk, ada) as one:
        desk.said(ada)
        epoch = (await one.until("message_added"))["epoch"]
    for cursor in ("e0:3", f"{epoch}:999999", "nonsense"):
        stream = Stream(desk, ada)
        stream.cursor = cursor
        await stream.open()
        lost = await stream.until("resync")
        assert (lost["epoch"], stream.cursor) == (epoch, f"{epoch}:{lost['seq']}")
        desk.finished(ada)
        assert (await stream.until("message_added"))["seq"] == lost["seq"] + 1
        desk.said(ada)
        await stream.cut()


@pytest.mark.lab("H6")
async def test_polling_and_events_show_the_same_replies(desk: Desk) -> None:
    ada = desk.member()
    async with Stream(desk, ada) as stream, desk.http(ada) as http, client(desk, ada) as socket:
        await socket.ok("person_join")
        desk.said(ada)
        asked = desk.asked(ada)
        polled = [(await http.get(f"/users/{ada.user_id}/response")).json()]
        desk.answered(ada)
        desk.finished(ada)
        polled.append((await http.get(f"/users/{ada.user_id}/response")).json())
        await stream.until("reply_ready", 2)
        await stream.until("reply_read")
        ready = stream.named("reply_ready")
        await socket.wait_for("reply_read")
        assert ready == [payload for name, payload in socket.lab if name == "reply_ready"]
        where = ("room", "epoch", "seq", "at")
        assert [{k: v for k, v in each.items() if k not in where} for each in ready] == polled
        assert [each["question"] and each["question"]["question_id"] for each in polled] == [asked.id, None]


async def test_a_question_that_an_event_told_counts_as_delivered(desk: Desk) -> None:
    ada, lin, root = desk.member(), desk.member(), desk.member(role="admin")
    for member in (ada, lin):
        desk.said(member)
    async with Stream(desk, ada) as stream, client(desk, lin) as socket, client(desk, root) as watching:
        await socket.ok("person_join")
        await watching.ok("person_join", {"id": ada.user_id})
        desk.asked(ada)
        await stream.until("question_asked")
        assert desk.said(ada, "yes").effect == "answered"
        desk.asked(lin)
        await socket.wait_for("question_asked")
        assert (await socket.ok("person_say", {"text": "yes"}))["effect"] == "answered"
    desk.finished(ada)
    desk.said(ada)
    async with client(desk, root) as watching:
        await watching.ok("person_join", {"id": ada.user_id})
        desk.asked(ada)
        await watching.wait_for("question_asked")
        await asyncio.sleep(0.1)
        assert desk.said(ada, "yes").effect == "queued", "an admin who watches is not the one who is asked"


async def test_at_most_twenty_streams_and_sockets(desk: Desk) -> None:
    ada = desk.member()
    opened = [Stream(desk, ada) for _ in range(19)]
    await asyncio.gather(*(stream.open() for stream in opened))
    try:
        async with client(desk, ada) as socket:
            await socket.ok("person_join")
            more = Stream(desk, ada)
            await more.open()
            assert more.status == 429
            with pytest.raises(Refused):
                async with client(desk, ada):
                    pass
        async with asyncio.timeout(60):  # until the server has seen the socket go
            while more.status == 429:
                await asyncio.sleep(0.02)
                await more.open()
        assert more.status == 200
        await more.cut()
    finally:
        await asyncio.gather(*(stream.cut() for stream in opened))


@pytest.mark.lab("A11")
async def test_a_revoked_session_ends_its_stream_and_its_socket(desk: Desk) -> None:
    ada = desk.member()
    async with Stream(desk, ada) as stream, client(desk, ada) as socket, desk.http(ada) as http:
        await socket.ok("person_join")
        assert (await http.post("/accounts/log-out")).status_code == 200
        await stream.ended()
        async with asyncio.timeout(60):
            await socket.io.eio.wait()
    after = Stream(desk, ada)
    await after.open()
    assert after.status == 401


async def test_a_silent_stream_gets_comments(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SILENCE_SECONDS_MAX", 0.1)
    async with Stream(desk, desk.member()) as stream:
        await eventually(lambda: stream.comments >= 2)


async def taken(reader: asyncio.StreamReader) -> int:
    """How many bytes there are until the connection is cut."""
    total = 0
    try:
        async with asyncio.timeout(60):
            while piece := await reader.read(65_536):
                total += len(piece)
    except ConnectionResetError:
        pass
    return total


async def test_who_takes_nothing_of_its_stream_is_let_go(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PROGRESS_SECONDS_MAX", 0.5)
    ada = desk.member()
    said = desk.said(ada)
    account_id = AccountId(ada.account_id)
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.here.port, limit=1024)
    request = f"GET /users/{ada.user_id}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ada.token}\r\n\r\n"
    writer.write(request.encode())
    await reader.readuntil(b"retry: 2000")
    for start in range(60):
        fact = LabTextAdded(
            account_id=account_id,
            turn_id=TurnId(said.turn_id),
            message_id=LabMessageId("m"),
            start=start,
            text="x" * 200_000,
        )
        desk.do(lambda tx, fact=fact: tx.announce([lab_room(account_id)], fact))
    lines = desk.parlour.laboratory.bells.lines
    await eventually(lambda: not lines[ada.account_id])
    assert await taken(reader) < 60 * 200_000
    writer.close()
    async with Stream(desk, ada) as other:
        assert other.status == 200


async def test_a_socket_joins_with_a_cursor_and_hears_the_past_and_then_what_happens(desk: Desk) -> None:
    ada = desk.member()
    whole_turn(desk, ada)
    async with client(desk, ada, recovery=True) as socket:
        cursor = (await socket.ok("person_join"))["cursor"]
        whole_turn(desk, ada)
        await socket.wait_for("turn_finished")
        offsets = [args[1] for name, args in socket.heard if name == "message_added"]
        assert len(set(offsets)) == len(offsets) == 3
    async with client(desk, ada) as other:
        ack = await other.ok("person_join", {"since": f"{cursor['epoch']}:{cursor['seq']}"})
        assert ack["cursor"]["seq"] == cursor["seq"] + len(WHOLE_TURN)
        desk.said(ada, "more")
        await other.wait_for("message_added", text="more")
        names = [name for name, _ in other.lab]
        assert names[: len(WHOLE_TURN)] == WHOLE_TURN
        assert without_gap([payload for _, payload in other.lab])
        assert room_of(payload for _, payload in other.lab) == {f"person:{ada.user_id}"}
        await other.ok("person_leave")
        heard = len(other.lab)
        desk.finished(ada)
        await other.ok("person_leave")
        assert len(other.lab) == heard
    async with client(desk, ada) as lost:
        await lost.ok("person_join", {"since": "e0:1"})
        assert (await lost.wait_for("resync"))["epoch"] == cursor["epoch"]


async def test_commands_of_sockets(desk: Desk) -> None:
    ada, lin = desk.member(), desk.member()
    async with client(desk, ada) as socket:
        await socket.ok("person_join")
        said = await socket.ok("person_say", {"text": "hello", "client_message_id": "c1", "enable_instruct": "yes"})
        assert said["effect"] == "started"
        assert (
            await socket.ok("person_say", {"text": "hello", "client_message_id": "c1", "enable_instruct": "yes"})
            == said
        )
        other = {"text": "other", "client_message_id": "c1"}
        assert (await socket.refused("person_say", other))["code"] == "idempotency_conflict"
        assert (await socket.refused("person_say", {"text": "  "}))["code"] == "text_empty"
        assert (await socket.refused("person_say", {"text": 5}))["code"] == "validation"
        assert (await socket.refused("turn_cancel", {"turn": "x"}))["code"] == "unknown_field"
        asked = desk.asked(ada)
        wrong = {"question_id": asked.id, "answer": {"decision": "perhaps"}}
        assert (await socket.refused("question_answer", wrong))["code"] == "answer_invalid"
        given = {"question_id": asked.id, "answer": {"decision": "allow"}}
        ack = await socket.ok("question_answer", given)
        assert (ack["state"], ack["answer"]) == ("answered", {"decision": "allow"})
        assert (await socket.refused("question_answer", given))["code"] == "question_closed"
        assert (await socket.refused("person_say", {"text": "yes", "question_id": asked.id}))[
            "code"
        ] == "question_closed"
        final = desk.finished(ada)
        await socket.ok("reply_seen", {"message_id": final})
        assert (await socket.wait_for("reply_read", message_id=final))["message_id"] == final
        assert (await socket.refused("reply_seen", {"message_id": "nothing"}))["code"] == "not_found"
        assert (await socket.refused("person_join", {"id": lin.user_id}))["code"] == "not_found"
        assert (await socket.refused("person_join", {"id": "nobody-here"}))["code"] == "not_found"
        assert (await socket.ok("turn_cancel"))["cancelled"] == []
    async with client(desk, lin) as foreign:
        assert (await foreign.refused("question_answer", given))["code"] == "not_found"


async def test_a_cookie_opens_a_socket_from_the_servers_own_pages_only(desk: Desk) -> None:
    ada = desk.member()
    cookie = {"Cookie": f"parlour_session={ada.token}"}
    for origin in ({}, {"Origin": desk.url}):
        socket = socketio.AsyncClient(reconnection=False)
        await socket.connect(desk.url, headers=cookie | origin, transports=["websocket"])
        assert (await socket.call("person_join", {}))["ok"]
        await socket.disconnect()
    for headers in (cookie | {"Origin": "https://elsewhere.example"}, {"Cookie": "parlour_session=pl_wrong"}, {}):
        socket = socketio.AsyncClient(reconnection=False)
        with pytest.raises(Refused):
            await socket.connect(desk.url, headers=headers, transports=["websocket"])


async def test_an_admin_who_loses_the_part_leaves_the_room(desk: Desk) -> None:
    ada, root = desk.member(), desk.member(role="admin")
    async with client(desk, root) as watching:
        await watching.ok("person_join", {"id": ada.user_id})
        desk.said(ada)
        await watching.wait_for("message_added")
        desk.do(lambda tx: accounts.set_role(tx, AccountId(root.account_id), "member"))
        await asyncio.sleep(0.3)
        heard = len(watching.lab)
        desk.finished(ada)
        assert (await watching.refused("person_join", {"id": ada.user_id}))["code"] == "not_found"
        assert len(watching.lab) == heard
