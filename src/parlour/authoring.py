"""The authoring of a server, put together: its jobs, its rules, and the routes that reach them.

`app.Parlour` owns one. Nothing outside this module and `app` knows all of its parts.
"""

# ruff: noqa: PLC0415 (routes are imported when they are first asked for)

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from fastapi import APIRouter

from parlour.attempts import customising
from parlour.attempts.continuing import Continuer
from parlour.attempts.media import entries_in_use
from parlour.drafts.chats.bench import ChatWorkshop
from parlour.drafts.work import Drafter, DrafterLimits, DrafterNeed
from parlour.files.authored.entities import MediaQuota
from parlour.files.intake import Intake
from parlour.grading.asking import GraderLimits
from parlour.jobs.worker import Worker
from parlour.kernel.dataclass import dataclass
from parlour.library import trying
from parlour.library.checks.running import Checker, CheckRules
from parlour.library.checks.trials.answering import AnswererNeed
from parlour.library.checks.trials.entities import Names
from parlour.library.drafting.rules import rules_of
from parlour.library.generating import GenerateRules, modalities
from parlour.library.making.keeping_media import MediaShop, ShopNeed
from parlour.library.making.workshop import ArtifactWorkshop, WorkshopNeed
from parlour.providers.media import build_media
from parlour.settings import Settings
from parlour.speech.engines import SpeechEngines
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns.ports import Model
from parlour.wire.http.areas import Area
from parlour.wire.http.limits import UPLOADS, BodyLimits, FormArea

if TYPE_CHECKING:
    from parlour.wire.rest.authoring.uploads import SendingNeed
    from parlour.wire.rest.practice.attempts import AttemptsNeed


AUTHORING = tuple(
    f"/api/v1/{area}"
    for area in ("artifacts", "authoring", "uploads", "roles", "departments", "accounts", "cohorts", "trainings")
)


class Keeping(Protocol):
    """Who takes in files."""

    intake: Intake


@dataclass(frozen=True, slots=True)
class AuthoringNeed:
    """What authoring needs of a server; `files`: where what engines make is kept."""

    settings: Settings
    database: Database
    model: Model
    files: Keeping
    speech: SpeechEngines


class Authoring:
    """Drafts, generates, tests and publishes content."""

    def __init__(self, need: AuthoringNeed) -> None:
        self._need = need
        settings = need.settings
        self._author = settings.authoring.model or settings.model
        engines = build_media(settings, need.speech.synthesizer)
        self._media = MediaShop(
            ShopNeed(
                intake=need.files.intake,
                engines=engines,
                seconds_max=settings.authoring.media_seconds_max,
                bytes_max=settings.authoring.media_bytes_max,
            )
        )
        self.rules = GenerateRules(
            timezone_name=settings.timezone,
            drafts=rules_of(settings.authoring),
            runs_parallel_max=settings.authoring.runs_parallel_max,
            modalities=modalities(tuple(engines)),
        )
        self.check_rules = CheckRules(
            seconds_max=settings.authoring.checks_seconds_max,
            parallel_max=settings.authoring.runs_parallel_max,
            timezone_name=settings.timezone,
        )

    def work_in(self, worker: Worker) -> None:
        """Teach a worker the jobs of authoring."""
        need = self._need
        settings = need.settings
        making = WorkshopNeed(model_name=self._author, rules=settings.authoring, media=self._media)
        drafting = DrafterNeed(
            database=need.database,
            model=need.model,
            model_name=self._author,
            workshops={"chat": ChatWorkshop(customising.may_see), "": ArtifactWorkshop(making)},
            limits=DrafterLimits(task_seconds_max=settings.limits.generation_seconds_max),
            timezone_name=settings.timezone,
        )
        worker.add(Drafter(drafting).kind())
        worker.add(self._checker().kind())
        worker.add(Continuer(need.database, timezone_name=settings.timezone).kind())

    async def keep_house(self) -> None:
        """Let go of the files of tries that are closed and of which no attempt is left."""

        def over(tx: Tx) -> frozenset[str]:
            closed = trying.closed_tries(tx)
            return frozenset(closed) - entries_in_use(tx, closed)

        gone = await self._need.database.read(over)
        if gone:
            await self._need.database.write(lambda tx: trying.forget_tries(tx, gone))

    def area(self, reading: "Callable[[], AttemptsNeed]") -> Area:
        """The routes of authoring."""
        return Area(AUTHORING, lambda: self._routers(reading()))

    def _routers(self, reading: "AttemptsNeed") -> Sequence[APIRouter]:
        from parlour.wire.rest.authoring.artifacts import LibraryNeed, artifacts_router
        from parlour.wire.rest.authoring.bundles import bundles_router
        from parlour.wire.rest.authoring.checks import checks_router
        from parlour.wire.rest.authoring.drafts import authoring_router
        from parlour.wire.rest.authoring.runs import authoring_runs_router
        from parlour.wire.rest.authoring.sources import authoring_sources_router
        from parlour.wire.rest.authoring.trying import trying_router
        from parlour.wire.rest.authoring.uploads import sending_router
        from parlour.wire.rest.people.accounts import accounts_router
        from parlour.wire.rest.people.cohorts import cohorts_router
        from parlour.wire.rest.people.departments import departments_router
        from parlour.wire.rest.people.roles import roles_router
        from parlour.wire.rest.people.trainings import trainings_router

        drafts = self.rules.drafts
        library = LibraryNeed(
            reading=reading,
            rules=drafts,
            modalities=self.rules.modalities,
            model=self._author,
        )
        return (
            artifacts_router(library),
            bundles_router(reading, drafts),
            authoring_runs_router(reading),
            authoring_router(reading, drafts),
            authoring_sources_router(reading, drafts),
            sending_router(self._sending(reading)),
            checks_router(reading, self.check_rules),
            roles_router(reading),
            departments_router(reading),
            accounts_router(reading),
            cohorts_router(reading),
            trainings_router(reading),
            trying_router(reading),
        )

    def body_limits(self, forms: FormArea) -> BodyLimits:
        """What bodies of requests may weigh: files of authors more than others."""
        settings, most = self._need.settings, self._need.settings.limits.request_body_bytes_max
        return BodyLimits(
            json_bytes_max=most,
            body_bytes_max=most,
            upload_bytes_max=settings.authoring.media_bytes_max,
            upload_paths=(UPLOADS, settings.base_path + UPLOADS),
            forms=forms,
        )

    def _sending(self, reading: "AttemptsNeed") -> "SendingNeed":
        from parlour.wire.rest.authoring.uploads import SendingNeed

        settings = self._need.settings
        return SendingNeed(
            reading=reading,
            intake=self._need.files.intake,
            bytes_max=settings.authoring.media_bytes_max,
            media=MediaQuota(
                bytes_max=settings.authoring.media_total_bytes_max, files_max=settings.authoring.media_files_max
            ),
            texts_quota=settings.lab.limits.quota_bytes,
        )

    def _checker(self) -> Checker:
        settings = self._need.settings
        names = Names(
            speaker=settings.model,
            grader=settings.grader_model or settings.model,
            author=self._author,
        )
        limits = GraderLimits(answer_seconds_max=settings.limits.grading_seconds_max)
        answering = AnswererNeed(model=self._need.model, names=names, limits=limits)
        return Checker(self._need.database, answering, self.check_rules)
