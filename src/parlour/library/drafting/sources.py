"""What a draft is written from: documents, files and conversations, each kept as it was when it was attached.

A source is called by the id of what it is, so that what it says can be forgotten with that.
"""

from dataclasses import replace

from parlour.catalog import actions as catalog
from parlour.drafts.entities import Draft
from parlour.drafts.values import Source, SourceKind
from parlour.files import actions as files
from parlour.files.search import index
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal, not_found
from parlour.library import access
from parlour.library.drafting.holding import draft_to_write, held_draft, note_written
from parlour.library.drafting.rules import DraftRules
from parlour.storage.tx import Tx

NAME_CHARACTERS_MAX = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSource:
    """A text to attach; who may read it was asked before."""

    kind: SourceKind
    of_id: str
    name: str
    text: str


def document(tx: Tx, actor: Actor, document_id: str) -> NewSource:
    """A document of the library. `not_found`, `source_unreadable`."""
    access.artifact_to_read(tx, actor, document_id, "document")
    found = catalog.document(tx, document_id)
    if found is None:
        raise not_found("Artifact")
    text = found.text
    if not text.strip() and found.upload_id is not None:
        text = _text_of_file(tx, found.upload_id)
    return NewSource(kind="document", of_id=document_id, name=found.name, text=text)


def upload(tx: Tx, actor: Actor, file_id: str) -> NewSource:
    """A file of the actor's, or one that is shared with everybody. `not_found`, `source_pending`,
    `source_unreadable`."""
    found = files.by_id(tx, file_id)
    if found is None or not (found.account_id == actor.account_id or found.shared):
        raise not_found("File")
    if found.text_status == "pending":
        raise Refusal("source_pending", "The text of this file is still being read.", retry_after_seconds=1)
    return NewSource(kind="upload", of_id=file_id, name=found.name, text=_text_of_file(tx, file_id))


def add(tx: Tx, actor: Actor, draft_id: str, new: NewSource, rules: DraftRules) -> Draft:
    """Attach a text; what is attached already is read anew. A text that is too long is cut.

    Raises as `holding.draft_to_write`; `source_unreadable` without any text; `too_many_sources`.
    """
    draft = draft_to_write(tx, actor, draft_id)
    text = index.cleaned(new.text).strip()
    if not text:
        raise Refusal("source_unreadable", "There is no text in it that could be read.")
    others = tuple(each for each in draft.artifact.sources if each.id != new.of_id)
    if len(others) >= rules.sources_max:
        raise Refusal("too_many_sources", f"A draft has at most {rules.sources_max} sources.")
    made = Source(
        id=new.of_id,
        kind=new.kind,
        of_id=new.of_id,
        name=new.name[:NAME_CHARACTERS_MAX],
        text=text[: rules.source_chars_max],
        cut=len(text) > rules.source_chars_max,
    )
    return note_written(tx, draft, replace(draft.artifact, sources=(*others, made)), rules)


def remove(tx: Tx, actor: Actor, draft_id: str, source_id: str, rules: DraftRules) -> Draft:
    """Detach a text; quotes from it stay at what was written from it. `not_found`."""
    draft = draft_to_write(tx, actor, draft_id)
    left = tuple(each for each in draft.artifact.sources if each.id != source_id)
    if len(left) == len(draft.artifact.sources):
        raise not_found("Source")
    return note_written(tx, draft, replace(draft.artifact, sources=left), rules)


def source(tx: Tx, actor: Actor, draft_id: str, source_id: str) -> Source:
    """A text that is attached to a draft. `not_found`."""
    found = held_draft(tx, actor, draft_id).artifact.sources
    known = next((each for each in found if each.id == source_id), None)
    if known is None:
        raise not_found("Source")
    return known


def _text_of_file(tx: Tx, file_id: str) -> str:
    return "\n\n".join(piece.text for piece in index.texts(tx, files.CHUNKS, file_id))
