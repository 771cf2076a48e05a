"""Drafts of artifacts for generated requests, which the instructor sends: a fresh one a request."""

from collections.abc import Mapping, MutableMapping
from typing import Any

from schemathesis import Case

from parlour.catalog.entities import Document
from parlour.catalog.store import NewContent, body_of, put
from parlour.drafts import actions as drafts
from parlour.drafts.values import ArtifactBody, Review, Source, Value
from parlour.kernel.ids import AccountId, named_id
from parlour.storage.tx import Tx
from tests.harness.site import Site

DRAFTS = "/api/v1/authoring/drafts"
DOCUMENT = named_id("openapi", "document", "made for requests")
CHANGES: Mapping[str, Any] = {"changes": [{"op": "put", "type": "names", "fields": {"name": "Other"}}]}


def about_drafts(site: Site, case: Case, body: MutableMapping[str, Any]) -> None:
    """Make a generated request about a draft that could be published: of the instructor's, or, to approve it, of the
    admin's."""
    if "{" not in case.path:
        body.update({"artifact_type": "persona"} if "artifact_type" in body else {})
        for name in ("artifact_id", "version"):
            body.pop(name, None)
        return
    end = case.path.rpartition("/")[2]
    owner = "admin" if end == "approve" else "instructor"
    of = "scenario" if end == "questions" else "persona"
    draft_id = site.write(lambda tx: fresh_draft(tx, site, owner, of))
    ids = {"draft_id": draft_id, "source_id": DOCUMENT, "profile_id": site.ids["admin"]}
    case.path_parameters.update({name: value for name, value in ids.items() if name in case.path_parameters})
    if "expected_version" in body:
        body["expected_version"] = 1
    if "changes" in body:
        body.update(CHANGES)
    if end == "sources":
        body.update({"kind": "document", "id": DOCUMENT})
    if end == "questions":
        body.update({"format": "gift", "text": "Well? {=yes ~no}"})
    if end == "editors":
        body.update({"user_id": "root"})


def fresh_draft(tx: Tx, site: Site, owner: str, artifact_type: str) -> str:
    """A draft of something new with a source, shared with the admin unless that is its owner, and up for review."""
    text = Document(id=DOCUMENT, name="Text", text="A text.")
    put(tx, NewContent(id=text.id, kind="document", name=text.name, body=body_of(text)))
    owner_id, admin = AccountId(site.ids[owner]), AccountId(site.ids["admin"])
    body = ArtifactBody(
        values={
            "names": (Value(id=tx.new_id(), fields={"name": "Made for a request"}),),
            "instructions": (Value(id=tx.new_id(), fields={"template": "You are somebody who asks for help."}),),
        },
        writers=(owner_id,),
        editors=(admin,) if owner_id != admin else (),
        review=Review(asked_by=owner_id, asked_at=tx.now_ms, version=1),
        sources=(Source(id=DOCUMENT, kind="document", of_id=DOCUMENT, name="Text", text="A text."),),
    )
    return drafts.create_of_artifact(tx, owner_id, artifact_type, None, body).id
