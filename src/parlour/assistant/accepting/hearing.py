"""The first durable step of a spoken message: its words (lab protocol 10.2).

A recording without words ends as one that could not be listened to: a turn ends with a reply that says
so, a question is open again and says so. The model is never asked about it.
"""

import asyncio
import contextlib
from dataclasses import replace

from parlour.assistant.entities import LabMessage, Language, Turn
from parlour.assistant.loop import journal
from parlour.assistant.loop import progress as progresses
from parlour.assistant.loop.journal import HEARD, Entry
from parlour.assistant.loop.watching import watching
from parlour.assistant.messages import members, reading, replies, saying, turns
from parlour.assistant.messages.replies import Ending, NewReply
from parlour.assistant.messages.turns import HEAR, Hear, Saved
from parlour.assistant.questions import actions as questions
from parlour.assistant.questions.entities import Words
from parlour.assistant.sentences import sentence
from parlour.assistant.spoken.ears import Ears, HeardWords, NotHeard, NotHeardError
from parlour.events.pump import Pump
from parlour.files import actions as files
from parlour.files.entities import StoredFile
from parlour.jobs.queue import Job, Kind, LeaseLostError
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.storage.database import Database
from parlour.storage.tx import Tx

UNAVAILABLE: NotHeard = "speech_recognition_unavailable"
CLAIMS_MAX = 3  # who failed or died so often in listening is not asked again


@dataclass(frozen=True, kw_only=True, slots=True)
class HearingNeed:
    """What recordings are heard with. Of longer ones than `seconds_max` only the beginning is."""

    database: Database
    pump: Pump
    ears: Ears
    seconds_max: float


@dataclass(frozen=True, kw_only=True, slots=True)
class _Recording:
    """What is to be heard. `language` None: the person chose none."""

    turn: Turn
    file: StoredFile
    language: Language | None


class Hearing:
    """The job `assistant.hear`."""

    def __init__(self, need: HearingNeed) -> None:
        self._need = need
        self._database = need.database

    def kind(self) -> Kind:
        """For the worker."""
        return Kind(name=HEAR, step=self._step, stuck=stuck)

    async def _step(self, job: Job) -> None:
        hear = job.read(Hear)
        recording = await self._database.read(lambda tx: _recording(tx, hear))
        if recording is None:
            await self._not_heard(job, None, UNAVAILABLE)
            return
        with watching(self._need.pump, recording.turn) as watch:
            try:
                await self._hear(job, hear, recording)
            except asyncio.CancelledError:
                if not watch.seen:
                    raise
                with contextlib.suppress(LeaseLostError):
                    await self._database.write(job.finish)

    async def _hear(self, job: Job, hear: Hear, recording: _Recording) -> None:
        try:
            heard = await self._heard(job, recording)
        except NotHeardError as error:
            await self._not_heard(job, recording, error.code)
            return

        def take(tx: Tx) -> None:
            members.lock(tx, recording.turn.account_id)
            job.finish(tx)
            take_words(tx, hear, heard, self._need.seconds_max)

        await self._database.write(take)

    async def _heard(self, job: Job, recording: _Recording) -> HeardWords:
        """The words; a fault that may pass is tried again. Raises `NotHeardError`."""
        if job.claims > CLAIMS_MAX:
            raise NotHeardError(UNAVAILABLE)
        try:
            return await self._need.ears.hear(recording.file, recording.language)
        except NotHeardError as error:
            if not error.retryable:
                raise
        return await self._need.ears.hear(recording.file, recording.language)

    async def _not_heard(self, job: Job, recording: _Recording | None, code: NotHeard) -> None:
        def fail(tx: Tx) -> None:
            if recording is not None:
                members.lock(tx, recording.turn.account_id)
            job.finish(tx)
            not_heard(tx, job.read(Hear), code)

        await self._database.write(fail)


def stuck(tx: Tx, body: bytes, _reason: str) -> None:
    """Even when its job was given up, the person is told."""
    not_heard(tx, decode(body, Hear), UNAVAILABLE)


def take_words(tx: Tx, hear: Hear, heard: HeardWords, seconds_max: float) -> None:
    """The words are the message's text now; the turn that it started goes on, or its question is answered."""
    found = reading.message(tx, hear.message_id)
    if found is None:
        return
    members.lock(tx, found.account_id)
    message = saying.heard(tx, hear.message_id, heard.text)
    turn = turns.turn(tx, found.turn_id)
    if message is None or turn is None or turn.ended_at is not None:
        return
    _note(tx, message, "ok")
    if message.pause_id is None:
        if heard.cut:
            _say_so(tx, turn, seconds_max)
        turns.heard(tx, turn)
    elif _answers(tx, message, heard) and heard.cut:
        _say_so(tx, turn, seconds_max)


def not_heard(tx: Tx, hear: Hear, code: NotHeard = UNAVAILABLE) -> None:
    """End the turn that the recording started, or open the question that it was to answer again."""
    message = reading.message(tx, hear.message_id)
    if message is None:
        return
    members.lock(tx, message.account_id)
    turn = turns.turn(tx, message.turn_id)
    if turn is None or turn.ended_at is not None:
        return
    _note(tx, message, code)
    if message.pause_id is not None:
        _open_again(tx, message, code)
    elif turn.state == "running":
        language = members.member(tx, turn.account_id).language
        error = f"{code}: {sentence(language, f'mailbox.{code}')}"
        reply = NewReply(text=sentence(language, f"replies.not_heard_{code}"), error=error)
        replies.finish(tx, turn, Ending(state="failed", reply=reply))


def _recording(tx: Tx, hear: Hear) -> _Recording | None:
    """What there is to hear; None if the recording is gone, or its turn has ended."""
    message, row = reading.message(tx, hear.message_id), reading.spoken(tx, hear.message_id)
    turn = turns.turn(tx, message.turn_id) if message is not None else None
    file = files.by_id(tx, row.upload_id) if row is not None else None
    if turn is None or turn.ended_at is not None or file is None:
        return None
    return _Recording(turn=turn, file=file, language=members.chosen_language(tx, turn.account_id))


def _answers(tx: Tx, message: LabMessage, heard: HeardWords) -> bool:
    """Answer the question, if it is still to be answered; another answer may have come first."""
    row = reading.spoken(tx, message.id)
    asked = questions.question(tx, message.pause_id) if message.pause_id is not None else None
    if row is None or asked is None or not asked.is_open:
        return False
    words = Words(
        text=heard.text,
        message_id=message.id,
        author_id=row.author_id,
        route=row.route,
        confidence=heard.confidence,
    )
    return questions.take_words(tx, asked, words) is not None


def _open_again(tx: Tx, message: LabMessage, code: NotHeard) -> None:
    """If the question still waits for this recording; another answer may have come first."""
    asked = questions.open_of(tx, message.account_id)
    if asked is not None and asked.id == message.pause_id and asked.state == "pending":
        questions.reopen(tx, asked, code)


def _note(tx: Tx, message: LabMessage, outcome: str) -> None:
    """The trace of the turn has what became of the recording, in front of what follows from it."""
    known = journal.journal(tx, message.turn_id)
    asked = [row for row in known.rows.values() if row.pause_id is not None and row.pause_id == message.pause_id]
    n, before = (asked[0].n, f"{asked[0].name}/") if asked else (0, "")
    name = f"{before}{HEARD}/{message.id}"
    title = sentence(message.language, "loop.listening")
    journal.write(tx, message.turn_id, Entry(n=n, name=name, kind="speech", title=title, outcome=outcome))


def _say_so(tx: Tx, turn: Turn, seconds_max: float) -> None:
    """The next reply of the turn says that only the beginning of the recording was heard."""
    now = turns.turn(tx, turn.id) or turn
    progress = replace(progresses.read(now.progress), heard_seconds=seconds_max)
    saved = Saved(
        progress=progresses.written(progress),
        flags=now.flags,
        running_ms=now.running_ms,
        recoveries=now.recoveries,
        fence=now.fence,
    )
    turns.save(tx, turn.id, saved)
