"""Running a tool's flow where nobody can be asked: what needs a person is refused (lab protocol 8.1)."""

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar, cast

import msgspec

from parlour.assistant.entities import JsonValue
from parlour.assistant.tools.ports import (
    AbandonedError,
    Ask,
    Do,
    FailedError,
    Flow,
    Operation,
    Outcome,
    Outside,
    Policy,
    RefusedError,
    ToolError,
    UnknownError,
    Wish,
)
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode_untyped
from parlour.kernel.refusals import ProviderFault, Refusal
from parlour.storage.tx import Tx

WISHES_MAX = 50
_NEEDS_PERSON = "This needs an answer of the person. Do it with the assistant itself."
_NEEDS_YES = "This needs the person's consent. Do it with the assistant itself."

T = TypeVar("T")


class Store(Protocol):
    """Where transactions run: `storage.database.Database`, or one opened for a command."""

    async def read(self, action: Callable[[Tx], T]) -> T:
        """The result of an action that changes nothing."""
        ...

    async def write(self, action: Callable[[Tx], T]) -> T:
        """The result of an action, committed."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Driving:
    """What flows are run with. `policy` decides about operations; `seconds_max` bounds an outside call."""

    store: Store
    policy: Callable[[Operation], Policy]
    new_key: Callable[[], str]
    seconds_max: float = 60.0


async def drive(flow: Flow, driving: Driving) -> Outcome:
    """The outcome of a flow. An effect happens only if its policy is `auto`; nobody is ever asked."""
    value: JsonValue = None
    error: ToolError | None = None
    for _ in range(WISHES_MAX):
        try:
            wish = flow.send(value) if error is None else flow.throw(error)
        except StopIteration as ended:
            return cast("Outcome", ended.value)
        except ToolError as ended:
            return Outcome(status=ended.status, text=ended.why)
        value, error = None, None
        try:
            value = decode_untyped(msgspec.json.encode(await _granted(wish, driving)))  # pyright: ignore[reportAssignmentType]
        except ToolError as thrown:
            error = thrown
    flow.close()
    return Outcome(status="failed", text="The tool took too many steps.")


async def _granted(wish: Wish, driving: Driving) -> JsonValue:
    """What a flow wished for; raises the `ToolError` it is to be given instead."""
    if isinstance(wish, Ask):
        raise AbandonedError(_NEEDS_PERSON)
    if wish.operation is not None and driving.policy(wish.operation) != "auto":
        raise RefusedError(_NEEDS_YES)
    try:
        if isinstance(wish, Do):
            return await _done(wish, driving.store)
        return await _called(wish, driving)
    except Refusal as refusal:
        raise FailedError(refusal.text) from None


async def _done(wish: Do, store: Store) -> JsonValue:
    """On a read snapshot if that will do; a `Tx` of a snapshot raises `RuntimeError` when it is written to."""
    if wish.operation is None:
        try:
            return await store.read(wish.act)
        except RuntimeError:
            pass  # it writes after all
    return await store.write(wish.act)


async def _called(wish: Outside, driving: Driving) -> JsonValue:
    seconds = min(wish.seconds_max or driving.seconds_max, driving.seconds_max)
    try:
        async with asyncio.timeout(seconds):
            return await wish.call(driving.new_key())
    except ProviderFault as fault:
        raise FailedError(fault.text) from None
    except TimeoutError:
        raise (FailedError if wish.idempotent else UnknownError)("There was no answer in time.") from None
