"""No effect without a stored yes for exactly it (lab protocol 6.5, 16.4). The check stands where the effect is."""

from parlour.accounts import actions as accounts
from parlour.assistant.entities import Turn
from parlour.assistant.questions import actions as questions
from parlour.assistant.questions.entities import NewQuestion, Settled
from parlour.assistant.tools.ports import Operation
from parlour.kernel.ids import PauseId
from parlour.storage.tx import Tx

OPERATORS = ("admin", "superadmin")


def question_of(operation: Operation) -> NewQuestion:
    """The question that shows an operation whole; written by the server from arguments that were checked."""
    return NewQuestion(kind="authorize", text="", operation=operation)


def is_allowed(tx: Tx, turn: Turn, operation: Operation, pause_id: PauseId) -> bool:
    """Whether somebody who may said yes to this very operation in this very turn.

    An answer is always newer than its question, because only an open one can be answered; times are
    not compared, since clocks jump. To be called in the transaction that performs the operation, or
    commits that it begins.
    """
    settled = questions.outcome(tx, pause_id)
    return (
        settled is not None
        and settled.kind == "authorize"
        and settled.state == "answered"
        and settled.turn_id == turn.id
        and settled.operation_digest == questions.operation_digest(operation)
        and settled.answer is not None
        and settled.answer.get("decision") == "allow"
        and _is_entitled(tx, turn, settled)
    )


def _is_entitled(tx: Tx, turn: Turn, settled: Settled) -> bool:
    """The owner, whoever the question was assigned to, or an operator: by the account that is stored."""
    by = settled.answered_by_account
    account = accounts.account_by_id(tx, by) if by is not None else None
    if account is None or account.disabled:
        return False
    return by in (turn.account_id, settled.assigned_to) or account.role in OPERATORS
