"""Who may read and name files of authors: whoever may read a draft or an artifact that names one, and its author.

A draft or an artifact names a file only if whoever wrote it there may read that file, so knowing an id gives no right.
"""

import msgspec

from parlour.drafts import actions as drafts
from parlour.drafts.entities import Draft
from parlour.drafts.values import ArtifactBody
from parlour.files import actions as files
from parlour.files.authored import actions as authored
from parlour.files.authored.entities import MediaUser
from parlour.files.entities import Upload
from parlour.kernel.actor import Actor
from parlour.library import access
from parlour.library.drafting import holding
from parlour.storage.tx import Tx


def may_read(tx: Tx, actor: Actor, upload: Upload) -> bool:
    """Whether an actor may read a file of content as an author. Those that came with bundles, every author may."""
    if upload.account_id is not None or not access.may_author(actor):
        return False
    if upload.author_id is None or upload.author_id == actor.account_id:
        return True
    return any(_may_read_user(tx, actor, user) for user in authored.users(tx, upload.id))


def readable(tx: Tx, actor: Actor, upload_id: str) -> Upload | None:
    """A file that the actor may read and name; None if there is none."""
    found = files.upload(tx, upload_id)
    return found if found is not None and may_read(tx, actor, found) else None


def may_name(tx: Tx, actor: Actor, upload_id: str, draft_id: str | None) -> bool:
    """Whether an actor may build something that names a file. Where a draft says so (`draft_id`), whoever wrote it
    there must have been allowed to: nobody borrows the rights of whoever publishes it."""
    found = readable(tx, actor, upload_id)
    if found is None or found.author_id is None or draft_id is None:
        return found is not None
    return MediaUser(kind="draft", id=draft_id) in authored.users(tx, upload_id)


def note_drafted(tx: Tx, actor: Actor, draft: Draft, before: ArtifactBody | None) -> None:
    """Note down which files of authors a draft names, now that the actor has changed it (`before` None: begun it).

    A file that is new in it counts if the actor may read that; what stood there and did not count, still does not.
    """
    user = MediaUser(kind="draft", id=draft.id)
    wanted, known = _named_in(draft.artifact), authored.names(tx, user)
    if new := wanted - known - (_named_in(before) if before is not None and wanted - known else frozenset()):
        authored.name(tx, user, [each for each in authored.held(tx, new) if readable(tx, actor, each) is not None])
    if gone := known - wanted:
        authored.unname(tx, user, gone)


def note_built(tx: Tx, actor: Actor, user: MediaUser, draft_id: str | None, *written: str) -> None:
    """Note down the files that a version or a try names, of which `written` is what is stored, in JSON. Those count
    that `may_name` allows."""
    new = frozenset[str]().union(*map(authored.named_in, written)) - authored.names(tx, user)
    authored.name(tx, user, [each for each in authored.held(tx, new) if may_name(tx, actor, each, draft_id)])


def note_closed(tx: Tx, draft_id: str) -> None:
    """A draft was published: what it named and its version does not is nobody's need any more."""
    authored.forget(tx, MediaUser(kind="draft", id=draft_id))


def _named_in(body: ArtifactBody) -> frozenset[str]:
    return authored.named_in(msgspec.json.encode((body.values, body.replaced)).decode())


def _may_read_user(tx: Tx, actor: Actor, user: MediaUser) -> bool:
    match user.kind:
        case "draft":
            draft = drafts.draft(tx, user.id)
            return draft is not None and holding.may_read(tx, actor, draft)
        case "content":
            held = access.held(tx, None, user.id)
            return held is not None and access.may_read(actor, held)
        case "try":
            return False
