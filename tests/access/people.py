"""What the rows of the matrix about people, cohorts and trainings are asked with."""

from collections.abc import Mapping
from typing import Any

from parlour.accounts import actions as accounts
from parlour.kernel.ids import named_id
from parlour.storage.tx import Tx
from tests.access.world import HOME, UNKNOWN, World, department_of

COHORT = named_id("access", "cohort", "taught")
SIMULATION = named_id("access", "simulation", "pair")
PLACES = tuple(f"/api/v1/{name}" for name in ("roles", "departments", "accounts", "cohorts", "trainings"))


def is_about_people(path: str) -> bool:
    """Whether a path is one of these."""
    return path.startswith(PLACES)


def about_people(world: World, route: str, *, missing: bool) -> tuple[str, dict[str, Any]]:
    """The path of a route, and what it is sent: things that are there, or ids that nothing has."""
    _, path = route.split(" ", 1)
    here = UNKNOWN if missing else department_of(world.site)
    cohort_id = UNKNOWN if missing else COHORT
    person = UNKNOWN if missing else world.site.ids["learner"]
    if route.startswith("DELETE ") and not missing:
        world.site.write(lambda tx: accounts.add_to_cohort(tx, COHORT, person, "learner"))
    filled = path.format(
        department_id=here,
        account_id=UNKNOWN if missing else world.site.ids["owner"],
        cohort_id=cohort_id,
        profile_id=person,
        training_id=UNKNOWN if missing else world.site.homes[HOME],
    )
    assigned = {"kind": "practice", "simulation_id": SIMULATION, "cohort_ids": [cohort_id], "active": False}
    bodies: Mapping[str, Mapping[str, object]] = {
        "POST /api/v1/departments": {"name": f"zz {_fresh(world)}"},
        "PATCH /api/v1/departments/{department_id}": {"name": _name_of(world, here)},
        "POST /api/v1/accounts": {"user_id": f"made-{_fresh(world)}", "name": "Made", "department_ids": [here]},
        "PATCH /api/v1/accounts/{account_id}": {"requests_per_day": None},
        "POST /api/v1/cohorts": {"name": "Made", "department_id": here},
        "PATCH /api/v1/cohorts/{cohort_id}": {"description": "Taught."},
        "POST /api/v1/cohorts/{cohort_id}/people": {"user_id": "fellow"},
        "POST /api/v1/trainings": assigned,
        "PATCH /api/v1/trainings/{training_id}": {"position": 0},
    }
    return filled, {"json": bodies[route]} if route in bodies else {}


def _fresh(world: World) -> str:
    return world.site.write(lambda tx: tx.new_id())


def _name_of(world: World, department_id: str) -> str:
    def name(tx: Tx) -> str:
        known = {each.department_id: each.name for each in accounts.list_departments(tx)}
        return known.get(department_id, "Nowhere")

    return world.site.write(name)
