"""Real things for generated requests to the routes of authoring: `test_openapi.Real` hands these to `into`."""

from collections.abc import MutableMapping
from typing import Any

from schemathesis import Case

from parlour.accounts import actions as accounts
from parlour.catalog.entities import Option, Question, Scenario
from parlour.catalog.store import NewContent, all_current, body_of, put
from parlour.storage.tx import Tx
from tests.harness.site import Site
from tests.wire.openapi_drafts import DRAFTS, about_drafts

LIBRARY = "/api/v1/artifacts"
SENT = "/api/v1/uploads"
AUTHORING = (LIBRARY, DRAFTS, "/api/v1/authoring/types")


def covers(path: str) -> bool:
    """Whether a path is asked as an author, about things that are made here."""
    return path.startswith(AUTHORING) or path == SENT


def into(site: Site, case: Case, body: MutableMapping[str, Any]) -> None:
    """Make a generated request about something fresh that an instructor may change."""
    if case.path.startswith(LIBRARY):
        _about_library(site, case, body)
    elif case.path.startswith(DRAFTS):
        about_drafts(site, case, body)
    elif case.path == SENT:
        case.body = b"A text."
        case.query.update({"name": "text.txt"})


def _about_library(site: Site, case: Case, body: MutableMapping[str, Any]) -> None:
    end = case.path.rpartition("/")[2]
    case.path_parameters.update({"artifact_id": site.write(lambda tx: scenario(tx, site))} if "{" in case.path else {})
    for name in ("type", "cursor", "version", "format"):
        case.query.pop(name, None)
    if end == "differences":
        case.query.update({"from": 1, "to": 1})
    if end == "archive":
        body.update(archived=True)


def scenario(tx: Tx, site: Site) -> str:
    """A fresh scenario with a quiz question, of the instructor's departments."""
    actor = accounts.actor_by_id(tx, site.ids["instructor"])
    assert actor is not None
    question_id, persona_id = tx.new_id(), all_current(tx, "persona")[0].id
    options = tuple(
        Option(id=tx.new_id(), question_id=question_id, option_text=text, is_correct=text == "Yes")
        for text in ("Yes", "No")
    )
    made = Scenario(
        id=tx.new_id(),
        name="Made for a request",
        department_ids=tuple(actor.department_ids),
        persona_ids=(persona_id,),
        questions=(Question(id=question_id, question_text="Well?", options=options),),
    )
    put(tx, NewContent(id=made.id, kind="scenario", name=made.name, body=body_of(made)))
    return made.id
