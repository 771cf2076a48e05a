"""Where a replay stands: what does not change while it runs, and its finished turns, as read or as just stored."""

from collections.abc import Mapping, Sequence

from parlour.benchmarks import reading, store
from parlour.benchmarks.entities import Heard, MadeCall, Replay, ReplayId, ReplayTurn
from parlour.benchmarks.facts import ReplayTextAdded
from parlour.benchmarks.reading import RunCount
from parlour.benchmarks.replaying import context, live
from parlour.benchmarks.replaying.live import Person
from parlour.benchmarks.replaying.tools import Record, record_of, tools_of
from parlour.catalog import actions as catalog
from parlour.catalog.benchmarks import Candidate, Recording, ReplayMode
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx
from parlour.turns.ports import Request, Said, ToolSpec
from parlour.turns.usage import Payer


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """What does not change while a replay runs. `rooms` are I, P, Q; `name` is the same in every test (for seeds)."""

    replay: Replay
    recording: Recording
    candidate: Candidate
    mode: ReplayMode
    tools: tuple[ToolSpec, ...]
    script: Mapping[str, object] | None
    record: Record
    person: Person | None
    name: str
    seed: int
    payer: Payer
    rooms: tuple[str, ...]
    count: RunCount

    @property
    def room(self) -> tuple[str, ...]:
        """Where text is told: in the invocation's room only."""
        return self.rooms[:1]

    def said(self, turn: int, text: str, *, reset: bool = False) -> ReplayTextAdded:
        """The fact that tells new text."""
        return ReplayTextAdded(
            invocation_id=self.replay.invocation_id,
            run_id=self.replay.id,
            current_run=self.count.current_run,
            total_runs=self.count.total_runs,
            turn=turn,
            total_turns=self.replay.turns_total,
            text=text,
            reset=reset,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A running replay: its finished turns, and whose fence holds it. `begun`: a turn was left half written."""

    setting: Setting
    turns: tuple[ReplayTurn, ...]
    divergent_turn: int | None
    fence: str | None
    begun: bool

    @property
    def turn(self) -> int:
        """The number of the turn that comes next, from 1."""
        return len(self.turns) + 1

    def request(self, heard: Sequence[Heard], content: str, calls: Sequence[MadeCall]) -> Request:
        """What the candidate is asked next; `content` and `calls` are what it has said in this turn already."""
        setting = self.setting
        candidate = setting.candidate
        messages = context.messages_for(setting.recording, candidate, setting.mode, self.turns, heard)
        partly: list[Said] = context.said_in(content, calls) if calls else []
        return Request(
            model=candidate.model,
            messages=[*messages, *partly],
            task="candidate",
            tools=setting.tools,
            temperature=candidate.temperature,
            reasoning=candidate.reasoning,
            output_tokens_max=candidate.output_tokens_max,
            script=setting.script,
            metadata=self.metadata(),
        )

    def metadata(self) -> dict[str, str]:
        """What makes offline answers repeatable: the same in every test with this seed."""
        return {
            "seed": str(self.setting.seed),
            "replay": self.setting.name,
            "turn": str(self.turn),
            "repetition": str(self.setting.replay.repetition),
        }


def load(tx: Tx, replay_id: ReplayId, person_model: str) -> Standing | None:
    """Everything about a running replay; None if it does not run."""
    replay = store.replay(tx, replay_id)
    if replay is None or replay.state != "running":
        return None
    test, invocation = store.test(tx, replay.test_id), store.invocation(tx, replay.invocation_id)
    if test is None or invocation is None:
        raise LookupError("the test of a running replay is gone")
    recording = reading.recording_of(tx, replay)
    benchmark, candidate = test.snapshot, invocation.template
    name = f"{candidate.id}/{recording.id}/{replay.repetition}"
    turns = store.turns_of(tx, replay_id)
    is_live = benchmark.replay_mode == "live"
    setting = Setting(
        replay=replay,
        recording=recording,
        candidate=candidate,
        mode=benchmark.replay_mode,
        tools=tools_of(candidate, recording),
        script=_script(tx, candidate),
        record=record_of(recording, benchmark.replay_mode),
        person=live.person_of(tx, recording, benchmark.live, person_model) if is_live else None,
        name=name,
        seed=test.plan.seed,
        payer=Payer(account_id=AccountId(test.account_id), test_id=test.id, subject_id=replay.id),
        rooms=tuple(reading.rooms(test, invocation.id, replay.requested_by)),
        count=reading.run_count(tx, test, replay),
    )
    return Standing(
        setting=setting,
        turns=tuple(turn for turn in turns if turn.state == "done"),
        divergent_turn=replay.divergent_turn,
        fence=replay.fence,
        begun=any(turn.state == "writing" for turn in turns),
    )


def _script(tx: Tx, candidate: Candidate) -> Mapping[str, object] | None:
    """The part that an offline candidate plays."""
    if candidate.dialogue is None or not candidate.model.startswith("scripted"):
        return None
    dialogue = catalog.dialogue_version(tx, candidate.dialogue.id, candidate.dialogue.version)
    return {"dialogue": dialogue} if dialogue else None
