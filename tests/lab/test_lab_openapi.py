"""H8: requests made from the lab part of `/openapi.json`, good and bad, are answered as it says and never by a 5xx."""

import os
from collections import Counter
from collections.abc import Iterator, MutableMapping
from typing import Any, cast

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis import checks as general
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks as openapi

from parlour.settings.lab import Arxiv, Lab, LabLimits
from tests.conftest import STORES, make_site
from tests.lab.house import LabHouse, Member, serving_here
from tests.promises.figures import Figure

EXAMPLES = int(os.environ.get("LAB_OPENAPI_EXAMPLES", "6"))  # of one operation and mode
LIMITS = LabLimits(
    requests_per_second_max=10**6,
    requests_burst_max=10**6,
    response_hold_ms=1,
    queued_turns_max=1000,
)
CHECKS: list[Any] = [
    general.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
    openapi.response_headers_conformance,
]
ENDLESS = "/users/{id}/events"


@pytest.fixture(scope="module", params=STORES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabHouse]:
    """A laboratory of these tests: they leave it full of nonsense."""
    site = make_site(request.param, tmp_path_factory.mktemp("openapi"), request)
    with serving_here(site, lab=Lab(limits=LIMITS, arxiv=Arxiv(enabled="off"))) as made:
        yield made
    site.close()


class Real:
    """Ids of things that exist, so that not everything is refused."""

    def __init__(self, house: LabHouse, member: Member) -> None:
        self._names = 0
        self._http = httpx.Client(base_url=f"{house.url}/users/{member.user_id}/", headers=member.headers, timeout=60)
        sent = self._http.post("chat_with_file", files={"file": ("a.txt", b"a")}, data={"text": "keep it"})
        self.turn = sent.headers["location"].rsplit("/", 1)[1]
        self.message = sent.headers["x-message-id"]
        self.handle = self._http.get("files").json()["files"][0]["handle"]

    def into(self, case: Case) -> None:
        """Put them where a request names such things."""
        body = cast("MutableMapping[str, Any]", case.body if isinstance(case.body, dict) else {})
        (case.headers or {}).pop("Idempotency-Key", None)
        known = {"turn_id": self.turn, "handle": self.handle, "question_id": self.question(case)}
        case.path_parameters.update({name: value for name, value in known.items() if name in case.path_parameters})
        if "filepath" in body:
            body["filepath"] = self.handle
        for name in ("turn_id", "question_id"):
            body.pop(name, None)
        if "password" in body:
            self._names += 1
            body.update(user_id=f"somebody {self._names}", password="correct horse")
        else:
            body.pop("user_id", None)
        if "after" in (case.query or {}):
            case.query["after"] = self.message

    def question(self, case: Case) -> str:
        """A question that is open, made if there is none."""
        if "question_id" not in case.path_parameters:
            return ""
        for _ in range(100):
            asked = self._http.get("questions").json()["questions"]
            if asked:
                return asked[0]["question_id"]
            state = self._http.get("conversation", params={"limit": 1}).json()["state"]
            if state == "IDLE":
                self._http.post("chat_text", json={"text": "create experiment"})
        raise AssertionError("nothing is asked")


def explore(member: Member, operation: APIOperation, mode: GenerationMode, real: Real) -> Counter[int]:
    """Try an operation with generated requests; how often it answered with which status."""
    statuses: Counter[int] = Counter()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=cast("list[HealthCheck]", list(HealthCheck)),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode), about_real_things=st.booleans(), own=st.integers(0, 3))
    def run(case: Case, about_real_things: bool, own: int) -> None:
        if own and "id" in case.path_parameters:
            case.path_parameters["id"] = member.user_id
        if about_real_things:
            real.into(case)
        if "wait" in (case.query or {}):
            case.query["wait"] = "0"
        headers = {} if case.path.endswith("/log-out") else member.headers
        answer = case.call(headers=headers)
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS, headers=headers)
        if answer.status_code >= 400 and case.method != "HEAD":
            problem = answer.json()
            assert answer.headers["content-type"] == ["application/problem+json"], answer.headers
            assert (problem["status"], problem["type"]) == (
                answer.status_code,
                f"urn:parlour:problem:{problem['code']}",
            )

    try:
        run()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, f"no valid request to {operation.path} was found"
    return statuses


@pytest.mark.lab("H8")
@pytest.mark.promise("P22")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_answer_of_the_laboratory_is_as_documented(house: LabHouse, mode: GenerationMode, figure: Figure) -> None:
    member = house.member()
    real, statuses, count = Real(house, member), Counter[int](), 0
    never: list[str] = []
    for found in schemathesis.openapi.from_url(f"{house.url}/openapi.json").get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        if not operation.path.startswith(("/users/", "/accounts/")) or operation.path == ENDLESS:
            continue
        answered = explore(member, operation, mode, real)
        statuses += answered
        count += 1
        if mode is GenerationMode.POSITIVE and not any(answered[status] for status in (200, 204, 401, 404)):
            never.append(f"{operation.method} {operation.path} {dict(answered)}")
    assert not never
    assert not [status for status in statuses if status >= 500]
    said = ", ".join(f"{number} × {status}" for status, number in sorted(statuses.items()))
    figure(
        "P22",
        f"laboratory: {statuses.total()} {mode.value} requests to {count} operations ({said}): 0 not as documented",
    )
