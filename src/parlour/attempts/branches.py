"""The branches of a chat (Glow 6.3.4): every one with its name and grade, and two of them side by side.

Naming, grading and comparing branches is an extension of the protocol.
"""

from collections.abc import Mapping, Sequence

from parlour.accounts import actions as accounts
from parlour.attempts import access
from parlour.attempts import detail_shapes as shapes
from parlour.attempts.access import ChatInAttempt
from parlour.attempts.detail_chats import OWN_NAME, records_of, shown_messages
from parlour.attempts.detail_resources import Library
from parlour.attempts.grades import graded
from parlour.conversations import actions as conversations
from parlour.conversations import branches, tree
from parlour.conversations.entities import Message
from parlour.events import log
from parlour.grading import actions as grading
from parlour.grading.difference import Difference, difference
from parlour.grading.entities import Grade, GradeState
from parlour.kernel.actor import Actor
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described
from parlour.kernel.ids import MessageId
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class BranchGrade:
    """The newest done grade of a branch; without one the newest, with its state and no score."""

    id: str
    state: GradeState
    score: int | None
    passed: bool | None
    total_points: int
    pass_points: int
    created_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """A way through a chat, from its begin to a leaf.

    `forked_at_message_id` is the last message that it shares with another branch; null if it begins
    apart from all others. `message_count` counts what is read and graded, `created_at` is the time of
    the first message behind the fork.
    """

    leaf_message_id: str
    label: str | None
    forked_at_message_id: str | None
    message_count: int
    created_at: str
    on_active_path: bool
    grade: BranchGrade | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Branches:
    """Every branch of a chat, by the creation of its leaf."""

    chat_id: str
    items: Sequence[Branch]


@dataclass(frozen=True, kw_only=True, slots=True)
class BranchSide:
    """One of two branches: itself, and the messages that only it has."""

    branch: Branch
    messages: Sequence[shapes.Message]


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class BranchComparison:
    """Two branches of a chat. `fork_message_id` is the last message they share, null if there is none.

    `difference` from the grade of the left branch to that of the right one; null unless both are graded.
    """

    common_message_count: int
    fork_message_id: str | None
    left: BranchSide
    right: BranchSide
    difference: Difference | None


class _Tree:
    """The branches of a chat as they are now."""

    def __init__(self, tx: Tx, found: ChatInAttempt) -> None:
        self.messages = conversations.messages(tx, found.chat.id)
        self._labels = branches.labels_by_leaf(self.messages, branches.labels_of(tx, found.chat.id))
        self._leaf_of = tree.leaf_by_message(self.messages)
        self._newest = tree.newest_leaf(self.messages)
        self._grades = self._by_leaf(grading.grades_of(tx, found.chat.id))

    def branch(self, leaf: Message) -> Branch:
        path = tree.path_to(self.messages, leaf.id)
        begin = tree.own_part(self.messages, leaf.id)[0]
        grade = self.grade(leaf)
        return Branch(
            leaf_message_id=leaf.id,
            label=self._labels.get(leaf.id),
            forked_at_message_id=begin.parent_id,
            message_count=sum(message.counts for message in path),
            created_at=rfc3339(begin.created_at),
            on_active_path=self._newest is not None and leaf.id == self._newest.id,
            grade=_shown(grade) if grade else None,
        )

    def grade(self, leaf: Message) -> Grade | None:
        """The grade of a branch that is shown: the newest done one, else the newest."""
        grades = self._grades.get(leaf.id, [])
        return next((each for each in reversed(grades) if each.state == "done"), grades[-1] if grades else None)

    def _by_leaf(self, grades: Sequence[Grade]) -> Mapping[MessageId, list[Grade]]:
        found: dict[MessageId, list[Grade]] = {}
        for grade in grades:
            about = grade.branch_message_id or self._newest_at(grade.created_at)
            if about is not None and about in self._leaf_of:
                found.setdefault(self._leaf_of[about].id, []).append(grade)
        return found

    def _newest_at(self, at_ms: int) -> MessageId | None:
        """The leaf of the active path of then: what an ordinary grade of that time is about."""
        return next((message.id for message in reversed(self.messages) if message.created_at <= at_ms), None)


def branches_of_chat(tx: Tx, actor: Actor, chat_id: str) -> Branches:
    """Every branch of a chat that the actor may read; raises `not_found`."""
    found = access.chat_to_read(tx, actor, chat_id)
    known = _Tree(tx, found)
    return Branches(chat_id=found.chat.id, items=[known.branch(leaf) for leaf in tree.leaves(known.messages)])


def label_branch(tx: Tx, actor: Actor, chat_id: str, message_id: str, label: str | None) -> Branch:
    """Name the branch that a message stands for; null or nothing takes the name away. Owner and staff may.

    Raises `not_found`, `invalid_request` for a name that is too long.
    """
    found = access.chat_to_read(tx, actor, chat_id)
    conversations.locked_chat(tx, found.chat.id)
    leaf = branches.branch_through(conversations.messages(tx, found.chat.id), message_id)
    branches.label_branch(tx, leaf, label, actor.account_id)
    return _Tree(tx, found).branch(leaf)


def compare_branches(tx: Tx, actor: Actor, chat_id: str, left: str, right: str) -> BranchComparison:
    """Two branches of a chat, each named by a message that stands for it; raises `not_found`."""
    found = access.chat_to_read(tx, actor, chat_id)
    known = _Tree(tx, found)
    leaves = [branches.branch_through(known.messages, each) for each in (left, right)]
    paths = [tree.path_to(known.messages, leaf.id) for leaf in leaves]
    common = tree.shared(paths[0], paths[1])
    owner = accounts.account_by_id(tx, found.attempt.account_id)
    name = OWN_NAME if found.owned else owner.name if owner else None
    records = records_of(tx, [found.chat], Library(tx), log.head(tx))[0]
    shown = {message.id: message for message in shown_messages(records, name)}
    sides = [
        BranchSide(branch=known.branch(leaf), messages=[shown[message.id] for message in path[common:]])
        for leaf, path in zip(leaves, paths, strict=True)
    ]
    return BranchComparison(
        common_message_count=common,
        fork_message_id=paths[0][common - 1].id if common else None,
        left=sides[0],
        right=sides[1],
        difference=_difference(tx, found, [known.grade(leaf) for leaf in leaves]),
    )


def _difference(tx: Tx, found: ChatInAttempt, grades: Sequence[Grade | None]) -> Difference | None:
    done = [grade for grade in grades if grade is not None and grade.state == "done"]
    rubric = grading.rubric_of(tx, found.chat)
    if rubric is None or len(done) != len(grades):
        return None
    return difference(rubric, graded(tx, done[0]), graded(tx, done[1]))


def _shown(grade: Grade) -> BranchGrade:
    return BranchGrade(
        id=grade.id,
        state=grade.state,
        score=grade.score,
        passed=grade.passed,
        total_points=grade.total_points,
        pass_points=grade.pass_points,
        created_at=rfc3339(grade.created_at),
    )
