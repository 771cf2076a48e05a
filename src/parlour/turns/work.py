"""The runner of a turn: one job, one model request, one end.

Text is stored before it is told: the first piece is written at once; while a write is under way
the next pieces gather. Only the holder of the reply's fence may write, so a worker that was
presumed dead, or a turn that was stopped, adds nothing.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import cast

import msgspec

from parlour.catalog import actions as catalog
from parlour.conversations import actions as conversations
from parlour.conversations.actions import Writing
from parlour.conversations.entities import Chat
from parlour.conversations.facts import ReplyCompleted
from parlour.conversations.rooms import chat_room
from parlour.conversations.scenes import material_of
from parlour.events.facts import fact_of
from parlour.events.pump import Pump
from parlour.jobs.queue import Job, Kind, LeaseLostError
from parlour.kernel.decoding import decode
from parlour.kernel.ids import MessageId
from parlour.kernel.refusals import ProviderFault, Refusal
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx
from parlour.turns import prompt
from parlour.turns.actions import ANSWER, AnswerTurn
from parlour.turns.ports import Finished, Model, Piece, Request, Text, ToolCall, Usage
from parlour.turns.prompt import Scene


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnLimits:
    """Seconds and sizes of a turn (Glow 6.3.6)."""

    first_token_seconds_max: float = 60.0
    turn_seconds_max: float = 180.0
    hints_seconds_max: float = 10.0
    reply_characters_max: int = 64_000
    hint_characters_max: int = 500
    hints_max: int = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class _Task:
    chat: Chat
    writing: Writing
    scene: Scene
    script: Mapping[str, object] | None


class _Hints(msgspec.Struct):
    hints: list[str]


class _StoppedError(Exception):
    """The reply has ended elsewhere: stopped, or taken by another worker."""


class TurnRunner:
    """Answers turns with `model`, under the name `model_name` at its provider."""

    def __init__(self, database: Database, pump: Pump, model: Model, model_name: str, limits: TurnLimits) -> None:
        self._database = database
        self._pump = pump
        self._model = model
        self._model_name = model_name
        self._limits = limits

    def kind(self) -> Kind:
        """The job that this runner does."""
        return Kind(name=ANSWER, step=self._step, stuck=_stuck)

    async def _step(self, job: Job) -> None:
        body = job.read(AnswerTurn)
        task = await self._database.read(lambda tx: _load(tx, body, job))
        if task is None or (job.claims > 1 and not await self._again(task.writing)):
            await self._database.write(job.finish)
            return
        stop = _StopWatch(asyncio.current_task(), body.message_id)
        room = chat_room(body.chat_id)
        self._pump.join(room, stop)
        try:
            await self._answer(job, task)
        except _StoppedError:
            return
        except asyncio.CancelledError:
            if not stop.seen:
                raise
        finally:
            self._pump.leave(room, stop)

    async def _again(self, writing: Writing) -> bool:
        return await self._database.write(lambda tx: conversations.take_over(tx, writing))

    async def _answer(self, job: Job, task: _Task) -> None:
        stream = _Stream(self._database, task.writing, self._limits.reply_characters_max)
        request = self._request(task, "reply")
        usage: Usage | None = None
        try:
            async with asyncio.timeout(self._limits.turn_seconds_max), aclosing(self._model.stream(request)) as pieces:
                async for piece in _first_within(pieces, self._limits.first_token_seconds_max):
                    match piece:
                        case Text():
                            stream.add(piece.text)
                        case Usage():
                            usage = piece
                        case ToolCall() | Finished():
                            continue
        except (ProviderFault, TimeoutError):
            await stream.settle()
            await self._fail(job, task, stream.rest())
            return
        await stream.settle()
        hints = await self._hints(task, stream.text)
        await self._complete(job, task, _Outcome(rest=stream.rest(), hints=hints, usage=usage))

    def _request(self, task: _Task, kind: str) -> Request:
        messages = prompt.reply_prompt(task.scene) if kind == "reply" else prompt.hints_prompt(task.scene)
        return Request(
            model=self._model_name,
            messages=messages,
            task="reply" if kind == "reply" else "hints",
            script=task.script if self._model_name.startswith("scripted") else None,
        )

    async def _hints(self, task: _Task, reply: str) -> Sequence[str]:
        """Hints for a practice chat; none if they are late or unusable (6.3.3)."""
        template = task.chat.snapshot.template
        if not (template.hints_enabled and task.chat.snapshot.practice and reply.strip()):
            return ()
        last = task.scene.path[-1]
        said = replace(last, id=task.writing.message_id, type="response", parent_id=last.id, content=reply)
        with_reply = replace(task, scene=replace(task.scene, path=[*task.scene.path, said]))
        answer: list[str] = []
        try:
            async with asyncio.timeout(self._limits.hints_seconds_max):
                async with aclosing(self._model.stream(self._request(with_reply, "hints"))) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, Text):
                            answer.append(piece.text)
            text = "".join(answer)
            found = decode(text[text.find("{") : text.rfind("}") + 1], _Hints).hints
        except (ProviderFault, TimeoutError, msgspec.DecodeError):
            return ()
        usable = [hint.strip()[: self._limits.hint_characters_max] for hint in found if hint.strip()]
        return usable[: self._limits.hints_max]

    async def _complete(self, job: Job, task: _Task, outcome: "_Outcome") -> None:
        def complete(tx: Tx) -> None:
            if outcome.rest and not conversations.add_text(tx, task.writing, outcome.rest):
                raise LeaseLostError
            if outcome.hints:
                conversations.add_hints(tx, task.writing, outcome.hints)
            if outcome.usage:
                conversations.note_usage(tx, task.writing.message_id, outcome.usage)
            conversations.complete_reply(tx, task.writing.message_id, "complete")
            job.finish(tx)

        await self._database.write(complete)

    async def _fail(self, job: Job, task: _Task, rest: str) -> None:
        def fail(tx: Tx) -> None:
            if rest and not conversations.add_text(tx, task.writing, rest):
                raise LeaseLostError
            job.finish(tx)
            _fail_reply(tx, task.chat, task.writing.message_id)

        await self._database.write(fail)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outcome:
    rest: str
    hints: Sequence[str]
    usage: Usage | None


class _Stream:
    """Writes text as it comes: at most one write under way, the rest gathers."""

    def __init__(self, database: Database, writing: Writing, characters_max: int) -> None:
        self._writer = database.writer
        self._writing = writing
        self._characters_left = characters_max
        self._gathered: list[str] = []
        self._said: list[str] = []
        self._under_way: asyncio.Future[bool] | None = None
        self._error: BaseException | None = None

    @property
    def text(self) -> str:
        """The whole reply so far."""
        return "".join(self._said)

    def add(self, text: str) -> None:
        """Take new text; raises if an earlier piece could not be written or the reply has ended."""
        if self._error:
            raise self._error
        text = text[: self._characters_left]
        if not text:
            return
        self._characters_left -= len(text)
        self._gathered.append(text)
        self._said.append(text)
        if self._under_way is None:
            self._write()

    def _write(self) -> None:
        text = "".join(self._gathered)
        self._gathered.clear()
        writing = self._writing
        self._under_way = cast(
            "asyncio.Future[bool]",
            self._writer.submit(lambda tx: conversations.add_text(tx, writing, text), single=True),
        )
        self._under_way.add_done_callback(self._written)

    def _written(self, future: asyncio.Future[bool]) -> None:
        self._under_way = None
        if future.cancelled():
            return
        self._error = future.exception()
        if self._error is None and not future.result():
            self._error = _StoppedError()
        if self._gathered and self._error is None:
            self._write()

    async def settle(self) -> None:
        """Wait for the write under way; what has gathered meanwhile is `rest`."""
        if self._under_way is not None:
            self._under_way.remove_done_callback(self._written)
            self._said_now(await self._under_way)
            self._under_way = None
        if self._error:
            raise self._error

    def _said_now(self, written: bool) -> None:
        if not written:
            self._error = _StoppedError()

    def rest(self) -> str:
        """What was not written yet."""
        return "".join(self._gathered)


class _StopWatch:
    """Reads the chat's room and cancels the turn when its reply was ended by somebody else."""

    def __init__(self, task: "asyncio.Task[object] | None", message_id: MessageId) -> None:
        self._task = task
        self._message_id = message_id
        self.seen = False

    def offer(self, event: Logged, rooms: Sequence[tuple[str, int]]) -> None:
        if event.kind != ReplyCompleted.__name__ or self._task is None:
            return
        ended = fact_of(event)
        if isinstance(ended, ReplyCompleted) and ended.message_id == self._message_id and ended.status == "stopped":
            self.seen = True
            self._task.cancel()


async def _first_within(pieces: AsyncGenerator[Piece, None], seconds: float) -> AsyncGenerator[Piece, None]:
    """The same pieces; `TimeoutError` if the first does not come in time."""
    try:
        async with asyncio.timeout(seconds):
            first = await anext(pieces)
    except StopAsyncIteration:
        return
    yield first
    async for piece in pieces:
        yield piece


def _load(tx: Tx, body: AnswerTurn, job: Job) -> _Task | None:
    chat = conversations.chat(tx, body.chat_id)
    reply = conversations.message(tx, body.message_id)
    if chat is None or reply is None or reply.state != "streaming":
        return None
    material = material_of(tx, chat)
    persona = next((each for each in material.personas if each.id == reply.persona_id), None) if material else None
    if material is None or persona is None:
        raise Refusal("not_found", "The chat's scenario or persona is gone.")
    path = [m for m in conversations.path_to(tx, reply) if m.counts]
    return _Task(
        chat=chat,
        writing=Writing(
            chat_id=chat.id,
            message_id=reply.id,
            fence=conversations.fence_of(job.job_id, job.claims),
            persona_id=reply.persona_id,
        ),
        scene=Scene(persona=persona, scenario=material.scenario, documents=material.documents, path=path),
        script=catalog.script_for(tx, material.scenario, persona.id),
    )


def _fail_reply(tx: Tx, chat: Chat, message_id: MessageId) -> None:
    conversations.fail_reply(tx, chat, message_id, "unavailable", "The model service is not available.")


def _stuck(tx: Tx, body: bytes, _reason: str) -> None:
    turn = decode(body, AnswerTurn)
    chat = conversations.chat(tx, turn.chat_id)
    if chat is not None:
        _fail_reply(tx, chat, turn.message_id)
