"""P1, P4 and P29 of voice: the server is killed, or told to stop, at every moment of spoken turns.

`PARLOUR_TEST_VOICE_KILLS=20` kills more often than the daily run does.
"""

import asyncio
import contextlib
import os
import random
import signal
from collections import Counter
from collections.abc import Generator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from socketio.exceptions import SocketIOError

from parlour.conversations.spoken import utterances
from parlour.conversations.spoken.entities import Utterance
from parlour.kernel.ids import ChatId
from parlour.providers.speech.scripted import read_tones, silence, tone
from tests.conftest import STORES, make_site
from tests.harness.constants import constants
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery
from tests.promises.voice_record import unsettled, wrongs
from tests.promises.waiting import eventually
from tests.wire.house import furnish
from tests.wire.voices import PLAYED_FASTER, RATE, SCRIPTED, Mouth, open_voice

KILLS = int(os.environ.get("PARLOUR_TEST_VOICE_KILLS", "1"))
SEED = int(os.environ.get("PARLOUR_TEST_VOICE_SEED", "6"))
ASKED = "What have you tried so far?"
SLOW = "This is the [engine slow] one."
CUT_IN = "Wait a moment please I have another question"
PRACTICE = "practice-nothints"
SESSIONS = 20
SHORT = {
    "parlour__attempts__voice__acts__RECOVER_SECONDS": 0.5,
    "parlour__attempts__voice__recovering__RECOVER_SECONDS": 0.5,
    "parlour__attempts__voice__recovering__ALONE_SECONDS": 0.3,
    "parlour__attempts__voice__desk__SESSION_BEAT_SECONDS": 0.5,
    "parlour__conversations__spoken__sessions__SESSION_LEASE_MS": 5_000,
}


@pytest.fixture(autouse=True)
def short_waits() -> Generator[None]:
    """What is recovered half a minute after a death is recovered a few seconds after it."""
    with constants(**SHORT):
        yield


class Scenes:
    """A chat for each moment in which a server may die, all in one server at once."""

    def __init__(self, site: Site, client: Client, chance: random.Random) -> None:
        self._site = site
        self._client = client
        self._chance = chance
        self.chats: dict[str, ChatId] = {}

    async def all(self) -> None:
        """Bring every chat to its moment."""
        scenes = (
            self.in_an_utterance, self.in_recognition, self.in_a_reply, self.in_the_sound, self.in_an_interruption,
            self.at_the_stop, self.at_the_start, self.at_a_mute,
        )  # fmt: skip
        await asyncio.gather(*(scene() for scene in scenes))

    async def in_an_utterance(self) -> None:
        """Somebody speaks; what was said is on disk."""
        mouth = await self._mouth("utterance")
        await mouth.send(silence(200, rate=RATE) + tone(ASKED, rate=RATE) + silence(100, rate=RATE))
        begun = await self._client.wait_for("attempt_user_start", chat_id=mouth.chat_id)
        await eventually(lambda: is_kept(self._site, begun["item_id"], ASKED))

    async def in_recognition(self) -> None:
        """The turn is over, its words are being found out."""
        mouth = await self._mouth("recognition")
        await mouth.say(SLOW)
        chat_id = ChatId(mouth.chat_id)
        await eventually(lambda: [each.state for each in self.of(chat_id)] == ["recognising"])

    async def in_a_reply(self) -> None:
        """The answer is being written."""
        mouth = await self._mouth("reply")
        await mouth.say(ASKED)
        await self._client.wait_for("attempt_progress", chat_id=mouth.chat_id)

    async def in_the_sound(self) -> None:
        """It is being spoken."""
        mouth = await self._mouth("sound")
        await mouth.say(ASKED)
        await self._client.wait_for("attempt_assistant_audio", chat_id=mouth.chat_id)

    async def in_an_interruption(self) -> None:
        """Somebody speaks into it."""
        mouth = await self._mouth("interruption")
        await mouth.say(ASKED)
        await self._client.wait_for("attempt_assistant_audio", chat_id=mouth.chat_id)
        await mouth.send(tone(CUT_IN, rate=RATE))

    async def at_the_stop(self) -> None:
        """The session is being stopped while somebody speaks."""
        mouth = await self._mouth("stop")
        await mouth.send(silence(200, rate=RATE) + tone(ASKED, rate=RATE))
        await self._client.wait_for("attempt_user_start", chat_id=mouth.chat_id)
        await self._client.ok("attempt_audio_stop", {"chat_id": mouth.chat_id})

    async def at_the_start(self) -> None:
        """It is being opened."""
        chat_id = await self._chat("start")
        await self._client.io.emit("attempt_audio_start", {"chat_id": chat_id})

    async def at_a_mute(self) -> None:
        """Push to talk."""
        mouth = await self._mouth("mute")
        await mouth.send(silence(200, rate=RATE) + tone(ASKED, rate=RATE))
        await self._client.wait_for("attempt_user_start", chat_id=mouth.chat_id)
        await self._client.io.emit("attempt_audio_mute", {"chat_id": mouth.chat_id, "muted": True})

    def of(self, chat_id: ChatId) -> list[Utterance]:
        """The utterances of a chat."""
        return self._site.database().read_here(lambda tx: utterances.of_chat(tx, chat_id))

    async def _mouth(self, name: str) -> Mouth:
        return await open_voice(self._client, await self._chat(name))

    async def _chat(self, name: str) -> str:
        await asyncio.sleep(self._chance.uniform(0, 0.5))
        _, chat_id = await self._client.start_practice(self._site.practices[PRACTICE])
        self.chats[name] = ChatId(chat_id)
        return chat_id


def is_kept(site: Site, item_id: str, text: str) -> bool:
    """Whether these words are on disk, or a message already (of a machine that stood still meanwhile)."""
    spool = site.folder / "data" / "spool" / f"{item_id}.pcm"
    with contextlib.suppress(FileNotFoundError):
        if [word.text for word in read_tones(spool.read_bytes())] == text.split():
            return True
    found = site.database().read_here(lambda tx: utterances.utterance(tx, item_id))
    return found is not None and found.state == "said"


async def settled(site: Site, chats: dict[str, ChatId]) -> None:
    """Wait until everything that was going on has ended."""
    database = site.database()
    await eventually(
        lambda: not any(database.read_here(lambda tx, chat=chat: unsettled(tx, chat)) for chat in chats.values()),
        every=0.1,
    )


def wrong_in(site: Site, chats: dict[str, ChatId]) -> dict[str, list[str]]:
    """What is wrong, by chat."""
    database = site.database()
    found = {name: database.read_here(lambda tx, chat=chat: wrongs(tx, chat)) for name, chat in chats.items()}
    return {name: wrong for name, wrong in found.items() if wrong}


@pytest.mark.promise("P1")
@pytest.mark.promise("P4")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("store", STORES)
async def test_a_spoken_turn_survives_a_kill_at_every_moment(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = furnish(make_site(store, tmp_path, request))
    chance, said, of_all = random.Random(SEED), Counter[str](), 0
    with Nursery(site) as nursery:
        server = await asyncio.to_thread(lambda: nursery.start(**SCRIPTED, scripted_pieces_per_second=20))
        for _ in range(KILLS):
            client = Client(server.url, site.tokens["learner"])
            scenes = Scenes(site, client, chance)
            with contextlib.suppress(SocketIOError):
                async with client:
                    await scenes.all()
                    await asyncio.sleep(chance.uniform(0, 0.3))
                    await asyncio.to_thread(server.kill)
            site.lapse_leases()
            with constants(**PLAYED_FASTER):
                server = await asyncio.to_thread(lambda: nursery.start(**SCRIPTED, scripted_pieces_per_second=20))
            await settled(site, scenes.chats)
            assert wrong_in(site, scenes.chats) == {}
            for name, words in (("utterance", ASKED), ("recognition", SLOW)):
                assert [(each.state, each.text) for each in scenes.of(scenes.chats[name])] == [("said", words)], name
            for each in (utterance for chat in scenes.chats.values() for utterance in scenes.of(chat)):
                said[each.state] += 1
            of_all += len(scenes.chats)
            async with Client(server.url, site.tokens["learner"]) as again:
                await asyncio.gather(*(speaks_again(again, chat) for chat in scenes.chats.values()))
            await settled(site, scenes.chats)
            assert wrong_in(site, scenes.chats) == {}
        log = nursery.logs()
    assert "Traceback" not in log, log
    assert not list((site.folder / "data" / "spool").glob("*"))
    figure("P1", f"voice: {KILLS} SIGKILL, {of_all} chats each in another phase: {dict(said)}, nothing lost or doubled")
    figure(
        "P4", f"voice: {KILLS} SIGKILL: each utterance and each spoken reply ended once, {of_all} sessions opened again"
    )


async def speaks_again(client: Client, chat_id: str) -> None:
    """A session is opened again in a chat whose session died, and hears."""
    await client.ok("attempt_join", {"chat_id": chat_id})
    mouth = await open_voice(client, chat_id)
    await mouth.say("And now again.")
    await client.wait_for("attempt_user_complete", chat_id=chat_id, content="And now again.")


@pytest.mark.promise("P29")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("store", STORES)
async def test_a_server_that_stops_keeps_what_twenty_people_are_saying(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = furnish(make_site(store, tmp_path, request))
    settings: dict[str, Any] = SCRIPTED | {"LIMITS__SOCKETS_PER_ACCOUNT_MAX": 100}
    with Nursery(site) as nursery:
        server = await asyncio.to_thread(lambda: nursery.start(**settings))
        clients = [Client(server.url, site.tokens["learner"]) for _ in range(SESSIONS)]
        chats: dict[str, ChatId] = {}
        async with AsyncExitStack() as stack:
            await asyncio.gather(*(stack.enter_async_context(client) for client in clients))
            await asyncio.gather(*(speaking(site, client, chats) for client in clients))
            await asyncio.to_thread(server.kill, signal.SIGTERM)
            await asyncio.gather(*(client.wait_for("attempt_audio_ended") for client in clients))
        ends = [[each["reason"] for each in client.payloads("attempt_audio_ended")] for client in clients]
        assert ends == [["shutting_down"]] * SESSIONS
        site.lapse_leases()
        await asyncio.to_thread(lambda: nursery.start(**settings))
        await settled(site, chats)
        log = nursery.logs()
    assert wrong_in(site, chats) == {}
    database = site.database()
    for chat in chats.values():
        found = database.read_here(lambda tx, chat=chat: utterances.of_chat(tx, chat))
        assert [(each.state, each.text) for each in found] == [("said", ASKED)]
    assert "Traceback" not in log, log
    figure("P29", f"SIGTERM while {SESSIONS} people speak: each is told once, every word is there after the restart")


async def speaking(site: Site, client: Client, chats: dict[str, ChatId]) -> None:
    """Somebody is in the middle of a sentence."""
    _, chat_id = await client.start_practice(site.practices[PRACTICE])
    chats[client.io.sid] = ChatId(chat_id)
    mouth = await open_voice(client, chat_id)
    await mouth.send(silence(200, rate=RATE) + tone(ASKED, rate=RATE))
    await client.wait_for("attempt_user_delta", chat_id=chat_id, transcript=ASKED)


@pytest.mark.promise("P9")
@pytest.mark.timeout(300)
async def test_sessions_move_between_two_servers_and_a_third_process_answers(
    tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = furnish(make_site("postgresql", tmp_path, request))
    moves = 4
    with Nursery(site) as nursery:
        urls = await asyncio.to_thread(lambda: nursery.deployment(**SCRIPTED))
        web = nursery.children[-1]
        async with Client(urls[0], site.tokens["learner"]) as here, Client(urls[1], site.tokens["learner"]) as there:
            _, chat_id = await here.start_practice(site.practices[PRACTICE])
            await there.ok("attempt_join", {"chat_id": chat_id})
            for number in range(moves):
                mouth = await open_voice((here, there)[number % 2], chat_id)
                await mouth.send(silence(200, rate=RATE) + tone(f"This is number {number}", rate=RATE))
                await mouth.client.wait_for("attempt_user_delta", transcript=f"This is number {number}")
            await here.wait_for("attempt_audio_ended", chat_id=chat_id, reason="takeover")
            both: list[Any] = await asyncio.gather(
                *(client.ok("attempt_audio_start", {"chat_id": chat_id}) for client in (here, there) * 3)
            )
            assert len({each["run_id"] for each in both}) <= len(both)
            mouth = await open_voice(here, chat_id)
            await mouth.say("Who speaks last?")
            answered = await here.wait_for("attempt_user_complete", chat_id=chat_id, content="Who speaks last?")
            await here.wait_for("attempt_assistant_audio", chat_id=chat_id)
            assert answered
            survivor = await open_voice(there, chat_id)
            await survivor.send(silence(200, rate=RATE) + tone("and then it dies", rate=RATE))
            await there.wait_for("attempt_user_delta", chat_id=chat_id, transcript="and then it dies")
            item = there.payloads("attempt_user_delta", transcript="and then it dies")[0]["item_id"]
            await eventually(lambda: is_kept(site, item, "and then it dies"))
            await asyncio.to_thread(web.kill)
            await here.wait_for("attempt_user_complete", chat_id=chat_id, item_id=item)
            await speaks_again(here, chat_id)
        chats = {"moved": ChatId(chat_id)}
        await settled(site, chats)
        log = nursery.logs()
    assert wrong_in(site, chats) == {}
    said = [
        each.text for each in site.database().read_here(lambda tx: utterances.of_chat(tx, chats["moved"])) if each.text
    ]
    assert [f"This is number {number}" in said for number in range(moves)] == [True] * moves
    assert len(said) == len(set(said))
    assert "Traceback" not in log, log
    figure(
        "P9",
        f"voice: a session moved {moves} times between two servers, one of them died: {len(said)} turns, each once",
    )
