"""Two routes of the tests' own behind the gate: what a lab route is told of its caller, and how bodies arrive."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from parlour.app import Parlour
from parlour.storage.tx import Tx
from parlour.wire.lab.callers import LabCaller
from parlour.wire.lab.idempotency import Answered, body_digest, key_of, once, response_of


def add_probe(parlour: Parlour) -> None:
    """Give a server the routes, before it starts."""
    callers, database = parlour.laboratory.gate.callers, parlour.database
    router = APIRouter()
    done: list[str] = []

    @router.get("/users/{id}/probe")
    @router.post("/users/{id}/probe")
    @router.delete("/users/{id}/probe")
    async def probe(caller: Annotated[LabCaller, Depends(callers.owner)]) -> dict[str, Any]:
        return {
            "account_id": caller.account_id,
            "user_id": caller.user_id,
            "author_id": caller.author_id,
            "operator": caller.operator,
            "trusted": caller.trusted,
            "session": caller.session_digest is not None,
        }

    @router.get("/users/{id}/slow")
    async def slow(request: Request, id: str) -> bool:
        caller, _ = await callers.reader(request, id, lambda _tx, _account_id: None)
        return await callers.slow_down(caller)

    @router.post("/users/{id}/form")
    async def form(request: Request, caller: Annotated[LabCaller, Depends(callers.owner)]) -> dict[str, int]:
        sizes = [len(piece) async for piece in request.stream()]
        return {"bytes": sum(sizes), "most": max(sizes, default=0)}

    @router.post("/users/{id}/say")
    async def say(
        body: dict[str, Any], request: Request, caller: Annotated[LabCaller, Depends(callers.owner)]
    ) -> Response:
        key = key_of(request, caller, "say", body_digest(body))

        def act(tx: Tx) -> Answered:
            done.append(tx.new_id())
            return Answered(headers={"X-Message-Id": done[-1]})

        return response_of(await database.write(lambda tx: once(tx, key, lambda: act(tx))))

    @router.get("/probes")
    async def count() -> int:
        return len(done)

    parlour.app.include_router(router)
