"""Whom staff see and change: accounts, departments and cohorts under the rights of who asks (Glow 1.1)."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.audit import actions as audit
from parlour.audit.entities import Wanted
from parlour.kernel.actor import RANKS, ROLES, Role
from parlour.storage.tx import Tx
from tests.conftest import STORES, make_site
from tests.harness.site import PASSWORD, Process, Site

UNKNOWN = "00000000-0000-7000-8000-000000000000"
# Besides `learner`, `fellow`, `instructor`, `admin`, `root` of the teaching centre and `outsider` without a department.
PEOPLE: dict[str, tuple[Role, tuple[str, ...]]] = {
    "far-admin": ("admin", ("far",)),
    "far-teacher": ("instructional", ("far",)),
    "far-learner": ("member", ("far",)),
    "both": ("member", ("near", "far")),
    "colleague": ("instructional", ("near",)),
    "near-admin": ("admin", ("near",)),
    "loose-admin": ("admin", ()),
    "special": ("custom", ("near",)),
    "Straße Ünal": ("member", ("near",)),
}


class House:
    """A server with two departments, and who asks it."""

    def __init__(self, site: Site, process: Process) -> None:
        self.site, self.process = site, process
        self.near, self.far = "", ""

    def fill(self, tx: Tx) -> None:
        self.near = accounts.list_departments(tx)[0].department_id
        self.far = accounts.create_department(tx, "Far away").department_id
        for user_id, (role, places) in PEOPLE.items():
            made = accounts.create_account(tx, NewAccount(user_id=user_id, name=f"The {user_id}", role=role))
            ids = [self.near if each == "near" else self.far for each in places]
            accounts.set_account_departments(tx, made.account_id, ids)
            self.site.ids[user_id] = made.account_id
            self.site.tokens[user_id] = accounts.issue_session(tx, made.account_id, "session", "test", 86_400)

    def ask(self, caller: str, method: str, path: str, body: object = None) -> httpx.Response:
        """One request; its answer is no fault."""
        headers = {"authorization": f"Bearer {self.site.tokens[caller]}"}
        answer = httpx.request(method, f"{self.process.url}/api/v1{path}", json=body, headers=headers, timeout=60)
        assert answer.status_code < 500, answer.text
        return answer

    def ok(self, caller: str, method: str, path: str, body: object = None) -> Any:
        answer = self.ask(caller, method, path, body)
        assert answer.is_success, (caller, method, path, answer.text)
        return answer.json() if answer.content else None

    def seen(self, caller: str) -> set[str]:
        """Whom somebody sees, through all pages."""
        found: set[str] = set()
        cursor = ""
        while True:
            page = self.ok(caller, "GET", f"/accounts?limit=2{cursor}")
            names = {each["user_id"] for each in page["items"]}
            assert not names & found, "somebody is on two pages"
            found |= names
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    def change(self, caller: str, who: str, **body: object) -> httpx.Response:
        return self.ask(caller, "PATCH", f"/accounts/{self.site.ids.get(who, who)}", body)

    def audited(self, action: str, subject: str) -> list[str]:
        rows = self.site.write(lambda tx: audit.list_rows(tx, Wanted(limit=1_000, subject=subject, action=action)))
        return [row.detail for row in rows]


@pytest.fixture(scope="module", params=STORES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    site = make_site(request.param, tmp_path_factory.mktemp("people"), request)
    made = House(site, site.start())
    site.write(made.fill)
    yield made
    site.close()


def test_everybody_sees_their_own_people_and_nobody_else(house: House) -> None:
    near = {"learner", "fellow", "instructor", "admin", "root", "both", "colleague", "near-admin", "special"}
    near |= {"Straße Ünal"}
    far = {"far-admin", "far-teacher", "far-learner", "both"}
    everybody = near | far | {"outsider", "loose-admin"}
    assert house.seen("root") == everybody
    assert house.seen("admin") == house.seen("colleague") == near
    assert house.seen("far-admin") == house.seen("far-teacher") == far
    for alone in ("learner", "special", "loose-admin", "far-learner", "outsider"):
        assert house.seen(alone) == {alone}
    for words in ("STRASSE", "ünal", "the strasse"):
        found = house.ok("colleague", "GET", f"/accounts?search={words}")["items"]
        assert [each["user_id"] for each in found] == ["Straße Ünal"]
        assert house.ok("far-teacher", "GET", f"/accounts?search={words}")["items"] == []
    assert house.ask("admin", "GET", "/accounts?cursor=!!").status_code == 422
    both = {each["user_id"]: each for each in house.ok("admin", "GET", "/accounts")["items"]}["both"]
    assert both["department_ids"] == [house.near], "an admin is told of departments that are not the own ones"
    assert (both["may_edit"], both["may_move"], both["email"], both["requests_per_day"]) == (False, True, None, None)
    by_teacher = {each["user_id"]: each for each in house.ok("colleague", "GET", "/accounts")["items"]}
    assert not any(each["may_edit"] or each["may_move"] for each in by_teacher.values())
    roles = {each["role"]: each for each in house.ok("admin", "GET", "/roles")["items"]}
    assert [role for role in ROLES if roles[role]["may_give"]] == ["instructional", "member", "guest", "custom"]
    assert (roles["admin"]["people"], roles["superadmin"]["rank"]) == (2, 5)
    assert not any(each["may_give"] for each in house.ok("instructor", "GET", "/roles")["items"])


def test_nobody_gives_a_role_at_or_above_the_own_rank_nor_changes_who_has_one(house: House) -> None:
    people: dict[str, Role] = {
        "root": "superadmin",
        "admin": "admin",
        "colleague": "instructional",
        "learner": "member",
    }
    for caller, role in people.items():
        for given in ROLES:
            allowed = RANKS[role] >= 4 and RANKS[given] < RANKS[role]
            body = {"user_id": f"{caller}-{given}", "name": "New", "role": given, "department_ids": [house.near]}
            made = house.ask(caller, "POST", "/accounts", body)
            assert made.status_code == (201 if allowed else 403), (caller, given, made.text)
            if caller in ("root", "admin"):
                changed = house.change(caller, "Straße Ünal", role=given)
                assert changed.status_code == (200 if allowed else 403), (caller, given, changed.text)
    assert house.change("root", "Straße Ünal", role="member").json()["role"] == "member"
    for caller, other in (("admin", "near-admin"), ("admin", "root"), ("admin", "admin"), ("root", "root")):
        for body in ({"role": "member"}, {"disabled": True}, {"requests_per_day": 1}, {"department_ids": []}):
            assert house.change(caller, other, **body).status_code == 403, (caller, other, body)
    assert [house.change(each, "learner", disabled=True).status_code for each in ("colleague", "learner")] == [403, 403]
    assert house.change("fellow", "learner", role="guest").status_code == 404
    assert house.change("root", "admin", role="superadmin").status_code == 403


def test_who_is_not_seen_is_not_there(house: House) -> None:
    for caller in ("admin", "colleague", "learner", "loose-admin"):
        hidden = house.change(caller, "far-learner", role="guest")
        missing = house.change(caller, UNKNOWN, role="guest")
        assert (hidden.status_code, hidden.text) == (missing.status_code, missing.text)
        assert missing.json()["code"] == "not_found"
    assert house.change("admin", "not-an-id", role="guest").status_code == 422
    assert house.change("admin", "learner", role="god").status_code == 422
    assert house.change("admin", "learner", surname="x").status_code == 422


def test_an_admin_decides_about_the_own_departments_only(house: House) -> None:
    body = {"user_id": "newcomer", "name": "New Comer", "email": "New@example.org", "password": PASSWORD}
    made = house.ok("admin", "POST", "/accounts", body)
    assert (made["role"], made["department_ids"], made["email"]) == ("member", [house.near], "new@example.org")
    signed = house.ask("admin", "POST", "/sessions", {"user_id": "newcomer", "password": PASSWORD})
    assert signed.status_code == 200
    site = house.site
    site.ids["newcomer"], site.tokens["newcomer"] = made["profile_id"], signed.json()["token"]
    assert house.ask("admin", "POST", "/accounts", body).json()["code"] == "account_taken"
    elsewhere = {"user_id": "other", "name": "Other", "department_ids": [house.far]}
    unknown = {"user_id": "other", "name": "Other", "department_ids": [UNKNOWN]}
    refused = [house.ask("admin", "POST", "/accounts", each) for each in (elsewhere, unknown)]
    assert {each.text for each in refused} == {refused[0].text}
    assert refused[0].json()["code"] == "not_found"
    assert house.ask("admin", "POST", "/accounts", elsewhere | {"department_ids": []}).status_code == 422
    assert house.ask("loose-admin", "POST", "/accounts", {"user_id": "x", "name": "X"}).status_code == 403
    assert house.ok("root", "POST", "/accounts", {"user_id": "free", "name": "Free"})["department_ids"] == []
    assert house.change("admin", "newcomer", requests_per_day=5).json()["requests_per_day"] == 5
    assert house.change("admin", "newcomer", requests_per_day=None).json()["requests_per_day"] is None
    assert house.change("admin", "newcomer", department_ids=[]).status_code == 422
    assert house.change("admin", "newcomer", department_ids=[house.near, house.far]).status_code == 404
    # who is in another department too is not theirs alone: they move them, and nothing else
    assert house.change("admin", "both", role="guest").status_code == 403
    assert house.change("admin", "both", disabled=True).status_code == 403
    assert house.change("far-admin", "both", department_ids=[]).json()["department_ids"] == []
    assert house.seen("far-teacher") == {"far-admin", "far-teacher", "far-learner"}
    assert house.change("admin", "both", requests_per_day=7).json()["requests_per_day"] == 7
    assert house.change("root", "both", department_ids=[house.near, house.far]).status_code == 200
    # disabling ends every session at once; enabling brings none back
    assert house.change("admin", "newcomer", disabled=True).json()["disabled"] is True
    assert house.ask("newcomer", "GET", "/roles").status_code in (401, 403)
    assert house.change("admin", "newcomer", disabled=False).json()["disabled"] is False
    assert house.ask("newcomer", "GET", "/roles").status_code == 401
    details = house.audited("account.change", made["profile_id"])
    assert details == ['{"requests_per_day":[null,5]}', '{"requests_per_day":[5,null]}', '{"disabled":true}',
                       '{"disabled":false}']  # fmt: skip
    assert len(house.audited("account.create", made["profile_id"])) == 1


def test_departments_are_made_by_superadmins_and_renamed_by_their_admins(house: House) -> None:
    names = {"root": ["Far away", "Teaching centre"], "admin": ["Teaching centre"], "far-learner": ["Far away"]}
    for caller, expected in names.items():
        listed = house.ok(caller, "GET", "/departments")
        assert [each["name"] for each in listed["items"]] == expected
        assert listed["may_create"] == (caller == "root")
    assert house.ok("outsider", "GET", "/departments")["items"] == []
    assert [house.ask(each, "POST", "/departments", {"name": "Mine"}).status_code for each in ("admin", "learner")] == [
        403,
        403,
    ]
    made = house.ok("root", "POST", "/departments", {"name": "Third"})
    assert house.ask("root", "POST", "/departments", {"name": "Third"}).json()["code"] == "name_taken"
    assert house.ask("root", "POST", "/departments", {"name": " \t"}).json()["code"] == "name_invalid"
    near = f"/departments/{house.near}"
    assert house.ok("admin", "PATCH", near, {"name": "Centre"})["name"] == "Centre"
    assert house.ok("root", "PATCH", near, {"name": "Teaching centre"})["may_edit"] is True
    assert [house.ask(each, "PATCH", near, {"name": "X"}).status_code for each in ("colleague", "learner")] == [
        403,
        403,
    ]
    hidden = house.ask("far-admin", "PATCH", near, {"name": "X"})
    missing = house.ask("far-admin", "PATCH", f"/departments/{UNKNOWN}", {"name": "X"})
    assert (hidden.status_code, hidden.text) == (404, missing.text)
    assert len(house.audited("department.create", made["id"])) == 1
    assert len(house.audited("department.rename", house.near)) == 2


def test_an_instructor_leads_a_cohort_of_people_whom_they_see(house: House) -> None:
    made = house.ok("colleague", "POST", "/cohorts", {"name": "Autumn", "description": "The first"})
    cohort = f"/cohorts/{made['id']}"
    assert (made["department_id"], made["may_edit"], made["learners"]) == (house.near, True, [])
    assert [each["user_id"] for each in made["instructors"]] == ["colleague"]
    added = house.ok("colleague", "POST", f"{cohort}/people", {"user_id": "LEARNER"})
    assert [each["user_id"] for each in added["learners"]] == ["learner"]
    assert added["version"] > made["version"], "an open draft of the cohort would not notice"
    for hidden in ("far-learner", "outsider", "nobody at all"):
        refused = house.ask("colleague", "POST", f"{cohort}/people", {"user_id": hidden})
        missing = house.ask("colleague", "POST", f"{cohort}/people", {"user_id": "no such person"})
        assert (refused.status_code, refused.text) == (404, missing.text)
    assert house.ask("colleague", "POST", f"{cohort}/people", {"user_id": "admin"}).status_code == 403
    as_instructor = {"user_id": "fellow", "part": "instructor"}
    assert house.ask("colleague", "POST", f"{cohort}/people", as_instructor).status_code == 422
    # a colleague of the department reads it, and does not let himself in
    assert house.ok("instructor", "GET", cohort)["may_edit"] is False
    for method, path, body in (
        ("POST", f"{cohort}/people", {"user_id": "instructor", "part": "instructor"}),
        ("PATCH", cohort, {"name": "Mine"}),
        ("DELETE", f"{cohort}/people/{house.site.ids['learner']}", None),
    ):
        assert house.ask("instructor", method, path, body).status_code == 403
        for caller in ("far-admin", "far-teacher", "learner", "special", "loose-admin"):
            assert house.ask(caller, method, path, body).status_code == 404, (caller, path)
    assert house.ok("near-admin", "PATCH", cohort, {"name": "Spring"})["name"] == "Spring"
    assert house.ask("near-admin", "PATCH", cohort, {"department_id": house.far}).status_code == 404
    assert house.ask("near-admin", "PATCH", cohort, {"department_id": None}).status_code == 403
    house.ok("near-admin", "POST", f"{cohort}/people", {"user_id": "instructor", "part": "instructor"})
    assert "learner" in house.seen("instructor")
    removing = f"{cohort}/people/{house.site.ids['colleague']}"
    assert house.ask("instructor", "DELETE", removing).status_code == 403, "a colleague takes nobody's cohort away"
    assert house.ask("near-admin", "DELETE", f"{removing}?part=learner").status_code == 404
    assert house.ask("near-admin", "DELETE", f"{removing}?part=instructor").status_code == 204
    assert house.ok("colleague", "GET", cohort)["may_edit"] is False
    listed = {each["id"]: each for each in house.ok("admin", "GET", "/cohorts")["items"]}
    assert (listed[made["id"]]["learners"], listed[made["id"]]["instructors"]) == (1, 1)
    first = house.ok("root", "GET", "/cohorts?limit=1")
    assert len(first["items"]) == 1
    assert house.ok("root", "GET", f"/cohorts?cursor={first['items'][0]['id']}")["next_cursor"] is None
    assert house.ask("admin", "GET", f"/cohorts?cursor={UNKNOWN}").status_code == 422
    assert house.ok("learner", "GET", "/cohorts") == {"items": [], "next_cursor": None}
    details = house.audited("cohort.add", made["id"]) + house.audited("cohort.remove", made["id"])
    assert len(details) == 3
    assert not any(word in detail for detail in details for word in ("learner@", "Spring", "The "))


def test_a_cohort_without_a_department_is_of_who_teaches_it(house: House) -> None:
    assert house.ask("learner", "POST", "/cohorts", {"name": "Mine"}).status_code == 403
    made = house.ok("outsider", "POST", "/cohorts", {"name": "Guests"})
    cohort = f"/cohorts/{made['id']}"
    assert made["department_id"] is None
    assert house.ask("colleague", "GET", cohort).status_code == 404
    assert house.ask("admin", "GET", cohort).status_code == 404
    house.ok("root", "POST", f"{cohort}/people", {"user_id": "far-learner"})
    assert house.ok("far-admin", "GET", cohort)["may_edit"] is False
    assert house.ask("far-teacher", "GET", cohort).status_code == 404
    assert "far-learner" in house.seen("outsider"), "who teaches a cohort sees its people"
    shown = house.ok("far-admin", "GET", cohort)
    assert [each["user_id"] for each in shown["learners"]] == ["far-learner"]
    assert shown["instructors"] == [], "people of no department of the admin's are shown"
    taken = house.ask("outsider", "POST", "/cohorts", {"name": "Theirs", "department_id": house.near})
    unknown = house.ask("outsider", "POST", "/cohorts", {"name": "Theirs", "department_id": UNKNOWN})
    assert (taken.status_code, taken.text) == (404, unknown.text)


def test_rights_are_those_of_the_moment(house: House) -> None:
    body = {"user_id": "brief", "name": "Brief", "role": "admin", "department_ids": [house.near]}
    made = house.ok("root", "POST", "/accounts", body)
    house.site.ids["brief"] = made["profile_id"]
    house.site.tokens["brief"] = house.site.token("brief")
    assert house.change("brief", "learner", requests_per_day=9).status_code == 200
    assert house.change("root", "brief", role="instructional").status_code == 200
    assert house.change("brief", "learner", requests_per_day=None).status_code == 403
    assert house.change("root", "brief", role="member").status_code == 200
    assert house.change("brief", "learner", requests_per_day=None).status_code == 404
    assert house.change("admin", "learner", requests_per_day=None).status_code == 200
