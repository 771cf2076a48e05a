"""The systems under test and how each is started."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from bench.report import LIMIT, PARLOUR, STOCK


@dataclass(frozen=True, kw_only=True)
class System:
    """A server under test: the name in the tables, the module to run, and where it leaves its profiles, if at all."""

    name: str
    module: str
    profiles: Path | None = None


ALL = (
    System(name=LIMIT, module="bench.peers.bare"),
    System(name=STOCK, module="bench.peers.stock"),
    System(name=PARLOUR, module="bench.parlour_server"),
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How one run is to be done: shortened or not, which systems, and where their profiles go, if they are wanted."""

    quick: bool
    names: Sequence[str]
    profiles: Path | None = None

    @property
    def systems(self) -> list[System]:
        """The chosen servers under test that are there."""
        there = [system for system in ALL if system.name in self.names and find_spec(system.module)]
        return [replace(system, profiles=self.profiles) for system in there]

    def seconds(self, full: float, quick: float) -> float:
        """A length by the plan."""
        return quick if self.quick else full
