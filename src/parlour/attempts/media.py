"""Who may read a file of published content: whoever meets it in a training, or in a chat to read; those of bundles
also who teaches. What authors may read of each other's files is `library.media`.

A file with an owner is the owner's alone, but a recording of speech is for whoever may read its chat. Not-yours
looks like not-there.
"""

from collections.abc import Sequence

from parlour.attempts import access, store
from parlour.catalog import actions as catalog
from parlour.catalog.entities import Document, EntryKind, Reference, Scenario
from parlour.conversations.spoken.reading.keeping import chat_of_recording
from parlour.files import actions as files
from parlour.files.entities import Upload
from parlour.kernel.actor import RANKS, Actor
from parlour.kernel.refusals import not_found
from parlour.storage.tx import Tx

_KINDS: tuple[EntryKind, ...] = ("home", "practice")


def upload_to_read(tx: Tx, actor: Actor, upload_id: str) -> Upload:
    """A file that the actor may read; raises `not_found`."""
    found = files.upload(tx, upload_id)
    if found is None or not _may_read(tx, actor, found):
        raise not_found("Upload")
    return found


def entries_in_use(tx: Tx, entry_ids: Sequence[str]) -> frozenset[str]:
    """Those of these entries of which there is an attempt, whose chats may show files."""
    return store.entries_in_use(tx, entry_ids)


def _may_read(tx: Tx, actor: Actor, upload: Upload) -> bool:
    if upload.account_id is not None:
        return upload.account_id == actor.account_id or _may_hear(tx, actor, upload.id)
    if upload.author_id is None and actor.rank >= RANKS["instructional"]:
        return True
    return _has_seat(tx, actor, upload.id) or _has_chat(tx, actor, upload.id)


def _may_hear(tx: Tx, actor: Actor, upload_id: str) -> bool:
    """Whether the file is a recording of speech in a chat that the actor may read."""
    chat_id = chat_of_recording(tx, upload_id)
    return chat_id is not None and access.may_read_chat(tx, actor, chat_id)


def _has_seat(tx: Tx, actor: Actor, upload_id: str) -> bool:
    """Whether an entry of the actor leads to the file: in the version that it pins, or in the current one."""
    entries = [entry for kind in _KINDS for entry in catalog.entries_for_account(tx, actor.account_id, kind)]
    templates = [template for entry in entries for template in entry.templates]
    pinned = {Reference(id=each.scenario_id, version=each.scenario_version) for each in templates}
    current = catalog.newest(tx, sorted({each.scenario_id for each in templates}))
    return any(_names(tx, which, upload_id) for which in pinned.union(current))


def _has_chat(tx: Tx, actor: Actor, upload_id: str) -> bool:
    """Whether the file is used in a chat that the actor may read."""
    users = catalog.users_of_upload(tx, upload_id)
    for snapshot in store.snapshots_naming(tx, actor, [upload_id, *sorted({user.id for user in users})]):
        own = snapshot.material
        if own is None and users & {snapshot.scenario, *snapshot.documents}:
            return True
        if own and (_in_scenario(own.scenario, upload_id) or _in_documents(own.documents, upload_id)):
            return True
    return False


def _names(tx: Tx, which: Reference, upload_id: str) -> bool:
    scenario = catalog.scenario_version(tx, which.id, which.version)
    if scenario is None:
        return False
    documents = [catalog.document(tx, document_id) for document_id in scenario.document_ids]
    return _in_scenario(scenario, upload_id) or _in_documents(tuple(each for each in documents if each), upload_id)


def _in_scenario(scenario: Scenario, upload_id: str) -> bool:
    return any(upload_id in media.upload_ids for media in (*scenario.videos, *scenario.images))


def _in_documents(documents: tuple[Document, ...], upload_id: str) -> bool:
    return any(document.upload_id == upload_id or _pictured(document, upload_id) for document in documents)


def _pictured(document: Document, upload_id: str) -> bool:
    return any(upload_id in image.upload_ids for image in document.images)
