"""The runner of a turn: one job, one model request, one end.

Text is stored before it is told: the first piece is written at once; while a write is under way
the next pieces gather. Only the holder of the reply's fence may write, so a worker that was
presumed dead, or a turn that was stopped, adds nothing. A spoken reply is completed when it was spoken.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import field, replace

import msgspec

from parlour.catalog import actions as catalog
from parlour.conversations import actions as conversations
from parlour.conversations.actions import Writing
from parlour.conversations.entities import Chat, Mark, Message
from parlour.conversations.facts import ReplyCompleted
from parlour.conversations.rooms import chat_room
from parlour.conversations.scenes import material_of
from parlour.conversations.spoken import ledger
from parlour.conversations.spoken.entities import Heard
from parlour.events.pump import Pump
from parlour.jobs.queue import Job, Kind, LeaseLostError
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.ids import MessageId
from parlour.kernel.refusals import ProviderFault, Refusal
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns import prompt, usage
from parlour.turns.actions import ANSWER, FALLBACK_SECONDS, AnswerTurn
from parlour.turns.ports import Finished, Model, Request, Text, ToolCall, Usage
from parlour.turns.prompt import Scene
from parlour.turns.speakers import Speakers, labels_of
from parlour.turns.speaking import give_up_speaking, is_being_spoken, until_spoken
from parlour.turns.stopping import StopWatch
from parlour.turns.streams import CastStream, ReplyStream, StoppedError, first_within
from parlour.turns.usage import Meter, Payer, Used

logger = logging.getLogger("parlour.turns")


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
    reply: Message
    heard: Heard | None
    elsewhere: bool
    meters: list[Meter] = field(default_factory=list[Meter])

    @property
    def written(self) -> bool:
        """Whether all text of a spoken reply is there already."""
        return self.heard is not None and bool(self.reply.content) and self.heard.text == self.reply.content

    def measure(self, request: Request) -> Meter:
        """A meter for a request of this turn."""
        self.meters.append(Meter(request))
        return self.meters[-1]

    def used(self) -> list[Used | None]:
        """What the requests of this turn used."""
        chat = self.chat
        payer = Payer(
            account_id=chat.account_id,
            attempt_id=chat.attempt_id,
            chat_id=chat.id,
            subject_id=self.writing.message_id,
        )
        return [meter.used(payer) for meter in self.meters]


class _Hints(msgspec.Struct):
    hints: list[str]


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
        if task is None or not await self._may_begin(job, body, task):
            await self._database.write(job.finish)
            return
        if task.elsewhere:
            await self._look_later(job, body)
            return
        stop = StopWatch(ReplyCompleted, lambda ended: _stops(ended, body.message_id))
        room = chat_room(body.chat_id)
        self._pump.join(room, stop)
        try:
            await self._answer(job, task)
        except StoppedError:
            await self._note(task)
        except LeaseLostError:
            await self._note(task)
            raise
        except asyncio.CancelledError:
            if not stop.seen:
                raise
            await self._note(task)
        finally:
            self._pump.leave(room, stop)

    async def _may_begin(self, job: Job, body: AnswerTurn, task: _Task) -> bool:
        """What somebody else began is begun again, unless all of it is there; False if it has ended meanwhile."""
        fresh = job.claims == 1 and not task.reply.content and not body.apart
        if fresh or task.elsewhere or task.written:
            return True
        return await self._database.write(lambda tx: conversations.take_over(tx, task.writing))

    async def _look_later(self, job: Job, body: AnswerTurn) -> None:
        def later(tx: Tx) -> None:
            job.finish(tx)
            tx.enqueue(ANSWER, body, delay_seconds=FALLBACK_SECONDS)

        await self._database.write(later)

    async def _note(self, task: _Task) -> None:
        """Keep what a reply cost that somebody else ended."""
        used = task.used()
        await self._database.write(lambda tx: usage.note_all(tx, used))

    async def _answer(self, job: Job, task: _Task) -> None:
        stream = self._stream(task)
        text, marks = task.reply.content, task.reply.marks
        if not task.written:
            try:
                await self._hear(task, stream)
            except (ProviderFault, TimeoutError) as error:
                if isinstance(error, TimeoutError):  # a fault says itself why
                    logger.warning("model_timed_out", extra={"model": self._model_name, "job": job.job_id})
                stream.end()
                await stream.settle()
                await self._fail(job, task, stream)
                return
            stream.end()
            text, marks = stream.text, stream.marks()
            await self._say_written(task, stream)
        hints: Sequence[str] = ()
        if _wants_hints(task, text):
            await stream.flush()
            hints = await self._hints(task, text, marks)
        if task.heard is not None and text:
            await until_spoken(self._database, self._pump, task.chat.id, task.writing.message_id)
        await stream.settle()
        await self._complete(job, task, stream, hints)

    async def _say_written(self, task: _Task, stream: ReplyStream) -> None:
        """Tell who speaks a reply that all its text is there; what it used is kept now, since its sound takes long."""
        heard = task.heard
        if heard is None or not stream.text:
            return
        await stream.flush()
        used = task.used()
        text = stream.text

        def written(tx: Tx) -> None:
            ledger.written(tx, heard, text)
            usage.note_all(tx, used)

        await self._database.write(written)
        task.meters.clear()

    async def _hear(self, task: _Task, stream: ReplyStream) -> None:
        """The model's reply, until it ends or is as long as it may be."""
        request = self._request(task, "reply")
        meter = task.measure(request)
        try:
            async with asyncio.timeout(self._limits.turn_seconds_max), aclosing(self._model.stream(request)) as pieces:
                async for piece in first_within(pieces, self._limits.first_token_seconds_max):
                    match piece:
                        case Text():
                            stream.add(piece.text)
                            if stream.full:
                                break
                        case Usage():
                            meter.see(piece)
                        case ToolCall() | Finished():
                            continue
        finally:
            meter.wrote(stream.text)
            meter.end()

    def _stream(self, task: _Task) -> ReplyStream:
        limit = self._limits.reply_characters_max
        if task.writing.persona_id is not None:
            return ReplyStream(self._database, task.writing, limit)
        return CastStream(self._database, task.writing, limit, Speakers(prompt.cast_of(task.scene)))

    def _request(self, task: _Task, kind: str) -> Request:
        messages = prompt.reply_prompt(task.scene) if kind == "reply" else prompt.hints_prompt(task.scene)
        return Request(
            model=self._model_name,
            messages=messages,
            task="reply" if kind == "reply" else "hints",
            script=task.script if self._model_name.startswith("scripted") else None,
        )

    async def _hints(self, task: _Task, text: str, marks: tuple[Mark, ...]) -> Sequence[str]:
        """Hints for a practice chat, after all text was told; none if they are late or unusable (6.3.3)."""
        last = task.scene.path[-1]
        said = replace(
            last,
            id=task.writing.message_id,
            type="response",
            parent_id=last.id,
            content=text,
            persona_id=task.writing.persona_id,
            marks=marks,
        )
        with_reply = replace(task, scene=replace(task.scene, path=[*task.scene.path, said]))
        request = self._request(with_reply, "hints")
        meter = task.measure(request)
        answer: list[str] = []
        try:
            async with asyncio.timeout(self._limits.hints_seconds_max):
                async with aclosing(self._model.stream(request)) as pieces:
                    async for piece in pieces:
                        meter.see(piece)
                        if isinstance(piece, Text):
                            answer.append(piece.text)
            given = "".join(answer)
            found = decode(given[given.find("{") : given.rfind("}") + 1], _Hints).hints
        except (ProviderFault, TimeoutError, msgspec.DecodeError):
            return ()
        finally:
            meter.end()
        clean = [hint.replace("\0", "").strip() for hint in found]
        usable = [hint[: self._limits.hint_characters_max] for hint in clean if hint]
        return usable[: self._limits.hints_max]

    async def _complete(self, job: Job, task: _Task, stream: ReplyStream, hints: Sequence[str]) -> None:
        rest, used = stream.rest(), task.used()

        def complete(tx: Tx) -> None:
            if rest and not rest(tx):
                raise LeaseLostError
            if hints:
                conversations.add_hints(tx, task.writing, hints)
            usage.note_all(tx, used)
            if task.heard is not None:
                give_up_speaking(tx, task.writing.message_id, stream.text or task.reply.content)
            if not conversations.complete_reply(tx, task.writing.message_id, "complete"):
                raise LeaseLostError
            job.finish(tx)

        await self._database.write(complete)

    async def _fail(self, job: Job, task: _Task, stream: ReplyStream) -> None:
        rest, used = stream.rest(), task.used()

        def fail(tx: Tx) -> None:
            if rest and not rest(tx):
                raise LeaseLostError
            usage.note_all(tx, used)
            _fail_reply(tx, task.chat, task.writing.message_id)
            job.finish(tx)

        await self._database.write(fail)


def _wants_hints(task: _Task, reply: str) -> bool:
    snapshot = task.chat.snapshot
    return snapshot.template.hints_enabled and snapshot.practice and bool(reply.strip())


def _stops(ended: object, message_id: MessageId) -> bool:
    return isinstance(ended, ReplyCompleted) and ended.message_id == message_id and ended.status == "stopped"


def _load(tx: Tx, body: AnswerTurn, job: Job) -> _Task | None:
    chat = conversations.chat(tx, body.chat_id)
    reply = conversations.message(tx, body.message_id)
    if chat is None or reply is None or reply.state != "streaming":
        return None
    heard = ledger.speaking(tx, reply.id) if body.spoken else None
    if body.apart and heard and _is_others(conversations.fence(tx, reply.id) or "", heard, job):
        return None
    material = material_of(tx, chat)
    several = len(chat.snapshot.persona_ids) > 1
    cast = [each for each in material.personas if several or each.id == reply.persona_id] if material else []
    if material is None or not cast:
        raise Refusal("not_found", "The chat's scenario or persona is gone.")
    path = [m for m in conversations.path_to(tx, reply) if m.counts]
    return _Task(
        chat=chat,
        writing=Writing(
            chat_id=chat.id,
            message_id=reply.id,
            fence=conversations.fence_of(job.job_id, job.claims),
            persona_id=None if several else reply.persona_id,
        ),
        scene=Scene(personas=cast, scenario=material.scenario, documents=material.documents, path=path),
        script=catalog.cast_script(tx, material.scenario, labels_of(cast)),
        reply=reply,
        heard=heard,
        elsewhere=body.apart and not (heard and heard.text) and is_being_spoken(tx, chat.id, reply.id),
    )


def _is_others(fence: str, heard: Heard, job: Job) -> bool:
    """Whether another job than this one ends a reply by now that a realtime session began."""
    return fence.partition("#")[0] not in (heard.session_id, job.job_id)


def _fail_reply(tx: Tx, chat: Chat, message_id: MessageId) -> None:
    reply = conversations.message(tx, message_id)
    give_up_speaking(tx, message_id, reply.content if reply else "")
    conversations.fail_reply(tx, chat, message_id, "unavailable", "The model service is not available.")


def _stuck(tx: Tx, body: bytes, _reason: str) -> None:
    turn = decode(body, AnswerTurn)
    chat = conversations.chat(tx, turn.chat_id)
    if chat is not None:
        _fail_reply(tx, chat, turn.message_id)
