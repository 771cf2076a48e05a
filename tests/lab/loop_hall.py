"""A turn under test without a server: a store, a model that plays steps, small tools, and jobs done one by one."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import msgspec

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.assistant.accepting import stopping
from parlour.assistant.accepting.actions import accept
from parlour.assistant.accepting.entities import Accepted, Attachment, Cancelling, GivenFlags, Said
from parlour.assistant.accepting.hearing import Hearing, HearingNeed
from parlour.assistant.entities import JsonValue, LabMessage, LabState, Reference, Step, Turn, TurnId
from parlour.assistant.facts import LabTextAdded
from parlour.assistant.loop import journal
from parlour.assistant.loop.moves import Rules
from parlour.assistant.loop.speaking import Speaking, SpeakingNeed
from parlour.assistant.loop.thinking import Mind
from parlour.assistant.loop.work import Assistant, AssistantNeed
from parlour.assistant.messages import reading, turns
from parlour.assistant.questions import actions as questions
from parlour.assistant.questions import dialogue
from parlour.assistant.questions.entities import Field, Question
from parlour.assistant.questions.work import deadlines
from parlour.assistant.spoken.ears import Ears, EarsNeed
from parlour.assistant.spoken.mouth import Mouth, MouthNeed
from parlour.assistant.tools.built_in import BuiltInNeed, BuiltInTools
from parlour.assistant.tools.ports import Call, Do, Flow, Operation, Outcome, Outside, Passage, Policy, Tool
from parlour.assistant.tools.registry import Toolbox
from parlour.conversations.rooms import lab_room
from parlour.events import log
from parlour.events.facts import fact_of
from parlour.events.pump import Pump
from parlour.files import actions as files
from parlour.files.entities import Received, StoredFile
from parlour.files.intake import Intake
from parlour.jobs import store as jobs
from parlour.jobs.queue import Kind, job_of
from parlour.kernel.clock import SystemClock
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import AccountId, TimeOrderedIds
from parlour.providers.models.scripted.model import ScriptedModel
from parlour.settings.lab import LabLimits
from parlour.speech.decoding.entities import decoding_limits
from parlour.speech.engines import SpeechEngines
from parlour.storage.blobs.folder import FolderBlobs
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns.ports import Finished, Piece, Request, Text, ToolCall, Usage

PAPER = "We found a contact resistance of 740 ohm um in every device that was measured."
ROUNDS_MAX = 400

Played = Sequence[Piece | Exception | float] | Callable[[Request], Sequence[Piece | Exception | float]]


def calls(*named: tuple[str, Mapping[str, object]], thought: str = "I look it up.") -> list[Piece | Exception | float]:
    """A thought with tool calls."""
    asked = [
        ToolCall(call_id=f"theirs{n}", name=name, arguments=msgspec.json.encode(given).decode())
        for n, (name, given) in enumerate(named)
    ]
    return [Text(text=thought), *asked, Usage(input_tokens=10, output_tokens=5), Finished(reason="tool_calls")]


def says(text: str) -> list[Piece | Exception | float]:
    """An answer, word by word."""
    pieces = [Text(text=word) for word in text.split(" ")]
    pieces = [piece if n == 0 else Text(text=f" {piece.text}") for n, piece in enumerate(pieces)]
    return [*pieces, Usage(input_tokens=10, output_tokens=5), Finished(reason="stop")]


class PlayedModel:
    """Plays its steps in order, the last one for ever; a number is a pause, an exception is raised."""

    def __init__(self) -> None:
        self.steps: list[Played] = [says("Nothing was written.")]
        self.requests: list[Request] = []

    def play(self, *steps: Played) -> None:
        """From now on these, from the first one."""
        self.steps = list(steps)
        self.requests.clear()

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        place = min(self._place(request), len(self.steps) - 1)
        self.requests.append(request)
        step = self.steps[place]
        for piece in step(request) if callable(step) else step:
            if isinstance(piece, Exception):
                raise piece
            if isinstance(piece, int | float):
                await asyncio.sleep(piece)
            else:
                yield piece

    def _place(self, request: Request) -> int:
        """How many thoughts the turn has had, so that a repeated request gets the same answer."""
        assert request.script is not None
        return len(cast("list[object]", request.script["steps"]))

    async def aclose(self) -> None:
        return


class CrashError(BaseException):
    """The process dies here."""


class Mortal:
    """A database that dies before or after its k-th write; everything else is as it is."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.left: int | None = None
        self.after = False

    def spared(self) -> int | None:
        """Let it live on; after how many more writes it would have died, None if it did."""
        left, self.left = self.left, None
        return left

    async def write(self, action: Callable[[Tx], Any]) -> Any:
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                self.left = None
                if self.after:
                    await self._database.write(action)
                raise CrashError
        return await self._database.write(action)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


@dataclass
class Bench:
    """What the small tools do to the world."""

    moves: list[float] = field(default_factory=list)
    fetches: list[str] = field(default_factory=list)
    call: Callable[[], Awaitable[JsonValue]] | None = None
    shifted: float = 0.0

    def tools(self) -> Sequence[Tool]:
        return [
            _tool("look", self._look, {"query": {"type": "string"}}, "auto"),
            _tool("write_down", self._write_down, {"text": {"type": "string"}}, "ask"),
            _tool("move", self._move, {"mm": {"type": "number"}}, "ask"),
            _tool("fetch", self._fetch, {"url": {"type": "string"}}, "auto"),
            _tool("form", self._form, {}, "ask"),
            _tool("secret", self._look, {}, "deny"),
            replace(
                _tool("stage", self._move, {"mm": {"type": "number"}}, "auto"),
                policy_of=lambda given: "auto" if cast("float", given.get("mm", 9)) <= 1 else "deny",
            ),
            _tool("large", self._large, {}, "auto"),
        ]

    def _look(self, call: Call) -> Flow:
        found = yield Do(name="look", act=lambda _: ["paper"])
        true = Reference(ref_type="paper", title="Contacts", page=4, quote="a contact resistance of 740 ohm um")
        false = Reference(ref_type="paper", title="Invented", page=1, quote="this stands nowhere")
        passages = (Passage(reference=true, text=PAPER), Passage(reference=false, text=PAPER))
        return Outcome(status="done", text=f"{len(cast('list[object]', found))} found", passages=passages)

    def _write_down(self, call: Call) -> Flow:
        text = call.arguments.get("text", "")
        operation = Operation(tool="write_down", title="Write it down", arguments={"text": text})
        yield Do(name="write", act=lambda tx: _effect(tx, str(text)), operation=operation)
        return Outcome(status="done", text="It is written.")

    def _move(self, call: Call) -> Flow:
        mm = cast("float", call.arguments.get("mm", 1)) + self.shifted
        tool = "stage" if call.arguments.get("mm") == 0.5 else "move"
        operation = Operation(tool=tool, title="Move the stage", arguments={"mm": mm})

        async def act(_key: str) -> JsonValue:
            self.moves.append(mm)
            return await self.call() if self.call else "moved"

        yield Outside(name="move", call=act, operation=operation)
        return Outcome(status="done", text=f"moved {mm} mm")

    def _fetch(self, call: Call) -> Flow:
        async def act(key: str) -> JsonValue:
            self.fetches.append(key)
            return "page"

        page = yield Outside(name="fetch", call=act, idempotent=True)
        return Outcome(status="done", text=f"got {page}")

    def _form(self, call: Call) -> Flow:
        fields = (Field(key="experiment_name", label="Name"), Field(key="experiment_description", label="Description"))
        values = yield from dialogue.collect(call.member, "I need this.", fields)
        values = yield from dialogue.verify(
            call.member, "Right?", tuple(replace(each, value=values[each.key]) for each in fields)
        )
        operation = Operation(tool="form", title="Create the experiment", arguments=values)
        yield Do(name="create", act=lambda tx: _effect(tx, str(values["experiment_name"])), operation=operation)
        return Outcome(status="done", text="Created.")

    def _large(self, call: Call) -> Flow:
        yield Do(name="large", act=lambda _: None)
        passage = Passage(reference=Reference(ref_type="web", title="Large"), text="x" * 60_000)
        return Outcome(status="done", text="y" * 200_000, passages=(passage, passage, passage))


def _tool(name: str, run: Callable[[Call], Flow], properties: Mapping[str, object], policy: Policy) -> Tool:
    return Tool(
        name=name,
        description=f"Does {name}.",
        parameters={"type": "object", "properties": properties},
        titles={"en": name.title(), "zh": name},
        run=run,
        policy=policy,
        seconds_max=5,
    )


def _effect(tx: Tx, text: str) -> JsonValue:
    tx.run("INSERT INTO meta (key, value) VALUES (:key, :value)", key=f"effect {tx.new_id()}", value=text)
    return text


class Texts:
    """Files whose text is what their row says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ensure(self, file_id: str) -> StoredFile:
        found = await self._database.read(lambda tx: files.by_id(tx, file_id))
        assert found is not None
        return found


class Hall:
    """One account, its turns, and the process that does them, which may die and come back."""

    def __init__(self, url: str) -> None:
        self.clock = SystemClock()
        self.database = Database(url, self.clock, TimeOrderedIds(self.clock))
        self.mortal = Mortal(self.database)
        self.model = PlayedModel()
        self.embedded = False
        self.bench = Bench()
        self.limits = LabLimits()
        self.policies: dict[str, Policy] = {}
        self.pump = Pump(self.database, None)
        self.engines = SpeechEngines()
        self.folder = TemporaryDirectory()
        self.ada = AccountId("")

    async def open(self) -> "Hall":
        self.database.migrate()
        self.database.start()
        await self.pump.start()
        made = await self.database.write(
            lambda tx: accounts.create_account(tx, NewAccount(user_id="ada", name="Ada", role="member"))
        )
        self.ada = made.account_id
        return self

    async def close(self) -> None:
        await self.pump.stop()
        await self.database.stop()
        self.folder.cleanup()

    def assistant(self) -> Assistant:
        """A fresh one, as after a start."""
        mind = Mind(
            model=ScriptedModel() if self.embedded else self.model,
            name="scripted",
            dice=SeededDice(1),
            first_bytes_seconds_max=1,
            retry_seconds=0.01,
        )
        texts = Texts(self.database)
        source = BuiltInTools(BuiltInNeed(reader=texts)) if self.embedded else self.bench
        return Assistant(
            AssistantNeed(
                database=cast("Database", self.mortal),
                pump=self.pump,
                clock=self.clock,
                mind=mind,
                rules=Rules(toolbox=Toolbox([source], self.policies), limits=self.limits),
                texts=texts,
            )
        )

    def spoken(self) -> tuple[Kind, Kind]:
        """The jobs of what is heard and said, with the engines of now; without any they say so."""
        database, blobs = cast("Database", self.mortal), FolderBlobs(Path(self.folder.name))
        ears = Ears(
            EarsNeed(
                transcriber=self.engines.transcriber,
                blobs=blobs,
                limits=decoding_limits(self.limits),
                engine_seconds_max=60,
                together_max=2,
            )
        )
        intake = Intake(Path(self.folder.name) / "incoming", blobs, 1_000_000)
        mouth = Mouth(
            MouthNeed(
                synthesizer=self.engines.synthesizer,
                intake=intake,
                language="en",
                engine_seconds_max=60,
                together_max=2,
            )
        )
        hearing = HearingNeed(database=database, pump=self.pump, ears=ears, seconds_max=self.limits.speech_seconds_max)
        speaking = SpeakingNeed(database=database, pump=self.pump, clock=self.clock, mouth=mouth, limits=self.limits)
        return Hearing(hearing).kind(), Speaking(speaking).kind()

    def bytes_of(self, handle: str) -> bytes:
        """The bytes of a file of Ada's."""
        file = self.database.read_here(lambda tx: files.file_to_read(tx, self.ada, handle))
        return FolderBlobs(Path(self.folder.name)).read(file.sha256, 0, file.size)

    async def run(self) -> int:
        """Do every due job of turns; how often the process died on the way."""
        deaths = 0
        for _ in range(ROUNDS_MAX):
            made = (self.assistant().kind(), deadlines(self.database).kind(), *self.spoken())
            kinds = {kind.name: kind for kind in made}
            claimed = await self.database.write(lambda tx: jobs.claim(tx, "hall", 10))
            if not claimed:
                return deaths
            for started in claimed:
                if started.kind not in kinds:  # text of files: the tests say what came of it
                    continue
                try:
                    await kinds[started.kind].step(job_of(started, "hall"))
                except CrashError:
                    deaths += 1
                    await self.database.write(lambda tx: jobs.release(tx, None))
        raise AssertionError("the turn does not come to an end")

    async def say(self, text: str, *, inner: bool = False, **flags: bool) -> Accepted:
        """Say something and let the assistant work until it waits or has ended."""
        accepted = await self.tell(text, inner=inner, **flags)
        await self.run()
        return accepted

    async def send(self, name: str, text: str, status: str) -> Accepted:
        """Send a PDF whose text was read with this result, and let the assistant work."""
        received = Received(digest=name.encode().hex().ljust(64, "0"), size=10, type="application/pdf")
        said = Said(
            account_id=self.ada,
            author_id=self.ada,
            route="test",
            kind="file",
            inner=False,
            text=text,
            attachment=Attachment(name=name, received=received),
        )

        def send(tx: Tx) -> Accepted:
            accepted = accept(tx, said, self.limits)
            tx.run("UPDATE uploads SET text_status = :status, pages = 3", status=status)
            return accepted

        accepted = await self.database.write(send)
        await self.run()
        return accepted

    async def tell(self, text: str, *, inner: bool = False, **flags: bool) -> Accepted:
        """Say something; nothing is done about it yet."""
        said = Said(
            account_id=self.ada,
            author_id=self.ada,
            route="test",
            kind="text",
            inner=inner,
            text=text,
            flags=GivenFlags(**flags),
        )
        return await self.database.write(lambda tx: accept(tx, said, self.limits))

    async def cancel(self) -> None:
        wish = Cancelling(account_id=self.ada, by=self.ada, route="test")
        await self.database.write(lambda tx: stopping.cancel(tx, wish))

    async def state(self) -> LabState:
        return await self.database.read(lambda tx: turns.state_of(tx, self.ada))

    async def question(self) -> Question | None:
        return await self.database.read(lambda tx: questions.open_of(tx, self.ada))

    async def asked(self) -> str:
        """The kind of the open question; "" if there is none."""
        found = await self.question()
        return found.kind if found is not None else ""

    async def turn(self, turn_id: TurnId) -> Turn:
        found = await self.database.read(lambda tx: turns.turn(tx, turn_id))
        assert found is not None
        return found

    async def said_in(self, turn_id: TurnId) -> list[LabMessage]:
        """Everything said in a turn, in order."""
        turn = await self.turn(turn_id)
        said = await self.database.read(lambda tx: reading.messages_of(tx, turn.conversation_id, 0, 1000))
        return [message for message in said if message.turn_id == turn_id]

    async def final(self, turn_id: TurnId) -> LabMessage:
        """The one final reply of a turn."""
        said = await self.said_in(turn_id)
        finals = [message for message in said if message.kind == "final"]
        assert len(finals) == 1, [(message.kind, message.text) for message in said]
        return finals[0]

    async def kinds(self, turn_id: TurnId) -> list[str]:
        """The kinds of a turn's questions, in order."""
        said = await self.said_in(turn_id)
        found = [
            await self.database.read(lambda tx, id=m.pause_id: questions.question(tx, id))
            for m in said
            if m.kind == "question" and m.pause_id
        ]
        return [each.kind for each in found if each is not None]

    async def steps(self, turn_id: TurnId) -> list[Step]:
        return await self.database.read(lambda tx: journal.steps(tx, turn_id))

    async def effects(self) -> list[str]:
        """What tools have written, oldest first."""
        rows = await self.database.read(
            lambda tx: tx.all("SELECT value FROM meta WHERE key LIKE 'effect %' ORDER BY key")
        )
        return [row["value"] for row in rows]

    async def facts(self) -> list[object]:
        """Everything told in the account's room."""
        room = lab_room(self.ada)
        return await self.database.read(
            lambda tx: [fact_of(event) for event in log.of_rooms(tx, [room], 0, log.head(tx), 10_000)]
        )

    async def streamed(self, message: LabMessage) -> str:
        """What somebody who follows the deltas of a reply has at the end."""
        text = ""
        for told in await self.facts():
            if isinstance(told, LabTextAdded) and told.message_id == message.id:
                assert told.start <= len(text)
                text = text[: told.start] + told.text
        return text
