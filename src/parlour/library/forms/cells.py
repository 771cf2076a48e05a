"""The values of a draft on their way into an artifact: read with their types, faults noted, links collected.

Whether the content is good is not asked here (`library.checks` says it); only whether it can be built at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from parlour.drafts.values import Value, Values
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import named_id
from parlour.library.checks.findings import Finding
from parlour.storage.tx import Tx

NAME_CHARS_MAX = 200
TEXT_CHARS_MAX = 200_000
NUMBER_MAX = 2**31 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """That a value names an artifact of a type (or a `dialogue`, an `upload`)."""

    artifact_type: str
    id: str
    type: str
    value_id: str
    field: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Nested:
    """An artifact that is written inside another one. Its id is that of the value."""

    artifact_type: str
    artifact_id: str
    values: Values


@dataclass(kw_only=True, slots=True)
class Form:
    """What is being compiled, and what is found on the way."""

    tx: Tx
    actor: Actor
    artifact_id: str
    values: Values
    findings: list[Finding] = field(default_factory=list[Finding])
    links: list[Link] = field(default_factory=list[Link])
    nested: list[Nested] = field(default_factory=list[Nested])

    def all(self, type_name: str) -> tuple[Value, ...]:
        """The values of a type, in order."""
        return self.values.get(type_name, ())

    def one(self, type_name: str, field_name: str, *, most: int = TEXT_CHARS_MAX) -> str:
        """A field of the one value of a type; "" if there is none."""
        values = self.all(type_name)
        return self.text(type_name, values[0], field_name, most=most) if values else ""

    def text(self, type_name: str, value: Value, field_name: str, *, most: int = TEXT_CHARS_MAX) -> str:
        """A text; "" if it is absent."""
        found = value.fields.get(field_name)
        if found is None:
            return ""
        if not isinstance(found, str):
            self.wrong(type_name, value.id, field_name, "This must be a text.")
            return ""
        if len(found) > most:
            self.wrong(type_name, value.id, field_name, f"This may have at most {most} characters.", "form.too_long")
        if "\0" in found:
            self.wrong(type_name, value.id, field_name, "This may not hold NUL characters.")
        return found

    def whole(self, type_name: str, value: Value, field_name: str) -> int | None:
        """A whole number; None if it is absent."""
        found = value.fields.get(field_name)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int | float) or found != int(found):
            self.wrong(type_name, value.id, field_name, "This must be a whole number.")
            return None
        if abs(found) > NUMBER_MAX:
            self.wrong(type_name, value.id, field_name, f"This must lie between -{NUMBER_MAX} and {NUMBER_MAX}.")
            return None
        return int(found)

    def yes(self, type_name: str, value: Value, field_name: str) -> bool | None:
        """A flag; None if it is absent."""
        found = value.fields.get(field_name)
        if found is not None and not isinstance(found, bool):
            self.wrong(type_name, value.id, field_name, "This must be true or false.")
            return None
        return found

    def flag(self, type_name: str, name: str) -> bool | None:
        """The flag of a name among the values of a type; without a `value` it is on. None if it is not there."""
        for value in self.all(type_name):
            if value.fields.get("name") == name:
                return self.yes(type_name, value, "value") is not False
        return None

    def texts(self, type_name: str, value: Value, field_name: str) -> tuple[str, ...]:
        """A list of texts; empty if it is absent."""
        found = tuple(self.items(type_name, value, field_name))
        if not all(isinstance(each, str) for each in found):
            self.wrong(type_name, value.id, field_name, "This must be a list of texts.")
        return tuple(each for each in found if isinstance(each, str))

    def items(self, type_name: str, value: Value, field_name: str) -> Iterator[object]:
        """The items of a list; none if it is absent."""
        found = value.fields.get(field_name)
        if isinstance(found, Sequence) and not isinstance(found, str):
            yield from found
        elif found is not None:
            self.wrong(type_name, value.id, field_name, "This must be a list.")

    def linked(self, type_name: str, artifact_type: str) -> tuple[str, ...]:
        """The ids that the values of a type link to, each once."""
        for value in self.all(type_name):
            if value.linked:
                self.link(artifact_type, value.id, type_name, value)
            else:
                self.wrong(type_name, value.id, None, "This must be one that exists.", "form.not_linked")
        return tuple(dict.fromkeys(value.id for value in self.all(type_name) if value.linked))

    def named(self, artifact_type: str, type_name: str, value: Value, field_name: str) -> str:
        """The id of an artifact that a field names; "" if it is absent."""
        found = self.text(type_name, value, field_name, most=NAME_CHARS_MAX)
        if found:
            self.link(artifact_type, found, type_name, value, field_name)
        return found

    def link(self, artifact_type: str, of_id: str, type_name: str, value: Value, name: str | None = None) -> None:
        """Note that something is named; whether it may be is asked at the end."""
        link = Link(artifact_type=artifact_type, id=of_id, type=type_name, value_id=value.id, field=name)
        self.links.append(link)

    def wrong(
        self, type_name: str, value_id: str | None, field_name: str | None, message: str, code: str = "form.type"
    ) -> None:
        """Note a fault that keeps the draft from being published."""
        self.findings.append(
            Finding(code=code, severity="error", message=message, type=type_name, value_id=value_id, field=field_name)
        )


def derived(artifact_id: str, type_name: str, number: int, fields: Mapping[str, object]) -> Value:
    """A value of an artifact that came from a bundle: a person made it."""
    return given(named_id("value", artifact_id, type_name, str(number)), fields)


def given(value_id: str, fields: Mapping[str, object], *, linked: bool = False) -> Value:
    """A value with this id, made by a person."""
    return Value(id=value_id, fields=fields, linked=linked, by=dict.fromkeys(fields, "person"))


def singles(artifact_id: str, pairs: Mapping[str, Mapping[str, object]]) -> dict[str, tuple[Value, ...]]:
    """One value of each of these types; those whose fields are all empty are left out."""
    return {
        type_name: (derived(artifact_id, type_name, 0, fields),)
        for type_name, fields in pairs.items()
        if any(each not in ("", None) for each in fields.values())
    }


def many(artifact_id: str, type_name: str, rows: Sequence[Mapping[str, object]]) -> dict[str, tuple[Value, ...]]:
    """Several values of a type; none if there are no rows."""
    made = tuple(derived(artifact_id, type_name, number, fields) for number, fields in enumerate(rows))
    return {type_name: made} if made else {}


def links(type_name: str, ids: Sequence[str]) -> dict[str, tuple[Value, ...]]:
    """Values that link to these artifacts."""
    return {type_name: tuple(given(each, {}, linked=True) for each in ids)} if ids else {}
