"""What a child is told, and what it answers: a line of JSON, then the sound."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import TYPE_CHECKING, Literal

from parlour.kernel.dataclass import dataclass

if TYPE_CHECKING:  # the child needs no settings
    from parlour.settings.lab import LabLimits

Reason = Literal["unsupported", "broken", "empty", "too_big", "time", "memory", "died"]

_CPU_SECONDS, _WALL_SECONDS = 30, 60.0
_MEMORY_BYTES = 768 * 1024 * 1024  # address space: libraries take a third of it


@dataclass(frozen=True, kw_only=True, slots=True)
class DecodingLimits:
    """How much of a file is read, how much of its sound is kept, and what the child may use for that."""

    bytes_max: int
    seconds_max: float
    cpu_seconds: int = _CPU_SECONDS
    wall_seconds: float = _WALL_SECONDS
    memory_bytes: int = _MEMORY_BYTES


def decoding_limits(limits: "LabLimits") -> DecodingLimits:
    """The limits of a spoken message."""
    return DecodingLimits(bytes_max=limits.speech_bytes_max, seconds_max=limits.speech_seconds_max)


def arguments(limits: DecodingLimits) -> list[str]:
    """Limits as the child is told them."""
    return [str(value) for value in astuple(limits)]


def limits_of(numbers: Sequence[str]) -> DecodingLimits:
    """The limits that `arguments` wrote."""
    size, seconds, cpu, wall, memory = numbers
    return DecodingLimits(
        bytes_max=int(size),
        seconds_max=float(seconds),
        cpu_seconds=int(cpu),
        wall_seconds=float(wall),
        memory_bytes=int(memory),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class EndLine:
    """The child's answer; `size` bytes of sound follow it. `cut`: the file goes on after them."""

    reason: Reason | None = None
    size: int = 0
    cut: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """The sound of a file: PCM16 at `HEARD_RATE`, one channel. `cut`: only the first `seconds_max` were kept.

    With a `reason` there is no sound: `unsupported` (no decoder for it is installed; `decodable()` says for what
    there is one), `broken`, `empty` (nothing to be heard in it), `too_big`, `time`, `memory`, `died`.
    """

    sound: bytes = b""
    ms: int = 0
    cut: bool = False
    reason: Reason | None = None
