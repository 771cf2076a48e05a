"""A chat with a voice: real store, pump, worker and desk, scripted engines; a connection that only remembers."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.attempts import actions as attempts
from parlour.attempts.actions import Ending, Saying, Starting
from parlour.attempts.voice.desk import VoiceDesk
from parlour.attempts.voice.holders import SOUND_RATE, EndReason, ReplySound
from parlour.catalog import actions as catalog
from parlour.catalog.publishing import publish
from parlour.conversations import actions as conversations
from parlour.conversations.entities import Message
from parlour.conversations.rooms import chat_room, voice_room
from parlour.conversations.spoken import ledger, utterances
from parlour.conversations.spoken.entities import Heard, Utterance
from parlour.events import log
from parlour.events.facts import fact_of
from parlour.events.pump import Pump
from parlour.jobs.worker import Worker, WorkerLimits
from parlour.kernel.actor import Actor
from parlour.kernel.clock import SystemClock
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import AccountId, ChatId, TimeOrderedIds
from parlour.providers.speech.activity import build_activity
from parlour.providers.speech.scripted import ScriptedSynthesizer, ScriptedTranscriber, tone
from parlour.providers.speech.tones import read_tones
from parlour.settings import Settings
from parlour.speech.engines import SpeechEngines
from parlour.speech.pcm import resampled
from parlour.speech.ports import HEARD_RATE
from parlour.storage.blobs.folder import FolderBlobs
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns.ports import Finished, Piece, Request, Text
from parlour.turns.work import TurnLimits, TurnRunner
from parlour.voice import Voice, VoiceNeed
from tests.unit.detail_hall import sample

T = TypeVar("T")
GUARD_SECONDS = 60.0
FRAME_BYTES = 960
PAUSE_MS = 1_500
NO_CHAT = ChatId("")
HINTS = '{"hints": ["Ask which page.", "Ask why.", "Wait."]}'


class Told:
    """A model that says what the test wants: `reply`, piece by piece; `gate` holds it after the first piece."""

    def __init__(self) -> None:
        self.reply = "I read it. It was long."  # it is spoken at the pace of a voice
        self.asked: list[Request] = []
        self.gate: asyncio.Event | None = None

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        self.asked.append(request)
        text = HINTS if request.task == "hints" else self.reply
        for number, word in enumerate(text.split(" ")):
            if number == 1 and self.gate is not None and request.task == "reply":
                await self.gate.wait()
            yield Text(text=word if number == 0 else f" {word}")
        yield Finished(reason="stop")

    async def aclose(self) -> None:
        """Nothing is open."""


@dataclass
class Client:
    """A connection: what it was told, and whether it takes sound."""

    account_id: AccountId
    connection_id: str = "c1"
    calls: list[tuple[str, ...]] = field(default_factory=list)
    sounds: list[ReplySound] = field(default_factory=list)
    takes: bool = True

    def ready(self, chat_id: ChatId, message: str) -> None:
        self.calls.append(("ready",))

    def audio(self, sound: ReplySound) -> bool:
        if self.takes:
            self.sounds.append(sound)
        return self.takes

    def failed(self, chat_id: ChatId, code: str, text: str) -> None:
        self.calls.append(("failed", code))

    def ended(self, chat_id: ChatId, reason: EndReason, message: str) -> None:
        self.calls.append(("ended", reason))

    def heard(self) -> str:
        """What the persona said, as tone speech says it."""
        pcm = b"".join(sound.pcm for sound in self.sounds)
        return " ".join(word.text for word in read_tones(resampled(pcm, SOUND_RATE, HEARD_RATE)))


@dataclass
class Hall:
    """One learner in one chat."""

    settings: Settings
    database: Database
    pump: Pump
    worker: Worker
    voice: Voice
    model: Told
    actor: Actor
    attempt_id: str = ""
    chat_id: ChatId = NO_CHAT

    @property
    def desk(self) -> VoiceDesk:
        return self.voice.desk

    def client(self, connection_id: str = "c1") -> Client:
        return Client(self.actor.account_id, connection_id)

    async def do(self, action: Callable[[Tx], T]) -> T:
        return await self.database.write(action)

    async def read(self, action: Callable[[Tx], T]) -> T:
        return await self.database.read(action)

    async def open(self, connection_id: str = "c1") -> Client:
        """A session that is ready."""
        client = self.client(connection_id)
        await self.desk.open(self.actor, self.chat_id, client)
        await eventually(lambda: client.calls)
        assert client.calls == [("ready",)]
        return client

    def hear(self, sound: bytes, connection_id: str = "c1") -> None:
        """Sound in frames, as fast as it comes."""
        for at in range(0, len(sound), FRAME_BYTES):
            self.desk.hear(connection_id, self.chat_id, sound[at : at + FRAME_BYTES], None)

    async def speak(self, text: str, connection_id: str = "c1", *, pause_ms: int = PAUSE_MS) -> None:
        """Somebody says this, and then nothing."""
        self.hear(quiet(200) + tone(text, rate=SOUND_RATE) + quiet(pause_ms), connection_id)
        await asyncio.sleep(0)

    async def type(self, text: str) -> None:
        saying = Saying(attempt_id=self.attempt_id, chat_id=self.chat_id, text=text)
        await self.do(lambda tx: attempts.say(tx, self.actor, saying, "UTC"))

    async def stop_reply(self) -> bool:
        return await self.do(lambda tx: attempts.stop(tx, self.actor, self.chat_id))

    async def end_chat(self) -> None:
        ending = Ending(attempt_id=self.attempt_id, chat_id=self.chat_id, grade=False)
        await self.do(lambda tx: attempts.end_chat(tx, self.actor, ending))

    async def facts(self) -> list[Any]:
        """What everybody in the chat's room was told, and what servers told each other about its voice session."""
        rooms = [chat_room(self.chat_id), voice_room(self.chat_id)]
        events = await self.read(lambda tx: log.of_rooms(tx, rooms, 0, log.head(tx), 10_000))
        return [fact_of(event) for event in events]

    async def kinds(self) -> list[str]:
        """The names of it, repeats of streamed text and words left out."""
        names = [type(fact).__name__ for fact in await self.facts()]
        return [
            name
            for at, name in enumerate(names)
            if name not in ("TextAdded", "SpeechHeard") or at == 0 or names[at - 1] != name
        ]

    async def told(self, kind: str, count: int = 1) -> list[Any]:
        """Wait until the room was told so many facts of a kind."""
        async with asyncio.timeout(GUARD_SECONDS):
            while True:
                found = [fact for fact in await self.facts() if type(fact).__name__ == kind]
                if len(found) >= count:
                    return found
                await asyncio.sleep(0.02)

    async def gone(self, unique: str) -> None:
        """Wait until a job was done."""
        async with asyncio.timeout(GUARD_SECONDS):
            while await self.read(lambda tx: tx.one("SELECT id FROM jobs WHERE unique_key = :key", key=unique)):  # noqa: ASYNC110 (the store)
                await asyncio.sleep(0.02)

    async def messages(self) -> list[Message]:
        return await self.read(lambda tx: conversations.messages(tx, self.chat_id))

    async def utterances(self) -> list[Utterance]:
        return await self.read(lambda tx: utterances.of_chat(tx, self.chat_id))

    async def ledger(self) -> list[Heard]:
        return await self.read(lambda tx: ledger.of_chat(tx, self.chat_id))


async def eventually(condition: Callable[[], object]) -> None:
    """Return when something is so."""
    async with asyncio.timeout(GUARD_SECONDS):
        while not condition():  # noqa: ASYNC110 (what is waited for has no event)
            await asyncio.sleep(0.01)


def quiet(ms: int) -> bytes:
    """Silence at the client's rate."""
    return bytes(SOUND_RATE * ms // 1000 * 2)


def murmur(ms: int = 600) -> bytes:
    """A voice that says no words: tones without the mark before them."""
    sound = tone("mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm", rate=SOUND_RATE)
    begin = SOUND_RATE * 2 * 60 // 1000
    return sound[begin : begin + SOUND_RATE * 2 * ms // 1000]


def crash(hall: Hall) -> None:
    """The process dies, as far as its voice sessions go: nothing more is stored or told by them."""
    for task in asyncio.all_tasks():
        if task.get_name() == "voice-session":
            task.cancel()


def joined(facts: Sequence[Any], message_id: str) -> str:
    """The text that the room was told of a reply, since the last reset."""
    text = ""
    for fact in facts:
        if getattr(fact, "message_id", None) == message_id:
            match type(fact).__name__:
                case "TextReset":
                    text = ""
                case "TextAdded":
                    text += fact.text
                case _:
                    continue
    return text


@asynccontextmanager
async def open_voice(
    url: str,
    folder: Path,
    *,
    engines: SpeechEngines | None = None,
    limit: int | None = None,
    providers: Sequence[Any] = (),
    **voice: Any,
) -> AsyncGenerator[Hall]:
    """A learner in an open chat of the sample pack; `voice` are settings of voice."""
    clock = SystemClock()
    ids = TimeOrderedIds(clock)
    settings = Settings.model_validate({"data": folder, "providers": providers, "voice": voice})
    database = Database(url, clock, ids)
    database.migrate()
    new = NewAccount(user_id="learner", name="Learner", role="member", requests_per_day=limit)
    staff = NewAccount(user_id="instructor", name="Instructor", role="instructional")
    database.write_here(lambda tx: accounts.create_account(tx, staff))
    account = database.write_here(lambda tx: accounts.create_account(tx, new))
    database.write_here(lambda tx: publish(tx, sample()))
    database.start()
    pump = Pump(database, database.dialect.waker(), poll_seconds=0.2)
    await pump.start()
    model = Told()
    worker = Worker(database, SeededDice(1), ids.new(), WorkerLimits(poll_seconds=0.1, stop_seconds=0.2))
    worker.add(TurnRunner(database, pump, model, "told", TurnLimits()).kind())
    need = VoiceNeed(
        settings=settings,
        database=database,
        clock=clock,
        ids=ids,
        blobs=FolderBlobs(folder / "blobs"),
        engines=engines or SpeechEngines(transcriber=ScriptedTranscriber(), synthesizer=ScriptedSynthesizer()),
        activity=build_activity(settings),
    )
    made = Voice(need)
    made.work_in(worker)
    await made.start(pump)
    await worker.start()
    actor = database.read_here(lambda tx: accounts.actor_by_id(tx, account.account_id))
    assert actor is not None
    hall = Hall(settings, database, pump, worker, made, model, actor)
    entries = await hall.read(lambda tx: catalog.all_entries(tx, "practice"))
    entry = next(each for each in entries if each.templates[0].hints_enabled and not each.templates[0].use_custom)
    started = await hall.do(lambda tx: attempts.start(tx, actor, Starting(kind="practice", entry_id=entry.id)))
    assert started.chat_id is not None
    hall.attempt_id, hall.chat_id = started.attempt_id, started.chat_id
    before = asyncio.all_tasks()
    try:
        yield hall
    finally:
        await made.stop()
        await worker.stop()
        await pump.stop()
        await database.stop()
        left = [task for task in asyncio.all_tasks() - before if task.get_name().startswith("voice")]
        assert not left, left
