"""What a chat plays with: the published versions it pinned, or the material made for it alone (Glow 6.1.6)."""

from parlour.catalog import actions as catalog
from parlour.catalog.entities import Material, Reference, Scenario
from parlour.conversations.entities import Chat
from parlour.storage.tx import Tx


def material_of(tx: Tx, chat: Chat) -> Material | None:
    """Scenario, personas and documents of a chat; None if the scenario cannot be found any more."""
    snapshot = chat.snapshot
    if snapshot.material is not None:
        return snapshot.material
    scenario = catalog.scenario_version(tx, snapshot.scenario.id, snapshot.scenario.version)
    return published_material(tx, scenario, snapshot.personas, snapshot.documents) if scenario else None


def published_material(
    tx: Tx, scenario: Scenario, personas: tuple[Reference, ...], documents: tuple[Reference, ...]
) -> Material:
    """A scenario with published versions of its personas and documents; what is gone is left out."""
    cast = [catalog.persona_version(tx, which.id, which.version) for which in personas]
    texts = [catalog.document_version(tx, which.id, which.version) for which in documents]
    return Material(
        scenario=scenario,
        personas=tuple(persona for persona in cast if persona),
        documents=tuple(document for document in texts if document),
    )
