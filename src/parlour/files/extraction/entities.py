"""What a child is told, and what it answers: lines of JSON, pages first, one end."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Literal

from parlour.kernel.dataclass import dataclass

Reason = Literal["encrypted", "broken", "pages", "text", "inflated", "entries", "time", "memory", "died"]
Status = Literal["ok", "no_text", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReaderLimits:
    """What a child may use. Seconds and bytes."""

    cpu_seconds: int
    wall_seconds: int
    memory_bytes: int
    inflated_bytes: int
    entries: int
    pages: int
    text_bytes: int


def arguments(limits: ReaderLimits) -> list[str]:
    """Limits as the child is told them."""
    return [str(value) for value in astuple(limits)]


def limits_of(numbers: Sequence[str]) -> ReaderLimits:
    """The limits that `arguments` wrote."""
    cpu, wall, memory, inflated, entries, pages, text = map(int, numbers)
    return ReaderLimits(
        cpu_seconds=cpu,
        wall_seconds=wall,
        memory_bytes=memory,
        inflated_bytes=inflated,
        entries=entries,
        pages=pages,
        text_bytes=text,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class PageLine:
    """A line of the answer: the text of the next page or section."""

    page: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EndLine:
    """The last line: how it went, and what the file says about itself."""

    end: Status
    reason: Reason | None = None
    title: str | None = None
    author: str | None = None
    year: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Extracted:
    """The text of a file, by pages or sections, and what it says about itself. `reason` only with `failed`."""

    status: Status
    reason: Reason | None = None
    pages: tuple[str, ...] = ()
    title: str | None = None
    authors: tuple[str, ...] = ()
    doi: str | None = None
    year: int | None = None
    abstract: str | None = None
