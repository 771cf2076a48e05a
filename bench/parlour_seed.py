"""What Parlour's benchmarks need in its store: learners, each with a token and an open chat.

The chat is of a practice without hints, so that an answer is one request to the model.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.attempts import actions as attempts
from parlour.attempts.actions import Starting
from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import publish
from parlour.conversations.facts import TextAdded
from parlour.conversations.rooms import chat_room
from parlour.kernel.ids import ChatId, MessageId
from parlour.storage.tx import Tx

HOUR_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class Room:
    """An open chat, and what its learner says to get in."""

    token: str
    attempt_id: str
    chat_id: ChatId


def write_bundle(folder: Path, learners: Sequence[str]) -> Path:
    """A pack with one persona and one practice for these learners; JSON is YAML, too."""
    pack = {
        "pack": {"id": "bench", "name": "Benchmark"},
        "personas": {"echo": {"name": "Echo", "instructions": "You answer at once."}},
        "scenarios": {"talk": {"name": "Talk", "personas": ["echo"]}},
        "simulations": {"talking": {"name": "Talking", "scenarios": [{"scenario": "talk"}]}},
        "cohorts": {"all": {"name": "All", "simulations": ["talking"], "learners": list(learners)}},
        "practice": {
            "talking": {
                "name": "Talking",
                "simulation": "talking",
                "cohorts": ["all"],
                "settings": {"hints_enabled": False},
            }
        },
    }
    path = folder / f"bench-{len(learners)}.yaml"
    path.write_text(json.dumps(pack))
    return path


def open_rooms(tx: Tx, folder: Path, count: int) -> list[Room]:
    """That many new chats, each of a learner of its own (made when first needed)."""
    names = [f"bench-{number}" for number in range(count)]
    known = accounts.account_ids_by_user_ids(tx, names)
    for name in names:
        if name not in known:
            known[name] = accounts.create_account(tx, NewAccount(user_id=name, name=name)).account_id
    [practice] = publish(tx, load_bundle(write_bundle(folder, names))).practice_ids
    rooms: list[Room] = []
    for name in names:
        actor = accounts.actor_by_id(tx, known[name])
        if actor is None:
            raise LookupError(name)
        started = attempts.start(tx, actor, Starting(kind="practice", entry_id=practice))
        if started.chat_id is None:
            raise LookupError(f"{name} has no chat")
        token = accounts.issue_session(tx, actor.account_id, "session", "bench", HOUR_SECONDS)
        rooms.append(Room(token=token, attempt_id=started.attempt_id, chat_id=started.chat_id))
    return rooms


def say(tx: Tx, chat_id: ChatId, text: str) -> None:
    """One piece of a reply in a chat's log, as `turns` announces it."""
    fact = TextAdded(chat_id=chat_id, message_id=MessageId(chat_id), text=text, persona_id=None, content_idx=0)
    tx.announce([chat_room(chat_id)], fact)
