"""P22: what the server answers over HTTP is what its own documents say."""

import os
from collections import Counter
from collections.abc import Iterator, MutableMapping
from functools import cached_property
from typing import Any, cast

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import validate
from schemathesis import Case, GenerationMode
from schemathesis import checks as general
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks as openapi

from parlour.assistant.experiments import actions as experiments
from parlour.assistant.experiments.entities import Experiment, NewExperiment
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx
from tests.conftest import make_site
from tests.harness.site import Process, Site
from tests.harness.spoken import Aloud, said_aloud
from tests.promises.figures import Figure
from tests.wire import benches, openapi_authoring, openapi_people
from tests.wire.house import UNKNOWN
from tests.wire.http_client import EVENTS, OPERATIONS
from tests.wire.packs import install
from tests.wire.test_uploads import VIDEO
from tests.wire.voices import SCRIPTED

EXAMPLES = int(os.environ.get("OPENAPI_EXAMPLES", "4"))  # of one operation and mode
ALWAYS: list[Any] = [
    general.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
    openapi.response_headers_conformance,
    openapi.unsupported_method,
    openapi.allow_header_conformance,
]
CHECKS = {
    GenerationMode.POSITIVE: [*ALWAYS, openapi.ignored_auth],
    GenerationMode.NEGATIVE: [*ALWAYS, openapi.negative_data_rejection],
}
SOON = "wait=1"
VOICE = (OPERATIONS + "attempt/audio_", OPERATIONS + "attempt/text_frame")
TEXT = "/api/v1/laboratory/text"  # needs the handle of a file: tests/lab/test_looking.py
OF_STAFF = ("/api/v1/benchmarks", "/api/v1/recordings", "/api/v1/tests")  # asked as an instructor
DECISION = "/decision"  # of what was said aloud: likewise
UPLOAD = {"recording": {"title": "Uploaded", "messages": [{"role": "assistant", "content": "Hello."}]}}
LABORATORY = ("/users/", "/accounts/")  # see tests/lab/test_lab_openapi.py


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of these tests: they leave it full of nonsense."""
    made = make_site("sqlite", tmp_path_factory.mktemp("openapi"), request)
    install(made, ["learner"], ["instructor"])
    benches.install(made)
    yield made
    made.close()


@pytest.fixture(scope="module")
def server(site: Site) -> Process:
    """A running server on it. What is measured is what it answers, not the brakes on floods."""
    wide = {"limits__sockets_per_account_max": 10_000, "limits__socket_events_per_second_max": 10_000}
    return site.start(**wide, **SCRIPTED, VOICE__SESSIONS_MAX=10_000)


@pytest.fixture(scope="module")
def http(server: Process, site: Site) -> Iterator[httpx.Client]:
    """A client of its learner."""
    headers = {"authorization": f"Bearer {site.tokens['learner']}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
        yield client


class Real:
    """Makes generated requests ones about things that exist, so that they are not all refused."""

    def __init__(self, http: httpx.Client, site: Site) -> None:
        self._http, self._site = http, site
        headers = {"authorization": f"Bearer {site.tokens['instructor']}"}
        self.staff = httpx.Client(base_url=http.base_url, headers=headers, timeout=60)
        self._earlier = ""  # a graded chat
        self._prepared: dict[str, Any] = http.post("/api/v1/authoring/runs").json()  # before there are too many

    def into(self, case: Case) -> None:  # noqa: PLR0912 (a branch for every kind of id)
        """Every id that a request names becomes a real one: of a fresh attempt, of a fresh session."""
        body = cast("MutableMapping[str, Any]", case.body if isinstance(case.body, dict) else {})
        wanted = {*body, *case.path_parameters}
        (case.headers or {}).pop("Idempotency-Key", None)
        body.pop("client_request_id", None)
        body.pop("parent_message_id", None)
        if {"attempt_id", "chat_id"} & wanted and not case.path.startswith(OF_STAFF):
            self._set(case, body, self._attempt(spoken="message" not in wanted))
        body.pop("draft_id", None)
        if case.path.startswith(openapi_people.PEOPLE):
            openapi_people.into(self._site, case, body)
            return
        if openapi_authoring.covers(case.path):
            openapi_authoring.into(self._site, case, body)
            return
        if case.path.startswith(OF_STAFF):
            self._about_tests(case, body)
            return
        if "attempt_ids" in wanted:
            body["attempt_ids"] = [self._attempt(spoken=False)["attempt_id"]]
        if "previous_chat_map" in wanted:
            body.update(self._reusing())
        if "/utterances/" in case.path:
            self._about_speech(case)
        if "/branches" in case.path or "/grades/" in case.path:
            self._about_parts(case)
        if "/drafts" in case.path or case.path.endswith("/choices"):
            self._customising(case, body)
        if case.path.endswith("/generate"):
            self._generating(body)
        if case.path.startswith(("/api/v1/authoring/runs/", "/api/v1/authoring/groups/")):
            self._set(case, body, self._prepared)
        if "question_id" in wanted:
            body.update(self._question())
        if "experiment_id" in wanted:
            case.path_parameters["experiment_id"] = self._experiment()
        if "upload_id" in wanted:
            case.path_parameters["upload_id"] = VIDEO
        if {"test_id", "invocation_id"} & wanted:
            self._set(case, body, self._test(case.path))
        self._set(case, body, {"benchmark_id": benches.bench("plain"), "recording_id": benches.recording("one")})
        if {"home_id", "practice_id"} & wanted:
            body.pop("practice_id", None)
            body["home_id"] = next(iter(self._site.homes.values()))
        parameters = {parameter.name for parameter in case.operation.query}
        if "sid" in parameters and case.path != EVENTS:
            case.query["sid"] = self._post("connect", {})["sid"]
        if case.path.startswith(VOICE):
            self._speaking(case, body)
        if "wait" in parameters:
            case.query["wait"] = 0

    def _speaking(self, case: Case, body: MutableMapping[str, Any]) -> None:
        """A voice session for what needs one; a frame of either kind is whole."""
        if case.path.endswith("/text_frame"):
            body.update(self._attempt(spoken=False), message="Hello?")
            self._post("attempt/audio_start", {"chat_id": body["chat_id"]}, sid=case.query["sid"])
        if case.path.endswith("/audio_frame"):
            body.update({"audio": "AAAAAA=="} if body else {})
            for name in ("chat_id", "seq"):
                case.query.pop(name, None)
            case.query.update({} if body else {"chat_id": UNKNOWN, "seq": 1})
            case.body = cast("Any", body or bytes(4))

    def _experiment(self) -> str:
        learner = AccountId(self._site.ids["learner"])

        def create(tx: Tx) -> Experiment:
            return experiments.create(tx, NewExperiment(account_id=learner, name=tx.new_id(), description="Weather"))

        return self._site.write(create).id

    def _attempt(self, *, spoken: bool) -> dict[str, Any]:
        made = self._post("attempt/start", {"practice_id": next(iter(self._site.practices.values()))})
        fresh = {"attempt_id": made["attempt_id"], "chat_id": made["attempt_chat_id"]}
        if spoken:
            self._post("attempt/message", {**fresh, "message": "What have you tried so far?"})
        return fresh

    def _test(self, path: str) -> dict[str, Any]:
        """A fresh test; for its end with a replay that is done."""
        made = self._post("test/start", {"benchmark_id": benches.bench("plain")})
        ids = {"test_id": made["test_id"], "test_invocation_id": made["invocation_id"]}
        run_id = benches.recording("one")
        if path.endswith("/end"):
            run_id = self._post("test/run", ids | {"run_id": run_id}, wait="wait=20")["run_id"]
        return ids | {"invocation_id": made["invocation_id"], "run_id": run_id}

    def _about_tests(self, case: Case, body: MutableMapping[str, Any]) -> None:
        """A fresh benchmark with a recording, or a fresh test with a replay that is done."""
        ids: dict[str, Any] = {"eval_id": benches.evaluation(), "benchmark_id": benches.bench("plain")}
        ids["recording_id"] = benches.recording("one")
        end, method = case.path.rpartition("/")[2], case.method
        if "{test_id}" in case.path:
            ids |= self._test("/end")
            ids["replay_id"] = ids["run_id"]
            case.query.update({"a": "recorded", "b": ids["run_id"]} if end == "diff" else {})
        elif method in ("PATCH", "DELETE") or end == "recordings":
            ids |= self._benchmark()
        for name in ("after", "benchmark_id", "invocation_id", "recording_id", "expected_version"):
            case.query.pop(name, None)
        bodies = {
            ("POST", "benchmarks"): {"name": "New", "values": self._place},
            ("POST", "recordings"): UPLOAD,
            ("POST", "tests"): {"plan": {"parallel": 1}},
            ("POST", "estimate"): {"repeats": 2},
            ("POST", "resume"): {"tokens_max": 1_000_000},
            ("PATCH", "{benchmark_id}"): {"expected_version": ids.get("version"), "values": {"description": "Other."}},
        }
        if (given := bodies.get((method, end))) is not None:
            named = {name: ids[name] for name in ("eval_id", "benchmark_id") if name in body}
            body.clear()
            body.update(given | named)
        if end == "marks":
            cell = self.staff.get(f"/api/v1/tests/{ids['test_id']}/cells/{ids['replay_id']}").json()
            body["levels"] = {group["id"]: group["standards"][0]["id"] for group in cell["rubric"]["groups"]}
        self._set(case, body, ids)

    @cached_property
    def _place(self) -> dict[str, Any]:
        plain = self.staff.get(f"/api/v1/benchmarks/{benches.bench('plain')}").json()
        return {"department_ids": plain["department_ids"]}

    def _benchmark(self) -> dict[str, Any]:
        body = {"eval_id": benches.evaluation(), "name": "Fresh", "values": self._place}
        made = self.staff.post("/api/v1/benchmarks", json=body).json()
        added = self.staff.post(f"/api/v1/benchmarks/{made['benchmark_id']}/recordings", json=UPLOAD).json()
        ids = {name: added[name] for name in ("benchmark_id", "recording_id")}
        return ids | {"version": added["benchmark_version"]}

    def _customising(self, case: Case, body: MutableMapping[str, Any]) -> None:
        """An attempt in the lobby of a scenario that may be customised, and a draft for it."""
        practice = self._site.practices["Practice: your own scenario"]
        made = self._post("attempt/start", {"practice_id": practice})
        asked = {"artifact_type": "chat", "artifact_id": made["chat_entry_id"], "attempt_id": made["attempt_id"]}
        case.path_parameters.update({"attempt_id": made["attempt_id"]} if "attempt_id" in case.path_parameters else {})
        if "artifact_id" in body:
            body.update(asked)
        if "draft_id" in case.path_parameters:
            draft = self._http.post("/api/v1/drafts", json=asked).json()
            case.path_parameters["draft_id"] = draft["draft_id"]
            if "expected_version" in body:
                body.update(expected_version=1, values={"objectives": ["Listen."]})

    def _generating(self, body: MutableMapping[str, Any]) -> None:
        """A chat that waits in a lobby, to be written."""
        practice = self._site.practices["Practice: your own scenario"]
        made = self._post("attempt/start", {"practice_id": practice})
        for name in ("artifact_id", "run_id", "group_id", "modality", "extra_messages", "entry_types"):
            body.pop(name, None)
        about = {"metadata": {"attempt_id": made["attempt_id"]}}
        body.update({"artifact_types": ["chat"], "resource_types": ["objectives"], **about} if body else {})

    def _reusing(self) -> dict[str, Any]:
        """An attempt in the lobby, and a graded chat of before that may stand for its first one."""
        if not self._earlier:
            made = self._post("attempt/start", {"home_id": self._site.homes["home-pair"]})
            ids = {"attempt_id": made["attempt_id"], "chat_id": made["attempt_chat_id"]}
            self._post("attempt/message", {**ids, "message": "What have you tried so far?"}, wait="wait=20")
            self._post("attempt/end", ids, wait="wait=20")
            self._earlier = ids["chat_id"]
        lobby = self._post("attempt/start", {"home_id": self._site.homes["home-reuse"]})
        chosen = {lobby["chat_entry_id"]: self._earlier}
        return {"attempt_id": lobby["attempt_id"], "previous_chat_map": chosen}

    def _about_parts(self, case: Case) -> None:
        """A message or a grade of a fresh chat, twice where two are compared."""
        fresh = self._attempt(spoken=False)
        said = self._post("attempt/message", {**fresh, "message": "What have you tried so far?"}, wait="wait=20")
        part = said["user_message_id"]
        if "/grades/" in case.path:
            part = self._post("attempt/grade", fresh, wait="wait=20")["grade_id"]
        case.path_parameters["chat_id"] = fresh["chat_id"]
        if "message_id" in case.path_parameters:
            case.path_parameters["message_id"] = part
        else:
            case.query.update({"left": part, "right": part} if case.path.endswith("/compare") else {})

    def _about_speech(self, case: Case) -> None:
        """What was said aloud in a fresh chat of assigned training; disputed, if it is to be decided."""
        made = self._post("attempt/start", {"home_id": self._site.homes["home-single"]})
        fresh = {"attempt_id": made["attempt_id"], "chat_id": made["attempt_chat_id"]}
        said = self._post("attempt/message", {**fresh, "message": "What have you tried so far?"})
        disputed = {"dispute": "open", "disputed_text": "Other."} if case.path.endswith(DECISION) else {}
        aloud = Aloud(words=(), **disputed)
        item_id = self._site.write(lambda tx: said_aloud(tx, said["user_message_id"], aloud))
        case.path_parameters.update({"chat_id": fresh["chat_id"], "item_id": item_id})

    def _question(self) -> dict[str, Any]:
        """A question of a fresh chat, with an option of it."""
        made = self._post("attempt/start", {"home_id": self._site.homes["Tutor assessment"]})
        detail = self._http.get(f"/api/v1/attempts/{made['attempt_id']}").json()
        question = next(iter(detail["resources"]["questions"].values()))
        chosen = [question["options"][0]["option_id"]]
        return {"chat_id": made["attempt_chat_id"], "question_id": question["question_id"], "option_ids": chosen}

    def _post(self, path: str, body: dict[str, Any], *, wait: str = SOON, sid: str = "") -> Any:
        answer = self._http.post(OPERATIONS + path, json=body, headers={"prefer": wait}, params={"sid": sid})
        assert answer.status_code == 200, answer.text
        return answer.json()

    @staticmethod
    def _set(case: Case, body: MutableMapping[str, Any], ids: dict[str, Any]) -> None:
        body.update({name: value for name, value in ids.items() if name in body})
        case.path_parameters.update({name: value for name, value in ids.items() if name in case.path_parameters})


def explore(site: Site, operation: APIOperation, mode: GenerationMode, real: Real) -> Counter[int]:
    """Try an operation with generated requests, half of them about real things; how often it answered with which
    status."""
    return sum((_explored(site, operation, mode, each) for each in (real, None)), Counter[int]())


def _explored(site: Site, operation: APIOperation, mode: GenerationMode, real: Real | None) -> Counter[int]:
    statuses: Counter[int] = Counter()

    @settings(
        max_examples=max(EXAMPLES // 2, 1),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Case) -> None:
        if real is not None:
            real.into(case)
        if "Prefer" in (case.headers or {}):
            case.headers["Prefer"] = SOON
        ends_its_session = case.path == "/api/v1/sessions/current"
        of_staff = case.path.startswith(OF_STAFF) or openapi_authoring.covers(case.path)
        who = "instructor" if of_staff or case.path.endswith(DECISION) else "learner"
        who = "root" if case.path.startswith(openapi_people.PEOPLE) else who
        token = site.token("learner") if ends_its_session else site.tokens[who]
        headers = {"Authorization": f"Bearer {token}"}
        answer = case.call(headers=headers)
        statuses[answer.status_code] += 1
        # What was put in may have replaced what was wrong.
        checks = ALWAYS if real is not None else CHECKS[mode]
        case.validate_response(answer, checks=checks, headers=headers)

    try:
        run()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, f"no valid request to {operation.path} was found"
    return statuses


@pytest.mark.promise("P22")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_answer_is_as_documented(
    server: Process, site: Site, http: httpx.Client, mode: GenerationMode, figure: Figure
) -> None:
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json", timeout=60)
    real, statuses, count = Real(http, site), Counter[int](), 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        if operation.path.startswith(LABORATORY):
            continue
        answered = explore(site, operation, mode, real)
        statuses += answered
        count += 1
        if mode is GenerationMode.POSITIVE and operation.path not in (EVENTS, "/api/v1/sessions", TEXT):
            succeeded = sum(answered[status] for status in (200, 201, 202, 204))
            assert succeeded, f"no request to {operation.path} succeeded: {answered}"
    assert not [status for status in statuses if status >= 500]
    said = ", ".join(f"{number} × {status}" for status, number in sorted(statuses.items()))
    figure(
        "P22", f"{statuses.total()} {mode.value} requests to {count} operations ({said}): 0 answers not as documented"
    )


@pytest.mark.promise("P22")
def test_the_served_documents_are_valid_and_a_stream_is_what_they_say(http: httpx.Client, figure: Figure) -> None:
    document = http.get("/openapi.json").json()
    validate(document)
    events = http.get("/asyncapi.json").json()
    assert events["asyncapi"].startswith("3.")
    for operation in events["operations"].values():
        for message in operation["messages"]:
            assert message["$ref"].rpartition("/")[2] in events["channels"]["socket"]["messages"]
    sid = http.post(OPERATIONS + "connect").json()["sid"]
    with http.stream("GET", EVENTS, params={"sid": sid}) as stream:
        kind = stream.headers["content-type"].partition(";")[0]
    assert kind in document["paths"][EVENTS]["get"]["responses"]["200"]["content"]
    figure("P22", f"/openapi.json with {len(document['paths'])} paths is valid OpenAPI {document['openapi']}")
