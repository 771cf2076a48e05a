"""The rows of the catalogue: `content` (every version), `content_current`, `entry_people`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar, cast

import msgspec

from parlour.catalog.entities import Kind, Reference, Seat
from parlour.kernel.decoding import decode
from parlour.kernel.ids import AccountId, EntryId
from parlour.storage.tx import Tx

T = TypeVar("T")
DECODED_MAX = 512


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """One version of a content object; `body` is its JSON."""

    id: str
    version: int
    body: str

    def read(self, kind: type[T]) -> T:
        """The object. Objects are immutable, so the same text gives the same object again."""
        return cast("T", _decode(kind, self.body))


@lru_cache(maxsize=DECODED_MAX)
def _decode(kind: type[object], body: str) -> object:
    return decode(body, kind)


def body_of(value: object) -> str:
    """An object as it is stored."""
    return msgspec.json.encode(value).decode()


def current(tx: Tx, kind: Kind, content_id: str) -> Stored | None:
    """The newest version of an object, active or not."""
    row = tx.one(
        "SELECT c.id, c.version, c.body FROM content_current n JOIN content c ON c.id = n.id AND c.version = n.version"
        " WHERE n.id = :id AND n.kind = :kind",
        id=content_id,
        kind=kind,
    )
    return Stored(id=row["id"], version=row["version"], body=row["body"]) if row else None


def lock(tx: Tx, content_id: str) -> None:
    """Nobody else publishes this object before the transaction ends."""
    tx.one("SELECT version FROM content_current WHERE id = :id FOR UPDATE", id=content_id)


def version(tx: Tx, kind: Kind, content_id: str, number: int) -> Stored | None:
    """One version of an object."""
    row = tx.one(
        "SELECT id, version, body FROM content WHERE id = :id AND version = :version AND kind = :kind",
        id=content_id,
        version=number,
        kind=kind,
    )
    return Stored(id=row["id"], version=row["version"], body=row["body"]) if row else None


def newest(tx: Tx, content_ids: Sequence[str]) -> dict[str, int]:
    """The newest version of each of these objects that exists."""
    found = {each: tx.one("SELECT version FROM content_current WHERE id = :id", id=each) for each in content_ids}
    return {each: row["version"] for each, row in found.items() if row}


def last_made(tx: Tx, content_ids: Sequence[str]) -> str | None:
    """Which of these objects was published first most recently."""
    params = {f"id{number}": each for number, each in enumerate(content_ids)}
    names = ", ".join(f":{name}" for name in params) or "''"
    sql = f"SELECT id FROM content WHERE version = 1 AND id IN ({names}) ORDER BY published_at DESC, id DESC LIMIT 1"  # noqa: S608
    row = tx.one(sql, **params)
    return row["id"] if row else None


def naming(tx: Tx, kinds: Sequence[Kind], name: str) -> frozenset[Reference]:
    """The versions of these kinds in which an id occurs."""
    rows = [
        row
        for kind in kinds
        for row in tx.all(
            "SELECT id, version FROM content WHERE kind = :kind AND body LIKE :name", kind=kind, name=f"%{name}%"
        )
    ]
    return frozenset(Reference(id=row["id"], version=row["version"]) for row in rows)


def all_current(tx: Tx, kind: Kind) -> list[Stored]:
    """The newest versions of all active objects of a kind, by name."""
    rows = tx.all(
        "SELECT c.id, c.version, c.body FROM content_current n JOIN content c ON c.id = n.id AND c.version = n.version"
        " WHERE n.kind = :kind AND n.active = 1 ORDER BY c.name, c.id",
        kind=kind,
    )
    return [Stored(id=row["id"], version=row["version"], body=row["body"]) for row in rows]


def entries_naming(tx: Tx, account_id: str) -> frozenset[str]:
    """The entries that name an account themselves."""
    rows = tx.all("SELECT entry_id FROM entry_people WHERE account_id = :account", account=account_id)
    return frozenset(row["entry_id"] for row in rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewContent:
    """An object to store.

    `pack` and `slug`: its name in bundles, kept from the first time that it has one. `account_id`: who publishes it,
    and, if it is new, its author; None for a bundle. `search`: what it is found by besides its name.
    """

    id: str
    kind: Kind
    name: str
    body: str
    active: bool = True
    pack: str | None = None
    slug: str | None = None
    account_id: str | None = None
    search: str = ""


def put(tx: Tx, new: NewContent) -> tuple[int, bool]:
    """Store an object if it differs from its newest version: (its version, whether it is a new one)."""
    last = current(tx, new.kind, new.id)
    if last is not None and last.body == new.body:
        _place(tx, new)
        return last.version, False
    number = last.version + 1 if last else 1
    tx.run(
        "INSERT INTO content (id, version, kind, name, body, published_at, published_by)"
        " VALUES (:id, :version, :kind, :name, :body, :now, :account)",
        id=new.id,
        version=number,
        kind=new.kind,
        name=new.name,
        body=new.body,
        now=tx.now_ms,
        account=new.account_id,
    )
    tx.run(
        "INSERT INTO content_current (id, kind, version, active, pack, slug, author_id, search)"
        " VALUES (:id, :kind, :version, :active, :pack, :slug, :account, :search)"
        " ON CONFLICT (id) DO UPDATE SET version = excluded.version, active = excluded.active,"
        " search = excluded.search",
        id=new.id,
        kind=new.kind,
        version=number,
        active=int(new.active),
        pack=new.pack,
        slug=new.slug,
        account=new.account_id,
        search=f"{new.name}\n{new.search}".casefold(),
    )
    if last is not None:
        _place(tx, new)
    return number, True


def _place(tx: Tx, new: NewContent) -> None:
    """Give an object that has none its name in bundles."""
    if new.slug is not None:
        sql = "UPDATE content_current SET pack = :pack, slug = :slug WHERE id = :id AND slug IS NULL"
        tx.run(sql, id=new.id, pack=new.pack, slug=new.slug)


def set_active(tx: Tx, content_id: str, *, active: bool) -> None:
    """Take an object out of the library, or bring it back. What uses it goes on."""
    tx.run("UPDATE content_current SET active = :active WHERE id = :id", id=content_id, active=int(active))


def put_values(tx: Tx, content_id: str, number: int, body: str) -> None:
    """Keep what a version was written from: the values of its draft, as JSON."""
    tx.run(
        "INSERT INTO content_values (id, version, body) VALUES (:id, :version, :body)"
        " ON CONFLICT (id, version) DO UPDATE SET body = excluded.body",
        id=content_id,
        version=number,
        body=body,
    )


def values_body(tx: Tx, content_id: str, number: int) -> str | None:
    """What a version was written from; None if it came from a bundle."""
    row = tx.one("SELECT body FROM content_values WHERE id = :id AND version = :version", id=content_id, version=number)
    return row["body"] if row else None


def rewrite(tx: Tx, new: NewContent) -> None:
    """Put this in the place of every version of an object; the numbers stay. What stood there is gone."""
    sql = "UPDATE content SET name = :name, body = :body WHERE id = :id AND kind = :kind"
    tx.run(sql, id=new.id, kind=new.kind, name=new.name, body=new.body)
    _decode.cache_clear()


def set_seats(tx: Tx, entry_id: str, seats: Iterable[Seat]) -> None:
    """Make an entry have exactly these seats."""
    tx.run("DELETE FROM entry_people WHERE entry_id = :entry", entry=entry_id)
    rows: Sequence[dict[str, object]] = [
        {"entry": seat.entry_id, "account": seat.account_id, "persona": seat.persona_id} for seat in seats
    ]
    tx.many(
        "INSERT INTO entry_people (entry_id, account_id, persona_id) VALUES (:entry, :account, :persona)",
        rows,
    )


def seat(tx: Tx, entry_id: str, account_id: str) -> Seat | None:
    """The seat of an account in an entry."""
    row = tx.one(
        "SELECT persona_id FROM entry_people WHERE entry_id = :entry AND account_id = :account",
        entry=entry_id,
        account=account_id,
    )
    if row is None:
        return None
    return Seat(entry_id=EntryId(entry_id), account_id=AccountId(account_id), persona_id=row["persona_id"])
