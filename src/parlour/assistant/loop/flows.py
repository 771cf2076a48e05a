"""Running a tool's flow from its beginning with the results that were kept (see `tools/ports.py`)."""

import logging
from collections.abc import Mapping
from typing import cast

from parlour.assistant.entities import JsonValue
from parlour.assistant.loop.journal import Kept
from parlour.assistant.tools.ports import (
    AbandonedError,
    Ask,
    Do,
    FailedError,
    Flow,
    Outcome,
    RefusedError,
    Status,
    ToolError,
    UnknownError,
    Wish,
)
from parlour.kernel.dataclass import dataclass

logger = logging.getLogger("parlour.assistant")

WISHES_MAX = 500
_ERRORS: Mapping[Status, type[ToolError]] = {
    "refused": RefusedError,
    "abandoned": AbandonedError,
    "failed": FailedError,
    "unknown": UnknownError,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wants:
    """The flow waits for the result of its k-th wish."""

    k: int
    wish: Wish


def run(flow: Flow, kept: Mapping[int, tuple[str, Kept]]) -> Wants | Outcome:
    """Give the flow what is known already; what it wants next, or how it ended.

    A flow that is broken, endless, or no longer the one whose results were kept ends as `failed`:
    a tool's bug is told to the assistant like any other failure.
    """
    try:
        wish = next(flow)
        for k in range(1, WISHES_MAX + 1):
            if k not in kept:
                return Wants(k=k, wish=wish)
            title, result = kept[k]
            if title != title_of(wish):
                flow.close()
                return Outcome(status="failed", text="The tool was changed while it worked; what it did so far stands.")
            wish = _resume(flow, result)
        flow.close()
    except StopIteration as end:
        return cast("Outcome", end.value)
    except ToolError as error:
        return Outcome(status=error.status, text=error.why or error.status)
    except Exception:
        logger.exception("tool_broken")
        return Outcome(status="failed", text="The tool failed inside.")
    return Outcome(status="failed", text="The tool did not come to an end.")


def title_of(wish: Wish) -> str:
    """How a wish is named in the journal."""
    match wish:
        case Ask():
            return wish.prompt.kind
        case Do():
            return wish.name
        case _:
            return wish.name


def error_of(kept: Kept) -> ToolError | None:
    """What is thrown into the flow for this result, if anything."""
    return _ERRORS[kept.error](kept.why) if kept.error is not None else None


def _resume(flow: Flow, result: Kept) -> Wish:
    error = error_of(result)
    return flow.throw(error) if error is not None else flow.send(cast("JsonValue", result.value))
