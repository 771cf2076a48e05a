"""A laboratory whose assistant is the test itself: it says, asks and finishes through the server's own store."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from parlour.app import Parlour
from parlour.assistant.accepting.actions import accept
from parlour.assistant.accepting.entities import Accepted, Said
from parlour.assistant.entities import LabMessageId, Reference, TurnId
from parlour.assistant.messages import replies, turns
from parlour.assistant.messages.replies import Ending, NewReply
from parlour.assistant.questions import actions as questions
from parlour.assistant.questions.entities import Field, NewQuestion, Words
from parlour.assistant.tools.ports import Operation
from parlour.kernel.ids import AccountId
from parlour.pauses.entities import Pause
from parlour.settings.lab import LabLimits
from parlour.storage.tx import Tx
from tests.harness.site import Site
from tests.lab.house import LabHouse, Member, serving_here

LIMITS = LabLimits()
OPERATION = Operation(tool="experiment_create", title="Create an experiment", arguments={"name": "MoS2"})


def act(tx: Tx, member: Member, text: str, *, inner: bool = False) -> Accepted:
    """A message of a person."""
    account_id = AccountId(member.account_id)
    said = Said(account_id=account_id, author_id=account_id, route="test", kind="text", inner=inner, text=text)
    return accept(tx, said, LIMITS)


def finish(tx: Tx, member: Member, text: str, references: tuple[Reference, ...] = ()) -> LabMessageId:
    """The current turn ends with this reply."""
    turn = turns.current(tx, AccountId(member.account_id))
    assert turn is not None, "no turn runs"
    message_id = LabMessageId(tx.new_id())
    reply = NewReply(text=text, references=references)
    assert replies.finish(tx, turn, Ending(state="done", reply=reply, message_id=message_id))
    return message_id


def ask(tx: Tx, member: Member, kind: str = "authorize", text: str = "May I?") -> Pause:
    """The current turn asks."""
    turn = turns.current(tx, AccountId(member.account_id))
    assert turn is not None, "no turn runs"
    if kind == "authorize":
        new = NewQuestion(kind="authorize", text=text, operation=OPERATION)
    else:
        new = NewQuestion(kind="collect", text=text, fields=(Field(key="name", label="Name"),))
    asked = questions.question(tx, questions.put(tx, turn, questions.worded(tx, turn, new)))
    assert asked is not None
    return asked


def answer(tx: Tx, member: Member, words: str) -> None:
    """The open question is answered."""
    asked = questions.open_of(tx, AccountId(member.account_id))
    assert asked is not None, "nothing is open"
    said = Words(text=words, message_id=None, author_id=AccountId(member.account_id), route="test")
    assert questions.take_words(tx, asked, said) is not None


def age(tx: Tx, message_id: str, seconds: float) -> None:
    """A message is older than it was."""
    tx.run(
        "UPDATE lab_messages SET created_at = created_at - :ms WHERE id = :id", ms=round(seconds * 1000), id=message_id
    )


def current(tx: Tx, member: Member) -> TurnId | None:
    """The turn that runs or waits."""
    found = turns.current(tx, AccountId(member.account_id))
    return found.id if found else None


class Desk(LabHouse):
    """The house, with what a test does in place of the assistant. Each in a transaction of the server's own."""

    def do(self, action: Callable[[Tx], Any]) -> Any:
        """One action through the server's writer, so that its pump passes the events on at once."""
        return self.here.run(self.parlour.database.write(action))

    def said(self, member: Member, text: str = "hello", *, inner: bool = False) -> Accepted:
        """A message of a person."""
        return self.do(lambda tx: act(tx, member, text, inner=inner))

    def finished(self, member: Member, text: str = "done", references: tuple[Reference, ...] = ()) -> LabMessageId:
        """The current turn ends with this reply."""
        return self.do(lambda tx: finish(tx, member, text, references))

    def asked(self, member: Member, kind: str = "authorize", text: str = "May I?") -> Pause:
        """The current turn asks."""
        return self.do(lambda tx: ask(tx, member, kind, text))

    def answered(self, member: Member, words: str = "yes") -> None:
        """The open question is answered."""
        self.do(lambda tx: answer(tx, member, words))

    def aged(self, message_id: str, seconds: float) -> None:
        """A message is older than it was."""
        self.do(lambda tx: age(tx, message_id, seconds))


def furnish(parlour: Parlour) -> None:
    """No worker, since the test is the assistant."""
    parlour.only = "web"


@contextmanager
def desk_on(site: Site, **settings: Any) -> Generator[Desk]:
    """A desk on a site."""
    with serving_here(site, furnish, **settings) as house:
        yield Desk(house.site, house.here)
