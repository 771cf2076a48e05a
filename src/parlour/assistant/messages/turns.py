"""Turns: begun, waiting, going on, ended. The work itself is the job `STEP` of `assistant/loop` (2.1, 7.6)."""

from collections.abc import Generator
from contextlib import contextmanager

from parlour.assistant.entities import ConversationId, Flags, LabMessageId, LabState, Turn, TurnId, TurnState
from parlour.assistant.facts import LabStateChanged, LabTurnFinished, LabTurnStarted
from parlour.assistant.messages import members, store
from parlour.assistant.messages.said import store as rows
from parlour.conversations.rooms import lab_room
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx

STEP = "assistant.step"
HEAR = "assistant.hear"
SPEAK = "assistant.speak"


@dataclass(frozen=True, kw_only=True, slots=True)
class StepOn:
    """The job of a turn: go on until it waits for a person or ends."""

    turn_id: TurnId


@dataclass(frozen=True, kw_only=True, slots=True)
class Hear:
    """The job of a spoken message: find its words, or say why there are none (10.2)."""

    message_id: LabMessageId


@dataclass(frozen=True, kw_only=True, slots=True)
class Speak:
    """The job of a reply that is written, in the journal at `n`, `name`: have it spoken, then tell it (10.3)."""

    turn_id: TurnId
    n: int
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """What the loop keeps between steps; `progress` is its own JSON. Only the holder of `fence` may go on."""

    progress: str
    flags: Flags
    running_ms: int
    recoveries: int
    fence: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTurn:
    """A turn that a message starts. Runs at once if no other turn of the account does."""

    id: TurnId
    account_id: AccountId
    conversation_id: ConversationId
    started_by: LabMessageId
    ordinal: int
    flags: Flags


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Where an account stands: what `LabStateChanged` tells."""

    state: LabState
    queued: int


def turn(tx: Tx, turn_id: TurnId) -> Turn | None:
    """A turn, whoever's it is."""
    return store.turn(tx, turn_id)


def turn_of(tx: Tx, account_id: AccountId, turn_id: str) -> Turn | None:
    """A turn of this account; None for any other."""
    found = store.turn(tx, TurnId(turn_id))
    return found if found is not None and found.account_id == account_id else None


def current(tx: Tx, account_id: AccountId) -> Turn | None:
    """The turn of an account that runs or waits; there is at most one."""
    return store.current_turn(tx, account_id)


def queued(tx: Tx, account_id: AccountId) -> int:
    """How many turns wait for the current one to end."""
    return store.count_queued(tx, account_id)


def queue(tx: Tx, account_id: AccountId) -> list[Turn]:
    """The turns that wait for the current one to end, in the order of their messages."""
    return store.queued_turns(tx, account_id)


def standing(tx: Tx, account_id: AccountId) -> Standing:
    """The state of an account (2.1) and its queue, from rows alone."""
    found, waiting = current(tx, account_id), queued(tx, account_id)
    if found is not None and found.state == "waiting":
        return Standing(state="WAITING", queued=waiting)
    return Standing(state="IDLE" if found is None and waiting == 0 else "RUNNING", queued=waiting)


def state_of(tx: Tx, account_id: AccountId) -> LabState:
    """The state of an account (2.1), from rows alone."""
    return standing(tx, account_id).state


@contextmanager
def telling_state(tx: Tx, account_id: AccountId) -> Generator[None, None, None]:
    """What happens inside is followed by `LabStateChanged` if it changed the state or the queue.

    May be nested: nothing is told twice.
    """
    before = standing(tx, account_id)
    yield
    told = next(
        (
            Standing(state=said.fact.state, queued=said.fact.queued)
            for said in reversed(tx.announced)
            if isinstance(said.fact, LabStateChanged) and said.fact.account_id == account_id
        ),
        before,
    )
    now = standing(tx, account_id)
    if now != told:
        tx.announce([lab_room(account_id)], LabStateChanged(account_id=account_id, state=now.state, queued=now.queued))


def begin(tx: Tx, new: NewTurn) -> TurnState:
    """Store a turn: `running`, and told and worked on, if the account has no other; else `queued`."""
    members.lock(tx, new.account_id)
    with telling_state(tx, new.account_id):
        store.insert_turn(tx, new)
        starts = current(tx, new.account_id) is None and queued(tx, new.account_id) == 1
        if starts:
            _start(tx, new.account_id, new.id)
    return "running" if starts else "queued"


def set_waiting(tx: Tx, turn: Turn) -> None:
    """The turn has an open question: its job ends in this transaction, an answer starts another."""
    with telling_state(tx, turn.account_id):
        store.set_state(tx, turn.id, "waiting")


def set_running(tx: Tx, turn: Turn) -> None:
    """The question is settled: the turn goes on, by a job of its own. Nothing for a turn that has ended."""
    with telling_state(tx, turn.account_id):
        if store.set_state(tx, turn.id, "running"):
            _work(tx, turn.id)


def set_recognising(tx: Tx, turn: Turn) -> None:
    """The question has a spoken answer whose words are not known yet: RUNNING (2.1), and no step is due."""
    with telling_state(tx, turn.account_id):
        store.set_state(tx, turn.id, "running")


def set_flags(tx: Tx, turn: Turn, flags: Flags) -> None:
    """What the person wants from now on (2.3): those of the turn's latest message."""
    store.set_flags(tx, turn.id, flags)


def save(tx: Tx, turn_id: TurnId, saved: Saved) -> bool:
    """Keep what the loop knows; False, and nothing kept, if the turn has ended."""
    return store.save(tx, turn_id, saved)


def hear(tx: Tx, message_id: LabMessageId) -> None:
    """Have the words of a spoken message found."""
    tx.enqueue(HEAR, Hear(message_id=message_id), unique=f"{HEAR}:{message_id}")


def heard(tx: Tx, turn: Turn) -> None:
    """The words that started the turn are known: its first step is due."""
    _work(tx, turn.id)


def speak(tx: Tx, speaking: Speak) -> None:
    """Have a reply of the turn spoken; nothing else of the turn is due until then."""
    tx.enqueue(SPEAK, speaking, unique=f"{SPEAK}:{speaking.turn_id}")


def end(tx: Tx, turn: Turn, ended: store.Ended, *, then_next: bool = True) -> bool:
    """End a turn, tell it, and start the oldest queued one; False if it had ended. `replies` decides on the reply.

    Without `then_next` nothing is started: the caller ends the queued turns too.
    """
    with telling_state(tx, turn.account_id):
        if not store.end_turn(tx, turn.id, ended):
            return False
        code = ended.error.partition(":")[0] if ended.error else None
        tx.announce(
            [lab_room(turn.account_id)],
            LabTurnFinished(account_id=turn.account_id, turn_id=turn.id, state=ended.state, error=code),
        )
        waiting = store.queued_turns(tx, turn.account_id, limit=1)
        if then_next and waiting and current(tx, turn.account_id) is None:
            _start(tx, turn.account_id, waiting[0].id)
    return True


def _start(tx: Tx, account_id: AccountId, turn_id: TurnId) -> None:
    """A queued turn runs: its first job finds the words of a spoken message, or is its first step."""
    store.start_turn(tx, turn_id)
    tx.announce([lab_room(account_id)], LabTurnStarted(account_id=account_id, turn_id=turn_id, state="running"))
    spoken = rows.wordless_starter(tx, turn_id)
    if spoken is None:
        _work(tx, turn_id)
    else:
        hear(tx, spoken)


def _work(tx: Tx, turn_id: TurnId) -> None:
    tx.enqueue(STEP, StepOn(turn_id=turn_id), unique=f"{STEP}:{turn_id}")
