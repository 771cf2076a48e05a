"""Asking for a grade (Glow 7.12): which chat, who may, and how often."""

from collections.abc import Sequence

from parlour.accounts import actions as accounts
from parlour.attempts import access
from parlour.attempts.entities import INFINITE_CHATS_MAX, Attempt
from parlour.conversations import actions as conversations
from parlour.conversations import tree
from parlour.conversations.branches import branch_through
from parlour.conversations.entities import Chat
from parlour.grading import actions as grading
from parlour.grading.entities import GradeRequest
from parlour.grading.rules import check_resource_types
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import ChatId, GradeId, MessageId
from parlour.kernel.refusals import Refusal, invalid
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """What somebody asks the grader. `resource_types` empty = all six kinds.

    `branch_message_id`: grade the branch that this message of the chat stands for (an extension).
    """

    attempt_id: str
    chat_id: str | None
    resource_types: Sequence[str] = ()
    instructions: Sequence[str] = ()
    branch_message_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RegradeRules:
    """What a deployment decides: how often an owner may ask again (6.4.6), in which time zone a day
    ends (4.7), and how many chats an infinite attempt may have (6.6.5)."""

    owner_regrades_max: int
    timezone_name: str
    infinite_chats_max: int = INFINITE_CHATS_MAX


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The grade that will come."""

    chat_id: ChatId
    grade_id: GradeId


def ask_for_grade(tx: Tx, actor: Actor, asking: Asking, rules: RegradeRules) -> Asked:
    """Have a chat graded, open or completed; it is neither completed nor left."""
    attempt = access.attempt_to_change(tx, actor, asking.attempt_id)
    wanted = check_resource_types(asking.resource_types)
    if asking.branch_message_id is not None and asking.chat_id is None:
        raise invalid("/chat_id", "Name the chat of the branch")
    chat = _chat(tx, attempt, asking.chat_id)
    branch = _branch(tx, chat, asking.branch_message_id) if asking.branch_message_id is not None else None
    owned = attempt.account_id == actor.account_id
    graded = [grade for grade in grading.grades_of(tx, chat.id) if grade.state != "failed"]
    if owned and not attempt.practice and graded and grading.count_by_owner(tx, chat) >= rules.owner_regrades_max:
        raise Refusal("regrade_limit", "This chat cannot be graded again.")
    texts = tuple(asking.instructions)
    request = GradeRequest(
        chat_id=chat.id,
        requested_by=actor.account_id,
        simulation_id=attempt.simulation_id,
        wanted=wanted,
        instructions=() if owned else texts,
        remarks=texts if owned else (),
        branch_message_id=branch,
    )
    grade_id = grading.request_grade(tx, request)
    accounts.take_request(tx, actor.account_id, rules.timezone_name)
    return Asked(chat_id=chat.id, grade_id=grade_id)


def _chat(tx: Tx, attempt: Attempt, chat_id: str | None) -> Chat:
    if chat_id is not None:
        return access.chat_of(tx, attempt, chat_id)
    spoken = [
        chat
        for chat in conversations.chats_of(tx, attempt.id)
        if any(message.type == "query" for message in conversations.transcript(tx, chat.id))
    ]
    done = grading.done_grades(tx, [chat.id for chat in spoken])
    if not spoken:
        raise Refusal("nothing_to_grade", "There is no chat to grade.")
    return next((chat for chat in spoken if chat.id not in done), spoken[-1])


def _branch(tx: Tx, chat: Chat, message_id: str) -> MessageId | None:
    """The leaf of the branch; None if it is the active path, whose grade is that of the chat."""
    messages = conversations.messages(tx, chat.id)
    leaf, newest = branch_through(messages, message_id), tree.newest_leaf(messages)
    return None if newest is not None and leaf.id == newest.id else leaf.id
