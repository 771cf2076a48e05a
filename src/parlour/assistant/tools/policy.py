"""Whether a tool may run, must ask, or is denied (lab protocol 8.1, 8.3). Never decided by a model."""

from collections.abc import Mapping

from parlour.assistant.entities import JsonValue
from parlour.assistant.tools.ports import Policy, Tool

Policies = Mapping[str, Policy]

_STRICTNESS: Mapping[Policy, int] = {"auto": 0, "ask": 1, "deny": 2}


def policy_of(tool: Tool, arguments: Mapping[str, JsonValue], configured: Policies) -> Policy:
    """The policy of a call, or of an operation with these arguments.

    What the operator configured for the tool's name replaces its default. Where the tool has rules
    on arguments too, the stricter one holds.
    """
    by_name: Policy = configured.get(tool.name, tool.policy)
    if tool.policy_of is None:
        return by_name
    by_arguments = tool.policy_of(arguments)
    return by_name if _STRICTNESS[by_name] >= _STRICTNESS[by_arguments] else by_arguments


def is_offered(tool: Tool, configured: Policies) -> bool:
    """Whether a model is told of the tool at all. Rules on arguments are looked at when it is called."""
    return configured.get(tool.name, tool.policy) != "deny"


def is_raised(tool: Tool, configured: Policies) -> bool:
    """Whether the operator asks for a yes where the tool itself would not: then the call as a whole is asked about."""
    return tool.policy == "auto" and tool.policy_of is None and configured.get(tool.name) == "ask"
