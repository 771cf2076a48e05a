"""YAML that people read and git compares: block style, one order, long texts in blocks; the same bytes every time.

Values are what JSON has: texts, numbers, true, false, null, lists, mappings. `catalog.yaml_reader` reads back exactly
what was written.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast

WIDTH = 110
INLINE_MAX = 96

_WORDS = frozenset({"yes", "no", "true", "false", "on", "off", "null", "y", "n", "~"})
_PLAIN = re.compile(r"[^\W\d_](?:[^\n\t#:{}\[\]&*!|>%@`\"\\,?]|:(?=\S)|,(?= )|\?)*")
_FLOW_MARKS = ", ?"  # end a word inside [ ], for one reader or another
_SPACES = "\u00a0\u200c\u200d\u202f\u3000"  # not printable to Python, harmless in YAML, and needed by some scripts
_ESCAPES: Mapping[str, str] = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def document(members: Mapping[str, object]) -> str:
    """A mapping as a YAML file."""
    return "".join(f"{line}\n" for line in _mapping(members, 0))


def member(name: str, value: object, indent: int) -> str:
    """One member of a mapping that stands `indent` spaces from the left."""
    return "".join(f"{line}\n" for line in _member(name, value, indent))


def _mapping(members: Mapping[str, object], indent: int) -> list[str]:
    return [line for name, value in members.items() for line in _member(name, value, indent)]


def _member(name: str, value: object, indent: int) -> list[str]:
    left = " " * indent
    lines = _value(value, indent + 2, len(name) + 2)
    return [f"{left}{_key(name)}:{lines[0]}", *lines[1:]]


def _value(value: object, indent: int, taken: int) -> list[str]:
    """The lines of a value: the first one goes on after the colon, where `taken` characters stand."""
    if isinstance(value, Mapping):
        members = cast("Mapping[str, object]", value)
        return ["", *_mapping(members, indent)] if members else [" {}"]
    if isinstance(value, list | tuple):
        items = cast("Sequence[object]", value)
        inline = _inline(items, WIDTH - indent - taken)
        return [f" {inline}"] if inline is not None else ["", *(line for each in items for line in _item(each, indent))]
    if isinstance(value, str):
        return _text(value, indent, WIDTH - indent - taken)
    return [f" {_number(value)}"]


def _item(value: object, indent: int) -> list[str]:
    left = " " * indent
    if isinstance(value, Mapping) and value:
        lines = _mapping(cast("Mapping[str, object]", value), indent + 2)
        return [f"{left}- {lines[0][indent + 2 :]}", *lines[1:]]
    if isinstance(value, list | tuple):
        items = cast("Sequence[object]", value)
        if _inline(items, WIDTH - indent - 2) is None:
            inner = [line for each in items for line in _item(each, indent + 2)]
            return [f"{left}- {inner[0][indent + 2 :]}", *inner[1:]]
        return [f"{left}- {_inline(items, WIDTH - indent - 2)}"]
    lines = _value(cast("object", value), indent + 2, 2)
    return [f"{left}-{lines[0]}", *lines[1:]]


def _inline(items: Sequence[object], room: int) -> str | None:
    """A list of short words and numbers in one line; None for any other list."""
    parts: list[str] = []
    for each in items:
        if isinstance(each, str) and (not _is_plain(each) or any(mark in each for mark in _FLOW_MARKS)):
            return None
        if isinstance(each, Mapping | list | tuple):
            return None
        parts.append(each if isinstance(each, str) else _number(each))
    line = f"[{', '.join(parts)}]"
    return line if len(line) <= min(room, INLINE_MAX) or not items else None


def _text(text: str, indent: int, room: int) -> list[str]:
    left = " " * indent
    if "\n" in text and _is_block(text):
        ends = "" if text.endswith("\n") else "-"
        lines = text.removesuffix("\n").split("\n")
        return [f" |{ends}", *(f"{left}{line}" if line else "" for line in lines)]
    if "\n" not in text and len(text) > room and _is_foldable(text):
        return [" >-", *(f"{left}{line}" for line in _folded(text, WIDTH - indent))]
    return [f" {_scalar(text)}"]


def _is_block(text: str) -> bool:
    lines = text.removesuffix("\n").split("\n")
    return bool(lines[0]) and bool(lines[-1]) and not lines[0].startswith((" ", "\t")) and all(map(_is_clear, lines))


def _is_foldable(text: str) -> bool:
    return "\t" not in text and "" not in text.split(" ") and _is_clear(text)


def _folded(text: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _is_clear(line: str) -> bool:
    """Whether a line can stand as it is: nothing in it is invisible, and it does not end in spaces."""
    return all(each.isprintable() or each in _SPACES or each == "\t" for each in line) and line == line.rstrip(" \t")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name) and name.lower() not in _WORDS else _quoted(name)


def _scalar(text: str) -> str:
    return text if _is_plain(text) else _quoted(text)


def _is_plain(text: str) -> bool:
    return (
        _PLAIN.fullmatch(text) is not None
        and text.lower() not in _WORDS
        and text == text.strip()
        and not text.endswith((":", ","))
        and text.isprintable()
    )


def _quoted(text: str) -> str:
    if ('"' in text or "\\" in text) and all(each.isprintable() or each in _SPACES for each in text):
        doubled = text.replace("'", "''")
        return f"'{doubled}'"
    return f'"{"".join(_escaped(each) for each in text)}"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable() or character in _SPACES:
        return character
    return f"\\u{ord(character):04x}" if ord(character) <= 0xFFFF else f"\\U{ord(character):08x}"


def _number(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            text = format(Decimal(repr(value)), "f")
            return text if "." in text else f"{text}.0"
        case _:
            return str(value)
