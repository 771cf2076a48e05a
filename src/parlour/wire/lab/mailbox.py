"""`GET /users/{id}/response`: the next reply (lab protocol 4.4)."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from parlour.assistant.mailbox import actions
from parlour.assistant.mailbox.entities import Standing
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx
from parlour.wire.http.problems import problem_responses
from parlour.wire.lab import encode
from parlour.wire.lab.callers import LabCaller, address_of
from parlour.wire.lab.handing import answer
from parlour.wire.lab.polling import Asked, Look, Poll, PollsNeed, form_of, is_once, look, seconds_of
from parlour.wire.lab.titles import accepted_language

RESPONSE_PATH = "/users/{id}/response"


class ReplyShape(BaseModel):
    """A reply, or the placeholder (`valid` false). A reply in speech has `reply_speech` and no `reply_text`."""

    reply_text: str | None = None
    reply_speech: str | dict[str, int] | None = None
    transcript: str | None = None
    valid: bool
    references: dict[str, int]
    error: str | None
    inner_chat: bool
    extra_info: str | None
    turn_id: str | None
    message_id: str | None
    references_detail: list[dict[str, Any]]
    question: dict[str, Any] | None
    pending: int


class Wanted(BaseModel):
    """The query. Nothing in it is refused: what makes no sense counts as left out."""

    wait: str | None = Field(default=None, description="Seconds to wait, 0 to 60.")
    after: str | None = Field(default=None, description="A message id, or 0 for the oldest.")
    reply_speech: str | None = Field(default=None, description="`path` or `map`.")
    repeat: str | None = Field(default=None, description="`always` or `once`.")


class PolledRoute(APIRoute):
    """Calls its function without FastAPI's reading of parameters, which costs as much as the poll itself."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See the class."""
        poll: Callable[[Request, str, Wanted], Awaitable[Response]] = self.endpoint

        async def handle(request: Request) -> Response:
            return await poll(request, request.path_params["id"], Wanted.model_validate(dict(request.query_params)))

        return handle


def mailbox_router(need: PollsNeed) -> APIRouter:
    """The route of the mailbox."""
    router = APIRouter(tags=["lab"], route_class=PolledRoute)

    @router.get(RESPONSE_PATH, response_model=ReplyShape, responses=problem_responses(401, 404))
    async def response(  # pyright: ignore[reportUnusedFunction]
        request: Request, id: Annotated[str, Path()], wanted: Annotated[Wanted, Query()]
    ) -> Response:
        """The next reply, or a placeholder. Finals are consumed, unless `after` is given."""
        caller, first = await need.callers.reader(request, id, lambda tx, own_id: _look(need, tx, own_id, wanted))
        asked = _asked(need, request, caller, wanted)
        if await need.callers.slow_down(caller):
            return await _hold_off(need, caller, asked)
        return await Poll(need, caller, asked, first).answer()

    return router


def _look(need: PollsNeed, tx: Tx, account_id: AccountId, wanted: Wanted) -> Look | None:
    """The first look, together with who asks; what fails is left to the poll, which says so in a placeholder."""
    try:
        return look(tx, account_id, wanted.after or None, need.lab.limits.stale_reply_seconds)
    except Exception:  # noqa: BLE001 (the poll looks again, and logs it)
        return None


def _asked(need: PollsNeed, request: Request, caller: LabCaller, wanted: Wanted) -> Asked:
    lab = need.lab
    return Asked(
        wait=seconds_of(wanted.wait, lab.limits.response_wait_seconds_max),
        after=wanted.after or None,
        form=form_of(wanted.reply_speech, lab.reply_speech),
        once=is_once(wanted.repeat, lab.question_repeat),
        client=_client(request, caller),
        language=accepted_language(request.headers.get("accept-language")),
        request_id=str(getattr(request.state, "request_id", "")),
    )


async def _hold_off(need: PollsNeed, caller: LabCaller, asked: Asked) -> Response:
    """A placeholder for who asks too often; it does not look into the mailbox."""
    try:
        standing = await need.database.read(lambda tx: actions.standing(tx, caller.account_id))
    except Exception:  # noqa: BLE001 (nothing was asked of the store; the placeholder says enough)
        standing = Standing(turn_id=None, language=None)
    return answer(encode.placeholder(standing, asked.language))


def _client(request: Request, caller: LabCaller) -> str:
    """Whom `repeat=once` counts for: a session, or an address and user agent (4.5 rule 3)."""
    if caller.session_digest is not None:
        return f"{caller.session_digest} {caller.account_id}"
    return f"{address_of(request)} {request.headers.get('user-agent', '')[:200]} {caller.account_id}"
