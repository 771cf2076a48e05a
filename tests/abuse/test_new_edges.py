"""P20: payloads, addresses and texts that no client would send, at every operation and route."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from socketio.packet import Packet

from parlour.wire.glow.names import OPERATIONS, PREFIX
from parlour.wire.glow.twins import ARTIFACTS, RENAMED, TWINNED
from tests.abuse.edges import LONG, TEXTS, UNKNOWN, Edge, spoilt, wholes
from tests.conftest import STORES, make_site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.wire.packs import install
from tests.wire.raw import Raw

GOOD: Mapping[str, Mapping[str, object]] = {
    "generate": {
        "artifact_types": [{"name": "chat", "operation": "draft"}, "document"],
        "resource_types": ["objectives", {"name": "documents", "operation": "search"}],
        "entry_types": ["problems"],
        "artifact_id": UNKNOWN,
        "draft_id": UNKNOWN,
        "user_instructions": ["Somebody shy."],
        "save": True,
        "run_id": UNKNOWN,
        "group_id": UNKNOWN,
        "modality": "text",
        "extra_messages": [{"role": "user", "content": "Hi"}],
        "metadata": {"attempt_id": UNKNOWN},
    },
    "attempt/start": {"home_id": UNKNOWN, "infinite_mode": False, "client_request_id": "one"},
    "attempt/next": {"attempt_id": UNKNOWN, "draft_id": UNKNOWN},
    "attempt/join": {"chat_id": UNKNOWN, "since": 0, "epoch": "x", "presence": True},
    "attempt/leave": {"chat_id": UNKNOWN},
    "attempt/end": {"attempt_id": UNKNOWN, "chat_id": UNKNOWN, "grade": False},
    "attempt/end_all": {"attempt_id": UNKNOWN},
    "attempt/stop": {"chat_id": UNKNOWN},
    "attempt/message": {"attempt_id": UNKNOWN, "chat_id": UNKNOWN, "message": "Hi", "parent_message_id": UNKNOWN},
    "attempt/grade": {
        "attempt_id": UNKNOWN,
        "chat_id": UNKNOWN,
        "resource_types": ["feedbacks"],
        "user_instructions": ["Look again."],
        "branch_message_id": UNKNOWN,
    },
    "attempt/use_previous": {"attempt_id": UNKNOWN, "previous_chat_map": {UNKNOWN: UNKNOWN}},
    "attempt/response_submit": {"chat_id": UNKNOWN, "question_id": UNKNOWN, "option_ids": [UNKNOWN]},
    "attempt/audio_start": {"chat_id": UNKNOWN},
    "attempt/audio_stop": {"chat_id": UNKNOWN},
    "attempt/audio_frame": {"chat_id": UNKNOWN, "audio": "AAAAAA==", "seq": 1},
    "attempt/audio_mute": {"chat_id": UNKNOWN, "muted": True, "hold": False},
    "attempt/text_frame": {"chat_id": UNKNOWN, "message": "Hi"},
    "attempt/audio_played": {"chat_id": UNKNOWN, "message_id": UNKNOWN, "played_ms": 1},
    "test/start": {"benchmark_id": UNKNOWN, "infinite_mode": False},
    "test/next": {"test_id": UNKNOWN, "start": True},
    "test/run": {"test_id": UNKNOWN, "test_invocation_id": UNKNOWN, "run_id": UNKNOWN},
    "test/end": {"test_id": UNKNOWN, "test_invocation_id": UNKNOWN, "run_id": UNKNOWN, "grade": False},
    "test/join": {"invocation_id": UNKNOWN, "since": 0, "epoch": "x"},
    "test/leave": {"invocation_id": UNKNOWN},
    "test/stop": {"invocation_id": UNKNOWN},
    "connect": {"dialect": "glow-web", "person_since": 0, "person_epoch": "x"},
}
ON_CONNECTION = ("/join", "/leave", "_frame", "/audio_start", "/audio_stop", "/audio_mute", "/audio_played")
DRAFT: Mapping[str, object] = {
    "name": "Mine",
    "description": "Mine",
    "personas": [{"persona_id": UNKNOWN, "name": "Me"}],
    "document_ids": [UNKNOWN],
    "parameter_fields": [{"name": "place", "value": "here"}],
    "problem_statements": ["It is late."],
    "objectives": ["Listen."],
    "questions": [{"question_text": "Which?", "options": [{"option_text": "A", "is_correct": True}] * 2}],
    "image_ids": [UNKNOWN],
    "video_ids": [UNKNOWN],
}
TOLD = (
    "<script>alert(1)</script>",
    "\u202etxet\u202c \u200b",
    "=1+1",
    "](javascript:alert(1))",
    "e\u0301 \U0001f600",
    "\\u0000",
)
PARTS = ("attempts", "artifacts", "drafts", "uploads", "chats/{}/presence", "chats/{}/grades", "attempts/{}/choices")
ODD = (("100%", 1), ("r_w", 1), ("k\\s", 1), ("g!x", 1), ("1%%u", 0), ("u_d_r", 0), ("!!", 0), ("100!%", 0))
LISTED = ("search", "cursor", "limit", "simulation_ids", "department_ids", "start_date", "end_date", "practice")
QUERIES: Mapping[str, tuple[str, ...]] = {
    "/api/v1/attempts": LISTED,
    "/api/v1/attempts/export": ("format", *LISTED),
    "/api/v1/search": ("q", "cursor", "limit"),
    "/api/v1/usage": ("profile_id", "from", "to", "group_by"),
    "/api/v1/chats/{id}/grades": ("before", "limit"),
    "/api/v1/chats/{id}/grades/compare": ("left", "right"),
    "/api/v1/chats/{id}/branches/compare": ("left", "right"),
    "/api/v1/attempts/{id}/export": ("format",),
    "/api/v1/uploads/{id}": ("ticket",),
    "/api/v1/artifacts": ("type", "search", "archived", "mine", "cursor", "limit"),
    "/api/v1/artifacts/{id}": ("version",),
    "/api/v1/artifacts/{id}/differences": ("from", "to"),
    "/socket/v5/events": ("sid", "after", "ticket"),
    "/socket/v5/events/poll": ("sid", "after", "wait"),
}


@pytest.fixture(scope="module", params=STORES)
def edge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """A site of this module's own on each store."""
    site = make_site(request.param, tmp_path_factory.mktemp("edges"), request)
    install(site, ["learner", "fellow"], ["instructor"])
    yield Edge(
        site, site.start(limits__socket_events_per_second_max=100_000, speech__in="scripted", speech__out="scripted")
    )
    site.close()


def real(edge: Edge, http: httpx.Client, path: str) -> dict[str, object]:
    """A good payload of an operation about things that are there, as far as they may be changed."""
    good = dict(GOOD[path])
    if path == "attempt/start":
        return good | {"home_id": edge.site.homes["home-single"]}
    if path.startswith("test/"):
        return good
    made = edge.begin(http, "home", "single")
    ids = {"attempt_id": made["attempt_id"], "chat_id": made["attempt_chat_id"]}
    return good | {name: value for name, value in ids.items() if name in good}


@pytest.mark.case(13)
def test_every_operation_takes_any_payload_without_a_fault(edge: Edge) -> None:
    assert set(GOOD) - {"connect"} == {operation.path for operation in OPERATIONS}
    with edge.http() as http:
        sid = http.post(f"{PREFIX}connect").json()["sid"]
        for path in GOOD:
            params = {"sid": sid} if path.endswith(ON_CONNECTION) else {}
            places = [PREFIX + path]
            if path in TWINNED:
                places.append(ARTIFACTS + RENAMED.get(path, path))
            for body in spoilt(real(edge, http, path)):
                for place in places:
                    edge.ask(http, "POST", place, body, params=params)
            for whole in wholes():
                edge.ask(http, "POST", PREFIX + path, whole, params=params)
            assert edge.ask(http, "POST", PREFIX + path, LONG % b"option_ids", params=params).status_code in (413, 422)


@pytest.mark.case(13)
async def test_sockets_take_any_payload_without_a_fault(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Packet, "json", json)  # a server in this process would have given it a stricter one
    with edge.http() as http:
        bodies = {path: list(spoilt(real(edge, http, path))) for path in GOOD if path != "connect"}
    async with Client(edge.process.url, edge.site.tokens["learner"]) as client:
        for path, spoils in bodies.items():
            for body in spoils:
                ack = await client.call(path.replace("/", "_"), body)
                assert ack["ok"] or ack["error"]["status"] < 500, (path, str(body)[:200], ack)
                edge.statuses[200 if ack["ok"] else ack["error"]["status"]] += 1


@pytest.mark.parametrize(
    "member", ["token", "apiKey", "pid", "offset", "dialect", "person_epoch", "recovery", "person_since"]
)
async def test_handshakes_take_anything(edge: Edge, member: str) -> None:
    for value in ("\0", "a\0b", "\u202e", "x" * 10_000, "é", 10**30, -1, [], {}, True, None, f"{UNKNOWN}.{10**17}"):
        async with Raw(edge.process.url) as raw:
            answer = await raw.connect({"token": edge.site.tokens["learner"], "pid": "x", member: value})
            assert answer.type == "0" or answer.data["data"]["status"] < 500, (member, value, answer)
            if answer.type == "0":
                await raw.event("connection_confirmed")


def test_every_route_takes_any_body_and_any_address(edge: Edge) -> None:
    with edge.http() as http:
        made = edge.begin(http, "home", "lobby")
        asked = {"artifact_type": "chat", "artifact_id": made["chat_entry_id"], "attempt_id": made["attempt_id"]}
        draft = edge.ask(http, "POST", "/api/v1/drafts", asked).json()
        bodies: list[tuple[str, str, Mapping[str, object]]] = [
            ("POST", "/api/v1/drafts", asked),
            ("PATCH", f"/api/v1/drafts/{draft['draft_id']}", {"expected_version": 1, "values": dict(DRAFT)}),
            ("PATCH", f"/api/v1/attempts/{made['attempt_id']}", {"is_archived": False}),
            ("POST", "/api/v1/attempts/archive", {"attempt_ids": [made["attempt_id"]], "is_archived": False}),
            ("PUT", f"/api/v1/chats/{UNKNOWN}/branches/{UNKNOWN}", {"label": "Mine"}),
            ("POST", f"{ARTIFACTS}attempt/get", {"attempt_id": made["attempt_id"]}),
        ]
        for method, path, good in bodies:
            for body in spoilt(good):
                edge.ask(http, method, path, body)
            for whole in (*wholes(), LONG % b"attempt_ids"):
                edge.ask(http, method, path, whole)
        for body in spoilt(DRAFT):
            edge.ask(http, "PATCH", bodies[1][1], {"expected_version": 1, "values": body})
        for path, names in QUERIES.items():
            for name in names:
                for text in TEXTS:
                    params = {"format": "csv", "q": "hello", "wait": "0", name: text}
                    edge.ask(http, "GET", path.replace("{id}", UNKNOWN), params=params)
        for text in ("%00", "..%2f..%2fetc%2fpasswd", "%ff", "%ed%a0%80", "x" * 3000, "%E2%80%AE", f"{UNKNOWN}%00"):
            for path in PARTS:
                where = path.format(text) if "{}" in path else f"{path}/{text}"
                assert edge.ask(http, "GET", f"/api/v1/{where}").status_code in (404, 422)


def test_signing_in_takes_anything(edge: Edge) -> None:
    with edge.http(None) as http:
        for name, password in (("\0", "x"), ("a\0b", "\0"), ("\ud800", "x"), ("x" * 64, "x"), ("\u202e", "\ud800")):
            answer = edge.ask(http, "POST", "/api/v1/sessions", {"user_id": name, "password": password})
            assert answer.status_code in (401, 422, 429), answer.text


def test_no_statement_breaks_on_a_nul_and_texts_stay_as_they_are(edge: Edge) -> None:
    with edge.http() as http:
        made = edge.begin(http, "practice", "single")
        ids = {"attempt_id": made["attempt_id"], "chat_id": made["attempt_chat_id"]}
        refused = edge.ask(http, "POST", f"{PREFIX}attempt/message", {**ids, "message": "one\0two"})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/message")
        for text in TOLD:
            wait = {"prefer": "wait=20"}
            said = edge.ask(http, "POST", f"{PREFIX}attempt/message", {**ids, "message": text}, headers=wait)
            assert said.status_code == 200, said.text
            place = f"/api/v1/chats/{ids['chat_id']}/branches/{said.json()['user_message_id']}"
            label = edge.ask(http, "PUT", place, {"label": text}).json()["label"]
            assert label == " ".join(text.split())
        detail = edge.ask(http, "GET", f"/api/v1/attempts/{ids['attempt_id']}")
        assert detail.headers["content-type"] == "application/json"
        stored = json.dumps(detail.json(), ensure_ascii=False)
        assert all(json.dumps(text, ensure_ascii=False) in stored for text in TOLD)
        for form in ("jsonl", "csv", "markdown", "xapi"):
            file = edge.ask(http, "GET", f"/api/v1/attempts/{ids['attempt_id']}/export", params={"format": form})
            assert file.status_code == 200, file.text
            assert file.headers["content-disposition"].startswith("attachment")
            if form == "markdown":
                assert "<script>" not in file.text
                assert "](javascript" not in file.text
            if form == "csv":
                assert not [line for line in file.text.splitlines() if line.startswith(("=", "+", "-", "@"))]


def test_wildcards_find_themselves_only(edge: Edge) -> None:
    with edge.http() as http:
        made = edge.begin(http, "practice", "single")
        ids = {"attempt_id": made["attempt_id"], "chat_id": made["attempt_chat_id"]}
        said = "It is 100% under_way, back\\slash and bang!x"
        edge.ask(http, "POST", f"{PREFIX}attempt/message", {**ids, "message": said}, headers={"prefer": "wait=20"})
        for words, hits in ODD:
            found = edge.ask(http, "GET", "/api/v1/search", params={"q": words, "limit": "100"}).json()["items"]
            assert len([hit for hit in found if hit["attempt_id"] == ids["attempt_id"]]) == hits, words


async def test_of_two_editors_of_one_draft_exactly_one_wins(edge: Edge) -> None:
    with edge.http() as http:
        made = edge.begin(http, "home", "lobby")
        asked = {"artifact_type": "chat", "artifact_id": made["chat_entry_id"], "attempt_id": made["attempt_id"]}
        draft_id = edge.ask(http, "POST", "/api/v1/drafts", asked).json()["draft_id"]
    headers = {"authorization": f"Bearer {edge.site.tokens['learner']}"}
    async with httpx.AsyncClient(base_url=edge.process.url, headers=headers, timeout=60) as both:
        for version in range(1, 21):
            names = [f"{who} {version}" for who in "ABCD"]
            bodies: list[Any] = [{"expected_version": version, "values": {"name": name}} for name in names]
            answers = await asyncio.gather(*(both.patch(f"/api/v1/drafts/{draft_id}", json=body) for body in bodies))
            won = [answer.json() for answer in answers if answer.status_code == 200]
            lost = [answer.json() for answer in answers if answer.status_code == 409]
            assert (len(won), len(lost)) == (1, 3), [answer.text for answer in answers]
            assert won[0]["version"] == version + 1
            assert all(each["code"] == "version_conflict" and each["draft"] == won[0] for each in lost)


@pytest.mark.promise("P20")
def test_the_server_is_well_and_its_log_has_no_traceback(edge: Edge, figure: Figure) -> None:
    with edge.http() as http:
        for number in range(200):
            path = GOOD[OPERATIONS[number % len(OPERATIONS)].path]
            edge.ask(http, "POST", PREFIX + OPERATIONS[number % len(OPERATIONS)].path, {**path, "chat_id": number})
        assert http.get("/readyz").status_code == 200
        made = edge.begin(http, "practice", "single")
        ids = {"attempt_id": made["attempt_id"], "chat_id": made["attempt_chat_id"]}
        said = http.post(f"{PREFIX}attempt/message", json={**ids, "message": "Hi"}, headers={"prefer": "wait=20"})
        assert said.json()["assistant_content"]
    lines = [json.loads(line) for line in edge.process.log_text().splitlines()]
    assert not [line for line in lines if "error" in line or "where" in line or "exc_info" in line], lines[-3:]
    refused = sum(count for status, count in edge.statuses.items() if status >= 400)
    assert refused >= 200
    figure(
        "P20",
        f"{edge.statuses.total()} hostile payloads, bodies and addresses at {len(OPERATIONS)} operations and their "
        f"routes ({refused} refused): 0 answers of 500 and above, 0 tracebacks, the server talks on",
    )
