"""What an artifact stands among, read from the catalogue."""

from parlour.catalog import authored
from parlour.drafts.values import Values
from parlour.kernel.actor import Actor
from parlour.library import access
from parlour.library.checks.linting import Surroundings
from parlour.library.forms.reading import values_of
from parlour.storage.tx import Tx

_READ = {"personas": "persona", "documents": "document", "scenarios": "scenario"}
_USERS_MAX = 50


def surroundings_of(
    tx: Tx, artifact_type: str, values: Values, artifact_id: str | None = None, reader: Actor | None = None
) -> Surroundings:
    """The values of what an artifact links to, and of the scenarios that play it (`artifact_id`: a published persona).

    What is not there is left out, and what the `reader` (None: everybody) may not read. Of a scenario of others that
    plays the persona only its name is.
    """
    linked: dict[str, Values] = {}
    for type_name, kind in _READ.items():
        for value in values.get(type_name, ()):
            if value.linked and _is_there(tx, kind, value.id, reader):
                linked[value.id] = values_of(tx, kind, value.id)
    if artifact_type != "persona" or artifact_id is None:
        return Surroundings(linked=linked)
    playing = authored.naming(tx, ("scenario",), artifact_id)[:_USERS_MAX]
    found = (_named(tx, row.id, reader) for row in playing if access.held(tx, "scenario", row.id) is not None)
    return Surroundings(
        linked=linked,
        used_by=tuple(each for each in found if any(value.id == artifact_id for value in each.get("personas", ()))),
    )


def _is_there(tx: Tx, kind: str, artifact_id: str, reader: Actor | None) -> bool:
    if reader is None:
        return access.held(tx, kind, artifact_id) is not None
    return access.may_be_named(tx, reader, kind, artifact_id)


def _named(tx: Tx, scenario_id: str, reader: Actor | None) -> Values:
    values = values_of(tx, "scenario", scenario_id)
    if reader is None or access.may_be_named(tx, reader, "scenario", scenario_id):
        return values
    return {type_name: found for type_name, found in values.items() if type_name != "names"}
