"""The values of what is published: those that a version was written from, else those that it would have been."""

from parlour.accounts import actions as accounts
from parlour.catalog import authored
from parlour.catalog.anchors import Anchors, anchors_id
from parlour.catalog.benchmarks import Eval
from parlour.catalog.entities import Cohort, Document, Kind, Persona, Rubric, Scenario, Simulation
from parlour.catalog.records import Record
from parlour.drafts.values import Values, Written
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import not_found
from parlour.library import access
from parlour.library.forms import cohorts, documents, evals, people, personas, records, rubrics, scenarios, simulations
from parlour.storage.tx import Tx

_OF_ACCOUNTS = ("profiles", "instructors", "departments")


def values_of(tx: Tx, artifact_type: str, artifact_id: str, version: int | None = None) -> Values:
    """The values of a version of an artifact, `None` for the newest. `not_found`. Whose it is, is not asked."""
    match artifact_type:
        case "profile":
            found = people.profile_values(tx, artifact_id)
        case "department":
            found = people.department_values(tx, artifact_id, _record(tx, artifact_id, version))
        case _:
            found = _values_of_content(tx, artifact_type, artifact_id, version)
    if found is None:
        raise not_found("Artifact")
    return found


def written_of(row: authored.VersionRow) -> Written | None:
    """What a version was written from; None if it came from a bundle."""
    return decode(row.values, Written) if row.values is not None else None


def name_of(tx: Tx, artifact_type: str, artifact_id: str) -> str | None:
    """What an artifact is called now; None if there is none of this type. Whose it is, is not asked."""
    if artifact_type == "profile":
        account = accounts.account_by_id(tx, artifact_id)
        return account.name if account is not None else None
    if artifact_type == "department":
        found = (each for each in accounts.list_departments(tx) if each.department_id == artifact_id)
        return next((each.name for each in found), None)
    row = authored.current(tx, artifact_id)
    if row is None or (row.kind not in (artifact_type, "record")):
        return None
    return row.name


def title(values: Values) -> str:
    """The name that values give to what they describe; "" if they give none."""
    for value in values.get("names", ()):
        name = value.fields.get("name")
        if isinstance(name, str):
            return name
    return ""


def derived_values(tx: Tx, kind: Kind, artifact_id: str, stored_body: str) -> Values:
    """What a body of the catalogue would have been written from."""
    match kind:
        case "persona":
            return personas.values(decode(stored_body, Persona))
        case "scenario":
            return scenarios.values(decode(stored_body, Scenario))
        case "rubric":
            return rubrics.values(decode(stored_body, Rubric), anchors_of(tx, artifact_id))
        case "simulation":
            return simulations.values(decode(stored_body, Simulation))
        case "cohort":
            return cohorts.values(tx, decode(stored_body, Cohort))
        case "document":
            return documents.values(decode(stored_body, Document))
        case "eval":
            return evals.values(decode(stored_body, Eval))
        case _:
            return records.values(decode(stored_body, Record))


def anchors_of(tx: Tx, rubric_id: str) -> Anchors | None:
    """The example transcripts of a rubric, as they are now."""
    row = authored.current(tx, anchors_id(rubric_id))
    return row.read(Anchors) if row is not None and row.kind == "anchors" else None


def _values_of_content(tx: Tx, artifact_type: str, artifact_id: str, version: int | None) -> Values | None:
    row = authored.current(tx, artifact_id)
    if row is None or row.kind not in access.CONTENT or row.kind not in (artifact_type, "record"):
        return None
    number = version if version is not None else row.version
    stored = authored.version_body(tx, row.kind, artifact_id, number)
    if stored is None or (row.kind == "record" and stored.read(Record).artifact_type != artifact_type):
        return None
    kept = authored.values_body(tx, artifact_id, number)
    values = (
        decode(kept, Written).values if kept is not None else derived_values(tx, row.kind, artifact_id, stored.body)
    )
    if row.kind == "cohort" and number == row.version:
        present = cohorts.people(tx, artifact_id)
        among = {name: found for name, found in values.items() if name not in _OF_ACCOUNTS}
        return {**among, **present}
    return values


def _record(tx: Tx, artifact_id: str, version: int | None) -> Record | None:
    row = authored.current(tx, artifact_id)
    if row is None or row.kind != "record":
        return None
    stored = authored.version_body(tx, "record", artifact_id, version if version is not None else row.version)
    return stored.read(Record) if stored is not None else None
