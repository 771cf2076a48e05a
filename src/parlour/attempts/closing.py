"""CLOSE (Glow 6.2): stop the turn, complete the chat, decide on grading."""

from parlour.accounts import actions as accounts
from parlour.attempts.entities import Attempt
from parlour.conversations import actions as conversations
from parlour.conversations.entities import Chat, Completion
from parlour.conversations.spoken import sessions, utterances
from parlour.grading import actions as grading
from parlour.grading.entities import GradeRequest
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx
from parlour.turns import actions as turns


@dataclass(frozen=True, kw_only=True, slots=True)
class Closing:
    """Why and by whom a chat is closed, and whether a grade is wanted."""

    grade: bool
    actor_id: AccountId
    stop: bool = False
    message: str | None = None
    expired: bool = False
    timezone_name: str = "UTC"


def close(tx: Tx, attempt: Attempt, chat: Chat, closing: Closing) -> str | None:
    """Close an open chat; the id of the grade that will come, if one will (decision D27)."""
    turns.stop_turn(tx, chat.id)
    sessions.end_with_chat(tx, chat.id)
    utterances.drop_all(tx, chat.id)
    conversations.complete_chat(tx, chat.id, Completion(stop=closing.stop, message=closing.message))
    spoken = any(message.type == "query" for message in conversations.transcript(tx, chat.id))
    if not closing.grade or not spoken or chat.snapshot.rubric is None:
        return None
    accounts.count_request(tx, attempt.account_id, closing.timezone_name)
    return grading.request_grade(
        tx,
        GradeRequest(
            chat_id=chat.id, requested_by=closing.actor_id, simulation_id=attempt.simulation_id, automatic=True
        ),
    )
