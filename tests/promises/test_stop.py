"""P10: an answer that is stopped at any moment, through any process, ends there and keeps what was said."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.conftest import STORES, make_site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery

CHATS = 6
STOPS_EACH = 10
PIECES_PER_SECOND = 150
LONGEST_SECONDS = 0.6


async def stopped_often(speaker: Client, stopper: Client, practice: str, seed: int) -> None:
    """In a chat of its own: say something, have the answer stopped after a while by the other connection."""
    chance = random.Random(seed)
    attempt, chat = await speaker.start_practice(practice)
    for number in range(STOPS_EACH):
        text = f"What have you tried so far, and where are you stuck? {number}"
        ack = await speaker.ok("attempt_message", {"attempt_id": attempt, "chat_id": chat, "message": text})
        await asyncio.sleep(chance.uniform(0, LONGEST_SECONDS))
        await stopper.ok("attempt_stop", {"chat_id": chat})
        await speaker.wait_for("attempt_assistant_complete", message_id=ack["assistant_message_id"])


@pytest.mark.promise("P10")
@pytest.mark.parametrize("store", STORES)
async def test_after_a_stop_no_text_follows_and_the_partial_stays(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    practice, token = next(iter(site.practices.values())), site.tokens["learner"]
    with Nursery(site) as nursery:
        urls = nursery.deployment(scripted_pieces_per_second=PIECES_PER_SECOND)
        async with Client(urls[0], token) as speaker, Client(urls[1], token) as stopper:
            await asyncio.gather(*(stopped_often(speaker, stopper, practice, seed) for seed in range(CHATS)))
            await asyncio.sleep(0.5)
        heard = speaker.heard
        rows = site.database().read_here(lambda tx: tx.all("SELECT * FROM messages WHERE type = 'response'"))
    stored = {row["id"]: (row["state"], row["content"]) for row in rows}
    said: dict[str, str] = dict.fromkeys(stored, "")
    ended: dict[str, tuple[str, str]] = {}
    after = 0
    for name, (payload, *_) in heard:
        if name == "attempt_progress":
            after += payload["message_id"] in ended
            said[payload["message_id"]] += payload["content"]
        elif name == "attempt_assistant_complete":
            ended[payload["message_id"]] = (payload["status"], payload["content"])
    partial = [content for status, content in ended.values() if status == "stopped" and content]
    stops = sum(status == "stopped" for status, _ in ended.values())
    assert after == 0
    assert ended == stored
    assert said == {message_id: content for message_id, (_, content) in ended.items()}
    assert len(ended) == CHATS * STOPS_EACH
    assert len(partial) > CHATS
    assert site.database().read_here(lambda tx: tx.all("SELECT id FROM jobs")) == []
    through = ", each through another process than the one that heard it" if store == "postgresql" else ""
    figure(
        "P10",
        f"{stops} answers stopped at random moments{through}: {after} pieces of text afterwards,"
        f" {len(partial)} partial texts kept letter by letter",
    )
