"""A reply that is spoken is complete when its sound was played, or when nobody plays it any more (Glow 6.8.5)."""

import asyncio
import contextlib
from collections.abc import Sequence

from parlour.conversations.facts import ReplySpoken
from parlour.conversations.rooms import voice_room
from parlour.conversations.spoken import ledger, sessions
from parlour.events.facts import fact_of
from parlour.events.pump import Pump
from parlour.kernel.ids import ChatId, MessageId
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx

LOOK_SECONDS = 2.0


class _Spoken:
    """A reader that waits for the end of a reply's sound."""

    def __init__(self, message_id: MessageId) -> None:
        self._message_id = message_id
        self.told = asyncio.Event()

    def offer(self, event: Logged, rooms: Sequence[tuple[str, int]]) -> None:
        if event.kind == ReplySpoken.__name__:
            spoken = fact_of(event)
            if isinstance(spoken, ReplySpoken) and spoken.message_id == self._message_id:
                self.told.set()


async def until_spoken(database: Database, pump: Pump, chat_id: ChatId, message_id: MessageId) -> None:
    """Return when a reply was spoken, or its voice session is dead. The ledger decides; the room only wakes."""
    spoken = _Spoken(message_id)
    room = voice_room(chat_id)
    pump.join(room, spoken)
    try:
        while await database.read(lambda tx: is_being_spoken(tx, chat_id, message_id)):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await spoken.told.wait()
                return
    finally:
        pump.leave(room, spoken)


def is_being_spoken(tx: Tx, chat_id: ChatId, message_id: MessageId) -> bool:
    """Whether a live session has this reply to speak."""
    heard = ledger.speaking(tx, message_id)
    return heard is not None and sessions.is_live(tx, heard.session_id, chat_id)


def give_up_speaking(tx: Tx, message_id: MessageId, text: str) -> None:
    """A reply ends otherwise than by its sound: its ledger row, if it is open, says so."""
    heard = ledger.speaking(tx, message_id)
    if heard is not None:
        ledger.abandon(tx, heard, text)
