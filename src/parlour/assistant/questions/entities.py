"""What can be asked of a person, before it is stored as a pause (lab protocol 6.2, 6.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from parlour.assistant.entities import JsonValue, Reference

FieldType = Literal["string", "text", "duration", "date", "file", "number"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """An item of `collect` and `verify`. `label` is in the person's language; `choices` limits a string."""

    key: str
    label: str
    type: FieldType = "string"
    required: bool = True
    value: JsonValue = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One of the candidates of `select`; its index is its place, from 1."""

    id: str
    title: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """A question of any kind but `authorize`, `instruct` and `comment`, which only the loop asks.

    `text` is the sentence the person reads first; the items or options are written under it by
    `questions.wording`.
    """

    kind: Literal["collect", "select", "verify"]
    text: str
    fields: tuple[Field, ...] = ()
    options: tuple[Choice, ...] = ()
    min: int = 1
    max: int = 1
    references: tuple[Reference, ...] = ()
    extra_info: str | None = None


Proposal = Mapping[str, JsonValue]
