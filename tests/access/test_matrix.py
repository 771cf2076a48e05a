"""P11: every operation, by event and by HTTP, and every route × caller × existing or missing object."""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route

from parlour.app import Parlour
from parlour.settings import Settings
from parlour.wire.glow.names import EVENTS, OPERATIONS, PREFIX
from parlour.wire.glow.twins import ARTIFACTS, twins
from parlour.wire.http.areas import Area
from tests.access import laboratory, table
from tests.access.authoring import about_authoring, is_about_authoring
from tests.access.table import CALLERS, NAMELESS
from tests.access.world import (
    BENCHMARK,
    EVAL,
    MISSING,
    RECORDING,
    UNKNOWN,
    UNKNOWN_SID,
    UPLOAD,
    UPLOADED,
    Subject,
    World,
    department_of,
    session_of,
)
from tests.harness.site import PASSWORD
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.wire.raw import Raw

PATHS = tuple(operation.path for operation in OPERATIONS)
MEMBERS = tuple(caller for caller in CALLERS if caller not in NAMELESS)
STATUS = {"ok": 200, "forbidden": 403, "not_found": 404, "session_not_found": 404, "unauthenticated": 401}
ON_CONNECTIONS = {operation.path for operation in OPERATIONS if operation.on_connection}
ERRORS = {"attempt_error", "test_error", "generation_error"}
LEAVING = {"attempt/leave", "test/leave"}
LISTS = {"GET /api/v1/attempts", "GET /api/v1/attempts/export", "GET /api/v1/search"}
LISTS_OF_TESTS = {"GET /api/v1/tests", "GET /api/v1/benchmarks"}
ON_SESSIONS = {"/socket/v5/events", "/socket/v5/events/poll", "/socket/v5/client/disconnect"}


def bare(text: str, subject: Subject) -> str:
    """An answer without `instance` and without the ids that it may echo."""
    for known in sorted({*subject.ids, *MISSING.ids}):
        text = text.replace(known, "<id>")
    return re.sub(r'"instance": ?"[^"]*"', "", text)


def outcome(ack: Any) -> str:
    """An acknowledgement in the words of the table."""
    return "ok" if ack["ok"] else ack["error"]["code"]


def http_outcome(answer: httpx.Response) -> str:
    """An HTTP answer in the words of the table."""
    if answer.is_success:
        return "ok"
    if answer.headers["content-type"] != "application/problem+json":
        return next(code for code, status in STATUS.items() if status == answer.status_code)
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:parlour:problem:{problem['code']}"
    return problem["code"]


def seen(answer: httpx.Response, subject: Subject) -> tuple[int, list[tuple[str, str]], str]:
    """All that a caller can tell one HTTP answer from another by."""
    headers = [(name, value) for name, value in sorted(answer.headers.items()) if name != "date"]
    return answer.status_code, headers, bare(answer.text, subject)


def routes_of(routes: Iterable[object]) -> set[str]:
    """Method and path of every route that an application serves, however it is mounted."""
    found: set[str] = set()
    for route in routes:
        if isinstance(route, APIRoute | Route):
            found |= {f"{method} {route.path}" for method in (route.methods or ()) if method != "HEAD"}
        elif isinstance(route, Mount):
            found |= {f"{key.split()[0]} {route.path}{key.split()[1]}" for key in routes_of(route.routes)}
        else:
            assert isinstance(route, Area), f"a route of a kind that the matrix does not know: {route!r}"
            found |= routes_of(route.routes)
    return found


def test_every_operation_and_every_route_of_the_server_has_its_row(tmp_path: Path) -> None:
    assert set(table.OPERATIONS) == set(PATHS)
    twins = {f"POST {PREFIX}{path}" for path in PATHS}
    served = routes_of(Parlour(Settings(data=tmp_path)).app.routes)
    assert served == twins | set(table.ROUTES) | set(laboratory.ACCOUNTS) | set(laboratory.USERS)


@pytest.mark.case(17, 18)
@pytest.mark.parametrize("path", PATHS)
async def test_an_event_is_answered_as_the_table_says(world: World, path: str) -> None:
    row = table.OPERATIONS[path]
    spellings = [name for name, operation in EVENTS.items() if operation.path == path]
    async with world.socket("owner") as owner:
        shared = await world.subject(owner, path)
        for caller in MEMBERS:
            async with world.socket(caller) as client:
                for spelling in spellings:
                    told = world.told(shared)
                    answers: list[str] = []
                    for named, wanted in ((shared, row.existing[caller]), (MISSING, row.missing[caller])):
                        fresh = wanted == "ok" and named is shared and path not in LEAVING
                        subject = await world.subject(owner, path) if fresh else named
                        ack, errors = await call(client, spelling, subject, path)
                        assert outcome(ack) == wanted, (caller, spelling, ack)
                        answers.append(bare(json.dumps([ack, errors]), subject))
                        world.cells += 1
                    if row.existing[caller] == row.missing[caller]:
                        assert answers[0] == answers[1], (caller, spelling)
                    if row.existing[caller] != "ok":
                        assert world.told(shared) == told, "a refused command was told to somebody"


async def call(client: Client, spelling: str, subject: Subject, path: str) -> tuple[Any, list[Any]]:
    """The acknowledgement of an operation and its error events, without `_meta`."""
    before = len(client.heard)
    ack = await client.call(spelling, subject.payload(path))
    await client.ok("attempt_leave", {"chat_id": MISSING.chat_id})
    errors = [payload for name, (payload, *_) in client.heard[before:] if name in ERRORS]
    refused = not ack["ok"] and path not in LEAVING
    assert len(errors) == int(refused), (ack, errors)
    return ack, [{key: value for key, value in error.items() if key != "_meta"} for error in errors]


@pytest.mark.parametrize("caller", NAMELESS)
async def test_without_a_token_no_event_is_heard(world: World, caller: str) -> None:
    auth = {"token": world.site.tokens["revoked"]} if caller == "revoked" else {}
    async with world.socket("owner") as owner:
        subject = await world.subject(owner, "test/")
        told = world.told(subject)
        async with Raw(world.process.url) as raw:
            refused = await raw.connect(auth)
            assert (refused.type, refused.data["data"]["code"]) == ("4", "unauthenticated")
            for number, path in enumerate(PATHS):
                for target in (subject, MISSING):
                    world.cells += 1
                    await raw.send(path.replace("/", "_"), target.payload(path), number=number)
            raw.packets.clear()
            assert (await raw.connect(auth)).type == "4"  # the server has worked through all of them
            assert len(raw.packets) == 1
        assert world.told(subject) == told


@pytest.mark.case(17, 18)
@pytest.mark.parametrize("path", PATHS)
async def test_the_http_twin_is_answered_as_the_table_says(world: World, path: str) -> None:
    row = table.OPERATIONS[path]
    async with world.socket("owner") as owner:
        shared = await world.subject(owner, path)
        for caller in CALLERS:
            async with world.http(caller) as http:
                sid = (await session_of(http))["sid"] if caller in MEMBERS else "any"
                told = world.told(shared)
                answers: list[object] = []
                for named, wanted in ((shared, row.existing[caller]), (MISSING, row.missing[caller])):
                    fresh = wanted == "ok" and named is shared and path not in LEAVING
                    subject = await world.subject(owner, path) if fresh else named
                    params = {"sid": sid} if path in ON_CONNECTIONS else {}
                    answer = await http.post(PREFIX + path, json=subject.payload(path), params=params)
                    assert http_outcome(answer) == wanted, (caller, answer.text)
                    answers.append(seen(answer, subject))
                    world.cells += 1
                if row.existing[caller] == row.missing[caller] and path != "attempt/leave":
                    assert answers[0] == answers[1], caller
                if row.existing[caller] != "ok":
                    assert world.told(shared) == told, "a refused command was told to somebody"


@pytest.mark.parametrize("route", table.ROUTES)
async def test_a_route_is_answered_as_the_table_says(world: World, route: str) -> None:
    row = table.ROUTES[route]
    async with world.socket("owner") as owner:
        shared = await world.subject(owner, route)
        for caller in CALLERS:
            answers: list[object] = []
            for named, wanted in ((shared, row.existing[caller]), (MISSING, row.missing[caller])):
                fresh = wanted == "ok" and named is shared and changes(route)
                subject, answer = await ask(world, route, caller, await world.subject(owner, route) if fresh else named)
                assert http_outcome(answer) == wanted, (caller, answer.status_code, answer.text)
                answers.append(seen(answer, subject))
                world.cells += 1
                if route in LISTS and wanted == "ok":
                    listed = shared.attempt_id in answer.text
                    assert listed == (table.READ[caller] == "ok"), f"{caller} is shown the wrong attempts"
                if route in LISTS_OF_TESTS and wanted == "ok":
                    listed = shared.test_id in answer.text if "tests" in route else BENCHMARK in answer.text
                    assert listed == (table.RUN[caller] == "ok"), f"{caller} is shown the wrong tests"
            if row.existing[caller] == row.missing[caller] != "ok":
                assert answers[0] == answers[1], caller


def changes(route: str) -> bool:
    """Whether a route may leave the attempt that it is asked about otherwise."""
    return not route.startswith("GET ") and ("attempt" in route or "/test/" in route)


def options_of(route: str, subject: Subject) -> dict[str, Any]:
    """What a route about attempts is sent."""
    match route.split(" ", 1):
        case ["POST", path] if path.startswith(ARTIFACTS):
            twin = path.removeprefix(ARTIFACTS)
            if twin.endswith("/get"):
                named = {"attempt/get": {"attempt_id": subject.attempt_id}, "test/get": {"test_id": subject.test_id}}
                return {"json": named.get(twin, {})}
            return {"json": subject.payload(twins()[twin])}
        case ["POST", _]:
            return {"json": {"attempt_ids": [subject.attempt_id], "is_archived": True}}
        case ["PATCH", _]:
            return {"json": {"is_archived": True}}
        case [_, path]:
            wanted = {"format": "jsonl", "limit": "20"} if path.endswith("/export") else {}
            return {"params": wanted | ({"q": "have you tried", "limit": "100"} if path.endswith("/search") else {})}
        case _:
            raise AssertionError(route)


async def ask(world: World, route: str, caller: str, named: Subject) -> tuple[Subject, httpx.Response]:
    """One request to a route, about an existing object or a missing one; with the ids it may echo."""
    method, path = route.split(" ", 1)
    on_session = named is not MISSING and path in ON_SESSIONS
    subject = await with_session(world, named) if on_session else named
    options: dict[str, Any] = {}
    match path:
        case _ if is_about_authoring(path):
            path, options = about_authoring(world, route, subject)
        case _ if "/drafts" in path or path.endswith("/choices"):
            draft_id = await world.draft_of(subject) if "{draft_id}" in path else ""
            options = {"json": body} if (body := about_drafts(method, subject)) else {}
            path = path.format(attempt_id=subject.lobby_id, draft_id=draft_id)
        case _ if "/benchmarks" in path or "/recordings" in path or path.startswith("/api/v1/tests"):
            path, options = await about_benchmarks(world, route, subject)
        case _ if "/attempt" in path or "/artifacts/" in path or path == "/api/v1/search":
            options = options_of(route, subject)
            path = path.format(attempt_id=subject.attempt_id)
        case "/api/v1/laboratory/text":
            options["params"] = {"file": f"files/{UPLOAD}/dot.png"}
        case _ if "{experiment_id}" in path:
            path = path.format(experiment_id=world.experiment_of(subject))
        case _ if "/uploads/" in path:
            path = path.format(upload_id=subject.upload_id)
        case _ if "/chats/" in path:
            path, options = await about_chats(world, route, subject)
        case "/assets/{path:path}":
            path = "/assets/..%2f..%2fpyproject.toml" if subject is MISSING else await an_asset(world)
        case "/api/v1/sessions":
            name = f"nobody-of-{caller}" if subject is MISSING else "admin"  # ten wrong tries of one name are braked
            options["json"] = {"user_id": name, "password": PASSWORD}
        case _:
            options["params"] = {"sid": subject.sid, "wait": "0"} if path in ON_SESSIONS else {}
    async with world.http(caller) as http:
        if path == "/api/v1/sessions/current" and caller in MEMBERS:
            http.headers["authorization"] = f"Bearer {world.site.token(caller)}"
        return subject, await head_of(http, http.build_request(method, path, **options))


async def about_chats(world: World, route: str, subject: Subject) -> tuple[str, dict[str, Any]]:
    """The path of a route about a chat, and what it is sent."""
    method, path = route.split(" ", 1)
    options: dict[str, Any] = {}
    if path.endswith("/compare"):
        graded = "/grades/" in path and subject is not MISSING
        same = await world.grade_of(subject) if graded else subject.message_id
        options["params"] = {"left": same, "right": same}
    if method == "PUT":
        options["json"] = {"label": "Mine"}
    if method == "POST":
        options["json"] = {"text": "Something else."} if path.endswith("/dispute") else {"accept": True}
    item_id = world.utterance_of(subject, path) if "{item_id}" in path else ""
    return path.format(chat_id=subject.chat_id, message_id=subject.message_id, item_id=item_id), options


async def about_tests(world: World, route: str, subject: Subject) -> tuple[str, dict[str, Any]]:
    """The path of a route about tests, and what it is sent."""
    method, path = route.split(" ", 1)
    filled = path.format(test_id=subject.test_id, replay_id=subject.replay_id)
    if path.endswith("/marks"):
        levels = {} if subject is MISSING else await world.levels_of(subject)
        return filled, {"json": {"replay_id": subject.replay_id, "levels": levels}}
    if path.endswith("/diff"):
        return filled, {"params": {"a": "recorded", "b": subject.replay_id}}
    if method == "PATCH":
        return filled, {"json": {"archived": False}}
    if method == "POST":
        return filled, {"json": {"benchmark_id": subject.benchmark_id} if path.endswith("/tests") else {}}
    return filled, {}


async def about_benchmarks(world: World, route: str, subject: Subject) -> tuple[str, dict[str, Any]]:
    """The path of a route about benchmarks, recordings or tests, and what it is sent."""
    method, path = route.split(" ", 1)
    if path.startswith("/api/v1/tests"):
        return await about_tests(world, route, subject)
    missing = subject is MISSING
    fresh = await world.recording_of(subject) if method == "DELETE" else RECORDING
    recording_id, benchmark_id = (UNKNOWN, UNKNOWN) if missing else (fresh, BENCHMARK)
    path = path.format(benchmark_id=benchmark_id, recording_id=recording_id)
    if method == "PATCH":
        version = await world.benchmark_version()
        return path, {"json": {"expected_version": version, "values": {"description": f"After {version}."}}}
    if path.endswith("/recordings"):
        return path, {"json": UPLOADED}
    if path.endswith("/estimate"):
        return path, {"json": {}}
    if method == "POST":
        values = {"department_ids": [department_of(world.site)]}
        return path, {"json": {"eval_id": UNKNOWN if missing else EVAL, "name": "New", "values": values}}
    return path, {}


def about_drafts(method: str, subject: Subject) -> dict[str, Any]:
    """What a route about drafts is sent."""
    match method:
        case "POST":
            return {"artifact_type": "chat", "artifact_id": subject.template_id, "attempt_id": subject.lobby_id}
        case "PATCH":
            return {"expected_version": 1, "values": {"name": "Mine"}}
        case _:
            return {}


async def head_of(http: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """An answer, without the body if that is an endless stream."""
    answer = await http.send(request, stream=True)
    if not answer.headers.get("content-type", "").startswith("text/event-stream"):
        await answer.aread()
        return answer
    await answer.aclose()
    return httpx.Response(answer.status_code, headers=answer.headers, content=b"")


async def with_session(world: World, subject: Subject) -> Subject:
    """The same with a session of the owner."""
    async with world.http("owner") as http:
        sid = (await session_of(http))["sid"]
    return replace(subject, sid=sid)


async def an_asset(world: World) -> str:
    """A file of the built-in page that there is."""
    async with world.http("no_token") as http:
        found = re.search(r'(?:src|href)="\.?/?(assets/[^"]+)"', (await http.get("/")).text)
    assert found is not None
    return f"/{found[1]}"


@pytest.mark.parametrize("path", PATHS)
async def test_a_foreign_connection_cannot_be_named(world: World, path: str) -> None:
    async with world.socket("owner") as owner, world.http("owner") as mine:
        subject = await world.subject(owner, path)
        told = world.told(subject)
        foreign = [(await session_of(mine))["sid"], owner.payloads("connection_confirmed")[0]["sid"]]
        for caller in MEMBERS[1:]:
            async with world.http(caller) as http:
                answers = [
                    await http.post(PREFIX + path, json=subject.payload(path), params={"sid": sid})
                    for sid in (*foreign, UNKNOWN_SID)
                ]
                world.cells += len(answers)
                assert {http_outcome(answer) for answer in answers} == {"session_not_found"}
                assert len({str(seen(answer, subject)) for answer in answers}) == 1
        assert world.told(subject) == told


@pytest.mark.promise("P11")
async def test_a_ticket_opens_its_own_stream_and_nothing_else(world: World, figure: Figure) -> None:
    async with world.http("owner") as mine, world.http("fellow") as theirs, world.http("no_token") as nobody:
        own, other = await session_of(mine), await session_of(theirs)

        async def stream(sid: str, ticket: str) -> httpx.Response:
            params = {"sid": sid, "ticket": ticket}
            return await head_of(nobody, nobody.build_request("GET", "/socket/v5/events", params=params))

        assert (await stream(own["sid"], own["ticket"])).status_code == 200
        crossed = [
            await stream(own["sid"], other["ticket"]),
            await stream(other["sid"], own["ticket"]),
            await stream(UNKNOWN_SID, own["ticket"]),
        ]
        assert len({(answer.status_code, answer.text) for answer in crossed}) == 1
        assert crossed[0].status_code in (401, 404)
        headers = {"authorization": f"Bearer {own['ticket']}"}
        for method, path in (("GET", "/socket/v5/events/poll"), ("POST", PREFIX + "connect"), ("GET", "/api/v1/home")):
            refused = await nobody.request(method, path, headers=headers, params={"sid": own["sid"]})
            assert refused.status_code == 401, (path, refused.text)
    figure("P11", "3 crossed tickets refused alike; a ticket is no token on 3 other routes")


@pytest.mark.promise("P11")
def test_every_cell_was_asked_about(world: World, figure: Figure) -> None:
    events = 2 * len(MEMBERS) * len(EVENTS) + 2 * len(NAMELESS) * len(PATHS)
    routes = 2 * len(CALLERS) * (len(table.ROUTES) + len(PATHS))
    sids = 3 * len(MEMBERS[1:]) * len(PATHS)
    if world.cells < events + routes + sids:
        pytest.skip("only a part of the matrix was run")
    figure(
        "P11",
        f"{len(CALLERS)} kinds of callers: {events} cells of events, {routes} of HTTP routes and {sids} foreign or "
        "unknown connections answered as declared; what is foreign answers byte for byte like what is not there",
    )
