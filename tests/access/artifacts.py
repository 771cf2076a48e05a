"""What the rows of the matrix about the library are asked with: a fresh scenario of the department a request."""

from typing import Any

from parlour.catalog.entities import Option, Question, Scenario
from parlour.catalog.store import NewContent, body_of, put
from parlour.kernel.ids import named_id
from parlour.storage.tx import Tx
from tests.access.world import MISSING, UNKNOWN, Subject, World, department_of

ARTIFACTS = "/api/v1/artifacts"
PERSONA = named_id("access", "persona", "pat")


def about_artifacts(world: World, route: str, subject: Subject) -> tuple[str, dict[str, Any]]:
    """The path of a route of the library, and what it is sent."""
    method, path = route.split(" ", 1)
    department_id = department_of(world.site)
    fresh = "{artifact_id}" in path and subject is not MISSING
    artifact_id = world.site.write(lambda tx: _scenario(tx, department_id)) if fresh else UNKNOWN
    options: dict[str, Any] = {"json": {"archived": True}} if path.endswith("/archive") else {}
    if path.endswith("/differences"):
        options = {"params": {"from": "1", "to": "1"}}
    if path.endswith("/questions") and method == "GET":
        options = {"params": {"format": "gift"}}
    return path.format(artifact_id=artifact_id), options


def _scenario(tx: Tx, department_id: str) -> str:
    """A scenario with a quiz question, of one department."""
    made = tx.new_id()
    options = (
        Option(id=tx.new_id(), question_id=made, option_text="Yes", is_correct=True),
        Option(id=tx.new_id(), question_id=made, option_text="No"),
    )
    question = Question(id=made, question_text="Well?", options=options)
    scenario = Scenario(
        id=tx.new_id(),
        name="Made by the matrix",
        department_ids=(department_id,),
        persona_ids=(PERSONA,),
        questions=(question,),
    )
    put(tx, NewContent(id=scenario.id, kind="scenario", name=scenario.name, body=body_of(scenario)))
    return scenario.id
