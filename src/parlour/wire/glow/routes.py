"""The operations over HTTP, at their documented paths (Glow 3, 7): the twins of the events.

One row of `names.OPERATIONS` makes one route. A body is validated by the same models as an
event's payload, and the answer is the acknowledgement object, or the problem object.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import Response

from parlour.accounts.entities import SessionActor
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx
from parlour.wire.glow import acks, aliases, http_sessions, joining, waits
from parlour.wire.glow.acks import Ack, as_object
from parlour.wire.glow.asking import GlowHttp, Requester, answer, claimed, read_body, refused, requester
from parlour.wire.glow.commands import Command
from parlour.wire.glow.connection import Connection
from parlour.wire.glow.http_sessions import HttpSession
from parlour.wire.glow.joining import Join, Leave
from parlour.wire.glow.names import OPERATIONS, PREFIX, VOICE, Operation
from parlour.wire.glow.payloads import (
    AttemptAudioFrame,
    AttemptJoin,
    AttemptLeave,
    HttpConnect,
    Nothing,
    Payload,
    TestJoin,
    TestLeave,
)
from parlour.wire.glow.voice_routes import BYTES_BODY, FRAME_QUERY, voice
from parlour.wire.http.openapi import body_of
from parlour.wire.http.problems import problem_responses, response_of

EVENTS_PATH = "/socket/v5/events"
POLL_PATH = "/socket/v5/events/poll"
REFUSALS = (400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 503)

CONNECT = Operation(
    path="connect", payload=HttpConnect, ack=acks.Connected, error_type="connect", summary="Open an HTTP session."
)
DISCONNECT = Operation(
    path="disconnect", payload=Nothing, ack=acks.Disconnected, error_type="disconnect", summary="Close a connection."
)

_SID = {
    "name": "sid",
    "in": "query",
    "description": "The requesting connection: an HTTP session or an open Socket.IO connection of the account.",
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
    "description": "The same as client_request_id.",
}
_PREFER = {
    "name": "Prefer",
    "in": "header",
    "schema": {"type": "string"},
    "description": "wait=<1..60>: hold the answer until the started work has ended, at most so many seconds.",
}


def operations_router(need: GlowHttp) -> APIRouter:
    """`POST /socket/v5/client/...` for every operation, `connect` and `disconnect`."""
    router = APIRouter(tags=["glow"])
    _add(router, CONNECT, partial(_connect, need))
    _add(router, DISCONNECT, partial(_disconnect, need))
    for operation in OPERATIONS:
        act = carry_out if operation.handler else voice if operation in VOICE else _on_connection
        _add(router, operation, partial(act, need, operation))
    return router


def models() -> Sequence[type[Payload]]:
    """The payloads of all operations, for `/openapi.json`."""
    return [operation.payload for operation in (CONNECT, DISCONNECT, *OPERATIONS)]


def _add(router: APIRouter, operation: Operation, act: Callable[[Request], Awaitable[Response]]) -> None:
    add_operation(router, PREFIX + operation.path, operation, act, operation.name)


def add_operation(
    router: APIRouter,
    path: str,
    operation: Operation,
    act: Callable[[Request], Awaitable[Response]],
    operation_id: str,
) -> None:
    """Serve an operation at a path, described by its row."""
    acts_here = operation.on_connection and operation is not CONNECT
    sid = _SID | {"required": acts_here, "schema": {"type": "string", "minLength": int(acts_here)}}
    sound = operation.payload is AttemptAudioFrame
    parameters = [*([] if operation is CONNECT else [sid]), _KEY, *([_PREFER] if operation.waits else [])]
    parameters += FRAME_QUERY if sound else []
    needs_body = any(field.is_required() for field in operation.payload.model_fields.values())
    body = body_of(operation.payload, required=needs_body, also=BYTES_BODY if sound else {})

    async def endpoint(request: Request) -> Response:
        return await act(request)

    router.add_api_route(
        path,
        endpoint,
        methods=["POST"],
        name=operation_id,
        operation_id=operation_id,
        summary=operation.summary,
        description=operation.payload.__doc__,
        response_model=operation.ack,
        responses=problem_responses(*REFUSALS),
        openapi_extra={"parameters": parameters, "requestBody": body},
    )


async def _connect(need: GlowHttp, request: Request) -> Response:
    """7.1."""
    caller = await need.authenticator.of_request(request)
    try:
        need.flood.count(caller.actor.account_id, caller.digest)
        raw = await read_body(request)
        payload = await claimed(need, CONNECT, (caller, raw), request)
        if not isinstance(payload, HttpConnect):
            raise RuntimeError("connect takes its own payload")
        return answer(await _open(need, caller, payload))
    except Refusal as refusal:
        return refused(need, CONNECT, refusal)


async def _open(need: GlowHttp, caller: SessionActor, payload: HttpConnect) -> dict[str, object]:
    reading = need.reading()
    account = caller.actor
    sockets = need.hub.count_of(account.account_id)
    opened = await reading.database.write(
        lambda tx: http_sessions.open_session(tx, caller, payload, reading.rules, sockets)
    )
    person = opened.person
    made = acks.Connected(
        sid=opened.sid,
        profile_id=account.account_id,
        guest_id=account.account_id if account.role == "guest" else None,
        server_time=reading.clock.now_ms() / 1000,
        person=acks.RoomPosition(room=person.room, epoch=person.epoch, seq=person.seq),
        events_url=f"{need.base_path}{EVENTS_PATH}?sid={opened.sid}",
        poll_url=f"{need.base_path}{POLL_PATH}?sid={opened.sid}",
        ticket=opened.ticket,
        expires_in=reading.rules.idle_seconds,
    )
    return as_object(made)


async def _disconnect(need: GlowHttp, request: Request) -> Response:
    """7.2."""
    caller = await need.authenticator.of_request(request)
    try:
        need.flood.count(caller.actor.account_id, caller.digest)
        await claimed(need, DISCONNECT, (caller, await read_body(request)), request)
        found = await requester(need, request, caller)
        if found is None:
            raise http_sessions.session_required()
        if isinstance(found, Connection):
            await need.hub.drop(found)
        else:
            await need.reading().database.write(lambda tx: http_sessions.close(tx, found))
        return answer(as_object(acks.Disconnected(sid=request.query_params["sid"])))
    except Refusal as refusal:
        return refused(need, DISCONNECT, refusal)


async def _on_connection(need: GlowHttp, operation: Operation, request: Request) -> Response:
    """Join and leave: they act on the connection that `sid` names, and always do (4.5.6)."""
    caller = await need.authenticator.of_request(request)
    try:
        need.flood.count(caller.actor.account_id, caller.digest)
        payload = await claimed(need, operation, (caller, await read_body(request)), request)
        found = await requester(need, request, caller)
        if found is None:
            raise http_sessions.session_required()
        match payload:
            case AttemptJoin() | TestJoin():
                ack: Ack = await _join(need, found, payload)
            case AttemptLeave() | TestLeave():
                ack = await _leave(need, found, payload)
            case _:
                raise RuntimeError("an operation on the connection is not known")
        need.metrics.command(operation.name, "ok")
        return answer(as_object(ack))
    except Refusal as refusal:
        return refused(need, operation, refusal)


async def _join(need: GlowHttp, found: HttpSession | Connection, payload: Join) -> Ack:
    database, rules = need.reading().database, need.reading().rules
    if isinstance(found, Connection):
        place = await joining.place_connection(need.hub.attendance, found, payload)
        joining.enter(found, place)
        return place.ack

    def act(tx: Tx) -> Ack:
        session = http_sessions.held(tx, found.id, rules)
        if session is None:
            raise http_sessions.session_not_found()
        return http_sessions.join(tx, session, payload)

    return await database.write(act)


async def _leave(need: GlowHttp, found: HttpSession | Connection, payload: Leave) -> Ack:
    database = need.reading().database
    if isinstance(found, Connection):
        return await joining.leave_room(need.hub.attendance, found, payload)
    await database.write(lambda tx: http_sessions.leave(tx, found, joining.rooms_left(payload)[0]))
    return joining.left_ack(payload)


async def carry_out(need: GlowHttp, operation: Operation, request: Request) -> Response:
    """Every operation that a handler carries out."""
    caller = await need.authenticator.of_request(request)
    try:
        need.flood.count(caller.actor.account_id, caller.digest)
        raw = await read_body(request)
        found = await requester(need, request, caller)
        if found is None and operation.held:
            raise http_sessions.session_required()
    except Refusal as refusal:
        return refused(need, operation, refusal)
    command = Command(
        operation=operation,
        session=caller,
        raw=raw,
        header_request_id=request.headers.get("idempotency-key"),
        cursor_id=found.cursor_id if isinstance(found, Connection) else None,
        on_join=found.join_acting if isinstance(found, Connection) else None,
        joining=_joining(need, found),
        dialect=_dialect(need, found),
        holds=need.hub.voice.holds(_connection_id(found)),
    )
    outcome = await need.commands.run(command)
    ack, refusal = outcome.answer.ack, outcome.answer.refusal
    need.metrics.command(operation.name, refusal[0] if refusal else "ok")
    if ack is None:
        return response_of(outcome.problem(operation))
    seconds = waits.seconds_of(request.headers.getlist("prefer")) if operation.waits else None
    if operation.waits is None or seconds is None:
        return answer(ack)
    held = answer(await waits.fill(need.reading(), operation.waits, ack, seconds))
    held.headers["preference-applied"] = f"wait={seconds}"
    return held


def _joining(need: GlowHttp, found: Requester) -> Callable[[Tx, str], None] | None:
    """What keeps the membership that a command brings (decision D7), for the connection that it names."""
    match found:
        case HttpSession():
            return lambda tx, room: http_sessions.join_by_acting(tx, found, room)
        case Connection():
            return need.hub.attendance.by_acting(found)
        case None:
            return None


def _connection_id(found: Requester) -> str:
    return found.sid if isinstance(found, Connection) else "" if found is None else found.id


def _dialect(need: GlowHttp, found: Requester) -> str | None:
    """The dialect of the connection that is named; without one, that of the deployment."""
    match found:
        case HttpSession():
            return found.cursor.dialect
        case Connection():
            return found.dialect
        case None:
            return aliases.dialect_of(None, need.reading().rules.dialect)
