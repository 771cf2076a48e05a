"""What authoring does with the rows of the catalogue: list, read any kind, make versions, archive.

`library` decides who may; nothing here asks.
"""

from collections.abc import Sequence

from parlour.catalog import store
from parlour.catalog.entities import Kind
from parlour.catalog.store import LISTED, CurrentRow, Listing, NewContent, VersionRow, body_of, search_form
from parlour.storage.tx import Tx

__all__ = ["LISTED", "CurrentRow", "Listing", "NewContent", "VersionRow", "body_of", "search_form"]


def current(tx: Tx, content_id: str) -> CurrentRow | None:
    """An object of any kind as it is now, active or not."""
    return store.current_row(tx, content_id)


def listed(tx: Tx, wanted: Listing) -> list[CurrentRow]:
    """The current objects of a listing, the newest first."""
    return store.listed(tx, wanted)


def naming(tx: Tx, kinds: Sequence[Kind], content_id: str) -> list[CurrentRow]:
    """The active objects of these kinds that name an object now, by name."""
    return store.rows_naming(tx, kinds, content_id)


def versions(tx: Tx, content_id: str, most: int) -> list[VersionRow]:
    """The versions of an object, the newest first, at most `most`."""
    return store.versions(tx, content_id, most)


def version_body(tx: Tx, kind: Kind, content_id: str, number: int) -> store.Stored | None:
    """One version of an object."""
    return store.version(tx, kind, content_id, number)


def values_body(tx: Tx, content_id: str, number: int) -> str | None:
    """What a version was written from, as JSON; None if it came from a bundle."""
    return store.values_body(tx, content_id, number)


def values_naming(tx: Tx, source_id: str) -> list[store.Stored]:
    """What versions were written from, as far as this id occurs in it: each with the version, and as JSON."""
    return store.values_naming(tx, source_id)


def put_values(tx: Tx, content_id: str, number: int, values: str) -> None:
    """Keep this as what a version was written from."""
    store.put_values(tx, content_id, number, values)


def save(tx: Tx, new: NewContent, values: str | None) -> tuple[int, bool]:
    """Store a version and what it was written from: (its version, whether it is a new one)."""
    version, written = store.put(tx, new)
    if values is not None:
        store.put_values(tx, new.id, version, values)
    return version, written


def set_active(tx: Tx, content_id: str, *, active: bool) -> None:
    """Take an object out of the library, or bring it back. What uses it goes on."""
    store.set_active(tx, content_id, active=active)
