"""A scenario as far as somebody may read what it is made of: what tests and tries of a draft play."""

from collections.abc import Collection
from dataclasses import replace

from parlour.catalog.entities import Scenario
from parlour.kernel.actor import Actor
from parlour.library import access
from parlour.storage.tx import Tx


def as_seen(tx: Tx, actor: Actor, scenario: Scenario, own: Collection[str] = ()) -> Scenario:
    """The scenario without the personas and documents that the actor may not read; those that are written inside it
    (`own`) stay. The very same if there are none."""

    def seen(artifact_type: str, ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each for each in ids if each in own or access.may_be_named(tx, actor, artifact_type, each))

    personas, documents = seen("persona", scenario.persona_ids), seen("document", scenario.document_ids)
    if (personas, documents) == (scenario.persona_ids, scenario.document_ids):
        return scenario
    castings = tuple(each for each in scenario.castings if each.persona_id in personas)
    return replace(scenario, persona_ids=personas, document_ids=documents, castings=castings)
