"""200 attempts whose time is up at the same moment: each is closed, graded and followed, and told in order."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from parlour.accounts import actions as accounts
from parlour.attempts import actions as attempts
from parlour.attempts.actions import Starting
from parlour.conversations import actions as conversations
from parlour.conversations.actions import Learner
from parlour.storage.tx import Tx
from tests.conftest import STORES, make_site
from tests.harness.site import until
from tests.wire.timed import Timed, timed

ATTEMPTS = 200


@pytest.fixture(params=STORES)
def hall(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Timed]:
    """A server of one test's own, whose clock the test moves."""
    with timed(make_site(request.param, tmp_path, request)) as made:
        yield made


def begin(tx: Tx, hall: Timed) -> list[str]:
    """So many attempts of one learner, in each of which something was said: their first chats."""
    actor = accounts.actor_by_id(tx, hall.site.ids["learner"])
    assert actor is not None
    chats: list[str] = []
    for _ in range(ATTEMPTS):
        started = attempts.start(tx, actor, Starting(kind="home", entry_id=hall.entries["hour"]))
        assert started.chat_id is not None
        said = Learner(text="What happened to you?")
        query, reply = conversations.add_exchange(tx, started.chat_id, said, replier_id=None)
        conversations.store_exchange(tx, query, reply, conversations.fence_of(reply.id, 1))
        conversations.complete_reply(tx, reply.id, "complete")
        chats.append(started.chat_id)
    return chats


@pytest.mark.timeout(300)
@pytest.mark.case(66, 68)
async def test_limits_that_pass_at_once_are_all_kept(hall: Timed) -> None:
    async with hall.client() as client:
        chats = hall.site.write(lambda tx: begin(tx, hall))
        hall.clock.go_to(max(hall.chat(chats[-1])["expires_at"], hall.chat(chats[0])["expires_at"]))
        ungraded = (
            "SELECT count(*) AS n FROM chats c WHERE c.position = 0 AND NOT EXISTS"
            " (SELECT 1 FROM grades g WHERE g.chat_id = c.id AND g.state = 'done')"
        )
        await asyncio.to_thread(until, lambda: hall.site.write(lambda tx: tx.one(ungraded)["n"]) == 0, 240.0, 0.25)
        for chat in chats:
            await client.wait_for("attempt_graded", chat_id=chat)
        order: dict[str, list[str]] = {chat: [] for chat in chats}
        attempt_of: dict[str, str] = {}
        for name, args in client.heard:
            said = args[0]
            if name == "attempt_chat_ended":
                attempt_of[said["attempt_id"]] = said["chat_id"]
            chat = said.get("chat_id")
            if name in ("attempt_chat_started", "attempt_started"):
                chat = attempt_of.get(said["attempt_id"])
            if chat in order and name in (
                "attempt_chat_ended",
                "attempt_chat_started",
                "attempt_started",
                "attempt_graded",
            ):
                order[chat].append(name)
        assert all(names[0] == "attempt_chat_ended" for names in order.values())
        assert {len(names) for names in order.values()} == {3}
        assert all(names.count("attempt_graded") == 1 for names in order.values())
