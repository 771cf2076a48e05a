"""Reading what is published: cards, pages of them, the versions of an artifact, and who uses it.

Everything is asked for by somebody, and what they may not read is not there.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from parlour.accounts import actions as accounts
from parlour.accounts.people.listing import account_page, departments
from parlour.catalog import authored
from parlour.catalog.entities import Kind
from parlour.drafts import actions as drafts
from parlour.drafts.artifacts import ARTIFACTS
from parlour.drafts.values import Values, Who
from parlour.kernel.actor import Actor
from parlour.kernel.cursors import cursor_after, place_of
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal, forbidden, not_found
from parlour.library import access, forms
from parlour.library.access import Held
from parlour.library.differences import Change, differences
from parlour.library.forms.reading import derived_values, written_of
from parlour.storage.tx import Tx

LIMIT_MAX = 200
LIMIT_DEFAULT = 50
LOOKED_AT_MAX = 5_000
WORDS_MAX = 8
VERSIONS_MAX = 500
USERS_MAX = 200
CURSOR_CHARS_MAX = 200
_PRIVATE = ("emails", "request_limits", "cohorts")
_USERS: Mapping[str, tuple[Kind, ...]] = {
    "persona": ("scenario", "cohort"),
    "document": ("scenario",),
    "scenario": ("simulation",),
    "rubric": ("simulation", "eval", "benchmark"),
    "simulation": ("cohort",),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Who did something."""

    profile_id: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """An artifact in a list, as it is for one reader. `published_at` in milliseconds, None for what lives with the
    accounts; `draft_id`: an open draft of the reader's about it."""

    id: str
    type: str
    name: str
    description: str = ""
    icon: str = ""
    color: str = ""
    version: int = 0
    published_at: int | None = None
    published_by: Person | None = None
    archived: bool = False
    department_ids: tuple[str, ...] = ()
    pack: str | None = None
    may_edit: bool = False
    draft_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Cards, the newest first. `next_cursor` None at the end."""

    items: tuple[Card, ...]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which cards are wanted. `search`: words that must all occur in name and description, in any case and width."""

    type: str | None = None
    search: str = ""
    archived: bool = False
    mine: bool = False
    cursor: str | None = None
    limit: int = LIMIT_DEFAULT


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """An artifact that uses another one now."""

    id: str
    type: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One version of an artifact. `by`: how many fields persons, models and both made; `note`: what its author said.

    `published_at` in milliseconds."""

    version: int
    published_at: int
    published_by: Person | None
    name: str
    current: bool
    by: Mapping[Who, int]
    note: str


class _Glimpse(msgspec.Struct, frozen=True):
    """What a card shows of the body of any artifact."""

    description: str = ""
    icon: str = ""
    color: str = ""


def cards(tx: Tx, actor: Actor, wanted: Wanted) -> Page:
    """A page of the artifacts that an actor may read.

    Raises `unknown_artifact_type`, `invalid_request` for a cursor of another list, `forbidden` for who does not author.
    """
    if not access.may_author(actor):
        raise forbidden()
    if wanted.type is not None and wanted.type not in ARTIFACTS:
        raise Refusal("unknown_artifact_type", f"'{wanted.type}' is no artifact type.")
    match wanted.type:
        case "profile":
            return _profiles(tx, actor, wanted)
        case "department":
            return _departments(tx, actor, wanted)
        case _:
            return _content(tx, actor, wanted)


def card(tx: Tx, actor: Actor, artifact_id: str) -> Card:
    """One artifact as a card; `not_found`."""
    held = access.artifact_to_read(tx, actor, artifact_id)
    open_drafts = drafts.open_drafts(tx, actor.account_id)
    row = authored.current(tx, artifact_id)
    if row is not None and held.artifact_type not in access.OF_ACCOUNTS:
        return _card(tx, actor, row, held, open_drafts)
    return _card_of_accounts(tx, actor, held, open_drafts)


def values(tx: Tx, actor: Actor, artifact_id: str, version: int | None) -> Values:
    """The values of a version of an artifact that the actor may read. `not_found`, also for the version."""
    held = access.artifact_to_read(tx, actor, artifact_id)
    found = forms.values_of(tx, held.artifact_type, artifact_id, version)
    if held.artifact_type == "profile" and not access.may_edit(actor, held) and artifact_id != actor.account_id:
        return {name: each for name, each in found.items() if name not in _PRIVATE}
    return found


def versions(tx: Tx, actor: Actor, artifact_id: str) -> tuple[Version, ...]:
    """The versions of an artifact, the newest first; none of what lives with the accounts. `not_found`."""
    held = access.artifact_to_read(tx, actor, artifact_id)
    rows = authored.versions(tx, artifact_id, VERSIONS_MAX)
    newest = access.newest_version(tx, held.artifact_type, artifact_id)
    return tuple(_version(tx, artifact_id, row, newest) for row in rows)


def compared(tx: Tx, actor: Actor, artifact_id: str, sides: tuple[int, int]) -> tuple[Change, ...]:
    """What changed between two versions (`sides`: from, to) of an artifact. `not_found`."""
    held = access.artifact_to_read(tx, actor, artifact_id)
    before, after = (
        forms.without_user_ids(forms.values_of(tx, held.artifact_type, artifact_id, side)) for side in sides
    )
    return differences(before, after)


def used_by(tx: Tx, actor: Actor, artifact_id: str) -> tuple[User, ...]:
    """The artifacts that use another one in their newest version, of those that the actor may read."""
    held = access.artifact_to_read(tx, actor, artifact_id)
    kinds = (*_USERS.get(held.artifact_type, ()), "record")
    found: list[User] = []
    for row in authored.naming(tx, kinds, artifact_id):
        user = access.held_of_row(tx, row)
        if user is not None and row.id != artifact_id and access.may_read(actor, user):
            found.append(User(id=row.id, type=user.artifact_type, name=row.name))
    return tuple(found[:USERS_MAX])


def _content(tx: Tx, actor: Actor, wanted: Wanted) -> Page:
    words = tuple(authored.search_form(wanted.search).split())[:WORDS_MAX]
    kinds: tuple[Kind, ...] = access.CONTENT
    if wanted.type is not None:
        kinds = tuple(kind for kind in access.REAL if kind == wanted.type) or ("record",)
    after = place_of(wanted.cursor) if wanted.cursor is not None else None
    found: list[tuple[authored.CurrentRow, Held]] = []
    looked_at, more = 0, True
    while more and len(found) <= wanted.limit and looked_at < LOOKED_AT_MAX:
        rows = authored.listed(
            tx,
            authored.Listing(
                kinds=kinds,
                active=not wanted.archived,
                author_id=actor.account_id if wanted.mine else None,
                words=words,
                after=after,
            ),
        )
        more = len(rows) >= authored.LISTED
        looked_at += len(rows)
        for row in rows:
            after = (row.published_at, row.id)
            held = access.held_of_row(tx, row)
            if held is not None and _is_wanted(actor, row, held, (wanted, words)):
                found.append((row, held))
                if len(found) > wanted.limit:
                    break
    shown, open_drafts = found[: wanted.limit], drafts.open_drafts(tx, actor.account_id)
    last = (shown[-1][0].published_at, shown[-1][0].id) if len(found) > wanted.limit else after if more else None
    return Page(
        items=tuple(_card(tx, actor, row, held, open_drafts) for row, held in shown),
        next_cursor=cursor_after(*last) if last is not None else None,
    )


def _is_wanted(actor: Actor, row: authored.CurrentRow, held: Held, asked: tuple[Wanted, Sequence[str]]) -> bool:
    wanted, words = asked
    if held.artifact_type == "department" or held.artifact_type != (wanted.type or held.artifact_type):
        return False
    if not access.may_read(actor, held):
        return False
    if row.search is not None or not words:
        return True
    text = authored.search_form(f"{row.name}\n{decode(row.body, _Glimpse).description}")
    return all(word in text for word in words)


def _card(tx: Tx, actor: Actor, row: authored.CurrentRow, held: Held, open_drafts: Mapping[str, str]) -> Card:
    glimpse = decode(row.body, _Glimpse)
    return Card(
        id=row.id,
        type=held.artifact_type,
        name=row.name,
        description=glimpse.description,
        icon=glimpse.icon,
        color=glimpse.color,
        version=row.version,
        published_at=row.published_at,
        published_by=_person(tx, row.published_by),
        archived=not row.active,
        department_ids=tuple(sorted(held.department_ids)),
        pack=row.pack,
        may_edit=access.may_edit(actor, held),
        draft_id=open_drafts.get(row.id),
    )


def _card_of_accounts(tx: Tx, actor: Actor, held: Held, open_drafts: Mapping[str, str]) -> Card:
    """A department or a profile."""
    name = forms.name_of(tx, held.artifact_type, held.artifact_id)
    if name is None:
        raise not_found("Artifact")
    return Card(
        id=held.artifact_id,
        type=held.artifact_type,
        name=name,
        version=access.newest_version(tx, held.artifact_type, held.artifact_id),
        department_ids=tuple(sorted(held.department_ids)),
        may_edit=access.may_edit(actor, held),
        draft_id=open_drafts.get(held.artifact_id),
    )


def _profiles(tx: Tx, actor: Actor, wanted: Wanted) -> Page:
    if wanted.archived or wanted.mine or actor.rank < access.ADMIN_RANK:
        return Page(items=(), next_cursor=None)
    page = account_page(tx, actor, wanted.search, wanted.cursor, wanted.limit)
    open_drafts = drafts.open_drafts(tx, actor.account_id)
    found = (access.held(tx, "profile", each.profile_id) for each in page.items)
    items = (_card_of_accounts(tx, actor, held, open_drafts) for held in found if held and access.may_read(actor, held))
    return Page(items=tuple(items), next_cursor=page.next_cursor)


def _departments(tx: Tx, actor: Actor, wanted: Wanted) -> Page:
    """All departments that the actor sees, on one page."""
    if wanted.archived or wanted.mine or actor.rank < access.ADMIN_RANK:
        return Page(items=(), next_cursor=None)
    words = authored.search_form(wanted.search).split()
    open_drafts = drafts.open_drafts(tx, actor.account_id)
    named = ((each.id, authored.search_form(each.name)) for each in departments(tx, actor))
    found = (access.held(tx, "department", each) for each, name in named if all(word in name for word in words))
    return Page(
        items=tuple(_card_of_accounts(tx, actor, held, open_drafts) for held in found if held), next_cursor=None
    )


def _version(tx: Tx, artifact_id: str, row: authored.VersionRow, newest: int) -> Version:
    written = written_of(row)
    found = written.values if written is not None else derived_values(tx, row.kind, artifact_id, row.body)
    made = Counter(who for each in found.values() for value in each for who in value.by.values())
    return Version(
        version=row.version,
        published_at=row.published_at,
        published_by=_person(tx, row.published_by),
        name=row.name,
        current=row.version == newest,
        by={"person": made["person"], "model": made["model"], "both": made["both"]},
        note=written.note if written is not None else "",
    )


def _person(tx: Tx, account_id: str | None) -> Person | None:
    account = accounts.account_by_id(tx, account_id) if account_id is not None else None
    return Person(profile_id=AccountId(account.account_id), name=account.name) if account is not None else None
