"""From a person's words to an answer (lab protocol 6.4): fixed rules, no model, the same every time.

What a rule cannot read stays beside the answer: as `note` of a refusal, as `text` otherwise. Nothing
but whole yes phrases allows an operation.
"""

import re
from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

from parlour.assistant.entities import JsonValue
from parlour.assistant.questions import choosing, phrases
from parlour.assistant.questions.entities import Question, Words
from parlour.assistant.questions.values import names_of, plain, value_of
from parlour.kernel.decoding import decode_untyped
from parlour.pauses.entities import Item

CONFIDENCE_MIN = 0.6
NOTE_CHARS_MAX = 2_000

Answer = dict[str, JsonValue]


def answer_of(question: Question, words: Words) -> Answer:
    """What these words answer to this question. Always an answer: what is not understood never allows."""
    match question.kind:
        case "authorize":
            return authorize(words.text, words.confidence)
        case "collect":
            return collect(words.text, question.body.items, words.files)
        case "select":
            return select(question, words.text)
        case "verify":
            return verify(words.text, question.body.items, words.files)
        case "instruct":
            return _steer(words.text, "advise")
        case "comment":
            return _steer(words.text, "comment")


def authorize(text: str, confidence: float | None = None) -> Answer:
    """Allow only if every phrase is in the yes table, nothing is asked back, and it was heard well."""
    heard = confidence is None or confidence >= CONFIDENCE_MIN
    if heard and not phrases.asks_back(text) and phrases.only(text, phrases.YES):
        return {"decision": "allow"}
    if not text.strip() or phrases.only(text, phrases.NO):
        return {"decision": "deny"}
    return {"decision": "deny", "note": text.strip()[:NOTE_CHARS_MAX]}


def collect(text: str, items: Sequence[Item], files: Sequence[str] = ()) -> Answer:
    """Abandon, or the values that could be read; with `text` if none could be read from it."""
    if phrases.only(text, phrases.ABANDON):
        return {"abandon": True}
    waiting = list(files)
    values: dict[str, JsonValue] = {}
    open_items: list[Item] = []
    for item in items:
        if item.type == "file" and waiting:
            values[item.key] = waiting.pop(0)
        else:
            open_items.append(item)
    if not open_items or not text.strip():
        return {"values": values}
    if _never_a_value(text):
        return {"values": values, "text": text}
    read = _data(text, open_items) or _in_order(text, open_items)
    return {"values": {**values, **read}} if read else {"values": values, "text": text}


def select(question: Question, text: str) -> Answer:
    """The places of what was chosen, or none; with `text` if nothing could be read from it."""
    options = question.body.options
    chosen = choosing.chosen(text, options)
    if chosen:
        return {"choices": list(chosen)}
    if choosing.says_none(text):
        return {"choices": []} if question.body.min == 0 else {"abandon": True}
    if question.body.min == 0:
        return {"choices": []}
    return {"choices": [], "text": text}


def verify(text: str, items: Sequence[Item], files: Sequence[str] = ()) -> Answer:
    """Confirm, abandon, or what is to be changed; with `text` if it is not known what."""
    if not files and phrases.only(text, phrases.YES):
        return {"decision": "confirm"}
    if phrases.only(text, phrases.ABANDON):
        return {"decision": "abandon"}
    values: dict[str, JsonValue] = {}
    for item, handle in zip((each for each in items if each.type == "file"), files, strict=False):
        values[item.key] = handle
    read = _data(text, items)
    if read or values:
        return {"decision": "change", "values": {**values, **read}}
    return {"decision": "change", "values": {}, "text": text}


def _steer(text: str, decision: str) -> Answer:
    if phrases.says_nothing(text) or phrases.only(text, phrases.YES_OR_CONTINUE):
        return {"decision": "continue"}
    if phrases.only(text, phrases.STOP):
        return {"decision": "stop"}
    return {"decision": decision, "text": text}


def _never_a_value(text: str) -> bool:
    """Text of yes, no, continue or courtesy entries alone, and what has no word at all."""
    return phrases.says_nothing(text) or phrases.only(text, phrases.NEVER_A_VALUE)


def _data(text: str, items: Sequence[Item]) -> dict[str, JsonValue]:
    """Values from a JSON object or from `key: value` lines."""
    given = _object(text, items) or _lines(text, items)
    by_key = {item.key: item for item in items}
    read = {key: value_of(by_key[key], value) for key, value in given.items()}
    return {key: value for key, value in read.items() if value is not None}


def _in_order(text: str, items: Sequence[Item]) -> dict[str, JsonValue]:
    """The whole text for the one required item, or a line for each item."""
    required = [item for item in items if item.required]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(required) == 1:
        pairs = [(required[0], text)]
    elif len(lines) == len(items):
        pairs = list(zip(items, lines, strict=True))
    else:
        pairs = []
    read = {item.key: value_of(item, value) for item, value in pairs}
    return {key: value for key, value in read.items() if value is not None}


def _object(text: str, items: Sequence[Item]) -> dict[str, object]:
    if not text.strip().startswith("{"):
        return {}
    try:
        decoded = decode_untyped(text.strip())
    except (msgspec.DecodeError, RecursionError):
        return {}
    if not isinstance(decoded, dict):
        return {}
    given = cast("Mapping[str, object]", decoded)
    inner = given.get("values")
    if isinstance(inner, dict):
        given = cast("Mapping[str, object]", inner)
    named = {name: item.key for item in items for name in names_of(item)}
    return {named[plain(name)]: value for name, value in given.items() if plain(name) in named}


def _lines(text: str, items: Sequence[Item]) -> dict[str, object]:
    """The text after each `key:` up to the next; a key stands at the start of a line or after a comma."""
    named = {name: item.key for item in items for name in names_of(item)}
    if not named:
        return {}
    names = "|".join(re.escape(name).replace(r"\ ", r"[\s_\-]+") for name in sorted(named, key=len, reverse=True))
    begins = re.compile(
        rf"(?:^|[\n,;，；、])[ \t\u3000]*(?:[-*•][ \t]*)?(?P<name>{names})[ \t\u3000]*(?:[(（][^()（）\n]*[)）])?"
        r"[ \t\u3000]*[:：=＝]",
        re.IGNORECASE,
    )
    found = [each for each in begins.finditer(text) if plain(each["name"]) in named]
    ends = [*(each.start() for each in found[1:]), len(text)]
    return {named[plain(each["name"])]: text[each.end() : end].strip() for each, end in zip(found, ends, strict=False)}
