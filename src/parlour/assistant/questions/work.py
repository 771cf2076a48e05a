"""The job that watches the deadlines of the assistant's questions (lab protocol 6.3)."""

from parlour.assistant.questions import actions
from parlour.assistant.questions.actions import EXPIRE
from parlour.pauses.work import Deadlines
from parlour.storage.database import Database


def deadlines(database: Database) -> Deadlines:
    """Expires what nobody answered, also after a time without a server; the turn goes on without permission."""
    return Deadlines(database, EXPIRE, actions.expire)
