"""YAML as typed data, with file and line for every error at once.

Safe by construction: plain scalars, lists and mappings only; aliases and tags are refused, size,
depth and number of nodes are bounded before anything recursive runs.
"""

import dataclasses
import re
import types
import typing
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, cast

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from parlour.catalog.places import Place
from parlour.kernel.dataclass import dataclass

FILE_BYTES_MAX = 2 * 1024 * 1024
DEPTH_MAX = 24
NODES_MAX = 200_000
ITEMS_MAX = 2_000
TEXT_CHARACTERS_MAX = 60_000
NUMBER_MAX = 2**31

_TAG = "tag:yaml.org,2002:"
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_BAD = object()
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ref:
    """The slug of another object, and where it is named."""

    slug: str
    place: Place


@dataclass(frozen=True, slots=True)
class Given(Generic[T]):
    """The members of the dataclass `T` that were written down, checked, and no others."""

    values: Mapping[str, object]
    place: Place


_WANTED: Mapping[Any, str] = {bool: "true or false", int: "a whole number", float: "a number"}
_SCALARS: tuple[Any, ...] = (str, int, float, bool, Ref)


class Errors:
    """Errors gathered so far, each with its place."""

    def __init__(self) -> None:
        self.found: list[tuple[Place, str]] = []

    def add(self, place: Place, message: str) -> None:
        """Note one more error."""
        self.found.append((place, message))


def compose(path: Path, name: str, errors: Errors) -> Node | None:
    """The node tree of a YAML file, or None with the errors noted."""
    if path.stat().st_size > FILE_BYTES_MAX:
        errors.add(Place(name, 1), f"the file is larger than {FILE_BYTES_MAX} bytes")
        return None
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if _too_wild(text, name, errors):
            return None
        return yaml.compose(text, Loader=_LOADER)
    except UnicodeDecodeError:
        errors.add(Place(name, 1), "the file is not UTF-8 text")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        errors.add(Place(name, line), f"not valid YAML: {error.problem or error.context}")
    except yaml.YAMLError as error:
        errors.add(Place(name, 1), f"not valid YAML: {str(error).splitlines()[0]}")
    return None


def _too_wild(text: str, name: str, errors: Errors) -> bool:
    depth = nodes = 0
    for event in yaml.parse(text, Loader=_LOADER):
        place = Place(name, event.start_mark.line + 1 if event.start_mark else 1)
        if isinstance(event, yaml.AliasEvent):
            errors.add(place, "aliases (*name) are not allowed; write the value out")
            return True
        nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_MAX:
            errors.add(place, f"nested deeper than {DEPTH_MAX} levels")
            return True
        if nodes > NODES_MAX:
            errors.add(place, f"more than {NODES_MAX} values in one file")
            return True
    return False


@lru_cache(maxsize=256)
def _hints(kind: type[Any]) -> Mapping[str, Any]:
    return {name: hint for name, hint in typing.get_type_hints(kind).items() if name != "place"}


class Reader:
    """Turns nodes of one file into values of a type; what does not fit is noted, never guessed."""

    def __init__(self, path: str, errors: Errors) -> None:
        self._path = path
        self._errors = errors

    def read(self, node: Node, kind: type[T]) -> T | None:
        """The value of a dataclass type, or None with every error in it noted."""
        value = self._read(node, kind)
        return None if value is _BAD else cast("T", value)

    def place(self, node: Node) -> Place:
        """Where a node begins."""
        return Place(self._path, node.start_mark.line + 1)

    def members(self, node: Node) -> list[tuple[Ref, Node]]:
        """The members of a mapping in their order; a key that comes again is an error."""
        if not isinstance(node, MappingNode) or node.tag != f"{_TAG}map":
            self._wrong(node, "a mapping (key: value)")
            return []
        if len(node.value) > ITEMS_MAX:
            self._wrong(node, f"at most {ITEMS_MAX} members")
            return []
        found: dict[str, tuple[Ref, Node]] = {}
        for key, value in cast("list[tuple[Node, Node]]", node.value):
            if not isinstance(key, ScalarNode) or key.tag not in (f"{_TAG}str", f"{_TAG}int"):
                self._errors.add(self.place(key), "a key must be a word (put it in quotes)")
            elif key.value in found:
                self._errors.add(self.place(key), f"'{key.value}' is here twice")
            else:
                found[key.value] = (Ref(key.value, self.place(key)), value)
        return list(found.values())

    def _wrong(self, node: Node, wanted: str) -> object:
        self._errors.add(self.place(node), f"expected {wanted}")
        return _BAD

    def _read(self, node: Node, kind: Any) -> object:
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin in (typing.Union, types.UnionType):
            if isinstance(node, ScalarNode) and node.tag == f"{_TAG}null" and type(None) in arguments:
                return None
            choices = [choice for choice in arguments if choice is not type(None)]
            words = isinstance(node, ScalarNode)
            fitting = (choice for choice in choices if words == (typing.get_origin(choice) is Literal))
            return self._read(node, next(fitting, choices[0]) if len(choices) > 1 else choices[0])
        if origin is Literal:
            if isinstance(node, ScalarNode) and node.value in arguments:
                return node.value
            return self._wrong(node, "one of " + ", ".join(str(choice) for choice in arguments))
        if origin is tuple:
            return self._items(node, arguments[0])
        if origin is Mapping:
            read = {key.slug: self._read(value, arguments[1]) for key, value in self.members(node)}
            return read if isinstance(node, MappingNode) and _BAD not in read.values() else _BAD
        if origin is Given:
            values = self._fields(node, arguments[0])
            given: Given[Any] = Given(values or {}, self.place(node))
            return _BAD if values is None else given
        if kind is object:
            return self._plain(node)
        if kind not in _SCALARS and dataclasses.is_dataclass(kind):
            return self._object(node, cast("type[Any]", kind))
        return self._scalar(node, kind)

    def _plain(self, node: Node) -> object:
        """Any value as JSON has them; of the type that YAML reads. Texts stay as they are, also empty ones."""
        if isinstance(node, MappingNode):
            read = {key.slug: self._plain(value) for key, value in self.members(node)}
            return _BAD if _BAD in read.values() else read
        if isinstance(node, SequenceNode):
            items = self._items(node, object)
            return list(cast("tuple[object, ...]", items)) if isinstance(items, tuple) else items
        if node.tag == f"{_TAG}null":
            return None
        if isinstance(node, ScalarNode) and node.tag == f"{_TAG}str" and len(node.value) <= TEXT_CHARACTERS_MAX:
            return node.value
        kinds: Mapping[str, Any] = {f"{_TAG}bool": bool, f"{_TAG}int": int, f"{_TAG}float": float}
        return self._scalar(node, kinds.get(node.tag, str))

    def _items(self, node: Node, kind: Any) -> object:
        if not isinstance(node, SequenceNode) or node.tag != f"{_TAG}seq":
            return self._wrong(node, "a list")
        if len(node.value) > ITEMS_MAX:
            return self._wrong(node, f"at most {ITEMS_MAX} items")
        items = [self._read(item, kind) for item in cast("list[Node]", node.value)]
        return _BAD if _BAD in items else tuple(items)

    def _object(self, node: Node, kind: type[Any]) -> object:
        values = self._fields(node, kind)
        if values is None:
            return _BAD
        fields = dataclasses.fields(kind)
        complete = True
        for field in fields:
            required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
            if required and field.name not in values and field.name != "place":
                self._errors.add(self.place(node), f"'{field.name}' is missing")
                complete = False
        if not complete:
            return _BAD
        if any(field.name == "place" for field in fields):
            values["place"] = self.place(node)
        return kind(**values)

    def _fields(self, node: Node, kind: type[Any]) -> dict[str, object] | None:
        if not isinstance(node, MappingNode) or node.tag != f"{_TAG}map":
            self._wrong(node, "a mapping (key: value)")
            return None
        hints = _hints(kind)
        values: dict[str, object] = {}
        whole = True
        for key, value in self.members(node):
            if key.slug not in hints:
                self._errors.add(key.place, f"'{key.slug}' is not known here; known are {', '.join(sorted(hints))}")
                whole = False
                continue
            read = self._read(value, hints[key.slug])
            whole = whole and read is not _BAD
            values[key.slug] = read
        return values if whole else None

    def _scalar(self, node: Node, kind: Any) -> object:
        if not isinstance(node, ScalarNode):
            return self._wrong(node, _WANTED.get(kind, "a text"))
        text = cast("str", node.value)
        if kind is bool:
            value = {"true": True, "false": False}.get(text.lower()) if node.tag == f"{_TAG}bool" else None
            return self._wrong(node, "true or false") if value is None else value
        if kind is int:
            digits = text.removeprefix("-")
            fits = node.tag == f"{_TAG}int" and digits.isdecimal() and abs(int(digits[:12])) < NUMBER_MAX
            return int(text) if fits else self._wrong(node, "a whole number")
        if kind is float:
            fits = node.tag in (f"{_TAG}int", f"{_TAG}float") and _DECIMAL.fullmatch(text) is not None
            return float(text) if fits and abs(float(text)) < NUMBER_MAX else self._wrong(node, "a number")
        if node.tag not in (f"{_TAG}str", f"{_TAG}timestamp"):
            return self._wrong(node, "a text (put it in quotes)")
        if len(text) > TEXT_CHARACTERS_MAX:
            return self._wrong(node, f"a text of at most {TEXT_CHARACTERS_MAX} characters")
        if not text.strip():
            return self._wrong(node, "a text that is not empty")
        return Ref(text, self.place(node)) if kind is Ref else text.strip()
