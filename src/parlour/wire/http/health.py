"""`/healthz` (the process answers), `/readyz` (it can serve), `/version`. No credential needed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

READY_SECONDS_MAX = 5.0

Ready = Callable[[], Awaitable[Mapping[str, bool]]]
"""Checks what serving needs (`storage`, `worker`, ...): name to whether it is well."""


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether the server can serve, and each part of it."""

    status: Literal["ready", "not_ready"]
    checks: dict[str, bool]


class Version(BaseModel):
    """Which server this is."""

    name: Literal["parlour"] = "parlour"
    version: str


def health_router(ready: Ready, version: Callable[[], str]) -> APIRouter:
    """The three routes. `ready` that takes more than 5 s counts as not ready."""
    router = APIRouter(tags=["operation"])

    @router.get("/healthz")
    async def healthz() -> Health:  # pyright: ignore[reportUnusedFunction]
        """The process runs and its event loop turns."""
        return Health()

    @router.get("/readyz", responses={503: {"model": Readiness}})
    async def readyz(response: Response) -> Readiness:  # pyright: ignore[reportUnusedFunction]
        """200 when everything needed for serving is well, otherwise 503."""
        try:
            async with asyncio.timeout(READY_SECONDS_MAX):
                checks = dict(await ready())
        except TimeoutError:
            checks = {"in_time": False}
        well = all(checks.values())
        response.status_code = 200 if well else 503
        return Readiness(status="ready" if well else "not_ready", checks=checks)

    @router.get("/version")
    async def versioned() -> Version:  # pyright: ignore[reportUnusedFunction]
        """The version of the server."""
        return Version(version=version())

    return router
