"""Real things for generated requests about people, cohorts, trainings and tries: `test_openapi.Real` hands these to
`into`. They are asked as a superadmin; what one makes here nobody needs afterwards."""

from collections.abc import MutableMapping
from typing import Any

from schemathesis import Case

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.drafts import actions as drafts
from parlour.drafts.values import ArtifactBody, Value
from parlour.kernel.ids import AccountId, named_id
from parlour.storage.tx import Tx
from tests.harness.site import Site

TRY = "/api/v1/authoring/drafts/{draft_id}/try"
PEOPLE = (*(f"/api/v1/{name}" for name in ("roles", "departments", "accounts", "cohorts", "trainings")), TRY)
SIMULATION = named_id("wire", "simulation", "single")


def into(site: Site, case: Case, body: MutableMapping[str, Any]) -> None:
    """Make a generated request about something fresh."""
    ids = site.write(lambda tx: _fresh(tx, site))
    case.path_parameters.update({name: ids[name] for name in case.path_parameters})
    for name in ("cursor", "part"):
        case.query.pop(name, None)
    bodies: dict[tuple[str, str], dict[str, Any]] = {
        ("POST", "departments"): {"name": f"Made {ids['fresh']}"},
        ("PATCH", "{department_id}"): {"name": f"Changed {ids['fresh']}"},
        ("POST", "accounts"): {"user_id": f"made-{ids['fresh']}", "name": "Made"},
        ("PATCH", "{account_id}"): {"role": "guest", "department_ids": []},
        ("POST", "cohorts"): {"name": "Made", "department_id": None},
        ("PATCH", "{cohort_id}"): {"description": "Other."},
        ("POST", "people"): {"user_id": "fellow"},
        ("POST", "trainings"): {"kind": "home", "simulation_id": SIMULATION, "cohort_ids": [ids["cohort_id"]]},
        ("PATCH", "{training_id}"): {"position": 2},
    }
    given = bodies.get((case.method, case.path.rpartition("/")[2]))
    if given is not None:
        body.clear()
        body.update(given)


def _fresh(tx: Tx, site: Site) -> dict[str, str]:
    fresh, root = tx.new_id(), AccountId(site.ids["root"])
    account = accounts.create_account(tx, NewAccount(user_id=f"fresh-{fresh}", name="Fresh"))
    cohort = accounts.create_cohort(tx, "Fresh", None)
    accounts.add_to_cohort(tx, cohort.cohort_id, account.account_id, "learner")
    name = {"names": (Value(id=tx.new_id(), fields={"name": "Fresh"}),)}
    return {
        "fresh": fresh,
        "account_id": account.account_id,
        "profile_id": account.account_id,
        "cohort_id": cohort.cohort_id,
        "department_id": accounts.create_department(tx, f"Fresh {fresh}").department_id,
        "training_id": site.homes["home-single"],
        "draft_id": drafts.create_of_artifact(tx, root, "persona", None, ArtifactBody(values=name)).id,
    }
