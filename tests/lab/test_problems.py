"""H8: whatever is wrong with a request of a lab route, the answer is a problem that is documented, and never a 5xx."""

import json
import random
import re
from typing import Any

import httpx
import pytest

from tests.access.laboratory import ACCOUNTS, USERS
from tests.lab.house import LabHouse, Member

ROUTES = (*USERS, *(route for route in ACCOUNTS if route != "POST /accounts/log-out"))
UNKNOWN = "00000000-0000-7000-8000-000000000000"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**63, 1e308, "", " ", "a", "0", "yes", "\x00", "😀", "李雷", "x" * 2_000),
    *([], {}, [[]], {"a": None}, [None] * 50, {"": ""}, "../../etc/passwd", "%00", "files/x/y", "NaN"),
)
SHAPES = (
    b"",
    b"{",
    b"[]",
    b"null",
    b"5",
    b'"x"',
    b"\xff\xfe",
    b'{"text": "\\ud800"}',
    b"[" * 40 + b"]" * 40,
    b"{}" * 2,
)


def at(route: str, member: Member) -> tuple[str, str]:
    method, path = route.split(" ", 1)
    return method, re.sub(r"\{[^}]+\}", UNKNOWN, path.replace("{id}", member.user_id))


def documented(described: Any, route: str) -> set[str]:
    method, path = route.split(" ", 1)
    return set(described["paths"][path.replace(":path}", "}")][method.lower()]["responses"])


def check(answer: httpx.Response, allowed: set[str]) -> None:
    """Documented, not the server's fault, and a problem unless it is a success."""
    assert answer.status_code < 500, (answer.status_code, answer.text)
    assert str(answer.status_code) in allowed, (answer.status_code, answer.text, sorted(allowed))
    assert answer.headers["x-request-id"]
    if answer.is_success:
        return
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    told = answer.json()
    assert {"type", "title", "status", "code"} <= set(told)
    assert (told["status"], told["type"]) == (answer.status_code, f"urn:parlour:problem:{told['code']}")
    assert "Traceback" not in answer.text
    assert (answer.status_code == 429) <= ("retry-after" in answer.headers)


@pytest.fixture(scope="module")
def described(lab: LabHouse) -> Any:
    """The published description of the server."""
    return httpx.get(f"{lab.url}/openapi.json", timeout=60).json()


@pytest.mark.lab("H8")
@pytest.mark.parametrize("route", ROUTES)
async def test_malformed_bodies_wrong_methods_and_wrong_types_are_problems(
    lab: LabHouse, described: Any, route: str
) -> None:
    member = lab.member()
    method, address = at(route, member)
    async with lab.http(member) as http:
        for other in METHODS:
            if not any(f"{other} {route.split(' ', 1)[1]}" == known for known in (*USERS, *ACCOUNTS)):
                is_handle = address.endswith("/bytes") and other in ("GET", "DELETE")  # below files/, but of no file
                code = "not_found" if is_handle else "method_not_allowed"
                assert (await http.request(other, address)).json()["code"] == code, other
        if method == "GET":
            return
        allowed = documented(described, route)
        for body in SHAPES:
            for kind in (
                "application/json",
                "text/plain",
                "multipart/form-data",
                "multipart/form-data; boundary=b",
                "",
            ):
                check(await http.request(method, address, content=body, headers={"content-type": kind}), allowed)
        forgive(lab)


@pytest.mark.lab("H8")
@pytest.mark.parametrize("route", ROUTES)
async def test_odd_values_of_every_member_do_no_harm(lab: LabHouse, described: Any, route: str) -> None:
    dice = random.Random(route)
    member = lab.member()
    method, address = at(route, member)
    allowed = documented(described, route)
    given = USERS.get(route, {"json": {"user_id": "somebody", "password": "correct horse"}})
    if route.endswith(("/response", "/events")):
        return  # what their queries may be is tested with them
    async with lab.http(member) as http:
        for _ in range(20):
            odd = dice.choice(ODD)
            if "json" in given:
                body = {**given["json"], dice.choice([*given["json"], "unknown"]): odd}
                check(await http.request(method, address, json=body), allowed)
            elif "files" in given:
                form = {
                    dice.choice(["text", "file_name", "reply_in_speech", "question_id", "unknown"]): json.dumps(odd)
                }
                check(await http.request(method, address, data=form, files=given["files"]), allowed)
            else:
                query = {dice.choice(["limit", "after", "role", "state", "doi", "conversation"]): json.dumps(odd)}
                check(await http.request(method, address, params=query), allowed)
        forgive(lab)


def forgive(lab: LabHouse) -> None:
    """Guesses of this test do not brake the next one."""
    throttle = lab.parlour.throttle
    for window in (throttle._names, throttle._networks):
        window._tries.clear()
