"""P9 of voice: everything that can happen to a voice session happens at once, in every order that chance finds.

The daily run is short; `PARLOUR_TEST_VOICE_SECONDS=120` makes it longer, `PARLOUR_TEST_VOICE_SEED` another one.
"""

import asyncio
import logging
import os
import random
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from parlour.attempts import actions as attempts
from parlour.attempts.actions import Starting
from parlour.attempts.voice import acts, recovering
from parlour.attempts.voice.holders import SOUND_RATE
from parlour.catalog import actions as catalog
from parlour.conversations.spoken import sessions
from parlour.kernel.ids import ChatId
from parlour.kernel.refusals import Refusal
from parlour.providers.speech.scripted import tone
from tests.promises.figures import Figure
from tests.promises.voice_record import unsettled, wrongs
from tests.unit.voice_hall import GUARD_SECONDS, Client, Hall, crash, murmur, open_voice, quiet

SECONDS = float(os.environ.get("PARLOUR_TEST_VOICE_SECONDS", "1"))
SEED = int(os.environ.get("PARLOUR_TEST_VOICE_SEED", "6"))
REPLIES = ("Yes.", "I read the book. It was long.", "One. Two. Three. Four. Five. Six. Seven.", "")
SEATS = ("c1", "c2", "c3")
FORESEEN = {"turn_in_progress", "chat_completed", "not_found", "unavailable"}
LEASE_MS = 1_000
SHORT_SECONDS = 0.3
LIFE_SECONDS = 2.0


@dataclass
class Storm:
    """What chance does in one chat, and who was told what."""

    hall: Hall
    chance: random.Random
    number: int = 0
    clients: list[Client] = field(default_factory=list[Client])
    held: dict[str, Client] = field(default_factory=dict[str, Client])
    left: set[int] = field(default_factory=set[int])
    did: Counter[str] = field(default_factory=Counter[str])
    typed: int = 0
    refused: list[str] = field(default_factory=list[str])

    async def blow(self, seconds: float) -> None:
        """Do this and that, several things at once."""
        doings: dict[Callable[[], Awaitable[object]], int] = {
            self.open: 3, self.say: 6, self.stammer: 3, self.cough: 2, self.mute: 3, self.close: 2, self.leave: 1,
            self.type: 2, self.stop: 2, self.report: 2, self.stall: 1, self.open_twice: 1,
        }  # fmt: skip
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            some = self.chance.choices(list(doings), list(doings.values()), k=self.chance.choice((1, 1, 2, 3)))
            for each in some:
                self.did[each.__name__] += 1
            await asyncio.gather(*(each() for each in some))
            await asyncio.sleep(self.chance.choice((0, 0, 0.01, 0.05, 0.2)))

    async def open(self) -> None:
        """A connection starts a session; it may have one."""
        seat = self.chance.choice(SEATS)
        client = self.hall.client(seat)
        desk = self.hall.desk
        if desk.holds(seat, self.hall.chat_id):
            client = self.held[seat]
        try:
            await desk.open(self.hall.actor, self.hall.chat_id, client)
        except Refusal as refusal:
            self.refused.append(refusal.code)
            return
        if client not in self.clients:
            self.clients.append(client)
        self.held[seat] = client

    async def open_twice(self) -> None:
        """It cannot wait for the answer."""
        seat = self.chance.choice(SEATS)
        client = self.held[seat] if self.hall.desk.holds(seat, self.hall.chat_id) else self.hall.client(seat)
        both = (self.hall.desk.open(self.hall.actor, self.hall.chat_id, client) for _ in range(2))
        found = await asyncio.gather(*both, return_exceptions=True)
        unforeseen = [each for each in found if isinstance(each, BaseException) and not isinstance(each, Refusal)]
        assert not unforeseen, unforeseen
        if any(not isinstance(each, BaseException) for each in found):
            self.clients += [client] if client not in self.clients else []
            self.held[seat] = client

    async def say(self) -> None:
        """A sentence nobody said before, with or without the pause after it."""
        self.number += 1
        pause = self.chance.choice((0, 300, 600, 1_500))
        await self.hall.speak(f"Say n{self.number}n now.", self.chance.choice(SEATS), pause_ms=pause)

    async def stammer(self) -> None:
        """Words without an end."""
        self.number += 1
        self.hall.hear(tone(f"and n{self.number}n", rate=SOUND_RATE), self.chance.choice(SEATS))

    async def cough(self) -> None:
        """No words."""
        self.hall.hear(murmur(self.chance.choice((60, 150, 400))) + quiet(400), self.chance.choice(SEATS))

    async def mute(self) -> None:
        """Push to talk, and let go, perhaps at once."""
        seat = self.chance.choice(SEATS)
        for muted in self.chance.choice(((True,), (False,), (True, False), (True, False, True, False))):
            self.hall.desk.mute(seat, self.hall.chat_id, muted)

    async def close(self) -> None:
        """Stop."""
        await self.hall.desk.close(self.chance.choice(SEATS), self.hall.chat_id)

    async def leave(self) -> None:
        """The connection is gone."""
        seat = self.chance.choice(SEATS)
        if seat in self.held:
            self.left.add(id(self.held.pop(seat)))
        self.hall.desk.left(seat)

    async def type(self) -> None:
        """In writing."""
        self.number += 1
        try:
            await self.hall.type(f"Written n{self.number}n.")
            self.typed += 1
        except Refusal as refusal:
            self.refused.append(refusal.code)

    async def stop(self) -> None:
        """Stop the answer."""
        await self.hall.stop_reply()

    async def report(self) -> None:
        """Of what was played, true or not."""
        seat = self.chance.choice(SEATS)
        if self.held.get(seat) and self.held[seat].sounds:
            message_id = self.held[seat].sounds[-1].message_id
            self.hall.desk.played(seat, self.hall.chat_id, message_id, self.chance.choice((0, 1, 80, 1_000, 10**9)))

    async def stall(self) -> None:
        """A client takes no sound for a while."""
        if self.held:
            client = self.chance.choice(list(self.held.values()))
            client.takes = False
            await asyncio.sleep(0.1)
            client.takes = True
        self.hall.model.reply = self.chance.choice(REPLIES)


async def settled(hall: Hall, chat_id: ChatId) -> None:
    """Wait until everything has ended."""
    async with asyncio.timeout(GUARD_SECONDS):
        while await hall.read(lambda tx: unsettled(tx, chat_id)):  # noqa: ASYNC110 (the store)
            await asyncio.sleep(0.05)


async def another_chat(hall: Hall) -> None:
    """A new chat to speak in."""
    entries = await hall.read(lambda tx: catalog.all_entries(tx, "practice"))
    entry = next(each for each in entries if each.templates[0].hints_enabled and not each.templates[0].use_custom)
    started = await hall.do(lambda tx: attempts.start(tx, hall.actor, Starting(kind="practice", entry_id=entry.id)))
    assert started.chat_id is not None
    hall.attempt_id, hall.chat_id = started.attempt_id, started.chat_id


def wrongly_told(client: Client, left: set[int]) -> list[str]:
    """What a connection was told of its sessions and should not have been, or was not told."""
    calls = [each for each in client.calls if each[0] != "failed"]
    open_ = False
    wrong: list[str] = []
    for name, *rest in calls:
        if name == "ended" and not open_ and rest == ["idle"]:
            wrong.append(f"ended {rest} before it was ready")
        open_ = name == "ready"
    if open_ and id(client) not in left:
        wrong.append(f"not told that it ended: {client.calls}")
    return wrong


def no_tracebacks(caplog: pytest.LogCaptureFixture) -> None:
    assert [
        record.getMessage() for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR
    ] == []


@pytest.mark.promise("P9")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("ends", ["stop", "end of the chat", "server stop", "crash"])
async def test_nothing_is_lost_doubled_or_left_open_in_a_storm(
    store_url: str,
    tmp_path: Path,
    figure: Figure,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    ends: str,
) -> None:
    monkeypatch.setattr(acts, "RECOVER_SECONDS", SHORT_SECONDS)
    monkeypatch.setattr(recovering, "RECOVER_SECONDS", SHORT_SECONDS)
    monkeypatch.setattr(recovering, "ALONE_SECONDS", SHORT_SECONDS)
    monkeypatch.setattr(sessions, "SESSION_LEASE_MS", LEASE_MS if ends == "crash" else sessions.SESSION_LEASE_MS)
    chance, did, spoken, lives = random.Random(f"{SEED} {ends}"), Counter[str](), 0, 0
    until = time.monotonic() + SECONDS
    async with open_voice(store_url, tmp_path) as hall:
        while lives == 0 or (time.monotonic() < until and ends != "server stop"):
            lives += 1
            storm = Storm(hall, chance)
            await storm.blow(min(LIFE_SECONDS, SECONDS))
            await end(hall, ends)
            await quiet_again(hall)
            await settled(hall, hall.chat_id)
            chat_id = hall.chat_id
            assert await hall.read(lambda tx, chat=chat_id: wrongs(tx, chat)) == []
            said = [message for message in await hall.messages() if message.type == "query"]
            marks = re.findall(r"n(\d+)n", " ".join(message.content for message in said))
            assert len(marks) == len(set(marks)), "something was said twice"
            assert len([each for each in said if each.item_id is None]) == storm.typed
            if ends != "crash":
                assert [wrong for client in storm.clients for wrong in wrongly_told(client, storm.left)] == []
            assert set(storm.refused) <= FORESEEN
            spoken += len(said)
            did += storm.did
            await another_chat(hall)
    no_tracebacks(caplog)
    assert not list((tmp_path / "spool").glob("*"))
    figure("P9", f"voice, {lives} storms and then {ends}: {did.total()} things done, {spoken} turns, 0 lost or doubled")


async def end(hall: Hall, ends: str) -> None:
    """How it ends."""
    match ends:
        case "stop":
            await asyncio.gather(*(hall.desk.close(seat, hall.chat_id) for seat in SEATS))
        case "end of the chat":
            await hall.end_chat()
        case "server stop":
            await hall.desk.stop()
        case _:
            crash(hall)


async def quiet_again(hall: Hall) -> None:
    """Every session is over."""
    async with asyncio.timeout(GUARD_SECONDS):
        while any(task.get_name() == "voice-session" for task in asyncio.all_tasks()):  # noqa: ASYNC110 (tasks of others)
            await asyncio.sleep(0.02)
    await hall.do(lambda _: None)  # what a dead session had begun to store comes before this
