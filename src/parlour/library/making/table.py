"""What lies on the bench of a run: the draft as it is, what was asked for, and what may be chosen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from parlour.drafts.entities import Order
from parlour.drafts.values import ArtifactBody, Source, Value, Values
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """Something that may be chosen. `said`: a few words about it. `user_id`: of a person; models never see one."""

    id: str
    name: str
    said: str = ""
    user_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Everything that the values of one type of a run are made from, read in one transaction.

    `seed`: the run; `subject`: the draft. `candidates`: what values of the type at work may link to. `linked`: the
    names of what the draft links to, by id. `told`: what linked personas and documents say of themselves, by id, so
    that what is written around them fits. `needed`: the placeholders of linked personas. `earlier`: what was said
    and made in the group before. `today`: a date as in ISO 8601.
    """

    artifact_type: str
    type: str
    actor: Actor
    body: ArtifactBody
    order: Order
    seed: str
    subject: str
    today: str
    instructions: Sequence[str] = ()
    earlier: Sequence[Mapping[str, str]] = ()
    candidates: Sequence[Candidate] = ()
    linked: Mapping[str, str] = field(default_factory=dict[str, str])
    told: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    needed: Sequence[str] = ()

    @property
    def values(self) -> Values:
        """The draft's values."""
        return self.body.values

    @property
    def sources(self) -> tuple[Source, ...]:
        """What the draft is written from."""
        return self.body.sources

    @property
    def asked(self) -> str:
        """The instructions as one text."""
        return "\n".join(self.instructions)

    @property
    def value_id(self) -> str | None:
        """The one value that is to be made anew."""
        named = self.order.metadata.get("value_id")
        alone = len(self.order.types) == 1
        return self.order.value_id or (named if alone and isinstance(named, str) and named else None)

    @property
    def adds(self) -> bool:
        """Whether what is there stays."""
        return self.order.metadata.get("add") is True

    def of(self, type_name: str) -> tuple[Value, ...]:
        """The values of a type, in order."""
        return tuple(self.values.get(type_name, ()))

    def anew(self) -> Value | None:
        """The value that is to be made anew, if it is one of the type at work."""
        return next((each for each in self.of(self.type) if each.id == self.value_id), None)


def text_of(value: Value, name: str) -> str:
    """A text field; "" if it is not there."""
    found = value.fields.get(name)
    return found if isinstance(found, str) else ""


def whole_of(value: Value, name: str, otherwise: int) -> int:
    """A whole number field."""
    found = value.fields.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else otherwise


def texts(values: Iterable[Value]) -> str:
    """Every text of some values, a line each."""
    return "\n".join(each for value in values for each in _strings(value.fields))


def _strings(fields: Mapping[str, object]) -> list[str]:
    found: list[str] = []
    for held in fields.values():
        if isinstance(held, str):
            found.append(held)
        elif isinstance(held, list | tuple):
            found += [each for each in held if isinstance(each, str)]  # pyright: ignore[reportUnknownVariableType]
    return found
