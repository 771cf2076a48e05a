"""A laboratory's store without a server: members speak, the assistant asks and ends turns, by hand."""

import asyncio
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.assistant.accepting import actions as accepting
from parlour.assistant.accepting.clearing import Clearing, clear
from parlour.assistant.accepting.entities import Accepted, Attachment, Cancelled, Cancelling, GivenFlags, Said, SaidKind
from parlour.assistant.accepting.stopping import cancel
from parlour.assistant.entities import LabMessage, LabState, Turn, TurnId
from parlour.assistant.messages import members, reading, replies, turns
from parlour.assistant.messages.replies import Ending, NewReply
from parlour.assistant.questions import actions as questions
from parlour.assistant.questions.entities import NewQuestion, Question
from parlour.assistant.tools.ports import Operation
from parlour.conversations.rooms import lab_room
from parlour.events import log
from parlour.files.entities import Received
from parlour.kernel.ids import AccountId, PauseId, TimeOrderedIds
from parlour.settings.lab import LabLimits
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx
from tests.unit.detail_hall import SetClock

T = TypeVar("T")
MAY_I = NewQuestion(
    kind="authorize",
    text="May I?",
    operation=Operation(tool="experiment_create", title="Create an experiment", arguments={"name": "X"}),
)
HOW = NewQuestion(kind="instruct", text="I would search.", proposal={"thought": "I would search."})


@dataclass
class Desk:
    """A store, its clock, and what its people do."""

    database: Database
    clock: SetClock
    limits: LabLimits = field(default_factory=LabLimits)

    def do(self, action: Callable[[Tx], T]) -> T:
        """Write, and let a second go by."""
        done = self.database.write_here(action)
        self.clock.ms += 1000
        return done

    def read(self, action: Callable[[Tx], T]) -> T:
        return self.database.read_here(action)

    def member(self, user_id: str = "ada") -> AccountId:
        return self.do(lambda tx: self.member_in(tx, user_id))

    def member_in(self, tx: Tx, user_id: str) -> AccountId:
        return accounts.create_account(tx, NewAccount(user_id=user_id, name=user_id.title())).account_id

    def say(self, who: AccountId, text: str = "hello", *, inner: bool = False, **more: Any) -> Accepted:
        return self.do(lambda tx: self.say_in(tx, who, text, inner=inner, **more))

    def say_in(self, tx: Tx, who: AccountId, text: str, *, inner: bool = False, **more: Any) -> Accepted:
        flags = GivenFlags(**{name: more.pop(name) for name in list(more) if name.startswith(("enable", "reply"))})
        kind: SaidKind = more.pop("kind", "text")
        name = "inner_" * inner + {"text": "chat_text", "file": "chat_with_file", "speech": "chat_speech"}[kind]
        said = Said(account_id=who, author_id=who, route=name, kind=kind, inner=inner, text=text, flags=flags, **more)
        return accepting.accept(tx, said, self.limits)

    def ask(self, who: AccountId, new: NewQuestion = MAY_I) -> PauseId:
        """The assistant asks in the current turn, as a step of the loop would."""
        return self.do(lambda tx: self.ask_in(tx, _there(turns.current(tx, who)), new))

    def ask_in(self, tx: Tx, turn: Turn, new: NewQuestion = MAY_I) -> PauseId:
        return questions.put(tx, turn, questions.worded(tx, turn, new))

    def asked_in(self, tx: Tx, question_id: PauseId) -> Question:
        return _there(questions.question(tx, question_id))

    def deliver(self, who: AccountId) -> None:
        self.do(lambda tx: questions.delivered(tx, _there(questions.open_of(tx, who)), who))

    def end(self, who: AccountId, text: str = "done", **reply: Any) -> TurnId:
        """The assistant ends the current turn."""

        return self.do(lambda tx: self.end_in(tx, _there(turns.current(tx, who)), text, **reply))

    def end_in(self, tx: Tx, turn: Turn, text: str = "done", **reply: Any) -> TurnId:
        assert replies.finish(tx, turn, Ending(state="done", reply=NewReply(text=text, **reply)))
        return turn.id

    def cancel(self, who: AccountId, turn_id: str | None = None, *, queue: bool = False) -> Cancelled:
        wish = Cancelling(account_id=who, by=who, route="cancel", turn_id=turn_id, queue=queue)
        return self.do(lambda tx: cancel(tx, wish))

    def clear(self, who: AccountId, *, forget: bool = False) -> bool:
        wish = Clearing(account_id=who, by=who, route="clear_history", forget=forget)
        return self.do(lambda tx: clear(tx, wish))

    def state(self, who: AccountId) -> LabState:
        return self.read(lambda tx: turns.state_of(tx, who))

    def current(self, who: AccountId) -> Turn | None:
        return self.read(lambda tx: turns.current(tx, who))

    def turn(self, turn_id: TurnId) -> Turn:
        return _there(self.read(lambda tx: turns.turn(tx, turn_id)))

    def question(self, question_id: PauseId) -> Question:
        return _there(self.read(lambda tx: questions.question(tx, question_id)))

    def messages(self, who: AccountId) -> list[LabMessage]:
        here = _there(self.read(lambda tx: members.conversation(tx, who)))
        return self.read(lambda tx: reading.messages_of(tx, here, 0, 1000))

    def finals(self, who: AccountId) -> list[str]:
        return [message.text for message in self.messages(who) if message.kind == "final"]

    def told(self, who: AccountId, after: int = 0) -> list[Logged]:
        return self.read(lambda tx: log.of_rooms(tx, [lab_room(who)], after, 10**12, 10_000))

    def kinds(self, who: AccountId, after: int = 0) -> list[str]:
        return [event.kind for event in self.told(who, after)]

    def head(self) -> int:
        return self.read(log.head)

    def jobs(self) -> Sequence[str]:
        return [row["kind"] for row in self.read(lambda tx: tx.all("SELECT kind FROM jobs ORDER BY created_at, id"))]

    def count(self, table: str) -> int:
        row = self.read(lambda tx: tx.one(f"SELECT count(*) AS n FROM {table}"))  # noqa: S608
        return row["n"] if row else 0


def file(name: str = "notes.txt", digest: str = "d" * 64, kind: str = "text/plain") -> Attachment:
    return Attachment(name=name, received=Received(digest=digest, size=12, type=kind))


def _there(found: T | None) -> T:
    assert found is not None
    return found


@contextmanager
def open_desk(url: str, **limits: Any) -> Generator[Desk]:
    clock = SetClock()
    database = Database(url, clock, TimeOrderedIds(clock))
    database.migrate()
    try:
        yield Desk(database, clock, LabLimits(**limits))
    finally:
        asyncio.run(database.stop())
