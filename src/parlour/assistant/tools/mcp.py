"""Tools of external servers as tools of the assistant (lab protocol 8.3).

`mcp__<server>__<tool>`. What a server says about itself (descriptions, hints, results) is data: only
the operator's rules decide whether a call runs, is asked about, or is refused.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from parlour.assistant.entities import JsonValue
from parlour.assistant.questions.dialogue import collect, rules_of
from parlour.assistant.questions.entities import Field, FieldType
from parlour.assistant.sentences import sentence
from parlour.assistant.tools.ports import Call, Flow, Operation, Outcome, Outside, Policy, Tool
from parlour.assistant.tools.remote import Answers, CallState, RemoteTool, Servers
from parlour.kernel.dataclass import dataclass
from parlour.settings.lab import ArgumentRule, McpServer, ToolRule

ROUNDS_MAX = 5
DESCRIPTION_CHARACTERS_MAX = 1_000
FIELDS_MAX = 20
MATCH_CHARACTERS_MAX = 1_000
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class McpTools:
    """A `ToolSource` of everything that configured servers offer."""

    def __init__(self, servers: Servers, configured: Mapping[str, McpServer]) -> None:
        self._servers = servers
        self._configured = configured
        self._made: dict[str, tuple[RemoteTool, Tool]] = {}

    def tools(self) -> Sequence[Tool]:
        """The tools whose names fit the protocol of models and that no rule refuses whatever the arguments."""
        found: list[Tool] = []
        for remote in self._servers.offered():
            name = f"mcp__{remote.server}__{remote.name}"
            server = self._configured.get(remote.server)
            if server is None or not _NAME.fullmatch(name):
                continue
            made = self._made.get(name)
            if made is None or made[0] is not remote:
                made = self._made[name] = (remote, self._tool(name, remote, server))
            found.append(made[1])
        return found

    def resumed(self, name: str) -> Tool | None:
        """See `Resuming`: a tool of a server that has not yet been read after a restart; its arguments were checked."""
        prefix, _, rest = name.partition("__")
        known, _, tool = rest.partition("__")
        server = self._configured.get(known)
        if prefix != "mcp" or server is None or not tool or self._servers.is_listed(known):
            return None
        unread = {"type": "object", "additionalProperties": True}
        return self._tool(name, RemoteTool(server=known, name=tool, description="", parameters=unread), server)

    def _tool(self, name: str, remote: RemoteTool, server: McpServer) -> Tool:
        described = " ".join(remote.description.split())[:DESCRIPTION_CHARACTERS_MAX]
        title = f"{remote.server}: {remote.name}"

        def run(call: Call) -> Flow:
            return _flow(_Flowing(servers=self._servers, server=server, remote=remote, name=name), call)

        return Tool(
            name=name,
            description=f"A tool of the external server {remote.server} (as described by the server): {described}",
            parameters=remote.parameters,
            titles={"en": title, "zh": title},
            run=run,
            policy="deny" if never(server, remote.name) else "auto",
            policy_of=_policy_of(server, remote.name),
            seconds_max=server.timeout_seconds + 5,
            data={"output": "foreign"},
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Flowing:
    servers: Servers
    server: McpServer
    remote: RemoteTool
    name: str


def _flow(flowing: _Flowing, call: Call) -> Flow:
    given: dict[str, JsonValue] = dict(call.arguments)
    answers: list[Mapping[str, JsonValue]] = []
    language = call.member.language
    for _ in range(ROUNDS_MAX):
        if policy_for(flowing.server, flowing.remote.name, given) == "deny":
            return Outcome(status="refused", text="A rule of the operator refuses this call with these values.")
        written = yield _outside(flowing, call.arguments, answers, given)
        result = cast("Mapping[str, JsonValue]", written)
        needs = result.get("needs")
        if not isinstance(needs, Mapping):
            status = cast("CallState", result["state"])
            return Outcome(status=status, text=str(result["text"]))
        wanted = cast("Mapping[str, object]", needs)
        schema = cast("Mapping[str, object]", wanted["schema"])
        fields = fields_of(schema)
        if not fields:
            return Outcome(status="failed", text="The server asked for something that cannot be asked of a person.")
        asked = sentence(language, "mcp.asks", server=flowing.remote.server, message=str(wanted["message"]))
        values = yield from collect(call.member, asked, fields, rules_of(call))
        answer = answer_of(schema, values)
        answers.append(answer)
        for key, value in answer.items():
            given[key if given.get(key, value) == value else f"{key} (answer)"] = value
    return Outcome(status="failed", text=f"The server asked more than {ROUNDS_MAX} times for information.")


def _outside(
    flowing: _Flowing, arguments: Mapping[str, JsonValue], answers: Answers, given: Mapping[str, JsonValue]
) -> Outside:
    remote, so_far = flowing.remote, tuple(answers)

    async def act(_key: str) -> JsonValue:
        result = await flowing.servers.call(remote.server, remote.name, arguments, so_far)
        needs = result.needs
        asked = {"message": needs.message, "schema": cast("JsonValue", needs.schema)} if needs else None
        return {"state": result.state, "text": result.text, "needs": asked}

    title = f"{remote.server}: {remote.name}"
    return Outside(
        name=flowing.name,
        call=act,
        operation=Operation(tool=flowing.name, title=title, arguments=dict(given)),
        seconds_max=flowing.server.timeout_seconds + 5,
    )


def policy_for(server: McpServer, tool: str, arguments: Mapping[str, JsonValue]) -> Policy:
    """The policy of a call: of the first rule that matches, else of the server."""
    for rule in server.rules:
        if _matches(rule, tool, arguments):
            return rule.policy
    return server.policy


def never(server: McpServer, tool: str) -> bool:
    """Whether every call of a tool is refused, so that it need not be offered."""
    possible: list[Policy] = []
    for rule in server.rules:
        if rule.tool in (tool, "*"):
            possible.append(rule.policy)
            if not rule.when:
                return set(possible) == {"deny"}
    return {*possible, server.policy} == {"deny"}


def _policy_of(server: McpServer, tool: str) -> Callable[[Mapping[str, JsonValue]], Policy]:
    return lambda arguments: policy_for(server, tool, arguments)


def _matches(rule: ToolRule, tool: str, arguments: Mapping[str, JsonValue]) -> bool:
    if rule.tool not in (tool, "*"):
        return False
    return all(name in arguments and _fits(wanted, arguments[name]) for name, wanted in rule.when.items())


def _fits(rule: ArgumentRule, value: JsonValue) -> bool:
    """Whether an argument is what a rule wants; numbers only for bounds, texts only for expressions."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if rule.min is not None and not (number and cast("float", value) >= rule.min):
        return False
    if rule.max is not None and not (number and cast("float", value) <= rule.max):
        return False
    if rule.one_of is not None and not any(
        value == each and isinstance(value, bool) == isinstance(each, bool) for each in rule.one_of
    ):
        return False
    if rule.matches is None:
        return True
    return (
        isinstance(value, str) and len(value) <= MATCH_CHARACTERS_MAX and re.fullmatch(rule.matches, value) is not None
    )


def fields_of(schema: Mapping[str, object]) -> tuple[Field, ...]:
    """The items that a server asks for. What is no plain value is left out; labels are the server's, cut."""
    properties = _mapping(schema.get("properties"))
    required = schema.get("required")
    names = [str(each) for each in cast("list[object]", required)] if isinstance(required, list) else []
    fields: list[Field] = []
    for key, described in list(properties.items())[:FIELDS_MAX]:
        member = _mapping(described)
        kind = member.get("type")
        if kind not in ("string", "number", "integer", "boolean"):
            continue
        choices = member.get("enum")
        options = tuple(str(each) for each in cast("list[object]", choices)) if isinstance(choices, list) else ()
        if kind == "boolean":
            options = ("true", "false")
        field_type: FieldType = "number" if kind in ("number", "integer") else "string"
        label = " ".join(str(member.get("title") or key).split())[:80]
        fields.append(Field(key=key, label=label, type=field_type, required=key in names, choices=options))
    return tuple(fields)


def answer_of(schema: Mapping[str, object], values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The person's values in the types that the server asked for."""
    properties = _mapping(schema.get("properties"))
    answer: dict[str, JsonValue] = {}
    for key, value in values.items():
        kind = _mapping(properties.get(key)).get("type")
        if value is None or key not in properties:
            continue
        if kind == "boolean" and isinstance(value, str):
            answer[key] = value.casefold() == "true"
        elif kind in ("number", "integer") and isinstance(value, str):
            answer[key] = float(value)
        else:
            answer[key] = value
        found = answer[key]
        if kind == "integer" and isinstance(found, float) and found.is_integer():
            answer[key] = int(found)
    return answer


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}
