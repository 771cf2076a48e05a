"""Voice of a server, put together: its desk, its jobs, its recordings, and the routes that reach them.

`app.Parlour` owns one. Nothing outside this module and `app` knows all of its parts.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter

from parlour.attempts.spoken.keeping import KeeperNeed, RecordingKeeper
from parlour.attempts.spoken.reading import SpeechRules
from parlour.attempts.voice.channels import Channels
from parlour.attempts.voice.desk import VoiceDesk
from parlour.attempts.voice.local import LocalChannels, LocalRules
from parlour.attempts.voice.need import SessionNeed
from parlour.attempts.voice.recovering import Recovery, RecoveryNeed
from parlour.conversations.spoken import sessions
from parlour.events.pump import Pump
from parlour.files.ports import BlobStore
from parlour.jobs.worker import Worker
from parlour.kernel.clock import Clock
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import Ids
from parlour.settings import Settings
from parlour.speech.activity import GateRules
from parlour.speech.endpointing import PauseRules
from parlour.speech.engines import SpeechEngines
from parlour.speech.ports import VoiceActivity
from parlour.speech.recording import Spools, SpoolsNeed
from parlour.storage.database import Database

if TYPE_CHECKING:
    from parlour.wire.rest.practice.attempts import AttemptsNeed

OFFSET_MS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceNeed:
    """What voice needs of a server. `activity` makes a detector of speech for each session."""

    settings: Settings
    database: Database
    clock: Clock
    ids: Ids
    blobs: BlobStore
    engines: SpeechEngines
    activity: Callable[[], VoiceActivity]


class Voice:
    """The voice sessions of a process, and what becomes of what was said."""

    def __init__(self, need: VoiceNeed) -> None:
        self._need = need
        settings = need.settings
        rules = settings.voice
        self._spools = Spools(
            SpoolsNeed(
                folder=spool_folder(settings),
                blobs=need.blobs,
                seconds_max=rules.utterance_seconds_max + rules.prefix_ms / 1000,
                keeps=rules.recording_days > 0,
            )
        )
        self._channels = self._built_channels()
        self.desk = VoiceDesk(
            SessionNeed(
                database=need.database,
                channels=self._channels,
                spools=self._spools,
                rules=rules,
                language=settings.speech.language,
                timezone_name=settings.timezone,
            ),
            need.ids,
        )

    async def start(self, pump: Pump) -> None:
        """Begin to open sessions. On a store of one process none has outlived the process before."""
        if not self._need.database.dialect.shared:
            await self._need.database.write(sessions.forget_all)
        self.desk.start(pump)

    def work_in(self, worker: Worker) -> None:
        """Teach a worker the jobs of voice."""
        need = self._need
        recovery = RecoveryNeed(
            database=need.database,
            spools=self._spools,
            transcriber=need.engines.transcriber,
            language=need.settings.speech.language,
            timezone_name=need.settings.timezone,
            engine_seconds_max=need.settings.speech.engine_seconds_max,
        )
        worker.add(Recovery(recovery).kind())

    def routers(self, reading: "AttemptsNeed") -> Sequence[APIRouter]:
        """The routes about what was said and heard, for chats."""
        from parlour.wire.rest.practice.speech import SpeechNeed, speech_router  # noqa: PLC0415 (an area is made when asked for)

        settings = self._need.settings
        rules = SpeechRules(unclear_below=settings.voice.unclear_below, base_path=settings.base_path)
        return (
            speech_router(SpeechNeed(database=self._need.database, authenticator=reading.authenticator, rules=rules)),
        )

    async def keep_house(self) -> None:
        """Forget recordings that were kept long enough, and spools that nobody needs."""
        need = self._need
        keeper = KeeperNeed(
            database=need.database,
            spools=self._spools,
            clock=need.clock,
            recording_days=need.settings.voice.recording_days,
        )
        await RecordingKeeper(keeper).keep_house()

    async def stop(self) -> None:
        """End every session."""
        await self.desk.stop()
        await self._channels.aclose()

    def _built_channels(self) -> Channels:
        settings, rules = self._need.settings, self._need.settings.voice
        if rules.path == "realtime":
            from parlour.attempts.voice.realtime import RealtimeChannels  # noqa: PLC0415 (only where it is used)
            from parlour.providers.speech.realtime import build_realtime  # noqa: PLC0415 (aiohttp costs memory)

            return RealtimeChannels(settings, build_realtime(settings), self._need.activity)
        pauses = (rules.silence_ms, rules.silence_ended_ms, rules.silence_unfinished_ms)
        local = LocalRules(
            gate=GateRules(threshold=rules.threshold, prefix_ms=rules.prefix_ms, offset_ms=min(OFFSET_MS, *pauses)),
            pauses=PauseRules(
                silence_ms=rules.silence_ms,
                silence_ended_ms=rules.silence_ended_ms,
                silence_unfinished_ms=rules.silence_unfinished_ms,
            ),
            voices=settings.speech.voices,
            engine_seconds_max=settings.speech.engine_seconds_max,
        )
        return LocalChannels(self._need.engines, self._need.activity, local)


def spool_folder(settings: Settings) -> Path:
    """Where sound grows while somebody speaks."""
    return settings.data / "spool"
