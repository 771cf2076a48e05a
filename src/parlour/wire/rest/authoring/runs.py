"""Runs of `generate` and their groups: preparing one, looking at it, ending it early (Glow 6.10, 7.3).

A run of somebody else is one that does not exist.
"""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends

from parlour.accounts.entities import SessionActor
from parlour.drafts import actions as drafts
from parlour.kernel.actor import Actor
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal
from parlour.library.access import may_author
from parlour.storage.tx import Tx
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.authoring.draft_shapes import RunShown, shown_run
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.practice.attempts import AttemptsNeed

PREPARED_MAX = 20
MESSAGES_MAX = 200
CANCELLED = "The generation was cancelled."
TOO_MANY = f"You have {PREPARED_MAX} prepared runs already. Start one first."


@dataclass(frozen=True, kw_only=True, slots=True)
class RunPrepared:
    """A run that `generate` may start by its id, and the group that it is in."""

    run_id: str
    group_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupMessageShown:
    """What was asked for (`user`), or made (`assistant`), in a group; `at` is RFC 3339 in UTC."""

    run_id: str
    role: str
    content: str
    at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupShown:
    """The newest messages of a group, at most 200, in order."""

    group_id: str
    messages: Sequence[GroupMessageShown]


def authoring_runs_router(need: AttemptsNeed) -> APIRouter:
    """The routes of runs."""
    router = APIRouter(prefix="/api/v1/authoring", tags=["authoring"])
    caller_of = need.authenticator.of_request

    @router.post("/runs", status_code=201, responses=problem_responses(401, 403, 429))
    async def prepare_run(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(caller_of)],
    ) -> RunPrepared:
        """A run that is started later: `generate` takes its id once."""
        return await need.database.write(lambda tx: _prepare(tx, caller.actor))

    @router.get("/runs/{run_id}", responses=problem_responses(401, 403, 404, 422))
    async def read_run(  # pyright: ignore[reportUnusedFunction]
        run_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> RunShown:
        """A run of the caller."""
        check_ids(run_id=run_id)
        return await need.database.read(lambda tx: shown_run(drafts.own_run(tx, caller.actor, run_id)))

    @router.post("/runs/{run_id}/cancel", responses=problem_responses(401, 403, 404, 422))
    async def cancel_run(  # pyright: ignore[reportUnusedFunction]
        run_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> RunShown:
        """End a run early. What was made stays in its draft; a run that has ended stays as it is."""
        check_ids(run_id=run_id)
        return await need.database.write(lambda tx: _cancel(tx, caller.actor, run_id))

    @router.get("/groups/{group_id}", responses=problem_responses(401, 403, 404, 422))
    async def read_group(  # pyright: ignore[reportUnusedFunction]
        group_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> GroupShown:
        """What was asked for and made in a group of the caller's runs: later runs of the group read it."""
        check_ids(group_id=group_id)
        return await need.database.read(lambda tx: _group(tx, caller.actor, group_id))

    return router


def _prepare(tx: Tx, actor: Actor) -> RunPrepared:
    if drafts.prepared_of(tx, actor.account_id) >= PREPARED_MAX:
        raise Refusal("too_many_requests", TOO_MANY)
    run = drafts.prepare_generation(tx, actor.account_id)
    return RunPrepared(run_id=run.id, group_id=run.group_id)


def _cancel(tx: Tx, actor: Actor, run_id: str) -> RunShown:
    drafts.own_run(tx, actor, run_id)
    drafts.cancel_generation(tx, run_id, CANCELLED)
    return shown_run(drafts.own_run(tx, actor, run_id))


def _group(tx: Tx, actor: Actor, group_id: str) -> GroupShown:
    """Who authors no more reads what was asked for, and not what was made: content is for who may write it."""
    said = drafts.said_in(tx, drafts.own_group(tx, actor, group_id), MESSAGES_MAX)
    messages = [
        GroupMessageShown(run_id=each.run_id, role=each.role, content=each.content, at=rfc3339(each.at))
        for each in said
        if each.role == "user" or may_author(actor)
    ]
    return GroupShown(group_id=group_id, messages=messages)
