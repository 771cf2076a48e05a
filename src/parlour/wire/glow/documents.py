"""The route of `/asyncapi.json` (Glow 0)."""

from collections.abc import Callable, Sequence

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse

from parlour.wire.http.event_tables import EventTable


def asyncapi_router(app: FastAPI, base_path: str, guests: Callable[[], Sequence[EventTable]]) -> APIRouter:
    """The route of the document; the title and version are those of `app`, `guests` are told of in it too."""
    router = APIRouter(tags=["operation"])

    @router.get("/asyncapi.json", response_class=JSONResponse)
    async def asyncapi() -> JSONResponse:  # pyright: ignore[reportUnusedFunction]
        """The AsyncAPI document of the Socket.IO events."""
        from parlour.wire.glow.asyncapi import document  # noqa: PLC0415 (the events' models cost 4 MiB)

        return JSONResponse(document(app.title, app.version, base_path, guests()))

    return router
