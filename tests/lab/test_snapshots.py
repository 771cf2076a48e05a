"""A snapshot and the events after its cursor make a later snapshot, for everything that can happen (case H3);
what a shortened log still tells (H5, 12)."""

import asyncio
import random
from collections.abc import Iterator
from typing import Any

import pytest

from parlour.assistant.entities import LabMessageId, Reference, TurnId
from parlour.assistant.facts import LabTextAdded, LabTurnFinished
from parlour.assistant.mailbox import actions as mailbox
from parlour.assistant.mailbox.compacting import compact_turns, merged
from parlour.conversations.rooms import lab_room
from parlour.events import log
from parlour.events.compaction import prune
from parlour.kernel.ids import AccountId
from parlour.settings.lab import Lab, LabLimits
from tests.harness.site import Site
from tests.lab.desk import Desk, desk_on
from tests.lab.house import Member
from tests.lab.listening import Stream, numbers, without_gap

MESSAGE = (
    *("message_id", "order", "role", "kind", "text", "author_id", "created_at", "turn_id", "question_id", "files"),
    *("speech", "references", "references_detail", "extra_info", "error", "read"),
)


@pytest.fixture(scope="module")
def desk(lab_site: Site) -> Iterator[Desk]:
    """A server whose assistant is the test."""
    limits = LabLimits(requests_per_second_max=1000, requests_burst_max=1000, response_hold_ms=10)
    with desk_on(lab_site, lab=Lab(limits=limits)) as made:
        yield made


async def snapshot(desk: Desk, member: Member) -> dict[str, Any]:
    """`GET /users/{id}/conversation`, as much of it as events tell."""
    async with desk.http(member) as http:
        answer = await http.get(f"/users/{member.user_id}/conversation", params={"limit": 200})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return {
        "conversation_id": found["conversation_id"],
        "state": found["state"],
        "queued": found["queued"],
        "turn_id": found["turn"] and found["turn"]["turn_id"],
        "question_id": found["question"] and found["question"]["question_id"],
        "messages": found["messages"],
        "cursor": f"{found['cursor']['epoch']}:{found['cursor']['seq']}",
    }


def follow(state: dict[str, Any], name: str, payload: dict[str, Any]) -> None:
    """What a client does with an event."""
    messages: list[dict[str, Any]] = state["messages"]
    if name == "message_added":
        messages.append({key: payload[key] for key in MESSAGE})
    elif name == "message_updated":
        state["messages"] = [
            {key: payload[key] for key in MESSAGE} if each["message_id"] == payload["message_id"] else each
            for each in messages
        ]
    elif name == "reply_read":
        for each in messages:
            each["read"] = each["read"] or each["message_id"] == payload["message_id"]
    elif name == "turn_started":
        state["turn_id"] = payload["turn_id"]
    elif name == "turn_finished" and state["turn_id"] == payload["turn_id"]:
        state["turn_id"] = None
    elif name == "question_asked":
        state["question_id"] = payload["question_id"]
    elif name in ("question_answered", "question_expired", "question_cancelled"):
        state["question_id"] = None
    elif name == "history_cleared":
        state["conversation_id"], state["messages"] = payload["conversation_id"], []
    elif name == "state_changed":
        state["state"], state["queued"] = payload["state"], payload["queued"]
    state["cursor"] = f"{payload['epoch']}:{payload['seq']}"


async def happens(desk: Desk, member: Member, dice: random.Random) -> None:
    """One thing that can happen now."""
    path = f"/users/{member.user_id}"
    now = await snapshot(desk, member)
    chance = dice.random()
    async with desk.http(member) as http:
        if chance < 0.1:
            assert (await http.get(f"{path}/response", params={"wait": 0})).status_code == 200
        elif chance < 0.15:
            assert (await http.post(f"{path}/clear_history", json={"forget": chance < 0.12})).status_code == 200
        elif chance < 0.3:
            assert (await http.post(f"{path}/cancel", json={"queue": chance < 0.2})).status_code == 200
        elif now["state"] == "IDLE" or chance < 0.4:
            assert (await http.post(f"{path}/chat_text", json={"text": "go on"})).status_code == 200
        elif now["question_id"]:
            assert (await http.post(f"{path}/inner_chat_text", json={"text": "yes"})).status_code == 200
        elif chance < 0.7:
            desk.asked(member, dice.choice(["authorize", "collect"]))
        else:
            desk.finished(member, "done", (Reference(ref_type="web", title="A record", url="https://arxiv.org/abs/1"),))


@pytest.mark.lab("H3")
async def test_a_snapshot_and_the_events_after_it_are_a_later_snapshot(desk: Desk) -> None:
    dice = random.Random(5)
    ada = desk.member()
    desk.said(ada)
    state = await snapshot(desk, ada)
    stream = Stream(desk, ada)
    stream.cursor = state["cursor"]
    await stream.open()
    taken = 0
    try:
        for _ in range(80):
            await happens(desk, ada, dice)
            later = await snapshot(desk, ada)
            seq = int(later["cursor"].rpartition(":")[2])
            if later["cursor"] != stream.cursor:
                await _until_seq(stream, seq)
            while (
                taken < len(stream.heard) and stream.heard[taken][1]["seq"] <= seq
            ):  # some are told after the snapshot
                follow(state, *stream.heard[taken])
                taken += 1
            assert state == later
    finally:
        await stream.cut()
    assert {name for name, _ in stream.heard} >= {"history_cleared", "question_cancelled", "reply_read", "turn_started"}


async def _until_seq(stream: Stream, seq: int) -> None:
    """Return when the stream has come so far."""
    async with asyncio.timeout(60):
        while not stream.heard or stream.heard[-1][1]["seq"] < seq:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def test_pieces_in_one_have_the_effect_of_all() -> None:
    pieces = [piece(0, "Once upon"), piece(9, " a time"), piece(4, "more"), piece(0, "No. "), piece(4, "Twice.")]
    assert merged(pieces) == (0, "No. Twice.")
    assert merged(pieces[1:3]) == (4, "more")


def piece(start: int, text: str, account: str = "a", turn: str = "t") -> LabTextAdded:
    """A piece of streamed text."""
    return LabTextAdded(
        account_id=AccountId(account), turn_id=TurnId(turn), message_id=LabMessageId("m"), start=start, text=text
    )


@pytest.mark.lab("H5")
async def test_a_shortened_log_tells_the_same_text_without_a_gap(desk: Desk) -> None:
    ada = desk.member()
    account, room = AccountId(ada.account_id), lab_room(ada.account_id)
    turn = desk.said(ada).turn_id
    for start, text in ((0, "One "), (4, "two "), (0, "Uno "), (4, "dos "), (8, "tres")):
        said = piece(start, text, account, turn)
        desk.do(lambda tx, said=said: tx.announce([room], said))
    desk.do(lambda tx: tx.announce([room], LabTurnFinished(account_id=account, turn_id=turn, state="done", error=None)))
    epoch = desk.read(lambda tx: log.room_head(tx, room)).epoch
    desk.here.run(compact_turns(desk.parlour.database, -1))
    stream = Stream(desk, ada)
    stream.cursor = f"{epoch}:0"
    await stream.open()
    await stream.until("turn_finished")
    payloads = [payload for _, payload in stream.heard]
    assert without_gap(payloads)
    told = stream.named("text_delta")
    assert [(each["from"], each["text"]) for each in told] == [(0, "Uno dos tres")]
    assert len(numbers(told)) == 5
    await stream.cut()
    middle = Stream(desk, ada)
    middle.cursor = f"{epoch}:{told[0]['seq'] - 1}"
    await middle.open()
    assert (await middle.until("text_delta"))["text"] == "Uno dos tres"
    await middle.cut()
    desk.finished(ada)
    assert desk.here.run(prune(desk.parlour.database, "lab:", -1)) > 0
    old = Stream(desk, ada)
    old.cursor = f"{epoch}:1"
    await old.open()
    assert (await old.until("resync"))["epoch"] == epoch
    await old.cut()
    assert desk.do(mailbox.lapse_claims) == 0
