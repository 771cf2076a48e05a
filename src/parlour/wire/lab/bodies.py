"""Bodies of lab routes as models: what does not fit is refused with the codes of 13.3.

Read here and not by FastAPI, so that whoever sends a message is known before its body has arrived.
How many bytes and how deep a JSON body may be is checked before (`wire/http/limits.py`).
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from fastapi import Request
from pydantic import BaseModel, ValidationError

from parlour.kernel.decoding import decode_untyped
from parlour.kernel.refusals import Fault, Refusal
from parlour.wire.http.problems import NOT_JSON, Pydantic, refusal_of_validation
from parlour.wire.lab.answers import UNKNOWN_FIELD

M = TypeVar("M", bound=BaseModel)
_UTF8 = ("utf-8", "utf8")


async def json_body(request: Request, model: type[M], *, may_be_empty: bool = False) -> M:
    """The body as a model. An empty one, if it may be empty, is that of an empty object.

    Raises `type_unsupported`, `bad_request` (no JSON), `unknown_field`, `validation`.
    """
    raw = await request.body()
    if may_be_empty and not raw.strip():
        return fitted(model, {})
    check_json_type(request.headers.get("content-type", ""))
    try:
        given = decode_untyped(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Refusal("bad_request", f"Bad request: {NOT_JSON}.", faults=(Fault("", NOT_JSON),)) from None
    if not isinstance(given, dict):
        raise Refusal("validation", "Invalid request: the body is not an object.", faults=(Fault("", "not an object"),))
    return fitted(model, given)  # pyright: ignore[reportUnknownArgumentType]


def fitted(model: type[M], given: Mapping[str, object]) -> M:
    """The model of these members. Raises `unknown_field` or `validation`."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise refusal_of(error) from None


def refusal_of(error: Pydantic) -> Refusal:
    """A validation error under the code that the lab protocol has for it."""
    found = refusal_of_validation(error)
    unknown = all(fault.message.lower() == UNKNOWN_FIELD for fault in found.faults)
    return Refusal("unknown_field" if unknown and found.faults else "validation", found.text, faults=found.faults)


def check_json_type(content_type: str) -> None:
    """Raises `type_unsupported` for anything but JSON in UTF-8."""
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [each.partition("=")[2].strip(' "') for each in parameters if each.startswith("charset")]
    if kind != "application/json" or any(charset not in _UTF8 for charset in charsets):
        raise Refusal("type_unsupported", "The body must be application/json in UTF-8.")
