"""The embedded model of the laboratory assistant (lab protocol 7.5): rules, no network, deterministic.

It starts the tool that a message asks for (`intents`), otherwise searches what is offered
and quotes what was found (`answers`). Advice and comments are read as new instructions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import cast

import msgspec

from parlour.assistant.entities import Language
from parlour.assistant.language import language_of
from parlour.assistant.sentences import sentence
from parlour.kernel.dataclass import dataclass
from parlour.providers.models.scripted.assistant.answers import SEARCHES, answer_of, content_words, places, unreadable
from parlour.providers.models.scripted.assistant.intents import Intent, about_earlier_talk, greeting_of, intent_of
from parlour.providers.models.scripted.assistant.script import TurnFile, TurnScript, turn_of
from parlour.turns.ports import Request, ToolCall, ToolSpec

_FILES_MAX = 3
_QUERY_CHARACTERS_MAX = 500
_NEEDS_FILE = ("recent_paper_add",)
_FILE_ARGUMENT: Mapping[str, str] = {
    "recent_paper_add": "file",
    "recent_paper_summarise": "paper",
    "experiment_log_add": "file",
}
_THIS = ("", "it", "this", "that", "file", "paper", "pdf", "document", "这篇", "这个", "它", "文件", "论文", "文献")


@dataclass(frozen=True, kw_only=True, slots=True)
class Thought:
    """What to do next: calls with a one-sentence reason, or an answer."""

    text: str
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Instruction:
    """What is to be done now: the newest words that say so, and the steps made since them."""

    words: str
    language: Language
    since: int = 0
    tools: Mapping[str, ToolSpec] = field(default_factory=dict[str, ToolSpec])


def think(request: Request) -> Thought:
    """The next step of the turn that `request.script` describes. The same request gets the same step."""
    turn = turn_of(request)
    now = _instruction(turn, request.tools)
    outcomes = [outcome for step in turn.steps[now.since :] for outcome in step.outcomes]
    if turn.last:
        outcomes = outcomes or [outcome for step in turn.steps for outcome in step.outcomes]
    elif not outcomes:
        planned = _plan(turn, now)
        if planned:
            return planned
    if not outcomes:
        return Thought(text=_without_outcomes(turn, now))
    return Thought(text=answer_of(outcomes, now.words, turn.files, now.language))


def _instruction(turn: TurnScript, tools: Sequence[ToolSpec]) -> _Instruction:
    words, since = turn.words, 0
    for at, step in enumerate(turn.steps, start=1):
        new = step.advice or step.comment or ""
        if intent_of(new) or (content_words(new) and not greeting_of(new)):
            words, since = new, at
        elif step.advice is not None:
            since = at
        elif step.said and intent_of(step.said[-1]):
            words, since = step.said[-1], at
    return _Instruction(
        words=words, language=language_of(words), since=since, tools={tool.name: tool for tool in tools}
    )


def _plan(turn: TurnScript, now: _Instruction) -> Thought | None:
    """The calls or the answer that the instruction itself asks for; None if there is nothing to do."""
    intent = intent_of(now.words)
    if intent and not _is_prose(intent, now):
        return _start(intent, turn, now)
    greeting = greeting_of(now.words)
    if greeting:
        return Thought(text=sentence(now.language, f"brain.{greeting}"))
    if turn.files and not content_words(now.words):
        named = [each.name or each.handle for each in turn.files if each.text_status in ("ok", "pending")]
        parts = unreadable(turn.files, now.language)
        parts += [sentence(now.language, "brain.got_file", name=name) for name in named]
        return Thought(text="\n\n".join(parts))
    return _search(turn, now)


def _is_prose(intent: Intent, now: _Instruction) -> bool:
    """Whether "run ..." is no call of an external tool: there is no such server, and no key=value."""
    server = intent.tool.rpartition("__")[0]
    known = any(name.startswith(f"{server}__") for name in now.tools)
    return intent.tool.startswith("mcp__") and not known and not intent.arguments


def _start(intent: Intent, turn: TurnScript, now: _Instruction) -> Thought:
    """The call of an intent, or a sentence that says why it cannot be made."""
    spec = now.tools.get(intent.tool)
    if spec is None:
        key = "brain.no_arxiv" if intent.tool.startswith("arxiv") else "brain.not_offered"
        return Thought(text=sentence(now.language, key, tool=intent.tool))
    arguments = _with_file(intent, turn.files)
    properties = _mapping(spec.parameters.get("properties"))
    if not intent.tool.startswith("mcp__"):
        arguments = {name: value for name, value in arguments.items() if name in properties}
    arguments = {name: _typed(value, properties.get(name)) for name, value in arguments.items()}
    required = spec.parameters.get("required")
    names = cast("Sequence[object]", required) if isinstance(required, list | tuple) else ()
    missing = [str(name) for name in names if name not in arguments]
    if missing == ["query"]:
        arguments["query"], missing = now.words[:_QUERY_CHARACTERS_MAX], []
    if missing and not intent.tool.startswith("mcp__"):
        key = "brain.need_file" if intent.tool in _NEEDS_FILE else "brain.missing"
        return Thought(text=sentence(now.language, key, items=", ".join(missing)))
    thought = sentence(now.language, "brain.will_call", tool=intent.tool)
    return Thought(text=thought, calls=(_call(0, turn, intent.tool, arguments),))


def _with_file(intent: Intent, files: Sequence[TurnFile]) -> dict[str, object]:
    """The arguments; a file that is only pointed at, or not named at all, is the first of the message."""
    arguments = dict(intent.arguments)
    name = _FILE_ARGUMENT.get(intent.tool)
    if name is None:
        return arguments
    said = str(arguments.get(name, "")).removeprefix("this ").removeprefix("the ").strip()
    if said.casefold() not in _THIS:
        known = next((each.handle for each in files if said.casefold() == each.name.casefold()), None)
        arguments[name] = known or said
    elif files:
        arguments[name] = files[0].handle
    else:
        arguments.pop(name, None)
    return arguments


def _search(turn: TurnScript, now: _Instruction) -> Thought | None:
    query = " ".join(content_words(now.words)) or now.words.strip()
    query = query[:_QUERY_CHARACTERS_MAX]
    if not query:
        return None
    calls: list[ToolCall] = []
    if "file_search" in now.tools:
        readable = [each for each in turn.files if each.text_status in ("ok", "pending")]
        for each in readable[:_FILES_MAX]:
            calls.append(_call(len(calls), turn, "file_search", {"file": each.handle, "query": query}))
    for tool in SEARCHES[1:]:
        if tool in now.tools and (tool != "chat_history_search" or about_earlier_talk(now.words)):
            calls.append(_call(len(calls), turn, tool, {"query": query}))
    if not calls:
        return None
    where = places([each.name for each in calls], now.language)
    return Thought(text=sentence(now.language, "brain.will_search", places=where), calls=tuple(calls))


def _without_outcomes(turn: TurnScript, now: _Instruction) -> str:
    parts = unreadable(turn.files, now.language)
    why = "nothing_yet" if turn.last else "cannot_search"
    return "\n\n".join([*parts, sentence(now.language, f"brain.{why}")])


def _call(at: int, turn: TurnScript, tool: str, arguments: Mapping[str, object]) -> ToolCall:
    written = msgspec.json.encode(arguments).decode()
    return ToolCall(call_id=f"call-{len(turn.steps) + 1}-{at + 1}", name=tool, arguments=written)


def _typed(value: object, schema: object) -> object:
    """A value in the type that the schema of the tool wants, where the words can be read so."""
    kind = _mapping(schema).get("type")
    if kind == "string" and isinstance(value, bool):
        return "true" if value else "false"
    if kind == "string" and isinstance(value, int | float):
        return str(value)
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}
