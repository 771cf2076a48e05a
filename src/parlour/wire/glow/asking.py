"""What every HTTP route of the Glow wire is built from, and how a request is read and answered (Glow 3.1)."""

from collections.abc import Callable, Mapping

import msgspec
from fastapi import Request
from fastapi.responses import Response

from parlour.accounts.entities import SessionActor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode_untyped
from parlour.kernel.refusals import Refusal, invalid
from parlour.storage.tx import Tx
from parlour.wire.glow import http_sessions
from parlour.wire.glow.commands import Command, Commands, parse
from parlour.wire.glow.connection import Connection
from parlour.wire.glow.http_sessions import HttpSession
from parlour.wire.glow.hub import Hub
from parlour.wire.glow.names import Operation, error_type_of
from parlour.wire.glow.payloads import Payload
from parlour.wire.glow.streams import Readers, Reading
from parlour.wire.http.credentials import Authenticator
from parlour.wire.http.flood import FloodBrake
from parlour.wire.http.limits import check_json_depth
from parlour.wire.http.metrics import Metrics
from parlour.wire.http.problems import Problem, problem, response_of

# These are no events and have no error type (4.4).
UNTYPED = ("connect", "disconnect")


@dataclass(frozen=True, kw_only=True, slots=True)
class GlowHttp:
    """What the HTTP side of Glow is built from. `reading` is there once the server has started."""

    commands: Commands
    authenticator: Authenticator
    hub: Hub
    metrics: Metrics
    reading: Callable[[], Reading]
    readers: Readers
    flood: FloodBrake
    base_path: str = ""


Requester = HttpSession | Connection | None


def claimable(need: GlowHttp, operation: Operation, raw: object, request: Request) -> Payload:
    """The payload of an operation that acts on a connection, with its request id. Raises `Refusal`."""
    if need.commands.shutting_down:
        raise Refusal("shutting_down", "The server is restarting. Try again.", retry_after_seconds=1)
    return parse(operation.payload, raw, request.headers.get("idempotency-key"))


async def claimed(need: GlowHttp, operation: Operation, said: tuple[SessionActor, object], request: Request) -> Payload:
    """The payload of an operation that always acts; its id is only checked for conflict (4.5.6)."""
    caller, raw = said
    payload = claimable(need, operation, raw, request)
    await need.commands.claim(Command(operation=operation, session=caller, raw=raw), payload)
    return payload


async def requester(need: GlowHttp, request: Request, caller: SessionActor) -> Requester:
    """The connection that `?sid=` names, None without one. Raises `session_not_found`.

    An HTTP session is kept from idling by being named.
    """
    sid = request.query_params.get("sid")
    if not sid:
        return None
    account_id = caller.actor.account_id
    connection = need.hub.of_sid(sid)
    if connection is not None and connection.session.actor.account_id == account_id:
        return connection
    reading = need.reading()

    def named(tx: Tx) -> tuple[HttpSession | None, bool]:
        session = http_sessions.of_sid(tx, sid, account_id, reading.rules)
        stale = session is not None and tx.now_ms - session.cursor.seen_at > reading.rules.idle_seconds * 1000 // 10
        return session, stale

    found, stale = await reading.database.read(named)
    if found is None:
        raise http_sessions.session_not_found()
    if stale:
        await reading.database.write(lambda tx: http_sessions.touch(tx, found))
    return found


async def read_body(request: Request) -> object:
    """The JSON of a request, `{}` if it has no body. Raises `invalid_request`, `unsupported_media_type`."""
    body = await request.body()
    if not body.strip():
        return {}
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Refusal("unsupported_media_type", "Send the body as application/json.")
    check_json_depth(body)
    try:
        return decode_untyped(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise invalid("", "the body is not valid JSON") from None


def answer(members: Mapping[str, object]) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(members), media_type="application/json")


def refused(need: GlowHttp, operation: Operation, refusal: Refusal) -> Response:
    """The problem of a refused operation, with its error type where it has one (4.4)."""
    need.metrics.command(operation.name, refusal.code)
    typed = operation.path not in UNTYPED
    error_type = error_type_of(operation.name, operation.error_type, refusal.code) if typed else None
    made: Problem = problem(refusal, error_type=error_type)
    return response_of(made)
