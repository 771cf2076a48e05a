"""Trainings of cohorts, and what publishing a cohort makes of them (Glow 1.2)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from parlour.catalog import actions as catalog
from parlour.kernel.ids import named_id
from tests.conftest import STORES, make_site
from tests.harness.site import Process, Site
from tests.wire.authors import Author
from tests.wire.packs import install

UNKNOWN = "00000000-0000-7000-8000-000000000000"
SINGLE, PAIR = named_id("wire", "simulation", "single"), named_id("wire", "simulation", "pair")
ONE = named_id("wire", "scenario", "one")
COHORT, OTHERS = named_id("wire", "cohort", "everyone"), named_id("wire", "cohort", "others")


class School:
    """A server with the tests' pack: `instructor` teaches its cohort, `learner` learns there."""

    def __init__(self, site: Site, process: Process) -> None:
        self.site, self.process = site, process

    def ask(self, caller: str, method: str, path: str, body: object = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.site.tokens[caller]}"}
        answer = httpx.request(method, f"{self.process.url}{path}", json=body, headers=headers, timeout=60)
        assert answer.status_code < 500, answer.text
        return answer

    def ok(self, caller: str, method: str, path: str, body: object = None) -> Any:
        answer = self.ask(caller, method, f"/api/v1{path}", body)
        assert answer.is_success, (caller, method, path, answer.text)
        return answer.json() if answer.content else None

    def cards(self, caller: str, kind: str = "home") -> dict[str, Any]:
        return {card[f"{kind}_id"]: card for card in self.ok(caller, "GET", f"/{kind}")["items"]}


@pytest.fixture(scope="module", params=STORES)
def school(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    site = make_site(request.param, tmp_path_factory.mktemp("school"), request)
    install(site, ["learner"], ["instructor"])
    yield School(site, site.start())
    site.close()


def test_who_teaches_a_cohort_assigns_and_changes_its_training(school: School) -> None:
    body = {"kind": "home", "simulation_id": PAIR, "cohort_ids": [COHORT], "settings": {"hints_enabled": False}}
    made = school.ok(
        "instructor", "POST", "/trainings", {**body, "start_time": "2026-01-01T09:00:00+01:00", "again": True}
    )
    place = f"/trainings/{made['id']}"
    assert (made["name"], made["simulation_name"], made["version"], made["may_edit"]) == ("Pair", "Pair", 1, True)
    assert (made["start_time"], made["end_time"]) == ("2026-01-01T08:00:00.000Z", None)
    chats = made["templates"]
    assert [chat["settings"]["hints_enabled"] for chat in chats] == [False, False]
    assert [chat["scenario_version"] for chat in chats] == [chat["newest_scenario_version"] for chat in chats] == [1, 1]
    assert made["id"] in school.cards("learner")
    assert made["id"] not in school.cards("fellow")
    # it is changed by who teaches all of its cohorts, and nobody else
    limited = {"chat_entry_id": chats[0]["chat_entry_id"], "name": "First", "settings": {"time_limit": 90}}
    change = {"expected_version": 1, "name": "Morning", "position": 3, "start_time": None, "templates": [limited]}
    assert school.ask("admin", "PATCH", f"/api/v1{place}", change).status_code == 403
    for caller in ("outsider", "learner", "fellow"):
        hidden = school.ask(caller, "PATCH", f"/api/v1{place}", change)
        missing = school.ask(caller, "PATCH", f"/api/v1/trainings/{UNKNOWN}", change)
        assert (hidden.status_code, hidden.text) == (404, missing.text)
        assert made["id"] not in {each["id"] for each in school.ok(caller, "GET", "/trainings")["items"]}
    changed = school.ok("instructor", "PATCH", place, change)
    assert (changed["name"], changed["position"], changed["start_time"], changed["version"]) == ("Morning", 3, None, 2)
    first, second = changed["templates"]
    assert (first["name"], first["settings"]["time_limit"], first["settings"]["hints_enabled"]) == ("First", 90, False)
    assert second["settings"]["time_limit"] is None
    stale = school.ask("instructor", "PATCH", f"/api/v1{place}", change)
    assert (stale.status_code, stale.json()["code"]) == (409, "version_mismatch")
    adopted = school.ok("instructor", "PATCH", place, {"adopt": True})
    assert adopted["templates"][0]["settings"]["hints_enabled"] is True
    assert school.ok("instructor", "PATCH", place, {"active": False})["active"] is False
    assert made["id"] not in school.cards("learner")
    listed = {each["id"]: each for each in school.ok("admin", "GET", "/trainings")["items"]}
    paged = school.ok("admin", "GET", "/trainings?limit=1")
    following = school.ok("admin", "GET", f"/trainings?limit=1&cursor={paged['next_cursor']}")
    both = [each["id"] for each in (*paged["items"], *following["items"])]
    assert both == list(listed)[:2]
    assert (listed[made["id"]]["active"], listed[made["id"]]["may_edit"]) == (False, False)


def test_what_no_training_may_be_is_refused(school: School) -> None:
    good: dict[str, Any] = {"kind": "practice", "simulation_id": SINGLE, "cohort_ids": [COHORT]}
    refused: list[tuple[str, dict[str, Any], int]] = [
        ("learner", {}, 403),
        ("instructor", {"everyone": True}, 403),
        ("admin", {"everyone": True}, 403),
        ("outsider", {}, 404),
        ("admin", {}, 403),  # reads the cohort, does not teach it
        ("instructor", {"cohort_ids": [OTHERS]}, 404),
        ("instructor", {"cohort_ids": []}, 422),
        ("instructor", {"simulation_id": UNKNOWN}, 404),
        ("instructor", {"simulation_id": ONE}, 404),
        ("instructor", {"start_time": "tomorrow"}, 422),
        ("instructor", {"start_time": "2026-02-01T00:00:00Z", "end_time": "2026-01-01T00:00:00Z"}, 422),
        ("instructor", {"settings": {"time_limit": 0}}, 422),
        ("instructor", {"settings": {"generate_questions": True}}, 422),
        ("instructor", {"settings": {"hints_enabled": "yes"}}, 422),
        ("instructor", {"name": "   "}, 422),
        ("instructor", {"secret": 1}, 422),
    ]
    for caller, change, status in refused:
        answer = school.ask(caller, "POST", "/api/v1/trainings", good | change)
        assert answer.status_code == status, (caller, change, answer.text)
    # what its cohort has already is assigned once more only for who says so; what is off or over does not count
    doubled = school.ask("instructor", "POST", "/api/v1/trainings", good)
    assert (doubled.status_code, doubled.json()["code"]) == (409, "already_assigned")
    made = school.ok("instructor", "POST", "/trainings", good | {"again": True})
    place = f"/api/v1/trainings/{made['id']}"
    theirs = good | {"simulation_id": PAIR, "cohort_ids": [OTHERS]}
    ended = {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-02T00:00:00Z"}
    for _ in range(2):
        school.ok("root", "POST", "/trainings", theirs | ended)
        school.ok("root", "POST", "/trainings", theirs | {"active": False})
    also = school.ok("root", "POST", "/trainings", theirs)
    school.ok("root", "POST", "/trainings", theirs | {"cohort_ids": [COHORT], "again": True})
    both = {"cohort_ids": [OTHERS, COHORT]}
    refused_one = school.ask("root", "PATCH", f"/api/v1/trainings/{also['id']}", both)
    assert (refused_one.json()["code"], "as “Pair”" in refused_one.json()["detail"]) == ("already_assigned", True)
    kept = school.ok("root", "PATCH", f"/trainings/{also['id']}", both | {"again": True})
    assert set(kept["cohort_ids"]) == {OTHERS, COHORT}
    rush = good | {"cohort_ids": [school.ok("instructor", "POST", "/cohorts", {"name": "Rush"})["id"]]}
    with ThreadPoolExecutor(4) as hands:
        pressed = [hands.submit(school.ask, "instructor", "POST", "/api/v1/trainings", rush) for _ in range(4)]
        assert sorted(each.result().status_code for each in pressed) == [201, 409, 409, 409]
    template = {"chat_entry_id": made["templates"][0]["chat_entry_id"]}
    for change in (
        {"templates": [{"chat_entry_id": UNKNOWN}]},
        {"templates": [{**template, "scenario_version": 99}]},
        {"templates": [{**template, "rubric_version": 99}]},
        {"cohort_ids": []},
        {"everyone": True},
        {"cohort_ids": [COHORT, OTHERS]},
    ):
        assert school.ask("instructor", "PATCH", place, change).status_code in (403, 404, 422), change
    assert school.ok("root", "PATCH", f"/trainings/{made['id']}", {"everyone": True})["everyone"] is True
    assert made["id"] in school.cards("fellow", "practice")
    assert school.ask("instructor", "PATCH", place, {"name": "Mine again"}).status_code == 403
    assert school.ok("outsider", "GET", f"/trainings/{made['id']}")["cohort_ids"] == []


async def test_publishing_a_cohort_sets_its_people_and_its_trainings(school: School) -> None:
    async with Author(school.site, school.process, "instructor") as author:
        draft = await author.begin("cohort")
        draft = await author.change(
            draft,
            {"op": "put", "type": "names", "fields": {"name": "Evening"}},
            {"op": "link", "type": "simulations", "artifact_id": SINGLE},
            {"op": "link", "type": "simulations", "artifact_id": PAIR},
            {"op": "link", "type": "profiles", "artifact_id": school.site.ids["fellow"]},
        )
        done = await author.post(draft, "publish")
        cohort_id = done["artifact_id"]
        trainings = {simulation: named_id("training", cohort_id, simulation) for simulation in (SINGLE, PAIR)}
        assert set(trainings.values()) <= set(school.cards("fellow"))
        detail = school.ok("instructor", "GET", f"/cohorts/{cohort_id}")
        assert [each["user_id"] for each in detail["learners"]] == ["fellow"]
        assert [each["user_id"] for each in detail["instructors"]] == ["instructor"]
        assert {each["id"] for each in detail["trainings"]} == set(trainings.values())
        # what is set at a training stays when the cohort is published again; a simulation that goes ends its training
        school.ok("instructor", "PATCH", f"/trainings/{trainings[SINGLE]}", {"name": "Warm-up"})
        draft = await author.begin("cohort", artifact_id=cohort_id)
        assert len(draft["values"]["instructors"]) == 1
        changes = [
            {"op": "remove", "type": "simulations", "value_id": PAIR},
            {
                "op": "add",
                "type": "simulation_availability",
                "fields": {"simulation_id": SINGLE, "time": "2099-01-01T00:00:00Z", "type": "end"},
            },
        ]
        draft = await author.change(draft, *changes)
        await author.post(draft, "publish")
        cards = school.cards("fellow")
        assert (cards[trainings[SINGLE]]["name"], cards[trainings[SINGLE]]["end_time"][:4]) == ("Warm-up", "2099")
        assert trainings[PAIR] not in cards
        # who came in meanwhile is not thrown out by a draft that was begun before
        draft = await author.begin("cohort", artifact_id=cohort_id)
        school.ok("instructor", "POST", f"/cohorts/{cohort_id}/people", {"user_id": "learner"})
        draft = await author.change(draft, {"op": "put", "type": "descriptions", "fields": {"description": "Late"}})
        conflict = await author.post(draft, "publish", status=409)
        assert conflict["code"] == "base_conflict"
        rebased = await author.post(draft, "rebase")
        await author.post(rebased["draft"], "publish")
        detail = school.ok("instructor", "GET", f"/cohorts/{cohort_id}")
        assert ([each["user_id"] for each in detail["learners"]], detail["description"]) == (
            ["fellow", "learner"],
            "Late",
        )


async def test_nobody_publishes_themselves_into_a_cohort_or_people_whom_they_do_not_see(school: School) -> None:
    def taught() -> tuple[object, object]:
        found = school.ok("root", "GET", f"/cohorts/{COHORT}")
        return found["instructors"], found["learners"]

    before = taught()
    async with Author(school.site, school.process, "outsider") as author:
        await author.begin("cohort", artifact_id=COHORT, status=404)
        draft = await author.begin("cohort")
        linked = {"op": "link", "type": "profiles", "artifact_id": school.site.ids["learner"]}
        await author.change(draft, linked, status=404)
        made = {"op": "add", "type": "profiles", "fields": {"user_id": "learner"}}
        named = {"op": "put", "type": "names", "fields": {"name": "Mine"}}
        answer = await author.http.patch(
            f"/api/v1/authoring/drafts/{draft['id']}", json={"expected_version": 1, "changes": [named, made]}
        )
        if answer.is_success:
            refused = await author.post(answer.json(), "publish", status=422)
            assert refused["code"] == "draft_invalid"
    assert taught() == before
    assert school.site.write(lambda tx: catalog.cohort(tx, COHORT)) is not None


async def test_a_cohort_of_a_bundle_keeps_its_people_and_gets_no_training_twice(school: School) -> None:
    before = set(school.cards("learner"))
    async with Author(school.site, school.process, "instructor") as author:
        draft = await author.begin("cohort", artifact_id=COHORT)
        draft = await author.name(draft, "Renamed")
        await author.post(draft, "publish")
    cards = school.cards("learner")
    assert set(cards) == before
    assert "Renamed" in {card["cohort_names_junction"] for card in cards.values()}
