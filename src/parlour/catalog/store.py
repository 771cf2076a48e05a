"""The rows of the catalogue: `content` (every version), `content_current`, `entry_people`."""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeVar, cast

import msgspec

from parlour.catalog.entities import Kind, Reference, Seat
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.ids import AccountId, EntryId
from parlour.storage.tx import Row, Tx

T = TypeVar("T")
DECODED_MAX = 512
LISTED = 200


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
    """Nobody else publishes this object before the transaction ends, be it there or not."""
    sql = "SELECT version FROM content_current WHERE id = :id FOR UPDATE"
    if tx.store_name == "postgresql" and tx.one(sql, id=content_id) is None:
        tx.one("SELECT pg_advisory_xact_lock(hashtextextended(:id, 0))", id=content_id)
        tx.one(sql, id=content_id)


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
    `always`: it is a new version even if its body is that of the last one.
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
    always: bool = False


def put(tx: Tx, new: NewContent) -> tuple[int, bool]:
    """Store an object if it differs from its newest version: (its version, whether it is a new one)."""
    last = current(tx, new.kind, new.id)
    if last is not None and last.body == new.body and not new.always:
        _place(tx, new)
        return last.version, False
    lock(tx, new.id)
    last = current(tx, new.kind, new.id)
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
        search=search_form(f"{new.name}\n{new.search}"),
    )
    if last is not None:
        _place(tx, new)
    return number, True


def search_form(text: str) -> str:
    """The form in which texts are searched: whatever their case and width, in any script."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


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


def values_naming(tx: Tx, text: str) -> list[Stored]:
    """What versions were written from, as far as this id occurs in it."""
    rows = tx.all("SELECT id, version, body FROM content_values WHERE body LIKE :text ORDER BY id", text=f"%{text}%")
    return [Stored(id=row["id"], version=row["version"], body=row["body"]) for row in rows]


def values_body(tx: Tx, content_id: str, number: int) -> str | None:
    """What a version was written from; None if it came from a bundle."""
    row = tx.one("SELECT body FROM content_values WHERE id = :id AND version = :version", id=content_id, version=number)
    return row["body"] if row else None


def rewrite(tx: Tx, new: NewContent) -> None:
    """Put this in the place of every version of an object; the numbers stay. What stood there is gone."""
    sql = "UPDATE content SET name = :name, body = :body WHERE id = :id AND kind = :kind"
    tx.run(sql, id=new.id, kind=new.kind, name=new.name, body=new.body)
    sql = "UPDATE content_current SET search = :search WHERE id = :id"
    tx.run(sql, id=new.id, search=search_form(f"{new.name}\n{new.search}"))
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


@dataclass(frozen=True, kw_only=True, slots=True)
class CurrentRow:
    """An object as it is now, with where it came from and when. Times in milliseconds; `search` None: not known."""

    id: str
    kind: Kind
    version: int
    active: bool
    pack: str | None
    slug: str | None
    author_id: str | None
    search: str | None
    name: str
    body: str
    published_at: int
    published_by: str | None

    def read(self, kind: type[T]) -> T:
        """The object, as `Stored.read`."""
        return cast("T", _decode(kind, self.body))


_ROW = (
    "SELECT n.id, n.kind, n.version, n.active, n.pack, n.slug, n.author_id, n.search, c.name, c.body, c.published_at,"
    " c.published_by FROM content_current n JOIN content c ON c.id = n.id AND c.version = n.version"
)


def _current_row(row: Row) -> CurrentRow:
    return CurrentRow(
        id=row["id"],
        kind=row["kind"],
        version=row["version"],
        active=bool(row["active"]),
        pack=row["pack"],
        slug=row["slug"],
        author_id=row["author_id"],
        search=row["search"],
        name=row["name"],
        body=row["body"],
        published_at=row["published_at"],
        published_by=row["published_by"],
    )


def current_row(tx: Tx, content_id: str) -> CurrentRow | None:
    """An object of any kind as it is now, active or not."""
    row = tx.one(f"{_ROW} WHERE n.id = :id", id=content_id)
    return _current_row(row) if row else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """Which current objects to list, the newest first. `words` in their search form; all of them must occur.

    `after`: the (published_at, id) of the last one of the page before.
    """

    kinds: Sequence[Kind]
    active: bool
    author_id: str | None = None
    words: Sequence[str] = ()
    after: tuple[int, str] | None = None
    limit: int = LISTED


def listed(tx: Tx, wanted: Listing) -> list[CurrentRow]:
    """The rows of a listing; one whose search form is not known is among them whatever the words."""
    params: dict[str, object] = {f"kind{number}": kind for number, kind in enumerate(wanted.kinds)}
    where = [f"n.kind IN ({', '.join(f':{name}' for name in params)})", "n.active = :active"]
    params |= {"active": int(wanted.active), "limit": wanted.limit}
    if wanted.author_id is not None:
        where.append("n.author_id = :author")
        params["author"] = wanted.author_id
    for number, word in enumerate(wanted.words):
        where.append(f"(n.search IS NULL OR n.search LIKE :word{number} ESCAPE '!')")
        params[f"word{number}"] = f"%{word.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
    if wanted.after is not None:
        where.append("(c.published_at < :at OR (c.published_at = :at AND n.id < :id))")
        params |= {"at": wanted.after[0], "id": wanted.after[1]}
    sql = f"{_ROW} WHERE {' AND '.join(where)} ORDER BY c.published_at DESC, n.id DESC LIMIT :limit"
    return [_current_row(row) for row in tx.all(sql, **params)]


def ids_of(tx: Tx, kinds: Sequence[Kind], pack: str | None) -> list[str]:
    """The objects of these kinds, those of one pack or (None) all of them, active or not, in the order of their ids."""
    params = {f"kind{number}": kind for number, kind in enumerate(kinds)}
    names = ", ".join(f":{each}" for each in params)
    sql = f"SELECT id, pack FROM content_current WHERE kind IN ({names}) ORDER BY id"  # noqa: S608
    rows = tx.all(sql, **params)
    return sorted(row["id"] for row in rows if pack is None or row["pack"] == pack)


def rows_naming(tx: Tx, kinds: Sequence[Kind], name: str) -> list[CurrentRow]:
    """The objects of these kinds in whose newest version an id occurs, active ones only, by name."""
    params = {f"kind{number}": kind for number, kind in enumerate(kinds)}
    names = ", ".join(f":{each}" for each in params)
    sql = f"{_ROW} WHERE n.kind IN ({names}) AND n.active = 1 AND c.body LIKE :name ORDER BY c.name, n.id"
    return [_current_row(row) for row in tx.all(sql, name=f"%{name}%", **params)]


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionRow:
    """One version of an object, and what it was written from, if that is known. `published_at` in milliseconds."""

    version: int
    kind: Kind
    name: str
    body: str
    published_at: int
    published_by: str | None
    values: str | None


def versions(tx: Tx, content_id: str, most: int) -> list[VersionRow]:
    """The versions of an object, the newest first, at most `most`."""
    rows = tx.all(
        "SELECT c.version, c.kind, c.name, c.body, c.published_at, c.published_by, v.body AS written FROM content c"
        " LEFT JOIN content_values v ON v.id = c.id AND v.version = c.version"
        " WHERE c.id = :id ORDER BY c.version DESC LIMIT :most",
        id=content_id,
        most=most,
    )
    return [
        VersionRow(
            version=row["version"],
            kind=row["kind"],
            name=row["name"],
            body=row["body"],
            published_at=row["published_at"],
            published_by=row["published_by"],
            values=row["written"],
        )
        for row in rows
    ]


def rows_of(tx: Tx, kinds: Sequence[Kind]) -> list[CurrentRow]:
    """The objects of these kinds, active or not, by name."""
    params = {f"kind{number}": kind for number, kind in enumerate(kinds)}
    names = ", ".join(f":{each}" for each in params)
    return [_current_row(row) for row in tx.all(f"{_ROW} WHERE n.kind IN ({names}) ORDER BY c.name, n.id", **params)]


def placed(tx: Tx, kind: Kind, pack: str, slug: str) -> list[CurrentRow]:
    """The objects of a kind that have a name in a pack which begins so."""
    sql = f"{_ROW} WHERE n.pack = :pack AND n.kind = :kind AND n.slug LIKE :slug ORDER BY n.id"
    return [_current_row(row) for row in tx.all(sql, pack=pack, kind=kind, slug=f"{slug}%")]
