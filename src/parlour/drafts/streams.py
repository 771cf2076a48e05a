"""Reading JSON while it is being written: the object in a model's answer, and its members so far (Glow 9.6)."""

import msgspec

from parlour.drafts.registry import Fields, FieldType
from parlour.kernel.decoding import decode_untyped

ANSWER_CHARACTERS_MAX = 40_000


class ObjectStream:
    """The first JSON object in a text that arrives in pieces; what stands around it is left out.

    `text` is the object so far; `closed` tells that it is whole.
    """

    def __init__(self) -> None:
        self.text = ""
        self.closed = False
        self._depth = 0
        self._in_string = False
        self._escaped = False

    def feed(self, piece: str) -> str:
        """The part of a piece that belongs to the object."""
        kept: list[str] = []
        for character in piece:
            if self.closed or (self._depth == 0 and character != "{"):
                continue
            kept.append(character)
            self._step(character)
        added = "".join(kept)
        self.text += added
        return added

    def _step(self, character: str) -> None:
        if self._in_string:
            if self._escaped:
                self._escaped = False
            elif character == "\\":
                self._escaped = True
            elif character == '"':
                self._in_string = False
        elif character == '"':
            self._in_string = True
        elif character in "{[":
            self._depth += 1
        elif character in "}]":
            self._depth -= 1
            self.closed = self._depth == 0


def readable(text: str, fields: Fields) -> dict[str, object]:
    """The members of an unfinished JSON object that can be read already, of those that a type has."""
    for candidate in _completed(text):
        try:
            found = decode_untyped(candidate)
        except (msgspec.DecodeError, RecursionError):
            continue
        if isinstance(found, dict):
            members: dict[str, object] = found  # pyright: ignore[reportUnknownVariableType]
            return {name: value for name, value in members.items() if name in fields and _fits(value, fields[name])}
    return {}


def _completed(text: str) -> list[str]:
    """The text with its open ends closed: as it is, and cut back to before its last comma."""
    cut = text.rfind(",")
    return [_close(each) for each in ([text, text[:cut]] if cut > 0 else [text])]


def _close(text: str) -> str:
    closers: list[str] = []
    in_string = escaped = False
    for character in text:
        if in_string:
            in_string = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            in_string = True
        elif character in "{[":
            closers.append("}" if character == "{" else "]")
        elif character in "}]" and closers:
            closers.pop()
    if escaped:
        text = text[:-1]
    return text + ('"' if in_string else "") + "".join(reversed(closers))


def _fits(value: object, kind: FieldType) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "any[]":
            return isinstance(value, list)
