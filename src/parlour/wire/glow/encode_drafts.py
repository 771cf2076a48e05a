"""What generations tell, as Glow events (9.4, 9.6)."""

from typing import cast

import msgspec

from parlour.attempts.facts import PreparationFailed
from parlour.drafts.facts import GenerationFailed, ValueTold
from parlour.drafts.registry import FIELDS_OF_RESOURCES
from parlour.wire.http.problems import CODES

Said = tuple[str, dict[str, object]]

_OF_ALL = ("artifact_type", "group_id", "run_id", "tool_call_id", "tool_name")
_IF_KNOWN = ("arguments_delta", "generated", "success", "message", "error_stage")


def value_told(fact: ValueTold) -> Said:
    """The event of a tool call, under the name of its type; what is not known is left out."""
    kind = "resource" if fact.type in FIELDS_OF_RESOURCES else "entry"
    said: dict[str, object] = {name: getattr(fact, name) for name in _OF_ALL}
    said[f"{kind}_type"] = fact.type
    said |= {name: value for name in _IF_KNOWN if (value := getattr(fact, name)) is not None}
    if fact.value_id is not None:
        said |= {f"{kind}_id": fact.value_id, "id": fact.value_id}
    return f"{fact.type}_generation_{fact.stage}", said | dict(fact.fields or {})


def generation_failed(fact: GenerationFailed) -> Said:
    """The end of a run that did not make everything."""
    said = cast("dict[str, object]", msgspec.to_builtins(fact))
    for member in ("draft_id", "errors"):
        if said[member] is None:
            del said[member]
    return "generation_error", said | {"status": CODES[fact.code][0]}


def preparation_failed(fact: PreparationFailed) -> Said:
    """The next chat could not be generated: the attempt is in the lobby."""
    return "attempt_error", {
        "chat_id": None,
        "attempt_id": fact.attempt_id,
        "type": fact.type,
        "message": fact.text,
        "code": fact.code,
        "status": CODES[fact.code][0],
    }
