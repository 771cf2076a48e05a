"""Voice operations over HTTP (Glow 3.5, 7.15, 7.16, 8): `?sid=` names the connection that they act on.

Sound comes as JSON with base64, or as `application/octet-stream` with `?chat_id=` and `&seq=`.
"""

from collections.abc import Mapping
from typing import cast

from fastapi import Request
from fastapi.responses import Response

from parlour.accounts.entities import SessionActor
from parlour.kernel.refusals import Refusal, invalid
from parlour.wire.glow import http_sessions
from parlour.wire.glow.asking import GlowHttp, answer, claimable, read_body, refused, requester
from parlour.wire.glow.commands import Command
from parlour.wire.glow.connection import Connection
from parlour.wire.glow.http_sessions import HttpSession
from parlour.wire.glow.names import Operation
from parlour.wire.glow.payloads import ID_PATTERN, SINCE_MAX, AttemptAudioFrame
from parlour.wire.glow.voice import Voiced

BYTES = "application/octet-stream"
DIGITS_MAX = 16
FRAME_QUERY: list[dict[str, object]] = [
    {
        "name": "chat_id",
        "in": "query",
        "schema": {"type": "string", "pattern": ID_PATTERN},
        "description": f"With a body of {BYTES}: the chat.",
    },
    {
        "name": "seq",
        "in": "query",
        "schema": {"type": "integer", "minimum": 0, "maximum": SINCE_MAX},
        "description": f"With a body of {BYTES}: the client's frame counter.",
    },
]
BYTES_BODY: Mapping[str, object] = {
    BYTES: {"schema": {"type": "string", "format": "binary", "minLength": 2, "maxLength": 65_536}}
}


async def voice(need: GlowHttp, operation: Operation, request: Request) -> Response:
    """Every voice operation but `attempt_text_frame`."""
    caller = await need.authenticator.of_request(request)
    try:
        if not operation.often:
            need.flood.count(caller.actor.account_id, caller.digest)
        raw = await _said(operation, request)
        payload = claimable(need, operation, raw, request)
        if not isinstance(payload, Voiced):
            raise RuntimeError("an operation of voice is not known")
        found = await requester(need, request, caller)
        return await _act(need, (operation, raw, payload), caller, found)
    except Refusal as refusal:
        return refused(need, operation, refusal)


async def _act(
    need: GlowHttp,
    asked: tuple[Operation, object, Voiced],
    caller: SessionActor,
    found: HttpSession | Connection | None,
) -> Response:
    operation, raw, payload = asked
    if found is None:
        raise http_sessions.session_required()
    voices = need.hub.voice
    seat = voices.at_socket(found) if isinstance(found, Connection) else voices.at_session(found)
    command = Command(operation=operation, session=caller, raw=raw)
    done = await need.commands.once(command, payload, lambda: voices.act(seat, payload))
    if done.direct is not None:
        seat.tell(done.direct)
    seat.release()
    need.metrics.command(operation.name, "ok")
    return answer(done.ack or {})


async def _said(operation: Operation, request: Request) -> object:
    """The payload, from either form of body; what the query says of a frame holds for both."""
    if operation.payload is not AttemptAudioFrame:
        return await read_body(request)
    said = _in_query(request)
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == BYTES:
        return {**said, "audio": await request.body()}
    body = await read_body(request)
    if not isinstance(body, dict):
        return body
    members = cast("dict[str, object]", body)
    for name, value in said.items():
        if members.get(name, value) != value:
            raise invalid(f"/{name}", f"{name} in the query and in the body differ")
    return {**said, **members}


def _in_query(request: Request) -> dict[str, object]:
    """`chat_id` and `seq` of the query; what is no number is left to the payload to refuse."""
    said: dict[str, object] = {}
    for name, value in request.query_params.items():
        if name == "chat_id":
            said[name] = value
        elif name == "seq":
            said[name] = int(value) if value.isdecimal() and len(value) <= DIGITS_MAX else value
    return said
