"""The job that replays (Glow 6.9, 7.19): turn after turn, each stored with its facts before the next is begun.

One claim of the job does as many turns as it can, because a job a turn costs two more statements each (measured in
`bench/replays.py`); whoever claims it after a crash goes on at the turn that was not finished.

The job outlives its replay until what follows for the test is stored (`afterwards`).

A model that fails for a moment is asked again, with the text told so far taken back; then the replay fails. A stop is
heard of in the invocation's room, whichever process it came from, and cancels the request.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from parlour.benchmarks import reading, store
from parlour.benchmarks.entities import Heard, ReplayFault, ReplayId
from parlour.benchmarks.facts import ReplayStopped
from parlour.benchmarks.replaying import context, live, telling
from parlour.benchmarks.replaying.afterwards import Afterwards, settle
from parlour.benchmarks.replaying.limits import ReplayLimits
from parlour.benchmarks.replaying.live import Person, PersonError, Words
from parlour.benchmarks.replaying.orders import REPLAY, ReplayOn
from parlour.benchmarks.replaying.standing import Standing, load
from parlour.benchmarks.replaying.streams import Asking, TurnStream
from parlour.benchmarks.replaying.telling import Done, Failing, Hooks
from parlour.conversations.actions import fence_of
from parlour.conversations.rooms import invocation_room
from parlour.events.pump import Pump
from parlour.jobs import queue
from parlour.jobs.queue import Job, Kind, LeaseLostError
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import ProviderFault
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns import usage
from parlour.turns.ports import Model
from parlour.turns.stopping import StopWatch
from parlour.turns.streams import StoppedError
from parlour.turns.usage import Meter, Used

UNAVAILABLE = "The model service is not available."
TIMED_OUT = "The model did not answer in time."
GAVE_UP = "The run could not be replayed."


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayerNeed:
    """`person_model` plays the person of live replays where the benchmark names no model."""

    database: Database
    pump: Pump
    model: Model
    limits: ReplayLimits
    person_model: str


@dataclass(slots=True)
class _Turn:
    """A turn in the works; `meters` measure the simulated person's requests."""

    job: Job
    standing: Standing
    fence: str
    asking: Asking | None = None
    meters: tuple[Meter, ...] = ()

    def used(self) -> list[Used | None]:
        """What all requests of this turn used."""
        asked = self.asking.meters if self.asking else []
        return [meter.used(self.standing.setting.payer) for meter in (*self.meters, *asked)]


class Replayer:
    """Replays recordings; `hooks` say what follows when one is completed or has failed."""

    def __init__(self, need: ReplayerNeed, hooks: Hooks) -> None:
        self._need = need
        self._hooks = hooks
        self._afterwards = Afterwards(need.database, hooks)

    def kind(self) -> Kind:
        """For the worker."""
        return Kind(name=REPLAY, step=self._step, stuck=self._stuck)

    async def _step(self, job: Job) -> None:
        replay_id = job.read(ReplayOn).replay_id
        room = await self._need.database.read(lambda tx: _room(tx, replay_id))
        watch = StopWatch(ReplayStopped, lambda ended: isinstance(ended, ReplayStopped) and ended.run_id == replay_id)
        # read after joining: a stop is in what is read, or it is offered
        self._need.pump.join(room, watch)
        turn: _Turn | None = None
        try:
            standing = await self._need.database.read(lambda tx: load(tx, replay_id, self._need.person_model))
            if standing is not None:
                turn = _Turn(job=job, standing=standing, fence=fence_of(job.job_id, job.claims))
                await self._replay(turn)
            else:
                await self._leave(job, ())
        except (StoppedError, LeaseLostError):
            await self._leave(job, turn.used() if turn else ())
        except asyncio.CancelledError:
            if not watch.seen:
                raise
            await self._leave(job, turn.used() if turn else ())
        finally:
            self._need.pump.leave(room, watch)
        await self._follow(job, replay_id)

    async def _follow(self, job: Job, replay_id: ReplayId) -> None:
        """What follows for the test, if the replay has ended and nobody has seen to it."""
        replay = await self._need.database.read(lambda tx: store.replay(tx, replay_id))
        if replay is not None and replay.state in ("completed", "failed"):
            await self._afterwards.follow(job, replay.test_id, replay_id)

    async def _replay(self, turn: _Turn) -> None:
        """Turn after turn, each stored before the next is begun; a claim of the job may do several."""
        if turn.standing.fence != turn.fence or turn.standing.begun:
            await self._take(turn)
        while (after := await self._play(turn)) is not None:
            turn.standing = after
            turn.asking, turn.meters = None, ()

    async def _leave(self, job: Job, used: Sequence[Used | None]) -> None:
        """The replay runs no more, or not here: keep what it cost, and the job of one that was stopped is over."""

        def leave(tx: Tx) -> None:
            usage.note_all(tx, used)
            replay = store.replay(tx, job.read(ReplayOn).replay_id)
            if replay is None or replay.state == "stopped":
                queue.cancel(tx, job.job_id)

        await self._need.database.write(leave)

    async def _take(self, turn: _Turn) -> None:
        """Make sure that this claim holds the replay: after a crash another one did.

        Where it stands is read again: a worker whose lease lapsed goes on until then, and may have finished a turn.
        """
        standing, fence, need = turn.standing, turn.fence, self._need
        if not await need.database.write(lambda tx: telling.take_over(tx, turn.job, standing, fence)):
            raise StoppedError
        taken = await need.database.read(lambda tx: load(tx, standing.setting.replay.id, need.person_model))
        if taken is None:
            raise StoppedError
        turn.standing = taken

    async def _play(self, turn: _Turn) -> Standing | None:
        """One turn; where the replay stands after it, or None if it has ended."""
        try:
            words = await self._words(turn)
        except PersonError as error:
            return await self._fail(turn, error.text)
        except ProviderFault as fault:
            return await self._fault(turn, fault, live.PERSON_FAILED)
        if words is None:
            return await self._end(turn)
        limits = self._need.limits
        stream = TurnStream(self._need.database, turn.standing, words.heard, turn.fence, limits.reply_characters_max)
        turn.asking = Asking(self._need.model, limits, turn.standing, stream)
        try:
            await turn.asking.hear(words.heard)
        except TimeoutError:
            await stream.settle()
            return await self._fail(turn, TIMED_OUT)
        except ProviderFault as fault:
            await stream.settle()
            return await self._fault(turn, fault, UNAVAILABLE)
        stream.end()
        return await self._complete(turn, turn.asking, ends=words.ends)

    async def _words(self, turn: _Turn) -> Words | None:
        """What the candidate is told before this turn; None if the simulated person has nothing more to say."""
        standing = turn.standing
        setting = standing.setting
        if setting.mode != "live":
            return Words(heard=context.heard_before(setting.recording, setting.mode, standing.turn))
        if setting.person is None:
            raise PersonError(live.NO_PERSON)
        if standing.turn == 1:
            return Words(heard=setting.person.opening)
        words = await self._said(turn, setting.person)
        if words.heard:
            return words
        if standing.turn == 2 and not setting.person.opening:  # it never said a word
            raise PersonError(live.PERSON_SILENT)
        return None

    async def _said(self, turn: _Turn, person: Person) -> Words:
        standing, limits = turn.standing, self._need.limits
        if person.reads_lines:
            return live.recorded_words(person, len(standing.turns))
        metadata = {**standing.metadata(), "chat_id": standing.setting.name}
        request = live.person_request(person, standing.turns, metadata)
        meter = Meter(request)
        turn.meters = (meter,)
        text = await live.ask(self._need.model, request, meter, limits)
        return self._with_ids(live.words_of(person, text), standing)

    @staticmethod
    def _with_ids(words: Words, standing: Standing) -> Words:
        """Names for the person's words, which evidence may point to."""
        heard = tuple(
            Heard(role=each.role, content=each.content, message_id=f"{standing.setting.replay.id}-{standing.turn}-{n}")
            for n, each in enumerate(words.heard, 1)
        )
        return replace(words, heard=heard)

    async def _complete(self, turn: _Turn, asking: Asking, *, ends: bool) -> Standing | None:
        """The writer works in order: what the stream has begun to write is written before."""
        standing = turn.standing
        done = Done(
            standing=standing,
            asking=asking,
            fence=turn.fence,
            last=ends or standing.turn >= standing.setting.replay.turns_total,
            used=turn.used(),
        )
        # no savepoint for a turn in the middle: it is refused before it has changed a row
        return await self._need.database.writer.submit(
            lambda tx: telling.complete_turn(tx, turn.job, done), single=not done.last
        )

    async def _end(self, turn: _Turn) -> None:
        standing, fence, used = turn.standing, turn.fence, turn.used()
        await self._need.database.write(lambda tx: telling.complete_without(tx, standing, fence, used))

    async def _fault(self, turn: _Turn, fault: ProviderFault, text: str) -> None:
        """A fault of a model: what may pass is tried again by the worker, after a pause."""
        if not fault.retryable or turn.job.claims >= self._need.limits.claims_max:
            await self._fail(turn, text)
            return
        used = turn.used()
        await self._need.database.write(lambda tx: usage.note_all(tx, used))
        raise fault

    async def _fail(self, turn: _Turn, text: str) -> None:
        failing = Failing(
            standing=turn.standing,
            fence=turn.fence,
            fault=ReplayFault(code="unavailable", text=text, turn=turn.standing.turn),
            unwritten=turn.asking.stream.unwritten() if turn.asking else "",
            used=turn.used(),
        )
        await self._need.database.write(lambda tx: telling.fail(tx, failing))

    def _stuck(self, tx: Tx, body: bytes, _reason: str) -> None:
        replay_id = decode(body, ReplayOn).replay_id
        replay = store.replay(tx, replay_id)
        test = store.test(tx, replay.test_id, lock=True) if replay else None
        if replay is None or test is None:
            return
        if settle(tx, replay.id, self._hooks):
            self._hooks.advance(tx, test.id, replay.requested_by)
            return
        rooms = reading.rooms(test, replay.invocation_id, replay.requested_by)
        fault = ReplayFault(code="internal", text=GAVE_UP, turn=replay.turn + 1)
        telling.tell_failure(tx, replay_id, fault, rooms)
        if settle(tx, replay.id, self._hooks):
            self._hooks.advance(tx, test.id, replay.requested_by)


def _room(tx: Tx, replay_id: ReplayId) -> str:
    replay = store.replay(tx, replay_id)
    return invocation_room(replay.invocation_id if replay else "")
