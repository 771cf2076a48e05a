"""P20: bodies, ids and texts that no client would send, at the routes about people, cohorts, trainings and tries."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from parlour.kernel.ids import named_id
from tests.abuse.edges import LONG, TEXTS, UNKNOWN, Edge, spoilt, wholes
from tests.conftest import STORES, make_site
from tests.promises.figures import Figure
from tests.wire.packs import install

COHORT, SIMULATION = named_id("wire", "cohort", "everyone"), named_id("wire", "simulation", "single")
SETTINGS: Mapping[str, object] = {"hints_enabled": True, "time_limit": 60}
TRAINING: Mapping[str, object] = {
    "name": "Made",
    "description": "Made",
    "cohort_ids": [COHORT],
    "start_time": "2026-01-01T00:00:00Z",
    "end_time": "2098-01-01T00:00:00+14:00",
    "position": 1,
    "active": False,
    "again": False,
}
NEW_TRAINING = {**TRAINING, "kind": "practice", "simulation_id": SIMULATION, "settings": dict(SETTINGS)}
PAGES = ("cursor", "limit")
QUERIES = {
    "accounts": ("search", *PAGES),
    "cohorts": PAGES,
    "trainings": PAGES,
    f"cohorts/{COHORT}/people/{UNKNOWN}": ("part",),
}
IDS = ("%00", "..%2f..%2fetc%2fpasswd", "%ff", "%ed%a0%80", "x" * 3000, "%E2%80%AE", f"{UNKNOWN}%00")


@pytest.fixture(scope="module", params=STORES)
def edge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """A site of this module's own on each store."""
    site = make_site(request.param, tmp_path_factory.mktemp("people-edges"), request)
    install(site, ["learner"], ["instructor"])
    yield Edge(site, site.start())
    site.close()


def bodies(edge: Edge) -> list[tuple[str, str, str, Mapping[str, object]]]:
    """Who sends what where, so that it gets as far as it can."""
    with edge.http("instructor") as http:
        made = edge.ask(http, "POST", "/api/v1/trainings", NEW_TRAINING)
        assert made.status_code == 201, made.text
        template = {"chat_entry_id": made.json()["templates"][0]["chat_entry_id"], "settings": dict(SETTINGS)}
    with edge.http("root") as http:
        department = edge.ask(http, "GET", "/api/v1/departments").json()["items"][0]["id"]
    account = {"role": "member", "requests_per_day": 100, "department_ids": [department], "disabled": False}
    person = {"user_id": "made", "name": "Made", "email": "m@example.org", "password": "long enough", **account}
    person.pop("disabled")
    templates = [template]
    return [
        ("root", "POST", "departments", {"name": "Made"}),
        ("root", "PATCH", f"departments/{department}", {"name": "Made too"}),
        ("admin", "POST", "accounts", person),
        ("admin", "PATCH", f"accounts/{edge.site.ids['fellow']}", account),
        ("instructor", "POST", "cohorts", {"name": "Made", "description": "Made", "department_id": department}),
        ("instructor", "PATCH", f"cohorts/{COHORT}", {"name": "Made", "description": "Made", "department_id": None}),
        ("instructor", "POST", f"cohorts/{COHORT}/people", {"user_id": "fellow", "part": "learner"}),
        ("instructor", "POST", "trainings", NEW_TRAINING),
        ("instructor", "PATCH", f"trainings/{made.json()['id']}", {**TRAINING, "adopt": True, "templates": templates}),
    ]


@pytest.mark.promise("P20")
def test_every_route_about_people_takes_any_body_and_any_address(edge: Edge, figure: Figure) -> None:
    for caller, method, path, good in bodies(edge):
        with edge.http(caller) as http:
            odd = (*wholes(), LONG % b"department_ids") if path == "accounts" else ()
            for body in (*spoilt(good), *odd):
                edge.ask(http, method, f"/api/v1/{path}", body)
            edge.ask(http, method, f"/api/v1/{path}", good)
    with edge.http("admin") as http:
        for path, names in QUERIES.items():
            for name in names:
                for text in TEXTS:
                    method = "DELETE" if "people" in path else "GET"
                    edge.ask(http, method, f"/api/v1/{path}", params={name: text})
        places: list[tuple[str, str, Any]] = [
            ("PATCH", "departments/{}", {"name": "x"}),
            ("PATCH", "accounts/{}", {}),
            ("GET", "cohorts/{}", None),
            ("DELETE", f"cohorts/{COHORT}/people/{{}}", None),
            ("GET", "trainings/{}", None),
            ("POST", "authoring/drafts/{}/try", None),
            ("GET", "authoring/drafts/{}/try", None),
        ]
        for method, path, body in places:
            for text in (*IDS, UNKNOWN, UNKNOWN.upper()):
                answer = edge.ask(http, method, f"/api/v1/{path.format(text)}", body)
                assert answer.status_code in (403, 404, 405, 422), (path, text, answer.text)
        for name in ("<script>alert(1)</script>", "=1+1", "\u202etxet\u202c"):
            made = edge.ask(http, "POST", "/api/v1/accounts", {"user_id": f"p{len(name)}", "name": name})
            assert made.status_code == (422 if "\u202e" in name else 201), made.text
            assert made.headers["content-type"].startswith("application/")
    lines = [json.loads(line) for line in edge.process.log_text().splitlines()]
    assert not [line for line in lines if "error" in line or "where" in line], lines[-3:]
    refused = sum(count for status, count in edge.statuses.items() if status >= 400)
    figure(
        "P20",
        f"people, cohorts, trainings, tries: {edge.statuses.total()} hostile bodies and addresses ({refused} refused): "
        "0 answers of 500 and above, 0 tracebacks",
    )
