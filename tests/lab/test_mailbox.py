"""The mailbox by its route (lab protocol 4, cases C1 to C14), with the test in place of the assistant."""

import asyncio
import json
import os
import socket
import struct
import time
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import httpx
import pytest

from parlour.assistant.entities import Reference
from parlour.assistant.mailbox import actions as mailbox
from parlour.assistant.questions import actions as questions
from parlour.kernel.ids import AccountId
from parlour.settings.lab import Lab, LabLimits
from parlour.wire.lab.bells import Bell
from parlour.wire.lab.callers import LabCaller
from parlour.wire.lab.receiving import ReceivingPosts
from tests.harness.site import Site
from tests.lab.desk import Desk, desk_on
from tests.lab.field import parse_reply
from tests.lab.house import Member

HOLD = 0.3
LONG_MS = 50_000


@pytest.fixture(scope="module")
def desk(lab_site: Site) -> Iterator[Desk]:
    """A server whose assistant is the test; holds are short."""
    limits = LabLimits(response_hold_ms=round(HOLD * 1000), requests_per_second_max=1000, requests_burst_max=1000)
    with desk_on(lab_site, lab=Lab(limits=limits)) as made:
        yield made


@pytest.fixture
def long_hold(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is given again is held for as long as the test takes."""
    monkeypatch.setitem(vars(desk.parlour.settings.lab.limits), "response_hold_ms", LONG_MS)


@pytest.fixture
def held(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The accounts whose requests were made to wait, one for each."""
    accounts, hang = list[str](), desk.parlour.laboratory.bells.hang

    def noted(caller: LabCaller) -> Bell:
        accounts.append(caller.account_id)
        return hang(caller)

    monkeypatch.setattr(desk.parlour.laboratory.bells, "hang", noted)
    return accounts


async def get(desk: Desk, member: Member, **query: object) -> dict[str, Any]:
    """One poll, parsed strictly."""
    async with desk.http(member) as http:
        return await got(http, member, **query)


async def got(http: httpx.AsyncClient, member: Member, **query: object) -> dict[str, Any]:
    """The same with a client that is there."""
    answer = await http.get(f"/users/{member.user_id}/response", params={k: str(v) for k, v in query.items()})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return parse_reply(answer.content)


@pytest.mark.lab("C1", "C2")
async def test_a_final_once_then_placeholders_and_again_with_after(desk: Desk) -> None:
    ada = desk.member()
    nothing = await get(desk, ada)
    assert (nothing["valid"], nothing["turn_id"], nothing["inner_chat"]) == (False, None, False)
    said = desk.said(ada)
    working = await get(desk, ada)
    assert (working["valid"], working["turn_id"], working["reply_text"]) == (False, said.turn_id, "One moment, please.")
    message_id = desk.finished(ada, "Forty-two.")
    final = await get(desk, ada)
    assert (final["valid"], final["reply_text"], final["message_id"]) == (True, "Forty-two.", message_id)
    assert (final["inner_chat"], final["error"], final["pending"], final["turn_id"]) == (False, None, 0, said.turn_id)
    assert not (await get(desk, ada))["valid"]
    for _ in range(2):
        assert (await get(desk, ada, after=said.message_id))["message_id"] == message_id
    assert not (await get(desk, ada, after=message_id))["valid"]


@pytest.mark.lab("C4", "B7")
async def test_of_fifty_requests_at_once_one_gets_the_final(desk: Desk) -> None:
    ada = desk.member()
    desk.said(ada)
    desk.finished(ada)
    async with desk.http(ada, limits=httpx.Limits(max_connections=60)) as http:
        replies = await asyncio.gather(*(got(http, ada) for _ in range(50)))
    assert sum(reply["valid"] for reply in replies) == 1
    desk.said(ada)
    desk.said(ada)
    async with desk.http(ada) as http:
        one, other = asyncio.create_task(got(http, ada, wait=50)), asyncio.create_task(got(http, ada, wait=50))
        await desk.until_waiting(ada, 2)
        desk.finished(ada, "first")
        desk.finished(ada, "second")
        assert {(await one)["reply_text"], (await other)["reply_text"]} == {"first", "second"}


@pytest.mark.lab("C3")
async def test_a_connection_that_is_cut_in_the_body_loses_nothing(desk: Desk) -> None:
    ada = desk.member()
    desk.said(ada)
    message_id = desk.finished(ada, "A reply that must arrive.")
    length = len(json.dumps(await get(desk, ada, after="0"), separators=(",", ":"), ensure_ascii=False))
    every = int(os.environ.get("PARLOUR_TEST_CUTS_EVERY", "23"))
    for cut in sorted({*range(0, length, every), length - 2, length - 1}):
        await asyncio.to_thread(cut_off, desk, ada, cut)
    final = await get(desk, ada, wait=50)
    assert (final["valid"], final["message_id"]) == (True, message_id)
    assert not (await get(desk, ada))["valid"]


def cut_off(desk: Desk, member: Member, cut: int) -> None:
    """Ask, take exactly `cut` bytes of the body, and break the connection off."""
    ask = (
        f"GET /users/{member.user_id}/response?wait=50 HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {member.token}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", desk.here.port), timeout=60) as line:
        line.sendall(ask.encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += line.recv(1)
        body = b""
        while len(body) < cut:
            body += line.recv(cut - len(body))
        assert b'"valid":false' not in body
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.lab("C5")
async def test_an_open_question_comes_every_time_until_it_is_answered(desk: Desk, held: list[str]) -> None:
    ada = desk.member()
    desk.said(ada)
    asked = desk.asked(ada)
    first = await get(desk, ada)
    assert held == [], "a first delivery is never held"
    assert (first["valid"], first["inner_chat"], first["message_id"]) == (True, True, asked.message_id)
    assert first["question"]["question_id"] == asked.id
    began = time.monotonic()
    again = await get(desk, ada)
    assert time.monotonic() - began >= HOLD
    assert held == [ada.account_id]
    same = ("message_id", "reply_text", "inner_chat", "references")
    assert [again[key] for key in same] == [first[key] for key in same]
    assert (await get(desk, ada, after="0"))["message_id"] == asked.message_id
    desk.answered(ada)
    assert not (await get(desk, ada))["valid"]
    assert not (await get(desk, ada, after="0"))["valid"]


@pytest.mark.lab("C6")
@pytest.mark.usefixtures("long_hold")
async def test_an_overtaken_poll_sees_the_answer_and_does_not_repeat_the_question(desk: Desk) -> None:
    ada = desk.member()
    desk.said(ada)
    desk.asked(ada)
    await get(desk, ada)
    poll = asyncio.create_task(get(desk, ada))
    await desk.until_waiting(ada)
    assert desk.said(ada, "yes", inner=True).effect == "answered"
    assert not (await poll)["valid"]
    desk.finished(ada, "It is done.")
    assert (await get(desk, ada))["reply_text"] == "It is done."


@pytest.mark.lab("B5")
async def test_a_question_counts_as_delivered_when_its_body_has_arrived(desk: Desk) -> None:
    ada, lin = desk.member(), desk.member()
    for member in (ada, lin):
        desk.said(member)
        desk.asked(member)
    assert desk.said(lin, "yes").effect == "queued"
    await get(desk, ada)
    assert desk.said(ada, "yes").effect == "answered"


@pytest.mark.lab("C7")
async def test_two_unread_finals_come_in_order_and_an_old_one_is_folded(desk: Desk) -> None:
    ada = desk.member()
    desk.said(ada)
    desk.finished(ada, "one")
    desk.said(ada)
    desk.finished(ada, "two")
    first = await get(desk, ada)
    assert (first["reply_text"], first["pending"]) == ("one", 1)
    assert (await get(desk, ada))["reply_text"] == "two"
    desk.said(ada)
    old = desk.finished(ada, "old words", (Reference(ref_type="web", title="A record", url="https://arxiv.org/abs/1"),))
    desk.aged(old, 121)
    desk.said(ada)
    desk.finished(ada, "new words")
    final = await get(desk, ada)
    assert final["reply_text"] == "new words"
    assert "old words" in final["extra_info"]
    assert [each["title"] for each in final["references_detail"]] == ["A record"]
    assert not (await get(desk, ada))["valid"]
    texts, after = [], "0"
    while (reply := await get(desk, ada, after=after))["valid"]:
        texts.append(reply["reply_text"])
        after = reply["message_id"]
    assert texts == ["one", "two", "old words", "new words"]


@pytest.mark.usefixtures("long_hold")
async def test_an_old_final_is_held_back_for_a_message_that_folds_it(desk: Desk) -> None:
    ada = desk.member()
    desk.said(ada)
    desk.aged(desk.finished(ada, "old words"), 121)
    poll = asyncio.create_task(get(desk, ada))
    await desk.until_waiting(ada)
    desk.said(ada)
    assert not (await poll)["valid"]
    desk.finished(ada, "new words")
    assert "old words" in (await get(desk, ada))["extra_info"]


@pytest.mark.lab("C8")
async def test_waiting_ends_with_what_it_waited_for(desk: Desk) -> None:
    ada = desk.member()
    desk.said(ada)
    async with desk.http(ada) as http:
        assert not (await got(http, ada, wait="x"))["valid"]
        poll = asyncio.create_task(got(http, ada, wait=50))
        await desk.until_waiting(ada)
        desk.finished(ada)
        assert (await asyncio.wait_for(poll, 40))["valid"], "it did not wait until its time was up"
        began = time.monotonic()
        assert not (await got(http, ada, wait=0.4))["valid"]
        assert time.monotonic() - began > 0.35


async def test_beyond_eight_waiting_requests_the_next_does_not_wait(desk: Desk) -> None:
    ada = desk.member()
    async with desk.http(ada, limits=httpx.Limits(max_connections=20)) as http:
        polls = [asyncio.create_task(got(http, ada, wait=50)) for _ in range(8)]
        await desk.until_waiting(ada, 8)
        ninth = await asyncio.wait_for(got(http, ada, wait=50), 40)
        assert not ninth["valid"]
        assert not any(poll.done() for poll in polls)
        given = []
        for _ in polls:
            desk.said(ada)
            given.append(desk.finished(ada))
        assert sorted(reply["message_id"] for reply in await asyncio.gather(*polls)) == sorted(given)


@pytest.mark.lab("C9")
async def test_cursors(desk: Desk) -> None:
    ada, lin = desk.member(), desk.member()
    said = desk.said(ada)
    first = desk.finished(ada, "one")
    desk.said(ada)
    second = desk.finished(ada, "two")
    assert (await get(desk, ada, after="0"))["message_id"] == first
    assert (await get(desk, ada, after=said.message_id))["message_id"] == first
    assert (await get(desk, ada))["message_id"] == first, "a message of the person acknowledges nothing"
    assert (await get(desk, ada, after=first))["message_id"] == second
    for cursor in ("unknown", said.turn_id, desk.said(lin).message_id):
        unknown = await get(desk, ada, after=cursor, wait=5)
        assert (unknown["valid"], unknown["error"].partition(":")[0]) == (False, "after_unknown")


@pytest.mark.lab("C10")
async def test_repeat_once_is_one_bubble_for_a_client_that_never_stops(desk: Desk) -> None:
    ada = desk.member()
    desk.said(ada)
    desk.asked(ada)
    async with desk.http(ada) as http:
        replies = [await got(http, ada, repeat="once") for _ in range(6)]
        assert [reply["valid"] for reply in replies] == [True, False, False, False, False, False]
        other = desk.site.write(lambda tx: _session(tx, ada))
    async with desk.http(Member(ada.user_id, ada.account_id, other)) as http:
        assert (await got(http, ada, repeat="once"))["valid"], "another session has its own bubble"
    assert (await get(desk, ada, repeat="sometimes"))["valid"]


def _session(tx: Any, member: Member) -> str:
    from parlour.accounts import actions as accounts

    return accounts.issue_session(tx, AccountId(member.account_id), "lab", "other", 86_400)


@pytest.mark.lab("C12")
async def test_a_store_that_fails_is_a_placeholder(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = desk.member()

    def broken(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(mailbox, "look", broken)
    reply = await get(desk, ada)
    assert (reply["valid"], reply["error"].partition(":")[0]) == (False, "internal")
    assert "disk" not in reply["error"]


@pytest.mark.lab("C13")
async def test_reading_by_after_hides_nothing_until_it_acknowledges(desk: Desk) -> None:
    ada = desk.member()
    desk.said(ada)
    first = desk.finished(ada, "one")
    desk.said(ada)
    second = desk.finished(ada, "two")
    for _ in range(2):
        assert (await get(desk, ada, after="0"))["message_id"] == first
    assert (await get(desk, ada, after=first))["message_id"] == second
    assert (await get(desk, ada))["message_id"] == second, "the first was acknowledged, the second was not"


async def test_a_language_is_that_of_the_person(desk: Desk) -> None:
    ada = desk.member()
    desk.said(ada, "你好")
    assert (await get(desk, ada))["reply_text"] == "请稍候。"


@pytest.mark.lab("A11", "A8")
async def test_a_revoked_session_ends_its_waiting_request(desk: Desk) -> None:
    ada, lin = desk.member(), desk.member()
    async with desk.http(ada) as http:
        poll = asyncio.create_task(http.get(f"/users/{ada.user_id}/response?wait=50"))
        await desk.until_waiting(ada)
        assert (await http.post("/accounts/log-out")).status_code == 200
        assert (await asyncio.wait_for(poll, 40)).status_code == 401
    async with desk.http(lin) as http:
        foreign, unknown = [await http.get(f"/users/{name}/response") for name in (ada.user_id, "nobody-here")]
        assert (foreign.status_code, foreign.content) == (404, unknown.content)


async def test_a_claim_lapses_with_its_process_and_after_fifteen_seconds(desk: Desk) -> None:
    ada = desk.member()
    desk.said(ada)
    message_id = desk.finished(ada)
    account_id = AccountId(ada.account_id)
    token = desk.do(lambda tx: mailbox.claim(tx, message_id))
    assert token is not None
    assert desk.do(lambda tx: mailbox.claim(tx, message_id)) is None
    assert not (await get(desk, ada))["valid"]
    desk.do(lambda tx: tx.run("UPDATE lab_messages SET claimed_until = :past WHERE id = :id", past=1, id=message_id))
    other = desk.do(lambda tx: mailbox.claim(tx, message_id))
    assert other is not None
    assert not desk.do(lambda tx: mailbox.handed_over(tx, account_id, message_id, token)), "it was taken over"
    desk.do(mailbox.lapse_claims)
    assert (await get(desk, ada))["message_id"] == message_id


async def upload(http: httpx.AsyncClient, desk: Desk, member: Member, name: str, content: bytes) -> str:
    """Send a file and end its turn; the file's handle."""
    answer = await http.post(f"/users/{member.user_id}/chat_with_file", files={"file": (name, content)})
    assert answer.status_code == 200, answer.text
    desk.finished(member, "I have it.")
    await got(http, member)
    messages = (await http.get(f"/users/{member.user_id}/messages")).json()["messages"]
    return next(iter(messages[-2]["files"]))


@pytest.mark.lab("C14")
async def test_references_are_those_of_files_that_are_there(desk: Desk) -> None:
    ada, lin = desk.member(), desk.member()
    async with desk.http(ada) as http, desk.http(lin) as other:
        mine = await upload(http, desk, ada, "notes.txt", b"contact resistance")
        foreign = await upload(other, desk, lin, "secret.txt", b"of Lin")
        desk.said(ada)
        page = Reference(ref_type="file", title="Notes", file=mine, size=1, sha256="old", page=1)
        references = (page, page, Reference(ref_type="file", title="Secret", file=foreign, size=6, sha256="x"))
        final = desk.finished(ada, "See the notes.", references)
        reply = await got(http, ada, after="0")
        while reply["message_id"] != final:
            reply = await got(http, ada, after=reply["message_id"])
        assert reply["references"] == {mine: 18}
        assert [(each["title"], each["size"]) for each in reply["references_detail"]] == [("Notes", 18)]
        content = await http.post(f"/users/{ada.user_id}/files/bytes", json={"filepath": mine})
        assert len(content.content) == 18
        assert (await http.delete(f"/users/{ada.user_id}/files/{mine.removeprefix('files/')}")).status_code == 204
        gone = await got(http, ada)
        assert (gone["message_id"], gone["references"], gone["references_detail"]) == (final, {}, [])


@pytest.mark.lab("C11", "C1")
async def test_a_spoken_reply_has_no_text_and_either_form(desk: Desk) -> None:
    ada = desk.member()
    async with desk.http(ada) as http:
        handle = await upload(http, desk, ada, "reply.wav", b"RIFF and so on")
        desk.said(ada)
        final = desk.finished(ada, "Good morning.")
        upload_id = handle.split("/")[1]
        desk.do(
            lambda tx: tx.run(
                "UPDATE lab_messages SET speech_upload_id = :upload WHERE id = :id", upload=upload_id, id=final
            )
        )
        for form, speech in (("map", {handle: 14}), ("path", handle), ("other", handle)):
            reply = await got(http, ada, after="0", reply_speech=form)
            while reply["message_id"] != final:
                reply = await got(http, ada, after=reply["message_id"], reply_speech=form)
            assert (reply["reply_speech"], reply["transcript"], reply["valid"]) == (speech, "Good morning.", True)
            assert "reply_text" not in reply


@pytest.mark.lab("C6")
async def test_a_question_is_not_repeated_while_its_answer_is_still_arriving(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = desk.member()
    desk.said(ada)
    desk.asked(ada)
    await get(desk, ada)
    arriving, rest = asyncio.Event(), asyncio.Event()
    loop, begin = asyncio.get_running_loop(), ReceivingPosts.begin

    def noted(posts: ReceivingPosts, account_id: AccountId) -> Any:
        loop.call_soon_threadsafe(arriving.set)
        return begin(posts, account_id)

    monkeypatch.setattr(ReceivingPosts, "begin", noted)

    async def slowly() -> AsyncGenerator[bytes]:
        yield b'--cut\r\nContent-Disposition: form-data; name="text"\r\n\r\nyes\r\n'
        yield b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n1,2'
        await rest.wait()
        yield b"\r\n--cut--\r\n"

    async with desk.http(ada) as http:
        path = f"/users/{ada.user_id}/inner_chat_with_file"
        form = {"content-type": "multipart/form-data; boundary=cut"}
        post = asyncio.create_task(http.post(path, content=slowly(), headers=form))
        await arriving.wait()
        poll = asyncio.create_task(got(http, ada))
        await desk.until_waiting(ada)
        await asyncio.sleep(HOLD * 2)
        rest.set()
        assert not (await poll)["valid"], "the answer arrived while the request was held"
        assert (await post).headers["x-message-effect"] == "answered"


@pytest.mark.lab("C5")
async def test_a_question_that_is_open_again_comes_at_once_and_says_why(desk: Desk, held: list[str]) -> None:
    ada = desk.member()
    desk.said(ada)
    asked = desk.asked(ada)
    await get(desk, ada)
    assert desk.do(lambda tx: questions.pend(tx, asked))
    assert not (await get(desk, ada))["valid"], "its spoken answer is being understood"
    desk.do(lambda tx: questions.reopen(tx, asked, "speech_not_recognised"))
    held.clear()
    again = await get(desk, ada)
    assert held == []
    assert (again["message_id"], again["error"].partition(":")[0]) == (asked.message_id, "speech_not_recognised")
    began = time.monotonic()
    assert (await get(desk, ada))["message_id"] == asked.message_id
    assert time.monotonic() - began >= HOLD
    assert desk.said(ada, "yes").effect == "answered"
