"""Requests that happen once (lab protocol 2.4): `Idempotency-Key` on every POST below `/users/`.

The key is claimed in the transaction of what it guards: `once(tx, key, act)`. A refusal undoes that transaction,
so that the key may be used again; an answer is kept for `idempotency_hours`, over restarts.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import Fault, Refusal
from parlour.storage import requests
from parlour.storage.requests import RequestKey
from parlour.storage.tx import Tx
from parlour.wire.lab.callers import LabCaller

HEADER = "idempotency-key"
KEY_CHARS_MAX = 128


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """What is answered: `body` is JSON text. `replayed`: it was answered before, and nothing was done now."""

    body: str = "null"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    status: int = 200
    replayed: bool = False


def body_digest(fields: Mapping[str, object], files: Sequence[str] = ()) -> str:
    """Two bodies are the same when their fields are equal and their files have equal bytes.

    `fields` are as the client gave them, `files` the SHA-256 of each file in order.
    """
    return hashlib.sha256(msgspec.json.encode([fields, list(files)], order="sorted")).hexdigest()


def key_of(request: Request, caller: LabCaller, operation: str, digest: str) -> RequestKey | None:
    """The key of this request, `None` without the header; `validation` if it is not 1 to 128 visible ASCII characters.

    It counts in the space of the account for this `operation` (the route) only.
    """
    given = request.headers.get(HEADER)
    if given is None:
        return None
    if not 0 < len(given) <= KEY_CHARS_MAX or any(not "!" <= sign <= "~" for sign in given):
        text = f"An Idempotency-Key has 1 to {KEY_CHARS_MAX} visible ASCII characters."
        raise Refusal("validation", text, faults=(Fault("/headers/idempotency-key", text),))
    return RequestKey(
        account_id=caller.account_id,
        request_id=f"{operation} {given}",
        operation=operation,
        digest=digest,
        keep_ms=caller.keep_answers_ms,
    )


def once(tx: Tx, key: RequestKey | None, act: Callable[[], Answered]) -> Answered:
    """What `act` answers, or what was answered to the first request with this key.

    Raises `idempotency_conflict` if that had another body, and what `act` raises (the key is free again then).
    """
    if key is None:
        return act()
    stored = requests.claim(tx, key)
    if stored is not None:
        kept = decode(stored, _Kept)
        return Answered(body=kept.body, headers=kept.headers, status=kept.status, replayed=True)
    done = act()
    requests.answer(tx, key, _Kept(body=done.body, headers=dict(done.headers), status=done.status))
    return done


def response_of(answered: Answered) -> Response:
    """The HTTP answer; a repeated one says so."""
    headers = dict(answered.headers)
    if answered.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(answered.body, answered.status, headers, media_type="application/json")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kept:
    body: str
    headers: dict[str, str]
    status: int
