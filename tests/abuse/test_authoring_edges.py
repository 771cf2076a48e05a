"""P20: bodies, addresses and values that no author would send, at every route of drafts of artifacts."""

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from tests.abuse.edges import LONG, TEXTS, UNKNOWN, VALUES, Edge, spoilt, wholes
from tests.conftest import STORES, make_site
from tests.harness.site import Site

DRAFTS = "/api/v1/authoring/drafts"
# A good body for each route about a draft; `expected_version` is that of the draft.
GOOD: Mapping[tuple[str, str], Mapping[str, object]] = {
    ("PATCH", ""): {
        "expected_version": 1,
        "changes": [{"op": "add", "type": "examples", "fields": {"example": "Hi."}, "position": 0}],
    },
    ("POST", "/rebase"): {"expected_version": 1},
    ("POST", "/publish"): {"expected_version": 1, "update_trainings": True, "note": "Better."},
    ("POST", "/review"): {"expected_version": 1, "note": "Look."},
    ("POST", "/approve"): {"expected_version": 1},
    ("POST", "/editors"): {"user_id": "nobody"},
    ("POST", "/sources"): {"kind": "document", "id": UNKNOWN},
    ("POST", "/questions"): {"format": "gift", "text": "Yes? {=yes ~no}"},
}
CHANGES: tuple[Mapping[str, object], ...] = (
    {"op": "put", "type": "names", "fields": {"name": "One"}},
    {"op": "set", "type": "examples", "value_id": UNKNOWN, "fields": {"example": "Hi."}},
    {"op": "add", "type": "examples", "value_id": UNKNOWN, "fields": {"example": "Hi."}, "position": 0},
    {"op": "link", "type": "departments", "artifact_id": UNKNOWN},
    {"op": "remove", "type": "examples", "value_id": UNKNOWN},
    {"op": "move", "type": "examples", "value_id": UNKNOWN, "position": 1},
    {"op": "accept", "type": "examples"},
    {"op": "refuse", "type": "examples", "value_id": UNKNOWN},
)
TOLD = ("<script>alert(1)</script>", "\u202etxet\u202c \u200b", "=1+1", "e\u0301 \U0001f600", "\\u0000", "{{name}}")


@pytest.fixture(scope="module", params=STORES)
def edge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """A site of this module's own on each store."""
    site: Site = make_site(request.param, tmp_path_factory.mktemp("authoring"), request)
    yield Edge(site, site.start())
    site.close()


def begin(edge: Edge, http: httpx.Client, artifact_type: str = "persona") -> Any:
    """A new draft."""
    made = edge.ask(http, "POST", DRAFTS, {"artifact_type": artifact_type})
    assert made.status_code == 201, made.text
    return made.json()


def read(edge: Edge, http: httpx.Client, draft: Any) -> Any:
    """A draft as it is now."""
    return edge.ask(http, "GET", f"{DRAFTS}/{draft['id']}").json()


@pytest.mark.case(13)
def test_every_route_of_drafts_takes_any_body(edge: Edge) -> None:
    with edge.http("instructor") as http:
        for body in spoilt({"artifact_type": "persona", "artifact_id": UNKNOWN, "version": 1}):
            made = edge.ask(http, "POST", DRAFTS, body)
            if made.is_success:
                edge.ask(http, "DELETE", f"{DRAFTS}/{made.json()['id']}")
        draft = begin(edge, http)
        for (method, path), good in GOOD.items():
            place = f"{DRAFTS}/{draft['id']}{path}"
            for body in spoilt(good):
                edge.ask(http, method, place, body)
            for whole in (*wholes(), LONG % b"changes"):
                edge.ask(http, method, place, whole)
            if read(edge, http, draft)["closed"]:
                draft = begin(edge, http)


@pytest.mark.case(13)
def test_every_operation_takes_any_member_and_any_value(edge: Edge) -> None:
    with edge.http("instructor") as http:
        draft = begin(edge, http)
        place = f"{DRAFTS}/{draft['id']}"
        version = draft["version"]
        for good in CHANGES:
            for change in spoilt(good):
                answer = edge.ask(http, "PATCH", place, {"expected_version": version, "changes": [change]})
                version = answer.json()["version"] if answer.is_success else version
        rubric, scenario = begin(edge, http, "rubric"), begin(edge, http, "scenario")
        for made, type_name, members in (
            (rubric, "standards", ("name", "points")),
            (rubric, "standard_groups", ("signals",)),
            (scenario, "questions", ("allow_multiple", "options")),
            (scenario, "videos", ("captions",)),
        ):
            place, version = f"{DRAFTS}/{made['id']}", read(edge, http, made)["version"]
            for member, value in itertools.product(members, VALUES):
                add = {"op": "add", "type": type_name, "fields": {member: value}}
                answer = edge.ask(http, "PATCH", place, {"expected_version": version, "changes": [add]})
                version = answer.json()["version"] if answer.is_success else version
            edge.ask(http, "GET", f"{place}/differences")
            edge.ask(http, "POST", f"{place}/publish", {"expected_version": version})


def test_every_address_is_taken(edge: Edge) -> None:
    with edge.http("instructor") as http:
        draft = begin(edge, http)
        for text in ("%00", "..%2f..%2fetc%2fpasswd", "%ff", "%ed%a0%80", "x" * 3000, "%E2%80%AE", f"{UNKNOWN}%00"):
            for method, place in (
                ("GET", f"{DRAFTS}/{text}"),
                ("DELETE", f"{DRAFTS}/{text}"),
                ("GET", f"{DRAFTS}/{text}/differences"),
                ("GET", f"{DRAFTS}/{draft['id']}/sources/{text}"),
                ("DELETE", f"{DRAFTS}/{draft['id']}/sources/{text}"),
                ("DELETE", f"{DRAFTS}/{draft['id']}/editors/{text}"),
            ):
                assert edge.ask(http, method, place).status_code in (404, 422)
        for text in TEXTS:
            edge.ask(http, "GET", DRAFTS, params={"type": text})


def test_texts_stay_as_they_are(edge: Edge) -> None:
    with edge.http("instructor") as http:
        draft = begin(edge, http)
        for text in TOLD:
            body = {"expected_version": draft["version"], "changes": [{**CHANGES[0], "fields": {"name": text}}]}
            draft = edge.ask(http, "PATCH", f"{DRAFTS}/{draft['id']}", body).json()
            assert draft["values"]["names"][0]["fields"] == {"name": text}
            assert read(edge, http, draft)["name"] == text


@pytest.mark.promise("P20")
def test_the_server_is_well_and_its_log_names_nothing(edge: Edge) -> None:
    with edge.http("instructor") as http:
        assert http.get("/readyz").status_code == 200
        said = "canary-of-an-author"
        draft = begin(edge, http)
        body = {"expected_version": 1, "changes": [{**CHANGES[0], "fields": {"name": said}}]}
        assert edge.ask(http, "PATCH", f"{DRAFTS}/{draft['id']}", body).status_code == 200
    log = edge.process.log_text()
    lines = [json.loads(line) for line in log.splitlines()]
    assert not [line for line in lines if "error" in line or "where" in line or "exc_info" in line], lines[-3:]
    assert said not in log
