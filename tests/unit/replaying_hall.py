"""One test of a candidate with its recordings, a worker that replays them, and what is told of that."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from parlour.benchmarks import store
from parlour.benchmarks.entities import (
    Invocation,
    InvocationId,
    Plan,
    Replay,
    ReplayId,
    ReplayTurn,
    Test,
    TestId,
)
from parlour.benchmarks.facts import ReplayStopped
from parlour.benchmarks.replaying.context import turns_total
from parlour.benchmarks.replaying.limits import ReplayLimits
from parlour.benchmarks.replaying.orders import REPLAY, ReplayOn
from parlour.benchmarks.replaying.telling import Hooks
from parlour.benchmarks.replaying.work import Replayer, ReplayerNeed
from parlour.catalog.benchmarks import (
    Benchmark,
    Candidate,
    RecordedCall,
    RecordedMessage,
    RecordedRole,
    Recording,
)
from parlour.catalog.publishing_benchmarks import put_recording
from parlour.conversations.actions import fence_of
from parlour.conversations.rooms import invocation_room, person_room
from parlour.events.facts import fact_of
from parlour.events.pump import Pump
from parlour.jobs.worker import Worker, WorkerLimits
from parlour.kernel.clock import SystemClock
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import AccountId, TimeOrderedIds
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx
from parlour.turns.ports import Finished, Model, Piece, Request, Text, ToolCall, Usage

T = TypeVar("T")
OWNER, ASKER = AccountId("owner"), AccountId("asker")
TEST, INVOCATION = TestId("test"), InvocationId("invocation")
ROOMS = (invocation_room(INVOCATION), person_room(OWNER), person_room(ASKER))
CANDIDATE = Candidate(id="candidate", position=0, title="Candidate", model="vendor:model")


def line(role: RecordedRole, content: str, **more: object) -> RecordedMessage:
    """A recorded message; its text is its id."""
    message = RecordedMessage(id=f"m-{content}", role=role, content=content)
    return replace(message, **more)  # type: ignore[arg-type]


def called(name: str, call_id: str, arguments: str = "{}") -> tuple[RecordedCall, ...]:
    """The call of a recorded message."""
    return (RecordedCall(call_id=call_id, name=name, arguments=arguments),)


TALK = Recording(
    id="talk",
    title="Talk",
    cluster="talk",
    messages=(
        line("system", "Be kind."),
        line("user", "Hello."),
        line("assistant", "Recorded one."),
        line("user", "And then?"),
        line("assistant", "Recorded two."),
        line("user", "Bye."),
        line("assistant", "Recorded three."),
    ),
)

Answer = Sequence[Piece | Exception] | str | Exception


@dataclass
class Answers:
    """A model that gives these answers in turn, words as pieces, and keeps what it was asked.

    An exception is raised where it stands; `hang` makes it wait for ever after the first piece of that answer.
    """

    answers: list[Answer]
    hang: int | None = None
    pause: float = 0.0
    asked: list[Request] = field(default_factory=list[Request])
    cancelled: int = 0

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        number = len(self.asked)
        self.asked.append(request)
        answer = self.answers[min(number, len(self.answers) - 1)]
        if isinstance(answer, Exception):
            raise answer
        pieces: list[Piece | Exception] = _pieces(answer) if isinstance(answer, str) else list(answer)
        for index, piece in enumerate(pieces):
            if index and number == self.hang:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    self.cancelled += 1
                    raise
            if isinstance(piece, Exception):
                raise piece
            yield piece
            await asyncio.sleep(self.pause)

    async def aclose(self) -> None:
        """Nothing is open."""

    def said(self, ask: int) -> list[tuple[str, str]]:
        """Role and text of what the model read."""
        return [(said.role, said.content) for said in self.asked[ask].messages]


def _pieces(answer: str) -> list[Piece | Exception]:
    words = [Text(text=word) for word in answer.split(" ")]
    spaced = [words[0], *(Text(text=f" {word.text}") for word in words[1:])]
    return [*spaced, Usage(input_tokens=10, output_tokens=len(words)), Finished(reason="stop")]


def calling(name: str, call_id: str = "c1", text: str = "", arguments: str = "{}") -> list[Piece | Exception]:
    """An answer that calls a tool."""
    said: list[Piece | Exception] = [Text(text=text)] if text else []
    return [*said, ToolCall(call_id=call_id, name=name, arguments=arguments), Finished(reason="tool_calls")]


class Hall:
    """A database, the pump and the worker of one process."""

    def __init__(self, database: Database, pump: Pump) -> None:
        self.database = database
        self.pump = pump
        self.events: list[tuple[tuple[str, ...], object]] = []
        self.hooked: list[tuple[str, ReplayId]] = []
        self.worker: Worker | None = None
        self.advanced: list[TestId] = []
        self.hooks = Hooks(completed=self._hook("completed"), failed=self._hook("failed"), advance=self._advance)

    def _advance(self, _tx: Tx, test_id: TestId, _requested_by: AccountId) -> None:
        self.advanced.append(test_id)

    def _hook(self, kind: str) -> Callable[[Tx, ReplayId], None]:
        def hook(tx: Tx, replay_id: ReplayId) -> None:
            found = store.replay(tx, replay_id)
            assert found is not None
            assert found.state == kind
            self.hooked.append((kind, replay_id))

        return hook

    def listen(self) -> None:
        """Keep what the invocation and its people are told from now on."""
        for room in ROOMS:
            self.pump.join(room, self)

    def offer(self, event: Logged, rooms: Sequence[tuple[str, int]]) -> None:
        self.events.append((tuple(room for room, _ in event.audience), fact_of(event)))

    def told(self, *kinds: type[T]) -> list[T]:
        return [fact for _, fact in self.events if isinstance(fact, kinds)]

    async def begin(
        self, recording: Recording = TALK, benchmark: Benchmark | None = None, candidate: Candidate = CANDIDATE
    ) -> ReplayId:
        """A running replay of a test, and its job, as `running.advancing` leaves them."""
        kept = benchmark or Benchmark(id="benchmark", eval_id="eval", name="B", candidates=(candidate,))
        total = turns_total(recording, kept.replay_mode, kept.live)

        def begin(tx: Tx) -> ReplayId:
            version, _ = put_recording(tx, recording)
            if store.test(tx, TEST) is None:
                store.insert_test(tx, _test(tx, kept))
                store.insert_invocation(tx, _invocation(tx, candidate))
            replay = _replay(tx, recording, version, total)
            assert store.insert_replay(tx, replay)
            job_id = tx.enqueue(REPLAY, ReplayOn(replay_id=replay.id))
            assert store.begin_replay(tx, replay.id, fence_of(job_id or "", 1))
            return replay.id

        return await self.database.write(begin)

    def replayer(self, model: Model, **limits: float) -> Replayer:
        need = ReplayerNeed(
            database=self.database,
            pump=self.pump,
            model=model,
            limits=replace(ReplayLimits(), **limits),  # type: ignore[arg-type]
            person_model="vendor:person",
        )
        return Replayer(need, self.hooks)

    async def work(self, model: Model, **limits: float) -> Worker:
        """A worker that replays with `model`."""
        self.worker = Worker(
            self.database,
            SeededDice(1),
            f"worker-{id(model)}",
            WorkerLimits(poll_seconds=0.02, backoff_seconds=0.02, stop_seconds=0.05),
        )
        self.worker.add(self.replayer(model, **limits).kind())
        await self.worker.start()
        return self.worker

    async def replayed(self, model: Model, replay_id: ReplayId, **limits: float) -> Replay:
        """Replay until there is an end."""
        worker = await self.work(model, **limits)
        found = await self.ended(replay_id)
        await worker.stop()
        return found

    async def ended(self, replay_id: ReplayId) -> Replay:
        return await self.until(replay_id, lambda replay: replay.state != "running")

    async def until(self, replay_id: ReplayId, holds: Callable[[Replay], bool]) -> Replay:
        for _ in range(1000):
            found = await self.replay(replay_id)
            if holds(found):
                await self.pump.reach(await self.database.read(_head))
                return found
            await asyncio.sleep(0.005)
        raise AssertionError("it never came to that")

    async def replay(self, replay_id: ReplayId) -> Replay:
        found = await self.database.read(lambda tx: store.replay(tx, replay_id))
        assert found is not None
        return found

    async def turns(self, replay_id: ReplayId) -> list[ReplayTurn]:
        return await self.database.read(lambda tx: store.turns_of(tx, replay_id))

    async def stop(self, replay_id: ReplayId) -> None:
        """As `running.stopping` does it."""

        def stop(tx: Tx) -> None:
            store.test(tx, TEST, lock=True)
            assert store.stop_replay(tx, replay_id)
            tx.announce(ROOMS, ReplayStopped(invocation_id=INVOCATION, run_id=replay_id))

        await self.database.write(stop)

    async def jobs(self) -> int:
        row = await self.database.read(lambda tx: tx.one("SELECT count(*) AS n FROM jobs"))
        assert row is not None
        return row["n"]

    async def usage(self) -> list[tuple[str, str, str]]:
        """Task, model and subject of every request that was paid for."""
        rows = await self.database.read(
            lambda tx: tx.all("SELECT task, model, subject_id FROM usage_rows WHERE test_id = :id ORDER BY id", id=TEST)
        )
        return [(row["task"], row["model"], row["subject_id"]) for row in rows]


@asynccontextmanager
async def open_hall(url: str) -> AsyncGenerator[Hall]:
    """A process over a database that has its tables."""
    clock = SystemClock()
    database = Database(url, clock, TimeOrderedIds(clock))
    database.start()
    pump = Pump(database, database.dialect.waker(), poll_seconds=0.2)
    await pump.start()
    hall = Hall(database, pump)
    hall.listen()
    try:
        yield hall
    finally:
        if hall.worker is not None:
            await hall.worker.stop()
        await pump.stop()
        await database.stop()


def _head(tx: Tx) -> int:
    row = tx.one("SELECT max(pos) AS pos FROM events")
    return (row["pos"] or 0) if row else 0


def _test(tx: Tx, benchmark: Benchmark) -> Test:
    return Test(
        id=TEST,
        benchmark_id=benchmark.id,
        eval_id=benchmark.eval_id,
        account_id=OWNER,
        name="Test",
        description="",
        infinite_mode=False,
        auto_advance=False,
        state="running",
        snapshot=benchmark,
        plan=Plan(seed=7),
        halted=None,
        archived=False,
        created_at=tx.now_ms,
        started_at=tx.now_ms,
        completed_at=None,
    )


def _invocation(tx: Tx, candidate: Candidate) -> Invocation:
    return Invocation(
        id=INVOCATION,
        test_id=TEST,
        position=0,
        title=candidate.title,
        group_id="group",
        template=candidate,
        state="open",
        repetition=1,
        created_at=tx.now_ms,
        completed_at=None,
    )


def _replay(tx: Tx, recording: Recording, version: int, total: int) -> Replay:
    return Replay(
        id=ReplayId(tx.new_id()),
        test_id=TEST,
        invocation_id=INVOCATION,
        recording_id=recording.id,
        recording_version=version,
        position=0,
        repetition=1,
        state="queued",
        ended=None,
        end_wanted=None,
        requested_by=ASKER,
        turn=0,
        turns_total=total,
        divergent_turn=None,
        checks=None,
        blame=None,
        error=None,
        fence=None,
        created_at=tx.now_ms,
        started_at=None,
        completed_at=None,
    )
