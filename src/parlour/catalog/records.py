"""Records: artifacts that this server keeps and does nothing with (agents, tools, settings, ...; Glow Appendix B)."""

from collections.abc import Mapping
from dataclasses import field

from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordValue:
    """One value of a resource type. `id` is its own; of a linked value it is that of the artifact that it names."""

    id: str
    fields: Mapping[str, object]
    linked: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """An artifact of any type without a meaning of its own here: its values by resource type."""

    id: str
    artifact_type: str
    name: str
    description: str = ""
    department_ids: tuple[str, ...] = ()
    values: Mapping[str, tuple[RecordValue, ...]] = field(default_factory=dict[str, tuple[RecordValue, ...]])
