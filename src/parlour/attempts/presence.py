"""Who is in a chat's room at this moment: the owner's devices, and staff who watch.

Rows are the business of `events.presence`; here is what they mean for a chat, and who is told
when it changes: the room `presence:<chat_id>`, and only if somebody is in it. Servers that change
the same chat at once take turns, so that what was said last is what is so.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from parlour.accounts import actions as accounts
from parlour.attempts import access
from parlour.conversations import actions as conversations
from parlour.conversations.rooms import chat_of_room, chat_room, presence_room
from parlour.events import presence as rows
from parlour.events.facts import fact
from parlour.events.presence import Present
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, ChatId
from parlour.storage.tx import Tx

Part = Literal["owner", "staff"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody in a chat's room, with how many connections."""

    profile_id: AccountId
    name: str
    part: Part
    connections: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatPresence:
    """Who is in a chat's room: its owner, then who watches."""

    chat_id: ChatId
    people: tuple[Person, ...]


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class PresenceChanged:
    """Who is in a chat's room from now on."""

    chat_id: ChatId
    people: tuple[Person, ...]


def enter(tx: Tx, present: Present, rooms: Iterable[str]) -> None:
    """A connection is in these rooms, in this order: who begins to watch is not told that it came itself.

    Being there already changes nothing.
    """
    for room in rooms:
        if rows.enter(tx, present, room):
            say_changed(tx, [room])


def leave(tx: Tx, connection_id: str, rooms: Iterable[str]) -> None:
    """A connection is not in these rooms any more."""
    say_changed(tx, [room for room in rooms if rows.leave(tx, connection_id, room)])


def gone(tx: Tx, connection_id: str) -> None:
    """A connection has ended."""
    say_changed(tx, rows.gone(tx, connection_id))


def say_changed(tx: Tx, rooms: Sequence[str]) -> None:
    """Tell who watches these rooms, where they are chats', who is in them now. Of a deleted chat nothing is told."""
    chats = sorted(filter(None, map(chat_of_room, rooms)))
    if len(chats) > 1:  # as many as a server had that died
        watched = rows.occupied(tx, [presence_room(chat_id) for chat_id in chats])
        chats = [chat_id for chat_id in chats if presence_room(chat_id) in watched]
    for chat_id in chats:
        watch = presence_room(chat_id)
        if rows.lock(tx, watch) and conversations.chat(tx, chat_id) is not None:
            tx.announce([watch], PresenceChanged(chat_id=chat_id, people=people(tx, chat_id)))


def people(tx: Tx, chat_id: ChatId) -> tuple[Person, ...]:
    """Who is in a chat's room: its owner, then who watches in the order of coming."""
    chat = conversations.chat(tx, chat_id)
    if chat is None:
        return ()
    found = [
        Person(
            profile_id=account_id,
            name=account.name if (account := accounts.account_by_id(tx, account_id)) else "",
            part="owner" if account_id == chat.account_id else "staff",
            connections=connections,
        )
        for account_id, connections in rows.counts(tx, chat_room(chat_id)).items()
    ]
    return tuple(sorted(found, key=lambda person: person.part))


def presence_in(tx: Tx, actor: Actor, chat_id: str) -> ChatPresence:
    """The same for somebody who may read the chat; raises `not_found`."""
    chat = access.chat_to_read(tx, actor, chat_id).chat
    return ChatPresence(chat_id=chat.id, people=people(tx, chat.id))
