"""Ids in addresses and bodies: what cannot be one is refused before anything is read."""

from collections.abc import Sequence

from parlour.kernel.ids import is_id
from parlour.kernel.refusals import invalid


def check_ids(**named: str | None) -> None:
    """Raise `invalid_request` for what cannot be an id. A name may be a pointer: `changes/0/artifact_id`."""
    for name, value in named.items():
        if value is not None and not is_id(value):
            raise invalid(f"/{name}", f"{name.rpartition('/')[2]} is not an id")


def check_each_id(name: str, given: Sequence[str] | None) -> None:
    """The same of every id of a list."""
    for number, each in enumerate(given or ()):
        if not is_id(each):
            raise invalid(f"/{name}/{number}", "it is not an id")
