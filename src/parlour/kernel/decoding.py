"""Typed JSON. msgspec learns a type when it is first decoded, and two threads that teach it the
same type at once crash the process (seen as SIGSEGV, shown by `tests/unit/test_decoding.py`).
Here a type is learnt under a lock, once; decoding itself needs none.
"""

import threading
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")

_learning = threading.Lock()
_known: dict[type, msgspec.json.Decoder[Any]] = {}


def decoder_of(kind: type[T]) -> msgspec.json.Decoder[T]:
    """The decoder of a type, safe to ask for and to use in any thread."""
    found = _known.get(kind)
    if found is None:
        with _learning:
            found = _known.get(kind)
            if found is None:
                found = _known[kind] = msgspec.json.Decoder(kind)
    return cast("msgspec.json.Decoder[T]", found)


def decode(body: bytes | str, kind: type[T]) -> T:
    """The value that JSON holds. Raises `msgspec.DecodeError`."""
    return decoder_of(kind).decode(body)


def decode_untyped(body: bytes | str) -> object:
    """The plain objects that JSON holds. Raises `msgspec.DecodeError`, `RecursionError` if it is too deep."""
    return msgspec.json.decode(body)


def convert(value: object, kind: type[T]) -> T:
    """The typed form of plain objects. Raises `msgspec.ValidationError`."""
    decoder_of(kind)
    return msgspec.convert(value, kind)
