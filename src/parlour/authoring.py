"""The authoring of a server, put together: its jobs, its rules, and the routes that reach them.

`app.Parlour` owns one. Nothing outside this module and `app` knows all of its parts.
"""

from dataclasses import dataclass

from parlour.drafts.chats.bench import ChatWorkshop
from parlour.drafts.work import Drafter, DrafterLimits, DrafterNeed
from parlour.jobs.worker import Worker
from parlour.settings import Settings
from parlour.storage.database import Database
from parlour.turns.ports import Model


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthoringNeed:
    """What authoring needs of a server."""

    settings: Settings
    database: Database
    model: Model


class Authoring:
    """Drafts, generates, tests and publishes content."""

    def __init__(self, need: AuthoringNeed) -> None:
        self._need = need

    def work_in(self, worker: Worker) -> None:
        """Teach a worker the jobs of authoring."""
        need = self._need
        settings = need.settings
        drafting = DrafterNeed(
            database=need.database,
            model=need.model,
            model_name=settings.authoring.model or settings.model,
            workshops={"chat": ChatWorkshop()},
            limits=DrafterLimits(task_seconds_max=settings.limits.generation_seconds_max),
            timezone_name=settings.timezone,
        )
        worker.add(Drafter(drafting).kind())
