"""The route of `/asyncapi.json` (Glow 0)."""

from collections.abc import Callable, Sequence
from functools import cache

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse, Response

from parlour.wire.http.event_tables import EventTable


def asyncapi_router(app: FastAPI, base_path: str, guests: Callable[[], Sequence[EventTable]]) -> APIRouter:
    """The route of the document, which is made once. Title and version are those of `app`; `guests` are told of too."""
    router = APIRouter(tags=["operation"])

    @cache
    def made() -> bytes:
        from parlour.wire.glow.asyncapi import document  # noqa: PLC0415 (the events' models cost 4 MiB)

        return bytes(JSONResponse(document(app.title, app.version, base_path, guests())).body)

    @router.get("/asyncapi.json", response_class=JSONResponse)
    async def asyncapi() -> Response:  # pyright: ignore[reportUnusedFunction]
        """The AsyncAPI document of the Socket.IO events."""
        return Response(made(), media_type="application/json")

    return router
