"""The tests of models of a server, put together: its jobs, its rules, and the routes that reach them.

`app.Parlour` owns one. Nothing outside this module and `app` knows all of its parts.
"""

# ruff: noqa: PLC0415 (routes are imported when they are first asked for)

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fastapi import APIRouter

from parlour.benchmarks.judging.work import After, Judge, JudgeNeed
from parlour.benchmarks.replaying.limits import ReplayLimits
from parlour.benchmarks.replaying.telling import Hooks
from parlour.benchmarks.replaying.work import Replayer, ReplayerNeed
from parlour.benchmarks.results.looking import is_decided
from parlour.benchmarks.running import advancing, ending
from parlour.benchmarks.running.rules import RunRules
from parlour.benchmarks.running.work import Looker
from parlour.events.pump import Pump
from parlour.grading.asking import GraderLimits
from parlour.jobs.worker import Worker
from parlour.kernel.dataclass import dataclass
from parlour.providers.models import SCRIPTED
from parlour.settings import Settings
from parlour.storage.database import Database
from parlour.turns.ports import Model
from parlour.wire.http.areas import Area

if TYPE_CHECKING:
    from parlour.wire.rest.practice.attempts import AttemptsNeed

TESTS = ("/api/v1/benchmarks", "/api/v1/recordings", "/api/v1/tests")


@dataclass(frozen=True, kw_only=True, slots=True)
class TestingNeed:
    """What tests of models need of a server."""

    settings: Settings
    database: Database
    model: Model


class Testing:
    """Replays, grades and compares models."""

    def __init__(self, need: TestingNeed) -> None:
        self._need = need
        self.rules = rules_of(need.settings)

    def work_in(self, worker: Worker, pump: Pump) -> None:
        """Teach a worker the jobs of tests."""
        need, rules = self._need, self.rules
        settings, limits = need.settings, need.settings.limits
        replayer = ReplayerNeed(
            database=need.database,
            pump=pump,
            model=need.model,
            limits=ReplayLimits(
                first_token_seconds_max=limits.first_token_seconds_max, turn_seconds_max=limits.turn_seconds_max
            ),
            person_model=settings.model,
        )
        hooks = Hooks(
            completed=advancing.replay_completed,
            failed=advancing.replay_failed,
            advance=lambda tx, test_id, requested_by: advancing.advance(tx, test_id, rules, requested_by),
        )
        judge = JudgeNeed(
            database=need.database,
            model=need.model,
            model_name=settings.grader_model or settings.model,
            limits=GraderLimits(answer_seconds_max=limits.grading_seconds_max),
        )
        after = After(
            graded=lambda tx, grade_id: ending.graded(tx, grade_id, rules),
            preferred=lambda tx, test_id: advancing.advance(tx, test_id, rules),
        )
        pump.left_jobs = worker.wake
        worker.add(Replayer(replayer, hooks).kind())
        for kind in Judge(judge, after).kinds():
            worker.add(kind)
        worker.add(Looker(need.database, is_decided, rules).kind())

    def area(self, reading: "Callable[[], AttemptsNeed]") -> Area:
        """The routes about benchmarks, recordings and tests."""
        return Area(TESTS, lambda: self._routers(reading()))

    def _routers(self, reading: "AttemptsNeed") -> Sequence[APIRouter]:
        from parlour.wire.rest.testing.benchmarks import benchmarks_router
        from parlour.wire.rest.testing.results import tests_results_router
        from parlour.wire.rest.testing.running import RunningNeed, tests_running_router
        from parlour.wire.rest.testing.tests import tests_router

        settings = self._need.settings
        running = RunningNeed(reading=reading, rules=self.rules, judge=settings.grader_model or settings.model)
        return (
            benchmarks_router(reading, settings.limits, self.rules),
            tests_router(reading),
            tests_running_router(running),
            tests_results_router(reading),
        )


def rules_of(settings: Settings) -> RunRules:
    """What a deployment decides about running tests."""
    limits = settings.limits
    return RunRules(
        timezone_name=settings.timezone,
        parallel_max=limits.test_parallel_max,
        runs_max=limits.test_runs_max,
        cells_max=limits.test_cells_max,
        candidates_max=limits.candidates_max,
        running_max=limits.tests_running_max,
        usable=usable_models(settings),
    )


def usable_models(settings: Settings) -> Callable[[str], bool]:
    """Whether a model's name can be asked: an offline one, or one of a configured provider."""
    providers = frozenset(provider.name for provider in settings.providers)

    def usable(name: str) -> bool:
        provider, _, model = name.partition(":")
        return name.startswith(SCRIPTED) or (provider in providers and bool(model))

    return usable
