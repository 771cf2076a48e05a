"""The composition root: the only module that knows everything.

`Parlour(settings)` is a server's parts, wired; `start` and `stop` are its life. `serving.serve`
runs it until a signal comes.
"""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

import socketio
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

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
from parlour.kernel.absent import absent
from parlour.kernel.clock import SystemClock
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import TimeOrderedIds
from parlour.laboratory import PUBLIC_PATHS as LABORATORY_PATHS
from parlour.laboratory import Laboratory, LaboratoryNeed
from parlour.pauses.work import Deadlines
from parlour.providers.models import ProviderSpec, build_models
from parlour.providers.models.observed import ObservedModel
from parlour.providers.models.scripted.model import ScriptedModel
from parlour.providers.models.scripted.played import load_played
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
from parlour.wire.glow.hub import Hub
from parlour.wire.glow.rules import session_rules, socket_rules
from parlour.wire.glow.server import GlowServer
from parlour.wire.glow.streams import Readers, Reading
from parlour.wire.http.areas import FOREIGN_MODELS, Area
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
from parlour.wire.rest.sessions import SessionsNeed, sessions_router
from parlour.wire.web import routes as web_routes

if TYPE_CHECKING:
    from parlour.wire.rest.practice.attempts import AttemptsNeed

logger = logging.getLogger("parlour")

Only = Literal["web", "worker"]
PUBLIC_PATHS = (
    *("/api/v1/sessions", "/healthz", "/readyz", "/version", "/metrics", "/asyncapi.json"),
    *LABORATORY_PATHS,
)
PRACTISING = tuple(
    f"/api/v1/{area}"
    for area in ("attempts", "drafts", "search", "usage", "home", "practice", "chats/", "uploads/", "laboratory")
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
        self.housekeeping = Housekeeping(
            self.database, limits, self.authoring.keep_house, self.laboratory.keep_house, self.voice.keep_house
        )
        self.pump: Pump | None = None
        self.worker: Worker | None = None
        with absent(FOREIGN_MODELS):
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
        app.router.routes += health_router(self.ready, lambda: version("parlour")).routes
        app.router.routes += metrics_router(self.metrics).routes
        if self.only != "worker":
            self._client_routes(app)
        return app

    def _client_routes(self, app: FastAPI) -> None:
        self.laboratory.add_to(app)
        signing_in = sessions_router(
            SessionsNeed(
                database=self.database,
                authenticator=self.authenticator,
                passwords=self.passwords,
                throttle=self.throttle,
            )
        )
        about = asyncapi_router(app, self.settings.base_path, self.laboratory.event_tables)
        complete_openapi(app, self._payloads, PUBLIC_PATHS)
        app.router.routes += [
            *signing_in.routes,
            *about.routes,
            Area(("/socket/v5/", "/api/v5/"), self._glow_routers),
            Area(PRACTISING, self._practising_routers),
            self.testing.area(self._attempts_need),
            self.authoring.area(self._attempts_need),
            *web_routes().routes,
        ]

    def _glow_routers(self) -> Iterable[APIRouter]:
        from parlour.wire.glow import event_routes, routes, twins  # noqa: PLC0415 (an area is made when asked for)

        need = routes.GlowHttp(
            commands=self.commands,
            authenticator=self.authenticator,
            hub=self.hub,
            metrics=self.metrics,
            reading=self._reading,
            readers=self.readers,
            flood=FloodBrake(self.clock, self.settings.limits.socket_events_per_second_max),
            base_path=self.settings.base_path,
        )
        return (routes.operations_router(need), twins.twins_router(need), event_routes.events_router(need))

    def _practising_routers(self) -> Iterable[APIRouter]:
        from parlour.wire.rest.practice.routes import PractisingNeed, practising_routers  # noqa: PLC0415 (as above)

        reading = self._attempts_need()
        need = PractisingNeed(reading=reading, blobs=self.blobs, base_path=self.settings.base_path)
        return (*practising_routers(need), *self.voice.routers(reading))

    def _attempts_need(self) -> "AttemptsNeed":
        from parlour.wire.rest.practice.attempts import AttemptsNeed  # noqa: PLC0415 (as above)

        return AttemptsNeed(database=self.database, authenticator=self.authenticator)

    def _payloads(self) -> Iterable[type[BaseModel]]:
        from parlour.wire.glow import routes, twins  # noqa: PLC0415 (as above)

        return (*routes.models(), *twins.models(), *self.laboratory.models())

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
