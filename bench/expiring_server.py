"""Parlour with attempts whose time runs out, all at the same moment, beside chats that stream.

The owner of every such attempt has said something and is connected, so that each chat is closed, has its
grade made, and is followed by the next one. `figures` tells how late each was closed by the server's clock.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.control import Json, Seat, serve
from bench.parlour_seed import HOUR_SECONDS, Room
from bench.parlour_server import BUILD, Subject, seat_of
from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.attempts import actions as attempts
from parlour.attempts.actions import Starting
from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import publish
from parlour.conversations import actions as conversations
from parlour.conversations.actions import Learner
from parlour.kernel.ids import ChatId
from parlour.storage.tx import Tx

LEVELS = [{"points": 0, "name": "No"}, {"points": 2, "name": "Yes"}]
SIGNALS = {"good_moves": ["open-question"], "enough": 1}


def write_timed_bundle(folder: Path, seconds: int) -> Path:
    """A pack with a training of two scenarios, each with this limit and a rubric."""
    group = {"name": "Asking", "points": 2, "pass_points": 1, "standards": LEVELS, "signals": SIGNALS}
    pack = {
        "pack": {"id": "expiry", "name": "Expiry"},
        "personas": {"echo": {"name": "Echo", "instructions": "You answer at once."}},
        "scenarios": {each: {"name": each, "personas": ["echo"]} for each in ("one", "two")},
        "rubrics": {"small": {"name": "Small", "total_points": 2, "pass_points": 1, "groups": {"asking": group}}},
        "simulations": {
            "timed": {"name": "Timed", "scenarios": [{"scenario": s, "rubric": "small"} for s in ("one", "two")]}
        },
        "home": {
            "timed": {"name": "Timed", "simulation": "timed", "everyone": True, "settings": {"time_limit": seconds}}
        },
    }
    path = folder / "expiry.yaml"
    path.write_text(json.dumps(pack))
    return path


def open_timed(tx: Tx, file: Path, count: int) -> list[Room]:
    """That many attempts, each of a learner of its own who has said something."""
    [home] = publish(tx, load_bundle(file)).home_ids
    rooms: list[Room] = []
    for number in range(count):
        made = accounts.create_account(tx, NewAccount(user_id=f"timed-{number}", name=f"Timed {number}"))
        actor = accounts.actor_by_id(tx, made.account_id)
        if actor is None:
            raise LookupError(made.user_id)
        started = attempts.start(tx, actor, Starting(kind="home", entry_id=home))
        if started.chat_id is None:
            raise LookupError(f"{made.user_id} has no chat")
        said = Learner(text="What happened to you?")
        query, reply = conversations.add_exchange(tx, started.chat_id, said, replier_id=None)
        conversations.store_exchange(tx, query, reply, conversations.fence_of(reply.id, 1))
        conversations.complete_reply(tx, reply.id, "complete")
        token = accounts.issue_session(tx, made.account_id, "session", "bench", HOUR_SECONDS)
        rooms.append(Room(token=token, attempt_id=started.attempt_id, chat_id=ChatId(started.chat_id)))
    return rooms


class Expiring(Subject):
    """The server; `open` makes the rooms that stream, then those whose time runs out."""

    def __init__(self, folder: Path, upstream: str, model: str, timed: tuple[int, int]) -> None:
        super().__init__(folder, upstream, model)
        self._timed = timed

    async def open(self, rooms: int) -> Sequence[Seat]:
        """Seats in the chats that stream, then in the others, whose clocks start now."""
        streaming = await super().open(rooms)
        count, seconds = self._timed
        file = write_timed_bundle(self.folder, seconds)
        return [
            *streaming,
            *(seat_of(room) for room in await self.parlour.database.write(lambda tx: open_timed(tx, file, count))),
        ]

    async def figures(self) -> Json:
        """How late the first chats were closed, in ms; how many have no grade yet and how many were followed by
        the next one; and the ms since the limit."""

        def read(tx: Tx) -> Json:
            late = tx.all(
                "SELECT completed_at - expires_at AS late FROM chats WHERE expires_at IS NOT NULL AND position = 0"
                " AND completed_at IS NOT NULL"
            )
            ungraded = tx.one(
                "SELECT count(*) AS n FROM chats c WHERE c.expires_at IS NOT NULL AND c.position = 0"
                " AND NOT EXISTS (SELECT 1 FROM grades g WHERE g.chat_id = c.id AND g.state = 'done')"
            )
            followed = tx.one("SELECT count(*) AS n FROM chats WHERE expires_at IS NOT NULL AND position = 1")
            limit = tx.one("SELECT max(expires_at) AS at FROM chats WHERE expires_at IS NOT NULL AND position = 0")
            return {
                "since_ms": tx.now_ms - limit["at"] if limit else 0,
                "late_ms": [row["late"] for row in late],
                "ungraded": ungraded["n"] if ungraded else 0,
                "followed": followed["n"] if followed else 0,
            }

        return await self.parlour.database.read(read)


def main() -> None:
    """Run until the harness closes standard input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--model", default="")
    parser.add_argument("--attempts", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=10)
    chosen = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="bench-") as folder:
        serve(Expiring(Path(folder), chosen.upstream, chosen.model, (chosen.attempts, chosen.seconds)))


if __name__ == "__main__":
    main()
