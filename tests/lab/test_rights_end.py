"""Rights that end, end at once: on open long-polls, streams and sockets, and when an old connection comes back
(lab protocol 16.10; A11, D8)."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from socketio.exceptions import ConnectionError as ConnectionRefused

from parlour.accounts import actions as accounts
from parlour.accounts.entities import SessionActor
from parlour.kernel.ids import digest_of
from parlour.settings.lab import Lab, LabLimits
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx
from parlour.wire.http.credentials import HandshakeAuth
from parlour.wire.lab.callers import LabCaller
from parlour.wire.lab.polling import Poll
from parlour.wire.lab.stream import EventStream
from tests.harness.site import Site, until
from tests.harness.socket import Client
from tests.lab.desk import Desk, act, desk_on, finish
from tests.lab.house import Member
from tests.lab.listening import Stream
from tests.promises.figures import Figure

SECRET = "deep77Vx"
SOON = 40  # the protocol says 1 s, which a machine that is busy with other tests may miss; the figure says how long
LONG = 50  # what ends before this was not ended by time
LIMITS = LabLimits(requests_per_second_max=1000, requests_burst_max=1000, response_hold_ms=50)
HOWS = ("log-out", "revoked", "deactivated", "password", "role")


@pytest.fixture(scope="module")
def desk(lab_site: Site) -> Iterator[Desk]:
    """A server whose assistant is the test."""
    with desk_on(lab_site, lab=Lab(limits=LIMITS)) as made:
        yield made


def withdraw(how: str, member: Member) -> Callable[[Tx], object]:
    """What an operator's command does."""
    match how:
        case "revoked":
            return lambda tx: accounts.revoke_session(tx, digest_of(member.token))
        case "deactivated":
            return lambda tx: accounts.deactivate(tx, member.account_id)
        case "password":
            return lambda tx: accounts.set_password(tx, member.account_id, "$argon2id$other")
        case _:
            return lambda tx: accounts.set_role(tx, member.account_id, "member")


@pytest.mark.lab("A11", "A8")
@pytest.mark.promise("P12")
@pytest.mark.parametrize("how", HOWS)
async def test_what_is_open_ends_with_the_right_to_it(desk: Desk, how: str, figure: Figure) -> None:
    ada = desk.member()
    watcher = desk.member(role="admin") if how == "role" else ada
    place = {"id": ada.user_id} if how == "role" else {}
    watched = Member(ada.user_id, ada.account_id, watcher.token)  # an admin watches somebody else
    async with Stream(desk, watched) as stream, Client(desk.url, watcher.token) as socket, desk.http(watcher) as http:
        await socket.ok("person_join", place)
        poll = asyncio.create_task(http.get(f"/users/{ada.user_id}/response?wait={LONG}"))
        desk.said(ada, "before")
        await stream.until("message_added", text="before")
        await socket.wait_for("message_added", text="before")
        await desk.until_waiting(ada)
        began = time.monotonic()
        if how == "log-out":
            assert (await http.post("/accounts/log-out")).status_code == 200
        else:
            desk.do(withdraw(how, watcher))
        await asyncio.to_thread(desk.said, ada, SECRET)
        await stream.ended(SOON)
        async with asyncio.timeout(SOON):
            answer = await poll
        assert answer.status_code == 401, answer.text
        took = time.monotonic() - began
        if how != "role":
            async with asyncio.timeout(SOON):
                await socket.io.eio.wait()
        else:
            await asyncio.to_thread(desk.said, ada, f"{SECRET} again")
            await asyncio.sleep(0.2)
        cursor = stream.cursor or ""
        again = Stream(desk, watched)
        await again.open(since=cursor)
        assert again.status == (404 if how == "role" else 401)
        told = json.dumps([stream.heard, socket.heard, answer.text])
    assert SECRET not in told
    figure("P12", f"laboratory, {how}: stream and long-poll ended after {took:.2f} s, nothing told after it")


@pytest.mark.promise("P12")
async def test_of_two_looks_at_the_rights_of_a_socket_the_older_restores_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, ada = desk.member(role="admin"), desk.member()
    hub, authenticator = desk.parlour.hub, desk.parlour.authenticator
    async with Client(desk.url, admin.token) as socket:
        connection = hub.of_sid(socket.payloads("connection_confirmed")[0]["sid"])
        assert connection is not None
        with_rights = connection.session
        desk.do(withdraw("role", admin))
        await asyncio.to_thread(until, lambda: connection.session is not with_rights)
        without = connection.session

        async def meet() -> None:
            seen = [with_rights, without]  # the older look reads before the right ends, and is slow; the newer is not
            begun, go_on = asyncio.Event(), asyncio.Event()

            async def looked_up(_: object) -> object:
                found = seen.pop(0)
                if found is with_rights:
                    begun.set()
                    await go_on.wait()
                return found

            with monkeypatch.context() as patch:
                patch.setattr(authenticator, "of_connection", looked_up)
                older = asyncio.create_task(hub.check_rights(connection))
                await begun.wait()
                newer = asyncio.create_task(hub.check_rights(connection))
                for _ in range(20):
                    await asyncio.sleep(0)
                go_on.set()
                await asyncio.gather(older, newer)

        await asyncio.to_thread(desk.here.run, meet())
        assert connection.session is without
        refused = await socket.refused("person_join", {"id": ada.user_id})
        assert refused["code"] == "not_found"


@pytest.mark.promise("P12")
@pytest.mark.parametrize("how", ["revoked", "role"])
async def test_a_right_that_ends_between_the_handshake_and_its_socket_is_not_the_socket_s(
    desk: Desk, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, ada = desk.member(role="admin"), desk.member()
    authenticator = desk.parlour.authenticator
    look_up = authenticator.of_handshake

    async def ends_meanwhile(auth: HandshakeAuth) -> SessionActor:
        found = await look_up(auth)
        await desk.parlour.database.write(withdraw(how, admin))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(authenticator, "of_handshake", ends_meanwhile)
        socket = Client(desk.url, admin.token)
        try:
            await socket.__aenter__()
        except ConnectionRefused:
            assert how == "revoked"
            return
    assert how == "role", "a revoked session has no socket"
    refused = await socket.refused("person_join", {"id": ada.user_id})
    await socket.__aexit__()
    assert refused["code"] == "not_found"


@pytest.mark.lab("A11", "A8")
@pytest.mark.promise("P12")
@pytest.mark.parametrize("how", ["revoked", "deactivated"])
async def test_a_right_that_ends_while_it_is_looked_up_ends_a_long_poll(
    desk: Desk, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = desk.member()
    callers = desk.parlour.laboratory.gate.callers
    look_up = callers.holds

    async def ends_meanwhile(caller: LabCaller) -> bool:
        held = await look_up(caller)
        await desk.parlour.database.write(withdraw(how, ada))  # whoever waits has been told when this returns
        return held

    monkeypatch.setattr(callers, "holds", ends_meanwhile)
    async with desk.http(ada) as http, asyncio.timeout(SOON):
        answer = await http.get(f"/users/{ada.user_id}/response?wait={LONG}")
    assert answer.status_code == 401, answer.text


@pytest.mark.lab("A11", "A8")
@pytest.mark.promise("P12")
@pytest.mark.parametrize("how", ["revoked", "role"])
async def test_a_long_poll_gives_no_reply_that_came_after_its_right_ended(
    desk: Desk, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = desk.member()
    watcher = desk.member(role="admin") if how == "role" else ada
    database = desk.parlour.database
    look = getattr(Poll, "_look")  # noqa: B009 (nobody outside has it)
    now = asyncio.Event()

    async def looks(poll: Poll) -> Any:
        if now.is_set():
            now.clear()
            await database.write(withdraw(how, watcher))
            await database.write(lambda tx: finish(tx, ada, SECRET))
        return await look(poll)

    monkeypatch.setattr(Poll, "_look", looks)
    await asyncio.to_thread(desk.said, ada, "before")
    async with desk.http(watcher) as http:
        poll = asyncio.create_task(http.get(f"/users/{ada.user_id}/response?wait={LONG}"))
        await desk.until_waiting(ada)
        now.set()
        await asyncio.to_thread(desk.said, ada, "again")
        async with asyncio.timeout(SOON):
            answer = await poll
    assert answer.status_code == 401, answer.text
    assert SECRET not in answer.text


@pytest.mark.lab("A11", "A8")
@pytest.mark.promise("P12")
@pytest.mark.parametrize("how", ["revoked", "role"])
@pytest.mark.parametrize("late", [False, True], ids=["told at once", "told late"])
async def test_a_stream_tells_nothing_that_came_after_its_right_ended(
    desk: Desk, how: str, monkeypatch: pytest.MonkeyPatch, *, late: bool
) -> None:
    ada = desk.member()
    watcher = desk.member(role="admin") if how == "role" else ada
    database = desk.parlour.database
    read_page = getattr(EventStream, "_page")  # noqa: B009 (nobody outside has it)
    now = asyncio.Event()

    async def page(stream: EventStream) -> list[Logged]:
        if not now.is_set():
            return await read_page(stream)
        with monkeypatch.context() as patch:
            if late:  # as if another server had committed: seen in the log before anybody was told
                patch.setattr(database.writer.listeners, "events", lambda _: None)
            await database.write(withdraw(how, watcher))
            await database.write(lambda tx: act(tx, ada, SECRET))
            return await read_page(stream)

    monkeypatch.setattr(EventStream, "_page", page)
    async with Stream(desk, Member(ada.user_id, ada.account_id, watcher.token)) as stream:
        await asyncio.to_thread(desk.said, ada, "before")
        await stream.until("message_added", text="before")
        now.set()
        await asyncio.to_thread(desk.said, ada, "again")
        await stream.ended(SOON)
    assert SECRET not in json.dumps(stream.heard)


@pytest.mark.lab("D8")
@pytest.mark.promise("P12")
async def test_a_question_that_was_taken_back_is_told_no_more(desk: Desk, figure: Figure) -> None:
    ada, lin, mei = desk.member(), desk.member(), desk.member()
    async with desk.http(ada) as owner, desk.http(lin) as colleague:
        start = (await colleague.get(f"/users/{lin.user_id}/conversation")).json()["cursor"]
        since = f"{start['epoch']}:{start['seq']}"
        async with Stream(desk, lin) as stream, Client(desk.url, lin.token) as socket:
            await socket.ok("person_join")
            desk.said(ada, "Please")
            asked = await asyncio.to_thread(desk.asked, ada, "authorize", f"May I, {SECRET}?")
            at = f"/users/{{}}/questions/{asked.id}"

            async def assign(to: Member | None) -> None:
                body = {"to": to.user_id if to else None, "note": SECRET if to else None}
                assert (await owner.post(f"{at.format(ada.user_id)}/assign", json=body)).status_code == 200

            await assign(lin)
            told = await stream.until("question_assigned")
            assert SECRET in told["note"]
            assert (await colleague.get(at.format(lin.user_id))).status_code == 200
            for to in (None, lin, mei):
                await assign(to)
            taken = await stream.until("question_assigned", count=4)
            assert (taken["question_id"], taken["assigned_to"]) == (asked.id, None)
            assert (taken["text"], taken["operation"], taken["note"]) == ("", None, None)
            refused = await socket.refused("question_answer", {"question_id": asked.id, "text": "yes"})
            assert refused["code"] == "not_found"
            for call in (colleague.get(at.format(lin.user_id)),
                         colleague.post(f"{at.format(lin.user_id)}/answer", json={"text": "yes"})):  # fmt: skip
                assert (await call).status_code == 404
            for role in ("owner", "assignee"):
                listed = await colleague.get(f"/users/{lin.user_id}/questions?role={role}&state=all")
                assert listed.json() == {"questions": []}
            desk.answered(ada, "yes")
            await asyncio.sleep(0.2)
            assert not stream.named("question_answered")
        old = Stream(desk, lin)
        await old.open(since=since)
        await old.until("question_assigned", count=4)
        async with Client(desk.url, lin.token) as back:
            await back.ok("person_join", {"since": since})
            await back.wait_for("question_assigned")
            await asyncio.sleep(0.2)
            seen: list[Any] = [old.heard, back.heard]
        await old.cut()
        assert SECRET not in json.dumps(seen)
        async with Stream(desk, ada) as own:
            await own.cut()
        mine = Stream(desk, ada)
        first = (await owner.get(f"/users/{ada.user_id}/conversation")).json()["cursor"]
        await mine.open(since=f"{first['epoch']}:0")
        kept = await mine.until("question_assigned", count=4)
        assert kept["text"] == taken["text"] or SECRET in kept["text"]
        assert all(SECRET in payload["text"] for payload in mine.named("question_assigned"))
        await mine.cut()
    figure("P12", "laboratory, unassigned: question, answer and replay from an old cursor are gone for the former one")


@pytest.mark.lab("A11", "A9")
async def test_a_trusted_caller_ends_with_its_account(own_lab: Site) -> None:
    with desk_on(own_lab, lab=Lab(limits=LIMITS, trust_path_user_id=True)) as trusting:
        for how in ("deactivated", "promoted"):
            ada = trusting.member()
            async with httpx.AsyncClient(base_url=trusting.url, timeout=60) as http:
                poll = asyncio.create_task(http.get(f"/users/{ada.user_id}/response?wait={LONG}"))
                await trusting.until_waiting(ada)
                act = (
                    withdraw(how, ada)
                    if how == "deactivated"
                    else lambda tx, ada=ada: accounts.set_role(tx, ada.account_id, "admin")
                )
                trusting.do(act)
                async with asyncio.timeout(SOON):
                    assert (await poll).status_code == 401
                assert (await http.get(f"/users/{ada.user_id}/response")).status_code == 404
