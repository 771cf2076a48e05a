"""Texts that no store is given: PostgreSQL keeps none with NUL, so they are refused on every wire and store."""

from pydantic import AfterValidator
from starlette.types import ASGIApp, Receive, Scope, Send

from parlour.kernel.refusals import invalid, not_found
from parlour.wire.http.problems import problem_response


def without_nul(text: str) -> str:
    """The text; raises `ValueError` if it has a NUL."""
    if "\0" in text:
        raise ValueError("it has a NUL character")
    return text


NoNul = AfterValidator(without_nul)


class RefuseNul:
    """ASGI middleware: an address with a NUL in its path or query names nothing that there is (`invalid_request`).

    A path below `absent_below` is answered as every other one that leads to nothing (`not_found`).
    """

    def __init__(self, app: ASGIApp, absent_below: tuple[str, ...] = ()) -> None:
        self._app = app
        self._absent_below = absent_below

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on; see the class."""
        if scope["type"] == "http" and "\0" in scope["path"] and scope["path"].startswith(self._absent_below or "\0"):
            await problem_response(not_found("File"))(scope, receive, send)
            return
        if scope["type"] == "http" and ("\0" in scope["path"] or b"%00" in scope["query_string"]):
            await problem_response(invalid("", "the address has a NUL character"))(scope, receive, send)
            return
        await self._app(scope, receive, send)
