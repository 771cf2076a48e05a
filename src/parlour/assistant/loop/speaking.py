"""The job `assistant.speak`: a reply that is written gets its sound, and is told (lab protocol 10.3).

Speaking is the step's one outside effect. A server that dies while it speaks speaks again; what nobody
can speak is told as text. Either way the reply is told once, by the transaction that ends the job.
"""

import asyncio
import logging

from parlour.assistant.entities import Step, Turn
from parlour.assistant.loop import drafts, endings, journal
from parlour.assistant.loop import progress as progresses
from parlour.assistant.loop.drafts import Draft, Spoken
from parlour.assistant.loop.standing import Held, load
from parlour.assistant.loop.watching import watching, while_it_runs
from parlour.assistant.messages import turns
from parlour.assistant.messages.turns import SPEAK, Speak
from parlour.assistant.spoken import forms
from parlour.assistant.spoken.forms import Wording
from parlour.assistant.spoken.mouth import Mouth
from parlour.events.pump import Pump
from parlour.files import actions as files
from parlour.files.entities import NewFile, Received
from parlour.files.handles import handle_of
from parlour.jobs.queue import Job, Kind
from parlour.kernel.clock import Clock
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import ProviderFault, Refusal
from parlour.settings.lab import LabLimits
from parlour.storage.database import Database
from parlour.storage.tx import Tx

logger = logging.getLogger("parlour.assistant")

CLAIMS_MAX = 3  # who died so often in speaking is not asked again
TRIES = 2
SECONDS_BETWEEN = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeakingNeed:
    """What replies are spoken and kept with."""

    database: Database
    pump: Pump
    clock: Clock
    mouth: Mouth
    limits: LabLimits


class Speaking:
    """Does the job."""

    def __init__(self, need: SpeakingNeed) -> None:
        self._need = need

    def kind(self) -> Kind:
        """For the worker."""
        return Kind(name=SPEAK, step=self._step, stuck=stuck)

    async def _step(self, job: Job) -> None:
        place = job.read(Speak)
        standing = await self._need.database.read(lambda tx: load(tx, place.turn_id))
        row = standing.journal.row(place.n, place.name) if standing is not None else None
        draft = drafts.read(row)
        if standing is None or row is None or draft is None:
            await self._need.database.write(job.finish)
            return
        held = Held(self._need.database, self._need.clock, job, standing)
        with watching(self._need.pump, standing.turn) as watch:
            await while_it_runs(held, watch, self._speak(held, row, draft, job.claims))

    async def _speak(self, held: Held, row: Step, draft: Draft, claims: int) -> None:
        words = _wording(draft, self._need.limits.speech_out_chars_max)
        name = f"reply-{draft.message_id}.wav"
        received = await self._said(held, name, words.text) if claims <= CLAIMS_MAX else None

        def tell(tx: Tx, turn: Turn) -> None:
            spoken = self._kept(tx, turn, name, received)
            if spoken.file_id and words.cut:
                spoken = Spoken(file_id=spoken.file_id, handle=spoken.handle, whole=_text(draft))
            drafts.deliver(tx, turn, row, spoken)
            now = progresses.read(turn.progress)
            if draft.question is not None:
                held.save(tx, turn, now)

        await held.commit(tell)

    async def _said(self, held: Held, name: str, text: str) -> Received | None:
        """The sound; None when the engine is missing or fails."""
        turn_id = held.standing.turn.id
        for attempt in range(1, TRIES + 1):
            if not self._need.mouth.can_speak:
                return None
            try:
                return await self._need.mouth.say(name, text)
            except ProviderFault as fault:
                logger.warning("speaking_failed", extra={"turn": turn_id, "reason": fault.text})
                if not fault.retryable or attempt == TRIES:
                    return None
                await asyncio.sleep(SECONDS_BETWEEN)
        return None

    def _kept(self, tx: Tx, turn: Turn, name: str, received: Received | None) -> Spoken:
        """The sound as a file of the account; nothing if there is no room for it."""
        if received is None:
            return Spoken()
        new = NewFile(account_id=turn.account_id, name=name, origin="reply", received=received)
        try:
            file = files.keep_file(tx, new, quota=self._need.limits.quota_bytes)
        except Refusal as refusal:
            logger.info("reply_not_kept", extra={"turn": turn.id, "reason": refusal.code})
            return Spoken()
        files.use(tx, file.id)
        return Spoken(file_id=file.id, handle=handle_of(file))


def stuck(tx: Tx, body: bytes, _reason: str) -> None:
    """Even when the job was given up, the reply is told, as text."""
    place = decode(body, Speak)
    turn = turns.turn(tx, place.turn_id)
    if turn is None or turn.state != "running":
        return
    try:
        with tx.savepoint():
            row = journal.journal(tx, turn.id).row(place.n, place.name)
            if row is not None and row.finished_at is None:
                drafts.deliver(tx, turn, row, Spoken())
    except (*endings.UNREADABLE, RuntimeError):
        logger.exception("draft_unreadable", extra={"turn": turn.id})
        endings.break_down(tx, turn)


def _wording(draft: Draft, chars_max: int) -> Wording:
    if draft.question is not None:
        return forms.of_question(draft.question.kind, draft.question.body, chars_max)
    return forms.of_final(_text(draft), chars_max)


def _text(draft: Draft) -> str:
    if draft.question is not None:
        return draft.question.body.text
    return draft.ending.reply.text if draft.ending is not None else ""
