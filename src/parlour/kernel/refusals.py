"""How a request fails. A `Refusal` is the caller's matter, a `ProviderFault` the outside's.

Anything else that is raised is a bug: it is logged once, with an id that the client sees.
The core knows no HTTP status; each wire maps codes in one place.
"""

from collections.abc import Mapping

from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong member of a payload: a JSON pointer and a sentence."""

    pointer: str
    message: str


class Refusal(Exception):
    """The request cannot be done as asked, and why, in words for the person.

    `code` is one of the codes of the specifications (`not_found`, `chat_completed`, ...); `members` are
    what its problem object has besides (`run_done`: `replay_run_id`).
    """

    def __init__(
        self,
        code: str,
        text: str,
        *,
        faults: tuple[Fault, ...] = (),
        retry_after_seconds: int | None = None,
        members: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.faults = faults
        self.retry_after_seconds = retry_after_seconds
        self.members: Mapping[str, str] = members or {}


class ProviderFault(Exception):
    """A model or speech service failed. `retryable`: the same request may succeed later."""

    def __init__(self, text: str, *, retryable: bool) -> None:
        super().__init__(text)
        self.text = text
        self.retryable = retryable


def not_found(kind: str) -> Refusal:
    """The one answer for what is not there and for what the caller may not see (Glow 1.1)."""
    return Refusal("not_found", f"{kind} not found.")


def forbidden() -> Refusal:
    """For a caller who may read the object but not act on it."""
    return Refusal("forbidden", "You may not do this.")


def invalid(pointer: str, message: str) -> Refusal:
    """A payload that breaks its schema at one place."""
    return Refusal("invalid_request", f"Invalid request: {message}.", faults=(Fault(pointer, message),))
