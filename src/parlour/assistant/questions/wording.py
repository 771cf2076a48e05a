"""What a person reads: the sentence of a question with its items, options, operation or proposal under it (6.2, 6.4).

Deterministic, in the person's language. Items stand as `Name (experiment_name)`, options with their
number, and an operation with every value that would be used.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

import msgspec

from parlour.assistant.entities import JsonValue, Language
from parlour.assistant.questions.entities import Choice, Field, NewQuestion
from parlour.assistant.sentences import SENTENCES, sentence

OUTPUT_CHARS_MAX = 2_000


def full_text(new: NewQuestion, language: Language) -> str:
    """The whole text of a question, ready to be shown or read aloud."""
    match new.kind:
        case "authorize":
            lines = _authorize(new, language)
        case "collect":
            lines = [new.text, *(_missing(item, language) for item in new.fields)]
        case "select":
            listed = [] if new.extra_info else _options(new.options)
            lines = [new.text, *listed, _select_end(new, language)]
        case "verify":
            lines = [new.text, *(_known(item, language) for item in new.fields), _say(language, "verify_end")]
        case "instruct":
            lines = _instruct(new, language)
        case "comment":
            lines = _comment(new, language)
    return "\n".join(line for line in [new.note, *lines] if line)


def shown(value: JsonValue) -> str:
    """A value as a person reads it: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _say(language: Language, key: str, **values: object) -> str:
    return sentence(language, f"questions.{key}", **values)


def _authorize(new: NewQuestion, language: Language) -> list[str]:
    operation = new.operation
    if operation is None:
        return [new.text]
    first = new.text or _say(language, "authorize", title=operation.title)
    return [first, *_arguments(operation.arguments, language), _say(language, "authorize_end")]


def _arguments(arguments: Mapping[str, JsonValue], language: Language) -> Iterable[str]:
    for key, value in arguments.items():
        label = SENTENCES[language].get(f"fields.{key}")
        name = f"{label} ({key})" if label else key
        yield f"- {name}: {shown(value)}"


def _proposed(arguments: object, language: Language) -> list[str]:
    """The arguments of a proposal's call; those of several calls one after the other."""
    if not isinstance(arguments, Mapping):
        return []
    given = cast("Mapping[str, JsonValue]", arguments)
    calls = given.get("calls")
    if len(given) > 1 or not isinstance(calls, Sequence) or isinstance(calls, str):
        return list(_arguments(given, language))
    return [line for call in calls for line in _proposed(call, language)]


def _missing(item: Field, language: Language) -> str:
    hints = [*item.choices]
    if item.type in ("duration", "date", "number", "file"):
        hints.append(_say(language, f"hint_{item.type}"))
    if not item.required:
        hints.append(_say(language, "optional"))
    after = f" [{', '.join(hints)}]" if hints else ""
    return f"- {item.label} ({item.key}){after}"


def _known(item: Field, language: Language) -> str:
    value = _say(language, "nothing") if item.value is None else shown(item.value)
    choices = f" [{', '.join(item.choices)}]" if item.choices else ""
    return f"- {item.label} ({item.key}): {value}{choices}"


def _options(options: Sequence[Choice]) -> list[str]:
    lines: list[str] = []
    for index, option in enumerate(options, start=1):
        lines.append(f"{index}. {option.title}")
        if option.detail:
            lines.append(f"   {option.detail}")
    return lines


def _select_end(new: NewQuestion, language: Language) -> str:
    if new.max > 1:
        return _say(language, "select_end_many", min=max(1, new.min), max=new.max)
    return _say(language, "select_end")


def _instruct(new: NewQuestion, language: Language) -> list[str]:
    proposal = new.proposal or {}
    lines = [new.text or _say(language, "instruct", thought=shown(proposal.get("thought", "")))]
    arguments = proposal.get("arguments")
    if "tool" in proposal:
        known = _proposed(arguments, language)
        lines += [_say(language, "instruct_tool" if known else "instruct_tool_bare", tool=shown(proposal["tool"]))]
        lines += known
    if "answer" in proposal:
        lines += [_say(language, "instruct_answer"), shown(proposal["answer"])]
    return [*lines, _say(language, "instruct_end")]


def _comment(new: NewQuestion, language: Language) -> list[str]:
    proposal = new.proposal or {}
    outcomes = shown(proposal.get("outcome", "")).split(", ")
    said = ", ".join(SENTENCES[language].get(f"questions.outcome_{each}", each) for each in outcomes)
    lines = [new.text or _say(language, "comment", tool=shown(proposal.get("tool", "")), outcome=said)]
    lines += _proposed(proposal.get("arguments"), language)
    output = proposal.get("output")
    if output:
        lines.append(shown(output)[:OUTPUT_CHARS_MAX])
    return [*lines, _say(language, "comment_end")]
