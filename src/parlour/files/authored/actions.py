"""Keeping files of authors within their quota, and saying what names them."""

import re
from collections.abc import Collection
from dataclasses import replace

from parlour.files import store as files
from parlour.files.authored import store
from parlour.files.authored.entities import MediaQuota, MediaUser, UserKind
from parlour.files.entities import NewUpload
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx

ID_CHARACTERS_MAX = 64
NO_ROOM = "You have as many files for content as you may keep. Take some out of drafts and artifacts that need none."
_NAMED = re.compile(rf'"upload_id":"([0-9A-Za-z_-]{{1,{ID_CHARACTERS_MAX}}})"')


def keep(tx: Tx, author_id: AccountId, new: NewUpload, quota: MediaQuota) -> None:
    """Note down a file whose bytes are stored. Raises `quota_exceeded`."""
    files.lock_names(tx, author_id)
    if new.bytes > room(tx, author_id, quota):
        raise no_room()
    files.insert(tx, replace(new, author_id=author_id))


def room(tx: Tx, author_id: AccountId, quota: MediaQuota) -> int:
    """How many bytes the next file of an author may have; 0 for none at all."""
    used = store.used(tx, author_id)
    return max(0, quota.bytes_max - used.bytes) if used.files < quota.files_max else 0


def no_room() -> Refusal:
    """For a file that does not fit into what an author may keep."""
    return Refusal("quota_exceeded", NO_ROOM)


def named_in(written: str) -> frozenset[str]:
    """The ids of files that stand in something, as compact JSON: each in a member `upload_id`."""
    return frozenset(_NAMED.findall(written))


def names(tx: Tx, user: MediaUser) -> frozenset[str]:
    """The files that something names."""
    return store.names(tx, user)


def users(tx: Tx, upload_id: str) -> list[MediaUser]:
    """What names a file."""
    return store.users(tx, upload_id)


def held(tx: Tx, upload_ids: Collection[str]) -> list[str]:
    """Those of these files that are of authors; none of them is swept before the transaction ends."""
    return store.held(tx, upload_ids)


def name(tx: Tx, user: MediaUser, upload_ids: Collection[str]) -> None:
    """Something names these files, too, from now on; what is no file of an author is passed over."""
    store.name(tx, user, store.held(tx, upload_ids))


def unname(tx: Tx, user: MediaUser, upload_ids: Collection[str]) -> None:
    """Something names these files no more."""
    store.unname(tx, user, upload_ids)


def forget(tx: Tx, user: MediaUser) -> None:
    """Something is gone that named files."""
    store.forget(tx, user)


def all_users(tx: Tx, kind: UserKind) -> list[str]:
    """The ids of everything of a kind that names files."""
    return store.all_users(tx, kind)
