"""P3: several people's commands at once, over several processes: rooms without holes, everybody's order kept."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import STORES, make_site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery
from tests.promises.test_killed_messages import holes

WRITERS = 4
ROUNDS = 40
CHATS = 8


async def send(client: Client, event: str, payload: dict[str, object], answers: list[Any]) -> None:
    """Send a command without waiting; its answer comes to `answers`."""
    await client.io.emit(event, payload, callback=answers.append)


async def all_answered(counts: Sequence[tuple[list[Any], int]]) -> None:
    async with asyncio.timeout(60):
        while any(len(answers) < count for answers, count in counts):
            await asyncio.sleep(0.02)


def seqs(client: Client, room: str) -> list[int]:
    """The numbers of a room's entries, in the order of arrival."""
    metas = [args[0]["_meta"] for _, args in client.heard]
    return [at["seq"] for meta in metas for at in (meta, *meta.get("also", ())) if at.get("room") == room]


@pytest.mark.promise("P3")
@pytest.mark.parametrize("store", STORES)
async def test_a_room_has_no_holes_and_everybodys_messages_are_in_the_order_sent(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    practice, token = next(iter(site.practices.values())), site.tokens["learner"]
    with Nursery(site) as nursery:
        urls = nursery.deployment()
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(Client(urls[n % 2], token)) for n in range(WRITERS + 2)]
            writers, watchers = clients[:WRITERS], clients[WRITERS:]
            attempt, chat = await writers[0].start_practice(practice)
            for watcher in watchers:
                await watcher.ok("attempt_join", {"chat_id": chat, "since": 0})
            named = {"attempt_id": attempt, "chat_id": chat}
            said: list[list[Any]] = [[] for _ in writers]
            stopped: list[Any] = []
            for number in range(ROUNDS):
                for n, writer in enumerate(writers):
                    await send(writer, "attempt_message", {**named, "message": f"{n} says {number}"}, said[n])
                    await send(writer, "attempt_stop", {"chat_id": chat}, stopped)
            await all_answered([*((answers, ROUNDS) for answers in said), (stopped, ROUNDS * WRITERS)])
            own = [await watchers[0].start_practice(practice) for _ in range(CHATS)]
            for _, one in own:
                await watchers[1].ok("attempt_join", {"chat_id": one})
            spread: list[Any] = []
            sent: list[str] = []
            for number in range(ROUNDS):
                attempt_id, chat_id = own[number % CHATS]
                payload: dict[str, object] = {"attempt_id": attempt_id, "chat_id": chat_id}
                sent.append(f"in turn {number}")
                await send(watchers[0], "attempt_message", {**payload, "message": sent[-1]}, spread)
                await send(watchers[0], "attempt_stop", payload, [])
            await all_answered([(spread, ROUNDS)])
            head = (await watchers[0].ok("attempt_join", {"chat_id": chat}))["seq"]
            async with asyncio.timeout(20):
                while any(max(seqs(watcher, f"chat:{chat}"), default=0) < head for watcher in watchers):
                    await asyncio.sleep(0.02)
                while len(watchers[1].payloads("attempt_user_complete")) < len(sent):
                    await asyncio.sleep(0.02)
    for watcher in watchers:
        assert seqs(watcher, f"chat:{chat}") == list(range(1, head + 1))
    heard = [payload["content"] for payload in watchers[1].payloads("attempt_user_complete", chat_id=chat)]
    accepted = 0
    for n, answers in enumerate(said):
        expected = [f"{n} says {number}" for number, ack in enumerate(answers) if ack["ok"]]
        assert [text for text in heard if text.startswith(f"{n} ")] == expected
        assert {ack["error"]["code"] for ack in answers if not ack["ok"]} <= {"turn_in_progress"}
        accepted += len(expected)
    assert accepted == len(heard)
    in_turn = [payload["content"] for payload in watchers[1].payloads("attempt_user_complete")]
    assert [text for text in in_turn if text in sent] == sent
    assert holes(site.database()) == 0
    where = "2 web processes and a worker" if store == "postgresql" else "one server"
    figure(
        "P3",
        f"{where}, {WRITERS} senders in one chat: {accepted} messages among {head} entries, 0 holes, 0 out of order for"
        f" 2 readers; {ROUNDS} messages of one client over {CHATS} chats: 0 out of order",
    )
