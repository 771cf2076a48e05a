"""The composition root: the only module that knows everything.

`Parlour(settings)` is a server's parts, wired; `start` and `stop` are its life. `serving.serve`
runs it until a signal comes.
"""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Literal

import socketio
from fastapi import FastAPI

from parlour.accounts.oidc import Verifier
from parlour.accounts.passwords import PasswordWorkers
from parlour.attempts.history.work import Forgetter
from parlour.attempts.preparing import Preparer
from parlour.attempts.regrade import RegradeRules
from parlour.attempts.work import Timekeeper
from parlour.authoring import Authoring, AuthoringNeed
from parlour.events import cursors
from parlour.events.pump import Pump
from parlour.grading.work import Grader, GraderLimits
from parlour.housekeeping import Housekeeping
from parlour.jobs.worker import Worker, WorkerLimits
from parlour.kernel.clock import SystemClock
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import TimeOrderedIds
from parlour.laboratory import MODELS, Laboratory, LaboratoryNeed
from parlour.laboratory import PUBLIC_PATHS as LABORATORY_PATHS
from parlour.pauses.work import Deadlines
from parlour.providers.models import ProviderSpec, build_models
from parlour.providers.models.observed import ObservedModel
from parlour.providers.models.played import load_played
from parlour.providers.models.scripted import ScriptedModel
from parlour.providers.oidc_keys import fetch_keys_of
from parlour.providers.speech import build_speech
from parlour.providers.speech.activity import build_activity
from parlour.serving import lock_data
from parlour.settings import Settings
from parlour.storage.blobs.folder import FolderBlobs
from parlour.storage.database import Database
from parlour.testing import Testing, TestingNeed
from parlour.turns.work import TurnLimits, TurnRunner
from parlour.voice import Voice, VoiceNeed
from parlour.wire.glow.attendance import Attendance, AttendanceRules
from parlour.wire.glow.commands import Commands
from parlour.wire.glow.connection import Delivery
from parlour.wire.glow.dispatch import Dispatch
from parlour.wire.glow.documents import asyncapi_router
from parlour.wire.glow.event_routes import events_router
from parlour.wire.glow.hub import Hub
from parlour.wire.glow.routes import GlowHttp, operations_router
from parlour.wire.glow.routes import models as glow_payloads
from parlour.wire.glow.rules import session_rules, socket_rules
from parlour.wire.glow.server import GlowServer
from parlour.wire.glow.streams import Readers, Reading
from parlour.wire.glow.twins import models as twin_payloads
from parlour.wire.glow.twins import twins_router
from parlour.wire.http.credentials import Authenticator
from parlour.wire.http.flood import FloodBrake
from parlour.wire.http.headers import SecureAnswers
from parlour.wire.http.health import health_router
from parlour.wire.http.limits import LimitBodies
from parlour.wire.http.metrics import Metrics, metrics_router
from parlour.wire.http.openapi import complete_openapi
from parlour.wire.http.problems import add_problems
from parlour.wire.http.texts import RefuseNul
from parlour.wire.http.throttle import LoginThrottle
from parlour.wire.rest.attempts import AttemptsNeed, attempts_router
from parlour.wire.rest.chats import chats_router
from parlour.wire.rest.drafts import drafts_router
from parlour.wire.rest.exports import exports_router
from parlour.wire.rest.history import history_router
from parlour.wire.rest.laboratory import LaboratoryNeed as LookingNeed
from parlour.wire.rest.laboratory import laboratory_router
from parlour.wire.rest.presence import PresenceNeed, presence_router
from parlour.wire.rest.sessions import SessionsNeed, sessions_router
from parlour.wire.rest.uploads import UploadsNeed, uploads_router
from parlour.wire.rest.usage import usage_router
from parlour.wire.web import routes as web_routes

logger = logging.getLogger("parlour")

Only = Literal["web", "worker"]
PUBLIC_PATHS = (
    *("/api/v1/sessions", "/healthz", "/readyz", "/version", "/metrics", "/asyncapi.json"),
    *LABORATORY_PATHS,
)
PUMP_POLL_SECONDS = 1.0


class Parlour:
    """All parts of one server process. `only` leaves out the other half (scaled deployments)."""

    def __init__(self, settings: Settings, *, only: Only | None = None) -> None:
        self.settings = settings
        self.only = only
        self.clock = SystemClock()
        self.dice = SeededDice()
        self.ids = TimeOrderedIds(self.clock)
        self.metrics = Metrics()
        limits = settings.limits
        self.database = Database(settings.url, self.clock, self.ids, readers=limits.readers)
        self.database.writer.listeners.committed = self.metrics.committed
        router = build_models(
            [
                ProviderSpec(name=each.name, kind=each.kind, base_url=each.base_url, api_key=each.api_key)
                for each in settings.providers
            ],
            scripted=ScriptedModel(
                pieces_per_second=settings.scripted_pieces_per_second,
                played=load_played(settings.lab.script) if settings.lab.script else None,
            ),
            dice=self.dice,
        )
        self.models = ObservedModel(router, self.clock, self.metrics, trace=settings.trace)
        self.rules = RegradeRules(
            owner_regrades_max=limits.owner_regrades_max,
            timezone_name=settings.timezone,
            infinite_chats_max=limits.infinite_chats_max,
        )
        self.passwords = PasswordWorkers()
        self.throttle = LoginThrottle(self.clock)
        self.authenticator = self._authenticator()
        self.blobs = FolderBlobs(settings.files)
        self.speech = build_speech(settings, self.clock)
        self.laboratory = self._laboratory()
        self.voice = self._voice()
        self.testing = Testing(TestingNeed(settings=settings, database=self.database, model=self.models))
        self.authoring = Authoring(AuthoringNeed(settings, self.database, self.models, self.laboratory, self.speech))
        self.commands = Commands(self.database, self.ids, self.rules, self.testing.rules, self.authoring.rules)
        self.hub = Hub(self.commands, self.authenticator, socket_rules(settings), self.metrics, self._attendance())
        self.hub.guest = self.laboratory.sockets
        self.hub.voice.desk = self.voice.desk
        self.sockets = GlowServer(
            self.hub,
            Dispatch(self.hub, self.commands, self.metrics, limits.socket_events_per_second_max),
            cors_origins=list(settings.cors_origins) or None,
            ping_seconds=(limits.socket_ping_seconds, limits.socket_ping_timeout_seconds),
        )
        self.hub.closer = self.sockets
        self.readers = Readers()
        self._lock: int | None = None
        self.housekeeping = Housekeeping(self.database, limits, self.laboratory.keep_house, self.voice.keep_house)
        self.pump: Pump | None = None
        self.worker: Worker | None = None
        self.app = self._http()

    async def start(self) -> None:
        """Open the store (migrating it if needed), then read, work and deliver."""
        settings = self.settings
        settings.data.mkdir(parents=True, exist_ok=True)
        dialect = self.database.dialect
        if not dialect.shared:
            self._lock = lock_data(settings.data)
        await asyncio.to_thread(self.database.migrate_apart)
        self.database.start()
        pump = self.pump = Pump(self.database, dialect.waker(), poll_seconds=PUMP_POLL_SECONDS)
        await pump.start()
        if not dialect.shared:
            await self.database.write(lambda tx: cursors.close_all(tx, "socket"))
        await self.laboratory.open()
        await self.voice.start(pump)
        await self.hub.attendance.start()
        if self.only != "web":
            self.worker = self._worker(pump)
            self.laboratory.start_tools()
            await self.worker.start()
        self.hub.start(
            Delivery(
                database=self.database,
                pump=pump,
                clock=self.clock,
                ids=self.ids,
                backlog_bytes_max=settings.limits.socket_backlog_bytes_max,
                watch=self.hub,
            )
        )
        self.housekeeping.start()
        logger.info("started", extra={"version": version("parlour"), "store": dialect.name, "only": self.only})

    async def stop(self) -> None:
        """Refuse what is new, finish or hand back what runs, keep what was said (P29)."""
        await self.part()
        await self.voice.stop()
        if self.worker:
            await self.worker.stop()
            await self.laboratory.stop_tools()
        await self.housekeeping.stop()
        if self.pump:
            await self.pump.stop()
        await self.models.aclose()
        await self.speech.aclose()
        await self.database.stop()
        self.passwords.close()
        if self._lock is not None:
            os.close(self._lock)
        logger.info("stopped")

    async def part(self) -> None:
        """Say good-bye to every client."""
        await self.hub.stop()
        self.readers.stop()
        await self.laboratory.part()

    def _worker(self, pump: Pump) -> Worker:
        settings, limits = self.settings, self.settings.limits
        worker = Worker(
            self.database,
            self.dice,
            self.ids.new(),
            WorkerLimits(parallel_max=limits.jobs_parallel_max, stop_seconds=limits.stop_seconds_max),
        )
        worker.done = self.metrics.job
        turn_limits = TurnLimits(
            first_token_seconds_max=limits.first_token_seconds_max,
            turn_seconds_max=limits.turn_seconds_max,
            hints_seconds_max=limits.hints_seconds_max,
        )
        worker.add(TurnRunner(self.database, pump, self.models, settings.model, turn_limits).kind())
        asking = GraderLimits(answer_seconds_max=limits.grading_seconds_max, unclear_below=settings.voice.unclear_below)
        worker.add(Grader(self.database, self.models, settings.grader_model or settings.model, asking).kind())
        self.authoring.work_in(worker)
        worker.add(Preparer(self.database).kind())
        worker.add(Deadlines(self.database).kind())
        worker.add(Forgetter(self.database).kind())
        worker.add(
            Timekeeper(self.database, grace_seconds=limits.time_grace_seconds, timezone_name=settings.timezone).kind()
        )
        self.testing.work_in(worker, pump)
        self.voice.work_in(worker)
        self.laboratory.work_in(worker, pump)
        return worker

    def _authenticator(self) -> Authenticator:
        oidc = self.settings.oidc
        return Authenticator(
            self.database,
            self._jwt(),
            auto_create=oidc is not None and oidc.auto_create,
            guests=self.settings.guests,
        )

    def _laboratory(self) -> Laboratory:
        return Laboratory(
            LaboratoryNeed(
                settings=self.settings,
                database=self.database,
                clock=self.clock,
                ids=self.ids,
                dice=self.dice,
                model=self.models,
                blobs=self.blobs,
                authenticator=self.authenticator,
                passwords=self.passwords,
                throttle=self.throttle,
                pump=self._running_pump,
                engines=self.speech,
            )
        )

    def _voice(self) -> Voice:
        return Voice(
            VoiceNeed(
                settings=self.settings,
                database=self.database,
                clock=self.clock,
                ids=self.ids,
                blobs=self.blobs,
                engines=self.speech,
                activity=build_activity(self.settings),
            )
        )

    def _running_pump(self) -> Pump:
        if self.pump is None:
            raise RuntimeError("the server has not been started")
        return self.pump

    def _attendance(self) -> Attendance:
        idle_seconds = self.settings.limits.http_session_idle_seconds
        return Attendance(self.database, AttendanceRules(server_id=self.ids.new(), session_idle_seconds=idle_seconds))

    def _jwt(self) -> Verifier | None:
        oidc = self.settings.oidc
        if oidc is None:
            return None
        from parlour.accounts.jwt import JwtVerifier  # noqa: PLC0415 (joserfc costs 9 MiB)

        return JwtVerifier(oidc.issuer, oidc.audience, fetch_keys_of(oidc.issuer), self.clock)

    def _http(self) -> FastAPI:
        settings, gate = self.settings, self.laboratory.gate

        @asynccontextmanager
        async def life(_: FastAPI) -> AsyncGenerator[None, None]:
            await self.start()
            yield
            await self.stop()

        app = FastAPI(
            title="Parlour",
            version=version("parlour"),
            description="Practise, test and author conversations with AI personas.",
            lifespan=life,
            docs_url=None,
            redoc_url=None,
            root_path=settings.base_path,
        )
        add_problems(app, self.ids)
        app.add_middleware(RefuseNul, absent_below=gate.paths)
        app.add_middleware(LimitBodies, limits=self.authoring.body_limits(gate.forms()))
        of_glow = ("/api/", "/socket/", f"{settings.base_path}/api/", f"{settings.base_path}/socket/")
        app.add_middleware(SecureAnswers, paths=(*of_glow, *gate.paths))
        gate.guard(app)
        app.include_router(health_router(self.ready, lambda: version("parlour")))
        app.include_router(metrics_router(self.metrics))
        if self.only != "worker":
            self._client_routes(app)
        return app

    def _client_routes(self, app: FastAPI) -> None:
        self.laboratory.add_to(app)
        app.include_router(
            sessions_router(
                SessionsNeed(
                    database=self.database,
                    authenticator=self.authenticator,
                    passwords=self.passwords,
                    throttle=self.throttle,
                )
            )
        )
        glow = GlowHttp(
            commands=self.commands,
            authenticator=self.authenticator,
            hub=self.hub,
            metrics=self.metrics,
            reading=self._reading,
            readers=self.readers,
            flood=FloodBrake(self.clock, self.settings.limits.socket_events_per_second_max),
            base_path=self.settings.base_path,
        )
        app.include_router(operations_router(glow))
        app.include_router(twins_router(glow))
        app.include_router(events_router(glow))
        app.include_router(asyncapi_router(app, self.settings.base_path, self.laboratory.event_tables))
        complete_openapi(app, [*glow_payloads(), *twin_payloads(), *MODELS], PUBLIC_PATHS)
        reading = AttemptsNeed(database=self.database, authenticator=self.authenticator)
        for routes in (drafts_router, exports_router, history_router, usage_router, attempts_router, chats_router):
            app.include_router(routes(reading))
        for router in (*self.testing.routers(reading), *self.voice.routers(reading), *self.authoring.routers(reading)):
            app.include_router(router)
        app.include_router(
            uploads_router(
                UploadsNeed(
                    database=self.database,
                    authenticator=self.authenticator,
                    blobs=self.blobs,
                    base_path=self.settings.base_path,
                )
            )
        )
        app.include_router(laboratory_router(LookingNeed(database=self.database, authenticator=self.authenticator)))
        app.include_router(presence_router(PresenceNeed(database=self.database, authenticator=self.authenticator)))
        app.include_router(web_routes())

    def _reading(self) -> Reading:
        """What streams and polls of HTTP sessions read with; there once the server has started."""
        rules = session_rules(self.settings)
        return Reading(database=self.database, pump=self._running_pump(), clock=self.clock, ids=self.ids, rules=rules)

    @property
    def asgi(self) -> socketio.ASGIApp:
        """The whole server as one ASGI application: Socket.IO beside HTTP."""
        return socketio.ASGIApp(
            self.sockets, self.app, socketio_path=f"{self.settings.base_path}/socket.io".lstrip("/")
        )

    async def ready(self) -> Mapping[str, bool]:
        """What a load balancer asks before it sends anyone here."""
        try:
            await self.database.read(lambda tx: tx.one("SELECT 1 AS one"))
            storage = True
        except Exception:
            logger.exception("not_ready")
            storage = False
        return {"storage": storage, "accepting": not self.commands.shutting_down}
