"""The first durable step of a spoken message: its words (lab protocol 10.2).

There is no recogniser here yet, so every recording ends as one that could not be listened to: a turn
ends with a reply that says so, a question is open again and says so. The model is never asked.
"""

from parlour.assistant.entities import LabMessage
from parlour.assistant.messages import members, reading, replies, turns
from parlour.assistant.messages.replies import Ending, NewReply
from parlour.assistant.messages.turns import HEAR, Hear
from parlour.assistant.questions import actions as questions
from parlour.assistant.sentences import sentence
from parlour.jobs.queue import Job, Kind
from parlour.kernel.decoding import decode
from parlour.storage.database import Database
from parlour.storage.tx import Tx

UNAVAILABLE = "speech_recognition_unavailable"


class Hearing:
    """The job `assistant.hear`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def kind(self) -> Kind:
        """For the worker."""
        return Kind(name=HEAR, step=self._step, stuck=stuck)

    async def _step(self, job: Job) -> None:
        def fail(tx: Tx) -> None:
            job.finish(tx)
            not_heard(tx, job.read(Hear))

        await self._database.write(fail)


def stuck(tx: Tx, body: bytes, _reason: str) -> None:
    """Even when its job was given up, the person is told."""
    not_heard(tx, decode(body, Hear))


def not_heard(tx: Tx, hear: Hear) -> None:
    """End the turn that the recording started, or open the question that it was to answer again."""
    message = reading.message(tx, hear.message_id)
    if message is None:
        return
    members.lock(tx, message.account_id)
    turn = turns.turn(tx, message.turn_id)
    if turn is None or turn.ended_at is not None:
        return
    if message.pause_id is not None:
        _open_again(tx, message)
    elif turn.state == "running":
        language = members.member(tx, turn.account_id).language
        error = f"{UNAVAILABLE}: {sentence(language, f'replies.{UNAVAILABLE}')}"
        reply = NewReply(text=sentence(language, "replies.not_heard"), error=error)
        replies.finish(tx, turn, Ending(state="failed", reply=reply))


def _open_again(tx: Tx, message: LabMessage) -> None:
    """If the question still waits for this recording; another answer may have come first."""
    asked = questions.open_of(tx, message.account_id)
    if asked is not None and asked.id == message.pause_id and asked.state == "pending":
        questions.reopen(tx, asked, UNAVAILABLE)
