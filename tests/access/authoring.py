"""What the rows of the matrix about authoring are asked with: of drafts a fresh one a request.

The instructor owns it, the other instructor may write into it, and somebody is asked to look at it.
"""

from typing import Any

from parlour.catalog.entities import Document
from parlour.catalog.store import NewContent, body_of, put
from parlour.drafts import actions as drafts
from parlour.drafts.values import ArtifactBody, Review, Source, Value
from parlour.kernel.ids import AccountId, named_id
from parlour.storage.tx import Tx
from tests.access.artifacts import ARTIFACTS, about_artifacts
from tests.access.people import about_people, is_about_people
from tests.access.world import MISSING, UNKNOWN, Subject, World

AUTHORING = ("/api/v1/authoring/", ARTIFACTS)
SENT = "/api/v1/uploads"
PERSONA = named_id("access", "persona", "pat")
DOCUMENT = named_id("access", "document", "made by the matrix")
SOURCE = named_id("access", "source", "made by the matrix")
VERSION = {"expected_version": 1}
NAMED = {"op": "put", "type": "names", "fields": {"name": "Other"}}
BODIES: dict[str, dict[str, Any]] = {
    "PATCH /api/v1/authoring/drafts/{draft_id}": {**VERSION, "changes": [NAMED]},
    "POST /api/v1/authoring/drafts/{draft_id}/rebase": VERSION,
    "POST /api/v1/authoring/drafts/{draft_id}/publish": VERSION,
    "POST /api/v1/authoring/drafts/{draft_id}/review": {**VERSION, "note": "Look."},
    "POST /api/v1/authoring/drafts/{draft_id}/approve": VERSION,
    "POST /api/v1/authoring/drafts/{draft_id}/editors": {"user_id": "admin"},
    "POST /api/v1/authoring/drafts/{draft_id}/questions": {"format": "gift", "text": "Yes? {=yes ~no}"},
    "POST /api/v1/authoring/drafts/{draft_id}/sources": {"kind": "document", "id": DOCUMENT},
}


def is_about_authoring(path: str) -> bool:
    """Whether a route is one of authoring, of people, or of what they train."""
    return path.startswith(AUTHORING) or path == SENT or is_about_people(path)


def about_authoring(world: World, route: str, subject: Subject) -> tuple[str, dict[str, Any]]:
    """The path of a route of authoring, and what it is sent."""
    _, path = route.split(" ", 1)
    missing = subject is MISSING
    if is_about_people(path):
        return about_people(world, route, missing=missing)
    if path == SENT:
        return path, {"params": {"name": "text.txt"}, "content": b"A text.", "headers": {"content-type": "text/plain"}}
    if path.startswith(ARTIFACTS):
        return about_artifacts(world, route, subject)
    if "{run_id}" in path or "{group_id}" in path:
        return path.format(**world.prepared(subject)), {}
    if route == "POST /api/v1/authoring/drafts":
        return path, {"json": {"artifact_type": "persona", "artifact_id": UNKNOWN if missing else PERSONA}}
    of = "scenario" if path.endswith("/questions") else "persona"
    draft_id = UNKNOWN if missing or "{draft_id}" not in path else world.site.write(lambda tx: _draft(tx, world, of))
    editor = world.site.ids["other_instructor"]
    filled = path.format(draft_id=draft_id, profile_id=editor, source_id=SOURCE)
    return filled, {"json": BODIES[route]} if route in BODIES else {}


def _draft(tx: Tx, world: World, artifact_type: str = "persona") -> str:
    """A draft; one of a persona could be published as it is."""
    owner, editor = (AccountId(world.site.ids[each]) for each in ("instructor", "other_instructor"))
    text = Document(id=DOCUMENT, name="Text", text="A text.")
    put(tx, NewContent(id=text.id, kind="document", name=text.name, body=body_of(text)))
    body = ArtifactBody(
        values={
            "names": (Value(id=tx.new_id(), fields={"name": "Made by the matrix"}, by={"name": "person"}),),
            "instructions": (Value(id=tx.new_id(), fields={"template": "You are somebody who asks for help."}),),
        },
        writers=(owner,),
        editors=(editor,),
        review=Review(asked_by=owner, asked_at=tx.now_ms, version=1),
        sources=(Source(id=SOURCE, kind="document", of_id=SOURCE, name="Text", text="A text."),),
    )
    made = drafts.create_of_artifact(tx, owner, artifact_type, None, body)
    drafts.note_editors(tx, made.id, (editor,))
    return made.id
