"""Tests of drafts: what rules find at once, and the trials with models (issue 7)."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Depends

from parlour.accounts.entities import SessionActor
from parlour.drafts.entities import Draft
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described
from parlour.library.checks import running
from parlour.library.checks.findings import Finding
from parlour.library.checks.linting import is_green
from parlour.library.checks.running import Checked, CheckRules
from parlour.library.checks.trials.entities import Figure, Line, Trial, TrialName, TrialState
from parlour.library.drafting.holding import draft_to_write, held_draft
from parlour.storage.tx import Tx
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.practice.attempts import AttemptsNeed


@dataclass(frozen=True, kw_only=True, slots=True)
class LintShown:
    """What rules find. `green`: nothing but notes."""

    findings: Sequence[Finding]
    green: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialShown:
    """How a trial ended; `skipped`: it could not be run here. `persona`: who was played, where there are several."""

    name: TrialName
    title: str
    persona: str | None
    state: TrialState
    summary: str
    lines: Sequence[Line]
    figures: Sequence[Figure]


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckBegun:
    """The trials have begun."""

    check_id: str


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class CheckShown:
    """Where the checks of a draft stand. `current`: the trials were of the draft as it is now; `done` of `total`
    trials have ended. `green`: rules find nothing but notes, and no current trial failed."""

    id: str | None
    state: Literal["none", "running", "done", "failed"]
    current: bool
    green: bool
    findings: Sequence[Finding]
    trials: Sequence[TrialShown]
    done: int
    total: int
    created_at: str | None


def checks_router(need: AttemptsNeed, rules: CheckRules) -> APIRouter:
    """The routes of checks. A draft of somebody else is one that does not exist."""
    router = APIRouter(prefix="/api/v1/authoring/drafts", tags=["authoring"])
    caller_of = need.authenticator.of_request

    @router.get("/{draft_id}/lint", responses=problem_responses(401, 403, 404, 422))
    async def lint_draft(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> LintShown:
        """What rules find in a draft, at once and without a model."""
        check_ids(draft_id=draft_id)

        def read(tx: Tx) -> LintShown:
            found = running.findings_of(tx, caller.actor, _readable(tx, caller, draft_id))
            return LintShown(findings=found, green=is_green(found))

        return await need.database.read(read)

    @router.post("/{draft_id}/checks", status_code=202, responses=problem_responses(401, 403, 404, 409, 422, 429))
    async def begin_checks(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> CheckBegun:
        """Play a draft with the models of the server; it counts as one request of the day."""
        check_ids(draft_id=draft_id)

        def begin(tx: Tx) -> CheckBegun:
            draft = draft_to_write(tx, caller.actor, draft_id)
            return CheckBegun(check_id=running.begin(tx, caller.actor, draft, rules))

        return await need.database.write(begin)

    @router.get("/{draft_id}/checks", responses=problem_responses(401, 403, 404, 422))
    async def read_checks(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> CheckShown:
        """Where the checks of a draft stand."""
        check_ids(draft_id=draft_id)
        return await need.database.read(
            lambda tx: _shown(running.checked(tx, caller.actor, _readable(tx, caller, draft_id)))
        )

    return router


def _readable(tx: Tx, caller: SessionActor, draft_id: str) -> Draft:
    return held_draft(tx, caller.actor, draft_id)


def _shown(found: Checked) -> CheckShown:
    return CheckShown(
        id=found.id,
        state=found.state,
        current=found.current,
        green=found.green,
        findings=found.findings,
        trials=[_trial(each) for each in found.trials],
        done=found.done,
        total=found.total,
        created_at=None if found.created_at is None else rfc3339(found.created_at),
    )


def _trial(found: Trial) -> TrialShown:
    return TrialShown(
        name=found.name,
        title=found.title,
        persona=found.persona,
        state=found.state,
        summary=found.summary,
        lines=found.lines,
        figures=found.figures,
    )
