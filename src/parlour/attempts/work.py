"""The background work of attempts: closing a chat when its time is up (Glow 6.6.2)."""

from parlour.attempts import actions
from parlour.attempts.opening import EXPIRE, Expire
from parlour.conversations import actions as conversations
from parlour.jobs.queue import Job, Kind
from parlour.kernel.decoding import decode
from parlour.storage.database import Database
from parlour.storage.tx import Tx

LOOK_AGAIN_SECONDS = 0.5


class Timekeeper:
    """Closes expired chats. A running reply may finish for `grace_seconds`, then it is stopped."""

    def __init__(self, database: Database, *, grace_seconds: float, timezone_name: str = "UTC") -> None:
        self._database = database
        self._timezone_name = timezone_name
        self._grace_ms = round(grace_seconds * 1000)

    def kind(self) -> Kind:
        """The job that this does."""
        return Kind(name=EXPIRE, step=self._step, stuck=self._stuck)

    async def _step(self, job: Job) -> None:
        body = job.read(Expire)

        def expire(tx: Tx) -> None:
            job.finish(tx)
            chat = conversations.chat(tx, body.chat_id)
            if chat is None or chat.state == "completed" or chat.expires_at is None:
                return
            waits = tx.now_ms < chat.expires_at + self._grace_ms and conversations.running_reply(tx, chat.id)
            if tx.now_ms < chat.expires_at or waits:
                left = (chat.expires_at - tx.now_ms) / 1000
                tx.enqueue(EXPIRE, body, delay_seconds=max(LOOK_AGAIN_SECONDS, left))
            else:
                actions.expire_chat(tx, chat.id, self._timezone_name)

        await self._database.write(expire)

    def _stuck(self, tx: Tx, body: bytes, _reason: str) -> None:
        """A chat is never left running for ever: close it here, where every check has failed before."""
        actions.expire_chat(tx, decode(body, Expire).chat_id, self._timezone_name)
