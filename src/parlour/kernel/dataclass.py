"""`dataclass` as the standard library has it, with methods that all classes share.

The standard one writes `__repr__`, `__eq__`, `__hash__` and the refusals of a frozen class anew for every class: for
the thousand classes of a server, 10 MiB that stay and half a second of its start. Here they are written once and do
the same. To a type checker this is `dataclasses.dataclass`.
"""

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, cast

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass

    from _typeshed import DataclassInstance
else:

    def dataclass(
        cls: type | None = None, /, *, eq: bool = True, order: bool = False, frozen: bool = False, **how: bool
    ) -> object:
        """`dataclasses.dataclass`. Methods of the class itself stay."""

        def made(cls: type) -> type:
            shared = _methods(cls, eq=eq, frozen=frozen)
            whole = dataclasses.dataclass(cls, repr=False, eq=order, order=order, frozen=frozen, **how)
            for name, method in shared.items():
                setattr(whole, name, method)
            return whole

        return made if cls is None else made(cls)


def _methods(cls: type, *, eq: bool, frozen: bool) -> dict[str, object]:
    """What a class gets that it does not have itself."""
    shared: dict[str, object] = {"__repr__": _repr}
    if eq:
        shared |= {"__eq__": _equal, "__hash__": _hash if frozen else None}
    if frozen:
        shared |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
    own = {name for name, method in vars(cls).items() if method is not None}  # with `__eq__` comes `__hash__ = None`
    return {name: method for name, method in shared.items() if name not in own}


Field = dataclasses.Field[object]
Values = Callable[[object], tuple[object, ...]]
_compared: dict[type, Values] = {}
_hashed: dict[type, Values] = {}


def _fields(cls: type) -> tuple[Field, ...]:
    return dataclasses.fields(cast("type[DataclassInstance]", cls))


def _values_of(fields: list[Field]) -> Values:
    names = [field.name for field in fields]
    if len(names) > 1:
        return cast("Values", attrgetter(*names))
    return lambda instance: tuple(getattr(instance, name) for name in names)


def _equal(self: object, other: object) -> bool:
    cls = type(self)
    if type(other) is not cls:
        return NotImplemented
    values = _compared.get(cls)
    if values is None:
        values = _compared[cls] = _values_of([field for field in _fields(cls) if field.compare])
    return values(self) == values(other)


def _hash(self: object) -> int:
    cls = type(self)
    values = _hashed.get(cls)
    if values is None:
        hashed = [field for field in _fields(cls) if (field.compare if field.hash is None else field.hash)]
        values = _hashed[cls] = _values_of(hashed)
    return hash(values(self))


@recursive_repr()
def _repr(self: object) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in _fields(type(self)) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_to_set(_self: object, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
