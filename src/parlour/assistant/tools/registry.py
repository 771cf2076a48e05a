"""The tools there are now, by name, and whether a call fits its tool (lab protocol 7.4, 8.1)."""

import logging
from collections.abc import Mapping, Sequence

from parlour.assistant.entities import JsonValue
from parlour.assistant.tools import policy
from parlour.assistant.tools.policy import Policies
from parlour.assistant.tools.ports import Policy, Resuming, Tool, ToolSource
from parlour.turns.ports import ToolSpec

logger = logging.getLogger("parlour.assistant")

FAULT_CHARACTERS_MAX = 300


class Toolbox:
    """What the assistant can do. `configured` are the operator's policies by the name of a tool.

    Of two tools with one name the first source's is meant, so nothing from outside can take the
    place of one of ours.
    """

    def __init__(self, sources: Sequence[ToolSource], configured: Policies) -> None:
        self._sources = tuple(sources)
        self._configured = dict(configured)

    def offered(self) -> list[Tool]:
        """The tools that a model may be told of now, by name."""
        return [tool for tool in self._known().values() if policy.is_offered(tool, self._configured)]

    def find(self, name: str) -> Tool | None:
        """The tool of this name, also a denied one, or one that is away just now; None if there is none."""
        found = self._known().get(name)
        sources = (source for source in self._sources if isinstance(source, Resuming))
        return found or next((tool for source in sources if (tool := source.resumed(name))), None)

    def policy(self, tool: Tool, arguments: Mapping[str, JsonValue]) -> Policy:
        """Whether this call may run, must ask, or is refused."""
        return policy.policy_of(tool, arguments, self._configured)

    def asks_for_calls(self, tool: Tool) -> bool:
        """Whether a call as a whole needs a yes, because the operator raised the tool's policy to `ask`."""
        return policy.is_raised(tool, self._configured)

    def _known(self) -> dict[str, Tool]:
        found: dict[str, Tool] = {}
        for source in self._sources:
            for tool in source.tools():
                found.setdefault(tool.name, tool)
        return dict(sorted(found.items()))


def spec_of(tool: Tool) -> ToolSpec:
    """The tool as a model is told of it."""
    return ToolSpec(name=tool.name, description=tool.description, parameters=_schema(tool))


def fault_of(tool: Tool, arguments: Mapping[str, JsonValue]) -> str | None:
    """Why arguments do not fit the tool's schema, in words for the model; None if they fit.

    Arguments that the schema does not name are refused, so an account or a role cannot be slipped in.
    """
    import jsonschema  # noqa: PLC0415 (2 MiB that a server at rest does not need)
    from jsonschema.exceptions import SchemaError, ValidationError  # noqa: PLC0415

    try:
        jsonschema.validate(arguments, _schema(tool), cls=jsonschema.Draft202012Validator)
    except ValidationError as error:
        place = "/".join(str(part) for part in error.absolute_path)
        return f"{place + ': ' if place else ''}{error.message}"[:FAULT_CHARACTERS_MAX]
    except (SchemaError, RecursionError):
        logger.warning("tool_schema_broken", extra={"tool": tool.name})
        return "the tool's own schema is broken, so it cannot be called"
    return None


def _schema(tool: Tool) -> dict[str, object]:
    return {"additionalProperties": False, **tool.parameters}
