"""`parlour.kernel.dataclass` does what the standard library's does."""

import dataclasses
from collections.abc import Callable
from math import nan
from typing import Any

from parlour.kernel.dataclass import dataclass as lean


def classes(dataclass: Callable[..., Any]) -> dict[str, Any]:
    """The same classes, made by one or the other."""

    @dataclass(frozen=True, kw_only=True, slots=True)
    class Frozen:
        a: int
        b: tuple[object, ...] = ()
        hidden: str = dataclasses.field(default="", repr=False, compare=False)
        told: str = dataclasses.field(default="", hash=False)

    @dataclass(frozen=True)
    class Single:
        a: object

    @dataclass(slots=True)
    class Open:
        a: object = None

    @dataclass(frozen=True, slots=True, order=True)
    class Ordered:
        a: int
        b: int

    @dataclass(slots=True, eq=False)
    class Itself:
        a: int

    @dataclass
    class Empty:
        pass

    @dataclass(frozen=True, kw_only=True, slots=True)
    class Own:  # noqa: PLW1641 (that is the point)
        a: int

        def __eq__(self, other: object) -> bool:
            return True

        def __repr__(self) -> str:
            return "own"

    @dataclass(frozen=True, kw_only=True, slots=True)
    class Child(Frozen):
        c: int = 3

    return {each.__name__: each for each in (Frozen, Single, Open, Ordered, Itself, Empty, Own, Child)}


def asked(ask: Callable[[], object]) -> object:
    """What it gives, or what it raises."""
    try:
        return ask()
    except (TypeError, AttributeError) as error:
        return type(error), str(error)


def story(made: dict[str, Any]) -> list[object]:
    """What instances say of themselves and of each other."""
    frozen, single, opened, ordered, child = (made[name] for name in ("Frozen", "Single", "Open", "Ordered", "Child"))
    both = [
        *(
            frozen(a=1),
            frozen(a=1, hidden="x"),
            frozen(a=1, told="x"),
            frozen(a=2, b=("y",)),
            child(a=1),
            child(a=1, c=4),
        ),
        *(single(1), single((1,)), single(nan), single([1])),
        *(opened(1), opened(1), ordered(1, 2), ordered(2, 1), made["Empty"](), made["Empty"](), made["Own"](a=1)),
    ]
    circle = opened()
    circle.a = circle
    told: list[object] = [
        asked(lambda one=one: repr(one).replace(f"{classes.__qualname__}.<locals>.", "")) for one in both
    ]
    told += [repr(circle).replace(f"{classes.__qualname__}.<locals>.", "")]
    told += [[one == other for other in [*both, 1, None]] for one in both]
    told += [[asked(lambda one=one: hash(one)) for one in both]]
    told += [asked(lambda: setattr(frozen(a=1), "a", 2)), asked(lambda: delattr(frozen(a=1), "a"))]
    told += [asked(lambda: setattr(child(a=1), "c", 2)), dataclasses.asdict(dataclasses.replace(frozen(a=1), a=5))]
    told += [
        asked(lambda: ordered(1, 2) < ordered(2, 1)),
        asked(lambda: frozen(1)),
        asked(lambda: frozen(a=1) < frozen(a=2)),
    ]
    told += [made["Itself"](1) == made["Itself"](1), len({frozen(a=1), frozen(a=1, hidden="x"), frozen(a=2)})]
    return told


def test_lean_classes_do_what_standard_ones_do() -> None:
    """Word by word: representations, equality, hashes, refusals, order."""
    assert story(classes(lean)) == story(classes(dataclasses.dataclass))


def test_a_thousand_classes_share_their_methods() -> None:
    """What they are for."""
    made = classes(lean)
    for method in ("__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__"):
        assert getattr(made["Frozen"], method) is getattr(made["Child"], method), method
