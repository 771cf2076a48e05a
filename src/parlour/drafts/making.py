"""The ports of the machine in `work`: what values are made from, by whom, and where they go (Glow 6.10).

A `Workshop` serves artifacts of some types: one for chats (`chats.bench`), one for what authors write
(`library.making`). For each job it lays out a `Bench`: everything that the values of a run are made from, read in
one transaction and not touched by the database afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Protocol

from parlour.drafts.entities import Body, Draft, ErrorStage, Failure, Run
from parlour.drafts.registry import Fields
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx
from parlour.turns.ports import Request, ToolCall

ROUNDS_MAX = 10


class UnusableAnswerError(Exception):
    """An answer that is no value of its type, and why, in words that a model can act on."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TaskError(Exception):
    """A type cannot be made; the other types go on (decision D24). `stage` as in 9.6, `text` for the person."""

    def __init__(self, stage: ErrorStage, text: str) -> None:
        super().__init__(text)
        self.stage: ErrorStage = stage
        self.text = text


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """One value that is to be made: its number among those of its type, and what it is about."""

    number: int
    of: int
    about: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, kw_only=True, slots=True)
class Previous:
    """An answer that could not be used, and why."""

    answer: str
    fault: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A value that is asked for. `model` is the model's name in the settings."""

    type: str
    slot: Slot
    model: str
    previous: Previous | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A value that holds and is to be kept. `fresh_id`: the id that it has if it is a new one."""

    type: str
    slot: Slot
    answered: object
    fresh_id: str
    run: Run


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """The body of the draft with the value in it, and the value as it is told (Appendix A).

    `generated`: made, not linked.
    """

    body: Body
    value_id: str
    fields: Mapping[str, object]
    generated: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Conclusion:
    """How a run ends whose types are all made. `saved`: its artifact was stored as `artifact_id`."""

    artifact_id: str | None = None
    saved: bool = False
    failure: Failure | None = None


class Receipt(Protocol):
    """Remembers what a service was asked to make for the value at hand, so that it is asked once, over a crash, too.

    `number`: what the service calls its order, None while it was not asked.
    """

    @property
    def number(self) -> str | None: ...

    async def keep(self, number: str) -> None:
        """Remember it. Raises `TaskError` if the value is not wanted any more."""
        ...


class Bench(Protocol):
    """What the values of one run are made from."""

    def slots(self, type_name: str) -> Sequence[Slot]:
        """The values that a type will have; none for a type without anything to make. May raise `TaskError`."""
        ...

    def request(self, wanted: Wanted) -> Request | str:
        """What a model is asked, or the answer itself, as JSON, where no model is needed. May raise `TaskError`."""
        ...

    def fields(self, type_name: str) -> Fields:
        """The members of an answer that are told while it is written."""
        ...

    def read(self, type_name: str, slot: Slot, text: str) -> object:
        """The answer, if it holds. Raises `UnusableAnswerError`."""
        ...

    def use_tool(self, tx: Tx, call: ToolCall) -> str:
        """The result of a tool that was granted, under the rights of who asked; also its error, as text."""
        ...

    async def complete(self, type_name: str, slot: Slot, answered: object, receipt: Receipt) -> object:
        """What another engine adds to the answer (a picture); it bounds its own time. `TaskError`, `ProviderFault`."""
        ...

    def keep(self, tx: Tx, draft: Draft, made: Made) -> Kept:
        """Put the value into the draft as it is now. May raise `TaskError`."""
        ...


class Workshop(Protocol):
    """Lays out benches, and ends what was made on them."""

    def bench(self, tx: Tx, run: Run, draft: Draft) -> Bench | None:
        """What the run's values are made from; None if what they are about is gone."""
        ...

    def allows(self, tx: Tx, run: Run, draft: Draft) -> bool:
        """Whether who asked for the run may still have it: asked again before a value is kept."""
        ...

    def conclude(self, tx: Tx, run: Run, draft: Draft) -> Conclusion:
        """Every type is made: what follows in the same transaction. With `order.save` the artifact is stored."""
        ...
