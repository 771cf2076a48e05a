"""P3: several people's commands at once, over several processes: rooms without holes, everybody's order kept."""

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
from tests.promises.waiting import eventually

WRITERS = 4
ROUNDS = 40
CHATS = 8


async def send(client: Client, event: str, payload: dict[str, object], answers: list[Any]) -> None:
    """Send a command without waiting; its answer comes to `answers`."""
    await client.io.emit(event, payload, callback=answers.append)


def seqs(client: Client, room: str) -> list[int]:
    """The numbers of a room's entries, in the order of arrival."""
    metas = [args[0]["_meta"] for _, args in client.heard]
    return [at["seq"] for meta in metas for at in (meta, *meta.get("also", ())) if at.get("room") == room]


async def all_in_one_chat(writers: Sequence[Client], attempt: str, chat: str) -> list[list[Any]]:
    """Everybody sends messages, and stops for the answers, without waiting: each writer's acknowledgements."""
    named = {"attempt_id": attempt, "chat_id": chat}
    said: list[list[Any]] = [[] for _ in writers]
    stopped: list[Any] = []
    for number in range(ROUNDS):
        for n, writer in enumerate(writers):
            await send(writer, "attempt_message", {**named, "message": f"{n} says {number}"}, said[n])
            await send(writer, "attempt_stop", {"chat_id": chat}, stopped)
    expected = ROUNDS * len(writers)
    await eventually(lambda: len(stopped) == sum(map(len, said)) == expected, 60)
    return said


async def one_in_many_chats(writer: Client, reader: Client, practice: str) -> list[str]:
    """One client sends messages to its chats in turn without waiting, and the reader joins them: what was sent."""
    chats = [await writer.start_practice(practice) for _ in range(CHATS)]
    for _, chat in chats:
        await reader.ok("attempt_join", {"chat_id": chat})
    answers: list[Any] = []
    sent = [f"in turn {number}" for number in range(ROUNDS)]
    for number, text in enumerate(sent):
        attempt_id, chat_id = chats[number % CHATS]
        payload: dict[str, object] = {"attempt_id": attempt_id, "chat_id": chat_id}
        await send(writer, "attempt_message", {**payload, "message": text}, answers)
        await send(writer, "attempt_stop", payload, [])
    await eventually(lambda: len(answers) == ROUNDS, 60)
    return sent


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
            said = await all_in_one_chat(writers, attempt, chat)
            sent = await one_in_many_chats(watchers[0], watchers[1], practice)
            head = (await watchers[0].ok("attempt_join", {"chat_id": chat}))["seq"]
            await eventually(lambda: all(max(seqs(each, f"chat:{chat}"), default=0) >= head for each in watchers))
            accepted = sum(ack["ok"] for answers in said for ack in answers)
            heard = watchers[1].heard
            await eventually(lambda: sum(name == "attempt_user_complete" for name, _ in heard) == accepted + len(sent))
    for watcher in watchers:
        assert seqs(watcher, f"chat:{chat}") == list(range(1, head + 1))
    in_chat = [payload["content"] for payload in watchers[1].payloads("attempt_user_complete", chat_id=chat)]
    for n, answers in enumerate(said):
        expected = [f"{n} says {number}" for number, ack in enumerate(answers) if ack["ok"]]
        assert [text for text in in_chat if text.startswith(f"{n} ")] == expected
        assert {ack["error"]["code"] for ack in answers if not ack["ok"]} <= {"turn_in_progress"}
    assert len(in_chat) == accepted
    everywhere = [payload["content"] for payload in watchers[1].payloads("attempt_user_complete")]
    assert [text for text in everywhere if text in sent] == sent
    assert holes(site.database()) == 0
    where = "2 web processes and a worker" if store == "postgresql" else "one server"
    figure(
        "P3",
        f"{where}, {WRITERS} senders in one chat: {accepted} messages among {head} entries, 0 holes, 0 out of order for"
        f" 2 readers; {ROUNDS} messages of one client over {CHATS} chats: 0 out of order",
    )
