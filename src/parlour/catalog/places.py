"""Where something stands in a file that people write. Apart from the reader, which brings all of YAML in."""

from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: the file, and the line counted from 1."""

    path: str
    line: int
