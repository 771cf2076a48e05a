"""The bodies of the OpenAI chat completions protocol: what is sent, and what comes back.

Only the members that Parlour needs are decoded. What servers differ in is a `Dialect`; it
starts as the richest one and gets simpler when a server refuses a member by its name.
"""

from dataclasses import replace
from typing import Literal

import msgspec

from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decoder_of
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.thoughts import Thoughts
from parlour.turns.ports import Finished, Piece, Request, Said, Text, ToolCall, ToolSpec, Usage

MALFORMED = "The model service sent an answer that cannot be read."
_REASONS: dict[str, Literal["stop", "length", "tool_calls", "filtered"]] = {
    "length": "length",
    "max_tokens": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "filtered",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """Which members a server takes for a model."""

    json_schema: bool = True
    usage: bool = True
    temperature: bool = True
    reasoning: bool = True
    tokens_member: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"

    def without(self, complaint: bytes, request: Request) -> "Dialect | None":
        """The dialect for asking once more after a server refused the body; `None`: nothing to leave out."""
        words = complaint.lower()
        if self.json_schema and request.json_schema is not None and (b"response_format" in words or b"schema" in words):
            return replace(self, json_schema=False)
        if self.usage and b"stream_options" in words:
            return replace(self, usage=False)
        if self.tokens_member == "max_tokens" and b"max_completion_tokens" in words:
            return replace(self, tokens_member="max_completion_tokens")
        if self.temperature and request.temperature is not None and b"temperature" in words:
            return replace(self, temperature=False)
        if self.reasoning and request.reasoning is not None and b"reasoning_effort" in words:
            return replace(self, reasoning=False)
        return None


def encode(request: Request, dialect: Dialect) -> bytes:
    """The body of a streaming request. `script` and `metadata` stay in the house."""
    body: dict[str, object] = {
        "model": request.model,
        "messages": [_message(said) for said in request.messages],
        "stream": True,
        dialect.tokens_member: request.output_tokens_max,
    }
    if dialect.usage:
        body["stream_options"] = {"include_usage": True}
    if request.temperature is not None and dialect.temperature:
        body["temperature"] = request.temperature
    if request.reasoning is not None and dialect.reasoning:
        body["reasoning_effort"] = request.reasoning
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    if request.json_schema is not None and dialect.json_schema:
        schema = {"name": "answer", "strict": True, "schema": request.json_schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return msgspec.json.encode(body)


def _message(said: Said) -> dict[str, object]:
    message: dict[str, object] = {"role": said.role, "content": said.content}
    if said.tool_calls:
        message["content"] = said.content or None
        message["tool_calls"] = [
            {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in said.tool_calls
        ]
    if said.tool_call_id is not None:
        message["tool_call_id"] = said.tool_call_id
    return message


def _tool(tool: ToolSpec) -> dict[str, object]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class _Call(msgspec.Struct, gc=False):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Said(msgspec.Struct, gc=False):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct, gc=False):
    index: int | None = 0
    delta: _Said | None = None
    message: _Said | None = None
    finish_reason: str | None = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0


class _Error(msgspec.Struct, gc=False):
    code: int | str | None = None


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: _Error | str | None = None


class _Assembling:
    """A tool call of which parts have come."""

    def __init__(self) -> None:
        self.call_id = ""
        self.name = ""
        self.arguments: list[str] = []


class Assembly:
    """Turns the JSON texts of one answer into pieces, in order.

    Text is given as it comes, thoughts at its beginning left out; tool calls, which come in fragments, at the end.
    """

    def __init__(self, tool_calls_max: int) -> None:
        self._tool_calls_max = tool_calls_max
        self._decode = decoder_of(_Chunk).decode
        self._calls: list[_Assembling] = []
        self._open_calls: dict[int, _Assembling] = {}
        self._usage: _Usage | None = None
        self._refused = False
        self._thoughts = Thoughts()
        self.finish_reason: str | None = None

    def take(self, payload: bytes) -> str:
        """The text that one JSON text adds; may be empty. Raises `ProviderFault`."""
        try:
            chunk = self._decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise ProviderFault(MALFORMED, retryable=True) from None
        if chunk.error is not None:
            raise _told(chunk.error)
        if chunk.usage is not None:
            self._usage = chunk.usage
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        if choice.index:
            return ""
        if choice.finish_reason:
            self.finish_reason = choice.finish_reason
        said = choice.delta or choice.message
        if said is None:
            return ""
        if said.tool_calls:
            for call in said.tool_calls:
                self._gather(call)
        if said.refusal:
            self._refused = True
            return said.refusal
        return self._thoughts.without(said.content or "")

    def end(self) -> list[Piece]:
        """The pieces after the text, of which the last may have been held back: tool calls, usage, and `Finished`."""
        pieces = text_pieces([self._thoughts.rest()])
        for number, call in enumerate(self._calls):
            if not call.name:
                raise ProviderFault(MALFORMED, retryable=True)
            call_id = call.call_id or f"call_{number}"
            pieces.append(ToolCall(call_id=call_id, name=call.name, arguments="".join(call.arguments) or "{}"))
        if self._usage is not None:
            used = self._usage
            pieces.append(Usage(input_tokens=used.prompt_tokens or 0, output_tokens=used.completion_tokens or 0))
        reason = _REASONS.get(self.finish_reason or "", "stop")
        if reason == "stop" and self._refused:
            reason = "filtered"
        elif reason == "stop" and self._calls:
            reason = "tool_calls"
        pieces.append(Finished(reason=reason))
        return pieces

    def _gather(self, part: _Call) -> None:
        """Add one fragment. Some servers leave `index` out or at 0 and tell calls apart by id alone."""
        index = part.index if part.index is not None else max(len(self._calls) - 1, 0)
        call = self._open_calls.get(index)
        if call is None or (part.id and call.call_id and part.id != call.call_id):
            if len(self._calls) >= self._tool_calls_max:
                raise ProviderFault("The model asked for too many tool calls at once.", retryable=False)
            call = _Assembling()
            self._calls.append(call)
            self._open_calls[index] = call
        if part.id:
            call.call_id = part.id
        if part.function is None:
            return
        if part.function.name and not call.name:
            call.name = part.function.name
        if part.function.arguments:
            call.arguments.append(part.function.arguments)


def text_pieces(texts: list[str]) -> list[Piece]:
    """What one read brought, as at most one piece of text."""
    text = "".join(texts)
    return [Text(text=text)] if text else []


def _told(error: _Error | str) -> ProviderFault:
    """The fault for an error that the server wrote inside its answer; its words are not passed on."""
    code = error.code if isinstance(error, _Error) else None
    final = isinstance(code, int) and 400 <= code < 500 and code not in (408, 409, 429)
    return ProviderFault("The model service reported an error in its answer.", retryable=not final)
