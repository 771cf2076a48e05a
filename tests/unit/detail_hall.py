"""The sample pack in a database, people who practise it, and conversations as a model would have made them."""

import asyncio
import functools
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.attempts import actions as attempts
from parlour.attempts.actions import Ending, Starting
from parlour.attempts.detail import AttemptDetail, attempt_detail
from parlour.catalog import actions as catalog
from parlour.catalog.bundles import load_bundle
from parlour.catalog.entities import Entry, EntryKind
from parlour.catalog.publishing import publish
from parlour.conversations import actions as conversations
from parlour.conversations.actions import Learner, Writing
from parlour.conversations.entities import Chat, Message
from parlour.grading import actions as grading
from parlour.grading.actions import Given
from parlour.grading.entities import Evidence, Feedback, Grade, GradeRequest, Items, Remark
from parlour.kernel.actor import Actor, Role
from parlour.kernel.clock import instant
from parlour.kernel.ids import AccountId, AttemptId, ChatId, TimeOrderedIds
from parlour.storage.database import Database
from parlour.storage.tx import Tx

T = TypeVar("T")
SAMPLE = Path(__file__).resolve().parents[2] / "content" / "teaching-practice"
sample = functools.cache(lambda: load_bundle(SAMPLE))  # read once by all who publish it
FENCE = "job#1"


class SetClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ms = instant("2026-03-01T12:00:00Z")

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000


@dataclass
class Hall:
    """A database with the sample pack and its people."""

    database: Database
    clock: SetClock
    people: dict[str, AccountId] = field(default_factory=dict)

    def do(self, action: Callable[[Tx], T]) -> T:
        """Write, and let a second go by."""
        done = self.database.write_here(action)
        self.clock.ms += 1000
        return done

    def read(self, action: Callable[[Tx], T]) -> T:
        return self.database.read_here(action)

    def person(self, user_id: str, role: Role = "member") -> AccountId:
        new = NewAccount(user_id=user_id, name=user_id.title(), role=role)
        self.people[user_id] = self.do(lambda tx: accounts.create_account(tx, new)).account_id
        return self.people[user_id]

    def actor(self, user_id: str = "learner") -> Actor:
        actor = self.read(lambda tx: accounts.actor_by_id(tx, self.people[user_id]))
        assert actor is not None
        return actor

    def entry(self, kind: EntryKind, name: str = "") -> Entry:
        return next(each for each in self.read(lambda tx: catalog.all_entries(tx, kind)) if name in each.name)

    def start(self, entry: Entry, user_id: str = "learner", *, infinite_mode: bool = False) -> attempts.Started:
        actor = self.actor(user_id)
        return self.do(
            lambda tx: attempts.start(
                tx, actor, Starting(kind=entry.kind, entry_id=entry.id, infinite_mode=infinite_mode)
            )
        )

    def detail(self, attempt_id: str, user_id: str = "learner") -> AttemptDetail:
        actor = self.actor(user_id)
        return self.read(lambda tx: attempt_detail(tx, actor, attempt_id))

    def chat(self, chat_id: str) -> Chat:
        chat = self.read(lambda tx: conversations.chat(tx, ChatId(chat_id)))
        assert chat is not None
        return chat

    def say(self, chat_id: str, text: str, *, to: str | None = None, **how: Any) -> tuple[Message, Message]:
        """An exchange: the learner's message and a whole reply (`reply`), with `hints`; `open` leaves it streaming."""
        persona = self.chat(chat_id).snapshot.personas[0].id

        def act(tx: Tx) -> tuple[Message, Message]:
            said = Learner(text=text, parent_id=to)  # type: ignore[arg-type]
            query, reply = conversations.add_exchange(tx, ChatId(chat_id), said, replier_id=persona)
            conversations.store_exchange(tx, query, reply, FENCE)
            writing = Writing(chat_id=ChatId(chat_id), message_id=reply.id, fence=FENCE, persona_id=persona)
            conversations.add_text(tx, writing, how.get("reply", "I see."))
            if how.get("hints"):
                conversations.add_hints(tx, writing, how["hints"])
            if not how.get("open"):
                conversations.complete_reply(tx, reply.id, "complete")
            return query, reply

        return self.do(act)

    def end(self, attempt_id: str, chat_id: str, user_id: str = "learner", *, grade: bool = False) -> attempts.Ended:
        actor = self.actor(user_id)
        ending = Ending(attempt_id=attempt_id, chat_id=chat_id, grade=grade)
        return self.do(lambda tx: attempts.end_chat(tx, actor, ending))

    def grade(self, chat_id: str, points: int, *remarks: Remark, quote: Evidence | None = None) -> Grade:
        """A done grade with `points` in each of five groups."""
        by = self.chat(chat_id).account_id
        grade_id = self.do(lambda tx: grading.request_grade(tx, GradeRequest(chat_id=ChatId(chat_id), requested_by=by)))

        def act(tx: Tx) -> Grade:
            chat, pending = conversations.chat(tx, ChatId(chat_id)), grading.grade(tx, grade_id)
            assert chat is not None
            assert pending is not None
            rubric = grading.rubric_of(tx, chat)
            assert rubric is not None
            grading.begin(tx, chat, pending, len(rubric.groups))
            feedbacks = tuple(
                Feedback(
                    id=tx.new_id(),
                    grade_id=grade_id,
                    standard_group_id=group.id,
                    standard_id=next(standard.id for standard in group.standards if standard.points == points),
                    total=points,
                    feedback=f"About {group.name}.",
                    evidence=(quote,) if quote else (),
                    unsupported=quote is None,
                )
                for group in rubric.groups
            )
            items = Items(feedbacks=feedbacks, remarks=remarks)
            grading.give(tx, chat, pending, Given(items=items, summary="In short.", simulation_id=None))
            done = grading.grade(tx, grade_id)
            assert done is not None
            return done

        return self.do(act)

    def practise(self, entry: Entry, points: int, user_id: str = "learner") -> AttemptId:
        """A whole attempt, every chat graded with `points` a group; it has ended then."""
        started = self.start(entry, user_id)
        chat_id: str | None = started.chat_id
        while chat_id:
            self.say(chat_id, "What have you tried?")
            self.end(started.attempt_id, chat_id, user_id)
            self.grade(chat_id, points)
            chat_id = self.detail(started.attempt_id, user_id).current_chat_id
        return started.attempt_id


def plain(value: object) -> Any:
    """What goes over the wire."""
    return msgspec.json.decode(msgspec.json.encode(value))


@contextmanager
def open_hall(url: str) -> Generator[Hall]:
    """A hall with a learner, an instructor and an admin, and the sample pack."""
    clock = SetClock()
    database = Database(url, clock, TimeOrderedIds(clock))
    database.migrate()
    hall = Hall(database, clock)
    try:
        hall.person("learner")
        hall.person("instructor", "instructional")
        hall.person("admin", "admin")
        hall.do(lambda tx: publish(tx, sample()))
        yield hall
    finally:
        asyncio.run(database.stop())
