"""Cohorts as values, and back. Who is in one, the accounts know; when its trainings are open, their entries do."""

from collections.abc import Mapping
from dataclasses import field

from parlour.accounts import actions as accounts
from parlour.catalog import actions as catalog
from parlour.catalog.entities import Cohort, Entry, ProfilePersona
from parlour.drafts.values import Value, Values
from parlour.kernel.clock import instant, rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, named_id
from parlour.library.forms.cells import NAME_CHARS_MAX, Form, given, links, many, singles
from parlour.library.forms.simulations import in_order
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class CohortPlan:
    """What publishing a cohort does besides: its people, its departments, and when which training is open.

    `starts` and `ends` in milliseconds, by simulation; a simulation without one is open in that direction.
    """

    department_ids: tuple[str, ...] = ()
    learners: tuple[AccountId, ...] = ()
    instructors: tuple[AccountId, ...] = ()
    positions: Mapping[str, int] = field(default_factory=dict[str, int])
    starts: Mapping[str, int] = field(default_factory=dict[str, int])
    ends: Mapping[str, int] = field(default_factory=dict[str, int])


def training_id(cohort_id: str, simulation_id: str) -> str:
    """The id of the home entry through which a cohort trains with a simulation."""
    return named_id("training", cohort_id, simulation_id)


def values(tx: Tx, cohort: Cohort) -> Values:
    """What a cohort would have been written from, with the people of this moment."""
    entries = {
        each: entry
        for each in cohort.simulation_ids
        if (entry := catalog.entry_for(tx, "home", training_id(cohort.id, each))) is not None
    }
    pairs = [{"profile_id": each.profile_id, "persona_id": each.persona_id} for each in cohort.profile_personas]
    return {
        **singles(cohort.id, {"names": {"name": cohort.name}, "descriptions": {"description": cohort.description}}),
        **links("simulations", cohort.simulation_ids),
        **many(cohort.id, "simulation_availability", _availability(entries)),
        **many(cohort.id, "profile_personas", pairs),
        **people(tx, cohort.id),
    }


def people(tx: Tx, cohort_id: str) -> Values:
    """Who learns in a cohort and who teaches it now, and its department."""
    found = accounts.cohort_by_id(tx, cohort_id)
    departments = [found.department_id] if found is not None and found.department_id is not None else []
    return {
        **_linked_people(tx, "profiles", accounts.learners_of_cohort(tx, cohort_id)),
        **_linked_people(tx, "instructors", accounts.instructors_of_cohort(tx, cohort_id)),
        **links("departments", departments),
    }


def compiled(form: Form) -> Cohort:
    """The cohort that values describe."""
    learners = _accounts(form, "profiles")
    return Cohort(
        id=form.artifact_id,
        name=form.one("names", "name", most=NAME_CHARS_MAX),
        description=form.one("descriptions", "description"),
        simulation_ids=tuple(
            in_order(form, form.linked("simulations", "simulation"), "simulation_positions", "simulation_id")
        ),
        profile_ids=learners,
        instructor_ids=_accounts(form, "instructors"),
        profile_personas=_pairs(form, learners),
    )


def plan(form: Form, cohort: Cohort) -> CohortPlan:
    """What publishing it does besides."""
    if len(form.all("departments")) > 1:
        form.wrong("departments", None, None, "A cohort belongs to one department at most.", "form.bounds")
    found: dict[str, dict[str, int]] = {"start": {}, "end": {}}
    for value in form.all("simulation_availability"):
        simulation_id = form.text("simulation_availability", value, "simulation_id", most=NAME_CHARS_MAX)
        which = form.text("simulation_availability", value, "type", most=NAME_CHARS_MAX)
        at = _instant(form, value)
        if simulation_id not in cohort.simulation_ids:
            message = "This simulation is not in the cohort."
            form.wrong("simulation_availability", value.id, "simulation_id", message, "form.unknown_link")
        elif which not in found:
            form.wrong("simulation_availability", value.id, "type", "This must be start or end.")
        elif at is not None:
            found[which][simulation_id] = at
    for simulation_id, end in found["end"].items():
        if end <= found["start"].get(simulation_id, end - 1):
            form.wrong("simulation_availability", None, "time", "The end must be after the start.", "form.bounds")
    return CohortPlan(
        department_ids=form.linked("departments", "department"),
        learners=cohort.profile_ids,
        instructors=cohort.instructor_ids,
        positions={each: number for number, each in enumerate(cohort.simulation_ids)},
        starts=found["start"],
        ends=found["end"],
    )


def _linked_people(tx: Tx, type_name: str, ids: set[AccountId]) -> dict[str, tuple[Value, ...]]:
    found = [account for each in sorted(ids) if (account := accounts.account_by_id(tx, each)) is not None]
    made = tuple(given(each.account_id, {"user_id": each.user_id}, linked=True) for each in found)
    return {type_name: made} if made else {}


def _accounts(form: Form, type_name: str) -> tuple[AccountId, ...]:
    found: list[AccountId] = []
    for value in form.all(type_name):
        account_id = value.id if value.linked else form.text(type_name, value, "profile_id", most=NAME_CHARS_MAX)
        if not account_id:
            user_id = form.text(type_name, value, "user_id", most=NAME_CHARS_MAX)
            account = accounts.account_by_user_id(form.tx, user_id) if user_id else None
            account_id = account.account_id if account is not None else ""
        form.link("profile", account_id, type_name, value, None if value.linked else "user_id")
        found.append(AccountId(account_id))
    return tuple(dict.fromkeys(filter(None, found)))


def _pairs(form: Form, learners: tuple[AccountId, ...]) -> tuple[ProfilePersona, ...]:
    found: dict[AccountId, ProfilePersona] = {}
    for value in form.all("profile_personas"):
        profile_id = AccountId(form.text("profile_personas", value, "profile_id", most=NAME_CHARS_MAX))
        persona_id = form.named("persona", "profile_personas", value, "persona_id")
        if profile_id not in learners:
            message = "This person does not learn in the cohort."
            form.wrong("profile_personas", value.id, "profile_id", message, "form.unknown_link")
        elif persona_id:
            found[profile_id] = ProfilePersona(profile_id=profile_id, persona_id=persona_id)
    return tuple(found.values())


def _availability(entries: Mapping[str, Entry]) -> list[dict[str, object]]:
    return [
        {"simulation_id": each, "time": rfc3339(at), "type": which}
        for each, entry in entries.items()
        for which, at in (("start", entry.start_time), ("end", entry.end_time))
        if at is not None
    ]


def _instant(form: Form, value: Value) -> int | None:
    text = form.text("simulation_availability", value, "time", most=NAME_CHARS_MAX)
    try:
        return instant(text)
    except ValueError:
        message = "This must be a time such as 2026-01-31T09:00:00Z."
        form.wrong("simulation_availability", value.id, "time", message)
        return None
