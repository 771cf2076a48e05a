"""What happened, in the past tense. A fact is complete: a wire needs nothing else to tell it."""

from typing import TypeVar, cast

from parlour.kernel.decoding import decode
from parlour.storage.dialects import Logged

C = TypeVar("C", bound=type)

_KNOWN: dict[str, type] = {}


def fact(kind: C) -> C:
    """Register a frozen dataclass as a fact; its name is its kind in the log for good."""
    if _KNOWN.setdefault(kind.__name__, kind) is not kind:
        raise ValueError(f"two facts are named {kind.__name__}")
    return kind


def fact_of(event: Logged) -> object:
    """The fact of an event, decoded once if it came from the store."""
    if event.fact is None:
        event.fact = cast("object", decode(event.body, _KNOWN[event.kind]))
    return event.fact
